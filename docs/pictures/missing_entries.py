"""The picture of docs/missing_entries.md; `python docs/pictures/missing_entries.py` writes it beside this file."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
from sklearn.datasets import load_linnerud

import copos
from copos.reformulation.linear_network.exact_loss import Tables
from copos.reformulation.linear_network.low_rank import LowRankLoss

mpl.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

RIDGE, STARTS = 0.1, 200


def table() -> tuple[np.ndarray, np.ndarray]:
    """Six men by six standardised measurements, and which cells are seen."""
    linnerud = load_linnerud()
    Y = np.hstack([linnerud.data, linnerud.target])[:6]
    seen = np.random.default_rng(2).random(Y.shape) > 0.35
    return (Y - Y.mean(0)) / Y.std(0), seen


def main() -> None:
    """Draw the values of local search, the proved bracket and the held-out cells."""
    Y, seen = table()
    program = copos.linear_network(np.eye(6), Y, [6, 1, 6], "auto", weights=seen.astype(float), ridge=RIDGE)
    bound = copos.bracket(program, tolerance=1e-4)
    loss = LowRankLoss.of(Tables(np.eye(6), Y, seen.astype(float), ridge=RIDGE))
    rng = np.random.default_rng(0)
    local = [loss.polish(rng.standard_normal(Y.shape), 1, 400) for _ in range(STARTS)]
    values = np.array([loss.value(W) for W in local])
    best, worst = bound.found.solution.matrix, local[int(values.argmax())]
    print(f"{bound}\nstuck: {(values > bound.upper * 1.001).mean():.0%}")
    for name, W in (("global", best), ("worst local", worst), ("zero", 0 * Y)):
        print(f"{name:12} root mean square error on held-out cells {np.sqrt(((W - Y)[~seen] ** 2).mean()):.3f}")

    fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    left.plot(np.arange(1, STARTS + 1), np.sort(values), ".", color="tab:blue", label="local minimum of one start")
    left.axhline(bound.lower, color="tab:red", label=f"proved lower bound {bound.lower:.4f}")
    left.axhline(bound.upper, color="black", linestyle=":", label=f"network found {bound.upper:.4f}")
    left.set(xlabel="random start, sorted by value", ylabel="loss on the cells that are seen")
    left.legend(loc="center left", fontsize=8)
    for W, colour, name in ((best, "tab:red", "global optimum"), (worst, "tab:blue", "worst local minimum")):
        right.plot(Y[~seen], W[~seen], "o", color=colour, alpha=0.8, label=name)
    ends = np.array([Y.min(), Y.max()])
    right.plot(ends, ends, color="grey", linewidth=0.8)
    right.set(xlabel="held-out value (standardised)", ylabel="value filled in")
    right.legend(fontsize=8)
    fig.savefig(Path(__file__).with_suffix(".png"), dpi=110)


if __name__ == "__main__":
    main()
