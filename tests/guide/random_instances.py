"""JSON Schemas as pydantic writes them, and random instances of them: mostly valid, some not."""

from __future__ import annotations

import random
import string
from typing import Any

SCHEMAS: dict[str, dict[str, Any]] = {
    "character": {
        "type": "object",
        "properties": {
            "name": {"title": "Name", "type": "string"},
            "age": {"title": "Age", "type": "integer"},
            "skills": {"items": {"type": "string"}, "title": "Skills", "type": "array"},
        },
        "required": ["name", "age", "skills"],
        "title": "Character",
    },
    "closed": {
        "type": "object",
        "properties": {
            "id": {"type": "integer", "minimum": -5, "exclusiveMaximum": 1000},
            "kind": {"enum": ["small", "large", None, 3], "default": "small"},
            "note": {"anyOf": [{"type": "string", "maxLength": 4}, {"type": "null"}], "default": None},
            "tags": {"type": "array", "items": {"type": "boolean"}, "minItems": 1, "maxItems": 3},
        },
        "required": ["id", "kind"],
        "additionalProperties": False,
    },
    "tree": {
        "$defs": {
            "Node": {
                "type": "object",
                "properties": {
                    "value": {"type": "integer"},
                    "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}, "default": []},
                },
                "required": ["value"],
                "additionalProperties": False,
            }
        },
        "$ref": "#/$defs/Node",
    },
    "text": {
        "type": "object",
        "properties": {
            "code": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]+$"},
            "word": {"type": "string", "minLength": 2, "maxLength": 5},
            "day": {"type": "string", "format": "date"},
        },
        "required": ["code", "word"],
        "additionalProperties": False,
    },
    "mapping": {
        "type": "object",
        "properties": {"fixed": {"const": "x"}},
        "additionalProperties": {"type": "number", "minimum": 0.5, "maximum": 20},
    },
    "union": {
        "anyOf": [
            {"$ref": "#/$defs/Cat"},
            {"$ref": "#/$defs/Dog"},
            {"type": "array", "items": {"anyOf": [{"$ref": "#/$defs/Cat"}, {"type": "integer"}]}, "maxItems": 2},
        ],
        "$defs": {
            "Cat": {
                "type": "object",
                "properties": {"kind": {"const": "cat"}, "lives": {"type": "integer", "minimum": 1, "maximum": 9}},
                "required": ["kind", "lives"],
                "additionalProperties": False,
            },
            "Dog": {
                "type": "object",
                "properties": {"kind": {"const": "dog"}, "good": {"type": "boolean"}},
                "required": ["kind"],
                "additionalProperties": False,
            },
        },
    },
    "both": {
        "allOf": [{"$ref": "#/$defs/Named"}],
        "properties": {"size": {"type": "integer", "minimum": 0}},
        "$defs": {"Named": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}},
    },
    "anything": {},
    "list": {"type": "array", "items": {"type": ["string", "null", "integer"]}, "maxItems": 4},
}


def random_instance(
    rng: random.Random, schema: dict[str, Any], root: dict[str, Any], noise: float, depth: int = 0
) -> Any:
    """An instance that follows the schema, but for a mistake at each place with probability `noise`."""
    if rng.random() < noise:
        return random_value(rng)
    if "$ref" in schema:
        schema = definition(root, schema)
    elif "allOf" in schema:
        inner = definition(root, schema["allOf"][0])
        schema = {**inner, "properties": {**inner["properties"], **schema["properties"]}}
    elif "anyOf" in schema:
        return random_instance(rng, rng.choice(schema["anyOf"]), root, noise, depth)
    if "enum" in schema or "const" in schema:
        return rng.choice(schema.get("enum", [schema.get("const")]))
    kind = schema.get("type")
    kind = rng.choice(kind) if isinstance(kind, list) else kind
    if kind == "object":
        return random_object(rng, schema, root, noise, depth)
    if kind == "array":
        most = 0 if depth > 3 else schema.get("maxItems", 3)
        count = rng.randint(min(schema.get("minItems", 0), most), most + (rng.random() < noise))
        return [random_instance(rng, schema["items"], root, noise, depth + 1) for _ in range(count)]
    return random_scalar(rng, kind, schema)


def definition(root: dict[str, Any], reference: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = root["$defs"][reference["$ref"].rpartition("/")[2]]
    return found


def random_scalar(rng: random.Random, kind: str | None, schema: dict[str, Any]) -> Any:
    if kind == "string":
        return random_string(rng, schema)
    if kind == "integer":
        return rng.randint(schema.get("minimum", -300), schema.get("maximum", schema.get("exclusiveMaximum", 301) - 1))
    if kind == "number":
        return rng.randint(0, 210) / rng.choice([1, 2, 4, 10])
    if kind == "boolean":
        return rng.random() < 0.5
    return None if kind == "null" else random_value(rng)


def random_object(rng: random.Random, schema: dict[str, Any], root: dict[str, Any], noise: float, depth: int) -> Any:
    required = schema.get("required", ())
    value = {
        name: random_instance(rng, inner, root, noise, depth + 1)
        for name, inner in schema.get("properties", {}).items()
        if rng.random() > (noise if name in required else 0.4)
    }
    more = schema.get("additionalProperties", {})
    if rng.random() < (noise if more is False else 0.4):
        for _ in range(rng.randint(1, 3)):
            name = f"k{rng.randint(0, 99)}"
            value[name] = random_instance(rng, more or {}, root, noise, depth + 1)
    return value


def random_string(rng: random.Random, schema: dict[str, Any]) -> str:
    if "pattern" in schema:
        return rng.choice(["AB-1", "ZZ-0042", "ab-1", "AB-", "AB-1 "])
    if "format" in schema:
        return rng.choice(["2024-02-29", "1999-12-31", "2023-02-29", "2024-13-01", "2024-1-1"])
    length = rng.randint(schema.get("minLength", 0), schema.get("maxLength", 8) + (rng.random() < 0.1))
    return "".join(rng.choices(string.ascii_letters + 'éß日本🎉 .,:{}[]"\\\n/0', k=length))


def random_value(rng: random.Random, depth: int = 0) -> Any:
    kind = rng.randrange(7 if depth < 2 else 5)
    if kind == 5:
        return [random_value(rng, depth + 1) for _ in range(rng.randint(0, 3))]
    if kind == 6:
        return {f"k{i}": random_value(rng, depth + 1) for i in range(rng.randint(0, 3))}
    return [None, rng.random() < 0.5, rng.randint(-2000, 2000), rng.randint(-99, 99) / 4, random_string(rng, {})][kind]
