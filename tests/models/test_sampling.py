"""Sampling parameters from keywords, an object, or both."""

import copy

import numpy as np
import pytest
from vllm import SamplingParams

from outlines.models.sampling import _checked, _types, build, fold, sampling_fields

pytestmark = pytest.mark.engine


def test_every_public_field_is_a_keyword():
    assert {"temperature", "top_p", "max_tokens", "seed", "stop", "logit_bias", "n"} <= sampling_fields()
    assert not {name for name in sampling_fields() if name.startswith("_")}
    assert "output_kind" not in sampling_fields()


def test_two_names_of_one_field():
    assert fold({"max_new_tokens": 3, "seed": 1}) == {"max_tokens": 3, "seed": 1}
    with pytest.raises(ValueError, match="another name"):
        fold({"max_new_tokens": 3, "max_tokens": 3})


def test_without_anything_the_model_decides(llm):
    params = build(llm, None, {})
    default = llm.get_default_sampling_params()
    assert params.max_tokens is None
    assert (params.temperature, params.top_p, params.top_k) == (default.temperature, default.top_p, default.top_k)


def test_keywords_go_on_top_of_the_defaults(llm):
    params = build(llm, None, {"temperature": 0.5, "max_tokens": 16, "stop": "x", "seed": None})
    assert (params.temperature, params.max_tokens, params.stop, params.seed) == (0.5, 16, ["x"], None)


def test_an_object_and_keywords_are_joined_and_the_object_is_left_alone(llm):
    given = SamplingParams(temperature=0.5, stop=["a"], logprobs=2, min_tokens=1)
    before = copy.deepcopy(given)
    params = build(llm, given, {"max_tokens": 9, "top_p": 0.5})
    assert (params.temperature, params.top_p, params.max_tokens) == (0.5, 0.5, 9)
    assert (params.stop, params.logprobs, params.min_tokens) == (["a"], 2, 1)
    assert given == before
    assert params is not given


def test_what_depends_on_other_fields_is_computed_anew(llm):
    params = build(llm, SamplingParams(temperature=0.5), {"prompt_logprobs": 1, "stop": ["abc"]})
    assert params.skip_reading_prefix_cache is True
    assert params.output_text_buffer_length == 2
    assert params == SamplingParams(temperature=0.5, prompt_logprobs=1, stop=["abc"], max_tokens=None)


def test_the_default_limit_in_an_object_is_no_limit(llm):
    assert build(llm, SamplingParams(temperature=0.5), {}).max_tokens is None
    assert build(llm, SamplingParams(max_tokens=17), {}).max_tokens == 17
    assert build(llm, SamplingParams(), {"max_tokens": 16}).max_tokens == 16


@pytest.mark.parametrize(
    ("given", "fields", "error", "message"),
    [
        (SamplingParams(temperature=0.5), {"temperature": 0.5}, ValueError, "temperature: given both"),
        (SamplingParams(max_tokens=5), {"max_tokens": 7}, ValueError, "max_tokens: given both"),
        (SamplingParams(stop=["a"], seed=3), {"stop": "a", "seed": 3}, ValueError, "seed, stop: given both"),
        ({"temperature": 0}, {}, TypeError, "not dict"),
        (None, {"temperature": -1}, ValueError, "temperature"),
        (None, {"max_tokens": 0}, ValueError, "max_tokens"),
        (None, {"max_tokens": 4.5}, TypeError, r"max_tokens: Expected `int \| None`, got `float`"),
        (SamplingParams(seed=1.5), {}, TypeError, "seed: Expected `int"),
        (None, {"n": True}, TypeError, "n: Expected `int`, got `bool`"),
        (None, {"ignore_eos": 1}, TypeError, "ignore_eos: Expected `bool`"),
        (None, {"stop": ["a", 3]}, TypeError, "stop: Expected `str`"),
        (None, {"bad_words": "abc"}, TypeError, "bad_words: Expected `array"),
        (None, {"logit_bias": {"5": 1}}, TypeError, "logit_bias: Expected `int`, got `str`"),
        (
            None,
            {"structured_outputs": {"regex": "a"}},
            TypeError,
            "structured_outputs: Expected .*Params.*, got `dict`",
        ),
        (None, {"extra_args": [1]}, TypeError, "extra_args: Expected .*dict.*, got `list`"),
    ],
)
def test_contradictions_and_bad_values_are_refused(llm, given, fields, error, message):
    with pytest.raises(error, match=message):
        build(llm, given, fields)


def test_values_of_other_kinds_that_mean_the_same(llm):
    """What numpy computes, and tuples: vLLM's engine would stop for good when it reads them."""
    given = {"max_tokens": np.int64(4), "temperature": np.float32(0.5), "stop_token_ids": np.array([3, 4])}
    params = build(llm, None, {**given, "stop": ("a", "b"), "top_p": 1, "logprobs": True})
    assert (params.max_tokens, params.temperature, params.stop_token_ids) == (4, 0.5, [3, 4])
    assert (params.stop, params.top_p, params.logprobs) == (["a", "b"], 1.0, 1)
    assert [type(value) for value in (params.max_tokens, params.temperature)] == [int, float]


def test_all_fields_are_checked():
    assert sampling_fields() <= _types().keys()
    plain = {name for name, (_, is_plain) in _types().items() if is_plain}
    assert {"max_tokens", "seed", "stop", "logit_bias", "ignore_eos"} <= plain
    for name in sampling_fields() - {"logprobs", "prompt_logprobs"}:
        with pytest.raises(TypeError, match=f"{name}: Expected"):
            _checked(name, object())
