"""Upper bounds from inside CP(K)."""

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import copos
from copos import NonNegative, PositiveSemidefinite, SecondOrder
from copos.arithmetic import monomials
from copos.cones import Part
from copos.hierarchy.atoms import grid
from copos.inner.bound import INNER, inner_bound
from copos.inner.measures import moments
from copos.instances import GRAPHS, MATRICES
from copos.instances.graphs import cycle
from copos.program import CompletelyPositiveProgram
from copos.reformulation.binary_quadratic import binary_quadratic
from copos.reformulation.stability_number import stability_number
from copos.reformulation.standard_quadratic import standard_quadratic
from tests import contracts


@pytest.mark.parametrize(("degree", "value"), [(0, 2 / 3), (1, 0.656499), (2, 0.599193), (3, 0.584506)])
def test_exponential_measure_on_the_pentagon(degree, value):
    """Computed twice; degree 0 is <E + I, I + A>/<E + I, E> = 20/30 [Lasserre2014]."""
    bound = inner_bound(stability_number(cycle(5)), degree, "measure")
    assert bound.upper == pytest.approx(value, abs=1e-5)
    Y = bound.found.solution
    assert Y.sum() == pytest.approx(1) and Y.min() > 0 and np.linalg.eigvalsh(Y)[0] > 0


def test_exponential_measures_against_quadrature():
    """On R_+^2, and on L^2 rotated: t = p + q, u = p − q with p, q ≥ 0, dt du = 2 dp dq, e^{−t} = e^{−p−q}."""
    node, weight = np.polynomial.laguerre.laggauss(20)
    p, q = (a.ravel() for a in np.meshgrid(node, node))
    w = np.outer(weight, weight).ravel()
    every = monomials.every(3, 6)
    for part, x, scale in (
        (Part("nonnegative", 2), np.stack([np.ones_like(p), p, q]), w),
        (Part("second-order", 2), np.stack([np.ones_like(p), p + q, p - q]), 2 * w),
    ):
        expected = np.prod(x[every], axis=1) @ scale
        assert moments((part,), every) == pytest.approx(expected, rel=1e-9, abs=1e-7)


def test_measures_against_sampling():
    """L^3: t ~ Γ(3) and u uniform in the disk of radius t, up to the volume; S^2_+: Wishart."""
    rng = np.random.default_rng(0)
    count = 400_000
    t = rng.gamma(3, size=count)
    radius, angle = t * np.sqrt(rng.random(count)), rng.uniform(0, 2 * np.pi, count)
    F = rng.standard_normal((count, 2, 2))
    X = F @ F.transpose(0, 2, 1)
    one = np.ones(count)
    every = monomials.every(4, 3)
    for part, x, volume in (
        (Part("second-order", 3), np.stack([one, t, radius * np.cos(angle), radius * np.sin(angle)]), 2 * np.pi),
        (Part("semidefinite", 2), np.stack([one, X[:, 0, 0], X[:, 0, 1], X[:, 1, 1]]), 1.0),
    ):
        values = np.prod(x[every], axis=1)
        error = values.std(axis=1) / np.sqrt(count) * volume
        assert (np.abs(moments((part,), every) - volume * values.mean(axis=1)) <= 5 * error + 1e-9).all()


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
    mixture = bound.found.solution
    assert mixture.weights.min() >= 0 and mixture.atoms.min() >= 0
    assert (record.matrix * mixture.matrix).sum() == pytest.approx(bound.upper)
    assert mixture.matrix.sum() == pytest.approx(1)


@pytest.mark.parametrize("edges", ["weighted", "vanishing"])
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
    Y = inner.found.solution.matrix
    assert Y.sum() == pytest.approx(1) and np.trace(Y) == pytest.approx(2 / 3)


def test_given_atoms_on_any_cone():
    program = binary_quadratic(-np.ones((3, 3)) + 2 * np.eye(3), A=[[1.0, 1, 1]], b=[2])
    atoms = [program.atom(x) for x in ([1, 1, 0], [0, 1, 1])]
    bound = inner_bound(program, family="atoms", atoms=atoms)
    assert bound.upper == pytest.approx(min(program.value(x) for x in atoms))
    for family, message in (("measure", "product of orthants"), ("grid", "one second-order"), ("sdd", "give it atoms"),
                            ("descent", "give it atoms")):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            inner_bound(program, family=family)
    assert inner_bound(program, atoms=atoms).upper <= bound.upper
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
        ({"family": "magic"}, "expected one of"), ({"family": "atoms"}, "needs atoms"), ({"level": -1}, "integer"),
        ({"family": "measure", "level": 0.5}, "integer"),
    ],
)  # fmt: skip
def test_bad_requests(arguments, message):
    with pytest.raises(ValueError, match=message):
        inner_bound(standard_quadratic(np.eye(2)), **arguments)


def test_densities_do_not_vanish():
    with pytest.raises(ValueError, match="vanishing"):
        inner_bound(stability_number(cycle(5), "vanishing"), 1, "measure")
    with pytest.raises(ValueError, match="more than"):
        inner_bound(standard_quadratic(np.eye(30)), 3, "measure")
    assert "sdd" in INNER and all(row.reference for row in INNER.values() if row.name in ("grid", "measure", "sdd"))


# --- the contract of every row, on every cone it knows ------------------------------------------------------------

CONES = (NonNegative(4), NonNegative(2) * SecondOrder(3), SecondOrder(4), NonNegative(1) * PositiveSemidefinite(2))
ROWS = [(cone, family) for family in INNER for cone in CONES if family != "atoms"
        and (family not in ("vertices", "edges") or cone is CONES[0])
        and (family != "grid" or all(p.kind != "semidefinite" for p in cone.parts))]  # fmt: skip


@pytest.mark.parametrize(("cone", "family"), ROWS, ids=str)
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_inside_is_inside(cone, family, seed):
    """Lower level ≤ inner bounds, which fall as the level rises; mixtures consist of points of K."""
    M = np.random.default_rng(seed).uniform(-1, 1, (cone.ambient, cone.ambient))
    M = M @ M.T if seed % 2 else M + M.T
    program = contracts.shift_program(cone, M)
    lower = copos.lower_bound(program, 1, certify=False).claimed
    bounds = [inner_bound(program, level, family) for level in (0, 1, 2)]
    values = [bound.upper for bound in bounds]
    slack = 1e-5 * (1 + np.abs(values[0]))
    assert lower - slack <= values[2] <= values[1] + slack and values[1] <= values[0] + 2 * slack
    found = bounds[2].found.solution
    if family == "measure":
        assert np.linalg.eigvalsh(found)[0] > -1e-9
        return
    assert (M * found.matrix).sum() == pytest.approx(values[2]) and found.weights.min() >= 0
    assert max(cone.violation(x) for x in found.atoms) <= 1e-9 * np.abs(found.atoms).max()
    if family == "descent":
        assert values[2] == pytest.approx(lower, abs=10 * slack)


def test_grids_of_frames_close_a_product_with_a_second_order_cone():
    """The example on R_+^2 × L^3 from both sides: dual level −1.1535850, computed twice."""
    A = np.array([[8, -2, -7, -5, -5], [-2, 4, 2, 8, 3], [-7, 2, 10, -2, -5], [-5, 8, -2, 4, 6], [-5, 3, -5, 6, 6]])
    c = np.array([1.0, 1, 2, 0, 0])
    program = CompletelyPositiveProgram(NonNegative(2) * SecondOrder(3), A, [(np.outer(c, c), 1.0)])
    values = [inner_bound(program, level, "grid").upper for level in (0, 2, 8)]
    assert values[0] >= values[1] - 1e-6 and values[1] >= values[2] - 1e-6 and values[2] >= -1.1535851
    assert inner_bound(program, family="descent").upper == pytest.approx(-1.1535850, abs=1e-6)
    assert values[2] == pytest.approx(-1.1535850, abs=5e-2)


def test_dominant_matrices_of_order_two_are_exact_and_a_new_basis_helps():
    """On R_+^2 every completely positive matrix is of the form; on three coordinates new bases approach e/3."""
    Q = np.array([[2.0, -1.0], [-1.0, 1.0]])
    assert inner_bound(standard_quadratic(Q), 0, "sdd").upper == pytest.approx(0.2, abs=1e-7)
    values = [inner_bound(standard_quadratic(np.eye(3)), level, "sdd").upper for level in (0, 1, 3)]
    assert values[0] == pytest.approx(1 / 2, abs=1e-6)  # two coordinates at a time
    assert values[2] == pytest.approx(1 / 3, abs=1e-3) and values[1] < values[0] - 0.1


def test_partitions_of_the_simplex_from_inside():
    """½ of the pentagon lies on an edge of the simplex: the edges have it at level 0, the vertices at its midpoint."""
    program = stability_number(cycle(5))
    assert inner_bound(program, 0, "edges").upper == pytest.approx(0.5, abs=1e-6)
    values = [inner_bound(program, level, "vertices").upper for level in (0, 2, 4)]
    assert values[0] == pytest.approx(1.0) and values[-1] == pytest.approx(0.5) and values == sorted(values)[::-1]
    for level in (0, 3):
        edges, vertices = (inner_bound(program, level, family).upper for family in ("edges", "vertices"))
        assert edges <= vertices + 1e-7
    with pytest.raises(ValueError, match="orthant"):
        inner_bound(contracts.shift_program(SecondOrder(3), np.eye(3)), 0, "edges")


def test_edges_on_which_a_form_does_not_vanish_are_left_out():
    """−⟨E, X⟩, tr X = 1, X_ij = 0 on edges: the edges of the simplex that are stable pairs give −α = −2."""
    assert inner_bound(stability_number(cycle(5), "vanishing"), 0, "edges").upper == pytest.approx(-2.0, abs=1e-6)
    assert inner_bound(stability_number(cycle(5), "vanishing"), 0, "vertices").upper == pytest.approx(-1.0)
