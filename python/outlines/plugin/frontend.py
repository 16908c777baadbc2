"""The front process: validate a marked request before it is sent to the engine.

vLLM validates structured outputs in `SamplingParams._validate_structured_outputs`, which refuses a backend
other than the engine's one. Marked requests are validated by our front ends instead, so that a bad constraint
raises in the caller's thread, with its real message and place; all others go to the original. One that asks for a
backend of vLLM's own is validated as if the engine had been built with that one.
"""

from __future__ import annotations

import copy
import functools
import inspect
from typing import Any

from . import NAME, mark
from .compiler import check

_INSTALLED = "_outlines_vllm"


def install() -> None:
    """Wrap `SamplingParams._validate_structured_outputs`, once."""
    from vllm.sampling_params import SamplingParams

    params_class: Any = SamplingParams
    original = params_class._validate_structured_outputs
    if getattr(original, _INSTALLED, False):
        return
    signature = inspect.signature(original)

    @functools.wraps(original)
    def validate(self: Any, *args: Any, **kwargs: Any) -> Any:
        ours, chosen = mark.is_ours(self), mark.chosen_for_request(self)
        if not ours and chosen is None:
            return original(self, *args, **kwargs)
        # The parameters differ between versions (0.26 added the model's configuration): read them by name.
        bound = signature.bind(self, *args, **kwargs)
        arguments = bound.arguments
        if not ours:
            arguments["structured_outputs_config"] = _with_backend(arguments["structured_outputs_config"], chosen)
            return original(*bound.args, **bound.kwargs)
        _validate(self, arguments.get("model_config"), arguments.get("tokenizer"))
        return None

    setattr(validate, _INSTALLED, True)
    params_class._validate_structured_outputs = validate


def _validate(params: Any, model_config: Any, tokenizer: Any) -> None:
    if tokenizer is None:
        raise ValueError("a constrained output needs the tokenizer: build the LLM without skip_tokenizer_init")
    if getattr(model_config, "is_diffusion", False):
        raise ValueError(
            "constrained output needs a model that writes from left to right; this one is a diffusion model"
        )
    check(mark.read(params))
    mark.thinking(params)
    mark.taken(params)
    mark.may_be_cut(params)
    params.structured_outputs._backend = NAME


def _with_backend(config: Any, backend: str | None) -> Any:
    """vLLM's configuration of structured outputs with another backend. The engine's own stays as it is."""
    changed = copy.copy(config)
    changed.backend = backend
    return changed
