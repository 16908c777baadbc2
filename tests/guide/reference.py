"""The engine once more, slow and obvious: a token may come next if the text with its bytes can be completed.

An `Oracle` knows one constraint on texts of whole characters (`*_oracle.py` hold one per kind of constraint).
`Reference` extends it to bytes, since a token may end inside a UTF-8 character, and asks it about every token in turn.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Sequence
from typing import Protocol


class Oracle(Protocol):
    """One constraint, on texts of whole characters."""

    edges: Iterable[int]
    """Code points at which the constraint may change its mind: two with no edge between them are alike to it."""

    def accepts(self, text: str) -> bool:
        """Is this a whole text of the language?"""

    def completable(self, text: str) -> bool:
        """Is there an accepted text that starts with this one?"""


class Reference:
    """The masks of one constraint."""

    def __init__(self, oracle: Oracle) -> None:
        self.oracle = oracle
        # Ends of the ranges in which code points are alike; the surrogates between U+D7FF and U+E000 are not
        # characters.
        self.points = sorted(
            {point for edge in (*oracle.edges, 0xE000) for point in (edge - 1, edge) if is_character(point)}
        )
        self.known: dict[bytes, bool] = {}

    def accepts(self, data: bytes) -> bool:
        try:
            return self.oracle.accepts(data.decode())
        except UnicodeDecodeError:
            return False

    def completable(self, data: bytes) -> bool:
        if data not in self.known:
            self.known[data] = self._completable(data)
        return self.known[data]

    def _completable(self, data: bytes) -> bool:
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            text = decoder.decode(data)
        except UnicodeDecodeError:
            return False
        begun = decoder.getstate()[0]
        if not begun:
            return self.oracle.completable(text)
        # Some character that begins with these bytes has to be right, and one of each kind stands for all of its kind.
        return any(self.oracle.completable(text + chr(point)) for point in self.characters(begun))

    def characters(self, begun: bytes) -> list[int]:
        """Of the characters whose UTF-8 begins with `begun`: the first, the last and both sides of every edge."""
        length = 2 if begun[0] < 0xE0 else 3 if begun[0] < 0xF0 else 4
        lead = begun[0] & (0xFF >> (length + 1))
        first = last = lead
        for byte in begun[1:]:
            first = last = first << 6 | byte & 0x3F
        for _ in range(length - len(begun)):
            first, last = first << 6, last << 6 | 0x3F
        first = max(first, {2: 0x80, 3: 0x800, 4: 0x10000}[length])
        last = min(last, 0x10FFFF)
        points = [first, last, *(point for point in self.points if first < point < last)]
        return [point for point in points if first <= last and is_character(point)]

    def mask(self, text: bytes, tokens: Sequence[bytes | None], eos: Iterable[int]) -> set[int]:
        """The ids that may come after `text`: tokens that keep it completable, and stop ids if it is whole."""
        allowed = {i for i, token in enumerate(tokens) if token and self.completable(text + token)}
        return allowed | (set(eos) if self.accepts(text) else set())

    def forced(self, text: bytes) -> bytes:
        """The next byte if there is only one way to go on, else nothing."""
        if self.accepts(text):
            return b""
        ways = [bytes([byte]) for byte in range(256) if self.completable(text + bytes([byte]))]
        return ways[0] if len(ways) == 1 else b""


def is_character(point: int) -> bool:
    return 0 <= point <= 0x10FFFF and not 0xD800 <= point <= 0xDFFF
