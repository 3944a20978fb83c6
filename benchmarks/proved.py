"""Bounds proved to a tolerance: from the program to a checked certificate, against solvers that only claim.

The seconds of copos are of the whole call: building the level, solving, finding the proof and checking it exactly.
Those of the others are of cvxpy and the solver, and there is no proof.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from benchmarks._measure import Row, clock, measure
from benchmarks._table import Curve, Table
from copos import lower_bound
from copos.instances.graphs import hamming, johnson
from copos.levels.stopping import Judge
from copos.levels.warm_start import Solved
from copos.program import CompletelyPositiveProgram
from copos.reformulation.linear_network.program import linear_network
from copos.reformulation.stability_number import clique_number, stability_number

CVXPY = {
    "cvxpy + SCS": ("SCS", {"eps_abs": 1e-7, "eps_rel": 1e-7, "max_iters": 100_000}),
    "cvxpy + Clarabel": ("CLARABEL", {}),
}
LIMIT = 6000  # wall seconds, on a machine that may be shared; what is measured is CPU time
CLARABEL_ORDER = 100  # 60 s there, and growing with the sixth power


def random_graph(n: int, seed: int = 0) -> np.ndarray:
    """G(n, ½)."""
    upper = np.triu(np.random.default_rng(seed).random((n, n)) < 0.5, 1)
    return (upper | upper.T).astype(np.int64)


def keller4() -> np.ndarray:
    """The 171 neighbours of a word in the Keller graph of dimension 4."""
    # words over Z_4, adjacent if they differ in at least two places, in one of them by two
    words = np.array(list(product(range(4), repeat=4)))
    difference = (words[:, None] - words[None]) % 4
    adjacent = ((difference != 0).sum(axis=2) >= 2) & (difference == 2).any(axis=2)
    near = np.flatnonzero(adjacent[0])
    return adjacent[np.ix_(near, near)].astype(np.int64)


CLIQUES = {
    "keller4": keller4,
    "hamming8-4": lambda: hamming(8, range(4, 9)),
    "johnson16-2-4": lambda: johnson(16, 2, [0]),
}


def proved(program: CompletelyPositiveProgram, tolerance: float, level: int = 0, **options: Any) -> Row:
    """One call of `lower_bound`."""
    start = clock()
    bound = lower_bound(program, level, tolerance=tolerance, **options)
    seconds = clock() - start
    gap = (bound.claimed - bound.lower) / abs(bound.claimed)
    return {"total_s": seconds, "value": bound.lower, "gap": f"{gap:.1e}", "moments": bound.moments,
            "largest": bound.largest,
            "status": "ok" if bound.proved and gap <= tolerance else f"gap {gap:.0e}"}  # fmt: skip


def theta_copos(n: int) -> Row:
    """ϑ' of G(n, ½), proved to 1e-6."""
    return proved(stability_number(random_graph(n), edges="vanishing"), 1e-6)


def theta_cvxpy(n: int, solver: str, options: dict[str, Any]) -> Row:
    """ϑ' of G(n, ½), vectorised."""
    import cvxpy as cp

    start = clock()
    X = cp.Variable((n, n), PSD=True)
    edges = np.nonzero(np.triu(random_graph(n)))
    problem = cp.Problem(cp.Minimize(-cp.sum(X)), [cp.trace(X) == 1, X[edges] == 0, X >= 0])
    value = problem.solve(solver=solver, **options)
    status = "ok" if problem.status == "optimal" else problem.status
    return {"total_s": clock() - start, "value": float(value), "status": status}


def theta(quick: bool) -> Iterator[Row]:
    """ϑ′ of random graphs: seconds to a bound proved to 1e-6, and of solvers at 1e-7 without a proof."""
    for n in (20, 40) if quick else (50, 100, 200, 300, 500, 1000):
        yield {"case": "G(n, 1/2)", "n": n, "method": "copos", **measure(theta_copos, n, warm=(10,), limit=LIMIT)}
        for name, (solver, options) in CVXPY.items():
            if n <= CLARABEL_ORDER or solver == "SCS" and n <= 500:
                found = measure(theta_cvxpy, n, solver, options, warm=(5, solver, options), repeats=1, limit=LIMIT)
                yield {"case": "G(n, 1/2)", "n": n, "method": name, **found}


def clique(name: str) -> Row:
    """ϑ' of the complement of a DIMACS clique graph, proved to 1e-4."""
    return proved(clique_number(CLIQUES[name](), edges="vanishing"), 1e-4)


def cliques(quick: bool) -> Iterator[Row]:
    """Constructible DIMACS graphs: seconds to a bound on the clique number proved to 1e-4."""
    for name in ("johnson16-2-4",) if quick else CLIQUES:
        yield {"case": name, "method": "copos", **measure(clique, name, limit=600)}


def weighted(d: int, rank: int, seed: int, spread: float = 0.0) -> CompletelyPositiveProgram:
    """Min Σ w_ij (W_ij − Y_ij)² over rank ≤ r, weights in 10^[−2, 1]: the compact lift."""
    rng = np.random.default_rng(seed)
    Y = rng.standard_normal((d, d))
    weights = 10 ** rng.uniform(-2, 1, (d, d))
    weights = weights * np.exp(spread * np.random.default_rng(99).standard_normal((d, d)))
    program = linear_network(np.eye(d), Y, [d, rank, d], lift="projection")
    C, k = np.zeros((program.cone.ambient,) * 2), np.arange(1, 1 + d * d)
    C[0, 0] = (weights * Y * Y).sum()
    C[0, k] = C[k, 0] = -(weights * Y).ravel()
    C[k, k] = weights.ravel()
    return CompletelyPositiveProgram(program.cone, C, program.equations, program.vanishing)


LIFTS = (  # order, rank, seed, level, tolerance
    (4, 1, 0, 0, 1e-4), (5, 1, 2, 0, 1e-4), (4, 1, 0, 1, 1e-4), (5, 1, 2, 1, 1e-4), (10, 1, 0, 0, 1e-4),
    (6, 2, 0, 1, 1e-3),
)  # fmt: skip


def lift(d: int, rank: int, seed: int, level: int, tolerance: float) -> Row:
    """A compact lift at a level, proved."""
    return proved(weighted(d, rank, seed), tolerance, level, solver="splitting", time_limit=LIMIT)


def lifts(quick: bool) -> Iterator[Row]:
    """Compact lifts of rank-constrained approximation: seconds to a proved bound."""
    for d, rank, seed, level, tolerance in LIFTS[:1] if quick else LIFTS:
        name = f"compact lift {d}x{d}, rank {rank}, level {level}, to {tolerance:.0e}"
        found = measure(lift, d, rank, seed, level, tolerance, repeats=1, limit=LIMIT)
        yield {"case": name, "method": "copos", **found}


def continued(kind: str, start: bool) -> Row:
    """Iterations of a run with and without a start."""
    from copos.hierarchy import relax
    from copos.solvers import solve

    first = weighted(4, 1, 0)
    program, level = first, 0
    if kind == "next level":
        level = 1
    elif kind == "sweep":
        program = weighted(4, 1, 0, 0.05)
    else:
        half = np.zeros(first.cone.ambient)
        half[:2] = -0.05, 1.0
        program = CompletelyPositiveProgram(first.cone.restrict(half), first.C, first.equations, first.vanishing)
    old, new = relax(first), relax(program, level)
    solved = Solved(old, solve(old.form, "splitting"))
    judge = Judge(program, new, 1e-4)
    options = {"start": solved.start(new)} if start else {}
    begin = clock()
    found = solve(new.form, "splitting", judge=judge, tolerance=1e-10, **options)
    return {"total_s": clock() - begin, "iterations": found.iterations, "value": float(judge.best.lower or -np.inf)}


def starts(quick: bool) -> Iterator[Row]:
    """Warm starts on the compact lift 4×4: iterations to a bound proved to 1e-4."""
    for kind in ("child",) if quick else ("next level", "sweep", "child"):
        for method in ("cold", "warm"):
            yield {"case": kind, "method": method, **measure(continued, kind, method == "warm", repeats=1)}


TABLES = [
    Table("proved-theta", theta, key=("n", "method"), ratio=("total_s", "copos"), curve=Curve("n", "total_s")),
    Table("proved-cliques", cliques),
    Table("proved-lifts", lifts),
    Table("warm-starts", starts, ratio=("total_s", "cold")),
]
