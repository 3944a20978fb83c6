"""Where independent pieces of work run: processes of this machine, or a Dask cluster, behind one interface.

Both are a `concurrent.futures.Executor`, so whatever takes one (experiments, branch and bound) runs on either.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processes(jobs: int | None = None) -> ProcessPoolExecutor:
    """Worker processes, one per core unless told otherwise, each with one BLAS thread.

    They are spawned, not forked: a fork after solver threads have started may hang.

    Raises
    ------
    ValueError
        If `jobs` is not a whole number ≥ 1.

    Examples
    --------
    >>> with processes(1) as pool:
    ...     pool.submit(abs, -2).result()
    2
    """
    count = cores() if jobs is None else jobs
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ValueError(f"jobs must be a whole number ≥ 1, got {jobs!r}")
    for name in THREADS:  # read by BLAS when a worker starts; the environment is what a spawned process inherits
        os.environ.setdefault(name, "1")
    return ProcessPoolExecutor(count, mp_context=get_context("spawn"))


@contextmanager
def cluster(address: str) -> Iterator[tuple[Executor, int]]:
    """An executor on a running Dask scheduler, with the number of threads that its workers have.

    A task whose worker dies is run again elsewhere by Dask itself.

    Raises
    ------
    ImportError
        If `distributed` is not installed.
    ConnectionError
        If nobody answers at the address, for instance "tcp://127.0.0.1:8786".
    """
    try:
        from distributed import Client
    except ImportError:
        raise ImportError("a Dask cluster needs the extra: pip install 'copos[distributed]'") from None
    try:
        client: Any = Client(address, timeout="10s")
    except (OSError, ValueError) as error:
        raise ConnectionError(f"no Dask scheduler answers at {address!r}: {error}") from None
    with client:
        threads = sum(worker["nthreads"] for worker in client.scheduler_info(n_workers=-1)["workers"].values())
        yield client.get_executor(pure=False), max(1, threads)
