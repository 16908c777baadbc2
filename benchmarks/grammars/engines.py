"""The engines of `maskbench`, compiling a grammar instead of a schema; each takes its own notation out of the case."""

from __future__ import annotations

from typing import Any

from benchmarks.maskbench import engines


class Ours(engines.Ours):
    def compile(self, schema: Any) -> None:
        self._index = self._index_type.from_grammar(schema["ours"], self._vocabulary)


class LLGuidance(engines.LLGuidance):
    def compile(self, schema: Any) -> None:
        grammar = self._library.LLMatcher.grammar_from_lark(schema["llguidance"])
        self._start = self._library.LLMatcher(self._tokenizer, grammar)
        if self._start.is_error():
            raise ValueError(self._start.get_error())


class XGrammar(engines.XGrammar):
    def compile(self, schema: Any) -> None:
        self._grammar = self._compiler.compile_grammar(schema["xgrammar"])


ENGINES = {"ours": Ours, "llguidance": LLGuidance, "xgrammar": XGrammar}
