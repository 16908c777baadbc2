"""The engines under test, each behind the same five calls.

`compile` from a Python dict, `reset` to the start, `fill` the mask, `commit` a token, `may_end`. What an engine does in
a call is what its users' code would do there.
"""

from __future__ import annotations

import json
from typing import Any, Protocol

import numpy as np


class Engine(Protocol):
    def compile(self, schema: Any) -> None: ...
    def reset(self) -> None: ...
    def fill(self) -> None: ...
    def commit(self, token: int) -> bool: ...
    def may_end(self) -> bool: ...


class Ours:
    def __init__(self, tokenizer: Any, size: int) -> None:
        from outlines.guide import Guide, Index, Vocabulary

        self._guide_type, self._index_type = Guide, Index
        self._vocabulary = Vocabulary.from_tokenizer(tokenizer, size)
        self._row = np.zeros((size + 31) // 32, dtype=np.int32)

    def compile(self, schema: Any) -> None:
        self._index = self._index_type.from_json_schema(schema, self._vocabulary)

    def reset(self) -> None:
        self._guide = self._guide_type(self._index)

    def fill(self) -> None:
        self._guide.fill_bitmask(self._row)

    def commit(self, token: int) -> bool:
        return self._guide.advance(token)

    def may_end(self) -> bool:
        return self._guide.is_accepting()


class OursAnyOrder(Ours):
    """Properties in any order, as JSON Schema means them; by default they come in the order of the schema."""

    def compile(self, schema: Any) -> None:
        self._index = self._index_type.from_json_schema(schema, self._vocabulary, property_order="any")


class LLGuidance:
    def __init__(self, tokenizer: Any, size: int) -> None:
        import llguidance
        import llguidance.hf
        from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask

        self._library, self._fill = llguidance, fill_next_token_bitmask
        self._tokenizer = llguidance.hf.from_tokenizer(tokenizer)
        self._mask = allocate_token_bitmask(1, self._tokenizer.vocab_size)

    def compile(self, schema: Any) -> None:
        grammar = json.dumps({"grammars": [{"json_schema": schema}]})
        self._start = self._library.LLMatcher(self._tokenizer, grammar)
        if self._start.is_error():
            raise ValueError(self._start.get_error())

    def reset(self) -> None:
        self._matcher = self._start.deep_copy()

    def fill(self) -> None:
        self._fill(self._matcher, self._mask, 0)

    def commit(self, token: int) -> bool:
        if not (int(self._mask[0, token // 32]) >> (token % 32)) & 1:
            if self._matcher.is_error():
                raise ValueError(self._matcher.get_error())
            return False
        return bool(self._matcher.consume_token(token))

    def may_end(self) -> bool:
        return bool(self._matcher.is_accepting())


class XGrammar:
    free_whitespace = False

    def __init__(self, tokenizer: Any, size: int) -> None:
        import xgrammar

        self._library = xgrammar
        info = xgrammar.TokenizerInfo.from_huggingface(tokenizer, vocab_size=size)
        self._mask = xgrammar.allocate_token_bitmask(1, info.vocab_size)
        self._compiler = xgrammar.GrammarCompiler(info, max_threads=1, cache_enabled=False)

    def compile(self, schema: Any) -> None:
        self._grammar = self._compiler.compile_json_schema(
            json.dumps(schema), any_whitespace=self.free_whitespace, strict_mode=not self.free_whitespace
        )

    def reset(self) -> None:
        self._matcher = self._library.GrammarMatcher(self._grammar)

    def fill(self) -> None:
        self._matcher.fill_next_token_bitmask(self._mask)

    def commit(self, token: int) -> bool:
        return bool(self._matcher.accept_token(token))

    def may_end(self) -> bool:
        return bool(self._matcher.is_completed())


class OutlinesCore:
    def __init__(self, tokenizer: Any, size: int) -> None:
        from outlines_core import Guide, Index, Vocabulary
        from outlines_core.json_schema import build_regex_from_schema

        from outlines.guide.tokenizers import token_bytes

        self._guide_type, self._index_type, self._to_regex = Guide, Index, build_regex_from_schema
        table = token_bytes(tokenizer, size)
        ids: dict[bytes, list[int]] = {}
        for token, text in enumerate(table.tokens):
            if text:
                ids.setdefault(text, []).append(token)
        self._vocabulary = Vocabulary(table.eos[0], ids)
        self._mask = np.zeros((size + 31) // 32, dtype=np.int32)

    def compile(self, schema: Any) -> None:
        self._index = self._index_type(self._to_regex(json.dumps(schema)), self._vocabulary)

    def reset(self) -> None:
        self._guide = self._guide_type(self._index)

    def fill(self) -> None:
        self._guide.write_mask_into(self._mask.ctypes.data, self._mask.size, 4)

    def commit(self, token: int) -> bool:
        if not (int(self._mask[token // 32]) >> (token % 32)) & 1:
            return False
        self._guide.advance(token)
        return True

    def may_end(self) -> bool:
        return bool(self._guide.is_finished())


ENGINES = {
    "ours": Ours,
    "ours-any-order": OursAnyOrder,
    "llguidance": LLGuidance,
    "xgrammar": XGrammar,
    "outlines-core": OutlinesCore,
}
