"""The errors that a caller can meet, in one place.

Three families. A constraint that cannot be honoured (`ConstraintError` and its kinds, all `ValueError`s, from
`outlines.guide`) and an output type or prompt of the wrong kind (`TypeError`) are raised before the model runs.
What goes wrong while it runs is an `OutlinesError`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from outlines.guide import BudgetError, ConstraintError, GrammarError, JsonSchemaError, LimitError, RegexError

_FROM_GUIDE = frozenset(
    {"BudgetError", "ConstraintError", "GrammarError", "JsonSchemaError", "LimitError", "RegexError"}
)

__all__ = [
    "BatchError",
    "BudgetError",
    "ConstraintError",
    "GenerationError",
    "GrammarError",
    "JsonSchemaError",
    "LimitError",
    "OutlinesError",
    "RegexError",
    "TruncatedOutputError",
]


class OutlinesError(Exception):
    """Something went wrong while the model ran."""


class TruncatedOutputError(OutlinesError):
    """A structured output reached its token limit, or a text of `stop`, before it was whole.

    Attributes:
        text: what had been written by then.
        texts: all outputs of the request, in order; more than one when it asked for n > 1.
        stop: the text of `stop` that came; None if it was the limit.
    """

    def __init__(self, text: str, texts: Sequence[str] | None = None, stop: str | None = None) -> None:
        self.text = text
        self.texts = list(texts) if texts is not None else [text]
        self.stop = stop
        shown = text if len(text) <= 200 else f"{text[:100]} ... {text[-100:]}"
        super().__init__(
            (
                "the output was cut off at its token limit and is not whole: raise max_tokens, leave it out to use the "
                "rest of the context,"
                if stop is None
                else f"the output was ended by stop={stop!r} and is not whole: leave stop out, since an output with a "
                "type ends by itself,"
            )
            + f' or pass on_truncation="return" to get the partial text. It was: {shown!r}'
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.text, self.texts, self.stop)


class GenerationError(OutlinesError):
    """vLLM ended a request with an error, or the engine stopped."""


class BatchError(OutlinesError):
    """Some items of a batch failed; the others were finished first.

    Attributes:
        results: one entry per prompt, in order: its output, or the exception that it ended with. Empty for a batch that
            gave its results as they ended.
        failures: the exceptions by position; of a batch that gave its results as they ended, the first 1,000. The
            first is also this error's `__cause__`.
    """

    def __init__(
        self,
        results: Sequence[Any],
        failures: Mapping[int, Exception] | None = None,
        failed: int | None = None,
        total: int | None = None,
    ) -> None:
        self.results = list(results)
        self.failures = dict(
            failures
            if failures is not None
            else {position: result for position, result in enumerate(results) if isinstance(result, Exception)}
        )
        self._counts = failed or len(self.failures), total or len(self.results)
        position, failure = next(iter(self.failures.items()))
        others = "The others are in .results; " if self.results else ""
        super().__init__(
            f"{self._counts[0]} of {self._counts[1]} items failed; the first, at position {position}: "
            f"{type(failure).__name__}: {failure}. {others}return_exceptions=True returns exceptions in place instead"
        )
        self.__cause__ = failure

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.results, self.failures, *self._counts)


def __getattr__(name: str) -> Any:
    # The extension module is loaded when one of its errors is first named, so that `import outlines` stays quick.
    if name in _FROM_GUIDE:
        from outlines import guide

        return getattr(guide, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
