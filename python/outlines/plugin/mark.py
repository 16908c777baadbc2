"""The mark that makes a request ours, as it travels inside vLLM's `SamplingParams`.

The constraint itself stays in vLLM's own field (`structured_outputs.regex`, `.json`, `.choice`, `.grammar`; one made of
others in `.structural_tag`, see structural_tag.py), so that logs stay honest. A request is ours by either of two marks,
since each survives a way the other does not: `structured_outputs._backend == NAME` (set by validation) and
`extra_args[NAME]` (a dict of the constraint's options, kept in rows of a data set). Objects are read by attribute;
nothing here imports vLLM.

A request for one of vLLM's own backends, chosen for that request alone, carries `extra_args[BACKEND_KEY]` instead; one
that is not to wait for the end of thinking, `extra_args[NOT_THINKING_KEY]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from outlines.constraint import KINDS, Constraint, ConstraintKind

from . import NAME, structural_tag

# Where `extra_args` names the backend of vLLM's that a request asks for, and says that the request does not think.
BACKEND_KEY = f"{NAME}-backend"
NOT_THINKING_KEY = f"{NAME}-not-thinking"
# Beside the constraint's options in `extra_args[NAME]`.
_THINKING = "thinking"
_TAKEN = "taken"
_ON_TRUNCATION = "on_truncation"


@dataclass(frozen=True)
class Thinking:
    """Free text before the constrained one.

    Attributes:
        end: the text that ends it, such as "</think>".
        budget: how many tokens it may have before its end is forced; None for no limit.
        opened_by: there is some only if the prompt ends after this text and not after `end`; None if there always is.
    """

    end: str
    budget: int | None = None
    opened_by: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.end, str) or not self.end:
            raise ValueError(f"the end of thinking is a text such as '</think>', not {self.end!r}")
        budget = self.budget
        if budget is not None and (isinstance(budget, bool) or not isinstance(budget, int) or budget < 0):
            raise ValueError(f"a thinking budget is a number of tokens, not {budget!r}")
        if self.opened_by is not None and (not isinstance(self.opened_by, str) or not self.opened_by):
            raise ValueError(f"what opens thinking is a text such as '<think>', not {self.opened_by!r}")


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


def write(
    params: Any,
    constraint: Constraint,
    structured_outputs: Any,
    thinking: Thinking | Literal[False] | None = None,
    *,
    taken: int = 0,
    on_truncation: str = "raise",
) -> None:
    """Put the constraint's mark on `params`, around the `StructuredOutputsParams` made for it."""
    structured_outputs._backend = NAME
    params.structured_outputs = structured_outputs
    options = dict(constraint.options)
    if thinking is not None:
        options[_THINKING] = asdict(thinking) if thinking else False
    if taken:
        options[_TAKEN] = taken
    if on_truncation != "raise":
        options[_ON_TRUNCATION] = on_truncation
    params.extra_args = {**(params.extra_args or {}), NAME: options}


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
    options.pop(_THINKING, None)
    options.pop(_TAKEN, None)
    options.pop(_ON_TRUNCATION, None)
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


def thinking(params: Any) -> Thinking | Literal[False] | None:
    """What a marked `SamplingParams` says about thinking: how it goes; False for none; None if nothing is said.

    Raises:
        ValueError: it is malformed.
    """
    given = ((params.extra_args or {}).get(NAME) or {}).get(_THINKING)
    if given is None or given is False:
        return given
    if not isinstance(given, Mapping) or not {"end"} <= given.keys() <= {"end", "budget", "opened_by"}:
        raise ValueError(f"{_THINKING} must be a dict of 'end', 'budget' and 'opened_by', or false, not {given!r}")
    return Thinking(given["end"], given.get("budget"), given.get("opened_by"))


def taken(params: Any) -> int:
    """How many tokens at the end of the prompt are the beginning of the output.

    Raises:
        ValueError: it is no number.
    """
    given = ((params.extra_args or {}).get(NAME) or {}).get(_TAKEN, 0)
    if isinstance(given, bool) or not isinstance(given, int) or given < 0:
        raise ValueError(f"{_TAKEN} must be a number of tokens, not {given!r}")
    return given


def may_be_cut(params: Any) -> bool:
    """Whether a marked `SamplingParams` wants what the model writes up to the limit on its tokens, whole or not.

    Raises:
        ValueError: what it wants is not one of the two.
    """
    given = ((params.extra_args or {}).get(NAME) or {}).get(_ON_TRUNCATION, "raise")
    if given not in ("raise", "return"):
        raise ValueError(f"{_ON_TRUNCATION} must be one of raise, return, not {given!r}")
    return bool(given == "return")


def chosen_for_request(params: Any) -> str | None:
    """The backend of vLLM's own that this `SamplingParams` (or None) asks for, by `choose_backend`."""
    chosen = (getattr(params, "extra_args", None) or {}).get(BACKEND_KEY)
    return None if chosen is None else str(chosen)


def choose_backend(params: Any, backend: str) -> None:
    """Ask for one of vLLM's own backends for this request alone."""
    params.extra_args = {**(params.extra_args or {}), BACKEND_KEY: backend}


def does_not_think(params: Any) -> bool:
    """Whether a request for a backend of vLLM's own is to be constrained from its first token."""
    return bool((getattr(params, "extra_args", None) or {}).get(NOT_THINKING_KEY))


def skip_thinking(params: Any) -> None:
    """Have a backend of vLLM's own not wait for the end of thinking."""
    params.extra_args = {**(params.extra_args or {}), NOT_THINKING_KEY: True}


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
