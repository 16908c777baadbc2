"""Which structured-output backend enforces a constraint, and how the request says so.

Ours by default. A backend that the user set on the `LLM` is respected; one given with the call goes before it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Literal
from weakref import WeakSet

from outlines.constraint import Constraint
from outlines.models.outcome import shortest_in_bytes
from outlines.models.reasoning_parser import reasoning_parser_of
from outlines.models.thinking import ThinkingTags, refuse_unknown_end

if TYPE_CHECKING:
    from vllm import SamplingParams

    from outlines.models.request import Engine

# What vLLM itself has.
_STOCK = ("xgrammar", "guidance", "outlines", "lm-format-enforcer")

# Engines that are known to have our plugin.
_ready: WeakSet[Engine] = WeakSet()
_ready_lock = threading.Lock()


def constrain(
    params: SamplingParams,
    constraint: Constraint,
    *,
    backend: str | None,
    thinking: ThinkingTags | None,
    may_think: bool,
    on_truncation: str,
    engine: Engine,
) -> None:
    """Put a constraint on sampling parameters, in place.

    Args:
        params: the parameters.
        constraint: what the output must be.
        backend: the caller's choice.
        thinking: the thinking that comes before.
        may_think: False to have a reasoning parser of the `LLM` not wait for the end of thinking.
        on_truncation: "raise": the output is whole within its limit of tokens; "return": it is cut off there.
        engine: where the request will run.

    Raises:
        BudgetError: no output is as short as `max_tokens`.
        ValueError: the parameters hold a constraint already, the backend is not one or cannot do what is asked, or
            the `LLM`'s reasoning parser does not say what ends the thinking.
        PluginNotLoadedError: the engine runs without our plugin.
    """
    from outlines.plugin import NAME
    from outlines.plugin.request import Thinking, chosen_backend, mark, skip_thinking

    if thinking is None and may_think:
        refuse_unknown_end(engine)
    chosen = chosen_backend(engine.llm)
    wanted = backend or chosen or NAME
    if wanted == NAME:
        make_ready(engine)
        if params.max_tokens is not None and on_truncation == "raise":
            _refuse_too_few(params.max_tokens, constraint, engine)
        thoughts: Thinking | Literal[False] | None = None if may_think else False
        if thinking is not None:
            thoughts = Thinking(thinking.end, thinking.budget, thinking.start if thinking.if_opened else None)
        mark(params, constraint, thoughts, on_truncation=on_truncation)
        return
    if thinking is not None and (thinking.budget is not None or not thinking.of_parser):
        raise ValueError(
            f"thinking_budget, and thinking without a reasoning parser, need our own backend: {wanted!r} waits for the "
            "end of thinking only where the LLM was built with structured_outputs_config={'reasoning_parser': ...}. "
            f"Use backend={NAME!r}"
        )
    if wanted not in (*_STOCK, "auto", chosen):
        raise ValueError(f"unknown backend {wanted!r}: expected one of {', '.join((NAME, 'auto', *_STOCK))}")
    _use_stock(params, constraint)
    if not may_think and reasoning_parser_of(engine) is not None:
        make_ready(engine)
        skip_thinking(params)
    if wanted not in (chosen, "auto"):
        _choose(params, wanted, chosen, engine)


def compile_ahead(constraint: Constraint, engine: Engine) -> None:
    """Compile a constraint in the engine now, where our own backend will be asked to enforce it.

    Raises:
        ConstraintError: it does not compile for this model.
        PluginNotLoadedError: the engine runs without our plugin.
    """
    from outlines.plugin import NAME
    from outlines.plugin.request import chosen_backend, prepare

    if (chosen_backend(engine.llm) or NAME) == NAME:
        make_ready(engine)
        engine.call(lambda llm: prepare(llm, constraint))


def make_ready(engine: Engine) -> None:
    """Make sure, once, that the engine has our plugin."""
    from outlines.plugin.request import handshake

    with _ready_lock:
        if engine not in _ready:
            engine.call(handshake)
            _ready.add(engine)


def _choose(params: SamplingParams, wanted: str, chosen: str | None, engine: Engine) -> None:
    """Ask for one of vLLM's backends on an engine that was built with another one, or with none in particular."""
    from outlines.plugin.request import choose_backend

    if chosen is not None:
        raise ValueError(
            f"this LLM was built with the backend {chosen!r}, and vLLM's engine has one of its own at most: {wanted!r} "
            "cannot be chosen for one call. Build the LLM without it, or leave backend out"
        )
    # The plugin makes vLLM take the choice, and the engine keep to it.
    make_ready(engine)
    choose_backend(params, wanted)


def _refuse_too_few(max_tokens: int, constraint: Constraint, engine: Engine) -> None:
    """Refuse a limit that no output keeps to. If one does in single bytes, there is no need to ask the engine."""
    from outlines.plugin.request import prepare

    if shortest_in_bytes(constraint) > max_tokens:
        engine.call(lambda llm: prepare(llm, constraint, max_tokens))


def _use_stock(params: SamplingParams, constraint: Constraint) -> None:
    """Leave the constraint to the backend that vLLM has been given."""
    from vllm.sampling_params import StructuredOutputsParams

    from outlines.plugin.mark import field

    if params.structured_outputs is not None:
        raise ValueError(
            "sampling_params.structured_outputs and an output type are two constraints on one output: give one"
        )
    if constraint.option("property_order") not in (None, "schema"):
        raise ValueError("property_order is an option of our own backend: build the LLM without another one")
    fields = {**field(constraint.standard()), "whitespace_pattern": constraint.option("whitespace_pattern")}
    params.structured_outputs = StructuredOutputsParams(**fields)
