"""Batches: order, mixtures, one or many of everything, and errors item by item."""

import pytest
from vllm import SamplingParams

from outlines.errors import BatchError
from outlines.inputs import Chat

pytestmark = pytest.mark.engine

COUNTRIES = ["France", "Latvia", "Italy"]
PROMPTS = [f"What is the capital of {country}?" for country in COUNTRIES]
GREEDY = {"temperature": 0, "max_new_tokens": 20}
TOO_LONG = "word " * 3000


def test_a_flat_list_in_order(model, unfinished):
    results = model.batch(PROMPTS, **GREEDY)
    assert [type(result) for result in results] == [str] * 3
    for result, capital in zip(results, ["Paris", "Riga", "Rome"], strict=True):
        assert capital in result


def test_prompts_of_every_kind(model, unfinished):
    chat = Chat([{"role": "system", "content": "Answer with one word."}, {"role": "user", "content": PROMPTS[1]}])
    assert model.batch((PROMPTS[0], chat), **GREEDY) == [model(PROMPTS[0], **GREEDY), model(chat, **GREEDY)]
    assert model.batch(iter(PROMPTS), **GREEDY) == model.batch(PROMPTS, **GREEDY)


def test_nothing_gives_nothing(model):
    assert model.batch([]) == []


def test_several_outputs_each(model, unfinished):
    results = model.batch(PROMPTS, n=2, max_tokens=3)
    assert [len(result) for result in results] == [2, 2, 2]


def test_more_prompts_than_the_engine_runs_at_once(model, unfinished):
    prompts = [f"Repeat the number {number}." for number in range(100)]
    results = model.batch(prompts, temperature=0, max_tokens=12)
    assert len(results) == 100
    assert sum(str(number) in result for number, result in enumerate(results)) > 80


def test_sampling_params_per_prompt(llm, model, unfinished):
    params = [SamplingParams(temperature=0, max_tokens=limit, ignore_eos=True) for limit in (3, 5, 7)]
    results = model.batch(PROMPTS, sampling_params=params)
    tokenizer = llm.get_tokenizer()
    assert [len(tokenizer.encode(result, add_special_tokens=False)) for result in results] == [3, 5, 7]


def test_lists_of_another_length_are_refused(model):
    with pytest.raises(ValueError, match="sampling_params has 2 entries for 3 prompts"):
        model.batch(PROMPTS, sampling_params=[SamplingParams()] * 2)
    with pytest.raises(ValueError, match="output_type has 1 entries for 3 prompts"):
        model.batch(PROMPTS, [int])


def test_one_bad_item_is_refused_before_anything_runs(model, unfinished):
    with pytest.raises(TypeError, match="a prompt is a str or a Chat, not int"):
        model.batch([*PROMPTS, 5])
    with pytest.raises(TypeError, match="a list of prompts, not str"):
        model.batch(PROMPTS[0])


def test_what_fails_while_running_comes_after_the_others(model, unfinished):
    with pytest.raises(BatchError, match="1 of 4 items failed; the first, at position 1") as caught:
        model.batch([PROMPTS[0], TOO_LONG, *PROMPTS[1:]], **GREEDY)
    error = caught.value
    expected = model.batch(PROMPTS, **GREEDY)
    assert [error.results[position] for position in (0, 2, 3)] == expected
    assert error.failures.keys() == {1}
    assert isinstance(error.__cause__, ValueError)


def test_errors_in_place(model, unfinished):
    results = model.batch([PROMPTS[0], 5, TOO_LONG, PROMPTS[1]], return_exceptions=True, **GREEDY)
    assert [type(result) for result in results[:2]] == [str, TypeError]
    assert isinstance(results[2], ValueError)
    assert results[3] == model(PROMPTS[1], **GREEDY)


def test_a_progress_bar(model, unfinished, capsys):
    model.batch(PROMPTS, use_tqdm=True, **GREEDY)
    assert "3/3" in capsys.readouterr().err
    counts = []

    class Bar:
        def __init__(self, total, desc):
            counts.append(total)

        def __enter__(self):
            return self

        def __exit__(self, *error):
            counts.append("closed")

        def update(self, count):
            counts.append(count)

    model.batch(PROMPTS, use_tqdm=Bar, **GREEDY)
    assert counts == [3, 1, 1, 1, "closed"]
    model.batch(PROMPTS, **GREEDY)
    assert capsys.readouterr().err.count("3/3") == 0
