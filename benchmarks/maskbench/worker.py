"""One engine in one process: schemas come in on stdin, a line of JSON each, results go out the same way.

Run as a module by `runner.py`; not meant to be called by hand.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from .engines import ENGINES, Engine


def resident_mb() -> float:
    """Resident memory of this process now, in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def measure(engine: Engine, tokenizer: Any, case: dict[str, Any]) -> dict[str, Any]:
    """All numbers of one schema; times in nanoseconds."""
    clock = time.perf_counter_ns
    tests = [
        (tokenizer.encode(json.dumps(test["data"], ensure_ascii=False), add_special_tokens=False), test["valid"])
        for test in case["tests"]
    ]
    result: dict[str, Any] = {"id": case["id"], "tbm": [], "let_by": 0, "refused": 0}
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
    return result


def main() -> None:
    os.environ["HF_HUB_OFFLINE"] = "1"
    from transformers import AutoTokenizer

    name, folder = sys.argv[1:3]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    engine = ENGINES[name](tokenizer, len(tokenizer))
    # What a library prints must not mix with the results.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    print("ready", file=out, flush=True)
    for line in sys.stdin:
        print(json.dumps(measure(engine, tokenizer, json.loads(line))), file=out, flush=True)


if __name__ == "__main__":
    main()
