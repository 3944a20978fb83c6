"""How small can an integer matrix be that is doubly nonnegative and not completely positive?

Order four is not enough [MaxfieldMinc1962], and at order five the graph must have a cycle through all points: a graph
without odd cycles of length five and more makes every doubly nonnegative matrix completely positive [KoganBerman1993].
So these matrices of order five are listed by their trace, one of every class under permutations, and decided.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations, product
from math import isqrt
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import copos
from copos.experiment import Experiment, grid

ORDER = 5
FOLDER = Path("results/smallest")  # where the certificates of matrices that are not completely positive go
ROWS, COLUMNS = np.triu_indices(ORDER, 1)
ORDERS = np.array(list(permutations(range(ORDER))))
CYCLES = sorted({tuple(sorted(int(np.flatnonzero((min(i, j) == ROWS) & (max(i, j) == COLUMNS))[0])
                              for i, j in zip(p, np.roll(p, 1), strict=True))) for p in ORDERS})  # fmt: skip
Matrices = NDArray[np.int64]


def diagonals(trace: int, count: int = ORDER, least: int = 1) -> Iterator[tuple[int, ...]]:
    """Nondecreasing positive integers with a sum."""
    if count == 1:
        yield (trace,)
        return
    for first in range(least, trace // count + 1):
        yield from ((first, *rest) for rest in diagonals(trace - first, count - 1, first))


def with_diagonal(d: tuple[int, ...]) -> Matrices:
    """Nonnegative integer matrices with a diagonal, a_ij² ≤ a_ii a_jj, and a cycle through all five points."""
    ranges = [range(isqrt(d[i] * d[j]) + 1) for i, j in zip(ROWS, COLUMNS, strict=True)]
    cells = np.array(list(product(*ranges)))
    cells = cells[np.any([(cells[:, list(cycle)] > 0).all(axis=1) for cycle in CYCLES], axis=0)]
    out = np.zeros((len(cells), ORDER, ORDER), dtype=np.int64)
    out[:, range(ORDER), range(ORDER)] = d
    out[:, ROWS, COLUMNS] = out[:, COLUMNS, ROWS] = cells
    return out


def canonical(M: NDArray[np.int64]) -> tuple[int, ...]:
    """The last of its permuted copies that keep the diagonal nondecreasing, row by row."""
    kept = ORDERS[(np.diff(M.diagonal()[ORDERS], axis=1) >= 0).all(axis=1)]
    return max(tuple(M[np.ix_(p, p)].ravel().tolist()) for p in kept)


def doubly_nonnegative(trace: int) -> list[NDArray[np.int64]]:
    """One of every class. Minors are integers: an eigenvalue below 0 is below −1e-6 at these sizes."""
    found = set()
    for d in diagonals(trace):
        all_ = with_diagonal(d)
        found |= {canonical(M) for M in all_[np.linalg.eigvalsh(all_)[:, 0] > -1e-6]}
    return [np.array(M).reshape(ORDER, ORDER) for M in sorted(found)]


def run(trace: int) -> dict[str, Any]:
    """How many there are, how many are completely positive and how many are not, all proved."""
    answers, first, path = {True: 0, False: 0, None: 0}, "", ""
    matrices = doubly_nonnegative(trace)
    for M in matrices:
        decision = copos.is_completely_positive(M)
        proved = decision.certificate is not None and decision.certificate.verify().proved
        answers[decision.answer if proved else None] += 1
        if decision.answer is False and not first:
            first = str(M.tolist())
            FOLDER.mkdir(parents=True, exist_ok=True)
            path = str(FOLDER / f"smallest-{trace}.json")
            decision.certificate.save(path)
    return {"matrices": len(matrices), "positive": answers[True], "separated": answers[False],
            "undecided": answers[None], "first": first, "certificate": path}  # fmt: skip


def draw(rows: list[dict[str, Any]], figure: Any) -> None:
    """How many by trace."""
    axis = figure.subplots()
    for k, key in enumerate(("positive", "separated", "undecided")):
        axis.bar([row["trace"] + 0.25 * (k - 1) for row in rows], [row[key] for row in rows], 0.25, label=key)
    axis.set_yscale("symlog")
    axis.set_xlabel("trace")
    axis.set_ylabel("classes of matrices")
    axis.legend(["completely positive", "not completely positive", "undecided"])


def findings(rows: list[dict[str, Any]]) -> str:
    """Trace by trace."""
    lines = ["| trace | doubly nonnegative, with a 5-cycle | completely positive | not | undecided | the first |",
             "|---|---|---|---|---|---|"]  # fmt: skip
    lines += [f"| {row['trace']} | {row['matrices']} | {row['positive']} | {row['separated']} | {row['undecided']} | "
              f"{row['first'] or '–'} |" for row in rows]  # fmt: skip
    least = min((row["trace"] for row in rows if row["separated"]), default=None)
    found = f"The smallest trace of one that is not completely positive is {least}." if least else "All are."
    return "\n".join([found + " All answers are proved, and matrices counted up to permutations:", "", *lines])


EXPERIMENT = Experiment(
    question="How small can an integer matrix be that is doubly nonnegative and not completely positive?",
    sets={"small": grid(trace=(5, 6, 7)), "full": grid(trace=tuple(range(5, 11)))},
    columns=("matrices", "positive", "separated", "undecided", "first", "certificate"),
    run=run,
    draw=draw,
    findings=findings,
)
