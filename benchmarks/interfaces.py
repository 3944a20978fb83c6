"""The same level directly, through the interfaces, and written out by hand in cvxpy and in picos.

By hand means vectorised: one variable for all moments, one index vector a block, no Python loop over entries. Building
ends where a solver has its data: the conic form here, `problem.get_problem_data` in cvxpy, the solver's own problem in
picos.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks._measure import Row, clock, measure
from benchmarks._table import Curve, Table
from copos.arithmetic import monomials
from copos.hierarchy import relax
from copos.instances.graphs import cycle
from copos.reformulation.stability_number import stability_number
from copos.solvers import solve

SCS = {"eps_abs": 1e-7, "eps_rel": 1e-7, "max_iters": 100_000}


def moment_places(n: int) -> np.ndarray:
    """Place of y_ijk among the cubic monomials, for all i, j, k."""
    at = np.stack([a.ravel() for a in np.indices((n, n, n))], axis=1)
    return monomials.rank(np.sort(at, axis=1)).reshape(n, n, n)


def cvxpy_by_hand(M: np.ndarray, level: int = 1) -> Any:
    """Min <M, X>, <E, X> = 1, X_jk = Σ_i y_ijk, (y_ijk)_jk ⪰ 0 for every i, y ≥ 0; at level 0 X ⪰ 0, X ≥ 0."""
    import cvxpy as cp

    n = len(M)
    if level == 0:
        X = cp.Variable((n, n), PSD=True)
        return cp.Problem(cp.Minimize(cp.sum(cp.multiply(M, X))), [cp.sum(X) == 1, X >= 0])
    place = moment_places(n)
    y = cp.Variable(monomials.count(n, 3), nonneg=True)
    blocks = [cp.reshape(y[place[a].ravel()], (n, n), order="C") for a in range(n)]
    X = sum(blocks[1:], blocks[0])
    constraints = [cp.sum(X) == 1, *(B >> 0 for B in blocks)]
    return cp.Problem(cp.Minimize(cp.sum(cp.multiply(M, X))), constraints)


def cvxpy_interface(M: np.ndarray, level: int = 1) -> Any:
    """The same with `copos.interop.cvxpy.completely_positive`."""
    import cvxpy as cp

    from copos.interop.cvxpy import completely_positive

    X = cp.Variable(M.shape)
    constraints = [cp.sum(X) == 1, *completely_positive(X, level=level)]
    return cp.Problem(cp.Minimize(cp.sum(cp.multiply(M, X))), constraints)


def in_cvxpy(
    write: Callable[[np.ndarray, int], Any], solver: str, n: int, options: dict[str, Any], solves: bool, level: int = 1
) -> Row:
    """Build with cvxpy, and solve."""
    M = np.eye(n) + cycle(n)
    start = clock()
    problem = write(M, level)
    problem.get_problem_data(solver)
    out = {"build_s": clock() - start}
    if solves:
        start = clock()
        value = float(problem.solve(solver=solver, **options))
        out |= {"solve_s": clock() - start, "value": value}
    return out


def through_picos(n: int, solves: bool, level: int = 1) -> Row:
    """Build with picos for CVXOPT, and solve; by hand, with a sparse index matrix a block."""
    import cvxopt
    import picos
    from picos.solvers import get_solver

    M = np.eye(n) + cycle(n)
    start = clock()
    problem = picos.Problem()
    problem.options.update(verbosity=0, solver="cvxopt", primals=None)
    if level == 0:
        X = picos.SymmetricVariable("X", n, lower=0)
        problem.add_constraint(X >> 0)
    else:
        place, count = moment_places(n), monomials.count(n, 3)
        y = picos.RealVariable("y", count, lower=0)
        X = picos.Constant(np.zeros((n, n)))
        for a in range(n):
            pick = cvxopt.spmatrix(1.0, range(n * n), place[a].ravel().tolist(), (n * n, count))
            block = (picos.Constant(pick) * y).reshaped((n, n))
            problem.add_constraint(block >> 0)
            X = X + block
    problem.add_constraint((X | np.ones((n, n))) == 1)
    problem.minimize = X | M
    get_solver("cvxopt")(problem)._load_problem()  # picos has no public call that stops at the solver's data
    out = {"build_s": clock() - start}
    if solves:
        start = clock()
        problem.solve()
        out |= {"solve_s": clock() - start, "value": float(problem.value)}
    return out


def direct(n: int, solves: bool, level: int = 1) -> Row:
    """The direct method: `relax`, and the default solver."""
    program = stability_number(cycle(n))
    start = clock()
    relaxation = relax(program, level)
    out = {"build_s": clock() - start}
    if solves:
        start = clock()
        out |= {"value": solve(relaxation.form).value, "solve_s": clock() - start}
    return out


METHODS: dict[str, tuple[Callable[..., Row], tuple]] = {
    "copos": (direct, ()),
    "cvxpy interface + Clarabel": (in_cvxpy, (cvxpy_interface, "CLARABEL")),
    "cvxpy + Clarabel": (in_cvxpy, (cvxpy_by_hand, "CLARABEL")),
    "cvxpy + SCS 1e-7": (in_cvxpy, (cvxpy_by_hand, "SCS")),
    "picos + CVXOPT": (through_picos, ()),
}


def interfaces(quick: bool) -> Iterator[Row]:
    """Level 1 for the stability number of the cycle C_n: seconds to build, to solve, and memory."""
    for n in (9, 15) if quick else (9, 15, 21, 25, 31):
        for method, (task, fixed) in METHODS.items():
            slow = {"picos + CVXOPT": 9, "cvxpy + SCS 1e-7": 15}.get(method, 21)
            solves = n <= slow  # minutes beyond
            options = (SCS if "SCS" in method else {},) if fixed else ()
            found = measure(task, *fixed, n, *options, solves, warm=(*fixed, 5, *options, True), repeats=5)
            yield {"case": f"C{n}", "n": n, "method": method, **found}


TABLES = [Table("interfaces", interfaces, ratio=("build_s", "copos"), curve=Curve("n", "build_s"))]
