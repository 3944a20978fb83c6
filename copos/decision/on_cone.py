"""Is x'Mx ≥ 0 on a cone K = {x = Tu}? Exact answers where the cone has them, levels and points elsewhere.

1  F = T'MT ⪰ 0, exactly
2  K polyhedral: R'FR copositive for the extreme rays R
3  K with a single quadratic block: F − λq ⪰ 0 (S-lemma)
4  a point of K with F < 0 from a local search; a level of the hierarchy, rounded inside or on its face
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from copos.arithmetic import exact
from copos.certificate import Certificate
from copos.certificate.cone_problem import cone_problem
from copos.certificate.problem import exact as plain
from copos.cones import Cone
from copos.decision import cone_levels, face_rounding, lorentz, scaling
from copos.decision.decide import copositive
from copos.decision.exact_cone import ExactCone, Matrix, congruent, inner, kernel, psd_parts
from copos.decision.polyhedral import Rays

MARGINS = (8, 16, 32, 64)  # bits of the margins tried for strict copositivity, relative to the largest entry


class Found(NamedTuple):
    """An answer with its evidence; `margin` is v with x'Mx ≥ v|u|² on K, for "yes" to a strict question."""

    answer: bool | None
    witness: tuple[Fraction, ...] | None
    certificate: Certificate | None
    reason: str
    margin: Fraction | None = None


class _Proof(NamedTuple):
    """Data of a proof that a form is nonnegative on K, or a point u of K where it is not, or neither."""

    proof: dict[str, Any] | None
    point: list[int] | None
    reason: str


def decide(M: Matrix, K: Cone, strict: bool, deadline: float | None) -> Found:
    """Is x'Mx ≥ 0 (> 0 for x ≠ 0 if strict) on K?

    Examples
    --------
    >>> from copos import NonNegative, SecondOrder
    >>> rows = lambda *d: [[Fraction(v if i == j else 0) for j in range(3)] for i, v in enumerate(d)]
    >>> decide(rows(1, -1, -1), SecondOrder(3), False, None).reason
    'F − λq is positive semidefinite for some λ ≥ 0'
    >>> decide(rows(1, -2, -1), NonNegative(3).slice([[1, -1, -1]]), False, None).witness
    (Fraction(1, 1), Fraction(1, 1), Fraction(0, 1))
    """
    unit = scaling.unit(M)
    N, C = scaling.times(M, 1 / unit), ExactCone.of(K)
    question = _Question(C, K, N, deadline)
    found = question.strictly() if strict else question.plainly()
    problem = cone_problem(M, K)
    kind = ("" if found.proof else "not ") + ("strictly " if strict else "") + "copositive"
    if found.proof is not None:
        proof = scaling.proof(found.proof, unit)
        margin = Fraction(proof["margin"]) if strict else None
        return Found(True, None, Certificate(kind, problem, proof), found.reason, margin)
    if found.point is not None:
        certificate = Certificate(kind, problem, {"point": [plain(c) for c in found.point]})
        return Found(False, C.point(found.point), certificate, found.reason)
    return Found(None, None, None, found.reason)


class _Question:
    def __init__(self, C: ExactCone, K: Cone, N: Matrix, deadline: float | None) -> None:
        self.C, self.K, self.deadline = C, K, deadline
        self.known: Fraction | None = None  # a margin that is known to do
        self.why = ""
        self.F = C.form(N)
        A = C.inequalities()
        self.polyhedral = A is not None
        self.rays = None if A is None else Rays.of(A, C.dim)
        self.quadrics = [] if self.polyhedral else lorentz.quadrics(C)

    def plainly(self) -> _Proof:
        """Is F ≥ 0 on K?"""
        words = []
        for attempt in self._attempts(self.F):
            if attempt.proof is not None or attempt.point is not None:
                return attempt
            words.append(attempt.reason)
            if self.deadline is not None and time.monotonic() > self.deadline:
                words.append("time limit")
                break
        return _Proof(None, None, "; ".join(w for w in words if w) or "no method applies")

    def strictly(self) -> _Proof:
        """Is F > 0 on K∖{0}? A zero if there is one, otherwise F − v|u|² ≥ 0 for some v > 0."""
        zero = self._zero()
        if zero is not None:
            return zero
        reason = ""
        for v in self._margins():
            G = [[c - v * (i == j) for j, c in enumerate(row)] for i, row in enumerate(self.F)]
            for attempt in self._attempts(G):
                if attempt.proof is not None:
                    return _Proof({"margin": plain(v), "copositive": attempt.proof}, None, attempt.reason)
                if attempt.point is not None:
                    if exact.form(self.F, attempt.point) <= 0:
                        return attempt._replace(reason="x'Mx ≤ 0 at a point of the cone")
                    break
                reason = attempt.reason
                if self.deadline is not None and time.monotonic() > self.deadline:
                    return _Proof(None, None, f"time limit; {reason}")
        return _Proof(
            None,
            None,
            self.why or reason or f"no margin of more than 2^-{MARGINS[-1]} times the largest entry is proved",
        )

    def _margins(self) -> Iterator[Fraction]:
        """Margins to try, down to the one that is known to do."""
        margins = [Fraction(1, 2**bits) for bits in MARGINS]
        if self.known is None:
            yield from margins
            return
        yield from (v for v in margins if v > self.known)
        yield self.known

    def _attempts(self, F: Matrix) -> Iterator[_Proof]:
        if not F:
            yield _Proof({"method": "rays", "rays": [], "copositive": None}, None, "the cone is {0}")
            return
        if all(not any(row) for row in F):
            yield _Proof(identity([]), None, "the form is zero")
            return
        found, v = psd_parts(F)
        if found is not None:
            yield _Proof(identity([squares(found)]), None, "positive semidefinite on the span of the cone")
            return
        point = next((p for p in self._beside(v) if exact.form(F, p) < 0), None)
        if point is not None:
            yield _Proof(None, point, "a point of the cone with a negative value")
            return
        if self.rays is not None:
            yield from self._polyhedral(F)
            return
        if self.quadrics:
            yield from self._quadratic(F)
        point = cone_levels.violation(self.K, self.C, F)
        if point is not None:
            yield _Proof(None, point, "a point of the cone with a negative value")
            return
        terms = face_rounding.proof(self.C, F, self.deadline)
        if terms is not None:
            yield _Proof(identity(terms), None, "a sum of squares and of products of the cone's inequalities, exactly")
            return
        for proof, reason in cone_levels.inside(self.K, F, self.deadline):
            yield _Proof(proof, None, reason)
            if proof is not None:
                return

    def _beside(self, v: list[int] | None) -> Iterator[list[int]]:
        """Points of K near a direction where F is negative: ±v itself."""
        for sign in (1, -1) if v is not None else ():
            u = [sign * c for c in v or []]
            if self.C.contains(u):
                yield u

    def _shortened(self, u: list[int], F: Matrix) -> list[int]:
        """The violation u rounded to as few bits as still violate."""
        largest = max(abs(c) for c in u)
        for bits in range(1, largest.bit_length()):
            v = [((c << bits + 1) + largest) // (2 * largest) for c in u]
            if exact.form(F, v) < 0 and self.C.contains(v):
                return exact.primitive(v)
        return u

    def _polyhedral(self, F: Matrix) -> Iterator[_Proof]:
        rays = self.rays
        assert rays is not None
        if not rays.R:
            yield _Proof(rays.proof(None), None, "the cone is {0}")
            return
        found = copositive(rays.matrix(F), self.deadline)
        if found.answer is False and found.point is not None:
            yield _Proof(None, exact.primitive(rays.point(found.point)), f"on {len(rays.R)} rays: {found.reason}")
        else:
            proof = rays.proof(found.proof) if found.answer else None
            yield _Proof(proof, None, f"on {len(rays.R)} rays: {found.reason}")

    def _quadratic(self, F: Matrix) -> Iterator[_Proof]:
        """F − λq ⪰ 0 suffices for every block; it is also necessary if the block is all there is."""
        for quadric in self.quadrics:
            W = kernel(quadric.q)
            if psd_parts([[-c for c in row] for row in quadric.q])[0] is not None:  # the cone is flat
                part, v = psd_parts(congruent(F, list(zip(*W, strict=True)))) if W else (exact.Squares([], []), None)
                if part is not None:
                    yield _Proof(face(quadric, W), None, "positive semidefinite on the face that the cone is")
                    return
                u = [int(inner(row, v or [])) for row in zip(*W, strict=True)]
                u = next((p for p in self._beside(u)), None)
                if u is not None:
                    yield _Proof(None, u, "a point of the cone with a negative value")
                    return
                continue
            found = lorentz.decide(F, quadric.q, False, self.deadline)
            if found.multiplier is not None:
                λ = found.multiplier
                rest, _ = psd_parts([[a - λ * b for a, b in zip(x, y, strict=True)]
                                     for x, y in zip(F, quadric.q, strict=True)])  # fmt: skip
                assert rest is not None
                terms = ([squares(rest)] if rest.vectors else []) + ([minor(quadric, λ)] if λ else [])
                yield _Proof(identity(terms), None, "F − λq is positive semidefinite for some λ ≥ 0")
                return
            if found.point is not None:
                u = found.point if inner(quadric.l, found.point) >= 0 else [-c for c in found.point]
                if self.C.contains(u):
                    yield _Proof(None, self._shortened(u, F), "a point of the cone with a negative value")
                    return
            elif found.reason:
                yield _Proof(None, None, found.reason)

    def _zero(self) -> _Proof | None:
        """A point u ≠ 0 of K with F(u) ≤ 0, where exact algebra finds one."""
        words = "x'Mx ≤ 0 at a point of the cone"
        found, v = psd_parts(self.F)
        if found is None:
            u = next(self._beside(v), None)
            if u is not None:
                return _Proof(None, u, words)
        if self.rays is not None:
            u, self.known = self.rays.least(self.F, self.deadline)
            return None if u is None else _Proof(None, u, words)
        if found is not None:
            for v in kernel(self.F):
                u = next(self._beside(v), None)
                if u is not None:
                    return _Proof(None, u, words)
            if len(found.vectors) == len(self.F):
                self.known = self._inside(self.F)
                return None
        for quadric in self.quadrics:
            strictly = lorentz.decide(self.F, quadric.q, True, self.deadline)
            point, λ = strictly.point, strictly.multiplier
            if λ is not None:
                S = [[a - λ * b for a, b in zip(x, y, strict=True)] for x, y in zip(self.F, quadric.q, strict=True)]
                self.known = self._inside(S)
            self.why = strictly.reason or self.why
            if point is not None:
                u = point if inner(quadric.l, point) >= 0 else [-c for c in point]
                if self.C.contains(u):
                    return _Proof(None, u, words)
        return None

    def _inside(self, S: Matrix) -> Fraction:
        """A power of two v with S − vI ⪰ 0, for a positive definite S."""
        v = Fraction(1)
        while psd_parts([[c - v * (i == j) for j, c in enumerate(row)] for i, row in enumerate(S)])[0] is None:
            v = v * v / 4 if v < 1 else v / 4
        return v


def identity(terms: list[dict[str, Any]], level: int = 0) -> dict[str, Any]:
    """The plain data of a proof by the identity."""
    return {"method": "identity", "level": level, "terms": terms, "multipliers": []}


def squares(found: exact.Squares) -> dict[str, Any]:
    """Σ w (v'u)² as a term."""
    return {"gram": found.factor(), "rows": [[v] for v in range(len(found.vectors[0]))]}


def face(quadric: lorentz.Quadric, W: list[list[int]]) -> dict[str, Any]:
    """The plain data of a proof on the face where a form that is nowhere positive vanishes."""
    at = {"block": quadric.block} if quadric.generator is None else {"generator": quadric.generator}
    return {"method": "face", "columns": W, **at}


def minor(quadric: lorentz.Quadric, λ: Fraction) -> dict[str, Any]:
    """λ·q as a term: a generator, or from B ⊗ B and e_01 − e_10, where 2(B_00 B_11 − B_01²) is the value."""
    if quadric.generator is not None:
        gram = {"factor": [[1]], "bits": 0, "weights": [plain(λ)]}
        return {"gram": gram, "rows": [[]], "generators": [quadric.generator]}
    gram = {"factor": [[1], [-1]], "bits": 0, "weights": [plain(λ / 2)]}
    return {"gram": gram, "rows": [[0, 1], [1, 0]], "blocks": [quadric.block] * 2}
