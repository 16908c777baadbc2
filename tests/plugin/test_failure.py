"""An engine's error reaches the caller as what it was."""

import pytest

from outlines.constraint import Constraint
from outlines.errors import GenerationError
from outlines.guide import GrammarError, JsonSchemaError, RegexError
from outlines.plugin import NAME, failure
from outlines.plugin.compiler import check


@pytest.mark.parametrize(
    ("constraint", "kind", "places"),
    [
        (Constraint("regex", "ab(a"), RegexError, ["position"]),
        (Constraint("json", {"properties": {"a": {"$ref": "#/$defs/gone"}}}), JsonSchemaError, ["pointer"]),
        (Constraint("grammar", 'start: "a"\n\nrule: missing\n'), GrammarError, ["line", "column"]),
    ],
    ids=["regex", "schema", "grammar"],
)
def test_a_constraint_error_keeps_its_type_message_and_place(
    constraint: Constraint, kind: type, places: list[str]
) -> None:
    with pytest.raises(kind) as raised:
        check(constraint)
    sent = failure.encode(raised.value)
    assert sent.startswith(f"{NAME}:")
    received = failure.decode(sent)
    assert type(received) is kind
    assert str(received) == str(raised.value)
    for place in places:
        assert getattr(received, place) == getattr(raised.value, place)


def test_any_other_error_is_a_generation_error_with_the_message() -> None:
    received = failure.decode(failure.encode(ZeroDivisionError("three by nought")))
    assert type(received) is GenerationError
    assert str(received) == "three by nought"


@pytest.mark.parametrize("stop_reason", [None, 2, "\n", "outlines", "repetition_detected"])
def test_vllms_own_stop_reasons_are_no_failures(stop_reason: object) -> None:
    assert failure.decode(stop_reason) is None
