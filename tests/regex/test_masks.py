"""Whole masks of random patterns, counts of all sizes beside look-around among them.

`OUTLINES_FUZZ_SECONDS` makes it run longer, `OUTLINES_FUZZ_SEED` from another seed.
"""

from __future__ import annotations

import random
import time

import pytest

from outlines.guide import Index, LimitError, RegexError

from ..own_answers import SECONDS, SEED, Tokens, walk
from .patterns import CHARACTERS, PatternMaker, compile_or_none

PIECES = [["a"], ["a", "b"], ["a ", "b ", "ab "], ["a", " ", "0", "é"], ["1", "2", "_"]]
# What some classes leave out and others do not.
PIECES += [["a", "\u2028", "\u3000", "\ufeff", "\x85"]]
COUNTED = [".", "[ab]", r"\w", r"\S", '[^"]', "(?:[a-z]+ )", "(?:ab?)", "[a-z0-9_ ]", r"(?:\s*\S+)", r"[\W\d]"]


def with_count(rng: random.Random, pattern: str) -> str:
    """The pattern beside a count of a size whose end a mask may leave open."""
    least = rng.choice([0, 0, 1, 3, 20])
    most = least + rng.choice([1, 3, 6, 15, 20, 40, 70])
    counted = f"{rng.choice(COUNTED)}{{{least},{most}}}"
    look = rng.choice([r"\B", r"\b", "(?<=a)", "(?!a)", "(?=.)"])
    forms = [counted + pattern, pattern + counted, f"(?:{pattern}){counted}", counted + look + pattern]
    return rng.choice([*forms, f"(?:{counted}|{pattern})*", f"(?=.{{0,{most}}}$){pattern}{counted}"])


@pytest.mark.timeout(SECONDS + 600)
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_masks_of_patterns() -> None:
    rng = random.Random(SEED)
    maker = PatternMaker(rng, looks=0.2, atomic=0.08)
    deadline = time.monotonic() + SECONDS
    masks = 0
    while time.monotonic() < deadline:
        tokens = Tokens(rng, PIECES, ["".join(rng.choices(CHARACTERS, k=400))])
        for _ in range(20):
            pattern = maker.pattern() if rng.random() < 0.5 else with_count(rng, maker.pattern())
            if compile_or_none(pattern) is None:
                continue
            try:
                index = Index.from_regex(pattern, tokens.vocabulary)
                masks += sum(walk(rng, index, tokens, 8, repr(pattern)) for _ in range(2))
            except (LimitError, RegexError):
                continue
    assert masks > 100
