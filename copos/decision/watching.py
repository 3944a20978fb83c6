"""A line on the terminal about the search for a support, and the callback."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from copos.decision.cover_tree import Progress
from copos.support.progress import progress_line
from copos.support.renamed import warn

PAUSE = 0.1  # seconds between two lines


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
    with progress_line(bool(progress), "copositive?", lambda at: f"{at[0]} supports treated, {at[1]} waiting") as show:
        if show is None:
            yield callback
            return
        last = 0.0

        def both(treated: int, waiting: int) -> None:
            nonlocal last
            if (now := time.monotonic()) - last > PAUSE:
                last = now
                show((treated, waiting))
            if callback is not None:
                callback(treated, waiting)

        yield both
