"""Run every example on one loaded model and check what it wrote: `make demo`.

Each program is run as it stands, but for two things: it gets the model that is loaded already, and what it asks for is
noted. The outputs are then checked against their types with independent libraries: `re`, pydantic and lark.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
import runpy
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / "tools"))

from demo import MODEL, use_demo_environment  # noqa: E402 - from the folder added above

WIDTH = 100


@dataclass
class Generation:
    """One call of an example: what it asked for and what it got."""

    prompt: Any
    output_type: Any
    output: Any
    seconds: float


@dataclass
class Recorder:
    """The loaded model, as the examples see it: every call is passed on and noted."""

    model: Any
    generations: list[Generation] = field(default_factory=list)

    def __call__(self, prompt: Any, output_type: Any = None, **arguments: Any) -> Any:
        return self._note(prompt, output_type, lambda: self.model(prompt, output_type, **arguments))

    def batch(self, prompts: list[Any], output_type: Any = None, **arguments: Any) -> list[Any]:
        result: list[Any] = self._note(
            prompts, output_type, lambda: self.model.batch(prompts, output_type, **arguments)
        )
        return result

    def stream(self, prompt: Any, output_type: Any = None, **arguments: Any) -> Iterator[str]:
        started, pieces = time.perf_counter(), []
        for piece in self.model.stream(prompt, output_type, **arguments):
            pieces.append(piece)
            yield piece
        self.generations.append(Generation(prompt, output_type, pieces, time.perf_counter() - started))

    def _note(self, prompt: Any, output_type: Any, run: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        output = run()
        self.generations.append(Generation(prompt, output_type, output, time.perf_counter() - started))
        return output


def is_text(generation: Generation) -> None:
    texts = generation.output if isinstance(generation.output, list) else [generation.output]
    assert texts, "nothing was written"
    assert all(isinstance(text, str) for text in texts), "not every output is a str"
    assert "".join(texts).strip(), "the text is blank"


def is_text_in_pieces(generation: Generation) -> None:
    is_text(generation)
    assert len(generation.output) > 1, "the text came in one piece"


def is_one_text_per_prompt(generation: Generation) -> None:
    is_text(generation)
    assert len(generation.output) == len(generation.prompt), "there is not one output per prompt"


def is_full_match(pattern: str) -> Callable[[Generation], None]:
    def check(generation: Generation) -> None:
        assert re.fullmatch(pattern, generation.output), f"not a full match of {pattern}"

    return check


def is_of_its_model(generation: Generation) -> None:
    value = generation.output_type.model_validate_json(generation.output)
    assert isinstance(value, generation.output_type)


def is_a_sentence(generation: Generation) -> None:
    from lark import Lark

    Lark(generation.output_type.definition).parse(generation.output)


# Each example, and what its output is checked by.
EXAMPLES: dict[str, Callable[[Generation], None]] = {
    "text_generation": is_text,
    "chat": is_text,
    "streaming": is_text_in_pieces,
    "batch": is_one_text_per_prompt,
    "integer": is_full_match(r"-?(0|[1-9][0-9]*)"),
    "pydantic_model": is_of_its_model,
    "multiple_choice": is_full_match("Paris|London|Rome|Berlin"),
    "regular_expression": is_full_match(r"\d{3}-\d{2}-\d{4}"),
    "grammar": is_a_sentence,
    "ready_made_grammar": is_a_sentence,
}


def run_example(name: str, model: Any) -> list[Generation]:
    """Run one example's file and return what it asked for. What it prints is not shown."""
    import vllm

    import outlines

    recorder = Recorder(model)
    loaders: list[tuple[Any, str, Any]] = [
        (vllm, "LLM", lambda *arguments, **keywords: None),
        (outlines, "from_vllm_offline", lambda llm: recorder),
    ]
    before = [(module, attribute, getattr(module, attribute)) for module, attribute, _ in loaders]
    for module, attribute, replacement in loaders:
        setattr(module, attribute, replacement)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            runpy.run_path(str(FOLDER / f"{name}.py"), run_name="__main__")
    finally:
        for module, attribute, original in before:
            setattr(module, attribute, original)
    return recorder.generations


def show(generation: Generation) -> None:
    prompts = generation.prompt if isinstance(generation.prompt, list) else [generation.prompt]
    outputs = generation.output if isinstance(generation.prompt, list) else [generation.output]
    for prompt, output in zip(prompts, outputs, strict=True):
        print_field("prompt", str(prompt))
        print_field("output", output if isinstance(output, str) else "|".join(output))


def print_field(label: str, text: str) -> None:
    lines = [part for line in text.splitlines() or [""] for part in textwrap.wrap(line, WIDTH - 10) or [""]]
    for position, line in enumerate(lines):
        print(f"  {label if position == 0 else '':8}{line}")


def load() -> Any:
    """The demo model, with nothing on the screen but the progress of loading."""
    print(f"Loading {MODEL.name} into vLLM ...", flush=True)
    started = time.perf_counter()
    from vllm import LLM

    import outlines

    # A fixed seed: the same outputs each time on the same machine.
    llm = LLM(str(MODEL), max_model_len=1024, enforce_eager=True, seed=0, disable_log_stats=True)
    model = outlines.from_vllm_offline(llm)
    print(f"Ready after {time.perf_counter() - started:.0f} s.\n", flush=True)
    return model


def main() -> int:
    model = load()
    wrong = 0
    for number, (name, check) in enumerate(EXAMPLES.items(), start=1):
        try:
            generations = run_example(name, model)
            assert generations, "the example asked for nothing"
            verdict = "checked"
        except Exception as error:
            generations, verdict = [], f"WRONG: {type(error).__name__}: {error}"
        for generation in generations:
            try:
                check(generation)
            except Exception as error:
                verdict = f"WRONG: {type(error).__name__}: {error}"
        seconds = sum(generation.seconds for generation in generations)
        print(f"{number}. examples/{name}.py    {seconds:.2f} s    {verdict}")
        for generation in generations:
            show(generation)
        print(flush=True)
        wrong += verdict != "checked"
    print(f"{len(EXAMPLES) - wrong} of {len(EXAMPLES)} examples right")
    return 1 if wrong else 0


if __name__ == "__main__":
    use_demo_environment()
    # vLLM's own messages would hide the examples; VLLM_LOGGING_LEVEL=INFO shows them.
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
    logging.captureWarnings(True)
    sys.exit(main())
