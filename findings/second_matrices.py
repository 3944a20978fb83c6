"""Second checks of published quadratic programs and of small matrices, by means that share nothing with the first."""

from __future__ import annotations

from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import cvxpy as cp
import numpy as np

import copos
from experiments import gaps as programs
from experiments import smallest as matrices

Row = dict[str, Any]
HORN = np.array([[1, -1, 1, 1, -1], [-1, 1, -1, 1, 1], [1, -1, 1, -1, 1], [1, 1, -1, 1, -1], [-1, 1, 1, -1, 1]])


def gaps(rows: list[Row]) -> str:
    """Bounds under the optima of the authors, and level 0 of small programs written again for Clarabel."""
    known, counted, worst, solved = programs.optima(), 0, 0.0, 0
    for row in rows:
        if row["kind"] == "spar":
            best = -known[programs.name(row)]
            assert row["proved"] <= best + 1e-8 * abs(best), row
            assert abs(row["best"] - best) <= 1e-5 * abs(best), row
            counted += 1
        else:
            Q, point = programs.horn(row["n"], row["density"], row["seed"])
            assert row["proved"] <= 1 + point @ Q @ point + 1e-12, row
        if row["method"] == "level 0" and (row["kind"] == "horn" and row["seed"] == 1 or row["n"] <= 20):
            other = nonnegative(row) if row["kind"] == "horn" else mccormick(row)
            worst, solved = max(worst, abs(other - row["proved"]) / abs(other)), solved + 1
            assert worst <= 1e-4, (row, other)
    return (f"{counted} bounds not above the optima of the authors' README; level 0 of {solved} programs by Clarabel "
            f"through cvxpy differs by {worst:.1e}, relatively, at most")  # fmt: skip


def nonnegative(row: Row) -> float:
    """min <Q + E, Y> over doubly nonnegative Y with <E, Y> = 1."""
    Q = programs.horn(row["n"], row["density"], row["seed"])[0] + 1
    Y = cp.Variable(Q.shape, PSD=True)
    return float(cp.Problem(cp.Minimize(cp.sum(cp.multiply(Q, Y))), [Y >= 0, cp.sum(Y) == 1]).solve(solver="CLARABEL"))


def mccormick(row: Row) -> float:
    """min −½<Q, X> − c'x with [[1, x'], [x, X]] ⪰ 0 and the products of the bounds of x."""
    Q, c = programs.box(row["n"], row["density"], row["seed"])
    Z = cp.Variable((len(c) + 1, len(c) + 1), PSD=True)
    x, X = Z[1:, :1], Z[1:, 1:]
    ones = np.ones((1, len(c)))
    products = [Z[0, 0] == 1, X >= 0, x @ ones - X >= 0, 1 - x @ ones - (x @ ones).T + X >= 0]
    value = -cp.sum(cp.multiply(Q, X)) / 2 - c @ x[:, 0]
    return float(cp.Problem(cp.Minimize(value), products).solve(solver="CLARABEL"))


def smallest(rows: list[Row]) -> str:
    """Positive semidefinite by principal minors; apart from the completely positive ones by the Horn matrix."""
    read, count = 0, 0
    for row in rows:
        listed = matrices.doubly_nonnegative(row["trace"])
        all_ = np.concatenate([matrices.with_diagonal(d) for d in matrices.diagonals(row["trace"])])
        by_minors = {matrices.canonical(M) for M in all_[minors(all_)]}
        assert by_minors == {tuple(M.ravel().tolist()) for M in listed}, row
        apart = sum(any(not copositive(HORN[np.ix_(p, p)] * M) for p in permutations(range(5))) for M in listed)
        assert (apart, len(listed) - apart, 0) == (row["separated"], row["positive"], row["undecided"]), (row, apart)
        count += len(listed)
        if Path(str(row["certificate"])).is_file():
            assert copos.verify(row["certificate"]).proved, row
            read += 1
    return (f"{count} matrices by their 31 principal minors; <DHD, M> < 0 for a scaled and permuted Horn matrix "
            f"exactly where the package says no; {read} certificates read back")  # fmt: skip


def minors(M: np.ndarray) -> np.ndarray:
    """Which matrices of a stack of integer ones have principal minors ≥ 0?"""
    good = np.ones(len(M), dtype=bool)
    for size in range(1, M.shape[1] + 1):
        for S in combinations(range(M.shape[1]), size):
            good &= np.rint(np.linalg.det(M[:, S, :][:, :, S].astype(float))) >= 0
    return good


def copositive(M: np.ndarray) -> bool:
    """x'Mx ≥ 0 for x ≥ 0, support by support: at a least value over the simplex M_SS x_S = λe with x_S > 0."""
    for size in range(1, len(M) + 1):
        for S in combinations(range(len(M)), size):
            part = M[np.ix_(S, S)].astype(float)
            if abs(np.linalg.det(part)) < 0.5:  # integers; the least value of a singular part is on its boundary, too
                continue
            if (np.linalg.solve(part, np.ones(size)) < 0).all():
                return False
    return True
