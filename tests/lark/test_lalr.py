"""Grammars for Lark's LALR parser and its contextual lexer: what is allowed, Lark parses; what is left out is known.

`OUTLINES_FUZZ_SECONDS` makes the fuzz run longer, `OUTLINES_FUZZ_SEED` from another seed.
"""

from __future__ import annotations

import random
import time

import lark
import pytest

from outlines import grammars
from outlines.guide import GrammarError, Guide, Index, LimitError, check_grammar
from outlines.types import CFG
from outlines.types.convert import constraint_of

from .random_grammars import Sentences
from .support import BYTES, parses, random_walk, words
from .test_fuzz import SECONDS, SEED
from .test_real_grammars import TEXTS
from .test_real_grammars import walk as walk_of_real

ALPHABET = "abif1. (+"
SHORT = words("abi (", 3)
# Terminals of which many match where others do: key words and names, prefixes of each other, widths, flags.
STRINGS = ['"a"', '"b"', '"ab"', '"if"', '"i"', '"("', '"+"', '"a"i', '"IF"i', '"1"', '"fa"']
PATTERNS = [
    "/[a-z]+/",
    "/[abf]+/",
    "/a+/",
    "/[ab]{1,2}/",
    "/i[a-f]?/",
    "/[0-9]+/",
    "/[0-9]+[.][0-9]+/",
    "/ab?|b/",
    "/a(?=b)/",
    "/[a-f]+?/",
    "/[(+]/",
    "/(?!if)[a-z]+/",
    "/if|[ab]/i",
]
IGNORED = ['" "', "/ +/", '"b"', "/[ i]/", "FIRST", "/[+]a*/"]


class LalrGrammar:
    """The text of a small grammar, of which a good part is LALR(1)."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.rules = ["start", "one", "_two", "three"][: rng.choice([1, 2, 2, 3, 4])]
        self.terminals = ["FIRST", "SECOND", "THIRD"][: rng.choice([0, 1, 2, 3])]
        # Few of them, so that the same ones meet in different places.
        self.literals = rng.sample(STRINGS, rng.choice([2, 3, 4])) + rng.sample(PATTERNS, rng.choice([0, 1, 1, 2]))
        lines = [
            f"{name}: {' | '.join(self.alternative() for _ in range(rng.choice([1, 2, 2, 3])))}" for name in self.rules
        ]
        for name in self.terminals:
            priority = rng.choice(["", "", "", ".1", ".2", ".-1"])
            lines.append(f"{name}{priority}: {rng.choice(rng.choice([STRINGS, PATTERNS, PATTERNS]))}")
        if rng.random() < 0.5:
            ignored = rng.choice(IGNORED)
            if ignored != "FIRST" or self.terminals:
                lines.append(f"%ignore {ignored}")
        rng.shuffle(lines)
        self.text = "\n".join(lines) + "\n"

    def alternative(self) -> str:
        return " ".join(self.item() for _ in range(self.rng.choice([0, 1, 1, 2, 2, 3])))

    def item(self) -> str:
        rng = self.rng
        kind = rng.random()
        if kind < 0.35:
            item = rng.choice(self.rules)
        elif kind < 0.6 and self.terminals:
            item = rng.choice(self.terminals)
        else:
            item = rng.choice(self.literals)
        if rng.random() < 0.15:
            item = f"({item} {rng.choice(self.literals)})"
        if rng.random() < 0.2:
            return f"[{item}]" if rng.random() < 0.3 else item + rng.choice(["?", "*", "+", "~2", "~1..2"])
        return item


def load(text: str) -> lark.Lark | lark.exceptions.LarkError:
    try:
        return lark.Lark(text, parser="lalr")
    except lark.exceptions.LarkError as error:
        return error


@pytest.mark.timeout(SECONDS + 600)
@pytest.mark.filterwarnings("ignore:the rule")
def test_random_grammars() -> None:
    rng = random.Random(SEED)
    deadline = time.monotonic() + SECONDS
    tried = compared = found = missed = exact = 0
    while time.monotonic() < deadline:
        grammar = LalrGrammar(rng).text
        tried += 1
        try:
            index = Index.from_grammar(grammar, BYTES, parser="lalr")
        except (GrammarError, LimitError):
            continue
        parser = load(grammar)
        if not isinstance(parser, lark.Lark):
            assert "Rules defined twice" in str(parser) or "zero-width" in str(parser), f"{parser}\n{grammar}"
            continue
        compared += 1
        sentences = Sentences(rng, parser)
        texts = {*rng.sample(SHORT, 25), *(sentences.sentence() for _ in range(25))}
        before = missed
        for text in sorted(text for text in texts if len(text) <= 40):
            wanted, allows = parses(parser, text), index.accepts(text)
            assert wanted or not allows, f"seed {SEED}: {text!r} is allowed, but Lark does not parse it\n{grammar}"
            found += wanted
            missed += wanted and not allows
        exact += missed == before
        for _ in range(3):
            try:
                text = random_walk(rng, Guide(index), ALPHABET)
            except AssertionError as error:
                raise AssertionError(f"seed {SEED}: {error}\n{grammar}") from error
            assert text is None or parses(parser, text), f"seed {SEED}: {text!r} is written, and not parsed\n{grammar}"
    print(f"{tried} grammars, {compared} compared, {exact} exactly; {found} sentences, {missed} left out")
    assert compared > tried * 0.1
    assert exact > compared * 0.9
    assert missed < found * 0.05


def accepted(grammar: str, texts: list[str]) -> list[str]:
    """The texts that Lark parses, which are those that are allowed."""
    parser, index = lark.Lark(grammar, parser="lalr"), Index.from_grammar(grammar, BYTES, parser="lalr")
    sentences = [text for text in texts if parses(parser, text)]
    assert [text for text in texts if index.accepts(text)] == sentences
    assert all(index.accepts_prefix(text[:end]) for text in sentences for end in range(len(text)))
    return sentences


KEYWORDS = """
start: ("if" NAME "then" NAME | NAME "=" (NAME | NUMBER)) ";"
NAME: /[a-z]+/
NUMBER: /[0-9]+/
%ignore " "
"""


def test_key_words_are_no_names() -> None:
    texts = ["if a then b;", "if if then b;", "iffy = a;", "if = a;", "ifa then b;", "x = if;", "x = i;", "if a thenb;"]
    # What the lexer looks for depends on the state: at the start for "if", after a name only for "then".
    sentences = ["if a then b;", "if if then b;", "iffy = a;", "x = if;", "x = i;", "if a thenb;"]
    assert accepted(KEYWORDS, texts) == sentences


def test_the_first_terminal_that_matches_is_taken_however_short() -> None:
    grammar = "start: (A | B)+\nA.1: /a/\nB: /a+b/\n"
    assert accepted(grammar, words("ab", 4)) == ["a", "aa", "aaa", "aaaa"]
    grammar = "start: (A | B)+\nA: /a/\nB: /a+b/\n"
    assert "aab" in accepted(grammar, words("ab", 4))


def test_numbers_and_operators() -> None:
    grammar = "start: item (OPERATOR item)*\nitem: INT | FLOAT\nINT: /[0-9]+/\nFLOAT: /[0-9]+[.][0-9]*/\n"
    grammar += 'OPERATOR: "<" | "<=" | "." | "="\n'
    assert accepted(grammar, words("1.<=", 5))


def test_ignored_terminals_take_part() -> None:
    # A space is ignored before the terminal that starts with one is looked for, unless that comes first.
    assert accepted('start: "a" " b"?\n%ignore / +/\n', words("ab ", 4)) == ["a", "a ", " a", "a  ", " a ", "  a"] + [
        text for text in words("ab ", 4) if len(text) == 4 and text.strip() == "a"
    ]
    assert "a b" in accepted('start: "a" B\nB.1: " b"\n%ignore / +/\n', words("ab ", 4))


@pytest.mark.filterwarnings("ignore:the rule")
@pytest.mark.parametrize("name", sorted({*grammars.__all__} - {"csv", "c_expression"}))
def test_ready_made(name: str) -> None:
    """Those but CSV, which is not LALR, and the expressions of C, which Lark takes five seconds to load."""
    definition = getattr(grammars, name)
    parser, index = lark.Lark(definition, parser="lalr"), Index.from_grammar(definition, BYTES, parser="lalr")
    sentences, others = TEXTS[name]
    for text in [*sentences, *others]:
        assert index.accepts(text) == parses(parser, text), text
    rng = random.Random(name)
    whole = [text for text in (walk_of_real(rng, index, 100) for _ in range(40)) if text is not None]
    assert all(parses(parser, text) for text in whole)


@pytest.mark.parametrize(
    ("grammar", "message"),
    [
        # Lark settles the first by going on, the second by priority; both are refused here.
        ('start: "i" start | "i" start "e" start | "x"', "a shift/reduce conflict"),
        ('start: one | two\none.2: "a"\ntwo: "a"', "a reduce/reduce conflict"),
        ('start: start start | "a"', "conflict"),
        ('start: "a"~50', "a count of 50 or more"),
    ],
)
def test_refused(grammar: str, message: str) -> None:
    with pytest.raises(GrammarError, match=message):
        check_grammar(grammar, parser="lalr")


def test_left_out() -> None:
    """Two states read the second `a`, and only one of them looks for `A` before it; docs/grammars.md says so."""
    grammar = 'start: A "x" | one B\none: "c" |\nA: /a+/\nB: /a{1,2}/\n'
    parser, index = lark.Lark(grammar, parser="lalr"), Index.from_grammar(grammar, BYTES, parser="lalr")
    assert parses(parser, "ca") and not index.accepts("ca")
    assert parses(parser, "ax") and index.accepts("ax")


def test_output_type() -> None:
    constraint = constraint_of(CFG(KEYWORDS, parser="lalr"))
    assert constraint.option("parser") == "lalr"
    assert constraint_of(CFG(KEYWORDS)).option("parser") is None
    index = Index.from_constraint(constraint.plain(), BYTES)
    assert index.accepts("iffy = a;") and not index.accepts("if = a;")
    with pytest.raises(ValueError, match='parser is "glr"; it must be "earley" or "lalr"'):
        check_grammar(KEYWORDS, parser="glr")  # type: ignore[arg-type]
