"""One measurement: a task in a fresh process, repeated, with its peak memory; and what machine it ran on."""

from __future__ import annotations

import multiprocessing
import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

Row = dict[str, Any]
PACKAGES = ("numpy", "scipy", "clarabel", "scs", "highspy", "cvxpy", "picos", "cvxopt", "sdpa-python", "torch")
ENOUGH = 20.0  # seconds after which a task is not repeated
SHORT, MANY = 1.0, 25  # quick tasks are repeated for so long, or so often
# small dense kernels on few cores: one BLAS thread per process, for everybody
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"), "1")
os.environ.update(ONE_THREAD)

clock = time.process_time  # of all threads; a busy machine does not change it


def measure(
    task: Callable[..., Row | None],
    *arguments: Any,
    warm: tuple[Any, ...] | None = None,
    repeats: int = 3,
    limit: float = 300.0,
) -> Row:
    """Run a module-level function in a process of its own.

    Parameters
    ----------
    task : returns a dict of plain values, or None; keys that end in `_s` are seconds by `clock`
    arguments : picklable
    warm : arguments of a first small call, so that imports and caches are not measured
    repeats : at least so many, unless a task takes longer than `ENOUGH`; the median of every `_s` is taken
    limit : wall seconds after which the process is ended

    Returns
    -------
    The task's own columns, then `cpu_s` (of the whole task), `peak_MB` (of the process, the interpreter included) and
    `status` ("ok" unless the task says otherwise; "over N s", or the error).
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(there, task, arguments, warm, repeats), daemon=True)
    process.start()
    there.close()
    try:
        if not here.poll(limit):
            return {"status": f"over {limit:g} s"}
        return here.recv()
    except EOFError:
        process.join()
        return {"status": f"process ended with {process.exitcode}"}
    finally:
        process.kill()
        process.join()


def _child(pipe: Any, task: Callable[..., Row | None], arguments: Any, warm: Any, repeats: int) -> None:
    runs: list[Row] = []
    try:
        if warm is not None:
            task(*warm)
        begin = clock()
        while len(runs) < repeats or clock() - begin < SHORT and len(runs) < MANY:
            start = clock()
            found = task(*arguments) or {}
            runs.append({"status": "ok", **found, "cpu_s": clock() - start})
            if clock() - begin > ENOUGH:
                break
    except Exception as error:
        pipe.send({"status": f"{type(error).__name__}: {error}"[:80]})
        return
    out = dict(runs[-1])
    for key in out:
        if key.endswith("_s"):
            out[key] = statistics.median(run[key] for run in runs)
    pipe.send(out | {"peak_MB": peak_memory()})


def peak_memory() -> float:
    """Peak resident memory of this process in MB.

    Linux's ru_maxrss starts from the parent's at the fork, so VmHWM is read where there is one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines() if ":" in line)
        return int(lines["VmHWM"].split()[0]) / 1024
    scale = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


def yardstick() -> float:
    """Seconds of a fixed piece of work (sorting, eigenvalues, Python), to compare runs on different machines."""
    import numpy as np

    A = np.random.default_rng(0).standard_normal((200, 200))
    times = []
    for _ in range(5):
        start = clock()
        for _ in range(5):
            np.linalg.eigh(A @ A.T)
            np.sort((A * 1e6).astype(np.int64).ravel().repeat(10))
            sum(k * k for k in range(50_000))
        times.append(clock() - start)
    return min(times)


def machine() -> Row:
    """Processor, cores, memory, Python and the versions of what was measured; nothing that names the host."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "memory_GB": round(memory),
        "system": platform.system(),
        "python": platform.python_version(),
        "threads": 1,
        "versions": versions,
    }
