"""One vLLM engine, in one process: outputs of every kind, each judged by somebody else than us.

`python -m benchmarks.gpu.checks '{"model": ...}'`, with the arguments of `LLM`. Prints one line of JSON: what the
engine was like, and for each check how many outputs it looked at and what was wrong.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import sys
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any, Literal

import jsonschema
import lark
from pydantic import BaseModel, Field, TypeAdapter

import outlines
from outlines.errors import BudgetError, OutlinesError

QUESTION = "Make something up."
CODE = r"[A-Z]{2}-[0-9]{3,8}(\.(com|org))?"
SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "minimum": 0},
        "mail": {"type": "string", "pattern": "^[a-z]{2,10}@[a-z]{2,10}\\.(com|org)$"},
        "tags": {"type": "array", "items": {"enum": ["a", "b", "c"]}, "uniqueItems": True},
        "note": {"type": "string"},
        "more": {"type": "object", "additionalProperties": {"type": "number"}},
    },
    "required": ["id", "mail", "tags", "note"],
    "additionalProperties": False,
}
GRAMMAR = """
start: sum
sum: product (("+" | "-") product)*
product: atom (("*" | "/") atom)*
atom: NUMBER | "(" sum ")"
NUMBER: /[0-9]+/
"""
WORDS = ["yes", "no", "perhaps", "по-русски", "はい"]


class Character(BaseModel):
    name: str
    age: Annotated[int, Field(ge=1, le=120)]
    born: dt.date
    skills: list[Literal["magic", "swords", "jokes"]]
    friends: list[Character] = []


def _is_schema(text: str) -> None:
    jsonschema.validate(json.loads(text), SCHEMA)


def _is_code(text: str) -> None:
    if not re.fullmatch(CODE, text):
        raise ValueError("no match")


def _is_word(text: str) -> None:
    if text not in WORDS:
        raise ValueError("not one of the words")


def _is_bool(text: str) -> None:
    if text not in ("True", "False"):
        raise ValueError("no bool")


_PARSER = lark.Lark(GRAMMAR)

# What is asked for, and what raises unless a text is of it.
KINDS: list[tuple[str, Any, Callable[[str], Any]]] = [
    ("regex", outlines.Regex(CODE), _is_code),
    ("json schema", outlines.JsonSchema(SCHEMA), _is_schema),
    ("choice", outlines.Choice(WORDS), _is_word),
    ("grammar", outlines.CFG(GRAMMAR), _PARSER.parse),
    ("pydantic", Character, Character.model_validate_json),
    ("int", int, int),
    ("float", float, float),
    ("bool", bool, _is_bool),
    ("date", dt.date, dt.date.fromisoformat),
    ("dict", dict[str, list[int]], TypeAdapter(dict[str, list[int]]).validate_json),
]


class Failures:
    """How many outputs a check has looked at, which of them were wrong, and how many did not come about.

    Those were refused by an exception of ours: cut off at a limit that is near the shortest output, or given up by the
    engine because what was sampled did not keep to the mask.
    """

    def __init__(self) -> None:
        self.seen = 0
        self.wrong: list[str] = []
        self.refused: list[str] = []

    def judge(self, name: str, judge: Callable[[str], Any], text: Any) -> None:
        self.seen += 1
        if isinstance(text, OutlinesError):
            self.refused.append(f"{name}: {type(text).__name__}: {text}"[:600])
            return
        try:
            if isinstance(text, Exception):
                raise text
            judge(text)
        except Exception as error:
            self.wrong.append(f"{name}: {type(error).__name__}: {error}: {text!r}"[:600])

    def expect(self, what: str, holds: bool) -> None:
        self.seen += 1
        if not holds:
            self.wrong.append(what)


def _or_error(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except OutlinesError as error:
        return error


def every_kind(model: Any, failures: Failures) -> None:
    for name, output_type, judge in KINDS:
        text = _or_error(lambda: model(QUESTION, output_type, max_tokens=200, temperature=1.0))  # noqa: B023
        failures.judge(name, judge, text)


def mixed_batch(model: Any, failures: Failures) -> None:
    """64 requests of all kinds with free text among them, each with a limit of its own."""
    free: list[tuple[str, Any, Callable[[str], Any]]] = [*KINDS, ("free", None, str)]
    chosen = [free[number % len(free)] for number in range(64)]
    params = [{"max_tokens": 60 + 5 * number, "temperature": 1.0} for number in range(64)]
    from vllm import SamplingParams

    texts = model.batch(
        [f"{QUESTION} {number}" for number in range(64)],
        [output_type for _, output_type, _ in chosen],
        sampling_params=[SamplingParams(**kwargs) for kwargs in params],
        return_exceptions=True,
    )
    for (name, _, judge), text in zip(chosen, texts, strict=True):
        failures.judge(name, judge, text)


def budgets(model: Any, failures: Failures) -> None:
    """Limits from those that no output keeps to, to those that leave some room."""
    from vllm import SamplingParams

    limits = range(1, 49)
    for name, output_type, judge in KINDS[:5]:
        texts = model.batch(
            [QUESTION] * len(limits),
            output_type,
            sampling_params=[SamplingParams(max_tokens=limit, temperature=1.0) for limit in limits],
            return_exceptions=True,
        )
        failures.expect(f"{name}: the longest limit was refused", not isinstance(texts[-1], BudgetError))
        for text in texts:
            if not isinstance(text, BudgetError):
                failures.judge(f"{name} within a limit", judge, text)


def several_outputs(model: Any, failures: Failures) -> None:
    for name, output_type, judge in KINDS:
        texts = _or_error(lambda: model(QUESTION, output_type, n=3, max_tokens=120, temperature=1.0))  # noqa: B023
        for text in texts if isinstance(texts, list) else [texts]:
            failures.judge(name, judge, text)


def streams(model: Any, failures: Failures) -> None:
    """Open streams side by side, one of them closed early."""
    open_streams = [model.stream(QUESTION, kind, max_tokens=120, temperature=1.0) for _, kind, _ in KINDS]
    left = model.stream(QUESTION, outlines.Regex("[ab]{300}"), max_tokens=400)
    next(iter(left))
    left.close()
    for (name, _, judge), pieces in zip(KINDS, open_streams, strict=True):
        failures.judge(name, judge, _or_error(lambda: "".join(pieces)))  # noqa: B023


def threads(model: Any, failures: Failures) -> None:
    def ask(number: int) -> tuple[int, Any]:
        _, output_type, _ = KINDS[number % len(KINDS)]
        try:
            return number, model(f"{QUESTION} {number}", output_type, max_tokens=100, temperature=1.0)
        except Exception as error:
            return number, error

    with ThreadPoolExecutor(16) as pool:
        for number, text in pool.map(ask, range(48)):
            name, _, judge = KINDS[number % len(KINDS)]
            failures.judge(name, judge, text)


def cut_off(model: Any, failures: Failures) -> None:
    partial = model(QUESTION, outlines.Regex("[ab]{300}"), max_tokens=20, on_truncation="return")
    failures.expect(f"partial text {partial!r}", 0 < len(partial) < 300 and set(partial) <= set("ab"))
    try:
        model(QUESTION, outlines.Regex("[ab]{300}"), max_tokens=5)
        failures.expect("an output that cannot be so short was not refused", False)
    except BudgetError:
        failures.expect("", True)


def bad_constraints(model: Any, failures: Failures) -> None:
    """Refused before the engine sees them; it goes on."""
    try:
        model(QUESTION, outlines.Regex("(a"))
        failures.expect("a broken regex was not refused", False)
    except ValueError:
        failures.expect("", True)
    failures.judge("int", int, _or_error(lambda: model(QUESTION, int, max_tokens=30)))


def thinking(model: Any, failures: Failures) -> None:
    for budget in (0, 5, 30):
        result = model(
            QUESTION, int, thinking=("<think>", "</think>"), thinking_budget=budget, max_tokens=100, return_result=True
        )
        failures.judge("int after thinking", int, result.text)


def beside_vllms_own(model: Any, failures: Failures) -> None:
    """Our requests and such of vLLM's own backend in one batch."""
    with ThreadPoolExecutor(2) as pool:
        choice, prompts = outlines.Choice(WORDS), [QUESTION] * 8
        theirs = pool.submit(model.batch, prompts, choice, backend="xgrammar", max_tokens=40, return_exceptions=True)
        ours = pool.submit(model.batch, [QUESTION] * 8, Character, max_tokens=150, return_exceptions=True)
        for text in ours.result():
            failures.judge("pydantic", Character.model_validate_json, text)
        for text in theirs.result():
            failures.judge("xgrammar's choice", _is_word, text)


def free_text(model: Any, failures: Failures) -> None:
    texts = model.batch([QUESTION] * 8, max_tokens=40, ignore_eos=True)
    failures.expect(f"free text {texts!r}", all(isinstance(text, str) for text in texts))


CHECKS = [
    every_kind,
    mixed_batch,
    budgets,
    several_outputs,
    streams,
    threads,
    cut_off,
    bad_constraints,
    thinking,
    free_text,
    beside_vllms_own,
]


def _engine(llm: Any) -> dict[str, Any]:
    """What vLLM made of its arguments, as far as this version says."""
    config = llm.llm_engine.vllm_config
    compilation = config.compilation_config
    return {
        "model_runner_v2": bool(getattr(config, "use_v2_model_runner", False)),
        "async_scheduling": getattr(config.scheduler_config, "async_scheduling", None),
        "compilation_mode": str(getattr(compilation, "mode", None)),
        "cudagraph_mode": str(getattr(compilation, "cudagraph_mode", None)),
        "speculative": getattr(config.speculative_config, "method", None),
        "vocabulary": config.model_config.get_vocab_size(),
    }


def main() -> None:
    from vllm import LLM

    from outlines.plugin.request import handshake

    start = time.perf_counter()
    llm = LLM(**json.loads(sys.argv[1]))
    result: dict[str, Any] = {"seconds_to_start": time.perf_counter() - start, "engine": _engine(llm), "checks": {}}
    model = outlines.from_vllm_offline(llm)
    for check in CHECKS:
        failures = Failures()
        start = time.perf_counter()
        try:
            check(model, failures)
        except Exception:
            failures.wrong.append(traceback.format_exc()[-1500:])
        result["checks"][check.__name__] = {
            "outputs": failures.seen,
            "wrong": failures.wrong,
            "refused": failures.refused,
            "seconds": round(time.perf_counter() - start, 2),
        }
    status = handshake(llm).result()
    result["status"] = {
        name: getattr(status, name)
        for name in ("requests", "failures", "compiles", "batch_fills", "batch_rows", "alive")
    }
    print("RESULT " + json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
