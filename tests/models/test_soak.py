"""Many mixed requests at once, from many threads: nothing is lost, nothing is left behind, nothing is wrong.

`OUTLINES_SOAK=2000` runs the full one; by default it is short. A failure names its seed and step.
"""

import asyncio
import json
import os
import random
import re
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import jsonschema
import pytest

import outlines
from outlines.errors import RegexError, TruncatedOutputError
from outlines.plugin.request import handshake

pytestmark = [pytest.mark.engine, pytest.mark.timeout(3600)]

REQUESTS = int(os.environ.get("OUTLINES_SOAK", "120"))
THREADS = 8
SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"enum": ["Ada", "Alan", "Grace"]},
        "age": {"type": "integer", "minimum": 0, "maximum": 99},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 2},
    },
    "required": ["name", "age", "tags"],
    "additionalProperties": False,
}
# An output type, and what says whether a text is of it.
TYPES = [
    (outlines.Regex("[a-f]{2}[0-9]{1,4}"), lambda text: re.fullmatch("[a-f]{2}[0-9]{1,4}", text)),
    (outlines.Choice(["yes", "no", "perhaps"]), {"yes", "no", "perhaps"}.__contains__),
    (outlines.JsonSchema(SCHEMA), lambda text: jsonschema.validate(json.loads(text), SCHEMA) is None),
    (int, lambda text: str(int(text)) == text or text == "-0"),
    (outlines.CFG('start: "(" inner ")" | "x"\ninner: "[" "x" "]" | "y"'), {"x", "(y)", "([x])"}.__contains__),
]
TOO_LONG = "word " * 3000
LONG = {"max_tokens": 300, "ignore_eos": True}


class Worker:
    """One thread's share of the requests."""

    def __init__(self, model, seed: int, requests: int) -> None:
        self.model = model
        self.seed = seed
        self.random = random.Random(seed)
        self.left = requests
        self.done: Counter[str] = Counter()
        self.wrong: list[str] = []

    def run(self) -> None:
        steps = [self.call, self.stream, self.batch, self.cancelled, self.bad, self.asynchronous, self.thinking]
        while self.left > 0:
            step = self.random.choice(steps)
            try:
                step()
            except Exception as error:
                self.wrong.append(f"seed {self.seed}, {step.__name__}: {type(error).__name__}: {error}")
            self.done[step.__name__] += 1

    def pick(self, requests: int = 1):
        self.left -= requests
        output_type, fits = self.random.choice(TYPES)
        return f"Something, number {self.random.randrange(10**6)}?", output_type, fits

    def args(self):
        return {"temperature": self.random.choice([0, 0.7, 1.5]), "seed": self.random.randrange(10**6)}

    def expect(self, fits, text) -> None:
        if not isinstance(text, str) or not fits(text):
            self.wrong.append(f"seed {self.seed}: {text!r} is not of its type")

    def call(self) -> None:
        prompt, output_type, fits = self.pick()
        if self.random.random() < 0.5:
            self.expect(fits, self.model(prompt, output_type, **self.args()))
            return
        args = {**self.args(), "temperature": 1.0}
        result = self.model(prompt, output_type, return_result=True, n=2, logprobs=1, **args)
        for choice in result.choices:
            self.expect(fits, choice.text)
            assert len(choice.logprobs) == len(choice.token_ids)

    def stream(self) -> None:
        prompt, output_type, fits = self.pick()
        stream = self.model.stream(prompt, output_type, **self.args())
        self.expect(fits, "".join(stream))
        self.expect(fits, stream.result.text)

    def batch(self) -> None:
        size = self.random.randint(1, 12)
        picked = [self.pick() for _ in range(size)]
        bad = self.random.randrange(size)
        prompts = [TOO_LONG if at == bad else prompt for at, (prompt, _, _) in enumerate(picked)]
        types = [output_type for _, output_type, _ in picked]
        if self.random.random() < 0.5:
            results = self.model.batch(prompts, types, return_exceptions=True, **self.args())
        else:
            found = dict(self.model.batch_stream(prompts, types, return_exceptions=True, **self.args()))
            assert sorted(found) == list(range(size)), "a result is missing"
            results = [found[at] for at in range(size)]
        assert len(results) == size
        for at, ((_, _, fits), result) in enumerate(zip(picked, results, strict=True)):
            if at == bad:
                assert isinstance(result, ValueError), result
            else:
                self.expect(fits, result)

    def cancelled(self) -> None:
        prompt, _, _ = self.pick()
        match self.random.randrange(4):
            case 0:
                with self.model.stream(prompt, **LONG) as stream:
                    for _ in range(self.random.randrange(4)):
                        next(stream)
            case 1:
                next(self.model.stream(prompt, outlines.Regex("[a-z ]{500}"), max_tokens=300))
            case 2:
                self.left -= 5
                for _ in self.model.batch_stream([prompt] * 6, max_tokens=self.random.randint(3, 40), ignore_eos=True):
                    break
            case _:
                with pytest.raises(TruncatedOutputError):
                    self.model(prompt, outlines.Regex("[a-z ]{500}"), max_tokens=4)

    def bad(self) -> None:
        prompt, output_type, _ = self.pick()
        with pytest.raises(RegexError):
            self.model(prompt, outlines.Regex("(ab"))
        with pytest.raises(TypeError, match="unknown keyword"):
            self.model(prompt, output_type, colour="red")
        with pytest.raises(ValueError, match=r"(?i)context|long|length"):
            next(self.model.stream(TOO_LONG, output_type))
        with pytest.raises(TypeError):
            self.model.batch([prompt, 7], output_type)

    def asynchronous(self) -> None:
        picked = [self.pick() for _ in range(4)]

        async def main():
            doomed = asyncio.create_task(self.model.acall(picked[0][0], **LONG))
            texts = await asyncio.gather(
                *(self.model.acall(prompt, output_type, **self.args()) for prompt, output_type, _ in picked[1:3])
            )
            texts.append("".join([piece async for piece in self.model.astream(picked[3][0], picked[3][1])]))
            doomed.cancel()
            await asyncio.gather(doomed, return_exceptions=True)
            return texts

        for (_, _, fits), text in zip(picked[1:], asyncio.run(main()), strict=True):
            self.expect(fits, text)

    def thinking(self) -> None:
        prompt, output_type, fits = self.pick()
        budget = self.random.randrange(6)
        result = self.model(
            prompt, output_type, thinking=True, thinking_budget=budget, return_result=True, **self.args()
        )
        self.expect(fits, result.text)
        assert "</think>" not in result.thinking


def test_soak(model, unfinished):
    status = model._engine.call(handshake)
    threads = threading.active_count()
    workers = [Worker(model, seed, REQUESTS // THREADS) for seed in range(THREADS)]
    started = time.monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(Worker.run, workers))
    took = time.monotonic() - started
    done = sum((worker.done for worker in workers), Counter())
    print(f"\n{REQUESTS} requests in {took:.0f} s: {dict(done)}")
    assert [problem for worker in workers for problem in worker.wrong] == []

    deadline = time.monotonic() + 10
    while (unfinished() or model._engine.call(handshake).alive > status.alive) and time.monotonic() < deadline:
        time.sleep(0.05)
    after = model._engine.call(handshake)
    assert unfinished() == 0
    assert after.alive <= status.alive, "the engine holds guides of requests that are over"
    assert after.failures == status.failures
    engine = model._engine
    assert (engine._running, engine._lines, engine._sequences.total()) == ({}, {}, 0)
    assert threading.active_count() <= threads + 1
    assert "Riga" in model("What is the capital of Latvia?", temperature=0, max_tokens=10)
