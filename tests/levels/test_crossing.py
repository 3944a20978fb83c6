"""Crossing over to the moments of a solution while a level is solved."""

from dataclasses import replace

import numpy as np
import pytest

import copos
from copos.arithmetic import svec
from copos.conic import Status
from copos.hierarchy import relax
from copos.levels.crossing import crossing
from copos.levels.units import in_own_units
from copos.solvers.splitting.checkpoints import CROSS, MOST, NOT_CROSSED, REFUSED, STALLED, Crossings
from copos.solvers.splitting.method import solve

N, RIDGE = 7, 1 / 80


@pytest.fixture(scope="module")
def nearly_two():
    """Completion at rank one whose two halves are joined by one small entry: two solutions are nearly as good."""
    rng = np.random.default_rng(5)
    Y = np.outer(rng.uniform(1, 2, N), rng.uniform(1, 2, N)) + 0.1 * rng.standard_normal((N, N))
    seen = np.zeros((N, N))
    seen[:4, :4] = seen[4:, 4:] = 1
    seen[0, 6], Y[0, 6] = 1, 0.01
    program = copos.linear_network(np.eye(N), Y, [N, 1, N], weights=seen, ridge=RIDGE)
    normal = in_own_units(program)
    return normal, relax(normal.program, 0)


def test_what_is_crossed_to_is_feasible_and_has_the_value_of_the_solution(nearly_two):
    normal, relaxation = nearly_two
    form, best = relaxation.form, normal.origin.recover(np.zeros((0, 0))).value
    x, s = crossing(normal, relaxation)(solve(form, tolerance=1e-3))
    assert np.allclose(form.A @ x + s, form.b, atol=1e-14)
    assert form.cones.psd == (N * N + 1,) and form.cones.zero == form.cones.nonnegative == 0
    assert np.linalg.eigvalsh(svec.symmetric(s / svec.scaling(N * N + 1))).min() > -1e-13
    assert normal.value(form.c @ x + form.offset) == pytest.approx(best, rel=1e-9)


def test_it_ends_where_the_solver_alone_stalls(nearly_two):
    normal, relaxation = nearly_two
    alone = solve(relaxation.form, tolerance=1e-8, max_iterations=400)
    assert alone.status is not Status.OPTIMAL
    crossed = solve(relaxation.form, tolerance=1e-8, max_iterations=400, cross=crossing(normal, relaxation))
    assert crossed.status is Status.OPTIMAL
    best = normal.origin.recover(np.zeros((0, 0))).value
    assert normal.value(crossed.dual_value) == pytest.approx(best, rel=1e-6)


def test_a_solution_far_above_the_dual_value_is_refused(nearly_two):
    normal, relaxation = nearly_two
    rough = solve(relaxation.form, tolerance=1e-3)
    assert crossing(normal, relaxation)(rough) is not None
    assert crossing(normal, relaxation)(replace(rough, dual_value=0.5 * rough.dual_value)) is None


def test_other_programs_and_levels_have_nothing_to_cross_to(nearly_two):
    normal, relaxation = nearly_two
    assert crossing(normal, replace(relaxation, level=1)) is None
    silent = replace(normal, origin=normal.origin.changed(recover=None))
    assert crossing(silent, relaxation) is None
    unsearched = replace(normal, origin=normal.origin.changed(known=None))
    assert crossing(unsearched, relaxation) is None


def _asks(crossings, k, residual, crossed=True):
    due = crossings.due(k, residual)
    if due:
        crossings.answered(k, residual, crossed)
    return due


def test_asked_at_tenths_and_where_it_stalls_but_not_for_ever():
    asks = Crossings()
    assert not _asks(asks, 10, 2 * CROSS)
    assert _asks(asks, 20, 0.9 * CROSS)
    assert not _asks(asks, 30, 0.5 * CROSS)
    assert _asks(asks, 40, 0.09 * CROSS)
    assert not _asks(asks, 40 + STALLED, 0.08 * CROSS)
    assert _asks(asks, 50 + STALLED, 0.08 * CROSS)
    # the crossing before that one brought a tenth, this one nothing
    assert not any(_asks(asks, 1000 * 2**j, 0.08 * CROSS) for j in range(2 * MOST))


def test_asked_as_long_as_it_helps_but_not_for_ever():
    asks = Crossings()
    assert sum(_asks(asks, 1000 * 2**j, 0.09**j * CROSS) for j in range(2 * MOST)) == MOST


def test_a_run_that_crossed_over_goes_on_a_little():
    asks = Crossings()
    assert asks.settled(100, 1e-7, 1e-7)
    assert _asks(asks, 110, CROSS)
    asks = Crossings()
    assert _asks(asks, 100, CROSS)
    assert not asks.settled(200, 1e-7, 1e-7) and not asks.settled(240, 2e-8, 1e-7)
    assert asks.settled(250, 2e-8, 1e-7) and asks.settled(210, 1e-8, 1e-7)


def test_asked_sooner_after_a_refusal_but_not_after_many():
    asks, residual = Crossings(), CROSS
    for k in range(REFUSED):
        assert _asks(asks, k, residual, crossed=False)
        residual *= 0.99 * NOT_CROSSED
    assert not _asks(asks, 99, residual / 100)
