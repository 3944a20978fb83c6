"""Weighted approximation of small tables: which rung of the ladder is exact where, from which spread on is it not?

The rungs: the faithful lift of Prakhya and Yurtsever (the cone R_+ × S^n_+ × S^n_+ × S^n_+), the projection lift on one
side and on both, factor moments, and minors for rank one, each at the levels that are within reach.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

import copos
from copos.experiment import Experiment, grid, of_bound
from copos.experiment.rows import OF_BOUND
from copos.reformulation.linear_network.exact_loss import Tables
from copos.reformulation.linear_network.low_rank import LowRankLoss

RUNGS = {  # name ↦ (lift, level, ranks, largest n)
    "faithful, level 0": ("factor", 0, (1, 2), 3),
    "projection, level 0": ("projection", 0, (1, 2), 4),
    "projection, level 1": ("projection", 1, (1, 2), 4),
    "both projections, level 0": ("projection-both", 0, (1, 2), 4),
    "factor moments, level 0": ("factor-moments", 0, (1, 2), 4),
    "minors, level 0": ("minors", 0, (1,), 4),
}
EXACT = 1e-5  # of the best value, relatively
STARTS = 60


@lru_cache(maxsize=4)
def data(n: int, spread: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A Gaussian n×n table and weights 10^u, u uniform on [−spread, spread]."""
    rng = np.random.default_rng([n, seed])
    Y = rng.standard_normal((n, n))
    return Y, 10 ** (spread * rng.uniform(-1, 1, (n, n)))


@lru_cache(maxsize=4)
def best_of(n: int, rank: int, spread: float, seed: int) -> float:
    """The best loss of alternating least squares from many starts."""
    Y, w = data(n, spread, seed)
    loss, rng = LowRankLoss.of(Tables(np.eye(n), Y, w)), np.random.default_rng(10_000 + seed)
    return min(loss.value(loss.polish(rng.standard_normal((n, n)), rank)) for _ in range(STARTS))


def run(n: int, rank: int, spread: float, seed: int, rung: str) -> dict[str, Any]:
    """The proved bound of one rung beside the best loss; `relative` is 1 − bound / best."""
    lift, level, _, _ = RUNGS[rung]
    Y, w = data(n, spread, seed)
    program = copos.linear_network(np.eye(n), Y, [n, rank, n], lift=lift, weights=w)
    bound = copos.lower_bound(program, level)
    best = best_of(n, rank, spread, seed)
    spectrum = np.linalg.svd(Y, compute_uv=False)
    return {"best": best, "relative": 1 - max(bound.lower, 0.0) / best, "condition": float(spectrum[0] / spectrum[-1]),
            **of_bound(bound, best)}  # fmt: skip


def draw(rows: list[dict[str, Any]], figure: Any) -> None:
    """Relative gap against the spread of the weights, a panel for each rank and size, a line of medians a rung."""
    kinds = sorted({(r["rank"], r["n"]) for r in rows})
    figure.set_figheight(6)
    axes = figure.subplots(1, len(kinds), sharey=True, squeeze=False)[0]
    for axis, (rank, n) in zip(axes, kinds, strict=True):
        for k, rung in enumerate(RUNGS):
            mine = [r for r in rows if (r["rank"], r["n"], r["rung"]) == (rank, n, rung)]
            if not mine:
                continue
            spreads = sorted({r["spread"] for r in mine})
            gaps = [[max(r["relative"], 1e-9) for r in mine if r["spread"] == s] for s in spreads]
            look = {"color": f"C{k}"}
            axis.semilogy(spreads, [np.median(g) for g in gaps], "o-", markersize=4, linewidth=1, label=rung, **look)
            for s, g in zip(spreads, gaps, strict=True):
                axis.semilogy([s] * len(g), g, ".", markersize=3, alpha=0.5, **look)
        axis.axhline(EXACT, color="black", linewidth=0.8)
        axis.set_title(f"rank {rank}, {n} × {n}", fontsize="small")
        axis.set_xlabel("s: weights from 10^−s to 10^s", fontsize="small")
    axes[0].set_ylabel("1 − proved bound / best loss")
    handles, labels = max((axis.get_legend_handles_labels() for axis in axes), key=lambda pair: len(pair[0]))
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize="small")


def findings(rows: list[dict[str, Any]]) -> str:
    """How often each rung is exact, by spread; the smallest and mildest table on which it is not."""
    above = sum(r["proved"] > r["best"] * (1 + 1e-12) for r in rows)
    spreads = sorted({r["spread"] for r in rows})
    lines = [f"{len(rows)} bounds, {above} above the best loss. Exact to {EXACT:g}, of so many tables, by the spread s "
             "of the weights (from 10^−s to 10^s):", ""]  # fmt: skip
    lines += ["| rank | rung | " + " | ".join(f"s = {s:g}" for s in spreads) + " | smallest table where it is not |",
              "|" + "---|" * (len(spreads) + 3)]  # fmt: skip
    for rank in sorted({r["rank"] for r in rows}):
        for rung in RUNGS:
            mine = [r for r in rows if (r["rank"], r["rung"]) == (rank, rung)]
            if not mine:
                continue
            cells = []
            for s in spreads:
                there = [r["relative"] <= EXACT for r in mine if r["spread"] == s]
                cells.append(f"{sum(there)} of {len(there)}" if there else "")
            failing = [r for r in mine if r["relative"] > EXACT]
            first = min(failing, key=lambda r: (r["n"], r["spread"], r["seed"]), default=None)
            words = "none" if first is None else (
                f"{first['n']} × {first['n']}, s = {first['spread']:g}, seed {first['seed']}: "
                f"{first['relative']:.1e}")  # fmt: skip
            lines.append(f"| {rank} | {rung} | {' | '.join(cells)} | {words} |")
    return "\n".join(lines)


def cases(sizes: tuple[int, ...], spreads: tuple[float, ...], seeds: int) -> list[dict[str, Any]]:
    """Every rung where it is within reach."""
    every = grid(n=sizes, rank=(1, 2), spread=spreads, seed=tuple(range(seeds)), rung=tuple(RUNGS))
    return [c for c in every if c["rank"] < c["n"] <= RUNGS[c["rung"]][3] and c["rank"] in RUNGS[c["rung"]][2]]


EXPERIMENT = Experiment(
    question="Which lift and level is exact on small weighted tables, up to which spread of the weights?",
    sets={
        "small": [c for c in cases((2, 3), (0.0, 1.0), 1) if RUNGS[c["rung"]][0] != "factor" or c["n"] == 2],
        "full": cases((2, 3, 4), (0.0, 0.5, 1.0, 1.5), 3),
    },
    columns=("best", "relative", "condition", *OF_BOUND),
    run=run,
    draw=draw,
    findings=findings,
)
