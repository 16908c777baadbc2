"""Batches whose results come as they end, from any number of prompts."""

import itertools

import pytest

import outlines
from outlines.errors import BatchError

pytestmark = pytest.mark.engine

NUMBER = outlines.Regex("[0-9]{2}")


def test_each_result_comes_with_its_position(model, unfinished):
    results = dict(model.batch_stream((f"Repeat the number {n}." for n in range(80)), temperature=0, max_tokens=8))
    assert sorted(results) == list(range(80))
    assert sum(str(number) in result for number, result in results.items()) > 55


def test_the_short_ones_come_first(model, unfinished):
    from vllm import SamplingParams

    lengths = [60, 3, 20]
    params = [SamplingParams(max_tokens=length, ignore_eos=True, temperature=0) for length in lengths]
    order = [position for position, _ in model.batch_stream(["Count."] * 3, sampling_params=params)]
    assert order == [1, 2, 0]


def test_a_million_prompts_are_read_only_as_they_are_needed(model, unfinished):
    taken = itertools.count()

    def prompts():
        for number in range(1_000_000):
            next(taken)
            yield f"Number {number}?"

    stream = model.batch_stream(prompts(), NUMBER, max_tokens=8)
    for got, (position, result) in enumerate(itertools.islice(stream, 150)):
        assert position < got + model._engine.window + 1
        assert result.isdecimal()
    stream.close()
    assert unfinished() == 0
    assert next(taken) <= 150 + model._engine.window + 1


def test_output_types_and_results_per_prompt(model, unfinished):
    types = [int, NUMBER, None]
    results = dict(model.batch_stream(["A number?"] * 3, types, temperature=0, max_tokens=20, return_result=True))
    assert isinstance(results[0].value, int)
    assert results[1].text.isdecimal()
    assert isinstance(results[2].text, str)
    with pytest.raises(ValueError, match="output_type has 2 entries for 3 prompts"):
        model.batch_stream(["a"] * 3, [int, int])
    # The length of a generator is not known before.
    with pytest.raises(BatchError, match=r"1 of 3 items failed; .*output_type has 2 entries, and there are more"):
        dict(model.batch_stream((text for text in "abc"), [int, int], temperature=0, max_tokens=5))


def test_errors_come_at_the_end_or_in_place(model, unfinished):
    prompts = ["A number?", "word " * 3000, 5, "Another?"]
    results = dict(model.batch_stream(prompts, NUMBER, return_exceptions=True))
    assert results[0].isdecimal()
    assert results[3].isdecimal()
    assert isinstance(results[1], ValueError)
    assert isinstance(results[2], TypeError)
    got = {}
    with pytest.raises(BatchError, match="2 of 4 items failed") as caught:
        for position, result in model.batch_stream(prompts, NUMBER):
            got[position] = result
    assert sorted(got) == [0, 3]
    assert {position: type(failure) for position, failure in caught.value.failures.items()} == {
        1: type(results[1]),
        2: TypeError,
    }


def test_an_error_of_the_consumer_or_of_the_source_frees_the_engine(model, unfinished):
    def failing():
        yield "One?"
        yield "Two?"
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="disk"):
        list(model.batch_stream(failing(), max_tokens=200, ignore_eos=True))
    assert unfinished() == 0

    def consume():
        for _ in model.batch_stream(["Go"] * 60, max_tokens=100, ignore_eos=True):
            raise RuntimeError("consumer")

    with pytest.raises(RuntimeError, match="consumer"):
        consume()


def test_what_holds_no_prompts(model):
    with pytest.raises(TypeError, match="batch_stream takes a list of prompts, not str"):
        model.batch_stream("Go")


def test_a_progress_bar_without_a_total(model, unfinished, capsys):
    list(model.batch_stream((text for text in ["a", "b"]), max_tokens=2, use_tqdm=True))
    assert "2it" in capsys.readouterr().err
