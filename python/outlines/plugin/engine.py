"""The EngineCore process: serve marked requests with our guides, beside vLLM's own backend.

vLLM's `StructuredOutputManager` latches the first request's backend for all later ones. Ours are taken out
before that: `grammar_init` gives a marked request its grammar and never touches `manager.backend`.
`grammar_bitmask` is the one place where rows are filled: a batch that is all ours, one row each (no drafts, no
reasoning parser), is filled by one call without the GIL; every other batch takes vLLM's path, which calls each
grammar's own `fill_bitmask`.
"""

from __future__ import annotations

import functools
import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

import numpy as np
import torch

from outlines.constraint import Constraint
from outlines.guide import Guide, Index, Vocabulary, fill_bitmasks

from . import failure, mark
from .compiler import IndexCache, compile_index
from .grammar import GuideGrammar, PoisonGrammar, RowTarget

logger = logging.getLogger(__name__)

_INSTALLED = "_outlines_vllm"
# The utility methods on EngineCore that request.py calls across the process boundary.
HANDSHAKE_METHOD = "outlines_vllm_handshake"
PREPARE_METHOD = "outlines_vllm_prepare"


class Engine:
    """What the plugin keeps per engine: the vocabulary, the compiled indexes, the rows, and counters."""

    def __init__(self, manager: Any) -> None:
        config = manager.vllm_config
        self._manager = manager
        self.vocabulary_size = int(config.model_config.get_vocab_size())
        self.words = (self.vocabulary_size + 31) // 32
        self._max_rows = int(config.scheduler_config.max_num_seqs)
        self._drafts = _speculative_tokens(config)
        # External launchers run one scheduler per rank, which must all see a grammar become ready in the
        # same step: compile before returning.
        self._wait = not getattr(manager, "_use_async_grammar_compilation", True)
        self._vocabulary: Vocabulary | None = None
        self._vocabulary_lock = threading.Lock()
        self.indexes = IndexCache(self._compile, self._submit)
        self._target = RowTarget(self.words)
        self._rows: np.ndarray[Any, np.dtype[np.int32]] | None = None
        self._allocated: torch.Tensor | None = None
        self.requests = 0
        self.failures = 0
        self.batch_fills = 0
        self.batch_rows = 0
        self.last_error: dict[str, Any] | None = None

    def vocabulary(self) -> Vocabulary:
        """The model's vocabulary, built once, in the thread that needs it first."""
        with self._vocabulary_lock:
            if self._vocabulary is None:
                self._vocabulary = Vocabulary.from_tokenizer(self._manager.tokenizer, self.vocabulary_size)
            return self._vocabulary

    def _compile(self, constraint: Constraint) -> Index:
        return compile_index(constraint, self.vocabulary())

    def _submit(self, build: Callable[[Constraint], Index], constraint: Constraint) -> Future[Index]:
        future: Future[Index] = self._manager.executor.submit(build, constraint)
        return future

    # --- grammars -------------------------------------------------------------------------------------

    def start(self, request: Any) -> None:
        """Give a marked request its grammar, or the future of one."""
        self.requests += 1
        structured = request.structured_output_request
        try:
            index = self.indexes.get(mark.read(request.sampling_params))
        except Exception as error:
            structured.grammar = self._poison(request, error)
            return
        if self._wait or index.done():
            structured.grammar = self._grammar(request, index)
            return
        grammar: Future[Any] = Future()
        structured.grammar = grammar
        index.add_done_callback(lambda done: grammar.set_result(self._grammar(request, done)))

    def _grammar(self, request: Any, index: Future[Index]) -> GuideGrammar | PoisonGrammar:
        """Never raises: before 0.27 an exception in a compile ends vLLM's engine."""
        try:
            params = request.sampling_params
            stop_tokens = sorted(params.all_stop_token_ids)
            guide = Guide(index.result(), stop_tokens or None)
            return GuideGrammar(request, guide, self._target, bool(params.ignore_eos) or not stop_tokens)
        except Exception as error:
            return self._poison(request, error)

    def _poison(self, request: Any, error: Exception) -> PoisonGrammar:
        self.failures += 1
        self.last_error = failure.to_dict(error)
        logger.error("outlines: no guide for request %s: %s", request.request_id, error)
        return PoisonGrammar(request, error, sorted(request.sampling_params.all_stop_token_ids))

    # --- rows -----------------------------------------------------------------------------------------

    def fill(
        self, requests: Mapping[str, Any], ids: Sequence[str], drafts: Mapping[str, Sequence[int]]
    ) -> np.ndarray[Any, np.dtype[np.int32]] | None:
        """The masks of a batch that is all ours with one row each, in the order of `ids`; else None.

        Returns:
            int32, shape (len(ids), words); valid until the next call.
        """
        manager = self._manager
        if getattr(manager, "reasoner_cls", None) is not None or getattr(manager, "reasoner", None) is not None:
            return None
        guides = []
        for request_id in ids:
            grammar = requests[request_id].structured_output_request.grammar
            if type(grammar) is not GuideGrammar or drafts.get(request_id):
                return None
            guides.append(grammar.guide)
        if self._rows is None or len(self._rows) < len(guides):
            self._rows = np.empty((max(self._max_rows, len(guides)), self.words), dtype=np.int32)
        rows = self._rows[: len(guides)]
        fill_bitmasks(guides, rows, range(len(guides)))
        self.batch_fills += 1
        self.batch_rows += len(guides)
        return rows

    def allocate(self) -> None:
        """Make sure that vLLM's own path has rows when no backend of vLLM's is there to make them.

        Runs in the thread that fills. When such a backend appears later, its own allocation replaces ours:
        it may count the vocabulary differently.
        """
        manager = self._manager
        if manager.backend is None:
            if manager._grammar_bitmask is None:
                self._allocated = torch.full((self._max_rows * (1 + self._drafts), self.words), -1, dtype=torch.int32)
                manager._grammar_bitmask = self._allocated
        elif self._allocated is not None:
            if manager._grammar_bitmask is self._allocated:
                manager._grammar_bitmask = None
            self._allocated = None

    # --- what the front process asks --------------------------------------------------------------------

    def handshake(self) -> dict[str, Any]:
        """Plain data: identity, counters, and the last failure. Has the vocabulary built in the background."""
        if self._vocabulary is None:
            self._manager.executor.submit(self.vocabulary)
        return {
            "pid": os.getpid(),
            "vocabulary_size": self.vocabulary_size,
            "requests": self.requests,
            "failures": self.failures,
            "compiles": self.indexes.compiles,
            "cache_hits": self.indexes.hits,
            "cached": len(self.indexes),
            "batch_fills": self.batch_fills,
            "batch_rows": self.batch_rows,
            "last_error": self.last_error,
        }

    def prepare(self, kind: str, value: Any, options: dict[str, Any]) -> Future[dict[str, Any] | None]:
        """Compile ahead of the first request; the future gives the error (`failure.to_dict`) or None."""
        answer: Future[dict[str, Any] | None] = Future()

        def report(index: Future[Index]) -> None:
            try:
                index.result()
                answer.set_result(None)
            except Exception as error:
                answer.set_result(failure.to_dict(error))

        try:
            self.indexes.get(Constraint(kind, value, options)).add_done_callback(report)  # type: ignore[arg-type]
        except Exception as error:
            answer.set_result(failure.to_dict(error))
        return answer


def _speculative_tokens(config: Any) -> int:
    """The most drafts per step; newer versions keep it on the configuration itself (diffusion included)."""
    tokens = getattr(config, "num_speculative_tokens", None)
    if tokens is None:
        tokens = getattr(getattr(config, "speculative_config", None), "num_speculative_tokens", None)
    return int(tokens or 0)


def install() -> None:
    """Wrap `StructuredOutputManager`, once. `EngineCore` follows when the first manager is made."""
    from vllm.v1.structured_output import StructuredOutputManager

    if getattr(StructuredOutputManager, _INSTALLED, False):
        return
    init = StructuredOutputManager.__init__
    grammar_init = StructuredOutputManager.grammar_init
    grammar_bitmask = StructuredOutputManager.grammar_bitmask

    @functools.wraps(init)
    def with_engine(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        self._outlines = None
        try:
            self._outlines = Engine(self)
            _install_utilities()
        except Exception:
            logger.exception("outlines: the plugin could not be started in this engine")

    @functools.wraps(grammar_init)
    def ours_or_theirs(self: Any, request: Any) -> Any:
        structured = request.structured_output_request
        if structured is None or not mark.is_ours(request.sampling_params):
            return grammar_init(self, request)
        if (ours := getattr(self, "_outlines", None)) is None:
            error = RuntimeError("the outlines plugin could not be started in vLLM's engine: see its log")
            structured.grammar = PoisonGrammar(request, error, sorted(request.sampling_params.all_stop_token_ids))
            return None
        return ours.start(request)

    @functools.wraps(grammar_bitmask)
    def batch_or_rows(self: Any, requests: Any, ids: Any, drafts: Any) -> Any:
        ours: Engine | None = getattr(self, "_outlines", None)
        if ours is None or not ids or not ours.requests:
            return grammar_bitmask(self, requests, ids, drafts)
        rows = ours.fill(requests, ids, drafts)
        if rows is not None:
            return rows
        ours.allocate()
        return grammar_bitmask(self, requests, ids, drafts)

    StructuredOutputManager.__init__ = with_engine
    StructuredOutputManager.grammar_init = ours_or_theirs
    StructuredOutputManager.grammar_bitmask = batch_or_rows
    setattr(StructuredOutputManager, _INSTALLED, True)


def _install_utilities() -> None:
    """Put the utility methods on `EngineCore`. Its module is imported by now: it made the manager."""
    from vllm.v1.engine.core import EngineCore

    def handshake(self: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.structured_output_manager._outlines.handshake()
        return answer

    def prepare(self: Any, kind: str, value: Any, options: dict[str, Any]) -> Future[dict[str, Any] | None]:
        answer: Future[dict[str, Any] | None] = self.structured_output_manager._outlines.prepare(kind, value, options)
        return answer

    setattr(EngineCore, HANDSHAKE_METHOD, handshake)
    setattr(EngineCore, PREPARE_METHOD, prepare)
