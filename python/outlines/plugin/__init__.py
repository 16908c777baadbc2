"""The narrow door between our guides and vLLM's engine.

vLLM has no registry for structured-output backends, so `register` (the `vllm.general_plugins` entry point,
called by vLLM in the front process, in every EngineCore and in every worker) wraps what it needs of it:

    SamplingParams._validate_structured_outputs   front process   -> frontend.py
    StructuredOutputManager                       EngineCore      -> manager.py, engine.py
    LLM.beam_search                               front process   -> beam_search.py
    the masking of logits on the CPU              workers         -> logits.py

Requests that carry our mark (mark.py) are served by our guides (grammar.py, compiler.py); every other
request reaches vLLM's own code untouched, in the same batch. A failure travels back to the caller in the
request's `stop_reason` (failure.py). The model package talks to all this through request.py alone.
"""

from __future__ import annotations

import logging

from outlines._distributions import warn_of_the_other_outlines

# The backend's name: `structured_outputs._backend`, the key in `SamplingParams.extra_args`, and the name of
# the entry point (which is what a `VLLM_PLUGINS` allow-list has to contain).
NAME = "outlines-vllm"

# The utility methods that the plugin puts on vLLM's `EngineCore`, called across the process boundary.
HANDSHAKE_METHOD = "outlines_vllm_handshake"
PREPARE_METHOD = "outlines_vllm_prepare"

logger = logging.getLogger(__name__)


def register() -> None:
    """Install the plugin in this process. Never raises: an exception here would break the user's vLLM.

    Idempotent, and cheap: vLLM itself imports the modules that it patches in every process that calls it.
    """
    try:
        from . import frontend

        frontend.install()
        from . import manager

        manager.install()
        from . import beam_search

        beam_search.install()
        from . import logits

        logits.install()
        # Where Outlines was installed last, its own `outlines/__init__.py` does not say this.
        warn_of_the_other_outlines()
    except Exception:
        logger.exception("outlines: the plugin %r could not be installed in this vLLM", NAME)
