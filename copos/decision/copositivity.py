"""Is a matrix copositive? What is the minimum of a quadratic form on the simplex? Exact answers with proofs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from copos.arithmetic import algebraic_matrix, exact
from copos.arithmetic.rationals import written
from copos.certificate import Certificate
from copos.cones import Cone
from copos.decision import algebraic, on_cone, scaling
from copos.decision.cover_tree import Progress
from copos.decision.decide import LONGEST, ULPS, Answer, by_rounding_only, copositive, measured, read
from copos.decision.minimum import SimplexMinimum, minimum
from copos.decision.nearby import allowance, largest, shares, shifted
from copos.decision.watching import watched
from copos.hierarchy.atoms import is_orthant
from copos.support.looks import cut, html_table
from copos.support.options import seconds as limit
from copos.support.threads import on_one_blas_thread

__all__ = ["Decision", "SimplexMinimum", "is_copositive", "minimum_on_simplex"]

Vector = tuple[Fraction, ...]
Matrix = list[list[Fraction]]


@dataclass(frozen=True)
class Decision:
    """A three-valued answer with its evidence.

    Attributes
    ----------
    answer : True, False, or None for undecided
    witness : for "no", a point x of the cone with x'Mx < 0 (≤ 0 if strict copositivity was asked); else None
    certificate : what `copos.verify` checks against `decided`; None if and only if undecided
    reason : what decided it, or why nothing did
    margin : for "yes" to strict copositivity, an exact v > 0 with x'Mx ≥ v(Σx)²; on another cone than the orthant
        x'Mx ≥ v|u|² in its coordinates, x = basis·u
    seconds : wall time
    decided : the exact matrix that the answer is about: the one asked, unless a tolerance allowed to move it
    distance : largest |decided_ij − M_ij| divided by largest |M_ij|, exactly
    """

    answer: bool | None
    witness: Vector | None
    certificate: Certificate | None
    reason: str
    margin: Fraction | None = None
    seconds: float = 0.0
    decided: tuple[Vector, ...] = ()
    distance: Fraction = Fraction(0)

    def _repr_html_(self) -> str:
        shown = {"answer": {True: "yes", False: "no", None: "undecided"}[self.answer], "reason": self.reason}
        of = vars(self)
        rows = [*shown.items(), *((k, v) for k, v in of.items() if v and k not in shown)]
        return html_table("Decision", rows)

    def __bool__(self) -> bool:
        raise TypeError("a decision has three values; compare .answer with True, False or None")

    def __repr__(self) -> str:
        near = f", distance={float(self.distance):.3g}" if self.distance else ""
        return f"Decision(answer={self.answer}, reason={cut(self.reason, 100)!r}{near})"


@on_one_blas_thread
def is_copositive(
    M: Any,
    strict: bool = False,
    cone: Cone | None = None,
    time_limit: float | None = None,
    progress: bool = False,
    tolerance: float | Fraction | str | None = None,
    callback: Callable[[int, int], Any] | None = None,
) -> Decision:
    """Decide whether x'Mx ≥ 0 for all x ≥ 0 (for all x ∈ K), exactly, on the boundary too.

    Parameters
    ----------
    M : (n, n) symmetric matrix of integers, Fractions, Decimals, "p/q" strings or floats (a float means its dyadic
        value); nested lists, a NumPy array or a SciPy sparse matrix
    strict : ask for x'Mx > 0 at all x ≠ 0
    cone : K; by default the nonnegative orthant, where the only undecided case is a time limit. Polyhedral cones and
        cones with a single second-order (or 2×2 semidefinite) block are decided exactly as well; others are
        approached by levels from inside and by points from outside, and may stay undecided.
    time_limit : seconds
    progress : show a line on the terminal during a long search
    tolerance : a matrix with |decided_ij − M_ij| ≤ tolerance·max|M_ij| may take the place of M if M itself is not
        copositive and that one is. Its certificate is about `decided`.
    callback : called with (supports treated, supports waiting) during a long search

    Returns
    -------
    Decision

    Raises
    ------
    ValueError
        If M is not a symmetric matrix of finite rational numbers or not of the cone's order, or the tolerance is not a
        finite number ≥ 0.

    References
    ----------
    [Hadeler1983, Theorem 2]: a minimal violation has a nonpositive inverse.
    [Dickinson2019]: covering supports by vectors.
    [PolikTerlaky2007, Theorem 2.2]: the S-lemma, for second-order cones.

    Examples
    --------
    >>> horn = [[1, -1, 1, 1, -1], [-1, 1, -1, 1, 1], [1, -1, 1, -1, 1], [1, 1, -1, 1, -1], [-1, 1, 1, -1, 1]]
    >>> decision = is_copositive(horn)
    >>> decision.answer, decision.certificate.verify(horn).proved
    (True, True)
    >>> is_copositive([[1, "-3/2"], ["-3/2", 2]]).witness
    (Fraction(4, 1), Fraction(3, 1))
    >>> near = is_copositive([[1, "-1.001"], ["-1.001", 1]], tolerance="0.01")
    >>> near.answer, near.distance
    (True, Fraction(1, 2002))
    """
    start = time.perf_counter()
    time_limit = limit(time_limit)
    deadline = None if time_limit is None else time.monotonic() + time_limit
    A = algebraic_matrix.algebraic(M)
    if A is not None:
        if cone is not None or tolerance is not None:
            raise ValueError("another cone or a tolerance needs a matrix of rational numbers; this one is algebraic")
        with watched(progress, callback) as tell:
            sought = algebraic.decided(A, strict, deadline, tell)
        return Decision(*sought, seconds=time.perf_counter() - start, decided=tuple(map(tuple, A)))
    F = read(M)
    allowed = allowance(tolerance)
    allowed = allowed and allowed * largest(F)
    if cone is not None and len(F) != cone.ambient:
        raise ValueError(f"the matrix has order {len(F)}, the cone lives in R^{cone.ambient}")
    if cone is not None and is_orthant(cone):
        cone = None
    with watched(progress, callback) as tell:
        found = _exactly(F, strict, cone, deadline, tell)
        if found.answer is not True and allowed:
            found = _nearby(found, F, allowed, strict, cone, deadline, tell)
        elif found.answer is False and not strict and measured(M) and found.witness is not None:
            found = _rounding(found, F, cone, deadline)
    if not found.decided:
        found = replace(found, decided=tuple(map(tuple, F)))
    return replace(found, seconds=time.perf_counter() - start)


def _rounding(found: Decision, F: Matrix, cone: Cone | None, deadline: float | None) -> Decision:
    """`found` with words on a copositive matrix that differs from F by rounding only, if there is one."""
    x = found.witness or ()
    if cone is None:
        if not by_rounding_only(F, [int(c) for c in x], deadline):
            return found
        how = f"with every entry raised by {ULPS} units in its last place it is copositive"
    else:
        moved = shifted(F, ULPS * largest(F) / 2**52, diagonal=True)
        if exact.form(moved, x) < 0 or _exactly(moved, False, cone, deadline, None).answer is not True:
            return found
        how = f"with a diagonal raised by {ULPS} units in the last place of the largest entry it is copositive"
    return replace(found, reason=f"{found.reason}; by rounding only: {how} (a tolerance gives that answer)")


def _exactly(F: Matrix, strict: bool, cone: Cone | None, deadline: float | None, progress: Progress | None) -> Decision:
    """The decision about F itself."""
    if cone is not None:
        return Decision(*on_cone.decide(F, cone, strict, deadline))
    return _strictly(F, deadline, progress) if strict else _plainly(F, copositive(F, deadline, progress))


def _plainly(F: Matrix, found: Answer) -> Decision:
    witness = None if found.point is None else tuple(Fraction(c) for c in found.point)
    return Decision(found.answer, witness, found.certificate(F), found.reason)


def _strictly(F: Matrix, deadline: float | None, progress: Progress | None) -> Decision:
    """Through the exact minimum v on the simplex: strict iff it is positive, and then M − vE is copositive."""
    found = minimum(F, deadline, progress, enough=True)
    if found.best <= 0:
        certificate = Certificate.of("not strictly copositive", F, {"point": [written(v) for v in found.point]})
        return Decision(False, found.point, certificate, "x'Mx ≤ 0 at a point of the simplex")
    if found.value is None or found.certificate is None:
        return Decision(None, None, None, found.reason)
    v, proof = found.value, found.certificate.proof
    if max(v.numerator.bit_length(), v.denominator.bit_length()) > LONGEST // 2:  # a shorter one will do
        v = scaling.unit([[v]])
        proof = copositive(shifted(F, -v), deadline, progress).proof or proof
    certificate = Certificate.of("strictly copositive", F, {"margin": written(v), "copositive": proof})
    return Decision(True, None, certificate, f"the minimum on the simplex is positive: {found.reason}", v)


def _nearby(
    found: Decision,
    F: Matrix,
    allowed: Fraction,
    strict: bool,
    cone: Cone | None,
    deadline: float | None,
    progress: Progress | None,
) -> Decision:
    """A copositive matrix at most `allowed` away in every entry, or `found` with words on there being none.

    On the orthant F + δE is the best that a change of δ can do, and it is copositive iff δ ≥ −min x'Fx on the simplex.
    On another cone F + δI is tried.
    """
    if cone is None and not strict:
        least = minimum(F, deadline, progress)
        if least.value is not None and least.value + allowed >= 0 and least.certificate is not None:
            moved = shifted(F, -least.value)
            distance = -least.value / largest(F)
            answer = Decision(True, None, least.certificate, f"the nearest copositive matrix: {least.reason}")
            return replace(answer, decided=tuple(map(tuple, moved)), distance=distance)
        if least.best + allowed < 0:
            return replace(found, reason=f"{found.reason}; nor is any matrix within the tolerance")
    for share in shares():
        moved = shifted(F, share * allowed, diagonal=cone is not None)
        other = _exactly(moved, strict, cone, deadline, progress)
        if other.answer is True:
            reason = f"a matrix within the tolerance: {other.reason}"
            return replace(
                other, reason=reason, decided=tuple(map(tuple, moved)), distance=share * allowed / largest(F)
            )
    return replace(found, reason=f"{found.reason}; no copositive matrix was found within the tolerance")


@on_one_blas_thread
def minimum_on_simplex(
    M: Any,
    time_limit: float | None = None,
    progress: bool = False,
    callback: Callable[[int, int], Any] | None = None,
) -> SimplexMinimum:
    """Minimum of x'Mx over x ≥ 0, Σx = 1, as an exact rational number.

    A local minimiser gives a candidate v; M − vE is copositive, which proves it, or its violation is a better start.
    Each round ends at a stationary value of another face, so there are finitely many.

    Parameters
    ----------
    M : symmetric matrix as for `is_copositive`
    time_limit : seconds
    progress, callback : as for `is_copositive`

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
    F = read(M)
    with watched(progress, callback) as tell:
        return minimum(F, deadline, tell)
