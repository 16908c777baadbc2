"""The mark that makes a request ours, as it travels inside vLLM's `SamplingParams`.

The constraint itself stays in vLLM's own field (`structured_outputs.regex`, `.json`, `.choice`, `.grammar`; one made of
others in `.structural_tag`, see structural_tag.py), so that logs stay honest. A request is ours by either of two marks,
since each survives a way the other does not: `structured_outputs._backend == NAME` (set by validation) and
`extra_args[NAME]` (a dict of the constraint's options, kept in rows of a data set). Objects are read by attribute;
nothing here imports vLLM.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from outlines.constraint import KINDS, Constraint, ConstraintKind

from . import NAME, structural_tag


def is_ours(params: Any) -> bool:
    """Whether this `SamplingParams` (or None) asks for our backend."""
    if params is None:
        return False
    structured = getattr(params, "structured_outputs", None)
    if structured is not None and getattr(structured, "_backend", None) == NAME:
        return True
    return NAME in (getattr(params, "extra_args", None) or ())


def field(constraint: Constraint) -> dict[str, Any]:
    """The argument of vLLM's `StructuredOutputsParams` that holds the constraint."""
    if constraint.kind in ("union", "sequence", "repeat"):
        return {"structural_tag": structural_tag.dumps(constraint)}
    return {constraint.kind: constraint.plain()[1]}


def write(params: Any, constraint: Constraint, structured_outputs: Any) -> None:
    """Put the constraint's mark on `params`, around the `StructuredOutputsParams` made for it."""
    structured_outputs._backend = NAME
    params.structured_outputs = structured_outputs
    params.extra_args = {**(params.extra_args or {}), NAME: dict(constraint.options)}


def read(params: Any) -> Constraint:
    """The constraint of a marked `SamplingParams`.

    Raises:
        ValueError: the mark or the constraint is malformed, or asks for something that we do not enforce.
    """
    structured = params.structured_outputs
    if structured is None:
        raise ValueError(
            f"extra_args[{NAME!r}] is set but structured_outputs is not: put the constraint in structured_outputs"
        )
    options = _options(params, structured)
    if (tag := getattr(structured, "structural_tag", None)) is not None:
        whole = structural_tag.loads(tag)
        return Constraint(whole.kind, whole.plain()[1], {**options, **dict(whole.options)})
    kind: ConstraintKind
    for kind in KINDS:
        value = getattr(structured, kind, None)
        if value is not None:
            return Constraint(kind, value, options)
    if getattr(structured, "json_object", None):
        return Constraint("json", {"type": "object"}, options)
    raise ValueError("structured_outputs holds no constraint: set json, regex, choice or grammar")


def _options(params: Any, structured: Any) -> dict[str, Any]:
    given = (params.extra_args or {}).get(NAME)
    if given is not None and not isinstance(given, Mapping):
        raise ValueError(f"extra_args[{NAME!r}] must be a dict of options, not {type(given).__name__}")
    options = dict(given or {})
    # vLLM's own switches, where they mean something that we can enforce.
    if getattr(structured, "disable_additional_properties", False):
        raise ValueError(
            "disable_additional_properties is not supported by outlines: write additionalProperties in the schema"
        )
    if getattr(structured, "disable_any_whitespace", False):
        options.setdefault("whitespace_pattern", "")
    if (pattern := getattr(structured, "whitespace_pattern", None)) is not None:
        options.setdefault("whitespace_pattern", pattern)
    return options
