"""The splitting solver and its parts: projections, x-steps with signs, scaling, extrapolation, stopping."""

import numpy as np
import pytest
import scipy.sparse as sp

from copos import solvers
from copos.arithmetic import svec
from copos.conic import Cones, ConicForm, Status
from copos.solvers.splitting import method as splitting
from copos.solvers.splitting.anderson import Anderson
from copos.solvers.splitting.polyhedron import SignedStep
from copos.solvers.splitting.projections import Projection
from copos.solvers.splitting.scaling import scale
from copos.solvers.splitting.xstep import XStep
from tests.contracts import (
    EVERY_KIND,
    HORN,
    assert_optimal,
    complementary,
    cycle,
    spn_value,
    theta_prime,
    unbounded_twin,
)


def test_projection_splits_into_complementary_halves():
    w = np.random.default_rng(0).standard_normal(EVERY_KIND.rows)
    s, z = Projection(EVERY_KIND).split(w)
    assert EVERY_KIND.distance(s) <= 1e-14 and EVERY_KIND.distance(z, dual=True) <= 1e-14
    assert s @ z == pytest.approx(0, abs=1e-13) and s - z == pytest.approx(w, abs=1e-15)


@pytest.mark.parametrize("order", [2, 3, 60])
@pytest.mark.parametrize("positive", [0, 1, None])
def test_matrix_projection_against_the_spectrum(order, positive):
    rng = np.random.default_rng(order)
    V = np.linalg.qr(rng.standard_normal((order, order)))[0]
    k = order if positive is None else positive
    values = np.concatenate([rng.uniform(0.1, 1, k), -rng.uniform(0.1, 1, order - k)])
    M = [(V * d) @ V.T for d in (values, -values, values)]
    K = Cones(psd=(order,) * 3)
    s, _ = Projection(K).split(np.concatenate([svec.svec(m) for m in M]))
    expected = [(V * np.maximum(d, 0)) @ V.T for d in (values, -values, values)]
    assert s == pytest.approx(np.concatenate([svec.svec(m) for m in expected]), abs=1e-12)


@pytest.mark.parametrize("t", [-2.0, -0.5, 0.5, 2.0])
def test_second_order_projection_is_the_nearest_point(t):
    rng, K = np.random.default_rng(0), Cones(second_order=(4, 4))
    w = np.concatenate([[t], np.eye(3)[0], [t], np.zeros(3)])
    s, _ = Projection(K).split(w)
    assert K.distance(s) <= 1e-15
    for _ in range(200):  # no point of K is nearer: <w − s, y − s> ≤ 0
        y = rng.standard_normal(8)
        y[[0, 4]] = [np.linalg.norm(y[1:4]), np.linalg.norm(y[5:])]
        assert (w - s) @ (y - s) <= 1e-12


@pytest.mark.parametrize("dense", [False, True])
def test_x_step_meets_dependent_equations(dense):
    rng = np.random.default_rng(0)
    A = rng.standard_normal((30, 12)) if dense else np.where(rng.random((30, 12)) < 0.1, rng.random((30, 12)), 0.0)
    A[:, 5] = 0.0  # a variable that only equations see
    F = rng.standard_normal((3, 12))
    F[2] = F[0] - 2 * F[1]
    f, q = F @ rng.standard_normal(12), rng.standard_normal(12)
    q[5] = 0.0
    step = XStep(sp.csr_array(A), sp.csr_array(F))
    H = A.T @ A
    q = H @ q
    for _ in range(60):
        x, nu = step(q, f)
    assert F @ x == pytest.approx(f, abs=1e-7)
    assert H @ x + F.T @ nu == pytest.approx(q, abs=1e-7)


def test_anderson_solves_a_linear_iteration_in_its_dimension():
    rng = np.random.default_rng(0)
    M = np.linalg.qr(rng.standard_normal((6, 6)))[0] * 0.99
    fixed = rng.standard_normal(6)
    w, acceleration = np.zeros(6), Anderson(6, 10, regularization=1e-15)
    for k in range(1, 17):
        g = M @ (w - fixed) + fixed - w
        acceleration.push(w, g)
        proposal = acceleration.propose() if k % 8 == 0 else None
        w = w + g if proposal is None else proposal
    assert w == pytest.approx(fixed, abs=1e-5)


def test_scaling_keeps_the_cone_and_the_complementarity():
    known = complementary(np.random.default_rng(0), Cones(0, 3, (4,), (2, 5)), 7)
    data = scale(known.form)
    s, z = known.s * data.row, known.z / data.row
    other, r = data.balanced(s, z)
    K = known.form.cones
    assert K.distance(r * s) <= 1e-12 and K.distance(z / r) <= 1e-12
    assert (r * s) @ (z / r) == pytest.approx(0, abs=1e-12)
    assert other.row == pytest.approx(r * data.row) and not np.allclose(r, 1)


def test_a_metric_that_meets_its_bounds_is_still_one_of_the_cone(monkeypatch):
    monkeypatch.setattr("copos.solvers.splitting.scaling.REACH", 1.2)
    known = complementary(np.random.default_rng(1), Cones(0, 1, (), (40,)), 7)
    data = scale(known.form)
    r = data.balanced(known.s * data.row, known.z / data.row)[1]
    i, j = svec.triangle(40)
    diagonal = r[1:][i == j]
    assert r[1:] == pytest.approx(np.sqrt(diagonal[i] * diagonal[j]))
    assert (diagonal.min(), diagonal.max()) == pytest.approx((1 / 1.2, 1.2))


def test_splitting_on_a_doubly_nonnegative_program():
    """θ' of a random graph with 30 vertices against Clarabel."""
    rng = np.random.default_rng(0)
    upper = np.triu(rng.random((30, 30)) < 0.5, 1)
    form = theta_prime((upper | upper.T).astype(float))
    found = solvers.solve(form, "splitting")
    assert_optimal(form, found, solvers.solve(form, "clarabel").value)
    assert form.cones.distance(found.s) <= 1e-12
    assert form.cones.distance(found.z, dual=True) <= 1e-12


def test_splitting_warm_start_saves_iterations():
    form = spn_value(HORN)
    cold = solvers.solve(form, "splitting")
    near = ConicForm(form.c, form.A, form.b + 1e-4 * svec_noise(form), form.cones)
    again = solvers.solve(near, "splitting", start=(cold.x, cold.s, cold.z))
    fresh = solvers.solve(near, "splitting")
    assert again.value == pytest.approx(fresh.value, abs=1e-6)
    assert again.iterations < fresh.iterations
    with pytest.raises(ValueError, match="start has lengths"):
        solvers.solve(form, "splitting", start=(cold.x, cold.s, cold.z[:-1]))


def svec_noise(form):
    return np.random.default_rng(0).standard_normal(form.shape[0])


def test_splitting_callback_sees_progress_and_stops():
    seen = []

    def stop(progress):
        seen.append(progress)
        return progress.iteration >= 40

    form = theta_prime(cycle(7))
    found = solvers.solve(form, "splitting", tolerance=0.0, callback=stop)
    assert found.status is Status.LIMIT and "callback" in found.message
    assert [p.iteration for p in seen] == [10, 20, 30, 40]
    assert all(np.isfinite([p.primal, p.dual, p.gap, p.value]).all() for p in seen)


def test_splitting_time_limit_returns_what_it_has():
    form = theta_prime(cycle(9))
    found = solvers.solve(form, "splitting", tolerance=0.0, time_limit=1.0)
    assert found.status is Status.LIMIT and found.seconds < 10
    assert found.dual_value == pytest.approx(-9 * np.cos(np.pi / 9) / (1 + np.cos(np.pi / 9)), abs=1e-6)


@pytest.mark.parametrize("options", [{"acceleration": 0}, {"adaptive": False}, {"relaxation": 1.0}])
def test_splitting_switches(options):
    known = complementary(np.random.default_rng(3), EVERY_KIND, 9)
    assert_optimal(known.form, solvers.solve(known.form, "splitting", **options), known.value)
    ray = solvers.solve(unbounded_twin(known.form, known.x), "splitting", **options)
    assert ray.status is Status.UNBOUNDED, ray.message


def test_splitting_equations_hold_without_being_split():
    known = complementary(np.random.default_rng(3), EVERY_KIND, 9)
    found = solvers.solve(known.form, "splitting", max_iterations=50, tolerance=0.0)
    zero = known.form.cones.zero
    open_rows = (known.form.A @ found.x + found.s - known.form.b)[:zero]
    assert np.abs(open_rows).max() <= 1e-7 and (found.s[:zero] == 0).all()
    assert splitting.Options().relaxation == 1.6


# --- signs that the x-step meets ----------------------------------------------------------------------------------


@pytest.mark.parametrize("equations", [0, 1, 4])
def test_signed_step_is_the_optimum(equations):
    """Optimality conditions of min ½x'Dx − q'x, Fx = f, x_B ≥ 0, with dependent equations."""
    rng = np.random.default_rng(equations)
    D, F = rng.uniform(0.5, 2, 40), rng.standard_normal((equations, 40))
    if equations > 1:
        F[-1] = F[0] + F[1]
    signed = np.arange(0, 40, 2)
    f, q = F @ np.abs(rng.standard_normal(40)), rng.standard_normal(40)
    step = SignedStep(D, sp.csr_array(F), signed)
    for _ in range(30):
        x, nu = step(q, f)
    prices = step.sign_multipliers
    assert (prices[1::2] == 0.0).all()
    assert F @ x == pytest.approx(f, abs=1e-8) and x[signed].min() == 0.0
    assert D * x - q + F.T @ nu - prices == pytest.approx(0, abs=1e-7)
    assert prices.min() == 0.0 and prices @ x == 0.0


def test_joined_signs_change_the_iterations_and_not_the_answer():
    upper = np.triu(np.random.default_rng(1).random((40, 40)) < 0.5, 1)
    form = theta_prime((upper | upper.T).astype(float))
    split, joined = (solvers.solve(form, "splitting", join=join, tolerance=1e-9) for join in (False, True))
    assert joined.value == pytest.approx(split.value, rel=1e-7)
    residuals = form.residuals(joined)
    assert residuals.largest() <= 1e-5 and residuals.dual_cone <= 1e-12 and residuals.cone <= 1e-12


def test_signs_are_joined_where_variables_are_separate_only():
    form = theta_prime(cycle(5))
    assert len(scale(form).signs.rows) == form.cones.nonnegative
    assert len(scale(form, join=False).signs.rows) == 0
    mixed = ConicForm(form.c, sp.csc_array(form.A) + 1e-3 * sp.csc_array(np.ones(form.shape)), form.b, form.cones)
    assert len(scale(mixed).signs.rows) == 0


@pytest.mark.parametrize("seed", range(4))
def test_verdicts_with_joined_signs(seed):
    """Min <C, X>, X doubly nonnegative: infeasible with <A, X> < 0 for A > 0, unbounded for C = −I alone."""
    n, rng = 6, np.random.default_rng(seed)
    m = svec.length(n)
    i, j = svec.triangle(n)
    off = np.flatnonzero(i != j)
    rows = [sp.csr_array(rng.uniform(0.1, 1, (1, m))), -sp.eye_array(m, format="csr")[off]]
    A = sp.vstack([*rows, -sp.diags_array(svec.scaling(n))], format="csr")
    K = Cones(1, len(off), (), (n,))
    infeasible = ConicForm(rng.standard_normal(m), A, np.r_[-1.0, np.zeros(len(off) + m)], K)
    found = solvers.solve(infeasible, "splitting")
    assert found.status is Status.INFEASIBLE
    assert np.abs(infeasible.A.T @ found.z).max() <= 1e-6 and infeasible.b @ found.z == pytest.approx(-1)
    assert K.distance(found.z, dual=True) <= 1e-12
    free = ConicForm(np.where(i == j, -1.0, 0.1), A[1:], np.zeros(len(off) + m), Cones(0, len(off), (), (n,)))
    ray = solvers.solve(free, "splitting")
    assert ray.status is Status.UNBOUNDED and free.c @ ray.x == pytest.approx(-1)
    assert free.cones.distance(-free.A @ ray.x) <= 1e-6


def test_one_side_of_the_spectrum_gives_the_same_projection():
    """Orders from which few eigenvalues on a side are computed alone, if there were few the last time."""
    rng, n = np.random.default_rng(0), 90
    V = np.linalg.qr(rng.standard_normal((n, n)))[0]
    for few in (np.r_[1.0, 2.0, -np.ones(n - 2)], np.r_[-1.0, -2.0, np.ones(n - 2)], rng.standard_normal(n)):
        P = Projection(Cones(psd=(n,)))
        w, expected = svec.svec((V * few) @ V.T), svec.svec((V * np.maximum(few, 0)) @ V.T)
        for _ in range(3):
            assert P.split(w)[0] == pytest.approx(expected, abs=1e-12)
