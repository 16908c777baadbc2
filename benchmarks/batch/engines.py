"""The engines' calls for a whole batch, on one thread each.

`compile` what 64 requests ask for, `start` a request for each row (by the number of its schema), `take` a token in one
of them, `fill` the masks of all, `advance` each by a token.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np


class Batch(Protocol):
    def compile(self, schemas: Sequence[Any]) -> None: ...
    def start(self, rows: Sequence[int]) -> None: ...
    def take(self, row: int, token: int) -> bool: ...
    def fill(self) -> None: ...
    def advance(self, tokens: Sequence[int]) -> bool: ...


class Ours:
    def __init__(self, tokenizer: Any, size: int) -> None:
        from outlines import guide

        self._guide = guide
        self._vocabulary = guide.Vocabulary.from_tokenizer(tokenizer, size)
        self._words = (size + 31) // 32

    def compile(self, schemas: Sequence[Any]) -> None:
        self._indexes = [self._guide.Index.from_json_schema(schema, self._vocabulary) for schema in schemas]

    def start(self, rows: Sequence[int]) -> None:
        self._guides = [self._guide.Guide(self._indexes[row]) for row in rows]
        self._rows = np.zeros((len(rows), self._words), dtype=np.int32)

    def take(self, row: int, token: int) -> bool:
        return self._guides[row].advance(token)

    def fill(self) -> None:
        self._guide.fill_bitmasks(self._guides, self._rows)

    def advance(self, tokens: Sequence[int]) -> bool:
        # As vLLM takes them: request by request.
        return all(guide.advance(token) for guide, token in zip(self._guides, tokens, strict=True))


class LLGuidance:
    def __init__(self, tokenizer: Any, size: int) -> None:
        import llguidance
        import llguidance.hf
        import llguidance.numpy

        self._library, self._numpy = llguidance, llguidance.numpy
        self._tokenizer = llguidance.hf.from_tokenizer(tokenizer)
        self._executor = llguidance.LLExecutor(num_threads=1)

    def compile(self, schemas: Sequence[Any]) -> None:
        grammars = [json.dumps({"grammars": [{"json_schema": schema}]}) for schema in schemas]
        self._starts = [self._library.LLMatcher(self._tokenizer, grammar) for grammar in grammars]

    def start(self, rows: Sequence[int]) -> None:
        self._matchers = [self._starts[row].deep_copy() for row in rows]
        self._pairs = [(matcher, row) for row, matcher in enumerate(self._matchers)]
        self._rows = self._numpy.allocate_token_bitmask(len(rows), self._tokenizer.vocab_size)

    def take(self, row: int, token: int) -> bool:
        return bool(self._matchers[row].consume_token(token))

    def fill(self) -> None:
        self._numpy.fill_next_token_bitmask_par(self._executor, self._pairs, self._rows)

    def advance(self, tokens: Sequence[int]) -> bool:
        pairs = list(zip(self._matchers, tokens, strict=True))
        return all(self._numpy.consume_token_par(self._executor, pairs))


class XGrammar:
    def __init__(self, tokenizer: Any, size: int) -> None:
        import xgrammar

        self._library = xgrammar
        self._info = xgrammar.TokenizerInfo.from_huggingface(tokenizer, vocab_size=size)
        self._compiler = xgrammar.GrammarCompiler(self._info, max_threads=1)
        self._batch = xgrammar.BatchGrammarMatcher(max_threads=1)

    def compile(self, schemas: Sequence[Any]) -> None:
        self._grammars = [
            self._compiler.compile_json_schema(json.dumps(schema), any_whitespace=False) for schema in schemas
        ]

    def start(self, rows: Sequence[int]) -> None:
        self._matchers = [self._library.GrammarMatcher(self._grammars[row]) for row in rows]
        self._rows = self._library.allocate_token_bitmask(len(rows), self._info.vocab_size)

    def take(self, row: int, token: int) -> bool:
        return bool(self._matchers[row].accept_token(token))

    def fill(self) -> None:
        self._batch.batch_fill_next_token_bitmask(self._matchers, self._rows)

    def advance(self, tokens: Sequence[int]) -> bool:
        return all(self._batch.batch_accept_token(self._matchers, list(tokens)))


ENGINES: dict[str, type[Any]] = {"ours": Ours, "llguidance": LLGuidance, "xgrammar": XGrammar}
