"""Our requests in the real engine, in its own process, beside vLLM's other ones."""

import json
import os
import re
from typing import Any

import jsonschema
import pytest

from outlines.constraint import Constraint
from outlines.errors import GenerationError
from outlines.guide import ConstraintError, RegexError
from outlines.plugin import NAME, frontend, request
from outlines.plugin.request import (
    EngineStatus,
    PluginNotLoadedError,
    chosen_backend,
    handshake,
    mark,
    prepare,
    raise_if_failed,
)

pytestmark = pytest.mark.engine

SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 15},
        "age": {"type": "integer", "minimum": 0, "maximum": 130},
        "skills": {"type": "array", "items": {"enum": ["chess", "go", "shogi"]}, "maxItems": 3},
    },
    "required": ["name", "age", "skills"],
    "additionalProperties": False,
}
MULTIPLE = {"type": "integer", "multipleOf": 7, "minimum": 100, "maximum": 999}
CITIES = ["Paris", "London", "Rome", "Berlin"]
BALANCED = 'start: "(" start ")" | "x"'


def ours(constraint: Constraint, **fields: Any) -> Any:
    from vllm import SamplingParams

    params = SamplingParams(**{"temperature": 0.0, "max_tokens": 200, **fields})
    mark(params, constraint)
    return params


def stock(**structured: Any) -> Any:
    """A constrained request for the backend that vLLM chooses (xgrammar, for these)."""
    from vllm import SamplingParams
    from vllm.sampling_params import StructuredOutputsParams

    return SamplingParams(temperature=0.0, max_tokens=60, structured_outputs=StructuredOutputsParams(**structured))


def free(max_tokens: int) -> Any:
    from vllm import SamplingParams

    return SamplingParams(temperature=0.0, max_tokens=max_tokens)


def generate(llm: Any, params: list[Any], prompt: str = "Answer: ") -> list[Any]:
    outputs = llm.generate([prompt] * len(params), params, use_tqdm=False)
    return [output.outputs[0] for output in outputs]


def delta(before: EngineStatus, after: EngineStatus, name: str) -> int:
    return int(getattr(after, name)) - int(getattr(before, name))


def test_the_plugin_lives_in_the_engines_own_process(llm: Any) -> None:
    status = handshake(llm).result()
    assert status.pid != os.getpid()
    assert status.vocabulary_size == llm.llm_engine.model_config.get_vocab_size()
    assert chosen_backend(llm) is None


def test_an_engine_without_the_plugin_is_told_apart(llm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # What such an engine answers is what this one answers to a method that it does not have.
    monkeypatch.setattr(request, "HANDSHAKE_METHOD", "outlines_vllm_absent")
    with pytest.raises(PluginNotLoadedError, match="VLLM_PLUGINS is set, add 'outlines-vllm'"):
        handshake(llm).result()


@pytest.mark.parametrize("first", ["stock", "ours"])
def test_ours_stock_and_free_requests_share_a_batch(llm: Any, first: str) -> None:
    """Whoever comes first, nobody's backend becomes another's, and every output is what its request asked for."""
    before = handshake(llm).result()
    # `multipleOf` is refused by xgrammar's own validation, so that a request sent to the wrong backend would show.
    own = [
        ours(Constraint("regex", r"\d{3}-\d{2}-\d{4}")),
        ours(Constraint("choice", CITIES)),
        ours(Constraint("json", SCHEMA)),
        ours(Constraint("grammar", BALANCED)),
        ours(Constraint("json", MULTIPLE)),
    ]
    others = [stock(regex=r"[a-f]{6} [0-9]{2}"), stock(choice=["yes", "no"]), free(12)]
    outputs = generate(llm, others + own if first == "stock" else own + others)
    if first == "stock":
        others_out, own_out = outputs[:3], outputs[3:]
    else:
        own_out, others_out = outputs[:5], outputs[5:]

    for output in outputs:
        raise_if_failed(output)
    assert re.fullmatch(r"\d{3}-\d{2}-\d{4}", own_out[0].text)
    assert own_out[1].text in CITIES
    jsonschema.validate(json.loads(own_out[2].text), SCHEMA)
    assert re.fullmatch(r"\(*x\)*", own_out[3].text)
    assert own_out[3].text.count("(") == own_out[3].text.count(")")
    jsonschema.validate(json.loads(own_out[4].text), MULTIPLE)
    assert re.fullmatch(r"[a-f]{6} [0-9]{2}", others_out[0].text)
    assert others_out[1].text in ("yes", "no")
    assert len(others_out[2].token_ids) == 12
    assert {output.finish_reason for output in own_out} == {"stop"}
    # What vLLM gives without us in the batch is what it gives with us.
    alone = generate(llm, [stock(regex=r"[a-f]{6} [0-9]{2}"), stock(choice=["yes", "no"])])
    assert [output.text for output in alone] == [output.text for output in others_out[:2]]
    after = handshake(llm).result()
    assert delta(before, after, "requests") == 5
    assert delta(before, after, "failures") == 0


def test_a_request_marked_by_its_extra_args_alone_is_ours(llm: Any) -> None:
    """As it comes from a row of a data set, or from a server's client; with its options."""
    from vllm import SamplingParams
    from vllm.sampling_params import StructuredOutputsParams

    params = SamplingParams(
        temperature=0.0,
        max_tokens=200,
        structured_outputs=StructuredOutputsParams(json=SCHEMA),
        extra_args={NAME: {"whitespace_pattern": ""}},
    )
    before = handshake(llm).result()
    (output,) = generate(llm, [params])
    raise_if_failed(output)
    jsonschema.validate(json.loads(output.text), SCHEMA)
    assert output.text.startswith('{"name":"')
    assert delta(before, handshake(llm).result(), "requests") == 1


def test_a_batch_of_ours_is_filled_by_one_call_per_step(llm: Any) -> None:
    before = handshake(llm).result()
    outputs = generate(llm, [ours(Constraint("regex", "[a-z]{4}[0-9]{4}")) for _ in range(6)])
    after = handshake(llm).result()
    assert {bool(re.fullmatch("[a-z]{4}[0-9]{4}", output.text)) for output in outputs} == {True}
    tokens = sum(len(output.token_ids) for output in outputs)
    assert delta(before, after, "batch_rows") >= tokens
    assert delta(before, after, "batch_fills") < delta(before, after, "batch_rows")


def test_each_constraint_is_compiled_once(llm: Any) -> None:
    before = handshake(llm).result()
    constraint = Constraint("regex", "single-flight [0-9]{2}")
    outputs = llm.generate(
        ["A: "] * 8, [ours(constraint, n=3, temperature=1.0, seed=seed) for seed in range(8)], use_tqdm=False
    )
    texts = [completion.text for output in outputs for completion in output.outputs]
    assert len(texts) == 24
    assert all(re.fullmatch("single-flight [0-9]{2}", text) for text in texts)
    assert len(set(texts)) > 1
    after = handshake(llm).result()
    assert delta(before, after, "requests") == 24
    assert delta(before, after, "compiles") == 1
    assert delta(before, after, "cache_hits") == 23


def test_compiling_ahead(llm: Any) -> None:
    constraint = Constraint("regex", "ahead of time")
    prepare(llm, constraint).result()
    before = handshake(llm).result()
    (output,) = generate(llm, [ours(constraint)])
    assert output.text == "ahead of time"
    assert delta(before, handshake(llm).result(), "compiles") == 0


def test_compiling_ahead_raises_the_engines_error(llm: Any) -> None:
    with pytest.raises(RegexError) as in_engine:
        prepare(llm, Constraint("regex", "(ab")).result()
    with pytest.raises(RegexError) as here:
        frontend.check(Constraint("regex", "(ab"))
    assert str(in_engine.value) == str(here.value)


def test_a_bad_constraint_is_refused_before_it_is_sent_and_the_engine_goes_on(llm: Any) -> None:
    before = handshake(llm).result()
    for bad in (
        Constraint("regex", "(ab"),
        Constraint("json", {"type": "integer", "minimum": 5, "maximum": 4}),
        Constraint("grammar", "start: nothing"),
        Constraint("choice", []),
    ):
        with pytest.raises(ConstraintError):
            generate(llm, [ours(bad)])
    assert not llm.llm_engine.has_unfinished_requests()
    (output,) = generate(llm, [ours(Constraint("regex", "[0-9]{3}"))])
    assert re.fullmatch("[0-9]{3}", output.text)
    assert delta(before, handshake(llm).result(), "failures") == 0


def test_a_constraint_that_fails_in_the_engine_ends_that_request_with_its_message(
    llm: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RegexError) as expected:
        frontend.check(Constraint("regex", "(ab"))
    # What the front would refuse is let through to the engine.
    monkeypatch.setattr(frontend, "check", lambda constraint: None)
    before = handshake(llm).result()
    good, poisoned, other = generate(
        llm, [ours(Constraint("regex", "[0-9]{3}")), ours(Constraint("regex", "(ab")), stock(choice=["yes", "no"])]
    )
    with pytest.raises(RegexError) as raised:
        raise_if_failed(poisoned)
    assert str(raised.value) == str(expected.value)
    assert poisoned.text == ""
    assert len(poisoned.token_ids) == 1
    for output in (good, other):
        raise_if_failed(output)
    assert re.fullmatch("[0-9]{3}", good.text)
    assert other.text in ("yes", "no")
    after = handshake(llm).result()
    assert delta(before, after, "failures") == 1
    assert after.last_error is not None
    assert after.last_error["type"] == "RegexError"


def test_an_output_with_no_token_left_fails_with_a_reason(llm: Any) -> None:
    """`allowed_token_ids` leaves nothing that fits the constraint: an error, never an output that does not fit."""
    (a,) = llm.get_tokenizer().encode("a", add_special_tokens=False)
    (output,) = generate(llm, [ours(Constraint("regex", "[0-9]{3}"), allowed_token_ids=[a], max_tokens=8)])
    with pytest.raises(GenerationError, match="no token was left to choose from"):
        raise_if_failed(output)


def test_a_stop_token_that_spells_text_only_ends(llm: Any) -> None:
    """As text it would have cut the output short; it is excluded from the text and allowed at the end."""
    tokenizer = llm.get_tokenizer()
    (a,) = tokenizer.encode("a", add_special_tokens=False)
    pattern = "[ab]{6}"
    (output,) = generate(llm, [ours(Constraint("regex", pattern), stop_token_ids=[a], ignore_eos=True)])
    assert re.fullmatch(pattern, output.text)
    assert output.finish_reason == "stop"
    assert output.stop_reason == a
    assert a not in output.token_ids[:-1]


def test_ignore_eos_does_not_let_free_text_follow(llm: Any) -> None:
    (output,) = generate(llm, [ours(Constraint("regex", "[0-9]{2}"), ignore_eos=True, max_tokens=12)])
    assert re.fullmatch("[0-9]{2}", output.text)
    assert len(output.token_ids) == 12


def test_whatever_the_sampler_is_told_the_output_fits(llm: Any) -> None:
    constraint = Constraint("json", SCHEMA)
    params = [
        ours(constraint, temperature=1.5, seed=seed, frequency_penalty=1.5, top_p=0.95, max_tokens=400)
        for seed in range(12)
    ]
    for output in generate(llm, params, prompt="A chess player: "):
        raise_if_failed(output)
        assert output.finish_reason == "stop"
        jsonschema.validate(json.loads(output.text), SCHEMA)


def test_an_aborted_request_leaves_the_engine_clean(llm: Any) -> None:
    engine = llm.llm_engine
    request_id = str(next(llm.request_counter))
    engine.add_request(request_id, "Count: ", ours(Constraint("regex", "([0-9]+, ){20,}")))
    for _ in range(5):
        engine.step()
    engine.abort_request([request_id])
    while engine.has_unfinished_requests():
        engine.step()
    (output,) = generate(llm, [ours(Constraint("regex", "[0-9]{3}"))])
    assert re.fullmatch("[0-9]{3}", output.text)
