"""The program that the checker makes of a question is that of the package, in every coefficient."""

from fractions import Fraction

import numpy as np
import pytest

import copos
from copos import Loss, MatrixConstraints, linear_network
from copos.certificate.problem import program_problem
from copos.checker import check_identity, check_questions
from copos.checker.check_data import Data
from copos.checker.check_reading import Rejected
from tests.checker.test_questions_quadratic import PROGRAMS
from tests.reformulation.linear_network.test_network_proofs import KINDS as NETWORKS
from tests.reformulation.linear_network.test_network_proofs import small

RNG = np.random.default_rng(5)
X, Y = RNG.integers(-4, 5, (3, 4)) / 4, RNG.integers(-4, 5, (2, 4)) / 4
WIDE, TALL = RNG.integers(-4, 5, (2, 3)) / 2, RNG.integers(-4, 5, (3, 3)) / 2
FACTOR = ["bounded", "balanced", "projection"]
EQUAL = MatrixConstraints.row_sums((2, 2), 1.0)
# name ↦ (X, Y, options); beside the small square networks of `NETWORKS`
LIFTS = {
    **{name: (small()[0][: options.get("widths", [2])[0]], small()[1][: options.get("widths", [2])[0]],
              {"widths": [2, 1, 2], **options}) for name, options in NETWORKS.items()},
    "oblong factor": (X, Y, dict(widths=[3, 1, 2], lift="factor", strengthen=[*FACTOR, "minors"])),
    "oblong, rank 2": (X, Y, dict(widths=[3, 2, 2], lift="factor", strengthen=FACTOR)),
    "oblong, whitened": (X, Y, dict(widths=[3, 1, 2], lift="factor", strengthen=["bounded", "whiten"])),
    **{f"oblong {lift}": (X, Y, dict(widths=[3, 1, 2], lift=lift, strengthen=["minors"]))
       for lift in ("projection", "projection-input", "projection-both")},
    **{f"oblong {lift}, whitened": (X, Y, dict(widths=[3, 1, 2], lift=lift, strengthen=["whiten"]))
       for lift in ("projection", "projection-input", "projection-both")},
    **{f"oblong {lift}, full": (X, Y, dict(widths=[3, 2, 2], lift=lift)) for lift in ("projection", "projection-both")},
    **{f"more outputs, {lift}": (WIDE, TALL, dict(widths=[2, 1, 3], lift=lift, strengthen=names))
       for lift, names in (("projection", []), ("projection", ["whiten"]), ("projection-both", ["whiten"]),
                           ("projection-input", []), ("factor", ["whiten"]))},
    "rank 2 of 3": (TALL, TALL[::-1] - 1, dict(widths=[3, 2, 3], lift="projection-both")),
    "dependent inputs": (np.vstack([X, X[0] + 2 * X[1], X[2]]), Y, dict(widths=[5, 1, 2], lift="projection",
                                                                         strengthen=["whiten"])),
    "decay of two layers": (X, Y, dict(widths=[3, 1, 2], weight_decay=Fraction(1, 3))),
    "decay of four layers": (X[:1], Y[:1], dict(widths=[1] * 5, weight_decay=2)),
    "decay of three layers, oblong": (X[:2], Y[:1], dict(widths=[2, 1, 2, 1], weight_decay=0.75)),
    "decay of three layers, free": (X[:2], Y[:1], dict(widths=[2, 2, 2, 1], weight_decay=0.75, loss="absolute")),
    "decay and whitened": (2 * np.eye(2), TALL[:2, :2], dict(widths=[2, 1, 2], weight_decay=0.5, lift="factor",
                                                             strengthen=["whiten"])),
    "absolute, weighted": (X[:2], Y, dict(widths=[2, 1, 2], loss="absolute", weights=np.array([[1, 0, 2, 1.0],
                                                                                           [0, 1, 1, 0.5]]))),
    "absolute, bounded": (X[:2], Y, dict(widths=[2, 1, 2], loss="absolute", lift="factor", strengthen=["bounded"])),
    "huber, bounded": (X[:2], Y, dict(widths=[2, 1, 2], loss=Loss("huber", 0.25), lift="factor",
                                      strengthen=["bounded"], output_weight=[1, 3])),
    "huber of a ridge": (X[:2], Y[:1], dict(widths=[2, 1, 1], loss=Loss("huber", 0.625), ridge=0.5)),
    "ridge, bounded": (X, Y, dict(widths=[3, 1, 2], ridge=Fraction(1, 7), lift="factor", strengthen=["bounded"])),
    "weights, bounded": (X, Y, dict(widths=[3, 2, 2], lift="factor", strengthen=["bounded"],
                                    weights=1 + np.arange(8).reshape(2, 4) / 8)),
    "equations and ends": (X[:2], Y, dict(widths=[2, 1, 2], lift="projection",
                                          constraints=EQUAL & MatrixConstraints.box((2, 2), -1, 2))),
    "box and decay": (X[:2], Y, dict(widths=[2, 1, 2], weight_decay=1, lift="factor", strengthen=["bounded"],
                                     constraints=MatrixConstraints.box((2, 2), -1, 2))),
    "intercept, bounded": (X, Y, dict(widths=[3, 1, 2], intercept=True, lift="factor", strengthen=["bounded"])),
    "word of the user": (X[:2], Y, dict(widths=[2, 1, 2], lift="factor", strengthen=["bounded"], trace_bound=0.25)),
}  # fmt: skip


def both(program):
    """(the program as a certificate states it, what the checker makes of its question)."""
    question = dict(program.question)
    made = check_questions.QUESTIONS[question["type"]](question, Data(None))
    return check_identity.program(program_problem(program)), made


@pytest.mark.parametrize("name", LIFTS)
def test_lifts_are_made_anew(name):
    X, Y, options = LIFTS[name]
    p, made = both(linear_network(X, Y, **options))
    check_questions.agree(p, made.program, made.stated or [])
    assert bool(made.assumed) == (name == "word of the user")
    if made.assumed:
        assert made.assumed[0].endswith("tr Z = 2‖W‖_* ≤ 1/4")


@pytest.mark.parametrize("name", PROGRAMS)
def test_quadratic_programs_are_made_anew(name):
    program, _ = PROGRAMS[name]()
    p, made = both(program)
    check_questions.agree(p, made.program, made.stated or [])
    assert not made.assumed and made.points is not None


@pytest.mark.parametrize("name", ["plain", "factor, bounded", "absolute", "huber", "decay of three layers", "box"])
def test_what_a_network_claims_is_rounded_to_what_is_proved(name):
    X, Y, options = LIFTS[name]
    _, made = both(linear_network(X, Y, **options))
    value = Fraction(10**20 + 1, 3 * 10**20)
    low, high, none = (made.say(kind, value) for kind in ("lower bound", "upper bound", "infeasible"))
    assert low.startswith("every linear network") and "at least the value 0.333333333333…" in low
    assert high.startswith("some linear network") and "at most the value 0.333333333334…" in high
    assert none.startswith("no linear network") and none.endswith("satisfies its constraints")
    assert made.points is not None
    dim = made.program.dim
    assert made.points([(1, [1] * dim)]) == "1 point" and made.points([(0, [0] * dim), (1, [1] * dim)]) == "2 points"
    with pytest.raises(Rejected):
        made.points([(1, [0, *[1] * (dim - 1)])])


def test_a_program_that_states_more_of_its_optimum_is_compared_without_it():
    """What is stated must be among what was shown, and is no part of the cone that is compared."""
    program = copos.linear_network(X[:2], Y, [2, 1, 2], "factor")
    _, made = both(program)
    p = check_identity.program(program_problem(program, program.assumed_forms))
    assert p.stated == len(made.stated or []) == 1
    check_questions.agree(p, made.program, made.stated or [])
    with pytest.raises(Rejected, match="an inequality that the question does not imply"):
        check_questions.agree(p, made.program, [])
    with pytest.raises(Rejected, match="an inequality that the question does not imply"):
        check_questions.agree(p, made.program, [{v: 2 * c for v, c in (made.stated or [{}])[0].items()}])
