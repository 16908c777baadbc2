"""The mark on `SamplingParams`, through vLLM's own serialisation."""

from typing import Any

import msgspec
import pytest
from vllm import SamplingParams
from vllm.sampling_params import StructuredOutputsParams

from outlines.constraint import Constraint
from outlines.plugin import NAME, mark
from outlines.plugin.request import mark as mark_ours

CONSTRAINTS = [
    Constraint("regex", r"\d{3}-\d{2}"),
    Constraint("choice", ["Paris", "Ürümqi"]),
    Constraint("json", {"type": "object", "properties": {"z": {"type": "integer"}, "a": {}}}),
    Constraint("json", False, {"property_order": "any", "whitespace_pattern": r"\s?"}),
    Constraint("grammar", 'start: "a"+'),
    Constraint("union", [Constraint("choice", ["None"]), Constraint("json", "[ 1e400 ]", {"plain_integers": True})]),
    Constraint(
        "sequence", [Constraint("regex", "a+"), Constraint("choice", ["b"]), Constraint("grammar", 'start: "c"')]
    ),
    Constraint("repeat", Constraint("union", [Constraint("json", {}), Constraint("regex", "x")]), {"min": 2, "max": 5}),
    Constraint("repeat", Constraint("regex", "x"), {"min": 1}),
    Constraint("union", [Constraint("grammar", 'begin: "a"', {"start": "begin", "files": [["b.lark", "b: /b/"]]})]),
]


def to_engine(params: SamplingParams) -> SamplingParams:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(params), type=SamplingParams)


@pytest.mark.parametrize("constraint", CONSTRAINTS, ids=lambda constraint: constraint.kind)
def test_the_constraint_reaches_the_engine_unchanged(constraint: Constraint) -> None:
    params = SamplingParams(extra_args={"somebody": "else's"})
    mark_ours(params, constraint)
    received = to_engine(params)
    assert mark.is_ours(received)
    assert mark.read(received) == constraint
    assert received.extra_args["somebody"] == "else's"


@pytest.mark.parametrize("constraint", CONSTRAINTS, ids=lambda constraint: constraint.kind)
def test_either_mark_alone_is_enough(constraint: Constraint) -> None:
    params = SamplingParams()
    mark_ours(params, constraint)
    params.structured_outputs._backend = None
    assert mark.is_ours(params)
    assert mark.read(params) == constraint

    params.structured_outputs._backend = NAME
    params.extra_args = None
    assert mark.is_ours(params)
    assert mark.read(params).value == constraint.value


def test_the_callers_extra_args_are_not_changed() -> None:
    theirs = {"somebody": 1}
    params = SamplingParams(extra_args=theirs)
    mark_ours(params, CONSTRAINTS[0])
    assert theirs == {"somebody": 1}


@pytest.mark.parametrize(
    "params",
    [
        None,
        SamplingParams(),
        SamplingParams(extra_args={"other": 1}),
        SamplingParams(structured_outputs=StructuredOutputsParams(regex="a")),
    ],
    ids=["none", "free text", "other extra_args", "vLLM's own"],
)
def test_other_requests_are_not_ours(params: Any) -> None:
    assert not mark.is_ours(params)


def test_vllms_own_switches_are_honoured() -> None:
    compact = SamplingParams(
        structured_outputs=StructuredOutputsParams(json="{}", disable_any_whitespace=True), extra_args={NAME: {}}
    )
    assert mark.read(compact) == Constraint("json", "{}", {"whitespace_pattern": ""})
    spaced = SamplingParams(
        structured_outputs=StructuredOutputsParams(json="{}", whitespace_pattern=" *"), extra_args={NAME: {}}
    )
    assert mark.read(spaced) == Constraint("json", "{}", {"whitespace_pattern": " *"})
    whole = SamplingParams(structured_outputs=StructuredOutputsParams(json_object=True), extra_args={NAME: {}})
    assert mark.read(whole) == Constraint("json", {"type": "object"})


@pytest.mark.parametrize(
    ("structured", "options", "message"),
    [
        (None, {}, "structured_outputs is not"),
        ({"regex": "a"}, True, "must be a dict of options, not bool"),
        ({"regex": "a"}, {"property_order": "any"}, "unknown option 'property_order' for a regex"),
        ({"json": "{}", "disable_additional_properties": True}, {}, "disable_additional_properties"),
        ({"structural_tag": "{}"}, {}, "structural_tag is malformed"),
        ({"structural_tag": '{"format": {"type": "any_text"}}'}, {}, "'any_text' is not supported"),
        ({"structural_tag": '{"format": {"type": "or", "elements": [1]}}'}, {}, "structural_tag is malformed"),
    ],
)
def test_refuses_what_it_would_not_enforce(structured: dict[str, Any] | None, options: Any, message: str) -> None:
    outputs = None if structured is None else StructuredOutputsParams(**structured)
    params = SamplingParams(structured_outputs=outputs, extra_args={NAME: options})
    with pytest.raises(ValueError, match=message):
        mark.read(params)


def test_refuses_two_constraints_on_one_output() -> None:
    params = SamplingParams(structured_outputs=StructuredOutputsParams(regex="a"))
    with pytest.raises(ValueError, match="give one"):
        mark_ours(params, CONSTRAINTS[0])
