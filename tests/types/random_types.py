# ruff: noqa: UP007, UP045 - made of values
"""Random output types: nested containers, unions, models, constrained scalars."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import ipaddress
import random
import uuid
from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple, Optional, Union

import pydantic
import typing_extensions
from pydantic import Field

Make = Callable[[random.Random, int], Any]


class Size(enum.Enum):
    SMALL = "small"
    LARGE = 3
    NONE = None


def scalar(rng: random.Random, depth: int) -> Any:
    low, high = sorted(rng.sample(range(-50, 500), 2))
    shortest = rng.randint(0, 3)
    return rng.choice(
        [
            int,
            float,
            bool,
            str,
            type(None),
            dt.date,
            dt.time,
            dt.datetime,
            dt.timedelta,
            uuid.UUID,
            decimal.Decimal,
            ipaddress.IPv4Address,
            bytes,
            Size,
            Literal["a", "b c", 1, None],
            Literal[True, "x"],
            Annotated[int, Field(ge=low, le=high)],
            Annotated[int, Field(gt=low, multiple_of=rng.randint(2, 9))],
            Annotated[float, Field(gt=low, lt=high)],
            Annotated[str, Field(min_length=shortest, max_length=shortest + rng.randint(0, 5))],
            Annotated[str, Field(pattern=rng.choice(["^[a-z]{2,4}$", "[0-9]", "^a|b$"]))],
            Annotated[decimal.Decimal, Field(max_digits=5, decimal_places=2)],
        ]
    )


def list_(rng: random.Random, depth: int) -> Any:
    item = list[random_type(rng, depth - 1)]
    return Annotated[item, Field(min_length=1, max_length=rng.randint(1, 3))] if rng.random() < 0.5 else item


def set_(rng: random.Random, depth: int) -> Any:
    hashable = rng.choice([int, str, Size, bool, Literal["a", "b", "c"]])
    return Annotated[set[hashable], Field(max_length=3)] if rng.random() < 0.5 else frozenset[hashable]


def tuple_(rng: random.Random, depth: int) -> Any:
    if rng.random() < 0.4:
        return tuple[random_type(rng, depth - 1), ...]
    return tuple[tuple(random_type(rng, depth - 1) for _ in range(rng.randint(1, 3)))]


def dict_(rng: random.Random, depth: int) -> Any:
    key = rng.choice([str, int, dt.date, Literal["a", "b"], Annotated[str, Field(max_length=3)]])
    return dict[key, random_type(rng, depth - 1)]


def union(rng: random.Random, depth: int) -> Any:
    members = [random_type(rng, depth - 1) for _ in range(rng.randint(2, 3))]
    return Optional[members[0]] if rng.random() < 0.4 else Union[tuple(members)]


def _fields(rng: random.Random, depth: int) -> dict[str, Any]:
    return {f"field_{position}": random_type(rng, depth - 1) for position in range(rng.randint(1, 4))}


def model(rng: random.Random, depth: int) -> Any:
    fields = {name: (kind, None if rng.random() < 0.3 else ...) for name, kind in _fields(rng, depth).items()}
    return pydantic.create_model("Model", **fields)


def dataclass(rng: random.Random, depth: int) -> Any:
    return dataclasses.make_dataclass("Data", list(_fields(rng, depth).items()))


def typed_dict(rng: random.Random, depth: int) -> Any:
    return typing_extensions.TypedDict("Typed", _fields(rng, depth), total=rng.random() < 0.5)


def named_tuple(rng: random.Random, depth: int) -> Any:
    return NamedTuple("Named", list(_fields(rng, depth).items()))


KINDS: list[Make] = [list_, set_, tuple_, dict_, union, model, model, dataclass, typed_dict, named_tuple]


def random_type(rng: random.Random, depth: int = 3) -> Any:
    """A random type, at most `depth` containers deep."""
    if depth <= 0 or rng.random() < 0.3:
        return scalar(rng, depth)
    return rng.choice(KINDS)(rng, depth)
