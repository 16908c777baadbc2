"""Random texts of a constraint, written by the real guide one byte at a time, as a model without sense would."""

from __future__ import annotations

import functools
import random

import numpy as np

from outlines.constraint import Constraint
from outlines.guide import Guide, Index, Vocabulary
from outlines.plugin.compiler import compile_index

STOP = 256
BARE = ("regex", "choice", "grammar")
# What brings a JSON text to its end, the best first, once it is long.
INSIDE_STRING, OUTSIDE = [STOP, *b'"'], [STOP, *b"}]b0"]


@functools.cache
def byte_vocabulary() -> Vocabulary:
    return Vocabulary([*(bytes([byte]) for byte in range(256)), None], [STOP], 257)


@functools.lru_cache(maxsize=64)
def index_of(constraint: Constraint) -> Index:
    return compile_index(constraint, byte_vocabulary())


def random_text(constraint: Constraint, rng: random.Random, length: int = 60) -> str:
    """A random text of the constraint; after about `length` bytes it is brought to an end."""
    guide = Guide(index_of(constraint))
    row = np.zeros(9, dtype=np.int32)
    text = bytearray()
    while True:
        guide.fill_bitmask(row)
        allowed = np.flatnonzero(np.unpackbits(row.view(np.uint8), bitorder="little")).tolist()
        assert allowed, f"dead end after {bytes(text)!r}"
        inside = text.replace(b"\\\\", b"").replace(b'\\"', b"").count(b'"') % 2
        closers = [] if len(text) < length else INSIDE_STRING if inside else OUTSIDE
        # Closing what is open ends JSON; a bare text ends by chance, or as soon as it may. Composites may be either.
        late = len(text) > 2 * length
        if late and constraint.kind != "json" and STOP in allowed:
            token = STOP
        elif late and constraint.kind != "json" and (constraint.kind in BARE or rng.random() < 0.5):
            token = rng.choice(allowed)
        else:
            token = _choose(allowed, rng, closers)
        assert guide.advance(token)
        if token == STOP:
            return text.decode()
        text.append(token)
        assert len(text) < 20 * length + 5000, f"no end: {bytes(text[:200])!r}"


def _choose(allowed: list[int], rng: random.Random, closers: list[int]) -> int:
    for closer in closers:
        if closer in allowed:
            return closer
    if STOP in allowed and rng.random() < 0.3:
        return STOP
    # Mostly what is written in ASCII, so that not every string is a heap of symbols; sometimes anything.
    plain = [token for token in allowed if 32 <= token < 127]
    return rng.choice(plain if plain and rng.random() < 0.9 else allowed)
