"""The places in a text at which a mask is hard to make.

A case is a constraint and the text that leads to the place. Regular expressions are written in the syntax that every
engine reads; JSON texts are spaced as `json.dumps` does.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

DEPTH = 200
ITEMS = 10_000
VALUES = [f"value {number * 7919 % 10_007}" for number in range(10_000)]
PROSE = "The quick brown fox jumps over the lazy dog, and nobody minds; it was the best of times. "


class Case(NamedTuple):
    name: str
    # A JSON Schema, or a regular expression where it is a string.
    constraint: Any
    prefix: str


def _string(**keywords: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"text": {"type": "string", **keywords}},
        "required": ["text"],
        "additionalProperties": False,
    }


NESTED = {
    "type": "object",
    "properties": {"child": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}},
    "required": ["child"],
    "additionalProperties": False,
}

CASES = [
    Case("in a string", _string(), '{"text": "'),
    Case("in a string of at most 100 characters", _string(maxLength=100), '{"text": "'),
    Case("in a string of at most 5 characters", _string(maxLength=5), '{"text": "'),
    Case("in a string with a pattern over a big class", _string(pattern="^[^<>&]{1,200}$"), '{"text": "'),
    Case("in a pattern over all letters", r"\p{L}+( \p{L}+){0,99}", "naïve"),
    Case("at the start of an enum of 10,000 values", _string(enum=VALUES), '{"text": "'),
    Case("inside an enum of 10,000 values", _string(enum=VALUES), '{"text": "value '),
    Case(f"at the end of an object {DEPTH} deep", NESTED, '{"child": ' * DEPTH + "null"),
    Case(
        f"after {ITEMS:,} items of an array",
        {"type": "array", "items": {"type": "integer"}, "maxItems": 2 * ITEMS},
        json.dumps([number % 10 for number in range(ITEMS)])[:-1],
    ),
    Case("in free text before a marker", r"(.|\n)*\n</answer>", PROSE),
]
