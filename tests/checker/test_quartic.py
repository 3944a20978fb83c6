"""The checker's forms of degree four against values at points, its remainders, and what large proofs cost it."""

import contextlib
from fractions import Fraction
from itertools import product
from unittest import mock

import numpy as np
import pytest

from copos.checker import check, check_quartic, check_reading
from copos.checker.check_data import Data, digest
from tests.checker.forgeries_quartic import ALL, LINE, MINUS, NETWORK, network, quartic, table


def value(form, u):
    """A form at a point, in fractions."""
    return sum(c * np.prod([u[v] for v in key]) for key, c in form.items())


# points of the sphere with rational entries
POINTS = [(1, 0, 0), (0, -1, 0), (Fraction(3, 5), 0, Fraction(4, 5)), (Fraction(2, 3), Fraction(-2, 3), Fraction(1, 3)),
          (Fraction(-6, 7), Fraction(2, 7), Fraction(3, 7))]  # fmt: skip


@pytest.mark.parametrize("degree", range(5))
def test_powers_of_samples_become_forms(degree):
    X = [["1/2", -1, 2], [3, 0, "-2/3"]]
    sigma = [0] * 5
    sigma[degree] = "3/7"
    asked = check_quartic.asked({**LINE, "X": table(X), "Y": table([[1], [2]]), "activation": sigma}, Data(None))
    form = check_quartic.multiplied(asked, [3, -5], 2)
    assert all(len(key) == (4 if degree % 2 == 0 else 3) for key in form)
    for u in POINTS:
        at = [sum(Fraction(a) * b for a, b in zip(row, u, strict=True)) for row in X]
        assert value(form, u) == Fraction(3, 7) * (3 * at[0] ** degree - 5 * at[1] ** degree) / 4


def test_what_squares_leave_is_what_is_added_up():
    """e at points is top + form − ‖B'z‖²/4^k, and the sum of |e_a| is at least |e| there; it is 0 for squares alone."""
    rng = np.random.default_rng(0)
    B = rng.integers(-3, 4, (9, 4)).tolist()
    z = [*check_quartic.monomials(3, 2), *check_quartic.monomials(3, 1)]
    plain = {}
    for i, j in product(range(9), repeat=2):
        c = sum(a * b for a, b in zip(B[i], B[j], strict=True))
        part = {tuple(sorted(z[i] + z[j])): Fraction(c, 16)}
        check_quartic.add(plain, part if len(z[i] + z[j]) > 2 else check_quartic.lifted(part, 3))
    assert check_quartic.remainder(3, plain, 0, B, 2) == 0
    for u in POINTS:
        squares = sum(sum(row[k] * np.prod([u[v] for v in key]) for row, key in zip(B, z, strict=True)) ** 2
                      for k in range(4)) / Fraction(16)  # fmt: skip
        assert value(plain, u) == squares
    other = {**plain, (0, 1, 2): plain.get((0, 1, 2), 0) - Fraction(1, 3)}
    assert check_quartic.remainder(3, other, 0, B, 2) == Fraction(1, 3)
    assert check_quartic.remainder(3, plain, 2, B, 2) == 2 * (3 + 3 * 2)  # ‖u‖⁴ has the coefficients 1 and 2


def test_orders_of_variables_are_counted():
    assert [check_quartic.arrangements(key) for key in ((), (0,), (0, 1), (0, 0, 1), (0, 0, 1, 1), (0, 1, 2, 3))] == [
        1, 1, 2, 3, 6, 24]  # fmt: skip


def test_a_large_honest_proof_is_within_its_budget():
    """Six inputs, 300 samples of doubles, squares of 44 bits: what training writes at its largest."""
    rng = np.random.default_rng(1)
    rows = [[f"{int(v * 2**52)}/{2**52}" for v in row] for row in rng.random((300, 6))]
    B = [[int(v) for v in row] for row in rng.integers(-(2**44), 2**44, (27, 27))]
    problem = {**LINE, "X": table(rows), "Y": table([[0]] * 300), "activation": [1, 1, 1, 1, 1], "beta": 10**30}
    proof = quartic(problem, bits=62, multiplier=rng.integers(-(2**61), 2**61, 300).tolist(), value=-(10**9), scale=44,
                    sides=[{"top": 1, "squares": B}] * 2)  # fmt: skip
    assert check.check(proof).proved


@contextlib.contextmanager
def budget():
    """What is taken from the budget: (what, units, bits)."""
    out = []
    with mock.patch.object(check_reading, "spend", lambda units, what, bits=0: out.append((what, units, bits))):
        yield out


@pytest.mark.parametrize("count", [40, 4000])
def test_work_grows_with_the_samples_and_is_counted(count):
    with budget() as spent:
        asked = check_quartic.Asked([[1, 2, 3]] * count, 1, [0] * count, [1] * 5, 1)
        check_quartic.multiplied(asked, [0] * count, 0)
        assert spent == [("a sum over samples", 2 * 35 * count, 10)]


def test_work_of_squares_is_counted():
    with budget() as spent:
        check_quartic.remainder(2, {}, 1, MINUS, 1)
        check_quartic.remainder(2, {}, 1, [[0, v << 700] for v, *_ in MINUS], 1)
        assert spent == [("squares", 25 * (4 + 8), 1), ("squares", 25 * (2 + 8), 701)]


def test_work_of_networks_is_counted():
    with budget() as spent:
        asked = check_quartic.asked(ALL, Data(None))
        check_quartic.attained(asked, NETWORK)
        top, bottom = 2 * 3**300, 3**600  # ((1 − t²)/(1 + t²), 2t/(1 + t²)) for t = 3^−300
        u = [f"{bottom - 1}/{bottom + 1}", f"{top}/{bottom + 1}"]
        check_quartic.attained(asked, {**NETWORK, "u": [NETWORK["u"][0], u], "alpha": [1, "1/7"], "value": 10**9})
        wide = 4 * ((bottom + 1).bit_length() - 1 + 1) + 3
        rows = [row for row in spent if row[0] == "a network"]
        assert rows[0] == ("a network", 2 * 42, 4 * (3 + 1) + 3)
        assert rows[1][1] == 3 * 42 * (1 + rows[1][2] // 500) and abs(rows[1][2] - wide) <= 4


def test_claims_are_rounded_to_the_safe_side():
    third = f"{10**14 // 3}/{10**14}"
    assert check.check(quartic(value=third)).claim.startswith("0.333333333333…")
    assert check.check(network(value=f"{2 * 10**14 // 3 + 10**14}/{10**14}")).claim.startswith("1.66666666667…")


def test_samples_may_stand_in_columns():
    problem = {**LINE, "X": {"sha256": digest([[1, 0]]), "shape": [1, 2]}}
    said = check.check(quartic(problem), None, {"X": [[1], [0]]})
    assert said.proved and "transpose" in said.claim
