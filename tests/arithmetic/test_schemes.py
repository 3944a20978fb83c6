"""Association schemes in closed form against their graphs, and the exact bounds that they give."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest

from copos import lower_bound, stability_number
from copos.arithmetic.coherent import coherent
from copos.arithmetic.exact import solve_exactly
from copos.arithmetic.schemes import Scheme, hamming_scheme, johnson_scheme
from copos.instances.graphs import hamming, johnson
from copos.levels.delsarte import DelsarteBound, delsarte_bound
from copos.solvers.vertex import optimal_basis


@pytest.mark.parametrize("n", [4, 5])
def test_hamming_eigenvalues_are_those_of_the_graphs(n):
    scheme = hamming_scheme(n)
    for k in range(1, n + 1):
        known = np.repeat([row[k] for row in scheme.eigenvalues], scheme.multiplicities)
        assert np.allclose(np.linalg.eigvalsh(hamming(n, [k])), np.sort(known))


@pytest.mark.parametrize("n, k", [(6, 3), (7, 2)])
def test_johnson_eigenvalues_are_those_of_the_graphs(n, k):
    scheme = johnson_scheme(n, k)
    assert scheme.points == comb(n, k) == sum(scheme.multiplicities)
    for i in range(1, k + 1):
        known = np.repeat([row[i] for row in scheme.eigenvalues], scheme.multiplicities)
        assert np.allclose(np.linalg.eigvalsh(johnson(n, k, [k - i])), np.sort(known))


def test_letters_out_of_three():
    scheme = hamming_scheme(3, 3)
    assert scheme.points == 27 == sum(scheme.valencies) and scheme.valencies == (1, 6, 12, 8)


# scheme, edges, ϑ', ϑ
KNOWN = {
    "7, {5, 6}": (hamming_scheme(7), [5, 6], Fraction(36), Fraction(128, 3)),
    "10, {6}": (hamming_scheme(10), [6], Fraction(352, 3), Fraction(512, 3)),
    "8, {3, 4}": (hamming_scheme(8), [3, 4], Fraction(128, 5), Fraction(128, 5)),
    "Petersen": (johnson_scheme(5, 2), [2], Fraction(4), Fraction(4)),
    "johnson16-2-4": (johnson_scheme(16, 2), [1], Fraction(8), Fraction(8)),
    "Golay code": (hamming_scheme(24), range(1, 8), Fraction(4096), Fraction(4096)),
    "Kneser 20 8": (johnson_scheme(20, 8), [8], Fraction(comb(19, 7)), Fraction(comb(19, 7))),
}


@pytest.mark.parametrize("name", KNOWN)
def test_bounds_are_exact(name):
    scheme, edges, schrijver, lovasz = KNOWN[name]
    one, two = delsarte_bound(scheme, edges), delsarte_bound(scheme, edges, nonnegative=False)
    assert one.value == schrijver and two.value == lovasz
    assert one.verify() and two.verify()


def test_a_bound_that_is_not_proved_is_seen():
    good = delsarte_bound(hamming_scheme(7), [5, 6])
    assert good.verify()
    for k in range(8):
        changed = list(good.multipliers)
        changed[k] -= Fraction(1, 10**9)
        value = 1 + sum(changed)
        assert not DelsarteBound(good.scheme, good.edges, True, value, tuple(changed)).verify()
    assert not DelsarteBound(good.scheme, good.edges, True, good.value - 1, good.multipliers).verify()


def test_same_number_as_the_program_of_the_graph():
    A = hamming(6, [2, 5])
    program = stability_number(A)
    bound = lower_bound(program, certify=False)
    assert program.interpret(bound.claimed) == pytest.approx(float(delsarte_bound(hamming_scheme(6), [2, 5]).value))
    assert coherent(A).rank <= 7


def test_edge_cases():
    assert delsarte_bound(hamming_scheme(4), [1, 2, 3, 4]).value == 1  # complete
    assert delsarte_bound(hamming_scheme(4), []).value == 16  # no edges
    with pytest.raises(ValueError, match="classes from 1 to 4"):
        delsarte_bound(hamming_scheme(4), [5])
    with pytest.raises(ValueError, match="integer from 1"):
        johnson_scheme(5, 3)
    with pytest.raises(ValueError, match="not orthogonal"):
        Scheme("wrong", 10, ((1, 6, 3), (1, 1, -2), (1, -2, 2)), (1, 5, 4))


def test_vertices():
    basic, active = optimal_basis(np.array([1.0, 2.0]), np.array([[-1.0, -1.0]]), np.array([-3.0]))
    assert basic == [0] and active == [0]
    assert solve_exactly([[Fraction(1), Fraction(1)], ]) == [Fraction(1)]
    assert solve_exactly([[Fraction(1), Fraction(2), Fraction(1)], [Fraction(2), Fraction(4), Fraction(1)]]) is None
    with pytest.raises(ArithmeticError, match="no optimal vertex"):
        optimal_basis(np.array([1.0]), np.array([[1.0]]), np.array([-1.0]))
