"""Bounds on codes from triples of words: the published table, exact proofs, and the level that they are."""

from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import comb

import numpy as np
import pytest

from copos import binary_quadratic, lower_bound
from copos.arithmetic.groups import hypercube
from copos.arithmetic.schemes import hamming_scheme
from copos.instances.graphs import hamming
from copos.levels.delsarte import delsarte_bound
from copos.levels.schrijver import Words, code_bound, triple

# A(n, d) ≤ the number, table I of Schrijver2005 (the best bound before it was larger)
PUBLISHED = {(19, 6): 1280, (23, 6): 13766, (19, 8): 142, (20, 8): 274, (22, 10): 87}
# the sizes of largest codes
EXACT = {(5, 3): 4, (6, 3): 8, (7, 3): 16, (7, 4): 8, (12, 5): 32, (15, 7): 32, (16, 6): 256, (16, 8): 32, (20, 10): 40}


@pytest.mark.parametrize(("n", "d"), PUBLISHED)
def test_the_published_table(n, d):
    bound = code_bound(n, d)
    assert bound.verify() and int(bound.value) == PUBLISHED[n, d]
    even = hamming_scheme(n)
    assert bound.value <= delsarte_bound(even, range(1, d)).value + Fraction(1, 10**6)


@pytest.mark.parametrize(("n", "d"), EXACT)
def test_above_the_largest_codes(n, d):
    bound = code_bound(n, d)
    assert bound.verify() and EXACT[n, d] <= bound.value < EXACT[n, d] + 1


def test_less_than_what_is_proved_is_refused():
    bound = code_bound(8, 4)
    assert bound.verify()
    assert not replace(bound, value=bound.value - Fraction(1, 10**9)).verify()
    assert not replace(bound, weights=(-bound.weights[0] - 1, *bound.weights[1:])).verify()
    nothing = tuple(tuple(((0,) * len(row), 0) for row, _ in L) for L in bound.factors)
    assert not replace(bound, factors=nothing).verify()


@pytest.mark.parametrize("n", [3, 4, 5])
def test_blocks_are_those_of_all_words(n):
    """Σ x_τ over pairs of words, for random x: the eigenvalues of the blocks, each with its multiplicity."""
    words, rng = Words(n, 1), np.random.default_rng(n)
    x = {tau: rng.standard_normal() for tau in words.triples}
    every = list(product((0, 1), repeat=n))
    both = np.array(every) @ np.array(every).T
    M = np.array([[x[triple(both[p, p], both[q, q], both[p, q])] for q in range(2**n)] for p in range(2**n)])
    found = []
    for k, block in enumerate(words.blocks()[::2]):
        m = n - 2 * k + 1
        B = np.zeros((m, m))
        for i, j, terms in block:
            B[i, j] = B[j, i] = sum(c * x[tau] for tau, c in terms)
        unit = np.array([float(Words(n, 1).beta(i + k, i + k, k, i + k)) ** -0.5 for i in range(m)])
        copies = comb(n, k) - (comb(n, k - 1) if k else 0)
        found += [*np.linalg.eigvalsh(unit[:, None] * B * unit)] * copies
    assert np.sort(found) == pytest.approx(np.linalg.eigvalsh(M), abs=1e-9)


@pytest.mark.parametrize(("n", "d"), [(4, 3), (5, 3)])
def test_level_one_of_the_binary_program_is_at_least_as_strong(n, d):
    """max Σ x_p, x_px_q = 0 on edges: its level 1 has one product more."""
    A = hamming(n, range(1, d))
    pairs = np.argwhere(np.triu(A)).tolist()
    program = binary_quadratic(np.zeros((2**n, 2**n)), -np.ones(2**n), complementary=pairs)
    level = -lower_bound(program, 1, symmetry=hypercube(n), certify=False).claimed
    assert EXACT.get((n, d), 2) - 1e-6 <= level <= float(code_bound(n, d).value) + 1e-6


@pytest.mark.parametrize(("n", "d"), [(3, 4), (5, 1), (29, 3)])
def test_other_numbers_are_refused(n, d):
    with pytest.raises(ValueError, match="expected 2 ≤ d ≤ n ≤ 28"):
        code_bound(n, d)
