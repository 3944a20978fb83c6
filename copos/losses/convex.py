"""Convex losses: value, gradient, curvature, conjugate, and the conic rows that describe them.

All losses of one number per output are one formula in the residual r = ŷ − y,

    ℓ(r) = max { νr − κν²/2 : low ≤ ν ≤ high } = min { (r − p + q)²/(2κ) + high·p − low·q : p, q ≥ 0 },

so a loss is a row (κ, low, high): squared, absolute, Huber, quantile, and for labels y = ±1 the hinge and the squared
hinge (there 1 − yŷ = −y(ŷ − y), and the bounds are turned with the label). Its conjugate is ℓ*(ν) = νy + κν²/2 on
[low, high]. The logistic loss and the multinomial loss are written out.

A loss is bound to targets and sample weights: Σ_i w_i ℓ(ŷ_i, y_i). Arrays are (samples, outputs).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from copos.support.looks import one_line
from copos.support.names import one_of

Array = NDArray[np.float64]
NEAR = 1e-12  # of the largest prediction or target: what rounding leaves of F = y


class Row(NamedTuple):
    """A loss of the table. `labels` says what the targets are: None for numbers, 'sign' for ±1, 'one-hot' rows."""

    curvature: float
    low: float
    high: float
    labels: str | None
    parameter: tuple[str, float] | None = None


LOSSES = {
    "squared": Row(1.0, -np.inf, np.inf, None),
    "absolute": Row(0.0, -1.0, 1.0, None),
    "huber": Row(1.0, -1.0, 1.0, None, ("threshold δ > 0", 1.0)),  # r²/2 up to δ, linear beyond
    "quantile": Row(0.0, -0.5, 0.5, None, ("quantile τ in (0, 1)", 0.5)),
    "hinge": Row(0.0, -1.0, 0.0, "sign"),  # max(0, 1 − yŷ)
    "squared_hinge": Row(1.0, -np.inf, 0.0, "sign"),  # max(0, 1 − yŷ)²/2
    "logistic": Row(np.nan, -1.0, 0.0, "sign"),  # log(1 + exp(−yŷ))
    "multinomial": Row(np.nan, -1.0, 1.0, "one-hot"),  # log Σ_t exp(ŷ_t) − ŷ_y
}


class Loss(Protocol):
    """A loss Σ w_i ℓ(ŷ_i, y_i) as training and certificates need it."""

    @property
    def Y(self) -> Array:
        """Targets (n, T)."""
        ...

    @property
    def smooth(self) -> bool:
        """Whether the gradient is continuous."""
        ...

    @property
    def separable(self) -> bool:
        """Whether it is a sum over outputs."""
        ...

    def value(self, F: Array) -> float:
        """Loss at predictions F (n, T)."""
        ...

    def gradient(self, F: Array) -> Array:
        """A subgradient, (n, T); always in the domain of the conjugate."""
        ...

    def both(self, F: Array) -> tuple[float, Array]:
        """Value and subgradient."""
        ...

    def hessian(self, F: Array) -> tuple[Callable[[Array], Array], Array]:
        """The (generalised) Hessian as a map of directions, and its diagonal."""
        ...

    def dual(self, N: Array, limit: float) -> tuple[float, float]:
        """(s, −f*(sN)) for a good scale 0 ≤ s ≤ limit that keeps sN in the domain."""
        ...

    def balance(self, N: Array) -> Array:
        """A point of the domain near N whose columns sum to zero, as a free intercept demands."""
        ...

    def output(self, t: int) -> Loss:
        """The part of output t; only for separable losses."""
        ...


def _signs_balanced(N: Array) -> Array:
    """Shrink the heavier sign of every column until the column sums to zero."""
    up, down = np.maximum(N, 0.0).sum(0), np.maximum(-N, 0.0).sum(0)
    light = np.minimum(up, down)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(N > 0, N * np.where(up > 0, light / up, 0.0), N * np.where(down > 0, light / down, 0.0))


@one_line
@dataclass(frozen=True, eq=False)
class Interval:
    """max { νr − κν²/2 : low ≤ ν ≤ high } per entry, weights already inside: κ/w, w·low, w·high.

    `center` and `rho` add the proximal term (center² − (ν − center)²)/(2ρ) of the method of multipliers, which makes
    a piecewise linear loss smooth, and nonnegative like the loss, without changing the point to which the multipliers
    converge.
    """

    Y: Array
    kappa: Array
    low: Array
    high: Array
    center: Array | float = 0.0
    rho: float = np.inf

    separable = True

    @property
    def smooth(self) -> bool:
        """Whether the gradient is continuous."""
        return bool(np.all(self.kappa > 0)) or np.isfinite(self.rho)

    def multiplied(self, center: Array, rho: float) -> Interval:
        """The proximal smoothing around multipliers `center`."""
        return replace(self, center=center, rho=rho)

    def gradient(self, F: Array) -> Array:
        """The maximising ν."""
        r = F - self.Y
        if np.isfinite(self.rho):
            return np.clip((r + self.center / self.rho) / (self.kappa + 1 / self.rho), self.low, self.high)
        curved = self.kappa > 0
        kink = np.where(r > 0, self.high, np.where(r < 0, self.low, 0.0))
        return np.clip(np.where(curved, r / np.where(curved, self.kappa, 1.0), kink), self.low, self.high)

    @cached_property
    def squared(self) -> bool:
        """No bounds and no proximal term: (1/κ)r²/2."""
        unbounded = np.isinf(self.low).all() and np.isinf(self.high).all()
        return bool(np.isinf(self.rho) and unbounded and np.all(self.kappa > 0))

    def both(self, F: Array) -> tuple[float, Array]:
        """Σ νr − κν²/2 at the maximising ν, and ν."""
        if self.squared:
            r = F - self.Y
            nu = r / self.kappa
            return 0.5 * float(np.vdot(nu, r)), nu
        nu = self.gradient(F)
        total = float(np.vdot(nu, F - self.Y)) - 0.5 * float(np.vdot(self.kappa, nu * nu))
        if np.isfinite(self.rho):
            total += float(np.sum(nu * (2 * self.center - nu))) / (2 * self.rho)
        return total, nu

    def value(self, F: Array) -> float:
        """Value of `both`."""
        return self.both(F)[0]

    def bend(self, N: Array) -> Array:
        """κν."""
        return self.kappa * N

    def hessian(self, F: Array) -> tuple[Callable[[Array], Array], Array]:
        """1/κ where ν is inside its interval, 0 where it is at an end."""
        kappa = self.kappa + (1 / self.rho if np.isfinite(self.rho) else 0.0)
        nu = self.gradient(F)
        # a kink (κ = 0) has no curvature to either side
        D = np.where((nu > self.low) & (nu < self.high) & (kappa > 0), 1 / np.where(kappa > 0, kappa, 1.0), 0.0)
        return lambda dF: D * dF, D

    def dual(self, N: Array, limit: float) -> tuple[float, float]:
        """−Σ sνy + κs²ν²/2 (and the proximal term), maximised over s."""
        if np.isfinite(self.low).any() or np.isfinite(self.high).any():
            limit = min(limit, 1.0)  # N is in the domain and 0 is, so every s ≤ 1 is; more need not be
        linear, quadratic = -float(np.sum(N * self.Y)), float(np.sum(self.kappa * N**2))
        if np.isfinite(self.rho):
            linear += float(np.sum(N * self.center)) / self.rho
            quadratic += float(np.sum(N**2)) / self.rho
        best = linear / quadratic if quadratic > 0 else (np.inf if linear > 0 else 0.0)
        s = min(max(best, 0.0), limit)
        if not np.isfinite(s):
            return 0.0, 0.0
        return s, s * linear - 0.5 * s**2 * quadratic

    def balance(self, N: Array) -> Array:
        """Zero column sums by shrinking, which stays in the domain."""
        return _signs_balanced(N)

    def kinks(self, F: Array, near: float = NEAR) -> NDArray[np.bool_]:
        """Where F = y at a kink (κ = 0), up to `near` of the largest prediction or target of the output."""
        size = np.maximum(np.abs(F).max(0, initial=0.0), np.abs(self.Y).max(0, initial=0.0))
        return (self.kappa == 0) & (np.abs(F - self.Y) <= near * size)

    def balanced(self, F: Array, near: float = NEAR) -> Array:
        """A subgradient at F whose columns sum to zero, if there is one: at kinks all of [low, high] is free."""
        nu, kinks = self.gradient(F), self.kinks(F, near)
        low, width = np.where(kinks, self.low, nu), np.where(kinks, self.high - self.low, 0.0)
        total = width.sum(0)
        share = np.clip(-low.sum(0) / np.where(total > 0, total, 1.0), 0.0, 1.0)
        return self.balance(low + share * width)

    def response(self, F: Array, direction: Array, shift: bool = False) -> tuple[float, Array]:
        """The derivative of the loss at F along a direction to one side, and the subgradient ν that gives it.

        With `shift` a constant is added to the direction of every output, the one with the least derivative.
        """
        nu, kinks = self.gradient(F), self.kinks(F)
        low, high = np.where(kinks, self.low, nu), np.where(kinks, self.high, nu)
        # Σ max(low·z, high·z) is a loss of z with kinks at 0
        still = replace(self, Y=np.zeros_like(nu), kappa=np.zeros_like(nu), low=low, high=high)
        z = direction + still.best_shift(direction) if shift else direction
        return float(np.sum(np.maximum(low * z, high * z))), still.balanced(z) if shift else still.gradient(z)

    def best_shift(self, F: Array) -> Array:
        """Minimiser b (T,) of Σ ℓ(F + b − y) for κ = 0: the slope steps from low to high where F + b = y."""
        at = np.argsort(self.Y - F, axis=0)
        steps = np.take_along_axis(self.high - self.low, at, 0)
        slope = self.low.sum(0) + np.cumsum(steps, axis=0)
        first = np.minimum((slope < -1e-14 * steps.sum(0)).sum(0), len(F) - 1)
        return np.take_along_axis(self.Y - F, np.take_along_axis(at, first[None], 0), 0)[0]

    def output(self, t: int) -> Interval:
        """Column t."""
        part = slice(t, t + 1)
        return replace(self, Y=self.Y[:, part], kappa=self.kappa[:, part], low=self.low[:, part],
                       high=self.high[:, part])  # fmt: skip


def _entropy(P: Array) -> Array:
    """P log P with 0 log 0 = 0."""
    return np.where(P > 0, P * np.log(np.where(P > 0, P, 1.0)), 0.0)


@one_line
@dataclass(frozen=True, eq=False)
class Logistic:
    """Σ w log(1 + exp(−yŷ)), y = ±1; conjugate w(p log p + (1−p) log(1−p)) at p = −yν/w in [0, 1]."""

    Y: Array
    weights: Array

    smooth = True
    separable = True

    def value(self, F: Array) -> float:
        """Without overflow."""
        return float(np.sum(self.weights * np.logaddexp(0.0, -self.Y * F)))

    def both(self, F: Array) -> tuple[float, Array]:
        """Value and gradient."""
        return self.value(F), self.gradient(F)

    def _miss(self, F: Array) -> Array:
        """Probability of the wrong label, 1/(1 + exp(yŷ))."""
        return 0.5 * (1.0 - np.tanh(0.5 * self.Y * F))

    def gradient(self, F: Array) -> Array:
        """−w y p."""
        return -self.weights * self.Y * self._miss(F)

    def hessian(self, F: Array) -> tuple[Callable[[Array], Array], Array]:
        """Weights times p (1 − p)."""
        p = self._miss(F)
        D = self.weights * p * (1 - p)
        return lambda dF: D * dF, D

    def dual(self, N: Array, limit: float) -> tuple[float, float]:
        """Entropy at s = min(1, limit); at an optimum s = 1."""
        s = min(1.0, limit)
        p = np.clip(-self.Y * N * s / self.weights, 0.0, 1.0)
        return s, -float(np.sum(self.weights * (_entropy(p) + _entropy(1 - p))))

    def balance(self, N: Array) -> Array:
        """Zero column sums by shrinking, which stays in the domain."""
        return _signs_balanced(N)

    def output(self, t: int) -> Logistic:
        """Column t."""
        return Logistic(self.Y[:, t : t + 1], self.weights)


@one_line
@dataclass(frozen=True, eq=False)
class Multinomial:
    """Σ w (log Σ_t exp ŷ_t − ŷ_y); conjugate w Σ_t P log P at N = w(P − Y), rows of P in the unit simplex."""

    Y: Array
    weights: Array

    smooth = True
    separable = False

    def both(self, F: Array) -> tuple[float, Array]:
        """Value and gradient."""
        return self.value(F), self.gradient(F)

    def _probabilities(self, F: Array) -> Array:
        E = np.exp(F - F.max(1, keepdims=True))
        return E / E.sum(1, keepdims=True)

    def value(self, F: Array) -> float:
        """Without overflow."""
        top = F.max(1, keepdims=True)
        log = top[:, 0] + np.log(np.exp(F - top).sum(1))
        return float(np.sum(self.weights[:, 0] * (log - np.sum(self.Y * F, 1))))

    def gradient(self, F: Array) -> Array:
        """Weights times P − Y."""
        return self.weights * (self._probabilities(F) - self.Y)

    def hessian(self, F: Array) -> tuple[Callable[[Array], Array], Array]:
        """Weights times diag(p) − pp' for every sample."""
        P = self._probabilities(F)
        W = self.weights * P

        def apply(dF: Array) -> Array:
            return W * (dF - np.sum(P * dF, 1, keepdims=True))

        return apply, W * (1 - P)

    def dual(self, N: Array, limit: float) -> tuple[float, float]:
        """Entropy at s = min(1, limit): sP + (1 − s)Y is again in the simplex."""
        s = min(1.0, limit)
        P = np.clip(s * N / self.weights + self.Y, 0.0, None)
        return s, -float(np.sum(self.weights * _entropy(P)))

    def balance(self, N: Array) -> Array:
        """Mix one row q into all rows of P so that Σ w(P − Y) = 0."""
        total = float(self.weights.sum())
        goal = (self.weights * self.Y).sum(0)
        have = goal + N.sum(0)
        # (1 − θ)·have + θ·total·q = goal needs q = (goal − (1 − θ)have)/(θ total) ≥ 0
        excess = np.where(have > goal, 1 - goal / np.where(have > 0, have, 1.0), 0.0)
        theta = min(1.0, float(excess.max()) * (1 + 1e-12))
        if theta == 0.0:
            return N
        q = np.maximum(goal - (1 - theta) * have, 0.0) / (theta * total)
        return (1 - theta) * N + theta * self.weights * (q - self.Y)

    def output(self, t: int) -> Loss:
        """Outputs are coupled."""
        raise ValueError("the multinomial loss is not a sum over outputs")


def bind(name: str, Y: Array, weights: Array, parameter: float | None = None) -> Loss:
    """Loss `name` of `LOSSES` at targets Y (n, T) with weights (n,) > 0.

    Raises
    ------
    ValueError
        If the name is unknown, the targets are not what the loss expects, or the parameter is out of range.
    """
    if name not in LOSSES:
        raise ValueError(f"loss is {name!r}; {one_of(name, LOSSES)}")
    row = LOSSES[name]
    if parameter is not None and row.parameter is None:
        raise ValueError(f"the loss {name} has no parameter, got {parameter}")
    if row.labels == "sign" and not np.all(np.abs(Y) == 1):
        raise ValueError(f"the loss {name} expects targets −1 and +1")
    if row.labels == "one-hot" and (not np.isin(Y, (0.0, 1.0)).all() or not (Y.sum(1) == 1).all()):
        raise ValueError(f"the loss {name} expects one-hot rows of 0 and 1, or class indices 0, 1, …")
    w = weights[:, None]
    if name == "logistic":
        return Logistic(Y, w)
    if name == "multinomial":
        return Multinomial(Y, w)
    low, high = row.low, row.high
    if row.parameter is not None:
        value = row.parameter[1] if parameter is None else float(parameter)
        if not (0 < value < (1 if name == "quantile" else np.inf)):
            raise ValueError(f"the loss {name} expects a {row.parameter[0]}, got {value}")
        low, high = (value - 1, value) if name == "quantile" else (-value, value)
        if name == "quantile":  # residuals are ŷ − y, so the fit from below (r < 0) costs τ
            low, high = -high, -low
    ones = np.ones_like(Y)
    low, high = low * w * ones, high * w * ones
    if row.labels == "sign":
        low, high = np.where(Y > 0, low, -high), np.where(Y > 0, high, -low)
    return Interval(Y, row.curvature / w * ones, low, high)
