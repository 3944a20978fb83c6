"""The exact minimum of a quadratic form on the simplex, by descents that each end in a proof or in a better point."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from copos.arithmetic import exact, simplex
from copos.certificate import Certificate
from copos.decision import scaling
from copos.decision.cover_tree import Progress
from copos.decision.decide import copositive, normalized
from copos.support.looks import one_line

Vector = tuple[Fraction, ...]


@one_line
@dataclass(frozen=True)
class SimplexMinimum:
    """min x'Mx over the simplex {x ≥ 0, Σx = 1}, exactly.

    Attributes
    ----------
    value : the minimum; None if the time limit came first
    point : where it is attained (or the best point found)
    certificate : a proof that M − value·E is copositive, which is that x'Mx ≥ value on the simplex
    best : x'Mx at the point, an upper bound in any case
    reason : what decided it, or why nothing did
    """

    value: Fraction | None
    point: Vector
    certificate: Certificate | None
    best: Fraction
    reason: str


def minimum(
    F: list[list[Fraction]], deadline: float | None, progress: Progress | None, enough: bool = False
) -> SimplexMinimum:
    """`minimum_on_simplex` of exact rows; with `enough` a value ≤ 0 need not be the smallest."""
    n = len(F)
    A, _ = exact.integral(scaling.times(F, 1 / scaling.unit(F)))
    floating = normalized(A)
    x = _stationary(A, simplex.minima(floating, np.random.default_rng(0))[0])
    while True:
        value = exact.form(F, x)
        assert isinstance(value, (int, Fraction))
        value = Fraction(value)
        if enough and value <= 0:
            return SimplexMinimum(None, x, None, value, "a value that is not positive was found")
        shifted = [[v - value for v in row] for row in F]
        found = copositive(shifted, deadline, progress)
        if found.answer is not False:
            return SimplexMinimum(value if found.answer else None, x, found.certificate(shifted), value, found.reason)
        assert found.point is not None
        # the violation is better than x; descend from it, but never end above where it stands
        total = sum(found.point)
        violation = tuple(Fraction(c, total) for c in found.point)
        start = np.array([[float(c) for c in violation]])
        lower = _stationary(A, simplex.polished(floating, simplex.descend(floating, start, 100 * n)[0]))
        if exact.form(F, lower) >= value:
            lower = _stationary_exactly(A, violation)
        x = lower


def _stationary(A: list[list[int]], x: np.ndarray) -> Vector:
    """The exact stationary point of the face of x, or x itself in rational numbers."""
    return _stationary_exactly(A, tuple(Fraction(float(c)) for c in np.where(x > 1e-9 * x.max(), x, 0.0)))


def _stationary_exactly(A: list[list[int]], x: Vector) -> Vector:
    """Descend exactly from x to a stationary point of the simplex face by face; never to a larger value."""
    n = len(A)
    total = sum(x)
    x = tuple(c / total for c in x)
    while True:
        at = [i for i in range(n) if x[i]]
        found = exact.stationary(A, at)
        if isinstance(found, exact.Stationary):
            s = sum(found.x)
            step = [Fraction(c, s) - x[i] for i, c in zip(at, found.x, strict=True)]
        else:
            # the form does not grow along one of ±d
            slope = sum(c * sum(A[i][j] * x[j] for j in at) for i, c in zip(at, found, strict=True))
            step = [Fraction(c if slope <= 0 else -c) for c in found]
        # towards the stationary point of a convex face the form falls; stop where a coordinate vanishes
        reach = min((-x[i] / c for i, c in zip(at, step, strict=True) if c < 0), default=None)
        if isinstance(found, exact.Stationary) and (reach is None or reach >= 1):
            reach = Fraction(1)
        assert reach is not None
        new = list(x)
        for i, c in zip(at, step, strict=True):
            new[i] += reach * c
        moved = tuple(new)
        if isinstance(found, exact.Stationary) and reach == 1:
            return moved
        x = moved
