"""Quadratic programs over a box and over a simplex: what the doubly nonnegative bound leaves, and what closes it.

Boxes: max ½x'Qx + c'x over [0, 1]^n with integers from −50 to 50, the distribution of Vandenbussche and Nemhauser
(2005). Simplices: min x'(A + I)x over the simplex, which is 1/α of a graph G(n, ½) [MotzkinStraus1965].
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

import copos
from copos.experiment import Experiment, grid, of_bound
from copos.experiment.rows import OF_BOUND

Matrix = NDArray[np.float64]
METHODS: dict[str, dict[str, Any]] = {
    "level 0": {"level": 0}, "local levels on 3": {"level": 0, "local": 3},
    "local levels on 5": {"level": 0, "local": 5}, "level 1": {"level": 1},
}  # fmt: skip
EXACT = 1e-6  # relative gap from which a bound counts as the optimum
SECONDS = 120.0


def box(n: int, density: int, seed: int) -> tuple[Matrix, Matrix]:
    """Q and c of max ½x'Qx + c'x over the unit box."""
    rng = np.random.default_rng([n, density, seed])
    kept = np.triu(rng.random((n, n)) * 100 < density)
    Q = np.triu(rng.integers(-50, 51, (n, n))) * kept
    return (Q + np.triu(Q, 1).T).astype(float), rng.integers(-50, 51, n).astype(float)


def graph(n: int, density: int, seed: int) -> NDArray[np.bool_]:
    """Adjacency of G(n, p)."""
    A = np.triu(np.random.default_rng([n, density, seed]).random((n, n)) * 100 < density, 1)
    return A | A.T


def program(kind: str, n: int, density: int, seed: int) -> copos.CompletelyPositiveProgram:
    """A minimum, for either kind."""
    if kind == "simplex":
        return copos.standard_quadratic(graph(n, density, seed) + np.eye(n))
    Q, c = box(n, density, seed)
    return copos.binary_quadratic(-Q / 2, -c, binary=[], upper=1)


def run(kind: str, n: int, density: int, seed: int, method: str) -> dict[str, Any]:
    """One bound at the root beside the optimum, which branching closes."""
    this = program(kind, n, density, seed)
    start = time.process_time()
    bound = copos.lower_bound(this, **METHODS[method])
    seconds = time.process_time() - start
    closed = copos.bracket(this, tolerance=EXACT, time_limit=SECONDS)
    best = closed.upper
    return {"best": best, "closed": closed.closed, "relative": max(0.0, best - bound.lower) / abs(best),
            "cpu_seconds": seconds, **of_bound(bound, best)}  # fmt: skip


def kinds(rows: list[dict[str, Any]]) -> dict[tuple[str, int], list[dict[str, Any]]]:
    """Rows of every kind and density."""
    out: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for row in rows:
        out.setdefault((row["kind"], row["density"]), []).append(row)
    return out


def draw(rows: list[dict[str, Any]], figure: Any) -> None:
    """Gaps against size, one panel for each kind and density."""
    groups = kinds(rows)
    axes = figure.subplots(1, len(groups), sharey=True, squeeze=False).ravel()
    for axis, ((kind, density), mine) in zip(axes, groups.items(), strict=True):
        sizes = sorted({row["n"] for row in mine})
        for k, method in enumerate(METHODS):
            points = [(sizes.index(row["n"]), row["relative"]) for row in mine if row["method"] == method]
            if points:
                x, y = np.array(points).T
                axis.semilogy(x + 0.15 * (k - 1.5), np.maximum(y, 1e-9), "o", markersize=4, alpha=0.7, label=method)
        axis.axhline(EXACT, color="gray", linewidth=0.8)
        axis.set_xticks(range(len(sizes)), [str(n) for n in sizes])
        axis.set_title(f"{kind}, {density} %", fontsize="small")
        axis.set_xlabel("n")
    axes[0].set_ylabel("relative gap at the root, proved")
    axes[0].legend(*axes[-1].get_legend_handles_labels(), fontsize="x-small", loc="upper right")


def findings(rows: list[dict[str, Any]]) -> str:
    """How often each bound is exact, and its worst gap, by kind, density and size."""
    wrong = sum(row["proved"] > row["best"] + 1e-12 * abs(row["best"]) for row in rows)
    open_ = {(r["kind"], r["n"], r["density"], r["seed"]) for r in rows if not r["closed"]}
    told = f"{len(open_)} of them not closed by branching" if open_ else "all closed by branching"
    programs = len({(r["kind"], r["n"], r["density"], r["seed"]) for r in rows})
    lines = [
        f"{programs} programs, {told}; {wrong} of {len(rows)} bounds above the optimum. Exact to {EXACT:g} at the "
        "root, and the worst relative gap:",
        "",
        "| kind | density | n | " + " | ".join(METHODS) + " |",
        "|---|---|---|" + "---|" * len(METHODS),
    ]
    for (kind, density), mine in kinds(rows).items():
        for n in sorted({row["n"] for row in mine}):
            cells = []
            for method in METHODS:
                gaps = [row["relative"] for row in mine if row["n"] == n and row["method"] == method]
                exact = sum(gap <= EXACT for gap in gaps)
                cells.append(f"{exact} of {len(gaps)}, {max(gaps):.1e}" if gaps else "–")
            lines.append(f"| {kind} | {density} % | {n} | {' | '.join(cells)} |")
    return "\n".join(lines)


def cases(
    kind: str, sizes: tuple[int, ...], density: int, seeds: int, methods: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Every method on every program."""
    return grid(kind=(kind,), n=sizes, density=(density,), seed=tuple(range(seeds)), method=methods)


EVERY, LOCAL = tuple(METHODS), tuple(METHODS)[:3]
EXPERIMENT = Experiment(
    question="What does the doubly nonnegative bound leave of a quadratic program over a box or a simplex, and what "
    "do local levels and level 1 add?",
    sets={
        "small": [*cases("box", (20,), 50, 1, LOCAL), *cases("simplex", (15,), 50, 1, EVERY)],
        "full": [*(case for density in (20, 50, 100) for case in cases("box", (20, 30, 40, 50), density, 5, LOCAL)),
                 *cases("simplex", (15, 20, 25, 30), 50, 5, EVERY)],
    },
    columns=("best", "closed", "relative", "cpu_seconds", *OF_BOUND),
    run=run,
    draw=draw,
    findings=findings,
)  # fmt: skip
