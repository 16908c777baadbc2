"""What is a grammar: Lark's own loader and ours agree, but for what docs/grammars.md says."""

from __future__ import annotations

import warnings
from pathlib import Path

import lark
import pytest

from outlines.guide import ConstraintWarning, GrammarError, Index, check_grammar
from outlines.types import CFG

from .snippets import MESSAGES, REFUSED, SNIPPETS, TAKEN
from .support import BYTES, parses, words

GRAMMARS = Path(lark.__file__).parent / "grammars"


def loads(grammar: str) -> bool:
    try:
        lark.Lark(grammar, parser="earley")
    except Exception:  # its loader fails by assertions too
        return False
    return True


def refusal(grammar: str) -> GrammarError | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConstraintWarning)
        try:
            check_grammar(grammar)
        except GrammarError as error:
            return error
    return None


def test_snippets() -> None:
    differing = {*REFUSED, *TAKEN}
    verdicts = {snippet: loads(snippet) for snippet in SNIPPETS if snippet not in differing}
    assert {snippet: loaded for snippet, loaded in verdicts.items() if loaded != (refusal(snippet) is None)} == {}
    assert sum(verdicts.values()) > 120
    assert len(verdicts) - sum(verdicts.values()) > 120


@pytest.mark.parametrize("grammar", REFUSED)
def test_refused_though_lark_takes_it(grammar: str) -> None:
    assert loads(grammar)
    assert REFUSED[grammar] in str(refusal(grammar))


@pytest.mark.parametrize("grammar", TAKEN)
def test_taken_though_lark_refuses_it(grammar: str) -> None:
    assert not loads(grammar)
    assert refusal(grammar) is None


@pytest.mark.parametrize(("grammar", "line", "column", "message"), MESSAGES)
def test_errors_say_where_and_what_was_expected(grammar: str, line: int, column: int, message: str) -> None:
    error = refusal(grammar)
    assert error is not None
    assert message in str(error)
    assert (error.line, error.column) == (line, column)


def test_warnings_name_rules() -> None:
    with pytest.warns(ConstraintWarning, match=r'the rule "unused" is never used \(line 2, column 1'):
        check_grammar('start: "a"\nunused: "b"')
    with pytest.warns(ConstraintWarning, match='the rule "endless" has no sentence'):
        check_grammar('start: "a" | endless\nendless: "b" endless')
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_grammar('start: a\na: "x" | start')


@pytest.mark.parametrize("file", ["common", "python", "unicode", "lark"])
def test_every_bundled_terminal(file: str) -> None:
    """Each terminal of the grammars that come with Lark matches what Lark's own does."""
    heads = [line.partition(":")[0].partition(".")[0].strip() for line in (GRAMMARS / f"{file}.lark").open()]
    names = [name for name in dict.fromkeys(heads) if name.replace("_", "").isalnum() and name.isupper()]
    assert len(names) > 1
    texts = [*words("a0_\"'", 3), *words(" \t\r\n\f\xa0", 2), "0x1F", "1e5", ".5", "1.", "0b1", "0o7", "1j", "r'a'"]
    texts += ["'''a'''", "#a", "//a", "/*a*/", "--a", "# a\n", "async", "await", "/a/i", "->", '"a"i', "|", "\n|", "-1"]
    texts += ["+5.0", "A", "/", "*", "?", "+", "\\\n", "\r\n\t#a", "1_0", "0_0", "1E+5", "bR'a'", '"""a"b"""']
    for name in names:
        grammar = f"start: {name}\n%import {file}.{name}"
        if not loads(grammar):
            continue
        parser, index = lark.Lark(grammar), Index.from_grammar(grammar, BYTES)
        for text in texts:
            assert index.accepts(text) == parses(parser, text), (name, text)


def test_imports_from_the_grammars_folder(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    texts = {
        "main.lark": 'start: number ("," number)* [WORD]\n%import .parts.numbers.number\n'
        "%import .words (WORD, _SPACE)\n%ignore _SPACE\n",
        "parts/numbers.lark": 'number: DIGITS | sign DIGITS\nsign: "+" | "-"\n%import .digits.DIGITS\n',
        "parts/digits.lark": "DIGITS: /[0-9]+/\n",
        "words.lark": 'WORD: /[a-z]+/\n_SPACE: " "\n',
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    term = CFG.from_file(tmp_path / "main.lark")
    assert [name for name, _ in term.files] == ["parts/digits.lark", "parts/numbers.lark", "words.lark"]
    index = Index.from_grammar(term.definition, BYTES, files=term.files)
    parser = lark.Lark.open(str(tmp_path / "main.lark"))
    for text in words("+1, a", 4):
        assert index.accepts(text) == parses(parser, text), text
    with pytest.raises(GrammarError, match=r"CFG\.from_file"):
        check_grammar(term.definition)


def test_another_start() -> None:
    grammar = 'start: "a"\nother: "b"'
    with pytest.warns(ConstraintWarning):
        index = Index.from_grammar(grammar, BYTES, start="other")
    assert index.accepts("b")
    with pytest.raises(GrammarError, match='no rule "third"'):
        check_grammar(grammar, start="third")
