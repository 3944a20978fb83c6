"""Brackets that are worked on: levels, then cells, stopped anywhere."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import copos
from copos.conic import Status
from copos.program import Recovered


def wide(lift="projection"):
    """Weights over three decades: level 0 of this lift leaves two per cent."""
    rng = np.random.default_rng(3)
    Y, weights = rng.standard_normal((3, 3)), 10 ** rng.uniform(-2, 1, (3, 3))
    return copos.linear_network(np.eye(3), Y, [3, 1, 3], lift, weights=weights)


def test_levels_are_climbed_until_the_gap_is_closed():
    program = wide()
    seen = []
    bound = copos.bracket(program, tolerance=1e-4, callback=lambda b: seen.append((b.level, b.lower, b.upper)))
    assert bound.closed and bound.proved and bound.level == 1 and bound.cells == 0
    assert bound.gap <= 1e-4 * bound.upper and bound.lower <= bound.upper
    assert bound.certificate.verify(program).proved
    assert [level for level, *_ in seen] == [0, 1] and seen[0][1] < 0.99 * seen[1][1]
    assert "within the tolerance" in bound.reason


def test_cells_close_what_levels_leave_and_stopping_leaves_a_bracket(tmp_path):
    program = wide()
    level0 = copos.bracket(program)
    some = copos.bracket(program, tolerance=1e-4, max_level=0, max_cells=1, state=tmp_path / "cells.json")
    assert not some.closed and some.cells >= 1
    assert level0.lower - 1e-9 <= some.lower <= some.upper
    more = copos.bracket(program, tolerance=1e-4, max_level=0, max_cells=9, resume=tmp_path / "cells.json")
    assert more.cells > some.cells and more.lower > 1.01 * level0.lower
    assert more.proved and more.certificate.verify(program).proved


def test_cells_run_on_any_executor():
    rng = np.random.default_rng(8)
    Q = np.triu(rng.integers(-9, 10, (6, 6)))
    program = copos.binary_quadratic(Q + Q.T, rng.integers(-9, 10, 6), binary=[], upper=1)
    how = dict(tolerance=1e-9, max_level=0, max_cells=5, local=0)
    here = copos.bracket(program, width=2, **how)
    with ThreadPoolExecutor(2) as pool:
        there = copos.bracket(program, executor=pool, width=2, **how)
    assert there.proved and there.cells == here.cells > 1 and there.exact == here.exact
    problem = copos.quadratic_program(Q, bounds=(0, 1))
    with ThreadPoolExecutor(2) as pool:
        found = copos.bracket(problem, tolerance=1e-6, executor=pool)
    assert found.closed and found.verify().proved
    with pytest.raises(ValueError, match="width"):
        copos.bracket(program, tolerance=1e-6, width=0)


def test_stopped_by_the_callback_and_taken_up_again():
    program = wide()
    first = copos.bracket(program, tolerance=1e-4, callback=lambda bound: True)
    assert first.level == 0 and not first.closed and first.proved and first.lower <= first.upper
    levels = []
    second = copos.bracket(program, tolerance=1e-4, resume=first, callback=lambda b: levels.append(b.level))
    assert levels == [1] and second.closed and second.lower >= first.lower
    with pytest.raises(ValueError, match="not proved for this program"):
        copos.bracket(copos.linear_network(np.eye(3), np.eye(3), [3, 1, 3], "projection"), tolerance=1e-4, resume=first)


def test_levels_beyond_the_time_are_not_begun():
    bound = copos.bracket(wide(), time_limit=1e-9, branch=False)
    assert bound.level == 0 and not bound.closed and "would take" in bound.reason and bound.proved


def test_the_bound_says_why_a_lift_was_chosen():
    bound = copos.bracket(wide("auto"))
    assert "minors lift: W alone" in bound.reason and bound.gap < 1e-5


def test_a_bracket_begins_with_what_is_known():
    rng = np.random.default_rng(0)
    Y, seen = rng.standard_normal((4, 4)), rng.random((4, 4)) < 0.7
    program = copos.linear_network(np.eye(4), Y, [4, 1, 4], weights=seen.astype(float), ridge=1 / 80)
    first = copos.bracket(program, tolerance=1e-4, callback=lambda b: True)
    assert first.level is None and not first.closed and first.proved and 0 < first.lower < first.upper
    assert first.certificate.verify(program).proved and "lower=" in repr(first)
    last = copos.bracket(program, tolerance=1e-4)
    assert last.closed and last.level == 0 and last.lower > first.lower


def test_what_is_known_may_be_enough():
    bound = copos.bracket(wide("auto"), tolerance=1e-5)
    assert bound.closed and bound.proved and bound.level is None and bound.upper_certificate.verify().proved


def test_bad_requests():
    with pytest.raises(ValueError, match="need a tolerance"):
        copos.bracket(wide(), max_level=1)
    with pytest.raises(ValueError, match="at least level"):
        copos.bracket(wide(), 1, tolerance=1e-3, max_level=0)


def test_a_level_that_runs_out_of_time_is_proved_from_the_dual_it_has():
    program = wide()
    bound = copos.bracket(program, solver="splitting", time_limit=1e-9)
    assert bound.status is Status.LIMIT and bound.cells == 0
    assert bound.closed or "a cell would take" in bound.reason  # the first dual may be good enough
    assert bound.proved and bound.certificate.verify(program).proved
    full = copos.bracket(program)
    # where the first dual lacks much, a bound by singular values is looked for, which may be the better one
    assert -1e-6 <= bound.lower and max(bound.lower, full.lower) <= full.upper <= bound.upper + 1e-9


def test_what_cannot_be_cut_keeps_the_bracket_of_its_levels():
    square, first = np.ones((3, 3)), np.diag([1.0, 0, 0])
    two = copos.CompletelyPositiveProgram(
        copos.NonNegative(3), -np.eye(3) + square / 2, [(square, 1.0), (first, 0.3)],
        recover=lambda Y: Recovered(None, np.inf, np.zeros(3)),
    )  # fmt: skip
    bound = copos.bracket(two, tolerance=1e-9, max_level=0)
    assert bound.proved and not bound.closed and "equations that hold on average" in bound.reason
