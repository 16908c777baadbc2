"""A guide walked over random texts and compared with the reference at each step."""

from __future__ import annotations

import random
from collections.abc import Iterable

import numpy as np

from outlines.guide import Guide, Index, Vocabulary

from .reference import Reference
from .tokenizer_zoo import llama3_tokens


class SmallVocabulary:
    """Every single byte, real tokens, the same bytes under two ids, ids without text, several stop ids, ids above."""

    def __init__(self, rng: random.Random, alphabet: str, size: int = 600) -> None:
        wanted = {token for character in alphabet for token in partials(character)}
        real = [token for token in llama3_tokens() if len(token) > 1]
        near = [token for token in real if all(bytes([byte]) in wanted for byte in token)]
        tokens: list[bytes | None] = [bytes([byte]) for byte in range(256)]
        tokens += rng.sample(near, min(len(near), size // 2))
        tokens += rng.sample(real, size // 4)
        # Across the characters of the alphabet, at any cut: real vocabularies have few of these.
        text = "".join(rng.choices(alphabet, k=200)).encode()
        starts = [rng.randrange(len(text)) for _ in range(size // 4)]
        tokens += [text[start : start + rng.randint(2, 9)] for start in starts]
        tokens += [None] * 10 + rng.sample(tokens[256:], 10)
        # Stop ids anywhere among the others, and never the only token of a byte.
        order = rng.sample(range(len(tokens) + 2), len(tokens) + 2)
        self.eos = sorted(order.index(len(tokens) + stop) for stop in range(2))
        tokens = [tokens[i] if i < len(tokens) else None for i in order]
        tokens += [None] * rng.randint(0, 40)
        self.tokens = tokens
        self.size = len(tokens)
        self.vocabulary = Vocabulary(tokens, self.eos, self.size)


def partials(character: str) -> Iterable[bytes]:
    return (bytes([byte]) for byte in character.encode())


def allowed_ids(guide: Guide, small: SmallVocabulary) -> set[int]:
    words = (small.size + 31) // 32
    # A word before and one after: nothing may be written there; and what was in the row must not stay.
    row = np.full(words + 2, 0x5A5A5A5A, dtype=np.int32)
    guide.fill_bitmask(row[1:-1])
    assert row[0] == row[-1] == 0x5A5A5A5A
    bits = np.unpackbits(row[1:-1].view(np.uint8), bitorder="little")
    return set(np.flatnonzero(bits).tolist())


class Walk:
    """One guide and the text it has taken, compared with the reference at each step."""

    def __init__(self, index: Index, reference: Reference, small: SmallVocabulary) -> None:
        self.index, self.reference, self.small = index, reference, small
        self.guide = Guide(index)
        self.texts = [b""]
        self.taken: list[int] = []

    @property
    def text(self) -> bytes:
        return self.texts[-1]

    def mask(self) -> set[int]:
        return allowed_ids(self.guide, self.small)

    def check(self) -> set[int]:
        """Compares everything there is to ask at this text; returns the mask."""
        expected = self.reference.mask(self.text, self.small.tokens, self.small.eos)
        actual = self.mask()
        for wrong, what in ((actual - expected, "allowed"), (expected - actual, "refused")):
            tokens = sorted((self.small.tokens[i] or b"<eos>", i) for i in wrong if i < self.small.size)
            assert not wrong, f"after {self.text!r}, wrongly {what}: {tokens[:20]}"
        whole = self.reference.accepts(self.text)
        assert self.guide.is_accepting() == whole == self.index.accepts(self.text)
        assert self.index.accepts_prefix(self.text)
        forced = self.guide.forced_bytes()
        assert forced[:1] == self.reference.forced(self.text)
        for end in range(len(forced)):
            assert self.reference.forced(self.text + forced[:end]) == forced[end : end + 1]
        return expected

    def refuse(self, rng: random.Random, allowed: set[int]) -> None:
        """Illegal ids change nothing."""
        illegal = [i for i in range(self.small.size) if i not in allowed]
        for i in [*rng.sample(illegal, min(5, len(illegal))), -1, self.small.size, 2**31]:
            assert not self.guide.advance(i)
            token = self.small.tokens[i] if 0 <= i < self.small.size else None
            if token:
                assert not self.index.accepts_prefix(self.text + token)
        assert self.mask() == allowed

    def take(self, i: int) -> None:
        token = self.small.tokens[i]
        assert token
        assert self.guide.advance(i)
        self.texts.append(self.text + token)
        self.taken.append(i)

    def back(self, count: int) -> None:
        self.guide.rollback(count)
        del self.texts[len(self.texts) - count :]
        del self.taken[len(self.taken) - count :]

    def run(self, rng: random.Random, steps: int) -> None:
        for _ in range(steps):
            allowed = self.check()
            self.refuse(rng, allowed)
            ids = sorted(allowed - set(self.small.eos))
            if self.taken and rng.random() < 0.2:
                self.back(rng.randint(1, len(self.taken)))
            elif ids:
                # Long tokens are rare among the allowed ones where much is allowed, and reach more states.
                chosen = rng.choices(ids, weights=[len(self.small.tokens[i] or b"") for i in ids])[0]
                self.take(chosen)
            else:
                assert allowed == set(self.small.eos), f"dead end after {self.text!r}"
                break
        self.finish(rng)

    def finish(self, rng: random.Random) -> None:
        """A stop token is taken if and only if the text is whole, and can be taken back."""
        stop = rng.choice(self.small.eos)
        whole = self.reference.accepts(self.text)
        assert self.guide.advance(stop) == self.guide.is_finished() == whole
        if whole:
            assert self.mask() == set(self.small.eos)
            self.guide.rollback(1)
        assert not self.guide.is_finished()
        self.check()
        self.guide.reset()
        assert [self.guide.advance(i) for i in self.taken] == [True] * len(self.taken)
        self.check()
