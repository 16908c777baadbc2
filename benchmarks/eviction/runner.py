"""Runs texts one after another on one compiled constraint, each case and engine in a process of its own.

Time is the thread's on the processor, for a mask and a token taken, by tenths of the run. Memory is by how much the
process has grown since the constraint was compiled.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import random
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import known_tokenizers

from .cases import CASES
from .engines import ENGINES

PARTS = 10
# A run ends early when the process has grown by so much, in bytes, or has taken so long, in seconds: where a token
# costs the more the longer the text is, 100,000 of them would take hours.
TOO_MUCH = 4 << 30
TOO_LONG = 60


def _resident() -> int:
    """Bytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def measure(name: str, vocabulary: str, case_name: str, tokens: int) -> dict[str, Any]:
    """For each tenth of so many tokens microseconds a token, and bytes at its end; or an `error`."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    case = next(case for case in CASES if case.name == case_name)
    tokenizer = known_tokenizers.load(vocabulary)
    engine = ENGINES[name](tokenizer.tokenizer, tokenizer.size)
    try:
        engine.compile(case.constraint)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"[:300]}
    chance = random.Random(case.name)
    clock = time.thread_time_ns
    # What loading the tokenizer left free would hide how much the process grows.
    ctypes.CDLL(None).malloc_trim(0)
    before, parts, done = _resident(), [], 0
    waiting: list[int] = []
    end = time.monotonic() + TOO_LONG
    while len(parts) < PARTS and time.monotonic() < end and (not parts or parts[-1]["grown"] < TOO_MUCH):
        times: list[float] = []
        while len(times) < tokens // PARTS and time.monotonic() < end:
            if not waiting:
                waiting = tokenizer.encode(case.text(chance))[::-1]
                engine.reset()
            token = waiting.pop()
            start = clock()
            engine.fill()
            taken = engine.commit(token)
            times.append((clock() - start) / 1e3)
            if not taken:
                return {"error": f"token {token} was refused"}
        times.sort()
        done += len(times)
        parts.append(
            {
                "tokens": done,
                "mean": statistics.fmean(times),
                "p50": times[len(times) // 2],
                "p99": times[len(times) * 99 // 100],
                "slowest": times[-1],
                "grown": _resident() - before,
            }
        )
    ours = {"held": engine.held(), "begun_anew": engine.begun_anew()} if name.startswith("ours") else {}
    return {"parts": parts, **ours}


def run(names: Sequence[str], vocabulary: str, tokens: int) -> dict[str, dict[str, dict[str, Any]]]:
    """What was measured, by case and engine."""
    results: dict[str, dict[str, dict[str, Any]]] = {}
    for case in CASES:
        results[case.name] = {}
        for name in names:
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                results[case.name][name] = pool.apply(measure, (name, vocabulary, case.name, tokens))
            print(f"\reviction: {case.name}, {name}", end="\033[K", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return results


def table(results: dict[str, dict[str, dict[str, Any]]]) -> str:
    """A Markdown table, a row for each case and engine."""
    rows = [
        "| the texts | engine | tokens | us a token, mean: first tenth / last | p50 | p99 | slowest, ms "
        "| process grown, MiB: first tenth / half / all | index at the end, MiB; begun anew |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for case, by_engine in results.items():
        for name, one in by_engine.items():
            if "error" in one:
                rows.append(f"| {case} | {name} | no: {one['error'][:60]} |||||||")
                continue
            parts = one["parts"]
            first, middle, last = parts[0], parts[len(parts) // 2], parts[-1]
            slowest = max(part["slowest"] for part in parts)
            grown = " / ".join(f"{part['grown'] / 2**20:,.0f}" for part in (first, middle, last))
            held = f"{one['held'] / 2**20:,.0f}; {one['begun_anew']}" if "held" in one else ""
            rows.append(
                f"| {case} | {name} | {last['tokens']:,} | {first['mean']:,.1f} / {last['mean']:,.1f} "
                f"| {last['p50']:,.1f} | {last['p99']:,.0f} | {slowest / 1e3:,.1f} | {grown} | {held} |"
            )
    return "\n".join(rows)
