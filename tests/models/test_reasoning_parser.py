"""An `LLM` with a reasoning parser of its own: thinking by default, and limits that hold."""

import re
from typing import Any

import pytest

import outlines
from outlines.errors import BudgetError
from outlines.models import reasoning_parser
from outlines.models.reasoning_parser import ReasoningParser
from outlines.models.thinking import refuse_unknown_end

from .in_process import in_process
from .tiny_idefics import write

pytestmark = pytest.mark.engine

# Random weights seldom write the full stop: without a limit it would go on and on.
ANSWER = outlines.Regex("[a-z]{3}[a-z ]*[.]")


@pytest.fixture(scope="module")
def reasoning(tmp_path_factory):
    with in_process(
        write(tmp_path_factory.mktemp("idefics")),
        max_model_len=256,
        max_num_seqs=16,
        structured_outputs_config={"reasoning_parser": "qwen3"},
    ) as model:
        yield model


def whole(text: str) -> bool:
    return re.fullmatch(ANSWER.value, text) is not None


@pytest.mark.parametrize("limit", [12, 14, 20, 40])
def test_thinking_ends_in_time_for_a_whole_answer(reasoning, limit):
    options = {"max_tokens": limit, "temperature": 1.0, "return_result": True}
    for thinking_budget in (None, 3):
        for result in reasoning.batch(["Go"] * 6, ANSWER, seed=limit, thinking_budget=thinking_budget, **options):
            assert whole(result.text), result
            assert result.thinking
            assert result.output_tokens <= limit
    stream = reasoning.stream("Go", ANSWER, max_tokens=limit, temperature=1.0, seed=1)
    assert whole("".join(stream))
    assert stream.result.thinking
    direct = reasoning("Go", ANSWER, thinking=False, seed=limit, **options)
    assert whole(direct.text)
    assert direct.thinking is None


def test_a_limit_too_small_is_refused(reasoning):
    with pytest.raises(BudgetError):
        reasoning("Go", ANSWER, max_tokens=1)
    # Enough for an answer, but not for the end of thinking too.
    with pytest.raises(BudgetError, match="end of thinking"):
        reasoning("Go", outlines.Regex("[0-9]{4}"), max_tokens=4)
    assert re.fullmatch("[0-9]{4}", reasoning("Go", outlines.Regex("[0-9]{4}"), max_tokens=4, thinking=False))


def test_a_marked_request_of_plain_vllm_leaves_the_end_of_thinking_to_the_parser(reasoning):
    from vllm import SamplingParams

    from outlines.plugin.request import mark, raise_if_failed
    from outlines.types.convert import constraint_of, convert

    llm: Any = reasoning.llm
    end = llm.get_tokenizer().convert_tokens_to_ids("</think>")
    constraint = constraint_of(convert(ANSWER).term)
    limit, params = 24, []
    for seed in range(24):
        # Likely enough to come soon. In the answer the constraint excludes it.
        params.append(SamplingParams(max_tokens=limit, temperature=1.0, seed=seed, logit_bias={end: 9.0}))
        mark(params[-1], constraint)
    checked = set()
    for output in llm.generate(["Go"] * len(params), params, use_tqdm=False):
        (completion,) = output.outputs
        raise_if_failed(completion)
        _, ended, answer = completion.text.partition("</think>")
        left = limit - (list(completion.token_ids).index(end) + 1 if ended else limit)
        if left >= 6:
            assert whole(answer), completion
            checked.add(left)
    assert len(checked) > 3, "the thinking was always of one length: this tested little"


def test_a_parser_that_does_not_say_what_ends_the_thinking(reasoning, monkeypatch):
    monkeypatch.setitem(reasoning_parser._examined, reasoning.llm, ReasoningParser("qwen3", None, waits=True))
    with pytest.raises(ValueError, match="'qwen3' of this LLM does not say which text ends the thinking"):
        reasoning("Go", ANSWER)
    assert whole(reasoning("Go", ANSWER, thinking=("<think>", "</think>"), max_tokens=30))
    assert whole(reasoning("Go", ANSWER, thinking=False, max_tokens=30))
    assert reasoning("Go", max_tokens=3)
    # One that never waits has no thinking to be told apart.
    monkeypatch.setitem(reasoning_parser._examined, reasoning.llm, ReasoningParser("qwen3", None, waits=False))
    refuse_unknown_end(reasoning._engine)


def test_a_parser_for_which_the_output_is_the_answer_unless_thinking_is_opened(reasoning, monkeypatch):
    """As that of Gemma 4."""
    optional = ReasoningParser("qwen3", ("<think>", "</think>"), waits=False)
    monkeypatch.setitem(reasoning_parser._examined, reasoning.llm, optional)
    options = {"max_tokens": 20, "temperature": 1.0, "seed": 1, "return_result": True}
    direct = reasoning("Go", ANSWER, **options)
    assert whole(direct.text)
    assert (direct.thinking, len(direct.token_ids)) == ("", direct.output_tokens)
    opening = "{% for message in messages %}{{ message.content }}{% endfor %}<think>"
    for thoughtful in (
        reasoning("Go", ANSWER, chat_template=opening, **options),
        reasoning("Go", ANSWER, thinking=True, **options),
    ):
        assert whole(thoughtful.text)
        assert thoughtful.thinking
    stream = reasoning.stream("Go", ANSWER, chat_template=opening, max_tokens=20, temperature=1.0, seed=1)
    assert whole("".join(stream))
    assert stream.result.thinking
    # Free text is left as it is.
    assert reasoning("Go", max_tokens=5, return_result=True).thinking is None
