"""One BLAS thread for the duration of a public call.

The dense kernels here are small and many: pools of threads cost more to wake than they gain, and NumPy and SciPy bring
a pool each, whose threads spin against one another as soon as the cores are busy. The limit is set once, by the
outermost call, because setting it inside loops costs as much as it saves; it is lifted when that call returns.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from threadpoolctl import threadpool_limits

P = ParamSpec("P")
R = TypeVar("R")

_lock = threading.Lock()
_calls, _limits = 0, None  # of all threads: BLAS has one setting per process


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """One thread in every BLAS pool until the outermost block of any thread ends.

    >>> import numpy as np
    >>> with one_blas_thread():
    ...     float(np.linalg.norm(np.ones((3, 3)) @ np.ones(3)))
    5.196152422706632
    """
    global _calls, _limits
    import scipy.linalg  # noqa: F401 - its pool must be loaded to be limited

    with _lock:
        _calls += 1
        if _limits is None:
            _limits = threadpool_limits(1)
    try:
        yield
    finally:
        with _lock:
            _calls -= 1
            if _calls == 0:
                ended: Any = _limits
                _limits = None
                ended.restore_original_limits()


def on_one_blas_thread(function: Callable[P, R]) -> Callable[P, R]:
    """The function, every call of it inside `one_blas_thread`."""

    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        with one_blas_thread():
            return function(*args, **kwargs)

    return limited
