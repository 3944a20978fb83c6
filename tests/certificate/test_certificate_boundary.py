"""Matrices on the boundary of the copositive cone with exact level-1 proofs."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest

from copos.arithmetic.exact import ldl
from copos.certificate.boundary import boundary_certificate
from copos.certificate.boundary_spn import zeros
from copos.certificate.problem import exact_matrix


def circulant(row):
    n = len(row)
    return [[row[(j - i) % n] for j in range(n)] for i in range(n)]


def cycle(n):
    return circulant([int(k in (1, n - 1)) for k in range(n)])


def complement(A):
    return [[int(i != j and not a) for j, a in enumerate(row)] for i, row in enumerate(A)]


def petersen():
    pairs = list(combinations(range(5), 2))
    return [[int(not set(a) & set(b)) for b in pairs] for a in pairs]


def motzkin_straus(A, alpha):
    """α(A + I) − E: copositive iff the graph has no stable set larger than α [MotzkinStraus1965]."""
    return [[alpha * (a + (i == j)) - 1 for j, a in enumerate(row)] for i, row in enumerate(A)]


HORN = circulant([1, -1, 1, 1, -1])
D = [2, 3, 5, 1, 7]
CASES = {
    "Horn": (HORN, None),
    "Hoffman–Pereira": (circulant([1, -1, 1, 0, 0, 1, -1]), None),
    "complement of C7": (motzkin_straus(complement(cycle(7)), 2), None),
    "complement of C9": (motzkin_straus(complement(cycle(9)), 2), None),
    "complement of Petersen": (motzkin_straus(complement(petersen()), 2), None),
    "D Horn D": ([[a * b * h for b, h in zip(D, row, strict=True)] for a, row in zip(D, HORN, strict=True)], D),
    "C4": (motzkin_straus(cycle(4), 2), None),
    "C6": (motzkin_straus(cycle(6), 3), None),
    "Petersen": (motzkin_straus(petersen(), 4), None),
    "complement of C6": (motzkin_straus(complement(cycle(6)), 2), None),
}


@pytest.mark.parametrize("name", CASES)
def test_exact_proof(name):
    M, weights = CASES[name]
    certificate = boundary_certificate(M, weights)
    assert certificate is not None and certificate.verify(M).proved


def test_wrong_weights_and_matrices_outside_have_no_proof():
    assert boundary_certificate(CASES["D Horn D"][0]) is None
    outside = [row[:] for row in HORN]
    outside[0][0] = Fraction(99, 100)
    assert boundary_certificate(outside) is None


def test_zeros_of_the_horn_matrix():
    """Minimal zeros e_i + e_{i+1}, five of them [Hildebrand2012]."""
    found = zeros(exact_matrix(HORN))
    assert sorted(tuple(i for i, v in enumerate(u) if v) for u in found) == [(0, 1), (0, 4), (1, 2), (2, 3), (3, 4)]


def test_rational_ldl():
    rng = np.random.default_rng(0)
    F = rng.integers(-3, 4, (4, 2))
    R = exact_matrix(F @ F.T)
    total = [[sum(d * c[i] * c[j] for c, d in ldl(R)) for j in range(4)] for i in range(4)]
    assert total == R
    R[0][0] -= 100
    assert ldl(R) is None
