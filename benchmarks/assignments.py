"""Quadratic assignments, proved: of QAPLIB, and random flows on grids and cubes.

`python -m benchmarks assignments DIR` takes the files *.dat of QAPLIB in a folder: n, A, B, and in *.sln beside them n,
the published cost, a permutation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks._measure import Row, clock, measure
from benchmarks._table import Table

FOLDER: Path | None = None  # set by the command line
LIMIT, WALL = 300.0, 8.0  # processor seconds; so many times more of wall time


def grid(rows: int, columns: int) -> np.ndarray:
    """Distances of the places of a grid, |Δ row| + |Δ column|, as in the nug instances of QAPLIB."""
    at = np.array(list(product(range(rows), range(columns))))
    return np.abs(at[:, None] - at[None]).sum(axis=2)


def cube(d: int) -> np.ndarray:
    """Hamming distances of words of d bits, as in the esc instances of QAPLIB (there less 1)."""
    words = np.arange(2**d)
    return sum((np.bitwise_xor.outer(words, words) >> k) & 1 for k in range(d))


def gilmore_lawler(A: np.ndarray, B: np.ndarray) -> int:
    """min Σ_i l_ip(i), l_ik = A_ii B_kk + the least product of the rest of row i of A with that of row k of B."""
    from scipy.optimize import linear_sum_assignment

    off = ~np.eye(len(A), dtype=bool)
    rows = [np.sort(M[off].reshape(len(M), -1), axis=1) for M in (A, B)]
    cost = np.outer(np.diag(A), np.diag(B)) + rows[0] @ rows[1][:, ::-1].T
    return int(cost[linear_sum_assignment(cost)].sum())


# flows of nug12 of QAPLIB [NugentVollmannRuml1968], above the diagonal; the first rows are those of nug6 and nug8
NUGENT = """5 2 4 1 0 0 6 2 1 1 1|3 0 2 2 2 0 4 5 0 0|0 0 0 0 5 5 2 2 2|5 2 2 10 0 0 5 5|10 0 0 0 5 1 1|5 1 1 5 4 0|
10 5 2 3 3|0 0 5 0|0 10 10|5 0|2"""


def nugent(n: int) -> np.ndarray:
    """The flows among the first n facilities."""
    A = np.zeros((12, 12), dtype=int)
    A[np.triu_indices(12, 1)] = [int(v) for v in NUGENT.replace("|", " ").split()]
    return (A + A.T)[:n, :n]


# name ↦ (facilities, places as for `ASSIGNMENTS`, the published optimum)
PUBLISHED = {"nug6": (6, "grid 2×3", 86), "nug8": (8, "grid 2×4", 214), "nug12": (12, "grid 3×4", 578)}
ASSIGNMENTS: dict[str, Callable[[], np.ndarray]] = {
    "grid 2×3": lambda: grid(2, 3), "grid 2×4": lambda: grid(2, 4), "grid 3×3": lambda: grid(3, 3),
    "grid 2×5": lambda: grid(2, 5), "grid 3×4": lambda: grid(3, 4), "grid 4×4": lambda: grid(4, 4),
    "cube 8": lambda: cube(3), "cube 16": lambda: cube(4),
}  # fmt: skip


def instance(name: str) -> tuple[np.ndarray, np.ndarray, int | None]:
    """(A, B, published cost) of a file or a published instance, or random flows from 0 to 10 with a third of them 0."""
    if name.endswith(".dat"):
        path = Path(name)
        numbers = np.array(path.read_text(encoding="utf-8").split(), dtype=int)
        n = int(numbers[0])
        A, B = numbers[1 : 1 + 2 * n * n].reshape(2, n, n)
        known = path.with_suffix(".sln")
        return A, B, int(known.read_text(encoding="utf-8").split()[1]) if known.exists() else None
    if name in PUBLISHED:
        n, places, cost = PUBLISHED[name]
        return nugent(n), ASSIGNMENTS[places](), cost
    B = ASSIGNMENTS[name]()
    n, rng = len(B), np.random.default_rng(1)
    flows = np.triu(rng.integers(1, 11, (n, n)) * (rng.random((n, n)) < 2 / 3), 1)
    return flows + flows.T, B, None


def assigned(name: str) -> Row:
    """The bracket, checked, beside what is published and the bound of Gilmore and Lawler."""
    import copos

    A, B, published = instance(name)
    problem = copos.quadratic_assignment(A, B)
    start = clock()
    # CPU seconds, since wall seconds on a shared machine are those of others, too
    found = copos.bracket(problem, tolerance=1e-6, time_limit=WALL * LIMIT,
                          callback=lambda _: clock() - start > LIMIT)  # fmt: skip
    seconds, start = clock() - start, clock()
    return {"n": len(A), "published": published, "Gilmore–Lawler": gilmore_lawler(A, B), "lower": found.lower,
            "upper": found.upper, "gap": found.gap / found.upper if found.upper else 0.0, "closed": found.closed,
            "cells": found.cells, "proved": found.verify().proved, "total_s": seconds,
            "verify_s": clock() - start}  # fmt: skip


def assignments(quick: bool) -> Iterator[Row]:
    """Quadratic assignments: of QAPLIB, and random flows on grids and on cubes (esc-like); 5 min of processor time."""
    names = [*PUBLISHED, *ASSIGNMENTS][: 1 if quick else None]
    if FOLDER is not None:
        names = sorted(map(str, FOLDER.glob("*.dat")))
    for name in names:
        case = Path(name).stem if name.endswith(".dat") else name
        yield {"case": case, "method": "copos", **measure(assigned, name, repeats=1, limit=WALL * LIMIT)}


TABLES = [Table("assignments", assignments)]
