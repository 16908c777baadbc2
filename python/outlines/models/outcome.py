"""From vLLM's finished output to what the caller gets: text or a rich result, or the error that it ended with."""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from outlines.constraint import Constraint
from outlines.errors import GenerationError, TruncatedOutputError
from outlines.models.result import Completion, Result, Timings

if TYPE_CHECKING:
    from vllm.outputs import RequestOutput

    from outlines.guide import Index, Vocabulary
    from outlines.models.items import Item
    from outlines.models.request import Request

# The end of a prompt in which the end of thinking is looked for, in tokens.
_TAIL = 64
# More bytes than any output takes: whatever is found first is enough.
_MANY = 2**31


class Outcome:
    """What becomes of one item's output.

    Args:
        item: what was asked for.
        decode: token ids -> text.
        on_truncation: "raise" or "return".
        return_result: whether the caller gets a `Result` instead of text.
    """

    def __init__(self, item: Item, decode: Callable[[list[int]], str], on_truncation: str, return_result: bool) -> None:
        self._item = item
        self._decode = decode
        self._on_truncation = on_truncation
        self._return_result = return_result

    def of(self, output: RequestOutput, request: Request) -> Any:
        """What the caller gets for a finished output: str, or a list of str where several were asked for.

        Raises:
            TruncatedOutputError: a constrained output reached its limit or a text of `stop` before it was whole, and
                `on_truncation` is "raise".
            ConstraintError: the constraint turned out not to compile for this model.
            GenerationError: the engine ended the request.
        """
        prompt_end = self.prompt_end(output)
        choices = [self.completion(completion, prompt_end) for completion in output.outputs]
        texts = [choice.text for choice in choices]
        for completion, choice in zip(output.outputs, choices, strict=True):
            self.check(completion, choice, texts)
        if self._return_result:
            return result(output, choices, request)
        return texts[0] if len(texts) == 1 else texts

    def prompt_end(self, output: RequestOutput) -> str:
        """The last words of the prompt, where they say something about thinking."""
        if self._item.thinking is None:
            return ""
        return self._decode(list(output.prompt_token_ids or ())[-_TAIL:])

    def completion(self, completion: Any, prompt_end: str) -> Completion:
        """vLLM's whole `CompletionOutput` as ours."""
        thinking, answer = None, completion.text
        if self._item.thinking is not None:
            thinking, answer = self._item.thinking.split(completion.text, prompt_end)
        return Completion(
            text=answer or "",
            token_ids=list(completion.token_ids),
            finish_reason=completion.finish_reason,
            stop_reason=completion.stop_reason,
            logprobs=None if completion.logprobs is None else list(completion.logprobs),
            thinking=thinking,
            _parse=self._item.parse,
            _answered=answer is not None,
        )

    def check(self, completion: Any, choice: Completion, texts: list[str] | None = None) -> None:
        """Raise the error that a finished `CompletionOutput` stands for, if it does."""
        constraint = self._item.constraint
        if constraint is not None:
            from outlines.plugin.request import raise_if_failed

            raise_if_failed(completion)
        if completion.finish_reason == "error":
            raise GenerationError("vLLM ended the request with an error: see its log")
        if completion.finish_reason == "abort":
            raise GenerationError("vLLM gave the request up before it was finished")
        if constraint is None or self._on_truncation == "return":
            return
        stop = completion.stop_reason if isinstance(completion.stop_reason, str) else None
        cut = completion.finish_reason == "length" or stop is not None
        # There an output can be whole all the same; only its end was not written.
        if cut and not (choice._answered and is_whole(constraint, choice.text)):
            raise TruncatedOutputError(choice.text, texts, stop)


def result(output: RequestOutput, choices: list[Completion], request: Request) -> Result:
    """The rich result of a finished request."""
    times = request.times
    return Result(
        choices=tuple(choices),
        prompt_token_ids=list(output.prompt_token_ids or ()),
        prompt_logprobs=output.prompt_logprobs,
        cached_tokens=output.num_cached_tokens,
        timings=Timings(
            queued=times.admitted - times.submitted,
            first_token=None if times.first_token is None else times.first_token - times.submitted,
            total=times.finished - times.submitted,
        ),
    )


def gathering(receive: Callable[[RequestOutput | Exception], None]) -> Callable[[RequestOutput | Exception], None]:
    """A receiver of growing outputs (`CUMULATIVE`) that hands on one, when all is finished.

    vLLM gives the outputs of an n > 1 request one by one then.
    """
    last: dict[int, Any] = {}

    def gather(output: RequestOutput | Exception) -> None:
        if isinstance(output, Exception):
            receive(output)
            return
        last.update((completion.index, completion) for completion in output.outputs)
        if output.finished:
            output.outputs = [last[index] for index in sorted(last)]
            receive(output)

    return gather


def is_whole(constraint: Constraint, text: str) -> bool:
    """Whether a text is all that the constraint asks for."""
    return bool(_byte_index(constraint).accepts(text))


@functools.lru_cache(maxsize=1024)
def shortest_in_bytes(constraint: Constraint) -> float:
    """How many bytes are enough for an output; infinite if that is not known."""
    from outlines.guide import LimitError

    enough = None
    with contextlib.suppress(LimitError):
        _, enough = _byte_index(constraint).minimum_tokens(enough=_MANY)
    return math.inf if enough is None else enough


@functools.lru_cache(maxsize=32)
def _byte_index(constraint: Constraint) -> Index:
    """The constraint compiled for single bytes: whether a text is whole does not depend on the tokenizer."""
    from outlines.plugin.compiler import compile_index
    from outlines.types.convert import CHECKING_BYTES

    index = compile_index(constraint, _byte_vocabulary())
    index.memory_limit = CHECKING_BYTES
    return index


@functools.cache
def _byte_vocabulary() -> Vocabulary:
    from outlines.guide import Vocabulary

    return Vocabulary([*(bytes([byte]) for byte in range(256)), None], [256], 257)
