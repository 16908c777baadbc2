"""What `return_result=True` gives: the output with all that vLLM says of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class Completion:
    """One output of a request.

    Attributes:
        text: what was written; without the thinking, where there was some.
        thinking: the text before the end of thinking; None where thinking was not asked for.
        token_ids: all tokens, of the thinking too.
        logprobs: per token a dict from token id to vLLM's `Logprob`; None unless `logprobs=` was given.
        finish_reason: "stop", or "length" for one that reached its limit.
        stop_reason: the stop string or stop token id that ended it, if one did.
    """

    text: str
    token_ids: list[int]
    finish_reason: str | None
    stop_reason: int | str | None = None
    logprobs: list[Any] | None = None
    thinking: str | None = None
    _parse: Callable[[str], Any] = field(default=str, repr=False, compare=False)
    # False if it was cut off while thinking.
    _answered: bool = field(default=True, repr=False)

    @property
    def truncated(self) -> bool:
        """Whether the token limit ended it, free text as well."""
        return self.finish_reason == "length"

    @cached_property
    def value(self) -> Any:
        """The Python value of the text, as the output type reads it.

        Raises:
            ValueError: the text is not of the type, because it was cut off.
        """
        return self._parse(self.text)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Timings:
    """How long a request took, in seconds from its submission.

    Attributes:
        queued: until vLLM had it.
        first_token: until its first token was there; None if there was none.
        total: until its end.
    """

    queued: float
    first_token: float | None
    total: float


@dataclass(frozen=True)
class Result:
    """The outputs of one request. `text`, `value`, `token_ids` and the like are those of the first.

    Attributes:
        choices: the outputs; as many as `n` asked for.
        prompt_token_ids: the prompt as the model saw it.
        prompt_logprobs: as vLLM gives them; None unless `prompt_logprobs=` was given.
        cached_tokens: how many tokens of the prompt were in vLLM's prefix cache.
        timings: how long it took.
    """

    choices: tuple[Completion, ...]
    prompt_token_ids: list[int]
    timings: Timings
    prompt_logprobs: Any = field(default=None, repr=False)
    cached_tokens: int | None = None

    @property
    def text(self) -> str:
        """The first output's text."""
        return self.choices[0].text

    @property
    def value(self) -> Any:
        """The first output's value. Raises ValueError if it was cut off."""
        return self.choices[0].value

    @property
    def thinking(self) -> str | None:
        """The first output's thinking."""
        return self.choices[0].thinking

    @property
    def token_ids(self) -> list[int]:
        """The first output's tokens."""
        return self.choices[0].token_ids

    @property
    def logprobs(self) -> list[Any] | None:
        """The first output's log probabilities."""
        return self.choices[0].logprobs

    @property
    def finish_reason(self) -> str | None:
        """Why the first output ended."""
        return self.choices[0].finish_reason

    @property
    def truncated(self) -> bool:
        """Whether the token limit ended one of the outputs."""
        return any(choice.truncated for choice in self.choices)

    @property
    def prompt_tokens(self) -> int:
        """How many tokens the prompt has."""
        return len(self.prompt_token_ids)

    @property
    def output_tokens(self) -> int:
        """How many tokens were written, in all outputs."""
        return sum(len(choice.token_ids) for choice in self.choices)

    def __str__(self) -> str:
        return self.text
