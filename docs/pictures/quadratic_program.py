"""The picture of docs/quadratic_programs.md; `python docs/pictures/quadratic_program.py` writes it beside this file."""

from __future__ import annotations

import time
from pathlib import Path

import matplotlib as mpl
import numpy as np

import copos

mpl.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402


def problem() -> copos.QuadraticProgram:
    """Twenty items, a profit for every pair that is packed together, a knapsack for a third of their weight."""
    rng = np.random.default_rng(1)
    n = 20
    weights = rng.integers(1, 50, n)
    profits = np.triu(rng.integers(1, 101, (n, n)) * (rng.random((n, n)) < 0.5))
    return copos.quadratic_program(profits, A_ub=[weights], b_ub=[int(weights.sum()) // 3], bounds=(0, 1),
                                   integrality=1, sense="max")  # fmt: skip


def main() -> None:
    """Record both bounds as they close, and draw them."""
    copos.bracket(problem(), tolerance=1e-6, max_cells=3)  # what is loaded and compiled once is no work on the problem
    start, seen = time.process_time(), []

    def record(at: copos.QuadraticBracket) -> None:
        seen.append((time.process_time() - start, at.lower, at.upper, at.cells))

    found = copos.bracket(problem(), tolerance=1e-6, callback=record)
    print(found, f"{found.cells} cells, {time.process_time() - start:.1f} s CPU")
    seen.append((1.05 * (time.process_time() - start), found.lower, found.upper, found.cells))
    seconds, lower, upper, cells = (np.array(part) for part in zip(*seen, strict=True))
    fig, axis = plt.subplots(figsize=(7, 3.4), layout="constrained")
    axis.fill_between(seconds, lower, upper, step="post", color="tab:blue", alpha=0.12)
    axis.step(seconds, upper, where="post", color="tab:red", label="proved: no feasible point has a larger value")
    axis.step(seconds, lower, where="post", color="black", label="value of the best point found, evaluated exactly")
    for k in (0, len(cells) // 4, len(cells) - 1):
        words = "first relaxation" if cells[k] < 2 else f"{cells[k]} cells"
        last = k == len(cells) - 1
        axis.annotate(words, (seconds[k], upper[k]), (-3 if last else 3, 4), textcoords="offset points", fontsize=7,
                      color="tab:red", ha="right" if last else "left")  # fmt: skip
    axis.set(xlabel="CPU seconds", ylabel="objective (to be maximised)", xlim=(0, float(seconds[-1])))
    axis.legend(fontsize=8)
    fig.savefig(Path(__file__).with_suffix(".png"), dpi=110)


if __name__ == "__main__":
    main()
