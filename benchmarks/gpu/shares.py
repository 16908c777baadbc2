"""Where the time of a step goes, in one process: `python -m benchmarks.gpu.shares '{"model": ...}' 1,16,64,256`.

vLLM runs in its in-process mode, so that its functions can be timed: the whole step of the engine's core; the masks
of the batch (ours, in the core); taking the tokens that were sampled (ours); masking the logits (vLLM's, up to the
launch of its kernel). Times are of the thread that runs the engine, on the wall. Prints one line of JSON.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import os
import statistics
import sys
import time
from typing import Any

os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"

# Where vLLM's two model runners find `apply_grammar_bitmask`.
_MASKING = [
    ("vllm.v1.worker.gpu_model_runner", ""),
    ("vllm.v1.worker.gpu.structured_outputs", "StructuredOutputsWorker"),
]


class Clock:
    """The seconds spent in some functions, per step of the engine."""

    def __init__(self) -> None:
        self.now: dict[str, float] = {}
        self.steps: list[dict[str, float]] = []

    def time(self, owner: Any, name: str, label: str, *, is_step: bool = False) -> None:
        original = getattr(owner, name)

        @functools.wraps(original)
        def timed(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return original(*args, **kwargs)
            finally:
                self.now[label] = self.now.get(label, 0.0) + time.perf_counter() - start
                if is_step:
                    self.steps.append(self.now)
                    self.now = {}

        setattr(owner, name, timed)


def main() -> None:
    from vllm import LLM, SamplingParams
    from vllm.v1.structured_output import StructuredOutputManager

    from benchmarks.throughput.worker import TOKENS, schema
    from outlines.constraint import Constraint
    from outlines.plugin.grammar import GuideGrammar
    from outlines.plugin.request import handshake, mark

    arguments, sizes = json.loads(sys.argv[1]), [int(size) for size in sys.argv[2].split(",")]
    llm = LLM(max_num_seqs=max(sizes), max_model_len=1024, seed=0, **arguments)
    handshake(llm).result()
    clock = Clock()
    clock.time(StructuredOutputManager, "grammar_bitmask", "masks")
    clock.time(GuideGrammar, "accept_tokens", "tokens")
    for module, owner in _MASKING:
        with contextlib.suppress(ImportError, AttributeError):
            found: Any = importlib.import_module(module)
            clock.time(getattr(found, owner) if owner else found, "apply_grammar_bitmask", "logits")
    core: Any = llm.llm_engine.engine_core
    clock.time(core.engine_core, "step_fn", "step", is_step=True)

    def run(size: int, document: dict[str, Any] | None) -> list[dict[str, float]]:
        params = SamplingParams(temperature=0.8, max_tokens=TOKENS, ignore_eos=True, seed=1)
        if document is not None:
            mark(params, Constraint("json", document), on_truncation="return")
        clock.steps.clear()
        llm.generate([f"List the people of team {number} as JSON." for number in range(size)], params, use_tqdm=False)
        return list(clock.steps)

    result: dict[str, Any] = {}
    for size in sizes:
        numbers: dict[str, Any] = {}
        for name, document in (("free", None), ("ours", schema(0))):
            run(size, document)
            steps = run(size, document)
            # Without the first ones, in which prompts are read, and the last, when fewer requests are left.
            steps = steps[len(steps) // 8 : -len(steps) // 8]
            for label in ("step", "masks", "tokens", "logits"):
                times = sorted(step.get(label, 0.0) for step in steps)
                numbers[f"{name}_{label}_us"] = {
                    "median": round(1e6 * statistics.median(times), 1),
                    "p95": round(1e6 * times[int(0.95 * (len(times) - 1))], 1),
                }
        result[str(size)] = numbers
        print("RESULT " + json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
