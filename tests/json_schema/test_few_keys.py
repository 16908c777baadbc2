"""Objects that can have few keys, all of them written out: exactly the valid ones, and no dead end on the way to any.

A pattern that only some names match runs out of names, which is where an object that must have more properties, or must
not have others, is in danger of being begun and never ended.
"""

from __future__ import annotations

import itertools
import json
import random
from typing import Any

import jsonschema
import numpy as np

from outlines.guide import Guide, Index, JsonSchemaError, Vocabulary

BYTES = Vocabulary([bytes([byte]) for byte in range(256)] + [None], [256], 257)
NAMES = ["a", "b", "aa", "ab", "bb"]
# Together they match nothing but `NAMES`.
PATTERNS = ["^a$", "^a{1,2}$", "^[ab]$", "^(aa|bb)$", "^ab?$", "^[ab]b$"]
SCHEMAS = 150


def condition(rng: random.Random, depth: int = 2) -> dict[str, Any]:
    """Something to ask of an object."""
    kinds = ["min", "max", "required", "few", "dependent", "names"]
    if depth:
        kinds += ["not", "any", "one", "if"]
    below = [condition(rng, depth - 1) for _ in range(3)] if depth else []
    match rng.choice(kinds):
        case "min":
            return {"minProperties": rng.randint(1, 3)}
        case "max":
            return {"maxProperties": rng.randint(1, 3)}
        case "required":
            return {"required": rng.sample(NAMES, rng.randint(1, 2))}
        case "few":
            return {"patternProperties": {rng.choice(PATTERNS): rng.choice([False, {"type": "null"}])}}
        case "dependent":
            return {"dependentRequired": {rng.choice(NAMES): [rng.choice(NAMES)]}}
        case "names":
            return {"propertyNames": {"pattern": rng.choice(PATTERNS)}}
        case "not":
            return {"not": below[0]}
        case "any":
            return {"anyOf": below[:2]}
        case "one":
            return {"oneOf": below[:2]}
        case _:
            return {"if": below[0], "then": below[1], "else": below[2]}


def schema_of(rng: random.Random) -> dict[str, Any]:
    declared = rng.sample(NAMES, rng.randint(0, 2))
    patterns = rng.sample(PATTERNS, rng.randint(1, 2))
    return {
        "type": "object",
        "properties": {name: {"type": "null"} for name in declared},
        "patternProperties": {pattern: {"type": "null"} for pattern in patterns},
        "additionalProperties": False,
        "minProperties": rng.randint(0, 3),
        "allOf": [condition(rng) for _ in range(rng.randint(1, 2))],
    }


def texts(schema: dict[str, Any], order: str) -> set[str]:
    """All that may be written, in some order of the keys."""
    is_valid = jsonschema.Draft202012Validator(schema).is_valid
    declared = list(schema["properties"])
    found = set()
    for count in range(len(NAMES) + 1):
        for keys in itertools.permutations(NAMES, count):
            in_order = [*(key for key in declared if key in keys), *(key for key in keys if key not in declared)]
            value = dict.fromkeys(keys)
            if (order == "any" or list(keys) == in_order) and is_valid(value):
                found.add(json.dumps(value, separators=(",", ":")))
    return found


def written(index: Index) -> set[str]:
    """All that the masks lead to."""
    row, ends = np.zeros((BYTES.size + 31) // 32, dtype=np.int32), set()
    open_guides = [(Guide(index), b"")]
    while open_guides:
        guide, text = open_guides.pop()
        guide.fill_bitmask(row)
        allowed = [token for token in range(BYTES.size) if row[token // 32] >> (token % 32) & 1]
        assert allowed, f"no way on from {text!r}"
        for token in allowed:
            if token == BYTES.size - 1:
                ends.add(text.decode())
                continue
            further = guide.copy()
            assert further.advance(token)
            open_guides.append((further, text + bytes([token])))
    return ends


def test_few_keys() -> None:
    rng = random.Random(7)
    without, several = 0, 0
    for _ in range(SCHEMAS):
        schema = schema_of(rng)
        for order in ("schema", "any"):
            at = f"{json.dumps(schema)} in the order {order!r}"
            expected = texts(schema, order)
            try:
                index = Index.from_json_schema(schema, BYTES, property_order=order, whitespace_pattern="")
            except JsonSchemaError as error:
                assert "allows no value" in str(error), at
                assert not texts(schema, "any"), at
                without += 1
                continue
            said = written(index)
            several += len(said) > 1
            assert said == expected, at
    assert without > SCHEMAS * 0.1
    assert several > SCHEMAS * 0.5
