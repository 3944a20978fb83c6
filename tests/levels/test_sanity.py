"""What must hold between statements about one minimum is asked, and a failure is an error, never a bound."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import copos
from copos import solvers
from copos.arithmetic.svec import svec
from copos.certificate import Certificate
from copos.certificate.problem import program_problem
from copos.certificate.produce import Proved
from copos.conic import Cones, ConicForm, Solution, Status
from copos.levels import level as one
from copos.levels.bound import Bound
from copos.levels.sanity import InternalError, ordered, sane
from copos.program import Recovered
from copos.solvers.honest import honest

Q = np.array([[2.0, -1.0], [-1.0, 1.0]])  # minimum 1/5 at (2, 3)/5


def program(**changes):
    return replace(copos.standard_quadratic(Q), question=None, **changes)


def test_a_lying_proof_is_an_internal_error(monkeypatch):
    """A lower bound above the exact value of a feasible point, whoever made it."""
    p = program()
    certificate = Certificate("lower bound", program_problem(p), {"value": 7})
    monkeypatch.setattr(one, "certify_lower_bound", lambda *a, **k: Proved(Fraction(7), certificate, "a lie"))
    with pytest.raises(InternalError, match="please report"):
        copos.bracket(p)
    with pytest.raises(InternalError, match="please report"):
        copos.bracket(p, tolerance=1e-6)


def test_a_lying_recover_is_an_internal_error():
    """A point whose value, in floating point, is far below what is proved, and whose atom is not exactly feasible."""
    found = Recovered("solution", 0.1, np.array([0.4, 0.6]))
    p = program(recover=lambda Y: found, exact_atom=lambda x: [Fraction(-1), Fraction(1)])
    with pytest.raises(InternalError, match="a point of value 0.1"):
        copos.bracket(p)


def test_rounding_raises_the_upper_bound_to_the_lower_one():
    p = program()
    exact = Fraction(1, 5) - Fraction(1, 2**60)
    found = Recovered("solution", 0.2 - 1e-12, np.array([0.4, 0.6]))
    bound = sane(Bound(lower=float(exact), exact=exact, proved=True, upper=found.value, found=found), p)
    assert Fraction(bound.upper) >= exact > Fraction(found.value) and "rounding" in bound.upper_reason
    assert bound.upper <= 0.2 + 1e-15


@pytest.mark.parametrize("gap", [Fraction(1, 10**40), Fraction(1, 3)])
def test_proved_bounds_are_compared_without_a_tolerance(gap):
    half = Fraction(1, 2)
    assert ordered(program(), 0.5, half, 0.5, half, None) == (0.5, "")
    with pytest.raises(InternalError, match="as an upper one"):
        ordered(program(), 0.5, half + gap, 0.5, half, None)


def test_nothing_feasible_and_a_feasible_point_exclude_each_other():
    found = Recovered("solution", 1.0, np.ones(2))
    with pytest.raises(InternalError, match="infeasible"):
        ordered(program(), np.inf, None, 1.0, Fraction(1), found)
    # it satisfied its equations to rounding only
    assert ordered(program(), np.inf, None, 1.0, None, found)[0] == np.inf
    with pytest.raises(InternalError, match="not a number"):
        ordered(program(), np.nan, None, 1.0, None, found)


def test_claimed_infeasible_is_called_a_claim(monkeypatch):
    monkeypatch.setattr(one, "certify_infeasible", lambda *a, **k: (None, "infeasible is claimed by the solver"))
    E = np.ones((2, 2))
    p = copos.CompletelyPositiveProgram(copos.NonNegative(2), E, [(E, 1.0), (np.eye(2), 2.0)])
    bound = copos.lower_bound(p)
    assert bound.lower < np.inf and bound.status is Status.INFEASIBLE and "claimed by the solver" in bound.reason


def lmi():
    """min x_1 + x_2, [[x_1, 1], [1, x_2]] ⪰ 0: the value is 2 at (1, 1)."""
    A = -np.stack([svec([[1.0, 0], [0, 0]]), svec([[0.0, 0], [0, 1]])], axis=1)
    return ConicForm([1.0, 1.0], A, svec([[0.0, 1.0], [1.0, 0.0]]), Cones(psd=(2,)))


@pytest.mark.parametrize("loose", [{"tol_feas": 1.0, "tol_gap_abs": 1.0, "tol_gap_rel": 1.0}])
def test_a_solver_that_stops_early_is_not_believed(loose):
    """Clarabel calls this solved, by its own loose yardstick."""
    found = solvers.solve(lmi(), "clarabel", **loose)
    assert found.status is Status.INACCURATE and "calls this optimal" in found.message
    assert max(lmi().errors(found)) > 1e-6
    assert solvers.solve(lmi(), "clarabel").status is Status.OPTIMAL


def test_by_default_the_next_solver_is_tried(monkeypatch):
    """An adapter that says optimal of a pair with a dual residual of 4 per cent, as one does on a control problem."""
    from copos.solvers import clarabel

    truth = clarabel.solve(lmi())
    lie = replace(truth, z=1.04 * truth.z)
    monkeypatch.setattr(clarabel, "solve", lambda form, **options: lie)
    assert solvers.solve(lmi(), "clarabel").status is Status.INACCURATE
    found = solvers.solve(lmi())
    assert found.solver == "splitting" and found.status is Status.OPTIMAL
    assert found.value == pytest.approx(2.0, abs=1e-6)


@pytest.mark.parametrize("solver", ["clarabel", "scs", "cvxopt", "splitting"])
@pytest.mark.parametrize("part", ["x", "s", "z"])
def test_every_part_of_an_answer_counts(solver, part):
    if solver not in solvers.available():
        pytest.skip(f"{solver} is not installed")
    found = solvers.solve(lmi(), solver)
    wrong = replace(found, **{part: getattr(found, part) + 0.05})
    assert honest(lmi(), found, {}).status is Status.OPTIMAL
    assert honest(lmi(), wrong, {}).status is Status.INACCURATE


def test_rays_that_are_none_are_failures():
    form = ConicForm([1.0], [[-1.0], [1.0]], [-2.0, 1.0], Cones(nonnegative=2))  # 2 ≤ x ≤ 1
    good = Solution(Status.INFEASIBLE, np.zeros(1), np.zeros(2), np.ones(2), np.inf, np.inf, "highs")
    bad = replace(good, z=np.array([0.5 + 1e-3, 0.0]))
    assert honest(form, good, {}).status is Status.INFEASIBLE
    assert honest(form, bad, {}).status is Status.FAILED and "off by" in honest(form, bad, {}).message
    free = ConicForm([-1.0], [[-1.0]], [0.0], Cones(nonnegative=1))  # x ≥ 0, min −x
    ray = Solution(Status.UNBOUNDED, np.ones(1), np.ones(1), np.zeros(1), -np.inf, -np.inf, "highs")
    assert honest(free, ray, {}).status is Status.UNBOUNDED
    assert honest(free, replace(ray, x=-np.ones(1)), {}).status is Status.FAILED


def test_stopped_early_keeps_what_was_proved(monkeypatch):
    """A later step that proves nothing takes nothing away."""
    p = copos.standard_quadratic(np.eye(5) + np.roll(np.eye(5), 1, 0) + np.roll(np.eye(5), -1, 0))
    first = copos.bracket(p)
    real = one.certify_lower_bound

    def forgetful(program, relaxation, *rest, **keywords):
        if relaxation.level:
            return Proved(None, None, "no proof")
        return real(program, relaxation, *rest, **keywords)

    monkeypatch.setattr(one, "certify_lower_bound", forgetful)
    bound = copos.bracket(p, tolerance=1e-9, max_level=1, branch=False)
    assert bound.lower == first.lower and bound.proved and bound.certificate.verify(p).proved
