"""An index keeps within its limit of memory, and nobody notices but by the time it takes.

The masks themselves are compared in `rust/engine/tests/eviction.rs`; here is what Python has a part in.
"""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from outlines.guide import Guide, Index, Vocabulary

SCHEMA = {"type": "array", "items": {"type": "integer"}, "uniqueItems": True}
BYTES = Vocabulary([*(bytes([byte]) for byte in range(256)), None], [256], 257)


def _allowed(guide: Guide) -> list[int]:
    row = np.zeros(9, dtype=np.int32)
    guide.fill_bitmask(row)
    return np.flatnonzero(np.unpackbits(row.view(np.uint8), bitorder="little")).tolist()


def _walk(index: Index, like: Index, seed: int, tokens: int) -> None:
    """Takes tokens at random, and some of them back; on both indexes the same masks come."""
    chance = random.Random(seed)
    one, other = Guide(index), Guide(like)
    for _ in range(tokens):
        allowed = _allowed(one)
        assert allowed == _allowed(other)
        token = chance.choice(allowed)
        assert one.advance(token)
        assert other.advance(token)
        if one.is_finished() or chance.random() < 0.05:
            one, other = Guide(index), Guide(like)
        elif chance.random() < 0.2:
            assert one.validate(allowed[:3]) == other.validate(allowed[:3])
            assert one.forced_bytes() == other.forced_bytes()
            one, other = one.copy(), other.copy()
            one.rollback(1)
            other.rollback(1)


def test_memory_is_limited_and_masks_stay_the_same() -> None:
    like, index = (Index.from_json_schema(SCHEMA, BYTES) for _ in range(2))
    like.memory_limit = 1 << 40
    assert index.memory_limit == 256 << 20
    index.memory_limit = limit = 1 << 20
    with ThreadPoolExecutor(4) as pool:
        for walk in [pool.submit(_walk, index, like, seed, 3_000) for seed in range(4)]:
            walk.result()
    assert index.generation > 0
    # The four texts at work take more than nothing.
    assert index.nbytes < 2 * limit < like.nbytes
    assert like.generation == 0


def test_an_index_in_use_cannot_be_told_to_hold_less_than_nothing() -> None:
    index = Index.from_regex("a*", BYTES)
    with pytest.raises(OverflowError):
        index.memory_limit = -1
    index.memory_limit = 0
    assert index.accepts("aaa")
