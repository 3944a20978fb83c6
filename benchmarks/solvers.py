"""Which solver for which conic form: seconds, iterations and relative errors side by side.

Every solver keeps its own stopping rule except SCS, whose default (1e-4) is set to 1e-7. The error is that of the dual
value, from which bounds are proved, relative to the reference; the reference is Clarabel's value where it says optimal,
otherwise the splitting solver's at 1e-9.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp

from benchmarks._measure import Row, clock
from benchmarks._table import Table
from copos import solvers
from copos.arithmetic import svec
from copos.conic import Cones, ConicForm, Status
from copos.hierarchy.relaxation import relax
from copos.program import CompletelyPositiveProgram
from copos.reformulation.linear_network.program import linear_network
from copos.solvers.splitting.projections import Projection

SECONDS = 60.0
OPTIONS = {
    "clarabel": {"time_limit": SECONDS},
    "scs": {"eps_abs": 1e-7, "eps_rel": 1e-7, "max_iters": 1_000_000, "time_limit_secs": SECONDS},
    "cvxopt": {},
    "splitting": {"time_limit": SECONDS},
    "default": {},
}
CVXOPT_VARIABLES = 800  # it has no time limit; beyond this it needs minutes
CLARABEL_ROWS = 8000  # beyond this one iteration takes a minute, and the time limit is looked at between iterations


def theta_prime(n: int, seed: int = 0) -> ConicForm:
    """−θ'(G(n, ½)): min −<E, X>, tr X = 1, X_ij = 0 on edges, X doubly nonnegative."""
    adjacent = np.triu(np.random.default_rng(seed).random((n, n)) < 0.5, 1)
    i, j = svec.triangle(n)
    free = np.flatnonzero(~adjacent[i, j])
    diagonal = (i == j)[free]
    off = np.flatnonzero(~diagonal)
    lines = sp.csr_array((-np.ones(len(off)), (np.arange(len(off)), off)), shape=(len(off), len(free)))
    k = np.arange(len(free))
    matrix = sp.csr_array((-svec.scaling(n)[free], (free, k)), shape=(len(i), len(free)))
    A = sp.vstack([sp.csr_array(diagonal[None, :].astype(float)), lines, matrix])
    b = np.concatenate([[1.0], np.zeros(len(off) + len(i))])
    return ConicForm(np.where(diagonal, -1.0, -2.0), A, b, Cones(1, len(off), (), (n,)))


def random_lmi(variables: int, orders: tuple[int, ...], seed: int = 0) -> ConicForm:
    """Sparse block LMI with a complementary pair built in: one or two variables per entry, rank S = 0.3 n."""
    rng = np.random.default_rng(seed)
    K = Cones(psd=orders)
    m, extra = K.rows, K.rows // 3
    A = sp.csr_array(
        (-rng.choice([0.5, 1.0, 2.0], m), (np.arange(m), rng.integers(0, variables, m))), shape=(m, variables)
    )
    A += sp.csr_array(
        (rng.standard_normal(extra), (rng.integers(0, m, extra), rng.integers(0, variables, extra))),
        shape=(m, variables),
    )
    w = np.zeros(m)
    for kind, n, rows in K.slices():
        if kind != "psd":
            continue
        V = np.linalg.qr(rng.standard_normal((n, n)))[0]
        k = max(1, int(0.3 * n))
        w[rows] = svec.svec((V * np.r_[rng.uniform(0.2, 2, k), -rng.uniform(0.2, 2, n - k)]) @ V.T)
    s, z = Projection(K).split(w)
    return ConicForm(-A.T @ z, A, A @ rng.standard_normal(variables) + s, K)


def weighted_low_rank(d: int, seed: int, level: int) -> ConicForm:
    """Min Σ w_ij (W_ij − Y_ij)² over rank one, weights in 10^[−2, 1]: the compact lift at a level."""
    rng = np.random.default_rng(seed)
    Y = rng.standard_normal((d, d))
    weights = 10 ** rng.uniform(-2, 1, (d, d))
    program = linear_network(np.eye(d), Y, [d, 1, d], lift="projection")
    C, k = np.zeros((program.cone.ambient,) * 2), np.arange(1, 1 + d * d)
    C[0, 0] = (weights * Y * Y).sum()
    C[0, k] = C[k, 0] = -(weights * Y).ravel()
    C[k, k] = weights.ravel()
    weighted = CompletelyPositiveProgram(program.cone, C, program.equations, program.vanishing)
    return relax(weighted, level).form


def factor_lift(d_in: int, d_out: int, samples: int, rank: int, level: int) -> ConicForm:
    """A deep linear network on random data: the faithful lift, bounded and balanced."""
    rng = np.random.default_rng(1)
    X, Y = rng.standard_normal((d_in, samples)), rng.standard_normal((d_out, samples))
    program = linear_network(X, Y, [d_in, rank, d_out], "factor", strengthen=("bounded", "balanced"))
    return relax(program, level).form


def problems(small: bool) -> Iterator[tuple[str, ConicForm]]:
    """Names and forms, from small to large."""
    for n in (20, 40) if small else (20, 40, 60, 100):
        yield f"theta' of G({n}, 1/2)", theta_prime(n)
    yield "random LMI, 10 of 20, 2 of 40", random_lmi(500, (20,) * 10 + (40,) * 2)
    if not small:
        yield "random LMI, 20 of 30, 2 of 100", random_lmi(2000, (30,) * 20 + (100,) * 2)
        yield "random LMI, 10 of 60, 2 of 200", random_lmi(6000, (60,) * 10 + (200,) * 2)
    sizes = ((3, 3, 0), (3, 3, 1)) if small else ((3, 3, 0), (3, 3, 1), (4, 0, 0), (5, 2, 0), (4, 0, 1), (5, 2, 1))
    for d, seed, level in sizes:
        yield f"compact lift {d}x{d}, level {level}", weighted_low_rank(d, seed, level)
    yield "factor lift 3+2, level 0", factor_lift(3, 2, 6, 1, 0)
    if not small:
        yield "factor lift 4+4, level 0", factor_lift(4, 4, 20, 2, 0)


def compare(name: str, form: ConicForm) -> Iterator[Row]:
    """All solvers on one form."""
    found, seconds = {}, {}
    for solver in OPTIONS:
        if solver not in (*solvers.available(), "default"):
            continue
        if (
            solver == "cvxopt"
            and form.shape[1] > CVXOPT_VARIABLES
            or solver == "clarabel"
            and form.shape[0] > CLARABEL_ROWS
        ):
            continue
        start = clock()
        found[solver] = solvers.solve(form, None if solver == "default" else solver, **OPTIONS[solver])
        seconds[solver] = clock() - start
    if "clarabel" in found and found["clarabel"].status is Status.OPTIMAL:
        reference = found["clarabel"].value
    else:
        reference = solvers.solve(form, "splitting", tolerance=1e-9, time_limit=2 * SECONDS).dual_value
    m, n = form.shape
    for solver, s in found.items():
        error = abs(s.dual_value - reference) / max(1.0, abs(reference))
        yield {
            "case": name, "variables": n, "rows": m, "largest": max(form.cones.psd, default=0), "method": solver,
            "status": "ok" if s.status is Status.OPTIMAL else s.status.value, "solve_s": seconds[solver],
            "iterations": s.iterations, "error": f"{error:.0e}",
        }  # fmt: skip


def table(quick: bool) -> Iterator[Row]:
    """Every solver on forms from small to large: seconds, and the relative error of the dual value."""
    for name, form in problems(quick):
        yield from compare(name, form)


TABLES = [Table("solvers", table, ratio=("solve_s", "splitting"))]
