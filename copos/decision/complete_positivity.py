"""Is a matrix completely positive? With a nonnegative factor, or a copositive matrix that separates it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from copos.arithmetic import algebraic_matrix, exact
from copos.certificate import Certificate
from copos.decision import algebraic_factor, combination, face_decision, factor, near_factor, nearby, scaling, separate
from copos.decision.cp_rank import moment_bound as cp_rank_lower_bound
from copos.decision.decide import ULPS, measured, read
from copos.decision.factor import Factor, Matrix, Term
from copos.decision.near_factor import Near
from copos.decision.separate import Separator
from copos.support.looks import cut, html_table
from copos.support.options import seconds as limit
from copos.support.progress import progress_line
from copos.support.threads import on_one_blas_thread

__all__ = ["CompletePositivity", "cp_rank_lower_bound", "is_completely_positive"]

ELIMINATED = 60  # order up to which exact elimination decides positive semidefiniteness
HORN = 9  # order up to which all Horn patterns are tried
INTERRUPTED = "interrupted"
PLANES = 12  # order up to which cutting planes are tried


@dataclass(frozen=True)
class CompletePositivity:
    """A three-valued answer with its evidence.

    Attributes
    ----------
    answer : True, False, or None for undecided
    factor : for "yes", pairs (w, b) with M = Σ w bb' exactly, w > 0 rational and b ≥ 0 integer; else None
    separator : for "no", a copositive H with <H, M> < 0; else None
    certificate : what `copos.verify` checks against `decided`; None if and only if undecided
    reason : what decided it, or why nothing did
    cp_rank : (lower, upper) proved bounds on the least number of terms, for "yes"; the lower one is the rank.
        `cp_rank_lower_bound` asks a solver for a better one.
    seconds : wall time
    decided : the exact matrix that the answer is about: the one asked, unless a tolerance allowed to move it
    distance : largest |decided_ij − M_ij| divided by largest |M_ij|, exactly
    """

    answer: bool | None
    factor: tuple[tuple[Fraction, tuple[int, ...]], ...] | None
    separator: tuple[tuple[Fraction, ...], ...] | None
    certificate: Certificate | None
    reason: str
    cp_rank: tuple[int, int] | None = None
    seconds: float = 0.0
    decided: tuple[tuple[Fraction, ...], ...] = ()
    distance: Fraction = Fraction(0)

    def _repr_html_(self) -> str:
        shown = {"answer": {True: "yes", False: "no", None: "undecided"}[self.answer], "reason": self.reason}
        of = vars(self)
        rows = [*shown.items(), *((k, v) for k, v in of.items() if v and k not in shown)]
        return html_table("CompletePositivity", rows)

    def __bool__(self) -> bool:
        raise TypeError("a decision has three values; compare .answer with True, False or None")

    def __repr__(self) -> str:
        rank = "" if self.cp_rank is None else f", cp_rank={self.cp_rank}"
        near = f", distance={float(self.distance):.3g}" if self.distance else ""
        return f"CompletePositivity(answer={self.answer}, reason={cut(self.reason, 100)!r}{rank}{near})"

    def columns(self) -> np.ndarray:
        """B ≥ 0 with BB' ≈ M in floating point, the columns √w·b.

        Raises
        ------
        ValueError
            If there is no factor.
        """
        if self.factor is None:
            raise ValueError(f"there is no factor: {self.reason}")
        return np.array([[float(c) * float(w) ** 0.5 for c in b] for w, b in self.factor]).T


@on_one_blas_thread
def is_completely_positive(
    M: Any, time_limit: float | None = None, seed: int = 0, tolerance: float | Fraction | str | None = None, *,
    progress: bool = False,
) -> CompletePositivity:  # fmt: skip
    """Decide whether M = BB' for some entrywise nonnegative B.

    Yes: a factor, from the structure (a graph without triangles, exact elimination, order at most four), from a
    numerical factorization with an exact remainder, or from an exact linear combination. No: a negative entry or
    direction, a matrix built on a graph without triangles, a scaled Horn matrix, or cutting planes with the exact
    decision of copositivity behind them. Matrices on the boundary may stay undecided, with the reason.

    Parameters
    ----------
    M : (n, n) symmetric matrix of integers, Fractions, "p/q" strings or floats (a float means its dyadic value)
    time_limit : seconds
    seed : of the numerical factorizations
    tolerance : a matrix with |decided_ij − M_ij| ≤ tolerance·max|M_ij| that has a factor may take the place of M if
        none is found for M itself. Products BB' in floating point mostly need that: rounding leaves them outside.
    progress : show a line on the terminal while it is decided

    Returns
    -------
    CompletePositivity
        Undecided on Ctrl-C, unless a separating matrix is known already.

    Raises
    ------
    ValueError
        If M is not a symmetric matrix of finite rational numbers, or the tolerance not a finite number ≥ 0.

    References
    ----------
    [DrewJohnsonLoewy1994]: graphs without triangles. [MaxfieldMinc1962]: doubly nonnegative matrices of order
    at most four. [GroetznerDuer2020]: factorization by alternating projections. Berman, Shaked-Monderer,
    "Completely Positive Matrices" (2003), chapter 3: bounds on the cp-rank.

    Examples
    --------
    >>> decision = is_completely_positive([[2, 1, 0], [1, 2, 1], [0, 1, 2]])
    >>> decision.answer, decision.cp_rank, decision.certificate.verify().proved
    (True, (3, 3), True)
    >>> pentagon = [[5, 3, 0, 0, 3], [3, 5, 3, 0, 0], [0, 3, 5, 3, 0], [0, 0, 3, 5, 3], [3, 0, 0, 3, 5]]
    >>> is_completely_positive(pentagon).reason
    'separated by a scaled copositive matrix of signs'

    The product of floating-point numbers is not completely positive, but a matrix within 1e-12 of it is:

    >>> v = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.7])
    >>> found = is_completely_positive(np.outer(v, v), tolerance=1e-12)
    >>> found.answer, 0 < found.distance < 1e-15, found.certificate.verify(found.decided).proved
    (True, True, True)
    """
    start = time.perf_counter()
    time_limit = limit(time_limit)
    deadline = None if time_limit is None else time.monotonic() + time_limit
    A = algebraic_matrix.algebraic(M)
    if A is not None:
        if tolerance is not None:
            raise ValueError("a tolerance needs a matrix of rational numbers; this one is algebraic")
        return _algebraically(A, seed, deadline, start, progress)
    F = read(M)
    unit, rng = scaling.unit(F), np.random.default_rng(seed)
    N = scaling.times(F, 1 / unit)
    allowed = nearby.allowance(tolerance) * nearby.largest(N)
    with progress_line(progress, f"completely positive? order {len(N)}", str):
        found = _decided(N, rng, deadline, allowed)
        if found.answer is not True and not allowed and measured(M) and found.reason != INTERRUPTED:
            found = _rounding(found, N, rng, deadline)
    if found.answer is False and allowed:
        assert found.separator is not None
        robust = _least(found.separator, N) + allowed * sum(abs(h) for row in found.separator for h in row) < 0
        words = "nor is any matrix within the tolerance" if robust else "no such matrix was found within the tolerance"
        found = replace(found, reason=f"{found.reason}; {words}")
    return replace(_scaled(found, unit), seconds=time.perf_counter() - start)


def _algebraically(
    A: algebraic_matrix.Matrix, seed: int, deadline: float | None, start: float, progress: bool
) -> CompletePositivity:
    """The decision about a matrix of algebraic numbers."""
    rng = np.random.default_rng(seed)

    def rationally(F: Matrix) -> CompletePositivity:
        unit = scaling.unit(F)
        return _scaled(_decided(scaling.times(F, 1 / unit), rng, deadline, Fraction(0)), unit)

    with progress_line(progress, f"completely positive? order {len(A)}", str):
        found = algebraic_factor.decided(A, rationally, rng, deadline)
    return CompletePositivity(*found, seconds=time.perf_counter() - start, decided=tuple(map(tuple, A)))


def _decided(N: Matrix, rng: np.random.Generator, deadline: float | None, allowed: Fraction) -> CompletePositivity:
    """The decision about N, or about a matrix as near as allowed that has a factor."""
    reason, last = "no method applies", None
    try:
        for found in _attempts(N, rng, deadline, allowed):
            if isinstance(found, Factor):
                return _yes(found, N, reason_of(found))
            if isinstance(found, Near):
                distance = found.distance / nearby.largest(N)
                words = f"a matrix within the tolerance: {reason_of(found.factor)}"
                return replace(_yes(found.factor, found.matrix, words), distance=distance)
            if isinstance(found, tuple):
                H, proof = found
                rows = tuple(tuple(row) for row in H)
                certificate = Certificate.of("not completely positive", N, separate.proof(H, proof))
                last = CompletePositivity(False, None, rows, certificate, _why(H, N), decided=tuple(map(tuple, N)))
                if not allowed:
                    return last
                close = near_factor.near(N, allowed, rng, deadline)
                if close is None:
                    return last
                distance = close.distance / nearby.largest(N)
                words = f"a matrix within the tolerance: {reason_of(close.factor)}"
                return replace(_yes(close.factor, close.matrix, words), distance=distance)
            reason = found
    except KeyboardInterrupt:
        if last is not None:
            return last
        reason = INTERRUPTED
    return CompletePositivity(None, None, None, None, reason, decided=tuple(map(tuple, N)))


def _yes(found: Factor, N: Matrix, reason: str) -> CompletePositivity:
    certificate = Certificate.of("completely positive", N, found.proof())
    terms = found.complete(N)
    plain = tuple((w, tuple(b)) for w, b in terms)
    return CompletePositivity(True, plain, None, certificate, reason, ranks(N, terms), decided=tuple(map(tuple, N)))


def _scaled(found: CompletePositivity, unit: Fraction) -> CompletePositivity:
    """The decision about N as one about unit·N."""
    if unit == 1:
        return found
    decided = scaling.times([list(row) for row in found.decided], unit)
    terms = None if found.factor is None else tuple((w * unit, b) for w, b in found.factor)
    certificate = found.certificate
    if certificate is not None:
        proof = scaling.proof(certificate.proof, unit) if found.answer else certificate.proof
        certificate = Certificate.of(certificate.kind, decided, proof)
    return replace(found, decided=tuple(map(tuple, decided)), factor=terms, certificate=certificate)


def _rounding(
    found: CompletePositivity, N: Matrix, rng: np.random.Generator, deadline: float | None
) -> CompletePositivity:
    """`found` with words on a completely positive matrix that differs from N by rounding only, if there is one."""
    few = Fraction(ULPS, 2**52) * nearby.largest(N)
    if found.separator is not None:
        if _least(found.separator, N) + few * sum(abs(h) for row in found.separator for h in row) < 0:
            return found  # no matrix so near is
    close = near_factor.near(N, few, rng, deadline)
    if close is None:
        return found
    distance = float(close.distance / nearby.largest(N))
    words = f"by rounding only: a completely positive matrix differs by at most {distance:.2g} of the largest entry"
    return replace(found, reason=f"{found.reason}; {words} (a tolerance gives that answer)")


def _least(H: tuple[tuple[Fraction, ...], ...], M: Matrix) -> Fraction:
    """<H, M>."""
    return sum((h * m for a, b in zip(H, M, strict=True) for h, m in zip(a, b, strict=True)), Fraction(0))


def _attempts(
    F: Matrix, rng: np.random.Generator, deadline: float | None, allowed: Fraction
) -> Iterator[Factor | Near | Separator | str]:
    """Evidence, as soon as there is some; words on what did not lead to any."""
    n = len(F)
    for i in range(n):
        for j in range(i + 1):
            if F[i][j] < 0:
                H = [[Fraction(int((k, l) in ((i, j), (j, i)))) for l in range(n)] for k in range(n)]
                yield _sure(F, H)
    if factor.dominant(F):
        yield Factor([], n)
    semidefinite = _not_semidefinite(F)
    if semidefinite is not None:
        yield semidefinite
    found = factor.triangle_free(F)
    if found is not None:
        terms, H = found
        if terms is not None:
            yield Factor(terms, n)
        elif H is not None:
            yield _sure(F, [[Fraction(v) for v in row] for row in H])
    if n <= ELIMINATED:
        terms = factor.eliminate(F, deadline=deadline)
        if terms is None and n == 4:
            terms = factor.order_four(F)
        if terms is not None:
            yield Factor(terms, n)
    inside = factor.interior(F, rng, deadline=deadline)
    if inside is not None:
        yield inside
    close = near_factor.near(F, allowed, rng, deadline) if allowed else None
    if close is not None:  # sooner than what follows, and no worse
        yield close
    for attempt in _boundary(F, rng, deadline):
        if deadline is not None and time.monotonic() > deadline:
            yield "time limit"
            return
        got = attempt()
        if got is not None:
            yield got


def _boundary(
    F: Matrix, rng: np.random.Generator, deadline: float | None
) -> Iterator[Callable[[], Factor | Separator | str | None]]:
    """Attempts at matrices near or on the boundary, cheap ones first."""
    n = len(F)

    def exactly() -> Factor | None:
        terms = combination.boundary(F, rng, deadline=deadline)
        return None if terms is None else Factor(terms, n)

    def planes() -> Factor | Separator | str:
        found = separate.columns(F, rng, deadline)
        if found.separator is not None:
            return found.separator
        return Factor(found.terms, n) if found.terms is not None else found.reason

    if 5 <= n <= HORN:
        yield lambda: separate.horn(F, deadline)
    if n <= PLANES:
        yield lambda: face_decision.decided(F, rng, deadline)
    yield exactly
    if n <= PLANES:
        yield lambda: face_decision.decided(F, rng, deadline)  # other starts find another dual matrix now and then
        yield planes
    else:
        yield lambda: f"no factor was found, and cutting planes are not tried beyond order {PLANES} (this is {n})"


def _sure(F: Matrix, H: Matrix) -> Separator:
    """A separator that theory promises; the decision supplies its proof."""
    found = separate.certified(F, H)
    assert found is not None
    return found


def _not_semidefinite(F: Matrix) -> Separator | None:
    """H = vv' with v'Mv < 0, exactly."""
    n = len(F)
    A, _ = exact.integral(F)
    largest = max(abs(v) for row in F for v in row) or Fraction(1)
    value, vector = np.linalg.eigh(np.array([[float(v / largest) for v in row] for row in F]))
    v = [int(c) for c in np.rint(np.ldexp(vector[:, 0], 30)).tolist()]
    if exact.form(A, v) >= 0:
        if n > ELIMINATED or value[0] > 1e-9:
            return None
        _, direction = exact.squares(A)
        if direction is None:
            return None
        v = direction
    H = separate.square(n, v)
    return H, {"method": "spn", "factor": [[c] for c in v], "bits": 0}


def reason_of(found: Factor) -> str:
    """The kind of a factor, in words."""
    if not found.terms:
        return "nonnegative and diagonally dominant"
    return f"a factor with {len(found.terms)} columns"


def _why(H: Matrix, F: Matrix) -> str:
    n = len(F)
    if any(v < 0 for row in F for v in row):
        return "an entry is negative"
    if all(H[i][j] * H[i][j] == H[i][i] * H[j][j] for i in range(n) for j in range(n)):
        rank_one = all(H[i][j] * H[0][k] == H[i][k] * H[0][j] for i in range(n) for j in range(n) for k in range(n))
        return "not positive semidefinite" if rank_one else "separated by a scaled copositive matrix of signs"
    return "separated by a copositive matrix found by cutting planes"


def ranks(F: Matrix, terms: list[Term]) -> tuple[int, int]:
    """Bounds on the cp-rank: the rank; the terms found and r(r+1)/2 − 1 (r ≥ 2), n (n ≤ 4).

    The second is the bound of [BarioliBerman2003] by the rank, the third holds for every completely positive matrix of
    order at most four.
    """
    A, _ = exact.integral(F)
    n = len(F)
    if n > ELIMINATED:
        return int(np.linalg.matrix_rank(np.array(F, dtype=float))), len(terms)
    found, _ = exact.squares(A)
    assert found is not None
    r = len(found.vectors)
    upper = min(len(terms), r * (r + 1) // 2 - 1 if r >= 2 else r)
    return r, min(upper, n) if n <= 4 else upper
