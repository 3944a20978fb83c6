"""The program that the checker makes of a quadratic program in the user's terms is that of the package."""

import json
from fractions import Fraction

import numpy as np
import pytest

import copos
from benchmarks._quadratic_programs import drawn
from copos.certificate.problem import program_problem
from copos.checker.check import check
from copos.checker.check_data import Data
from copos.checker.check_identity import program as read_program
from copos.checker.check_quadratic_program import QUESTIONS, coordinates
from copos.checker.check_questions import agree
from copos.reformulation.quadratic.coordinates import NeedsBound
from copos.reformulation.quadratic.exact_point import is_feasible
from copos.reformulation.quadratic.lift import Lift
from copos.reformulation.quadratic.presolve import presolve
from tests.checker import forgeries_quadratic_program
from tests.checker.forgeries_quadratic_program import MIXED, OTHERS, PLAIN, PROVED, made, variables


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
    relation = "≥" if "min" in program.question else "≤"
    assert made.say("lower bound", Fraction(1, 3)).startswith(f"the objective is {relation} ")


@pytest.mark.parametrize("make", forgeries_quadratic_program.HONEST)
def test_what_forged_questions_alter_is_made(make):
    rebuilt = make()
    assert rebuilt.program.dim > 0 and rebuilt.say("lower bound", 1)


def test_steps_of_the_presolve_keep_every_feasible_point():
    """Or, where a variable is dominated, one that is no worse."""
    rng = np.random.default_rng(5)
    inside = moved = 0
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
                y = found.moved(x)
                assert is_feasible(found.problem, y), (k, x)
                assert problem.sign * (problem.value(y) - problem.value(x)) <= 0, (k, x)
                moved += x != y
            else:
                assert not is_feasible(found.problem, x), (k, x)
    assert inside > 100 and moved > 10


@pytest.mark.parametrize("k", range(len(PROVED)))
def test_a_bound_about_the_tables_given_is_proved(k):
    document, problem = PROVED[k] if isinstance(PROVED[k], tuple) else (PROVED[k], None)
    said = check(document, problem)
    assert said.proved, said.reason
    assert said.claim.startswith("the objective is ≥ -1/4 at every feasible point of the quadratic program in 1 variab")


AT = "at a feasible point of the quadratic program in "
CLAIMS = [
    "the objective is ≤ 2 at every", f"the objective is ≥ 2 {AT}1 variable x: x = 2 [", "no point is feasible",
    f"the objective is ≤ 0 {AT}4 variables a, b, c, d: 1 point in the certificate",
    *["the objective is ≤ 2 at every"] * 4,
    "the objective is ≥ 5 at every", f"the objective is ≥ 2 {AT}1 variable x: 2 points", f"the objective is ≥ 1 {AT}1",
]


@pytest.mark.parametrize(("document", "words"), list(zip(OTHERS, CLAIMS, strict=True)))
def test_a_true_claim_is_proved_in_these_words(document, words):
    said = check(document)
    assert said.proved, said.reason
    assert said.claim.startswith(words)


@pytest.mark.parametrize(("ranges", "rows", "signs", "bits", "cuts"), [
    ([(False, None, None)], [{1: 1}], [False], [], []),
    ([(False, 2, None), (False, 0, None)], [{0: 2, 1: 1}, {2: 1}], [True, True], [], []),
    ([(False, None, 3), (False, None, 0)], [{0: 3, 1: -1}, {2: -1}], [True, True], [], []),
    ([(False, 1, 3), (False, 0, Fraction(1, 2))], [{0: 1, 1: 2}, {2: Fraction(1, 2)}], [True, True], [],
     [{0: 1, 1: -1}, {0: 1, 2: -1}]),
    ([(False, 5, 5), (True, -2, -2), (True, 0, 0)], [{0: 5}, {0: -2}, {}], [], [], []),
    ([(True, -1, 4), (True, 0, 1)], [{0: -1, 1: 1, 2: 2, 3: 2}, {4: 1}], [True] * 4, [1, 2, 3, 4],
     [{0: 1, k: -1} for k in (1, 2, 3, 4)]),
    # a range without numbers is left without points
    ([(False, 5, 4), (True, 0, -3)], [{0: 5, 1: 1}, {2: 1}], [True, True], [], [{0: -1, 1: -1}, {0: -3, 2: -1}]),
    ([(False, None, None), (False, 0, 2), (False, None, None), (False, 1, None)],
     [{3: 1}, {1: 2}, {4: 1}, {0: 1, 2: 1}], [True, True, False, False], [], [{0: 1, 1: -1}]),
])  # fmt: skip
def test_coordinates_of_every_kind_of_range(ranges, rows, signs, bits, cuts):
    assert coordinates(ranges) == ([{0: 1}, *rows], signs, bits, cuts)


BELOW = "at every feasible point of the quadratic program in "
LONG = Fraction(10**20 + 1, 3 * 10**20)


def wide(n):
    """n variables x_k ≥ 0."""
    return made(PLAIN, names=[f"x{k}" for k in range(n)], variables=variables(*[[0, 1, 0, 0, 0]] * n))


QUESTION = {
    # 2x + 7 over x ≥ 3 is 13, and x = 3 + u
    "min": made(PLAIN, min={"rows": [[0, 0, 7], [0, 1, 2]]}, variables=variables([0, 1, 3, 0, 0])),
    "max": made(PLAIN, min=None, max={"rows": [[0, 0, 7], [0, 1, 2]]}, variables=variables([0, 0, 0, 1, 3])),
    "plain": made(PLAIN), "mixed": made(MIXED), "4 names": wide(4), "5 names": wide(5),
}  # fmt: skip


@pytest.mark.parametrize(("name", "kind", "value", "words"), [
    ("min", "lower bound", -2, f"the objective is ≥ 11 {BELOW}1 variable x"),
    ("min", "upper bound", Fraction(1, 2), f"the objective is ≤ 27/2 {AT}1 variable x"),
    ("max", "lower bound", -2, f"the objective is ≤ 15 {BELOW}1 variable x"),
    ("max", "upper bound", 2, f"the objective is ≥ 11 {AT}1 variable x"),
    ("plain", "lower bound", 5, f"the objective is ≥ 5 {BELOW}1 variable x"),
    ("plain", "lower bound", LONG, f"the objective is ≥ 0.333333333333… (exactly {LONG}) {BELOW}1 variable x"),
    ("plain", "upper bound", LONG, f"the objective is ≤ 0.333333333334… (exactly {LONG}) {AT}1 variable x"),
    ("4 names", "lower bound", 0, f"the objective is ≥ 0 {BELOW}4 variables x0, x1, x2, x3"),
    ("5 names", "lower bound", 0, f"the objective is ≥ 0 {BELOW}5 variables x0, x1, x2, x3, …"),
    ("mixed", "infeasible", None, "no point is feasible for the quadratic program in 3 variables x, y, z"),
])  # fmt: skip
def test_what_is_said_of_a_value_is_about_the_objective(name, kind, value, words):
    assert QUESTION[name]().say(kind, value) == words


@pytest.mark.parametrize(("rebuilt", "atoms", "words"), [
    # u_0, and x = 3 + u_1 or 3 − u_1 at u_0 = 1
    (QUESTION["min"], [(Fraction(1, 4), [2, 1])], "x = 7/2"),
    (QUESTION["max"], [(1, [1, 5])], "x = -2"),
    # x = −1 + 3u_1 = z, y = u_2 + 2u_3 + 2u_4
    (made(MIXED), [(1, [2, Fraction(2, 3), 2, 0, 2])], "x = 0, y = 3, z = 0"),
    (made(PLAIN), [(1, [1, 10**12 - 1])], "x = 999999999999"),
    (made(PLAIN), [(1, [1, Fraction(1, 10**12)])], "1 point in the certificate"),
    (made(PLAIN), [(1, [1, 10**12])], "1 point in the certificate"),
    (made(PLAIN), [(1, [1, 2]), (0, [1, 3])], "2 points in the certificate"),
    (made(PLAIN), [], "0 points in the certificate"),
    (wide(2), [(1, [1, 2, 10**12])], "1 point in the certificate"),
    (wide(20), [(1, [1] * 21)], ", ".join(f"x{k} = 1" for k in range(20))),
    (wide(21), [(1, [1] * 22)], "1 point in the certificate"),
])  # fmt: skip
def test_points_are_shown_in_the_variables_of_the_user(rebuilt, atoms, words):
    shown = rebuilt().points
    assert shown is not None and shown(atoms) == words


@pytest.mark.parametrize("name", ["", "x\nproved: the objective is ≥ 7", "x\u202e7", "x" * 201])
def test_the_package_takes_no_name_that_the_checker_refuses(name):
    with pytest.raises(ValueError, match="names of variables must be different printable texts of 1 to 200 characters"):
        copos.quadratic_program([[1]], names=[name])
    assert copos.quadratic_program([[1]], names=["größe " + "x" * 194]).names[0].endswith("x")
