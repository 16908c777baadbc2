"""The asynchronous forms, over the same dispatcher as all others."""

import asyncio

import pytest

import outlines
from outlines.errors import BatchError

pytestmark = pytest.mark.engine

QUESTION = "What is the capital of Latvia?"
GREEDY = {"temperature": 0, "max_tokens": 12}
LONG = {"max_tokens": 600, "ignore_eos": True}
NUMBER = outlines.Regex("[0-9]{3}")


async def settled(unfinished) -> int:
    for _ in range(200):
        if not unfinished():
            break
        await asyncio.sleep(0.01)
    return unfinished()


def test_a_call_a_stream_and_a_batch(model, unfinished):
    async def main():
        text = await model.acall(QUESTION, **GREEDY)
        pieces = [piece async for piece in model.astream(QUESTION, **GREEDY)]
        batch = await model.abatch([QUESTION] * 3, **GREEDY)
        return text, pieces, batch

    text, pieces, batch = asyncio.run(main())
    assert text == model(QUESTION, **GREEDY)
    assert "".join(pieces) == text
    assert len(pieces) > 3
    assert batch == [text] * 3


def test_a_hundred_tasks_at_once(model, unfinished):
    async def task(number: int) -> str:
        match number % 4:
            case 0:
                return await model.acall("A number?", NUMBER, seed=number)
            case 1:
                return "".join([piece async for piece in model.astream("A number?", NUMBER, seed=number)])
            case 2:
                return (await model.abatch(["A number?"] * 2, NUMBER, seed=number))[1]
            case _:
                return await model.acall("A number?", int, seed=number)

    async def main():
        return await asyncio.gather(*(task(number) for number in range(100)))

    texts = asyncio.run(main())
    assert len(texts) == 100
    for number, text in enumerate(texts):
        int(text)
        assert number % 4 == 3 or len(text) == 3


def test_cancelling_ends_exactly_its_own_requests(model, unfinished):
    async def read(stream, count: int) -> None:
        async for _ in stream:
            count -= 1
            if not count:
                return

    async def main():
        other = model.astream(QUESTION, **LONG)
        await anext(other)
        call = asyncio.create_task(model.acall(QUESTION, **LONG))
        batch = asyncio.create_task(model.abatch([QUESTION] * 40, **LONG))
        stream = asyncio.create_task(read(model.astream(QUESTION, **LONG), 10_000))
        while unfinished() < 10:
            await asyncio.sleep(0.01)
        for task in (call, batch, stream):
            task.cancel()
        results = await asyncio.gather(call, batch, stream, return_exceptions=True)
        assert [type(result) for result in results] == [asyncio.CancelledError] * 3
        assert unfinished() == 1
        await anext(other)
        await other.aclose()
        assert unfinished() == 0
        with pytest.raises(ValueError, match="read to its end"):
            _ = other.result
        async with model.astream(QUESTION, **LONG) as third:
            await anext(third)
        assert unfinished() == 0
        # A stream that is only dropped.
        await anext(model.astream(QUESTION, **LONG))
        assert await settled(unfinished) == 0
        assert "Riga" in await model.acall(QUESTION, **GREEDY)

    asyncio.run(main())


def test_cancelling_at_any_moment(model, unfinished):
    """Also while a thread checks the next prompt: nothing gets into the engine after that."""

    async def main():
        for turn in range(40):
            batch = asyncio.create_task(model.abatch([QUESTION] * 200, **LONG))
            await asyncio.sleep(turn * 0.002)
            batch.cancel()
            with pytest.raises(asyncio.CancelledError):
                await batch
            assert await settled(unfinished) == 0

    asyncio.run(main())


def test_a_loop_that_is_gone(model, unfinished):
    """Its tasks are cancelled, and their requests with them."""

    async def main():
        asyncio.create_task(model.acall(QUESTION, **LONG))  # noqa: RUF006
        while not unfinished():
            await asyncio.sleep(0.01)

    asyncio.run(main())
    assert asyncio.run(settled(unfinished)) == 0


def test_errors(model, unfinished):
    async def main():
        with pytest.raises(ValueError, match="temperature"):
            await model.acall(QUESTION, temperature=-1)
        with pytest.raises(TypeError, match="unknown keyword argument tempo"):
            await model.acall(QUESTION, tempo=1)
        with pytest.raises(TypeError, match="not int"):
            await model.abatch([QUESTION, 5])
        with pytest.raises(outlines.errors.RegexError):
            await anext(model.astream(QUESTION, outlines.Regex("(")))
        with pytest.raises(BatchError, match="1 of 3 items failed; the first, at position 1") as caught:
            await model.abatch([QUESTION, "word " * 3000, QUESTION], **GREEDY)
        assert "Riga" in caught.value.results[2]
        results = await model.abatch([QUESTION, 5, "word " * 3000], return_exceptions=True, **GREEDY)
        assert [type(result) for result in results[:2]] == [str, TypeError]
        assert isinstance(results[2], ValueError)

    asyncio.run(main())


def test_a_streamed_batch_from_an_asynchronous_generator(model, unfinished):
    taken = []

    async def prompts():
        for number in range(90):
            taken.append(number)
            yield f"Repeat the number {number}."

    async def main():
        results = {}
        async for position, result in model.abatch_stream(prompts(), temperature=0, max_tokens=8):
            assert len(taken) - len(results) <= model._engine.window + 1
            results[position] = result
        assert sorted(results) == list(range(90))
        stream = model.abatch_stream([QUESTION] * 50, **LONG)
        pending = asyncio.create_task(anext(stream))
        while unfinished() < 5:
            await asyncio.sleep(0.01)
        pending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await pending
        assert unfinished() == 0
        return results

    results = asyncio.run(main())
    assert sum(str(number) in result for number, result in results.items()) > 60


def test_compiling_ahead(model):
    asyncio.run(model.aprepare(NUMBER))
    with pytest.raises(TypeError):
        asyncio.run(model.aprepare(object()))
