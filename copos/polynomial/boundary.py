"""The distance of an input to the boundary of a quadratic function, exactly: a hidden convex problem.

    min ‖δ‖²  s.t.  Q(x + δ) ≤ 0,      Q(x + δ) = δ'Aδ + 2h'δ + q,   q = Q(x) > 0
    = max over λ ≥ 0, I + λA ⪰ 0 of λq − λ²h'(I + λA)⁻¹h                       (S-lemma [PolikTerlaky2007, Thm 2.2])

In the eigenbasis of A the best λ is a root of Q(x + δ(λ)), δ(λ) = −λ(I + λA)⁻¹h, which falls in λ. Where it has none
below the last λ (the hard case) δ takes what is missing along the lowest eigenvector. Q > 0 everywhere: the distance is
infinite. For every λ the matrix [[I + λA, λh], [λh', λq − t]] ⪰ 0 proves ‖δ‖² ≥ t, in exact arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Any

import numpy as np
import scipy.optimize as opt
from numpy.typing import NDArray

from copos.arithmetic.exact_products import gram
from copos.arithmetic.rationals import rounded_down, rounded_up
from copos.support.looks import one_line

Array = NDArray[np.float64]
Exact = NDArray[Any]
SLACK = (1e-13, 1e-11, 1e-9, 1e-7, 1e-5, 1e-3)  # of t, left out in turn
LESS = (1.0, 1e-2, 1e-4, 1e-6, 1e-8, 1e-10)  # of λ, where nothing is behind: a little is shown as well
FAR = 1e16  # λ in units of 1/‖A‖ beyond which nothing is nearer
BITS = 60  # of a factor, after the point


@one_line
@dataclass(frozen=True, eq=False)
class BoundaryDistance:
    """How far an input is from where the sign of f(z) − level changes.

    Attributes
    ----------
    distance : of `point`, rounded up; no input at a smaller distance was found, and none is below `lower`
    lower : proved in exact arithmetic and rounded down: the sign is the same at all inputs nearer than that
    point : (d,) an input on the boundary or just behind it, evaluated exactly; None if the distance is infinite
    value : f(x) − level at the input, nearest double
    outputs : (t,) of one output and its level, or (s, t) of f_s = f_t
    """

    distance: float
    lower: float
    point: Array | None
    value: float
    outputs: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Quadratic:
    """Q(z) = z'Az + 2g'z + c with exact entries, A (d, d) and g (d,)."""

    A: Exact
    g: Exact
    c: Fraction

    def value(self, z: Exact) -> Fraction:
        """Q at a point of Fractions."""
        square: Any = z @ self.A @ z + 2 * (self.g @ z)
        return square + self.c


def quadratic(u: Array, alpha: Array, activation: Any, constant: float, shift: Fraction) -> Quadratic:
    """Σ_j α_j σ(u_j'(z, constant)) + shift; α may be Fractions."""
    a, b, c = (Fraction(v) for v in activation)
    weights = np.array([Fraction(v) for v in alpha], dtype=object)
    d = u.shape[1] - bool(constant)
    if not len(u):
        zero = np.full((d, d), Fraction(0), dtype=object)
        return Quadratic(zero, zero[0], shift)
    columns = np.ascontiguousarray(u.T)
    S = gram(columns, columns, weights)
    s = gram(columns, np.ones((1, len(u))), weights)[:, 0]
    k = Fraction(constant)
    bias, square = (s[d], S[d, d]) if constant else (Fraction(0), Fraction(0))
    edge = S[:d, d] if constant else np.full(d, Fraction(0), dtype=object)
    return Quadratic(a * S[:d, :d], a * k * edge + b * s[:d] / 2,
                     shift + a * k * k * square + b * k * bias + c * Fraction(weights.sum()))  # fmt: skip


def distance(form: Quadratic, x: Array, outputs: tuple[int, ...]) -> BoundaryDistance:
    """The distance of x to {Q = 0}."""
    z = np.array([Fraction(v) for v in x.tolist()], dtype=object)
    q = form.value(z)
    if q == 0:
        return BoundaryDistance(0.0, 0.0, x.copy(), 0.0, outputs)
    sign = 1 if q > 0 else -1
    own = Quadratic(sign * form.A, sign * form.g, sign * form.c)
    h, q = own.A @ z + own.g, abs(q)
    found = _Secular(_doubles(own.A), _doubles(h), float(q))
    lower = _proved(own.A, h, q, found)
    step = found.step()
    at = None if step is None else _behind(own, x, step)
    if at is None:
        return BoundaryDistance(np.inf, lower, None, float(sign * q), outputs)
    away = sum(((Fraction(v) - w) ** 2 for v, w in zip(at.tolist(), z, strict=True)), Fraction(0))
    return BoundaryDistance(_root_above(away), lower, at, float(sign * q), outputs)


def _doubles(values: Exact) -> Array:
    return np.array([float(v) for v in values.ravel()]).reshape(values.shape)


class _Secular:
    """The root λ of Q(x + δ(λ)) in the eigenbasis of A."""

    def __init__(self, A: Array, h: Array, q: float) -> None:
        self.values, self.vectors = np.linalg.eigh(A)
        self.eta, self.q = self.vectors.T @ h, q
        low = float(self.values[0])
        size = float(np.abs(self.values).max(initial=0.0))
        self.last = -1 / low if low < -1e-14 * size else np.inf
        slope = float(np.linalg.norm(h))
        unit = min(1 / size if size else np.inf, q / slope**2 if slope else np.inf)
        self.end = self.last * (1 - 1e-12) if np.isfinite(self.last) else FAR * (unit if np.isfinite(unit) else 1.0)
        self.hard = self.at(self.end) > 0
        self.never = self.hard and not np.isfinite(self.last)
        self.root = self.end if self.hard else float(opt.brentq(self.at, 0.0, self.end, xtol=1e-300, rtol=1e-15))

    def delta(self, lam: float) -> Array:
        """δ(λ) in the eigenbasis."""
        return -lam * self.eta / (1 + lam * self.values)

    def at(self, lam: float) -> float:
        """Q(x + δ(λ))."""
        delta = self.delta(lam)
        return float(np.sum(self.values * delta**2) + 2 * (self.eta @ delta)) + self.q

    def dual(self, lam: float) -> float:
        """λq − λ²h'(I + λA)⁻¹h."""
        return lam * self.q - lam**2 * float(np.sum(self.eta**2 / (1 + lam * self.values)))

    def step(self) -> Array | None:
        """δ to the boundary, None where there is none."""
        if self.never:
            return None
        delta = self.delta(self.root)
        if self.hard:
            # Λ_0τ² + 2(Λ_0δ_0 + η_0)τ + Q = 0 has roots of both signs
            a, b, c = self.values[0], self.values[0] * delta[0] + self.eta[0], self.at(self.root)
            away = -np.copysign(1.0, b) * (abs(b) + np.sqrt(b * b - a * c))
            delta[0] += min(away / a, c / away, key=lambda t: abs(delta[0] + t))
        return self.vectors @ delta


def _behind(form: Quadratic, x: Array, step: Array) -> Array | None:
    """The point near x + δ where Q ≤ 0, exactly; a little further along δ where rounding asks for it."""
    for k in (0, *range(-52, 1)):
        point = x + step * (1 + (2.0**k if k else 0.0))
        if form.value(np.array([Fraction(v) for v in point.tolist()], dtype=object)) <= 0:
            return point
    return None


# ---- the bound ----------------------------------------------------------------------------------------------------


def _proved(A: Exact, h: Exact, q: Fraction, found: _Secular) -> float:
    """The largest t of a few that is shown, its root rounded down."""
    d = len(h)
    least = np.array([[q * (1 - Fraction(1, 10**9))]], dtype=object)  # Q is more than 0, not just no less
    if found.never and definite(np.block([[A, h[:, None]], [h[None], least]])):
        return np.inf
    shares = [1 - slack for slack in SLACK] if not found.never else LESS
    for slack, share in zip(SLACK, shares, strict=True):
        lam = Fraction(found.root) * Fraction(share if np.isfinite(found.last) or found.never else 1)
        t = Fraction(found.dual(float(lam)) * (1 - slack))
        if t <= 0:
            continue
        M = np.empty((d + 1, d + 1), dtype=object)
        M[:d, :d] = lam * A
        for k in range(d):
            M[k, k] += 1
        M[:d, d] = M[d, :d] = lam * h
        M[d, d] = lam * q - t
        if definite(M):
            return rounded_down(_root(t))
    return 0.0


def _root(t: Fraction) -> Fraction:
    """√t rounded down to 60 bits."""
    power = (t.numerator.bit_length() - t.denominator.bit_length()) // 2 - BITS
    scaled = t / Fraction(4) ** power
    return isqrt(int(scaled)) * Fraction(2) ** power


def _root_above(t: Fraction) -> float:
    return rounded_up(_root(t) * (1 + Fraction(1, 2 ** (BITS - 2)))) if t else 0.0


def definite(M: Exact) -> bool:
    """Is M shown to be positive semidefinite: M − BB' dominant for a rounded factor B? Exact; False says nothing."""
    diagonal = [M[i, i] for i in range(len(M))]
    if any(v <= 0 for v in diagonal):
        return False
    # powers of two that make the diagonal about 1
    power = [(v.denominator.bit_length() - v.numerator.bit_length()) // 2 for v in map(Fraction, diagonal)]
    scale = np.array([Fraction(2) ** p for p in power], dtype=object)
    M = M * scale[:, None] * scale[None, :]
    try:
        # twice what rounding of L to 50 bits may take from a diagonal of about 1 and its row
        L = np.linalg.cholesky(_doubles(M) - 4e-15 * len(M) * np.eye(len(M)))
    except np.linalg.LinAlgError:
        return False
    B = np.rint(np.ldexp(L, 50)) * 2.0**-50
    R = M - gram(B, B)
    return all(2 * row[i] >= sum(map(abs, row)) for i, row in enumerate(R.tolist()))
