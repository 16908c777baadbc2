"""What a set can hold: values that are hashable in Python, which JSON Schema has no word for.

pydantic reads a set item by item and then fails on a list or an object, so items of any type are narrowed to scalars,
and items that can never be hashable are refused.
"""

from __future__ import annotations

from typing import Any

# Of the values that JSON writes, those that are read as hashable ones.
HASHABLE_JSON = {"type": ["string", "number", "boolean", "null"]}

_MUTABLE = frozenset({"list", "dict", "set", "typed-dict", "any"})
_CLASSES = frozenset({"model", "dataclass"})


def is_any(schema: Any) -> bool:
    """Whether a core schema is that of `Any` or of `typing.Hashable`."""
    return bool(schema["type"] == "any" or schema.get("custom_error_type") == "is_hashable")


def is_hashable(schema: Any) -> bool:
    """Whether all values that a core schema reads are hashable, as far as it shows."""
    kind = schema["type"]
    if kind in _MUTABLE:
        return False
    if kind in _CLASSES:
        return bool(schema["cls"].__hash__ is not None)
    if kind == "tuple":
        return all(map(is_hashable, schema["items_schema"]))
    if kind == "union":
        members = (member[0] if isinstance(member, tuple) else member for member in schema["choices"])
        return all(map(is_hashable, members))
    if kind == "tagged-union":
        return all(map(is_hashable, schema["choices"].values()))
    inner = schema.get("schema")
    return is_hashable(inner) if isinstance(inner, dict) else True
