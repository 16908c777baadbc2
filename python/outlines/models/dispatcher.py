"""The one owner of a vLLM engine: every request of every thread goes through it.

`LLM` is not thread-safe, and its own methods drain whatever is in the engine, so two callers would get each other's
outputs. Here one thread, the pump, makes every call to the engine: it admits requests, steps, and hands each output to
its request's receiver. Callers only leave commands and wait on queues of their own.

    caller --submit/abort--> commands --pump--> engine.add_request / abort_request / step --> request.receive(output)

Requests wait in one line per caller and the lines are served in turn, up to as many as vLLM runs at once; no single
line gets all of those places. So a batch of thousands does not keep a stream waiting.

The pump sleeps when there is nothing to do, and keeps only a weak reference to the dispatcher then, so that dropping
the last model frees the engine.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
import weakref
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, Any, cast

from outlines.errors import GenerationError
from outlines.models.refusals import as_value_error
from outlines.models.request import Request

if TYPE_CHECKING:
    from vllm import LLM
    from vllm.outputs import RequestOutput

logger = logging.getLogger(__name__)

# Requests admitted between two looks at the engine's output, so that a burst does not hold up running streams.
_ADMIT_AT_ONCE = 16
# How often the pump looks whether the engine still lives while it waits for output, in seconds.
_LIVENESS_SECONDS = 1.0
# How long a caller waits for the pump to carry out an abort, in seconds. A step ends long before.
_ABORT_SECONDS = 60.0


class _Signal:
    """What the pump sleeps on: commands from callers and, while requests are running, output from the engine.

    With the engine in a process of its own, vLLM's client puts outputs into a `queue.Queue`; the pump waits on that
    queue's condition, which a caller can notify too, so that it never blocks inside `step` while there are commands.
    Without requests it sleeps on a condition of its own: vLLM notifies one waiter for each output, which must then be
    vLLM's own `get`. An engine in this process computes in `step` itself, and there is nothing to wait for.
    """

    def __init__(self, engine: Any) -> None:
        outputs = getattr(engine.engine_core, "outputs_queue", None)
        self._outputs: deque[Any] | None = getattr(outputs, "queue", None)
        self._idle = threading.Condition(threading.Lock())
        self._running: threading.Condition = getattr(outputs, "not_empty", None) or self._idle
        self.commands: deque[Callable[[Dispatcher], None] | None] = deque()

    def send(self, command: Callable[[Dispatcher], None] | None, *, may_wait: bool = True) -> None:
        """Leave a command (None: stop) and wake the pump.

        With `may_wait=False` it never blocks, as a finaliser must not: the pump is woken if the locks are free, and
        finds the command at its next step otherwise.
        """
        self.commands.append(command)
        for condition in {self._idle, self._running}:
            if condition.acquire(blocking=may_wait):
                try:
                    condition.notify_all()
                finally:
                    condition.release()

    def has_output(self) -> bool:
        """Whether `step` would return without waiting for another process."""
        return self._outputs is None or bool(self._outputs)

    def wait_for_command(self) -> None:
        """Sleep until there is a command."""
        with self._idle:
            while not self.commands:
                self._idle.wait()

    def wait_for_output(self) -> None:
        """Sleep until there is output or a command, or it is time to look around."""
        with self._running:
            if not self.commands and not self.has_output():
                self._running.wait(_LIVENESS_SECONDS)


class Dispatcher:
    """Runs requests on one `LLM`. Get it with `dispatcher_of`; all methods may be called from any thread."""

    def __init__(self, llm: LLM) -> None:
        self.llm = llm
        # Held while the tokenizer is in use.
        self.tokenizer_lock = threading.Lock()
        scheduler = llm.llm_engine.vllm_config.scheduler_config
        places = scheduler.max_num_seqs
        # Sequences in the engine at once, of all lines and of one. With priorities vLLM itself has to see all requests.
        by_priority = scheduler.policy == "priority"
        self._capacity = sys.maxsize if by_priority else places
        self._line_capacity = sys.maxsize if by_priority else places - min(4, places // 8)
        # How many requests a caller should have submitted at once, to keep the engine full with bounded memory.
        self.window = places + _ADMIT_AT_ONCE
        self._running: dict[str, Request] = {}
        self._sequences: Counter[object] = Counter()
        self._lines: OrderedDict[object, deque[Request]] = OrderedDict()
        self._signal = _Signal(llm.llm_engine)
        self._pump = threading.Thread(
            target=_pump, args=(self._signal, weakref.ref(self)), name="outlines-pump", daemon=True
        )
        self._pump.start()
        weakref.finalize(self, self._signal.send, None, may_wait=False)

    def submit(self, request: Request) -> None:
        """Put a request into its line."""
        self._signal.send(lambda dispatcher: dispatcher._enqueue(request))

    def abort(self, request: Request) -> None:
        """End a request, if it is not over, and wait until the engine has been told. Its receiver hears no more."""
        if request.over or threading.current_thread() is self._pump:
            self.abort_later(request)
            return
        self._signal.send(lambda dispatcher: dispatcher._abort(request))
        if not request.aborted.wait(_ABORT_SECONDS):
            logger.warning("vLLM did not take the abort of a request within %.0f seconds", _ABORT_SECONDS)

    def abort_later(self, request: Request) -> None:
        """End a request without waiting: for finalisers, which may run anywhere, also inside this module."""
        if not request.over:
            self._signal.send(lambda dispatcher: dispatcher._abort(request), may_wait=False)

    def call(self, function: Callable[[LLM], Any]) -> Any:
        """Run a function on the pump's thread, between two steps, and return its result or raise its exception.

        If the result is a future, what it brings is waited for here: the pump goes on.
        """
        answer: Future[Any] = Future()
        self._signal.send(lambda dispatcher: _run_into(answer, function, dispatcher.llm))
        while not wait([answer], _LIVENESS_SECONDS).done:
            if self._engine_is_dead():
                raise _as_failure(RuntimeError("its process died: see its log above"))
        return answer.result()

    # Everything below runs on the pump's thread.

    def _work(self) -> None:
        """Go on until every request is over and every command is carried out."""
        while True:
            while self._signal.commands:
                command = self._signal.commands.popleft()
                if command is not None:
                    command(self)
            admitted = self._admit()
            if not self._running:
                if not self._lines and not self._signal.commands:
                    return
                continue
            if self._signal.has_output():
                self._step()
            elif not admitted:
                self._signal.wait_for_output()
                self._look_around()

    def _enqueue(self, request: Request) -> None:
        self._lines.setdefault(request.line, deque()).append(request)

    def _admit(self) -> int:
        """Give waiting requests to the engine, one per line in turn. Returns how many."""
        admitted = 0
        while admitted < _ADMIT_AT_ONCE and (line := self._next_line()) is not None:
            waiting = self._lines.pop(line)
            request = waiting.popleft()
            if waiting:
                self._lines[line] = waiting
            self._start(request)
            admitted += 1
        return admitted

    def _next_line(self) -> object | None:
        """The first line whose next request finds a place. One that wants more places than there are may run alone."""
        everywhere = self._sequences.total()
        for line, waiting in self._lines.items():
            wanted, here = waiting[0].params.n, self._sequences[line]
            if (not everywhere or everywhere + wanted <= self._capacity) and (
                not here or here + wanted <= self._line_capacity
            ):
                return line
        return None

    def _start(self, request: Request) -> None:
        llm = self.llm
        request.engine_id = str(next(llm.request_counter))
        # Words are turned into tokens when a request with bad_words is added.
        uses_tokenizer = bool(request.params.bad_words)
        if uses_tokenizer:
            self.tokenizer_lock.acquire()
        try:
            llm.llm_engine.add_request(
                request.engine_id,
                request.prompt,
                request.params,
                lora_request=request.lora_request,
                priority=request.priority,
            )
        except BaseException as error:
            request.over = True
            if isinstance(error, Exception) and not self._engine_is_dead():
                self._deliver(request, as_value_error(error))
            else:
                self._deliver(request, _as_failure(error))
            return
        finally:
            if uses_tokenizer:
                self.tokenizer_lock.release()
        request.times.admitted = time.monotonic()
        self._running[request.engine_id] = request
        self._sequences[request.line] += request.params.n

    def _step(self) -> None:
        try:
            outputs = self.llm.llm_engine.step()
        except BaseException as error:
            self._fail_all(error)
            return
        for output in cast("list[RequestOutput]", outputs):
            request = self._running.get(output.request_id)
            if request is None:
                continue
            if request.times.first_token is None and any(completion.token_ids for completion in output.outputs):
                request.times.first_token = time.monotonic()
            if output.finished:
                request.times.finished = time.monotonic()
                self._remove(request)
            self._deliver(request, output)

    def _look_around(self) -> None:
        """Fail the running requests if nothing can come for them any more."""
        if self._signal.commands or self._signal.has_output():
            return
        if self._engine_is_dead():
            self._fail_all(RuntimeError("its process died: see its log above"))
        elif not self.llm.llm_engine.has_unfinished_requests():
            self._fail_all(RuntimeError("another caller used the LLM itself meanwhile and took the outputs"))

    def _engine_is_dead(self) -> bool:
        resources = getattr(self.llm.llm_engine.engine_core, "resources", None)
        return bool(getattr(resources, "engine_dead", False))

    def _give_up(self, error: BaseException) -> None:
        """Fail the waiting requests and the running ones: something went wrong that nobody expected."""
        waiting = [request for line in self._lines.values() for request in line]
        self._lines.clear()
        for request in waiting:
            request.over = True
            self._deliver(request, _as_failure(error))
        self._fail_all(error)

    def _fail_all(self, error: BaseException) -> None:
        """Fail the running requests."""
        logger.error("vLLM's engine failed: %s", error)
        failed = list(self._running.values())
        for request in failed:
            self._remove(request)
        try:
            self.llm.llm_engine.abort_request([str(request.engine_id) for request in failed])
        except Exception:
            logger.debug("the requests could not be aborted", exc_info=True)
        for request in failed:
            self._deliver(request, _as_failure(error))

    def _abort(self, request: Request) -> None:
        try:
            if request.over:
                return
            request.over = True
            if request.engine_id in self._running:
                self._remove(request)
                self.llm.llm_engine.abort_request([str(request.engine_id)])
            elif waiting := self._lines.get(request.line):
                waiting.remove(request)
                if not waiting:
                    del self._lines[request.line]
        except Exception:
            logger.exception("a request could not be aborted")
        finally:
            request.aborted.set()

    def _remove(self, request: Request) -> None:
        request.over = True
        if self._running.pop(str(request.engine_id), None) is not None:
            self._sequences[request.line] -= request.params.n
            if not self._sequences[request.line]:
                del self._sequences[request.line]

    def _deliver(self, request: Request, output: RequestOutput | Exception) -> None:
        try:
            request.receive(output)
        except Exception:
            # The receiver is gone, for example with its event loop.
            logger.debug("an output had no receiver", exc_info=True)
            self._abort(request)


def _run_into(answer: Future[Any], function: Callable[[LLM], Any], llm: LLM) -> None:
    """Run a function, and have its result, or what that brings later, become the answer."""
    try:
        result = function(llm)
    except BaseException as error:
        answer.set_exception(error)
        return
    if isinstance(result, Future):
        result.add_done_callback(lambda done: _run_into(answer, lambda _: done.result(), llm))
    else:
        answer.set_result(result)


def _as_failure(error: BaseException) -> GenerationError:
    failure = GenerationError(f"vLLM's engine failed: {error}")
    failure.__cause__ = error
    return failure


def _pump(signal: _Signal, reference: weakref.ref[Dispatcher]) -> None:
    while True:
        signal.wait_for_command()
        dispatcher = reference()
        if dispatcher is None:
            return
        try:
            dispatcher._work()
        except BaseException as error:
            # Whatever it is: the callers must not wait for ever, and the pump must be there for the next one.
            dispatcher._give_up(error)
        del dispatcher


_dispatchers: weakref.WeakValueDictionary[int, Dispatcher] = weakref.WeakValueDictionary()
_dispatchers_lock = threading.Lock()


def dispatcher_of(llm: LLM) -> Dispatcher:
    """The dispatcher that owns this `LLM`'s engine: one and the same for all models made of it."""
    with _dispatchers_lock:
        # A dispatcher keeps its LLM alive, so that the LLM's id is not used again while it is in the table.
        dispatcher = _dispatchers.get(id(llm))
        if dispatcher is None:
            dispatcher = _dispatchers[id(llm)] = Dispatcher(llm)
        return dispatcher
