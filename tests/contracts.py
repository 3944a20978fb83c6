"""What every solver must satisfy, as problems whose answer is known by construction.

`solver_contract(name)` runs every check of `SOLVER_CHECKS` on one solver.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from copos import solvers
from copos.arithmetic import svec
from copos.bounding.bounds import lower_bound
from copos.cones import Cone, NonNegative
from copos.conic import Cones, ConicForm, Solution, Status
from copos.hierarchy import relax
from copos.program import CompletelyPositiveProgram
from copos.solvers.splitting.projections import Projection

LINEAR = Cones(zero=2, nonnegative=12)
EVERY_KIND = Cones(zero=2, nonnegative=3, second_order=(1, 2, 4, 4), psd=(0, 1, 2, 2, 3, 5, 5))
OPTIONS: dict[str, dict[str, Any]] = {"scs": {"eps_abs": 1e-9, "eps_rel": 1e-9}}
TOLERANCE = 1e-5  # relative; CVXOPT's own default stopping is 1e-6 in the gap


def cones_for(name: str) -> Cones:
    """Every cone kind that a solver reads."""
    return EVERY_KIND if solvers.SOLVERS[name].reads(EVERY_KIND) else LINEAR


def run(name: str, form: ConicForm) -> Solution:
    return solvers.solve(form, name, **OPTIONS.get(name, {}))


# --- problems ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Known:
    """A form with its optimal pair."""

    form: ConicForm
    x: np.ndarray
    s: np.ndarray
    z: np.ndarray

    @property
    def value(self) -> float:
        return float(self.form.c @ self.x) + self.form.offset


def interior(cones: Cones) -> np.ndarray:
    """A point inside K and K* (zero rows 0)."""
    e = np.zeros(cones.rows)
    for kind, order, rows in cones.slices():
        if kind == "nonnegative":
            e[rows] = 1.0
        elif kind == "second_order" and order:
            e[rows.start] = 1.0
        elif kind == "psd":
            e[rows] = svec.svec(np.eye(order))
    return e


def complementary(rng: np.random.Generator, cones: Cones, n: int, offset: float = 0.0) -> Known:
    """Random data around a complementary pair, strictly feasible on both sides.

    s = Π_K(w), z = Π_{K*}(−w) are complementary. A d = s̄ − s puts s̄ ∈ int K in reach of x − d, and A'u = 0 with
    u = z̄ − z lets z̄ ∈ int K* keep A'z̄ + c = 0; both hold together when u'(s̄ − s) = 0, which fixes the length of s̄.
    """
    s, z = Projection(cones).split(rng.standard_normal(cones.rows))
    z[: cones.zero] = rng.standard_normal(cones.zero)
    x, d, e = rng.standard_normal(n), rng.standard_normal(n), interior(cones)
    u = 10.0 * e - z
    s_bar = e * (u @ s) / (u @ e)
    assert u @ s > 0 and u @ e > 0
    A = rng.standard_normal((cones.rows, n))
    A -= np.outer(u, u @ A) / (u @ u)
    A[: cones.zero] -= np.outer(A[: cones.zero] @ d, d) / (d @ d)
    A -= np.outer(u, u @ A) / (u @ u)
    A += np.outer(s_bar - s - A @ d, d) / (d @ d)
    return Known(ConicForm(-A.T @ z, A, A @ x + s, cones, offset), x, s, z)


def infeasible_twin(form: ConicForm) -> ConicForm:
    """The same data moved so that z ∈ int K* has A'z = 0, b'z = −1."""
    z = interior(form.cones)
    z[: form.cones.zero] = 1.0
    A, b = form.A.toarray(), form.b
    return ConicForm(form.c, A - np.outer(z, z @ A) / (z @ z), b - (1 + b @ z) * z / (z @ z), form.cones, form.offset)


def unbounded_twin(form: ConicForm, x: np.ndarray) -> ConicForm:
    """The same data moved so that −A x ∈ int K, c'x = −1, and 0 is strictly feasible."""
    e, A, c = interior(form.cones), form.A.toarray(), form.c
    return ConicForm(c - (1 + c @ x) * x / (x @ x), A - np.outer(e + A @ x, x) / (x @ x), e, form.cones, form.offset)


def theta_prime(adjacency: np.ndarray) -> ConicForm:
    """−θ'(G) = min −<E, X>, tr X = 1, X_ij = 0 on edges, X ≥ 0, X ⪰ 0; variables are the entries off the edges."""
    n = len(adjacency)
    i, j = svec.triangle(n)
    free = np.flatnonzero(adjacency[i, j] == 0)
    diagonal = (i == j)[free]
    off = np.flatnonzero(~diagonal)
    k = np.arange(len(free))
    nonnegative = sp.csr_array((-np.ones(len(off)), (np.arange(len(off)), off)), shape=(len(off), len(free)))
    matrix = sp.csr_array((-svec.scaling(n)[free], (free, k)), shape=(len(i), len(free)))
    A = sp.vstack([sp.csr_array(diagonal[None, :].astype(float)), nonnegative, matrix])
    b = np.concatenate([[1.0], np.zeros(len(off) + len(i))])
    return ConicForm(np.where(diagonal, -1.0, -2.0), A, b, Cones(1, len(off), (), (n,)))


def spn_value(M: np.ndarray) -> ConicForm:
    """min −t over M − tE = P + N, P ⪰ 0, N ≥ 0; variables (t, N)."""
    n, m = len(M), svec.length(len(M))
    nonnegative = sp.hstack([sp.csr_array((m, 1)), -sp.eye_array(m)])
    matrix = sp.hstack([sp.csr_array(svec.svec(np.ones((n, n)))[:, None]), sp.diags_array(svec.scaling(n))])
    b = np.concatenate([np.zeros(m), svec.svec(M)])
    c = np.concatenate([[-1.0], np.zeros(m)])
    return ConicForm(c, sp.vstack([nonnegative, matrix]), b, Cones(0, m, (), (n,)))


def cycle(n: int) -> np.ndarray:
    A = np.zeros((n, n))
    k = np.arange(n)
    A[k, (k + 1) % n] = A[(k + 1) % n, k] = 1.0
    return A


HORN = 1.0 - 2.0 * cycle(5)  # 1 on the diagonal and off the cycle, −1 on its edges


# --- checks ------------------------------------------------------------------------------------------------------


def assert_optimal(form: ConicForm, found: Solution, value: float) -> None:
    """Status, value, dual value and optimality conditions of an answer."""
    assert found.status is Status.OPTIMAL, (found.status, found.message)
    size = 1 + abs(value)
    assert found.value == pytest.approx(value, abs=TOLERANCE * size)
    assert found.dual_value == pytest.approx(value, abs=TOLERANCE * size)
    r = form.residuals(found)
    assert r.primal <= TOLERANCE * (1 + np.abs(form.b).max(initial=0))
    assert r.dual <= TOLERANCE * (1 + np.abs(form.c).max(initial=0))
    assert max(r.cone, r.dual_cone) <= 1e-7
    assert abs(r.gap) <= TOLERANCE * size
    assert found.value == pytest.approx(form.c @ found.x + form.offset)


def assert_shapes(form: ConicForm, found: Solution) -> None:
    """Finite arrays of the right lengths, whatever the status."""
    m, n = form.shape
    assert [len(v) for v in (found.x, found.s, found.z)] == [n, m, m]
    assert all(np.isfinite(v).all() for v in (found.x, found.s, found.z))


def optimum(name: str) -> None:
    """A complementary pair is found, with its offset."""
    known = complementary(np.random.default_rng(3), cones_for(name), 9, offset=2.5)
    found = run(name, known.form)
    assert_shapes(known.form, found)
    assert_optimal(known.form, found, known.value)


def infeasible(name: str) -> None:
    """A ray z ∈ K*, A'z = 0, b'z = −1."""
    form = infeasible_twin(complementary(np.random.default_rng(4), cones_for(name), 9).form)
    found = run(name, form)
    assert_shapes(form, found)
    assert found.status is Status.INFEASIBLE, found.message
    assert found.value == found.dual_value == np.inf
    assert form.b @ found.z == pytest.approx(-1)
    assert np.abs(form.A.T @ found.z).max() <= 1e-5
    assert form.cones.distance(found.z, dual=True) <= 1e-7


def unbounded(name: str) -> None:
    """A ray −A x ∈ K, c'x = −1."""
    known = complementary(np.random.default_rng(5), cones_for(name), 9)
    form = unbounded_twin(known.form, known.x)
    found = run(name, form)
    assert_shapes(form, found)
    assert found.status is Status.UNBOUNDED, found.message
    assert found.value == found.dual_value == -np.inf
    assert form.c @ found.x == pytest.approx(-1)
    assert form.cones.distance(-(form.A @ found.x)) <= 1e-5


def redundant_rows(name: str) -> None:
    """Zero rows that repeat and combine others change nothing."""
    known = complementary(np.random.default_rng(6), cones_for(name), 9)
    form, k = known.form, known.form.cones
    more = np.array([[1.0, 0.0], [2.0, -3.0]])  # two combinations of the two equations
    A = sp.vstack([more @ form.A.toarray()[:2], form.A])
    b = np.concatenate([more @ form.b[:2], form.b])
    twin = ConicForm(form.c, A, b, Cones(4, k.nonnegative, k.second_order, k.psd))
    assert_optimal(twin, run(name, twin), known.value)


def contradicting_rows(name: str) -> None:
    """x_1 = 0 and x_1 = 1 is seen, with its ray."""
    form = ConicForm([0.0, 1.0], [[1.0, 0], [1.0, 0], [0, -1.0]], [0.0, 1.0, 0.0], Cones(2, 1))
    found = run(name, form)
    assert found.status is Status.INFEASIBLE, found.message
    assert np.abs(form.A.T @ found.z).max() <= 1e-6 and form.b @ found.z == pytest.approx(-1)


def no_zero_rows(name: str) -> None:
    """Nothing but cones."""
    k = cones_for(name)
    known = complementary(np.random.default_rng(7), Cones(0, k.nonnegative, k.second_order, k.psd), 9)
    assert_optimal(known.form, run(name, known.form), known.value)


def order_one(name: str) -> None:
    """Blocks of order 0 and 1 are half-lines: min x + y, x ≥ 2, y ≥ 3 in a matrix and a second-order cone."""
    form = ConicForm([1.0, 1.0], [[0, -1.0], [-1.0, 0]], [-3.0, -2.0], Cones(0, 0, (0, 1), (0, 1, 0)))
    assert_optimal(form, run(name, form), 5.0)


def theta_of_pentagon(name: str) -> None:
    """θ'(C5) = √5  [Schrijver1979]."""
    if solvers.SOLVERS[name].reads(EVERY_KIND):
        form = theta_prime(cycle(5))
        assert_optimal(form, run(name, form), -np.sqrt(5))


def horn(name: str) -> None:
    """The Horn matrix minus tE is in SPN up to t = 2/√5 − 1, although it is copositive itself."""
    if solvers.SOLVERS[name].reads(EVERY_KIND):
        form = spn_value(HORN)
        assert_optimal(form, run(name, form), 1 - 2 / np.sqrt(5))


def repeatable(name: str) -> None:
    """The same form gives the same bits."""
    form = complementary(np.random.default_rng(8), cones_for(name), 9).form
    one, two = run(name, form), run(name, form)
    assert np.array_equal(one.x, two.x) and np.array_equal(one.z, two.z)


SOLVER_CHECKS = (
    optimum, infeasible, unbounded, redundant_rows, contradicting_rows, no_zero_rows, order_one,
    theta_of_pentagon, horn, repeatable,
)  # fmt: skip


def solver_contract(name: str) -> None:
    """Run every check on one solver."""
    for check in SOLVER_CHECKS:
        check(name)


# --- families ----------------------------------------------------------------------------------------------------


def largest_shift(cone: Cone, M: np.ndarray, level: int, family: str, gram: str = "sdp") -> float:
    """The largest t with M − t ee' in the level, e the unit form: min <M, Y>, <ee', Y> = 1."""
    return lower_bound(shift_program(cone, M), level, family, gram=gram, certify=False).claimed


def shift_program(cone: Cone, M: np.ndarray) -> CompletelyPositiveProgram:
    e = np.zeros(cone.ambient)
    e[cone.free] = cone.unit
    return CompletelyPositiveProgram(cone, M, [(np.outer(e, e), 1.0)])


def family_accepts_nonnegative_forms_only(
    cone: Cone, M: np.ndarray, level: int, family: str, gram: str, rng: np.random.Generator
) -> None:
    """M − t ee' in the level is nonnegative on random points of K: x'Mx ≥ t e(x)²."""
    t = largest_shift(cone, M, level, family, gram)
    for _ in range(200):
        x = cone.sample(rng)
        e = cone.unit @ x[cone.free]
        assert x @ M @ x >= (t - TOLERANCE * (1 + abs(t))) * e**2


def family_is_nested(cone: Cone, M: np.ndarray, family: str, gram: str, levels: Sequence[int]) -> None:
    """What a level accepts, the next one accepts."""
    values = [largest_shift(cone, M, level, family, gram) for level in levels]
    for low, high in zip(values, values[1:], strict=False):
        slack = TOLERANCE * (1 + abs(high)) if np.isfinite(high) else 0.0
        assert low <= high + slack, values


def family_pairs_with_its_dual(
    cone: Cone, M: np.ndarray, N: np.ndarray, level: int, family: str, gram: str
) -> None:
    """<N − t ee', Y> ≥ 0 for the N − t ee' of the level and the Y that solves the level for another M."""
    relaxation = relax(shift_program(cone, M), level, family, gram=gram)
    solution = solvers.solve(relaxation.form)
    assert solution.status is Status.OPTIMAL
    Y = relaxation.matrix(solution.x)
    t = largest_shift(cone, N, level, family, gram)
    assert (N * Y).sum() - t >= -TOLERANCE * (1 + abs(t))


def gram_kinds_are_nested(cone: Cone, M: np.ndarray, level: int, family: str) -> None:
    """DD ⊂ SDD ⊂ SDP."""
    values = [largest_shift(cone, M, level, family, gram) for gram in ("dd", "sdd", "sdp")]
    for low, high in zip(values, values[1:], strict=False):
        slack = TOLERANCE * (1 + abs(high)) if np.isfinite(high) else 0.0
        assert low <= high + slack, values


def family_ignores_the_order_of_coordinates(
    M: np.ndarray, level: int, family: str, gram: str, rng: np.random.Generator
) -> None:
    """PMP' has the value of M on the orthant."""
    p, cone = rng.permutation(len(M)), NonNegative(len(M))
    one, two = (largest_shift(cone, A, level, family, gram) for A in (M, M[np.ix_(p, p)]))
    assert one == pytest.approx(two, abs=TOLERANCE * (1 + abs(one))) or not np.isfinite([one, two]).any()


# --- reformulations ----------------------------------------------------------------------------------------------


def reformulation_contract(program: CompletelyPositiveProgram, feasible: Sequence[tuple[Any, float]]) -> None:
    """Feasible solutions give atoms that satisfy every equation with the same loss, and `recover` returns another."""
    assert program.atom is not None and program.recover is not None
    for found, value in feasible:
        x = program.atom(found)
        scale = 1 + np.abs(x).max() ** 2
        assert program.infeasibility(x) <= 1e-7 * scale
        assert program.value(x) == pytest.approx(value, abs=1e-8 * scale)
    rng = np.random.default_rng(0)
    F = rng.standard_normal((program.cone.ambient, 2))
    for Y in (F @ F.T, np.ones((program.cone.ambient,) * 2)):  # recovery does not rely on a good relaxation
        found = program.recover(Y)
        if found.solution is not None:
            assert program.value(program.atom(found.solution)) == pytest.approx(found.value, abs=1e-6)
            assert program.infeasibility(program.atom(found.solution)) <= 1e-6
