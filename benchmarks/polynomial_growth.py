"""Training of polynomial networks as samples, features and outputs grow: CPU seconds with the proof, certified gap.

Standard normal samples; each output is a quadratic teacher of three neurons with noise of .3 standard deviations,
labels are its sign or the largest output. A free intercept; β is a tenth of β_max.

python -m benchmarks polynomial-growth
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks._measure import Row, clock, measure
from benchmarks._table import Table

# samples, features, outputs, loss, tolerance, CPU seconds that are the goal
CASES = (
    (2000, 400, 1, "logistic", 1e-3, 10.0),
    (2000, 1000, 1, "squared", 1e-3, 20.0),
    (3000, 20, 10, "multinomial", 1e-4, 5.0),
    (5000, 30, 50, "multinomial", 1e-2, 20.0),
    (2000, 100, 1, "hinge", 1e-3, 20.0),
    (30_000, 30, 1, "squared", 1e-3, 20.0),
)
QUICK = ((3000, 20, 10, "multinomial", 1e-4, 5.0),)


def teacher(samples: int, features: int, outputs: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """X and noisy outputs of quadratic teachers, of mean 0 and variance 1 before the noise."""
    rng = np.random.default_rng(seed)
    X, F = rng.standard_normal((samples, features)), np.zeros((samples, outputs))
    for t in range(outputs):
        U = rng.standard_normal((3, features))
        Z = X @ (U / np.linalg.norm(U, axis=1)[:, None]).T
        F[:, t] = Z**2 @ np.array([1.0, -1.0, 0.5]) + Z @ np.array([0.5, 1.0, -1.0])
    F = (F - F.mean(0)) / F.std(0)
    return X, F + 0.3 * rng.standard_normal(F.shape)


def targets(F: np.ndarray, loss: str) -> np.ndarray:
    """What the loss learns."""
    if loss == "multinomial":
        return F.argmax(1)
    return F if loss == "squared" else np.where(F[:, 0] > 0, 1.0, -1.0)


def grown(samples: int, features: int, outputs: int, loss: str, tolerance: float) -> Row:
    """One case: β_max, training and the proof."""
    from copos.polynomial.program import polynomial_network

    X, F = teacher(samples, features, outputs)
    start = clock()
    program = polynomial_network(X, targets(F, loss), beta_ratio=0.1, loss=loss, intercept=True)
    fit = program.train(tolerance)
    seconds = clock() - start
    return {"train_s": seconds, "gap": f"{fit.gap:.0e}", "neurons": len(fit.network),
            "status": "ok" if fit.certified else fit.message}  # fmt: skip


def growth(quick: bool) -> Iterator[Row]:
    """CPU seconds to a certified gap, the exact proof included, and peak memory, as everything grows; β = .1 β_max."""
    for samples, features, outputs, loss, tolerance, goal in QUICK if quick else CASES:
        found = measure(grown, samples, features, outputs, loss, tolerance, repeats=1, limit=1800)
        case = {"samples": samples, "features": features, "outputs": outputs, "loss": loss}
        yield {**case, "tolerance": tolerance, "goal": f"{goal:g} s", **found}


TABLES = [Table("polynomial-growth", growth, key=("samples", "features", "outputs", "loss"))]
