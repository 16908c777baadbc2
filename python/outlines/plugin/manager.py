"""The EngineCore process: serve marked requests with our guides, beside vLLM's own backend.

vLLM's `StructuredOutputManager` latches the first request's backend for all later ones. Ours are taken out
before that: `grammar_init` gives a marked request its grammar and never touches `manager.backend`. A request that asks
for another backend of vLLM's than the one that is there fails by itself, with a reason.
`grammar_bitmask` is the one place where rows are filled: a batch that is all ours, one row each (no drafts, no
reasoning parser), is filled by one call without the GIL; every other batch takes vLLM's path, which calls each
grammar's own `fill_bitmask`.
"""

from __future__ import annotations

import functools
import logging
from concurrent.futures import Future
from typing import Any

from outlines.errors import GenerationError

from . import HANDSHAKE_METHOD, NAME, PREPARE_METHOD, mark
from .engine import Engine
from .grammar import PoisonGrammar

logger = logging.getLogger(__name__)

_INSTALLED = "_outlines_vllm"


def install() -> None:
    """Wrap `StructuredOutputManager`, once. `EngineCore` follows when the first manager is made."""
    from vllm.v1.structured_output import StructuredOutputManager

    manager: Any = StructuredOutputManager
    if getattr(manager, _INSTALLED, False):
        return
    init = manager.__init__
    grammar_init = manager.grammar_init
    grammar_bitmask = manager.grammar_bitmask

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
        structured, params = request.structured_output_request, request.sampling_params
        if structured is None:
            return grammar_init(self, request)
        if not mark.is_ours(params):
            chosen, there = mark.chosen_for_request(params), getattr(self, "_outlines_backend", None)
            if chosen is not None and there is not None and chosen != there:
                structured.grammar = PoisonGrammar(request, _taken(chosen, there), sorted(params.all_stop_token_ids))
                return None
            if mark.does_not_think(params):
                structured.reasoning_ended = True
            if self.backend is None:
                self._outlines_backend = params.structured_outputs._backend
            return grammar_init(self, request)
        if (ours := getattr(self, "_outlines", None)) is None:
            error = RuntimeError("the outlines plugin could not be started in vLLM's engine: see its log")
            structured.grammar = PoisonGrammar(request, error, sorted(params.all_stop_token_ids))
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
        with ours.drafting():
            return grammar_bitmask(self, requests, ids, drafts)

    manager.__init__ = with_engine
    manager.grammar_init = ours_or_theirs
    manager.grammar_bitmask = batch_or_rows
    setattr(manager, _INSTALLED, True)


def _taken(chosen: str, there: str) -> GenerationError:
    return GenerationError(
        f"vLLM's engine has one backend of its own, which its first request chose: it is {there!r}, so backend="
        f"{chosen!r} cannot be had. Build another LLM with structured_outputs_config={{'backend': {chosen!r}}}, or use "
        f"backend={NAME!r}"
    )


def _install_utilities() -> None:
    """Put the utility methods on `EngineCore`. Its module is imported by now: it made the manager."""
    from vllm.v1.engine.core import EngineCore

    def handshake(self: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.structured_output_manager._outlines.handshake()
        return answer

    def prepare(
        self: Any, kind: str, value: Any, options: dict[str, Any], max_tokens: int | None = None
    ) -> Future[dict[str, Any] | None]:
        ours: Engine = self.structured_output_manager._outlines
        return ours.prepare(kind, value, options, max_tokens)

    setattr(EngineCore, HANDSHAKE_METHOD, handshake)
    setattr(EngineCore, PREPARE_METHOD, prepare)
