"""One engine in one process: schemas (or regular expressions) come in on stdin, a line of JSON each, results go out.

Run as a module by `runner.py`; not meant to be called by hand.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import known_tokenizers

from .engines import Engine


def resident_mb() -> float:
    """Resident memory of this process now, in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def measure(engine: Engine, encode: Callable[[str], list[int]], case: dict[str, Any]) -> dict[str, Any]:
    """All numbers of one case; times in nanoseconds. A test has a `text`, or `data` to be written as JSON."""
    clock = time.perf_counter_ns
    tests = []
    for test in case["tests"]:
        text = test["text"] if "text" in test else json.dumps(test["data"], ensure_ascii=False)
        tests.append((encode(text), test["valid"]))
    result: dict[str, Any] = {"id": case["id"], "tbm": [], "let_by": 0, "refused": 0}
    resident = resident_mb()
    start = clock()
    try:
        engine.compile(case["schema"])
    except Exception as error:
        result |= {"error": f"{type(error).__name__}: {error}"[:300], "resident_mb": resident_mb()}
        return result
    try:
        engine.reset()
        engine.fill()
        result["ttfm"] = clock() - start
        for tokens, valid in tests:
            engine.reset()
            accepted = True
            for token in tokens:
                start = clock()
                engine.fill()
                accepted = engine.commit(token)
                result["tbm"].append(clock() - start)
                if not accepted:
                    break
            accepted = accepted and engine.may_end()
            result["let_by"] += accepted and not valid
            result["refused"] += valid and not accepted
    except Exception as error:
        result["crash"] = f"{type(error).__name__}: {error}"[:300]
    result["resident_mb"] = resident_mb()
    result["grown_mb"] = max(0.0, result["resident_mb"] - resident)
    return result


def main() -> None:
    os.environ["HF_HUB_OFFLINE"] = "1"
    sys.path.insert(0, "tools")
    benchmark, name, vocabulary = sys.argv[1:4]
    tokenizer = known_tokenizers.load(vocabulary)
    engine = importlib.import_module(f"benchmarks.{benchmark}.engines").ENGINES[name](
        tokenizer.tokenizer, tokenizer.size
    )
    # What a library prints must not mix with the results.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    print("ready", file=out, flush=True)
    for line in sys.stdin:
        print(json.dumps(measure(engine, tokenizer.encode, json.loads(line))), file=out, flush=True)


if __name__ == "__main__":
    main()
