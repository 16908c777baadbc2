"""Every kind of recursion, and depth without a limit."""

from __future__ import annotations

import time

import lark
import pytest

from outlines.guide import GrammarError, Guide, Index

from .support import BYTES, parses, words

GRAMMARS = {
    "left": 'start: start "," "a" | "a"',
    "right": 'start: "a" "," start | "a"',
    "both": 'start: start start | "a" | "b" ","',
    "mutual": 'start: one "a" | "b"\none: start "," | two\ntwo: one "b" | "a"',
    "hidden": 'start: none start "a" | "b"\nnone: ","?',
    "hidden on both sides": 'start: none start none | "a"\nnone: ","*',
    "cycle": 'start: start | "a" start?',
    "cycle of three": 'start: one | "a"\none: two | "b"\ntwo: start | one start',
    "empty": 'start: one one start |\none: "a"? [","]',
    "empty cycle": "start: start start |",
    "ambiguous": 'start: start "," start | start start | "a"',
    "palindromes": 'start: "a" start "a" | "b" start "b" | ","?',
    "unproductive": 'start: "a" | start "b" | endless\nendless: endless "a" | "b" endless',
}


@pytest.mark.filterwarnings("ignore:the rule")
@pytest.mark.parametrize("name", GRAMMARS)
def test_recursion(name: str) -> None:
    parser, index = lark.Lark(GRAMMARS[name]), Index.from_grammar(GRAMMARS[name], BYTES)
    sentences = [text for text in words("ab,", 5) if parses(parser, text)]
    assert sentences
    assert sentences == [text for text in words("ab,", 5) if index.accepts(text)]
    prefixes = {text[:end] for text in sentences for end in range(len(text) + 1)}
    assert all(map(index.accepts_prefix, prefixes))


@pytest.mark.parametrize(
    "grammar", ['start: start "a"', 'start: one\none: "a" start', 'start: A "a"\nA: /a+/', "start: A A\nA: /[ab]+/"]
)
def test_no_sentence(grammar: str) -> None:
    with pytest.raises(GrammarError, match="has no sentence"):
        Index.from_grammar(grammar, BYTES)


@pytest.mark.parametrize(
    ("grammar", "opening", "middle", "closing"),
    [
        ('start: "(" start ")" | "x"', "(", "x", ")"),
        ('start: "[" [start ("," start)*] "]"\n%ignore " "', "[", "[ ]", " ]"),
        ('start: start "+" item | item\nitem: NAME | "(" start ")"\nNAME: /[a-z]+/', "(", "name", "+a)"),
        ('start: "a" start | "b"', "a", "b", ""),
        ('start: start "a" | "b"', "", "b", "a"),
    ],
)
def test_nesting_a_hundred_thousand_deep(grammar: str, opening: str, middle: str, closing: str) -> None:
    """The cost of a level does not grow with the depth."""
    seconds = {}
    for depth in (25_000, 100_000):
        # A new index each time, since one remembers.
        guide, start = Guide(Index.from_grammar(grammar, BYTES)), time.process_time()
        assert all(map(guide.advance, (opening * depth).encode()))
        assert guide.is_accepting() == (not opening and not middle)
        assert all(map(guide.advance, (middle + closing * depth).encode()))
        seconds[depth] = time.process_time() - start
        assert guide.is_accepting()
        assert not guide.advance(ord(")"))
        if opening and closing:
            guide.rollback(1)
            assert not guide.is_accepting()
    assert seconds[100_000] < 12 * seconds[25_000] + 0.2
