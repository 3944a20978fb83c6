"""Level 1 for a stability number: seconds until a solver has its data, by the direct road and through cvxpy.

By hand means the level written in vectorised cvxpy: one variable for all moments, one index matrix per block.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from copos import monomials
from copos.hierarchy import relax
from copos.instances.graphs import cycle
from copos.interop.cvxpy import completely_positive
from copos.reformulation.stability_number import stability_number
from copos.solvers import solve


def by_hand(M: np.ndarray) -> Any:
    """The problem min <M, X>, <E, X> = 1 with X_jk = Σ_i y_ijk, (y_ijk)_jk ⪰ 0 for every i and y ≥ 0."""
    import cvxpy as cp

    n = len(M)
    i, j, k = np.indices((n, n, n))
    place = monomials.rank(np.sort(np.stack([i.ravel(), j.ravel(), k.ravel()], axis=1), axis=1)).reshape(n, n, n)
    y = cp.Variable(monomials.count(n, 3), nonneg=True)
    blocks = [cp.reshape(y[place[a].ravel()], (n, n), order="C") for a in range(n)]
    X = sum(blocks[1:], blocks[0])
    constraints = [cp.sum(X) == 1, *(B >> 0 for B in blocks)]
    return cp.Problem(cp.Minimize(cp.sum(cp.multiply(M, X))), constraints)


def through_the_door(M: np.ndarray) -> Any:
    """The same with `copos.interop.cvxpy.completely_positive`."""
    import cvxpy as cp

    X = cp.Variable(M.shape)
    constraints = [cp.sum(X) == 1, *completely_positive(X, level=1)]
    return cp.Problem(cp.Minimize(cp.sum(cp.multiply(M, X))), constraints)


def seconds(build: Callable[[], Any], repeats: int = 3) -> float:
    """Best of several."""
    best = np.inf
    for _ in range(repeats):
        start = time.perf_counter()
        build()
        best = min(best, time.perf_counter() - start)
    return best


def main() -> None:
    """Print the table."""
    print(f"{'n':>3} {'direct':>9} {'door':>9} {'by hand':>9} {'hand/direct':>12}   value: direct, door, hand")
    for n in (9, 11, 15):
        M = np.eye(n) + cycle(n)
        program = stability_number(cycle(n))
        direct = seconds(lambda program=program: relax(program, 1))
        door = seconds(lambda M=M: through_the_door(M).get_problem_data("CLARABEL"))
        hand = seconds(lambda M=M: by_hand(M).get_problem_data("CLARABEL"))
        values = [solve(relax(program, 1).form, "clarabel").value]
        values += [float(make(M).solve(solver="CLARABEL")) for make in (through_the_door, by_hand)]
        row = ", ".join(f"{v:.7f}" for v in values)
        print(f"{n:>3} {direct:>8.3f}s {door:>8.3f}s {hand:>8.3f}s {hand / direct:>11.1f}x   {row}", flush=True)
