"""Constraints made of others: unions, sequences and repetitions of every kind, against one member at a time.

The oracle splits a text in every way and asks an index of each leaf, which other tests hold to `re` and `jsonschema`.
"""

from __future__ import annotations

import functools
import random
from typing import Any

import pytest

from outlines.guide import ConstraintError, Guide, Index, Vocabulary, check_constraint

Described = tuple[str, Any, dict[str, Any]]

ALPHABET = '01a"[],{}:'
VOCABULARY = Vocabulary([*(bytes([byte]) for byte in range(256)), None], [256], 257)
LEAVES: list[Described] = [
    ("regex", "a[01]*", {}),
    ("regex", "(?:01|1a)?", {}),
    ("choice", ["a", "10", '"'], {}),
    ("json", {"type": "integer", "minimum": 0, "maximum": 11}, {"plain_integers": True}),
    ("json", {"type": "array", "items": {"enum": [0, 1]}, "uniqueItems": True}, {"whitespace_pattern": ""}),
    ("json", {"patternProperties": {"^a": {"const": 1}}, "type": "object", "maxProperties": 2}, {}),
    ("json", {"type": "object", "additionalProperties": {"enum": [0, "a"]}, "minProperties": 1}, {}),
]


def composite(rng: random.Random, depth: int) -> Described:
    if depth == 0:
        return rng.choice(LEAVES)
    kind = rng.choice(["union", "sequence", "repeat"])
    if kind == "repeat":
        low = rng.randint(0, 2)
        high = rng.choice([None, low, low + 1, low + 2])
        options = {"min": low} if high is None else {"min": low, "max": high}
        return "repeat", composite(rng, depth - 1), options
    return kind, [composite(rng, depth - 1) for _ in range(rng.randint(1, 3))], {}


class Oracle:
    """Membership by trying every split; leaves by an index of their own."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._known: dict[tuple[int, int, int], bool] = {}

    def accepts(self, constraint: Described, start: int, end: int) -> bool:
        key = id(constraint), start, end
        if key not in self._known:
            self._known[key] = self._decide(constraint, start, end)
        return self._known[key]

    def _decide(self, constraint: Described, start: int, end: int) -> bool:
        kind, value, options = constraint
        if kind == "union":
            return any(self.accepts(part, start, end) for part in value)
        if kind == "sequence":
            return end in functools.reduce(self._ends, value, {start})
        if kind == "repeat":
            return self._repeats(value, start, end, options.get("min", 0), options.get("max"))
        return leaf_index(LEAVES.index(constraint)).accepts(self.text[start:end])

    def _ends(self, starts: set[int], part: Described) -> set[int]:
        size = len(self.text) + 1
        return {end for start in starts for end in range(start, size) if self.accepts(part, start, end)}

    def _repeats(self, part: Described, start: int, end: int, low: int, high: int | None) -> bool:
        reached, seen = {start}, set()
        for count in range((high if high is not None else low + len(self.text)) + 1):
            if count >= low:
                seen |= reached
            reached = self._ends(reached, part)
        return end in seen


@functools.cache
def leaf_index(position: int) -> Index:
    return Index.from_constraint(LEAVES[position], VOCABULARY)


def written(index: Index, rng: random.Random) -> str | None:
    """A random short text of the index; None if it did not end in time."""
    guide, text = Guide(index), ""
    for _ in range(12):
        ways = [letter for letter in ALPHABET if guide.validate([ord(letter)])]
        if guide.is_accepting() and (not ways or rng.random() < 0.3):
            return text
        if not ways:
            return None
        text += rng.choice(ways)
        guide.advance(ord(text[-1]))
    return None


@pytest.mark.parametrize("seed", range(60))
def test_against_every_split(seed):
    rng = random.Random(seed)
    constraint = composite(rng, rng.randint(1, 3))
    index = Index.from_constraint(constraint, VOCABULARY)
    check_constraint(constraint)
    texts = {written(index, rng) for _ in range(20)} | {"", "a", "1", "[]", "{}"}
    for text in sorted(text for text in texts if text is not None):
        changed = list(text)
        if changed:
            changed[rng.randrange(len(changed))] = rng.choice(ALPHABET)
        for candidate in (text, "".join(changed), text + rng.choice(ALPHABET), text[:-1]):
            expected = Oracle(candidate).accepts(constraint, 0, len(candidate))
            assert index.accepts(candidate) == expected, f"seed {seed}: {constraint} and {candidate!r}"
            if expected:
                prefix = candidate[: rng.randint(0, len(candidate))]
                assert index.accepts_prefix(prefix), f"seed {seed}: {constraint} and {prefix!r}"


def test_two_schemas_keep_their_own_definitions():
    of = {"type": "array", "items": {"$ref": "#/$defs/item"}}
    numbers = ("json", {**of, "$defs": {"item": {"type": "integer"}}}, {})
    strings = ("json", {**of, "$defs": {"item": {"type": "string"}}}, {})
    index = Index.from_constraint(("union", [numbers, strings], {}), VOCABULARY)
    assert index.accepts("[1, 2]")
    assert index.accepts('["a", "b"]')
    assert not index.accepts('[1, "b"]')


def test_a_grammar_among_others():
    number = ("grammar", "start: NUMBER\nNUMBER: /[0-9]+/", {})
    union = Index.from_constraint(("union", [number, ("grammar", 'start: "(" start ")" | "x"', {})], {}), VOCABULARY)
    for text in ("12", "x", "((x))"):
        assert union.accepts(text)
    assert not union.accepts("(1)")
    after = Index.from_constraint(("sequence", [("regex", "a+", {}), number], {}), VOCABULARY)
    assert after.accepts("aa12")


@pytest.mark.parametrize(
    ("constraint", "error", "message"),
    [
        (("union", [], {}), ConstraintError, "at least one member"),
        (("union", [("regex", "a", {}), ("regex", "(", {})], {}), ConstraintError, r"\("),
        (("sequence", [("grammar", 'start: "a"', {}), ("regex", "b", {})], {}), ConstraintError, "last part"),
        (("repeat", ("grammar", 'start: "a"', {}), {"max": 2}), ConstraintError, "last part"),
        (("repeat", ("regex", "a", {}), {"min": 3, "max": 2}), ConstraintError, "from 3 to 2 times"),
        (("repeat", ("regex", "a", {}), {"least": 3}), ValueError, "unknown option"),
        (("xml", "<a/>", {}), ValueError, "unknown constraint kind"),
        (("union", "ab", {}), TypeError, "str"),
    ],
)
def test_what_makes_no_sense_is_refused(constraint, error, message):
    for refuse in (check_constraint, lambda one: Index.from_constraint(one, VOCABULARY)):
        with pytest.raises(error, match=message):
            refuse(constraint)
