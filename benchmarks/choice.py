"""The default solver: an interior point or splitting, on forms of the package's own programs from small to large.

Clarabel is measured as the default runs it, with the splitting solver going on where it stops early. The error is of
the dual value, relative to a run at 1e-10 that starts from the better pair; a solver is good below `GOOD`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import copos
from benchmarks._measure import Row, clock
from benchmarks._table import Table
from benchmarks.proved import random_graph, weighted
from copos import solvers
from copos.conic import ConicForm, Solution, Status
from copos.hierarchy import relax
from copos.program import CompletelyPositiveProgram

GOOD = 1e-6
SECONDS = 100.0  # of either solver, on the clock of a machine that may be shared
ROWS = 8000  # one iteration of Clarabel takes a minute beyond


def theta(n: int) -> CompletelyPositiveProgram:
    """ϑ' of G(n, ½), the edges vanishing."""
    return copos.stability_number(random_graph(n), edges="vanishing")


def stability(n: int) -> CompletelyPositiveProgram:
    """The same with the edges in the objective."""
    return copos.stability_number(random_graph(n))


def simplex(n: int) -> CompletelyPositiveProgram:
    """Dense standard quadratic program."""
    Q = np.random.default_rng(n).standard_normal((n, n))
    return copos.standard_quadratic(Q + Q.T)


def binary(n: int) -> CompletelyPositiveProgram:
    """Quadratic knapsack, Burer's lift."""
    rng = np.random.default_rng(n)
    Q = rng.integers(-9, 10, (n, n)).astype(float)
    return copos.binary_quadratic(Q + Q.T, A=rng.integers(1, 9, (1, n)).astype(float), b=[2.0 * n])


def compact(d: int) -> CompletelyPositiveProgram:
    """Widely weighted rank-one approximation, d×d."""
    return weighted(d, 1, 2)


def factor(d_in: int, d_out: int, rank: int, *strengthen: str) -> CompletelyPositiveProgram:
    """The factor lift of a deep linear network on random data."""
    X, Y = np.random.default_rng(1).standard_normal((2, max(d_in, d_out), 8))
    return copos.linear_network(X[:d_in], Y[:d_out], [d_in, rank, d_out], "factor", strengthen=strengthen)


KINDS: tuple[tuple[str, Callable[..., CompletelyPositiveProgram], int, tuple[Any, ...]], ...] = (
    ("ϑ′ of G(n, ½)", theta, 0, (10, 20, 30, 40, 50, 60, 80)),
    ("stability number", stability, 0, (10, 20, 30, 40, 50, 60)),
    ("stability number", stability, 1, (6, 8, 10, 12, 15, 18, 20)),
    ("standard quadratic", simplex, 0, (10, 20, 30, 40, 60)),
    ("standard quadratic", simplex, 1, (5, 8, 10, 12, 15, 18, 20)),
    ("quadratic knapsack", binary, 0, (4, 6, 8, 12, 16, 20)),
    ("quadratic knapsack", binary, 1, (3, 4, 5)),
    ("compact lift", compact, 0, (2, 3, 4, 5, 6)),
    ("compact lift", compact, 1, (2, 3, 4)),
    ("factor lift", factor, 0,
     ((2, 2, 1, "bounded"), (3, 2, 1, "bounded", "balanced"), (3, 3, 1, "whiten", "bounded"))),
)  # fmt: skip


def answer(form: ConicForm, solver: str) -> Solution:
    """An answer; Clarabel is helped by the splitting solver as it is where it is the default."""
    found = solvers.solve(form, solver, time_limit=SECONDS)
    if solver == "clarabel" and found.status in (Status.INACCURATE, Status.FAILED, Status.LIMIT):
        found, _ = solvers._rescued(form, found, "")
    return found


def compare(name: str, form: ConicForm) -> Iterator[Row]:
    """Both solvers on one form."""
    found, seconds = {}, {}
    for solver in ("clarabel", "splitting"):
        if solver == "splitting" or form.shape[0] <= ROWS:
            start = clock()
            found[solver] = answer(form, solver)
            seconds[solver] = clock() - start
    best = min(found.values(), key=lambda s: solvers._worst(form, s))
    start_at = {} if best.status is Status.FAILED else {"start": (best.x, best.s, best.z)}
    reference = solvers.solve(form, "splitting", tolerance=1e-10, time_limit=SECONDS, **start_at).dual_value
    error = {k: abs(s.dual_value - reference) / max(abs(reference), 1e-3) for k, s in found.items()}
    good = [k for k in found if error[k] <= GOOD and found[k].status is not Status.FAILED]
    better = min(good or found, key=lambda k: seconds[k] if good else error[k])
    chosen = solvers.choose(form).solver
    psd = form.cones.psd
    for solver, s in found.items():
        yield {
            "case": name, "method": solver, "variables": form.shape[1], "rows": sum(n * (n + 1) // 2 for n in psd),
            "largest": max(psd, default=0), "solve_s": seconds[solver], "error": f"{error[solver]:.0e}",
            "iterations": s.iterations, "said": s.status.value,
            "better": "yes" if solver == better else "", "chosen": "yes" if solver == chosen else "",
        }  # fmt: skip


def choice(quick: bool) -> Iterator[Row]:
    """Which solver is the default: seconds and errors of both, the better one and the chosen one."""
    for kind, make, level, sizes in KINDS:
        for size in sizes[:2] if quick else sizes:
            arguments = size if isinstance(size, tuple) else (size,)
            name = f"{kind} {' '.join(map(str, arguments))}, level {level}"
            yield from compare(name, relax(make(*arguments), level).form)


TABLES = [Table("choice", choice)]
