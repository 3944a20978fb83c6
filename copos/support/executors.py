"""Where independent pieces of work run: processes of this machine, or a Dask cluster, behind one interface.

Both are a `concurrent.futures.Executor`, so whatever takes one (experiments, branch and bound) runs on either.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import Any

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processes(jobs: int | None = None) -> ProcessPoolExecutor:
    """Worker processes, one per core unless told otherwise, each with one BLAS thread.

    They are spawned, not forked: a fork after solver threads have started may hang. They end with the process that
    started them, however that ends, and leave Ctrl-C to it.

    Raises
    ------
    ValueError
        If `jobs` is not an integer ≥ 1.

    Examples
    --------
    >>> with processes(1) as pool:
    ...     pool.submit(abs, -2).result()
    2
    """
    count = cores() if jobs is None else jobs
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ValueError(f"jobs must be an integer ≥ 1, got {jobs!r}")
    for name in THREADS:  # read by BLAS when a worker starts; the environment is what a spawned process inherits
        os.environ.setdefault(name, "1")
    return ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_end_with_parent)


def stop(executor: Executor) -> None:
    """End an executor, and its processes if it has any, whatever they are doing."""
    workers = list((getattr(executor, "_processes", None) or {}).values())
    if isinstance(executor, ProcessPoolExecutor):
        executor.shutdown(wait=False, cancel_futures=True)
    else:  # a cluster's executor cancels what it no longer waits for
        executor.shutdown(wait=False)
    for worker in workers:
        worker.terminate()


def _end_with_parent() -> None:
    """In a worker: end as soon as the parent is gone, which closes its end of a pipe even if it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is None:
        return
    sentinel = parent.sentinel
    if hasattr(signal, "SIGIO") and isinstance(sentinel, int):
        with suppress(ImportError, OSError, AttributeError):  # Linux: the kernel itself ends a worker in a long solve
            import fcntl

            fcntl.fcntl(sentinel, fcntl.F_SETOWN, os.getpid())
            fcntl.fcntl(sentinel, fcntl.F_SETFL, fcntl.fcntl(sentinel, fcntl.F_GETFL) | os.O_ASYNC)
    threading.Thread(target=_watch, args=(sentinel,), daemon=True).start()


def _watch(sentinel: Any) -> None:
    wait([sentinel])
    os._exit(1)


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
