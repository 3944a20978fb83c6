"""Numbers of threads: is anything slower as it is installed than with the best setting of OMP_NUM_THREADS?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks._measure import ONE_THREAD, Row
from benchmarks._table import LEAST, Table
from benchmarks._thread_tasks import TASKS

REPEATS = 3
WORSE = 1.1  # times the best setting: the default is then a bad one
LIMIT = 600.0  # wall seconds


def settings() -> dict[str, int | None]:
    """Nothing set, 1, 2 and all cores."""
    cores = os.cpu_count() or 1
    return {"default": None, "1": 1, "2": 2} | ({"all": cores} if cores > 2 else {})


def timed(name: str, threads: int | None) -> Row:
    """The least of fresh processes: what else runs on the machine costs CPU time too, but not always."""
    environment = {key: value for key, value in os.environ.items() if key not in ONE_THREAD}
    if threads is not None:
        environment |= dict.fromkeys(ONE_THREAD, str(threads))
    command = [sys.executable, "-m", "benchmarks._thread_tasks", name]
    runs = []
    for _ in range(REPEATS):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT,
                              cwd=Path(__file__).parent.parent)  # fmt: skip
        if done.returncode:
            return {"status": done.stderr.strip().splitlines()[-1][:80]}
        runs.append(json.loads(done.stdout.splitlines()[-1]))
    return {key: min(run[key] for run in runs) for key in runs[0]}


def threads(quick: bool) -> Iterator[Row]:
    """CPU seconds in fresh processes by number of threads; a default more than 10 % above the best is bad."""
    for name in list(TASKS)[5:7] if quick else TASKS:
        rows = {setting: timed(name, number) for setting, number in settings().items()}
        best = min((row["cpu_s"] for row in rows.values() if "cpu_s" in row), default=0.0)
        for setting, row in rows.items():
            slow = setting == "default" and row.get("cpu_s", 0.0) > max(WORSE * best, best + LEAST)
            word = f"{row['cpu_s'] / best:.2f} times the best" if slow else "ok"
            yield {"case": name, "threads": setting, **row, "status": row.get("status", word)}


TABLES = [Table("threads", threads, key=("case", "threads"))]
