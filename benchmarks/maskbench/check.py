"""MaskBench's verdicts alone, in one process: which instances are let by or refused, and which schemas are slow.

    python -m benchmarks.maskbench.check --data maskbench-dev.jsonl.gz [--count 2500] [--tokenizer FOLDER]
    python -m benchmarks.maskbench.check --data maskbench-dev.jsonl.gz --write

Instances are read byte by byte, so a pass over 2,500 schemas takes a minute. With a tokenizer's folder the first mask,
which is timed with the compilation, is one over its vocabulary; otherwise over the 256 bytes. `--write` takes both
orders of properties and keeps which schemas fail in each, and why, in `benchmarks/results/maskbench_verdicts.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from outlines.guide import Guide, Index, Vocabulary

from .report import percentile
from .runner import cases

VERDICTS = Path(__file__).resolve().parent.parent / "results" / "maskbench_verdicts.json"
BYTES = Vocabulary([bytes([byte]) for byte in range(256)] + [None], [256], 257)


def vocabulary_of(folder: Path | None) -> Vocabulary:
    if folder is None:
        return BYTES
    os.environ["HF_HUB_OFFLINE"] = "1"
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    return Vocabulary.from_tokenizer(tokenizer, len(tokenizer))


def check(case: dict[str, Any], vocabulary: Vocabulary, order: str) -> dict[str, Any]:
    """What one schema comes to: seconds for the first mask and for all instances, and what went wrong."""
    row = np.zeros((vocabulary.size + 31) // 32, dtype=np.int32)
    wrong: list[str] = []
    result: dict[str, Any] = {"id": case["id"], "wrong": wrong}
    start = time.perf_counter()
    try:
        index = Index.from_json_schema(case["schema"], vocabulary, property_order=order)
        result["compile"] = time.perf_counter() - start
        Guide(index).fill_bitmask(row)
        result["first"] = time.perf_counter() - start
        for number, test in enumerate(case["tests"]):
            accepted = index.accepts(json.dumps(test["data"], ensure_ascii=False))
            if accepted != test["valid"]:
                wrong.append(f"instance {number} {'let by' if accepted else 'refused'}")
    except Exception as error:
        wrong.append(f"{type(error).__name__}: {error}")
    result["all"] = time.perf_counter() - start
    return result


def reason(failing: dict[str, Any], in_any_order: dict[str, Any]) -> str:
    """Why a schema fails: what went wrong, and whether it is the order of the properties alone."""
    wrong = "; ".join(failing["wrong"])
    if in_any_order["wrong"]:
        return wrong
    return f"{wrong}: valid, but its properties come in another order than the schema declares them in"


def write_verdicts(data: Path, count: int) -> dict[str, Any]:
    """The schemas that fail in each order of properties."""
    results = {order: [check(case, BYTES, order) for case in cases(data, count)] for order in ("schema", "any")}
    verdicts: dict[str, Any] = {}
    for order, checked in results.items():
        pairs = zip(checked, results["any"], strict=True)
        failing = {result["id"]: reason(result, other) for result, other in pairs if result["wrong"]}
        verdicts[order] = {"schemas": len(checked), "passing": len(checked) - len(failing), "failing": failing}
    VERDICTS.write_text(json.dumps(verdicts, indent=1) + "\n", encoding="utf-8")
    return verdicts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--count", type=int, default=2500)
    parser.add_argument("--tokenizer", type=Path)
    parser.add_argument("--property-order", choices=["schema", "any"], default="schema")
    parser.add_argument("--slowest", type=int, default=10)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if options.write:
        for order, verdict in write_verdicts(options.data, options.count).items():
            print(f"{order}: {verdict['passing']} of {verdict['schemas']} schemas pass")
        return 0
    vocabulary = vocabulary_of(options.tokenizer)
    results = [check(case, vocabulary, options.property_order) for case in cases(options.data, options.count)]
    failing = [result for result in results if result["wrong"]]
    for result in failing:
        print(f"{result['id']}: {'; '.join(result['wrong'])}")
    first = [result["first"] * 1e6 for result in results if "first" in result]
    print(f"{len(results) - len(failing)} of {len(results)} schemas pass")
    print("first mask, us: " + ", ".join(f"p{p:g} {percentile(first, p):.0f}" for p in (50, 90, 99, 99.9, 100)))
    for key in ("first", "all"):
        slowest = sorted(results, key=lambda result: -result.get(key, 0.0))[: options.slowest]
        print(f"slowest, {key}, ms: " + ", ".join(f"{r['id']} {r.get(key, 0.0) * 1e3:.1f}" for r in slowest))
    return bool(failing)


if __name__ == "__main__":
    sys.exit(main())
