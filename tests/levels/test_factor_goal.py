"""Bounds that are asked for: duals with a value, of the averaged level lifted to the ordered one, and their limits."""

import numpy as np
import pytest

import copos
from copos.levels.factor_goal import Goal, reach
from copos.levels.factor_levels import MomentLevel
from copos.levels.factor_lifting import lifted
from copos.reformulation.linear_network.alternating import alternating
from copos.solvers import solve

LIMITS = {"tolerance": 1e-8, "max_iterations": 2000}


def level(name, n=3, m=4, r=2, seed=0):
    """Weights over a decade and a half, near one, without a closed form."""
    rng = np.random.default_rng(seed)
    Y, weights = rng.standard_normal((n, m)), 10 ** rng.uniform(-1, 0.5, (n, m))
    return MomentLevel(name, r, np.diag(weights.ravel()), weights * Y, float((weights * Y**2).sum()))


def upper_of(at):
    """The best of many local searches."""
    weights = np.diag(at.Q).reshape(at.H.shape)
    V = np.random.default_rng(0).standard_normal((50, at.H.shape[1], at.rank))
    return at.constant + float(alternating(weights, at.H, V, 2000).values.min())


@pytest.mark.parametrize("r", [2, 3])
def test_a_dual_of_the_averaged_level_is_one_of_the_ordered_level_with_its_value(r):
    averaged, ordered = level("averaged", 4, 4, r), level("ordered", 4, 4, r)
    answer = solve(averaged.form, "splitting", **LIMITS)
    z, form = lifted(averaged, answer, ordered), ordered.form
    assert np.abs(form.A.T @ z + form.c).max() <= 20 * np.abs(averaged.form.A.T @ answer.z + averaged.form.c).max()
    assert np.abs(averaged.form.A.T @ answer.z + averaged.form.c).max() < 1e-6
    assert form.cones.distance(z, dual=True) < 1e-10
    assert float(-form.b @ z) + form.offset == pytest.approx(answer.dual_value, abs=1e-12)


@pytest.mark.parametrize("name", ["averaged", "ordered", "mixed"])
def test_multipliers_are_read_as_they_are_written(name):
    at, rng = level(name), np.random.default_rng(1)
    grams = [S + S.T for S in (rng.standard_normal((at.order(k), at.order(k))) for k in range(at.count))]
    multipliers = []
    for relation in at.table.relations:
        d = at.H.shape[relation.side == "rows"]
        V = rng.standard_normal((d, d))
        multipliers.append(V if any(name[0] == "C" for _, name in relation.terms) else V + V.T)
    z = at.dual_vector(grams, multipliers)
    answer = solve(at.form, "splitting", max_iterations=1)
    read = at.dual(type(answer)(answer.status, answer.x, answer.s, z, 0.0, 0.0, "none"))
    for found, wanted in zip([*read[0], *read[1]], [*grams, *multipliers], strict=True):
        assert np.allclose(found, wanted, atol=1e-12)


@pytest.mark.parametrize("name", ["averaged", "ordered", "mixed"])
def test_what_is_asked_for_is_reached_sooner_than_the_best(name):
    at = level(name)
    best = reach(at, Goal(), LIMITS)
    found = reach(at, Goal(0.9 * best.value, best.value), LIMITS)
    assert 0.9 * best.value <= found.value <= best.value * (1 + 1e-6) <= upper_of(at) * (1 + 1e-5)
    assert found.solution.iterations <= best.solution.iterations


@pytest.mark.parametrize("name", ["averaged", "ordered", "mixed"])
def test_what_no_dual_has_is_not_reached_and_the_rest_is_still_proved(name):
    at = level(name)
    upper = upper_of(at)
    found = reach(at, Goal(1.2 * upper, 1.5 * upper), LIMITS)
    assert 0.5 * upper < found.value <= upper
    assert np.isfinite(found.solution.x).all()


def test_a_bracket_stops_where_the_bound_is_enough():
    rng = np.random.default_rng(3)
    Y, weights = rng.standard_normal((5, 5)), (rng.random((5, 5)) < 0.7).astype(float)
    program = copos.linear_network(np.eye(5), Y, [5, 2, 5], "factor-moments", weights=weights, ridge=0.3)
    rough = copos.bracket(program, tolerance=0.2)
    assert rough.proved and rough.closed and rough.certificate.verify(program).proved
    assert rough.lower <= rough.upper <= 1.25 * rough.lower


def test_what_is_plainly_out_of_reach_is_left_to_the_parts():
    at = level("ordered")
    upper = upper_of(at)
    goal = Goal(1.2 * upper, 1.5 * upper, divides=True)
    rough, near = (solve(at.form, "splitting", tolerance=1e-9, max_iterations=k) for k in (5, 2000))
    assert goal.is_vain(near) and not goal._replace(divides=False).is_vain(near)
    assert not goal._replace(target=1.001 * near.value).is_vain(rough)  # its two halves differ by more
    assert not Goal(np.inf, np.inf, divides=True).is_vain(near)  # without a target nothing is out of reach
    assert not goal._replace(target=near.value).is_vain(near)
    found = reach(at, goal, LIMITS)
    assert goal.is_vain(found.solution) and found.value <= upper
