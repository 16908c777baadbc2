"""The commands and paths in the documentation: they are not run, but all that they name is there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import tomllib

from demo import ROOT

from .pages import FENCE, PAGES, blocks

# A command, and a path of this tree, within a text.
_COMMAND = re.compile(r"`((?:make|python|pip) [^`]+)`")
_PATH = re.compile(r"`((?:benchmarks|docs|examples|python|rust|tests|tools)/[\w./-]+)`")


def commands(page: Path) -> list[str]:
    """Those of the blocks of a page, and of its text."""
    text = page.read_text(encoding="utf-8")
    lines = [line for block in blocks(page) if block.language == "sh" for line in block.text.splitlines()]
    return [line for line in lines if line.strip()] + _COMMAND.findall(FENCE.sub("", text))


def wrong_with(command: str) -> str | None:
    """What a command names that is not there."""
    wrong = None
    match shlex.split(command, comments=True):
        case ["make", target]:
            targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
            wrong = None if target in targets else f"no target {target}"
        case ["python", "-m", module, *_]:
            path = ROOT / module.replace(".", "/")
            there = path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()
            wrong = None if there else f"no {module}"
        case ["python", file, *options]:
            program = [sys.executable, file, "--help"]
            done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False)
            missing = [option for option in options if option.startswith("--") and option not in done.stdout]
            wrong = f"{file} has no {missing}" if missing else done.stderr if done.returncode else None
        case ["pip", "install", package]:
            project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
            name, _, extras = package.rstrip("]").partition("[")
            unknown = {extra for extra in extras.split(",") if extra} - project["optional-dependencies"].keys()
            wrong = None if name == project["name"] and not unknown else f"no {package}"
        case ["pip", "uninstall", "-y", "outlines"]:
            pass
        case _:
            wrong = "not a command that is known here"
    return wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_name_what_is_there(page):
    assert {command: wrong for command in commands(page) if (wrong := wrong_with(command))} == {}


def test_a_wrong_command_is_found():
    for command in (
        "make coffee",
        "python -m nothing.here",
        "python nothing.py",
        "pip install outlines-vllm[sea]",
        "rm x",
    ):
        assert wrong_with(command) is not None, command
    assert wrong_with("python benchmarks/run.py --onyl maskbench") == "benchmarks/run.py has no ['--onyl']"
    assert "make demo" in commands(ROOT / "README.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_in_the_text_are_there(page):
    for path in _PATH.findall(page.read_text(encoding="utf-8")):
        assert (ROOT / path).exists(), path
