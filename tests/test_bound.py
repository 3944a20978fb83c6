"""Brackets: both ends proved where the data allow it."""

import numpy as np
import pytest

import copos
from copos import instances
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


def test_irrational_atoms_have_no_exact_upper_bound_and_say_nothing_else():
    X, Y = np.random.default_rng(0).standard_normal((2, 3, 9))
    bound = copos.bracket(copos.linear_network(X, Y, [3, 1, 3], "projection"))
    assert bound.upper_certificate is None
    assert bound.upper == pytest.approx(bound.found.object.loss(X, Y))


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
