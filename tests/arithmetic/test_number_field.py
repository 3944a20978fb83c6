"""Number fields: exact signs and quotients, also where the polynomial is reducible; elimination over them."""

import math
import random
from fractions import Fraction

import pytest

from copos.arithmetic import exact, from_sympy, ordered_field, univariate
from copos.arithmetic.algebraic_matrix import algebraic
from copos.arithmetic.number_field import NumberField, cosines, shortest, written

FIELDS = {
    "root of two": (NumberField([-2, 0, 1], (1, 2)), 2**0.5),
    "its negative": (NumberField([-2, 0, 1], (-2, -1)), -(2**0.5)),
    "reducible": (NumberField([6, -2, -3, 1], (1, 2)), 2**0.5),
    "three times": (NumberField([-8, 0, 12, 0, -6, 0, 1], (1, 2)), 2**0.5),
    "not monic": (NumberField([1, -4, -4, 8], ("9/10", 1)), math.cos(math.pi / 7)),
    "degree six": (NumberField.cosine(13), 2 * math.cos(math.pi / 13)),
    "rational": (NumberField([-3, 2], (1, 2)), 1.5),
}


@pytest.mark.parametrize("name", FIELDS)
def test_numbers_agree_with_floating_point(name):
    F, value = FIELDS[name]
    rng = random.Random(name)
    assert float(F.root) == pytest.approx(value, rel=1e-15)
    for _ in range(20):
        f, g = ([Fraction(rng.randint(-9, 9), rng.randint(1, 5)) for _ in range(F.degree)] for _ in range(2))
        x, y = (sum(float(c) * value**k for k, c in enumerate(h)) for h in (f, g))
        a, b = F(f), F(g)
        for found, expected in [(a + b, x + y), (a - b, x - y), (a * b, x * y), (3 - a, 3 - x), (a / 7, x / 7)]:
            assert float(found) == pytest.approx(expected, rel=1e-9, abs=1e-9)
        assert a.sign() == (x > 1e-12) - (x < -1e-12) and (a < b) == (x < y - 1e-12)
        if b:
            assert a / b * b == a and 1 / b * b == 1 and a // b == math.floor(round(x / y, 9))
        assert a - a == 0 and not (a - a) and abs(a) >= 0 and float(abs(a)) == abs(float(a))
        low = a.below(20)
        assert low <= a and (a - low) * 2**19 <= 1 and (low.denominator <= 2**20 or low == a)


def test_zero_is_seen_without_a_minimal_polynomial():
    F = FIELDS["reducible"][0]
    x = F.root**2 - 2
    assert x.coefficients and x == 0 and float(x) == 0.0
    with pytest.raises(ZeroDivisionError):
        1 / x
    # (α − 3) has a common divisor with p and does not vanish
    assert (F.root - 3) * (1 / (F.root - 3)) == 1
    p, q = 1, 1
    for k in range(300):
        p, q = p + 2 * q, p + q
        assert (F.root - Fraction(p, q)).sign() == (1 if k % 2 else -1)


@pytest.mark.parametrize(("polynomial", "interval", "words"), [
    ([-2, 0, 1], (2, 3), "no single root"), ([-2, 0, 1], (-2, 2), "no single root"),
    ([0, -1, 0, 1], (-2, 2), "no single root"),
    ([4, -4, 1], (1, 3), "no single root"), ([3], (0, 1), "degree 1 to 64"), ([-2, 0, 0], (0, 1), "degree 1 to 64"),
    ([-1] * 70, (0, 1), "degree 1 to 64"), ([Fraction(1, 2), 1], (-1, 0), "integer coefficients"),
    (["x", 1], (0, 1), "integer coefficients"), ([-2, 0, 1], (2, 1), "an interval"),
    ([-2, 0, 1], (1, 2, 3), "an interval"),
])  # fmt: skip
def test_what_is_no_field_is_refused(polynomial, interval, words):
    with pytest.raises(ValueError, match=words):
        NumberField(polynomial, interval)


def test_fields_do_not_mix_and_other_types_are_refused():
    F, G = FIELDS["root of two"][0], FIELDS["not monic"][0]
    with pytest.raises(ValueError, match="two fields"):
        F.root + G.root
    with pytest.raises(ValueError, match="several number fields"):
        algebraic([[F.root, 0], [0, G.root]])
    with pytest.raises(TypeError):
        F.root + 0.5
    with pytest.raises(ValueError, match="from 1 to 255"):
        NumberField.cosine(10**6)
    with pytest.raises(ValueError, match="no single root near"):
        NumberField.near([1, 0, 1], 1.0)
    again = NumberField([-2, 0, 1], (1, 2))
    assert again.root + F.root == 2 * F.root and (F.root == 1.5) is False


@pytest.mark.parametrize("m", [1, 2, 3, 4, 5, 7, 12, 15])
def test_cosines(m):
    values = cosines(m)
    assert [float(v) for v in values] == pytest.approx([math.cos(k * math.pi / m) for k in range(2 * m)], abs=1e-14)
    assert univariate.roots(univariate.cosine(m), -3, 3) == len(univariate.cosine(m)) - 1


def test_elimination_is_that_of_rational_numbers():
    rng = random.Random(5)
    r = FIELDS["root of two"][0].root
    for _ in range(10):
        n = rng.randint(1, 4)
        B = [[rng.randint(-2, 2) for _ in range(n)] for _ in range(n)]
        A = [[sum(a * b for a, b in zip(p, q, strict=True)) for q in B] for p in B]
        A[0][0] -= rng.random() < 0.3
        inside = [[v + 0 * r for v in row] for row in A]
        integers, _ = exact.squares(A)
        found = ordered_field.squares(inside)
        assert (found is None) == (integers is None)
        if found is not None:
            assert len(found[0]) == len(integers.vectors)
            terms = list(zip(*found, strict=True))
            assert all(sum(w * v[i] * v[j] for v, w in terms) == A[i][j] for i in range(n) for j in range(n))
        ours, known = ordered_field.stationary(inside, range(n)), exact.stationary(A, range(n))
        assert isinstance(ours, exact.Stationary) == isinstance(known, exact.Stationary)
        if isinstance(ours, exact.Stationary):
            assert exact.primitive([getattr(v, "rational", v) for v in ours.x]) == known.x
        else:
            assert sum(ours) == 0 and any(ours) and exact.form(A, ours) <= 0
        assert len(ordered_field.null_space(inside)) == len(exact.null_space([[Fraction(v) for v in row] for row in A]))


def test_words_and_plain_data():
    F = FIELDS["root of two"][0]
    x = F([Fraction(1, 2), -1])
    assert (str(x), str(F(0)), str(F.root * 3 - 1)) == ("1/2 - α", "0", "-1 + 3·α")
    assert written(x) == ["1/2", -1] and written(F(3)) == 3 and written(Fraction(1, 3)) == "1/3"
    assert F(x) is x and shortest([x, Fraction(3, 4)]) == [4 * x, 3]


def test_expressions_of_sympy():
    sympy = pytest.importorskip("sympy")
    s, c = sympy.sqrt, lambda k, m: sympy.cos(k * sympy.pi / m)
    given = [s(2), s(2) * s(2) + 1, 1 / (1 + s(2)), c(1, 7), sympy.sin(sympy.pi / 7), sympy.tan(2 * sympy.pi / 7),
             sympy.Integer(3), c(3, 7) ** 2 - s(2), sympy.GoldenRatio, s(2 + s(2)),
             sympy.CRootOf(sympy.Symbol("x") ** 3 - 2, 0)]  # fmt: skip
    for one in [[given[0], given[2]], [given[3], c(2, 7)], given[:1] + given[3:4] + given[7:8], given[4:6], given[8:9],
                given[9:10], given[10:], given[1:2] + given[6:7]]:  # fmt: skip
        (row,) = from_sympy.converted([one])
        assert [float(v) for v in row] == pytest.approx([float(v) for v in one], rel=1e-13)
    assert algebraic(sympy.Matrix([[1, 2], [2, sympy.Rational(1, 2)]])) is None
    assert algebraic([[1, (1 + s(2)) * (1 - s(2))], [-1, s(2)]])[0][1] == -1
    for bad in (sympy.pi, sympy.Symbol("x"), s(-2), sympy.Float(0.5), sympy.oo, sympy.exp(1)):
        with pytest.raises(ValueError, match="not known to be a real algebraic"):
            algebraic([[bad]])
