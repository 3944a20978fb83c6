"""A line on the terminal about a search that takes longer than a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console

from copos.decision.cover_tree import Progress
from copos.support.renamed import warn

QUIET, PAUSE = 1.0, 0.2  # seconds before the first line, and between two lines


@contextmanager
def watched(progress: bool | Progress, callback: Progress | None) -> Iterator[Progress | None]:
    """A function of (supports treated, supports waiting) for a search: a line, if one is wanted, and the callback.

    A function given as `progress`, as in version 0.1, is the callback, with a warning.
    """
    if callable(progress):
        if callback is not None:
            raise TypeError("got a function as progress, which is now callback, and a callback")
        warn("progress=function", "callback=function", stacklevel=7)
        progress, callback = False, progress
    if not progress:
        yield callback
        return
    with _line() as show:

        def both(treated: int, waiting: int) -> None:
            show(treated, waiting)
            if callback is not None:
                callback(treated, waiting)

        yield both


@contextmanager
def _line() -> Iterator[Callable[[int, int], None]]:
    """A line on standard error that is rewritten now and then, if that is a terminal."""
    console = Console(stderr=True)
    start = last = time.monotonic()
    status: Any = None

    def show(treated: int, waiting: int) -> None:
        nonlocal last, status
        now = time.monotonic()
        if not console.is_terminal or now - start < QUIET or now - last < PAUSE:
            return
        last = now
        text = f"{treated} supports treated, {waiting} waiting, {now - start:.0f} s"
        if status is None:
            status = console.status(text)
            status.start()
        else:
            status.update(text)

    try:
        yield show
    finally:
        if status is not None:
            status.stop()
