"""Bad input: a typed error that says what was wrong, before the model runs, and an engine that goes on."""

import re

import pytest

from outlines.inputs import Chat
from outlines.types import CFG, JsonSchema, Regex

pytestmark = pytest.mark.engine

QUESTION = "What is the capital of Latvia?"


@pytest.fixture(params=["call", "stream", "batch"])
def use(request, model, llm, unfinished, monkeypatch):
    """Each way to generate; the engine must not be asked."""

    def refuse(*arguments, **keywords):
        raise AssertionError("the engine was asked")

    monkeypatch.setattr(llm.llm_engine, "add_request", refuse)
    return {
        "call": model,
        "stream": model.stream,
        "batch": lambda prompt, *rest, **keywords: model.batch([QUESTION, prompt], *rest, **keywords),
    }[request.param]


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        (5, "not int"),
        (None, "not NoneType"),
        (b"Hello", "not bytes; decode it first"),
        ([QUESTION], "not list; use model.batch"),
        ([{"role": "user", "content": QUESTION}], r"wrap a list of messages in outlines.inputs.Chat"),
        ({"prompt": QUESTION}, "not dict"),
    ],
)
def test_a_prompt_that_is_none(use, prompt, message):
    with pytest.raises(TypeError, match=message):
        use(prompt)


@pytest.mark.parametrize(
    "prompt",
    [
        "caf\udce9",
        Chat([{"role": "user", "content": "caf\udce9"}]),
        Chat([{"role": "user", "content": ["a", "caf\udce9"]}]),
    ],
)
def test_half_a_character(use, prompt):
    with pytest.raises(ValueError, match=r"half a character, '\\udce9', at position 3"):
        use(prompt)


def test_an_unknown_keyword_lists_the_valid_ones(use):
    with pytest.raises(TypeError, match=r"unknown keyword arguments max_length, temprature; valid are: .*max_tokens"):
        use(QUESTION, temprature=0, max_length=3)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"temperature": -1}, "temperature"),
        ({"max_tokens": 3, "max_new_tokens": 4}, "another name for max_tokens"),
        ({"on_truncation": "ignore"}, "on_truncation must be one of raise, return"),
        ({"backend": "outlines-vllm"}, "give an output_type too"),
        ({"max_tokens": 4.5}, "max_tokens: Expected `int"),
        ({"priority": 0.5}, "priority is an int, not float"),
        ({"lora_request": "adapter"}, "lora_request is a .*LoRARequest, not str"),
    ],
)
def test_bad_values(use, keywords, message):
    with pytest.raises((TypeError, ValueError), match=message):
        use(QUESTION, **keywords)


class Opaque:
    pass


@pytest.mark.parametrize(
    ("output_type", "message"),
    [
        (Opaque, "Opaque cannot be an output type"),
        ("int", "'int' is a value, not an output type"),
        ({"type": "integer"}, r"use JsonSchema\(\{\.\.\.\}\)"),
        (lambda x: x, "'x' has no annotation"),
    ],
)
def test_an_unsupported_type_is_named(use, output_type, message):
    with pytest.raises(TypeError, match=message):
        use(QUESTION, output_type)


@pytest.mark.parametrize("pattern", ["(", "[a", "*a", r"(a)\1", "a{3,2}"])
def test_a_regex_that_cannot_be_honoured(use, pattern):
    from outlines.errors import ConstraintError, RegexError

    with pytest.raises(RegexError) as caught:
        use(QUESTION, Regex(pattern))
    assert isinstance(caught.value, ConstraintError)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("schema", "pointer"),
    [
        ({"type": "object", "properties": {"a": {"$ref": "#/$defs/missing"}}}, "/properties/a"),
        ({"type": "integer", "minimum": 3, "maximum": 2}, None),
        (False, None),
        ({"enum": []}, None),
        ({"type": "strnig"}, None),
        ({"type": "array", "items": {"type": "string", "pattern": "("}, "minItems": 1}, "/items"),
    ],
)
def test_a_schema_that_cannot_be_honoured(use, schema, pointer):
    from outlines.errors import JsonSchemaError

    with pytest.raises(JsonSchemaError) as caught:
        use(QUESTION, JsonSchema(schema))
    if pointer is not None:
        assert caught.value.pointer.startswith(pointer)


def test_a_broken_grammar_says_where(use):
    from outlines.errors import GrammarError

    with pytest.raises(GrammarError) as caught:
        use(QUESTION, CFG('start: item\n\nitem: "a" )'))
    assert (caught.value.line, caught.value.column) == (3, 11)
    with pytest.raises(GrammarError, match="missing"):
        use(QUESTION, CFG("start: missing"))


def test_a_conversation_without_messages(use):
    with pytest.raises(ValueError, match="no messages"):
        use(Chat())


def test_a_prompt_that_is_too_long(model, unfinished):
    with pytest.raises(ValueError, match=re.compile("maximum context length|longer than the maximum")):
        model("word " * 3000)
    assert "Riga" in model(QUESTION, temperature=0, max_tokens=12)
