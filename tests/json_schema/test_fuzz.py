"""Random schemas against two validators: what the engine accepts is what both call valid, and nothing else.

Where the two validators disagree with each other, the case says nothing. Then walks over the masks: whatever text comes
to an end is valid, and no state is without a way on.

`OUTLINES_FUZZ_SECONDS` makes it run longer, `OUTLINES_FUZZ_SEED` from another seed.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from decimal import Decimal
from typing import Any

import jsonschema
import jsonschema_rs
import numpy as np
import pytest

from outlines.guide import Guide, Index, JsonSchemaError, LimitError, Vocabulary

from .random_schemas import InstanceMaker, SchemaMaker
from .suite import DRAFTS

SECONDS = float(os.environ.get("OUTLINES_FUZZ_SECONDS", "120"))
SEED = int(os.environ.get("OUTLINES_FUZZ_SEED", "1"))

BYTES = Vocabulary([bytes([byte]) for byte in range(256)] + [None], [256], 257)
# Bytes of which walks make their texts, those that end something first.
CLOSING = b'"}],:'
READABLE = CLOSING + b"{[ab0125.-e xtrufalsnc"
INSTANCES = 24
LONGEST = 400


class Validators:
    """Two of them, for one schema."""

    def __init__(self, schema: dict[str, Any]) -> None:
        kind = jsonschema.validators.validator_for(schema)
        self._python = kind(schema, format_checker=kind.FORMAT_CHECKER)
        self._rust = jsonschema_rs.validator_for(schema, validate_formats=True, ignore_unknown_formats=True)

    def verdict(self, value: Any) -> bool | None:
        """Whether a value is valid; `None` where they disagree."""
        try:
            verdicts = {bool(self._python.is_valid(value)), bool(self._rust.is_valid(value))}
        except (RecursionError, TypeError):
            # Python's own: it fails where `items` is a boolean beside `unevaluatedItems` in draft 2019-09.
            return None
        return verdicts.pop() if len(verdicts) == 1 else None


def compiled(schema: dict[str, Any], **options: Any) -> Index | None:
    """The index; `None` if no value satisfies the schema."""
    try:
        return Index.from_json_schema(schema, BYTES, **options)
    except JsonSchemaError as error:
        if "allows no value" in str(error):
            return None
        raise


def is_exact(text: str) -> bool:
    """Whether both validators read the numbers of a text as they are written: they use double precision."""
    exact = True

    def look(number: str) -> float:
        nonlocal exact
        exact &= abs(Decimal(number)) < 2**53 and Decimal(number) == Decimal(float(number))
        return float(number)

    json.loads(text, parse_int=look, parse_float=look)
    return exact


def walk(rng: random.Random, index: Index) -> str | None:
    """A text that the masks lead to; `None` if it grew too long."""
    guide, row, text = Guide(index), np.zeros((BYTES.size + 31) // 32, dtype=np.int32), bytearray()
    while len(text) < LONGEST:
        guide.fill_bitmask(row)
        allowed = [token for token in range(BYTES.size) if row[token // 32] >> (token % 32) & 1]
        assert allowed, f"no way on from {bytes(text)!r}"
        assert (256 in allowed) == guide.is_accepting()
        if allowed == [256] or (256 in allowed and rng.random() < 0.5):
            said = text.decode()
            assert index.accepts(said), said
            return said
        allowed = [token for token in allowed if token != 256]
        hurry = rng.random() < len(text) / 60
        likely = [token for token in allowed if token in (CLOSING if hurry else READABLE)]
        token = rng.choice(likely or allowed)
        assert guide.advance(token)
        text.append(token)
    return None


class Tally(Counter[str]):
    """How often what happened, to be sure that the test tests something."""

    def check(self) -> None:
        print(dict(self))
        assert self["over a limit"] <= 2 + self["schemas"] * 0.01
        assert self["disputed"] < self["instances"] * 0.05
        assert self["valid"] > self["instances"] * 0.2
        assert self["invalid"] > self["instances"] * 0.2
        assert self["walks that end"] > self["schemas"] * 0.5


def one(seed: int, tally: Tally) -> None:
    """One schema, told by its seed."""
    rng = random.Random(seed)
    draft = rng.choice([*DRAFTS, "draft2020-12", "draft2020-12", "draft2019-09"])
    maker = SchemaMaker(rng, draft)
    schema = maker.document()
    values = InstanceMaker(rng, maker, schema)
    validators = Validators(schema)
    tally["schemas"] += 1
    at = f"seed {seed}: {json.dumps(schema, ensure_ascii=False)}"
    try:
        index = compiled(schema, property_order="any")
        for _ in range(INSTANCES):
            value = values.value(schema)
            if rng.random() < 0.4:
                value = values.near(value)
            valid = validators.verdict(value)
            tally["instances"] += 1
            if valid is None:
                tally["disputed"] += 1
                continue
            tally["valid" if valid else "invalid"] += 1
            text = json.dumps(value, ensure_ascii=False)
            accepted = index is not None and index.accepts(text)
            assert accepted == valid, f"{at}\n{text}: the validators say {valid}"
        if index is None:
            tally["without a value"] += 1
            return
        for order in ("schema", "any", "any"):
            walked = compiled(schema, property_order=order)
            assert walked is not None, f"{at}\nallows something in any order, but nothing in the schema's"
            said = walk(rng, walked)
            if said is not None:
                tally["walks that end"] += 1
                verdict = validators.verdict(json.loads(said)) if is_exact(said) else None
                assert verdict is not False, f"{at}\nallows {said}"
                assert index.accepts(said), f"{at}\nallows {said} in one order only"
    except LimitError as error:
        tally["over a limit"] += 1
        print(at, error)
    except AssertionError as error:
        if at in str(error):
            raise
        raise AssertionError(f"{at}\n{error}") from error


@pytest.mark.timeout(SECONDS + 600)
def test_random_schemas() -> None:
    tally = Tally()
    deadline = time.monotonic() + SECONDS
    seed = SEED * 1_000_000
    while time.monotonic() < deadline:
        seed += 1
        one(seed, tally)
    tally.check()
