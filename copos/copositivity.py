"""Is a matrix copositive? What is the minimum of a quadratic form on the simplex? Exact answers with proofs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from copos.certificate import Certificate
from copos.cones import Cone
from copos.decision import cone_levels, exact, local_search
from copos.decision.cover_tree import Progress
from copos.decision.decide import Answer, copositive, normalized, read
from copos.options import seconds as limit
from copos.threads import on_one_blas_thread

Vector = tuple[Fraction, ...]


@dataclass(frozen=True)
class Decision:
    """A three-valued answer with its evidence.

    Attributes
    ----------
    answer : True, False, or None for undecided
    witness : for "no", a point x of the cone with x'Mx < 0 (≤ 0 if strict copositivity was asked); else None
    certificate : what `copos.verify` checks; None if and only if undecided
    reason : what decided it, or why nothing did
    margin : for "yes" to strict copositivity, an exact v > 0 with x'Mx ≥ v(Σx)²; the certificate is about M − vE
    seconds : wall time
    """

    answer: bool | None
    witness: Vector | None
    certificate: Certificate | None
    reason: str
    margin: Fraction | None = None
    seconds: float = 0.0

    def __bool__(self) -> bool:
        raise TypeError("a decision has three values; compare .answer with True, False or None")

    def __repr__(self) -> str:
        return f"Decision(answer={self.answer}, reason={self.reason!r})"


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


@on_one_blas_thread
def is_copositive(
    M: Any,
    strict: bool = False,
    cone: Cone | None = None,
    time_limit: float | None = None,
    progress: Progress | None = None,
) -> Decision:
    """Decide whether x'Mx ≥ 0 for all x ≥ 0 (for all x ∈ K), exactly on the orthant, on the boundary too.

    Parameters
    ----------
    M : (n, n) symmetric matrix of integers, Fractions, "p/q" strings or floats (a float means its dyadic value);
        nested lists, a NumPy array or a SciPy sparse matrix
    strict : ask for x'Mx > 0 at all x ≠ 0
    cone : K; by default the nonnegative orthant, where the only undecided case is a time limit. Other cones are
        approached by levels from inside and by points from outside, and may stay undecided.
    time_limit : seconds
    progress : called with (supports treated, supports waiting) during a long search

    Returns
    -------
    Decision

    Raises
    ------
    ValueError
        If M is not a symmetric matrix of finite rational numbers or not of the cone's order.

    References
    ----------
    [Hadeler1983, Theorem 2]: a minimal violation has a nonpositive inverse.
    [Dickinson2019]: covering supports by vectors.

    Examples
    --------
    >>> horn = [[1, -1, 1, 1, -1], [-1, 1, -1, 1, 1], [1, -1, 1, -1, 1], [1, 1, -1, 1, -1], [-1, 1, 1, -1, 1]]
    >>> decision = is_copositive(horn)
    >>> decision.answer, decision.certificate.verify(horn).proved
    (True, True)
    >>> is_copositive([[1, "-3/2"], ["-3/2", 2]]).witness
    (Fraction(4, 1), Fraction(3, 1))
    """
    start = time.perf_counter()
    time_limit = limit(time_limit)
    deadline = None if time_limit is None else time.monotonic() + time_limit
    F = read(M)
    if cone is not None and not cone_levels.is_orthant(cone):
        if len(F) != cone.ambient:
            raise ValueError(f"the matrix has order {len(F)}, the cone lives in R^{cone.ambient}")
        found = cone_levels.decide(F, cone, strict, deadline)
        return Decision(found.answer, found.witness, found.certificate, found.reason, None, time.perf_counter() - start)
    if cone is not None and len(F) != cone.ambient:
        raise ValueError(f"the matrix has order {len(F)}, the cone lives in R^{cone.ambient}")
    if strict:
        return _strictly(F, deadline, progress, start)
    found = copositive(F, deadline, progress)
    return _decision(found, found.certificate(F), start)


def _decision(found: Answer, certificate: Certificate | None, start: float) -> Decision:
    witness = None if found.point is None else tuple(Fraction(c) for c in found.point)
    return Decision(found.answer, witness, certificate, found.reason, None, time.perf_counter() - start)


def _strictly(F: list[list[Fraction]], deadline: float | None, progress: Progress | None, start: float) -> Decision:
    """Through the exact minimum on the simplex: strict iff it is positive."""
    found = minimum(F, deadline, progress, enough=True)
    seconds = time.perf_counter() - start
    if found.best <= 0:
        problem = {
            "type": "program", "name": "minimum on the simplex", "dim": len(F),
            "blocks": [{"order": 1, "entries": [[0, 0, i, 1]]} for i in range(len(F))], "generators": [],
            "unit": [[i, 1] for i in range(len(F))], "objective": _plain_form(F),
            "equations": [{"form": _plain_form([[Fraction(1)] * len(F)] * len(F)), "value": 1}], "vanishing": [],
        }  # fmt: skip
        atom = {"weight": 1, "point": [_plain(v) for v in found.point]}
        certificate = Certificate("upper bound", problem, {"value": 0, "atoms": [atom]})
        return Decision(False, found.point, certificate, "x'Mx ≤ 0 at a point of the simplex", None, seconds)
    if found.value is None:
        return Decision(None, None, None, found.reason, None, seconds)
    reason = f"the minimum on the simplex is positive: {found.reason}"
    return Decision(True, None, found.certificate, reason, found.value, seconds)


@on_one_blas_thread
def minimum_on_simplex(M: Any, time_limit: float | None = None, progress: Progress | None = None) -> SimplexMinimum:
    """Minimum of x'Mx over x ≥ 0, Σx = 1, as an exact rational number.

    A local minimiser gives a candidate v; M − vE is copositive, which proves it, or its violation is a better start.
    Each round ends at a stationary value of another face, so there are finitely many.

    Parameters
    ----------
    M : symmetric matrix as for `is_copositive`
    time_limit : seconds
    progress : as for `is_copositive`

    Raises
    ------
    ValueError
        If M is not a symmetric matrix of finite rational numbers.

    Examples
    --------
    For a graph, min x'(I + A)x is 1/α [MotzkinStraus1965]; the 5-cycle has α = 2:

    >>> A = [[int((i - j) % 5 in (1, 4)) for j in range(5)] for i in range(5)]
    >>> found = minimum_on_simplex([[A[i][j] + (i == j) for j in range(5)] for i in range(5)])
    >>> found.value, sum(found.point), found.certificate.verify().proved
    (Fraction(1, 2), Fraction(1, 1), True)
    """
    time_limit = limit(time_limit)
    deadline = None if time_limit is None else time.monotonic() + time_limit
    return minimum(read(M), deadline, progress)


def minimum(
    F: list[list[Fraction]], deadline: float | None, progress: Progress | None, enough: bool = False
) -> SimplexMinimum:
    """`minimum_on_simplex` of exact rows; with `enough` a value ≤ 0 need not be the smallest."""
    n = len(F)
    A, scale = exact.integral(F)
    floating = np.array([[float(v) for v in row] for row in normalized(F)])
    x = _stationary(A, local_search.minima(floating, np.random.default_rng(0))[0])
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
        lower = _stationary(A, local_search.polished(floating, local_search.descend(floating, start, 100 * n)[0]))
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


def _plain(v: Fraction) -> int | str:
    return v.numerator if v.denominator == 1 else f"{v.numerator}/{v.denominator}"


def _plain_form(F: list[list[Fraction]]) -> list[list[Any]]:
    """[[i, j, coefficient of x_i x_j], …]."""
    n = len(F)
    return [[i, j, _plain(F[i][j] * (1 if i == j else 2))] for j in range(n) for i in range(j + 1) if F[i][j]]
