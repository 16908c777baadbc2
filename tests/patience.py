"""How long an oracle may take: some run on without end where ours answers."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator


class TooLongError(Exception):
    """The oracle takes too long."""


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raises `TooLongError` in a body that takes longer."""

    def give_up(*_: object) -> None:
        raise TooLongError

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
