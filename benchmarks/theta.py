"""Schrijver's θ' of random graphs, the doubly nonnegative program max <E, X>, tr X = 1, X_ij = 0 on edges.

Written in cvxpy and in picos as their manuals do, in whole matrices, and as level 0 of `stability_number`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from benchmarks._measure import Row, clock, measure
from benchmarks._table import Curve, Table


def random_graph(n: int) -> np.ndarray:
    """Adjacency matrix of G(n, ½), seed 0."""
    upper = np.triu(np.random.default_rng(0).random((n, n)) < 0.5, 1)
    return (upper | upper.T).astype(float)


def direct(n: int) -> Row:
    """Level 0, solved by the default solver, without and with the proof."""
    import copos

    start = clock()
    program = copos.stability_number(random_graph(n), edges="vanishing")
    claimed = copos.lower_bound(program, certify=False)
    solved = clock() - start
    proved = copos.lower_bound(program)
    return {"total_s": solved, "with_proof_s": clock() - start - solved, "value": -claimed.claimed,
            "proved": -proved.lower}  # fmt: skip


def in_cvxpy(solver: str, options: dict, n: int) -> Row:
    """The program in cvxpy."""
    import cvxpy as cp

    A = random_graph(n)
    start = clock()
    X = cp.Variable((n, n), PSD=True)
    constraints = [X >= 0, cp.trace(X) == 1, X[A > 0] == 0]
    value = cp.Problem(cp.Maximize(cp.sum(X)), constraints).solve(solver=solver, **options)
    return {"total_s": clock() - start, "value": float(value)}


def in_picos(n: int) -> Row:
    """The program in picos, for CVXOPT."""
    import cvxopt
    import picos

    A = random_graph(n)
    start = clock()
    X = picos.SymmetricVariable("X", n)
    problem = picos.Problem()
    problem.options.update(solver="cvxopt", primals=None)
    problem.maximize = picos.sum(X)
    i, j = np.nonzero(np.triu(A))
    edges = picos.Constant(cvxopt.spmatrix(1.0, range(len(i)), (i + n * j).tolist(), (len(i), n * n)))
    problem.add_list_of_constraints([X >> 0, X >= 0, picos.trace(X) == 1, edges * X.vec == 0])
    problem.solve()
    return {"total_s": clock() - start, "value": float(problem.value)}


SCS = {"eps_abs": 1e-7, "eps_rel": 1e-7, "max_iters": 100_000}
# method, task, fixed arguments, largest n
METHODS: tuple[tuple[str, Callable[..., Row], tuple, int], ...] = (
    ("copos", direct, (), 300),
    ("cvxpy + Clarabel", in_cvxpy, ("CLARABEL", {}), 100),
    ("cvxpy + SCS 1e-7", in_cvxpy, ("SCS", SCS), 300),
    ("picos + CVXOPT", in_picos, (), 50),
)


def theta(quick: bool) -> Iterator[Row]:
    """θ' of G(n, ½): building and solving, and for this package once more with an exact proof of the bound."""
    for n in (20, 30) if quick else (20, 30, 50, 100, 200, 300):
        for method, task, fixed, largest in METHODS:
            if n <= largest:
                yield {"case": f"G({n}, ½)", "n": n, "method": method,
                       **measure(task, *fixed, n, warm=(*fixed, 6), limit=600)}  # fmt: skip


def p_hat(n: int, low: float, high: float) -> np.ndarray:
    """Edges with probability (p_i + p_j)/2, p uniform in [low, high] [GendreauSorianoSalvail1993]; seed 0."""
    rng = np.random.default_rng(0)
    p = rng.uniform(low, high, n)
    upper = np.triu(rng.random((n, n)) < (p[:, None] + p[None, :]) / 2, 1)
    return (upper | upper.T).astype(int)


def c_fat(n: int, c: float) -> np.ndarray:
    """A ring of ⌊n/(c log n)⌋ classes; neighbours are in the same class or the next [BermanPelc1990]."""
    count = int(n / (c * np.log(n)))
    apart = np.subtract.outer(np.arange(n) % count, np.arange(n) % count) % count
    A = (np.minimum(apart, count - apart) <= 1).astype(int)
    np.fill_diagonal(A, 0)
    return A


UNEVEN: dict[str, tuple[Callable[..., np.ndarray], tuple[float, ...]]] = {
    "p_hat100-2": (p_hat, (100, 0.0, 1.0)),
    "c-fat200-1": (c_fat, (200, 1)),
    "c-fat500-1": (c_fat, (500, 1)),
    "p_hat300-1": (p_hat, (300, 0.0, 0.5)),
    "p_hat300-2": (p_hat, (300, 0.0, 1.0)),
    "p_hat300-3": (p_hat, (300, 0.5, 1.0)),
}


def clique_bound(name: str) -> Row:
    """ϑ' of the complement, to 1e-6, with its proof."""
    import copos

    make, given = UNEVEN[name]
    A = 1 - make(*given)
    np.fill_diagonal(A, 0)
    start = clock()
    found = copos.theta(A, "schrijver", tolerance=1e-6)
    return {"total_s": clock() - start, "value": found.value, "proved": float(found.upper),
            "status": "ok" if found.proved else found.reason}  # fmt: skip


def uneven(quick: bool) -> Iterator[Row]:
    """θ' of graphs like p_hat and c-fat of DIMACS (their generators, other seeds), to 1e-6 and proved."""
    for name, (_, given) in list(UNEVEN.items())[: 2 if quick else None]:
        yield {"case": name, "n": given[0], "method": "copos", **measure(clique_bound, name, repeats=1, limit=1500)}


TABLES = [
    Table("theta", theta, ratio=("total_s", "copos"), curve=Curve("n", "total_s")),
    Table("theta-uneven", uneven),
]
