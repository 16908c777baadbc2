"""Every schema that pydantic makes for the types that output types may be."""

from __future__ import annotations

import enum
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, NamedTuple, Optional, TypeVar, Union
from uuid import UUID

import jsonschema
import pytest
from pydantic import AnyUrl, BaseModel, Field, RootModel, TypeAdapter, conint
from typing_extensions import TypedDict

from outlines.guide import Index

from .test_fuzz import BYTES, is_exact, walk

T = TypeVar("T")


class Colour(enum.Enum):
    RED = "red"
    BLUE = 2


class Point(NamedTuple):
    x: int
    y: float = 0.0


@dataclass
class Item:
    name: str
    price: Decimal
    tags: set[str]


class Options(TypedDict, total=False):
    deep: bool
    level: int


class Node(BaseModel):
    value: int
    children: list[Node] = []


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: Annotated[int, Field(ge=1, le=9)]


class Dog(BaseModel):
    kind: Literal["dog"]
    name: Annotated[str, Field(pattern="^[A-Z][a-z]*$", max_length=12)]


class Box(BaseModel, Generic[T]):
    content: T
    label: str | None = None


class Names(RootModel[dict[str, int]]):
    pass


class Strict(BaseModel, extra="forbid"):
    when: datetime
    day: date
    at: time
    how_long: timedelta
    where: AnyUrl


MOMENT = datetime(2024, 2, 29, 12, 30, tzinfo=timezone.utc)

# Each type with some of its values.
TYPES: list[tuple[Any, list[Any]]] = [
    (None, [None]),
    (str, ["", 'é\n"\\']),
    (int, [0, -7, 10**15]),
    (float, [0.0, -1.5, 2e-7]),
    (bool, [True, False]),
    (Annotated[int, Field(ge=3, lt=20, multiple_of=4)], [4, 8, 16]),
    (conint(gt=0), [1, 99]),
    (Annotated[str, Field(pattern="^a+b", min_length=2, max_length=5)], ["ab", "aabxy"]),
    (date, [date(2024, 2, 29)]),
    (time, [time(1, 2, 3, tzinfo=timezone.utc)]),
    (datetime, [MOMENT]),
    (timedelta, [timedelta(days=2, seconds=5)]),
    (Decimal, [Decimal("1.50"), Decimal(-3)]),
    (UUID, [UUID(int=7)]),
    (Path, [Path("/tmp/x")]),
    (bytes, [b"abc"]),
    (IPv4Address, [IPv4Address("127.0.0.1")]),
    (IPv6Address, [IPv6Address("::1")]),
    (AnyUrl, [AnyUrl("https://example.org/a?b#c")]),
    (Literal["a", 1, None, True], ["a", 1, None, True]),
    (Colour, [Colour.RED, Colour.BLUE]),
    (Optional[int], [None, 3]),  # noqa: UP045
    (Union[int, str, list[bool]], [3, "x", [True]]),  # noqa: UP007
    (list[int], [[], [1, 2]]),
    (Sequence[str], [["a"]]),
    (set[int], [{1, 2}, set()]),
    (frozenset[str], [frozenset({"a"})]),
    (tuple[int, str], [(1, "a")]),
    (tuple[float, ...], [(), (1.5, 2.0)]),
    (list, [[], [1, "a", None]]),
    (tuple, [(), (1, "a")]),
    (dict[str, int], [{}, {"a": 1}]),
    (dict[int, bool], [{1: True}]),
    (dict, [{}, {"a": [1]}]),
    (Mapping[str, list[int]], [{"a": [1]}]),
    (Point, [Point(1, 2.5)]),
    (Item, [Item("a", Decimal("1.5"), {"x"})]),
    (Options, [{}, {"deep": True, "level": 3}]),
    (Node, [Node(value=1, children=[Node(value=2)])]),
    (Annotated[Cat | Dog, Field(discriminator="kind")], [Cat(kind="cat", lives=9), Dog(kind="dog", name="Rex")]),
    (Box[Box[int]], [Box[Box[int]](content=Box[int](content=1))]),
    (Names, [Names({"a": 1})]),
    (Strict, [Strict(when=MOMENT, day=MOMENT.date(), at=MOMENT.timetz(), how_long=timedelta(1), where="http://a.b/")]),
]


@pytest.mark.parametrize("number", range(len(TYPES)))
def test_a_type(number: int) -> None:
    kind, values = TYPES[number]
    adapter = TypeAdapter(kind)
    schema = adapter.json_schema()
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    index = Index.from_json_schema(schema, BYTES)
    for value in values:
        text = adapter.dump_json(value).decode()
        assert validator.is_valid(json.loads(text))
        assert index.accepts(text), text
    ended = 0
    rng = random.Random(number)
    for _ in range(12):
        said = walk(rng, index)
        if said is not None:
            ended += 1
            # Leap seconds are of the format, which the validator does not know.
            if is_exact(said) and ":60" not in said:
                assert validator.is_valid(json.loads(said)), said
    assert ended >= 3
