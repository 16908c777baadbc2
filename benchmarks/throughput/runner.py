"""Runs the worker for each backend, one after another, and makes the table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def run(
    backends: Sequence[str], pairs: int, sizes: Sequence[int], llm: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """One result per backend; one that fails has its `error`.

    Args:
        backends, pairs, sizes: what is measured.
        llm: the arguments of `LLM`; by default the demo model's.
    """
    results = []
    for backend in backends:
        print(f"vLLM end to end: {backend}", file=sys.stderr, flush=True)
        arguments = [backend, str(pairs), ",".join(map(str, sizes)), *([] if llm is None else [json.dumps(dict(llm))])]
        process = subprocess.run(
            [sys.executable, "-m", "benchmarks.throughput.worker", *arguments],
            cwd=ROOT,
            # Peers run in vLLM as it is: our plugin would mask their logits faster too.
            env=os.environ if backend == "ours" else {**os.environ, "VLLM_PLUGINS": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        lines = [line for line in process.stdout.splitlines() if line.startswith("RESULT ")]
        result: dict[str, Any] = {"backend": backend, "sizes": {}}
        if lines:
            result = json.loads(lines[-1].removeprefix("RESULT "))
        if process.returncode:
            result["error"] = process.stderr[-2000:]
        results.append(result)
    return results


def table(results: Sequence[dict[str, Any]]) -> str:
    """A Markdown table: one line per backend and number of requests."""
    rows = [
        "| backend | requests | tokens/s | free text, tokens/s | throughput / free (median of pairs) | "
        "first token, ms | free text, ms | difference, ms | a new schema for each request, ms |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for result in results:
        for size, numbers in result["sizes"].items():
            rows.append(
                f"| {result['backend']} | {size} | {numbers['tokens_per_second']:,.0f} | "
                f"{numbers['free_tokens_per_second']:,.0f} | {100 * numbers['throughput_ratio_median']:.1f} % | "
                f"{numbers['first_token_ms']:.1f} | {numbers['free_first_token_ms']:.1f} | "
                f"{numbers['first_token_delta_ms']:.1f} | {numbers['first_token_all_new_ms']:.1f} |"
            )
        if "error" in result:
            rows.append(f"| {result['backend']} | failed: see the raw results | | | | | | | |")
    return "\n".join(rows)
