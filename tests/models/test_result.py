"""Rich results, against what vLLM itself says of the same output."""

from typing import Literal

import pytest
from pydantic import BaseModel
from vllm import SamplingParams

import outlines
from outlines.errors import BudgetError, TruncatedOutputError
from outlines.models import Result

pytestmark = pytest.mark.engine

QUESTION = "What is the capital of Latvia?"
GREEDY = {"temperature": 0, "max_tokens": 12}


class Person(BaseModel):
    name: Literal["Ada", "Alan"]
    age: Literal[36, 41]


def test_all_that_vllm_says(llm, model, unfinished):
    (expected,) = llm.chat(
        [{"role": "user", "content": QUESTION}], SamplingParams(logprobs=2, prompt_logprobs=1, **GREEDY), use_tqdm=False
    )
    (completion,) = expected.outputs
    result = model(QUESTION, return_result=True, logprobs=2, prompt_logprobs=1, **GREEDY)
    assert isinstance(result, Result)
    assert result.text == str(result) == completion.text == result.value
    assert result.token_ids == list(completion.token_ids)
    assert result.finish_reason == completion.finish_reason
    assert [row.keys() for row in result.logprobs] == [row.keys() for row in completion.logprobs]
    assert result.prompt_token_ids == expected.prompt_token_ids
    assert len(result.prompt_logprobs) == result.prompt_tokens == len(expected.prompt_token_ids)
    assert result.output_tokens == len(completion.token_ids)
    timings = result.timings
    assert 0 <= timings.queued <= timings.first_token < timings.total
    assert result.thinking is None


def test_the_value_of_the_type(model, unfinished):
    result = model("Who?", Person, return_result=True, temperature=0)
    assert isinstance(result.value, Person)
    assert result.value == Person.model_validate_json(result.text)
    assert result.finish_reason == "stop"
    assert not result.truncated
    assert model("How many?", int, return_result=True, temperature=0, max_tokens=30).value >= 0


def test_every_choice_has_its_own(model, unfinished):
    result = model(
        "A number?", outlines.Regex("[0-9]{4}"), n=3, seed=1, temperature=2.0, return_result=True, logprobs=1
    )
    assert len(result.choices) == 3
    for choice in result.choices:
        assert len(choice.text) == 4
        assert choice.text == choice.value
        assert len(choice.logprobs) == len(choice.token_ids)
    assert len({choice.text for choice in result.choices}) > 1
    assert result.output_tokens == sum(len(choice.token_ids) for choice in result.choices)
    assert sorted(choice.text for choice in result.choices) == sorted(
        model("A number?", outlines.Regex("[0-9]{4}"), n=3, seed=1, temperature=2.0)
    )


def test_what_was_cut_off_says_so(model, unfinished):
    free = model("Tell me a story.", return_result=True, temperature=0, max_tokens=5, ignore_eos=True)
    assert (free.truncated, free.finish_reason, free.output_tokens) == (True, "length", 5)
    pattern = outlines.Regex("[a-z]{200,300}")
    cut = model("A story.", pattern, return_result=True, temperature=0, max_tokens=5, on_truncation="return")
    assert cut.truncated
    assert cut.text
    # The shortest output is not found out exactly here.
    with pytest.raises((BudgetError, TruncatedOutputError)):
        model("A story.", pattern, return_result=True, temperature=0, max_tokens=5)


def test_in_batches_and_streams(model, unfinished):
    prompts = ["Who?", "Who else?"]
    results = model.batch(prompts, Person, return_result=True, temperature=0)
    assert [type(result.value) for result in results] == [Person, Person]
    with model.stream(prompts[0], Person, temperature=0, logprobs=1) as stream:
        with pytest.raises(ValueError, match="read to its end"):
            _ = stream.result
        text = "".join(stream)
        assert stream.result.text == text == results[0].text
        assert stream.result.token_ids == results[0].token_ids
        assert stream.result.value == results[0].value
        assert len(stream.result.logprobs) == len(stream.result.token_ids)
        assert stream.result.timings.first_token > 0


def test_a_plain_call_gives_text(model, unfinished):
    assert type(model("Who?", Person, temperature=0)) is str
    assert type(model("Who?", Person, temperature=0, return_result=False)) is str
