"""Completion of rank one: how often does local search miss the proved optimum, against share seen, noise, ridge?"""

from __future__ import annotations

from typing import Any

import numpy as np

import copos
from copos.experiment import Experiment, grid, of_bound
from copos.experiment.rows import OF_BOUND
from copos.reformulation.linear_network.alternating import alternating

STARTS, LIMIT = 200, 120.0
TOLERANCE = 1e-6  # a start that ends so far above the best value, relatively, has missed it
PROVED = 1e-5  # relative gap from which the best value counts as the optimum


def data(n: int, share: float, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """uv' + noise, u, v and noise Gaussian; a share of the cells is seen, one or more in every row and column."""
    rng = np.random.default_rng([n, seed])
    A = np.outer(rng.standard_normal(n), rng.standard_normal(n)) + noise * rng.standard_normal((n, n))
    order = rng.permutation(n * n)
    seen = np.zeros(n * n, dtype=bool)
    seen[rng.permutation(n) + n * np.arange(n)] = True  # a permutation matrix: every row and column
    more = order[~seen[order]][: max(0, round(share * n * n) - n)]
    seen[more] = True
    return A, seen.reshape(n, n)


def run(n: int, share: float, noise: float, ridge: float, seed: int) -> dict[str, Any]:
    """The bracket of the optimum and where alternating least squares ends from Gaussian starts."""
    A, seen = data(n, share, noise, seed)
    weights = seen.astype(float)
    program = copos.linear_network(np.eye(n), A, [n, 1, n], weights=weights, ridge=ridge)
    bound = copos.bracket(program, tolerance=1e-7, time_limit=LIMIT)
    starts = np.random.default_rng(seed).standard_normal((STARTS, n, 1))
    values = float((weights * A**2).sum()) + alternating(weights + ridge, weights * A, starts, 2000).values
    best = min(bound.upper, float(values.min()))
    zero = float((weights * A**2).sum())
    return {"best": best, "kept": best / zero, "relative": 1 - bound.lower / best,
            "missed": float((values > best * (1 + TOLERANCE)).mean()),
            "worst": float(values.max() / best - 1), **of_bound(bound, best)}  # fmt: skip


def draw(rows: list[dict[str, Any]], figure: Any) -> None:
    """A map for every noise: the share of starts that miss the optimum, what is seen across, size upwards."""
    noises, ridges = (sorted({r[name] for r in rows}) for name in ("noise", "ridge"))
    shares, sizes = sorted({r["share"] for r in rows}), sorted({r["n"] for r in rows})
    figure.set_figheight(2.6 * len(ridges) + 1)
    axes = figure.subplots(len(ridges), len(noises), squeeze=False, sharex=True, sharey=True)
    image = None
    for (i, ridge), (j, noise) in ((a, b) for a in enumerate(ridges) for b in enumerate(noises)):
        table = np.array([[_mean(rows, n=n, share=s, noise=noise, ridge=ridge) for s in shares] for n in sizes])
        axis = axes[i, j]
        image = axis.imshow(100 * table, origin="lower", vmin=0, vmax=100, cmap="magma_r", aspect="auto")
        for (y, x), value in np.ndenumerate(table):
            color = "white" if value > 0.55 else "black"
            axis.text(x, y, f"{100 * value:.0f}", ha="center", va="center", fontsize=8, color=color)
        axis.set_title(f"noise {noise:g}, ridge {ridge:g}", fontsize="small")
        axis.set_xticks(range(len(shares)), [f"{100 * s:g} %" for s in shares])
        axis.set_yticks(range(len(sizes)), [str(n) for n in sizes])
    figure.supxlabel("share of the cells that are seen", fontsize="small")
    figure.supylabel("n", fontsize="small")
    if image is not None:
        figure.colorbar(image, ax=axes, label="starts that miss the optimum, %")


def _mean(rows: list[dict[str, Any]], **case: Any) -> float:
    """Mean share of missing starts over seeds with a proved optimum."""
    mine = [r["missed"] for r in rows if all(r[k] == v for k, v in case.items()) and r["relative"] <= PROVED]
    return float(np.mean(mine)) if mine else np.nan


def findings(rows: list[dict[str, Any]]) -> str:
    """How often the optimum is proved, and the share of starts that miss it, by what is seen."""
    wrong = sum(r["proved"] > r["best"] * (1 + 1e-12) for r in rows)
    proved = [r for r in rows if r["relative"] <= PROVED]
    lines = [
        f"{len(rows)} tables, {len(proved)} with the optimum proved to {PROVED:g}; {wrong} bounds above a loss "
        f"that was found. Of {STARTS} starts miss the optimum, on average over the proved tables:",
        "",
    ]
    shares = sorted({r["share"] for r in rows})
    lines += ["| noise | ridge | " + " | ".join(f"{100 * s:g} % seen" for s in shares) + " | tables with no miss |",
              "|" + "---|" * (len(shares) + 3)]  # fmt: skip
    for noise, ridge in sorted({(r["noise"], r["ridge"]) for r in rows}):
        mine = [r for r in proved if (r["noise"], r["ridge"]) == (noise, ridge)]
        cells = [[r["missed"] for r in mine if r["share"] == s] for s in shares]
        none = sum(r["missed"] == 0 for r in mine)
        words = [f"{100 * np.mean(c):.1f} %" if c else "–" for c in cells]
        lines.append(f"| {noise:g} | {ridge:g} | {' | '.join(words)} | {none} of {len(mine)} |")
    return "\n".join(lines)


EXPERIMENT = Experiment(
    question="How often does local search miss the optimum of rank-one completion, by share seen, noise, ridge?",
    sets={
        "small": grid(n=(5, 8), share=(0.4, 0.8), noise=(0.1,), ridge=(0.0125,), seed=(0, 1)),
        "full": grid(n=(6, 10), share=(0.25, 0.4, 0.6, 0.8), noise=(0.01, 0.1, 1.0), ridge=(0.0125, 0.125),
                     seed=(0, 1, 2)),
    },
    columns=("best", "kept", "relative", "missed", "worst", *OF_BOUND),
    run=run,
    draw=draw,
    findings=findings,
)  # fmt: skip
