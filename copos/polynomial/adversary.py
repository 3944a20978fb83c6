"""The worst inputs in a ball for a quadratic function, and a bound on what they reach in exact arithmetic.

    max { δ'Aδ + 2h'δ : ‖δ‖ ≤ r } = min over λ ≥ 0, λI ⪰ A of λr² + h'(λI − A)⁻¹h                        (S-lemma)

The Hessian A of a network with a quadratic activation is the same at all inputs, so one eigendecomposition serves all
of them. For Λ with ΛI ⪰ A, any λ > Λ, λ ≥ 0, and any z,

    max ≤ λr² + 2h'z − z'(λI − A)z + ‖h − (λI − A)z‖²/(λ − Λ).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from copos.polynomial.boundary import definite

Array = NDArray[np.float64]
HALVINGS = 120
ABOVE = 1e-13  # of the size of A, by which λ stays above its largest eigenvalue


class Worst(NamedTuple):
    """For every input the multiplier λ, the move δ (n, d) with ‖δ‖ ≤ r, and δ'Aδ + 2h'δ."""

    multiplier: Array
    move: Array
    value: Array


def worst(A: Array, H: Array, r: float) -> Worst:
    """The largest δ'Aδ + 2h'δ with ‖δ‖ ≤ r for every row h of H.

    Examples
    --------
    >>> found = worst(np.diag([1.0, -1.0]), np.array([[0.0, 1.0], [2.0, 0.0]]), 1.0)       # at (±√¾, ½) and (1, 0)
    >>> found.value.round(9).tolist(), abs(found.move).round(6).tolist()
    ([1.5, 5.0], [[0.866025, 0.5], [1.0, 0.0]])
    """
    values, vectors = np.linalg.eigh(A)
    eta = H @ vectors
    size = max(float(np.abs(values).max(initial=0.0)), 1e-300)
    slope = np.linalg.norm(eta, axis=1)
    low = np.full(len(H), max(float(values[-1]) + ABOVE * size, 0.0))
    # ‖δ(λ)‖ ≤ ‖h‖/(λ − Λ), which is r there at the latest
    high = np.maximum(low, float(values[-1])) + slope / r

    def at(lam: Array) -> Array:
        return eta / np.maximum(lam[:, None] - values, ABOVE * size)

    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        long = np.linalg.norm(at(middle), axis=1) > r
        low, high = np.where(long, middle, low), np.where(long, high, middle)
    delta = at(high)
    # where even the least λ gives a short δ, and is not 0, the rest goes along the largest eigenvector
    rest = np.maximum(r**2 - np.sum(delta**2, axis=1), 0.0) if values[-1] > 0 else np.zeros(len(H))
    top = delta[:, -1]
    delta[:, -1] = np.where(top < 0, -1.0, 1.0) * np.sqrt(top**2 + rest)
    value = np.sum(delta * (values * delta + 2 * eta), axis=1)
    return Worst(high, delta @ vectors.T, value)


def reached_at_most(A: Any, H: Any, r: Fraction, guess: Worst) -> list[Fraction]:
    """Upper bounds of max δ'Aδ + 2h'δ in exact arithmetic, for A (d, d) and H (n, d) of Fractions."""
    d = len(A)
    near = np.array([[float(v) for v in row] for row in A])
    top = float(np.linalg.eigvalsh(near)[-1])
    size = Fraction(max(float(np.abs(near).max(initial=0.0)), 1e-300)) * d
    identity = np.array([[Fraction(int(i == j)) for j in range(d)] for i in range(d)], dtype=object)
    for slack in (-44, -40, -30, -20, 0):
        ceiling = Fraction(top) + size * Fraction(2) ** slack
        if definite(ceiling * identity - A):
            break
    else:
        ceiling = max(sum(map(abs, row), Fraction(0)) for row in A.tolist())  # Gershgorin
    out, flat = [], not any(A.ravel().tolist())
    for h, lam, z in zip(H, guess.multiplier.tolist(), guess.move, strict=True):
        if flat and not any(h):  # a constant
            out.append(Fraction(0))
            continue
        multiplier = max(Fraction(lam), ceiling + size * Fraction(2) ** -30, Fraction(0))
        point = np.array([Fraction(v) for v in z.tolist()], dtype=object)
        image = multiplier * point - A @ point
        residual = h - image
        value = multiplier * r * r + 2 * (h @ point) - point @ image
        out.append(value + (residual @ residual) / (multiplier - ceiling))
    return out
