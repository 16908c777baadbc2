"""Terms: what they match, how they combine, and their life as a pydantic field."""

import itertools
import json
import random
import re
from typing import Literal

import pydantic
import pytest

from outlines import grammars
from outlines.types import (
    CFG,
    Choice,
    JsonSchema,
    Regex,
    String,
    at_least,
    at_most,
    between,
    cfg,
    either,
    exactly,
    json_schema,
    one_or_more,
    optional,
    regex,
    zero_or_more,
)
from outlines.types.convert import convert, index_of

A, B = Regex("[ab]"), String("b")


@pytest.mark.parametrize(
    ("term", "pattern"),
    [
        (A.exactly(2), "[ab]{2}"),
        (exactly(2, A), "[ab]{2}"),
        (A.at_least(1), "[ab]+"),
        (at_least(3, A), "[ab]{3,}"),
        (A.at_most(2), "[ab]{0,2}"),
        (at_most(1, A), "[ab]?"),
        (A.between(1, 3), "[ab]{1,3}"),
        (between(2, 2, A), "[ab]{2}"),
        (A.optional(), "[ab]?"),
        (optional(A), "[ab]?"),
        (A.one_or_more(), "[ab]+"),
        (one_or_more(A), "[ab]+"),
        (A.zero_or_more(), "[ab]*"),
        (zero_or_more(A), "[ab]*"),
        (A + B, "[ab]b"),
        (A | B, "[ab]|b"),
        ("x" + A + "y", "x[ab]y"),
        ("x" | A | "yz", "x|[ab]|yz"),
        (either("x", A), "x|[ab]"),
        ((A + "a|b").exactly(2), r"([ab]a\|b){2}"),
        (Regex("a|b") + Regex("a|b"), "(a|b)(a|b)"),
        (Regex("(?i)a") + "a", "[aA]a"),
        (Regex("(?P<n>a)").exactly(2), "aa"),
        (String("a.b"), r"a\.b"),
        (Choice(["a", "ab", 1, True, None]), "a|ab|1|True|None"),
        (A + int, "[ab]-?(0|[1-9][0-9]*)"),
        (A + bool, "[ab](True|False)"),
        (A | Literal["x", "y"], "[ab]|x|y"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_term_matches_what_its_pattern_says(term, pattern):
    expected = re.compile(pattern)
    generator = random.Random(pattern)
    texts = ["".join(letters) for size in range(5) for letters in itertools.product("abx1", repeat=size)]
    texts += ["".join(generator.choices("abxyzABTrueFalsNo.|1-0", k=generator.randrange(8))) for _ in range(500)]
    texts += ["True", "aTrue", "None", "a-12", "yz", "a|ba|b", "aa|bba|b"]
    for text in texts:
        assert term.matches(text) == bool(expected.fullmatch(text)), text


@pytest.mark.parametrize(
    ("term", "matching", "other"),
    [
        (JsonSchema({"type": "integer"}), ["1", "-20"], ["a", "", "[1]"]),
        (CFG(grammars.arithmetic), ["1+2", "(3-4)*5"], ["1+", "x"]),
        ("Answer: " + JsonSchema({"enum": [1, "a"]}), ["Answer: 1", 'Answer: "a"'], ["Answer: a", "1"]),
        (A | JsonSchema({"const": [1]}) | CFG('start: "x"+'), ["a", "[1]", "xxx"], ["ab", "[2]", ""]),
        ((JsonSchema({"type": "array"}) + "\n").between(1, 2), ["[]\n", "[1]\n[2]\n"], ["", "[]", "[]\n[]\n[]\n"]),
        (A.one_or_more() + (": " + JsonSchema({"type": "null"})).optional(), ["ab", "a: null"], ["a: ", ": null"]),
        (A + CFG('start: "x"*'), ["a", "bxx"], ["xx", "axa"]),
    ],
)
def test_terms_without_a_pattern_match_and_combine_too(term, matching, other):
    for text in matching:
        assert term.matches(text), text
        assert term.validate(text) == text
    for text in other:
        assert not term.matches(text), text


def test_validate_gives_the_text_or_says_why_not():
    term = Regex("[0-9]+")
    assert term.validate("12") == "12"
    with pytest.raises(ValueError, match=r"'x' is not a full match of \[0-9\]\+"):
        term.validate("x")


@pytest.mark.parametrize("value", ["", "a.b*c", "(", "[", "\\", "#", "a b", "\n", "é", "-"])
def test_a_string_matches_itself_only(value):
    assert String(value).matches(value)
    assert not String(value).matches(value + "x")
    assert (String(value) + "x").matches(value + "x")


def test_the_tree():
    term = either("a", Regex("[0-9]") + Choice(["x", 1])).optional()
    assert str(term) == "\n".join(
        [
            "└── Repeat(?)",
            "    └── Alternatives(|)",
            "        ├── String('a')",
            "        └── Sequence",
            "            ├── Regex('[0-9]')",
            "            └── Choice(['x', 1])",
        ]
    )


def test_sequences_and_alternatives_are_flat():
    assert (A + "x" + (B + "y")).terms == (A, String("x"), B, String("y"))
    assert (A | "x" | (B | "y")).terms == (A, String("x"), B, String("y"))


def test_terms_are_values():
    assert Regex("a") == regex("a")
    assert CFG("start: A") == cfg("start: A")
    assert json_schema({"type": "null"}) == JsonSchema('{"type": "null"}')
    assert len({A + "x", Regex("[ab]") + "x", A | "x"}) == 2


def test_a_schema_keeps_the_order_of_its_members():
    text = '{"type":"object","properties":{"z":{},"a":{}}}'
    assert list(json.loads(JsonSchema(text).schema)["properties"]) == ["z", "a"]


def test_files(tmp_path):
    schema, grammar = tmp_path / "schema.json", tmp_path / "grammar.lark"
    schema.write_text('{"const": "é"}', encoding="utf-8")
    grammar.write_text('start: "é"', encoding="utf-8")
    assert JsonSchema.from_file(schema, whitespace_pattern="") == JsonSchema({"const": "é"}, whitespace_pattern="")
    assert CFG.from_file(str(grammar)) == CFG('start: "é"')


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Regex(1), TypeError, "Regex takes a str, not int"),
        (lambda: String(b"a"), TypeError, "String takes a str, not bytes"),
        (lambda: CFG(None), TypeError, "CFG takes a str, not NoneType"),
        (lambda: Choice([]), ValueError, "allows nothing"),
        (lambda: Choice("abc"), TypeError, "a list of values"),
        (lambda: Choice([b"a"]), TypeError, "b'a'"),
        (either, ValueError, "allows nothing"),
        (lambda: A.exactly(-1), ValueError, "from -1 to -1"),
        (lambda: A.between(3, 2), ValueError, "from 3 to 2"),
        (lambda: A.exactly(True), TypeError, "not True"),
        (lambda: A.exactly("2"), TypeError, "not '2'"),
        (lambda: JsonSchema("{"), ValueError, "not JSON"),
        (lambda: JsonSchema('{"a": NaN}'), ValueError, "NaN"),
        (lambda: JsonSchema({"a": float("inf")}), ValueError, "not JSON"),
        (lambda: JsonSchema("[]"), TypeError, "an object or a boolean"),
        (lambda: JsonSchema(object), None, None),
        (lambda: A + {"a": 1}, TypeError, "JsonSchema"),
        ((A + JsonSchema({})).pattern, TypeError, "JsonSchema has no regular expression"),
        (lambda: CFG("start: A").matches("a"), ValueError, "A"),
        (lambda: (CFG('start: "a"') + "b").matches("ab"), ValueError, "only be the last part of a sequence"),
        (lambda: JsonSchema({"const": 1}).validate("2"), ValueError, "'2' is not a full match of"),
        (lambda: Regex("(").matches("a"), ValueError, "invalid regular expression"),
    ],
)
def test_what_makes_no_sense_is_refused(make, error, message):
    if error is None:
        make()
        return
    with pytest.raises(error, match=re.escape(message)):
        make()


CODE = Regex("[A-Z]{2}") + "-" + Regex("[0-9]+")
KIND = Choice(["new", "old"])
PART = String("x") | "y|z"


class Order(pydantic.BaseModel):
    code: CODE
    kind: KIND
    parts: list[PART]


def test_a_term_is_a_field():
    good = {"code": "AB-12", "kind": "new", "parts": ["x", "y|z"]}
    assert Order.model_validate(good).model_dump() == good
    for bad in ({**good, "code": "A-12"}, {**good, "kind": "newer"}, {**good, "parts": ["z"]}):
        with pytest.raises(pydantic.ValidationError):
            Order.model_validate(bad)
    properties = Order.model_json_schema()["properties"]
    assert re.search(properties["code"]["pattern"], "AB-12")
    assert not re.search(properties["code"]["pattern"], "xAB-12")
    assert not re.search(properties["parts"]["items"]["pattern"], "xy|z")


@pytest.mark.parametrize(
    "pattern",
    [
        *(r"\d+", r"\D{1,3}", r"\w+", r"\W{1,2}", r"\s", r"\S{1,2}", r"[\d\s]", r"[\w-]+", ".", "(?s).", r"a\b"),
        *(r"\Aab", r"a\Z", "^a$", "(?m)^a$", "(?P<n>a)b", "(?#note)ab", "(?x) a b # note", "a++b", "(?>a|ab)c"),
        *("(?<=a)b|c", "a(?=b)b", "(a)?(?(1)b|c)", "[]a]", "a{,3}", r"\U0001F600", r"\N{BULLET}", r"\07", "(?i)straße"),
        *('"', r"\\", r"\n|\t", r"\/", "(?i:k)x"),
    ],
)
def test_a_pattern_means_the_same_in_a_string_of_json(pattern):
    alone, inside = index_of(Regex(pattern)), index_of(convert(list[Regex(pattern)]).term)
    letters = list("abckKABC01 \n\t\r.-_é٣\u212a\u0130\u0131ſsS\ufeff\x85\u2028\x1c😀•\"\\/'#{}[]()\x07")
    rng = random.Random(pattern)
    texts = ["", *letters, "ab", "ac", "STRASSE", "straße"]
    texts += ["".join(rng.choices(letters, k=rng.randint(2, 4))) for _ in range(300)]
    for text in texts:
        assert alone.accepts(text) == inside.accepts(json.dumps([text], ensure_ascii=False)), text


def test_a_grammar_is_no_field():
    with pytest.raises(TypeError, match="a CFG has no JSON form"):
        pydantic.TypeAdapter(list[CFG('start: "a"')])
