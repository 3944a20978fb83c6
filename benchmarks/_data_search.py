"""The search on data: a question by kind and number, its outcome as a row, and what the rows say by kind.

Question k of a kind depends on the two alone. An outcome says what is false of the answer, whether it was proved and
the gap closed, and why not; an exception other than a ValueError of the package's own is an error, and a question that
takes too long is skipped.
"""

from __future__ import annotations

import re
import signal
import traceback
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from zlib import crc32

import numpy as np

from benchmarks._data_kinds import DATA
from benchmarks._measure import Row, clock
from benchmarks._network_questions import NETWORKS
from benchmarks._other_questions import OTHERS, OWN
from benchmarks._polynomial_questions import POLYNOMIALS
from benchmarks._program_questions import PROGRAMS
from benchmarks._question import Question

SEED = 15
SECONDS = 20.0  # of CPU time for one question
MAKERS = NETWORKS | OTHERS | POLYNOMIALS  # of questions about tables, and how often
ALONE = PROGRAMS | OWN
DATA_KINDS = (*DATA, *ALONE)


class OutOfTime(BaseException):  # nothing that catches Exception may catch it
    """The question took too long."""


def drawn(kind: str, k: int) -> Question:
    """Question k of a kind."""
    rng = np.random.default_rng([SEED, crc32(kind.encode()), k])
    if kind in ALONE:
        return ALONE[kind](rng)
    make = list(MAKERS)[rng.choice(len(MAKERS), p=list(MAKERS.values()))]
    return make(rng, *DATA[kind](rng))


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """OutOfTime after so many CPU seconds, as soon as Python code runs."""

    def stop(*_: object) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def outcome(kind: str, k: int, seconds: float = SECONDS) -> Row:
    """What became of question k; `wrong` is empty if all is as it must be."""
    question, start = drawn(kind, k), clock()
    row: Row = {"k": k, "kind": kind, "entrance": question.entrance, "how": question.how, "proved": False,
                "closed": False, "reason": "", "wrong": [], "error": "", "skipped": False}  # fmt: skip
    try:
        with warnings.catch_warnings(), limited(seconds):
            warnings.simplefilter("ignore")
            answer = question.ask()
    except OutOfTime:
        row |= {"skipped": True, "reason": f"over {seconds:g} s"}
    except Exception as error:  # no question here is bad input, but the package may say why it cannot answer
        if isinstance(error, ValueError) and said_by_the_package(error):
            row["reason"] = f"refused: {error}"
        else:
            row |= {"error": f"{type(error).__name__}: {error}"[:200], "reason": f"raised {type(error).__name__}"}
    else:
        row |= question.judge(answer)._asdict()
    return row | {"cpu_s": clock() - start}


def said_by_the_package(error: Exception) -> bool:
    """Was it raised by copos itself, and not by NumPy or another package inside it?"""
    frames = list(traceback.walk_tb(error.__traceback__))
    return str(frames[-1][0].f_globals.get("__name__", "")).split(".")[0] == "copos"


def short(reason: str) -> str:
    """A reason without its numbers and details."""
    return re.sub(r"[-+]?\d[\d.e+-]*", "#", reason)[:70]


def numbers(rows: list[Row], most: int = 6) -> str:
    """Which questions, the first few."""
    shown = [f"{row['kind']} {row['k']}" for row in rows[:most]]
    return ", ".join(shown) + (", …" if len(rows) > most else "")


def summary(rows: Iterable[Row], by: str = "kind") -> list[Row]:
    """Counts by kind or by entrance."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[by]].append(row)
    out = []
    for name, group in groups.items():
        n = len(group)
        reasons = Counter(short(row["reason"]) for row in group if not row["proved"])
        wrong = [row for row in group if row["wrong"]]
        raised = [row for row in group if row["error"]]
        out.append({
            by: name, "runs": n, "proved": f"{sum(row['proved'] for row in group) / n:.0%}",
            "closed": f"{sum(row['closed'] for row in group) / n:.0%}", "wrong": len(wrong), "errors": len(raised),
            "skipped": sum(row["skipped"] for row in group), "cpu_s": sum(row["cpu_s"] for row in group),
            "no proof": "; ".join(f"{count} {reason}" for reason, count in reasons.most_common(3)),
            "status": f"WRONG: {numbers(wrong)}" if wrong else f"raised: {numbers(raised)}" if raised else "ok",
        })  # fmt: skip
    return out
