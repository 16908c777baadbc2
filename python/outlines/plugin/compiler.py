"""From a constraint to a compiled index, once.

vLLM asks for a compile per request (three times for n=3) in a pool of (cpus+1)/2 threads. `IndexCache` makes
that one compile per constraint: the first request starts it, those that come while it runs share its future
(no thread waits), and later ones find it done. One cache serves one vocabulary.
"""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass

from outlines.constraint import Constraint
from outlines.guide import Index, Vocabulary, check_constraint

# How much is kept: compiled indexes, and the bytes that they hold together. A typical index is under 2 MB; one that is
# used for texts of ever new kinds keeps to a limit of its own (`Index.memory_limit`).
CAPACITY = 1024
BUDGET = 1 << 30


@functools.lru_cache(maxsize=1024)
def check(constraint: Constraint) -> None:
    """Refuse a constraint that cannot be compiled, without a vocabulary. What passes is remembered.

    Raises:
        ConstraintError: `RegexError`, `JsonSchemaError` or `GrammarError`, saying what is wrong and where.
    """
    check_constraint(constraint.plain())


def compile_index(constraint: Constraint, vocabulary: Vocabulary) -> Index:
    """Compile for one vocabulary. Releases the GIL.

    Raises:
        ConstraintError: as `check`, or a limit (time, states, memory) was passed.
    """
    return Index.from_constraint(constraint.plain(), vocabulary)


@dataclass
class _Entry:
    """A kept index, and the bytes that it held when it was looked at last: 0 while it is compiled."""

    future: Future[Index]
    size: int = 0


class IndexCache:
    """Least-recently-used indexes by constraint, one compile each (single-flight). Thread-safe.

    Indexes grow as they are used. Each request has it looked at what two of them hold, which takes some microseconds
    however many there are: at its own, and at the next of all of them in turn.

    Args:
        build: compiles one constraint; runs where `submit` puts it.
        submit: runs a function of one constraint and gives its future (`ThreadPoolExecutor.submit`).
        capacity: the number of indexes kept.
        budget: bytes that they may hold together.
    """

    def __init__(
        self,
        build: Callable[[Constraint], Index],
        submit: Callable[[Callable[[Constraint], Index], Constraint], Future[Index]],
        capacity: int = CAPACITY,
        budget: int = BUDGET,
    ) -> None:
        self._build = build
        self._submit = submit
        self._capacity = capacity
        self._budget = budget
        self._entries: OrderedDict[Constraint, _Entry] = OrderedDict()
        # The sum of the entries' sizes.
        self._held = 0
        self._turn: Iterator[Constraint] = iter(())
        self._lock = threading.Lock()
        self.compiles = 0
        self.hits = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, constraint: Constraint) -> Future[Index]:
        """The index's future: done, under way, or started by this call. Never blocks."""
        with self._lock:
            self._look_at_next()
            entry = self._entries.get(constraint)
            if entry is not None:
                self._entries.move_to_end(constraint)
                self.hits += 1
                self._look(entry)
                self._evict()
                return entry.future
            entry = self._entries[constraint] = _Entry(self._submit(self._build, constraint))
            self.compiles += 1
            self._evict()
        # Outside the lock: the callback runs at once, in this thread, when the compile is done by now.
        entry.future.add_done_callback(functools.partial(self._done, constraint))
        return entry.future

    def _look(self, entry: _Entry) -> None:
        size = _size(entry.future)
        self._held += size - entry.size
        entry.size = size

    def _look_at_next(self) -> None:
        constraint = next(self._turn, None)
        if constraint is None:
            self._turn = iter(list(self._entries))
        elif (entry := self._entries.get(constraint)) is not None:
            self._look(entry)

    def _evict(self) -> None:
        """Let go of the least recently used; requests that still run on them keep them alive."""
        while len(self._entries) > 1 and (len(self._entries) > self._capacity or self._held > self._budget):
            _, oldest = self._entries.popitem(last=False)
            self._held -= oldest.size

    def _done(self, constraint: Constraint, future: Future[Index]) -> None:
        """Count what was compiled. A failure is shared by those who waited for it, but not kept: a limit may pass next
        time."""
        with self._lock:
            entry = self._entries.get(constraint)
            if entry is None or entry.future is not future:
                return
            if future.cancelled() or future.exception() is not None:
                del self._entries[constraint]
            else:
                self._look(entry)
                self._evict()


def _size(future: Future[Index]) -> int:
    """Bytes of an index; 0 while it is compiled, or when that failed."""
    if not future.done() or future.cancelled() or future.exception() is not None:
        return 0
    return future.result().nbytes
