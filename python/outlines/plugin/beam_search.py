"""Beam search with our constraints.

vLLM runs beam search in the front process, as one request of one token per beam and step, and asks a backend there
which tokens may follow each beam. `FrontBackend` answers for us: it compiles once, and a beam's guide is a copy of the
last one. `install` has `LLM.beam_search` take it for a `StructuredOutputsParams` that is marked as ours.
"""

from __future__ import annotations

import sys
import threading
from types import SimpleNamespace
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch

from outlines.constraint import Constraint
from outlines.guide import Guide, Vocabulary

from . import mark
from .compiler import compile_index

_MODULE = "vllm.entrypoints.generate.beam_search.offline"
_INSTALLED = "_outlines_vllm"

_vocabularies: WeakKeyDictionary[Any, Vocabulary] = WeakKeyDictionary()
_lock = threading.Lock()


class FrontBackend:
    """What vLLM's beam search needs of a backend, for one search.

    Args:
        constraint: what every beam must be.
        tokenizer: the model's.
        size: how many tokens the model scores.
        stop_tokens: the ids that end a beam.
    """

    def __init__(self, constraint: Constraint, tokenizer: Any, size: int, stop_tokens: list[int]) -> None:
        with _lock:
            vocabulary = _vocabularies.get(tokenizer)
            if vocabulary is None or vocabulary.size != size:
                vocabulary = _vocabularies[tokenizer] = Vocabulary.from_tokenizer(tokenizer, size)
        self._start = Guide(compile_index(constraint, vocabulary), stop_tokens)
        self._words = (size + 31) // 32

    def compile_grammar(self, request_type: Any, grammar_spec: str) -> _BeamGrammar:
        """The start of a beam."""
        return _BeamGrammar(self._start.copy(), self._words)

    def allocate_token_bitmask(self, rows: int) -> torch.Tensor:
        """Rows for masks."""
        return torch.zeros((rows, self._words), dtype=torch.int32)

    def destroy(self) -> None:
        """Nothing is held."""


class _BeamGrammar:
    def __init__(self, guide: Guide, words: int) -> None:
        self._guide = guide
        self._words = words
        self._alive = True

    def accept_tokens(self, request_id: str, tokens: list[int]) -> bool:
        self._alive = all(self._guide.advance(token) for token in tokens)
        return self._alive

    def is_terminated(self) -> bool:
        return self._guide.is_finished()

    def fill_bitmask(self, bitmask: torch.Tensor, row: int) -> None:
        mask = np.zeros(self._words, dtype=np.int32)
        if self._alive:
            self._guide.fill_bitmask(mask)
        bitmask[row].copy_(torch.from_numpy(mask))


def install() -> None:
    """Have `LLM.beam_search` take our constraints, where this process has loaded it. Once."""
    module = sys.modules.get(_MODULE)
    if module is None:
        return
    mixin: Any = module.BeamSearchOfflineMixin
    original = mixin._init_beam_search_structured_output
    if getattr(original, _INSTALLED, False):
        return

    def ours_or_theirs(self: Any, structured_outputs: Any, tokenizer: Any) -> Any:
        params = SimpleNamespace(structured_outputs=structured_outputs, extra_args=None)
        if not mark.is_ours(params):
            return original(self, structured_outputs, tokenizer)
        backend = FrontBackend(
            mark.read(params), tokenizer, self.model_config.get_vocab_size(), [tokenizer.eos_token_id]
        )
        return backend, ("outlines", ""), backend.allocate_token_bitmask(1)

    setattr(ours_or_theirs, _INSTALLED, True)
    mixin._init_beam_search_structured_output = ours_or_theirs
