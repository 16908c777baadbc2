"""Oracles for `reference.py`: what a whole text is, and what can be completed, by independent means.

Regular expressions: `re` for whole texts; the `regex` package's partial matches for what can be completed. Finite
languages: a list of their texts. Lark grammars: an Earley parser over the characters, on the rules that the `lark`
package compiled.
"""

from __future__ import annotations

import functools
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

import lark
import regex

try:
    from re import _parser as parser  # type: ignore[attr-defined]
except ImportError:  # Python 3.10
    import sre_parse as parser

from .reference import is_character

ALL_CHARACTERS = "".join(chr(point) for point in range(0x110000) if is_character(point))


@functools.cache
def characters_of(atom: str, flags: int) -> list[tuple[int, int]]:
    """The code points that a one-character expression matches, as ranges: `re` is asked about each."""
    runs = re.compile(f"(?:{atom})+", flags).finditer(ALL_CHARACTERS)
    return [(ord(run[0][0]), ord(run[0][-1])) for run in runs]


class PlainPattern:
    """A pattern of `re` in a form in which `re` and `regex` mean the same: every class as explicit ranges.

    Word boundaries, anchors and look-ahead are not taken: `regex` may then call a text that cannot be completed a
    partial match.
    """

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self.edges: set[int] = set()
        self.lazy = False  # is there a lazy repetition in it?
        tree = parser.parse(pattern, flags)
        self.source = self.sequence(tree, tree.state.flags & ~re.UNICODE.value)
        self.compiled = regex.compile(self.source)

    def matches(self, text: str) -> bool:
        match = self.compiled.fullmatch(text)
        return match is not None

    def completable(self, text: str) -> bool:
        return self.compiled.fullmatch(text, partial=True) is not None

    def sequence(self, tree: Any, flags: int) -> str:
        return "".join(self.node(str(kind), value, flags) for kind, value in tree)

    def node(self, kind: str, value: Any, flags: int) -> str:
        if kind in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
            return self.atom(kind, value, flags)
        if kind == "BRANCH":
            return "(?:" + "|".join(self.sequence(branch, flags) for branch in value[1]) + ")"
        if kind == "SUBPATTERN":
            _, added, removed, inner = value
            return f"(?:{self.sequence(inner, (flags | added) & ~removed)})"
        if kind in ("MAX_REPEAT", "MIN_REPEAT"):
            low, high, inner = value
            self.lazy = self.lazy or kind == "MIN_REPEAT"
            most = "" if high is parser.MAXREPEAT else high
            return f"(?:{self.sequence(inner, flags)}){{{low},{most}}}{'?' if kind == 'MIN_REPEAT' else ''}"
        if kind in ("ASSERT", "ASSERT_NOT") and value[0] < 0:
            return f"(?<{'=' if kind == 'ASSERT' else '!'}{self.sequence(value[1], flags)})"
        raise NotImplementedError(f"{kind} in a pattern of the reference")

    def atom(self, kind: str, value: Any, flags: int) -> str:
        if kind == "LITERAL" and not flags & re.IGNORECASE:
            ranges = [(value, value)]
        else:
            ranges = characters_of(atom_source(kind, value), flags & (re.IGNORECASE | re.DOTALL | re.ASCII))
        self.edges.update(edge for low, high in ranges for edge in (low, high + 1))
        return "[" + "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in ranges) + "]"


CATEGORIES = {
    "CATEGORY_DIGIT": r"\d", "CATEGORY_NOT_DIGIT": r"\D", "CATEGORY_SPACE": r"\s", "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w", "CATEGORY_NOT_WORD": r"\W",
}  # fmt: skip


def atom_source(kind: str, value: Any) -> str:
    if kind == "ANY":
        return "."
    if kind == "LITERAL":
        return f"\\U{value:08x}"
    if kind == "NOT_LITERAL":
        return f"[^\\U{value:08x}]"
    source = ""
    for item, inner in value:
        if str(item) == "NEGATE":
            source += "^"
        elif str(item) == "LITERAL":
            source += f"\\U{inner:08x}"
        elif str(item) == "RANGE":
            source += f"\\U{inner[0]:08x}-\\U{inner[1]:08x}"
        else:
            source += CATEGORIES[str(inner)]
    return f"[{source}]"


class RegexOracle:
    def __init__(self, pattern: str) -> None:
        self.whole = re.compile(pattern)
        self.plain = PlainPattern(pattern)
        self.edges = self.plain.edges

    def accepts(self, text: str) -> bool:
        return self.whole.fullmatch(text) is not None

    def completable(self, text: str) -> bool:
        return self.plain.completable(text)


class FiniteOracle:
    """A language that is a list of texts."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = set(texts)
        self.prefixes = {text[:end] for text in self.texts for end in range(len(text) + 1)}
        self.edges = {
            point for text in self.texts for character in text for point in (ord(character), ord(character) + 1)
        }

    def accepts(self, text: str) -> bool:
        return text in self.texts

    def completable(self, text: str) -> bool:
        return text in self.prefixes


def json_texts(schema: Any) -> Iterator[str]:
    """Every text of a schema whose language is finite, without white space, properties in declared order.

    Takes `enum`, `const`, `boolean`, `null`, integers between bounds, arrays and closed objects of such, and `anyOf`.
    """
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        yield from (json.dumps(value, ensure_ascii=False, separators=(",", ":")) for value in values)
    elif "anyOf" in schema:
        yield from itertools.chain.from_iterable(map(json_texts, schema["anyOf"]))
    elif schema["type"] == "boolean":
        yield from ("true", "false")
    elif schema["type"] == "null":
        yield "null"
    elif schema["type"] == "integer":
        yield from map(str, range(schema["minimum"], schema["maximum"] + 1))
    elif schema["type"] == "array":
        items = list(json_texts(schema["items"]))
        for count in range(schema.get("minItems", 0), schema["maxItems"] + 1):
            yield from (f"[{','.join(chosen)}]" for chosen in itertools.product(items, repeat=count))
    elif schema["type"] == "object":
        assert schema["additionalProperties"] is False
        members = []
        for name, inner in schema["properties"].items():
            written = [f"{json.dumps(name, ensure_ascii=False)}:{text}" for text in json_texts(inner)]
            members.append(written if name in schema.get("required", ()) else [*written, None])
        for chosen in itertools.product(*members):
            yield "{" + ",".join(member for member in chosen if member is not None) + "}"
    else:
        raise NotImplementedError(schema)


Symbol: TypeAlias = tuple[str, bool]  # a name, and whether it is a terminal's


class Item(NamedTuple):
    """A rule, how much of it is behind, and where it began."""

    name: str
    symbols: tuple[Symbol, ...]
    done: int
    start: int

    @property
    def next(self) -> Symbol | None:
        return self.symbols[self.done] if self.done < len(self.symbols) else None

    def advanced(self) -> Item:
        return self._replace(done=self.done + 1)


class Chart(NamedTuple):
    sets: tuple[frozenset[Item], ...]  # after each character
    begun: tuple[tuple[str, int], ...]  # terminals that may go on after the last character, and where they began


class GrammarOracle:
    """An Earley parser that reads characters, each terminal in every way that its expression matches.

    So it is right for grammars in which no terminal could stop earlier than its longest match and something else
    follow; a terminal with a lazy repetition stops at its first match.
    """

    START = "$start"

    def __init__(self, grammar: str) -> None:
        self.grammar = grammar
        self.lark = lark.Lark(grammar, parser="earley")
        self.rules: dict[str, list[tuple[Symbol, ...]]] = {self.START: [(("start", False),)]}
        for rule in self.lark.rules:
            symbols = tuple((str(symbol.name), symbol.is_term) for symbol in rule.expansion)
            self.rules.setdefault(str(rule.origin.name), []).append(symbols)
        self.terminals = {terminal.name: PlainPattern(terminal.pattern.to_regexp()) for terminal in self.lark.terminals}
        self.ignored: Sequence[str] = self.lark.ignore_tokens
        self.edges = set().union(*(terminal.edges for terminal in self.terminals.values()))
        self.nullable = self.find_nullable()
        start = self.closed({Item(self.START, (("start", False),), 0, 0)}, ())
        self.charts = {"": Chart((start,), self.awaited(start, 0))}

    def accepts(self, text: str) -> bool:
        return any(item.name == self.START and item.next is None for item in self.chart(text).sets[-1])

    def parses(self, text: str) -> bool:
        """What the `lark` package itself says of a whole text."""
        try:
            self.lark.parse(text)
        except lark.exceptions.UnexpectedInput:
            return False
        return True

    def completable(self, text: str) -> bool:
        chart = self.chart(text)
        return bool(chart.sets[-1] or chart.begun)

    def chart(self, text: str) -> Chart:
        known = next(end for end in range(len(text), -1, -1) if text[:end] in self.charts)
        for end in range(known, len(text)):
            self.charts[text[: end + 1]] = self.extended(self.charts[text[:end]], text[: end + 1])
        return self.charts[text]

    def extended(self, chart: Chart, text: str) -> Chart:
        items: set[Item] = set()
        begun = []
        for name, start in chart.begun:
            terminal, piece = self.terminals[name], text[start:]
            if not terminal.completable(piece):
                continue
            matched = terminal.matches(piece)
            if matched:
                items.update(self.after(name, chart.sets[start]))
            if not (matched and terminal.lazy):
                begun.append((name, start))
        last = self.closed(items, chart.sets)
        # `begun` may hold terminals at their only end: harmless, as they are dropped with the next character, and
        # whatever they matched is in `last`.
        return Chart((*chart.sets, last), (*begun, *self.awaited(last, len(text))))

    def after(self, terminal: str, items: Iterable[Item]) -> Iterator[Item]:
        """What becomes of `items` when `terminal` has been read: something ignored leaves them as they are."""
        for item in items:
            if terminal in self.ignored and (item.next is None or item.next[1]):
                yield item
            if item.next == (terminal, True):
                yield item.advanced()

    def awaited(self, items: frozenset[Item], position: int) -> tuple[tuple[str, int], ...]:
        names = {item.next[0] for item in items if item.next is not None and item.next[1]}
        if items:
            names.update(self.ignored)
        return tuple((name, position) for name in sorted(names))

    def closed(self, items: set[Item], sets: tuple[frozenset[Item], ...]) -> frozenset[Item]:
        """`items`, and all that follows from them by prediction and completion, at the position after `sets`."""
        here = len(sets)
        work = list(items)
        while work:
            item = work.pop()
            found: list[Item] = []
            if item.next is None:
                # What ended where it began was null, and is stepped over where it is predicted.
                waiting = sets[item.start] if item.start < here else frozenset()
                found += [other.advanced() for other in waiting if other.next == (item.name, False)]
            elif not item.next[1]:
                found += [Item(item.next[0], symbols, 0, here) for symbols in self.rules[item.next[0]]]
                if item.next[0] in self.nullable:
                    found.append(item.advanced())
            work += [other for other in found if other not in items]
            items.update(found)
        return frozenset(items)

    def find_nullable(self) -> set[str]:
        nullable: set[str] = set()
        while True:
            more = {
                name
                for name, expansions in self.rules.items()
                if any(
                    all(not terminal and symbol in nullable for symbol, terminal in symbols) for symbols in expansions
                )
            }
            if more == nullable:
                return nullable
            nullable = more
