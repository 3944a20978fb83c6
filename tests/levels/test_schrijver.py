"""Bounds on codes from triples of words: the published table, exact proofs, and the level that they are."""

from dataclasses import replace
from fractions import Fraction
from itertools import combinations, product
from math import comb

import numpy as np
import pytest

import copos
from copos import binary_quadratic, lower_bound
from copos.arithmetic.groups import hypercube
from copos.arithmetic.schemes import hamming_scheme, johnson_scheme
from copos.instances.graphs import hamming, johnson
from copos.levels.delsarte import delsarte_bound
from copos.levels.schrijver import code_bound, hamming_bound, johnson_bound
from copos.levels.theta_one import sets, theta_one, words
from copos.levels.triples import Subsets, Words, beta, triple

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
    words, rng = Words(n, tuple(range(1, n + 1))), np.random.default_rng(n)
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
        unit = np.array([float(beta(n, i + k, i + k, k, i + k)) ** -0.5 for i in range(m)])
        copies = comb(n, k) - (comb(n, k - 1) if k else 0)
        found += [*np.linalg.eigvalsh(unit[:, None] * B * unit)] * copies
    assert np.sort(found) == pytest.approx(np.linalg.eigvalsh(M), abs=1e-9)


@pytest.mark.parametrize(("n", "w"), [(4, 2), (5, 2), (6, 3)])
def test_blocks_are_those_of_all_sets(n, w):
    """The same for w-sets: multiplicities are products."""
    sets, rng = Subsets(n, w, tuple(range(1, w + 1))), np.random.default_rng(n)
    x = {tau: rng.standard_normal() for tau in sets.triples}
    every = [set(s) for s in combinations(range(n), w)]

    def of(a, b):
        apart = sorted((w - len(every[0] & a), w - len(every[0] & b), w - len(a & b)))
        return (*apart, len(every[0] & a & b))

    M = np.array([[x[of(a, b)] for b in every] for a in every])
    found, blocks = [], iter(sets.blocks()[::2])
    for (k, m), rows in sets.orders():
        B = np.zeros((len(rows), len(rows)))
        for i, j, terms in next(blocks):
            B[i, j] = B[j, i] = sum(c * x[tau] for tau, c in terms)
        unit = np.array([float(beta(w, i, i, k, i) * beta(n - w, i, i, m, i)) ** -0.5 for i in rows])
        copies = [comb(a, b) - (comb(a, b - 1) if b else 0) for a, b in ((w, k), (n - w, m))]
        found += [*np.linalg.eigvalsh(unit[:, None] * B * unit)] * (copies[0] * copies[1])
    assert np.sort(found) == pytest.approx(np.linalg.eigvalsh(M), abs=1e-9)


# largest constant weight codes, and stability numbers of graphs whose level 0 is larger
WEIGHT = {(7, 4, 3): 7, (8, 4, 4): 14, (9, 4, 4): 18, (10, 4, 5): 36, (11, 6, 5): 11}


@pytest.mark.parametrize(("n", "d", "w"), WEIGHT)
def test_words_of_one_weight(n, d, w):
    bound = code_bound(n, d, w)
    assert bound.verify() and WEIGHT[n, d, w] <= bound.value < WEIGHT[n, d, w] + 1.5
    least = delsarte_bound(johnson_scheme(n, w), range(1, d // 2)).value
    assert bound.value <= least + Fraction(1, 10**6)
    assert code_bound(n, d, n - w).value == bound.value


@pytest.mark.parametrize(("n", "edges"), [(5, [3]), (6, [2, 5]), (4, [1, 4])])
def test_graphs_on_words_and_sets_beside_enumeration(n, edges):
    bound = hamming_bound(n, edges)
    alpha = copos.stability_number(hamming(n, edges))
    assert bound.verify()
    assert copos.maximum_stable_set(hamming(n, edges)).lower <= bound.value
    assert bound.value <= alpha.interpret(lower_bound(alpha, 0, certify=False).claimed) + 1e-6


def test_a_graph_on_sets_beside_enumeration():
    bound = johnson_bound(7, 3, [2])
    alpha = copos.maximum_stable_set(johnson(7, 3, [1])).lower  # two things that the other lacks: one is shared
    assert bound.verify()
    assert alpha <= bound.value <= delsarte_bound(johnson_scheme(7, 3), [2]).value + Fraction(1, 10**6)


@pytest.mark.parametrize(("points", "edges", "alpha"), [
    (sets(5, 2), [1], 2), (sets(5, 2), [2], 4), (words(5), [2, 5], 4), (words(4), [1, 4], 5), (sets(6, 3), [2], 4),
])  # fmt: skip
def test_theta_one_in_closed_form_is_level_one(points, edges, alpha):
    """Level 1 of the explicit program has the value alpha for all of these, computed without the scheme."""
    bound = theta_one(points, edges)
    assert bound.verify() and 0 <= bound.value - alpha <= 1e-6
    assert not replace(bound, value=bound.value - Fraction(1, 10**9)).verify()


def test_theta_one_between_level_zero_and_more():
    bound = theta_one(words(10), [6])
    assert bound.verify()
    assert hamming_bound(10, [6]).value < bound.value < delsarte_bound(hamming_scheme(10), [6]).value
    with pytest.raises(ValueError, match="edges are distances of all points of"):
        theta_one(words(4), [5])


@pytest.mark.parametrize(("call", "message"), [
    (lambda: hamming_bound(6, [7]), "edges are distances from 1 to 6"), (lambda: hamming_bound(1, [1]), "2 ≤ n ≤ 28"),
    (lambda: johnson_bound(6, 4, [1]), "1 ≤ w ≤ n/2"), (lambda: code_bound(8, 3, 4), "an even distance"),
])  # fmt: skip
def test_numbers_that_say_nothing(call, message):
    with pytest.raises(ValueError, match=message):
        call()


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
