"""Upper bounds from inside CP(K)."""

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import copos
from copos import NonNegative
from copos.hierarchy.atoms import grid, measured, of_measure
from copos.inner_bound import INNER, inner_bound
from copos.instances import GRAPHS, MATRICES
from copos.instances.graphs import cycle
from copos.program import CompletelyPositiveProgram
from copos.reformulation.binary_quadratic import binary_quadratic
from copos.reformulation.stability_number import stability_number
from copos.reformulation.standard_quadratic import standard_quadratic


@pytest.mark.parametrize(("degree", "value"), [(0, 2 / 3), (1, 0.656499), (2, 0.599193), (3, 0.584506)])
def test_exponential_measure_on_the_pentagon(degree, value):
    """Computed twice; degree 0 is <E + I, I + A>/<E + I, E> = 20/30 [Lasserre2014]."""
    bound = inner_bound(stability_number(cycle(5)), degree, "measure")
    assert bound.upper == pytest.approx(value, abs=1e-5)
    Y = bound.found.object
    assert Y.sum() == pytest.approx(1) and Y.min() > 0 and np.linalg.eigvalsh(Y)[0] > 0


def test_measure_against_quadrature():
    """Y = ∫ σ xx' e^{−Σx} dx for a random σ, by Gauss–Laguerre in two variables."""
    _, exponents = of_measure(standard_quadratic(np.eye(2)), 2)
    F = np.random.default_rng(0).standard_normal((len(exponents), 2))
    node, weight = np.polynomial.laguerre.laggauss(20)
    x = np.stack(np.meshgrid(node, node), axis=-1).reshape(-1, 2)
    w = np.outer(weight, weight).ravel()
    norm = [np.sqrt((w * (x**a).prod(axis=1) ** 2).sum()) for a in exponents]
    m = np.stack([(x**a).prod(axis=1) / c for a, c in zip(exponents, norm, strict=True)], axis=1)
    sigma = ((m @ F) ** 2).sum(axis=1)
    assert measured(F @ F.T, exponents) == pytest.approx((x.T * (w * sigma)) @ x, rel=1e-9)


@pytest.mark.parametrize(("n", "level"), [(2, 0), (3, 2), (5, 1)])
def test_grids(n, level):
    points = grid(n, level)
    assert points.min() >= 0 and points.sum(axis=1) == pytest.approx(1)
    assert len(np.unique(points.round(9), axis=0)) == len(points)
    fractions = {tuple(p.round(9)) for p in points}
    for k in range(1, level + 3):
        assert sum(1 for p in fractions if np.allclose(np.array(p) * k, np.round(np.array(p) * k), atol=1e-6)) == comb(
            n + k - 1, k
        )


@pytest.mark.parametrize("name", ["population genetics", "portfolio", "pentagon, stability", "horn"])
def test_local_search_closes_standard_quadratic_programs(name):
    record = MATRICES[name]
    bound = inner_bound(standard_quadratic(record.matrix))
    assert bound.upper == pytest.approx(record.minimum, abs=1e-7)
    mixture = bound.found.object
    assert mixture.weights.min() >= 0 and mixture.atoms.min() >= 0
    assert (record.matrix * mixture.matrix).sum() == pytest.approx(bound.upper)
    assert mixture.matrix.sum() == pytest.approx(1)


@pytest.mark.parametrize("edges", ["weighed", "vanishing"])
def test_stability_numbers_from_inside(edges):
    record = GRAPHS["cycle 7"]
    program = stability_number(record.adjacency, edges)
    assert program.interpret(inner_bound(program).upper) == pytest.approx(record.stability)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_inside_meets_outside(seed):
    """Lower level ≤ optimum ≤ inner bounds, which fall with the level."""
    M = np.random.default_rng(seed).uniform(-1, 1, (4, 4))
    program = standard_quadratic(M + M.T)
    lower = copos.lower_bound(program, 0, certify=False).claimed  # exact at order 4
    for family in ("grid", "measure"):
        values = [inner_bound(program, level, family).upper for level in (0, 1, 2)]
        assert lower - 1e-6 <= values[2] <= values[1] + 1e-6 <= values[0] + 2e-6
    assert inner_bound(program).upper == pytest.approx(lower, abs=1e-5)


def test_two_equations_need_a_mixture():
    """min <C, X>, <E, X> = 1, tr X = ⅔: no point of the simplex of R² has x'x = ⅔ and minimises x_1² alone."""
    C = np.diag([1.0, 0.0])
    program = CompletelyPositiveProgram(NonNegative(2), C, [(np.ones((2, 2)), 1.0), (np.eye(2), 2 / 3)])
    lower, inner = copos.lower_bound(program, 0, certify=False).claimed, inner_bound(program, 2)
    assert inner.upper == pytest.approx(lower, abs=1e-6)
    Y = inner.found.object.matrix
    assert Y.sum() == pytest.approx(1) and np.trace(Y) == pytest.approx(2 / 3)


def test_given_atoms_on_any_cone():
    program = binary_quadratic(-np.ones((3, 3)) + 2 * np.eye(3), A=[[1.0, 1, 1]], b=[2])
    atoms = [program.atom(x) for x in ([1, 1, 0], [0, 1, 1])]
    bound = inner_bound(program, family="atoms", atoms=atoms)
    assert bound.upper == pytest.approx(min(program.value(x) for x in atoms))
    with pytest.raises(ValueError, match="another cone"):
        inner_bound(program, family="measure")
    with pytest.raises(ValueError, match="orthant"):
        inner_bound(program)
    with pytest.raises(ValueError, match="points of R"):
        inner_bound(program, family="atoms", atoms=[[1.0, 2.0]])
    with pytest.raises(ValueError, match="no atom satisfies"):
        inner_bound(program, family="atoms", atoms=[[1.0, 0.5, 0.5, 1.0]])


def test_an_inner_cone_that_meets_no_equation():
    program = CompletelyPositiveProgram(NonNegative(2), np.eye(2), [(np.ones((2, 2)), 1.0), (np.eye(2), 2.0)])
    bound = inner_bound(program)
    assert bound.upper == np.inf and bound.found is None and "infeasible" in bound.reason


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"family": "magic"}, "expected one of"), ({"family": "atoms"}, "needs atoms"), ({"level": -1}, "whole number"),
        ({"family": "measure", "level": 0.5}, "whole number"),
    ],
)  # fmt: skip
def test_bad_requests(arguments, message):
    with pytest.raises(ValueError, match=message):
        inner_bound(standard_quadratic(np.eye(2)), **arguments)


def test_densities_do_not_vanish():
    with pytest.raises(ValueError, match="vanishing"):
        inner_bound(stability_number(cycle(5), "vanishing"), 1, "measure")
    assert set(INNER) == {"grid", "measure", "descent", "atoms"}
