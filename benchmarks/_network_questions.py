"""Networks on the tables of `_data_kinds`: losses, weights, ranks, estimators, and the exact optimum of each."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import inf
from typing import Any

import numpy as np

from benchmarks._question import Judged, Question, bracket_judged, closed, crossed, number, told
from benchmarks._rational import (
    Between,
    Optimum,
    Rows,
    Value,
    exact,
    huber,
    least_absolute,
    low_rank,
    network_loss,
    row_wise,
    times,
)  # fmt: skip
from copos import Loss, LowRankRegressor, bracket, linear_network

Matrix = np.ndarray
ONE, ZERO = Fraction(1), Fraction(0)
TERMS = {  # what is asked beside the plain loss, and how often
    "plain": 0.3, "ridge": 0.12, "sample weights": 0.14, "output weights": 0.08, "weights": 0.12, "mask": 0.08,
    "absolute": 0.06, "huber": 0.05, "decay": 0.05,
}  # fmt: skip


def network(rng: np.random.Generator, X: Matrix, Y: Matrix) -> Question:
    """`linear_network` and `bracket` with their defaults, mostly with lift="auto"."""
    term = str(rng.choice(list(TERMS), p=list(TERMS.values())))
    if term in ("absolute", "huber"):  # these lifts grow with the samples
        X, Y = X[-3:, :4], Y[:2, :4]
    if term == "decay":  # and this one with everything
        X, Y = X[-2:], Y[:1]
    d_in, d_out = len(X), len(Y)
    hidden = int(rng.integers(1, min(d_in, d_out) + 1))
    deep = rng.random() < 0.2 and term != "decay"
    widths = [d_in, hidden, hidden + 1, d_out] if deep else [d_in, hidden, d_out]
    options = _options(rng, term, X, Y)
    lift = str(rng.choice(["auto", "projection", "projection-input", "projection-both"], p=[0.7, 0.1, 0.1, 0.1]))
    if term == "decay" or term == "plain" and d_in + d_out <= 4 and rng.random() < 0.4:
        lift = "factor"
    possible = ["minors"] * (hidden == 1) + ["whiten"] * (term in ("plain", "ridge", "sample weights"))
    possible += ["bounded", "balanced", "projection"] * (lift == "factor")
    climbing = {"tolerance": 1e-6, "time_limit": 3.0, "max_cells": 20} if rng.random() < 0.1 else {}
    strengthen = [name for name in possible if lift != "auto" and rng.random() < 0.4]

    def ask() -> tuple[Any, Any]:
        try:
            program = linear_network(X, Y, widths, lift, strengthen, **options)
        except ValueError:
            if not strengthen:
                raise
            program = linear_network(X, Y, widths, lift, **options)  # not every combination is valid
        return program, bracket(program, **climbing)

    def judge(answer: tuple[Any, Any]) -> Judged:
        program, bound = answer
        F, T, weights = exact(X), exact(Y), _weights(options, Y)
        found = W = None
        if bound.found is not None and bound.found.solution is not None:
            W = _product([exact(M) for M in bound.found.solution.weights])
            found = network_loss(W, F, T, weights, *_rho(options), _ridge(options))
            if term == "decay":
                found += _decay(bound.found.solution.weights, options["weight_decay"])
        optimum = _optimum(F, T, min(widths), term, options, weights, W, found)
        return bracket_judged(bound, program, optimum, _scale(optimum, T), found)

    how = {"widths": widths, "lift": lift, "strengthen": strengthen, "term": term, "samples": Y.shape[1],
           "climbing": bool(climbing)}  # fmt: skip
    return Question(f"network, {term}", how, ask, judge)


def _options(rng: np.random.Generator, term: str, X: Matrix, Y: Matrix) -> dict[str, Any]:
    """Arguments of `linear_network`."""
    d_out, samples = Y.shape
    largest = float(np.abs(X).max()) ** 2 if rng.random() < 0.5 else 1.0
    size = largest if np.isfinite(largest) and largest > 0 else 1.0
    drawn = (
        rng.integers(0, 4, samples).astype(float),
        np.round(rng.uniform(0.1, 2, samples), 1),
        10.0 ** rng.integers(-6, 7, samples),
    )[rng.integers(3)]
    drawn[rng.integers(samples)] += 1.0
    if term == "ridge":
        return {"ridge": float(rng.choice([1e-6, 0.1, 1.0, 100.0])) * size}
    if term == "sample weights":
        return {"sample_weight": drawn, "ridge": 0.1 * size} if rng.random() < 0.2 else {"sample_weight": drawn}
    if term == "output weights":
        outputs = np.round(rng.uniform(0.1, 3, d_out), 1) * 10.0 ** rng.integers(-3, 4)
        return {"output_weight": outputs, "sample_weight": drawn} if rng.random() < 0.3 else {"output_weight": outputs}
    if term == "weights":
        return {"weights": 10.0 ** rng.uniform(-2, 1, Y.shape)}
    if term == "mask":
        mask = (rng.random(Y.shape) < 0.7).astype(float)
        mask[0, 0] = 1.0
        return {"weights": mask, "ridge": 0.1 * size} if rng.random() < 0.5 else {"weights": mask}
    if term == "absolute":
        return {"loss": "absolute"}
    if term == "huber":
        return {"loss": Loss("huber", delta=float(rng.choice([0.1, 1.0, 10.0])))}
    return {"weight_decay": float(rng.choice([0.1, 1.0]))} if term == "decay" else {}


def _rho(options: dict[str, Any]) -> tuple[str, Fraction | None]:
    loss = options.get("loss", "squared")
    return (loss, None) if isinstance(loss, str) else (loss.kind, Fraction(loss.delta))


def _ridge(options: dict[str, Any]) -> Fraction:
    return Fraction(options.get("ridge", 0.0))


def _weights(options: dict[str, Any], Y: Matrix) -> Rows:
    """One exact weight per error."""
    given = options.get("weights")
    rows = [[ONE] * Y.shape[1] for _ in Y] if given is None else exact(given)
    samples = [Fraction(float(v)) for v in options.get("sample_weight", np.ones(Y.shape[1]))]
    outputs = [Fraction(float(v)) for v in options.get("output_weight", np.ones(len(Y)))]
    return [[v * s * a for v, s in zip(row, samples, strict=True)] for row, a in zip(rows, outputs, strict=True)]


def _product(layers: Sequence[Rows]) -> Rows:
    """W_L ⋯ W_1, whose rank is at most the smallest width exactly."""
    out = layers[0]
    for W in layers[1:]:
        out = times(W, out)
    return out


def _decay(layers: Sequence[Matrix], decay: float) -> Fraction:
    """(λ/2)Σ‖W_i‖²."""
    return Fraction(decay) / 2 * sum((v * v for M in layers for row in exact(M) for v in row), ZERO)


def _optimum(
    X: Rows, Y: Rows, rank: int, term: str, options: dict[str, Any], weights: Rows, W: Rows | None,
    found: Fraction | None,
) -> Optimum:  # fmt: skip
    """From a formula where there is one; else between a convex relaxation and the best network known."""
    high: Value = inf if found is None else found
    full, ridge = rank >= min(len(X), len(Y)), _ridge(options)
    if term in ("plain", "ridge", "sample weights") or term == "output weights" and not ridge:
        samples = [Fraction(float(v)) for v in options.get("sample_weight", np.ones(len(Y[0])))]
        outputs = [Fraction(float(v)) for v in options.get("output_weight", np.ones(len(Y)))]
        return low_rank(X, Y, rank, samples, outputs, ridge)
    if term in ("weights", "mask"):
        low = row_wise(X, Y, weights, ridge)
        return Between(low, low if full else min(high, _improved(X, Y, weights, ridge, rank, W)))
    if term == "absolute":
        low = sum((least_absolute(X, y, w) for y, w in zip(Y, weights, strict=True)), ZERO)
        return Between(low, low if full else high)
    if term == "huber":
        rows = [huber(X, y, w, _rho(options)[1] or ONE) for y, w in zip(Y, weights, strict=True)]
        known = [v for v in rows if v is not None]
        low = sum(known, ZERO)
        return Between(low, low if full and len(known) == len(rows) else high)
    return Between(row_wise(X, Y, weights), high)  # decay


def _improved(X: Rows, Y: Rows, weights: Rows, ridge: Fraction, rank: int, W: Rows | None) -> Value:
    """The best network with the row space of a given one, rows of W that span it: least squares, output by output."""
    if W is None:
        return inf
    basis = sorted(W, key=lambda row: -sum(abs(v) for v in row))[:rank]
    if not any(any(row) for row in basis):
        return inf
    if ridge:  # ‖AB‖² is no multiple of ‖A‖², and the loss of W is known anyway
        return inf
    return row_wise(times(basis, X), Y, weights)


def _scale(optimum: Optimum, Y: Rows) -> Fraction:
    """Where the optimum is 0: Σ (y − mean)², or Σ y² if that is 0."""
    if not isinstance(optimum, Between) or optimum.low != 0:
        return ZERO
    means = [sum(row, ZERO) / len(row) for row in Y]
    spread = sum(((v - m) ** 2 for row, m in zip(Y, means, strict=True) for v in row), ZERO)
    return spread or sum((v * v for row in Y for v in row), ZERO)


# --- the estimator -------------------------------------------------------------------------------------------------


def regressor(rng: np.random.Generator, X: Matrix, Y: Matrix) -> Question:
    """`LowRankRegressor`, mostly with its defaults; sometimes ridge, sample weights, missing targets."""
    d_in, d_out = len(X), len(Y)
    rank = int(rng.integers(1, min(d_in, d_out) + 1))
    alpha = float(rng.choice([0.0, 0.0, 0.1, 1.0]))
    intercept = bool(rng.random() < 0.75)
    weights = np.ones(Y.shape[1])
    if rng.random() < 0.25:
        weights = rng.integers(0, 4, Y.shape[1]).astype(float)
        weights[rng.integers(Y.shape[1])] = 1.0
    T = Y.copy()
    if rng.random() < 0.15 and Y.shape[1] > 1:
        T[rng.random(Y.shape) < 0.25] = np.nan
        T[:, int(np.argmax(weights))] = Y[:, int(np.argmax(weights))]

    def ask() -> Any:
        model = LowRankRegressor(rank, alpha=alpha, fit_intercept=intercept, time_limit=10.0, max_cells=10)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return model.fit(X.T, T.T, sample_weight=None if (weights == 1).all() else weights)

    def judge(model: Any) -> Judged:
        seen = ~np.isnan(T)
        V = exact(seen * weights)
        F, R = exact(X), exact(np.where(seen, T, 0.0))
        W = exact(np.atleast_2d(model.coef_))
        shift = [Fraction(float(v)) for v in np.atleast_1d(model.intercept_)]
        moved = [[v - b for v in row] for row, b in zip(R, shift, strict=True)]
        # coef_ in doubles has rank ≤ r but for rounding: its loss bounds the optimum only where the rank is full
        loss = network_loss(W, F, moved, V, ridge=Fraction(alpha))
        full = rank >= min(d_in, d_out)
        if seen.all():
            w = V[0]
            centred = (_centred(F, w), _centred(R, w)) if intercept else (F, R)
            optimum = low_rank(*centred, rank, w, [ONE] * d_out, Fraction(alpha))
        else:
            low = ZERO
            for y, w in zip(R, V, strict=True):
                A, b = (_centred(F, w), _centred([y], w)) if intercept else (F, [y])
                low += row_wise(A, b, [w], Fraction(alpha))
            optimum = Between(low, low if full else inf)
        lower, upper = number(model.lower_bound_), number(model.objective_)
        wrong = list(crossed(lower, upper, optimum, loss if full else None))
        if abs(upper - loss) > Fraction(1, 10**6) * max(abs(loss), _scale(Between(ZERO, ZERO), R)):
            wrong.append(f"objective_ {told(upper)} is not the loss {told(loss)} of the model")
        reason = "" if model.proved_ else ("no bound" if model.bound_ is None else model.bound_.reason)
        return Judged(bool(model.proved_), closed(lower, upper, _scale(optimum, R)), reason, wrong)

    how = {"rank": rank, "alpha": alpha, "intercept": intercept, "weighted": not bool((weights == 1).all()),
           "missing": int(np.isnan(T).sum()), "samples": Y.shape[1]}  # fmt: skip
    return Question("regressor", how, ask, judge)


def _centred(M: Rows, w: Sequence[Fraction]) -> Rows:
    """Rows minus their weighted means."""
    total = sum(w, ZERO)
    means = [sum((v * s for v, s in zip(row, w, strict=True)), ZERO) / total for row in M]
    return [[v - m for v in row] for row, m in zip(M, means, strict=True)]


NETWORKS: dict[Callable[[np.random.Generator, Matrix, Matrix], Question], float] = {
    network: 0.5,
    regressor: 0.18,
}
