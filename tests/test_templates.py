"""Prompt templates."""

import inspect
import json
from typing import List  # noqa: UP035 - as users write it

import jinja2
import pytest
from pydantic import BaseModel, Field

from outlines import Template


def test_values_are_filled_in_and_indentation_removed():
    template = Template.from_string(
        """
        Name: {{ name }}
        {% for item in items %}
        - {{ item | upper }}
        {% endfor %}
        """
    )
    assert template(name="<a & b>", items=["x", "y"]) == "Name: <a & b>\n- X\n- Y\n"


def test_filters():
    assert Template.from_string("{{ a | double }}", filters={"double": lambda value: value * 2})(a="x") == "xx"


def add(one: int, two: List[str], *, three: float = 1.0):  # noqa: UP006
    """Adds things.

    But this is not shown.
    """


class Thought(BaseModel):
    about: str = Field(description="what it is about")
    length: int


class Answer(BaseModel):
    text: str
    thought: Thought


class Caller:
    def __call__(self): ...


@pytest.mark.parametrize(
    ("filter", "value", "expected"),
    [
        ("name", add, "add"),
        ("name", Caller(), "Caller"),
        ("description", add, "Adds things."),
        ("description", Caller(), ""),
        ("args", add, "one: int, two: List[str], *, three: float = 1.0"),
        ("signature", lambda x, y=2: None, "x, y=2"),
        ("source", add, inspect.getsource(add)),
        ("schema", {"a": "é"}, '{\n  "a": "é"\n}'),
        (
            "schema",
            Answer,
            json.dumps({"text": "<text>", "thought": {"about": "what it is about", "length": "<length>"}}, indent=2),
        ),
    ],
)
def test_filters_that_describe_functions_and_models(filter, value, expected):
    assert Template.from_string("{{ value | " + filter + " }}")(value=value).strip() == expected.strip()


def test_filters_refuse_what_they_cannot_describe():
    with pytest.raises(TypeError, match="a function, not 1"):
        Template.from_string("{{ value | name }}")(value=1)
    with pytest.raises(TypeError, match="a pydantic model or a dict, not 1"):
        Template.from_string("{{ value | schema }}")(value=1)


def test_a_file_and_one_that_it_includes(tmp_path):
    (tmp_path / "part.txt").write_text("é {{ a }}", encoding="utf-8")
    (tmp_path / "whole.txt").write_text("{% include 'part.txt' %}!", encoding="utf-8")
    assert Template.from_file(tmp_path / "whole.txt")(a=1) == "é 1!"


def test_mistakes_are_errors():
    with pytest.raises(jinja2.UndefinedError, match="'b' is undefined"):
        Template.from_string("{{ a }}{{ b }}")(a=1)
    with pytest.raises(jinja2.TemplateSyntaxError):
        Template.from_string("{{ a ")
