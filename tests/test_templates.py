"""Prompt templates."""

import jinja2
import pytest

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


def test_a_file_and_one_that_it_includes(tmp_path):
    (tmp_path / "part.txt").write_text("é {{ a }}", encoding="utf-8")
    (tmp_path / "whole.txt").write_text("{% include 'part.txt' %}!", encoding="utf-8")
    assert Template.from_file(tmp_path / "whole.txt")(a=1) == "é 1!"


def test_mistakes_are_errors():
    with pytest.raises(jinja2.UndefinedError, match="'b' is undefined"):
        Template.from_string("{{ a }}{{ b }}")(a=1)
    with pytest.raises(jinja2.TemplateSyntaxError):
        Template.from_string("{{ a ")
