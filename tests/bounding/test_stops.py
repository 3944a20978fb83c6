"""When a bracket stops: at a gap in units of the data, and on Ctrl-C with the best that is proved."""

import numpy as np
import pytest

import copos
from copos.bounding import bounds, climb
from copos.levels import level

HORN = np.array([[1, -1, 1, 1, -1], [-1, 1, -1, 1, 1], [1, -1, 1, -1, 1], [1, 1, -1, 1, -1], [-1, 1, 1, -1, 1]], float)
PENTAGON = np.roll(np.eye(5, dtype=int), 1, axis=0) + np.roll(np.eye(5, dtype=int), -1, axis=0)


@pytest.mark.parametrize("power", [0, 30, -30])
def test_an_optimum_of_zero_is_reached_in_the_units_of_the_data(power):
    """min x'Hx = 0 on the simplex, exact at level 1; no relative gap can be reached there."""
    bound = copos.bracket(copos.standard_quadratic(np.ldexp(HORN, power)), tolerance=1e-3)
    assert bound.closed and bound.proved and bound.level == 1 and bound.cells == 0
    assert -np.ldexp(1e-7, power) <= bound.lower <= bound.upper <= np.ldexp(1e-7, power)


def test_an_absolute_gap_that_is_given_is_taken_as_it_is():
    program = copos.standard_quadratic(HORN)
    bound = copos.bracket(program, tolerance=0.0, absolute=1.0)
    assert bound.closed and bound.level == 0 and 1e-3 < bound.gap <= 1.0
    for absolute in (-1.0, np.nan, "x"):
        with pytest.raises(ValueError, match="absolute"):
            copos.bracket(program, tolerance=0.0, absolute=absolute)
        with pytest.raises(ValueError, match="absolute"):
            copos.branch_and_bound(program, absolute=absolute)


def interrupt(*args, **kwargs):
    raise KeyboardInterrupt


@pytest.mark.parametrize("options", [{}, {"tolerance": 1e-6}, {"time_limit": 60.0}])
def test_ctrl_c_while_a_solution_is_looked_for_leaves_the_proved_bound(options, monkeypatch):
    program = copos.stability_number(PENTAGON)
    monkeypatch.setattr(level, "_with_solution", interrupt)
    bound = copos.bracket(program, **options)
    assert bound.proved and bound.certificate.verify(program).proved and bound.upper == np.inf
    assert "interrupted" in bound.reason and not bound.closed


@pytest.mark.parametrize("name", ["one_level", "branch_and_bound", "_with_cells", "_expected_seconds"])
def test_ctrl_c_at_any_step_leaves_the_best_bracket(name, monkeypatch):
    program, calls, own = copos.stability_number(PENTAGON), [], getattr(climb, name)

    def first_only(*args, **kwargs):
        calls.append(name)
        return own(*args, **kwargs) if name == "one_level" and len(calls) == 1 else interrupt()

    monkeypatch.setattr(climb, name, first_only)
    last = 0 if name in ("branch_and_bound", "_with_cells") else 1
    bound = copos.bracket(program, tolerance=1e-9, max_level=last, max_cells=3)
    assert calls and bound.proved and bound.lower <= 0.5 <= bound.upper and bound.reason.endswith("interrupted")


def test_ctrl_c_in_a_callback_leaves_the_best_bracket():
    bound = copos.bracket(copos.stability_number(PENTAGON), tolerance=1e-9, callback=interrupt)
    assert bound.proved and bound.lower <= 0.5 <= bound.upper and bound.reason.endswith("interrupted")


def test_ctrl_c_before_anything_is_known_is_raised(monkeypatch):
    monkeypatch.setattr(level, "bound_and_matrix", interrupt)
    monkeypatch.setattr(bounds, "one_level", level.one_level)
    for options in ({}, {"tolerance": 1e-6}):
        with pytest.raises(KeyboardInterrupt):
            copos.bracket(copos.stability_number(PENTAGON), **options)
