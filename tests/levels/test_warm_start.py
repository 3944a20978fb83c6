"""Solutions carried over to neighbouring levels."""

import numpy as np
import pytest

import copos
from copos.hierarchy import REDUCTIONS, relax
from copos.instances.graphs import cycle
from copos.levels.warm_start import Solved, _isserlis
from copos.solvers import solve


def weighted(seed=3, spread=0.0, d=3):
    """Weighted rank-one approximation, the compact lift."""
    rng = np.random.default_rng(seed)
    Y, weights = rng.standard_normal((d, d)), 10 ** rng.uniform(-2, 1, (d, d))
    weights = weights * np.exp(spread * np.random.default_rng(99).standard_normal((d, d)))
    return copos.linear_network(np.eye(d), Y, [d, 1, d], lift="projection", weights=weights)


def child(program):
    """The half with x_1 ≥ 0.05 x_0."""
    half = np.zeros(program.cone.ambient)
    half[:2] = -0.05, 1.0
    return copos.CompletelyPositiveProgram(
        program.cone.restrict(half), program.C, program.equations, program.vanishing
    )


def solved(program, level=0):
    R = relax(program, level)
    return Solved(R, solve(R.form, "splitting"))


@pytest.mark.parametrize("program", [weighted(), copos.stability_number(cycle(7))], ids=["lift", "orthant"])
def test_a_dual_times_the_unit_form_is_a_dual_of_the_next_level(program):
    """Its residual and its value are what they were one level below; its cone is kept."""
    old, new = solved(program), relax(program, 1)
    _, _, z = old.start(new)
    form = new.form
    assert np.abs(form.A.T @ z + form.c).max() <= 1e-5
    assert form.offset - form.b @ z == pytest.approx(old.solution.dual_value, rel=1e-5)
    assert form.cones.distance(z, dual=True) <= 1e-9


def test_a_childs_start_is_its_parents_pair():
    program = weighted()
    # facial reduction drops one of several equivalent rows: which of them is a matter of rounding
    kept = tuple(name for name in REDUCTIONS if name != "facial")
    level, new = relax(program, reductions=kept), relax(child(program), reductions=kept)
    old = Solved(level, solve(level.form, "splitting"))
    x, s, z = old.start(new)
    assert new.form.shape[0] > old.relaxation.form.shape[0]
    assert new.form.c @ x + new.form.offset == pytest.approx(old.solution.value, rel=1e-6)
    assert new.form.offset - new.form.b @ z == pytest.approx(old.solution.dual_value, rel=1e-6)
    assert np.abs(new.form.A.T @ z + new.form.c).max() <= 1e-5
    assert new.form.cones.distance(s) <= 1e-12


def test_the_same_level_starts_where_it_ended():
    program = weighted()
    old = solved(program)
    again = solve(old.relaxation.form, "splitting", start=old.start(relax(program)))
    assert again.iterations <= 20 < old.solution.iterations


def test_normal_moments_against_samples():
    """E[x_a x_b x_c x_d] of a normal vector, by the recursion and by a sum over a fine quadrature."""
    rng = np.random.default_rng(0)
    m, L = rng.standard_normal(3), rng.standard_normal((3, 3)) / 2
    node, weight = np.polynomial.hermite_e.hermegauss(6)  # exact up to degree 11
    at = np.stack([a.ravel() for a in np.meshgrid(node, node, node)], axis=1)
    w = np.prod(np.stack(np.meshgrid(weight, weight, weight)).reshape(3, -1), axis=0) / weight.sum() ** 3
    x = m + at @ L.T
    rows = np.array([[0, 0, 1, 2], [1, 1, 1, 1], [0, 1, 2, 2]])
    expected = [(w * np.prod(x[:, row], axis=1)).sum() for row in rows]
    assert _isserlis(rows, m, L @ L.T) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("kind", ["next level", "sweep", "child"])
def test_starts_save_iterations_and_give_the_same_bound(kind):
    program = weighted()
    new, level = {"next level": (program, 1), "sweep": (weighted(spread=0.05), 0), "child": (child(program), 0)}[kind]
    first = copos.lower_bound(program, solver="splitting", keep=True)
    warm = copos.lower_bound(new, level, solver="splitting", start=first, tolerance=1e-4, keep=True)
    cold = copos.lower_bound(new, level, solver="splitting", tolerance=1e-4, keep=True)
    assert warm.proved and cold.proved and warm.lower == pytest.approx(cold.lower, rel=3e-4)
    assert warm.solved.solution.iterations < cold.solved.solution.iterations


def test_starts_that_do_not_fit():
    program = weighted()
    bound = copos.lower_bound(program, certify=False)
    with pytest.raises(ValueError, match="keep=True"):
        copos.lower_bound(program, start=bound)
    with pytest.raises(ValueError, match="at this level or the one below"):
        solved(program).start(relax(program, 2, "moment"))
    with pytest.raises(ValueError, match="coordinates"):
        solved(program).start(relax(copos.stability_number(cycle(5))))
