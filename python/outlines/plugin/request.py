"""The front side of the plugin: everything that the model package needs of it.

`mark` makes a request ours; `handshake` makes sure that the engine process has the plugin; `prepare` compiles
there ahead of the first request; `raise_if_failed` turns an output that the engine gave up into its error.
Calls to the engine must come from the thread that drives the `LLM`, since vLLM's client is not thread-safe; they give
a future, so that this thread need not wait for the answer.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from outlines.constraint import Constraint
from outlines.errors import GenerationError, OutlinesError

from . import HANDSHAKE_METHOD, NAME, PREPARE_METHOD, failure
from . import mark as _mark
from .compiler import check
from .mark import Thinking, choose_backend, skip_thinking

__all__ = [
    "EngineStatus",
    "PluginNotLoadedError",
    "Thinking",
    "check",
    "choose_backend",
    "chosen_backend",
    "handshake",
    "load_adapter",
    "mark",
    "prepare",
    "raise_if_failed",
    "skip_thinking",
]


T = TypeVar("T")


class PluginNotLoadedError(OutlinesError):
    """vLLM's engine runs without our plugin, so that constraints could not be enforced."""


@dataclass(frozen=True)
class EngineStatus:
    """The plugin's state in the engine process.

    Attributes:
        pid: the process that holds the guides; this process's own when vLLM runs in-process.
        vocabulary_size: token ids that the model can produce.
        requests, failures: requests of ours so far, and those whose constraint did not compile.
        compiles, cache_hits, cached: indexes compiled, requests that found one, indexes kept.
        alive: guides of requests that are not over yet.
        batch_fills, batch_rows: steps filled by one call, and the rows in them.
        last_error: type, message and place of the last compile error, or None.
    """

    pid: int
    vocabulary_size: int
    requests: int
    failures: int
    compiles: int
    cache_hits: int
    cached: int
    batch_fills: int
    batch_rows: int
    alive: int
    last_error: dict[str, Any] | None


def mark(
    params: Any,
    constraint: Constraint,
    thinking: Thinking | Literal[False] | None = None,
    taken: int = 0,
    on_truncation: str = "raise",
) -> None:
    """Make a `SamplingParams` ours, in place: give it a copy of the user's (vLLM changes it further).

    Args:
        params: the parameters.
        constraint: what the output must be.
        thinking: free text that comes before; False for none, also where the `LLM` has a reasoning parser.
        taken: how many tokens at the end of the prompt are the beginning of the output.
        on_truncation: "raise": the output is whole within the limit on its tokens, or the request is refused;
            "return": it is cut off there.

    Raises:
        ValueError: it already holds a constraint.
    """
    from vllm.sampling_params import StructuredOutputsParams

    if params.structured_outputs is not None:
        raise ValueError(
            "sampling_params.structured_outputs and an output type are two constraints on one output: give one"
        )
    field = StructuredOutputsParams(**_mark.field(constraint))
    _mark.write(params, constraint, field, thinking, taken=taken, on_truncation=on_truncation)


def chosen_backend(llm: Any) -> str | None:
    """The structured-output backend that the user set on the `LLM`; None when it was left to vLLM."""
    config = getattr(llm.llm_engine.vllm_config, "structured_outputs_config", None)
    backend = getattr(config, "backend", "auto")
    return None if backend == "auto" else str(backend)


def handshake(llm: Any) -> Future[EngineStatus]:
    """Ask the engine process for the plugin's state, and have it build the vocabulary meanwhile.

    Returns:
        The future of the state, or of PluginNotLoadedError: the plugin is not there, with what to do about it.
    """
    return _then(_start(llm, HANDSHAKE_METHOD), _status)


def _status(answer: Future[Any]) -> EngineStatus:
    try:
        return EngineStatus(**answer.result())
    except Exception as error:
        # A missing method comes back as a plain exception; a dead engine has a type of its own.
        if type(error).__name__ == "EngineDeadError":
            raise
        raise PluginNotLoadedError(
            f"vLLM's engine runs without the {NAME!r} plugin, so it cannot constrain outputs. If the environment "
            f"variable VLLM_PLUGINS is set, add {NAME!r} to its list; otherwise check that the package "
            f"outlines-vllm is installed where the engine runs, and its log for an error. ({error})"
        ) from error


def prepare(llm: Any, constraint: Constraint, max_tokens: int | None = None) -> Future[None]:
    """Compile a constraint in the engine ahead of its first request. The engine goes on meanwhile.

    Args:
        llm: the vLLM model.
        constraint: the constraint.
        max_tokens: a limit on the output's tokens that some output must keep to.

    Returns:
        The future of None, or of ConstraintError: the engine's own error, with its message and place; `BudgetError` if
        no output is so short.
    """
    return _then(_start(llm, PREPARE_METHOD, *constraint.plain(), max_tokens), _raise_what_is_wrong)


def load_adapter(llm: Any, adapter: Any) -> Future[None]:
    """Load a LoRA adapter in the engine ahead of its first request.

    Returns:
        The future of None, or of ValueError: it cannot be loaded.
    """

    def read(answer: Future[Any]) -> None:
        try:
            answer.result()
        except Exception as error:
            if type(error).__name__ == "EngineDeadError":
                raise
            name, path = adapter.lora_name, adapter.lora_path
            raise ValueError(f"the LoRA adapter {name!r} cannot be loaded from {path!r}: {error}") from error

    return _then(_start(llm, "add_lora", adapter), read)


def _raise_what_is_wrong(answer: Future[Any]) -> None:
    error = answer.result()
    if error is not None:
        raise failure.from_dict(error)


def raise_if_failed(completion: Any) -> None:
    """Raise the error with which the engine ended this `CompletionOutput`, if it did.

    Raises:
        ConstraintError: the constraint did not compile for this model's vocabulary.
        GenerationError: the output could not be completed, or the engine failed for another reason.
    """
    error = failure.decode(completion.stop_reason)
    if error is not None:
        raise error
    if completion.finish_reason == "error":
        raise GenerationError("vLLM ended the request with an error and gave no reason: see the engine's log")


def _start(llm: Any, method: str, *args: Any) -> Future[Any]:
    """Start a utility call on the engine, in its own process or in this one. Does not wait for it."""
    client = llm.llm_engine.engine_core
    answer: Future[Any] = Future()
    try:
        if hasattr(client, "engine_core"):
            result = getattr(client.engine_core, method)(*args)
            if isinstance(result, Future):
                return result
            answer.set_result(result)
        elif hasattr(client, "utility_results") and hasattr(client, "_send_input"):
            _send(client, answer, method, args)
        else:
            answer.set_result(client.call_utility(method, *args))
    except Exception as error:
        answer.set_exception(error)
    return answer


def _send(client: Any, answer: Future[Any], method: str, args: tuple[Any, ...]) -> None:
    """What `call_utility` of vLLM's client does, but for waiting: the thread that reads its socket sets the answer."""
    from vllm.v1.engine import EngineCoreRequestType

    call_id = uuid.uuid1().int >> 64
    client.utility_results[call_id] = answer
    client._send_input(EngineCoreRequestType.UTILITY, (0, call_id, method, args))


def _then(answer: Future[Any], read: Callable[[Future[Any]], T]) -> Future[T]:
    """What is read in an answer, as soon as it is there."""
    result: Future[T] = Future()

    def finish(done: Future[Any]) -> None:
        try:
            result.set_result(read(done))
        except Exception as error:
            result.set_exception(error)

    answer.add_done_callback(finish)
    return result
