"""A request on its way through an engine, and what runs it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from vllm import LLM, SamplingParams
    from vllm.outputs import RequestOutput


@dataclass
class Times:
    """When things happened to a request, on `time.monotonic`'s clock. None: not yet."""

    submitted: float = field(default_factory=time.monotonic)
    admitted: float = 0.0
    first_token: float | None = None
    finished: float = 0.0


@dataclass(eq=False)
class Request:
    """One prompt on its way through the engine.

    Attributes:
        prompt: vLLM's engine input.
        params: sampling parameters; their `output_kind` says what `receive` gets.
        receive: called by the pump with each output, the last of which is `finished`, or with the exception that ended
            the request. Must be quick and must not raise.
        line: requests with the same line are admitted in order; lines are served in turn.
        lora_request, priority: as for `LLM.generate`.
        times: what happened to it when; the first token's time only where `receive` gets each output.
    """

    prompt: Any
    params: SamplingParams
    receive: Callable[[RequestOutput | Exception], None]
    line: object
    lora_request: Any = None
    priority: int = 0
    # Set by the pump.
    engine_id: str | None = None
    over: bool = False
    aborted: threading.Event = field(default_factory=threading.Event)
    times: Times = field(default_factory=Times)


class Engine(Protocol):
    """What runs requests: the dispatcher of an `LLM` (dispatcher.py), or of an `AsyncLLM` (vllm_async.py).

    All methods may be called from any thread.

    Attributes:
        llm: the model, for its tokenizer, templates and configuration.
        tokenizer_lock: held while the tokenizer is in use.
        window: how many requests a caller should have submitted at once, to keep the engine full with bounded memory.
    """

    @property
    def llm(self) -> LLM: ...

    @property
    def tokenizer_lock(self) -> threading.Lock: ...

    @property
    def window(self) -> int: ...

    def submit(self, request: Request) -> None:
        """Run a request."""

    def abort(self, request: Request) -> None:
        """End a request, if it is not over, and wait until the engine has been told. Its receiver hears no more."""

    def abort_later(self, request: Request) -> None:
        """End a request without waiting: for finalisers, which may run anywhere."""

    def call(self, function: Callable[[LLM], Any]) -> Any:
        """Run a function that calls the engine, where that is safe, and return its result or raise its exception.

        If the result is a future, what it brings. Nobody else's outputs wait for that.
        """
