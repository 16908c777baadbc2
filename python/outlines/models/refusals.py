"""What vLLM refuses, as `ValueError` on every version.

vLLM raises `VLLMValidationError` for a value that it does not take; whether that is a `ValueError` depends on its
version.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


def as_value_error(error: Exception) -> Exception:
    """`error` itself, or a ValueError with its message if it is vLLM's refusal of a value."""
    refused = any(kind.__name__ == "VLLMValidationError" for kind in type(error).__mro__)
    if not refused or isinstance(error, ValueError):
        return error
    value_error = ValueError(str(error))
    value_error.__cause__ = error
    return value_error


@contextmanager
def refusals_as_value_errors() -> Iterator[None]:
    """Raise what vLLM refuses inside the block as ValueError."""
    try:
        yield
    except Exception as error:
        translated = as_value_error(error)
        if translated is error:
            raise
        raise translated from error
