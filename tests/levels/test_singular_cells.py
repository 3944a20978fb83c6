"""The level of a cell by singular vectors: as the checker has it, true of the matrices in the cell, and warm."""

from fractions import Fraction

import numpy as np
import pytest

from copos.checker import check_singular_cells
from copos.levels.singular_cells import Direction, Ratio, SingularLevel, cut_of, intervals, plain, row_of, width
from copos.solvers import solve
from tests.levels.test_factor_moments import moments_of


def level(n, m, r, sides=(), seed=0):
    rng = np.random.default_rng(seed)
    H = rng.standard_normal((n, m))
    return SingularLevel("ordered", r, np.diag(rng.uniform(0.5, 2.0, n * m)), H, float((H**2).sum()), tuple(sides))


def sides_of(V, r, rng, count):
    """Random cuts and the sides on which V is."""
    U, s, Vt = np.linalg.svd(V)
    out = []
    for _ in range(count):
        if rng.random() < 0.5 and r > 1:
            a, b = sorted(rng.choice(r, 2, replace=False).tolist())
            cut = Ratio(a, b, int(rng.integers(1, 16)), 16)
            out.append((1 if 16 * s[b] >= cut.numerator * s[a] else -1, cut))
            continue
        side, a = ("rows", "columns")[int(rng.integers(2))], int(rng.integers(r))
        w = U[:, a] if side == "rows" else Vt[a]
        A = rng.integers(-4, 5, (len(w), len(w)))
        A = A + A.T
        out.append((1 if w @ A @ w >= 0 else -1, Direction(side, a, A)))
    return out


@pytest.mark.parametrize(("n", "m", "r"), [(3, 4, 2), (4, 3, 3), (3, 3, 1)])
@pytest.mark.parametrize("seed", range(3))
def test_a_matrix_satisfies_the_level_of_its_cell(n, m, r, seed):
    rng = np.random.default_rng([n, m, r, seed])
    V = rng.standard_normal((n, r)) @ rng.standard_normal((r, m))
    cell = level(n, m, r, sides_of(V, r, rng, 4))
    x, form = moments_of(cell, V), cell.form
    s = form.b - form.A @ x
    assert np.abs(s[: form.cones.zero]).max(initial=0.0) < 1e-12 and form.cones.distance(s) < 1e-11
    beyond = level(n, m, r, [(-sign, cut) for sign, cut in cell.sides]).form
    assert beyond.cones.distance(beyond.b - beyond.A @ x) > 1e-4


def checked(r, sides, shape):
    """The checker's level of the same cell."""
    pairs = [(a, b) for a in range(r) for b in range(a + 1, r)]
    cell = check_singular_cells.Cell(dict.fromkeys(pairs, Fraction(0)), dict.fromkeys(pairs, Fraction(1)), ())
    for sign, cut in sides:
        cell = check_singular_cells.halves(cell, plain(cut), shape)[0 if sign > 0 else 1]
    return check_singular_cells.level(r, cell)


@pytest.mark.parametrize(("n", "m", "r"), [(3, 4, 2), (4, 3, 3), (3, 3, 1)])
@pytest.mark.parametrize("seed", range(3))
def test_the_checker_has_the_same_level(n, m, r, seed):
    rng = np.random.default_rng([n, m, r, seed])
    sides = sides_of(rng.standard_normal((n, m)), r, rng, 5)
    cell, theirs = level(n, m, r, sides), checked(r, sides, (n, m))
    mine = cell.table
    assert mine.places == theirs.places and mine.loss == theirs.loss and mine.kinds == theirs.kinds
    units = iter(cell.units)
    for block, other in zip(mine.blocks, theirs.blocks, strict=True):
        unit = next(units)
        whole = {place: [(t.factor * unit, t.name, "Γ" if t.exchanged else "") for t in terms]
                 for place, terms in block.items()}  # fmt: skip
        assert whole == other
    for part, (name, side, A) in zip(mine.contractions, theirs.contracted, strict=True):
        assert (part.name, part.side) == (name, side)
        assert (part.A * next(units) == np.array(A)).all()
    assert next(units, None) is None and len(cell.keys) == len(set(cell.keys)) == cell.count


def test_a_cut_is_a_row_and_back():
    rng = np.random.default_rng(0)
    A = rng.integers(-9, 9, (3, 3))
    for cut in (Ratio(0, 2, 3, 64), Direction("rows", 1, A + A.T), Direction("columns", 0, np.array([[0, 1], [1, 4]]))):
        back = cut_of(row_of(cut, width((3, 2))), (3, 2))
        assert plain(back) == plain(cut)


def test_intervals_of_ratios_multiply():
    sides = [(-1, Ratio(0, 1, 1, 2)), (-1, Ratio(1, 2, 1, 4)), (1, Ratio(0, 1, 1, 4)), (1, Ratio(1, 2, 1, 8))]
    assert intervals(3, tuple(sides))[0, 2] == (Fraction(1, 32), Fraction(1, 8))
    sides += [(-1, Ratio(0, 2, 1, 2)), (1, Ratio(0, 2, 1, 64))]
    assert intervals(3, tuple(sides))[0, 2] == (Fraction(1, 32), Fraction(1, 8))


def test_parts_are_not_below_their_cell_and_start_from_its_answer():
    whole = level(3, 3, 2)
    options = {"tolerance": 1e-7, "max_iterations": 5000}
    answer = solve(whole.form, "splitting", **options)
    for sign in (1, -1):
        for cut in (Ratio(0, 1, 1, 2), Direction("rows", 0, np.diag([1, -1, 0]))):
            part = whole.part((sign, cut))
            start = part.start(whole, answer)
            assert [len(v) for v in start] == [part.form.shape[1], *[part.form.shape[0]] * 2]
            z = dict(part._rows())
            for key, rows in whole._rows():
                assert start[2][z[key]] == pytest.approx(answer.z[rows], abs=1e-12)
            warm = solve(part.form, "splitting", **options, start=start)
            assert warm.value > answer.value - 1e-5
