"""Maximum of q(u) = u'Au + 2g'u + c over the unit sphere, with an upper bound that any multiplier makes valid.

For λ > λ_max(A) and ‖u‖ = 1

    q(u) = λ + c + 2g'u − u'(λI − A)u ≤ λ + c + g'(λI − A)⁻¹g,

so an inexact λ weakens the bound and never falsifies it. The best λ solves the secular equation ‖(λI − A)⁻¹g‖ = 1,
and then u = (λI − A)⁻¹g is a maximiser; if g is orthogonal to the top eigenspace the equation may have no root
(the hard case), λ is λ_max and u is completed by a top eigenvector. Everything here runs on stacks.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
EPS = np.finfo(float).eps
TINY = 1e-280  # forms of this size are 0, and their bound a little more: products of their entries have no digits


class Extreme(NamedTuple):
    """A stack of maxima: `bound` ≥ max q ≥ `value` = q(point); `multiplier` is the λ behind the bound."""

    bound: Array
    value: Array
    point: Array
    multiplier: Array


def _maximum(values: Array, vectors: Array, gamma: Array, c: Array) -> Extreme:
    """Maxima from eigenvalues (ascending, B×d), eigenvectors and γ = Q'g."""
    d = values.shape[1]
    scale = np.maximum(np.abs(values).max(1), np.abs(gamma).max(1))
    tiny = scale < TINY
    none = np.where(tiny, 4.0 * d * scale, 0.0)
    values, gamma = (np.where(tiny[:, None], 0.0, part) for part in (values, gamma))
    scale = np.where(tiny, 0.0, scale)
    top = values[:, -1]
    # λ stays above λ_max by more than the error of the computed eigenvalues; 0 only for the zero form
    floor = top + 8 * d * EPS * scale
    low, high = floor.copy(), floor + np.linalg.norm(gamma, axis=1)
    lam = np.minimum(np.maximum(floor, top + np.abs(gamma[:, -1])), high)
    safe = np.where(scale > 0, 0.0, 1.0)
    for _ in range(60):
        inverse = 1.0 / (lam[:, None] - values + safe[:, None])
        u = gamma * inverse
        square = np.sum(u**2, 1)
        norm = np.sqrt(square)
        low, high = np.where(norm > 1, lam, low), np.where(norm > 1, high, lam)
        # Newton on 1/‖u(λ)‖ = 1, which is nearly linear in λ
        slope = np.sum(u**2 * inverse, 1)
        step = np.where(slope > 0, (norm - 1) * square / np.where(slope > 0, slope, 1.0), -np.inf)
        new = lam + step
        new = np.where((new > low) & (new < high), new, np.where(new <= low, low, 0.5 * (low + high)))
        done = np.abs(new - lam) <= 4 * EPS * scale
        lam = new
        if done.all():
            break
    inverse = 1.0 / (lam[:, None] - values + safe[:, None])
    u = gamma * inverse
    bound = lam + c + np.sum(gamma * u, 1)
    # the top coordinate takes what the others leave of ‖u‖ = 1: a no-op at a root, the completion in the hard case
    rest = 1.0 - np.sum(u[:, :-1] ** 2, 1)
    u[:, -1] = np.where(u[:, -1] < 0, -1.0, 1.0) * np.sqrt(np.maximum(rest, 0.0))
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    value = np.sum(values * u**2, 1) + 2 * np.sum(gamma * u, 1) + c
    # the sum above has d terms of size `scale`; its rounding goes on the safe side
    bound = np.maximum(bound, value) + 8 * d * EPS * (scale + np.abs(c)) + none
    return Extreme(bound, value, np.einsum("bij,bj->bi", vectors, u), lam)


def extremes(A: ArrayLike, g: ArrayLike, c: ArrayLike) -> tuple[Extreme, Extreme]:
    """Maxima of q and of −q over ‖u‖ = 1 for a stack of forms, from one eigendecomposition each.

    Parameters
    ----------
    A : (B, d, d) symmetric
    g : (B, d)
    c : (B,)

    Returns
    -------
    (Extreme, Extreme)
        `bound` (B,) is at least the maximum in exact arithmetic for the computed eigendecomposition and carries an
        allowance for rounding; it is a floating-point bound, not an exact proof.

    References
    ----------
    [ConnGouldToint2000, §7.3]; [MoreSorensen1983].

    Examples
    --------
    2u_1² + u_2² + 2u_2 has its maximum 3 at u = (0, 1), where the linear term wins:

    >>> up, down = extremes([np.diag([2.0, 1.0])], [[0.0, 1.0]], [0.0])
    >>> up.bound.round(9), up.point.round(3)
    (array([3.]), array([[0., 1.]]))
    """
    A, g, c = np.asarray(A, dtype=float), np.asarray(g, dtype=float), np.asarray(c, dtype=float)
    values, vectors = np.linalg.eigh(A)
    gamma = np.einsum("bij,bi->bj", vectors, g)
    up = _maximum(values, vectors, gamma, c)
    flipped = _maximum(-values[:, ::-1], vectors[:, :, ::-1], -gamma[:, ::-1], -c)
    return up, flipped
