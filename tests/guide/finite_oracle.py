"""Languages that are a list of texts: choices, and JSON Schemas that allow only so many."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from typing import Any


class FiniteOracle:
    """A language that is a list of texts."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = set(texts)
        self.prefixes = {text[:end] for text in self.texts for end in range(len(text) + 1)}
        self.edges = {
            point for text in self.texts for character in text for point in (ord(character), ord(character) + 1)
        }

    def accepts(self, text: str) -> bool:
        return text in self.texts

    def completable(self, text: str) -> bool:
        return text in self.prefixes


def json_texts(schema: Any) -> Iterator[str]:
    """Every text of a schema whose language is finite, without white space, properties in declared order.

    Takes `enum`, `const`, `boolean`, `null`, integers of draft 4 between bounds, arrays and closed objects of such, and
    `anyOf`.
    """
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        yield from itertools.chain.from_iterable(map(value_texts, values))
    elif "anyOf" in schema:
        yield from itertools.chain.from_iterable(map(json_texts, schema["anyOf"]))
    elif schema["type"] == "boolean":
        yield from ("true", "false")
    elif schema["type"] == "null":
        yield "null"
    elif schema["type"] == "integer":
        yield from map(str, range(schema["minimum"], schema["maximum"] + 1))
        yield from ["-0"] if schema["minimum"] < 0 else []
    elif schema["type"] == "array":
        items = list(json_texts(schema["items"]))
        for count in range(schema.get("minItems", 0), schema["maxItems"] + 1):
            yield from (f"[{','.join(chosen)}]" for chosen in itertools.product(items, repeat=count))
    elif schema["type"] == "object":
        assert schema["additionalProperties"] is False
        members: list[list[str | None]] = []
        for name, inner in schema["properties"].items():
            optional = [] if name in schema.get("required", ()) else [None]
            members.append(
                [*(f"{json.dumps(name, ensure_ascii=False)}:{text}" for text in json_texts(inner)), *optional]
            )
        for chosen in itertools.product(*members):
            yield "{" + ",".join(member for member in chosen if member is not None) + "}"
    else:
        raise NotImplementedError(schema)


def value_texts(value: Any) -> Iterator[str]:
    """The texts of one value. An integer may be written with `.0` behind it, since 1.0 and 1 are one value."""
    if isinstance(value, dict):
        names = [json.dumps(name, ensure_ascii=False) for name in value]
        for chosen in itertools.product(*map(value_texts, value.values())):
            yield "{" + ",".join(f"{name}:{text}" for name, text in zip(names, chosen, strict=True)) + "}"
    elif isinstance(value, list):
        yield from (f"[{','.join(chosen)}]" for chosen in itertools.product(*map(value_texts, value)))
    elif isinstance(value, int) and not isinstance(value, bool):
        assert value > 0  # zero and negative numbers have more texts
        yield from (str(value), f"{value}.0")
    else:
        yield json.dumps(value, ensure_ascii=False)
