"""Whole masks of random schemas: strings and keys with several conditions at once above all.

`OUTLINES_FUZZ_SECONDS` makes it run longer, `OUTLINES_FUZZ_SEED` from another seed.
"""

from __future__ import annotations

import json
import random
import time
from typing import Any

import pytest

from outlines.guide import Guide, Index, JsonSchemaError, LimitError

from ..own_answers import SECONDS, SEED, Tokens, walk
from .random_schemas import SchemaMaker
from .suite import DRAFTS

PIECES = [["a"], ["a", "b"], ["a ", "b ", "ab "], ["a", "0", "é"], ['{"', '":', '", "', '"}', '"]'], ["1", "0", "."]]
PIECES += [[" ", "\n"], ["a", "\u2028", "\u3000"], ["\\n", '\\"', "a"], ["a", '"', ', "']]
TEXTS = ['{"a": "abab", "b": ["a", "b"]}', '["a","bbb", "' + "a" * 38 + '"]']
PATTERNS = ["^[ab ]+$", "a", r"^(?:\S+\s+){0,9}\S+$", "^.*b", "^[^b]*$", ".", r"^\S+$", "^[a-z0-9-]{1,40}$"]
PATTERNS += ["^(?!a).*$", r"\bab", "^.{3,50}a", "^a{1,2}$", "^.."]


def string(rng: random.Random) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if rng.random() < 0.7:
        schema["pattern"] = rng.choice(PATTERNS)
    if rng.random() < 0.6:
        schema["maxLength"] = rng.choice([1, 3, 10, 17, 20, 33, 40, 64, 100, 140])
    if rng.random() < 0.3:
        schema["minLength"] = rng.choice([1, 2, 5, 18])
    if rng.random() < 0.15:
        schema["not"] = {"enum": ["a", "ab", "abab"]}
    if rng.random() < 0.15:
        schema["allOf"] = [{"pattern": rng.choice(PATTERNS)}]
    return schema


def with_strings(rng: random.Random) -> dict[str, Any]:
    """Such strings by themselves, as keys and as items."""
    listed = {"type": "array", "items": string(rng), "maxItems": rng.choice([1, 3, 20, 50])}
    schemas: list[dict[str, Any]] = [
        string(rng),
        {**listed, "uniqueItems": True},
        {"type": "object", "properties": {"a": string(rng), "b": listed}, "additionalProperties": string(rng)},
        {"type": "object", "propertyNames": string(rng), "maxProperties": 3},
        {
            "type": "object",
            "patternProperties": {rng.choice(PATTERNS): {}, rng.choice(PATTERNS): {"type": "boolean"}},
            "propertyNames": rng.choice([{}, string(rng)]),
        },
    ]
    return rng.choice(schemas)


@pytest.mark.timeout(SECONDS + 600)
def test_masks_of_schemas() -> None:
    rng = random.Random(SEED)
    deadline = time.monotonic() + SECONDS
    masks = 0
    while time.monotonic() < deadline:
        draft = rng.choice(list(DRAFTS))
        schema = SchemaMaker(rng, draft).document() if rng.random() < 0.5 else with_strings(rng)
        order = rng.choice(["schema", "any"])
        tokens = Tokens(rng, PIECES, TEXTS)
        try:
            index = Index.from_json_schema(schema, tokens.vocabulary, property_order=order)
            masks += sum(walk(rng, index, tokens, 10, f"{order}: {json.dumps(schema)}") for _ in range(2))
        except (LimitError, JsonSchemaError):
            continue
    assert masks > 100


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "object", "propertyNames": {"pattern": "a"}}, '{"a": false,"'),
        ({"patternProperties": {"^a{1,2}$": {}, "^..": {"type": "boolean"}}, "type": "object"}, '{"'),
    ],
)
def test_keys_with_several_conditions(schema: dict[str, Any], text: str) -> None:
    # Tokens had been left out that end a key, where names used or listed are not allowed.
    rng = random.Random(SEED)
    tokens = Tokens(rng, PIECES, TEXTS)
    index = Index.from_json_schema(schema, tokens.vocabulary)
    guide = Guide(index)
    assert all(guide.advance(byte) for byte in text.encode())
    assert tokens.mask(guide) == tokens.own_answers(index, text.encode())
