"""`VLLMAsync`: text of a given type from a vLLM `AsyncLLM`.

`AsyncLLM` has an engine loop of its own, in the event loop in which it is first used. `AsyncEngine` makes an `Engine`
of it: every request is a task in that loop, which reads the engine's outputs and hands them to its receiver.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from outlines.errors import GenerationError
from outlines.models.asynchronous import AsynchronousForms
from outlines.models.refusals import as_value_error
from outlines.models.request import Request

if TYPE_CHECKING:
    from vllm import LLM
    from vllm.v1.engine.async_llm import AsyncLLM

logger = logging.getLogger(__name__)

# How long a caller waits for the loop to carry out an abort, in seconds.
_ABORT_SECONDS = 60.0


def from_vllm_async(engine: AsyncLLM) -> VLLMAsync:
    """A model of a vLLM `AsyncLLM`.

    Raises:
        ImportError: vLLM is not installed.
        TypeError: `engine` is not an `AsyncLLM`.
        ValueError: it does not generate text, or has no tokenizer.
    """
    try:
        from vllm.v1.engine.async_llm import AsyncLLM
    except ImportError as error:
        raise ImportError(
            f"from_vllm_async needs vLLM, which cannot be imported ({error}): pip install 'vllm>=0.18'"
        ) from error
    if not isinstance(engine, AsyncLLM):
        raise TypeError(
            f"from_vllm_async takes a vllm AsyncLLM, not {type(engine).__name__}; for a vllm.LLM use from_vllm_offline"
        )
    if engine.model_config.runner_type != "generate":
        raise ValueError("this AsyncLLM does not generate text: build it with runner='generate'")
    if engine.model_config.skip_tokenizer_init:
        raise ValueError("outlines needs the tokenizer: build the AsyncLLM without skip_tokenizer_init")
    return VLLMAsync(engine)


class VLLMAsync(AsynchronousForms):
    """A vLLM `AsyncLLM` that writes text of a given type: `acall`, `astream`, `abatch`, `abatch_stream`, `aprepare`.

    Keyword arguments and errors are those of `VLLMOffline`. The `AsyncLLM` itself may be used beside it.
    """

    def __init__(self, engine: AsyncLLM) -> None:
        self.llm = engine
        self._async_engine = AsyncEngine(engine)
        self._engine = self._async_engine

    def _enter(self, loop: asyncio.AbstractEventLoop) -> None:
        self._async_engine.bind(loop)


class AsyncEngine:
    """Runs requests on an `AsyncLLM`, as `outlines.models.request.Engine` says."""

    def __init__(self, engine: AsyncLLM) -> None:
        self.llm: LLM = _as_llm(engine, self._utility)
        self.tokenizer_lock = threading.Lock()
        self.window = engine.vllm_config.scheduler_config.max_num_seqs + 16
        self._async_llm = engine
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: dict[Request, asyncio.Task[None]] = {}
        # `AsyncLLM` wants ids that nobody else uses.
        self._ids = map("outlines-{}-{}".format, itertools.repeat(uuid.uuid4().hex[:8]), itertools.count())

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Note the loop in which the `AsyncLLM` lives: the first one.

        Raises:
            RuntimeError: it lives in another one.
        """
        if self._loop is None:
            self._loop = loop
        if loop is not self._loop:
            raise RuntimeError(
                "this AsyncLLM lives in another event loop: use it in the one in which it was first used"
            )

    def submit(self, request: Request) -> None:
        """Run a request, in a task of its own."""
        self._in_loop(self._start, request)

    def abort(self, request: Request) -> None:
        """End a request, if it is not over, and wait until the engine has been told. Not in the loop's own thread."""
        self.abort_later(request)
        if not request.aborted.wait(_ABORT_SECONDS):
            logger.warning("vLLM did not take the abort of a request within %.0f seconds", _ABORT_SECONDS)

    def abort_later(self, request: Request) -> None:
        """End a request without waiting."""
        if not request.over:
            self._in_loop(self._cancel, request)

    def call(self, function: Callable[[LLM], Any]) -> Any:
        """Run a function that calls the engine. Not in the loop's own thread, which has to answer."""
        result = function(self.llm)
        return result.result() if isinstance(result, Future) else result

    def _in_loop(self, function: Callable[[Request], None], request: Request) -> None:
        assert self._loop is not None, "bound before the first request"
        self._loop.call_soon_threadsafe(function, request)

    def _start(self, request: Request) -> None:
        self._tasks[request] = asyncio.get_running_loop().create_task(self._run(request))

    def _cancel(self, request: Request) -> None:
        if (task := self._tasks.get(request)) is not None:
            task.cancel()
        else:
            request.over = True
            request.aborted.set()

    async def _run(self, request: Request) -> None:
        request.engine_id = next(self._ids)
        outputs = self._async_llm.generate(
            request.prompt,
            request.params,
            request.engine_id,
            lora_request=request.lora_request,
            priority=request.priority,
        )
        times = request.times
        times.admitted = time.monotonic()
        try:
            async for output in outputs:
                if times.first_token is None and any(completion.token_ids for completion in output.outputs):
                    times.first_token = time.monotonic()
                if output.finished:
                    times.finished = time.monotonic()
                    request.over = True
                request.receive(output)
        except Exception as error:
            request.over = True
            request.receive(_as_ours(error))
        finally:
            request.over = True
            self._tasks.pop(request, None)
            request.aborted.set()

    def _utility(self, method: str, *args: Any) -> Any:
        """A utility call on the engine process. Waits for the loop, so it must not be made in it."""
        assert self._loop is not None, "bound before the first request"
        call = self._async_llm.engine_core.call_utility_async(method, *args)
        return asyncio.run_coroutine_threadsafe(call, self._loop).result()


def _as_ours(error: Exception) -> Exception:
    translated = as_value_error(error)
    if isinstance(translated, ValueError):
        return translated
    failure = GenerationError(f"vLLM's engine failed: {error.__cause__ or error}")
    failure.__cause__ = error
    return failure


def _as_llm(engine: AsyncLLM, utility: Callable[..., Any]) -> LLM:
    """An `LLM` without an engine loop, over the `AsyncLLM`'s parts: it renders prompts and knows the defaults."""
    from vllm import LLM

    class View(LLM):
        def __init__(self) -> None:
            self.llm_engine: Any = SimpleNamespace(
                vllm_config=engine.vllm_config,
                model_config=engine.model_config,
                engine_core=SimpleNamespace(call_utility=utility),
                get_tokenizer=engine.get_tokenizer,
            )
            self.model_config = engine.model_config
            self.renderer = engine.renderer
            self.input_processor = engine.input_processor
            self.chat_template = None
            self.default_sampling_params = None

    return View()
