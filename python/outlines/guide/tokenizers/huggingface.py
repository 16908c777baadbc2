"""Hugging Face tokenizers: fast ones (`tokenizers` pipelines), and slow ones by what they are made of.

A fast tokenizer's pieces go through its decoder (`decoders.py`). A slow one is a Python class that may decode in any
way it likes, so it is read only where the bytes are certain: it holds a SentencePiece model, a tiktoken encoding, or
GPT-2's `byte_decoder`. vLLM's cached proxies and thread pools are subclasses of the tokenizer they stand for and need
nothing special.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from . import sentencepiece_model, tiktoken_encoding
from .decoders import ALPHABET, Step, byte_level, decode_pieces
from .table import Reading, TokenizerError, is_added_text, stop_ids


def read_fast(tokenizer: Any) -> Reading | None:
    """A fast tokenizer, or a bare `tokenizers.Tokenizer` (which knows no stop id); `None` for anything else."""
    backend = getattr(tokenizer, "backend_tokenizer", tokenizer)
    if not (hasattr(backend, "id_to_token") and hasattr(backend, "get_added_tokens_decoder")):
        return None
    added = backend.get_added_tokens_decoder()
    # Of the tokens it knows as added the pipeline says itself which are special, and decodes by that; transformers
    # counts some more among the special ones when it converts a model (every user-defined piece of a SentencePiece
    # model).
    special = {i for i, token in added.items() if token.special}
    special.update(i for i in getattr(tokenizer, "all_special_ids", ()) if i not in added)
    # The whole dict, because vLLM's proxies keep it; asking the library takes 0.6 us a token, more than all the rest.
    vocabulary: dict[str, int] = dict(tokenizer.get_vocab())
    tokens: list[bytes | None] = [None] * (max([*vocabulary.values(), *added], default=-1) + 1)
    for token in added.values():
        vocabulary.pop(token.content, None)
    decoder = _decoder(backend)
    for i, text in zip(vocabulary.values(), decode_pieces(list(vocabulary), decoder), strict=True):
        tokens[i] = text
    extra = {i: token.content for i, token in added.items()}
    for i, text in zip(extra, decode_pieces(list(extra.values()), decoder), strict=True):
        tokens[i] = text if is_added_text(text) else None
    for i in special:
        if i < len(tokens):
            tokens[i] = None
    return Reading(tokens, stop_ids(getattr(tokenizer, "eos_token_id", None)))


def _decoder(backend: Any) -> Step | None:
    if backend.decoder is None:
        return None
    try:
        # What pickling a decoder keeps is its JSON; asking for the whole tokenizer's takes 100 ms.
        step: Step = json.loads(backend.decoder.__getstate__())
    except Exception as error:
        raise TokenizerError(
            f"The tokenizer's decoder is not one of the `tokenizers` library's own ({error}), so the bytes of its "
            "tokens cannot be told."
        ) from error
    return step


def read_slow(tokenizer: Any) -> Reading | None:
    """A slow tokenizer of a kind whose bytes are certain; `None` for anything else.

    Raises:
        TokenizerError: a slow tokenizer of any other kind.
    """
    if not (hasattr(tokenizer, "convert_ids_to_tokens") or hasattr(tokenizer, "added_tokens_decoder")):
        return None
    eos = getattr(tokenizer, "eos_token_id", None)
    encoding, model = tiktoken_encoding.held_by(tokenizer), _sentencepiece_held_by(tokenizer)
    if encoding is not None:
        tokens = tiktoken_encoding.tokens_of(encoding)
        eos = tiktoken_encoding.end_of_text(encoding) if eos is None else eos
    else:
        vocabulary: dict[str, int] = tokenizer.get_vocab()
        tokens = [None] * (max(vocabulary.values(), default=-1) + 1)
        for i, text in zip(vocabulary.values(), _slow_pieces(tokenizer, model, list(vocabulary)), strict=True):
            tokens[i] = text

    added = tokenizer.added_tokens_decoder
    tokens.extend([None] * (max(added, default=-1) + 1 - len(tokens)))
    for i, token in added.items():
        content = token.content if model is None else token.content.replace(sentencepiece_model.SPACE, " ")
        tokens[i] = content.encode() if not token.special and is_added_text(content.encode()) else None
    for i in tokenizer.all_special_ids:
        if i < len(tokens) and i not in added:
            tokens[i] = None
    return Reading(tokens, stop_ids(eos))


def _sentencepiece_held_by(tokenizer: Any) -> Any | None:
    """The SentencePiece model of a slow tokenizer, or of the tokenizer within it (ChatGLM), or `None`."""
    inner = getattr(tokenizer, "tokenizer", None)
    return getattr(tokenizer, "sp_model", None) or getattr(inner, "sp_model", None)


def _slow_pieces(tokenizer: Any, model: Any | None, pieces: list[str]) -> Sequence[bytes | None]:
    if model is not None:
        known = sentencepiece_model.bytes_by_piece(model)
        return [known.get(piece) for piece in pieces]
    if getattr(tokenizer, "byte_decoder", None) == dict(zip(ALPHABET, range(256), strict=True)):
        return byte_level(pieces)
    raise TokenizerError(
        f"{type(tokenizer).__name__} is a slow tokenizer that holds neither a SentencePiece model nor a tiktoken "
        "encoding nor GPT-2's byte alphabet, so the bytes of its tokens cannot be told. Use the model's fast tokenizer "
        "(use_fast=True)."
    )
