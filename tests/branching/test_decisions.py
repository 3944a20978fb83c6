"""Decisions: cells in fewer coordinates, their proofs in the numbers of the whole, and optima against enumeration."""

from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

import copos
from copos.branching.branch import branch_and_bound
from copos.branching.carried import carried, started
from copos.branching.decisions import CUT, EITHER, STATIONARY, Decisions
from copos.branching.kinds import Cuts, Goal
from copos.branching.node import CellSettings, evaluate, rounded_up
from copos.branching.reduced import reduced
from copos.branching.search import whole_step
from copos.certificate.in_box import boxed
from copos.hierarchy import relax
from copos.levels.local_forms import with_local
from copos.levels.local_rounds import local_rounds
from copos.levels.units import in_own_units
from copos.normal import NormalForm
from copos.reformulation.quadratic.lift import Lift
from copos.reformulation.quadratic.many_starts import in_box, with_rows


def binary(seed, n, rows=0):
    """Max of a quadratic function over 0/1 points under rows, and its value by enumeration."""
    rng = np.random.default_rng(seed)
    Q, c = rng.integers(-9, 10, (n, n)), rng.integers(-9, 10, n)
    A = rng.integers(1, 9, (rows, n))
    b = A.sum(axis=1) // 2
    points = np.array(list(product((0, 1), repeat=n)))
    points = points[(points @ A.T <= b).all(axis=1)]
    best = (np.einsum("ki,ij,kj->k", points, Q, points) + points @ c).max()
    given = {"A_ub": A, "b_ub": b} if rows else {}
    return copos.quadratic_program(Q, c, bounds=(0, 1), integrality=1, sense="max", **given), int(best)


@pytest.mark.parametrize(("seed", "n", "rows"), [(0, 7, 0), (6, 6, 1), (2, 6, 2)])
def test_binary_programs_are_closed_by_decisions(seed, n, rows):
    problem, best = binary(seed, n, rows)
    program = Lift(problem).program
    found = branch_and_bound(program, local=3, tolerance=1e-9, absolute=1e-9)
    assert found.closed and found.proved and found.certificate.verify(program).proved
    value = Lift(problem).user(found.exact)
    assert value == best, "values are integers, and the bound is rounded to one"
    kinds = {next(iter(item)) for item in found.certificate.proof["tree"] if "y" not in item} if found.nodes > 1 else ()
    assert set(kinds) == ({"either"} if rows else set())


def test_a_pure_level_decides_too():
    """Without local levels, and with a row that leaves no interval for some coordinate."""
    problem, best = binary(5, 6, 1)
    lift = Lift(problem)
    found = branch_and_bound(lift.program, tolerance=1e-9, absolute=1e-9)
    assert found.closed and lift.user(found.exact) == best and found.certificate.verify(lift.program).proved


def test_complementary_coordinates_are_decided():
    """Min over x_0x_1 = x_2x_3 = 0 on the simplex: level 0 alone leaves a gap, four cells do not."""
    Q = np.array([[4, -3, -1, -1], [-3, 4, -1, 3], [-1, -1, 4, -3], [-1, 3, -3, 4]], float)
    pairs = [np.zeros((4, 4)) for _ in range(2)]
    for k, M in enumerate(pairs):
        M[2 * k, 2 * k + 1] = M[2 * k + 1, 2 * k] = 0.5
    program = copos.standard_quadratic(Q)
    program = replace(program, vanishing=copos.program.Forms.of(*pairs), question=None, recover=None)
    asked = Decisions(program)
    assert set(asked.products) == {(0, 1), (2, 3)} and not asked.bits and not asked.lone
    form = np.array([EITHER, 1, 1, 0, 0])
    first, second = asked.sides(form)
    assert first.zero == ({0: 1},) and second.zero == ({1: 1},)
    faces = [[0, 2], [0, 3], [1, 2], [1, 3]]
    best = min(float(copos.minimum_on_simplex(Q[np.ix_(f, f)]).value) for f in faces)
    found = branch_and_bound(program, tolerance=1e-7)
    assert found.closed and found.lower == pytest.approx(best, abs=1e-6) and found.certificate.verify(program).proved


@pytest.mark.parametrize(("square", "best", "sides"), [(0.0, -1.0, 2), (0.3, -0.7, 3)])
def test_first_order_conditions_close_a_box(square, best, sides):
    """Min Σ_{i<j} x_ix_j + square·|x|² − Σ x_i over the cube: level 0 alone leaves a gap, one decision does not."""
    Q = (np.ones((3, 3)) - np.eye(3)) / 2 + square * np.eye(3)
    program = copos.binary_quadratic(Q, -np.ones(3), binary=[], upper=1)
    assert set(Decisions(program).lone.items()) == {(v, sides) for v in (1, 2, 3)}
    found = branch_and_bound(program, tolerance=1e-7)
    assert found.closed and best - 1e-6 <= found.lower <= best and found.certificate.verify(program).proved
    items = [next(iter(item)) for item in found.certificate.proof["tree"]]
    assert items[0] == "stationary" and len(items) >= 1 + sides
    assert branch_and_bound(program, tolerance=1e-7, max_nodes=1).lower < best - 0.02


def test_the_sides_of_every_kind():
    problem, _ = binary(0, 3, 1)
    asked = Decisions(in_own_units(Lift(problem).program).program)
    assert asked.home == 0 and set(asked.bits) == {1, 2, 3} and not asked.lone, "a row mentions all of them"
    cut = np.array([CUT, -0.5, 1, 0, 0])
    assert [side.cuts for side in asked.sides(cut)] == [({0: Fraction(-1, 2), 1: 1},), ({0: Fraction(1, 2), 1: -1},)]
    bit = np.array([EITHER, 0, 0, 1, 0])
    assert [side.zero for side in asked.sides(bit)] == [({2: 1},), ({0: -1, 2: 1},)]
    free, _ = binary(0, 3)
    asked = Decisions(in_own_units(Lift(free).program).program)
    low, high = asked.sides(np.array([STATIONARY, 0, 1, 0, 0]))
    assert set(asked.lone) == {1, 2, 3} and low.cuts[0] == {v: -c for v, c in high.cuts[0].items()}


def test_parts_begin_at_the_dual_value_of_their_cell():
    """Whatever a part loses (coordinates, triangles that become products), the value of the dual stays."""
    W = np.triu(np.random.default_rng(0).random((16, 16)) < 0.5, 1).astype(int)
    W = W + W.T
    problem = copos.quadratic_program(-W, W.sum(axis=0), bounds=(0, 1), integrality=1, sense="max")
    normal = in_own_units(Lift(problem).program)
    program, asked = normal.program, Decisions(normal.program)
    found = local_rounds(normal, size=3)
    assert found.normal.local, "the case has triangle inequalities"
    whole, first = reduced(found.normal.program, ()), len(program.cone.generators)
    given = carried(whole, found.relaxation, found.solution, found.normal.local, first)
    for v in (1, 5):
        for side in asked.sides(np.eye(18)[1 + v] + np.eye(18)[0] * STATIONARY):
            local = [f for f in found.normal.local if v not in f.variables]
            outer = with_local(normal, local).program
            cell = reduced(outer, (side._replace(cuts=()),), len(local))
            level = relax(cell.program, 0)
            x, s, z = started(given, cell, level, tuple(local), first)
            value = level.form.offset - float(level.form.b @ z)
            residual = np.abs(level.form.A.T @ z + level.form.c).max()
            before = np.abs(found.relaxation.form.A.T @ found.solution.z + found.relaxation.form.c).max()
            assert value >= found.solution.dual_value - 1e-6 and residual <= 20 * before + 1e-9


def test_cells_are_smaller_and_their_leaves_are_in_the_numbers_of_the_whole():
    problem, _ = binary(6, 6, 1)
    program = in_own_units(Lift(problem).program).program
    partition = Cuts(NormalForm(program, program, None), CellSettings(local=3))
    root = evaluate(partition.whole(Goal(1.0, np.inf)))
    form = partition.decisions.candidates(root.matrix, [], 1)[0]
    for task in partition.parts([], form, Goal(1.0, np.inf, near=root.solution)):
        answer = evaluate(task)
        v = int(np.flatnonzero(form[1:])[0])
        assert answer.lower is not None and answer.lower >= root.lower - Fraction(1, 1000)
        products = [k for t in answer.proof["terms"] for ks in t.get("products", ()) for k in ks[:-1]]
        assert max(products) < len(program.cone.sizes) and answer.matrix.shape == (7, 7)
        assert np.isclose(answer.matrix[v, v] * (answer.matrix[0, 0] - answer.matrix[v, v]), 0, atol=1e-9)


def test_a_search_with_decisions_is_resumed(tmp_path):
    problem, best = binary(2, 6, 2)
    lift, path = Lift(problem), tmp_path / "search.json"
    first = branch_and_bound(lift.program, local=3, tolerance=1e-9, max_nodes=3, state=path)
    second = branch_and_bound(lift.program, local=3, tolerance=1e-9, resume=path)
    assert second.nodes > first.nodes == 3 and second.closed and lift.user(second.exact) == best
    assert second.certificate.verify(lift.program).proved


def test_values_that_are_whole_are_rounded_up():
    problem, _ = binary(0, 5)
    program = Lift(problem).program
    assert whole_step(program) >= 1 and whole_step(copos.standard_quadratic(np.eye(2))) == 0
    assert rounded_up(Fraction(-7, 3), Fraction(1)) == -2 and rounded_up(Fraction(4), Fraction(2)) == 4


def test_a_box_pays_for_a_dual_where_products_vanish():
    """With a row of weights, x_j(x_0 − x_j) = 0 is no scalar block: the dual is made feasible all the same."""
    problem, _ = binary(4, 8, 1)
    bound = copos.lower_bound(Lift(problem).program, tolerance=1e-3, upper=0.0, solver="splitting")
    assert bound.proved and ("pushed inside" in bound.reason or "strictly feasible" in bound.reason)
    assert callable(boxed)


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_many_searches_find_the_optimum_of_small_programs(rows):
    rng = np.random.default_rng(rows)
    Q = rng.integers(-9, 10, (9, 9)).astype(float)
    Q, c = Q + Q.T, rng.integers(-9, 10, 9).astype(float)
    A = rng.integers(-3, 9, (rows, 9)).astype(float)
    b = np.maximum(A.sum(axis=1) // 2, 0)
    points = np.array(list(product((0.0, 1.0), repeat=9)))
    points = points[(points @ A.T <= b).all(axis=1)]
    best = (np.einsum("ki,ij,kj->k", points, Q, points) + points @ c).min()
    half = np.full(9, 0.5)
    (x,) = with_rows(Q, c, A, b, half) if rows else in_box(Q, c, np.ones(9, bool), half)
    assert x @ Q @ x + c @ x == best and (A @ x <= b).all() and set(x) <= {0.0, 1.0}
    assert not len(with_rows(Q, c, np.ones((1, 9)), np.array([-1.0]), half)), "nothing is feasible"
