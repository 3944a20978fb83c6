"""Branch and bound over singular vectors: closed where no level is tight, proved, resumed, and never too high."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

import copos
from copos.bounding import climb
from copos.branching.kinds import Goal, Singular
from copos.branching.node import CellSettings
from copos.branching.singular import RULES, SHORTEST, evaluate_singular, left, level_of
from copos.levels import factor_goal
from copos.levels.units import in_own_units
from copos.reformulation.linear_network.alternating import alternating
from copos.solvers import solve


def wide(seed, n=4, rank=1, **more):
    """Weights over three decades."""
    rng = np.random.default_rng(seed)
    Y, weights = rng.standard_normal((n, n)), 10 ** rng.uniform(-2, 1, (n, n))
    lift = "minors" if rank == 1 else "factor-moments"
    return copos.linear_network(np.eye(n), Y, [n, rank, n], lift, weights=weights, **more), Y, weights


def best_start(Y, weights, rank):
    V = np.random.default_rng(0).standard_normal((200, Y.shape[1], rank))
    return float((weights * Y**2).sum() + alternating(weights, weights * Y, V, 2000).values.min())


def test_a_cut_closes_what_the_minors_leave():
    program, Y, weights = wide(25)  # level 0 leaves 1 %
    assert copos.bracket(program).gap > 5e-3 * best_start(Y, weights, 1)
    result = copos.branch_and_bound(program, cells="singular", tolerance=1e-5)
    assert result.closed and result.proved and result.nodes < 20
    assert result.certificate.verify(program).proved
    assert result.lower <= best_start(Y, weights, 1) and result.gap <= 1.1e-5 * result.upper
    Y[0, 0] += 1e-3
    assert not result.certificate.verify(data={"X": np.eye(4), "Y": Y, "weights": weights}).proved


def test_bracket_comes_to_these_cells_by_itself():
    program, Y, weights = wide(25)
    bound = copos.bracket(program, tolerance=1e-4)
    assert bound.closed and bound.proved and bound.cells > 1
    assert "tree" in bound.certificate.proof and bound.lower <= best_start(Y, weights, 1)


def test_cells_begin_however_long_a_whole_one_would_take(monkeypatch):
    monkeypatch.setattr(climb, "_seconds", lambda bound: 1e6)
    bound = copos.bracket(wide(25)[0], tolerance=1e-4, time_limit=60.0)
    assert bound.closed and bound.cells > 1


def test_a_cell_ends_in_time_with_what_is_proved_until_then():
    program, Y, weights = wide(3, 3, 2)
    partition = Singular(in_own_units(program), CellSettings(cells="singular", rule="mass"))
    assert left(partition.whole(Goal(1.0, np.inf))) == {}
    task = partition.whole(Goal(1.0, np.inf, until=time.time() - 1.0))
    assert left(task) == {"time_limit": SHORTEST} and left(replace(task, until=time.time() + 9.0))["time_limit"] > 8
    early = evaluate_singular(task)
    assert early.lower is not None and early.lower * 2.0 ** partition.normal.power <= best_start(Y, weights, 2)


@pytest.mark.parametrize("far", [False, True])
def test_what_is_far_is_not_aimed_at(far, monkeypatch):
    aimed = []
    monkeypatch.setattr(factor_goal, "_aim", lambda *a: aimed.append(1) or solve(a[0].form, "splitting", **a[2]))
    program, *_ = wide(3, 3, 2)
    level = level_of(program)[0]
    goal = factor_goal.Goal(0.5, 1.0)
    m, n = level.form.shape
    start = np.zeros(n), np.zeros(m), np.zeros(m)
    found = factor_goal.reach(level, goal, {"tolerance": 1e-6, "max_iterations": 300}, start, far)
    assert bool(aimed) is not far and found.dual is not None


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_gives_a_bound(rule):
    program, Y, weights = wide(3, 3, 2)  # few iterations leave something to be cut
    options = {"tolerance": 1e-9, "max_nodes": 3, "max_iterations": 60}
    result = copos.branch_and_bound(program, cells="singular", rule=rule, **options)
    assert result.proved and result.nodes == 3 and result.lower <= best_start(Y, weights, 2)
    assert result.certificate.verify(program).proved


def test_executors_and_files_change_nothing(tmp_path):
    program, *_ = wide(25)
    options = {"cells": "singular", "tolerance": 1e-12, "max_iterations": 400}
    whole = copos.branch_and_bound(program, max_nodes=5, **options)
    with ThreadPoolExecutor(2) as pool:
        assert copos.branch_and_bound(program, max_nodes=5, executor=pool, **options).lower == whole.lower
    first = copos.branch_and_bound(program, max_nodes=3, state=tmp_path / "tree", **options)
    more = copos.branch_and_bound(program, max_nodes=5, resume=tmp_path / "tree", **options)
    assert more.nodes == 5 and more.proved and first.lower <= more.lower <= whole.upper


def test_units_do_not_matter():
    rng = np.random.default_rng(25)
    Y, weights = rng.standard_normal((4, 4)), 10 ** rng.uniform(-2, 1, (4, 4))
    gaps = []
    for a, b in ((1.0, 1.0), (2.0**40, 2.0**-30)):
        program = copos.linear_network(np.eye(4), a * Y, [4, 1, 4], "minors", weights=b * weights)
        result = copos.branch_and_bound(program, cells="singular", tolerance=1e-5)
        assert result.proved and result.closed
        gaps.append(result.gap / result.upper)
    assert gaps[0] == gaps[1]


def test_other_programs_have_no_such_cells():
    for program in (
        copos.standard_quadratic(np.eye(3)), copos.linear_network(np.eye(2), np.eye(2), [2, 1, 2], "projection"),
        copos.linear_network(np.eye(2), np.eye(2), [2, 1, 2], "factor-moments", loss="absolute"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="singular vectors are for"):
            copos.branch_and_bound(program, cells="singular")
    program, *_ = wide(25)
    with pytest.raises(ValueError, match="solved by 'splitting'"):
        copos.branch_and_bound(program, cells="singular", solver="clarabel")
    with pytest.raises(ValueError, match="unknown rule"):
        copos.branch_and_bound(program, cells="singular", rule="variance")


def test_nothing_is_proved_where_nothing_was_asked_for_or_nothing_bounds_an_entry():
    program, *_ = wide(25)
    result = copos.branch_and_bound(program, cells="singular", certify=False, max_nodes=3)
    assert result.lower == -np.inf and result.claimed > 0 and not result.proved
    weights = np.ones((3, 3))
    weights[0, 0] = 0.0
    Y = np.random.default_rng(1).standard_normal((3, 3))
    free = copos.linear_network(np.eye(3), Y, [3, 1, 3], "minors", weights=weights)
    result = copos.branch_and_bound(free, cells="singular", max_nodes=3)
    assert result.lower <= result.upper
