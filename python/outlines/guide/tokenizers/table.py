"""What a tokenizer's vocabulary is to the engine: the exact bytes of every token.

`TokenTable` is the finished table; `Reading` is what one tokenizer family found, before the rules that are the same for
all of them are applied (`finish`): stop tokens are never text, no token is empty, ids up to the model's vocabulary
size are filled up with `None`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


class TokenizerError(ValueError):
    """The bytes of a tokenizer's tokens cannot be told exactly, or do not fit the model."""


@dataclass(frozen=True, slots=True)
class TokenTable:
    """The bytes of every token id of a model.

    Attributes:
        tokens: `size` entries. `tokens[i]` is what id `i` adds to a text, as bytes (never empty, possibly a part of a
            UTF-8 character), or `None` when the id is never text: special, control, padding, unused, unknown to the
            tokenizer, or added for a purpose of its own (`<tool_call>`).
        eos: the ids that end a text, ascending, as the tokenizer knows them; empty when it knows none.
        size: the model's vocabulary size, at least one more than the largest id in `tokens` that is not `None`.
    """

    tokens: list[bytes | None]
    eos: list[int]
    size: int


@dataclass(slots=True)
class Reading:
    """One tokenizer as its family read it: `tokens[i]` for each id the tokenizer has, and its stop ids."""

    tokens: list[bytes | None]
    eos: list[int]


def is_added_text(content: bytes) -> bool:
    """Whether an added token that is not special, and that decodes to `content`, is text: if it is all white space.

    An added token stands outside the learned vocabulary. Some are mere runs of spaces or line ends (Phi, Gemma,
    GPT-NeoX), which a model writes in ordinary text. The others are marks with a meaning (`<think>`, `<tool_call>`,
    `<|User|>`), often not flagged as special, which a constraint must never spell by one id; what they spell can
    always be written with ordinary tokens.
    """
    try:
        return content.decode().isspace()
    except UnicodeDecodeError:
        return False


def stop_ids(eos: Any) -> list[int]:
    """`eos_token_id` in any of its forms (`None`, an id, several; negative for none) as a list of ids."""
    if eos is None:
        return []
    ids: Iterable[Any] = eos if isinstance(eos, (list, tuple, set, frozenset)) else [eos]
    return sorted({int(i) for i in ids if i is not None and int(i) >= 0})


def finish(reading: Reading, size: int | None) -> TokenTable:
    """The table of `size` ids (default: as many as the tokenizer has).

    Raises:
        TokenizerError: `size` leaves out an id that is text or a stop id; the model and the tokenizer do not belong
            together.
    """
    tokens = [token or None for token in reading.tokens]
    for stop in reading.eos:
        if stop < len(tokens):
            tokens[stop] = None
    if size is None:
        size = max([len(tokens), *(stop + 1 for stop in reading.eos)])
    lost = next((i for i in range(size, len(tokens)) if tokens[i] is not None), None)
    if lost is None:
        lost = next((stop for stop in reading.eos if stop >= size), None)
    if lost is not None:
        raise TokenizerError(
            f"The model's vocabulary has {size} ids, but the tokenizer writes text or ends it with id {lost}. "
            "Give the vocabulary size of the model that this tokenizer belongs to."
        )
    del tokens[size:]  # what is left there is never text: place-holders of other modalities, for instance
    tokens.extend([None] * (size - len(tokens)))
    return TokenTable(tokens, reading.eos, size)
