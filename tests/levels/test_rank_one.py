"""Level 0 at rank one in its own moments: signs, the dual of the whole level, the value of the relaxation."""

from dataclasses import replace

import numpy as np
import pytest

import copos
from copos.arithmetic import svec
from copos.conic import Status
from copos.hierarchy import relax
from copos.levels import factor_method
from copos.levels.crossing import SMALLEST
from copos.levels.factor_goal import Goal, reach
from copos.levels.rank_one import RankOneLevel, rank_one
from copos.levels.units import in_own_units
from copos.solvers import solve


def completion(n, m, seen, seed=0, ridge=1 / 80):
    """The program and its level, of order 1 + nm."""
    rng = np.random.default_rng(seed)
    Y = np.outer(rng.standard_normal(n), rng.standard_normal(m)) + 0.1 * rng.standard_normal((n, m))
    program = copos.linear_network(np.eye(m), Y, [m, 1, n], weights=seen, ridge=ridge)
    return program, rank_one(factor_method.scaled(factor_method.cells_of(program), "ordered")[0])


def blocks(*shapes):
    """Cells that are seen in diagonal blocks."""
    n, m = (sum(side) for side in zip(*shapes, strict=True))
    seen, i, j = np.zeros((n, m)), 0, 0
    for a, b in shapes:
        seen[i : i + a, j : j + b] = 1
        i, j = i + a, j + b
    return seen


@pytest.mark.parametrize(
    ("seen", "orders"),
    [
        (np.ones((2, 3)), [7]),
        (blocks((1, 2), (2, 1)), [1 + 2 + 2, 1 + 4]),  # V has entries between the two parts, 1·1 and 2·2 of them
        (blocks((1, 1), (1, 1), (1, 1)), [4, 2, 2, 2]),
        (blocks((1, 1), (1, 0), (0, 1)), [2, 1, 1, 1]),  # a row and a column of which nothing is seen
    ],
)
def test_entries_that_signs_change_alike_are_in_one_block(seen, orders):
    level = completion(*seen.shape, seen)[1]
    assert sorted(level.form.cones.psd) == sorted(orders) and level.form.cones.psd[0] == orders[0]
    assert sum(orders) == 1 + seen.size and level.classes[0] == 0


def test_inputs_that_occur_together_have_one_sign():
    joined = np.zeros((4, 4))
    joined[0, 1] = joined[1, 0] = 0.3  # W_11 W_12 is in the loss
    H = np.diag([1.0, 1.0])
    apart, together = (RankOneLevel("ordered", 1, np.eye(4) + Q, H, 0.0) for Q in (0 * joined, joined))
    assert apart.form.cones.psd == (3, 2) and together.form.cones.psd == (5,)


@pytest.mark.parametrize("seen", [np.ones((3, 2)), blocks((2, 2), (1, 1))])
def test_the_value_is_that_of_the_relaxation(seen):
    program, level = completion(*seen.shape, seen)
    unit = 2.0 ** factor_method.scaled(factor_method.cells_of(program), "ordered")[1][1]
    normal = in_own_units(program)
    whole = relax(normal.program, 0)
    assert solve(level.form).value * unit == pytest.approx(normal.value(solve(whole.form).value), abs=1e-5)
    assert level.form.shape[0] == whole.form.shape[0]  # which finds the same signs


def test_a_matrix_is_a_point_with_its_loss_and_signs_do_not_change_it():
    level = completion(3, 3, blocks((2, 1), (1, 2)))[1]
    rng = np.random.default_rng(1)
    u, v = rng.standard_normal(3), rng.standard_normal(3)
    V = np.outer(u, v)
    signs = np.outer([1, 1, -1], [1, -1, -1])
    x, form = level.point(V), level.form
    loss = np.ravel(V) @ level.Q @ np.ravel(V) - 2 * (level.H * V).sum() + level.constant
    assert form.c @ x + form.offset == pytest.approx(loss) and np.allclose(x, level.point(signs * V))
    s, at = form.b - form.A @ x, 0
    for n in form.cones.psd:
        assert np.linalg.eigvalsh(svec.smat(s[at : at + svec.length(n)]))[0] > -1e-12
        at += svec.length(n)
    w, M = level.moments(x)
    assert np.allclose(M, np.outer(V, V) * (level.classes[1:, None] == level.classes[1:]))
    assert np.allclose(w, V.ravel() * (level.classes[1:] == 0))


def test_a_dual_is_one_of_the_whole_level():
    level = completion(3, 2, blocks((2, 1), (1, 1)))[1]
    solution = solve(level.form)
    (G,), none = level.dual(solution)
    assert none == [] and np.allclose(level.dual_vector([G], []), solution.z)
    assert not G[level.classes[:, None] != level.classes].any()
    assert np.linalg.eigvalsh(G)[0] > -1e-6 and np.allclose(level.projected("D0", G[1:, 1:] - level.Q), 0, atol=1e-5)


def test_a_proof_lists_no_minors():
    program, level = completion(6, 7, blocks((4, 4), (2, 3)) + np.eye(6, 7)[::-1])
    assert level.order(0) >= SMALLEST
    bound = copos.bracket(program, tolerance=1e-4, max_level=0, branch=False)
    assert bound.closed and bound.level == 0 and "W and its minors" in bound.reason
    assert bound.certificate.problem["type"] == "linear network" and bound.certificate.verify(program).proved
    assert bound.upper - bound.lower <= 1e-4 * bound.upper


def test_whoever_asks_for_a_solver_or_reductions_gets_the_relaxation():
    program = completion(3, 2, np.array([[1, 1], [1, 0], [0, 1]]))[0]
    own = copos.lower_bound(program)
    assert "W and its minors" in own.reason
    for options in ({"solver": "splitting"}, {"reductions": ("substitute",)}, {"keep": True}):
        other = copos.lower_bound(program, **options)
        assert "W and its minors" not in other.reason and other.lower == pytest.approx(own.lower, abs=1e-4)


def test_a_loss_that_bounds_no_entry_is_left_to_the_relaxation():
    seen = np.ones((3, 3))
    assert factor_method.ways(completion(3, 3, seen, ridge=0.0)[0]) == factor_method.RANK_ONE
    seen[0, 0] = 0
    program = completion(3, 3, seen, ridge=0.0)[0]
    assert factor_method.ways(program) == ()
    bound = copos.bracket(program)
    assert 0 <= bound.lower <= bound.upper
    constrained = copos.linear_network(np.eye(2), np.eye(2), [2, 1, 2], "minors", loss="absolute")
    assert factor_method.ways(constrained) == ()


@pytest.mark.parametrize("scale", [1e-140, 1e-3, 1e100])
def test_the_size_of_the_data_does_not_matter(scale):
    rng = np.random.default_rng(3)
    Y, weights = rng.standard_normal((3, 3)), rng.uniform(0.5, 2, (3, 3))
    bound = copos.bracket(copos.linear_network(np.eye(3), scale * Y, [3, 1, 3], weights=weights), tolerance=1e-6)
    assert bound.proved and bound.lower <= bound.upper <= bound.lower * (1 + 1e-4)


def test_a_tight_level_ends_at_its_own_value():
    """Whatever upper bound is known: the target is as far below the value of the level as from that."""
    level = completion(6, 7, np.ones((6, 7)), seed=2)[1]
    best = reach(level, Goal(tight=True), {"tolerance": 1e-9, "max_iterations": 3000})
    goal = Goal(1.5 * best.value - 1e-4, 1.5 * best.value, tight=True)
    found = reach(level, goal, {"tolerance": 1e-11, "max_iterations": 3000})
    assert found.solution.status is Status.OPTIMAL and best.value - 2e-4 <= found.value <= best.value + 1e-9
    assert goal.above(level.form, best.solution) >= best.value - 1e-9
    assert goal._replace(found=[0.5 * best.value]).above(level.form, best.solution) == 0.5 * best.value


def test_a_rank_one_level_is_its_own_kind():
    level = completion(2, 2, np.ones((2, 2)))[1]
    with pytest.raises(AssertionError):
        rank_one(replace(level, rank=2))
