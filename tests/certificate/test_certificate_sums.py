"""Exact sums over a level: 64-bit limbs against the checker's own arithmetic."""

from fractions import Fraction

import numpy as np
import pytest

from copos import CompletelyPositiveProgram, NonNegative
from copos.certificate import absorb
from copos.certificate.dual import Identity, recover
from copos.certificate.exact_sums import ExactSums, over
from copos.certificate.problem import program_problem
from copos.certificate.writer import Margins, Writer
from copos.hierarchy import relax
from copos.reformulation.linear_network.program import linear_network
from copos.solvers import solve


def network(lift):
    return linear_network(np.eye(2), [[1.0, 2.0], [0.3, -1.0]], [2, 1, 2], lift=lift)


@pytest.mark.parametrize(("lift", "level"), [("projection", 0), ("projection", 1), ("factor", 0)])
def test_sums_of_limbs_are_those_of_the_checker(lift, level):
    program = network(lift)
    relaxation = relax(program, level)
    solution = solve(relaxation.form, "splitting", max_iterations=100)
    identity = Identity.of(relaxation, solution)
    writer = Writer(program, relaxation, identity, lambda: program_problem(program), Margins())
    found = recover(identity, relaxation, solution)
    assert writer.sums is not None
    hold = Fraction(3, 2**40)
    helds = [hold / 4**m for m in writer.shift]
    terms, kept = writer.rounded_terms(found, float(hold), everywhere=True)
    lam, multipliers = writer.rounded_multipliers(found)
    proof, _ = writer.proof(lam, multipliers, terms)
    grams = [term["gram"] for term in terms[len(terms) - len(helds) :]]
    quick = absorb._missing(writer, proof, grams, helds, kept, lam)
    assert "defect" not in grams[0]
    writer.sums = None
    assert quick and quick == absorb._missing(writer, proof, grams, helds, kept, lam)


def test_maps_that_were_rounded_are_not_summed():
    assert ExactSums.of(relax(network("factor"))) is not None
    cone = NonNegative(2).restrict(np.array([1.0, 0.3]))
    program = CompletelyPositiveProgram(cone, np.eye(2), [(np.ones((2, 2)), 1.0)])
    assert ExactSums.of(relax(program)) is None


def test_common_denominators():
    assert over([Fraction(-3, 4), Fraction(5), Fraction(1, 64)]) == ([-48, 320, 1], 6)
