"""The asynchronous forms on vLLM's own `AsyncLLM`, with the small Idefics3 model."""

import asyncio
import re

import PIL.Image
import pytest

import outlines
from outlines.inputs import Chat, Image
from outlines.models import from_vllm_async

from .tiny_idefics import IMAGE_TOKENS, write

pytestmark = pytest.mark.engine

PATTERN = outlines.Regex("[a-f]{4}[0-9]{2}")
LONG = {"max_tokens": 200, "ignore_eos": True}


async def scenario(folder) -> dict[str, object]:
    """All of it in one event loop and on one engine: that is how an `AsyncLLM` lives."""
    from vllm.engine.arg_utils import AsyncEngineArgs
    from vllm.v1.engine.async_llm import AsyncLLM

    engine = AsyncLLM.from_engine_args(
        AsyncEngineArgs(str(folder), max_model_len=256, max_num_seqs=16, enforce_eager=True)
    )
    try:
        model = from_vllm_async(engine)
        unfinished = engine.output_processor.get_num_unfinished_requests
        seen: dict[str, object] = {}

        seen["call"] = await model.acall("Go", PATTERN, temperature=0)
        stream = model.astream("Go", PATTERN, temperature=0)
        seen["pieces"] = [piece async for piece in stream]
        seen["result"] = stream.result
        seen["chat"] = await model.acall(
            Chat([{"role": "user", "content": ["What?", Image(PIL.Image.new("RGB", (8, 8)))]}]), int, return_result=True
        )
        seen["text only"] = await model.acall("What?", int, return_result=True)
        seen["thinking"] = await model.acall("Go", PATTERN, thinking=True, thinking_budget=4, return_result=True)
        seen["several"] = await model.acall("Go", PATTERN, n=2, seed=1)
        seen["hundred"] = await asyncio.gather(*(model.acall("Go", PATTERN, seed=seed) for seed in range(100)))
        seen["batch"] = await model.abatch(["Go", 5, "word " * 500], PATTERN, return_exceptions=True)
        seen["streamed"] = {
            position: text async for position, text in model.abatch_stream((str(n) for n in range(60)), PATTERN)
        }

        tasks = [asyncio.create_task(model.acall("Go", **LONG)) for _ in range(5)]
        other = model.astream("Go", **LONG)
        await anext(other)
        while unfinished() < 6:
            await asyncio.sleep(0.005)
        for task in tasks:
            task.cancel()
        seen["cancelled"] = await asyncio.gather(*tasks, return_exceptions=True)
        seen["left after cancelling"] = unfinished()
        await anext(other)
        await other.aclose()
        seen["left after closing"] = unfinished()
        # The engine's user beside us.
        from vllm import SamplingParams

        async for output in engine.generate("Go", SamplingParams(max_tokens=3, ignore_eos=True), "mine"):
            seen["beside"] = output
        try:
            await model.acall("Go", outlines.Regex("("))
        except ValueError as error:
            seen["refused"] = error
        seen["left"] = unfinished()
        return seen
    finally:
        engine.shutdown()


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    return asyncio.run(scenario(write(tmp_path_factory.mktemp("idefics"))))


def test_calls_and_streams(seen):
    assert re.fullmatch("[a-f]{4}[0-9]{2}", seen["call"])
    assert "".join(seen["pieces"]) == seen["call"] == seen["result"].text
    assert seen["result"].timings.first_token > 0
    assert len(seen["several"]) == 2
    assert all(re.fullmatch("[a-f]{4}[0-9]{2}", text) for text in seen["several"])


def test_images(seen):
    assert seen["chat"].prompt_tokens > seen["text only"].prompt_tokens + IMAGE_TOKENS
    assert isinstance(seen["chat"].value, int)


def test_thinking(seen):
    assert re.fullmatch("[a-f]{4}[0-9]{2}", seen["thinking"].text)
    assert seen["thinking"].thinking


def test_a_hundred_at_once(seen):
    assert len(seen["hundred"]) == 100
    assert all(re.fullmatch("[a-f]{4}[0-9]{2}", text) for text in seen["hundred"])


def test_batches(seen):
    assert [type(result) for result in seen["batch"][:2]] == [str, TypeError]
    assert isinstance(seen["batch"][2], ValueError)
    assert sorted(seen["streamed"]) == list(range(60))
    assert all(re.fullmatch("[a-f]{4}[0-9]{2}", text) for text in seen["streamed"].values())


def test_cancelling_ends_exactly_its_own_requests(seen):
    assert [type(result) for result in seen["cancelled"]] == [asyncio.CancelledError] * 5
    assert seen["left after cancelling"] == 1
    assert seen["left after closing"] == 0
    assert seen["left"] == 0


def test_the_engine_may_be_used_beside_it(seen):
    assert len(seen["beside"].outputs[0].token_ids) == 3
    assert isinstance(seen["refused"], outlines.errors.RegexError)


def test_only_an_async_llm_is_taken(llm):
    with pytest.raises(TypeError, match=r"for a vllm\.LLM use from_vllm_offline"):
        from_vllm_async(llm)
