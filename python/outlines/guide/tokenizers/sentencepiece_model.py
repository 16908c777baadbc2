"""SentencePiece models: pieces with U+2581 for a space, and byte pieces (`<0x0A>`) for what has no piece.

What a piece is (ordinary, control, user-defined, byte) is read from the model's own serialisation, since the Python
processor does not tell user-defined pieces apart. That is a protobuf message, of which only the types of the pieces are
looked at: field 3 of each field 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .decoders import byte_value
from .table import Reading, TokenizerError, is_added_text, stop_ids

SPACE = "\N{LOWER ONE EIGHTH BLOCK}"

# Values of the enumeration `SentencePiece.Type`.
NORMAL, USER_DEFINED, BYTE = 1, 4, 6  # the others (unknown, control, unused) are never text


def read(tokenizer: Any) -> Reading | None:
    """A `SentencePieceProcessor`; `None` for anything else."""
    if not is_processor(tokenizer):
        return None
    return Reading([_bytes(piece, kind) for piece, kind in _pieces(tokenizer)], stop_ids(tokenizer.eos_id()))


def is_processor(value: Any) -> bool:
    return hasattr(value, "serialized_model_proto") and hasattr(value, "id_to_piece")


def bytes_by_piece(processor: Any) -> dict[str, bytes | None]:
    """What each piece adds to a text that has begun; `None` for those that are never text. About 0.7 us a piece."""
    return {piece: _bytes(piece, kind) for piece, kind in _pieces(processor)}


def _bytes(piece: str, kind: int) -> bytes | None:
    if kind == NORMAL:
        return piece.replace(SPACE, " ").encode()
    if kind == BYTE and (value := byte_value(piece)) is not None:
        return bytes([value])
    if kind == USER_DEFINED:
        content = piece.replace(SPACE, " ").encode()
        return content if is_added_text(content) else None
    return None


def _pieces(processor: Any) -> Iterator[tuple[str, int]]:
    """The text and type of every piece, in the order of their ids."""
    texts: list[str] = processor.id_to_piece(list(range(processor.get_piece_size())))
    return zip(texts, _kinds(processor.serialized_model_proto()), strict=True)


def _kinds(model: bytes) -> Iterator[int]:
    for field, length, start in _fields(model, 0, len(model)):
        if field == 1:
            stop = start + length
            # Fields are written in order and the type is the last, so without its key there (3 << 3) there is none.
            fields = _fields(model, start, stop) if model[stop - 2] == 3 << 3 else iter(())
            yield next((kind for inner, kind, _ in fields if inner == 3), NORMAL)


def _fields(message: bytes, start: int, stop: int) -> Iterator[tuple[int, int, int]]:
    """The fields of the protobuf message in `message[start:stop]`: number, value, and where its bytes start.

    The value is the integer itself, or the length of a string of bytes.
    """
    while start < stop:
        key, start = _varint(message, start)
        wire = key & 7
        if wire in (0, 2):
            value = message[start]
            start += 1
            if value >= 0x80:  # the general case; the call costs more than all else here
                value, start = _varint(message, start - 1)
        elif wire in (1, 5):
            value = 8 if wire == 1 else 4
        else:
            raise TokenizerError(
                f"The SentencePiece model cannot be read: wire type {wire} before byte {start} of its serialisation."
            )
        yield key >> 3, value, start
        if wire:
            start += value


def _varint(message: bytes, start: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[start]
        start += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, start
        shift += 7
