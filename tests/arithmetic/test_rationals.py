"""Rational companions of floating-point data."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp

from copos import CompletelyPositiveProgram, NonNegative
from copos.arithmetic import svec
from copos.arithmetic.rationals import RationalRows, nearest, rational
from copos.certificate import program_problem
from copos.forms import Forms


def thirds():
    M = np.array([[Fraction(1, 3), Fraction(1, 7)], [Fraction(1, 7), 0]], dtype=object)
    return Forms.of(M)


def test_floats_are_the_nearest_doubles():
    big = Fraction(10**40 + 1, 3 * 10**39)
    assert nearest(big) == float(big)
    assert RationalRows(1, ({0: big},)).floats().data.tolist() == [float(big)]


def test_decimals_are_taken_as_written():
    assert rational(Decimal("0.1")) == Fraction(1, 10)
    assert rational(0.1) == Fraction(0.1) != Fraction(1, 10)


@pytest.mark.parametrize("value", [Decimal("nan"), Decimal("inf"), "one", None, 1j])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(ValueError, match="finite number"):
        Forms.from_terms([0], [0], [0], np.array([value], dtype=object), 1, 1)


def test_forms_keep_their_rationals_through_every_operation():
    f = thirds()
    both = Forms.stack([f, Forms.of(np.eye(2))])
    assert both.rationals().rows[0] == {0: Fraction(1, 3), 1: Fraction(2, 7)}
    assert both.rationals().rows[1] == {0: 1, 2: 1}
    assert both.take([1, 0]).rationals().rows == both.rationals().rows[::-1]
    assert both.combine(np.array([3, Fraction(1, 3)], dtype=object)).rationals().rows[0] == {
        0: Fraction(4, 3), 1: Fraction(6, 7), 2: Fraction(1, 3)
    }  # fmt: skip
    assert f.plus(f, -1).rationals().rows[0] == {}
    wide = f.widened(5)
    assert wide.rationals().rows == f.rationals().rows and wide.rows.shape[1] == svec.length(5)


def test_substitution_is_exact():
    T = sp.csr_array([[0.5, 1.0], [0.0, -2.0]])
    g = thirds().substitute(T)
    # (u/2 + v)²/3 + (2/7)(u/2 + v)(−2v)
    assert g.rationals().rows[0] == {
        0: Fraction(1, 12), 1: Fraction(1, 3) - Fraction(2, 7), 2: Fraction(1, 3) - Fraction(4, 7)
    }  # fmt: skip
    assert np.allclose(g.values([0.3, 0.7]), thirds().values(T @ [0.3, 0.7]))


def test_an_asymmetric_rational_matrix_names_the_place():
    with pytest.raises(ValueError, match=r"1/3 at \(0, 1\), 1/2 at \(1, 0\)"):
        Forms.of(np.array([[0, Fraction(1, 3)], [Fraction(1, 2), 0]], dtype=object))


def test_a_certificate_states_the_rationals():
    program = CompletelyPositiveProgram(NonNegative(2), thirds(), [(np.eye(2), Fraction(1, 3))])
    problem = program_problem(program)
    assert problem["objective"] == [[0, 0, "1/3"], [0, 1, "2/7"]]
    assert problem["equations"] == [{"form": [[0, 0, 1], [1, 1, 1]], "value": "1/3"}]
    assert program.equations[1].tolist() == [1 / 3]


def test_a_changed_program_answers_no_question():
    program = CompletelyPositiveProgram(NonNegative(2), np.eye(2), [(np.eye(2), 1)], question={"type": "any"})
    assert program.question == {"type": "any"}
    assert program.changed(name="other").question is None
    assert program.with_unit([1, 2]).question is None
