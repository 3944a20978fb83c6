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
    """Eight variables, one of them an integer and one binary, an indefinite objective and three rows."""
    rng = np.random.default_rng(5)
    n = 8
    Q = rng.integers(-9, 10, (n, n)) * (rng.random((n, n)) < 0.6)
    A = rng.integers(-3, 6, (3, n))
    bounds = [(-2, 1), (0, 2), (-1, 2), (-3, 0), (-2, 6), (0, 1), (0, 3), (-1, 1)]
    return copos.quadratic_program(Q + Q.T, rng.integers(-9, 10, n), A_ub=A, b_ub=[6, 6, 9], bounds=bounds,
                                   integrality=[0, 0, 0, 0, 1, 1, 0, 0], sense="max")  # fmt: skip


def main() -> None:
    """Record both bounds as they close, and draw them."""
    start, seen = time.process_time(), []

    def record(at: copos.QuadraticBracket) -> None:
        seen.append((time.process_time() - start, at.lower, at.upper, at.cells))

    found = copos.bracket(problem(), tolerance=1e-6, callback=record)
    print(found, f"{found.cells} cells, {time.process_time() - start:.1f} s CPU")
    seen.append((time.process_time() - start, found.lower, found.upper, found.cells))
    seconds, lower, upper, _ = (np.array(part) for part in zip(*seen, strict=True))
    fig, axis = plt.subplots(figsize=(7, 3.4), layout="constrained")
    axis.fill_between(seconds, lower, upper, step="post", color="tab:blue", alpha=0.12)
    axis.step(seconds, upper, where="post", color="tab:red", label="proved: no feasible point has a larger value")
    axis.step(seconds, lower, where="post", color="black", label="value of the best point found, evaluated exactly")
    axis.set(xlabel="CPU seconds", ylabel="objective (to be maximised)")
    axis.legend(fontsize=8)
    fig.savefig(Path(__file__).with_suffix(".png"), dpi=110)


if __name__ == "__main__":
    main()
