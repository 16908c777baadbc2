# ruff: noqa: UP045 - both spellings of a union are output types
"""Every kind of output type on the real engine: what the model writes is of the type, by an independent judge."""

import datetime as dt
import enum
import json
import re
from typing import Annotated, Literal, NamedTuple, Optional

import jsonschema
import lark
import pytest
from pydantic import BaseModel, Field

from outlines import grammars
from outlines.errors import BudgetError, TruncatedOutputError
from outlines.types import CFG, Choice, JsonSchema, Regex, String, either
from outlines.types.convert import convert

pytestmark = pytest.mark.engine

QUESTION = "Make something up."


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Character(BaseModel):
    name: Annotated[str, Field(max_length=30)]
    age: Annotated[int, Field(ge=1, le=120)]
    skills: Annotated[list[Annotated[str, Field(max_length=20)]], Field(max_length=4)]


class Node(BaseModel):
    value: Literal["leaf", "branch"]
    children: Annotated[list["Node"], Field(max_length=2)] = []


class Place(NamedTuple):
    name: Annotated[str, Field(max_length=20)]
    north: bool


def _weather(city: Annotated[str, Field(max_length=20)], day: dt.date, unit: Literal["C", "F"] = "C") -> None: ...


# Types whose every value is short, so that none is cut off however little sense the model makes.
TYPES = [
    int,
    float,
    bool,
    dt.date,
    dt.time,
    dt.datetime,
    Optional[bool],
    Optional[Place],
    int | Annotated[list[bool], Field(max_length=2)],
    Literal["Paris", "London", 3, None],
    Colour,
    Choice(["yes", "no"]),
    String("exactly this"),
    Regex(r"\d{3}-\d{2}-\d{4}"),
    "a " + either("cat", "dog") + Regex("[.!]"),
    Annotated[int, Field(ge=10, lt=20)],
    Annotated[int, Field(multiple_of=25, gt=0, lt=1000)],
    Annotated[str, Field(pattern="^[a-z]+$", max_length=12)],
    Character,
    Place,
    tuple[int, bool],
    Annotated[set[Colour], Field(max_length=2)],
    Annotated[list[dt.date], Field(min_length=1, max_length=2)],
    Annotated[dict[Literal["a", "b"], bool], Field(max_length=2)],
    JsonSchema({"type": "object", "properties": {"z": {"const": 1}, "a": {"type": "null"}}, "required": ["z", "a"]}),
    _weather,
    "Answer: " + JsonSchema({"type": "array", "items": {"type": "boolean"}, "maxItems": 2}) + Regex("[.!]"),
    (JsonSchema({"enum": [1, "a", None]}) + String("\n")).between(1, 3),
    either(Choice(["none"]), CFG('start: "<" ("a" | "b") ">"'), JsonSchema({"enum": ["x", "y"]})),
]


@pytest.mark.parametrize("output_type", TYPES, ids=lambda value: str(value)[:40])
def test_what_is_written_is_of_the_type(model, unfinished, output_type):
    parse = convert(output_type).parse
    for text in model.batch([QUESTION] * 4, output_type, temperature=1.0, seed=7, max_tokens=300):
        parse(text)


@pytest.mark.parametrize("output_type", [int, Character, Regex("[a-c]{40}")], ids=str)
def test_a_stream_gives_the_same_text(model, unfinished, output_type):
    options = {"temperature": 0, "max_tokens": 300}
    pieces = list(model.stream(QUESTION, output_type, **options))
    assert len(pieces) > 1 or output_type is int
    assert "".join(pieces) == model(QUESTION, output_type, **options)


def test_the_answer_is_one_of_the_values(model, unfinished):
    cities = Literal["Paris", "London", "Rome", "Berlin"]
    assert model("What is the capital of France?", cities, temperature=0) in {"Paris", "London", "Rome", "Berlin"}
    assert model("Is fire hot? Answer True or False.", bool, temperature=0) in {"True", "False"}


def test_an_ssn(model, unfinished):
    text = model("Generate a fake social security number.", Regex(r"\d{3}-\d{2}-\d{4}"), top_p=0.1)
    assert re.fullmatch(r"\d{3}-\d{2}-\d{4}", text)


@pytest.mark.parametrize(
    ("grammar", "prompt"), [(grammars.arithmetic, "What is two plus three?"), (grammars.json, "Write a JSON string.")]
)
def test_grammars(model, unfinished, grammar, prompt):
    parser = lark.Lark(grammar)
    # A sum can go on for ever: near the limit it is brought to its end.
    for text in model.batch([prompt] * 6, CFG(grammar), max_tokens=80, seed=4):
        parser.parse(text)


def test_several_outputs_are_all_of_the_type(model, unfinished):
    texts = model("Name a colour.", Colour, n=4, seed=3)
    assert len(texts) == 4
    assert set(texts) <= {"red", "blue"}


def test_one_type_per_prompt(model, unfinished):
    prompts = ["A number?", "Red or blue?", "Say hello."]
    results = model.batch(prompts, [int, Colour, None], temperature=0, max_tokens=20)
    assert re.fullmatch("-?[0-9]+", results[0])
    assert results[1] in ("red", "blue")
    assert isinstance(results[2], str)


def test_free_text_and_xgrammar_in_the_same_engine(llm, model, unfinished):
    from vllm import SamplingParams
    from vllm.sampling_params import StructuredOutputsParams

    stock = SamplingParams(structured_outputs=StructuredOutputsParams(choice=["left", "right"]), max_tokens=5)
    results = model.batch(["Left or right?"] * 2, sampling_params=[stock, SamplingParams(max_tokens=5)])
    assert results[0] in ("left", "right")
    with pytest.raises(ValueError, match="two constraints on one output"):
        model("Left or right?", Literal["up"], sampling_params=stock)


def test_a_structured_output_has_no_small_limit(model, unfinished):
    schema = {"type": "array", "items": {"const": "word"}, "minItems": 30, "maxItems": 30}
    text = model(QUESTION, JsonSchema(schema))
    assert json.loads(text) == ["word"] * 30


def test_an_output_that_is_cut_off_is_an_error_with_its_text(model, unfinished):
    long = Regex("[a-z]{200,300}")
    assert re.fullmatch("[a-z]+", model(QUESTION, long, max_tokens=5, on_truncation="return"))
    pieces = list(model.stream(QUESTION, long, max_tokens=5, on_truncation="return"))
    assert re.fullmatch("[a-z]+", "".join(pieces))
    # vLLM's own backends do not close in time.
    with pytest.raises(TruncatedOutputError) as caught:
        model(QUESTION, long, max_tokens=5, backend="xgrammar")
    assert re.fullmatch("[a-z]+", caught.value.text)
    pieces = []
    with pytest.raises(TruncatedOutputError) as caught:
        for piece in model.stream(QUESTION, long, max_tokens=5, backend="xgrammar"):
            pieces.append(piece)
    assert "".join(pieces) == caught.value.text
    results = model.batch([QUESTION] * 2, [long, bool], max_tokens=5, return_exceptions=True)
    assert isinstance(results[0], BudgetError)
    assert results[1] in ("True", "False")


def test_an_output_that_is_whole_at_its_limit_is_not_cut_off(model, unfinished):
    assert re.fullmatch("-?[0-9]+", model("A digit?", int, max_tokens=1, temperature=0))


def test_a_schema_is_held_to(model, unfinished):
    schema = {
        "type": "object",
        "properties": {"id": {"type": "string", "pattern": "^[A-F]{4}$"}, "on": {"type": "boolean"}},
        "required": ["id"],
        "additionalProperties": False,
    }
    for text in model.batch([QUESTION] * 6, JsonSchema(schema), seed=1, temperature=1.5):
        jsonschema.validate(json.loads(text), schema)
