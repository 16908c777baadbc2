"""Prompt templates, in jinja2, with filters that describe functions and models to the language model."""

from __future__ import annotations

import inspect
import json
import os
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jinja2


class Template:
    """A prompt with places to fill in. Make one with `from_string` or `from_file` and call it with the values.

    Beside jinja2's own filters there are, for a function, `name`, `description` (the first line of its docstring),
    `args`, `signature` (the same) and `source`, and `schema` for a pydantic model or a dict: its fields and what each
    is, as JSON.
    """

    def __init__(self, template: jinja2.Template) -> None:
        self._template = template

    def __call__(self, **values: Any) -> str:
        """The prompt with `values` filled in.

        Raises:
            jinja2.UndefinedError: the template names a value that is not given.
        """
        return self._template.render(**values)

    @classmethod
    def from_string(cls, text: str, filters: Mapping[str, Callable[..., Any]] | None = None) -> Template:
        """A template of a text; its common indentation is removed.

        Args:
            text: the template.
            filters: functions that it may use as filters, by name.

        Raises:
            jinja2.TemplateSyntaxError: the template is not valid.
        """
        return cls(_environment(None, filters).from_string(inspect.cleandoc(text)))

    @classmethod
    def from_file(
        cls, path: str | os.PathLike[str], filters: Mapping[str, Callable[..., Any]] | None = None
    ) -> Template:
        """A template of a UTF-8 file, which may include others of its folder."""
        path = Path(path)
        return cls(_environment(path.parent, filters).get_template(path.name))


def _environment(folder: Path | None, filters: Mapping[str, Callable[..., Any]] | None) -> jinja2.Environment:
    try:
        import jinja2
    except ImportError as error:
        raise ImportError("templates need the package jinja2: pip install jinja2") from error
    environment = jinja2.Environment(
        loader=None if folder is None else jinja2.FileSystemLoader(folder),
        # A prompt is no HTML, and a value that is missing must not vanish.
        autoescape=False,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    environment.filters.update({**_FILTERS, **(filters or {})})
    return environment


def _of_function(describe: Callable[[Callable[..., Any]], str]) -> Callable[[Any], str]:
    def checked(function: Any) -> str:
        if not callable(function):
            raise TypeError(f"this filter describes a function, not {function!r}")
        return describe(function)

    return checked


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _description(function: Callable[..., Any]) -> str:
    return (inspect.getdoc(function) or "").partition("\n")[0].strip()


def _arguments(function: Callable[..., Any]) -> str:
    signature = inspect.signature(function).replace(return_annotation=inspect.Signature.empty)
    # As they are written: the signature says `typing.List[str]` for `List[str]`.
    return str(signature)[1:-1].replace("typing.", "")


def _source(function: Callable[..., Any]) -> str:
    lines = textwrap.dedent(inspect.getsource(function)).splitlines(keepends=True)
    # Without decorators.
    first = next((at for at, line in enumerate(lines) if line.startswith(("def ", "async def "))), 0)
    return "".join(lines[first:])


def _schema(value: Any) -> str:
    if isinstance(value, Mapping):
        return json.dumps(value, indent=2, ensure_ascii=False)
    fields = getattr(value, "model_fields", None)
    if not isinstance(value, type) or fields is None:
        raise TypeError(f"the filter schema describes a pydantic model or a dict, not {value!r}")
    return json.dumps(_fields(value), indent=2, ensure_ascii=False)


def _fields(model: Any) -> dict[str, Any]:
    described: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        if field.description is not None:
            described[name] = field.description
        elif hasattr(field.annotation, "model_fields"):
            described[name] = _fields(field.annotation)
        else:
            described[name] = f"<{name}>"
    return described


_FILTERS: Mapping[str, Callable[[Any], str]] = {
    "name": _of_function(_name),
    "description": _of_function(_description),
    "args": _of_function(_arguments),
    "signature": _of_function(_arguments),
    "source": _of_function(_source),
    "schema": _schema,
}
