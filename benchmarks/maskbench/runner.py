"""Feeds every engine the same schemas, in turns, so that the machine's noise meets all of them alike."""

from __future__ import annotations

import gzip
import itertools
import json
import select
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 300.0


class Worker:
    """The process of one engine, started again after a crash or a time-out."""

    def __init__(self, benchmark: str, engine: str, tokenizer: str, timeout: float) -> None:
        self.engine, self._tokenizer, self._timeout = engine, tokenizer, timeout
        self._benchmark = benchmark
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.maskbench.worker", self._benchmark, self.engine, self._tokenizer],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._ready = False

    def wait_until_ready(self) -> None:
        if not self._ready and self._answer(READY_SECONDS) != "ready":
            raise RuntimeError(f"the worker of {self.engine} did not start")
        self._ready = True

    def _answer(self, seconds: float) -> str | None:
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], seconds)[0]:
            return None
        return self._process.stdout.readline().strip() or None

    def run(self, case: dict[str, Any]) -> dict[str, Any]:
        """The result of one schema; `died` or `timeout` says that there is none."""
        assert self._process.stdin is not None
        self.wait_until_ready()
        try:
            self._process.stdin.write(json.dumps(case) + "\n")
            self._process.stdin.flush()
            answer = self._answer(self._timeout)
        except BrokenPipeError:
            answer = None
        if answer is not None:
            result: dict[str, Any] = json.loads(answer)
            return result
        reason = "timeout" if self._process.poll() is None else "died"
        self.close()
        self._start()
        return {"id": case["id"], reason: True, "tbm": [], "let_by": 0, "refused": 0}

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def cases(path: Path, count: int) -> Iterator[dict[str, Any]]:
    """The first `count` schemas of a `.jsonl.gz` file, which is in a fixed random order."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if number == count:
                return
            yield json.loads(line)


def run(
    benchmark: str,
    cases: Sequence[dict[str, Any]],
    tokenizer: str,
    engines: Sequence[str],
    timeout: float,
    *,
    jobs: int = 1,
) -> dict[str, list[dict[str, Any]]]:
    """The results of every engine, by its name.

    Args:
        benchmark: the package whose `engines` are asked.
        cases: with `id`, `schema` and `tests`.
        tokenizer: one of `benchmarks.known_tokenizers.NAMES`.
        engines: their names.
        timeout: seconds for one case.
        jobs: how many sets of workers share the cases. Within a set the engines take turns, so that each job needs one
            core; with more jobs than cores the times mean nothing.
    """
    results: dict[str, list[dict[str, Any]]] = {engine: [{}] * len(cases) for engine in engines}
    waiting = iter(enumerate(cases))
    lock = threading.Lock()
    done = itertools.count(1)

    def work(workers: list[Worker]) -> None:
        try:
            # The first case is not to be measured while those that come later in the turn still load their libraries.
            for worker in workers:
                worker.wait_until_ready()
            while True:
                with lock:
                    position, case = next(waiting, (0, None))
                if case is None:
                    return
                for worker in workers:
                    results[worker.engine][position] = worker.run(case)
                print(f"\r{benchmark}: {next(done)} of {len(cases)}", end="", file=sys.stderr, flush=True)
        finally:
            for worker in workers:
                worker.close()

    with ThreadPoolExecutor(jobs) as pool:
        sets = [[Worker(benchmark, engine, tokenizer, timeout) for engine in engines] for _ in range(jobs)]
        for outcome in [pool.submit(work, workers) for workers in sets]:
            outcome.result()
    print(file=sys.stderr)
    return results
