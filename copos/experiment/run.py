"""Running the cases of an experiment on any executor: resumable, and one failed case is a row like the others."""

from __future__ import annotations

import math
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from copos.experiment.question import Case, Experiment, Row, file_of, find, key_of
from copos.experiment.rows import versions
from copos.experiment.table import Table
from copos.support import options
from copos.support.executors import stop
from copos.support.looks import one_line
from copos.support.renamed import renamed
from copos.support.threads import one_blas_thread

ATTEMPTS = 3  # how often a case may bring its worker down before it counts as failed
BEFORE, AFTER = ("key",), ("seconds", "outcome", "message", "versions", "source", "code")
KIND = ("key", "seconds", "outcome", "message", "versions")  # a table with these columns is one of an experiment


@one_line
@dataclass(frozen=True)
class Outcome:
    """The outcome of a run.

    Attributes
    ----------
    resumed, added, failed : rows that were there, rows that it added, rows that failed (of all)
    rows : the whole table
    left : cases for which there was no time
    aside : where a table of other code was moved to
    unwritten : why rows are not in the table, though they are in `rows`
    """

    resumed: int
    added: int
    failed: int
    rows: list[Row]
    aside: Path | None = None
    unwritten: str = ""
    left: int = 0


def columns(experiment: Experiment) -> tuple[str, ...]:
    """The table's columns: key, the case, what `run` returns, and how it went.

    Raises
    ------
    ValueError
        If the experiment uses a name that is taken.
    """
    own = [name for name in experiment.columns if name not in experiment.fields()]
    out = (*BEFORE, *experiment.fields(), *own, *AFTER)
    if len(set(out)) < len(out):
        twice = sorted({name for name in out if out.count(name) > 1})
        raise ValueError(f"the column {twice[0]!r} is there twice; every table has {', '.join(BEFORE + AFTER)}")
    return out


@renamed(progress="callback")
def run(
    name: str,
    path: str | Path,
    which: str = "small",
    start: Callable[[], Executor] | None = None,
    width: int = 1,
    callback: Callable[[int, int, Row], Any] | None = None,
    again: bool = False,
    time_limit: float | None = None,
) -> Outcome:
    """Run what is missing of a set and append it to a table.

    Parameters
    ----------
    name : of an experiment, or the path of a .py file, as `find` takes it; workers look it up themselves
    path : the table, a .csv file; rows that are there are not computed again
    which : the set of cases
    start : makes an executor, again after one has broken; by default cases run in this process, one after the other
    width : how many cases are under way at once
    callback : called with (rows there, rows in all, row) after every row
    again : compute cases once more that are recorded as failed
    time_limit : wall seconds, after which no case begins, and those under way on an executor are given up

    Returns
    -------
    Outcome
        Its rows are in the order of the cases, whatever the order they came in. Rows that could not be written are
        there, too.

    Raises
    ------
    ValueError
        For an unknown experiment or set, or a file that is no table of an experiment.
    """
    limit = options.seconds(time_limit)
    until = math.inf if limit is None else time.perf_counter() + limit
    experiment = find(name)
    cases = {key_of(case): case for case in experiment.cases(which)}
    source = str(file_of(name))
    with Table(path, columns(experiment), {"code": experiment.code}, KIND) as table:
        latest = {row["key"]: row for row in table.rows()}
        there = {key for key, row in latest.items() if not again or row["outcome"] == "done"}
        missing = {key: case for key, case in cases.items() if key not in there}
        resumed, count, ledger = len(cases) - len(missing), 0, Ledger(table)
        for count, (key, row) in enumerate(_results(name, missing, start, width, until), 1):
            if row["outcome"] == "done" and row["code"] != experiment.code:
                row = _lost("its worker runs other code than this process; was a file changed during the run?")
            row = ledger.add({**cases[key], **row, "key": key, "source": source, "code": experiment.code}, cases[key])
            if callback is not None:
                callback(resumed + count, len(cases), row)
        ledger.flush()
        latest = {row["key"]: row for row in [*table.rows(), *ledger.waiting]}
    rows = [latest[key] for key in cases if key in latest]  # `again` leaves failed ones of before
    failed, added = sum(row["outcome"] != "done" for row in rows), count
    return Outcome(resumed, added, failed, rows, table.aside, ledger.words(), len(missing) - added)


class Ledger:
    """Rows on their way into a table: one that is no text is a failed row, one that the disk refuses waits."""

    def __init__(self, table: Table) -> None:
        self.table, self.waiting, self.error = table, list[Row](), ""

    def add(self, row: Row, case: Case) -> Row:
        """Write a row, or the failed row that stands for it; returns which."""
        self.flush()
        try:
            self._write(row)
        except Exception as error:  # whatever a value does when it is asked for its text
            kept = {name: row[name] for name in (*BEFORE, *AFTER) if name in row}
            message = f"the row cannot be written as text, {type(error).__name__}: {_words(error)}"
            row = {**{field: _words(value) for field, value in case.items()}, **kept, "outcome": "failed",
                   "message": message}  # fmt: skip
            self._write(row)
        return row

    def _write(self, row: Row) -> None:
        try:
            self.table.append(row)
        except OSError as error:
            self.error = str(error)
            self.waiting.append(row)

    def flush(self) -> None:
        """Try those again that wait."""
        waiting, self.waiting = self.waiting, []
        for row in waiting:
            self._write(row)

    def words(self) -> str:
        """The rows that are missing in the table, in words."""
        return f"{len(self.waiting)} rows are not in {self.table.path}: {self.error}" if self.waiting else ""


def _words(value: Any) -> str:
    with suppress(Exception):
        return str(value).encode("utf-8", "backslashreplace").decode()[:1000]
    return type(value).__name__


def work(name: str, case: Case) -> Row:
    """One case, in whatever process: its row, or a row that says why there is none."""
    begin = time.perf_counter()
    code = ""
    try:
        experiment = find(name)
        code = experiment.code
        with one_blas_thread():
            row = {**experiment.run(**case)}
        outcome, message = "done", ""
    except (Exception, SystemExit) as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        row, outcome = {}, "failed"
        message = f"{type(error).__name__}: {_words(error)} ({Path(last.filename).name}:{last.lineno})"
    ended = {"seconds": time.perf_counter() - begin, "outcome": outcome, "message": message, "versions": versions()}
    return {**row, **ended, "code": code}


def _results(
    name: str, cases: dict[str, Case], start: Callable[[], Executor] | None, width: int, until: float
) -> Iterator[tuple[str, Row]]:
    """(key, row) as they come in, until it is time."""
    if start is None:
        for key, case in cases.items():
            if time.perf_counter() >= until:
                return
            yield key, work(name, case)
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
                left = None if until == math.inf else max(until - time.perf_counter(), 0)
                ended = wait(under_way, left, FIRST_COMPLETED).done
                if not ended:
                    return
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
        if executor is not None:
            stop(executor)  # nothing is under way, or nobody waits for it any more


def _row(future: Future[Row]) -> Row:
    """The row of a future; a cluster that gave a case up says so by an exception."""
    error = future.exception()
    return future.result() if error is None else _lost(f"{type(error).__name__}: {error}")


def _lost(message: str) -> Row:
    return {"outcome": "failed", "message": message, "versions": versions(), "code": ""}


def untimed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows without what differs between two runs of the same cases: seconds."""
    return [{name: value for name, value in row.items() if not name.endswith("seconds")} for row in rows]
