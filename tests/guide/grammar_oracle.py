"""Lark grammars: an Earley parser over the characters of a text, on the rules that the `lark` package compiled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

import lark

from .regex_oracle import RegexOracle

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
        self.terminals = {terminal.name: RegexOracle(terminal.pattern.to_regexp()) for terminal in self.lark.terminals}
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
        known = len(text)
        while text[:known] not in self.charts:
            known -= 1
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
            matched = terminal.accepts(piece)
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
