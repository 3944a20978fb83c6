"""Copositive matrices of the literature that a search alone does not reach: long entries, sums without an end."""

from __future__ import annotations

from fractions import Fraction

import pytest

from copos.arithmetic import exact, zeros
from copos.decision.copositivity import is_copositive
from copos.decision.parts import Parts
from copos.instances import extreme

HORN = extreme.distance_signs(extreme.cyclic_graph(5, [1]), 5)


@pytest.mark.parametrize(("n", "first", "step"), [(8, "1/2", "1/5"), (12, "1/3", "1/8"), (13, "2/7", "1/8")])
def test_circulants_with_long_entries(n, first, step):
    """[Hildebrand2017]: entries of up to a thousand bits, n zeros of n − 2 entries each."""
    A = extreme.circulant_zeros(n, extreme.evenly_spaced(n, Fraction(first), Fraction(step)), last=n % 2)
    found = is_copositive(A)
    assert found.answer is True and found.certificate.verify(A).proved
    below = [[v - Fraction(int(i == j), 10**40) for j, v in enumerate(row)] for i, row in enumerate(A)]
    no = is_copositive(below)
    assert no.answer is False and exact.form(below, no.witness) < 0


def test_circulants_of_even_order_have_smaller_zeros_in_the_extreme_case():
    cosines = extreme.evenly_spaced(8, Fraction(1, 2), Fraction(1, 5))
    for last, support in ((0, 5), (1, 6)):
        A = extreme.circulant_zeros(8, cosines, last)
        found = zeros.minimal_zeros(A)
        assert len(found) == 8 and {sum(map(bool, u)) for u in found} == {support}
        assert len(exact.reduced([row[:6] for row in A[:6]])[1]) == support - 1
    assert extreme.circulant_zeros(8, cosines, -1) is None


@pytest.mark.parametrize("m", [3, 25])
def test_direct_sums_outside_of_all_levels(m):
    """[LaurentVargas2023, Thm 3.2]: the second summand has more supports than a search can visit."""
    A = extreme.beside(HORN, m)
    found = is_copositive(A)
    assert found.answer is True and found.certificate.verify(A).proved
    A[-1][-1] -= Fraction(1, 10**12)
    assert is_copositive(A).answer is False


def test_a_semidefinite_part_serves_its_own_parts():
    M = [[Fraction(6 * (i == j) - 1) for j in range(6)] for i in range(6)]
    M[0][0] = Fraction(-1)
    parts = Parts(M)
    assert parts.part([0, 1, 2, 3, 4]) is None
    whole, less = parts.part([1, 2, 3, 4, 5]), parts.part([2, 4, 5])
    assert less["factor"] == [whole["factor"][k] for k in (1, 3, 4)] and less["weights"] == whole["weights"]
