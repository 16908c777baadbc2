"""Constraints whose states have no end, each with texts that go to ever new ones."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any, NamedTuple

_SYLLABLES = [first + vowel + last for first in "bdfgklmnprst" for vowel in "aeiou" for last in ("", "n", "r", "s")]


class Case(NamedTuple):
    name: str
    # A JSON Schema.
    constraint: dict[str, Any]
    text: Callable[[random.Random], str]


def _word(chance: random.Random) -> str:
    return "".join(chance.choices(_SYLLABLES, k=chance.randint(1, 4)))


def _keys(chance: random.Random) -> str:
    return json.dumps({_word(chance): chance.randrange(1000) for _ in range(12)})


def _numbers(chance: random.Random) -> str:
    return json.dumps(chance.sample(range(10**6), 12))


def _long_array(chance: random.Random) -> str:
    return json.dumps([_word(chance) for _ in range(chance.randint(9_000, 10_000))])


CASES = [
    Case("keys of one's own", {"type": "object", "additionalProperties": {"type": "integer"}}, _keys),
    Case(
        "10,000 strings in one array",
        {"type": "array", "items": {"type": "string", "maxLength": 50}, "maxItems": 10_000},
        _long_array,
    ),
    Case("integers that differ", {"type": "array", "items": {"type": "integer"}, "uniqueItems": True}, _numbers),
]
