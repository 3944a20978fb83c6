"""Do the solvers agree on the same levels, and what does each of their answers prove?"""

from __future__ import annotations

from typing import Any

import numpy as np

import copos
from copos.experiment import Experiment, grid, of_bound
from copos.experiment.rows import OF_BOUND
from copos.instances import GRAPHS
from copos.solvers import available
from copos.support.plots import CLAIMED, PROVED

OPTIONS: dict[str, dict[str, Any]] = {"scs": {"eps_abs": 1e-8, "eps_rel": 1e-8}}


def program(problem: str) -> copos.CompletelyPositiveProgram:
    """A program by its name."""
    kind, _, rest = problem.partition(": ")
    if kind == "stability number":
        return copos.stability_number(GRAPHS[rest].adjacency)
    if kind == "standard quadratic":
        Q = np.random.default_rng(int(rest)).standard_normal((8, 8))
        return copos.standard_quadratic(Q + Q.T)
    rng = np.random.default_rng(int(rest))
    X, Y = rng.standard_normal((3, 9)), rng.standard_normal((3, 9))
    return copos.linear_network(X, Y, [3, 1, 3], lift="projection")


PROBLEMS = ("stability number: cycle 7", "stability number: complement of petersen", "standard quadratic: 1",
            "standard quadratic: 2", "linear network: 1")  # fmt: skip


def run(problem: str, level: int, solver: str) -> dict[str, Any]:
    """One solver's claim and what could be proved from it."""
    if solver not in available():
        raise ValueError(f"the solver {solver} is not installed")
    return of_bound(copos.lower_bound(program(problem), level, solver=solver, **OPTIONS.get(solver, {})))


def relative(rows: list[dict[str, Any]], column: str) -> dict[tuple[str, int, str], float]:
    """(median of the claims − value) / max(1, |median|), for every problem, level and solver."""
    out = {}
    for problem, level in dict.fromkeys((r["problem"], r["level"]) for r in rows):
        mine = [r for r in rows if (r["problem"], r["level"]) == (problem, level)]
        middle = float(np.median([r["claimed"] for r in mine]))
        out |= {(problem, level, r["solver"]): (middle - r[column]) / max(1.0, abs(middle)) for r in mine}
    return out


def draw(rows: list[dict[str, Any]], figure: Any) -> None:
    """How far claims are from their median, and what the proofs lose."""
    axis = figure.subplots()
    solvers = list(dict.fromkeys(r["solver"] for r in rows))
    for column, color, shift in (("claimed", CLAIMED, -0.12), ("proved", PROVED, 0.12)):
        away = relative(rows, column)
        at = [solvers.index(solver) + shift for _, _, solver in away]
        axis.semilogy(at, [max(abs(v), 1e-12) for v in away.values()], "o", color=color, alpha=0.7, label=column)
    axis.set_xticks(range(len(solvers)), solvers)
    axis.set_ylabel("distance from the median of the claims, relative")
    axis.legend()


def findings(rows: list[dict[str, Any]]) -> str:
    """Spread of the claims, loss of the proofs, seconds."""
    claimed, proved = relative(rows, "claimed"), relative(rows, "proved")
    lines = []
    for solver in dict.fromkeys(r["solver"] for r in rows):
        mine = [r for r in rows if r["solver"] == solver]
        keys = [(r["problem"], r["level"], solver) for r in mine]
        there = [proved[k] for k in keys if np.isfinite(proved[k])]
        loss = f"; of {len(there)} proofs the largest loss is {max(there):.1e}" if there else "; no proofs"
        seconds = sum(r["solve_seconds"] for r in mine)
        lines.append(f"- {solver}: claims within {max(abs(claimed[k]) for k in keys):.1e} of the median{loss}; "
                     f"{seconds:.1f} s in all")  # fmt: skip
    return "\n".join([f"{len(claimed)} answers.", "", *lines])


EXPERIMENT = Experiment(
    question="Do the solvers agree on the same levels, and what does each of their answers prove?",
    sets={
        "small": grid(problem=PROBLEMS[:3], level=(0,), solver=("clarabel", "scs", "splitting")),
        "full": grid(problem=PROBLEMS, level=(0, 1), solver=("clarabel", "scs", "splitting", "cvxopt")),
    },
    columns=OF_BOUND,
    run=run,
    draw=draw,
    findings=findings,
)
