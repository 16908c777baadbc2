"""A constraint: what a model's text must be, before anything is compiled.

This is the one value that travels from the output types to the vLLM plugin. It holds plain data only
(no vLLM, no compiled index), is immutable, hashable and picklable, and two equal constraints have the
same language, so it can be the key of every cache on the way.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

ConstraintKind = Literal["regex", "json", "choice", "grammar", "union", "sequence", "repeat"]
KINDS: tuple[ConstraintKind, ...] = get_args(ConstraintKind)

# What may stand in `options`, by kind. An unknown option is refused here, since one that is dropped
# later would be accepted and silently not enforced.
OPTIONS: Mapping[ConstraintKind, frozenset[str]] = {
    "regex": frozenset(),
    "json": frozenset({"ignore_formats", "plain_integers", "property_order", "registry", "whitespace_pattern"}),
    "choice": frozenset(),
    "grammar": frozenset({"files", "parser", "start"}),
    "union": frozenset(),
    "sequence": frozenset(),
    "repeat": frozenset({"max", "min"}),
}

# Our one extension of JSON Schema: a `pattern` that starts so goes on as a pattern of Python's for the whole text.
PYTHON_PREFIX = "(?py)"


@dataclass(frozen=True, init=False)
class Constraint:
    """One constraint on a whole output.

    Attributes:
        kind: "regex", "json" (JSON Schema), "choice", "grammar" (Lark); or made of other constraints: "union"
            (any one of them), "sequence" (one after the other), "repeat" (one of them, several times).
        value: the pattern; the schema as JSON text, its members in the order given; the alternatives as
            a tuple of str; the grammar text; the constraints as a tuple, in a union each once, and one for "repeat".
        options: pairs (name, value) sorted by name; `OPTIONS` lists the names that each kind has. Lists are tuples.

    Args:
        kind: see above.
        value: str for "regex" and "grammar"; dict, bool or JSON text for "json"; an iterable of str for
            "choice"; an iterable of constraints, or of what `plain` gives of them, for "union" and "sequence"; one of
            these for "repeat".
        options: name -> plain JSON value. Those that are None are left out.

    Raises:
        TypeError: the value has the wrong type for the kind.
        ValueError: an unknown kind or option, or a schema that is not JSON.
    """

    kind: ConstraintKind
    value: str | tuple[str, ...] | tuple[Constraint, ...]
    options: tuple[tuple[str, Any], ...]

    def __init__(self, kind: ConstraintKind, value: Any, options: Mapping[str, Any] | None = None) -> None:
        if kind not in KINDS:
            raise ValueError(f"unknown constraint kind {kind!r}: expected one of {', '.join(KINDS)}")
        given = {name: option for name, option in (options or {}).items() if option is not None}
        if unknown := set(given) - OPTIONS[kind]:
            raise ValueError(
                f"unknown option {sorted(unknown)[0]!r} for a {kind} constraint: "
                f"expected {', '.join(sorted(OPTIONS[kind])) or 'none'}"
            )
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "value", _normalise(kind, value))
        object.__setattr__(self, "options", tuple((name, _hashable(given[name])) for name in sorted(given)))

    def option(self, name: str, default: Any = None) -> Any:
        """The option's value, or `default` when it was not given."""
        return dict(self.options).get(name, default)

    def standard(self) -> Constraint:
        """The constraint without our extension of JSON Schema, for other backends."""
        kind, value, options = self.kind, self.value, dict(self.options)
        if kind in ("union", "sequence", "repeat"):
            parts = [cast(Constraint, part).standard() for part in value]
            return Constraint(kind, parts[0] if kind == "repeat" else parts, options)
        if kind != "json" or PYTHON_PREFIX not in cast(str, value):
            return self
        return Constraint(kind, _standard_schema(json.loads(cast(str, value))), options)

    def plain(self) -> tuple[str, Any, dict[str, Any]]:
        """The constructor's arguments as plain data, which `outlines.guide` and vLLM's messages take."""
        value: Any = self.value
        if self.kind == "choice":
            value = list(value)
        elif self.kind in ("union", "sequence"):
            value = [part.plain() for part in value]
        elif self.kind == "repeat":
            value = value[0].plain()
        return self.kind, value, dict(self.options)


def _normalise(kind: ConstraintKind, value: Any) -> str | tuple[str, ...] | tuple[Constraint, ...]:
    if kind in ("union", "sequence", "repeat"):
        return tuple(_parts(kind, value))
    if kind == "choice":
        if isinstance(value, str) or not isinstance(value, Iterable):
            raise TypeError(f"a choice takes several str, not {type(value).__name__}")
        values = tuple(value)
        for item in values:
            if not isinstance(item, str):
                raise TypeError(f"a choice takes str alternatives, not {type(item).__name__}")
        return values
    if kind == "json" and isinstance(value, (Mapping, bool)):
        try:
            # NaN and Infinity are no JSON: a schema that holds one cannot be honoured.
            return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        except (TypeError, ValueError, RecursionError) as error:
            raise ValueError(f"the JSON Schema is not JSON: {error}") from error
    if not isinstance(value, str):
        wanted = "a dict, a bool or JSON text" if kind == "json" else "a str"
        raise TypeError(f"a {kind} constraint takes {wanted}, not {type(value).__name__}")
    return value


def _parts(kind: ConstraintKind, value: Any) -> list[Constraint]:
    """What a composite is made of. `a | (b | c)` is one union of three, and so for sequences."""
    if kind == "repeat":
        return [_part(value)]
    if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
        raise TypeError(f"a {kind} takes several constraints, not {type(value).__name__}")
    parts: list[Constraint] = []
    for part in map(_part, value):
        parts.extend(cast(tuple[Constraint, ...], part.value) if part.kind == kind else (part,))
    return list(dict.fromkeys(parts)) if kind == "union" else parts


def _hashable(value: Any) -> Any:
    return tuple(map(_hashable, value)) if isinstance(value, (list, tuple)) else value


def _part(value: Any) -> Constraint:
    return value if isinstance(value, Constraint) else Constraint(*value)


def _standard_schema(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_standard_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: f"^(?:{value[len(PYTHON_PREFIX) :]})$"
        if name == "pattern" and isinstance(value, str) and value.startswith(PYTHON_PREFIX)
        else _standard_schema(value)
        for name, value in schema.items()
    }
