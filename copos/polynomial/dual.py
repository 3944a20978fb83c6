"""The dual bound of a training problem, and the directions in which it is violated.

    max −f*(ν)  subject to  max_{|u| = 1} |Σ_i ν_i σ(x_i'u)| ≤ β   for every pool and output

(and 1'ν = 0 if there is a free intercept). Any prediction ŷ gives ν = ∇f(ŷ); scaled by s = β / max it is feasible,
because the maximum is bounded from above by `copos.polynomial.sphere`. Here the bound is evaluated in floating point,
to steer training; `copos.polynomial.proof` makes a proof of its multiplier.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy.linalg as sl
from numpy.typing import NDArray

from copos.losses.convex import Loss
from copos.polynomial import sphere
from copos.polynomial.lifted import Lift

Array = NDArray[np.float64]
FEW = 50  # order up to which all eigenvectors cost no more than some of them


class Lower(NamedTuple):
    """A lower bound and the multiplier N (n, T) that gives it; none is needed for 0."""

    value: float = 0.0
    N: Array | None = None

    def better(self, other: Lower) -> Lower:
        """The larger of two."""
        return other if other.value > self.value else self


NOTHING = Lower()


@dataclass(frozen=True, eq=False)
class DualPoint:
    """Forms S = Σν_iM_i of a multiplier, bounds of their extremes on the sphere, and the value that they prove.

    `bounds` (G, T, 2) are upper bounds of max ±v'Sv over the neurons, `points` (G, T, 2, d) the extreme neurons,
    `multipliers` (G, T, 2) the λ of the bounds, `value` the dual objective at the scaled ν (never below 0, the value
    at ν = 0: all losses here are nonnegative).
    """

    N: Array
    S: Array
    bounds: Array
    points: Array
    multipliers: Array
    value: float

    @property
    def lower(self) -> Lower:
        """Value and multiplier."""
        return Lower(self.value, self.N)

    def relative(self, beta: float) -> float:
        """How much the worst bound exceeds β, relatively."""
        return float(self.bounds.max(initial=0.0)) / beta - 1


def _extremes(lift: Lift, S: Array) -> tuple[Array, Array, Array]:
    """Bounds, points and multipliers of max ±, each with the sign as an axis after (G, T)."""
    G, T, k, _ = S.shape
    flat = S.reshape(G * T, k, k)
    d = lift.patches.shape[3]
    if lift.activation.lifted:
        up, down = sphere.extremes(flat[:, :d, :d], flat[:, :d, d], flat[:, d, d])
    else:
        up, down = sphere.extremes(flat, np.zeros((G * T, d)), np.zeros(G * T))
    return (
        np.stack([up.bound, down.bound], -1).reshape(G, T, 2),
        np.stack([up.point, down.point], 1).reshape(G, T, 2, d),
        np.stack([up.multiplier, down.multiplier], -1).reshape(G, T, 2),
    )


def dual_point(lift: Lift, loss: Loss, N: Array, beta: float, S: Array | None = None) -> DualPoint:
    """Certified value of a multiplier N (n, T) in the domain of f* (balanced if there is an intercept).

    S (G, T, k, k) is Σν_iM_i if that is known, or if the rows of the loss are not the samples.
    """
    S = lift.forms(N) if S is None else S
    bounds, points, multipliers = _extremes(lift, S)
    worst = np.maximum(bounds.max(axis=(0, 2)), 0.0)  # per output: every output may have its own scale

    def limit(top: float) -> float:
        return beta / top if top > 0 else np.inf

    if loss.separable and N.shape[1] > 1:
        value = sum(
            max(loss.output(t).dual(N[:, t : t + 1], limit(float(worst[t])))[1], 0.0) for t in range(N.shape[1])
        )
    else:
        value = max(loss.dual(N, limit(float(worst.max())))[1], 0.0)
    return DualPoint(N, S, bounds, points, multipliers, value)


def violated(lift: Lift, point: DualPoint, beta: float, most: int, slack: float = 0.0):
    """Directions that improve the objective: (pool, output, sign, k×r) with the steepest first.

    The bound on the sphere is 2·min_δ λ_max(S − δJ), J = diag(I, −1), attained at δ = λ − bound/2; the eigenvectors
    there with eigenvalues above β/2 are negative directions of the dual slack (β/2)I − (S − δJ).
    """
    k, d = lift.order, lift.patches.shape[3]
    parts = []
    G, T, _ = point.bounds.shape
    for g, t, side in np.argwhere(point.bounds > beta * (1 + slack)):
        sign = 1.0 if side else -1.0  # adding +v'Mv changes the loss by v'Sv, which should be negative
        S = -sign * point.S[g, t]
        bound = point.bounds[g, t, side]
        if lift.activation.lifted:
            delta = point.multipliers[g, t, side] - bound / 2
            S = S - delta * np.diag(np.append(np.ones(d), -1.0))
            level = beta / 2
        else:
            level = beta
        values, vectors = _largest(S, most)
        order = np.flatnonzero(values > level * (1 + slack))[::-1][:most]
        weights = np.sqrt(np.maximum(values[order] - level, 0.0) / beta)
        best = point.points[g, t, side]
        first = np.append(best, 1.0) if lift.activation.lifted else best
        lead = np.sqrt(max(bound - beta, 0.0) / beta / (2.0 if lift.activation.lifted else 1.0))
        block = np.column_stack([lead * first, vectors[:, order[1:]] * weights[1:]])
        parts.append((int(g), int(t), float(sign), block.reshape(k, -1)))
    return parts


def _largest(S: Array, most: int) -> tuple[Array, Array]:
    """Eigenvalues, ascending, and eigenvectors of a symmetric matrix, `most` at least of the largest."""
    k = len(S)
    if k <= FEW or 2 * most >= k:
        return np.linalg.eigh(S)
    return sl.eigh(S, subset_by_index=(k - most, k - 1), check_finite=False)
