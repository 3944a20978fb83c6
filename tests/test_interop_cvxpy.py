"""Levels through cvxpy: the same numbers as by the direct road, from both sides."""

import numpy as np
import pytest

import copos
from copos import NonNegative, PositiveSemidefinite, SecondOrder
from copos.hierarchy.membership import membership
from copos.instances import MATRICES
from copos.instances.graphs import cycle
from copos.interop.cvxpy import completely_positive, copositive
from tests.contracts import largest_shift

cp = pytest.importorskip("cvxpy")
SLICED = NonNegative(4).slice([[1.0, 1.0, -1.0, -1.0]])
CONES = [NonNegative(4), NonNegative(2) * SecondOrder(3), NonNegative(1) * PositiveSemidefinite(2), SLICED]
LEVELS = [
    ("parrilo", "sdp", 0), ("parrilo", "sdp", 1), ("parrilo", "dd", 1), ("parrilo", "sdd", 1),
    ("de-klerk-pasechnik", "sdp", 1), ("pena-vera-zuluaga", "sdp", 2),
]  # fmt: skip


def data(cone):
    M = np.random.default_rng(1).uniform(-1, 1, (cone.ambient, cone.ambient))
    e = np.zeros(cone.ambient)
    e[cone.free] = cone.unit
    return M + M.T, np.outer(e, e)


def solve(objective, constraints):
    return float(cp.Problem(objective, constraints).solve(solver="CLARABEL"))


@pytest.mark.filterwarnings("ignore:Solution may be inaccurate")  # of 24 programs one; its value is still asserted
@pytest.mark.parametrize("cone", CONES, ids=str)
@pytest.mark.parametrize(("family", "gram", "level"), LEVELS)
def test_three_roads_one_number(cone, family, gram, level):
    M, E = data(cone)
    X, t = cp.Variable(M.shape), cp.Variable()
    inside = completely_positive(X, level, family, gram, cone)
    from_outside = solve(cp.Minimize(cp.sum(cp.multiply(M, X))), [cp.sum(cp.multiply(E, X)) == 1, *inside])
    from_inside = solve(cp.Maximize(t), copositive(M - t * E, level, family, gram, cone))
    direct = largest_shift(cone, M, level, family, gram)
    assert from_outside == pytest.approx(direct, abs=2e-5) and from_inside == pytest.approx(direct, abs=2e-5)


def test_atoms_satisfy_the_constraints_and_other_matrices_do_not():
    rng = np.random.default_rng(0)
    B = rng.random((5, 3))
    for matrix, feasible in ((B @ B.T, True), (-np.eye(5), False), (MATRICES["horn"].matrix, False)):
        problem = cp.Problem(cp.Minimize(0), completely_positive(matrix, 1))
        problem.solve(solver="CLARABEL")
        assert (problem.status in ("optimal", "optimal_inaccurate")) is feasible


def test_levels_tell_the_horn_matrix():
    horn = MATRICES["horn"].matrix + 1e-6 * np.eye(5)
    verdicts = []
    for level in (0, 1):
        problem = cp.Problem(cp.Minimize(0), copositive(horn, level))
        problem.solve(solver="CLARABEL")
        verdicts.append(problem.status in ("optimal", "optimal_inaccurate"))
    assert verdicts == [False, True]


def test_a_skew_part_does_not_matter_for_copositivity_and_is_refused_for_complete_positivity():
    skew = np.triu(np.ones((3, 3)), 1)
    for matrix, expected in ((np.eye(3) + skew - skew.T, True), (-np.eye(3) + skew - skew.T, False)):
        problem = cp.Problem(cp.Minimize(0), copositive(matrix))
        problem.solve(solver="CLARABEL")
        assert (problem.status == "optimal") is expected
    problem = cp.Problem(cp.Minimize(0), completely_positive(np.eye(3) + 0.1 * (skew - skew.T)))
    problem.solve(solver="CLARABEL")
    assert problem.status == "infeasible"


def test_membership_is_a_dual_pair():
    """rows'z = Y_of_moments' vec M gives <M, Y> = z'(rows w)."""
    rng = np.random.default_rng(0)
    for cone in CONES:
        level_of = membership(cone, 1)
        x = cone.sample(rng) if cone.sampler else cone.basis @ rng.random(cone.dim)
        w, *_ = np.linalg.lstsq(level_of.Y_of_moments.toarray(), np.outer(x, x).ravel(), rcond=None)
        assert level_of.Y_of_moments @ w == pytest.approx(np.outer(x, x).ravel())


def test_stability_number_of_a_cycle_through_cvxpy():
    X = cp.Variable((7, 7), symmetric=True)
    A = cycle(7).astype(bool)
    problem = cp.Problem(cp.Maximize(cp.sum(X)), [cp.trace(X) + cp.sum(X[A]) == 1, *completely_positive(X)])
    value = float(problem.solve(solver="CLARABEL"))
    direct = copos.lower_bound(copos.CompletelyPositiveProgram(
        NonNegative(7), np.eye(7) + cycle(7), [(np.ones((7, 7)), 1.0)]), certify=False).claimed  # fmt: skip
    assert value == pytest.approx(1 / direct, rel=1e-5)


@pytest.mark.parametrize("side", [completely_positive, copositive])
def test_refusals(side):
    X = cp.Variable((3, 3))
    with pytest.raises(ValueError, match="affine"):
        side(cp.square(X))
    with pytest.raises(ValueError, match="square matrix expression"):
        side(cp.Variable((2, 3)))
    with pytest.raises(ValueError, match="5×5"):
        side(X, cone=NonNegative(5))
    with pytest.raises(ValueError, match="whole number"):
        side(X, level=-1)
    with pytest.raises(ValueError, match="unknown family"):
        side(X, family="magic")
