"""The arguments of a function as a pydantic model, so that a model can write a call of it."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ConfigDict, create_model

_VARIABLE = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def arguments_model(function: Callable[..., Any]) -> type[BaseModel]:
    """A model with one field per argument that is still open, in order; those with a default are optional.

    Raises:
        TypeError: an argument has no annotation, or there are `*args` or `**kwargs`.
    """
    name = _name(function)
    try:
        signature = inspect.signature(function)
    except ValueError as error:
        raise TypeError(f"{name} cannot be an output type: its arguments are not known ({error})") from error
    hints = _hints(function, name)
    fields: dict[str, Any] = {}
    for parameter in _open_parameters(function, signature):
        if parameter.kind in _VARIABLE:
            raise TypeError(
                f"{name} cannot be an output type: {parameter} has no fixed names. Name its arguments, or use a "
                "pydantic model"
            )
        if parameter.name not in hints:
            raise TypeError(
                f"{name} cannot be an output type: its argument {parameter.name!r} has no annotation. Annotate it, or "
                "use a pydantic model"
            )
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        fields[parameter.name] = (hints[parameter.name], default)
    return create_model(name, __config__=ConfigDict(extra="forbid", arbitrary_types_allowed=False), **fields)


def _open_parameters(function: Callable[..., Any], signature: inspect.Signature) -> list[inspect.Parameter]:
    # A keyword that a partial has bound stays in its signature, with the value as its default.
    bound: set[str] = set()
    while isinstance(function, functools.partial):
        bound |= function.keywords.keys()
        function = function.func
    return [parameter for parameter in signature.parameters.values() if parameter.name not in bound]


def _hints(function: Callable[..., Any], name: str) -> dict[str, Any]:
    while isinstance(function, functools.partial):
        function = function.func
    if not inspect.isroutine(function):
        function = type(function).__call__
    try:
        return typing.get_type_hints(function, include_extras=True)
    except NameError as error:
        raise TypeError(f"{name} cannot be an output type: {error} in its annotations") from error


def _name(function: Callable[..., Any]) -> str:
    while isinstance(function, functools.partial):
        function = function.func
    return getattr(function, "__name__", type(function).__name__)
