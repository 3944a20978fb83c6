"""Ctrl-C and time limits around work that cannot be stopped in the middle."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

AGAIN = 0.01  # seconds until what Python has dropped is raised again


class OutOfTime(BaseException):
    """The time of a block is spent; no error that the block could handle."""


@contextmanager
def not_dropped() -> Iterator[None]:
    """Raise Ctrl-C and `OutOfTime` again in this block where Python drops them.

    It drops every exception in finalisers and in callbacks of weak references, and handlers of signals run there, too.
    """
    before, timers = sys.unraisablehook, list[threading.Timer]()

    def hook(dropped: Any) -> None:
        if not issubclass(dropped.exc_type, KeyboardInterrupt | OutOfTime):
            before(dropped)
            return
        timers.append(threading.Timer(AGAIN, _thread.interrupt_main))  # raised in this hook, it would be dropped, too
        timers[-1].daemon = True
        timers[-1].start()

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before
        for timer in timers:
            timer.cancel()
            timer.join()


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
        with not_dropped():
            yield
    finally:
        inside = False
        timer.cancel()
        timer.join()  # what is already on its way arrives before the old handler is back
        signal.signal(signal.SIGINT, before)
