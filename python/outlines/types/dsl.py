"""The functions that build terms. Each takes terms, strings or Python types."""

from __future__ import annotations

from typing import Any

from outlines.types.terms import CFG, Alternatives, JsonSchema, Regex, Repeat, as_term


def regex(pattern: str) -> Regex:
    """A full match of a regular expression."""
    return Regex(pattern)


def cfg(definition: str) -> CFG:
    """A sentence of a Lark grammar."""
    return CFG(definition)


def json_schema(schema: Any) -> JsonSchema:
    """JSON that a schema allows; the schema as text, a dict, or a Python type."""
    return JsonSchema(schema)


def either(*terms: Any) -> Alternatives:
    """Any one of several terms.

    Raises:
        ValueError: there are none.
    """
    if not terms:
        raise ValueError("either() allows nothing: give at least one term")
    return Alternatives(tuple(as_term(term) for term in terms))


def optional(term: Any) -> Repeat:
    """A term or nothing."""
    return as_term(term).optional()


def exactly(count: int, term: Any) -> Repeat:
    """A term `count` times."""
    return as_term(term).exactly(count)


def at_least(count: int, term: Any) -> Repeat:
    """A term `count` times or more."""
    return as_term(term).at_least(count)


def at_most(count: int, term: Any) -> Repeat:
    """A term up to `count` times; also not at all."""
    return as_term(term).at_most(count)


def between(min_count: int, max_count: int, term: Any) -> Repeat:
    """A term from `min_count` to `max_count` times, both included."""
    return as_term(term).between(min_count, max_count)


def zero_or_more(term: Any) -> Repeat:
    """A term any number of times."""
    return as_term(term).zero_or_more()


def one_or_more(term: Any) -> Repeat:
    """A term once or more."""
    return as_term(term).one_or_more()
