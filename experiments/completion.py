"""Low-rank completion: which gap is proved, how often do local searches miss the optimum, and does it predict?

Two kinds of tables. "published": the distribution of Bertsimas, Cory-Wright, Lo and Pauphilet (arXiv 2305.12292,
section on low-rank matrix completion), whose gaps at the root and after an hour of branching stand beside; cells are
drawn again until every row and column has one, where theirs begin with a permutation.
"exercises": Linnerud's twenty men with three exercises and three measurements (scikit-learn), standardised, a fifth of
the cells held out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_linnerud

import copos
from copos.experiment import Experiment, of_bound
from copos.experiment.rows import OF_BOUND
from copos.reformulation.linear_network.alternating import alternating

Matrix = NDArray[np.float64]

GAMMA, NOISE, STARTS, HIDDEN = 80.0, 0.1, 200, 0.2
# (n, rank): geometric means of upper / lower − 1, at the root of 20 tables with all minors of which three or four cells
# are seen, and of 50 tables after an hour: from the authors' tables, whose lines the page of findings quotes
PUBLISHED = {(10, 1): (6.09e-3, 1.886e-2), (20, 1): (4.69e-4, 4.219e-2), (10, 2): (0.216, 0.1469)}
COLUMNS = ("best", "missed", "cells", "relative", "error", "means")


def seen_cells(shape: tuple[int, int], count: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """So many cells, one or more in every row and column."""
    while True:
        seen = np.zeros(shape[0] * shape[1], dtype=bool)
        seen[rng.permutation(len(seen))[:count]] = True
        seen = seen.reshape(shape)
        if seen.any(axis=0).all() and seen.any(axis=1).all():
            return seen


def data(kind: str, n: int, rank: int, seed: int) -> tuple[Matrix, NDArray[np.bool_]]:
    """A table and the cells that are seen."""
    rng = np.random.default_rng(seed)
    if kind == "published":
        A = rng.standard_normal((n, rank)) @ rng.standard_normal((rank, n)) + NOISE * rng.standard_normal((n, n))
        return A, seen_cells(A.shape, int(np.ceil(2 * rank * n * np.log10(n))), rng)
    raw = load_linnerud()
    A = np.hstack([raw.data, raw.target])[:n]
    A = (A - A.mean(axis=0)) / A.std(axis=0)
    return A, seen_cells(A.shape, round((1 - HIDDEN) * A.size), rng)


def run(kind: str, n: int, rank: int, seed: int, tolerance: float, limit: float) -> dict[str, Any]:
    """The bracket of the training loss, where local searches end, and the error on what was held out."""
    A, seen = data(kind, n, rank, seed)
    weights, ridge = seen.astype(float), 1 / GAMMA
    program = copos.linear_network(np.eye(A.shape[1]), A, [A.shape[1], rank, len(A)], weights=weights, ridge=ridge)
    bound = copos.bracket(program, tolerance=tolerance, time_limit=limit)
    V = np.random.default_rng(0).standard_normal((STARTS, A.shape[1], rank))
    values = float((weights * A**2).sum()) + alternating(weights + ridge, weights * A, V, 2000).values
    best = min(bound.upper, float(values.min()))
    W = bound.found.solution.matrix if bound.found is not None and bound.found.solution is not None else 0 * A
    means = (weights * A).sum(axis=0) / weights.sum(axis=0)
    return {
        "best": best, "missed": float((values > best * (1 + 1e-6)).mean()), "cells": bound.cells,
        "relative": 1 - bound.lower / best,
        "error": rms((W - A)[~seen]), "means": rms((means - A)[~seen]), **of_bound(bound, best),
    }  # fmt: skip


def rms(errors: Matrix) -> float:
    """Root mean square, of nothing 0."""
    return float(np.sqrt((errors**2).mean())) if errors.size else 0.0


def kinds(rows: list[dict[str, Any]]) -> dict[tuple[str, int, int], list[dict[str, Any]]]:
    """The rows of every kind, size and rank."""
    out: dict[tuple[str, int, int], list[dict[str, Any]]] = {}
    for row in rows:
        out.setdefault((row["kind"], row["n"], row["rank"]), []).append(row)
    return out


def over(row: dict[str, Any]) -> float:
    """upper / lower − 1, as published gaps are."""
    return row["best"] / row["proved"] - 1


def printed(group: tuple[str, int, int]) -> tuple[float, ...]:
    """Published gaps at the root and after an hour of a (kind, n, rank)."""
    return PUBLISHED.get(group[1:], ()) if group[0] == "published" else ()


def draw(rows: list[dict[str, Any]], figure: Any) -> None:
    """Left proved gaps and published ones, right errors on held-out cells."""
    left, right = figure.subplots(1, 2)
    groups = kinds(rows)
    for k, (group, mine) in enumerate(groups.items()):
        left.semilogy([k] * len(mine), [max(over(row), 1e-10) for row in mine], "oC0", alpha=0.6)
        for gap, mark in zip(printed(group), "_x", strict=False):
            left.semilogy([k], [gap], mark, color="C3", markersize=12)
        right.plot([k] * len(mine), [row["error"] for row in mine], "oC0", alpha=0.6)
        right.plot([k] * len(mine), [row["means"] for row in mine], "xC1")
    for axis in (left, right):
        axis.set_xticks(range(len(groups)), [f"{kind}\nn = {n}, r = {r}" for kind, n, r in groups], fontsize="small")
    left.set_ylabel("relative gap")
    left.set_title("proved (dots); published: root (bar), one hour (cross)", fontsize="small")
    right.set_ylabel("root mean square error on cells held out")
    right.set_title("dots; of the columns' means: crosses", fontsize="small")


def findings(rows: list[dict[str, Any]]) -> str:
    """Gaps and misses, kind by kind."""
    wrong = sum(row["proved"] > row["best"] * (1 + 1e-12) for row in rows)
    lines = [f"{len(rows)} brackets, {wrong} with a bound above a local minimum.", ""]
    for (kind, n, rank), mine in kinds(rows).items():
        gaps = ", ".join(f"{over(row):.1e}" for row in mine)
        mean = np.exp(np.mean(np.log([max(over(row), 1e-12) for row in mine])))
        beside = printed((kind, n, rank))
        published = "; published {:g} at the root, {:g} after an hour".format(*beside) if beside else ""
        missed, error, means = (np.mean([row[name] for row in mine]) for name in ("missed", "error", "means"))
        lines.append(
            f"- {kind}, n = {n}, rank {rank}: proved gaps {gaps}, geometric mean {mean:.1e}{published}; "
            f"{100 * missed:.0f} % of starts missed the best; "
            f"error on held-out cells {error:.2f}, of the columns' means {means:.2f}"
        )
    return "\n".join(lines)


def cases(
    kind: str, n: int, rank: int, seeds: tuple[int, ...], tolerance: float, limit: float
) -> list[dict[str, Any]]:
    """One kind with several seeds."""
    return [{"kind": kind, "n": n, "rank": rank, "seed": seed, "tolerance": tolerance, "limit": limit}
            for seed in seeds]  # fmt: skip


SEEDS = (1, 2, 3, 4, 5)
EXERCISES = cases("exercises", 20, 2, SEEDS, 1e-2, 300.0)
EXPERIMENT = Experiment(
    question="Completion: which gap is proved, how often do local searches miss the optimum, and does it predict?",
    sets={
        "small": [*cases("published", 10, 1, (4,), 1e-6, 60.0), *cases("exercises", 6, 1, (1,), 1e-4, 60.0)],
        "exercises": EXERCISES,
        "full": [
            *cases("published", 10, 1, SEEDS, 1e-6, 60.0), *cases("published", 20, 1, SEEDS, 1e-6, 600.0),
            *cases("published", 10, 2, SEEDS, 1e-2, 900.0), *cases("exercises", 20, 1, SEEDS, 1e-4, 300.0),
            *EXERCISES,
        ],
    },  # fmt: skip
    columns=(*COLUMNS, *OF_BOUND),
    run=run,
    draw=draw,
    findings=findings,
)
