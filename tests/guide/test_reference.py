"""The engine against the reference implementation: each mask has exactly the tokens that keep the text completable.

A case is (constraint, text, token); every mask compared is one case per token of the vocabulary.
"""

from __future__ import annotations

import itertools
import json
import random
import re
from collections.abc import Iterable
from typing import Any

import jsonschema
import pytest
import regex

from outlines.guide import Guide, Index

from .finite_oracle import FiniteOracle, json_texts
from .grammar_oracle import GrammarOracle
from .random_instances import SCHEMAS, random_instance
from .random_patterns import random_pattern
from .reference import Oracle, Reference
from .regex_oracle import RegexOracle
from .walk import SmallVocabulary, Walk, allowed_ids

ARITHMETIC = r"""
?start: sum

?sum: product
| sum "+" product   -> add
| sum "-" product   -> sub

?product: atom
| product "*" atom  -> mul
| product "/" atom  -> div

?atom: NUMBER           -> number
| "-" atom         -> neg
| "(" sum ")"

%import common.NUMBER
%import common.WS_INLINE

%ignore WS_INLINE
"""

JSON = r"""
?start: value
?value: object | array | string | SIGNED_NUMBER -> number | "true" -> true | "false" -> false | "null" -> null
array: "[" [value ("," value)*] "]"
object: "{" [pair ("," pair)*] "}"
pair: string ":" value
string: ESCAPED_STRING
%import common.ESCAPED_STRING
%import common.SIGNED_NUMBER
%import common.WS
%ignore WS
"""

GRAMMARS = {
    "arithmetic": ARITHMETIC,
    "json": JSON,
    "left-recursive": 'start: start "," item | item\nitem: /[a-c]/ | "é" "日"',
    "right-recursive": 'start: item "," start | item\nitem: /[a-c]{2}/',
    "nested": 'start: "(" start ")" | "[" start "]" | "x"',
    "ambiguous": 'start: start start | "a" | "ab" | "b"',
    "empty-rules": 'start: a b a\na: "x"?\nb: ("y" a "z")*',
    "hidden-left-recursion": 'start: a start "c" | "b"\na: "a"?',
    "unicode": 'start: word (" " word)* "."\nword: /[а-яё]{1,5}/ | /[一-龥]/ | "🎉"',
    "palindromes": 'start: "a" start "a" | "b" start "b" | "a" | "b"',
}


def check_texts(index: Index, reference: Reference, texts: Iterable[bytes]) -> None:
    for text in texts:
        assert index.accepts(text) == reference.accepts(text), text
        assert index.accepts_prefix(text) == reference.completable(text), text


def near_texts(rng: random.Random, texts: list[bytes]) -> list[bytes]:
    """The given texts with a byte dropped, doubled, changed, or the end cut off."""
    changed = []
    for text in texts:
        at = rng.randrange(len(text) + 1)
        other = bytes([rng.randrange(256)])
        changed += [
            text[:at],
            text[:at] + text[at + 1 :],
            text[: at + 1] + text[at:],
            text[:at] + other + text[at + 1 :],
        ]
    return changed


class TestReferenceItself:
    """The reference against exhaustive search, where that is possible."""

    @pytest.mark.parametrize("seed", range(60))
    def test_regex_by_exhaustion(self, seed: int) -> None:
        """Over a, b and short texts: completable is to have an accepted extension."""
        rng = random.Random(seed)
        parts = ["a", "b", "(?:ab?){1,2}", "(?:a|bb)*", "[ab]?", "(?:aa|a)+?", ".{2}", "[^a]", "(?:a|)b??"]
        pattern = "".join(rng.choices(parts, k=3))
        oracle = RegexOracle(pattern)
        compiled = re.compile(pattern)
        words = ["".join(word) for length in range(10) for word in itertools.product("ab", repeat=length)]
        prefixes = {word[:end] for word in words if compiled.fullmatch(word) for end in range(len(word) + 1)}
        for word in words:
            assert oracle.accepts(word) == (compiled.fullmatch(word) is not None)
            if len(word) <= 3:  # a completion takes at most six more
                assert oracle.completable(word) == (word in prefixes), (pattern, word)

    @pytest.mark.parametrize("seed", range(100))
    def test_regex_against_two_packages(self, seed: int) -> None:
        rng = random.Random(seed)
        pattern = random_pattern(rng, lazy=False)
        oracle = RegexOracle(pattern)
        whole, partial = re.compile(pattern), regex.compile(pattern)
        for _ in range(30):
            text = random_text(rng, oracle, 'abcxk01 -_."\né日本🎉яK', most=8)
            assert oracle.accepts(text) == (whole.fullmatch(text) is not None), (pattern, text)
            assert oracle.completable(text) == (partial.fullmatch(text, partial=True) is not None), (pattern, text)

    @pytest.mark.parametrize(
        "pattern",
        ["[а-я]", r"\s", "🎉|é", r"[\ud7ff\ue000]", r"[\U0010ffff]", r"[\u07f0-\u0810]", r"[\uff00-\U00010100]"],
    )
    def test_bytes_by_exhaustion(self, pattern: str) -> None:
        """One character: its UTF-8 cut anywhere is completable if and only if some accepted character begins so."""
        reference = Reference(RegexOracle(pattern))
        compiled = re.compile(pattern)
        points = (point for point in range(0x110000) if not 0xD800 <= point <= 0xDFFF)
        accepted = [chr(point).encode() for point in points if compiled.fullmatch(chr(point))]
        prefixes = {data[:end] for data in accepted for end in range(len(data) + 1)}
        for length in (1, 2):
            for data in map(bytes, itertools.product(range(256), repeat=length)):
                assert reference.completable(data) == (data in prefixes), data
        for data in random.Random(pattern).sample(sorted(prefixes), min(500, len(prefixes))):
            assert reference.completable(data)

    @pytest.mark.parametrize("name", GRAMMARS)
    def test_grammars_against_lark(self, name: str) -> None:
        oracle = GrammarOracle(GRAMMARS[name])
        rng = random.Random(name)
        accepted = 0
        for _ in range(300):
            text = random_text(rng, oracle, CHARACTERS[name], most=24)
            assert oracle.accepts(text) == oracle.parses(text), text
            accepted += oracle.accepts(text)
        assert accepted >= 30


CHARACTERS = {
    "arithmetic": "0123456789.e+-*/() \t",
    "json": '{}[]:,"\\/ \n0123456789.eE+-truefalsn日éx',
    "left-recursive": ",abcdé日",
    "right-recursive": ",abc",
    "nested": "()[]x",
    "ambiguous": "ab",
    "empty-rules": "xyz",
    "hidden-left-recursion": "abc",
    "unicode": "аёя一龥🎉 .x",
    "palindromes": "ab",
}


def random_text(rng: random.Random, oracle: Oracle, alphabet: str, most: int) -> str:
    """A text grown by characters that keep it completable, one in fifty apart; it often stops where it is whole."""
    text = ""
    for _ in range(rng.randint(1, most)):
        if oracle.accepts(text) and rng.random() < 0.3:
            break
        ways = [character for character in alphabet if oracle.completable(text + character)]
        if not ways or rng.random() < 0.02:
            ways = list(alphabet)
        text += rng.choice(ways)
    return text


FIXED_PATTERNS = [
    r"\d{3}-\d{2}-\d{4}".replace(r"\d", "[0-9]"),
    r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?",
    r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?",
    r"[a-z]{0,300}z",
    r"(?:[a-c]{2,40},){0,3}end",
    r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-f]{4})*"',
    r"(?s:.{5,9})",
    r"(?:the|there|then|them|théâtre|日本|日本語)",
    r"[^\x00-\x7f]{1,20}",
    r"(?:a|ab|abc|bcd|d)*",
    r"\s*(?:yes|no)\s*",
    r"(?i:true|false|n/a)",
    "",
    r"(?:é|è|ê|ë){3}",
    r".*",
    r"[\U0001F000-\U0001FFFF]+\ufe0f?",
]


@pytest.mark.parametrize("pattern", FIXED_PATTERNS)
def test_fixed_patterns(pattern: str) -> None:
    rng = random.Random(pattern)
    small = SmallVocabulary(rng, 'abcxyzthend0123456789-:.,"\\ eéè日本語🎉\n')
    reference = Reference(RegexOracle(pattern))
    index = Index.from_regex(pattern, small.vocabulary)
    for _ in range(4):
        Walk(index, reference, small).run(rng, steps=12)


@pytest.mark.parametrize("seed", range(25))
def test_random_patterns(seed: int) -> None:
    rng = random.Random(seed)
    small = SmallVocabulary(rng, 'abcxk01 -_."\né日本🎉я')
    for _ in range(4):
        pattern = random_pattern(rng)
        reference = Reference(RegexOracle(pattern))
        index = Index.from_regex(pattern, small.vocabulary)
        walks = [Walk(index, reference, small) for _ in range(2)]
        for walk in walks:
            walk.run(rng, steps=8)
        check_texts(index, reference, near_texts(rng, [text for walk in walks for text in walk.texts]))


@pytest.mark.parametrize("seed", range(10))
def test_random_choices(seed: int) -> None:
    rng = random.Random(seed)
    alphabet = "abé日🎉 "
    small = SmallVocabulary(rng, alphabet)
    values = sorted({"".join(rng.choices(alphabet, k=rng.randint(1, 12))) for _ in range(rng.choice([1, 3, 40]))})
    values += [value + "x" for value in values[:3]]  # one value a prefix of another
    rng.shuffle(values)
    reference = Reference(FiniteOracle(values))
    index = Index.from_choices(values, small.vocabulary)
    for _ in range(4):
        Walk(index, reference, small).run(rng, steps=10)
    check_texts(index, reference, near_texts(rng, [value.encode() for value in values]))


@pytest.mark.parametrize("name", GRAMMARS)
def test_grammars(name: str) -> None:
    rng = random.Random(name)
    small = SmallVocabulary(rng, CHARACTERS[name], size=200)
    oracle = GrammarOracle(GRAMMARS[name])
    reference = Reference(oracle)
    index = Index.from_grammar(GRAMMARS[name], small.vocabulary)
    walks = [Walk(index, reference, small) for _ in range(3)]
    for walk in walks:
        walk.run(rng, steps=10)
    sentences = [random_text(rng, oracle, CHARACTERS[name], most=24) for _ in range(40)]
    for sentence in sentences:
        assert index.accepts(sentence) == oracle.parses(sentence), sentence
    check_texts(index, reference, near_texts(rng, [sentence.encode() for sentence in sentences]))


DRAFT_4 = "http://json-schema.org/draft-04/schema#"  # whose integers are written without fraction and exponent

FINITE_SCHEMAS: list[dict[str, Any]] = [
    {"enum": ["a", "ab", "é日", 1, 12, None, True, [1, 2], {"k": "v"}]},
    {"const": {"a": [1, {"b": None}]}},
    {"type": "boolean"},
    {"anyOf": [{"type": "null"}, {"type": "boolean"}, {"const": "nothing"}]},
    {"$schema": DRAFT_4, "type": "integer", "minimum": -12, "maximum": 105},
    {"type": "array", "items": {"enum": [1, 12, "x"]}, "minItems": 1, "maxItems": 3},
    {
        "type": "object",
        "properties": {"a": {"type": "boolean"}, "ab": {"enum": ["x", "xy"]}, "é": {"type": "null"}, "d": {"const": 7}},
        "required": ["ab"],
        "additionalProperties": False,
    },
    {
        "$schema": DRAFT_4,
        "type": "object",
        "properties": {
            "inner": {
                "type": "object",
                "properties": {"n": {"type": "integer", "minimum": 0, "maximum": 20}, "b": {"type": "boolean"}},
                "required": ["n"],
                "additionalProperties": False,
            },
            "list": {"type": "array", "items": {"type": "null"}, "maxItems": 2},
        },
        "required": ["inner", "list"],
        "additionalProperties": False,
    },
]


@pytest.mark.parametrize("number", range(len(FINITE_SCHEMAS)))
def test_finite_schemas(number: int) -> None:
    """Without white space, every text is known, so that masks can be compared exactly."""
    schema = FINITE_SCHEMAS[number]
    rng = random.Random(number)
    small = SmallVocabulary(rng, '{}[]:,"0123456789-abdxyinernlistué日trefas')
    texts = list(json_texts(schema))
    assert all(valid(schema, json.loads(text)) for text in texts)
    reference = Reference(FiniteOracle(texts))
    index = Index.from_json_schema(schema, small.vocabulary, whitespace_pattern="")
    for _ in range(4):
        Walk(index, reference, small).run(rng, steps=12)
    check_texts(index, reference, [text.encode() for text in texts])


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_on_instances(name: str) -> None:
    """A text is accepted if `jsonschema` calls its value valid, and only then; and each cut of it can be completed."""
    schema = SCHEMAS[name]
    rng = random.Random(name)
    small = SmallVocabulary(rng, '{}[]:,"0123456789.-abcdeinst éß日🎉')
    index = Index.from_json_schema(schema, small.vocabulary)
    counts = {True: 0, False: 0}
    for _ in range(400):
        value = random_instance(rng, schema, schema, noise=rng.choice([0, 0.1]))
        separators = rng.choice([(",", ":"), (", ", ": ")])
        text = json.dumps(value, ensure_ascii=False, separators=separators).encode()
        whole = valid(schema, value)
        counts[whole] += 1
        assert index.accepts(text) == whole, text
        if whole:
            assert all(index.accepts_prefix(text[:end]) for end in range(len(text)))
            take_in_pieces(rng, Guide(index), small, text)
    assert counts[True] >= 50
    assert counts[False] >= 20 or schema == {}


def take_in_pieces(rng: random.Random, guide: Guide, small: SmallVocabulary, text: bytes) -> None:
    """The text in tokens, cut at random: each is in the mask and is taken."""
    rest = text
    while rest:
        fitting = [i for i, token in enumerate(small.tokens) if token and rest.startswith(token)]
        chosen = rng.choice(fitting)
        assert chosen in allowed_ids(guide, small), (text, rest, small.tokens[chosen])
        assert guide.advance(chosen)
        rest = rest[len(small.tokens[chosen] or b"") :]
    assert guide.is_accepting()
    assert set(small.eos) <= allowed_ids(guide, small)


@pytest.mark.parametrize("name", [*SCHEMAS, *GRAMMARS])
def test_random_walks_end_in_the_language(name: str) -> None:
    """Whatever the masks allow, a text that is whole is one of the language, and no text is a dead end."""
    rng = random.Random(name)
    if name in SCHEMAS:
        small = SmallVocabulary(rng, '{}[]:,"0123456789.-abcdeinst éß日🎉')
        index = Index.from_json_schema(SCHEMAS[name], small.vocabulary)
    else:
        small = SmallVocabulary(rng, CHARACTERS[name])
        index = Index.from_grammar(GRAMMARS[name], small.vocabulary)
        oracle = GrammarOracle(GRAMMARS[name])
    ended = 0
    for _ in range(30):
        guide, text = Guide(index), b""
        for step in range(80):
            allowed = allowed_ids(guide, small)
            assert allowed, f"dead end after {text!r}"
            check_sample(rng, index, small, text, allowed)
            if allowed & set(small.eos):
                ended += 1
                said = text.decode()
                assert index.accepts(said)
                if name in SCHEMAS:
                    assert valid(SCHEMAS[name], json.loads(said)), said
                else:
                    assert oracle.parses(said), said
                if rng.random() < 0.3:
                    break
            ids = sorted(allowed - set(small.eos))
            if not ids:
                break
            # Towards the end what closes something is preferred, so that many walks come to one.
            closing = [i for i in ids if set(small.tokens[i] or b"") <= set(b'"}])0123456789')]
            chosen = rng.choice(closing if closing and rng.random() < step / 25 else ids)
            assert guide.advance(chosen)
            text += small.tokens[chosen] or b""
    assert ended >= 3


def check_sample(rng: random.Random, index: Index, small: SmallVocabulary, text: bytes, allowed: set[int]) -> None:
    """The masks agree with the same index read byte by byte."""
    for i in rng.sample(range(small.size), 20):
        token = small.tokens[i]
        if token:
            assert (i in allowed) == index.accepts_prefix(text + token), (text, token)


def valid(schema: dict[str, Any], value: Any) -> bool:
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    return bool(jsonschema.Draft202012Validator(schema, format_checker=checker).is_valid(value))
