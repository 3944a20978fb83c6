"""Polynomial networks on the tables of `_data_kinds`: training, the estimator, weight decay."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import inf
from typing import Any

import numpy as np
from scipy.optimize import minimize

from benchmarks._question import Judged, Question, crossed, number, told
from benchmarks._rational import Between, Optimum, Rows, dot, exact, lasso, penalty, times
from copos import PolynomialNetworkRegressor, convex_decay_bound, polynomial_network

Matrix = np.ndarray
ONE, ZERO = Fraction(1), Fraction(0)
ACTIVATIONS = ("published", "quadratic", "relu", (0.5, 0.0, 0.25), (1.0, 1.0, 0.0))


def polynomial(rng: np.random.Generator, X: Matrix, Y: Matrix) -> Question:
    """`polynomial_network(…).train()`; with one input the optimum is that of two features, σ(x) and σ(−x)."""
    X, y = X[: int(rng.integers(1, 4))], Y[0]
    activation = ACTIVATIONS[rng.integers(len(ACTIVATIONS))]
    loss = str(rng.choice(["squared", "absolute", "huber"], p=[0.7, 0.15, 0.15]))
    intercept, ratio = bool(rng.random() < 0.5), float(rng.choice([0.5, 0.1, 0.01]))

    def ask() -> tuple[Any, Any]:
        program = polynomial_network(X.T, y, activation, beta_ratio=ratio, loss=loss, intercept=intercept)
        return program, program.train(time_limit=10.0)

    def judge(answer: tuple[Any, Any]) -> Judged:
        program, fit = answer
        found = fit.network, fit.lower, fit.objective, fit.certificate
        done = fit.certified, fit.message
        return _judged(found, exact(X), y, program.activation, program.beta, loss, intercept, *done)

    how = {"inputs": len(X), "activation": activation, "loss": loss, "intercept": intercept, "ratio": ratio}
    return Question(f"polynomial, {loss}", how, ask, judge)


def regressor(rng: np.random.Generator, X: Matrix, Y: Matrix) -> Question:
    """`PolynomialNetworkRegressor`: what it proves is about the samples that it has standardised."""
    X, y, ratio = X[: int(rng.integers(1, 4))], Y[0], float(rng.choice([0.5, 0.1, 0.01]))

    def ask() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return PolynomialNetworkRegressor(beta_ratio=ratio, time_limit=10.0).fit(X.T, y)

    def judge(model: Any) -> Judged:
        means, scales = (exact([v])[0] for v in (model.mean_, model.scale_))
        F = [[(v - m) / s for v in row] for row, m, s in zip(exact(X), means, scales, strict=True)]
        found = model.network_, model.lower_bound_, model.objective_, model.certificate_
        closed = model.dual_gap_ <= model.tol
        return _judged(found, F, y, model.network_.activation, model.beta_, "squared", True, closed, "no convergence")

    return Question("polynomial regressor", {"inputs": len(X), "ratio": ratio, "samples": len(y)}, ask, judge)


def _judged(
    found: tuple[Any, float, float, Any], X: Rows, y: Matrix, activation: Sequence[float], beta: float, loss: str,
    intercept: bool, certified: bool, message: str,
) -> Judged:  # fmt: skip
    """Lower bound, objective and certificate of a trained network."""
    network, low, high, certificate = found
    sigma, targets, penalty_ = exact([activation])[0], exact([y])[0], Fraction(beta)
    value = _objective(network, X, targets, sigma, penalty_, loss)
    optimum: Optimum = Between(ZERO, value)
    if len(X) == 1 and loss == "squared":
        rows = [[sigma[0] * v * v + s * sigma[1] * v + sigma[2] for v in X[0]] for s in (1, -1)]
        best = lasso(rows, targets, penalty_, intercept)
        optimum = Between(best, best)
    lower, upper = number(low), number(high)
    wrong = list(crossed(lower, upper, optimum, value))
    floor = Fraction(1, 10**6) * max(value, _objective(None, X, targets, sigma, penalty_, loss) / 10**12)
    if certified and optimum.low == optimum.high and value - optimum.low > 2 * floor:
        wrong.append(f"certified, but {told(value)} is above the optimum {told(optimum.low)}")
    if certified and abs(upper - value) > floor:
        wrong.append(f"certified, but objective {told(upper)} is not the network's {told(value)}")
    if not (verdict := certificate.verify()).proved:
        wrong.append(f"the checker rejects the certificate: {verdict.reason}")
    return Judged(bool(certified), bool(certified), "" if certified else message, wrong)


def decay(rng: np.random.Generator, X: Matrix, Y: Matrix) -> Question:
    """`convex_decay_bound`, against the best of some networks of one neuron."""
    X, y = X[: int(rng.integers(1, 3))], Y[0]
    activation = ("published", "quadratic", "linear", (0.5, 0.0, 0.25))[rng.integers(4)]
    beta = float(rng.choice([0.01, 0.1, 1.0])) * max(1.0, float(np.abs(y).max()))

    def ask() -> Any:
        return convex_decay_bound(X.T, y, beta, activation, width=1)

    def judge(bound: Any) -> Judged:
        from copos.polynomial.features import activation as read

        sigma = [float(v) for v in read(activation)]
        optimum = Between(ZERO, best_of_one_neuron(X, y, beta, sigma))
        if len(X) == 1 and activation == "linear":
            low = lasso(exact(X), exact([y])[0], Fraction(beta))
            optimum = Between(low, low)
        lower = number(bound.lower)
        closed = optimum.high - lower <= Fraction(1, 10**6) * optimum.high
        return Judged(lower > 0, closed, "" if lower > 0 else "zero", list(crossed(lower, inf, optimum)))

    return Question("decay bound", {"inputs": len(X), "activation": activation, "beta": beta}, ask, judge)


def best_of_one_neuron(X: Matrix, y: Matrix, beta: float, sigma: Sequence[float]) -> Fraction:
    """The least exact ½Σ(ασ(x'u) − y)² + β(‖u‖² + α²)/2 that descents from some starts reach; α = 0 is one of them."""
    a, b, c = sigma

    def value(w: Matrix) -> float:
        z = w[:-1] @ X
        return 0.5 * ((w[-1] * (a * z * z + b * z + c) - y) ** 2).sum() + 0.5 * beta * w @ w

    F, t, B, p = exact(X), exact([y])[0], Fraction(beta), exact([sigma])[0]
    best = dot(t, t) / 2
    with np.errstate(all="ignore"):
        for start in (*np.eye(len(X) + 1), -np.eye(len(X) + 1)[-1], np.full(len(X) + 1, 0.3)):
            w = minimize(value, start + 0.01, method="Nelder-Mead", options={"maxiter": 300}).x
            if np.isfinite(w).all():
                u, alpha = exact([w[:-1]])[0], Fraction(float(w[-1]))
                fit = [alpha * (p[0] * z * z + p[1] * z + p[2]) for z in times([u], F)[0]]
                errors = [f - v for f, v in zip(fit, t, strict=True)]
                best = min(best, dot(errors, errors) / 2 + B * (dot(u, u) + alpha * alpha) / 2)
    return best


def _rho_half(e: Fraction, loss: str) -> Fraction:
    """The losses of polynomial networks: ½e², |e|, and Huber's with threshold 1."""
    return penalty(e, loss, ONE) if loss == "absolute" else penalty(e, loss, ONE) / 2


def _unit(u: Sequence[float]) -> list[Fraction]:
    """A rational unit vector near u, from the stereographic projection."""
    k = int(np.argmax(np.abs(u)))
    sign = 1 if u[k] >= 0 else -1
    t = [Fraction(float(v / (1 + sign * u[k]))) for i, v in enumerate(u) if i != k]
    square = sum((v * v for v in t), ZERO)
    out = [2 * v / (1 + square) for v in t]
    out.insert(k, sign * (1 - square) / (1 + square))
    return out


def _objective(
    network: Any, X: Rows, y: Sequence[Fraction], sigma: Sequence[Fraction], beta: Fraction, loss: str
) -> Fraction:
    """The exact objective of a network whose neurons are rational unit vectors near the given ones; None is zero."""
    fit, decay = [ZERO] * len(y), ZERO
    if network is not None:
        fit = [Fraction(float(network.intercept[0]))] * len(y)
        for u, alpha in zip(network.u, network.alpha, strict=True):
            (z,), alpha = times([_unit(u)], X), Fraction(float(alpha))
            fit = [f + alpha * (sigma[0] * v * v + sigma[1] * v + sigma[2]) for f, v in zip(fit, z, strict=True)]
            decay += abs(alpha)
    return sum((_rho_half(f - v, loss) for f, v in zip(fit, y, strict=True)), ZERO) + beta * decay


POLYNOMIALS: dict[Callable[[np.random.Generator, Matrix, Matrix], Question], float] = {
    polynomial: 0.09,
    regressor: 0.03,
    decay: 0.04,
}
