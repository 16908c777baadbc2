"""The engines of `maskbench`, compiling a regular expression instead of a schema."""

from __future__ import annotations

from typing import Any

from benchmarks.maskbench import engines


class Ours(engines.Ours):
    def compile(self, schema: Any) -> None:
        self._index = self._index_type.from_regex(schema, self._vocabulary)


class LLGuidance(engines.LLGuidance):
    def compile(self, schema: Any) -> None:
        grammar = self._library.LLMatcher.grammar_from_regex(schema)
        self._start = self._library.LLMatcher(self._tokenizer, grammar)
        if self._start.is_error():
            raise ValueError(self._start.get_error())


class XGrammar(engines.XGrammar):
    def compile(self, schema: Any) -> None:
        self._grammar = self._compiler.compile_regex(schema)


class OutlinesCore(engines.OutlinesCore):
    def compile(self, schema: Any) -> None:
        self._index = self._index_type(schema, self._vocabulary)


ENGINES = {"ours": Ours, "llguidance": LLGuidance, "xgrammar": XGrammar, "outlines-core": OutlinesCore}
