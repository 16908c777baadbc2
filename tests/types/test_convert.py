# ruff: noqa: RUF041, UP007, UP045 - both spellings of a union are output types
"""Output types to constraints: each row of the table, by texts that it must and must not allow."""

import collections
import dataclasses
import datetime as dt
import decimal
import enum
import functools
import ipaddress
import json
import pathlib
import re
import typing
import uuid
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, NewType, Optional, TypedDict, Union

import annotated_types
import genson
import jsonschema
import pydantic
import pytest
import typing_extensions
from pydantic import BaseModel, Field

from outlines.constraint import Constraint
from outlines.types import CFG, Choice, JsonSchema, Regex, String
from outlines.types.convert import constraint_of, convert


def allows(source: Any, text: str) -> bool:
    """Whether the constraint of an output type allows a text, by `re` and `jsonschema`."""
    term = convert(source).term
    return term is None or _satisfies(constraint_of(term), text)


def _satisfies(constraint: Constraint, text: str) -> bool:
    if constraint.kind == "union":
        return any(_satisfies(part, text) for part in constraint.value)
    if constraint.kind == "choice":
        return text in constraint.value
    if constraint.kind == "regex":
        return re.fullmatch(constraint.value, text) is not None
    assert constraint.kind == "json"
    try:
        value = json.loads(text)
    except ValueError:
        return False
    return Validator(json.loads(constraint.value)).is_valid(value)


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[jsonschema.ValidationError]:
    if not isinstance(instance, str):
        return
    found = re.fullmatch(pattern[5:], instance) if pattern.startswith("(?py)") else re.search(pattern, instance)
    if not found:
        yield jsonschema.ValidationError("no match")


# With our extension: after "(?py)" a pattern is one of Python's, for the whole text.
Validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"pattern": _pattern})


class Colour(enum.Enum):
    RED = "red"
    DARK = 1
    NONE = None


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 10


class Pairs(enum.Enum):
    ONE = (1, 2)
    TWO = (3, 4)


UserId = NewType("UserId", int)

TABLE: list[tuple[Any, list[tuple[str, Any]], list[str]]] = [
    (int, [("0", 0), ("-7", -7), ("9" * 20, 10**20 - 1)], ["", "01", "1.0", "1e2", "+1", "9" * 21, " 1", "x"]),
    (
        float,
        [("0", 0.0), ("-1.5", -1.5), ("2e10", 2e10), ("1E-3", 0.001)],
        ["inf", "nan", ".5", "5.", "01", "1e999", "+1"],
    ),
    (bool, [("True", True), ("False", False)], ["true", "1", ""]),
    (dt.date, [("2024-02-29", dt.date(2024, 2, 29))], ["2023-02-29", "2024-02-30", "24-01-01", "2024-13-01"]),
    (dt.time, [("23:59:59", dt.time(23, 59, 59)), ("00:00", dt.time(0))], ["24:00", "1:00", "12:60"]),
    (
        dt.datetime,
        [("2024-02-29T10:00", dt.datetime(2024, 2, 29, 10)), ("2024-02-29 10:00", dt.datetime(2024, 2, 29, 10))],
        ["2024-02-29", "2024-02-30T10:00", "2024-02-29  10:00"],
    ),
    (dt.timedelta, [("P1DT2H", dt.timedelta(days=1, hours=2))], ["P", "1 day", "PT", "P1DT"]),
    (decimal.Decimal, [("1.50", decimal.Decimal("1.50"))], ["NaN", "Infinity", "1,5"]),
    (uuid.UUID, [("12345678-1234-4234-8234-123456789abc", uuid.UUID("12345678-1234-4234-8234-123456789abc"))], ["12"]),
    (pathlib.Path, [("/tmp/a b.txt", pathlib.Path("/tmp/a b.txt"))], ["", "a\nb", " a"]),
    (
        ipaddress.IPv4Address,
        [("10.0.0.255", ipaddress.IPv4Address("10.0.0.255"))],
        ["10.0.0.256", "10.0.0", "010.0.0.1"],
    ),
    (ipaddress.IPv6Address, [("::1", ipaddress.IPv6Address(1))], ["1", ":::", "1::2::3"]),
    (ipaddress.IPv4Network, [("10.0.0.0/8", ipaddress.IPv4Network("10.0.0.0/8"))], ["10.0.0.1/8", "10.0.0.0/33"]),
    (pydantic.HttpUrl, [("https://example.com/a?b=c", pydantic.HttpUrl("https://example.com/a?b=c"))], ["example.com"]),
    (pydantic.EmailStr, [("a.b@example.com", "a.b@example.com")], ["a", "a@b", "a b@example.com"]),
    (UserId, [("12", 12)], ["x"]),
    (Literal["a", "b c"], [("a", "a"), ("b c", "b c")], ["", "b", '"a"']),
    (
        Literal[1, "x", None, True, Colour.RED, Literal["y"]],
        [("1", 1), ("x", "x"), ("None", None), ("True", True), ("red", Colour.RED), ("y", "y")],
        ["RED", "Colour.RED", "null", "2"],
    ),
    (Colour, [("red", Colour.RED), ("1", Colour.DARK), ("None", Colour.NONE)], ["RED", "Colour.RED"]),
    (Level, [("1", Level.LOW), ("10", Level.HIGH)], ["LOW", "2", "0"]),
    (Choice(["a", 2, None]), [("a", "a"), ("2", 2), ("None", None)], ["b", "ab"]),
    (String("a|b"), [("a|b", "a|b")], ["a", "b"]),
    (Regex("a|b"), [("a", "a")], ["ab", "x"]),
    (Literal["x", "y"] | Regex("[ab]"), [("x", "x"), ("b", "b")], ["z", ""]),
    (Regex("a") + String("b"), [("ab", "ab")], ["a"]),
    (Optional[int], [("3", 3), ("None", None)], ["null", ""]),
    (Union[bool, float], [("True", True), ("1.5", 1.5)], ["true"]),
    (dt.date | Literal["never"], [("never", "never"), ("2024-01-01", dt.date(2024, 1, 1))], ["2024-01-32"]),
    (Annotated[int, Field(ge=-3, lt=12)], [("-3", -3), ("11", 11)], ["-4", "12", "011"]),
    (Annotated[int, annotated_types.Gt(5)], [("6", 6), ("100", 100)], ["5", "-7"]),
    (Annotated[int, Field(multiple_of=7, ge=1)], [("14", 14)], ["0", "15"]),
    (pydantic.conint(gt=0, le=10), [("10", 10)], ["0", "11"]),
    (Annotated[float, Field(gt=0, le=1)], [("0.5", 0.5), ("1", 1.0)], ["0", "1.01", "-1"]),
    (Annotated[Optional[int], Field(ge=3)], [("3", 3), ("None", None)], ["2"]),
    (Annotated[str, Field(max_length=3)], [("", ""), ("a\né", "a\né")], ["abcd"]),
    (Annotated[str, Field(min_length=2, max_length=3)], [("ab", "ab")], ["a", "abcd"]),
    (Annotated[str, Field(pattern="^[a-z]+$")], [("abc", "abc")], ["", "aB", "abc\n"]),
    (Annotated[str, Field(pattern="b|^a")], [("xb", "xb"), ("ax", "ax")], ["xa"]),
    (Annotated[str, Field(pattern="a", max_length=2)], [("ab", "ab")], ["bb", "aaa"]),
    (Annotated[str, pydantic.StringConstraints(strip_whitespace=True, min_length=1)], [("a", "a")], [" ", ""]),
    (Annotated[dt.datetime, pydantic.types.AwareDatetime], [], []),
    (pydantic.AwareDatetime, [("2024-01-01T10:00+00:00", None)], ["2024-01-01T10:00"]),
    (pydantic.NaiveDatetime, [("2024-01-01T10:00", dt.datetime(2024, 1, 1, 10))], ["2024-01-01T10:00+00:00"]),
    (pydantic.UUID4, [("12345678-1234-4234-8234-123456789abc", None)], ["12345678-1234-1234-8234-123456789abc"]),
    (Annotated[int, "a note"], [("3", 3)], ["x"]),
    (Annotated[int, len], [("3", 3)], ["x"]),
    (complex, [("1.5+2j", 1.5 + 2j), ("-3j", -3j)], ["1+", "j"]),
]


@pytest.mark.parametrize(("source", "readable", "other"), TABLE, ids=lambda value: str(value)[:40])
def test_bare_values(source, readable, other):
    understood = convert(source)
    for text, value in readable:
        assert allows(source, text), text
        read = understood.parse(text)
        assert value is None or (read == value and type(read) is type(value)), text
    for text in other:
        assert not allows(source, text), text


class Point(NamedTuple):
    x: int
    y: float = 0.0


class Listing(NamedTuple):
    names: list[str]


class Leaf(BaseModel, frozen=True):
    within: "frozenset[Leaf]"


class Film(TypedDict):
    title: str
    year: typing_extensions.NotRequired[int]


class NewFilm(typing_extensions.TypedDict, total=False):
    title: str


@dataclasses.dataclass
class Person:
    name: str
    friends: list["Person"] = dataclasses.field(default_factory=list)


class Animal(BaseModel):
    name: str
    legs: Annotated[int, Field(ge=0)] = 4
    born: Optional[dt.date] = None


class Wrapped(pydantic.RootModel[str]):
    pass


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]


T = typing.TypeVar("T")


class Box(BaseModel, typing.Generic[T]):
    content: T


NATURALS = {
    "$defs": {"natural": {"type": "integer", "minimum": 0}},
    "type": "array",
    "items": {"$ref": "#/$defs/natural"},
}


def _book(title: str, year: int = 2000, *, tags: list[str]) -> None: ...


def _builder(example: Any) -> genson.SchemaBuilder:
    builder = genson.SchemaBuilder()
    builder.add_object(example)
    return builder


CONTAINERS: list[tuple[Any, list[str], list[str]]] = [
    (list[int], ["[]", "[1, -2]"], ["[1.5]", '["1"]', "1", "{}"]),
    (list, ["[]", '[1, "a", {}]'], ["{}", "1"]),
    (Sequence[bool], ["[true]"], ["[1]"]),
    (set[int], ["[1, 2]"], ["[1, 1]"]),
    (frozenset[str], ['["a"]'], ['["a", "a"]']),
    # pydantic fails on what is not hashable.
    (set, ["[]", '[1, "a", null]'], ["[[1]]", "[{}]", "[1, 1]"]),
    (set[Hashable], ['["a"]'], ["[[]]"]),
    (set[tuple[int, ...]], ["[[1], [2]]"], ["[[1], [1]]"]),
    (set[Point], ["[[1, 2.5]]"], ["[[1, []]]"]),
    (set[Union[Level, dt.date, None]], ['["2024-02-29", null]'], ["[[]]"]),
    (frozenset[Leaf], ['[{"within": [{"within": []}]}]'], ["[[]]"]),
    (tuple[int, str], ['[1, "a"]'], ["[1]", '["a", 1]', '[1, "a", 2]']),
    (tuple[int, ...], ["[]", "[1, 2, 3]"], ['["a"]']),
    (tuple, ["[]", '[1, "a"]'], ["{}"]),
    (Annotated[list[int], Field(min_length=1, max_length=2)], ["[1]"], ["[]", "[1, 2, 3]"]),
    (collections.deque[int], ["[1]"], ["{}"]),
    (dict, ["{}", '{"a": [1]}'], ["[]", "1", '"a"', "null"]),
    (dict[str, int], ['{"a": 1}'], ['{"a": "1"}', "[]"]),
    (Mapping[str, list[int]], ['{"a": [1]}'], ['{"a": 1}']),
    (dict[int, str], ['{"1": "a", "-20": "b"}'], ['{"a": "a"}', '{"01": "a"}', '{"1.0": "a"}']),
    (dict[Annotated[int, Field(ge=5)], int], ['{"5": 1}'], ['{"4": 1}']),
    (dict[float, int], ['{"1.5": 1}'], ['{"x": 1}']),
    (dict[bool, int], ['{"true": 1}'], ['{"1": 1}']),
    (dict[dt.date, int], ['{"2024-02-29": 1}'], ['{"2023-02-29": 1}']),
    (dict[Literal["a", "b"], int], ['{"a": 1}'], ['{"c": 1}']),
    (dict[uuid.UUID | Literal["x"], int], ['{"x": 1}'], ['{"y": 1}']),
    (Point, ["[1, 2.5]", "[1]"], ["[]", "[1, 2, 3]", '{"x": 1}']),
    (Film, ['{"title": "a"}', '{"title": "a", "year": 1}'], ["{}", '{"title": "a", "other": 1}']),
    (NewFilm, ["{}", '{"title": "a"}'], ['{"title": 1}']),
    (list[Film], ['[{"title": "a"}]'], ["[{}]"]),
    (Person, ['{"name": "a"}', '{"name": "a", "friends": [{"name": "b"}]}'], ["{}", '{"name": "a", "friends": [{}]}']),
    (Animal, ['{"name": "a"}', '{"name": "a", "legs": 2, "born": null}'], ['{"name": "a", "legs": -1}', '{"x": 1}']),
    (Animal, ['{"name": "a", "born": "2024-02-29"}'], ['{"name": "a", "born": "2023-02-29"}']),
    (Wrapped, ['"a"'], ["a", "1"]),
    (Box[int], ['{"content": 1}'], ['{"content": "a"}']),
    (Cat | Dog, ['{"kind": "cat", "lives": 9}', '{"kind": "dog"}'], ['{"kind": "cow"}', '{"kind": "cat"}']),
    (
        Annotated[Cat | Dog, Field(discriminator="kind")],
        ['{"kind": "dog"}', '{"kind": "cat", "lives": 9}'],
        ['{"kind": "cow"}'],
    ),
    (list[int] | int, ["[1]", "3"], ['"a"', '["a"]']),
    (list[Colour], ['["red", 1, null]'], ['["RED"]']),
    (list[Literal[1, "a"]], ['[1, "a"]'], ["[2]"]),
    (list[Optional[int]], ["[null, 1]"], ["[None]"]),
    (list[dt.datetime], ['["2024-01-01T10:00:00"]'], ['["2024-01-32T10:00:00"]']),
    (list[bytes], ['["ab"]'], ["[1]"]),
    (list[decimal.Decimal], ["[1.5]"], ['["1.5"]']),
    (list[ipaddress.IPv4Address], ['["10.0.0.1"]'], ['["10.0.0.1.1"]', '["x10.0.0.1"]']),
    (
        list[Annotated[decimal.Decimal, Field(max_digits=4, decimal_places=2, ge=0)]],
        ["[12.34]"],
        ["[1.234]", "[100]", "[-1]"],
    ),
    (list[Regex("[0-9]+")], ['["12"]'], ['["x"]', "[12]", '["12x"]']),
    (list[Choice([1, "a", None, Colour.RED])], ['[1, "a", null, "red"]'], ['["1"]', "[true]", '["RED"]']),
    (list[Literal[Colour.RED, "x"]], ['["red", "x"]'], ['["RED"]']),
    (list[Literal[Level.LOW]], ["[1]"], ["[10]"]),
    (list[JsonSchema(NATURALS)], ["[[1, 2], []]"], ["[1]", "[[-1]]", '["a"]']),
    (dict[str, JsonSchema(NATURALS)], ['{"a": [1]}'], ['{"a": [-1]}']),
    (list[JsonSchema(True)], ['[1, "a"]'], ["1"]),
    (list[_builder({"a": 1})], ['[{"a": 2}]'], ['[{"a": "2"}]']),
    (list[_book], ['[{"title": "a", "tags": []}]'], ["[{}]"]),
    (list[functools.partial(_book, tags=["x"])], ['[{"title": "a"}]'], ['[{"title": "a", "tags": []}]']),
    (Any, ["1", "{}", '"a"'], ["x"]),
]

# Unions with a bare scalar: texts and their values.
UNIONS: list[tuple[Any, list[tuple[str, Any]], list[str]]] = [
    (Optional[Animal], [("None", None), ('{"name": "a"}', Animal(name="a"))], ["null", "", '{"legs": 1}', "a"]),
    (int | list[int], [("3", 3), ("[3]", [3])], ['"3"', "[", '["3"]', "None"]),
    (
        Union[bool, Cat, Dog, dict[str, int]],
        [("True", True), ('{"kind": "dog"}', Dog(kind="dog")), ('{"a": 1}', {"a": 1})],
        ["true", "dog", '{"kind": "cow"}'],
    ),
    (Annotated[Optional[list[int]], Field(min_length=1)], [("None", None), ("[1]", [1])], ["[]", "null"]),
    (Optional[Annotated[Cat | Dog, Field(discriminator="kind")]], [("None", None)], ["null", "{}"]),
    (dt.date | Animal | Literal["unknown"], [("unknown", "unknown"), ("2024-02-29", dt.date(2024, 2, 29))], ["{}"]),
    (Union[_book, None], [("None", None), ('{"title": "a", "tags": []}', None)], ["null", "{}"]),
    (JsonSchema(NATURALS) | Choice(["none"]), [("none", "none"), ("[1]", "[1]")], ["[-1]", "[none]"]),
    (Colour | Person, [("red", Colour.RED), ('{"name": "a"}', Person("a"))], ['"red"', "{}"]),
]


@pytest.mark.parametrize(("source", "good", "bad"), CONTAINERS, ids=lambda value: str(value)[:40])
def test_containers_are_json_that_the_type_validates(source, good, bad):
    understood = convert(source)
    for text in good:
        assert allows(source, text), text
        understood.parse(text)
    for text in bad:
        assert not allows(source, text), text


@pytest.mark.parametrize(("source", "readable", "other"), UNIONS, ids=lambda value: str(value)[:40])
def test_a_union_of_bare_values_and_json(source, readable, other):
    understood = convert(source)
    for text, value in readable:
        assert allows(source, text), text
        read = understood.parse(text)
        assert value is None or (read == value and type(read) is type(value)), text
    for text in other:
        assert not allows(source, text), text


def test_fields_keep_their_order():
    schema = json.loads(convert(Animal).term.schema)
    assert list(schema["properties"]) == ["name", "legs", "born"]


@pytest.mark.parametrize("source", [None, str, bytes, Optional[str], Union[int, str], pydantic.SecretStr])
def test_free_text(source):
    if source is not None:
        assert convert(source).term is None


def test_free_text_is_read_as_its_type():
    assert convert(str).parse("a") == "a"
    assert convert(bytes).parse("é") == "é".encode()
    read = convert(Union[int, str]).parse
    assert (read("12"), read("x")) == (12, "x")


def test_schemas():
    for source in (JsonSchema({"type": "array"}), JsonSchema('{"type": "array"}'), JsonSchema(list)):
        assert allows(source, "[1]")
        assert not allows(source, "{}")
        assert convert(source).parse("[1]") == [1]
    options = dict(constraint_of(JsonSchema({}, whitespace_pattern=" ", property_order="any")).options)
    assert options == {"whitespace_pattern": " ", "property_order": "any"}


def test_a_schema_builder():
    builder = _builder({"name": "a", "age": 1})
    assert JsonSchema(builder).schema == JsonSchema(builder.to_schema()).schema
    assert allows(builder, '{"name": "b", "age": 2}')
    assert not allows(builder, '{"name": "b", "age": "2"}')


def test_a_grammar():
    constraint = constraint_of(convert(CFG('start: "a"')).term)
    assert (constraint.kind, constraint.value) == ("grammar", 'start: "a"')


def _untyped(title, year: int): ...


def _variable(*titles: str): ...


def _open(**titles: str): ...


class Shop:
    def order(self, count: Annotated[int, Field(ge=1)]) -> None: ...

    def __call__(self, name: str) -> None: ...


@pytest.mark.parametrize(
    ("source", "good", "bad"),
    [
        (_book, ['{"title": "a", "tags": []}', '{"title": "a", "year": 1, "tags": ["b"]}'], ["{}", '{"title": "a"}']),
        (functools.partial(_book, tags=["x"]), ['{"title": "a"}'], ['{"title": "a", "tags": []}']),
        (functools.partial(_book, "x"), ['{"tags": []}'], ['{"title": "a", "tags": []}']),
        (functools.partial(functools.partial(_book, "x"), tags=[]), ["{}", '{"year": 3}'], ['{"title": "a"}']),
        (Shop().order, ['{"count": 1}'], ['{"count": 0}', '{"self": 1, "count": 1}']),
        (Shop(), ['{"name": "a"}'], ["{}"]),
        (lambda: None, ["{}"], ['{"a": 1}']),
    ],
)
def test_functions(source, good, bad):
    for text in good:
        assert allows(source, text), text
        assert convert(source).parse(text).keys() >= json.loads(text).keys()
    for text in bad:
        assert not allows(source, text), text


class Opaque:
    pass


class Folder(BaseModel):
    within: "set[Folder]"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (Opaque, "Opaque cannot be an output type"),
        (list[Opaque], "Opaque"),
        (Callable[[int], int], "cannot be an output type"),
        (type[int], "a class cannot be written as JSON"),
        (re.Pattern, "'regex' cannot be enforced"),
        (pydantic.FilePath, "'file-path' cannot be enforced"),
        (pydantic.Json[int], "JSON inside a JSON string"),
        (Annotated[dt.date, Field(ge=dt.date(2020, 1, 1))], "a bound on a date"),
        (list[pydantic.PastDate], "past only"),
        (set[list[int]], "must be hashable"),
        (set[Sequence[int]], "must be hashable"),
        (set[collections.deque[int]], "must be hashable"),
        (set[collections.OrderedDict], "must be hashable"),
        (set[Listing], "must be hashable"),
        (Folder, "must be hashable"),
        (dict[str, frozenset[tuple[int, dict]]], "must be hashable"),
        (dict[tuple[int, int], int], "the keys of a dict"),
        (dict[Literal[1, 2], int], "the keys of a dict"),
        (_untyped, "'title' has no annotation"),
        (_variable, r"\*titles"),
        (_open, r"\*\*titles"),
        (lambda x: x, "'x' has no annotation"),
        (Shop.order, "'self' has no annotation"),
        (pydantic.create_model("Held", colour=(Literal[Colour.RED], ...)), "use the Enum itself or Choice"),
        (list[JsonSchema({"$id": "urn:a", "$ref": "#/$defs/b", "$defs": {"b": {}}})], "cannot be followed"),
        (list[JsonSchema({}, whitespace_pattern="")], "about a whole text"),
        (Literal[b"a"], "no text form"),
        (Pairs, "the value of ONE"),
        ("int", "'int' is a value"),
        ({"type": "integer"}, "use JsonSchema"),
        (["a", "b"], "use Choice"),
        (3, "3 is a value"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_written_is_refused_by_name(source, message):
    with pytest.raises(TypeError, match=message):
        convert(source)


@pytest.mark.parametrize(
    "source",
    [
        Annotated[int, Field(gt=3, lt=4)],
        Annotated[str, Field(min_length=3, max_length=2)],
        enum.Enum("Empty", {}),
    ],
    ids=str,
)
def test_what_allows_nothing_is_refused(source):
    with pytest.raises(ValueError, match="nothing"):
        convert(source)


def test_a_type_is_described_once():
    assert convert(list[Animal]) is convert(list[Animal])


def test_equal_values_of_different_types_stay_apart():
    assert allows(Literal[1], "1")
    assert allows(Literal[True], "True")
    assert allows(Choice([1]), "1")
    assert allows(Choice([True]), "True")
    assert not allows(Choice([1]), "True")
    assert convert(Choice([1])).parse("1") == 1
    assert convert(Choice(["1"])).parse("1") == "1"
