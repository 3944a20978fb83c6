"""Mutants, each judged in a process of its own, with what it may cost; answers are kept as lines of JSON."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import resource
import selectors
import signal
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import clarabel

from tests.mutants.alterations import ROOT, Mutant, alter, source_of
from tests.mutants.judges import Judge

SLOWER, SECONDS = 15.0, 0.6  # a judge may take so many times its own time, and so much more; processor time
MEMORY = 3 << 30
WORDS = 160  # characters that are kept of what was noticed


class Answer(NamedTuple):
    """Who noticed a mutant and why; "" where nobody did."""

    file: str
    key: str
    line: int
    source: str  # digest of the altered function or table, as it was
    noticed: str
    asked: int
    tests: str  # digest of the checker and of what judged it


class Limits(NamedTuple):
    """Mutants at a time, and seconds of judges that each of them is worth."""

    processes: int = 1
    seconds: float = 1.0


class TooLong(BaseException):
    """A mutant that does not end."""


class Solves(BaseException):
    """A judge who calls a solver with threads of its own: these are not there in a forked process, which would wait."""


def state() -> str:
    """A digest of the checker's files and of the tests."""
    out = hashlib.sha256()
    for path in sorted([*ROOT.glob("check*.py"), *Path(__file__).parent.parent.glob("*/*.py")]):
        out.update(path.read_bytes())
    return out.hexdigest()[:12]


def kept(path: Path) -> dict[tuple[str, str], Answer]:
    """The answers of an earlier run; a line that was cut off is none."""
    out = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        with contextlib.suppress(ValueError, TypeError):
            answer = Answer(**json.loads(line))
            out[answer.file, answer.key] = answer
    return out


def still(mutant: Mutant, answer: Answer | None, now: str, explained: bool = False) -> bool:
    """Does an answer hold now? It is of the same code, and noticed or explained, or given by the same tests."""
    if answer is None or answer.source != source_of(mutant.unit):
        return False
    return answer.tests == now or bool(answer.noticed) or explained


def judged(
    mutants: list[Mutant], judges: list[Judge], path: Path, limits: Limits, reasons: dict[str, dict[str, str]]
) -> Iterator[Answer]:
    """The answers for mutants, in the order in which they come; each is written to the file at once."""
    now, answers, last = state(), kept(path), dict[tuple[str, str], str]()
    todo = []
    for m in mutants:
        answer = answers.get((m.file, m.key))
        if answer is not None and still(m, answer, now, m.key in reasons.get(m.file, {})):
            yield answer
        else:
            todo.append(m)
    todo.sort(key=lambda m: (m.file, m.key) in answers)  # what was never judged comes first
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as handle:
        for m, asked, noticed in spread(todo, judges, limits, last):
            answer = Answer(m.file, m.key, m.lines[0], source_of(m.unit), noticed[:WORDS], asked, now)
            handle.write(json.dumps(answer._asdict(), ensure_ascii=False) + "\n")
            handle.flush()
            yield answer


def spread(
    todo: Iterable[Mutant], judges: list[Judge], limits: Limits, last: dict[tuple[str, str], str]
) -> Iterator[tuple[Mutant, int, str]]:
    """(mutant, judges asked, what was noticed); `last` remembers who noticed the one before in the same function."""
    waiting, running = iter(todo), selectors.DefaultSelector()
    while True:
        while len(running.get_map()) < limits.processes and (m := next(waiting, None)) is not None:
            asked = concerned(m, judges, limits.seconds)
            asked.sort(key=lambda judge: judge.name != last.get((m.file, m.function)))
            child, end = started(m, asked)
            running.register(end, selectors.EVENT_READ, (m, len(asked), child, end))
        if not running.get_map():
            return
        for ready, _ in running.select():
            m, count, child, end = ready.data
            running.unregister(end)
            with os.fdopen(end, encoding="utf-8", errors="replace") as pipe:
                said = pipe.read()
            os.waitpid(child, 0)
            name, _, noticed = said.partition("\n") if said else ("", "", "it does not end, or takes all memory")
            if name:
                last[m.file, m.function] = name
            yield m, count, f"{name}: {noticed}" if name else noticed


def concerned(m: Mutant, judges: list[Judge], enough: float) -> list[Judge]:
    """Those who run through the altered lines, all where these lie outside of functions; only so many are asked.

    First come the cheap ones, and among them those of whom most is about this file.
    """
    near = [j for j in judges if not m.function or any((m.file, k) in j.lines for k in m.lines)]
    near.sort(key=lambda j: j.seconds / (0.02 + j.shares.get(m.file, 0.0)))
    out, seconds = [], 0.0
    for judge in near:
        seconds += judge.seconds
        if seconds > enough:
            break
        out.append(judge)
    return out


def started(m: Mutant, asked: list[Judge]) -> tuple[int, int]:
    """A process that judges one mutant: its number, and where its answer can be read."""
    read, write = os.pipe()
    child = os.fork()
    if child:
        os.close(write)
        return child, read
    status = 1
    try:
        os.close(read)
        limit = int(sum(SLOWER * j.seconds for j in asked) + SECONDS * 5 + 10)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
        resource.setrlimit(resource.RLIMIT_AS, (address_space() + MEMORY,) * 2)
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        name, noticed = verdict(m, asked)
        os.write(write, f"{name}\n{noticed[:WORDS]}".encode()[:4000])
        status = 0
    finally:
        os._exit(status)


def address_space() -> int:
    """Bytes of this process's own."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def verdict(m: Mutant, asked: list[Judge]) -> tuple[str, str]:
    """The first judge who notices, and what."""
    signal.signal(signal.SIGVTALRM, _late)
    clarabel.DefaultSolver = _solves
    try:
        alter(m)
    except Exception as error:  # noqa: BLE001 - code that cannot even be loaded
        return "loading", f"{type(error).__name__}: {error}"
    for judge in asked:
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS + SLOWER * judge.seconds)
        try:
            said = judge.call()
        except TooLong:
            said = "it does not end"
        except Solves:
            said = ""
        except BaseException as error:  # noqa: BLE001 - whatever it raises, it was noticed; a failure of pytest is none
            said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        if said:
            return judge.name, " ".join(said.split())
    return "", ""


def _late(*_: Any) -> None:
    raise TooLong


def _solves(*_: Any) -> None:
    raise Solves


def clock() -> float:
    """Processor seconds of this process and of those that it waited for."""
    own, below = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + below.ru_utime + below.ru_stime
