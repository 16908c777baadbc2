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
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple, Optional, Union

import pydantic
import typing_extensions
from pydantic import Field

from outlines.types import Choice, Regex


@dataclass(frozen=True)
class Limits:
    """How much a value of the type may hold; without limits a model without sense may write for ever."""

    characters: int | None = None
    items: int | None = None

    def text(self, source: Any) -> Any:
        return source if self.characters is None else Annotated[source, Field(max_length=self.characters)]

    def container(self, source: Any) -> Any:
        return source if self.items is None else Annotated[source, Field(max_length=self.items)]


UNLIMITED = Limits()
SMALL = Limits(characters=8, items=2)

Make = Callable[[random.Random, int, Limits], Any]


class Size(enum.Enum):
    SMALL = "small"
    LARGE = 3
    NONE = None


def scalar(rng: random.Random, depth: int, limits: Limits = UNLIMITED) -> Any:
    low, high = sorted(rng.sample(range(-50, 500), 2))
    shortest = rng.randint(0, 3)
    return rng.choice(
        [
            int,
            float,
            bool,
            limits.text(str),
            type(None),
            dt.date,
            dt.time,
            dt.datetime,
            dt.timedelta,
            uuid.UUID,
            decimal.Decimal,
            ipaddress.IPv4Address,
            limits.text(bytes),
            Size,
            Literal["a", "b c", 1, None],
            Literal[True, "x"],
            Choice(["a", 2, None, Size.SMALL]),
            Regex("[a-c]{2}[0-9]?"),
            Annotated[int, Field(ge=low, le=high)],
            Annotated[int, Field(gt=low, multiple_of=rng.randint(2, 9))],
            Annotated[float, Field(gt=low, lt=high)],
            Annotated[decimal.Decimal, Field(gt=low, lt=high)],
            Annotated[str, Field(min_length=shortest, max_length=shortest + rng.randint(0, 5))],
            limits.text(Annotated[str, Field(pattern=rng.choice(["^[a-z]{2,4}$", "[0-9]", "^a|b$"]))]),
            Annotated[decimal.Decimal, Field(max_digits=5, decimal_places=2)],
        ]
    )


def list_(rng: random.Random, depth: int, limits: Limits) -> Any:
    item = list[random_type(rng, depth - 1, limits)]
    if rng.random() < 0.5:
        return Annotated[item, Field(min_length=1, max_length=rng.randint(1, 3))]
    return limits.container(item)


def set_(rng: random.Random, depth: int, limits: Limits) -> Any:
    hashable = rng.choice([int, limits.text(str), Size, bool, Literal["a", "b", "c"]])
    if rng.random() < 0.5:
        return Annotated[set[hashable], Field(max_length=3)]
    return limits.container(frozenset[hashable])


def tuple_(rng: random.Random, depth: int, limits: Limits) -> Any:
    if rng.random() < 0.4:
        return limits.container(tuple[random_type(rng, depth - 1, limits), ...])
    return tuple[tuple(random_type(rng, depth - 1, limits) for _ in range(rng.randint(1, 3)))]


def dict_(rng: random.Random, depth: int, limits: Limits) -> Any:
    keys = [limits.text(str), int, dt.date, Literal["a", "b"], Annotated[str, Field(max_length=3)]]
    return limits.container(dict[rng.choice(keys), random_type(rng, depth - 1, limits)])


def union(rng: random.Random, depth: int, limits: Limits) -> Any:
    members = [random_type(rng, depth - 1, limits) for _ in range(rng.randint(2, 3))]
    return Optional[members[0]] if rng.random() < 0.4 else Union[tuple(members)]


def _fields(rng: random.Random, depth: int, limits: Limits) -> dict[str, Any]:
    return {f"field_{position}": random_type(rng, depth - 1, limits) for position in range(rng.randint(1, 4))}


def model(rng: random.Random, depth: int, limits: Limits) -> Any:
    fields = {name: (kind, None if rng.random() < 0.3 else ...) for name, kind in _fields(rng, depth, limits).items()}
    return pydantic.create_model("Model", **fields)


def dataclass_(rng: random.Random, depth: int, limits: Limits) -> Any:
    return dataclasses.make_dataclass("Data", list(_fields(rng, depth, limits).items()))


def typed_dict(rng: random.Random, depth: int, limits: Limits) -> Any:
    return typing_extensions.TypedDict("Typed", _fields(rng, depth, limits), total=rng.random() < 0.5)


def named_tuple(rng: random.Random, depth: int, limits: Limits) -> Any:
    return NamedTuple("Named", list(_fields(rng, depth, limits).items()))


KINDS: list[Make] = [list_, set_, tuple_, dict_, union, union, model, model, dataclass_, typed_dict, named_tuple]


def random_type(rng: random.Random, depth: int = 3, limits: Limits = UNLIMITED) -> Any:
    """A random type, at most `depth` containers deep."""
    if depth <= 0 or rng.random() < 0.3:
        return scalar(rng, depth, limits)
    return rng.choice(KINDS)(rng, depth, limits)
