"""The choice of a backend, on an engine that was built with none in particular."""

import re

import pytest

import outlines
from outlines.errors import GenerationError
from outlines.plugin.request import handshake

pytestmark = pytest.mark.engine

PATTERN = outlines.Regex("[a-f]{4}[0-9]{2}")
GREEDY = {"temperature": 0, "max_tokens": 40}


def ours(model) -> int:
    return model._engine.call(handshake).requests


def test_ours_is_the_default_and_has_a_name(model, unfinished):
    before = ours(model)
    assert model("Go", PATTERN, **GREEDY) == model("Go", PATTERN, backend="outlines-vllm", **GREEDY)
    assert ours(model) == before + 2


def test_one_of_vllms_own_for_one_call(model, unfinished):
    """xgrammar is also what the other tests' stock requests use: an engine has one for good."""
    before = ours(model)
    for backend in ("xgrammar", "auto"):
        assert re.fullmatch("[a-f]{4}[0-9]{2}", model("Go", PATTERN, backend=backend, **GREEDY))
    assert re.fullmatch("[0-9]+", model("Go", int, backend="xgrammar", **GREEDY).lstrip("-"))
    assert ours(model) == before
    # Ours still works beside it.
    assert re.fullmatch("[a-f]{4}[0-9]{2}", model("Go", PATTERN, **GREEDY))


def test_a_second_one_is_refused_by_name(model, unfinished):
    model("Go", PATTERN, backend="xgrammar", **GREEDY)
    with pytest.raises(
        GenerationError, match=r"it is 'xgrammar', so backend='guidance' cannot be had.*Build another LLM"
    ):
        model("Go", PATTERN, backend="guidance", **GREEDY)
    results = model.batch(["Go"] * 3, [PATTERN] * 3, backend="guidance", return_exceptions=True, **GREEDY)
    assert [type(result) for result in results] == [GenerationError] * 3
    assert re.fullmatch("[a-f]{4}[0-9]{2}", model("Go", PATTERN, **GREEDY))


def test_what_a_backend_cannot_do_is_refused_before_the_model_runs(model, unfinished):
    multiple = outlines.JsonSchema({"type": "integer", "multipleOf": 7, "minimum": 100, "maximum": 999})
    assert float(model("Go", multiple, **GREEDY)) % 7 == 0
    # vLLM's own automatic choice would have gone to another backend without a word.
    with pytest.raises(ValueError, match="xgrammar"):
        model("Go", multiple, backend="xgrammar", **GREEDY)
    with pytest.raises(ValueError, match="unknown backend 'nonsense'"):
        model("Go", PATTERN, backend="nonsense", **GREEDY)
    with pytest.raises(ValueError, match="give an output_type too"):
        model("Go", backend="xgrammar", **GREEDY)
