"""Arrays and objects that `enum` and `const` list, beside other keywords, against two validators."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest

from outlines.guide import Index, JsonSchemaError, Vocabulary

from .test_fuzz import Validators, is_exact, walk

BYTES = Vocabulary([bytes([byte]) for byte in range(256)] + [None], [256], 257)
SCALARS = [None, True, False, 0, 1, 2, -1, 0.5, 10, "", "a", "b", "ab", 'a"b', "é"]
NAMES = ["a", "b", "ab", "é"]
BESIDE: list[dict[str, Any]] = [
    {},
    {"type": "object"},
    {"type": ["array", "string", "null"]},
    {"minItems": 2},
    {"maxItems": 1},
    {"uniqueItems": True},
    {"items": {"type": ["integer", "string", "array"]}},
    {"contains": {"type": "integer"}, "minContains": 1, "maxContains": 2},
    {"prefixItems": [{"type": "number", "minimum": 1}], "unevaluatedItems": {"type": "string"}},
    {"required": ["a"]},
    {"properties": {"b": {"type": "string"}, "a": {"minimum": 1}}},
    {"properties": {"a": True}, "unevaluatedProperties": False},
    {"patternProperties": {"^a": {"type": ["integer", "object"]}}, "additionalProperties": {"maxLength": 1}},
    {"propertyNames": {"maxLength": 1}},
    {"minProperties": 1, "maxProperties": 2},
    {"not": {"enum": [[], {}, {"a": 1}, [1, "a"]]}},
    {"anyOf": [{"required": ["b"]}, {"contains": {"const": "a"}}]},
    {"if": {"type": "array"}, "then": {"minItems": 1}, "else": {"maxProperties": 1}},
    {"dependentRequired": {"a": ["b"]}},
]


def some_value(rng: random.Random, depth: int) -> Any:
    kind = rng.random()
    if depth == 0 or kind < 0.35:
        return rng.choice(SCALARS)
    if kind < 0.65:
        return [some_value(rng, depth - 1) for _ in range(rng.randrange(4))]
    return {name: some_value(rng, depth - 1) for name in rng.sample(NAMES, rng.randrange(4))}


def near(rng: random.Random, value: Any) -> Any:
    """Nearly the same value: a member more, less, or another one."""
    value = copy.deepcopy(value)
    if isinstance(value, list) and value:
        at = rng.randrange(len(value))
        value[at : at + rng.randrange(2)] = [] if rng.random() < 0.3 else [near(rng, value[at])]
        return value
    if isinstance(value, dict) and value:
        name = rng.choice(list(value))
        value[name] = near(rng, value[name])
        if rng.random() < 0.3:
            del value[name]
        return value
    return some_value(rng, 1)


def written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def turned_round(value: Any) -> Any:
    """The same value with the properties of every object in the opposite order."""
    if isinstance(value, list):
        return [turned_round(item) for item in value]
    if isinstance(value, dict):
        return {name: turned_round(value[name]) for name in reversed(value)}
    return value


@pytest.mark.parametrize("seed", range(150))
def test_listed_values(seed: int) -> None:
    rng = random.Random(seed)
    values = [some_value(rng, 3) for _ in range(rng.choice([1, 2, 5, 20]))]
    values += [near(rng, rng.choice(values)) for _ in range(rng.randrange(4))]
    listing: dict[str, Any] = {"enum": values}
    if rng.random() < 0.2:
        listing = {"oneOf": [{"enum": values[: len(values) // 2]}, {"enum": values[len(values) // 2 :] + values[:1]}]}
    inside = {"allOf": [listing, rng.choice(BESIDE), rng.choice(BESIDE)]}
    schema: dict[str, Any] = {"$schema": "https://json-schema.org/draft/2020-12/schema", **inside}
    whole = rng.random() < 0.6
    if not whole:
        schema = {"$schema": schema["$schema"], "type": "array", "items": inside, "uniqueItems": True}
    validators = Validators(schema)
    tried = values + [near(rng, rng.choice(values)) for _ in range(30)]
    if not whole:
        tried = [[rng.choice(tried) for _ in range(rng.randrange(1, 4))] for _ in range(60)]
    try:
        index = {order: Index.from_json_schema(schema, BYTES, property_order=order) for order in ("any", "schema")}
    except JsonSchemaError as error:
        assert "allows no value" in str(error)
        assert not any(validators.verdict(value) for value in tried)
        return
    for value in tried:
        text, other = written(value), written(turned_round(value))
        valid = validators.verdict(value)
        if valid is None:
            continue
        assert index["any"].accepts(text) == valid, (schema, text, valid)
        assert index["any"].accepts(other) == valid, (schema, other, valid)
        assert valid or not index["schema"].accepts(text), (schema, text)
        # As listed, unless the same value is listed in another order too.
        if whole and valid:
            listed = next(known for known in values if same(known, value))
            assert index["schema"].accepts(written(listed)), (schema, listed)
    for order in ("schema", "any"):
        for _ in range(3):
            said = walk(rng, index[order])
            if said is not None and is_exact(said):
                assert validators.verdict(json.loads(said)) is not False, (schema, said)
                assert index["any"].accepts(said), (schema, said)


def test_draft_4_tells_spellings_apart() -> None:
    """`1.0` is no integer to draft 4, wherever it stands in a listed value."""
    draft = {"$schema": "http://json-schema.org/draft-04/schema#"}
    listed = {"enum": [[1, "a"], [2, "b"]], "items": {"type": ["integer", "string"]}}
    index = Index.from_json_schema({**draft, **listed}, BYTES)
    assert index.accepts('[1,"a"]') and not index.accepts('[1.0,"a"]') and not index.accepts('[1,"b"]')
    index = Index.from_json_schema({**draft, "enum": [[1, 2]], "not": {"items": {"type": "integer"}}}, BYTES)
    assert index.accepts("[1.0,2]") and index.accepts("[1,2.0]") and not index.accepts("[1,2]")


def test_equal_values_are_one() -> None:
    """Numbers are compared by value and objects whatever their order."""
    index = Index.from_json_schema(
        {"type": "array", "uniqueItems": True, "minItems": 2, "items": {"enum": [{"a": 1, "b": [2]}, [1.0], [1]]}},
        BYTES,
    )
    assert index.accepts('[{"a":1,"b":[2]},[1]]') and index.accepts('[[1.0],{"a":1.0,"b":[2]}]')
    assert not index.accepts_prefix("[[1],[1")
    assert not index.accepts('[{"a":1,"b":[2]},{"b":[2],"a":1}]')
