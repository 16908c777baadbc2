"""Grammars that people use: what the masks let through, Lark parses."""

from __future__ import annotations

import random
from pathlib import Path

import lark
import pytest

from outlines import grammars
from outlines.guide import GrammarError, Guide, Index, check_grammar

from .support import BYTES, EOS, allowed, parses

FOLDER = Path(lark.__file__).parent / "grammars"
LARK = (FOLDER / "lark.lark").read_text(encoding="utf-8")
READY = {name: getattr(grammars, name) for name in grammars.__all__}

# Sentences, and near misses.
TEXTS: dict[str, tuple[list[str], list[str]]] = {
    "arithmetic": (["1", "1+2*3", "-(4 - 5) / 6.5e3"], ["", "1+", "(1", "1 2", "()"]),
    "json": (['{"a": [1, 2.5e-3, "x\\n", null]}', "[]", '"\\u00e9"'], ["{", "[1,]", "{'a': 1}", "01", "nul"]),
    "calculator": (
        ["x = 1 + 2\ny = x ^ -2\nmax(x, y) % 3", "2^3^2\n", "a=1"],
        ["x = ", "1 +\n2", "f()", "= 3", "1 2"],
    ),
    "csv": (["a,b\r\n1,2\r\n", 'a,"b ""c"",\n",d', ",,"], ['"a', 'a"b', '"a"b']),
    "iso_date": (
        ["2024-02-29", "2023-12-31T23:59:59Z", "2000-02-29T00:00", "1999-04-30T12:00:00.5+02:00"],
        ["2023-02-29", "1900-02-29", "2024-04-31", "2024-13-01", "2024-1-1", "2024-01-01T24:00"],
    ),
    "c_expression": (
        [
            "a = b ? c : d, e",
            "x += *p++ << 2 & ~mask",
            "sizeof(unsigned long int *)",
            "f(a, b)[i]->n",
            "a - -b",
            "(char)'c' + 0x1FuL",
            "a && !b",
            "i++ + ++j",
            "a != b == c >= d",
        ],
        ["a +", "a b", "1x", "f(,)", "int", "a =", "sizeof", "09"],
    ),
    "graphql": (
        [
            "{ me { name } }",
            '{ f(x: [1, {k: -2.5}], s: "a\\u0041", b: """x""") }',
            "query Q($id: ID! = 4) { user(id: $id) @include(if: true) { ...F } } fragment F on User { a: b }",
        ],
        ["{ }", "query {", "{ a(b) }", "fragment on on T { a }", "{ f(x: 01) }"],
    ),
    "sql_select": (
        [
            "SELECT * FROM t",
            "select a, count(*) as n from s.t x left outer join u on x.i = u.i group by a",
            "select a from t where not (a > 1 or b is not null) order by n desc limit 10 offset 5;",
            "SELECT CASE WHEN a = 'it''s' THEN 1 ELSE 2 END FROM (SELECT 1 AS a) q UNION ALL SELECT \"select\" FROM t",
            "SELECT a FROM t WHERE x IN (1, 2) AND y BETWEEN 1 AND 2 OR (y + 1) * 2 > 3",
        ],
        [
            "SELECT",
            "SELECT * FROM select",
            "selecta from t",
            "SELECT a FROM t WHERE",
            "SELECT a b c FROM t",
            "SELECT 1x",
        ],
    ),
    "xml": (
        ['<?xml version="1.0"?><a b="c&amp;d"><e/>text &#65; <!-- c --><![CDATA[x]]></a>', "<a ></a >"],
        ["<a>", "<a", "text", "<a b=c/>", "<a><b></a>x", "<a>&</a>", "<a>]]></a>"],
    ),
}


def walk(rng: random.Random, index: Index, most: int) -> str | None:
    """A random text, ended where it may be after some length; none if it does not end in time."""
    guide, text = Guide(index), bytearray()
    while len(text) < most:
        following = allowed(guide)
        assert following, f"a dead end after {bytes(text)!r}"
        if EOS in following and (len(text) > most // 4 or following == [EOS]):
            return text.decode()
        following = [byte for byte in following if byte != EOS]
        printable = [byte for byte in following if 32 <= byte < 127 or byte == 10] or following
        # Closing brackets are taken gladly, or nesting would never end.
        closing = [byte for byte in printable if byte in b")]}>\"';/"]
        byte = rng.choice(closing if closing and rng.random() < 0.4 else printable)
        assert guide.advance(byte)
        text.append(byte)
    return None


@pytest.mark.parametrize("name", [*READY, "lark"])
def test_walks_are_sentences(name: str) -> None:
    grammar = READY.get(name, LARK)
    parser, index = lark.Lark(grammar), Index.from_grammar(grammar, BYTES)
    rng = random.Random(name)
    whole = [text for text in (walk(rng, index, 100) for _ in range(150)) if text is not None]
    assert len(whole) >= 3
    for text in whole:
        assert parses(parser, text), text


@pytest.mark.parametrize("name", READY)
def test_sentences_and_near_misses(name: str) -> None:
    parser, index = lark.Lark(READY[name]), Index.from_grammar(READY[name], BYTES)
    sentences, others = TEXTS[name]
    for text in sentences:
        assert parses(parser, text), text
        assert index.accepts(text), text
    for text in others:
        assert not parses(parser, text), text
        assert not index.accepts(text), text
    rng = random.Random(name)
    for text in sentences:
        for _ in range(30):
            at = rng.randrange(len(text) + 1)
            near = text[:at] + rng.choice(["", *sentences[0][:5]]) + text[at + rng.randrange(2) :]
            assert index.accepts(near) == parses(parser, near), near


def test_lark_in_lark() -> None:
    """Lark's grammar of its own language, asked about the grammars here."""
    parser, index = lark.Lark(LARK), Index.from_grammar(LARK, BYTES)
    assert index.accepts('start: "a" | b\nb: /c/i\n') and not index.accepts("start: )\n")
    for name in ("arithmetic", "csv", "json"):
        text = "\n".join(line for line in READY[name].splitlines() if not line.startswith("//")).strip() + "\n"
        assert index.accepts(text) == parses(parser, text), name


@pytest.mark.filterwarnings("ignore:the rule")
def test_python_needs_an_indenter() -> None:
    """Lark's Python grammar declares what only its indenter makes; with its blocks left out it works."""
    python = (FOLDER / "python.lark").read_text(encoding="utf-8")
    with pytest.raises(GrammarError, match="%declare _INDENT: only a program after the lexer"):
        check_grammar(python, start="file_input")
    flat = python.replace("%declare _INDENT _DEDENT", "").replace("_NEWLINE _INDENT stmt+ _DEDENT", "_NEWLINE")
    flat = flat.replace("_NEWLINE _INDENT case+ _DEDENT", "case+")
    parser = lark.Lark(flat, start="file_input")
    index = Index.from_grammar(flat, BYTES, start="file_input")
    texts = ["x = 1\n", "f(a, *b, c=lambda: 0)[1:2].d  # e\n", "if x: y = {1: 'a', **z}\n", "x = = 1\n", "1 +\n"]
    texts += ["def f(a, /, b): return a\n", "[a for b in c if d]\n", "", "a", "class A(B): pass\n", "x = r'\\'\n"]
    for text in texts:
        assert index.accepts(text) == parses(parser, text), text
