"""No statement of a bound is wrong: short programs of every kind, and what the experiment itself must notice."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import copos
from benchmarks import _random_programs as programs
from benchmarks import soundness
from copos import NonNegative, SecondOrder


def test_every_statement_about_random_programs_is_right():
    """All kinds, families, Gram cones and solvers; `python -m benchmarks.soundness` runs thousands."""
    rows = [soundness.outcome(k) for k in range(36)]
    assert not [(row["k"], row["wrong"]) for row in rows if row["wrong"]]
    assert Counter(row["kind"] for row in rows) == dict.fromkeys(soundness.ALL, 3)
    assert {row["gram"] for row in rows} == {"sdp", "sdd", "dd"} and {row["level"] for row in rows} == {0, 1, 2}
    # the sequence would show nothing if little were proved; levels that bound nothing and early stops cannot be
    assert sum(row["proved"] for row in rows) >= 24
    known = [row for row in rows if row["upper"] or row["optimum"]]
    assert len(known) > 33


def test_the_experiment_is_deterministic():
    again = [soundness.drawn(7)[1].program.C.rows.toarray() for _ in range(2)]
    assert np.array_equal(*again)


def test_mistakes_are_noticed():
    """A case whose upper bound or optimum is too low shows every proved bound as wrong."""
    case = programs.standard(np.random.default_rng(0), 0)
    bound = copos.bracket(case.program)
    assert not list(soundness.mistakes(case, bound)) and bound.proved
    low = case._replace(upper=bound.exact - Fraction(1, 10**9))
    assert "a proved lower bound above a proved upper bound" in list(soundness.mistakes(low, bound))
    low = case._replace(optimum=bound.exact - Fraction(1, 10**9))
    assert "a proved lower bound above the optimum" in list(soundness.mistakes(low, bound))
    raised = replace(bound, exact=bound.exact + 1)
    assert "the number is not the proved one" in list(soundness.mistakes(case, raised))
    forged = replace(bound, certificate=replace(bound.certificate, proof={**bound.certificate.proof, "value": 10**6}))
    assert "the checker rejects the lower bound" in list(soundness.mistakes(case, forged))


@pytest.mark.parametrize("lift", ["auto", "projection"])
def test_masked_targets_with_a_ridge_are_proved_at_both_ends(lift):
    """Without a ridge nothing bounds the moments of an output that is never observed; with one there is a proof."""
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((2, 2, 5))
    mask = (rng.random((2, 5)) < 0.6).astype(float)
    program = copos.linear_network(X, Y, [2, 1, 2], lift, weights=mask, ridge=0.1)
    bound = copos.bracket(program)
    assert bound.proved and bound.certificate.verify(program).proved
    assert bound.upper_certificate is not None and bound.upper_certificate.verify(program).proved
    assert bound.lower <= bound.upper <= bound.lower + 1e-6


def test_branching_refuses_levels_in_other_coordinates():
    """The cells of a partition are no products of cones."""
    K = NonNegative(2) * SecondOrder(2)
    program = copos.CompletelyPositiveProgram(K, np.diag([1.0, 2.0, 3.0, 1.0]), [(np.outer(K.unit, K.unit), 1.0)])
    with pytest.raises(ValueError, match="product of cones"):
        copos.branch_and_bound(program, family="nishijima-nakata-sos")
