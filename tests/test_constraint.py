"""`Constraint`: equal meanings are equal keys, and what cannot be enforced is refused."""

import pickle

import pytest

from outlines.constraint import Constraint


def test_a_schema_as_dict_and_as_its_json_text_are_one_key() -> None:
    schema = {"type": "object", "properties": {"b": {"const": "é"}, "a": True}}
    as_dict = Constraint("json", schema)
    as_text = Constraint("json", as_dict.value)
    assert as_dict == as_text
    assert hash(as_dict) == hash(as_text)
    assert len({as_dict, as_text}) == 1


def test_property_order_is_part_of_a_schema() -> None:
    assert Constraint("json", {"a": 1, "b": 2}) != Constraint("json", {"b": 2, "a": 1})


def test_options_given_as_none_are_not_given() -> None:
    assert Constraint("json", True, {"whitespace_pattern": None}) == Constraint("json", True)


def test_options_do_not_depend_on_their_order() -> None:
    one = Constraint("json", True, {"property_order": "any", "whitespace_pattern": ""})
    other = Constraint("json", True, {"whitespace_pattern": "", "property_order": "any"})
    assert one == other
    assert one.option("property_order") == "any"
    assert one.option("absent", 7) == 7


def test_survives_pickling_and_cannot_be_changed() -> None:
    constraint = Constraint("choice", ["a", "b"])
    assert pickle.loads(pickle.dumps(constraint)) == constraint
    with pytest.raises(AttributeError):
        constraint.value = "c"  # type: ignore[misc]


def test_nested_unions_and_sequences_are_flat() -> None:
    a, b, c = (Constraint("regex", letter) for letter in "abc")
    assert Constraint("union", [a, Constraint("union", [b, a]), c]) == Constraint("union", [a, b, c])
    assert Constraint("sequence", [a, Constraint("sequence", [b, a])]) == Constraint("sequence", [a, b, a])
    assert Constraint("union", [a, Constraint("sequence", [b, c])]).value[1].kind == "sequence"


def test_other_backends_get_no_extension_of_json_schema() -> None:
    ours = Constraint("json", {"items": {"pattern": "(?py)a|b"}, "const": ["(?py)"]}, {"plain_integers": True})
    theirs = Constraint("json", {"items": {"pattern": "^(?:a|b)$"}, "const": ["(?py)"]}, {"plain_integers": True})
    regex = Constraint("regex", "a")
    assert ours.standard() == theirs
    assert regex.standard() is regex
    assert Constraint("union", [regex, ours]).standard() == Constraint("union", [regex, theirs])
    assert Constraint("repeat", ours, {"min": 2}).standard() == Constraint("repeat", theirs, {"min": 2})


def test_plain_data_gives_the_constraint_again() -> None:
    leaf = Constraint("json", {"type": "null"}, {"property_order": "any"})
    whole = Constraint("repeat", Constraint("sequence", [Constraint("choice", ["a"]), leaf]), {"min": 1, "max": 2})
    for constraint in (leaf, whole, Constraint("union", [leaf, whole])):
        assert Constraint(*constraint.plain()) == constraint


@pytest.mark.parametrize(
    ("kind", "value", "options", "error", "message"),
    [
        ("xml", "<a/>", None, ValueError, "unknown constraint kind 'xml'"),
        ("regex", "a", {"property_order": "any"}, ValueError, "unknown option 'property_order' for a regex"),
        ("json", True, {"indent": 2}, ValueError, "expected ignore_formats, plain_integers"),
        ("regex", 7, None, TypeError, "takes a str, not int"),
        ("grammar", b"start: A", None, TypeError, "takes a str, not bytes"),
        ("union", "yes", None, TypeError, "several constraints, not str"),
        ("sequence", {"a": 1}, None, TypeError, "several constraints, not dict"),
        ("repeat", Constraint("regex", "a"), {"least": 1}, ValueError, "expected max, min"),
        ("choice", "yes", None, TypeError, "several str, not str"),
        ("choice", ["yes", 1], None, TypeError, "str alternatives, not int"),
        ("json", ["object"], None, TypeError, "a dict, a bool or JSON text, not list"),
        ("json", {"maximum": float("nan")}, None, ValueError, "not JSON"),
        ("json", {"const": {1, 2}}, None, ValueError, "not JSON"),
    ],
)
def test_refuses(kind: str, value: object, options: dict[str, object] | None, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        Constraint(kind, value, options)  # type: ignore[arg-type]


def test_refuses_a_schema_that_contains_itself() -> None:
    schema: dict[str, object] = {}
    schema["not"] = schema
    with pytest.raises(ValueError, match="not JSON"):
        Constraint("json", schema)
