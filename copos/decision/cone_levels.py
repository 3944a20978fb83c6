"""Copositivity on other cones: levels of the hierarchy from inside, points of the cone from outside."""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from copos import svec
from copos.certificate import Certificate
from copos.certificate.problem import exact, program_problem
from copos.certificate.produce import certify_lower_bound
from copos.cones import Cone
from copos.conic import Cones, ConicForm, Status
from copos.decision import local_search
from copos.decision.local_search import Vector
from copos.hierarchy import relax
from copos.hierarchy.relaxation import LevelTooLargeError
from copos.program import CompletelyPositiveProgram
from copos.solvers import solve

LEVELS = 3  # levels 0, 1, 2 are tried
SAMPLES, ROUNDS, KEPT = 300, 40, 6  # points of K drawn, rounds of adding one, combinations followed up
MIXES = (0.0, 1e-12, 1e-9, 1e-6, 1e-4, 1e-2)  # share of an interior point, so that rounding stays inside K


class Found(NamedTuple):
    """An answer with its evidence."""

    answer: bool | None
    witness: tuple[Fraction, ...] | None
    certificate: Certificate | None
    reason: str


def is_orthant(K: Cone) -> bool:
    """Is K the nonnegative orthant in its own coordinates?"""
    e = K.entries
    return (K.sizes == (1,) * K.dim and K.ambient == K.dim and len(e.block) == K.dim and len(K.generators) == 0
            and sorted(e.variable.tolist()) == list(range(K.dim)) and bool((e.coefficient > 0).all()))  # fmt: skip


def decide(M: list[list[Fraction]], K: Cone, strict: bool, deadline: float | None) -> Found:
    """Is x'Mx ≥ 0 on K? Undecided if neither a point nor a level answers.

    Examples
    --------
    >>> from copos import SecondOrder
    >>> J = [[Fraction(1), Fraction(0)], [Fraction(0), Fraction(-1)]]
    >>> decide([[-v for v in row] for row in J], SecondOrder(2), False, None).answer
    False
    """
    C = np.array([[float(v) for v in row] for row in M])
    if any(Fraction(float(v)) != v for row in M for v in row):
        return Found(None, None, None, "on other cones than the orthant the matrix must be exact in floating point")
    homogeneous = CompletelyPositiveProgram(K, C, name="copositivity on a cone")
    point = _violation(homogeneous, C, strict)
    if point is not None:
        return point
    reason = ""
    for level in range(LEVELS):
        if deadline is not None and time.monotonic() > deadline:
            return Found(None, None, None, f"time limit; {reason}".rstrip("; "))
        try:
            found = _inside(homogeneous, C, level, strict)
        except LevelTooLargeError as error:
            return Found(None, None, None, f"{reason}; {error}".lstrip("; "))
        if found.answer is not None:
            return found
        reason = found.reason
    return Found(None, None, None, f"no point of K with a negative value was found, and no level proves it: {reason}")


def _inside(homogeneous: CompletelyPositiveProgram, C: np.ndarray, level: int, strict: bool) -> Found:
    """One level: min <C, Y>, <ee', Y> = 1 has a proved bound ≥ 0, or C itself is in the cone of the level."""
    K = homogeneous.cone
    e = np.zeros(K.ambient)
    e[K.free] = K.unit
    program = CompletelyPositiveProgram(K, C, [(np.outer(e, e), 1.0)], name="minimum on the base of a cone")
    level_of = relax(program, level)
    solution = solve(level_of.form)
    proved = certify_lower_bound(program, level_of, solution)
    if proved.lower is not None and (proved.lower > 0 or (proved.lower == 0 and not strict)):
        least = float(proved.lower)
        return Found(True, None, proved.certificate, f"level {level} proves x'Mx ≥ {least:.6g} e(x)² on K")
    if strict:
        return Found(None, None, None, f"level {level} gives no positive bound ({solution.value:.3g} claimed)")
    if solution.value < -1e-5 * max(1.0, float(np.abs(C).max())):
        return Found(None, None, None, f"the bound of level {level} is {solution.value:.3g}")
    level_of = relax(homogeneous, level)
    proved = certify_lower_bound(homogeneous, level_of, solve(level_of.form))
    if proved.certificate is not None:
        keys = ("level", "terms", "multipliers", "scales")
        proof = {k: v for k, v in proved.certificate.proof.items() if k in keys}
        certificate = Certificate("copositive", program_problem(homogeneous), proof)
        if certificate.verify().proved:
            return Found(True, None, certificate, f"level {level} holds exactly")
    return Found(None, None, None, f"level {level} is on its boundary or does not hold: {proved.reason}")


def _violation(homogeneous: CompletelyPositiveProgram, C: np.ndarray, strict: bool) -> Found | None:
    """A rational point of K with x'Mx < 0 (x'Mx ≤ 0, x ≠ 0, if strict), checked exactly."""
    K = homogeneous.cone
    if K.sampler is None or not K.unit.any():
        return None
    rng = np.random.default_rng(0)
    points = np.array([K.sample(rng)[K.free] for _ in range(SAMPLES)])
    level = points @ K.unit
    points = points[level > 0] / level[level > 0, None]
    if len(points) == 0:
        return None
    interior = points.mean(axis=0)
    basis = K.basis.toarray()
    Q = basis.T @ C @ basis
    problem = program_problem(homogeneous)
    for u in _descend(K, Q, points, rng):
        for mix in MIXES:
            near = (1 - mix) * u + mix * interior
            if near @ Q @ near > (1e-9 if strict else 0.0):
                break
            for bits in (0, 2, 12, 45):
                v = np.ldexp(np.rint(np.ldexp(near, bits)), -bits)
                certificate = Certificate("not copositive", problem, {"point": [exact(c) for c in v.tolist()]})
                if certificate.verify().proved:
                    x = tuple(sum((Fraction(float(b)) * Fraction(float(c)) for b, c in zip(row, v, strict=True)),
                                  Fraction(0)) for row in basis)  # fmt: skip
                    return Found(False, x, certificate, "a point of the cone with a negative value")
    return None


def _descend(K: Cone, Q: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> Iterator[Vector]:
    """Points of K with small u'Qu: the best convex combinations of some points, again after adding better points.

    u = P'λ has u'Qu = λ'(PQP')λ, a form on the simplex; the best point to add minimises the linear form Qu on K.
    """
    for _ in range(ROUNDS):
        form = points @ Q @ points.T
        order = np.argsort(np.diag(form))[: 2 * K.dim]
        vertices = np.eye(len(points))[order]
        Λ = local_search.descend(form, np.vstack([vertices, np.full((1, len(points)), 1 / len(points))]), 300)
        Λ = Λ[np.argsort(np.einsum("ki,ij,kj->k", Λ, form, Λ))]
        Λ = Λ[np.unique(Λ.round(6), axis=0, return_index=True)[1]]
        Λ = Λ[np.argsort(np.einsum("ki,ij,kj->k", Λ, form, Λ))][:KEPT]
        U = Λ @ points
        yield from U[:2]
        new = [s for s in (_linear(K, Q @ u) for u in U) if s is not None]
        if not new or all(s @ Q @ u >= u @ Q @ u - 1e-10 for s, u in zip(new, U, strict=False)):
            return
        used = np.union1d(np.flatnonzero((Λ > 0).any(axis=0)), order)
        points = np.vstack([points[used], new])


def _linear(K: Cone, g: Vector) -> Vector | None:
    """Argmin g'u over K ∩ {e(u) = 1}; None if the base is unbounded or the solver fails."""
    sizes = np.array(K.sizes)
    small = np.flatnonzero(sizes == 1)
    large = np.flatnonzero(sizes > 1)
    e = K.entries
    place = np.full(len(sizes), -1)
    place[small] = np.arange(len(small))
    start = 1 + len(small) + np.r_[0, np.cumsum([svec.length(int(n)) for n in sizes[large]])].astype(int)
    place[large] = start[:-1] - 1
    upper = e.row <= e.col
    weight = np.where(e.row == e.col, 1.0, svec.SQRT2)[upper]
    rows = 1 + place[e.block[upper]] + np.where(sizes[e.block[upper]] > 1, svec.position(e.row, e.col)[upper], 0)
    B = sp.csc_array((-e.coefficient[upper] * weight, (rows, e.variable[upper])), shape=(int(start[-1]), K.dim))
    A = sp.csc_array(B + sp.csc_array((K.unit, (np.zeros(K.dim, dtype=int), np.arange(K.dim))), shape=B.shape))
    b = np.zeros(A.shape[0])
    b[0] = 1.0
    cones = Cones(1, len(small), (), tuple(int(n) for n in sizes[large]))
    found = solve(ConicForm(g, A, b, cones))
    return found.x if found.status in (Status.OPTIMAL, Status.INACCURATE) else None
