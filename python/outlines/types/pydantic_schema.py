"""JSON Schema for a Python type, narrowed to what the type itself will validate.

pydantic's own schema describes a type loosely in places: keys of a dict that are not strings, formats that no
validator of JSON Schema knows, names that a model would ignore. A model that writes what such a schema allows can
still fail validation, so the generator here says those places exactly, and refuses what no schema can say.
"""

from __future__ import annotations

import re
import sys
import types
import typing
from typing import Any

import typing_extensions
from pydantic import PydanticInvalidForJsonSchema, PydanticSchemaGenerationError, PydanticUserError, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from outlines.types import formats
from outlines.types.patterns import integers

_BOUNDS = ("gt", "ge", "lt", "le")
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
    reason = str(error).splitlines()[0]
    return TypeError(
        f"{name} cannot be an output type: {reason}. Use a pydantic model, a dataclass, a TypedDict, a standard "
        "type or container, Literal, Enum, JsonSchema, Regex, Choice or CFG"
    )


def _current(source: Any) -> Any:
    """`source` with TypedDicts of `typing` rewritten as those of `typing_extensions`.

    Before Python 3.12 pydantic takes the latter only.
    """
    if sys.version_info >= (3, 12):
        return source
    if typing.is_typeddict(source):
        return _current_typed_dict(source)
    arguments = typing.get_args(source)
    if not arguments or typing.get_origin(source) is typing.Literal:
        return source
    current = tuple(_current(argument) for argument in arguments)
    if all(new is old for new, old in zip(current, arguments, strict=True)):
        return source
    origin: Any = typing.get_origin(source)
    # Of these two the origin cannot be given arguments.
    return {types.UnionType: typing.Union, typing.Annotated: typing.Annotated}.get(origin, origin)[current]


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

    def generate_inner(self, schema: Any) -> JsonSchemaValue:
        json_schema = super().generate_inner(schema)
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

    # Scalars.

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

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        # As a number only: a string of one could not carry the bounds.
        json_schema: dict[str, Any] = {"type": "number"}
        bounds: dict[str, Any] = dict(schema)
        names = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
        for bound, keyword in names.items():
            if (value := bounds.get(bound)) is not None:
                json_schema[keyword] = float(value)
        places, digits = schema.get("decimal_places"), schema.get("max_digits")
        if schema.get("multiple_of") is not None:
            json_schema["multipleOf"] = float(schema["multiple_of"])
            if places is not None or digits is not None:
                raise TypeError("a Decimal with multiple_of cannot have decimal_places or max_digits too")
        if places is not None or digits is not None:
            json_schema["multipleOf"] = float(f"1e-{places}") if places else 1
        if digits is not None:
            limit = 10 ** (digits - (places or 0))
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
