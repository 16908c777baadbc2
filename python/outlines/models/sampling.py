"""Sampling parameters from what a caller gives: vLLM's object, keywords, or both.

Every public field of `vllm.SamplingParams` is a keyword, read from the class itself so that a new version's fields work
at once. The caller's own object is never changed: vLLM writes into the one it gets.
"""

from __future__ import annotations

import functools
import operator
import types
import typing
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

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
        TypeError: `given` is not a `SamplingParams`, or a field's value is not of its type.
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
    checked = {name: _checked(name, value) for name, value in {**combined, **fields}.items()}
    with refusals_as_value_errors():
        return SamplingParams(**checked)


def _checked(name: str, value: Any) -> Any:
    """A field's value as its type has it: vLLM does not look, and its engine stops for good when it reads another one.

    Raises:
        TypeError: it is not of the field's type.
    """
    # vLLM's way of asking for one of them.
    if value is True and name.endswith("logprobs"):
        return value
    kind, is_plain = _types()[name]
    if not is_plain:
        if not isinstance(value, kind):
            raise TypeError(f"{name}: Expected `{kind}`, got `{type(value).__name__}`")
        return value
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.tolist()
    import msgspec

    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise TypeError(f"{name}: {str(error).replace('null', 'None')}") from error


@functools.cache
def _types() -> dict[str, tuple[Any, bool]]:
    """The types of the fields, and whether they hold plain data. Of the others, the classes."""
    from vllm import SamplingParams

    plain = (bool, int, float, str, types.NoneType)

    def is_plain(kind: Any) -> bool:
        parts = typing.get_args(kind)
        return all(map(is_plain, parts)) if parts else kind in plain

    def classes(kind: Any) -> Any:
        if typing.get_origin(kind) in (types.UnionType, typing.Union):
            return functools.reduce(operator.or_, map(classes, typing.get_args(kind)))
        kind = typing.get_origin(kind) or kind
        return kind if isinstance(kind, type) else object

    hints = typing.get_type_hints(SamplingParams)
    return {name: (kind, True) if is_plain(kind) else (classes(kind), False) for name, kind in hints.items()}


def _changed(given: SamplingParams, default: SamplingParams, names: Iterable[str]) -> list[str]:
    return [name for name in names if getattr(given, name) != getattr(default, name)]


def _refuse_both_ways(names: list[str]) -> None:
    if names:
        listed = ", ".join(sorted(names))
        raise ValueError(f"{listed}: given both in sampling_params and as a keyword; give it one way")
