"""Masks held against the answers that the same index gives for one token at a time.

A mask is put together from walks that many states share, a token's own answer from steps over its bytes: other code, so
that what goes wrong in the sharing shows. Its tokens are long and end anywhere: in a mark, a space, half a character.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence

import numpy as np

from outlines.guide import Guide, Index, Vocabulary

SECONDS = float(os.environ.get("OUTLINES_FUZZ_SECONDS", "20"))
SEED = int(os.environ.get("OUTLINES_FUZZ_SEED", "1"))
# More than the largest count whose end a walk that is shared looks for.
LONGEST_TOKEN = 45


class Tokens:
    """Every byte, repetitions of a few pieces, and parts of some texts."""

    def __init__(self, rng: random.Random, kinds: Sequence[Sequence[str]], texts: Sequence[str]) -> None:
        pieces = [bytes([byte]) for byte in range(256)]
        for _ in range(120):
            kind = rng.choice(kinds)
            count = rng.randint(1, rng.choice([4, 12, 20, LONGEST_TOKEN]))
            pieces.append(
                "".join(rng.choices(kind, k=count)).encode() + rng.choice([b"", b"", b'"', b"\xe2\x80", b";"])
            )
        for text in (text.encode() for text in texts):
            for _ in range(120 // len(texts)):
                start = rng.randrange(len(text))
                pieces.append(text[start : start + rng.randint(2, 16)])
        self.tokens = pieces
        self.eos = len(pieces)
        self.vocabulary = Vocabulary([*pieces, None], [self.eos], self.eos + 1)

    def mask(self, guide: Guide) -> set[int]:
        row = np.zeros((self.eos + 32) // 32, dtype=np.int32)
        guide.fill_bitmask(row)
        return set(np.flatnonzero(np.unpackbits(row.view(np.uint8), bitorder="little")).tolist())

    def own_answers(self, index: Index, text: bytes) -> set[int]:
        ends = {self.eos} if index.accepts(text) else set()
        return ends | {token for token in range(self.eos) if index.accepts_prefix(text + self.tokens[token])}


def walk(rng: random.Random, index: Index, tokens: Tokens, steps: int, where: str) -> int:
    """A walk along which every mask is what the tokens' own answers are; how many masks there were."""
    guide, text = Guide(index), b""
    for step in range(steps):
        got, expected = tokens.mask(guide), tokens.own_answers(index, text)
        for wrong, what in ((got - expected, "wrongly allowed"), (expected - got, "left out")):
            some = [tokens.tokens[token] if token < tokens.eos else "the end" for token in sorted(wrong)[:8]]
            assert not wrong, f"seed {SEED}, after {text!r}: {what}: {some}\n{where}"
        assert got, f"seed {SEED}: no way on after {text!r}\n{where}"
        token = tokens.eos if tokens.eos in got and rng.random() < 0.2 else rng.choice(sorted(got))
        assert guide.advance(token)
        if token == tokens.eos:
            return step + 1
        text += tokens.tokens[token]
    return steps
