"""Prompt templates, in jinja2."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from inspect import cleandoc
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jinja2


class Template:
    """A prompt with places to fill in. Make one with `from_string` or `from_file` and call it with the values."""

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
        return cls(_environment(None, filters).from_string(cleandoc(text)))

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
    environment.filters.update(filters or {})
    return environment
