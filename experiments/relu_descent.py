"""ReLU networks with two inputs on tables that scikit-learn ships: how far from the proved optimum does descent end?

The two features of a table that correlate most with its target, standardised, as the target is; weight decay of both
layers. The optimum over all widths is found and proved by a sweep over the cells of the arrangement.
"""

from __future__ import annotations

import time
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import datasets

import copos
from copos.arrangements.training import TrainedReLUNetwork
from copos.experiment import Experiment, grid
from experiments.descent import DESCENT

Array = NDArray[np.float64]
SETS, METHODS, WIDTH = ("diabetes", "breast_cancer", "wine"), ("optimum", *DESCENT), 50


def table(data: str) -> tuple[Array, Array]:
    """Two features and the target; of wine whether it is of the first kind."""
    X, y = getattr(datasets, f"load_{data}")(return_X_y=True)
    y = (y == 0).astype(float) if data == "wine" else y.astype(float)
    X, y = (X - X.mean(axis=0)) / X.std(axis=0), (y - y.mean()) / y.std()
    return X[:, np.argsort(-np.abs(X.T @ y), kind="stable")[:2]], y


class Landscape:
    """½ Σ_i (Σ_j (x_i'u_j)_+ v_j − y_i)² + (β/2) Σ_j (‖u_j‖² + v_j²) at x = (u, v), with its gradient."""

    def __init__(self, X: Array, y: Array, beta: float):
        self.X, self.y, self.beta, self.program = X, y, beta, SimpleNamespace(Y=y)

    def start(self, rng: np.random.Generator) -> Array:
        """Gaussian weights of variance 1 / width."""
        return rng.standard_normal(WIDTH * (self.X.shape[1] + 1)) / np.sqrt(WIDTH)

    def value(self, x: Array, rows: NDArray[np.int64] | slice = slice(None)) -> tuple[float, Array]:
        """Objective with the loss of some samples scaled up to all, and its gradient."""
        X, d = self.X[rows], self.X.shape[1]
        U, v = x[: d * WIDTH].reshape(d, WIDTH), x[d * WIDTH :]
        Z = X @ U
        A = np.maximum(Z, 0)
        r, share = A @ v - self.y[rows], len(self.y) / len(X)
        slope = share * X.T @ (np.outer(r, v) * (Z > 0)) + self.beta * U
        gradient = np.concatenate([slope.ravel(), share * A.T @ r + self.beta * v])
        return float(0.5 * share * r @ r + 0.5 * self.beta * x @ x), gradient


@lru_cache
def trained(data: str, ratio: float) -> tuple[float, TrainedReLUNetwork, float]:
    """β = ratio · max |x_k'y|, the proved optimum and its CPU seconds."""
    X, y = table(data)
    beta, start = ratio * float(np.abs(X.T @ y).max()), time.process_time()
    return beta, copos.train_relu_network(X, y, beta), time.process_time() - start


def run(data: str, ratio: float, method: str, seed: int, steps: int) -> dict[str, Any]:
    """One training."""
    (X, y), (beta, best, seconds) = table(data), trained(data, ratio)
    value = best.objective
    if method != "optimum":
        landscape, start = Landscape(X, y, beta), time.process_time()
        value = landscape.value(DESCENT[method](landscape, np.random.default_rng(seed), steps))[0]
        seconds = time.process_time() - start
    return {"beta": beta, "objective": value, "lower": best.lower, "proved": best.verify().proved,
            "neurons": len(best.network) if method == "optimum" else WIDTH,
            "above": value / best.lower - 1, "cpu_seconds": seconds}  # fmt: skip


def draw(rows: list[dict[str, Any]], figure: Any) -> None:
    """Distance from the proved bound by table and decay, one colour for each method."""
    axis = figure.subplots()
    groups = list(dict.fromkeys((row["data"], row["ratio"]) for row in rows))
    for k, method in enumerate(METHODS):
        points = [(groups.index((row["data"], row["ratio"])) + 0.15 * (k - 1.5), max(row["above"], 1e-12))
                  for row in rows if row["method"] == method]  # fmt: skip
        axis.semilogy(*np.array(points).T, "o", color=f"C{k}", markersize=4, alpha=0.7, label=method)
    axis.set_xticks(range(len(groups)), [f"{data}\nratio {ratio:g}" for data, ratio in groups], fontsize="small")
    axis.set_ylabel("objective above the proved bound, relatively")
    axis.legend(fontsize="small")


def findings(rows: list[dict[str, Any]]) -> str:
    """How far every method ends above the optimum."""
    below = sum(row["objective"] < row["lower"] * (1 - 1e-12) for row in rows)
    first = {(row["data"], row["ratio"]): row for row in rows if row["method"] == "optimum"}
    gap = max(row["above"] for row in first.values())
    lines = [f"{len(rows)} trainings, {below} below the proved bound; {len(first)} optima of 2 inputs and up to "
             f"{max(row['neurons'] for row in first.values())} neurons, proved to {gap:.0e}.", ""]  # fmt: skip
    for method in METHODS:
        mine = [row for row in rows if row["method"] == method]
        above = [row["above"] for row in mine]
        seconds = float(np.median([row["cpu_seconds"] for row in mine]))
        lines.append(f"- {method}: {sum(a > 1e-4 for a in above)} of {len(mine)} end more than 1e-4 above the optimum, "
                     f"{sum(a > 1e-2 for a in above)} more than 1e-2; median {np.median(above):.1e}, worst "
                     f"{max(above):.1e}; {seconds:.2f} s (median)")  # fmt: skip
    return "\n".join(lines)


def cases(data: tuple[str, ...], ratios: tuple[float, ...], seeds: tuple[int, ...]) -> list[dict[str, Any]]:
    """The optimum once, descents from several starts."""
    return [*grid(data=data, ratio=ratios, method=("optimum",), seed=(0,), steps=(0,)),
            *grid(data=data, ratio=ratios, method=tuple(DESCENT), seed=seeds, steps=(600,))]  # fmt: skip


EXPERIMENT = Experiment(
    question="ReLU networks on real tables: how far from the proved optimum do SGD, Adam and L-BFGS end?",
    sets={"small": cases(("wine",), (0.1,), (0,)), "full": cases(SETS, (0.1, 0.01), (0, 1, 2))},
    columns=("beta", "objective", "lower", "proved", "neurons", "above", "cpu_seconds"),
    run=run,
    draw=draw,
    findings=findings,
)
