"""What the tests of grammars share: a vocabulary of single bytes, Lark's verdict, and what a guide allows."""

from __future__ import annotations

import itertools
import random
from collections import deque

import lark
import numpy as np

from outlines.guide import Guide, Vocabulary

EOS = 256
BYTES = Vocabulary([bytes([byte]) for byte in range(256)] + [None], [EOS], EOS + 1)


def parses(parser: lark.Lark, text: str) -> bool:
    """Whether Lark parses the whole text."""
    try:
        parser.parse(text)
    except lark.exceptions.UnexpectedInput:
        return False
    return True


def allowed(guide: Guide, eos: int = EOS) -> list[int]:
    """The tokens that may come next, of `BYTES` or another vocabulary that ends with `eos`."""
    row = np.zeros((eos + 32) // 32, dtype=np.int32)
    guide.fill_bitmask(row)
    return np.flatnonzero(np.unpackbits(row.view(np.uint8), bitorder="little")).tolist()


def words(alphabet: str, most: int) -> list[str]:
    """All texts of up to `most` characters."""
    return ["".join(word) for length in range(most + 1) for word in itertools.product(alphabet, repeat=length)]


def completion(guide: Guide, alphabet: bytes, budget: int) -> bytes | None:
    """A shortest text that completes what the guide has taken; none if `budget` positions hold none.

    Raises:
        AssertionError: nothing completes it: the text is a dead end.
    """
    waiting = deque([(b"", guide.copy())])
    for _ in range(budget):
        assert waiting, "a dead end"
        text, at = waiting.popleft()
        if at.is_accepting():
            return text
        following = [token for token in allowed(at) if token != EOS]
        for token in [token for token in following if token in alphabet] or following[:3]:
            copy = at.copy()
            assert copy.advance(token)
            waiting.append((text + bytes([token]), copy))
    return None


def random_walk(rng: random.Random, guide: Guide, alphabet: str) -> str | None:
    """A text that a new guide allows: a walk over the masks, and from there to the nearest end, if that was found.

    Raises:
        AssertionError: a dead end.
    """
    text = b""
    for _ in range(rng.randint(0, 12)):
        following = [token for token in allowed(guide) if token != EOS]
        token = rng.choice([token for token in following if chr(token) in alphabet] or following or [EOS])
        if token == EOS:
            break
        assert guide.advance(token)
        text += bytes([token])
    try:
        rest = completion(guide, alphabet.encode(), budget=400)
    except AssertionError as error:
        raise AssertionError(f"{error} after {text!r}") from error
    return None if rest is None else (text + rest).decode()
