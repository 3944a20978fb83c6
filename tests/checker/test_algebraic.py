"""Pieces of the checker's number fields: enclosures, signs, order, words."""

from fractions import Fraction
from math import isqrt

import pytest

from copos.checker import check_algebraic
from copos.checker.check_number_field import FINE, Algebraic, Field, number
from tests.checker.forgeries_algebraic import COSINE, MINUS, QUARTIC, ROOT2, THRICE, convergent

LARGE = {"polynomial": [-(10**13), 0, 0, 0, 1], "interval": [0, 10**4]}  # 1778.27…
FALLING = {"polynomial": [2, 0, -1], "interval": [1, 2]}  # p(1) = 1
FLAT = {"polynomial": [1, 0, -2], "interval": ["1/2", 1]}  # p(1/2) = 1/2
RATIONAL = {"polynomial": [-3, 2], "interval": [1, 2]}  # met by bisection
ZERO = {"polynomial": [0, 1, 0, 1], "interval": [-1, 1]}


def fourth_root(n):
    """⌊2^300 n^(1/4)⌋."""
    return isqrt(isqrt(n << 1200))


@pytest.mark.parametrize(("field", "root"), [
    (ROOT2, isqrt(2 << 600)), (MINUS, -isqrt(2 << 600)), (FALLING, isqrt(2 << 600)), (FLAT, isqrt(1 << 599)),
    (THRICE, isqrt(2 << 600)), (QUARTIC, fourth_root(3)), (LARGE, fourth_root(10**13)), (RATIONAL, 3 << 299), (ZERO, 0),
])  # fmt: skip
def test_powers_are_enclosed(field, root):
    F, α = Field(field), Fraction(root, 1 << 300)
    assert len(F.powers) == len(F.errors) == len(F.p) - 1 and F.powers[0] == 1 << FINE == 1 << 128
    for k, (P, E) in enumerate(zip(F.powers, F.errors, strict=True)):
        assert abs(α**k * (1 << 128) - P) < E <= k * max(abs(α), 1) ** max(k - 1, 0) + 4


def test_what_the_enclosure_leaves_open_is_decided():
    F = Field(ROOT2)
    F.powers[1] += 10**5  # as far off as this says
    F.errors[1] = 10**6
    c = 10**36
    assert F.sign([-isqrt(2 * c * c) - 1, c]) == -1 and F.sign([-isqrt(2 * c * c), c]) == 1
    for k in (200, 201):
        assert F.sign([-convergent(k), 1]) == (1 if k % 2 == 0 else -1) == F.sign_by_remainders([-convergent(k), 1])
    assert F.sign(F.reduced([-2, 0, 1])) == F.sign([]) == F.sign([0]) == 0


def test_numbers_are_ordered():
    F = Field(ROOT2)
    r, small = Algebraic(F, [0, 1]), Algebraic(F, [-1, 1])
    assert r > 1 and not r > 2 and r >= 1 and not r >= 2 and r < 2 and not r < 1 and r <= 2 and not r <= 1
    assert r >= r and r <= r and not r > r and not r < r and bool(r) and not (r - r)
    assert (1 - r) < 0 < (2 - r) and (3 - r) > 1 and not (3 - r) > 2
    assert abs(small).f == small.f and abs(-small).f == small.f and (r * r - 2).f == []
    assert (r * r * r).f == [0, 2] and (r * Fraction(1, 2) + 1).f == [1, Fraction(1, 2)] and (2 * r + r).f == [0, 3]
    assert number(F, [1, 2], "number").f == [1, 2] and number(F, "1/2", "number").f == [Fraction(1, 2)]
    assert number(F, [1, 2], "number").bit_length() == 2


@pytest.mark.parametrize(("field", "words"), [
    (ROOT2, "-2 + 1 α^2 = 0, 1 < α < 2"), (COSINE, "1 + -4 α^1 + -4 α^2 + 8 α^3 = 0, 9/10 < α < 1"),
    ({"polynomial": [-1, 1, 1, 1, 1, 1], "interval": [0, 1]},
     "-1 + 1 α^1 + 1 α^2 + 1 α^3 + 1 α^4 + 1 α^5 = 0, 0 < α < 1"),
    ({"polynomial": [-1, 1, 1, 1, 1, 1, 2], "interval": [0, 1]},
     "-1 + 1 α^1 + 1 α^2 + … + 1 α^5 + 2 α^6 = 0, 0 < α < 1"),
])  # fmt: skip
def test_a_claim_says_what_the_number_is(field, words):
    assert str(Field(field)) == words


def test_only_claims_about_matrices_are_added():
    assert check_algebraic.added("lower bound", {}) == {}
    assert set(check_algebraic.added("copositive", {"matrix": None})) == {"matrix", "algebraic matrix"}
