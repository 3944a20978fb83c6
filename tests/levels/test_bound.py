"""Brackets: both ends proved where the data allow it."""

import numpy as np
import pytest

import copos
from copos import instances
from copos.arithmetic.rational_frames import frame, identity
from copos.certificate import certify_upper_bound
from copos.conic import Cones, ConicForm, Solution, Status
from copos.levels.bound import claimed_value
from copos.reformulation.linear_network.low_rank import svd_solution
from tests.cases import POPULATION


def programs():
    return {
        "stable set": (copos.stability_number(instances.graphs.petersen()), 0.25),
        "stable set, vanishing edges": (copos.stability_number(instances.graphs.petersen(), edges="vanishing"), -4.0),
        "simplex": (copos.standard_quadratic(POPULATION), -49 / 3),
        "binary": (copos.binary_quadratic(np.array([[1.0, -3.0], [-3.0, 1.0]])), -4.0),
    }


@pytest.mark.parametrize("name", programs())
def test_both_ends_are_proved_and_meet(name):
    program, value = programs()[name]
    bound = copos.bracket(program)
    assert bound.proved and bound.certificate.verify(program).proved
    assert bound.upper_certificate is not None and bound.upper_certificate.verify(program).proved
    assert bound.lower <= bound.upper == pytest.approx(value, rel=1e-14)
    assert bound.gap < 1e-5 * max(1, abs(value))


LIFTS = [("projection", ()), ("projection", ("whiten",)), ("factor", ()), ("factor", ("projection",)),
         ("factor", ("bounded", "balanced")), ("factor", ("whiten", "bounded", "balanced", "projection"))]  # fmt: skip


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize(("lift", "strengthen"), LIFTS)
def test_upper_bounds_of_networks_are_proved_at_rational_atoms(lift, strengthen, rank):
    """Every lift has rational points near an optimal network, of rank ≤ r exactly; also near one of lower rank."""
    X, Y = np.random.default_rng(rank).standard_normal((2, 3, 9))
    program = copos.linear_network(X, Y, [3, rank, 3], lift, strengthen)
    best = svd_solution(X, Y, rank)
    for W, value in ((best, copos.svd_value(X, Y, rank)), (np.zeros((3, 3)), (Y**2).sum())):
        upper, certificate, reason = certify_upper_bound(program, program.exact_atom(W))
        assert certificate is not None and certificate.verify(program).proved, reason
        assert float(upper) == pytest.approx(value, rel=1e-13)
        assert len(str(certificate.document())) < 100_000


def test_bracket_of_a_network_is_proved_at_both_ends():
    X, Y = np.random.default_rng(0).standard_normal((2, 3, 9))
    program = copos.linear_network(X, Y, [3, 1, 3], "projection")
    bound = copos.bracket(program)
    assert bound.upper_certificate.verify(program).proved
    assert bound.upper == pytest.approx(bound.found.solution.loss(X, Y), rel=1e-13)
    value = copos.svd_value(X, Y, 1)
    assert bound.lower <= value * (1 + 1e-13) and value * (1 - 1e-13) <= bound.upper


def test_upper_bounds_of_rank_constrained_programs():
    """A largest cut is a sign vector; without equations any rank has rational points."""
    A = np.ones((3, 3)) - np.eye(3)
    cut = copos.bracket(copos.rank_constrained(A, [(np.diag(e), 1.0) for e in np.eye(3)], rank=1))
    assert cut.upper == -2.0 and cut.upper_certificate is not None
    program = copos.rank_constrained(np.diag([1.0, -1.0, -2.0]), [], rank=2, trace_bound=3.0)
    X = np.outer([0.6, 1.0, 0.1], [0.6, 1.0, 0.1]) + np.outer([0.0, 0.2, 0.3], [0.0, 0.2, 0.3])
    upper, _, reason = certify_upper_bound(program, program.exact_atom(X))
    assert float(upper) == pytest.approx(program.value(program.atom(X)), abs=1e-6), reason
    far, _, reason = certify_upper_bound(program, program.exact_atom(100 * X))
    assert far is None and "not exactly feasible" in reason


@pytest.mark.parametrize(("n", "r"), [(1, 1), (3, 1), (4, 4), (7, 3)])
def test_rational_frames_are_orthonormal_and_near(n, r):
    U = np.linalg.qr(np.random.default_rng(n).standard_normal((n, n)))[0][:, :r]
    Q = frame(U)
    assert (Q.T @ Q == identity(r)).all()
    assert np.abs(Q.astype(float) - U).max() < 1e-7
    unit = frame(np.eye(n)[:, :r])
    assert (unit == identity(n)[:, :r]).all()


def test_without_proofs_there_is_no_lower_bound():
    bound = copos.bracket(programs()["simplex"][0], certify=False)
    assert bound.lower == -np.inf and not bound.proved and "certify=False" in bound.reason
    assert bound.certificate is None and bound.upper_certificate is None
    assert bound.claimed == pytest.approx(-49 / 3, rel=1e-6)


def test_upper_bound_alone_claims_no_lower_one():
    bound = copos.upper_bound(programs()["simplex"][0])
    assert bound.lower == -np.inf and bound.upper == pytest.approx(-49 / 3)


def test_programs_without_recovery_have_no_bracket():
    program = copos.CompletelyPositiveProgram(copos.NonNegative(2), np.eye(2), [(np.ones((2, 2)), 1.0)])
    with pytest.raises(ValueError, match="recover"):
        copos.bracket(program)


def test_infeasible_programs_have_a_proof_and_no_object():
    program = copos.binary_quadratic(np.eye(2), A=[[1, 1]], b=[3])
    bound = copos.bracket(program)
    assert bound.lower == np.inf and bound.proved and bound.certificate.verify(program).proved
    assert bound.upper == np.inf and bound.found is None


@pytest.mark.parametrize(("v", "distance"), [([-3.0, 0, 0], 3), ([-1.0, 3, 4], 6), ([5.0, 3, 4], 0), ([4.0, 3, 4], 1),
    ([0.0, 0, 0], 0)])
def test_the_distance_from_a_second_order_cone(v, distance):
    assert Cones(second_order=(3,)).distance(np.array(v)) == distance


@pytest.mark.parametrize("wrong", [0.25, -0.25])
def test_a_claim_pays_for_what_the_dual_lacks(wrong):
    """min x, x ≥ 1: with z = 1 + wrong the claim is lowered by |wrong|·|x|, whatever its sign."""
    form = ConicForm([1.0], [[-1.0]], [-1.0], Cones(nonnegative=1))
    z = np.array([1.0 + wrong])
    dual = float(-form.b @ z)
    solution = Solution(Status.OPTIMAL, np.array([1.0]), np.array([0.0]), z, 1.0, dual, "none")
    assert claimed_value(form, solution) == min(1.0, dual - abs(wrong))
