from importlib import import_module

import numpy as np
import pytest
import scipy.sparse as sp

from copos import solvers
from copos.arithmetic import svec
from copos.conic import Cones, ConicForm, Status
from copos.solvers import table
from tests.contracts import (
    EVERY_KIND,
    LINEAR,
    SOLVER_CHECKS,
    assert_optimal,
    assert_shapes,
    complementary,
    cones_for,
    cycle,
    infeasible_twin,
    theta_prime,
    unbounded_twin,
)

NAMES = solvers.available()


@pytest.mark.parametrize("check", SOLVER_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", NAMES)
def test_contract(name, check):
    check(name)


@pytest.mark.parametrize("cones", [LINEAR, EVERY_KIND], ids=["linear", "every kind"])
@pytest.mark.parametrize("seed", range(12))
def test_splitting_on_more_random_problems(seed, cones):
    """Few variables in many rows: here accelerated steps, if unbounded, throw w too far to come back."""
    rng = np.random.default_rng(100 + seed)
    known = complementary(rng, cones, 2 + seed % 7)
    assert_optimal(known.form, solvers.solve(known.form, "splitting"), known.value)
    found = solvers.solve(infeasible_twin(known.form), "splitting", max_iterations=5000)
    assert found.status is Status.INFEASIBLE
    found = solvers.solve(unbounded_twin(known.form, known.x), "splitting", max_iterations=5000)
    assert found.status is Status.UNBOUNDED


# --- the table and the entrance --------------------------------------------------------------------------------------


def test_default_solver_follows_the_shape():
    linear = complementary(np.random.default_rng(0), LINEAR, 5)
    found = solvers.solve(linear.form)
    assert found.solver == "highs" and "linear program" in found.message
    assert_optimal(linear.form, found, linear.value)
    assert solvers.choose(theta_prime(cycle(5))).solver == "clarabel"
    large = ConicForm([1.0], sp.csc_array((svec.length(100), 1)), svec.svec(np.eye(100)), Cones(psd=(100,)))
    assert solvers.choose(large).solver == "splitting"
    assert solvers.choose(large).reason


@pytest.mark.parametrize("name", NAMES)
def test_a_solver_can_what_its_row_says(name):
    entry = solvers.SOLVERS[name]
    known = complementary(np.random.default_rng(4), cones_for(name), 5)
    plain = solvers.solve(known.form, name)
    assert solvers.picked(known.form, name) is entry and plain.status is Status.OPTIMAL
    if entry.time_limit:
        timed = solvers.solve(known.form, name, **{entry.time_limit: 100.0})
        assert timed.status is Status.OPTIMAL and timed.value == pytest.approx(plain.value, rel=1e-6, abs=1e-9)
    if entry.tolerance:
        rough = solvers.solve(known.form, name, **{entry.tolerance: 1e-2})
        assert rough.status is Status.OPTIMAL and rough.iterations <= plain.iterations
    if entry.warm:
        again = solvers.solve(known.form, name, start=(plain.x, plain.s, plain.z))
        assert again.status is Status.OPTIMAL and again.iterations < plain.iterations
    seen = []

    def judge(solution):
        seen.append(solution)
        return 0.0  # good enough

    if entry.anytime:
        stopped = solvers.solve(known.form, name, judge=judge, max_iterations=200, **{entry.time_limit: 10.0})
        assert seen and np.isfinite(stopped.z).all() and stopped.iterations <= plain.iterations
    else:  # an option that it does not know is refused, or its failure told
        try:
            assert solvers.solve(known.form, name, judge=judge).status is Status.FAILED and not seen
        except solvers.Unsupported:
            assert not seen


def test_one_solver_goes_on_from_where_others_stop():
    entry = solvers.SOLVERS[solvers.GOES_ON]
    assert entry.warm and entry.anytime and entry.reads(EVERY_KIND)
    with pytest.raises(ValueError, match="no solver 'magic'; there are"):
        solvers.picked(theta_prime(cycle(5)), "magic")


@pytest.mark.parametrize("status", [Status.FAILED, Status.INACCURATE])
def test_default_solver_that_stops_early_is_continued(monkeypatch, status):
    form = theta_prime(cycle(5))
    m, n = form.shape

    def early(form):
        return solvers.answer(form, "clarabel", status, (np.zeros(n), form.b, np.zeros(m)), message="too soon")

    monkeypatch.setattr(import_module("copos.solvers.clarabel"), "solve", early)
    found = solvers.solve(form)
    assert found.solver == "splitting" and "too soon" in found.message
    assert_optimal(form, found, -np.sqrt(5))
    assert solvers.solve(form, "clarabel").status is status  # who asks for a solver gets that solver


def test_unknown_names_and_options_say_what_there_is():
    form = theta_prime(cycle(5))
    with pytest.raises(ValueError, match="clarabel, scs, highs, cvxopt, splitting"):
        solvers.solve(form, "mosek")
    with pytest.raises(ValueError, match="linear programs"):
        solvers.solve(form, "highs")


@pytest.mark.parametrize("name", NAMES)
def test_unknown_option(name):
    with pytest.raises(ValueError, match="no_such_option"):
        solvers.solve(complementary(np.random.default_rng(0), LINEAR, 5).form, name, no_such_option=1)


def test_missing_extra_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(table, "find_spec", lambda module: None if module == "cvxopt" else object())
    assert "cvxopt" not in solvers.available()
    with pytest.raises(ImportError, match=r"pip install copos\[cvxopt\]"):
        solvers.solve(theta_prime(cycle(5)), "cvxopt")


def test_a_broken_solver_is_a_failure_without_value(monkeypatch):
    def broken(form):
        raise RuntimeError("out of luck")

    monkeypatch.setattr(import_module("copos.solvers.scs"), "solve", broken)
    form = theta_prime(cycle(5))
    found = solvers.solve(form, "scs")
    assert found.status is Status.FAILED and "out of luck" in found.message
    assert np.isnan(found.value) and np.isnan(found.dual_value)
    assert_shapes(form, found)


def test_values_that_are_not_finite_are_a_failure():
    form = theta_prime(cycle(5))
    m, n = form.shape
    bad = solvers.answer(form, "x", Status.OPTIMAL, (np.full(n, np.nan), np.zeros(m), np.zeros(m)))
    assert bad.status is Status.FAILED and np.isnan(bad.value)
    assert_shapes(form, bad)
    no_ray = solvers.answer(form, "x", Status.INFEASIBLE, (np.zeros(n), np.zeros(m), np.zeros(m)))
    assert no_ray.status is Status.FAILED


LIMITS = {
    "clarabel": {"max_iter": 2},
    "scs": {"max_iters": 5},
    "highs": {"simplex_iteration_limit": 1, "presolve": "off"},
    "cvxopt": {"maxiters": 2},
    "splitting": {"max_iterations": 5},
}


@pytest.mark.parametrize("name", NAMES)
def test_iteration_limit(name):
    form = complementary(np.random.default_rng(1), cones_for(name), 9).form
    found = solvers.solve(form, name, **LIMITS[name])
    assert found.status is Status.LIMIT, found.message
    assert_shapes(form, found)


@pytest.mark.parametrize("name", NAMES)
def test_forms_without_rows_or_variables(name):
    empty = ConicForm([1.0, 2.0], np.zeros((0, 2)), np.zeros(0), Cones())
    assert solvers.solve(empty, name).status is Status.UNBOUNDED
    assert solvers.solve(ConicForm([0.0], np.zeros((0, 1)), np.zeros(0), Cones()), name).value == 0.0
    point = ConicForm([], np.zeros((2, 0)), [1.0, 2.0], Cones(nonnegative=2), 7.0)
    assert solvers.solve(point, name).value == 7.0
    outside = solvers.solve(ConicForm([], np.zeros((2, 0)), [1.0, -2.0], Cones(nonnegative=2)), name)
    assert outside.status is Status.INFEASIBLE and outside.z.tolist() == [0.0, 0.5]


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_form_gives_the_same_answer(name, tmp_path):
    form = complementary(np.random.default_rng(2), cones_for(name), 9, offset=-1.0).form
    form.save(tmp_path / "form.npz")
    again = ConicForm.load(tmp_path / "form.npz")
    one, two = solvers.solve(form, name), solvers.solve(again, name)
    assert again.cones == form.cones and one.value == two.value and np.array_equal(one.z, two.z)


@pytest.mark.parametrize("name", NAMES)
def test_a_clumsy_rewriting_has_the_same_value(name):
    """Variables mixed by an invertible T, objective × 1000, rows of half-lines rescaled, half-lines permuted."""
    rng = np.random.default_rng(9)
    known = complementary(rng, cones_for(name), 9)
    form, K = known.form, known.form.cones
    T = np.linalg.qr(rng.standard_normal((9, 9)))[0] * rng.uniform(0.5, 2.0, 9)
    order, row = np.arange(K.rows), np.ones(K.rows)
    lines = slice(K.zero, K.zero + K.nonnegative)
    order[lines] = rng.permutation(order[lines])
    row[lines] = 10.0 ** rng.uniform(-2, 2, K.nonnegative)
    A, b = (row[:, None] * form.A.toarray())[order] @ T, (row * form.b)[order]
    twin = ConicForm(1000 * form.c @ T, A, b, K)
    found = solvers.solve(twin, name, **({"eps_abs": 1e-9, "eps_rel": 1e-9} if name == "scs" else {}))
    assert found.value == pytest.approx(1000 * known.value, rel=1e-5)


@pytest.mark.parametrize(("order", "copies"), [(40, 1), (25, 3)])
def test_clarabel_is_refused_what_the_machine_cannot_hold(order, copies, monkeypatch):
    """Hessians of Σ (n(n + 1)/2)² pairs: refused from three quarters of the memory on, and not before."""
    module = import_module("copos.solvers.clarabel")
    length = order * (order + 1) // 2
    needed = module.BYTES_PER_PAIR * copies * length**2
    n = copies * length
    form = ConicForm(np.zeros(n), -np.eye(n), np.zeros(n), Cones(psd=(order,) * copies))

    class Started(Exception):
        """The solver itself would run now."""

    def started(*_, **__):
        raise Started

    library = import_module("clarabel")
    monkeypatch.setattr(library, "DefaultSettings", started)
    for memory, refused in ((needed, True), (needed * 4 // 3 - 1, True), (needed * 4 // 3 + 1, False)):
        monkeypatch.setattr(module, "memory", lambda memory=memory: memory)
        with pytest.raises(module.Unsupported if refused else Started) as caught:
            module.solve(form)
        assert not refused or f"{copies} semidefinite blocks of order ≤ {order}" in str(caught.value)
