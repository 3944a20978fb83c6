"""Runs that end by what is proved."""

import numpy as np
import pytest

import copos
from copos.certificate import dual
from copos.certificate.dual import Identity
from copos.conic import Status
from copos.hierarchy import relax
from copos.instances.graphs import cycle, schrijver_of_odd_cycle
from copos.levels.stopping import Judge
from copos.solvers import solve
from copos.solvers.splitting.checkpoints import FIRST, PATIENCE, Checkpoints


def random_graph(n, seed=0):
    upper = np.triu(np.random.default_rng(seed).random((n, n)) < 0.5, 1)
    return (upper | upper.T).astype(int)


@pytest.mark.parametrize("edges", ["weighted", "vanishing"])
@pytest.mark.parametrize("tolerance", [1e-3, 1e-7])
def test_the_proved_gap_is_within_the_tolerance(edges, tolerance):
    program = copos.stability_number(cycle(7), edges=edges)
    bound = copos.lower_bound(program, solver="splitting", tolerance=tolerance)
    theta = schrijver_of_odd_cycle(7)
    value = 1 / theta if edges == "weighted" else -theta
    assert bound.proved and bound.certificate.verify(program).proved
    assert value - tolerance * abs(value) <= bound.lower <= value


@pytest.mark.parametrize("edges", ["weighted", "vanishing"])
@pytest.mark.parametrize("tolerance", [1e-4, 1e-6])
def test_an_infeasible_point_does_not_end_the_run(edges, tolerance):
    """The primal value of a point that is not yet feasible may be far below that of the level."""
    program = copos.stability_number(random_graph(30), edges=edges)
    value = solve(relax(program).form, "splitting", tolerance=1e-9).dual_value
    bound = copos.lower_bound(program, solver="splitting", tolerance=tolerance)
    assert value - tolerance * abs(value) <= bound.lower <= value + 1e-9 * abs(value)


def test_a_smaller_tolerance_takes_more_iterations_and_the_run_is_repeatable():
    program = copos.stability_number(random_graph(50))
    level = relax(program)
    its = []
    for tolerance in (1e-3, 1e-7, 1e-7):
        judge = Judge(program, level, tolerance)
        its.append(solve(level.form, "splitting", tolerance=1e-12, judge=judge).iterations)
    assert its[0] < its[1] == its[2]


def test_a_known_upper_bound_ends_the_run_sooner():
    """α(C_8) = 4 = θ', so the value −4 is known; the proof need only reach it."""
    program = copos.stability_number(cycle(8), edges="vanishing")
    bound = copos.lower_bound(program, solver="splitting", tolerance=1e-6, upper=-4.0)
    assert -4 - 4e-6 <= bound.lower <= -4


@pytest.mark.parametrize("solver", [None, "clarabel", "scs"])
def test_other_solvers_are_asked_at_their_end(solver):
    program = copos.stability_number(random_graph(12))
    bound = copos.lower_bound(program, solver=solver, tolerance=1e-6)
    assert bound.proved and bound.claimed - bound.lower <= 1e-3 * bound.claimed
    if solver != "scs":  # its own tolerances are 1e-4, and a named solver is not replaced
        assert bound.claimed - bound.lower <= 2e-6 * bound.claimed


def test_a_tolerance_that_no_proof_can_meet_ends_the_run():
    bound = copos.lower_bound(copos.stability_number(cycle(5)), solver="splitting", tolerance=1e-15)
    assert bound.proved and 1 / np.sqrt(5) - 1e-9 <= bound.lower <= 1 / np.sqrt(5)


def test_an_infeasible_level_is_proved_infeasible():
    one = np.ones((2, 2))
    program = copos.CompletelyPositiveProgram(copos.NonNegative(2), np.eye(2), [(one, 1.0), (one, 2.0)])
    assert copos.lower_bound(program, solver="splitting", tolerance=1e-4).lower == np.inf


def test_limits_leave_the_best_proof():
    program = copos.stability_number(random_graph(30))
    bound = copos.lower_bound(program, solver="splitting", tolerance=1e-9, max_iterations=60)
    assert bound.proved and bound.lower <= bound.claimed + 1e-9 and bound.status is not Status.OPTIMAL


def test_bad_tolerances_are_refused():
    with pytest.raises(ValueError, match="tolerance must be positive"):
        copos.lower_bound(copos.stability_number(cycle(5)), tolerance=0.0)


def test_checkpoints_follow_the_judge():
    points = Checkpoints()
    assert not points.due(10, 2 * FIRST) and points.due(20, FIRST)
    assert not points.passed(20, 1e-4, excess=9.0)  # nine times too much: ask again a tenth further down
    assert not points.due(30, 2e-5) and points.due(30, 1e-5)
    assert points.due(10_000, 1.0)  # late, whatever the residual
    assert points.passed(30, 1e-5, excess=1.0)
    assert not points.stuck(1, 1.0) and not points.stuck(PATIENCE, 1.0) and points.stuck(PATIENCE + 2, 0.95)
    points = Checkpoints()  # one residual that still falls is progress
    assert not points.stuck(1, 1.0, 1.0) and not points.stuck(PATIENCE, 2.0, 0.8)
    assert not points.stuck(2 * PATIENCE, 2.0, 0.8) and points.stuck(2 * PATIENCE + 2, 0.95, 0.75)


@pytest.mark.parametrize("edges", ["weighted", "vanishing"])
def test_a_rough_dual_is_pushed_inside(edges):
    level = relax(copos.stability_number(random_graph(15), edges=edges))
    identity = Identity.of(level)
    direction = dual.inward(identity, 1)
    assert direction.floors().min() > 0 and direction.value < 0
    # it solves the identity with target zero
    assert np.abs(identity.residual(direction.g, direction.multipliers) - identity.target).max() <= 1e-12
    rough = dual.recover(identity, level, solve(level.form, "splitting", tolerance=1e-3))
    inside = dual.pushed(rough, np.zeros(len(identity.sizes)), 1)
    assert inside.floors().min() >= -1e-14 and inside.error <= 1e-12
    assert inside.value <= solve(level.form, "clarabel").value + 1e-8


def test_no_direction_inside_where_moments_are_unbounded():
    """Min x² − 2xy + y² over x = 1, y ≥ 0: nothing bounds y²."""
    program = copos.CompletelyPositiveProgram(copos.NonNegative(2), [[1, -1], [-1, 1]], [(np.diag([1.0, 0.0]), 1.0)])
    assert dual.inward(Identity.of(relax(program)), 1) is None
