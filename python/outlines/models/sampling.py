"""Sampling parameters from what a caller gives: vLLM's object, keywords, or both.

Every public field of `vllm.SamplingParams` is a keyword, read from the class itself so that a new version's fields work
at once. The caller's own object is never changed: vLLM writes into the one it gets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from outlines.models.refusals import refusals_as_value_errors

if TYPE_CHECKING:
    from vllm import LLM, SamplingParams

# Other names for a field.
ALIASES: Mapping[str, str] = {"max_new_tokens": "max_tokens"}

# Fields that are vLLM's or ours to set: how pieces come back, and what vLLM computes from the others.
_NOT_KEYWORDS = frozenset({"output_kind", "output_text_buffer_length", "skip_clone"})


def sampling_fields() -> frozenset[str]:
    """The names of the `SamplingParams` fields that a caller may set."""
    from vllm import SamplingParams

    names = (name for name in SamplingParams.__struct_fields__ if not name.startswith("_"))
    return frozenset(names) - _NOT_KEYWORDS


def sampling_keywords() -> frozenset[str]:
    """The names under which a caller may set a field: the fields and their aliases."""
    return sampling_fields() | ALIASES.keys()


def fold(keywords: Mapping[str, Any]) -> dict[str, Any]:
    """Keywords by their field's name.

    Raises:
        ValueError: a field is given under two names.
    """
    fields: dict[str, Any] = {}
    for name, value in keywords.items():
        field = ALIASES.get(name, name)
        if field in fields:
            raise ValueError(f"{name} is another name for {field}: give one of the two")
        fields[field] = value
    return fields


def build(llm: LLM, given: Any, fields: Mapping[str, Any]) -> SamplingParams:
    """A new `SamplingParams` from the caller's object (or None) and fields.

    Without an object, fields that are not given have the model's own generation defaults. Without a limit, `max_tokens`
    is None, which to vLLM means what is left of the context: its default of 16 tokens serves nobody, so 16 in
    `sampling_params` counts as not given, and `max_tokens=16` as a keyword is a limit like any other. A field that is
    None is not given.

    Raises:
        TypeError: `given` is not a `SamplingParams`.
        ValueError: a field is given both ways, or vLLM refuses its value.
    """
    from vllm import SamplingParams

    fields = {name: value for name, value in fields.items() if value is not None}
    default = SamplingParams()
    if given is None:
        base = llm.get_default_sampling_params()
    elif isinstance(given, SamplingParams):
        base = given
        _refuse_both_ways(_changed(given, default, fields))
    else:
        raise TypeError(
            f"sampling_params must be a vllm.SamplingParams, not {type(given).__name__}; single fields can be given "
            "as keywords, such as temperature=0"
        )
    # Through the constructor, which checks the values and computes what depends on several of them.
    combined = {name: getattr(base, name) for name in sampling_fields()}
    if combined["max_tokens"] == default.max_tokens:
        combined["max_tokens"] = None
    # Computed where it is not given: to be computed anew.
    if combined.get("skip_reading_prefix_cache") == (base.prompt_logprobs is not None):
        combined.pop("skip_reading_prefix_cache", None)
    with refusals_as_value_errors():
        return SamplingParams(**{**combined, **fields})


def _changed(given: SamplingParams, default: SamplingParams, names: Iterable[str]) -> list[str]:
    return [name for name in names if getattr(given, name) != getattr(default, name)]


def _refuse_both_ways(names: list[str]) -> None:
    if names:
        listed = ", ".join(sorted(names))
        raise ValueError(f"{listed}: given both in sampling_params and as a keyword; give it one way")
