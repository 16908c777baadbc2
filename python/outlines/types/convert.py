"""From an output type to what the model may write: one table, one function per kind of type.

`convert` walks `_RULES` and lets the first rule that knows the type make an `OutputType`: the term that the text has to
match, and how to read the text back. To add a kind of type, write one function and give it one row.

Two rules cover nearly all of it. A bare scalar is written as `str` writes it, everything else as one JSON text; and
whatever pydantic can describe, we can constrain.
"""

from __future__ import annotations

import enum
import functools
import inspect
import json
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outlines.constraint import Constraint
from outlines.types.patterns import MAX_DIGITS, all_of, containing, integers
from outlines.types.terms import (
    CFG,
    Alternatives,
    Choice,
    JsonSchema,
    Regex,
    Repeat,
    Sequence,
    String,
    Term,
    is_schema_builder,
    plain_value,
)

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from outlines.guide import Index

INTEGER = rf"-?(?:0|[1-9][0-9]{{0,{MAX_DIGITS - 1}}})"
# An exponent of two digits keeps the value finite.
FLOAT = r"-?(?:0|[1-9][0-9]{0,15})(?:\.[0-9]{1,16})?(?:[eE][+-]?[0-9]{1,2})?"


@dataclass(frozen=True)
class OutputType:
    """An output type, understood.

    Attributes:
        term: what the text must be; None for free text.
        parse: the Python value of a text that the term matches. Raises ValueError for another text.
        is_json: the text is the JSON of the value, as pydantic's schema of the type describes it.
    """

    term: Term | None
    parse: Callable[[str], Any]
    is_json: bool = False


def convert(source: Any) -> OutputType:
    """Understand an output type. Conversions are kept, so that a type is described once.

    Raises:
        TypeError: the type is not one that can be written, by name and with what to use instead.
        ValueError: the type allows no value.
    """
    try:
        return _kept(source)
    except TypeError:
        # Not hashable, or not a type at all: without the cache the second says so.
        return _convert(source)


def constraint_of(term: Term) -> Constraint:
    """The constraint that the engine compiles for a term."""
    match term:
        case String(value):
            return Constraint("choice", [value])
        case Choice(texts):
            return Constraint("choice", texts)
        case JsonSchema(schema, whitespace_pattern, property_order, plain_integers, ignore_formats, registry):
            options = {
                "whitespace_pattern": whitespace_pattern,
                "property_order": property_order,
                "plain_integers": plain_integers or None,
                "ignore_formats": ignore_formats or None,
                "registry": registry,
            }
            return Constraint("json", schema, options)
        case CFG(definition, start, files, parser):
            how = {"start": start, "files": files or None, "parser": parser}
            usual = {"start": "start", "parser": "earley"}
            return Constraint("grammar", definition, {name: how[name] for name in how if how[name] != usual.get(name)})
        case Alternatives(terms) if all(isinstance(member, (String, Choice)) for member in terms):
            return Constraint("choice", list(dict.fromkeys(text for member in terms for text in _texts(member))))
        case Alternatives(terms) if not _has_pattern(term):
            return Constraint("union", map(constraint_of, terms))
        case Sequence(terms) if not _has_pattern(term):
            return Constraint("sequence", map(constraint_of, terms))
        case Repeat(part, min_count, max_count) if not _has_pattern(term):
            return Constraint("repeat", constraint_of(part), {"min": min_count, "max": max_count})
        case _:
            return Constraint("regex", term.pattern())


# How much an index may hold that only checks texts.
CHECKING_BYTES = 4 << 20


@functools.lru_cache(maxsize=64)
def index_of(term: Term) -> Index:
    """The engine's index of a term over single bytes, which decides whether a text is one."""
    from outlines.guide import Index, Vocabulary

    vocabulary = Vocabulary([bytes([byte]) for byte in range(256)], [], 256)
    index = Index.from_constraint(constraint_of(term).plain(), vocabulary)
    index.memory_limit = CHECKING_BYTES
    return index


def _texts(term: Term) -> tuple[str, ...]:
    return term.texts if isinstance(term, Choice) else (typing.cast(String, term).value,)


def _convert(source: Any) -> OutputType:
    for knows, make in _RULES:
        if knows(source):
            return make(source)
    raise AssertionError("the last rule knows everything")


@functools.lru_cache(maxsize=512, typed=True)
def _kept(source: Any) -> OutputType:
    return _convert(source)


# Free text and plain scalars: no need of pydantic.


def _free(source: Any) -> OutputType:
    return OutputType(None, str.encode if source is bytes else str)


def _integer(source: Any) -> OutputType:
    return OutputType(Regex(INTEGER), int, is_json=True)


def _float(source: Any) -> OutputType:
    return OutputType(Regex(FLOAT), float, is_json=True)


def _boolean(source: Any) -> OutputType:
    return _one_of({"True": True, "False": False})


def _none(source: Any) -> OutputType:
    return _one_of({"None": None})


def _one_of(values: Mapping[str, Any]) -> OutputType:
    def parse(text: str) -> Any:
        if text not in values:
            raise ValueError(f"{text!r} is not one of {', '.join(map(repr, values))}")
        return values[text]

    return OutputType(Choice(list(values)), parse)


def _by_text(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Values by their text; of two with one text, the first."""
    values: dict[str, Any] = {}
    for text, value in pairs:
        values.setdefault(text, value)
    return values


# Terms.


def _term(source: Term) -> OutputType:
    match source:
        case JsonSchema():
            return OutputType(source, json.loads)
        case Choice(_, values):
            return OutputType(source, _one_of(_by_text((str(plain_value(value)), value) for value in values)).parse)
        case _:
            return OutputType(source, str)


def _schema_builder(source: Any) -> OutputType:
    return OutputType(JsonSchema(source), json.loads)


# Fixed values.


def _literal(source: Any) -> OutputType:
    values = _literal_values(source)
    for value in values:
        if isinstance(value, bytes):
            raise TypeError(f"{source!r} cannot be an output type: {value!r} has no text form. Use str values")
    return _one_of(_by_text((str(plain_value(value)), value) for value in values))


def _literal_values(source: Any) -> list[Any]:
    values: list[Any] = []
    for argument in typing.get_args(source):
        nested = typing.get_origin(argument) is typing.Literal
        values.extend(_literal_values(argument) if nested else [argument])
    return values


def _enum(source: type[enum.Enum]) -> OutputType:
    members = list(source)
    if not members:
        raise ValueError(f"{source.__qualname__} has no members, so it allows nothing")
    for member in members:
        if member.value is not None and not isinstance(member.value, (str, int, float)):
            raise TypeError(
                f"{source.__qualname__} cannot be an output type: the value of {member.name} is {member.value!r}, and "
                "only str, int, float, bool and None can be written. Use such values"
            )
    return _one_of(_by_text((str(member.value), member) for member in members))


# Types made of others.


def _union(source: Any) -> OutputType:
    arguments = typing.get_args(source)
    members = [convert(argument) for argument in arguments]
    containers = [
        argument
        for argument, member in zip(arguments, members, strict=True)
        if member.is_json and member.term is not None and not _has_pattern(member.term)
    ]
    if len(containers) == len(members):
        return _json(source)
    if len(containers) > 1:
        # One schema for all of them, so that pydantic chooses among them as it does in a field.
        first = members[arguments.index(containers[0])]
        together = _json(typing.Union[tuple(containers)])  # noqa: UP007 - made of values
        members = [
            together if member is first else member
            for argument, member in zip(arguments, members, strict=True)
            if member is first or argument not in containers
        ]
    return _any_of(members)


def _any_of(members: list[OutputType]) -> OutputType:
    terms = tuple(member.term for member in members if member.term is not None)
    if len(terms) == len(members):
        return OutputType(Alternatives(terms), _first_that_reads([member.parse for member in members]))
    # One member is any text at all; the others are tried first when the text is read.
    members = sorted(members, key=lambda member: member.term is None)
    return OutputType(None, _first_that_reads([member.parse for member in members]))


def _first_that_reads(parsers: list[Callable[[str], Any]]) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        problems = []
        for parser in parsers:
            try:
                return parser(text)
            except ValueError as error:  # also pydantic's ValidationError
                problems.append(str(error))
        raise ValueError("; ".join(problems))

    return parse


def _has_pattern(term: Term) -> bool:
    try:
        term.pattern()
    except TypeError:
        return False
    return True


def _annotated(source: Any) -> OutputType:
    from outlines.types.pydantic_schema import json_schema_of

    base = typing.get_args(source)[0]
    if isinstance(base, Term) or _conditions(json_schema_of(source)) == _conditions(json_schema_of(base)):
        return convert(base)
    return _described(source)


def _conditions(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema without what is only said about it."""
    notes = ("title", "description", "default", "examples", "deprecated", "discriminator")
    return {keyword: value for keyword, value in schema.items() if keyword not in notes}


def _renamed(source: Any) -> OutputType:
    return convert(source.__supertype__ if hasattr(source, "__supertype__") else source.__value__)


def _callable(source: Any) -> OutputType:
    from outlines.types.callables import arguments_model

    model = arguments_model(source)
    term = JsonSchema(model)
    return OutputType(term, lambda text: dict(model.model_validate_json(text)), is_json=False)


# Whatever pydantic describes.


def _described(source: Any) -> OutputType:
    from pydantic import BaseModel

    from outlines.types.pydantic_schema import adapter_of, json_schema_of_adapter

    adapter = adapter_of(source)
    if isinstance(source, type) and issubclass(source, BaseModel):
        # JSON even where the model is a scalar's wrapper.
        return _json(source)
    schema = json_schema_of_adapter(adapter, source)
    return _from_schema(schema, adapter) or _json(source)


def _from_schema(schema: Mapping[str, Any], adapter: TypeAdapter[Any]) -> OutputType | None:
    """A scalar that a schema describes, written bare; None when the schema is of a container."""
    if "anyOf" in schema:
        return _any_from_schemas(schema, adapter)
    conditions = _conditions(schema).keys() - {"type"}
    understood: OutputType | None = None
    match schema.get("type"):
        case "integer" if not conditions - {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}:
            low, high = _integer_bounds(schema)
            understood = OutputType(Regex(integers(low, high)), adapter.validate_json, is_json=True)
        case "number" if not conditions:
            understood = OutputType(Regex(FLOAT), adapter.validate_strings, is_json=True)
        case "string" if not conditions & {"enum", "const"}:
            pattern = _string_pattern(schema)
            understood = OutputType(None if pattern is None else Regex(pattern), adapter.validate_python)
        case "boolean" if not conditions:
            understood = _boolean(bool)
        case "null":
            understood = _none(None)
    return understood


def _any_from_schemas(schema: Mapping[str, Any], adapter: TypeAdapter[Any]) -> OutputType | None:
    members = [_from_schema(member, adapter) for member in schema["anyOf"]]
    scalars = [member for member in members if member is not None]
    if not scalars:
        return None
    containers = [part for part, member in zip(schema["anyOf"], members, strict=True) if member is None]
    if containers:
        term = JsonSchema({**schema, "anyOf": containers}, plain_integers=True)
        scalars.append(OutputType(term, adapter.validate_json, is_json=True))
    return _any_of(scalars)


def _integer_bounds(schema: Mapping[str, Any]) -> tuple[int | None, int | None]:
    low, high = schema.get("minimum"), schema.get("maximum")
    if "exclusiveMinimum" in schema:
        low = max(schema["exclusiveMinimum"] + 1, low if low is not None else schema["exclusiveMinimum"] + 1)
    if "exclusiveMaximum" in schema:
        high = min(schema["exclusiveMaximum"] - 1, high if high is not None else schema["exclusiveMaximum"] - 1)
    if low is not None and high is not None and low > high:
        raise ValueError(f"no integer is at least {low} and at most {high}: the type allows nothing")
    return low, high


def _string_pattern(schema: Mapping[str, Any]) -> str | None:
    """The pattern of a whole text for a JSON Schema of type string; None when it has no condition."""
    found = [part["pattern"] for part in (schema, *schema.get("allOf", ())) if "pattern" in part]
    patterns = [containing(pattern) for pattern in found]
    fewest, most = schema.get("minLength", 0), schema.get("maxLength")
    if most is not None and most < fewest:
        raise ValueError(f"no text has at least {fewest} and at most {most} characters: the type allows nothing")
    if fewest or most is not None:
        patterns.append(rf"[\s\S]{{{fewest},{'' if most is None else most}}}")
    return all_of(patterns) if patterns else None


def _json(source: Any) -> OutputType:
    from outlines.types.pydantic_schema import adapter_of, json_schema_of_adapter

    adapter = adapter_of(source)
    term = JsonSchema(json_schema_of_adapter(adapter, source), plain_integers=True)
    return OutputType(term, adapter.validate_json, is_json=True)


def _instance(source: Any) -> OutputType:
    hints = {
        str: "a str may be meant as Regex(...), JsonSchema(...), CFG(...) or String(...)",
        dict: "for a JSON Schema use JsonSchema({...})",
        bool: "use bool, or JsonSchema(True)",
        list: "for one of several values use Choice([...])",
        tuple: "for one of several values use Choice([...])",
        set: "for one of several values use Choice([...])",
    }
    hint = hints.get(type(source), "give a type, a term such as Regex(...), or a function")
    raise TypeError(f"{source!r} is a value, not an output type: {hint}")


def _is(*types_: Any) -> Callable[[Any], bool]:
    return lambda source: any(source is one for one in types_)


def _origin(*origins: Any) -> Callable[[Any], bool]:
    return lambda source: typing.get_origin(source) in origins


def _is_enum(source: Any) -> bool:
    return isinstance(source, type) and issubclass(source, enum.Enum)


def _is_callable(source: Any) -> bool:
    if isinstance(source, type) or not callable(source):
        return False
    # Objects of typing, such as list[int], are callable too.
    of_typing = type(source).__module__ in ("typing", "typing_extensions", "types")
    return inspect.isroutine(source) or not of_typing


def _is_value(source: Any) -> bool:
    return isinstance(source, (str, bytes, int, float, complex, dict, list, tuple, set, frozenset))


_RULES: tuple[tuple[Callable[[Any], bool], Callable[[Any], OutputType]], ...] = (
    (lambda source: isinstance(source, Term), _term),
    (_is_value, _instance),
    (_is(str, bytes), _free),
    (_is(int), _integer),
    (_is(float), _float),
    (_is(bool), _boolean),
    (_is(None, type(None)), _none),
    (_is_enum, _enum),
    (_origin(typing.Literal), _literal),
    (_origin(typing.Union, types.UnionType), _union),
    (_origin(typing.Annotated), _annotated),
    (lambda source: hasattr(source, "__supertype__") or type(source).__name__ == "TypeAliasType", _renamed),
    (is_schema_builder, _schema_builder),
    (_is_callable, _callable),
    (lambda source: True, _described),
)
