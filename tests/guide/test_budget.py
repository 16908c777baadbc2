"""Guides with a limit on their tokens: every walk that uses it up is whole, and what is refused is impossible."""

from __future__ import annotations

import gzip
import itertools
import json
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from outlines.guide import BudgetError, Guide, Index, LimitError, Vocabulary, fill_bitmasks

from .tokenizer_zoo import llama3_tokens

MASKBENCH = Path("/work/shared/data/maskbench-dev.jsonl.gz")
CASES = 40

PERSON: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 60},
        "age": {"type": "integer", "minimum": 0},
        "friends": {"type": "array", "items": {"$ref": "#"}},
    },
    "required": ["name", "age", "friends"],
    "additionalProperties": False,
}
# Constraints of every kind, each with what a text of it must satisfy beside the index's own word.
SOURCES = {
    "regex": lambda vocabulary: Index.from_regex(r"([a-z]{3,40}|\d{4}-\d{2}-\d{2})(, [A-Z][a-z]+)*\.", vocabulary),
    "choice": lambda vocabulary: Index.from_choices(["yes", "no", "it depends on the weather"], vocabulary),
    "schema": lambda vocabulary: Index.from_json_schema(PERSON, vocabulary),
    "open schema": lambda vocabulary: Index.from_json_schema(
        {"type": "object", "required": ["kind"], "properties": {"kind": {"enum": ["cat", "dog"]}}}, vocabulary
    ),
    "unique": lambda vocabulary: Index.from_json_schema(
        {"type": "array", "items": {"enum": ["a", "b", 1, 10, 100, None]}, "uniqueItems": True, "minItems": 4},
        vocabulary,
    ),
    "grammar": lambda vocabulary: Index.from_grammar(
        'start: NAME "(" (start ("," start)*)? ")" | NUMBER\nNAME: /[a-z]{2,9}/\nNUMBER: /[0-9]+/\n%ignore " "',
        vocabulary,
    ),
}


@pytest.fixture(scope="module")
def tokens() -> list[bytes]:
    return llama3_tokens()


@pytest.fixture(scope="module")
def vocabulary(tokens: list[bytes]) -> Vocabulary:
    return Vocabulary([*tokens, None], [len(tokens)], len(tokens) + 256)


def walk(index: Index, tokens: list[bytes], limit: int, rng: random.Random) -> bytes:
    """A random text within the limit, taken token by token with some going back, to its end."""
    guide = Guide(index, max_tokens=limit)
    row = np.empty((index.vocabulary.size + 31) // 32, dtype=np.int32)
    taken: list[int] = []
    while len(taken) < limit:
        guide.fill_bitmask(row)
        allowed = np.flatnonzero(np.unpackbits(row.view(np.uint8), bitorder="little"))
        assert len(allowed), f"no token left with {limit - len(taken)} of {limit} to go"
        if taken and rng.random() < 0.1:
            back = rng.randint(1, min(3, len(taken)))
            guide.rollback(back)
            del taken[-back:]
            continue
        token = int(rng.choice(allowed))
        assert guide.validate([token]) == 1
        assert guide.advance(token), f"{tokens[token] if token < len(tokens) else token!r} was in the mask"
        if guide.is_finished():
            break
        taken.append(token)
    text = b"".join(tokens[token] for token in taken)
    assert guide.is_finished() or guide.is_accepting()
    assert index.accepts(text), f"cut off: {text!r}"
    return text


@pytest.mark.parametrize("source", SOURCES)
def test_every_walk_is_whole_within_its_limit(source: str, vocabulary: Vocabulary, tokens: list[bytes]) -> None:
    index = SOURCES[source](vocabulary)
    at_least, enough = index.minimum_tokens()
    assert enough is not None
    assert at_least <= enough
    rng = random.Random(source)
    for extra in (0, 0, 1, 2, 4, 8, 16, 64):
        for _ in range(3):
            text = walk(index, tokens, enough + extra, rng)
            if source == "schema":
                jsonschema.validate(json.loads(text), PERSON)


@pytest.mark.parametrize("source", SOURCES)
def test_a_limit_too_small_is_refused_with_the_number(source: str, vocabulary: Vocabulary) -> None:
    index = SOURCES[source](vocabulary)
    at_least, enough = index.minimum_tokens()
    with pytest.raises(BudgetError) as raised:
        Guide(index, max_tokens=at_least - 1)
    error = raised.value
    assert (error.max_tokens, error.at_least, error.enough) == (at_least - 1, at_least, enough)
    assert str(enough) in str(error)
    guide = Guide(index)
    with pytest.raises(ValueError, match="too few"):
        guide.max_tokens = at_least - 1
    assert guide.max_tokens is None
    guide.max_tokens = enough
    assert guide.copy().max_tokens == enough


def test_the_fewest_tokens_of_a_choice(vocabulary: Vocabulary, tokens: list[bytes]) -> None:
    """Exact: by the definition, over all ways to write each value."""
    known = set(tokens)
    rng = random.Random(5)
    words = [token.decode() for token in rng.sample(tokens, 400) if token.isalpha() and token.isascii()]
    for _ in range(20):
        values = ["".join(rng.sample(words, 3)) + rng.choice(["", "!?", "é"]) for _ in range(rng.randint(1, 6))]
        index = Index.from_choices(values, vocabulary)
        fewest = min(fewest_tokens(value.encode(), known) for value in values)
        assert index.minimum_tokens() == (fewest, fewest), values


def fewest_tokens(text: bytes, known: set[bytes]) -> int:
    best = [0] + [len(text) + 1] * len(text)
    for end in range(1, len(text) + 1):
        best[end] = min(best[start] + 1 for start in range(end) if text[start:end] in known)
    return best[-1]


def test_nothing_changes_far_from_the_end(vocabulary: Vocabulary) -> None:
    index = Index.from_json_schema(PERSON, vocabulary)
    free, limited = Guide(index), Guide(index, max_tokens=2000)
    rng = random.Random(3)
    rows = np.zeros((2, (vocabulary.size + 31) // 32), dtype=np.int32)
    for _ in range(60):
        fill_bitmasks([free, limited], rows)
        assert (rows[0] == rows[1]).all()
        allowed = np.flatnonzero(np.unpackbits(rows[0].view(np.uint8), bitorder="little"))
        token = int(rng.choice(allowed))
        assert free.advance(token)
        assert limited.advance(token)


def test_drafts_are_cut_where_they_take_too_much(vocabulary: Vocabulary, tokens: list[bytes]) -> None:
    ids = {token: i for i, token in enumerate(tokens)}
    guide = Guide(Index.from_regex(r"\[[a-z]*\]", vocabulary), max_tokens=4)
    drafts = [ids[b"["], ids[b"a"], ids[b"b"], ids[b"c"], ids[b"]"]]
    assert guide.validate(drafts) == 3
    assert all(guide.advance(token) for token in drafts[:3])
    assert not guide.advance(drafts[3])
    assert guide.advance(drafts[4])
    assert guide.is_accepting()
    guide.rollback(4)
    assert guide.validate([ids[b"["], ids[b"]"]]) == 2


@pytest.mark.skipif(not MASKBENCH.exists(), reason="needs the MaskBench schemas")
def test_maskbench_schemas_within_tight_limits(vocabulary: Vocabulary, tokens: list[bytes]) -> None:
    checked = 0
    with gzip.open(MASKBENCH, "rt") as lines:
        for line in itertools.islice(lines, CASES):
            case = json.loads(line)
            index = Index.from_json_schema(case["schema"], vocabulary)
            try:
                _, enough = index.minimum_tokens()
            except LimitError:
                continue
            if enough is None or enough > 400:
                continue
            validator = jsonschema.validators.validator_for(case["schema"])(case["schema"])
            rng = random.Random(case["id"])
            for extra in (0, 3, 12):
                text = walk(index, tokens, enough + extra, rng)
                errors = list(validator.iter_errors(json.loads(text, parse_float=number)))
                assert not errors, f"{case['id']}: {text!r}: {errors[0].message}"
                checked += 1
    assert checked > 2 * CASES


def number(text: str) -> int | float:
    """As JSON Schema counts: 5.0 is an integer, and exact."""
    value = Decimal(text)
    return int(value) if value == value.to_integral_value() else float(text)
