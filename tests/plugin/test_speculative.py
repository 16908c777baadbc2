"""n-gram speculative decoding: exact with our guides (validate, several tokens at once, rollback)."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from demo import ROOT

SCRIPT = Path(__file__).with_name("speculative_run.py")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Both runs' results. A process of its own: an engine in this one would stay."""
    written = tmp_path_factory.mktemp("speculative") / "result.json"
    subprocess.run(
        [sys.executable, SCRIPT, written],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "tools"), os.environ.get("PYTHONPATH", "")])},
        check=True,
        timeout=540,
    )
    result: dict[str, Any] = json.loads(written.read_text())
    return result


@pytest.mark.engine
def test_speculation_changes_nothing_but_the_number_of_steps(runs: dict[str, Any]) -> None:
    assert runs["speculative"]["accepted"] > 0, "no draft was ever accepted: this tested nothing"
    assert runs["plain"]["accepted"] == 0
    assert runs["speculative"]["texts"] == runs["plain"]["texts"]


@pytest.mark.engine
@pytest.mark.parametrize("run", ["plain", "speculative"])
def test_every_output_is_valid_and_whole(runs: dict[str, Any], run: str) -> None:
    record, words, number, choice, nested, thought, _ = runs[run]["texts"]
    assert set(runs[run]["reasons"][:-1]) == {"stop"}
    jsonschema.validate(json.loads(record), runs["schema"])
    assert re.fullmatch(r"(one two three ){4}done", words)
    assert re.fullmatch(r"[0-9]{3}-[0-9]{2}", number)
    assert choice in ("to be or not to be", "to be sure")
    assert re.fullmatch(r"\(*x\)*", nested)
    assert nested.count("(") == nested.count(")")
    assert re.fullmatch(r"(?s)(?!.*</think>.*</think>).+</think>[0-9]{3}", thought)


@pytest.mark.engine
def test_with_a_limit_speculation_changes_nothing_either(runs: dict[str, Any]) -> None:
    assert runs["speculative"]["accepted_limited"] > 0, "no draft was ever accepted: this tested nothing"
    for plain, speculative in zip(runs["plain"]["limited"], runs["speculative"]["limited"], strict=True):
        assert speculative == plain


@pytest.mark.engine
@pytest.mark.parametrize("run", ["plain", "speculative"])
def test_every_output_is_whole_within_its_limit(runs: dict[str, Any], run: str) -> None:
    limited = runs[run]["limited"]
    for output in limited:
        assert output["tokens"] <= output["limit"], output
    of_case = len(limited) // 5
    records, words, lists, nested, thoughts = (
        [output["text"] for output in limited[first : first + of_case]] for first in range(0, len(limited), of_case)
    )
    for text in records:
        jsonschema.validate(json.loads(text), runs["story"])
    for text in words:
        assert re.fullmatch(r"(one two three )+done", text)
    for text in lists:
        assert re.fullmatch(r"\[[0-9](, [0-9])*\] END", text)
    for text in nested:
        assert re.fullmatch(r"\(*x\)*", text)
        assert text.count("(") == text.count(")")
    for text in thoughts:
        assert re.fullmatch(r"(?s)(?!.*</think>.*</think>).*</think>[0-9]{3}", text)
    # They grow with their limits: it is the limit that ends them.
    for texts in (words, lists, thoughts):
        assert len(texts[-1]) > len(texts[0])


@pytest.mark.engine
def test_the_plugin_works_in_vllms_in_process_mode(runs: dict[str, Any]) -> None:
    assert runs["plain"]["in_process"]
    assert runs["speculative"]["in_process"]


@pytest.mark.engine
def test_a_backend_set_on_the_llm_is_seen_and_does_not_take_our_requests(runs: dict[str, Any]) -> None:
    assert runs["plain"]["chosen_backend"] is None
    assert runs["speculative"]["chosen_backend"] == "xgrammar"
