"""Simplicial partitions: exact covers, and the optimizer on standard quadratic programs."""

from math import gcd

import networkx
import numpy as np
import pytest

import copos
from copos.branching.branch import branch_and_bound
from copos.branching.simplices import EDGES
from copos.inner.partition import between, divided, edges, longest_edge, points, uniform, unit_cell, vertices
from tests.cases import POPULATION, cycle

UPPER = [[9044, 1054, 5140, 3322, 0], [0, 8715, 7385, 5866, 9751], [0, 0, 6936, 5368, 8086], [0, 0, 0, 5633, 7478],
         [0, 0, 0, 0, 12932]]  # fmt: skip
PORTFOLIO = (np.array(UPPER) + np.triu(UPPER, 1).T) / 1e4
ICOSAHEDRON = np.eye(12) + networkx.to_numpy_array(networkx.complement(networkx.icosahedral_graph()))


def determinant(cell):
    return abs(np.linalg.det(points(cell)))


def test_parts_of_a_cell_are_the_cell():
    """Volumes in the unit simplex add up, and the new vertex is on the edge."""
    rng = np.random.default_rng(0)
    cell = unit_cell(4)
    for _ in range(20):
        i, j = sorted(rng.choice(4, 2, replace=False).tolist())
        p, q = (int(v) for v in rng.integers(1, 8, 2))
        left, right = divided(cell, i, j, p, q)
        assert determinant(left) + determinant(right) == pytest.approx(determinant(cell), rel=1e-9)
        z = between(cell[i], cell[j], p, q)
        whole = [p * a + q * b for a, b in zip(cell[i], cell[j], strict=True)]
        assert (
            left[i] == right[j] == z
            and gcd(*z) == 1
            and all(w * z[0] == c * whole[0] for w, c in zip(whole, z, strict=True))
        )
        cell = (left, right)[int(rng.integers(2))]


@pytest.mark.parametrize("n", [2, 3, 4])
def test_uniform_partitions_cover_and_shrink(n):
    previous = None
    for level in range(5):
        cells = uniform(n, level)
        assert len(cells) == 2**level and sum(map(determinant, cells)) == pytest.approx(1.0)
        length = max(np.linalg.norm(np.diff(points(cell)[:, list(longest_edge(cell))])) for cell in cells)
        assert previous is None or length <= previous + 1e-12
        previous = length
        assert set(vertices(cells)) == {v for edge in edges(cells) for v in edge}
    with pytest.raises(ValueError, match="integer"):
        uniform(n, -1)
    with pytest.raises(ValueError, match="at most 16"):
        uniform(n, 17)


def test_partition_cones_enclose_the_copositive_cone():
    """Inner: V'MV ≥ 0 in every cell implies copositive; outer: copositive implies v'Mv ≥ 0 at every vertex."""
    rng = np.random.default_rng(1)
    seen = set()
    for _ in range(60):
        M = rng.integers(-4, 9, (4, 4))
        M = M + M.T
        truth = copos.is_copositive(M).answer
        cells = uniform(4, 4)
        V = [points(cell) for cell in cells]
        inner = all((v.T @ M @ v >= 0).all() for v in V)
        outer = all((np.einsum("ik,ij,jk->k", v, M, v) >= -1e-12).all() for v in V)
        assert (not inner or truth) and (not truth or outer)
        seen.add((inner, truth))
    assert seen == {(True, True), (False, True), (False, False)}


@pytest.mark.parametrize(
    ("name", "Q", "value"),
    [("population genetics", POPULATION, -49 / 3), ("portfolio", PORTFOLIO, 0.48393298), ("C5", cycle(5), 0.5)],
)
@pytest.mark.parametrize("test", ["spn", "nonnegative"])
def test_reference_values_close(name, Q, value, test):
    program = copos.standard_quadratic(Q)
    result = branch_and_bound(program, cells="simplices", test=test)
    assert result.closed and result.proved
    assert result.lower <= value + 1e-8 and result.upper >= value - 1e-8
    assert result.upper - result.lower <= 1e-4 * abs(value)
    assert result.certificate.verify(program).proved and "simplices" in result.certificate.proof


@pytest.mark.parametrize("rule", sorted(EDGES))
def test_every_rule_closes_the_pentagon(rule):
    result = branch_and_bound(copos.standard_quadratic(cycle(5)), cells="simplices", rule=rule)
    assert result.closed and result.nodes < 60


@pytest.mark.parametrize(("n", "seed"), [(10, 1), (11, 2), (12, 3), (15, 4)])
def test_random_indefinite_forms(n, seed):
    """Weighted cycles with random chords, which level 0 leaves open for most seeds."""
    rng = np.random.default_rng(seed)
    Q = np.diag(rng.integers(8, 13, n)) + np.triu(rng.integers(7, 13, (n, n)) * (rng.random((n, n)) < 0.25), 1)
    Q = Q + np.triu(Q, 1).T
    Q[np.arange(n), np.arange(n) - 1] = Q[np.arange(n) - 1, np.arange(n)] = 10
    truth = float(copos.minimum_on_simplex(Q).value)
    result = branch_and_bound(copos.standard_quadratic(Q), cells="simplices")
    assert np.linalg.eigvalsh(Q)[0] < 0
    assert result.closed and truth * (1 - 1e-4) <= result.lower <= truth <= result.upper + 1e-9


def test_where_two_levels_leave_a_gap():
    """Complement of the icosahedron: levels 0 and 1 give 1/(1 + √5), the minimum is 1/3 [AhmadiMajumdar2019]."""
    result = branch_and_bound(copos.standard_quadratic(ICOSAHEDRON), cells="simplices", tolerance=2e-2)
    assert result.tree.nodes[0].claimed == pytest.approx(1 / (1 + np.sqrt(5)), abs=1e-6)
    assert result.closed and 1 / 3 * 0.98 <= result.lower <= 1 / 3


def test_vanishing_forms_take_part():
    """max <E, X>, tr X = 1, X_ij = 0 on edges: −α, by multipliers of the vanishing forms in every cell."""
    program = copos.stability_number(networkx.cycle_graph(5), "vanishing")
    result = branch_and_bound(program, cells="simplices", tolerance=1e-3)
    assert len(program.vanishing) and result.proved and result.lower <= -2.0 + 1e-9
    assert result.lower >= -np.sqrt(5) - 1e-6
    assert result.certificate.verify(program).proved


def test_resumed_and_stopped(tmp_path):
    program = copos.standard_quadratic(cycle(7))
    whole = branch_and_bound(program, cells="simplices")
    part = branch_and_bound(program, cells="simplices", max_nodes=3, state=tmp_path / "state.json")
    assert part.nodes == 3 and part.lower < whole.lower and part.certificate.verify(program).proved
    again = branch_and_bound(program, cells="simplices", resume=tmp_path / "state.json")
    assert again.exact == whole.exact and again.nodes == whole.nodes
    with pytest.raises(ValueError, match="divided K by"):
        branch_and_bound(program, resume=tmp_path / "state.json")


def test_other_cones_and_names_are_refused():
    cone = copos.NonNegative(2).restrict([1.0, -1.0])
    program = copos.CompletelyPositiveProgram(cone, np.eye(2), [(np.ones((2, 2)), 1.0)])
    with pytest.raises(ValueError, match="partition the orthant"):
        branch_and_bound(program, cells="simplices")
    for options in ({"cells": "boxes"}, {"cells": "simplices", "rule": "variance"}, {"test": "psd"}):
        with pytest.raises(ValueError, match="unknown"):
            branch_and_bound(copos.standard_quadratic(np.eye(2)), **options)
