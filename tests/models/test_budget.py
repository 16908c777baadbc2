"""Limits on tokens, on the real engine: an output is whole within its limit, or refused before the model runs."""

import re
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field
from vllm import SamplingParams

import outlines
from outlines.errors import BudgetError
from outlines.types.convert import convert

pytestmark = pytest.mark.engine

QUESTION = "Invent a character with a long story."


class Skill(BaseModel):
    name: str
    level: Annotated[int, Field(ge=1, le=10)]


class Character(BaseModel):
    name: str
    kind: Literal["elf", "human"]
    skills: list[Skill]


# Small enough that a sampling model, which has no idea of limits, is nearly always cut off.
LIMITS = (26, 28, 32, 40, 60)


def test_every_output_within_a_tight_limit_is_whole(model, unfinished):
    for limit in LIMITS:
        texts = model.batch([QUESTION] * 8, Character, temperature=1.0, seed=limit, max_tokens=limit)
        for text in texts:
            Character.model_validate_json(text)
    # The same limit cuts nearly all of them off where nothing closes them.
    cut = model.batch([QUESTION] * 8, Character, temperature=1.0, seed=1, max_tokens=40, on_truncation="return")
    assert any(not _is_whole(text) for text in cut)


def _is_whole(text):
    try:
        Character.model_validate_json(text)
    except ValueError:
        return False
    return True


def test_a_limit_too_small_is_refused_with_the_number(model, unfinished):
    with pytest.raises(BudgetError) as caught:
        model(QUESTION, Character, max_tokens=5)
    error = caught.value
    assert error.max_tokens == 5
    assert 1 <= error.at_least <= error.enough <= LIMITS[0]
    assert str(error.enough) in str(error)
    Character.model_validate_json(model(QUESTION, Character, max_tokens=error.enough, temperature=1.0, seed=3))
    with pytest.raises(BudgetError):
        model.stream(QUESTION, Character, max_tokens=5)
    # The limit itself, and one less.
    pattern = outlines.Regex("[0-9]{4}")
    assert re.fullmatch(pattern.value, model(QUESTION, pattern, max_tokens=4, temperature=0))
    with pytest.raises(BudgetError, match="it needs at least 4"):
        model(QUESTION, pattern, max_tokens=3)


def test_the_rest_of_the_context_is_a_limit(llm, model, unfinished):
    context = llm.llm_engine.vllm_config.model_config.max_model_len
    words = "word " * (context - 90)
    endless = outlines.Regex(r"\((very )*good\)")
    result = model(words, endless, temperature=1.0, seed=2, return_result=True)
    assert re.fullmatch(endless.value, result.text)
    assert len(result.prompt_token_ids) + result.output_tokens <= context
    with pytest.raises(BudgetError):
        model(words, outlines.Regex("[0-9]{300}"))


def test_several_outputs_and_streams(model, unfinished):
    texts = model(QUESTION, Character, n=3, temperature=1.0, seed=6, max_tokens=30)
    for text in texts:
        Character.model_validate_json(text)
    text = "".join(model.stream(QUESTION, Character, temperature=1.0, seed=6, max_tokens=30))
    Character.model_validate_json(text)


def test_min_tokens_and_ignore_eos(model, unfinished):
    pattern = outlines.Regex("[a-z ]+[.]")
    result = model(QUESTION, pattern, min_tokens=8, max_tokens=9, temperature=1.0, seed=1, return_result=True)
    assert re.fullmatch(pattern.value, result.text)
    assert 8 <= result.output_tokens <= 9
    text = model(QUESTION, pattern, ignore_eos=True, max_tokens=12, temperature=1.0, seed=1)
    assert re.fullmatch(pattern.value, text)


def test_a_marked_request_of_plain_vllm(llm, model, unfinished):
    from outlines.plugin.request import mark, raise_if_failed
    from outlines.types.convert import constraint_of

    constraint = constraint_of(convert(Character).term)
    params = SamplingParams(max_tokens=30, temperature=1.0, seed=8)
    mark(params, constraint)
    short = SamplingParams(max_tokens=3)
    mark(short, constraint)
    whole, refused = llm.generate([QUESTION] * 2, [params, short], use_tqdm=False)
    Character.model_validate_json(whole.outputs[0].text)
    with pytest.raises(BudgetError) as caught:
        raise_if_failed(refused.outputs[0])
    assert caught.value.max_tokens == 3
