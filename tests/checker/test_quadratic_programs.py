"""The program that the checker makes of a quadratic program in the user's terms is that of the package."""

import json
from fractions import Fraction

import numpy as np
import pytest

from benchmarks._quadratic_programs import drawn
from copos.certificate.problem import program_problem
from copos.checker.check_data import Data
from copos.checker.check_identity import program as read_program
from copos.checker.check_quadratic_program import QUESTIONS
from copos.checker.check_questions import agree
from copos.reformulation.quadratic.coordinates import NeedsBound
from copos.reformulation.quadratic.exact_point import is_feasible
from copos.reformulation.quadratic.lift import Lift
from copos.reformulation.quadratic.presolve import presolve
from tests.checker import forgeries_quadratic_program


@pytest.mark.parametrize("k", range(40))
def test_the_checker_makes_the_same_program(k):
    """From the question, with code of its own: coordinates, steps of the presolve, blocks, forms."""
    try:
        lift = Lift(drawn(k))
        program = lift.program
    except NeedsBound:
        return
    made = QUESTIONS["quadratic program"](json.loads(json.dumps(dict(program.question))), Data(None))
    agree(read_program(program_problem(program)), made.program)
    assert made.say("lower bound", Fraction(1, 3)).split()[3].rstrip("…") != ""


@pytest.mark.parametrize("make", forgeries_quadratic_program.HONEST)
def test_the_honest_twins_of_forged_questions_are_made(make):
    rebuilt = make()
    assert rebuilt.program.dim > 0 and rebuilt.say("lower bound", 1)


def test_steps_of_the_presolve_keep_every_feasible_point():
    rng = np.random.default_rng(5)
    inside = 0
    for k in range(120):
        problem = drawn(k)
        found = presolve(problem)
        if not found.steps and not found.implied:
            continue
        low = [v if v is not None else Fraction(-9) for v in problem.lower]
        high = [v if v is not None else Fraction(9) for v in problem.upper]
        for _ in range(60):
            x = [a + (b - a) * Fraction(int(rng.integers(0, 9)), 8) for a, b in zip(low, high, strict=True)]
            x = [Fraction(round(v)) if whole else v for v, whole in zip(x, problem.integer, strict=True)]
            if is_feasible(problem, x):
                inside += 1
                assert is_feasible(found.problem, x), (k, x)
            else:
                assert not is_feasible(found.problem, x), (k, x)
    assert inside > 100
