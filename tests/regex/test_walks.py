"""Random walks over the masks of random patterns: a walk never gets stuck, and what it writes `re.fullmatch` matches.

`OUTLINES_FUZZ_SECONDS` makes it run longer, `OUTLINES_FUZZ_SEED` from another seed.
"""

from __future__ import annotations

import os
import random
import sys
import time

import numpy as np
import pytest

from outlines.guide import Guide, Index, LimitError, RegexError, Vocabulary

from .patterns import CHARACTERS, PatternMaker, compile_or_none
from .test_fuzz import TooLongError, at_most

SECONDS = float(os.environ.get("OUTLINES_FUZZ_SECONDS", "12"))
SEED = int(os.environ.get("OUTLINES_FUZZ_SEED", "1"))
LONGEST = 40


def tokens(rng: random.Random) -> list[bytes | None]:
    """Every byte, and random pieces of text cut anywhere; the last one ends the text."""
    text = "".join(rng.choices(CHARACTERS, k=400)).encode()
    starts = [rng.randrange(len(text)) for _ in range(300)]
    pieces = [text[start : start + rng.randint(2, 6)] for start in starts]
    words = [word.encode() for word in ("aa", "ab", "ba", "bb", "aaa", "abab", "  ", "11", "00", "ski", "ßa", "😀a")]
    return [*(bytes([byte]) for byte in range(256)), *pieces, *words, None]


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
@pytest.mark.skipif(sys.version_info < (3, 11, 7), reason="no atomic groups before 3.11, and 3.11.2 errs in them")
def test_walks_end_in_matches() -> None:
    rng = random.Random(SEED)
    maker = PatternMaker(rng, looks=0.2, atomic=0.08)
    deadline = time.monotonic() + SECONDS
    walks = ends = 0
    while time.monotonic() < deadline:
        table = tokens(rng)
        eos = len(table) - 1
        vocabulary = Vocabulary(table, [eos], len(table))
        for _ in range(100):
            pattern = maker.pattern()
            compiled = compile_or_none(pattern)
            if compiled is None:
                continue
            try:
                index = Index.from_regex(pattern, vocabulary)
                for _ in range(3):
                    text, ended = walk(rng, index, table, eos)
                    walks += 1
                    ends += ended
                    if ended:
                        with at_most(1):
                            assert compiled.fullmatch(text.decode()), f"{pattern!r} let {text!r} be written"
            except (LimitError, RegexError, TooLongError, SystemError):
                continue
    assert ends > walks / 2 > 0


def walk(rng: random.Random, index: Index, table: list[bytes | None], eos: int) -> tuple[bytes, bool]:
    """The text of one walk, and whether it came to an end."""
    guide = Guide(index)
    row = np.zeros((len(table) + 31) // 32, dtype=np.int32)
    text = b""
    for _ in range(LONGEST):
        guide.fill_bitmask(row)
        allowed = np.flatnonzero(np.unpackbits(row.view(np.uint8), bitorder="little"))
        assert len(allowed), f"no way on after {text!r}"
        assert (eos in allowed) == index.accepts(text)
        # Any token, but the end now and then where it may come.
        token = eos if eos in allowed and rng.random() < 0.3 else int(rng.choice(allowed))
        assert guide.advance(token)
        if token == eos:
            return text, True
        text += table[token] or b""
        assert index.accepts_prefix(text)
    return text, False


def test_what_looks_behind_sees_the_bytes_of_a_literal() -> None:
    table: list[bytes | None] = [*(bytes([byte]) for byte in range(256)), b"ab", b"abc", None]
    index = Index.from_regex("(?:ab){1,2}(?<!abab)c", Vocabulary(table, [258], 259))
    guide = Guide(index)
    row = np.zeros((len(table) + 31) // 32, dtype=np.int32)
    guide.fill_bitmask(row)
    assert {chr(token) if token < 256 else token for token in np.flatnonzero(bits(row))} == {"a", 256, 257}
    assert guide.advance(256)
    guide.fill_bitmask(row)
    assert set(np.flatnonzero(bits(row))) == {ord("c")}


def bits(row: np.ndarray) -> np.ndarray:
    return np.unpackbits(row.view(np.uint8), bitorder="little")
