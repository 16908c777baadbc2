"""The patterns and texts of CPython's own tests of `re`, and of the package `regex`: `re.fullmatch` says what matches.

They are read from where they are installed, not copied: CPython's table (`test.re_tests`), and every call in both test
files that passes a pattern and a text as constants. What `re` refuses, we refuse; patterns of `regex` that go beyond
`re` say nothing, but for properties (`\\p{...}`), where `regex` itself is asked.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from outlines.guide import Index, RegexError, Vocabulary

from .test_fuzz import NOT_HONOURED

BYTES = Vocabulary([bytes([byte]) for byte in range(256)] + [None], [256], 257)
# Methods of the tests and of the modules whose first two arguments may be a pattern and a text.
CALLS = {"match", "search", "fullmatch", "findall", "finditer", "split", "checkMatch", "assertRegex"}
# What `re` takes and we refuse by name, as the documentation says; and names of properties that only `regex` has.
REFUSED = (*NOT_HONOURED, "back-reference", "no Unicode property")
PROPERTY = re.compile(r"\\[pP]\{[^}]*\}")


def source(module: str) -> Path | None:
    """The file of a module, if it is installed."""
    try:
        spec = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        return None
    return Path(spec.origin) if spec and spec.origin else None


def calls(file: Path) -> Iterator[tuple[str, str]]:
    """The patterns and texts of the calls in a file."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in CALLS:
            continue
        constants = [argument.value for argument in node.args[:2] if isinstance(argument, ast.Constant)]
        match constants:
            case [str(pattern), str(text)]:
                yield pattern, text


def table() -> Iterator[tuple[str, str]]:
    """CPython's table: pattern, text, and what comes out, which `re` is asked again."""
    from test import re_tests

    yield from ((row[0], row[1]) for row in re_tests.tests)


def texts(compiled: Any, text: str) -> set[str]:
    """The text, what is matched in it, and what is nearly that."""
    found = {text, text + "\n", text[:-1], text[1:]}
    match = compiled.search(text)
    if match:
        found |= {match[0], match[0] + "a", match[0] + "\n", match[0][:-1]}
    # What is no text cannot be written.
    return {each for each in found if not any("\ud800" <= character <= "\udfff" for character in each)}


def oracle(pattern: str) -> Any:
    """`re`'s pattern, or `regex`'s where nothing but properties goes beyond `re`; `None` if it is not one."""
    try:
        compiled = re.compile(PROPERTY.sub("a", pattern))
        return importlib.import_module("regex").compile(pattern) if PROPERTY.search(pattern) else compiled
    except (re.error, OverflowError, RecursionError):
        return None


def compare(pairs: Iterator[tuple[str, str]]) -> tuple[int, int]:
    """How many texts were compared, and how many patterns refused."""
    compared, refused, seen = 0, 0, set()
    for pattern, text in pairs:
        if (pattern, text) in seen:
            continue
        seen.add((pattern, text))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compiled = oracle(pattern)
        try:
            index = Index.from_regex(pattern, BYTES)
        except RegexError as error:
            reason = str(error)
            refused += 1
            if compiled is not None and not any(known in reason for known in REFUSED):
                assert "no text matches" in reason, f"{pattern!r}: {reason}"
                assert not any(compiled.fullmatch(each) for each in texts(compiled, text)), pattern
            continue
        if compiled is None:
            assert PROPERTY.search(pattern), f"{pattern!r} is refused by re"
            continue
        for each in texts(compiled, text):
            expected = compiled.fullmatch(each) is not None
            assert index.accepts(each) == expected, f"{pattern!r} on {each!r}: {expected}"
            compared += 1
    return compared, refused


def test_cpython_table() -> None:
    pytest.importorskip("test.re_tests")
    compared, refused = compare(table())
    assert compared > 500
    assert refused < 120


@pytest.mark.parametrize(("module", "least"), [("test.test_re", 400), ("regex.tests.test_regex", 800)])
def test_calls(module: str, least: int) -> None:
    file = source(module)
    if file is None:
        pytest.skip(f"{module} is not installed")
    compared, _ = compare(calls(file))
    assert compared > least
