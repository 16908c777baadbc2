"""From a tokenizer to the exact bytes of each of its tokens: `token_bytes`.

Each module here knows one family of tokenizers and says of any other object that it is not its own. They look at what
an object offers and import no tokenizer library, so that this package is light and a user needs only the library they
use.

What a token's bytes are: what the id adds to the decoded text when text stands before it. In this sense a piece that
opens a word with a space (`▁Hello`) is `b" Hello"`, although decoders that drop the first space of a whole text would
show `Hello` if it came first of all. A part of a UTF-8 character is the bytes of that part.

What is never text (`None`): special and control ids, padding and unused ids, gaps, ids above the tokenizer's; every
stop id; and added tokens which are not special, but for those of white space alone (see `table.is_added_text`).
"""

from __future__ import annotations

from typing import Any

from . import huggingface, mistral, sentencepiece_model, tiktoken_encoding
from .table import TokenizerError, TokenTable, finish

__all__ = ["TokenTable", "TokenizerError", "token_bytes"]

_FAMILIES = (
    mistral.read,
    sentencepiece_model.read,
    huggingface.read_fast,
    huggingface.read_slow,
    tiktoken_encoding.read,
)


def token_bytes(tokenizer: Any, size: int | None = None) -> TokenTable:
    """The exact bytes of every token of `tokenizer`.

    Args:
        tokenizer: a Hugging Face tokenizer, fast or slow (the slow ones that hold a SentencePiece model, a tiktoken
            encoding or GPT-2's byte alphabet); a `tokenizers.Tokenizer`, a `tiktoken.Encoding`, a
            `SentencePieceProcessor`; a tokenizer of `mistral-common`, or vLLM's or transformers' wrapper of one.
        size: the model's vocabulary size (the number of its logits); default: the tokenizer's.

    Returns:
        The table; `len(table.tokens) == table.size`. Stop ids of the generation configuration are the caller's
        business.

    Raises:
        TokenizerError: no family knows the tokenizer, its bytes cannot be told exactly, or `size` is too small for it.
    """
    for read in _FAMILIES:
        reading = read(tokenizer)
        if reading is not None:
            return finish(reading, size)
    kind = type(tokenizer)
    raise TokenizerError(
        f"{kind.__module__}.{kind.__qualname__} is not a tokenizer whose bytes can be told. Known are Hugging Face "
        "tokenizers, tiktoken encodings, SentencePiece processors and mistral-common's tokenizers. Any other can be "
        "given as a list of bytes, one entry per token id."
    )
