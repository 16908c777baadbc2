"""Thinking before the output, on a model that has not learnt to: a budget, or a chat template, ends it."""

import re

import pytest

import outlines
from outlines.errors import BudgetError

pytestmark = pytest.mark.engine

QUESTION = "How many legs has a spider?"
DIGIT = outlines.Regex("[0-9]")


def test_the_budget_ends_the_thinking_and_the_output_follows(model, unfinished):
    result = model(QUESTION, DIGIT, thinking=True, thinking_budget=12, temperature=0, return_result=True)
    assert re.fullmatch("[0-9]", result.text)
    assert result.value == result.text
    assert result.thinking
    assert "</think>" not in result.thinking + result.text
    # Twelve tokens of thinking, three of the end, a digit and the end of the text.
    assert result.output_tokens == 12 + 3 + 2
    assert result.finish_reason == "stop"
    # What it thinks is what it would have written freely.
    free = model(QUESTION, temperature=0, max_tokens=12, chat_template_kwargs={"enable_thinking": True})
    assert result.thinking == free.strip("\n")
    assert model(QUESTION, DIGIT, thinking=True, thinking_budget=12, temperature=0) == result.text


def test_other_tags(model, unfinished):
    result = model(
        QUESTION, DIGIT, thinking=("Thoughts:", "Answer: "), thinking_budget=5, temperature=0, return_result=True
    )
    assert re.fullmatch("[0-9]", result.text)
    assert result.thinking


def test_the_model_ends_it_by_itself(llm, model, unfinished):
    """A prompt after which this model writes the end of a sentence: that is the marker."""
    chat = outlines.Chat([{"role": "user", "content": "What is the capital of Latvia?"}])
    result = model(chat, outlines.Regex("[a-z]{3}"), thinking=("!", "."), temperature=0, return_result=True)
    assert "Riga" in result.thinking
    assert "." not in result.thinking
    assert re.fullmatch("[a-z]{3}", result.text)


def test_a_special_token_ends_it(llm, model, unfinished):
    tokenizer = llm.get_tokenizer()
    special = tokenizer.convert_ids_to_tokens(5)
    result = model(QUESTION, DIGIT, thinking=("x", special), thinking_budget=4, temperature=0, return_result=True)
    assert result.token_ids[4] == 5
    assert re.fullmatch("[0-9]", result.text)
    assert special not in result.thinking


def test_a_template_that_closes_the_thinking(model, unfinished):
    """As with `enable_thinking=False` of such models: the output is constrained from its first token."""
    template = "{% for message in messages %}{{ message.content }}{% endfor %}<think>\n\n</think>\n\n"
    result = model(QUESTION, DIGIT, thinking=True, chat_template=template, temperature=0, return_result=True)
    assert re.fullmatch("[0-9]", result.text)
    assert (result.thinking, result.output_tokens) == ("", 2)


def test_streams_batches_and_free_text(model, unfinished):
    options = {"thinking": True, "thinking_budget": 6, "temperature": 0}
    text = model(QUESTION, DIGIT, **options)
    with model.stream(QUESTION, DIGIT, **options) as stream:
        assert "".join(stream) == text
        assert stream.result.thinking
        assert stream.result.text == text
    results = model.batch([QUESTION, "How many eyes?"], [DIGIT, None], max_tokens=30, return_result=True, **options)
    assert results[0].text == text
    assert all(result.thinking and "</think>" not in result.text for result in results)
    assert results[1].text


def test_thinking_ends_in_time_for_an_answer(model, unfinished):
    result = model(QUESTION, outlines.Regex("[0-9]{3}"), thinking=True, max_tokens=12, return_result=True)
    assert re.fullmatch("[0-9]{3}", result.text)
    assert result.thinking
    assert result.output_tokens <= 12
    with pytest.raises(BudgetError, match="end of thinking"):
        model(QUESTION, outlines.Regex("[0-9]{3}"), thinking=True, max_tokens=3)


def test_cut_off_while_thinking(model, unfinished):
    # Nothing was answered, even where the type allows an empty text.
    cut = model(QUESTION, outlines.Regex("[0-9]*"), thinking=True, max_tokens=5, on_truncation="return")
    assert cut == ""
    cut = model(QUESTION, thinking=True, max_tokens=5, temperature=0, return_result=True)
    assert (cut.text, cut.truncated) == ("", True)


def test_what_makes_no_sense_is_refused(model):
    with pytest.raises(ValueError, match="give thinking=True too"):
        model(QUESTION, DIGIT, thinking_budget=5)
    with pytest.raises(ValueError, match="number of tokens, not -1"):
        model(QUESTION, DIGIT, thinking=True, thinking_budget=-1)
    with pytest.raises(TypeError, match="True, False or the pair of tags"):
        model(QUESTION, DIGIT, thinking="yes")
    with pytest.raises(ValueError, match="a pair of texts"):
        model(QUESTION, DIGIT, thinking=("a", ""))
    with pytest.raises(ValueError, match="need our own backend: 'xgrammar' waits"):
        model(QUESTION, DIGIT, thinking=True, backend="xgrammar")
