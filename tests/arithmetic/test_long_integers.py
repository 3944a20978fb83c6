"""Stationary points of long integer forms against exact elimination, and every sign on the form itself."""

from __future__ import annotations

import numpy as np
import pytest

from copos.arithmetic import exact, long_integers
from copos.arithmetic.exact import Stationary
from copos.arithmetic.long_integers import LongIntegers


def long_form(n, seed, bits, zero=False):
    """Random integers of so many bits; with a kernel vector of small integers on all n indices if asked for."""
    rng = np.random.default_rng(seed)
    B = [[int(rng.integers(-9, 10)) * (1 << int(rng.integers(bits))) + int(rng.integers(-99, 100)) for _ in range(n)]
         for _ in range(n)]  # fmt: skip
    if zero:
        u = [int(c) for c in rng.integers(1, 9, n)]
        B = [[u[0] * c for c in row[:-1]] + [0] for row in B]
        for row in B:  # the last entry of a row makes row'u = 0 after a common factor u_n
            total = sum(a * b for a, b in zip(row[:-1], u[:-1], strict=True))
            row[:-1], row[-1] = [c * u[-1] for c in row[:-1]], -total
    return [[sum(r[i] * r[j] for r in B) for j in range(n)] for i in range(n)]


@pytest.mark.parametrize("zero", [False, True])
@pytest.mark.parametrize("n", [2, 5, 8])
def test_signs_are_those_of_the_form_itself(n, zero):
    for seed in range(4):
        A = long_form(n, seed, 1200, zero)
        A[0][0] += 0 if zero else 1 << 900
        long = LongIntegers(A)
        assert long.long
        found = long.stationary(list(range(n))[::-1])
        if not isinstance(found, Stationary):
            assert any(found) and sum(found) == 0 and exact.form(A, found[::-1]) <= 0
            continue
        x = found.x[::-1]
        image = [sum(a * c for a, c in zip(row, x, strict=True)) for row in A]
        assert sum(x) > 0 and {(v > 0) - (v < 0) for v in image} == {(found.value > 0) - (found.value < 0)}
        plain = exact.stationary(A, list(range(n)))
        assert isinstance(plain, Stationary) and (plain.value == 0) == (found.value == 0) == zero
        if zero:
            assert x == plain.x


def test_a_direction_has_no_positive_value():
    A = long_form(4, 1, 600)
    A[0][0] = A[1][1] = A[0][1] = A[1][0] = 1 << 700
    A[0][1] = A[1][0] = (1 << 700) + 5
    found = LongIntegers(A).stationary([0, 1])
    assert sum(found) == 0 and any(found) and exact.form([row[:2] for row in A[:2]], found) <= 0


@pytest.mark.parametrize("n", [1, 3, 6])
def test_short_kernels_are_found_whatever_the_entries(n):
    rng = np.random.default_rng(n)
    z = [int(c) for c in rng.integers(-50, 50, n)] + [int(rng.integers(1, 50))]
    rows = []
    for _ in range(n):
        row = [int(c) << 900 for c in rng.integers(-99, 100, n)]
        rows.append([z[-1] * c for c in row] + [-sum(a * b for a, b in zip(row, z, strict=False))])
    found = long_integers.short_kernel(rows)
    assert found is not None and exact.primitive(z) in (found, [-c for c in found])
    assert long_integers.short_kernel([*rows[:-1], rows[0]]) is None or n == 1  # the rank is less


def test_a_kernel_without_short_integers_is_not_guessed():
    rng = np.random.default_rng(0)
    rows = [[int(c) << int(rng.integers(3000)) for c in rng.integers(1, 2**60, 5)] for _ in range(4)]
    found = long_integers.short_kernel(rows)
    assert found is None or not any(long_integers.times(rows, found))
