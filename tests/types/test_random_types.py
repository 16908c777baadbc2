"""Whatever the guide lets through for a type, the type reads: random types, random texts, pydantic as the judge."""

import random

import pydantic
import pytest

from outlines.types import formats
from outlines.types.convert import constraint_of, convert

from .random_texts import index_of, random_text
from .random_types import random_type, scalar
from .test_convert import CONTAINERS, TABLE, UNIONS


def check(source: object, rng: random.Random, texts: int) -> None:
    output_type = convert(source)
    if output_type.term is None:
        return
    constraint = constraint_of(output_type.term)
    for _ in range(texts):
        text = random_text(constraint, rng)
        try:
            output_type.parse(text)
        except ValueError as error:
            pytest.fail(f"{source} allows {text!r}, which is not one: {error}\n{constraint}")


@pytest.mark.parametrize("seed", range(40))
def test_random_types(seed):
    rng = random.Random(seed)
    for _ in range(5):
        check(random_type(rng), rng, texts=4)


@pytest.mark.parametrize("seed", range(10))
def test_random_scalars_in_a_list(seed):
    rng = random.Random(seed)
    for _ in range(5):
        check(list[scalar(rng, 0)], rng, texts=4)


@pytest.mark.parametrize("source", [row[0] for row in TABLE + CONTAINERS + UNIONS], ids=lambda value: str(value)[:40])
def test_each_row_of_the_table(source):
    check(source, random.Random(1), texts=15)


@pytest.mark.parametrize(("source", "good", "bad"), CONTAINERS, ids=lambda value: str(value)[:40])
def test_the_engine_agrees_with_the_table(source, good, bad):
    index = index_of(constraint_of(convert(source).term))
    for text in good:
        assert index.accepts(text), text
    for text in bad:
        assert not index.accepts(text), text


@pytest.mark.parametrize("name", formats.FORMATS)
def test_each_format_in_a_model(name):
    class Holder(pydantic.BaseModel):
        value: str = pydantic.Field(pattern=f"^(?:{formats.FORMATS[name]})$")

    check(Holder, random.Random(2), texts=5)
