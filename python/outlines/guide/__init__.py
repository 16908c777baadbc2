"""The guide engine: a constraint compiled to the tokens that may come next, as a bitmask per step.

    vocabulary = Vocabulary.from_tokenizer(tokenizer)   # once per tokenizer
    index = Index.from_regex(r"[0-9]{3}", vocabulary)   # once per constraint
    guide = Guide(index)                                # once per request
    guide.fill_bitmask(row)                             # what may come next
    guide.advance(token_id)                             # what came

The engine is the Rust extension `outlines._engine`; this module is its one door. It needs neither vLLM nor torch.
"""

from __future__ import annotations

from typing import Any

from outlines import _engine
from outlines._engine import (
    BudgetError,
    ConstraintError,
    ConstraintWarning,
    EngineError,
    GrammarError,
    Guide,
    Index,
    JsonSchemaError,
    LimitError,
    RegexError,
    check_choices,
    check_constraint,
    check_grammar,
    check_json_schema,
    check_regex,
    fill_bitmasks,
    grammar_imports,
)

__all__ = [
    "BudgetError",
    "ConstraintError",
    "ConstraintWarning",
    "EngineError",
    "GrammarError",
    "Guide",
    "Index",
    "JsonSchemaError",
    "LimitError",
    "RegexError",
    "Vocabulary",
    "check_choices",
    "check_constraint",
    "check_grammar",
    "check_json_schema",
    "check_regex",
    "fill_bitmasks",
    "grammar_imports",
]


class Vocabulary(_engine.Vocabulary):
    """The bytes of every token id of one tokenizer; see `outlines._engine.Vocabulary`."""

    __slots__ = ()

    @classmethod
    def from_tokenizer(cls, tokenizer: Any, size: int | None = None) -> Vocabulary:
        """The vocabulary of a tokenizer.

        Args:
            tokenizer: anything that `outlines.guide.tokenizers.token_bytes` knows: Hugging Face tokenizers (fast or
                slow), tiktoken encodings, SentencePiece processors, Mistral's tokenizers.
            size: how many ids the model scores, if more than the tokenizer has.

        Raises:
            ValueError: the tokenizer's bytes cannot be told exactly, or `size` is too small for it.
        """
        from outlines.guide.tokenizers import token_bytes

        table = token_bytes(tokenizer, size)
        return cls(table.tokens, table.eos, table.size)
