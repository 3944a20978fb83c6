"""Ctrl-C and time limits around work that cannot be stopped in the middle."""

from __future__ import annotations

import _thread
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class OutOfTime(BaseException):
    """The time of a block is spent; no error that the block could handle."""


@contextmanager
def deferred() -> Iterator[Callable[[], bool]]:
    """Keep Ctrl-C until the end of this block; the function says whether it was pressed.

    For compiled code that asks, between its steps, whether to stop: an exception raised in what it asks would be lost.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before, seen = signal.getsignal(signal.SIGINT), list[tuple[int, Any]]()
    signal.signal(signal.SIGINT, lambda number, frame: seen.append((number, frame)))
    try:
        yield lambda: bool(seen)
    finally:
        signal.signal(signal.SIGINT, before)
    if seen and callable(before):
        before(*seen[0])


@contextmanager
def within(seconds: float | None) -> Iterator[None]:
    """Raise `OutOfTime` in this block after so many seconds, at the next step of Python.

    For work in pure Python that knows no clock, in the main thread.

    Examples
    --------
    >>> import time
    >>> with within(0.01):
    ...     while True:
    ...         time.sleep(0.001)
    Traceback (most recent call last):
    copos.support.interrupts.OutOfTime: 0.01 seconds are over
    """
    if seconds is None:
        yield
        return
    before, rung, inside = signal.getsignal(signal.SIGINT), threading.Event(), True

    def ring() -> None:
        rung.set()
        _thread.interrupt_main()  # runs the handler below in the main thread, on every system

    def handle(number: int, frame: Any) -> None:
        if not rung.is_set():
            if callable(before):
                before(number, frame)
        elif inside:
            raise OutOfTime(f"{seconds:g} seconds are over")

    signal.signal(signal.SIGINT, handle)
    timer = threading.Timer(seconds, ring)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        inside = False
        timer.cancel()
        timer.join()  # what is already on its way arrives before the old handler is back
        signal.signal(signal.SIGINT, before)
