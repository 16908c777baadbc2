"""The engines of `maskbench`, told to take tokens of which no mask was asked for."""

from __future__ import annotations

from typing import Any

from benchmarks.maskbench import engines
from benchmarks.regexes import engines as regexes


class LLGuidance(engines.LLGuidance):
    def commit(self, token: int) -> bool:
        return bool(self._matcher.consume_token(token))


class LLGuidanceRegex(LLGuidance, regexes.LLGuidance):
    """The same for regular expressions."""


# By whether the constraint is a regular expression.
ENGINES: dict[str, tuple[type[Any], type[Any]]] = {
    "ours": (engines.Ours, regexes.Ours),
    "llguidance": (LLGuidance, LLGuidanceRegex),
    "xgrammar": (engines.XGrammar, regexes.XGrammar),
}
