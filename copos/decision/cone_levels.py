"""Copositivity on other cones: levels of the hierarchy from inside, points of the cone from outside."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import exact, simplex, svec
from copos.arithmetic.rationals import RationalRows
from copos.certificate.problem import exact as plain
from copos.certificate.produce import certify_lower_bound
from copos.cones import Cone
from copos.conic import Cones, ConicForm, Status
from copos.decision import scaling
from copos.decision.exact_cone import ExactCone, Matrix
from copos.hierarchy import relax
from copos.hierarchy.relaxation import LevelTooLargeError
from copos.program import CompletelyPositiveProgram
from copos.solvers import solve

Vector = NDArray[np.float64]
LEVELS = 3  # levels 0, 1, 2 are tried
SAMPLES, ROUNDS, KEPT = 300, 40, 6  # points of K drawn, rounds of adding one, combinations followed up
MIXES = (0.0, 1e-12, 1e-9, 1e-6, 1e-4, 1e-2)  # share of an interior point, so that rounding stays inside K


def own(K: Cone) -> Cone:
    """K in its coordinates u, as a cone of its own."""
    plain = sp.eye_array(K.dim, format="csr")
    exact_numbers = None if K.exact is None else K.exact._replace(basis=RationalRows.of(sp.csr_array(plain)))
    return replace(K, basis=plain, free=np.arange(K.dim), parts=(), exact=exact_numbers,
                   sampler=None if K.sampler is None else lambda rng: np.asarray(K.sample(rng))[K.free])  # fmt: skip


def floating(F: Matrix) -> tuple[np.ndarray, Fraction] | None:
    """(A, c) with F = c·A exactly, A in floating point; None if there is no such A."""
    for c in (scaling.unit(F), Fraction(1, exact.integral(F)[1])):
        A = [[v / c for v in row] for row in F]
        if max(abs(v) for row in A for v in row) < 2**52 and all(Fraction(float(v)) == v for row in A for v in row):
            return np.array([[float(v) for v in row] for row in A]), c
    return None


def inside(K: Cone, F: Matrix, deadline: float | None) -> Iterator[tuple[dict[str, Any] | None, str]]:
    """Proofs that the form F in u is nonnegative on K, level by level; (None, why not) where there is none."""
    exactly = floating(F)
    if exactly is None:
        yield None, "levels need a form that is exact in floating point"
        return
    C, c = exactly
    cone = own(K)
    for level in range(LEVELS if cone.unit.any() else 1):
        if deadline is not None and time.monotonic() > deadline:
            return
        try:
            proof, reason = _level(cone, C, level)
        except LevelTooLargeError as error:
            yield None, str(error)
            return
        yield scaling.proof(proof, c), reason
        if proof is not None:
            return


def _level(K: Cone, C: np.ndarray, level: int) -> tuple[dict[str, Any] | None, str]:
    """One level: min <C, Y>, <ee', Y> = 1 has a proved bound ≥ 0, or C itself is in the cone of the level."""
    homogeneous = CompletelyPositiveProgram(K, C, name="copositivity on a cone")
    reason = f"level {level} does not hold"
    keys = ("level", "terms", "multipliers", "scales", "chart", "inside", "infinity")
    if K.unit.any():
        program = CompletelyPositiveProgram(
            K, C, [(np.outer(K.unit, K.unit), 1.0)], name="minimum on the base of a cone"
        )
        level_of = relax(program, level)
        solution = solve(level_of.form)
        proved = certify_lower_bound(program, level_of, solution)
        if proved.lower is not None and proved.lower >= 0 and proved.certificate is not None:
            data = proved.certificate.proof
            if not data.get("rounded") and "scaling" not in data:
                proof = {"method": "identity", **{k: data[k] for k in keys if k in data}, "bound": plain(data["y"][0])}
                return proof, f"level {level} proves x'Mx ≥ v e(x)² on K with v ≥ 0"
        if solution.value < -1e-5 * max(1.0, float(np.abs(C).max())):
            return None, f"the bound of level {level} is negative"
        reason = f"level {level} is on its boundary or does not hold: {proved.reason}"
    level_of = relax(homogeneous, level)
    proved = certify_lower_bound(homogeneous, level_of, solve(level_of.form))
    if proved.certificate is not None and "scaling" not in proved.certificate.proof:
        data = proved.certificate.proof
        return {"method": "identity", **{k: data[k] for k in keys if k in data}}, f"level {level} holds exactly"
    return None, reason


def violation(K: Cone, C: ExactCone, F: Matrix) -> list[int] | None:
    """An integer point u of K with u'Fu < 0, checked exactly."""
    if not K.unit.any():
        return None
    size = scaling.unit(F)
    Q = np.array([[float(v / size) for v in row] for row in F])
    rng = np.random.default_rng(0)
    cone = own(K)
    if K.sampler is not None:
        points = np.array([cone.sample(rng) for _ in range(SAMPLES)])
    else:  # extreme points of the base {e(u) = 1}
        found = [_linear(cone, rng.standard_normal(K.dim)) for _ in range(4 * K.dim)]
        points = np.array([u for u in found if u is not None]).reshape(-1, K.dim)
    level = points @ K.unit
    points = points[level > 0] / level[level > 0, None]
    if len(points) == 0:
        return None
    interior = points.mean(axis=0)
    for u in _descend(cone, Q, points, rng):
        for mix in MIXES:
            near = (1 - mix) * u + mix * interior
            if near @ Q @ near > 1e-9:
                break
            for bits in (0, 2, 12, 45):
                v = [int(c) for c in np.rint(np.ldexp(near, bits)).tolist()]
                if exact.form(F, v) < 0 and C.contains(v):
                    return exact.primitive(v)
    return None


def _descend(K: Cone, Q: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> Iterator[Vector]:
    """Points of K with small u'Qu: the best convex combinations of some points, again after adding better points.

    u = P'λ has u'Qu = λ'(PQP')λ, a form on the simplex; the best point to add minimises the linear form Qu on K.
    """
    for _ in range(ROUNDS):
        form = points @ Q @ points.T
        order = np.argsort(np.diag(form))[: 2 * K.dim]
        vertices = np.eye(len(points))[order]
        Λ = simplex.descend(form, np.vstack([vertices, np.full((1, len(points)), 1 / len(points))]), 300)
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
