"""tiktoken encodings, alone or inside a slow tokenizer (Qwen 1, Kimi, GLM-4): an id is the rank of its bytes."""

from __future__ import annotations

from typing import Any

from .table import Reading, stop_ids


def read(tokenizer: Any) -> Reading | None:
    """A `tiktoken.Encoding`, or an object that holds one; `None` for anything else."""
    encoding = tokenizer if is_encoding(tokenizer) else held_by(tokenizer)
    if encoding is None:
        return None
    eos = getattr(tokenizer, "eos_token_id", None)
    return Reading(tokens_of(encoding), stop_ids(end_of_text(encoding) if eos is None else eos))


def is_encoding(value: Any) -> bool:
    return hasattr(value, "decode_single_token_bytes") and hasattr(value, "special_tokens_set")


def held_by(tokenizer: Any) -> Any | None:
    """The encoding among the tokenizer's attributes (`tokenizer`, `model`, `_tokenizer`: any name), or `None`."""
    return next(filter(is_encoding, getattr(tokenizer, "__dict__", {}).values()), None)


def tokens_of(encoding: Any) -> list[bytes | None]:
    """The bytes of every id of the encoding, `None` for special ids and gaps. About 0.1 us an id."""
    tokens: list[bytes | None] = [None] * encoding.n_vocab
    for text, i in _ranks(encoding).items():
        tokens[i] = text
    for name in encoding.special_tokens_set:
        tokens[encoding.encode_single_token(name)] = None
    return tokens


def _ranks(encoding: Any) -> dict[bytes, int]:
    """The table that the encoding was made of; asking it for one id after another takes five times as long."""
    ranks: dict[bytes, int] | None = getattr(encoding, "_mergeable_ranks", None)
    if ranks is None:
        ranks = {text: encoding.encode_single_token(text) for text in encoding.token_byte_values()}
    return ranks


def end_of_text(encoding: Any) -> int | None:
    try:
        return int(encoding.eot_token)
    except KeyError:  # the encoding has no such token
        return None
