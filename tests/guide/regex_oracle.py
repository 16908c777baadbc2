"""Regular expressions: Python's own parser, and a non-deterministic automaton walked as a set of states.

`re` is asked which characters a class means. That the automaton is right is tested against `re.fullmatch`, and against
the partial matches of the `regex` package; neither is used here, because both take exponential time on some patterns,
and `regex` calls some texts partial matches that no text completes (it is at fault with lazy repetition).
"""

from __future__ import annotations

import bisect
import functools
import re
from typing import Any, NamedTuple, TypeAlias

try:
    from re import _parser as parser  # type: ignore[attr-defined]
except ImportError:  # Python 3.10
    import sre_parse as parser

from .reference import is_character

ALL_CHARACTERS = "".join(chr(point) for point in range(0x110000) if is_character(point))

Ranges: TypeAlias = tuple[tuple[int, int], ...]


@functools.cache
def characters_of(atom: str, flags: int) -> Ranges:
    """The code points that a one-character expression matches, as ranges in order: `re` is asked about each."""
    runs = re.compile(f"(?:{atom})+", flags).finditer(ALL_CHARACTERS)
    return tuple((ord(run[0][0]), ord(run[0][-1])) for run in runs)


def contains(ranges: Ranges, point: int) -> bool:
    at = bisect.bisect_right(ranges, (point, 0x110000)) - 1
    return at >= 0 and point <= ranges[at][1]


class Edge(NamedTuple):
    """A way from one state to another: over one character, or over none (then perhaps only after some characters)."""

    target: int
    over: Ranges | None = None
    behind: Ranges | None = None
    not_behind: bool = False


class RegexOracle:
    """The texts that `re.fullmatch(pattern, text)` matches.

    Boundaries, anchors, look-ahead, back-references, possessive and atomic parts are not taken; look-behind only for
    one character.
    """

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self.edges: set[int] = set()
        self.lazy = False  # is there a lazy repetition in it?
        self.states: list[list[Edge]] = []
        tree = parser.parse(pattern, flags)
        start = self.state()
        self.end = self.sequence(start, tree, tree.state.flags)
        self.useful = self.find_useful()
        self.after = {"": self.closed({start}, "")}

    def accepts(self, text: str) -> bool:
        return self.end in self.states_after(text)

    def completable(self, text: str) -> bool:
        return not self.useful.isdisjoint(self.states_after(text))

    def states_after(self, text: str) -> frozenset[int]:
        known = len(text)
        while text[:known] not in self.after:
            known -= 1
        for end in range(known, len(text)):
            self.after[text[: end + 1]] = self.step(self.after[text[:end]], text[: end + 1])
        return self.after[text]

    def step(self, states: frozenset[int], text: str) -> frozenset[int]:
        point = ord(text[-1])
        reached = {
            edge.target for state in states for edge in self.states[state] if edge.over and contains(edge.over, point)
        }
        return self.closed(reached, text)

    def closed(self, states: set[int], text: str) -> frozenset[int]:
        work = list(states)
        while work:
            for edge in self.states[work.pop()]:
                if edge.over is not None or edge.target in states:
                    continue
                if edge.behind is not None and edge.not_behind == (text != "" and contains(edge.behind, ord(text[-1]))):
                    continue
                states.add(edge.target)
                work.append(edge.target)
        return frozenset(states)

    def find_useful(self) -> set[int]:
        """The states from which the end can be reached."""
        useful = {self.end}
        while True:
            more = {
                state
                for state, edges in enumerate(self.states)
                if any(edge.target in useful and edge.over != () for edge in edges)
            }
            if more <= useful:
                return useful
            useful |= more

    def state(self) -> int:
        self.states.append([])
        return len(self.states) - 1

    def sequence(self, start: int, tree: Any, flags: int) -> int:
        """Adds what matches `tree` after the state `start`; returns the state after it."""
        for kind, value in tree:
            start = self.node(start, str(kind), value, flags)
        return start

    def node(self, start: int, kind: str, value: Any, flags: int) -> int:
        if kind in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
            return self.link(start, Edge(self.state(), over=self.atom(kind, value, flags)))
        if kind == "BRANCH":
            end = self.state()
            for branch in value[1]:
                self.link(self.sequence(start, branch, flags), Edge(end))
            return end
        if kind == "SUBPATTERN":
            _, added, removed, inner = value
            return self.sequence(start, inner, (flags | added) & ~removed)
        if kind in ("MAX_REPEAT", "MIN_REPEAT"):
            self.lazy = self.lazy or kind == "MIN_REPEAT"
            return self.repeat(start, *value, flags)
        if kind in ("ASSERT", "ASSERT_NOT") and value[0] < 0 and len(value[1]) == 1:
            [(inner, one)] = value[1]
            ranges = self.atom(str(inner), one, flags)
            return self.link(start, Edge(self.state(), behind=ranges, not_behind=kind == "ASSERT_NOT"))
        raise NotImplementedError(f"{kind} in a pattern of the reference")

    def repeat(self, start: int, low: int, high: Any, inner: Any, flags: int) -> int:
        for _ in range(low):
            start = self.sequence(start, inner, flags)
        if high is parser.MAXREPEAT:
            again = self.link(start, Edge(self.state()))
            self.link(self.sequence(again, inner, flags), Edge(again))
            return self.link(again, Edge(self.state()))
        end = self.state()
        for _ in range(low, high):
            self.link(start, Edge(end))
            start = self.sequence(start, inner, flags)
        return self.link(start, Edge(end))

    def link(self, start: int, edge: Edge) -> int:
        self.states[start].append(edge)
        return edge.target

    def atom(self, kind: str, value: Any, flags: int) -> Ranges:
        if kind == "LITERAL" and not flags & re.IGNORECASE:
            ranges: Ranges = ((value, value),)
        else:
            ranges = characters_of(atom_source(kind, value), flags & (re.IGNORECASE | re.DOTALL | re.ASCII))
        self.edges.update(edge for low, high in ranges for edge in (low, high + 1))
        return ranges


CATEGORIES = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_NOT_WORD": r"\W",
}


def atom_source(kind: str, value: Any) -> str:
    if kind == "ANY":
        return "."
    if kind in ("LITERAL", "NOT_LITERAL"):
        return f"[{'^' if kind == 'NOT_LITERAL' else ''}\\U{value:08x}]"
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
