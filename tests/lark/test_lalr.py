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

from ..patience import TooLongError, at_most
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
        lines = []
        for name in self.rules:
            priority = rng.choice(["", "", "", ".1", ".2", ".-1"])
            alternatives = (self.alternative() for _ in range(rng.choice([1, 2, 2, 3])))
            lines.append(f"{name}{priority}: {' | '.join(alternatives)}")
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


def parses_at_all(parser: lark.Lark, text: str) -> bool:
    """Whether Lark parses the text. Where a priority prefers `a: a` to the end of `a`, it ends `a` for ever."""
    try:
        with at_most(0.2):
            return parses(parser, text)
    except TooLongError:
        return False


@pytest.mark.timeout(SECONDS + 600)
@pytest.mark.filterwarnings("ignore:the rule")
def test_random_grammars() -> None:
    rng = random.Random(SEED)
    deadline = time.monotonic() + SECONDS
    tried = compared = found = missed = exact = over = 0
    while time.monotonic() < deadline:
        grammar = LalrGrammar(rng).text
        tried += 1
        parser = load(grammar)
        try:
            index = Index.from_grammar(grammar, BYTES, parser="lalr")
        except LimitError:
            over += 1
            continue
        except GrammarError as error:
            if isinstance(parser, lark.Lark) and "both stand for it" not in str(error):
                assert "has no sentence" in str(error), f"{error}\n{grammar}"
                missed += any(parses_at_all(parser, text) for text in SHORT)
            continue
        if not isinstance(parser, lark.Lark):
            assert "Rules defined twice" in str(parser) or "zero-width" in str(parser), f"{parser}\n{grammar}"
            continue
        compared += 1
        sentences = Sentences(rng, parser)
        texts = {*rng.sample(SHORT, 25), *(sentences.sentence() for _ in range(25))}
        before = missed
        for text in sorted(text for text in texts if len(text) <= 40):
            wanted, allows = parses_at_all(parser, text), index.accepts(text)
            assert wanted or not allows, f"seed {SEED}: {text!r} is allowed, but Lark does not parse it\n{grammar}"
            found += wanted
            missed += wanted and not allows
        exact += missed == before
        for _ in range(3):
            try:
                text = random_walk(rng, Guide(index), ALPHABET)
            except AssertionError as error:
                raise AssertionError(f"seed {SEED}: {error}\n{grammar}") from error
            assert text is None or parses_at_all(parser, text), (
                f"seed {SEED}: {text!r} is written, and not parsed\n{grammar}"
            )
    print(f"{tried} grammars, {compared} compared, {exact} exactly; {found} sentences, {missed} left out")
    assert over <= 2 + tried * 0.01
    assert compared > tried * 0.5
    # Those left out hang on names that Lark makes up: docs/grammars.md.
    assert exact > compared * 0.95
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


def test_a_conflict_is_settled_by_reading_on() -> None:
    """The `e` belongs to the inner `i`: as in C, where all texts parse; and where it then is missing outside."""
    grammar = 'start: "i" start | "i" start "e" start | "x"'
    assert "iixex" in accepted(grammar, words("iex", 5))
    grammar = 'start: "i" inner "e" "e"\ninner: "x" | "x" "e" "y"'
    assert accepted(grammar, ["ixee", "ixeyee", "ixeye"]) == ["ixeyee"]
    grammar = 'start: "(" list "," "b" ")" | "(" list ")"\nlist: "a" | list "," "a"'
    assert accepted(grammar, words("(a,b)", 5)) == ["(a)", "(a,a)", "(a,b)"]
    assert accepted('start: start start | "a"', words("a", 4)) == ["a", "aa", "aaa", "aaaa"]


def test_a_conflict_is_settled_by_priority() -> None:
    grammar = 'start: one "x" | two "x" "y" | two "z"\none.2: "a"\ntwo: "a"'
    assert accepted(grammar, ["ax", "axy", "az"]) == ["ax", "az"]
    assert accepted(grammar.replace(".2", ".-2"), ["ax", "axy", "az"]) == ["axy", "az"]


@pytest.mark.parametrize(
    ("grammar", "message"),
    [
        ('start: one | two\none.2: "a"\ntwo.2: "a"', "a reduce/reduce conflict"),
    ],
)
def test_refused(grammar: str, message: str) -> None:
    with pytest.raises(GrammarError, match=message):
        check_grammar(grammar, parser="lalr")


def test_each_state_reads_its_own_terminals() -> None:
    """Two states read the second `a`, and only one of them looks for `A` before it."""
    assert accepted('start: A "x" | one B\none: "c" |\nA: /a+/\nB: /a{1,2}/\n', words("acx", 4)) == [
        "ax",
        "ca",
        "aax",
        "caa",
        "aaax",
    ]
    texts = ["{ on a }", "fragment on on a { b }", "on a { b }", "fragment a on b { on }", "{ fragment }"]
    grammar = """
    start: ["fragment" NAME "on" NAME] "{" item+ "}"
    item: NAME | "on" NAME "."
    NAME: /[a-z]+/
    %ignore " "
    """
    assert accepted(grammar, texts) == ["fragment on on a { b }", "{ fragment }"]


def test_a_key_word_may_take_a_line_feed() -> None:
    """Lark looks at what a regular expression took again, with `$`, which also stands before a last line feed."""
    grammar = 'start: ("if" | NAME "=")+\nNAME: /[a-z]+\\n?/\n'
    assert accepted(grammar, ["if", "if\n", "if\n=", "a=", "a\n=if\n", "if\nif"]) == [
        "if",
        "if\n",
        "a=",
        "a\n=if\n",
        "if\nif",
    ]


@pytest.mark.parametrize(("least", "most"), [(0, 0), (3, 3), (50, 50), (53, 53), (0, 50), (7, 61), (0, 100), (49, 83)])
def test_counts(least: int, most: int) -> None:
    """From 50 on, Lark makes rules of them, which is no matter to the texts."""
    grammar = f'start: "a"~{least}..{most} "b"?'
    texts = [
        "a" * count + end for count in (0, 1, 3, 6, 7, 49, 50, 51, 53, 61, 62, 83, 84, 100, 101) for end in ("", "b")
    ]
    assert accepted(grammar, texts) == [text for text in texts if least <= text.count("a") <= most]


def test_counts_inside_conflicts() -> None:
    """How Lark splits a count decides what it reads on with."""
    for count in (49, 50, 52, 57):
        grammar = f'start: "a"~0..{count} "a" "b" | "a"~{count} "c"'
        parser, index = load(grammar), None
        try:
            index = Index.from_grammar(grammar, BYTES, parser="lalr")
        except GrammarError as error:
            assert "has no sentence" in str(error) or not isinstance(parser, lark.Lark)
            continue
        assert isinstance(parser, lark.Lark)
        for text in ("a" * length + end for length in range(count + 3) for end in "bc"):
            assert parses(parser, text) == index.accepts(text), (count, text)


def test_names_that_lark_makes_up() -> None:
    """Of two terminals alike but for a name the first by name is taken; where Lark makes up both, neither here."""
    named = 'start: "if"i "x" | LAST "y"\nLAST: "IF"i\n'
    assert accepted(named, ["ifx", "IFy", "iFx", "ify"]) == ["ifx", "iFx"]
    named = 'start: "if"i "x" | FIRST "y"\nFIRST: "IF"i\n'
    assert accepted(named, ["ifx", "IFy", "iFx", "ify"]) == ["IFy", "ify"]
    unsure = 'start: "if" "x" | "if"i "y"'
    parser, index = lark.Lark(unsure, parser="lalr"), Index.from_grammar(unsure, BYTES, parser="lalr")
    assert parses(parser, "IFy") and index.accepts("IFy")
    assert parses(parser, "ifx") and not index.accepts("ifx")


def test_output_type() -> None:
    constraint = constraint_of(CFG(KEYWORDS, parser="lalr"))
    assert constraint.option("parser") == "lalr"
    assert constraint_of(CFG(KEYWORDS)).option("parser") is None
    index = Index.from_constraint(constraint.plain(), BYTES)
    assert index.accepts("iffy = a;") and not index.accepts("if = a;")
    with pytest.raises(ValueError, match='parser is "glr"; it must be "earley" or "lalr"'):
        check_grammar(KEYWORDS, parser="glr")  # type: ignore[arg-type]
