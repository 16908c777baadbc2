"""The pieces of one output as they are written."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from queue import SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING

from outlines.constraint import Constraint
from outlines.models.dispatcher import Dispatcher, Request
from outlines.models.outcome import check_finished

if TYPE_CHECKING:
    from vllm.outputs import RequestOutput


class Stream(Iterator[str]):
    """An iterator over the pieces of an output; joined, they are the text that a call without streaming gives.

    The model goes on writing while the consumer is busy. `close()`, leaving a `with` block, or dropping the stream ends
    the request in the engine.

    Raises, from the iteration:
        TruncatedOutputError, ConstraintError, GenerationError: as a call; the pieces so far have been given by then.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        request: Request,
        pieces: SimpleQueue[RequestOutput | Exception],
        constraint: Constraint | None,
        on_truncation: str,
    ) -> None:
        self._dispatcher = dispatcher
        self._request = request
        self._pieces = pieces
        self._constraint = constraint
        self._on_truncation = on_truncation
        self._text: list[str] = []
        self._ended = False
        dispatcher.submit(request)

    def __next__(self) -> str:
        while not self._ended:
            try:
                output = self._pieces.get()
            except BaseException:
                self.close()
                raise
            if isinstance(output, Exception):
                self._ended = True
                raise output
            (completion,) = output.outputs
            self._text.append(completion.text)
            if output.finished:
                self._ended = True
                if not completion.text:
                    self._check(completion)
                    break
                self._last = completion
            if completion.text:
                return completion.text
        if (last := self.__dict__.pop("_last", None)) is not None:
            self._check(last)
        raise StopIteration

    def close(self) -> None:
        """End the request, if it is not over, and wait until the engine is free of it. May be called again."""
        self._ended = True
        self._dispatcher.abort(self._request)

    def __enter__(self) -> Stream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        # May run anywhere, also in a half-made object or while the interpreter ends.
        with contextlib.suppress(Exception):
            self._dispatcher.abort_later(self._request)

    def _check(self, completion: object) -> None:
        check_finished(completion, "".join(self._text), self._constraint, self._on_truncation)
