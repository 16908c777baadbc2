"""Which structured-output backend enforces a constraint, and how the request says so.

Ours by default. A backend that the user set on the `LLM` is respected; one given with the call goes before it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from weakref import WeakSet

from outlines.constraint import Constraint
from outlines.models.dispatcher import Dispatcher

if TYPE_CHECKING:
    from vllm import SamplingParams

# Engines that are known to have our plugin.
_ready: WeakSet[Dispatcher] = WeakSet()
_ready_lock = threading.Lock()


def constrain(params: SamplingParams, constraint: Constraint, backend: str | None, dispatcher: Dispatcher) -> None:
    """Put a constraint on sampling parameters, in place.

    Raises:
        ValueError: the parameters hold a constraint already, or the backend cannot be chosen for one call.
        PluginNotLoadedError: the engine runs without our plugin.
    """
    from outlines.plugin import NAME
    from outlines.plugin.request import chosen_backend, mark

    chosen = chosen_backend(dispatcher.llm)
    if (backend or chosen or NAME) == NAME:
        _make_ready(dispatcher)
        mark(params, constraint)
    elif backend in (None, chosen or "auto"):
        _use_stock(params, constraint)
    else:
        raise ValueError(
            f"vLLM takes its backend from the LLM, so {backend!r} cannot be chosen for one call: build the LLM with "
            f"structured_outputs_config={{'backend': {backend!r}}}, or use backend={NAME!r}"
        )


def compile_ahead(constraint: Constraint, dispatcher: Dispatcher) -> None:
    """Compile a constraint in the engine now, where our own backend will be asked to enforce it.

    Raises:
        ConstraintError: it does not compile for this model.
        PluginNotLoadedError: the engine runs without our plugin.
    """
    from outlines.plugin import NAME
    from outlines.plugin.request import chosen_backend, prepare

    if (chosen_backend(dispatcher.llm) or NAME) == NAME:
        _make_ready(dispatcher)
        dispatcher.call(lambda llm: prepare(llm, constraint))


def _make_ready(dispatcher: Dispatcher) -> None:
    from outlines.plugin.request import handshake

    with _ready_lock:
        if dispatcher not in _ready:
            dispatcher.call(handshake)
            _ready.add(dispatcher)


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
    fields = {**field(constraint), "whitespace_pattern": constraint.option("whitespace_pattern")}
    params.structured_outputs = StructuredOutputsParams(**fields)
