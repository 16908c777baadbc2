"""Mistral's tokenizers: tekken and SentencePiece vocabularies of `mistral-common`, bare or in a wrapper."""

from __future__ import annotations

from typing import Any

from . import sentencepiece_model
from .table import Reading, stop_ids


def read(tokenizer: Any) -> Reading | None:
    """A vocabulary of `mistral-common` or a wrapper around one; `None` for anything else."""
    inner = _unwrap(tokenizer)
    if hasattr(inner, "id_to_byte_piece"):
        return Reading(_tekken(inner), stop_ids(inner.eos_id))
    model = getattr(inner, "_model", None)
    if hasattr(inner, "id_to_piece") and sentencepiece_model.is_processor(model):
        return sentencepiece_model.read(model)
    return None


def _unwrap(tokenizer: Any) -> Any:
    """Opens `MistralTokenizer` (vLLM's and mistral-common's) and transformers' `MistralCommonBackend`."""
    for holder in (tokenizer, getattr(tokenizer, "mistral", None), getattr(tokenizer, "tokenizer", None)):
        instruct = getattr(holder, "instruct_tokenizer", None)
        if instruct is not None:
            return instruct.tokenizer
    return tokenizer


def _tekken(tekken: Any) -> list[bytes | None]:
    """Special ids come first; every other id is a rank of the vocabulary, shifted by their number."""
    ranks: dict[bytes, int] | None = getattr(tekken, "_tekken_token2id_nospecial", None)
    if ranks is None:  # its public method takes 1 us a token
        return [None if tekken.is_special(i) else tekken.id_to_byte_piece(i) for i in range(tekken.n_words)]
    tokens: list[bytes | None] = [None] * tekken.n_words
    for token, rank in ranks.items():
        tokens[rank + tekken.num_special_tokens] = token
    return tokens
