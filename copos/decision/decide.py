"""The cascade: is an exact matrix copositive? Cheap tests, a small tree, a local search, one SPN proof, the tree."""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from copos.arithmetic import exact, simplex
from copos.arithmetic.exact import Integers
from copos.arithmetic.long_integers import LongIntegers
from copos.certificate import Certificate
from copos.certificate.problem import exact_matrix
from copos.decision import clique_cover, cover_tree, scaling, semidefinite
from copos.decision.cover_tree import Progress
from copos.decision.parts import LONGEST, Parts
from copos.support.given import numbers

Matrix = list[list[Fraction]]
FIRST = 1_000  # supports treated before anything else is tried
QUICK = 20_000  # supports treated before a semidefinite program, …
RATE = 60_000  # … plus as many per second that it would take
LARGEST = 150  # order up to which that program is tried
ELIMINATED = 80  # order up to which an exact elimination is tried


def read(M: Any) -> Matrix:
    """Exact rows of what the user gave; ValueError for what is no symmetric matrix of finite rational numbers."""
    return exact_matrix(M)


class Answer(NamedTuple):
    """True with a proof, False with a point x ≥ 0, x'Mx < 0, None with what stopped the search or spoilt its proof."""

    answer: bool | None
    proof: dict[str, Any] | None
    point: list[int] | None
    reason: str

    def certificate(self, M: Matrix) -> Certificate | None:
        """The certificate about M."""
        if self.answer is None:
            return None
        if self.answer:
            return Certificate.of("copositive", M, self.proof or {})
        return Certificate.of("not copositive", M, {"point": self.point})


def copositive(M: Matrix, deadline: float | None = None, progress: Progress | None = None) -> Answer:
    """Decide x'Mx ≥ 0 on x ≥ 0, exactly; None if `deadline` (`time.monotonic()`) passes, or a proof fails.

    Examples
    --------
    >>> copositive([[Fraction(1), Fraction(-1)], [Fraction(-1), Fraction(1)]]).reason
    'positive semidefinite'
    """
    unit = scaling.unit(M)
    found = _cascade(scaling.times(M, 1 / unit), deadline, progress)
    found = found._replace(proof=scaling.proof(found.proof, unit))
    if found.answer and found.proof is not None and found.proof["method"] == "cover":
        said = Certificate.of("copositive", M, found.proof).verify()
        if not said.proved:  # the search rounds, the checker does not
            return Answer(None, None, None, f"the cases of the search do not prove it: {said.reason}")
    return found


def _cascade(M: Matrix, deadline: float | None, progress: Progress | None) -> Answer:
    """The tests one after the other, on a matrix with its largest entry near one."""
    A, _ = exact.integral(M)
    for answer in _cheap(M, A):
        return answer
    search = cover_tree.Search(A)
    found = search.run(deadline, FIRST)
    if isinstance(found, cover_tree.Unfinished) and not _late(deadline):
        point = violation(A, normalized(A))
        if point is not None:
            return Answer(False, None, point, "a local search ends at a negative value")
        proof = clique_cover.proof(M, deadline=deadline)
        if proof is not None and Certificate.of("copositive", M, proof).verify().proved:
            return Answer(True, proof, None, "a cover of a graph by cliques")
        search = cover_tree.Search(A, Parts(M).part, search.long)
        found = search.run(deadline, QUICK + int(RATE * _seconds(len(M))), progress)
    if isinstance(found, cover_tree.Unfinished) and not _late(deadline, _seconds(len(M))) and len(M) <= LARGEST:
        proof, _ = semidefinite.proof(M)
        if proof is not None and Certificate.of("copositive", M, proof).verify().proved:
            return Answer(True, proof, None, "the sum of a positive semidefinite and a nonnegative matrix")
    if isinstance(found, cover_tree.Unfinished) and not _late(deadline):
        found = search.run(deadline, None, progress)
    if isinstance(found, cover_tree.Cover):
        return Answer(True, found.proof(), None, f"no support violates it: {len(found.items)} cases cover all")
    if isinstance(found, cover_tree.Violation):
        return Answer(False, None, found.point, "the search over supports ends at a negative value")
    return Answer(None, None, None, f"time limit: {found.nodes} supports treated, {found.waiting} more were waiting")


def normalized(A: Integers) -> np.ndarray:
    """A divided by its largest entry, in floating point."""
    largest = max(abs(v) for row in A for v in row) or 1
    return np.array([[v / largest for v in row] for row in A])


def _late(deadline: float | None, need: float = 0.0) -> bool:
    return deadline is not None and time.monotonic() + need > deadline


def _seconds(n: int) -> float:
    """Seconds that a semidefinite program of order n takes, roughly."""
    return 5.0 * (n / 60) ** 4


def _cheap(M: Matrix, A: Integers) -> Iterator[Answer]:
    """Answers that need no search."""
    n = len(A)
    proof = semidefinite.nonnegative(M)
    if proof is not None:
        yield Answer(True, proof, None, "no entry is negative")
        return
    for i in range(n):
        if A[i][i] < 0:
            yield Answer(False, None, [int(k == i) for k in range(n)], "a diagonal entry is negative")
            return
    for i in range(n):
        for j in range(i):
            a, b, c = A[i][i], A[i][j], A[j][j]
            if b < 0 and b * b > a * c:
                # with a x² + 2b xy + c y², at (−b, a) it is a(ac − b²); for a = 0 take x large
                x, y = (-b, a) if a > 0 else (c + 1, -b)
                yield Answer(False, None, [x if k == i else y if k == j else 0 for k in range(n)],
                             "a principal submatrix of order 2 is not copositive")  # fmt: skip
                return
    # elimination is cubic on numbers that grow with the order; a floating look says whether it can succeed
    floating = normalized(A)
    hopeful = np.linalg.eigvalsh(floating)[0] > -1e-9
    z_matrix = all(A[i][j] <= 0 for i in range(n) for j in range(i))
    if n <= ELIMINATED and (hopeful or z_matrix):
        proof, v = semidefinite.psd(M)
        if proof is not None and semidefinite.longest(proof) <= LONGEST:
            yield Answer(True, proof, None, "positive semidefinite")
        elif v is not None and (x := semidefinite.sign_reduced(A, v)) is not None:
            yield Answer(False, None, x, "a direction of descent has a nonnegative one beside it")


def violation(A: Integers, floating: np.ndarray, rng: np.random.Generator | None = None) -> list[int] | None:
    """An integer x ≥ 0 with x'Ax < 0 from a local search, exactly checked; `floating` is a positive multiple of A."""
    long = LongIntegers(A)
    d = scaling.balanced(floating)
    scaled = floating * np.outer(d, d)
    X = simplex.minima(scaled, rng or np.random.default_rng(0))
    value = np.einsum("ki,ij,kj->k", X, scaled, X)
    for x, v in zip(X[:5], value[:5], strict=False):
        if v > 1e-9:
            break
        whole = [int(c) for c in np.rint(np.ldexp(x * d / (x * d).max(), 40)).tolist()]
        if exact.form(A, whole) < 0:
            return _shortened(A, x * d)
        at = [i for i, c in enumerate(x) if c > 0]
        found = long.quickly(at) if len(at) <= 60 else None
        if isinstance(found, exact.Stationary) and found.value < 0 and min(found.x) >= 0:
            return [found.x[at.index(i)] if i in at else 0 for i in range(len(A))]
    return None


def _shortened(A: Integers, x: np.ndarray) -> list[int]:
    """The violation x rounded to as few bits as still violate."""
    for bits in (4, 8, 16, 24, 32):
        whole = [int(c) for c in np.rint(np.ldexp(x / x.max(), bits)).tolist()]
        if exact.form(A, whole) < 0:
            return exact.primitive(whole)
    return [int(c) for c in np.rint(np.ldexp(x / x.max(), 40)).tolist()]


ULPS = 8  # units in the last place by which measured entries are moved


def measured(M: Any) -> bool:
    """Does M hold floating-point numbers, so that its last places may be due to rounding?"""
    if isinstance(M, (list, tuple)):  # as an array it might be one of text
        return any(isinstance(v, (float, np.floating)) for row in M for v in row)
    array = numbers(M, "M", text=True)  # a frame or SymPy's matrix does not iterate over its rows
    return array.dtype.kind == "f" or any(isinstance(v, (float, np.floating)) for v in array.flat)


def ulp(v: Fraction) -> Fraction:
    """The unit in the last place of the double that v is (or is near), never denormal.

    >>> ulp(Fraction(1)) == 2**-52, ulp(Fraction(3, 4)) == 2**-53
    (True, True)
    """
    return scaling.unit([[v]]) / 2**52 if v else Fraction(0)


def by_rounding_only(M: Matrix, point: list[int], deadline: float | None) -> bool:
    """Is M, negative at the point, copositive once every entry is raised by `ULPS` units in its last place?"""
    raised = [[v + ULPS * ulp(v) for v in row] for row in M]
    return exact.form(raised, point) >= 0 and copositive(raised, deadline).answer is True
