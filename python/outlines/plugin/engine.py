"""What the plugin keeps in the EngineCore process, one per engine, and does there.

The vocabulary, the compiled indexes, the rows of the batch, and counters. manager.py wires it into vLLM.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

import numpy as np
import torch

from outlines.constraint import Constraint
from outlines.guide import BudgetError, Guide, Index, Vocabulary, fill_bitmasks

from . import failure, mark
from .compiler import IndexCache, compile_index
from .grammar import GuideGrammar, PoisonGrammar, RowTarget
from .reasoning import AfterReasoningGrammar
from .thinking import EndMarker, ThinkingGrammar, is_over

logger = logging.getLogger(__name__)

# How many different ends of thinking are kept.
_MARKERS = 16


class Engine:
    """What the plugin keeps per engine: the vocabulary, the compiled indexes, the rows, and counters."""

    def __init__(self, manager: Any) -> None:
        config = manager.vllm_config
        self._manager = manager
        self.vocabulary_size = int(config.model_config.get_vocab_size())
        self.words = (self.vocabulary_size + 31) // 32
        self._context = int(config.model_config.max_model_len)
        self._max_rows = int(config.scheduler_config.max_num_seqs)
        self._drafts = _speculative_tokens(config)
        # External launchers run one scheduler per rank, which must all see a grammar become ready in the
        # same step: compile before returning.
        self._wait = not getattr(manager, "_use_async_grammar_compilation", True)
        self._vocabulary: Vocabulary | None = None
        self._vocabulary_lock = threading.Lock()
        self.indexes = IndexCache(self._compile, self._submit)
        # By the future of its compile: the same index, once its shortest output is known.
        self._measured: WeakKeyDictionary[Future[Index], Future[Index]] = WeakKeyDictionary()
        self._measured_lock = threading.Lock()
        self._markers: dict[str, EndMarker] = {}
        self._markers_lock = threading.Lock()
        self._target = RowTarget(self.words)
        self._rows: np.ndarray[Any, np.dtype[np.int32]] | None = None
        self._allocated: torch.Tensor | None = None
        self._alive: WeakSet[GuideGrammar] = WeakSet()
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
        index = compile_index(constraint, self.vocabulary())
        # Finding the first mask costs most (300 to 700 us at 49k tokens): here it does not hold up vLLM's loop.
        Guide(index).fill_bitmask(np.empty(self.words, dtype=np.int32))
        return index

    def _submit(self, build: Callable[[Constraint], Index], constraint: Constraint) -> Future[Index]:
        future: Future[Index] = self._manager.executor.submit(build, constraint)
        return future

    def _ready(self, constraint: Constraint, whole: bool) -> Future[Index]:
        """The compiled index. For outputs that are to be whole: once it is known how few tokens are enough.

        That can take two tenths of a second, which nobody else waits for: neither vLLM's loop nor the requests whose
        output may be cut off.
        """
        index = self.indexes.get(constraint)
        if not whole:
            return index
        with self._measured_lock:
            measured = self._measured.get(index)
            if measured is not None:
                return measured
            measured = self._measured[index] = Future()
        found = measured
        index.add_done_callback(_once(lambda done: self._manager.executor.submit(self._measure, done, found)))
        return measured

    def _measure(self, done: Future[Index], measured: Future[Index]) -> None:
        try:
            index = done.result()
            # The index keeps what is found.
            with contextlib.suppress(BudgetError):
                Guide(index, max_tokens=self._context)
            measured.set_result(index)
        except Exception as error:
            measured.set_exception(error)

    # --- grammars -------------------------------------------------------------------------------------

    def start(self, request: Any) -> None:
        """Give a marked request its grammar, or the future of one."""
        self.requests += 1
        structured = request.structured_output_request
        try:
            params = request.sampling_params
            index = self._ready(mark.read(params), whole=not mark.may_be_cut(params))
        except Exception as error:
            structured.grammar = self._poison(request, error)
            return
        if self._wait or index.done():
            structured.grammar = self._grammar(request, index)
            return
        grammar: Future[Any] = Future()
        structured.grammar = grammar
        index.add_done_callback(_once(lambda done: grammar.set_result(self._grammar(request, done))))

    def _grammar(self, request: Any, index: Future[Index]) -> GuideGrammar | PoisonGrammar:
        """Never raises: before 0.27 an exception in a compile ends vLLM's engine."""
        try:
            grammar = self._guided(request, index.result())
        except Exception as error:
            return self._poison(request, error)
        self._alive.add(grammar)
        return grammar

    def _guided(self, request: Any, index: Index) -> GuideGrammar:
        params = request.sampling_params
        stop_tokens = sorted(params.all_stop_token_ids)
        guide = Guide(index, stop_tokens or None)
        if (taken := mark.taken(params)) and not all(map(guide.advance, request.prompt_token_ids[-taken:])):
            raise ValueError(f"the last {taken} tokens of the prompt do not begin an output of this constraint")
        endless = bool(params.ignore_eos) or not stop_tokens
        thinking = mark.thinking(params)
        if thinking is not None:
            # It is ours to say when the constraint begins, not a reasoning parser's.
            request.structured_output_request.reasoning_ended = True
        if thinking and not is_over(self._manager.tokenizer, request.prompt_token_ids, thinking):
            marker = self._marker(thinking.end)
            thought = ThinkingGrammar(
                request, guide, stop_tokens, self._target, endless=endless, marker=marker, budget=thinking.budget
            )
            thought.keep_within(self._limit(request))
            return thought
        grammar: GuideGrammar
        if thinking is None and self._reasons():
            grammar = AfterReasoningGrammar(
                request, guide, stop_tokens, self._target, endless=endless, drafts=self._drafts
            )
        else:
            grammar = GuideGrammar(request, guide, stop_tokens, self._target, endless)
        limit = self._limit(request)
        grammar.keep_within(None if limit is None else limit + taken)
        return grammar

    def _limit(self, request: Any) -> int | None:
        """How many tokens a request's output can have; None where it may be cut off there."""
        if mark.may_be_cut(request.sampling_params):
            return None
        # Another engine goes on with a request that is only begun here.
        if (getattr(request, "kv_transfer_params", None) or {}).get("do_remote_decode"):
            return None
        return min(int(request.max_tokens), self._context - int(request.num_prompt_tokens))

    def _reasons(self) -> bool:
        """Whether a reasoning parser decides when a constraint begins."""
        manager = self._manager
        return getattr(manager, "reasoner_cls", None) is not None or getattr(manager, "reasoner", None) is not None

    def _marker(self, end: str) -> EndMarker:
        """The marker that ends thinking, built once per text. Bounded: a caller may send any."""
        with self._markers_lock:
            marker = self._markers.get(end)
            if marker is None:
                if len(self._markers) >= _MARKERS:
                    self._markers.clear()
                marker = self._markers[end] = EndMarker(end, self.vocabulary(), self._manager.tokenizer)
            return marker

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
        if self._reasons():
            return None
        guides = []
        for request_id in ids:
            grammar = requests[request_id].structured_output_request.grammar
            guide = getattr(grammar, "masking_guide", None)
            if guide is None or drafts.get(request_id):
                return None
            guides.append(guide)
        if self._rows is None or len(self._rows) < len(guides):
            self._rows = np.empty((max(self._max_rows, len(guides)), self.words), dtype=np.int32)
        rows = self._rows[: len(guides)]
        try:
            fill_bitmasks(guides, rows)
        except Exception:
            # One guide failed; row by row, each grammar answers for its own.
            return None
        self.batch_fills += 1
        self.batch_rows += len(guides)
        return rows

    @contextmanager
    def drafting(self) -> Iterator[None]:
        """While vLLM fills row by row: what it has a grammar accept meanwhile are drafts, not output."""
        self._target.drafting = True
        try:
            yield
        finally:
            self._target.drafting = False

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
            "alive": len(self._alive),
            "last_error": self.last_error,
        }

    def prepare(
        self, kind: str, value: Any, options: dict[str, Any], max_tokens: int | None = None
    ) -> Future[dict[str, Any] | None]:
        """Compile ahead of the first request, and see whether an output can be as short as `max_tokens`.

        Returns:
            The future of the error (`failure.to_dict`), or of None.
        """
        answer: Future[dict[str, Any] | None] = Future()

        def report(index: Future[Index]) -> None:
            try:
                Guide(index.result(), max_tokens=max_tokens)
                answer.set_result(None)
            except Exception as error:
                answer.set_result(failure.to_dict(error))

        try:
            index = self._ready(Constraint(kind, value, options), whole=True)  # type: ignore[arg-type]
            # In the pool, since to rule a limit out may take a while.
            index.add_done_callback(_once(lambda done: self._manager.executor.submit(report, done)))
        except Exception as error:
            answer.set_result(failure.to_dict(error))
        return answer


def _once(function: Callable[[Future[Index]], None]) -> Callable[[Future[Index]], None]:
    """A callback that lets go of what it holds. A future keeps its callbacks, and the cache keeps the future: without
    this, each request that waited for a compile would stay as long as the index."""
    held = [function]

    def call(done: Future[Index]) -> None:
        held.pop()(done)

    return call


def _speculative_tokens(config: Any) -> int:
    """The most drafts per step; newer versions keep it on the configuration itself (diffusion included)."""
    tokens = getattr(config, "num_speculative_tokens", None)
    if tokens is None:
        tokens = getattr(getattr(config, "speculative_config", None), "num_speculative_tokens", None)
    return int(tokens or 0)
