"""Running the cases of an experiment on any executor: resumable, and one failed case is a row like the others."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from copos.experiment.question import Case, Experiment, Row, find, key_of
from copos.experiment.rows import versions
from copos.experiment.table import Table
from copos.threads import one_blas_thread

ATTEMPTS = 3  # how often a case may bring its worker down before it counts as failed
BEFORE, AFTER = ("key",), ("seconds", "outcome", "message", "versions")


@dataclass(frozen=True)
class Outcome:
    """What a run did: rows that were there, rows that it added, rows that failed (of all), and the whole table."""

    resumed: int
    added: int
    failed: int
    rows: list[Row]


def columns(experiment: Experiment) -> tuple[str, ...]:
    """The table's columns: key, the case, what `run` returns, and how it went."""
    own = [name for name in experiment.columns if name not in experiment.fields()]
    return (*BEFORE, *experiment.fields(), *own, *AFTER)


def run(
    name: str,
    path: str | Path,
    which: str = "small",
    start: Callable[[], Executor] | None = None,
    width: int = 1,
    progress: Callable[[int, int, Row], None] | None = None,
    again: bool = False,
) -> Outcome:
    """Run what is missing of a set and append it to a table.

    Parameters
    ----------
    name : of an experiment, or the path of a .py file, as `find` takes it; workers look it up themselves
    path : the table, a .csv file; rows that are there are not computed again
    which : the set of cases
    start : makes an executor, again after one has broken; by default cases run in this process, one after the other
    width : how many cases are under way at once
    progress : called with (rows there, rows in all, row) after every row
    again : compute cases once more that are recorded as failed

    Returns
    -------
    Outcome
        Its rows are in the order of the cases, whatever the order they came in.

    Raises
    ------
    ValueError
        For an unknown experiment or set, or a table with other columns.
    """
    experiment = find(name)
    cases = {key_of(case): case for case in experiment.cases(which)}
    with Table(path, columns(experiment)) as table:
        latest = {row["key"]: row for row in table.rows()}
        there = {key for key, row in latest.items() if not again or row["outcome"] == "done"}
        missing = {key: case for key, case in cases.items() if key not in there}
        resumed = len(cases) - len(missing)
        for count, (key, row) in enumerate(_results(name, missing, start, width), 1):
            row = {"key": key, **cases[key], **row}
            table.append(row)
            if progress is not None:
                progress(resumed + count, len(cases), row)
        latest = {row["key"]: row for row in table.rows()}
    rows = [latest[key] for key in cases]
    failed = sum(row["outcome"] != "done" for row in rows)
    return Outcome(resumed, len(missing), failed, rows)


def work(name: str, case: Case) -> Row:
    """One case, in whatever process: its row, or a row that says why there is none."""
    begin = time.perf_counter()
    try:
        with one_blas_thread():
            row = find(name).run(**case)
        outcome, message = "done", ""
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        row, outcome = {}, "failed"
        message = f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})"
    ended = {"seconds": time.perf_counter() - begin, "outcome": outcome, "message": message, "versions": versions()}
    return {**row, **ended}


def _results(
    name: str, cases: dict[str, Case], start: Callable[[], Executor] | None, width: int
) -> Iterator[tuple[str, Row]]:
    """(key, row) as they come in."""
    if start is None:
        yield from ((key, work(name, case)) for key, case in cases.items())
        return
    waiting, attempts = list(cases), dict.fromkeys(cases, 0)
    executor: Executor | None = None
    under_way: dict[Future[Row], str] = {}
    try:
        while waiting or under_way:
            executor = start() if executor is None else executor
            try:
                while waiting and len(under_way) < width:
                    under_way[executor.submit(work, name, cases[waiting[0]])] = waiting[0]
                    waiting.pop(0)
                ended = wait(under_way, return_when=FIRST_COMPLETED).done
                broken = [under_way[f] for f in ended if isinstance(f.exception(), BrokenExecutor)]
            except BrokenExecutor:
                ended, broken = set(), list(under_way.values())
            for future in ended:
                if under_way[future] not in broken:
                    yield under_way.pop(future), _row(future)
            if broken:  # a worker died; which of the cases under way did it is not known, so each is tried again
                executor.shutdown(wait=False)
                executor, suspects = None, [*under_way.values()]
                under_way.clear()
                for key in suspects:
                    attempts[key] += 1
                    if attempts[key] < ATTEMPTS:
                        waiting.append(key)
                    else:
                        yield key, _lost(f"its worker process died {ATTEMPTS} times")
                width = 1 if waiting and max(attempts.values()) > 1 else width  # alone, a case answers for itself
    finally:
        for future in under_way:
            future.cancel()
        if executor is not None:
            executor.shutdown(wait=False)


def _row(future: Future[Row]) -> Row:
    """What a future holds; a cluster that gave a case up says so by an exception."""
    error = future.exception()
    return future.result() if error is None else _lost(f"{type(error).__name__}: {error}")


def _lost(message: str) -> Row:
    return {"outcome": "failed", "message": message, "versions": versions()}


def untimed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows without what differs between two runs of the same cases: seconds."""
    return [{name: value for name, value in row.items() if not name.endswith("seconds")} for row in rows]
