"""How a failure in the engine process reaches the caller, with its type and its message.

vLLM ends a failed request with `finish_reason="error"` and no text that says why (before 0.20 it does not end
it at all). The one free field that travels with the final output, on every version, is `stop_reason`: the
failure is written there as NAME, a colon and one JSON object, and read back as the exception that it was.
"""

from __future__ import annotations

import json
from types import NoneType
from typing import Any

from outlines.errors import GenerationError

from . import NAME

_PREFIX = f"{NAME}:"
# What an error says beside its message: its place in the constraint, or how many tokens are needed.
_DETAILS = ("position", "pointer", "line", "column", "max_tokens", "at_least", "enough")


def to_dict(error: BaseException) -> dict[str, Any]:
    """Plain data for an exception: type name, message, and details where it has some."""
    described: dict[str, Any] = {"type": type(error).__name__, "message": str(error)}
    for name in _DETAILS:
        if hasattr(error, name) and isinstance(value := getattr(error, name), (str, int, NoneType)):
            described[name] = value
    return described


def from_dict(described: dict[str, Any]) -> Exception:
    """The exception that `to_dict` described; a type that is not one of the engine's is a `GenerationError`."""
    from outlines import guide

    kind = getattr(guide, str(described["type"]), None)
    message = str(described["message"])
    if not (isinstance(kind, type) and issubclass(kind, guide.ConstraintError)):
        return GenerationError(message)
    error: Exception = kind(message)
    for name in _DETAILS:
        if name in described:
            setattr(error, name, described[name])
    return error


def encode(error: BaseException) -> str:
    """The `stop_reason` that carries `error`."""
    return _PREFIX + json.dumps(to_dict(error))


def decode(stop_reason: object) -> Exception | None:
    """The error that a `stop_reason` carries; None when it is not one of ours."""
    if not isinstance(stop_reason, str) or not stop_reason.startswith(_PREFIX):
        return None
    return from_dict(json.loads(stop_reason[len(_PREFIX) :]))
