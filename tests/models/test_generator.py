"""`Generator` and `Application`: a type that is understood once."""

import asyncio
import datetime as dt
import re
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field

import outlines
from outlines import Application, Generator, Template

pytestmark = pytest.mark.engine


class Person(BaseModel):
    name: Annotated[str, Field(max_length=20)]
    born: dt.date


def test_the_forms_of_a_generator(model, unfinished):
    generator = Generator(model, Person)
    options = {"temperature": 0, "max_tokens": 100}
    text = generator("Invent a person.", **options)
    assert text == model("Invent a person.", Person, **options)
    assert "".join(generator.stream("Invent a person.", **options)) == text
    assert generator.batch(["Invent a person."], **options) == [text]
    assert dict(generator.batch_stream(["Invent a person."], **options)) == {0: text}
    best = Generator(model, Literal["Ada", "Alan"]).beam_search("Invent a name.", beam_width=2, max_tokens=5)
    assert best[0] in ("Ada", "Alan")
    person = generator.parse(text)
    assert isinstance(person, Person)
    assert isinstance(person.born, dt.date)


def test_the_asynchronous_forms_of_a_generator_and_an_application(model, unfinished):
    generator = Generator(model, Person)
    options = {"temperature": 0, "max_tokens": 100}

    async def run():
        pieces = [piece async for piece in generator.astream("Invent a person.", **options)]
        (batch,) = await generator.abatch(["Invent a person."], **options)
        streamed = [result async for result in generator.abatch_stream(["Invent a person."], **options)]
        return await generator.acall("Invent a person.", **options), "".join(pieces), batch, dict(streamed)[0]

    assert len(set(asyncio.run(run()))) == 1
    application = Application(lambda word: f"Say {word}.", outlines.Choice(["yes"]))
    assert asyncio.run(application.acall(model, {"word": "yes"})) == "yes"


def test_values_are_read_as_their_types(model):
    assert Generator(model, int).parse("12") == 12
    assert Generator(model, dt.date | None).parse("None") is None
    assert Generator(model).parse("text") == "text"
    with pytest.raises(ValueError, match="x"):
        Generator(model, int).parse("x")


def test_a_generator_checks_its_type_when_it_is_made(model):
    with pytest.raises(outlines.errors.RegexError):
        Generator(model, outlines.Regex("("))
    with pytest.raises(TypeError, match="from_vllm_offline"):
        Generator("model", int)


def test_a_type_is_compiled_when_the_generator_is_made(llm, model, unfinished):
    from outlines.plugin.request import handshake

    pattern = outlines.Regex("compiled ahead [0-9]{2}")
    before = model._engine.call(handshake)
    generator = Generator(model, pattern)
    made = model._engine.call(handshake)
    assert made.compiles == before.compiles + 1
    generator.batch(["Hello"] * 3)
    used = model._engine.call(handshake)
    assert (used.compiles, used.cache_hits - made.cache_hits) == (made.compiles, 3)


def test_an_application(model, unfinished):
    capital = Application(Template.from_string("What is the capital of {{ country }}?"), outlines.Regex("[A-Z][a-z]+"))
    # What a model of this size knows differs from machine to machine; what it may write does not.
    assert re.fullmatch(
        "[A-Z][a-z]+", capital(model, {"country": "Latvia"}, temperature=0, max_tokens=40, on_truncation="return")
    )
    plain = Application(lambda: "Say yes.", outlines.Choice(["yes"]))
    assert plain(model) == "yes"
    with pytest.raises(TypeError, match="a Template or a function, not str"):
        Application("What?", int)
