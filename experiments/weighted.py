"""Weighted low rank approximation: how often is local search stuck, and which level proves the optimum?"""

from __future__ import annotations

from typing import Any

import numpy as np

import copos
from copos.experiment import Experiment, grid, of_bound
from copos.experiment.rows import OF_BOUND
from copos.reformulation.linear_network.exact_loss import Tables
from copos.reformulation.linear_network.low_rank import LowRankLoss

WEIGHTS = {"uniform": "uniform on [0.1, 2]", "wide": "10^u, u uniform on [−2, 1]"}


def data(n: int, weights: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A Gaussian n×n matrix and positive weights."""
    rng = np.random.default_rng(seed)
    Y = rng.standard_normal((n, n))
    return Y, rng.uniform(0.1, 2, (n, n)) if weights == "uniform" else 10 ** rng.uniform(-2, 1, (n, n))


def run(n: int, weights: str, rank: int, seed: int, level: int, starts: int) -> dict[str, Any]:
    """The level's proved bound beside alternating least squares from random starts."""
    Y, w = data(n, weights, seed)
    loss, rng = LowRankLoss.of(Tables(np.eye(n), Y, w)), np.random.default_rng(10_000 + seed)
    values = [loss.value(loss.polish(rng.standard_normal((n, n)), rank)) for _ in range(starts)]
    program = copos.linear_network(np.eye(n), Y, [n, rank, n], lift="projection", weights=w)
    bound = copos.bracket(program, level)
    best = min([bound.upper, *values])
    stuck = sum(value > best + 1e-4 * max(1.0, best) for value in values)
    return {"best": best, "stuck": stuck, **of_bound(bound, best)}


def proved(row: dict[str, Any]) -> bool:
    """Is the best value known proved optimal to 1e-4?"""
    return row["gap"] <= 1e-4


def draw(rows: list[dict[str, Any]], figure: Any) -> None:
    """Left the gap of every instance and level, right the share of stuck starts."""
    left, right = figure.subplots(1, 2)
    kinds = list(dict.fromkeys((r["weights"], r["rank"]) for r in rows))
    for k, (weights, rank) in enumerate(kinds):
        for level in sorted({r["level"] for r in rows}):
            mine = [r for r in rows if (r["weights"], r["rank"], r["level"]) == (weights, rank, level)]
            gaps = [max(r["gap"], 1e-10) for r in mine if np.isfinite(r["gap"])]
            left.semilogy(np.full(len(gaps), k + 0.25 * level), gaps, "os^v"[level], color=f"C{level}", alpha=0.6,
                          label=f"level {level}" if k == 0 else None)  # fmt: skip
        first = {(r["n"], r["seed"]): r for r in rows if (r["weights"], r["rank"]) == (weights, rank)}
        right.bar(k, 100 * np.mean([r["stuck"] / r["starts"] for r in first.values()]), color="C3")
    for axis, label in ((left, "best value − proved bound, relative"), (right, "starts stuck above the optimum, %")):
        axis.set_xticks(range(len(kinds)), [f"{w}\nr = {r}" for w, r in kinds])
        axis.set_ylabel(label)
    left.axhline(1e-4, color="black", linewidth=0.8)
    left.legend()


def findings(rows: list[dict[str, Any]]) -> str:
    """Shares, level by level, kind by kind."""
    lines = []
    for weights, rank in dict.fromkeys((r["weights"], r["rank"]) for r in rows):
        mine = [r for r in rows if (r["weights"], r["rank"]) == (weights, rank)]
        first = list({(r["n"], r["seed"]): r for r in mine}.values())
        stuck = np.mean([r["stuck"] / r["starts"] for r in first])
        at = {level: [r for r in mine if r["level"] == level] for level in sorted({r["level"] for r in mine})}
        shares = [f"level {level}: {sum(map(proved, there))} of {len(there)}" for level, there in at.items()]
        lines.append(f"- weights {weights}, rank {rank}: {100 * stuck:.0f} % of the starts were stuck; "
                     f"optimum proved to 1e-4 at {', '.join(shares)}")  # fmt: skip
    above = sum(r["proved"] > r["best"] for r in rows)
    return "\n".join([f"{len(rows)} bounds, {above} above the best value found.", "", *lines])


EXPERIMENT = Experiment(
    question="On weighted low-rank approximation, how often is local search stuck, and which level proves the optimum?",
    sets={
        "small": grid(n=(3,), weights=tuple(WEIGHTS), rank=(1,), seed=(0, 3), level=(0, 1), starts=(20,)),
        "full": grid(n=(3, 4), weights=tuple(WEIGHTS), rank=(1, 2), seed=tuple(range(10)), level=(0, 1), starts=(200,)),
    },
    columns=("best", "stuck", *OF_BOUND),
    run=run,
    draw=draw,
    findings=findings,
)
