"""The checks and the measurements on a GPU, in a process each: `python -m benchmarks.gpu.run --help`.

For a host with a GPU where vLLM (0.18 or newer) and this package are installed. With `--model`, of a real model; with
`--tokenizer FOLDER`, of shapes of models with random weights (shapes.py), for which nothing is downloaded.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.gpu import shapes
from benchmarks.run import RESULTS, show_in_readme
from benchmarks.throughput import runner

ROOT = Path(__file__).resolve().parents[2]
GIGABYTE = 1 << 30
# A process that hangs must not take the others' results with it.
TIMEOUT_SECONDS = float(os.environ.get("BENCHMARK_TIMEOUT", "1800"))

# Engines that differ in how vLLM masks logits, plans steps and makes drafts: arguments of `LLM`, environment.
_NGRAM = {"num_speculative_tokens": 4, "prompt_lookup_max": 3, "prompt_lookup_min": 1}
VARIANTS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "as it comes": ({}, {}),
    "eager, without async scheduling, in one process": (
        {"enforce_eager": True, "async_scheduling": False},
        {"VLLM_ENABLE_V1_MULTIPROCESSING": "0"},
    ),
    "n-gram drafts": ({"enforce_eager": True, "speculative_config": {"method": "ngram", **_NGRAM}}, {}),
    "n-gram drafts on the GPU": ({"enforce_eager": True, "speculative_config": {"method": "ngram_gpu", **_NGRAM}}, {}),
    "the first model runner": ({"enforce_eager": True}, {"VLLM_USE_V2_MODEL_RUNNER": "0"}),
}
# Engines that are checked side by side share the card.
_SHARE = {"gpu_memory_utilization": 0.12, "kv_cache_memory_bytes": 2 * GIGABYTE, "max_model_len": 2048}


def _python(module: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> dict[str, Any]:
    """What a module prints after RESULT; its `error` where it failed."""
    output = log.with_suffix(".out")
    # Files, not pipes: processes that vLLM leaves behind would hold those open.
    with output.open("w", encoding="utf-8") as stdout, log.open("w", encoding="utf-8") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=stdout,
            stderr=stderr,
        )
        try:
            code = process.wait(TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
    lines = [line for line in output.read_text(encoding="utf-8").splitlines() if line.startswith("RESULT ")]
    result: dict[str, Any] = json.loads(lines[-1].removeprefix("RESULT ")) if lines else {}
    if code:
        result["error"] = log.read_text(encoding="utf-8")[-4000:]
    return result


def check(llm: Mapping[str, Any], variants: Sequence[str], logs: Path) -> dict[str, Any]:
    """All checks on each variant of the engine, side by side."""

    def one(variant: str) -> dict[str, Any]:
        arguments, environment = VARIANTS[variant]
        everything = json.dumps({**llm, **_SHARE, "max_num_seqs": 64, **arguments})
        return _python("benchmarks.gpu.checks", [everything], environment, logs / f"{variant}.log")

    with ThreadPoolExecutor(len(variants)) as pool:
        return dict(zip(variants, pool.map(one, variants), strict=True))


def checks_table(results: Mapping[str, Any]) -> str:
    rows = ["| engine | outputs judged | wrong | refused by an exception |", "|---|---:|---:|---:|"]
    for variant, result in results.items():
        checks = result.get("checks", {}).values()
        judged = sum(check["outputs"] for check in checks)
        wrong, refused = (sum(len(check[which]) for check in checks) for which in ("wrong", "refused"))
        rows.append(f"| {variant} | {judged} | {wrong} | {refused} |")
        if "error" in result:
            rows.append(f"| {variant} | failed: see the raw results | | |")
    return "\n".join(rows)


def shares_table(result: Mapping[str, Any]) -> str:
    rows = [
        "| requests | a step of free text | of constrained text | of it all masks (p95) | all tokens taken | "
        "vLLM's masking of logits |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    for size, numbers in result.items():
        if size == "error":
            rows.append("| failed: see the raw results | | | | | |")
            continue
        masks = numbers["ours_masks_us"]
        rows.append(
            f"| {size} | {numbers['free_step_us']['median']:,.0f} | {numbers['ours_step_us']['median']:,.0f} | "
            f"{masks['median']:,.0f} ({masks['p95']:,.0f}) | {numbers['ours_tokens_us']['median']:,.0f} | "
            f"{numbers['ours_logits_us']['median']:,.0f} |"
        )
    return "\n".join(rows)


def machine() -> str:
    """The card and the versions, one line."""
    import torch

    packages = ("vllm", "torch", "xgrammar", "llguidance")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    return f"{torch.cuda.get_device_name()}, {os.cpu_count()} processors; {versions}"


def report(raw: Mapping[str, Any]) -> str:
    """What has been found so far, for people."""
    parts = [f"vLLM on a GPU, {raw['model']}. Made by `python -m benchmarks.gpu.run`.", raw["machine"]]
    if raw["note"]:
        parts.insert(1, raw["note"])
    if "throughput" in raw:
        parts += [
            f"{raw['pairs']} pairs of runs of as many tokens each; first tokens are for a schema never seen before:",
            runner.table(raw["throughput"]),
        ]
    if "shares" in raw:
        parts += [
            "Where the time of a step goes, vLLM in one process, medians; microseconds:",
            shares_table(raw["shares"]),
        ]
    if "checks" in raw:
        parts += ["Outputs of every kind, each judged by a library that is not ours:", checks_table(raw["checks"])]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    def words(text: str) -> list[str]:
        return text.split(",")

    parser = argparse.ArgumentParser(description="Check and measure on a GPU.")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--model", help="a real model, by name or folder")
    which.add_argument("--tokenizer", type=Path, help="random weights, with the tokenizer of this folder")
    parser.add_argument("--stages", type=words, default="checks,throughput,shares", help="in this order")
    parser.add_argument("--backends", type=words, default="ours,xgrammar,guidance")
    parser.add_argument("--requests", type=words, default="1,16,64,256")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--llm", type=json.loads, default="{}", help="further arguments of LLM for measurements, JSON")
    parser.add_argument("--note", default="", help="what else is to be known of this run, for the table")
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    logs = Path(tempfile.mkdtemp(prefix="outlines-gpu-"))
    print(f"logs in {logs}", file=sys.stderr)

    if arguments.model:
        small = large = {"model": arguments.model}
        what = arguments.model
    else:
        names = {name: str(shapes.write(name, arguments.tokenizer, logs / name)) for name in ("small", "8b")}
        small, large = ({"model": names[name], "load_format": "dummy"} for name in ("small", "8b"))
        what = "the shape of Llama 3.1 8B with random weights (checks: of a small one)"
    large = {**large, **arguments.llm}
    raw: dict[str, Any] = {"machine": machine(), "model": what, "note": arguments.note, "pairs": arguments.pairs}

    def keep() -> None:
        # What is there already outlives a stage that hangs.
        (arguments.out / "gpu.json").write_text(json.dumps(raw, indent=1) + "\n", encoding="utf-8")
        (arguments.out / "gpu.md").write_text(report(raw), encoding="utf-8")

    for stage in arguments.stages:
        if stage == "checks":
            raw["checks"] = check(small, list(VARIANTS), logs)
        elif stage == "throughput":
            raw["throughput"] = []
            for backend in arguments.backends:
                sizes = [int(size) for size in arguments.requests]
                raw["throughput"] += runner.run([backend], arguments.pairs, sizes, large)
                keep()
        elif stage == "shares":
            everything = [json.dumps(large), ",".join(arguments.requests)]
            raw["shares"] = _python("benchmarks.gpu.shares", everything, {}, logs / "shares.log")
        else:
            parser.error(f"no such stage: {stage}")
        keep()
    print(report(raw))
    if arguments.out == RESULTS:
        show_in_readme()


if __name__ == "__main__":
    main()
