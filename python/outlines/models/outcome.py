"""From vLLM's finished output to what the caller gets: text, or the error that it ended with."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from outlines.constraint import Constraint
from outlines.errors import GenerationError, TruncatedOutputError

if TYPE_CHECKING:
    from outlines.guide import Index, Vocabulary


def result_of(output: Any, constraint: Constraint | None, on_truncation: str) -> str | list[str]:
    """The text of a finished `RequestOutput`; a list of texts where several were asked for.

    Raises:
        TruncatedOutputError: a constrained output reached its limit before it was whole, and `on_truncation` is
            "raise".
        ConstraintError: the constraint turned out not to compile for this model.
        GenerationError: the engine ended the request.
    """
    texts = [completion.text for completion in output.outputs]
    for completion in output.outputs:
        check_finished(completion, completion.text, constraint, on_truncation, texts)
    return texts[0] if len(texts) == 1 else texts


def check_finished(
    completion: Any, text: str, constraint: Constraint | None, on_truncation: str, texts: list[str] | None = None
) -> None:
    """Raise the error that a finished `CompletionOutput` with this whole text stands for, if it does."""
    if constraint is not None:
        from outlines.plugin.request import raise_if_failed

        raise_if_failed(completion)
    if completion.finish_reason == "error":
        raise GenerationError("vLLM ended the request with an error: see its log")
    if completion.finish_reason == "abort":
        raise GenerationError("vLLM gave the request up before it was finished")
    cut = completion.finish_reason == "length" and constraint is not None and on_truncation == "raise"
    # At its limit an output can be whole all the same; only its end was not written.
    if cut and constraint is not None and not _is_whole(constraint, text):
        raise TruncatedOutputError(text, texts)


def _is_whole(constraint: Constraint, text: str) -> bool:
    return bool(_byte_index(constraint).accepts(text))


@functools.lru_cache(maxsize=32)
def _byte_index(constraint: Constraint) -> Index:
    """The constraint compiled for single bytes: whether a text is whole does not depend on the tokenizer."""
    from outlines.plugin.compiler import compile_index

    return compile_index(constraint, _byte_vocabulary())


@functools.cache
def _byte_vocabulary() -> Vocabulary:
    from outlines.guide import Vocabulary

    return Vocabulary([*(bytes([byte]) for byte in range(256)), None], [256], 257)
