"""The line that says where work stands: one for brackets, searches and quadratic programs."""

import copos
from copos.branching.result import Report
from copos.levels.bound import Bound
from copos.support.progress import progress_line, stands

PROGRAM = copos.standard_quadratic([[1.0, 0.0], [0.0, 1.0]])


def test_where_a_bound_or_a_search_stands():
    assert stands(Bound(lower=1.5, upper=2.0, level=1)) == "level 1, 1.5 ≤ optimum ≤ 2, gap 0.5"
    assert stands(Bound(lower=1.5, upper=2.0, level=1, cells=7)) == "7 cells, 1.5 ≤ optimum ≤ 2, gap 0.5"
    assert Report(7, 3, 1.5, 1.5, 2.0, 0.1).words() == "7 cells, 3 open, 1.5 ≤ optimum ≤ 2, gap 0.5"


def test_a_name_with_brackets_is_shown_as_it_is(capsys):
    with progress_line(True, "Q[red]", str) as show:
        show(5)
    assert "Q[red]: 5" in capsys.readouterr().out


def test_nothing_is_shown_unasked(capsys):
    with progress_line(False, "Q", str) as show:
        assert show is None
    copos.bracket(PROGRAM, tolerance=1e-6)
    assert not capsys.readouterr().out


def test_a_bracket_shows_its_level_and_its_ends(capsys):
    copos.bracket(PROGRAM, tolerance=1e-6, progress=True)
    assert "level 0" in (out := capsys.readouterr().out) and "≤ optimum ≤" in out
