"""Weighted low-rank approximation: how often does local search miss the proved optimum, by spread, size and rank?

Gaussian tables with weights 10^u, u uniform on [−s, s]; alternating least squares from Gaussian starts. Equal weights
(s = 0) have the singular vectors as their optimum.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import copos
from copos.experiment import Experiment, grid, of_bound
from copos.experiment.rows import OF_BOUND
from copos.reformulation.linear_network.alternating import alternating

STARTS, LIMIT = 200, 60.0
TOLERANCE = 1e-6  # a start that ends so far above the best value, relatively, has missed it
PROVED = 1e-5  # relative gap from which the best value counts as the optimum


def data(n: int, spread: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A table and its weights."""
    rng = np.random.default_rng([n, seed])
    return rng.standard_normal((n, n)), 10 ** (spread * rng.uniform(-1, 1, (n, n)))


def run(n: int, rank: int, spread: float, seed: int) -> dict[str, Any]:
    """The bracket of the optimum and where alternating least squares ends from Gaussian starts."""
    A, weights = data(n, spread, seed)
    program = copos.linear_network(np.eye(n), A, [n, rank, n], weights=weights)
    bound = copos.bracket(program, tolerance=1e-7, time_limit=LIMIT)
    starts = np.random.default_rng(seed).standard_normal((STARTS, n, rank))
    values = float((weights * A**2).sum()) + alternating(weights, weights * A, starts, 2000).values
    best = min(bound.upper, float(values.min()))
    return {"best": best, "relative": 1 - bound.lower / best, "cells": bound.cells,
            "missed": float((values > best * (1 + TOLERANCE)).mean()),
            "worst": float(values.max() / best - 1), **of_bound(bound, best)}  # fmt: skip


def draw(rows: list[dict[str, Any]], figure: Any) -> None:
    """A map for every rank: the share of starts that miss the best value, and how many best values are proved."""
    ranks, spreads = sorted({r["rank"] for r in rows}), sorted({r["spread"] for r in rows})
    axes, image = figure.subplots(1, len(ranks), squeeze=False).ravel(), None
    for axis, rank in zip(axes, ranks, strict=True):
        sizes = sorted({r["n"] for r in rows if r["rank"] == rank})
        cells = {(n, s): [r for r in rows if (r["n"], r["rank"], r["spread"]) == (n, rank, s)]
                 for n in sizes for s in spreads}  # fmt: skip
        table = np.array([[np.mean([r["missed"] for r in cells[n, s]]) for s in spreads] for n in sizes])
        image = axis.imshow(100 * table, origin="lower", vmin=0, vmax=100, cmap="magma_r", aspect="auto")
        for (y, x), value in np.ndenumerate(table):
            mine = cells[sizes[y], spreads[x]]
            shown = f"{100 * value:.0f}\n{sum(r['relative'] <= PROVED for r in mine)} of {len(mine)}"
            axis.text(x, y, shown, ha="center", va="center", fontsize=8, color="white" if value > 0.55 else "black")
        axis.set_title(f"rank {rank}; below: tables with the optimum proved", fontsize="small")
        axis.set_xticks(range(len(spreads)), [f"{s:g}" for s in spreads])
        axis.set_yticks(range(len(sizes)), [str(n) for n in sizes])
        axis.set_xlabel("s of the weights 10^u, |u| ≤ s")
        axis.set_ylabel("n")
    if image is not None:
        figure.colorbar(image, ax=list(axes), label="starts that miss the best value, %")


def findings(rows: list[dict[str, Any]]) -> str:
    """How often the optimum is proved, and the share of starts that miss it there."""
    wrong = sum(r["proved"] > r["best"] * (1 + 1e-12) for r in rows)
    proved = [r for r in rows if r["relative"] <= PROVED]
    spreads = sorted({r["spread"] for r in rows})
    lines = [
        f"{len(rows)} tables, {len(proved)} with the optimum proved to {PROVED:g}; {wrong} bounds above a loss that "
        f"was found. Of {STARTS} starts miss the optimum, on average over the proved tables, whose number stands "
        "beside:",
        "",
        "| rank | n | " + " | ".join(f"s = {s:g}" for s in spreads) + " | largest gap |",
        "|" + "---|" * (len(spreads) + 3),
    ]
    for rank, n in sorted({(r["rank"], r["n"]) for r in rows}):
        words = []
        for s in spreads:
            mine = [r for r in rows if (r["rank"], r["n"], r["spread"]) == (rank, n, s)]
            good = [r["missed"] for r in mine if r["relative"] <= PROVED]
            words.append(f"{100 * np.mean(good):.1f} %, {len(good)} of {len(mine)}" if good else f"0 of {len(mine)}")
        worst = max(r["relative"] for r in rows if (r["rank"], r["n"]) == (rank, n))
        lines.append(f"| {rank} | {n} | {' | '.join(words)} | {worst:.1e} |")
    return "\n".join(lines)


SPREADS = (0.0, 0.5, 1.0, 1.5)
EXPERIMENT = Experiment(
    question="Weighted low-rank approximation: how often does local search miss the proved optimum?",
    sets={
        "small": grid(n=(3,), rank=(1,), spread=(0.0, 1.0), seed=(0,)),
        "full": [*grid(n=(4, 6, 8), rank=(1,), spread=SPREADS, seed=(0, 1, 2)),
                 *grid(n=(4, 5), rank=(2,), spread=SPREADS, seed=(0, 1, 2))],
    },
    columns=("best", "relative", "cells", "missed", "worst", *OF_BOUND),
    run=run,
    draw=draw,
    findings=findings,
)  # fmt: skip
