"""Trees of cells, by hand: where every vertex, cut and stated inequality stands."""

import itertools
from fractions import Fraction
from math import gcd

import pytest

from copos.checker import check, check_branched, check_identity
from copos.checker.check_decisions import Side
from tests.checker.building import SIMPLEX, SUM, form, leaf, lorentz, lower, program, ray, simplices, tree
from tests.checker.building import copositive as proof_of


def product(*blocks):
    """The product of two linear blocks as a term."""
    return {"blocks": list(blocks), "rows": [[0, 0]], "gram": {"factor": [[1]]}}


def test_the_blocks_of_a_cell_are_those_of_the_cone_the_cuts_and_what_is_stated():
    """x_0, ±x_1, x_2 − x_3: a term names the stated one by the last number, however many cuts there are."""
    problem = program(4, ray(0), [[0, 1]], form((0, 2, 1), (0, 3, -1)), stated=[[[2, 1], [3, -1]]])
    whole = check.check(tree(problem, 0, leaf([], terms=[product(0, 1)])))
    cut = check.check(tree(problem, 0, {"cut": [[1, 1]]}, *[leaf([], terms=[product(0, 2)])] * 2))
    twice = [{"cut": [[1, 1]]}, leaf([], terms=[product(0, 2)]), {"cut": [[2, 1]]},
             *[leaf([], terms=[product(0, 3)])] * 2]  # fmt: skip
    assert whole.proved and cut.proved and check.check(tree(problem, 0, *twice)).proved
    assert not check.check(tree(problem, 0, {"cut": [[1, 1]]}, *[leaf([], terms=[product(0, 1)])] * 2)).proved
    p = check_identity.program(problem)
    made = check_branched.cell(p, tuple(Side(cuts=(a,)) for a in ({1: 1}, {1: 3, 2: -1}, {3: -1})))
    assert [dict(b[0, 0]) for b in made.blocks] == [{(0,): 1}, {(1,): 1}, {(1,): 3, (2,): -1}, {(3,): -1},
                                                    {(2,): 1, (3,): -1}]  # fmt: skip
    assert made.orders == [1] * 5 and made.stated == 1 and made.positive == {0, 1}


def test_cells_may_share_the_multiplier_of_a_form_without_a_sign():
    """<A, Y> = −1 for A = x_0² − x_1²: y = 1 in both cells is one multiplier, and needs no sign of A."""
    problem = program(objective=lorentz(0, 1), equations=[(lorentz(0, 1), -1)])
    assert check.check(tree(problem, -1, {"cut": [[0, 1], [1, -1]]}, leaf([1]), leaf([1]))).proved
    assert check.check(tree(problem, -1, leaf([1]))).proved


C = ((3, -1, -2), (-1, 2, -1), (-2, -1, 4))  # on the simplex its minimum is 1/3 or less
EVERY = form(*((i, j, 1 if i == j else 2) for j in range(3) for i in range(j + 1)))
THREE = program(3, objective=form(*((i, j, C[i][j] * (1 if i == j else 2)) for j in range(3) for i in range(j + 1))),
                equations=[(EVERY, 1)])  # fmt: skip


def largest(V):
    """The largest y with V'(C − yE)V diagonally dominant once its positive entries are dropped, by bisection."""
    low, high = Fraction(-50), Fraction(50)
    for _ in range(30):
        y = (low + high) / 2
        M = [[sum(v[i] * (C[i][j] - y) * w[j] for i in range(3) for j in range(3)) for w in V] for v in V]
        if all(M[i][i] >= sum(max(-M[i][j], 0) for j in range(3) if j != i) for i in range(3)):
            low = y
        else:
            high = y
    return low


@pytest.mark.parametrize(("i", "j"), list(itertools.permutations(range(3), 2)))
@pytest.mark.parametrize("weights", [(1, 1), (2, 5)])
def test_a_vertex_on_an_edge_takes_the_place_of_one_and_then_of_the_other(i, j, weights):
    """Both cells of every edge in dimension 3, split once more: the largest y that a cell allows, and nothing above."""
    p, q = weights
    unit = [[int(a == b) for a in range(3)] for b in range(3)]
    z = [p * a + q * b for a, b in zip(unit[i], unit[j], strict=True)]
    first, second = list(unit), list(unit)
    first[i], second[j] = z, z
    items, value = [{"split": [i, j, p, q]}], Fraction(100)
    leaves = []
    for V in (first, second):
        w = [a + b for a, b in zip(V[1], V[2], strict=True)]
        w = [c // gcd(*w) for c in w]  # a cell knows a vertex as the shortest integer vector on its ray
        for cell in ([V[0], w, V[2]], [V[0], V[1], w]):
            y = largest(cell)
            leaves.append(y)
            value = min(value, y)
    for y in (Fraction(0), Fraction(1, 10**6)):
        for k in range(4 if y else 1):
            worse = [str(v + (y if m == k else 0)) for m, v in enumerate(leaves)]
            items = [{"split": [i, j, p, q]}, {"split": [1, 2, 1, 1]}, {"y": [worse[0]]}, {"y": [worse[1]]},
                     {"split": [1, 2, 1, 1]}, {"y": [worse[2]]}, {"y": [worse[3]]}]  # fmt: skip
            assert check.check(simplices(THREE, str(value), *items)).proved == (not y), (k, y)


def test_vertices_are_those_of_the_cell():
    for split in ([0, 2, 1, 1], [2, 0, 1, 1], [-1, 0, 1, 1]):
        said = check.check(simplices(SIMPLEX, 0, {"split": split}, {"y": [0]}, {"y": [0]}))
        assert not said.readable and "vertex must be an integer from 0 to 1" in said.reason


def test_a_row_beyond_a_block_is_unreadable():
    problem = program(2, ray(0, 1), objective=form((0, 0, 1)))
    for rows, fine in (([[0, 0]], True), ([[1, 0]], False), ([[0, 2]], False)):
        term = {"blocks": [0], "rows": rows, "gram": {"factor": [[0]]}}
        assert check.check(proof_of(problem, level=1, terms=[term])).readable == fine
        assert check.check(proof_of(problem, terms=[{"blocks": [0, 1], "rows": rows, "gram": {"factor": [[0]]}}])
                           ).readable == (rows == [[0, 0]])  # fmt: skip
        cells = tree({**problem, "objective": []}, 0, {"cut": [[1, 1]]}, *[leaf([], 1, terms=[{**term,
            "blocks": [2]}])] * 2)  # fmt: skip
        assert check.check(cells).readable == fine


def test_the_level_of_a_tree_is_the_highest_of_its_leaves():
    """The multiplier of a leaf at level 1 is spoken of, wherever the leaf stands."""
    for levels in ((0, 1), (1, 0), (1, 1), (0, 0)):
        said = check.check(tree(program(objective=SUM), 0, {"cut": [[1, 1]]}, *[leaf([], k) for k in levels]))
        assert said.proved and (f"at level {max(levels)} with the multiplier" in said.claim) == (max(levels) > 0)
    assert "level 2" in check.check(lower(SIMPLEX, 0, [0], 2)).claim
