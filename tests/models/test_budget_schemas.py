"""Tight limits on tokens over many schemas, on the real engine: every output is whole and valid.

Our own schemas always run; MaskBench's where they are there: some of them, or as many as `OUTLINES_MASKBENCH` says.
"""

import asyncio
import gzip
import itertools
import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import outlines
from outlines.errors import BudgetError

pytestmark = [pytest.mark.engine, pytest.mark.timeout(3600)]

MASKBENCH = Path("/work/shared/data/maskbench-dev.jsonl.gz")
CASES = int(os.environ.get("OUTLINES_MASKBENCH", "40"))
QUESTION = "Invent a long document, with many details."
# Tokens above the shortest output that is known.
EXTRA = (0, 2, 9)
# The longest output that the tests' context has room for, beside the question.
LONGEST = 500

OWN: dict[str, Any] = {
    "strings": {
        "type": "object",
        "properties": {"title": {"type": "string", "minLength": 3}, "text": {"type": "string"}},
        "required": ["title", "text"],
        "additionalProperties": False,
    },
    "recursive": {
        "type": "object",
        "properties": {"name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#"}}},
        "required": ["name", "children"],
        "additionalProperties": False,
    },
    "open": {"type": "object", "properties": {"kind": {"enum": ["cat", "dog"]}}, "required": ["kind"]},
    "map": {"type": "object", "additionalProperties": {"type": "number"}, "minProperties": 2},
    "union": {
        "type": "array",
        "minItems": 2,
        "items": {
            "anyOf": [
                {"type": "integer", "minimum": 1000},
                {"type": "string", "pattern": "^[a-z]+(-[a-z]+)+$"},
                {"type": "object", "properties": {"at": {"format": "date-time", "type": "string"}}, "required": ["at"]},
            ]
        },
    },
    "unique": {"type": "array", "items": {"enum": ["red", "blue", 1, 2, None]}, "uniqueItems": True, "minItems": 3},
    "dependent": {
        "type": "object",
        "properties": {"card": {"type": "string"}, "address": {"type": "string", "minLength": 5}},
        "dependentRequired": {"card": ["address"]},
        "additionalProperties": False,
    },
    "numbers": {
        "type": "object",
        "properties": {
            "price": {"type": "number", "exclusiveMinimum": 10, "multipleOf": 0.25},
            "count": {"type": "integer", "minimum": -5},
        },
        "required": ["price", "count"],
        "additionalProperties": False,
    },
}  # fmt: skip


def shortest(model: Any, schemas: dict[str, Any]) -> dict[str, int]:
    """How many tokens are enough for each schema, by the word of the refusal; without those that are too long."""
    types = [outlines.JsonSchema(schema) for schema in schemas.values()]
    refused = model.batch([QUESTION] * len(types), types, max_tokens=1, return_exceptions=True)
    found = {}
    for name, refusal in zip(schemas, refused, strict=True):
        if isinstance(refusal, BudgetError):
            assert refusal.at_least > 1, name
            found[name] = refusal.enough
        else:
            # One token is enough: the schema allows a number, say.
            assert isinstance(refusal, str), f"{name}: {refusal!r}"
            found[name] = 1
    return {name: enough for name, enough in found.items() if enough is not None and enough <= LONGEST}


def check(model: Any, schemas: dict[str, Any]) -> int:
    """Run all schemas at once, with several limits each. Returns how many outputs were checked."""
    jobs = [
        (name, enough + extra)
        for (name, enough), extra in itertools.product(shortest(model, schemas).items(), EXTRA)
        if enough + extra <= LONGEST
    ]

    async def run() -> list[Any]:
        return await asyncio.gather(
            *(
                model.acall(
                    QUESTION,
                    outlines.JsonSchema(schemas[name]),
                    max_tokens=limit,
                    temperature=1.0,
                    seed=number,
                    return_result=True,
                )
                for number, (name, limit) in enumerate(jobs)
            ),
            return_exceptions=True,
        )

    wrong = []
    for (name, limit), result in zip(jobs, asyncio.run(run()), strict=True):
        if isinstance(result, BaseException):
            wrong.append(f"{name} within {limit}: {result!r}")
        elif result.output_tokens > limit:
            wrong.append(f"{name} within {limit}: {result.output_tokens} tokens")
        elif problem := invalid(result.text, schemas[name]):
            wrong.append(f"{name} within {limit}: {result.text!r}: {problem}")
    assert not wrong, "\n".join(wrong)
    return len(jobs)


def invalid(text: str, schema: Any) -> str | None:
    """What is wrong with a text, by the `jsonschema` package."""
    validator = jsonschema.validators.validator_for(schema)(schema)
    try:
        errors = list(validator.iter_errors(json.loads(text, parse_float=number)))
    except ValueError as error:
        return str(error)
    return errors[0].message if errors else None


def number(text: str) -> int | float:
    """As JSON Schema counts: 5.0 is an integer."""
    value = Decimal(text)
    return int(value) if value == value.to_integral_value() else float(text)


def test_our_own_schemas(model, unfinished):
    assert check(model, OWN) == len(OWN) * len(EXTRA)


@pytest.mark.skipif(not MASKBENCH.exists(), reason="needs the MaskBench schemas")
def test_maskbench_schemas(model, unfinished):
    with gzip.open(MASKBENCH, "rt") as lines:
        cases = [json.loads(line) for line in itertools.islice(lines, CASES)]
    checked = check(model, {case["id"]: case["schema"] for case in cases})
    print(f"\n{checked} outputs of {len(cases)} schemas")
    assert checked > 2 * CASES
