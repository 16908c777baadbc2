"""The pieces of one output as they are written."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from queue import SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Any

from outlines.models.outcome import Outcome, result
from outlines.models.request import Engine, Request
from outlines.models.result import Result
from outlines.models.thinking import ThinkingFilter, ThinkingTags

if TYPE_CHECKING:
    from vllm.outputs import RequestOutput


class Pieces:
    """What has come of a streamed output so far.

    Args:
        outcome: what will become of it.
        thinking: the tags around the thinking that comes before; it is kept back.
    """

    def __init__(self, outcome: Outcome, thinking: ThinkingTags | None) -> None:
        self._outcome = outcome
        self._thinking = thinking
        self._filter: ThinkingFilter | None = None
        self._text: list[str] = []
        self._token_ids: list[int] = []
        self._logprobs: list[Any] = []
        self._last: RequestOutput | None = None
        # No further output is to be waited for.
        self.ended = False

    def feed(self, output: RequestOutput | Exception) -> str:
        """The piece that an output brings; it may be empty. Raises the exception that ended the request."""
        if isinstance(output, Exception):
            self.ended = True
            raise output
        (completion,) = output.outputs
        self._text.append(completion.text)
        self._token_ids.extend(completion.token_ids)
        self._logprobs.extend(completion.logprobs or ())
        if output.finished:
            self.ended = True
            self._last = output
        if self._thinking is None:
            return completion.text
        if self._filter is None:
            self._filter = ThinkingFilter(self._thinking, self._outcome.prompt_end(output))
        return self._filter.feed(completion.text)

    def result(self, request: Request) -> Result:
        """The whole of an output that has ended."""
        if self._last is None:
            raise ValueError("the result is there when the stream has been read to its end")
        output = self._last
        (completion,) = output.outputs
        completion.text = "".join(self._text)
        completion.token_ids = self._token_ids
        completion.logprobs = self._logprobs or None
        return result(output, [self._outcome.completion(completion, self._outcome.prompt_end(output))], request)

    def check(self, request: Request) -> None:
        """Raise the error with which the output ended, if it did."""
        if self._last is not None:
            self._outcome.check(self._last.outputs[0], self.result(request).choices[0])


class Stream(Iterator[str]):
    """An iterator over the pieces of an output; joined, they are the text that a call without streaming gives.

    The model goes on writing while the consumer is busy. `close()`, leaving a `with` block, or dropping the stream ends
    the request in the engine.

    Raises, from the iteration:
        TruncatedOutputError, ConstraintError, GenerationError: as a call; the pieces so far have been given by then.
    """

    def __init__(
        self, engine: Engine, request: Request, outputs: SimpleQueue[RequestOutput | Exception], pieces: Pieces
    ) -> None:
        self._engine = engine
        self._request = request
        self._outputs = outputs
        self._pieces = pieces
        self._checked = False
        engine.submit(request)

    def __next__(self) -> str:
        while not self._pieces.ended:
            try:
                output = self._outputs.get()
            except BaseException:
                self.close()
                raise
            if piece := self._pieces.feed(output):
                return piece
        if not self._checked:
            self._checked = True
            self._pieces.check(self._request)
        raise StopIteration

    @property
    def result(self) -> Result:
        """The rich result, when the stream has been read to its end.

        Raises:
            ValueError: it has not, or it was closed.
        """
        return self._pieces.result(self._request)

    def close(self) -> None:
        """End the request, if it is not over, and wait until the engine is free of it. May be called again."""
        self._pieces.ended = self._checked = True
        self._engine.abort(self._request)

    def __enter__(self) -> Stream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        # May run anywhere, also in a half-made object or while the interpreter ends.
        with contextlib.suppress(Exception):
            self._engine.abort_later(self._request)


class AsyncStream(AsyncIterator[str]):
    """As `Stream`, for `async for`. The request starts with the first piece asked for.

    `await aclose()`, leaving an `async with` block, cancelling the task, or dropping the stream ends it.
    """

    def __init__(
        self,
        engine: Engine,
        outputs: asyncio.Queue[RequestOutput | Exception],
        start: Callable[[], Awaitable[tuple[Request, Pieces]]],
    ) -> None:
        self._engine = engine
        self._outputs = outputs
        self._start = start
        self._started: tuple[Request, Pieces] | None = None
        self._over = False

    async def __anext__(self) -> str:
        if self._over:
            raise StopAsyncIteration
        if self._started is None:
            try:
                self._started = await self._start()
            except BaseException:
                self._over = True
                raise
            self._engine.submit(self._started[0])
        request, pieces = self._started
        while not pieces.ended:
            try:
                output = await self._outputs.get()
            except BaseException:
                await self.aclose()
                raise
            if piece := pieces.feed(output):
                return piece
        self._over = True
        pieces.check(request)
        raise StopAsyncIteration

    @property
    def result(self) -> Result:
        """The rich result, when the stream has been read to its end.

        Raises:
            ValueError: it has not, or it was closed.
        """
        if self._started is None:
            raise ValueError("the result is there when the stream has been read to its end")
        request, pieces = self._started
        return pieces.result(request)

    async def aclose(self) -> None:
        """End the request, if it is not over, and wait until the engine is free of it. May be called again."""
        self._over = True
        if self._started is not None:
            request, pieces = self._started
            pieces.ended = True
            await abort(self._engine, request)

    async def __aenter__(self) -> AsyncStream:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            if self._started is not None:
                self._engine.abort_later(self._started[0])


async def abort(engine: Engine, *requests: Request) -> None:
    """End requests and wait until the engine has been told, also in a task that is being cancelled."""
    if running := [request for request in requests if not request.over]:
        await asyncio.shield(asyncio.to_thread(_abort_all, engine, running))


def _abort_all(engine: Engine, requests: list[Request]) -> None:
    for request in requests:
        engine.abort(request)
