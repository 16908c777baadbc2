"""The keyword arguments of a call, sorted by who they are for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from outlines.models.prompts import PROMPT_KEYWORDS
from outlines.models.sampling import fold, sampling_keywords

# Keywords of `LLM.generate` that go with the request itself.
ENGINE_KEYWORDS = frozenset({"lora_request", "priority"})
OWN_KEYWORDS = frozenset(
    {"sampling_params", "on_truncation", "return_result", "thinking", "thinking_budget", "backend", "use_tqdm"}
)
_ON_TRUNCATION = ("raise", "return")


@dataclass(frozen=True)
class RequestOptions:
    """What one call asks for beside its prompt and output type.

    Attributes:
        sampling_params: the caller's `SamplingParams`, or None.
        sampling_fields: fields of `SamplingParams` given as keywords, by field name.
        prompt: keywords that say how the prompt becomes tokens.
        engine: keywords that go with the request.
        on_truncation: "raise" or "return".
        return_result: whether a `Result` is given instead of text.
        thinking, thinking_budget: as the caller gave them.
        backend: the structured-output backend asked for, or None.
        use_tqdm: as for `LLM.generate`.
    """

    sampling_params: Any
    sampling_fields: dict[str, Any]
    prompt: dict[str, Any]
    engine: dict[str, Any]
    on_truncation: str
    return_result: bool
    thinking: Any
    thinking_budget: int | None
    backend: str | None
    use_tqdm: Any


def sort_keywords(keywords: Mapping[str, Any], own: frozenset[str] = frozenset()) -> RequestOptions:
    """Sort a call's keyword arguments.

    Args:
        keywords: the arguments.
        own: further names that the caller handles itself, to be listed among the valid ones.

    Raises:
        TypeError: one is unknown; the message lists those that are valid.
        ValueError: one has a value outside its few, or a field is given twice.
    """
    sampling = sampling_keywords()
    if unknown := keywords.keys() - sampling - PROMPT_KEYWORDS - ENGINE_KEYWORDS - OWN_KEYWORDS:
        valid = sorted(sampling | PROMPT_KEYWORDS | ENGINE_KEYWORDS | OWN_KEYWORDS | own)
        raise TypeError(
            f"unknown keyword argument{'s'[: len(unknown) > 1]} {', '.join(sorted(unknown))}; valid are: "
            f"{', '.join(valid)}"
        )
    on_truncation = keywords.get("on_truncation", "raise")
    if on_truncation not in _ON_TRUNCATION:
        raise ValueError(f"on_truncation must be one of {', '.join(_ON_TRUNCATION)}, not {on_truncation!r}")
    return RequestOptions(
        sampling_params=keywords.get("sampling_params"),
        sampling_fields=fold({name: value for name, value in keywords.items() if name in sampling}),
        prompt={name: value for name, value in keywords.items() if name in PROMPT_KEYWORDS},
        engine={name: value for name, value in keywords.items() if name in ENGINE_KEYWORDS},
        on_truncation=on_truncation,
        return_result=bool(keywords.get("return_result", False)),
        thinking=keywords.get("thinking"),
        thinking_budget=keywords.get("thinking_budget"),
        backend=keywords.get("backend"),
        use_tqdm=keywords.get("use_tqdm", False),
    )
