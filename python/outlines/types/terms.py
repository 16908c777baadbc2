"""Terms: the values that say what a text must be, and the algebra on them.

A term is immutable and hashable. The leaves are `String`, `Regex`, `Choice`, `JsonSchema` and `CFG`; `Alternatives`,
`Sequence` and `Repeat` combine them. Terms are built with `+`, `|` and the methods below, or with the functions of
`outlines.types.dsl`; strings and Python types are accepted wherever a term is.
"""

from __future__ import annotations

import enum
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from outlines.types.patterns import as_group

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema


# Where a core schema of pydantic's holds the pattern of a term.
TERM_PATTERN = "outlines_pattern"


class Term:
    """What a text must be. Subclasses say how to write it as a regular expression, where it has one."""

    def pattern(self) -> str:
        """The regular expression, in the syntax of `re`, that the whole text has to match.

        Raises:
            TypeError: the term has none (a JSON Schema, a grammar).
        """
        raise TypeError(
            f"{type(self).__name__} has no regular expression, so it cannot be a field or an item: use it as an output "
            "type, by itself or combined with other terms"
        )

    def children(self) -> tuple[Term, ...]:
        """The terms that this one is made of, for the tree that `str()` prints."""
        return ()

    def label(self) -> str:
        """This node's line in the tree that `str()` prints."""
        return type(self).__name__

    def __str__(self) -> str:
        return "\n".join(_tree(self))

    def __add__(self, other: Any) -> Sequence:
        return Sequence((*_operands(Sequence, self), *_operands(Sequence, as_term(other))))

    def __radd__(self, other: Any) -> Sequence:
        return Sequence((*_operands(Sequence, as_term(other)), *_operands(Sequence, self)))

    def __or__(self, other: Any) -> Alternatives:
        return Alternatives((*_operands(Alternatives, self), *_operands(Alternatives, as_term(other))))

    def __ror__(self, other: Any) -> Alternatives:
        return Alternatives((*_operands(Alternatives, as_term(other)), *_operands(Alternatives, self)))

    def optional(self) -> Repeat:
        """This term or nothing."""
        return Repeat(self, 0, 1)

    def exactly(self, count: int) -> Repeat:
        """This term `count` times."""
        return Repeat(self, count, count)

    def at_least(self, count: int) -> Repeat:
        """This term `count` times or more."""
        return Repeat(self, count, None)

    def at_most(self, count: int) -> Repeat:
        """This term up to `count` times; also not at all."""
        return Repeat(self, 0, count)

    def between(self, min_count: int, max_count: int) -> Repeat:
        """This term from `min_count` to `max_count` times, both included."""
        return Repeat(self, min_count, max_count)

    def one_or_more(self) -> Repeat:
        """This term once or more."""
        return Repeat(self, 1, None)

    def zero_or_more(self) -> Repeat:
        """This term any number of times."""
        return Repeat(self, 0, None)

    def described(self) -> str:
        """The term in an error's words: its pattern, or its tree where it has none."""
        try:
            return self.pattern()
        except TypeError:
            return str(self)

    def matches(self, text: str) -> bool:
        """Whether the whole of `text` is what this term describes.

        Raises:
            ConstraintError: the term holds a schema or a grammar that cannot be honoured; also a ValueError.
        """
        try:
            pattern = self.pattern()
        except TypeError:
            from outlines.types.convert import index_of

            return index_of(self).accepts(text)
        return _compiled(pattern).fullmatch(text) is not None

    def validate(self, text: str) -> str:
        """`text` itself if it matches.

        Raises:
            ValueError: it does not.
        """
        if not self.matches(text):
            raise ValueError(f"{text!r} is not a full match of {self.described()}")
        return text

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        # Called on the instance: a term stands as the annotation of a pydantic field.
        from pydantic_core import core_schema

        # Our own JSON Schema of the type says the pattern as it is: see `outlines.types.pydantic_schema`.
        metadata = {TERM_PATTERN: self.pattern()}
        return core_schema.no_info_after_validator_function(self.validate, core_schema.str_schema(), metadata=metadata)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{as_group(self.pattern())}$"}


@dataclass(frozen=True)
class String(Term):
    """Exactly this text."""

    value: str

    def __post_init__(self) -> None:
        _require_str("String", self.value)

    def pattern(self) -> str:
        return re.escape(self.value)

    def label(self) -> str:
        return f"String({self.value!r})"


@dataclass(frozen=True)
class Regex(Term):
    """A full match of a regular expression, in the syntax of Python's `re`.

    The pattern is checked when it is used as an output type: backreferences, which no automaton can follow, are
    refused there.
    """

    value: str

    def __post_init__(self) -> None:
        _require_str("Regex", self.value)

    def pattern(self) -> str:
        return self.value

    def label(self) -> str:
        return f"Regex({self.value!r})"


@dataclass(frozen=True, init=False)
class Choice(Term):
    """Exactly one of several values, each written as `str` writes it.

    Raises:
        ValueError: there are no values.
        TypeError: a value is not a str, int, float, bool, None or a member of an Enum of such values.
    """

    texts: tuple[str, ...]
    # The values as given, for `parse`, are compared by their types: Choice([1]) and Choice(["1"]) have one text.
    values: tuple[Any, ...] = field(compare=False)
    kinds: tuple[type, ...] = field(repr=False)

    def __init__(self, values: Iterable[Any]) -> None:
        if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
            raise TypeError(f"Choice takes a list of values, not {values!r}")
        items = tuple(values)
        if not items:
            raise ValueError("Choice([]) allows nothing: give at least one value")
        for item in items:
            if (value := plain_value(item)) is not None and not isinstance(value, (str, int, float)):
                raise TypeError(f"Choice takes str, int, float, bool and None values, not {item!r}")
        object.__setattr__(self, "values", items)
        object.__setattr__(self, "kinds", tuple(map(type, items)))
        object.__setattr__(self, "texts", tuple(dict.fromkeys(str(plain_value(item)) for item in items)))

    def pattern(self) -> str:
        return "|".join(re.escape(text) for text in self.texts)

    def label(self) -> str:
        return f"Choice({list(self.values)!r})"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(self._of_json)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"enum": [plain_value(value) for value in self.values]}

    def _of_json(self, given: Any) -> Any:
        for value in self.values:
            plain = plain_value(value)
            # JSON keeps true and 1 apart, which are equal here.
            if given is value or (given == plain and isinstance(given, bool) == isinstance(plain, bool)):
                return value
        raise ValueError(f"{given!r} is not one of {', '.join(map(repr, self.values))}")


@dataclass(frozen=True, init=False)
class JsonSchema(Term):
    """JSON that a schema allows.

    Args:
        schema: JSON text, a dict, a bool, a genson `SchemaBuilder`, or a Python type that pydantic can describe.
        whitespace_pattern: regular expression of the blanks allowed between tokens, in place of the default.
        property_order: "schema" (the default: members in the order declared) or "any".
        plain_integers: whether integers are written as `5`, never `5.0` or `5e2`, which JSON Schema counts as integers
            too. By default true for a Python type, whose user expects an int, and false for a schema.
        ignore_formats: whether `format` is an annotation, which asks nothing.
        registry: the documents that references may lead to, by URI. Nothing is fetched.

    Raises:
        ValueError: the text is not JSON.
        TypeError: the schema is neither an object nor a boolean, or pydantic cannot describe the type.
    """

    schema: str
    whitespace_pattern: str | None = field(default=None)
    property_order: str | None = field(default=None)
    plain_integers: bool = field(default=False)
    ignore_formats: bool = field(default=False)
    registry: str | None = field(default=None)

    def __init__(
        self,
        schema: Any,
        whitespace_pattern: str | None = None,
        property_order: str | None = None,
        plain_integers: bool | None = None,
        *,
        ignore_formats: bool = False,
        registry: Mapping[str, Any] | None = None,
    ) -> None:
        if is_schema_builder(schema):
            schema = schema.to_schema()
        if plain_integers is None:
            plain_integers = not isinstance(schema, (str, Mapping, bool))
        object.__setattr__(self, "plain_integers", plain_integers)
        object.__setattr__(self, "schema", _schema_text(schema))
        object.__setattr__(self, "whitespace_pattern", whitespace_pattern)
        object.__setattr__(self, "property_order", property_order)
        object.__setattr__(self, "ignore_formats", ignore_formats)
        object.__setattr__(self, "registry", None if registry is None else json.dumps(dict(registry)))

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], **options: Any) -> JsonSchema:
        """The schema in a UTF-8 file; `options` as for the class."""
        return cls(Path(path).read_text(encoding="utf-8"), **options)

    def label(self) -> str:
        return f"JsonSchema({self.schema!r})"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        options = ("whitespace_pattern", "property_order", "ignore_formats", "registry")
        if any(getattr(self, option) not in (None, False) for option in options):
            raise TypeError(
                f"{', '.join(options)} are about a whole text: give them to a JsonSchema of the whole type, not to one "
                "that is a field or an item of it"
            )
        return core_schema.any_schema()

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return embedded_schema(json.loads(self.schema))


@dataclass(frozen=True)
class CFG(Term):
    """A sentence of a context-free grammar, in the language of the `lark` package: what `Lark(definition)` parses.

    Attributes:
        definition: the grammar.
        start: the rule that a whole text is.
        files: what `%import .file.rule` reads, as pairs of a path (`"file.lark"`) and a text; `from_file` finds it.
        parser: Lark's parser that the grammar is written for, `"earley"` or `"lalr"`. They read terminals differently.
    """

    definition: str
    start: str = "start"
    files: tuple[tuple[str, str], ...] = ()
    parser: Literal["earley", "lalr"] = "earley"

    def __post_init__(self) -> None:
        _require_str("CFG", self.definition)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], **options: Any) -> CFG:
        """The grammar in a UTF-8 file, with what it imports from its own folder; `options` as for the class.

        Raises:
            OSError: the file, or one that it imports, cannot be read.
            GrammarError: one of them is no grammar.
        """
        # Late, since the engine is not needed to describe a type.
        from outlines.types.grammar_files import read_grammar

        definition, files = read_grammar(Path(path))
        return cls(definition, files=files, **options)

    def label(self) -> str:
        return f"CFG({self.definition!r})"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        raise TypeError("a CFG has no JSON form, so it cannot be a field or an item: use it alone, as an output type")


@dataclass(frozen=True)
class Alternatives(Term):
    """Any one of several terms."""

    terms: tuple[Term, ...]

    def pattern(self) -> str:
        # Alternation binds loosest: only a pattern's own flags and names need the group.
        return "|".join(as_group(term.pattern()) for term in self.terms)

    def children(self) -> tuple[Term, ...]:
        return self.terms

    def label(self) -> str:
        return "Alternatives(|)"


@dataclass(frozen=True)
class Sequence(Term):
    """Several terms, one after the other."""

    terms: tuple[Term, ...]

    def pattern(self) -> str:
        return "".join(as_group(term.pattern()) for term in self.terms)

    def children(self) -> tuple[Term, ...]:
        return self.terms


@dataclass(frozen=True)
class Repeat(Term):
    """One term from `min_count` to `max_count` times; without an upper bound where `max_count` is None.

    Raises:
        ValueError: a count is negative, or they are in the wrong order.
        TypeError: a count is not an int.
    """

    term: Term
    min_count: int
    max_count: int | None

    def __post_init__(self) -> None:
        for count in (self.min_count, self.max_count):
            if count is not None and (isinstance(count, bool) or not isinstance(count, int)):
                raise TypeError(f"a repetition count is an int, not {count!r}")
        if self.min_count < 0 or (self.max_count is not None and self.max_count < self.min_count):
            raise ValueError(f"cannot repeat from {self.min_count} to {self.max_count} times")

    def pattern(self) -> str:
        return f"{as_group(self.term.pattern())}{self._quantifier()}"

    def children(self) -> tuple[Term, ...]:
        return (self.term,)

    def label(self) -> str:
        return f"Repeat({self._quantifier()})"

    def _quantifier(self) -> str:
        match self.min_count, self.max_count:
            case 0, 1:
                return "?"
            case 0, None:
                return "*"
            case 1, None:
                return "+"
            case low, None:
                return f"{{{low},}}"
            case low, high if low == high:
                return f"{{{low}}}"
            case low, high:
                return f"{{{low},{high}}}"


def plain_value(value: Any) -> Any:
    """The value that stands for a member of an Enum; any other value itself."""
    return value.value if isinstance(value, enum.Enum) else value


def embedded_schema(schema: Any) -> dict[str, Any]:
    """A schema as part of a larger one. With an identifier of its own, its references stay within it."""
    if isinstance(schema, bool):
        return {} if schema else {"not": {}}
    text = json.dumps(schema)
    if not any(f'"{keyword}"' in text for keyword in ("$ref", "$dynamicRef", "$schema")):
        return dict(schema)
    # pydantic, which puts the whole together, follows no reference that starts with https.
    name = schema.get("$id", f"https://outlines.invalid/{hashlib.sha256(text.encode()).hexdigest()[:16]}")
    return {"$id": name, **_with_absolute_references(schema, name)}


def _with_absolute_references(schema: Any, name: str) -> Any:
    if isinstance(schema, list):
        return [_with_absolute_references(item, name) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        keyword: f"{name}{value}"
        if keyword == "$ref" and isinstance(value, str) and value.startswith("#")
        else value
        if keyword in ("const", "enum", "default", "examples")
        else _with_absolute_references(value, name)
        for keyword, value in schema.items()
    }


def is_schema_builder(source: Any) -> bool:
    """Whether this is a `SchemaBuilder` of genson, which need not be installed."""
    return type(source).__module__.partition(".")[0] == "genson" and hasattr(source, "to_schema")


def as_term(value: Any) -> Term:
    """The term for an operand: a term itself, a str as exactly that text, or a Python type.

    Raises:
        TypeError: there is no term for it.
    """
    if isinstance(value, Term):
        return value
    if isinstance(value, str):
        return String(value)
    # Late, since the conversion of types is built on terms.
    from outlines.types.convert import convert

    return convert(value).term or Regex(r"[\s\S]*")


def _operands(kind: type[Sequence] | type[Alternatives], term: Term) -> tuple[Term, ...]:
    """`a + b + c` is one sequence of three, not a sequence in a sequence."""
    return term.terms if isinstance(term, kind) else (term,)


def _tree(term: Term, indent: str = "", branch: str = "└── ") -> Iterator[str]:
    yield f"{indent}{branch}{term.label()}"
    children = term.children()
    deeper = indent + ("    " if branch.startswith("└") else "│   ")
    for position, child in enumerate(children, start=1):
        yield from _tree(child, deeper, "└── " if position == len(children) else "├── ")


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ValueError(f"invalid regular expression {pattern!r}: {error}") from error


def _require_str(name: str, value: Any) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{name} takes a str, not {type(value).__name__}")


def _schema_text(schema: Any) -> str:
    if isinstance(schema, str):
        try:
            schema = json.loads(schema, parse_constant=_refuse_constant)
        except ValueError as error:
            raise ValueError(f"the JSON Schema is not JSON: {error}") from error
        if not isinstance(schema, (dict, bool)):
            raise TypeError(f"a JSON Schema is an object or a boolean, not {type(schema).__name__}")
    if not isinstance(schema, (Mapping, bool)):
        # Late, since it imports pydantic.
        from outlines.types.pydantic_schema import json_schema_of

        schema = json_schema_of(schema)
    try:
        return json.dumps(schema, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"the JSON Schema is not JSON: {error}") from error


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")
