"""Copositivity on {u : q(u) ≥ 0, l(u) ≥ 0} with one positive square in q: is F − λq ⪰ 0 for some λ ≥ 0?

The form is even, so half of the cone is as good as all of {q ≥ 0}, and where q is positive somewhere the S-lemma says
that such a λ exists if and only if F ≥ 0 there [PolikTerlaky2007, Theorem 2.2]. Every v with v'(F − λq)v < 0 is a cut:
λ' ≤ F(v)/q(v) if q(v) > 0, λ' ≥ F(v)/q(v) if q(v) < 0, and F(v) < 0 ≤ q(v) is a violation. Two cuts that contradict
each other have a violation between them. If a single λ is left, it is rational: F − λq has there a double root of its
determinant that takes the only positive sign of q, so it has no conjugate.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from math import gcd, isqrt
from typing import NamedTuple

import numpy as np

from copos.arithmetic import exact
from copos.decision.exact_cone import ExactCone, Matrix, congruent, inner, kernel, psd_parts, symmetric_product

STEPS = 4000  # most values of λ tried
SMALL = 1000  # directions tried in search of a zero


class Quadric(NamedTuple):
    """A block of a cone as q(u) ≥ 0, l(u) ≥ 0; q is a generator, or the minor of a block of order two."""

    q: Matrix
    l: list[Fraction]
    block: int
    generator: int | None


class Outcome(NamedTuple):
    """λ with F − λq ⪰ 0 (≻ 0 if strict); or a point with q ≥ 0 and F < 0 (≤ 0 if strict); or neither, with words."""

    multiplier: Fraction | None = None
    point: list[int] | None = None
    reason: str = ""


def quadrics(K: ExactCone) -> list[Quadric]:
    """Blocks of K that are an arrow [[t, v'], [v, tI]] with its generator, or of order two, or t beside t² − |v|²."""
    out = []
    zero = [Fraction(0)] * K.dim
    for k, (n, block) in enumerate(zip(K.orders, K.blocks, strict=True)):
        t = block.get((0, 0), zero)
        get = lambda i, j, block=block: block.get((i, j), zero)  # noqa: E731
        if n == 2:
            q = _minus(symmetric_product(t, get(1, 1)), [symmetric_product(get(0, 1), get(0, 1))])
            out.append(Quadric(q, [a + b for a, b in zip(t, get(1, 1), strict=True)], k, None))
        elif n > 2 and all(get(i, j) == (t if i == j else zero) for i in range(1, n) for j in range(i, n)):
            q = _minus(symmetric_product(t, t), [symmetric_product(get(0, i), get(0, i)) for i in range(1, n)])
            if q in K.generators:
                out.append(Quadric(q, t, k, K.generators.index(q)))
        elif n == 1:
            for g, G in enumerate(K.generators):
                # t² − (sum of squares)
                if psd_parts(_minus(symmetric_product(t, t), [G]))[0] is not None and any(map(any, G)):
                    out.append(Quadric(G, t, k, g))
                    break
    return out


def decide(F: Matrix, q: Matrix, strict: bool = False, deadline: float | None = None) -> Outcome:
    """Find λ ≥ 0 with F − λq ⪰ 0, or u with q(u) ≥ 0 and F(u) < 0.

    Examples
    --------
    >>> J = [[Fraction((i == j) * (1 if i == 0 else -1)) for j in range(3)] for i in range(3)]
    >>> decide(J, J).multiplier, decide([[-v for v in row] for row in J], J).point
    (Fraction(1, 1), [1, 0, 0])
    """
    # in short integers λ is as short as it can be
    (A, d), (B, c) = exact.integral(F), exact.integral(q)
    g, h = (gcd(*(v for row in X for v in row)) or 1 for X in (A, B))
    F, q = ([[Fraction(v // f) for v in row] for row in X] for X, f in ((A, g), (B, h)))
    found = _decide(F, q, strict, deadline)
    return found if found.multiplier is None else Outcome(found.multiplier * Fraction(g * c, d * h))


def _decide(F: Matrix, q: Matrix, strict: bool, deadline: float | None) -> Outcome:
    _, start = psd_parts([[-v for v in row] for row in q])
    if start is None:
        return Outcome(reason="the quadratic cone is flat")
    if exact.form(F, start) < 0:
        return Outcome(point=start)
    search = _Search(F, q, strict)
    search.cut(start)
    guesses = _guesses(F, q)
    bits = max(abs(int(v)) for X in (F, q) for row in X for v in row).bit_length()
    steps = min(STEPS, 100 + 4 * len(F) * bits)
    for step in range(steps):
        if deadline is not None and time.monotonic() > deadline:
            return Outcome(reason="time limit")
        λ = next(guesses, None) if step % 2 == 0 else None
        if λ is None or not search.admits(λ):
            λ = search.between()
        found = search.test(λ)
        if found is not None:
            return found
    return Outcome(reason=f"no multiplier was found in {steps} steps")


class _Search:
    """The interval of λ that the cuts leave: low ≤ λ ≤ high; for strict questions ends may be known not to do."""

    def __init__(self, F: Matrix, q: Matrix, strict: bool) -> None:
        self.F, self.q, self.strict = F, q, strict
        self.low, self.high = Fraction(0), Fraction(0)
        self.below: list[int] | None = None  # the vectors behind the two ends
        self.above: list[int] | None = None
        self.open = [False, False]

    def cut(self, v: list[int]) -> list[int] | None:
        """Use v; a violation if there is one."""
        f, g = Fraction(exact.form(self.F, v)), Fraction(exact.form(self.q, v))
        if g >= 0 and f < 0:
            return v
        if g > 0 and (self.above is None or f / g < self.high):
            self.high, self.above, self.open[1] = f / g, v, False
        if g < 0 and f / g > self.low:
            self.low, self.below, self.open[0] = f / g, v, False
        if self.low > self.high:
            assert self.below is not None and self.above is not None
            return between(self.F, self.q, self.above, self.below)
        return None

    def admits(self, λ: Fraction) -> bool:
        """Is λ in the interval?"""
        return (self.low < λ or (self.low == λ and not self.open[0])) and (
            λ < self.high or (λ == self.high and not self.open[1]))  # fmt: skip

    def between(self) -> Fraction:
        """The simplest number of the middle third."""
        third = (self.high - self.low) / 3
        return simplest(self.low + third, self.high - third)

    def test(self, λ: Fraction) -> Outcome | None:
        """An outcome, or a smaller interval."""
        S = [[a - λ * b for a, b in zip(x, y, strict=True)] for x, y in zip(self.F, self.q, strict=True)]
        found, v = psd_parts(S)
        if found is None:
            assert v is not None
            u = self.cut(v)
            return None if u is None else Outcome(point=u)
        if not self.strict or len(found.vectors) == len(S):
            return Outcome(multiplier=λ)
        # F = λq on the kernel: a zero of F where q = 0 (or λ = 0 ≤ q); else λ has to move
        N = kernel(S)
        Q = congruent(self.q, list(zip(*N, strict=True)))
        _, plus = psd_parts([[-v for v in row] for row in Q])
        _, minus = psd_parts(Q)
        zero = next((t for t in isotropic(Q, plus, minus)), None)
        if zero is None and λ == 0 and plus is not None:
            zero = plus
        if zero is not None:
            return Outcome(point=exact.primitive([inner(row, zero) for row in zip(*N, strict=True)]))
        if plus is not None and minus is not None:
            return Outcome(reason="the form has a zero on the cone, but no rational one was found")
        if plus is not None:
            self.high, self.open[1] = λ, True
        else:
            self.low, self.open[0] = λ, True
        if self.low == self.high:
            return Outcome(reason="the form has a zero on the cone, but no rational one was found")
        return None


def between(F: Matrix, q: Matrix, v: list[int], w: list[int]) -> list[int]:
    """A point with q ≥ 0 > F in the plane of v and w, where q(v) > 0 > q(w) and F(v)/q(v) < F(w)/q(w).

    For μ between the two quotients F − μq is negative at v and at w, and so at v + sw, s ≥ 0, for the right sign of w;
    at the s where q vanishes F is negative, and also for a rational s a little smaller.
    """
    μ = (Fraction(exact.form(F, v), 1) / exact.form(q, v) + Fraction(exact.form(F, w), 1) / exact.form(q, w)) / 2
    cross = sum(v[i] * w[j] * (F[i][j] - μ * q[i][j]) for i in range(len(v)) for j in range(len(v)))
    if cross > 0:
        w = [-c for c in w]
    a, c = Fraction(exact.form(q, v)), Fraction(exact.form(q, w))
    b = Fraction(sum(v[i] * w[j] * q[i][j] for i in range(len(v)) for j in range(len(v))))
    # q(v + sw) = a + 2bs + cs², c < 0: the positive root is (b + √(b² − ac)) / −c
    square = b * b - a * c
    bits = 8
    while True:
        unit = 1 << bits
        root = Fraction(isqrt(square.numerator * square.denominator * unit * unit), square.denominator * unit)
        s = max((b + root) / -c, Fraction(0))
        u = exact.primitive([p + s * r for p, r in zip(v, w, strict=True)])
        if exact.form(q, u) >= 0 and exact.form(F, u) < 0:
            return u
        bits *= 2


def simplest(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of smallest denominator in [low, high], low ≥ 0.

    >>> simplest(Fraction(314, 100), Fraction(315, 100))
    Fraction(22, 7)
    """
    whole = -(-low.numerator // low.denominator)
    if whole <= high:
        return Fraction(whole)
    floor = low.numerator // low.denominator
    return floor + 1 / simplest(1 / (high - floor), 1 / (low - floor))


def isotropic(Q: Matrix, plus: list[int] | None, minus: list[int] | None) -> Iterator[list[int]]:
    """Vectors t ≠ 0 with Q(t) = 0, where simple ones exist; Q > 0 at `plus`, Q < 0 at `minus`, None if nowhere."""
    if plus is None or minus is None:
        yield from kernel(Q)
        return
    n = len(Q)
    # a plane that holds such a vector has a discriminant that is a square; small directions from a few points
    width = next(k for k in (4, 3, 2, 1, 0) if (2 * k + 1) ** n <= SMALL or k == 0)
    small = sorted(map(list, product(range(-width, width + 1), repeat=n)), key=lambda t: sum(map(abs, t)))
    units = [[int(i == j) for j in range(n)] for i in range(n)]
    for v, w in [(plus, minus), *((v, w) for w in small if any(w) for v in (plus, minus, *units))]:
        a, c = Fraction(exact.form(Q, v)), Fraction(exact.form(Q, w))
        b = sum(v[i] * w[j] * Q[i][j] for i in range(n) for j in range(n))
        if c == 0:
            yield w
            return
        square = b * b - a * c
        if square < 0:
            continue
        root = Fraction(isqrt(square.numerator), isqrt(square.denominator))
        if root * root == square:  # Q(v + sw) = a + 2bs + cs²
            t = exact.primitive([p + (root - b) / c * r for p, r in zip(v, w, strict=True)])
            if any(t):
                yield t
                return


def _guesses(F: Matrix, q: Matrix) -> Iterator[Fraction]:
    """Values of λ from a floating search for the largest least eigenvalue, simplest first."""
    size = max(abs(v) for row in F for v in row) or Fraction(1)
    other = max(abs(v) for row in q for v in row)
    A = np.array([[float(v / size) for v in row] for row in F])
    B = np.array([[float(v / other) for v in row] for row in q])
    low, high = 0.0, 2.0 * len(A)
    while np.linalg.eigvalsh(A - high * B)[0] > np.linalg.eigvalsh(A - high / 2 * B)[0] and high < 1e12:
        high *= 2
    for _ in range(80):
        λ = (low + high) / 2
        v = np.linalg.eigh(A - λ * B)[1][:, 0]
        low, high = (low, λ) if v @ B @ v > 0 else (λ, high)
    λ = (low + high) / 2
    for width in (1e-2, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12):
        width *= max(λ, 1e-3)
        yield simplest(Fraction(max(0.0, λ - width)) * size / other, Fraction(λ + width) * size / other)
    yield Fraction(λ) * size / other


def _minus(A: Matrix, others: list[Matrix]) -> Matrix:
    out = [row[:] for row in A]
    for B in others:
        out = [[a - b for a, b in zip(x, y, strict=True)] for x, y in zip(out, B, strict=True)]
    return out
