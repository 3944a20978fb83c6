"""Polynomial networks beside Adam with the same CPU seconds, both certified by the same proof.

Adam (full batch, in NumPy: no framework's overhead, and none of its kernels) has twice the neurons of the optimum,
first layers w/‖w‖, and the best of three step sizes, each with all the seconds that training took, its proof included.
Its gap is that of `certify_network`, with the bound of training where that is better.

python -m benchmarks adam
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks._measure import Row, clock
from benchmarks._table import Table
from benchmarks.polynomial_growth import teacher

# samples, features, β/β_max
CASES = ((500, 10, 0.1), (500, 10, 0.01), (2000, 50, 0.1), (2000, 100, 0.1), (2000, 100, 0.01))
QUICK = ((200, 5, 0.1),)
STEPS = (1e-1, 1e-2, 1e-3)


def adam(
    X: np.ndarray, y: np.ndarray, sigma: tuple[float, ...], beta: float, width: int, step: float, seconds: float
) -> tuple[np.ndarray, np.ndarray]:
    """(u, α) after so many CPU seconds on ½Σ(f − y)² + βΣ|α|, the step falling to 0 like a cosine in that time."""
    a, b, c = sigma
    rng = np.random.default_rng(0)
    w, alpha = rng.standard_normal((width, X.shape[1])), 0.1 * rng.standard_normal(width)
    first = [np.zeros_like(w), np.zeros_like(alpha)]
    second = [np.zeros_like(w), np.zeros_like(alpha)]
    begin, t = clock(), 0
    while (share := (clock() - begin) / seconds) < 1:
        t += 1
        length = np.linalg.norm(w, axis=1)
        u = w / length[:, None]
        z = X @ u.T
        hidden = (a * z + b) * z + c
        e = hidden @ alpha - y
        back = ((2 * a * z + b) * e[:, None]).T @ X * alpha[:, None]
        back = (back - (back * u).sum(1)[:, None] * u) / length[:, None]
        rate = step * 0.5 * (1 + np.cos(np.pi * share)) * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        for k, (v, g) in enumerate(((w, back), (alpha, hidden.T @ e + beta * np.sign(alpha)))):
            first[k] += 0.1 * (g - first[k])
            second[k] += 0.001 * (g * g - second[k])
            v -= rate * first[k] / (np.sqrt(second[k]) + 1e-12)
    return w / np.linalg.norm(w, axis=1)[:, None], alpha


def beside(samples: int, features: int, ratio: float) -> Iterator[Row]:
    """One case: training with its proof, then Adam."""
    from copos import PolynomialNetwork, certify_network, polynomial_network

    X, F = teacher(samples, features, 1)
    y = F[:, 0]
    start = clock()
    program = polynomial_network(X, y, beta_ratio=ratio)
    fit = program.train(1e-6)
    seconds = clock() - start
    case = {"samples": samples, "features": features, "β/β_max": ratio}
    yield {**case, "method": "copos", "cpu_s": seconds, "objective": fit.objective, "gap": f"{fit.gap:.0e}"}
    best, width = None, 2 * len(fit.network) + 2
    for step in STEPS:
        u, alpha = adam(X, y, tuple(program.activation), program.beta, width, step, seconds)
        found = certify_network(PolynomialNetwork.from_weights(u, alpha, "published"), X, y, program.beta)
        best = found if best is None or found.objective < best.objective else best
    assert best is not None
    lower = max(best.lower, fit.lower)
    gap = (best.objective - lower) / best.objective
    yield {**case, "method": "Adam", "cpu_s": seconds, "objective": best.objective, "gap": f"{gap:.0e}"}


def comparison(quick: bool) -> Iterator[Row]:
    """Certified relative gaps of both at the same CPU seconds; random quadratic teachers, squared loss."""
    for case in QUICK if quick else CASES:
        yield from beside(*case)


TABLES = [Table("adam", comparison, key=("samples", "features", "β/β_max", "method"))]
