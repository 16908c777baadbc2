"""Measures one mask after another, each case in a process of its own, by the processor's time of the thread.

*First*: the first mask in a process that never saw a constraint before. *Cold*: the same in a constraint compiled
anew, the median of several; what an engine keeps with its vocabulary is there. *Warm*: the mask of that place asked for
again.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Sequence
from typing import Any

from benchmarks import known_tokenizers

from .cases import CASES, Case
from .engines import ENGINES

COLD_RUNS = 9
WARM_RUNS = 200


def measure(name: str, vocabulary: str, case: Case) -> dict[str, Any]:
    """Microseconds by kind of mask, or an `error`."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    tokenizer = known_tokenizers.load(vocabulary)
    engine = ENGINES[name][isinstance(case.constraint, str)](tokenizer.tokenizer, tokenizer.size)
    tokens = tokenizer.encode(case.prefix)
    clock = time.thread_time_ns
    colds = []
    try:
        for _ in range(1 + COLD_RUNS):
            engine.compile(case.constraint)
            engine.reset()
            if not all(engine.commit(token) for token in tokens):
                return {"error": "does not take the text"}
            start = clock()
            engine.fill()
            colds.append((clock() - start) / 1e3)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"[:300]}
    start = clock()
    for _ in range(WARM_RUNS):
        engine.fill()
    warm = (clock() - start) / 1e3 / WARM_RUNS
    return {"first": colds[0], "cold": statistics.median(colds[1:]), "warm": warm}


def run(names: Sequence[str], vocabulary: str, timeout: float) -> dict[str, dict[str, dict[str, Any]]]:
    """What was measured, by case and engine."""
    results: dict[str, dict[str, dict[str, Any]]] = {}
    for case in CASES:
        results[case.name] = {}
        for name in names:
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                answer = pool.apply_async(measure, (name, vocabulary, case))
                try:
                    results[case.name][name] = answer.get(timeout)
                except multiprocessing.TimeoutError:
                    results[case.name][name] = {"error": f"more than {timeout:g} s"}
            print(f"\rworst_cases: {case.name}, {name}", end="\033[K", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return results


def table(results: dict[str, dict[str, dict[str, Any]]]) -> str:
    """A Markdown table: first, cold and warm for each engine."""
    names = list(next(iter(results.values())))
    rows = ["| the mask | " + " | ".join(f"{name}: first / cold / warm" for name in names) + " |"]
    rows.append("|---|" + "---:|" * len(names))
    for case, by_engine in results.items():
        cells = []
        for one in by_engine.values():
            kinds = (f"{one[kind]:,.1f}" for kind in ("first", "cold", "warm") if "error" not in one)
            cells.append(" / ".join(kinds) or "no")
        rows.append(f"| {case} | " + " | ".join(cells) + " |")
    return "\n".join(rows)
