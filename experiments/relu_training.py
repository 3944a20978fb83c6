"""Two-layer ReLU networks on the data of Prakhya, Birdal and Yurtsever: optimum, level 0, and local descent.

Random sets: 25 Gaussian samples in the plane, five targets of a random network of 100 neurons. Spirals: three arms of
25 points, an output for each. Sizes are those of the published tables; the draws are our own, because theirs cannot be
made again from a seed. Level 0 is their relaxation: no cut into signs.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import scipy.optimize as opt

import copos
from copos.experiment import Experiment, grid

SAMPLES, OUTPUTS, GENERATOR, WIDTH, STARTS = 25, 5, 100, 300, 3
METHODS = ("optimum", "level 0", "descent")


def data(kind: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Samples in the plane and their targets."""
    rng = np.random.default_rng(seed)
    if kind == "random":
        X, U = rng.standard_normal((SAMPLES, 2)), rng.standard_normal((2, GENERATOR))
        return X, np.maximum(X @ U, 0) @ rng.standard_normal((GENERATOR, OUTPUTS))
    arms = []
    for arm in range(3):
        radius = np.linspace(0, 0.5, SAMPLES)
        angle = np.linspace(4 * arm, 4 * arm + 4, SAMPLES) + 0.15 * rng.standard_normal(SAMPLES)
        arms.append(np.column_stack([radius * np.sin(angle), radius * np.cos(angle)]))
    return np.vstack(arms), np.repeat(np.eye(3), SAMPLES, axis=0)


def descended(X: np.ndarray, Y: np.ndarray, beta: float, seed: int) -> float:
    """The least objective that L-BFGS reaches from random networks of 300 neurons."""
    rng, d, c = np.random.default_rng(seed), X.shape[1], Y.shape[1]

    def value(p: np.ndarray) -> tuple[float, np.ndarray]:
        U, V = p[: d * WIDTH].reshape(d, WIDTH), p[d * WIDTH :].reshape(WIDTH, c)
        Z = X @ U
        A = np.maximum(Z, 0)
        R = A @ V - Y
        slope = X.T @ ((R @ V.T) * (Z > 0)) + beta * U
        value = 0.5 * np.sum(R * R) + 0.5 * beta * p @ p
        return float(value), np.concatenate([slope.ravel(), (A.T @ R + beta * V).ravel()])

    starts = (rng.standard_normal((d + c) * WIDTH) / np.sqrt(WIDTH) for _ in range(STARTS))
    found = (opt.minimize(value, s, jac=True, method="L-BFGS-B", options={"maxiter": 1000}) for s in starts)
    return min(float(one.fun) for one in found)


def run(kind: str, seed: int, beta: float, method: str) -> dict[str, Any]:
    """One method beside the proved optimum."""
    X, Y = data(kind, seed)
    started = time.process_time()
    best = copos.train_relu_network(X, Y, beta)
    trained = time.process_time()
    begin = time.process_time()
    lower, upper, neurons, proved = best.lower, best.objective, len(best.network), bool(best.verify().proved)
    seconds = trained - started
    if method == "level 0":
        bound = copos.bracket(copos.relu_network(X, Y, beta, signs=False), level=0)
        lower, upper, proved = bound.lower, bound.upper, bound.proved
        neurons, seconds = len(bound.found.solution) if bound.found else 0, time.process_time() - begin
    if method == "descent":
        lower, upper, neurons, proved = 0.0, descended(X, Y, beta, seed), WIDTH, False
        seconds = time.process_time() - begin
    return {"optimum": best.objective, "lower": lower, "upper": upper, "neurons": neurons, "proved": proved,
            "below": lower / best.lower, "above": upper / best.objective - 1, "cpu": seconds}  # fmt: skip


def draw(rows: list[dict[str, Any]], figure: Any) -> None:
    """Bounds and networks over the optimum, one panel for each kind of data and β."""
    kinds = list(dict.fromkeys((r["kind"], r["beta"]) for r in rows))
    axes = figure.subplots(1, len(kinds), sharey=True, squeeze=False)[0]
    for axis, kind in zip(axes, kinds, strict=True):
        mine = [r for r in rows if (r["kind"], r["beta"]) == kind]
        for k, method in enumerate(METHODS):
            some = [r for r in mine if r["method"] == method]
            axis.plot([k] * len(some), [1 + r["above"] for r in some], "v", color=f"C{k}")
            if method != "descent":
                axis.plot([k] * len(some), [r["below"] for r in some], "^", color=f"C{k}")
        axis.set_xlim(-0.5, len(METHODS) - 0.5)
        axis.set_xticks(range(len(METHODS)), METHODS, fontsize=7)
        axis.set_title(f"{kind[0]}, β = {kind[1]:g}", fontsize=9)
    axes[0].set_ylabel("bound ▲ and network ▼ over the optimum")


def findings(rows: list[dict[str, Any]]) -> str:
    """How near every method comes, and in what time."""
    lines = []
    for kind, beta in dict.fromkeys((r["kind"], r["beta"]) for r in rows):
        for method in METHODS:
            mine = [r for r in rows if (r["kind"], r["beta"], r["method"]) == (kind, beta, method)]
            if mine:
                below, above = np.mean([r["below"] for r in mine]), np.mean([r["above"] for r in mine])
                where, shown = f"{kind}, β = {beta:g}, {method}", sum(r["proved"] for r in mine)
                proof = f"bound {below:.6f} of the optimum, {shown} of {len(mine)} proved, "
                bound = "" if method == "descent" else proof
                seconds = np.mean([r["cpu"] for r in mine])
                lines.append(f"- {where}, {len(mine)} sets: {bound}network {above:.1e} above it, {seconds:.2f} s")
    return "\n".join(lines)


EXPERIMENT = Experiment(
    question="How far are level 0 and local descent from the proved optimum of two-layer ReLU networks?",
    sets={
        "small": grid(kind=("random",), seed=(100,), beta=(0.1,), method=("optimum", "descent")),
        "full": [
            *grid(kind=("random",), seed=tuple(range(100, 200)), beta=(0.1, 0.01), method=("optimum",)),
            *grid(kind=("random",), seed=tuple(range(100, 103)), beta=(0.1, 0.01), method=("level 0", "descent")),
            *grid(kind=("spiral",), seed=(100, 101, 102), beta=(0.1, 0.01), method=("optimum", "descent")),
        ],
    },
    columns=("optimum", "lower", "upper", "neurons", "proved", "below", "above", "cpu"),
    run=run,
    draw=draw,
    findings=findings,
)
