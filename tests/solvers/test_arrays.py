"""The splitting solver on other array libraries: a strict implementation of the standard, and PyTorch where it is."""

import sys

import array_api_strict as strict
import numpy as np
import pytest
import scipy.sparse as sp

from copos import lower_bound, solvers
from copos.arithmetic import svec
from copos.conic import Cones, ConicForm, Status
from copos.reformulation.standard_quadratic import standard_quadratic
from copos.solvers.splitting import xstep
from copos.solvers.splitting.arrays import HOST, place
from copos.solvers.splitting.polyhedron import SignedStep
from copos.solvers.splitting.projections import Projection
from copos.solvers.splitting.scaling import scale
from copos.solvers.splitting.stacks import stacks
from copos.solvers.splitting.xstep import XStep
from tests.contracts import (
    EVERY_KIND,
    HORN,
    complementary,
    cycle,
    infeasible_twin,
    spn_value,
    theta_prime,
    unbounded_twin,
)

MIXED = Cones(0, 0, (3, 2, 3), (3, 2, 3, 80, 2, 5))  # not in the order of their stacks


@pytest.fixture(params=["strict", "torch"])
def elsewhere(request):
    """What `arrays=` takes: an array on a device that is not the default, so that nothing may stay behind; a name."""
    if request.param == "strict":
        return strict.zeros(1, device=strict.Device("device1"))
    pytest.importorskip("torch")
    return "torch"


def sparse_lmi(cones, seed=0):
    """As in moment matrices, every row holds one variable and every variable is in two rows; a few rows hold two."""
    rng, m = np.random.default_rng(seed), cones.rows
    A = sp.csr_array((rng.choice([-0.5, 1.0, 2.0], m), (np.arange(m), np.arange(m) % (m // 2))), shape=(m, m // 2))
    A += sp.csr_array((np.ones(20), (rng.integers(0, m, 20), rng.integers(0, m // 2, 20))), shape=A.shape)
    s, z = Projection(cones).split(rng.standard_normal(m))
    return ConicForm(-A.T @ z, A, A @ rng.standard_normal(m // 2) + s, cones)


def random_graph(n):
    upper = np.triu(np.random.default_rng(0).random((n, n)) < 0.5, 1)
    return (upper | upper.T).astype(float)


FORMS = {
    "every kind": lambda: complementary(np.random.default_rng(3), EVERY_KIND, 9).form,
    "mixed orders": lambda: sparse_lmi(MIXED),
    "signs in the x-step": lambda: theta_prime(random_graph(15)),
    "signs and no equations": lambda: spn_value(HORN),
}


@pytest.mark.parametrize("name", FORMS)
def test_iterates_are_those_of_numpy(elsewhere, name):
    form, options = FORMS[name](), {"tolerance": 0.0, "max_iterations": 60}  # a change of metric, accelerated steps
    one, two = (
        solvers.solve(form, "splitting", **options),
        solvers.solve(form, "splitting", arrays=elsewhere, **options),
    )
    assert (one.status, one.iterations) == (two.status, two.iterations)
    for mine, other in zip((one.x, one.s, one.z), (two.x, two.s, two.z), strict=True):
        assert type(other) is np.ndarray and other == pytest.approx(mine, abs=1e-9 * np.abs(mine).max())
    assert form.cones.distance(two.s) <= 1e-12 and form.cones.distance(two.z, dual=True) <= 1e-12


def test_verdicts_and_rays(elsewhere):
    known = complementary(np.random.default_rng(5), Cones(1, 3, (), (2, 3)), 3)
    found = solvers.solve(infeasible_twin(known.form), "splitting", arrays=elsewhere)
    assert found.status is Status.INFEASIBLE
    assert np.abs(infeasible_twin(known.form).A.T @ found.z).max() <= 1e-6
    form = unbounded_twin(known.form, known.x)
    found = solvers.solve(form, "splitting", arrays=elsewhere)
    assert found.status is Status.UNBOUNDED and form.cones.distance(-form.A @ found.x) <= 1e-6
    n = 3  # and with signs that the x-step meets: <A, X> < 0 for A > 0, X doubly nonnegative
    off = np.array([1, 3, 4])
    A = sp.vstack([np.ones((1, 6)), -sp.eye_array(6, format="csr")[off], -sp.diags_array(svec.scaling(n))])
    form = ConicForm(np.ones(6), A, np.r_[-1.0, np.zeros(9)], Cones(1, 3, (), (3,)))
    assert len(scale(form).signs.rows) == 3
    assert solvers.solve(form, "splitting", arrays=elsewhere).status is Status.INFEASIBLE


def test_warm_start_and_callback(elsewhere):
    form, seen = theta_prime(random_graph(12)), []
    cold = solvers.solve(form, "splitting")
    warm = solvers.solve(form, "splitting", arrays=elsewhere, start=(cold.x, cold.s, cold.z))
    assert warm.iterations < cold.iterations and warm.value == pytest.approx(cold.value, abs=1e-6)
    solvers.solve(form, "splitting", arrays=elsewhere, max_iterations=20, tolerance=0.0, callback=seen.append)
    assert [p.iteration for p in seen] == [10, 20] and all(type(p.value) is float for p in seen)


def test_a_bound_is_proved_from_there(elsewhere):
    program = standard_quadratic(np.array([[2.0, -1.0, 0.5], [-1.0, 1.0, 0.0], [0.5, 0.0, 3.0]]))
    here = lower_bound(program, solver="splitting", tolerance=1e-6)
    there = lower_bound(program, solver="splitting", tolerance=1e-6, arrays=elsewhere)
    assert there.proved and there.lower == pytest.approx(here.lower, abs=2e-6)
    assert there.certificate.verify(program).proved


# --- the parts ----------------------------------------------------------------------------------------------------


def back(where, *values):
    return [np.array(v) for v in where.fetch(*values)]


@pytest.mark.parametrize("shape", [(7, 0), (0, 7), (9, 40)])
def test_sparse_product(elsewhere, shape):
    """Rows without entries, with one, with many."""
    A = np.random.default_rng(0).standard_normal(shape)
    A[np.arange(shape[0])[:, None] * 5 < np.arange(shape[1])] = 0.0
    where, x = place(elsewhere), np.random.default_rng(1).standard_normal(shape[1])
    (found,) = back(where, where.matrix(sp.csr_array(A)) @ where.put(x))
    assert found == pytest.approx(A @ x, abs=1e-14)


@pytest.mark.parametrize("largest", [1000, 0])
def test_x_step_with_separate_coupled_and_dependent(elsewhere, largest, monkeypatch):
    """Separate variables are eliminated, the rest inverted, or too large for that; equations depend on each other."""
    monkeypatch.setattr(xstep, "LARGEST", largest)
    rng, where = np.random.default_rng(0), place(elsewhere)
    some = np.where(rng.random((6, 5)) < 0.5, rng.random((6, 5)), 0.0)
    A = sp.vstack([sp.eye_array(12), sp.csr_array(some) @ sp.eye_array(5, 12)])
    F = rng.standard_normal((3, 12))
    F[2] = F[0] - 2 * F[1]
    q, f = rng.standard_normal(12), F @ rng.standard_normal(12)
    here, there = XStep(A, sp.csr_array(F)), XStep(A, sp.csr_array(F), where)
    for _ in range(20):
        x, _ = here(q, f)
        y, nu = there(where.put(q), where.put(f))
    y, nu = back(where, y, nu)
    assert y == pytest.approx(x, abs=1e-7) and F @ y == pytest.approx(f, abs=1e-7)
    assert (A.T @ A) @ y + F.T @ nu == pytest.approx(q, abs=1e-7)


@pytest.mark.parametrize("density", [0.01, 0.04, 0.5])
def test_signed_step_with_many_equations(elsewhere, density):
    """The sparsest lose all their variables on the way, so that Newton steps alone would stop there."""
    rng, where = np.random.default_rng(0), place(elsewhere)
    F = sp.csr_array(np.where(rng.random((20, 600)) < density, rng.random((20, 600)), 0.0))
    D, f, q = rng.uniform(0.5, 2, 600), F @ np.abs(rng.standard_normal(600)), rng.standard_normal(600)
    step = SignedStep(D, F, np.arange(0, 600, 2), where)
    for _ in range(10):
        x, nu = step(where.put(q), where.put(f))
    x, nu, prices = back(where, x, nu, step.sign_multipliers)
    assert F @ x == pytest.approx(f, abs=1e-8) and x[::2].min() == 0.0
    assert D * x - q + F.T @ nu - prices == pytest.approx(0, abs=1e-7)
    assert prices.min() == 0.0 and prices @ x == 0.0 and (prices[1::2] == 0.0).all()


def test_stacks_are_the_factors_of_the_cone():
    cones = Cones(2, 3, (0, 1, 4, 2, 4), (0, 1, 3, 2, 3, 1))
    expected = [
        (kind if order > 1 else "nonnegative", order, tuple(range(rows.start, rows.stop)))
        for kind, order, rows in cones.slices()
        if kind in ("second_order", "psd") and order
    ] + [("nonnegative", 1, (k,)) for k in (2, 3, 4)]
    found = [(stack.kind, stack.order, tuple(rows)) for stack in stacks(cones) for rows in stack.rows.tolist()]
    assert sorted(found) == sorted(expected)


def test_projection_onto_unsorted_factors_is_that_onto_each():
    w = np.random.default_rng(0).standard_normal(MIXED.rows)
    s, _ = Projection(MIXED).split(w)
    for kind, order, rows in MIXED.slices():
        alone = Cones(second_order=(order,)) if kind == "second_order" else Cones(psd=(order,))
        if rows.stop > rows.start and kind in ("second_order", "psd"):
            assert s[rows] == pytest.approx(Projection(alone).split(w[rows])[0], abs=1e-13)


# --- refusals -----------------------------------------------------------------------------------------------------


def test_numpy_is_the_default_and_needs_nothing_else(monkeypatch):
    monkeypatch.setitem(sys.modules, "array_api_compat", None)
    assert place("numpy") is HOST
    assert solvers.solve(theta_prime(cycle(5)), "splitting").status is Status.OPTIMAL
    with pytest.raises(ImportError, match=r"pip install copos\[arrays\]"):
        solvers.solve(theta_prime(cycle(5)), "splitting", arrays="torch")


def test_numpy_by_any_name_is_numpy():
    assert place(np.zeros(1)) is HOST


def test_refusals_say_why():
    form = theta_prime(cycle(5))
    with pytest.raises(ValueError, match="clarabel runs on the CPU with NumPy.*needs solver='splitting'"):
        solvers.solve(form, arrays="array_api_strict")
    with pytest.raises(ImportError, match="no_such_library"):
        solvers.solve(form, "splitting", arrays="no_such_library:gpu")
    with pytest.raises(ValueError, match="arrays='json' is not an array library"):
        solvers.solve(form, "splitting", arrays="json")
    with pytest.raises(ValueError, match="arrays='array_api_strict:gpu' is not"):
        solvers.solve(form, "splitting", arrays="array_api_strict:gpu")


def test_torch_without_that_device():
    pytest.importorskip("torch")
    with pytest.raises(ValueError, match="arrays='torch:nowhere' is not an array library with float64 on that device"):
        solvers.solve(theta_prime(cycle(5)), "splitting", arrays="torch:nowhere")
