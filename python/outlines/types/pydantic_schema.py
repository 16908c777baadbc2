"""JSON Schema for a Python type, narrowed to what the type itself will validate.

pydantic's own schema describes a type loosely in places: keys of a dict that are not strings, formats that no
validator of JSON Schema knows, names that a model would ignore. A model that writes what such a schema allows can
still fail validation, so the generator here says those places exactly, and refuses what no schema can say.
"""

from __future__ import annotations

import decimal
import enum
import functools
import inspect
import re
import sys
import types
import typing
from collections.abc import Callable
from math import inf, isfinite, nextafter
from typing import Any

import typing_extensions
from pydantic import PydanticInvalidForJsonSchema, PydanticSchemaGenerationError, PydanticUserError, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from outlines.constraint import PYTHON_PREFIX
from outlines.types import formats
from outlines.types.callables import arguments_model
from outlines.types.hashable import HASHABLE_JSON, is_any, is_hashable, is_scalar_json
from outlines.types.patterns import integers
from outlines.types.terms import TERM_PATTERN, Choice, JsonSchema, is_schema_builder

_BOUNDS = ("gt", "ge", "lt", "le")
# So many digits of any decimal number are those of the nearest float.
_FLOAT_DIGITS = 15
# Of a key's schema, what does not restrict it.
_NOTES = frozenset({"title", "description", "default", "examples", "deprecated"})


def json_schema_of(source: Any) -> dict[str, Any]:
    """The JSON Schema of a type, as a dict in declared order.

    Raises:
        TypeError: pydantic cannot describe the type, or only in a way that could not be enforced.
    """
    return json_schema_of_adapter(adapter_of(source), source)


def json_schema_of_adapter(adapter: TypeAdapter[Any], source: Any) -> dict[str, Any]:
    """The JSON Schema of an adapter's type; `source` is named in errors."""
    try:
        return adapter.json_schema(schema_generator=_ExactJsonSchema)
    except (PydanticInvalidForJsonSchema, PydanticUserError) as error:
        raise not_describable(source, error) from error
    except KeyError as error:
        raise not_describable(source, f"the reference {error} in a JsonSchema within it cannot be followed") from error


def adapter_of(source: Any) -> TypeAdapter[Any]:
    """pydantic's adapter of a type, which also validates the text that was made for it.

    Raises:
        TypeError: pydantic cannot describe the type.
    """
    try:
        return TypeAdapter(_current(source))
    except (PydanticSchemaGenerationError, PydanticUserError, NameError) as error:
        raise not_describable(source, error) from error


def not_describable(source: Any, error: Exception | str) -> TypeError:
    """The error for a type that has no JSON Schema."""
    name = source.__qualname__ if isinstance(source, type) else repr(source)
    # pydantic's advice, which follows, does not help here.
    reason = str(error).splitlines()[0].partition(". ")[0].rstrip(".")
    return TypeError(
        f"{name} cannot be an output type: {reason}. Use a pydantic model, a dataclass, a TypedDict, a standard "
        "type or container, Literal, Enum, JsonSchema, Regex, Choice or CFG"
    )


def _current(source: Any) -> Any:
    """`source` with what pydantic does not know rewritten as what it does.

    Among a container's arguments these are functions, genson's builders and a Literal of members of an Enum, which
    pydantic does not read from JSON; and, before Python 3.12, TypedDicts of `typing`.
    """
    replacement = _replacement(source)
    if replacement is not None:
        return replacement
    arguments = typing.get_args(source)
    if not arguments or typing.get_origin(source) is typing.Literal:
        return source
    is_annotated = typing.get_origin(source) is typing.Annotated
    # What follows an annotated type is no type.
    current = tuple(
        argument if is_annotated and position > 0 else _current(argument) for position, argument in enumerate(arguments)
    )
    if all(new is old for new, old in zip(current, arguments, strict=True)):
        return source
    origin: Any = typing.get_origin(source)
    # Of these two the origin cannot be given arguments.
    return {types.UnionType: typing.Union, typing.Annotated: typing.Annotated}.get(origin, origin)[current]


def _replacement(source: Any) -> Any:
    if typing.is_typeddict(source) and sys.version_info < (3, 12):
        return _current_typed_dict(source)
    if inspect.isroutine(source) or isinstance(source, functools.partial):
        return arguments_model(source)
    if is_schema_builder(source):
        return JsonSchema(source)
    if typing.get_origin(source) is typing.Literal and any(map(_is_read_as_itself_only, typing.get_args(source))):
        return Choice(typing.get_args(source))
    return None


def _is_read_as_itself_only(value: Any) -> bool:
    """Whether this is a member of an Enum that is not equal to its value, as those of an `IntEnum` are."""
    return isinstance(value, enum.Enum) and value.value != value


def _current_typed_dict(source: Any) -> Any:
    fields: dict[str, Any] = {}
    for name, annotation in typing.get_type_hints(source, include_extras=True).items():
        required = name in source.__required_keys__
        qualifier: Any = typing_extensions.Required if required else typing_extensions.NotRequired
        fields[name] = qualifier[_current(_unqualified(annotation))]
    return typing_extensions.TypedDict(source.__name__, fields)  # type: ignore[operator]


def _unqualified(annotation: Any) -> Any:
    qualified = typing.get_origin(annotation) in (typing_extensions.Required, typing_extensions.NotRequired)
    return typing.get_args(annotation)[0] if qualified else annotation


class _ExactJsonSchema(GenerateJsonSchema):
    """pydantic's generator, where it is looser than its own validators made exact."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Core schemas that others refer to.
        self._definitions: dict[str, Any] = {}

    def generate_inner(self, schema: Any) -> JsonSchemaValue:
        json_schema = super().generate_inner(schema)
        term = (schema.get("metadata") or {}).get(TERM_PATTERN)
        if term is not None:
            # What its pattern means in a schema's own dialect may differ.
            return {**json_schema, "pattern": f"{PYTHON_PREFIX}{term}"}
        name = json_schema.get("format")
        if json_schema.get("type") != "string" or name is None:
            return json_schema
        if name in formats.UNENFORCEABLE:
            raise PydanticInvalidForJsonSchema(f"the format {name!r} cannot be enforced")
        narrowed = {key: value for key, value in json_schema.items() if key != "format"}
        if name in formats.FORMATS:
            return _with_pattern(narrowed, formats.FORMATS[name])
        return narrowed if name in formats.FREE_FORMATS else json_schema

    # Objects: a name that is not declared would be ignored, and cost tokens for nothing.

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        return _closed(super().model_schema(schema))

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        return _closed(super().dataclass_schema(schema))

    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> JsonSchemaValue:
        return _closed(super().typed_dict_schema(schema))

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        json_schema = super().dict_schema(schema)
        keys = self.generate_inner(schema["keys_schema"]) if "keys_schema" in schema else {}
        for keyword in ("propertyNames", "patternProperties"):
            json_schema.pop(keyword, None)
        values = self.generate_inner(schema["values_schema"]) if "values_schema" in schema else {}
        json_schema["additionalProperties"] = values or True
        names = self._key(keys)
        if names:
            json_schema["propertyNames"] = names
        return json_schema

    def _key(self, schema: JsonSchemaValue) -> JsonSchemaValue:
        """What the text of a key must be, where a key of the type is described by `schema`."""
        while "$ref" in schema:
            target = self.get_schema_from_definitions(schema["$ref"])
            if target is None:
                raise TypeError("the keys of a dict must be strings or scalars")
            schema = target
        rest = {name: value for name, value in schema.items() if name not in _NOTES}
        values = rest.get("enum", [rest["const"]] if "const" in rest else None)
        if values is not None:
            if not all(isinstance(value, str) for value in values):
                raise TypeError("the keys of a dict are JSON strings: a Literal or Enum of other values cannot be one")
            return {"enum": values}
        names: JsonSchemaValue | None = None
        match rest.pop("type", None):
            case None if not rest:
                names = {}
            case None if "anyOf" in rest:
                names = {"anyOf": [self._key(member) for member in rest["anyOf"]]}
            case "string":
                names = rest
            case "boolean":
                names = {"enum": ["true", "false"]}
            case "integer" if "multipleOf" not in rest:
                names = {"pattern": f"^{_integer_pattern(rest)}$"}
            case "number" if not rest:
                names = {"pattern": f"^{formats.DECIMAL}$"}
        if names is None:
            raise TypeError(f"the keys of a dict must be strings or plain scalars, not {rest or schema}")
        return names

    # Sets: their items have to be hashable.

    def set_schema(self, schema: core_schema.SetSchema) -> JsonSchemaValue:
        return self._of_hashables(super().set_schema(schema), schema.get("items_schema"))

    def frozenset_schema(self, schema: core_schema.FrozenSetSchema) -> JsonSchemaValue:
        return self._of_hashables(super().frozenset_schema(schema), schema.get("items_schema"))

    def custom_error_schema(self, schema: core_schema.CustomErrorSchema) -> JsonSchemaValue:
        return HASHABLE_JSON if is_any(schema) else super().custom_error_schema(schema)

    def definitions_schema(self, schema: core_schema.DefinitionsSchema) -> JsonSchemaValue:
        self._definitions = {target["ref"]: target for target in schema["definitions"] if "ref" in target}
        return super().definitions_schema(schema)

    def _of_hashables(self, schema: JsonSchemaValue, items: Any) -> JsonSchemaValue:
        if items is None or is_any(items):
            return {**schema, "items": HASHABLE_JSON}
        if not is_hashable(items, self._definitions, self._is_scalar):
            raise PydanticInvalidForJsonSchema("the items of a set must be hashable, and these need not be")
        return schema

    def _is_scalar(self, schema: Any) -> bool:
        json_schema: JsonSchemaValue | None = self.generate_inner(schema)
        while json_schema is not None and "$ref" in json_schema:
            json_schema = self.get_schema_from_definitions(json_schema["$ref"])
        return json_schema is not None and is_scalar_json(json_schema)

    # Scalars.

    def literal_schema(self, schema: core_schema.LiteralSchema) -> JsonSchemaValue:
        if any(map(_is_read_as_itself_only, schema["expected"])):
            raise PydanticInvalidForJsonSchema(
                "pydantic does not read a Literal of members of an Enum from JSON; use the Enum itself or Choice([...])"
            )
        return super().literal_schema(schema)

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        json_schema = super().str_schema(schema)
        pattern = schema.get("pattern")
        if isinstance(pattern, re.Pattern):
            letters = "".join(letter for letter in "imsx" if pattern.flags & re.RegexFlag[letter.upper()])
            json_schema["pattern"] = f"(?{letters}:{pattern.pattern})" if letters else pattern.pattern
        if schema.get("strip_whitespace") and len(json_schema) > 1:
            # What counts is the text that is left after stripping.
            json_schema = _with_pattern(json_schema, r"(?:\S(?:[\s\S]*\S)?)?")
        return json_schema

    def bytes_schema(self, schema: core_schema.BytesSchema) -> JsonSchemaValue:
        json_schema = super().bytes_schema(schema)
        if {"minLength", "maxLength"} & json_schema.keys():
            # The bounds count bytes, JSON Schema counts characters: one and the same in ASCII.
            return _with_pattern(json_schema, r"[\x00-\x7f]*")
        return json_schema

    def float_schema(self, schema: core_schema.FloatSchema) -> JsonSchemaValue:
        return {**super().float_schema(schema), **_bounds(schema, lambda value: value)}

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        # As a number only: a string of one could not carry the bounds. pydantic reads it by way of a float.
        json_schema = {"type": "number", **_bounds(schema, lambda value: decimal.Decimal(repr(value)))}
        places, digits = schema.get("decimal_places"), schema.get("max_digits")
        multiple = schema.get("multiple_of")
        if multiple is not None:
            if places is not None or digits is not None:
                raise TypeError("a Decimal with multiple_of cannot have decimal_places or max_digits too")
            json_schema["multipleOf"] = float(multiple)
            digits = _FLOAT_DIGITS
            places = max(0, -int(decimal.Decimal(multiple).as_tuple().exponent))
        elif places is not None or digits is not None:
            json_schema["multipleOf"] = float(f"1e-{places}") if places else 1
        if digits is not None:
            limit = 10 ** (min(digits, _FLOAT_DIGITS) - (places or 0))
            return {"allOf": [json_schema, {"exclusiveMinimum": -limit, "exclusiveMaximum": limit}], "type": "number"}
        return json_schema

    def complex_schema(self, schema: core_schema.ComplexSchema) -> JsonSchemaValue:
        part = r"(?:0|[1-9][0-9]{0,15})(?:\.[0-9]{1,16})?"
        return {"type": "string", "pattern": rf"^-?(?:{part}|{part}j|{part}[+-]{part}j)$"}

    def date_schema(self, schema: core_schema.DateSchema) -> JsonSchemaValue:
        return _text(formats.DATE, schema)

    def time_schema(self, schema: core_schema.TimeSchema) -> JsonSchemaValue:
        zone = schema.get("tz_constraint")
        aware = formats.NAIVE_TIME + formats.OFFSET
        return _text({"aware": aware, "naive": formats.NAIVE_TIME, None: formats.TIME}[_zone(zone)], schema)

    def datetime_schema(self, schema: core_schema.DatetimeSchema) -> JsonSchemaValue:
        zone = _zone(schema.get("tz_constraint"))
        forms = {"aware": formats.AWARE_DATETIME, "naive": formats.NAIVE_DATETIME, None: formats.DATETIME}
        return _text(forms[zone], schema)

    def timedelta_schema(self, schema: core_schema.TimedeltaSchema) -> JsonSchemaValue:
        return _text(formats.DURATION, schema)

    def url_schema(self, schema: core_schema.UrlSchema) -> JsonSchemaValue:
        return _url(super().url_schema(schema), schema)

    def multi_host_url_schema(self, schema: core_schema.MultiHostUrlSchema) -> JsonSchemaValue:
        return _url(super().multi_host_url_schema(schema), schema)

    # What no schema can say: better refused than written and then rejected.

    def is_subclass_schema(self, schema: core_schema.IsSubclassSchema) -> JsonSchemaValue:
        raise PydanticInvalidForJsonSchema("a class cannot be written as JSON")

    def json_schema(self, schema: core_schema.JsonSchema) -> JsonSchemaValue:
        raise PydanticInvalidForJsonSchema("JSON inside a JSON string cannot be enforced")


def _bounds(schema: Any, read: Callable[[float], Any]) -> JsonSchemaValue:
    """The bounds of a number that is read as a float: as the first float within each of them.

    A text beyond an exclusive bound by digits that a float has not would be read as the bound itself; one that is not
    beyond the nearest float within cannot. `read` is the value that pydantic makes of a float and compares.
    """
    keywords: JsonSchemaValue = {}
    sides = (("ge", "gt", "minimum", "exclusiveMinimum", inf), ("le", "lt", "maximum", "exclusiveMaximum", -inf))
    for inclusive, exclusive, keyword, exclusive_keyword, inward in sides:
        for bound in (inclusive, exclusive):
            limit = schema.get(bound)
            if limit is None:
                continue
            if not isinstance(limit, decimal.Decimal):
                limit = read(float(limit))
            # A few steps at most: `float` rounds to a neighbour.
            first = float(limit)
            while not _is_within(read(first), limit, bound) and isfinite(first):
                first = nextafter(first, inward)
            if limit == 0 or not isfinite(first):
                # No number is written so small that it would be read as 0.
                keywords[exclusive_keyword if bound == exclusive else keyword] = float(limit)
            elif keyword in keywords:
                keywords[keyword] = max(keywords[keyword], first) if inward > 0 else min(keywords[keyword], first)
            else:
                keywords[keyword] = first
    return keywords


def _is_within(value: Any, limit: Any, bound: str) -> bool:
    return bool({"ge": value >= limit, "gt": value > limit, "le": value <= limit, "lt": value < limit}[bound])


def _closed(schema: JsonSchemaValue) -> JsonSchemaValue:
    if schema.get("type") == "object" and "properties" in schema:
        schema.setdefault("additionalProperties", False)
    return schema


def _with_pattern(schema: JsonSchemaValue, pattern: str) -> JsonSchemaValue:
    """`schema`, and the whole text has to match `pattern` too."""
    whole = f"^(?:{pattern})$"
    if "pattern" in schema:
        return {**schema, "allOf": [*schema.get("allOf", []), {"pattern": whole}]}
    return {**schema, "pattern": whole}


def _url(json_schema: JsonSchemaValue, schema: Any) -> JsonSchemaValue:
    rest = {name: value for name, value in json_schema.items() if name not in ("format", "minLength")}
    return _with_pattern(rest, formats.url(tuple(schema.get("allowed_schemes") or ("http", "https"))))


def _text(pattern: str, schema: Any) -> JsonSchemaValue:
    """A date or time in its text form. Bounds on it cannot be enforced."""
    bounds = [f"{bound}={schema[bound]!r}" for bound in _BOUNDS if schema.get(bound) is not None]
    if schema.get("now_op"):
        bounds.append(f"{schema['now_op']} only")
    if bounds:
        raise PydanticInvalidForJsonSchema(f"a bound on a date or time ({', '.join(bounds)}) cannot be enforced yet")
    return _with_pattern({"type": "string"}, pattern)


def _zone(constraint: Any) -> Any:
    if isinstance(constraint, int):
        raise PydanticInvalidForJsonSchema("a fixed offset from UTC cannot be enforced")
    return constraint


def _integer_pattern(schema: JsonSchemaValue) -> str:
    """The integers that a JSON Schema of type integer allows, as they stand in a key."""
    low, high = schema.get("minimum"), schema.get("maximum")
    if "exclusiveMinimum" in schema:
        low = schema["exclusiveMinimum"] + 1
    if "exclusiveMaximum" in schema:
        high = schema["exclusiveMaximum"] - 1
    return integers(low, high)
