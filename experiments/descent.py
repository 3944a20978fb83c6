"""Polynomial networks: does gradient descent reach the certified optimum, and does that matter for test accuracy?"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn import datasets
from sklearn.model_selection import train_test_split

from copos.experiment import Experiment, grid
from copos.polynomial.features import Convolution, Dense
from copos.polynomial.fit import TrainedNetwork
from copos.polynomial.network import PolynomialNetwork
from copos.polynomial.program import PolynomialNetworkProgram, polynomial_network

Array = NDArray[np.float64]
SETS = ("diabetes", "breast_cancer", "wine", "digits")
METHODS = ("certified", "L-BFGS", "Adam", "SGD")
LAYERS = ("dense", "convolution", "convolution, pooled")


def architecture(data: str, layer: str) -> Dense | Convolution:
    """Patches of 3×3 pixels, or of five neighbouring features of a table; pooled by threes, or over all of a table."""
    if layer == "dense":
        return Dense()
    patch, pool = ((3, 3), 3) if data == "digits" else (5, "global")
    return Convolution(patch, stride=1, pool=pool if layer == "convolution, pooled" else 1)


def split(data: str, layer: str) -> tuple[Array, Array, Array, Array]:
    """Training and test samples, standardised by the training part; targets standardised, or ±1 per class."""
    X, y = getattr(datasets, f"load_{data}")(return_X_y=True)
    X, y = X[:1000], y[:1000]
    Y = ((y - y.mean()) / y.std())[:, None] if data == "diabetes" else 2.0 * np.eye(int(y.max()) + 1)[y] - 1
    Y = Y[:, 1:] if Y.shape[1] == 2 else Y
    Xa, Xb, Ya, Yb = train_test_split(X, Y, random_state=0, test_size=0.3)
    mean, scale = Xa.mean(0), Xa.std(0)
    if data == "digits":  # one scale for all pixels
        mean, scale = np.full_like(mean, Xa.mean()), np.full_like(scale, Xa.std())
    Xa, Xb = ((M - mean) / np.where(scale > 0, scale, 1.0) for M in (Xa, Xb))
    if data == "digits" and layer != "dense":
        Xa, Xb = Xa.reshape(-1, 8, 8), Xb.reshape(-1, 8, 8)
    return Xa, Xb, Ya, Yb


class Landscape:
    """The nonconvex problem in free vectors w_j, whose directions are the neurons, and weights α_j."""

    def __init__(self, program: PolynomialNetworkProgram, neurons: int):
        G, _, self.m, self.d = program.patches.shape
        self.program, self.T, self.R = program, program.Y.shape[1], neurons * program.Y.shape[1]
        self.G, self.output = G, np.repeat(np.arange(self.T), neurons)
        self.select = (self.output[:, None] == np.arange(self.T)).astype(float)

    def start(self, rng: np.random.Generator) -> Array:
        """Random directions and small weights."""
        weights = rng.standard_normal(self.G * self.R) * self.T / self.R
        return np.r_[rng.standard_normal(self.G * self.R * self.d), weights]

    def parts(self, x: Array) -> tuple[Array, Array]:
        """W (G, R, d) and α (G, R)."""
        cut = self.G * self.R * self.d
        return x[:cut].reshape(self.G, self.R, self.d), x[cut:].reshape(self.G, self.R)

    def value(self, x: Array, rows: NDArray[np.int64] | slice = slice(None)) -> tuple[float, Array]:
        """Objective with the loss of some samples scaled up to all, and its gradient; |α| as √(α² + 1e-16)."""
        (W, alpha), (a, b, c), P = self.parts(x), self.program.activation, self.program.patches[:, rows]
        norm = np.linalg.norm(W, axis=2, keepdims=True)
        u = W / norm
        z = np.einsum("gnpd,grd->gnpr", P, u, optimize=True)
        response = ((a * z + b) * z + c).mean(2)
        F = np.einsum("gnr,gr->nr", response, alpha) @ self.select
        share = len(self.program.Y) / len(F)
        N = share * (F - self.program.Y[rows])
        NR, smooth = N[:, self.output], np.sqrt(alpha**2 + 1e-16)
        slope = (2 * a * z + b) * NR[None, :, None, :] / self.m
        gu = alpha[:, :, None] * np.einsum("gnpr,gnpd->grd", slope, P, optimize=True)
        gw = (gu - u * np.sum(u * gu, 2, keepdims=True)) / norm
        g = np.r_[gw.ravel(), (np.einsum("gnr,nr->gr", response, NR) + self.program.beta * alpha / smooth).ravel()]
        return float(0.5 * np.sum(N * N) / share + self.program.beta * smooth.sum()), g

    def network(self, x: Array) -> PolynomialNetwork:
        """The network of a point."""
        W, alpha = self.parts(x)
        u = W / np.linalg.norm(W, axis=2, keepdims=True)
        pool = np.repeat(np.arange(self.G), self.R)
        return PolynomialNetwork(
            u.reshape(-1, self.d), alpha.ravel(), np.tile(self.output, self.G), pool, np.zeros(self.T),
            self.program.activation, self.program.architecture, self.G,
        )  # fmt: skip


def lbfgs(landscape: Landscape, rng: np.random.Generator, steps: int) -> Array:
    """Quasi-Newton steps on all samples."""
    options = {"maxiter": steps, "maxfun": 2 * steps}
    return minimize(landscape.value, landscape.start(rng), jac=True, method="L-BFGS-B", options=options).x


def adam(landscape: Landscape, rng: np.random.Generator, steps: int, rate: float = 0.02) -> Array:
    """Adam on all samples with a decaying rate."""
    x = landscape.start(rng)
    first, second = np.zeros_like(x), np.zeros_like(x)
    for k in range(1, steps + 1):
        g = landscape.value(x)[1]
        first, second = 0.9 * first + 0.1 * g, 0.999 * second + 0.001 * g * g
        size = np.sqrt(second / (1 - 0.999**k)) + 1e-8
        x = x - rate / (1 + 3 * k / steps) * (first / (1 - 0.9**k)) / size
    return x


def sgd(landscape: Landscape, rng: np.random.Generator, steps: int, batch: int = 64) -> Array:
    """Stochastic gradient steps with momentum ½ and a decaying rate; a step's largest entry is the rate."""
    x, n = landscape.start(rng), len(landscape.program.Y)
    moving = np.zeros_like(x)
    for k in range(1, steps + 1):
        moving = 0.5 * moving + 0.5 * landscape.value(x, rng.integers(0, n, min(batch, n)))[1]
        x = x - 0.05 / (1 + 9 * k / steps) * moving / (np.abs(moving).max() + 1e-300)
    return x


DESCENT: dict[str, Callable[..., Array]] = {"L-BFGS": lbfgs, "Adam": adam, "SGD": sgd}


@lru_cache
def certified(data: str, layer: str, ratio: float) -> tuple[PolynomialNetworkProgram, TrainedNetwork, float]:
    """The training problem, its certified optimum and the seconds that this took."""
    Xa, _, Ya, _ = split(data, layer)
    program = polynomial_network(Xa, Ya, beta_ratio=ratio, architecture=architecture(data, layer))
    began = time.process_time()
    return program, program.train(1e-6), time.process_time() - began


def run(data: str, layer: str, method: str, seed: int, ratio: float, steps: int) -> dict[str, Any]:
    """Train once; every method of descent has as many neurons per output and pool as the optimum has at most."""
    _, Xb, _, Yb = split(data, layer)
    program, fit, took = certified(data, layer, ratio)
    network, objective = fit.network, fit.objective
    if method != "certified":
        keys = np.column_stack([network.pool, network.output])
        most = int(np.unique(keys, axis=0, return_counts=True)[1].max()) if len(network) else 1
        landscape = Landscape(program, most)
        began = time.process_time()
        network = landscape.network(DESCENT[method](landscape, np.random.default_rng(seed), steps))
        took, objective = time.process_time() - began, program.objective(network)
    F = network.decision(program.architecture.patches(Xb))
    if data == "diabetes":
        score = 1 - float(np.sum((F - Yb) ** 2) / np.sum((Yb - Yb.mean()) ** 2))
    else:
        hit = F.argmax(1) == Yb.argmax(1) if Yb.shape[1] > 1 else (F > 0)[:, 0] == (Yb > 0)[:, 0]
        score = float(np.mean(hit))
    return {"objective": objective, "lower": fit.lower, "excess": objective / fit.objective - 1, "gap": fit.gap,
            "neurons": len(network), "score": score, "cpu_seconds": took}  # fmt: skip


def draw(rows: list[dict[str, Any]], figure: Any) -> None:
    """Left the excess over the certified optimum, right the test score, one tick a data set and layer."""
    left, right = figure.subplots(1, 2, gridspec_kw={"width_ratios": (3, 2)})
    kinds = list(dict.fromkeys((r["data"], r["layer"]) for r in rows))
    for k, kind in enumerate(kinds):
        for j, method in enumerate(METHODS):
            mine = [r for r in rows if (r["data"], r["layer"]) == kind and r["method"] == method]
            place, look = k + 0.18 * (j - 1.5), {"color": f"C{j}", "alpha": 0.7, "label": method if k == 0 else None}
            right.plot(np.full(len(mine), place), [r["score"] for r in mine], "s" if j == 0 else "o", ms=5, **look)
            if j:
                excess = [max(r["excess"], 1e-9) for r in mine]
                left.semilogy(np.full(len(mine), place), excess, "o", ms=5, **look)
    names = [f"{data.replace('_', ' ')}\n{layer.replace(', ', ',' + chr(10))}" for data, layer in kinds]
    for axis, label in ((left, "objective / certified optimum − 1"), (right, "test accuracy (diabetes: R²)")):
        few = len(kinds) < 7
        axis.set_xticks(range(len(kinds)), names, fontsize=7 if few else 6, rotation=0 if few else 90)
        axis.set_ylabel(label)
    left.axhline(1e-4, color="black", linewidth=0.8)
    right.legend()


def findings(rows: list[dict[str, Any]]) -> str:
    """How often a method ends above the optimum, and what it costs."""
    descents = [r for r in rows if r["method"] != "certified"]
    below = sum(r["objective"] < r["lower"] * (1 - 1e-12) for r in descents)
    worst = max(r["gap"] for r in rows)
    lines = [f"{len(descents)} runs of descent, {below} below the certified bound; certified gaps ≤ {worst:.0e}.", ""]
    for method in METHODS:
        mine = [r for r in rows if r["method"] == method]
        if not mine:
            continue
        seconds = np.median([r["cpu_seconds"] for r in mine])
        if method == "certified":
            lines.append(f"- certified optimum: {seconds:.2f} s (median)")
            continue
        above = [sum(r["excess"] > level for r in mine) for level in (1e-4, 1e-2)]
        better = sum(
            r["score"] > next(c["score"] for c in rows if c["method"] == "certified"
                              and (c["data"], c["layer"]) == (r["data"], r["layer"])) for r in mine
        )  # fmt: skip
        lines.append(
            f"- {method}: {above[0]} of {len(mine)} runs end more than 1e-4 above the optimum, {above[1]} more than "
            f"1e-2; {better} have a better test score than the optimum; {seconds:.2f} s (median)"
        )
    return "\n".join(lines)


def cases(sets: tuple[str, ...], layers: tuple[str, ...], seeds: int, steps: int) -> list[dict[str, Any]]:
    """The optimum once, descent from every seed."""
    fixed = {"data": sets, "layer": layers, "ratio": (0.01,), "steps": (steps,)}
    once = grid(method=METHODS[:1], seed=(0,), **fixed)
    return once + grid(method=METHODS[1:], seed=tuple(range(seeds)), **fixed)


EXPERIMENT = Experiment(
    question="Does gradient descent reach the certified optimum of a polynomial network, and does it matter for tests?",
    sets={
        "small": cases(("diabetes", "wine"), ("dense", "convolution, pooled"), 2, 300),
        "full": cases(SETS, LAYERS, 3, 600),
    },
    columns=("objective", "lower", "excess", "gap", "neurons", "score", "cpu_seconds"),
    run=run,
    draw=draw,
    findings=findings,
)
