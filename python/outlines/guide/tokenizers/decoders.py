"""The bytes of vocabulary pieces under a decoder of the `tokenizers` library.

The library turns pieces into text by a pipeline of steps (`Replace`, `ByteFallback`, `ByteLevel`, ...), over all the
pieces of a text at once. What one piece adds to a text that has begun is the same whatever stands around it, as long
as no step looks across pieces; the steps that do are either without effect in the middle of a text (`Strip` after
`Fuse`: it drops the space of a text's first word) or refused with a `TokenizerError`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import Any, NoReturn, TypeAlias

from .table import TokenizerError

Step: TypeAlias = dict[str, Any]  # one decoder as the library serialises it: "type" and that type's own fields


def decode_pieces(pieces: Sequence[str], decoder: Step | None) -> list[bytes]:
    """What each of `pieces` adds to a text that has begun, under `decoder`.

    Linear in the characters of all pieces; about 0.2 us a piece.

    Args:
        pieces: pieces as they stand in the vocabulary.
        decoder: the serialised decoder; `None` for a tokenizer without one, which joins its pieces with spaces.

    Raises:
        TokenizerError: a step whose effect on a piece depends on the pieces around it, or an unknown one.
    """
    if decoder is None:
        return [f" {piece}".encode() for piece in pieces]
    run = _Run(list(pieces))
    for step in flatten(decoder):
        kind = step.get("type")
        apply = _STEPS.get(str(kind))
        if apply is None:
            raise TokenizerError(
                f"The tokenizer's decoder has a step of type {kind!r}, whose bytes per token cannot be told."
            )
        apply(run, step)
    return run.result()


def flatten(decoder: Step) -> list[Step]:
    """The steps of a decoder in order, with nested sequences opened."""
    if decoder.get("type") == "Sequence":
        return [step for inner in decoder["decoders"] for step in flatten(inner)]
    return [decoder]


class _Run:
    """The pieces on their way through a pipeline."""

    def __init__(self, pieces: list[str]) -> None:
        self.pieces = pieces
        self.named: dict[int, bytes] = {}  # pieces that are names of bytes, by position: the bytes
        self.tokens: list[bytes] | None = None  # once all the pieces are bytes: those
        self.fused = False  # has a step joined all pieces into one?

    def result(self) -> list[bytes]:
        tokens = [piece.encode() for piece in self.pieces] if self.tokens is None else self.tokens
        for position, token in self.named.items():
            tokens[position] = token
        return tokens

    def map(self, change: Callable[[str], str]) -> None:
        self.pieces = [change(piece) for piece in self.pieces]

    def refuse(self, step: Step) -> NoReturn:
        raise TokenizerError(
            f"The tokenizer's decoder has the step {step} after others that join its pieces: the bytes of one token "
            "cannot be told."
        )

    def need_pieces(self, step: Step) -> None:
        """For steps that do something else once pieces are joined: all by `Fuse`, bytes by `ByteFallback`."""
        if self.fused or self.named:
            self.refuse(step)

    def replace(self, pattern: str, content: str, step: Step) -> None:
        # One character that is not ASCII is never a part of one byte, so it may be replaced piece by piece (but if a
        # text spells it by single bytes, which no tokenizer's encoder does for a character that it has a piece for).
        if len(pattern) != 1 or pattern.isascii() or self.tokens is not None:
            self.need_pieces(step)
        self.map(lambda piece: piece.replace(pattern, content))


def _byte_level(run: _Run, step: Step) -> None:
    run.need_pieces(step)
    run.tokens = byte_level(run.pieces)
    run.fused = True


def _byte_fallback(run: _Run, step: Step) -> None:
    if run.fused:
        return  # one joined piece is never a byte's name
    for position, piece in enumerate(run.pieces):
        if len(piece) == 6 and (value := byte_value(piece)) is not None:
            run.named[position] = bytes([value])


def _replace(run: _Run, step: Step) -> None:
    pattern, content = step["pattern"].get("String"), step["content"]
    if pattern is None:
        raise TokenizerError(
            f"The tokenizer's decoder has the step {step}: replacing by a regular expression is not supported."
        )
    run.replace(pattern, content, step)


def _metaspace(run: _Run, step: Step) -> None:
    run.replace(step["replacement"], " ", step)


def _strip(run: _Run, step: Step) -> None:
    if run.fused:
        return  # it acts on the two ends of the text only
    run.need_pieces(step)
    mark, left, right = step["content"], step["start"], step["stop"]

    def cut(piece: str) -> str:
        start = min(len(piece) - len(piece.lstrip(mark)), left)
        stop = min(len(piece) - len(piece.rstrip(mark)), right)
        return piece[start : max(start, len(piece) - stop)]

    run.map(cut)


def _word_piece(run: _Run, step: Step) -> None:
    run.need_pieces(step)
    prefix, cleanup = step["prefix"], step["cleanup"]

    def word(piece: str) -> str:
        text = piece[len(prefix) :] if piece.startswith(prefix) else f" {piece}"
        return _tidy(text) if cleanup else text

    run.map(word)


def _tidy(text: str) -> str:
    """The library's clean-up of a word: no space before a full stop, a comma or an English clitic."""
    for before, after in _TIDY:
        text = text.replace(before, after)
    return text


_TIDY = [
    (" .", "."),
    (" ?", "?"),
    (" !", "!"),
    (" ,", ","),
    (" ' ", "'"),
    (" n't", "n't"),
    (" 'm", "'m"),
    (" do not", " don't"),
    (" 's", "'s"),
    (" 've", "'ve"),
    (" 're", "'re"),
]


def _bpe(run: _Run, step: Step) -> None:
    run.need_pieces(step)
    suffix = step["suffix"]
    run.map(lambda piece: piece.replace(suffix, " "))


def _fuse(run: _Run, step: Step) -> None:
    run.fused = True


_STEPS: dict[str, Callable[[_Run, Step], None]] = {
    "BPEDecoder": _bpe,
    "ByteFallback": _byte_fallback,
    "ByteLevel": _byte_level,
    "Fuse": _fuse,
    "Metaspace": _metaspace,
    "Replace": _replace,
    "Strip": _strip,
    "WordPiece": _word_piece,
}

_BYTE_NAME = re.compile("<0x([0-9A-Fa-f]{2})>")


def byte_value(piece: str) -> int | None:
    """The byte that a piece like `<0x0A>` names, or `None`."""
    name = _BYTE_NAME.fullmatch(piece)
    return int(name[1], 16) if name else None


def byte_level(pieces: Sequence[str]) -> list[bytes]:
    """Pieces in the byte alphabet of GPT-2 as bytes; a piece with any other character in it is its own UTF-8."""
    text = "".join(pieces)
    if "\0" in text:
        return [_byte_level_piece(piece) for piece in pieces]
    try:
        # All at once: a call per piece would be most of the time.
        whole = _to_bytes(text)
    except UnicodeEncodeError:
        return [_byte_level_piece(piece) for piece in pieces]
    return [whole[start:stop] for start, stop in pairwise(accumulate(map(len, pieces), initial=0))]


def _byte_level_piece(piece: str) -> bytes:
    try:
        return _to_bytes(piece) if "\0" not in piece else piece.encode()
    except UnicodeEncodeError:
        return piece.encode()


def _to_bytes(text: str) -> bytes:
    """`text`, all in the byte alphabet, as bytes. Raises `UnicodeEncodeError` for any other character but NUL."""
    return codecs.charmap_encode(text.replace(ALPHABET[0], "\0"), "strict", _ENCODING)[0]


def _alphabet() -> str:
    """The byte alphabet: character `i` is byte `i`. Printable Latin-1 stands for itself, the rest is U+0100 and on."""
    others = iter(range(256, 512))
    return "".join(chr(b if 33 <= b <= 126 or (161 <= b <= 255 and b != 173) else next(others)) for b in range(256))


ALPHABET = _alphabet()
# CPython's three-level table of an encoding is ten times faster than a dict, and asks for NUL at 0.
_ENCODING = codecs.charmap_build("\0" + ALPHABET[1:])
