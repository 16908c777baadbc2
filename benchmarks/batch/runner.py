"""Steps of a batch, each engine in a process of its own, by the clock, on one thread.

The requests have different schemas and are at different places of their texts. *First*: steps in constraints just
compiled, each place seen for the first time by the first request that comes to it. *Again*: the same steps once more.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import statistics
import sys
import time
from collections.abc import Sequence
from typing import Any

from benchmarks import known_tokenizers
from benchmarks.throughput.worker import schema

from .engines import ENGINES

ROWS = 256
SCHEMAS = 64
STEPS = 60
REPEATS = 5
_SKILLS = ["python", "rust", "sql", "go"]


def _text(number: int) -> str:
    """A text of the schema of this number."""
    chance = random.Random(number)

    def person() -> dict[str, Any]:
        word = "".join(chance.choices("abcdefgh", k=5))
        return {
            f"name_{number}": word.title() + " Smith",
            "age": chance.randrange(120),
            "email": f"{word}@{word[::-1]}.com",
            "skills": chance.sample(_SKILLS, chance.randint(1, 4)),
        }

    return json.dumps([person() for _ in range(10)])


def _ahead(row: int) -> int:
    """How many tokens a request has before the first step: those of one schema are some steps apart."""
    return row // SCHEMAS * 7


def measure(name: str, vocabulary: str) -> dict[str, Any]:
    """Microseconds of a step by what is done and when, or an `error`."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    tokenizer = known_tokenizers.load(vocabulary)
    engine = ENGINES[name](tokenizer.tokenizer, tokenizer.size)
    texts = [tokenizer.encode(_text(number)) for number in range(SCHEMAS)]
    engine.compile([schema(number) for number in range(SCHEMAS)])
    clock = time.perf_counter_ns
    times: dict[str, dict[str, list[float]]] = {}
    for repeat in range(1 + REPEATS):
        taken = times.setdefault("again" if repeat else "first", {"fill": [], "advance": []})
        engine.start([row % SCHEMAS for row in range(ROWS)])
        for row in range(ROWS):
            if not all(engine.take(row, token) for token in texts[row % SCHEMAS][: _ahead(row)]):
                return {"error": "does not take the text"}
        steps = [[texts[row % SCHEMAS][_ahead(row) + step] for row in range(ROWS)] for step in range(STEPS)]
        for step in steps:
            start = clock()
            engine.fill()
            filled = clock()
            if not engine.advance(step):
                return {"error": "does not take the text"}
            taken["fill"].append((filled - start) / 1e3)
            taken["advance"].append((clock() - filled) / 1e3)
    return {
        when: {what: {"p50": statistics.median(one), "slowest": max(one)} for what, one in taken.items()}
        for when, taken in times.items()
    }


def run(names: Sequence[str], vocabulary: str) -> dict[str, dict[str, Any]]:
    """What was measured, by engine."""
    results = {}
    for name in names:
        print(f"batch: {name}", file=sys.stderr, flush=True)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            results[name] = pool.apply(measure, (name, vocabulary))
    return results


def table(results: dict[str, dict[str, Any]]) -> str:
    """A Markdown table, a row for each engine."""
    rows = ["| engine | 256 masks, first: p50 / slowest | again | 256 tokens taken, first | again |"]
    rows.append("|---|---:|---:|---:|---:|")
    for name, one in results.items():
        if "error" in one:
            rows.append(f"| {name} | no: {one['error']} ||||")
            continue
        cells = [
            f"{one[when][what]['p50']:,.0f} / {one[when][what]['slowest']:,.0f}"
            for what in ("fill", "advance")
            for when in ("first", "again")
        ]
        rows.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(rows)
