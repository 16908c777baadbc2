"""The one owner of the engine: many threads, interruptions and failures, with nothing lost and nothing left behind."""

import itertools
import random
import signal
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from outlines.constraint import Constraint
from outlines.errors import GenerationError
from outlines.plugin.request import prepare

pytestmark = pytest.mark.engine

QUESTION = "What is the capital of Latvia?"
LONG = {"max_tokens": 600, "ignore_eos": True}
GREEDY = {"temperature": 0, "max_tokens": 10}


def test_calls_streams_and_batches_from_many_threads(model, unfinished):
    words = ["apple", "river", "stone", "cloud"]
    prompts = [f"Repeat the word: {word}" for word in words]
    expected = [model(prompt, **GREEDY) for prompt in prompts]

    def work(seed: int) -> list[str]:
        generator, wrong = random.Random(seed), []
        for _ in range(8):
            which = generator.randrange(len(prompts))
            match generator.randrange(5):
                case 0:
                    result = model(prompts[which], **GREEDY)
                case 1:
                    result = "".join(model.stream(prompts[which], **GREEDY))
                case 2:
                    result = model.batch([prompts[which]] * 3, **GREEDY)[generator.randrange(3)]
                case 3:
                    with model.stream(prompts[which], **LONG) as stream:
                        next(stream)
                    continue
                case _:
                    try:
                        model("word " * 3000)
                        wrong.append("a prompt that is too long was taken")
                    except ValueError:
                        pass
                    continue
            # Which other requests share a step can move a near tie between two tokens: the word is what counts.
            if result != expected[which] and words[which] not in result.lower():
                wrong.append(f"{prompts[which]!r} gave {result!r}")
        return wrong

    with ThreadPoolExecutor(8) as pool:
        assert [problem for problems in pool.map(work, range(8)) for problem in problems] == []


def test_a_long_batch_does_not_keep_a_stream_waiting(llm, model, unfinished, monkeypatch):
    steps = itertools.count()
    step = llm.llm_engine.step
    monkeypatch.setattr(llm.llm_engine, "step", lambda: (next(steps), step())[1])
    prompts = [f"Write {number} sentences." for number in range(120)]
    with ThreadPoolExecutor(1) as pool:
        batch = pool.submit(model.batch, prompts, max_tokens=40, ignore_eos=True)
        while unfinished() < 16:
            time.sleep(0.01)
        for _ in range(3):
            before = next(steps)
            with model.stream(QUESTION, temperature=0) as stream:
                next(stream)
            # In its turn behind the batch it would wait for a whole wave of 40 steps.
            assert next(steps) - before < 15
        assert not batch.done()
        assert len(batch.result()) == 120


def interrupt_soon() -> None:
    def interrupt(signum: int, frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.3)


@pytest.mark.parametrize(
    "use",
    [
        lambda model: model(QUESTION, **LONG),
        lambda model: list(model.stream(QUESTION, **LONG)),
        lambda model: model.batch([QUESTION] * 50, **LONG),
    ],
    ids=["call", "stream", "batch"],
)
def test_an_interrupt_aborts_exactly_its_own_requests(model, unfinished, use):
    other = model.stream(QUESTION, max_tokens=400, ignore_eos=True)
    next(other)
    before = signal.getsignal(signal.SIGALRM)
    try:
        interrupt_soon()
        with pytest.raises(KeyboardInterrupt):
            use(model)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert unfinished() == 1
    next(other)
    other.close()
    assert "Riga" in model(QUESTION, **GREEDY)


def test_a_failing_step_fails_its_requests_and_the_engine_goes_on(llm, model, unfinished, monkeypatch):
    step = llm.llm_engine.step
    failing = [True]

    def step_once_failing():
        if failing and failing.pop():
            raise RuntimeError("out of memory")
        return step()

    monkeypatch.setattr(llm.llm_engine, "step", step_once_failing)
    with pytest.raises(GenerationError, match="out of memory"):
        model(QUESTION, **GREEDY)
    assert unfinished() == 0
    assert "Riga" in model(QUESTION, **GREEDY)


def test_the_pump_survives_whatever_is_thrown_at_it(llm, model, unfinished, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(llm.llm_engine, "step", lambda: sys.exit("leave"))
        with pytest.raises(GenerationError, match="leave"):
            model(QUESTION, **GREEDY)
        patch.setattr(llm.llm_engine, "add_request", lambda *arguments, **keywords: sys.exit("leave"))
        with pytest.raises(GenerationError, match="leave"):
            model(QUESTION, **GREEDY)
    assert "Riga" in model(QUESTION, **GREEDY)


def test_a_request_that_another_caller_took_fails_instead_of_hanging(llm, model, unfinished):
    stream = model.stream(QUESTION, **LONG)
    next(stream)
    model._engine.call(lambda llm: llm.llm_engine.abort_request([stream._request.engine_id]))
    with pytest.raises(GenerationError, match="another caller"):
        list(stream)
    assert "Riga" in model(QUESTION, **GREEDY)


def test_call_runs_between_steps_and_passes_errors_on(llm, model):
    assert model._engine.call(lambda given: given is llm)
    assert model._engine.call(lambda _: threading.current_thread().name) == "outlines-pump"
    with pytest.raises(ZeroDivisionError):
        model._engine.call(lambda _: 1 // 0)


def test_a_stream_goes_on_while_a_call_waits_for_its_answer(model, unfinished):
    """As a call that asks the engine something which takes its time does."""
    answer = Future()
    with ThreadPoolExecutor(1) as pool, model.stream(QUESTION, **LONG) as stream:
        asked = pool.submit(model._engine.call, lambda _: answer)
        # More than can have been on their way before.
        for _ in range(100):
            next(stream)
        assert not asked.done()
        answer.set_result("there")
        assert asked.result() == "there"
    failed = Future()
    failed.set_exception(ZeroDivisionError("later"))
    with pytest.raises(ZeroDivisionError, match="later"):
        model._engine.call(lambda _: failed)


def test_a_stream_goes_on_while_the_engine_compiles(llm, model, unfinished, monkeypatch):
    steps = itertools.count()
    step = llm.llm_engine.step
    monkeypatch.setattr(llm.llm_engine, "step", lambda: (next(steps), step())[1])
    # Long to compile, and its shortest output long to find.
    words = [f"{number:x} {number * number:x} {number * 7919:o}" for number in range(120_000)]
    with model.stream(QUESTION, **LONG) as stream:
        next(stream)
        asked, answered = [], []

        def ask(llm):
            asked.append(next(steps))
            answer = prepare(llm, Constraint("choice", words))
            # Before the caller hears of it, so that no step after it counts.
            answer.add_done_callback(lambda _: answered.append(next(steps)))
            return answer

        model._engine.call(ask)
        # A pump that waits makes none meanwhile.
        assert answered[0] - asked[0] > 1
        next(stream)


def test_the_answer_of_an_engine_that_dies_is_not_waited_for(model, monkeypatch):
    monkeypatch.setattr(model._engine, "_engine_is_dead", lambda: True)
    with pytest.raises(GenerationError, match="its process died"):
        model._engine.call(lambda _: Future())


def test_a_finaliser_may_run_anywhere(model, unfinished):
    stream = model.stream(QUESTION, **LONG)
    next(stream)
    # As when the garbage collector runs while this very thread holds the locks.
    with model._engine._signal._idle, model._engine._signal._running:
        stream.__del__()
    deadline = time.monotonic() + 5
    while unfinished() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert unfinished() == 0
