"""Random schemas over all keywords, and random instances that satisfy them or nearly do.

Names, strings and numbers come from small pools, so that keywords meet each other often.
"""

from __future__ import annotations

import random
from typing import Any

from .suite import DRAFTS

NAMES = ["a", "b", "ab", "c", "é"]
STRINGS = ["", "a", "b", "ab", "aa", "abc", "é", "1", "x y", "2024-02-29", "2023-02-29", "127.0.0.1", "a\n", '"']
NUMBERS = [0, 1, -1, 2, 3, 5, 10, 0.5, 1.5, -2.5, 100, 12]
PATTERNS = ["^a", "b$", "^[ab]*$", "a", "^.$", "^..", "[0-9]", "^(a|ab)$", "^[^a]*$", "é|c", "^a{1,2}$"]
SCALARS: list[Any] = [None, True, False, 0, 1, 2, 1.5, -1, "", "a", "ab", "é"]
TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"]
# Each with the first draft that defines it, by number of `DRAFTS`; we enforce them in every draft.
FORMATS = {"unknown": 0, "ipv4": 0, "date": 2, "uuid": 3}


class SchemaMaker:
    """Makes schemas of one draft, whose parts may refer to each other."""

    def __init__(self, rng: random.Random, draft: str) -> None:
        self._rng = rng
        self._draft = list(DRAFTS).index(draft)
        self._uri = DRAFTS[draft]
        self._definitions: list[str] = []
        # In draft 2019-09 what `contains` holds for is not evaluated by that, which both validators have otherwise.
        self._contains = self._draft > 0 and (self._draft != 3 or rng.random() < 0.5)
        self._unevaluated = self._draft > 3 or (self._draft == 3 and not self._contains)

    def document(self) -> dict[str, Any]:
        rng = self._rng
        self._definitions = [f"d{number}" for number in range(rng.choice([0, 0, 1, 2]))]
        root = self.schema(rng.choice([1, 2, 2, 3]), inside=False)
        while not isinstance(root, dict):
            root = self.schema(2, inside=False)
        place = "$defs" if self._draft >= 3 else "definitions"
        if self._definitions:
            # A definition refers to another one only below a property or an item, where recursion has an end.
            root = {**root, place: {name: self.schema(1, inside=False) for name in self._definitions}}
        return {"$schema": self._uri, **root}

    def value(self, depth: int = 2) -> Any:
        rng = self._rng
        kind = rng.random()
        if depth and kind < 0.15:
            return [self.value(depth - 1) for _ in range(rng.randrange(4))]
        if depth and kind < 0.35:
            return {name: self.value(depth - 1) for name in rng.sample(NAMES, rng.randrange(4))}
        if kind < 0.65:
            return rng.choice(NUMBERS)
        return rng.choice(STRINGS) if kind < 0.9 else rng.choice(SCALARS)

    def schema(self, depth: int, inside: bool = True) -> Any:
        """A schema; `inside` for one that applies to a part of the value, which alone may refer to others."""
        rng = self._rng
        kind = rng.random()
        if kind < 0.06 and self._draft:
            return rng.random() < 0.75
        if kind < 0.16 and inside and self._definitions:
            place = "$defs" if self._draft >= 3 else "definitions"
            return {"$ref": f"#/{place}/{rng.choice(self._definitions)}"}
        schema: dict[str, Any] = {}
        parts = [self._number, self._text, self._array, self._array, self._object, self._object, self._values]
        if depth:
            parts += [self._boolean, self._boolean, self._boolean, self._conditional]
        if rng.random() < 0.55:
            named = rng.choice(TYPES)
            schema["type"] = named if rng.random() < 0.8 else list(dict.fromkeys([named, rng.choice(TYPES)]))
            own = {
                "integer": self._number,
                "number": self._number,
                "string": self._text,
                "array": self._array,
                "object": self._object,
            }.get(named)
            if own is not None:
                own(schema, depth)
        for part in rng.sample(parts, rng.choice([0, 0, 1, 1, 2])):
            part(schema, depth)
        # In any order, since the order of keywords must not matter.
        items = list(schema.items())
        rng.shuffle(items)
        return dict(items)

    def _some(self, schema: dict[str, Any], makers: dict[str, Any], most: int = 2) -> None:
        rng = self._rng
        for keyword in rng.sample(list(makers), rng.randint(1, min(most, len(makers)))):
            schema[keyword] = makers[keyword]()

    def _values(self, schema: dict[str, Any], depth: int) -> None:
        rng = self._rng
        if self._draft and rng.random() < 0.4:
            schema["const"] = self.value(1)
        else:
            values: list[Any] = []
            for _ in range(rng.randint(1, 4)):
                value = self.value(1)
                if not any(repr(value) == repr(other) for other in values):
                    values.append(value)
            schema["enum"] = values

    def _number(self, schema: dict[str, Any], depth: int) -> None:
        rng = self._rng
        bound = lambda: rng.choice(NUMBERS)  # noqa: E731
        makers: dict[str, Any] = {
            "minimum": bound,
            "maximum": bound,
            "multipleOf": lambda: rng.choice([1, 2, 3, 0.5, 0.25, 10]),
        }
        if self._draft:
            makers |= {"exclusiveMinimum": bound, "exclusiveMaximum": bound}
        self._some(schema, makers)
        if not self._draft and "minimum" in schema and rng.random() < 0.3:
            schema["exclusiveMinimum"] = rng.random() < 0.8

    def _text(self, schema: dict[str, Any], depth: int) -> None:
        rng = self._rng
        makers = {
            "minLength": lambda: rng.randrange(4),
            "maxLength": lambda: rng.randrange(5),
            "pattern": lambda: rng.choice(PATTERNS),
            "format": lambda: rng.choice([name for name, since in FORMATS.items() if since <= self._draft]),
        }
        self._some(schema, makers)

    def _array(self, schema: dict[str, Any], depth: int) -> None:
        rng = self._rng
        below = max(depth - 1, 0)
        inner = lambda: self.schema(below)  # noqa: E731
        several = lambda: [inner() for _ in range(rng.randint(1, 3))]  # noqa: E731
        makers: dict[str, Any] = {
            "items": inner,
            "minItems": lambda: rng.randrange(4),
            "maxItems": lambda: rng.randrange(5),
            "uniqueItems": lambda: rng.random() < 0.8,
        }
        if self._contains:
            makers["contains"] = inner
        if self._unevaluated:
            makers["unevaluatedItems"] = inner
        if self._draft >= 4:
            makers["prefixItems"] = several
        self._some(schema, makers, 3)
        if self._draft < 4 and "items" in schema and rng.random() < 0.4:
            schema["items"] = several()
            if rng.random() < 0.6:
                schema["additionalItems"] = inner() if self._draft else rng.random() < 0.5
        if self._draft >= 3 and "contains" in schema and rng.random() < 0.5:
            self._some(
                schema,
                {"minContains": lambda: rng.randrange(3), "maxContains": lambda: rng.randrange(1, 4)},
            )

    def _object(self, schema: dict[str, Any], depth: int) -> None:
        rng = self._rng
        below = max(depth - 1, 0)
        inner = lambda: self.schema(below)  # noqa: E731
        names = lambda: rng.sample(NAMES, rng.randint(1, 2))  # noqa: E731
        makers: dict[str, Any] = {
            "properties": lambda: {name: inner() for name in rng.sample(NAMES, rng.randint(1, 3))},
            "required": names,
            "additionalProperties": lambda: inner() if rng.random() < 0.5 else rng.random() < 0.3,
            "patternProperties": lambda: {rng.choice(PATTERNS): inner() for _ in range(rng.randint(1, 2))},
            "minProperties": lambda: rng.randrange(3),
            "maxProperties": lambda: rng.randrange(4),
        }
        if self._draft < 3:
            makers["dependencies"] = lambda: {
                rng.choice(NAMES): names() if rng.random() < 0.5 else self.schema(below, inside=False)
            }
        else:
            makers |= {
                "dependentRequired": lambda: {rng.choice(NAMES): names()},
                "dependentSchemas": lambda: {rng.choice(NAMES): self.schema(below, inside=False)},
                "unevaluatedProperties": lambda: inner() if rng.random() < 0.5 else False,
            }
        if self._draft:
            makers["propertyNames"] = inner
        self._some(schema, makers, 3)

    def _boolean(self, schema: dict[str, Any], depth: int) -> None:
        rng = self._rng
        part = lambda: self.schema(depth - 1, inside=False)  # noqa: E731
        several = lambda: [part() for _ in range(rng.randint(1, 3))]  # noqa: E731
        self._some(schema, {"allOf": several, "anyOf": several, "oneOf": several, "not": part}, 1)

    def _conditional(self, schema: dict[str, Any], depth: int) -> None:
        if self._draft < 2:
            return
        for keyword in ["if", *self._rng.sample(["then", "else"], self._rng.randint(1, 2))]:
            schema[keyword] = self.schema(depth - 1, inside=False)


class InstanceMaker:
    """Makes values that follow a schema's keywords more often than not."""

    def __init__(self, rng: random.Random, maker: SchemaMaker, document: dict[str, Any]) -> None:
        self._rng, self._maker, self._document = rng, maker, document

    def value(self, schema: Any, depth: int = 3) -> Any:
        rng = self._rng
        if rng.random() < 0.08 or depth < 0 or not isinstance(schema, dict):
            return self._maker.value(1)
        if "$ref" in schema:
            _, place, name = schema["$ref"].split("/")
            return self.value(self._document[place][name], depth - 1)
        options: list[Any] = []
        options += schema.get("enum", [])
        if "const" in schema:
            options.append(schema["const"])
        if options and rng.random() < 0.85:
            return rng.choice(options)
        for keyword in ("allOf", "anyOf", "oneOf"):
            if keyword in schema and rng.random() < 0.3:
                return self.value(rng.choice(schema[keyword]), depth - 1)
        for keyword in ("then", "else", "if"):
            if keyword in schema and rng.random() < 0.2:
                return self.value(schema[keyword], depth - 1)
        types = schema.get("type", [])
        types = [types] if isinstance(types, str) else types
        if not types:
            types = [
                *(["object"] if {"properties", "required", "patternProperties", "minProperties"} & set(schema) else []),
                *(["array"] if {"items", "prefixItems", "contains", "minItems", "uniqueItems"} & set(schema) else []),
                *(["string"] if {"pattern", "minLength", "maxLength", "format"} & set(schema) else []),
                *(["number"] if {"minimum", "maximum", "multipleOf", "exclusiveMinimum"} & set(schema) else []),
            ] or TYPES
        return self._typed(rng.choice(types), schema, depth)

    def _typed(self, named: str, schema: dict[str, Any], depth: int) -> Any:
        scalars: dict[str, list[Any]] = {
            "null": [None],
            "boolean": [True, False],
            "integer": [*(value for value in NUMBERS if isinstance(value, int)), 4, 6, 20],
            "number": [*NUMBERS, 4, 6, 0.25],
            "string": STRINGS,
        }
        if named in scalars:
            return self._rng.choice(scalars[named])
        return self._array(schema, depth) if named == "array" else self._object(schema, depth)

    def _array(self, schema: dict[str, Any], depth: int) -> list[Any]:
        rng = self._rng
        items = schema.get("items", True)
        prefix = schema.get("prefixItems", items if isinstance(items, list) else [])
        rest = schema.get("additionalItems", True) if isinstance(items, list) else items
        rest = schema.get("unevaluatedItems", rest) if rng.random() < 0.3 else rest
        count = schema.get("minItems", 0) + rng.choice([0, 0, 1, 2])
        count = max(count, len(prefix)) if rng.random() < 0.6 else count
        made = [self.value(prefix[at] if at < len(prefix) else rest, depth - 1) for at in range(count)]
        if "contains" in schema and rng.random() < 0.7:
            made.insert(rng.randint(0, len(made)), self.value(schema["contains"], depth - 1))
        return made

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        rng = self._rng
        properties = schema.get("properties", {})
        names = [name for name in properties if rng.random() < 0.6]
        names += [name for name in schema.get("required", []) if rng.random() < 0.95]
        names += rng.sample(NAMES, rng.choice([0, 0, 1, 2]))
        rng.shuffle(names)
        others = schema.get("additionalProperties", schema.get("unevaluatedProperties", True))
        patterns = list(schema.get("patternProperties", {}).values())
        others = rng.choice([others, *patterns])
        return {name: self.value(properties.get(name, others), depth - 1) for name in names}

    def near(self, value: Any) -> Any:
        """The value with one part of it changed."""
        rng = self._rng
        if isinstance(value, list) and value and rng.random() < 0.8:
            changed, at = list(value), rng.randrange(len(value))
            kind = rng.random()
            if kind < 0.25:
                del changed[at]
            elif kind < 0.5:
                changed.insert(at, changed[rng.randrange(len(changed))])
            else:
                changed[at] = self.near(changed[at])
            return changed
        if isinstance(value, dict) and value and rng.random() < 0.8:
            changed_object, name = dict(value), rng.choice(list(value))
            kind = rng.random()
            if kind < 0.3:
                del changed_object[name]
            elif kind < 0.6:
                changed_object[rng.choice(NAMES)] = self._maker.value(1)
            else:
                changed_object[name] = self.near(changed_object[name])
            return changed_object
        return self._maker.value(1)
