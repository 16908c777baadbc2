"""The asynchronous forms: `acall`, `astream`, `abatch` and `abatch_stream`, over any engine.

What takes time or waits for the engine (checking, compiling ahead, rendering) runs in the event loop's threads, so that
the loop itself never waits; outputs come back into the loop from wherever the engine delivers them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from outlines.errors import BatchError
from outlines.models.backend import compile_ahead
from outlines.models.batch import Batch, Ended, Failures, check_prompts, progress
from outlines.models.items import Item, ItemMaker, understand
from outlines.models.request import Engine, Request
from outlines.models.request_options import RequestOptions, sort_keywords
from outlines.models.stream import AsyncStream, Pieces, abort

if TYPE_CHECKING:
    from vllm.outputs import RequestOutput


class AsynchronousForms:
    """The asynchronous methods of a model. Cancelling a task ends exactly its own requests."""

    _engine: Engine

    async def acall(self, prompt: Any, output_type: Any = None, **inference_args: Any) -> Any:
        """As a call, for `await`."""
        options = sort_keywords(inference_args)
        outputs: asyncio.Queue[RequestOutput | Exception] = asyncio.Queue()
        receive = self._into(outputs)
        maker, item, request = await asyncio.to_thread(self._ready, prompt, output_type, options, receive)
        self._engine.submit(request)
        try:
            output = await outputs.get()
        except BaseException:
            await abort(self._engine, request)
            raise
        if isinstance(output, Exception):
            raise output
        return maker.outcome(item).of(output, request)

    def astream(self, prompt: Any, output_type: Any = None, **inference_args: Any) -> AsyncStream:
        """As `stream`, for `async for`. What is wrong with the arguments is raised by the first piece."""
        options = sort_keywords(inference_args)
        outputs: asyncio.Queue[RequestOutput | Exception] = asyncio.Queue()

        async def start() -> tuple[Request, Pieces]:
            receive = self._into(outputs)
            return await asyncio.to_thread(streamed, self._engine, prompt, output_type, options, receive)

        return AsyncStream(self._engine, outputs, start)

    async def abatch(
        self, prompts: Iterable[Any], output_type: Any = None, *, return_exceptions: bool = False, **inference_args: Any
    ) -> list[Any]:
        """As `batch`, for `await`."""
        check_prompts("abatch", prompts, Iterable)
        prompts = list(prompts)
        options = sort_keywords(inference_args, frozenset({"return_exceptions"}))
        batch, ended = await self._batch(prompts, output_type, options)
        items = await asyncio.to_thread(batch.items, prompts, return_exceptions)
        results: list[Any] = [None] * len(items)
        with progress(options.use_tqdm, len(items)) as bar:
            async for position, result in _run(batch, ended, _enumerate(items), self._engine):
                results[position] = result
                bar.update(1)
        if not return_exceptions and any(isinstance(result, Exception) for result in results):
            raise BatchError(results)
        return results

    async def abatch_stream(
        self,
        prompts: Iterable[Any] | AsyncIterable[Any],
        output_type: Any = None,
        *,
        return_exceptions: bool = False,
        **inference_args: Any,
    ) -> AsyncIterator[tuple[int, Any]]:
        """As `batch_stream`, for `async for`; the prompts may come from an asynchronous generator too."""
        check_prompts("abatch_stream", prompts, AsyncIterable if isinstance(prompts, AsyncIterable) else Iterable)
        options = sort_keywords(inference_args, frozenset({"return_exceptions"}))
        batch, ended = await self._batch(prompts, output_type, options)
        failures = Failures()
        with progress(options.use_tqdm, batch.count) as bar:
            async with aclosing(_run(batch, ended, _enumerate(prompts), self._engine)) as results:
                async for position, result in results:
                    bar.update(1)
                    if return_exceptions or not failures.take(position, result):
                        yield position, result
        failures.raise_if_any()

    async def _batch(
        self, prompts: Any, output_type: Any, options: RequestOptions
    ) -> tuple[Batch, asyncio.Queue[Ended]]:
        ended: asyncio.Queue[Ended] = asyncio.Queue()
        put = self._into(ended)
        maker = await asyncio.to_thread(ItemMaker, self._engine, options)
        return Batch(self._engine, maker, prompts, output_type, put), ended

    async def aprepare(self, output_type: Any) -> None:
        """As `prepare`, for `await`."""
        self._into(asyncio.Queue())
        await asyncio.to_thread(prepare, self._engine, output_type)

    def _ready(
        self, prompt: Any, output_type: Any, options: RequestOptions, receive: Callable[[Any], None]
    ) -> tuple[ItemMaker, Item, Request]:
        maker = ItemMaker(self._engine, options)
        item = maker.make(prompt, output_type)
        return maker, item, maker.request(item, receive)

    def _into(self, queue: asyncio.Queue[Any]) -> Callable[[Any], None]:
        """A receiver that puts into a queue of the running loop from any thread."""
        loop = asyncio.get_running_loop()
        self._enter(loop)

        def put(output: Any) -> None:
            loop.call_soon_threadsafe(queue.put_nowait, output)

        return put

    def _enter(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called in each loop that is used, before anything is asked of the engine."""


async def _run(
    batch: Batch, ended: asyncio.Queue[Ended], waiting: AsyncIterator[tuple[int, Any]], engine: Engine
) -> AsyncGenerator[tuple[int, Any], None]:
    """Run a batch and give (position, result or exception) as each ends."""
    exhausted = False
    try:
        while batch.under_way or not exhausted:
            if not ended.empty() or exhausted or not batch.has_room:
                position, output = await ended.get()
                yield position, batch.finish(position, output)
                continue
            try:
                position, given = await anext(waiting)
            except StopAsyncIteration:
                exhausted = True
                continue
            try:
                # A cancelled task leaves the thread running: what it makes must not reach the engine then.
                item, request = await asyncio.to_thread(batch.ready, position, given)
            except Exception as error:
                yield position, error
                continue
            batch.start(position, item, request)
    finally:
        # The consumer stopped early, or was cancelled.
        await abort(engine, *batch.drain())


async def _enumerate(prompts: Iterable[Any] | AsyncIterable[Any]) -> AsyncIterator[tuple[int, Any]]:
    position = 0
    if isinstance(prompts, AsyncIterable):
        async for prompt in prompts:
            yield position, prompt
            position += 1
    else:
        for prompt in prompts:
            yield position, prompt
            position += 1


def streamed(
    engine: Engine, prompt: Any, output_type: Any, options: RequestOptions, receive: Callable[[Any], None]
) -> tuple[Request, Pieces]:
    """The request of a stream, and what gathers its pieces."""
    from vllm.sampling_params import RequestOutputKind

    # A stream's rich result is its own `result`.
    maker = ItemMaker(engine, replace(options, return_result=False))
    item = maker.make(prompt, output_type)
    if item.params.n != 1:
        raise ValueError(f"a stream gives the pieces of one output, not of n={item.params.n}")
    item.params.output_kind = RequestOutputKind.DELTA
    request = maker.request(item, receive)
    return request, Pieces(maker.outcome(item), item.thinking)


def prepare(engine: Engine, output_type: Any) -> None:
    """Check an output type and compile it in the engine."""
    constraint, _ = understand(output_type)
    if constraint is not None:
        compile_ahead(constraint, engine)
