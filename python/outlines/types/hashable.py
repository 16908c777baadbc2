"""What a set can hold: values that are hashable in Python, which JSON Schema has no word for.

pydantic reads a set item by item and then fails on a list or an object, so items of any type are narrowed to scalars,
and items that need not be hashable are refused. What JSON writes as a scalar is read as something hashable, whatever it
is; of what it writes as an array or an object, only the types known here are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

# Of the values that JSON writes, those that are read as hashable ones.
HASHABLE_JSON = {"type": ["string", "number", "boolean", "null"]}

_SCALARS = frozenset({"string", "number", "integer", "boolean", "null"})


def _inner(schema: Any) -> list[Any]:
    return [schema["schema"]] if "schema" in schema else []


# The core schemas whose values being hashable makes those of a core schema so, by its type.
_PARTS: dict[str, Callable[[Any], list[Any]]] = {
    "tuple": lambda schema: schema["items_schema"],
    "named-tuple": lambda schema: [field["schema"] for field in schema["fields"]],
    "arguments": lambda schema: [argument["schema"] for argument in schema["arguments_schema"]],
    "call": lambda schema: [schema["arguments_schema"]],
    "union": lambda schema: [choice[0] if isinstance(choice, tuple) else choice for choice in schema["choices"]],
    "tagged-union": lambda schema: list(schema["choices"].values()),
    "json-or-python": lambda schema: [schema["json_schema"]],
}


def is_any(schema: Any) -> bool:
    """Whether a core schema is that of `Any` or of `typing.Hashable`."""
    return bool(schema["type"] == "any" or schema.get("custom_error_type") == "is_hashable")


def is_hashable(schema: Any, definitions: Mapping[str, Any], is_scalar: Callable[[Any], bool]) -> bool:
    """Whether all values that a core schema reads from JSON are known to be hashable.

    Args:
        schema: the core schema.
        definitions: the core schemas that it may refer to, by their references.
        is_scalar: whether a core schema's values are scalars in JSON.
    """

    kind = schema["type"]
    if kind in ("frozenset", "generator"):
        return True
    if kind in ("model", "dataclass"):
        return bool(schema["cls"].__hash__ is not None)
    if kind == "definition-ref":
        # Within itself, what it is made of decides.
        others = {ref: target for ref, target in definitions.items() if ref != schema["schema_ref"]}
        target = definitions.get(schema["schema_ref"])
        return target is None or is_hashable(target, others, is_scalar)
    parts = _PARTS.get(kind, _inner)(schema)
    if parts and all(is_hashable(part, definitions, is_scalar) for part in parts):
        return True
    return is_scalar(schema)


def is_scalar_json(schema: Mapping[str, Any]) -> bool:
    """Whether a JSON Schema says that its values are scalars."""
    if "anyOf" in schema:
        return all(map(is_scalar_json, schema["anyOf"]))
    if "enum" in schema or "const" in schema:
        return not any(isinstance(value, (list, dict)) for value in schema.get("enum", [schema.get("const")]))
    types = schema.get("type", [])
    return bool(types) and _SCALARS.issuperset([types] if isinstance(types, str) else types)
