"""The checker's own cones against the package's, in every coefficient."""

from fractions import Fraction

import numpy as np
import pytest

from copos import CompletelyPositiveProgram, Free, NonNegative, PositiveSemidefinite, SecondOrder
from copos.certificate import program_problem
from copos.checker import check_cones as cones
from copos.checker import check_identity as identity
from copos.checker.check_questions import agree
from copos.checker.check_reading import Rejected, Unreadable

PRODUCTS = {
    "orthant": (NonNegative(3), cones.nonnegative(3)),
    "arrow": (SecondOrder(3), cones.second_order(3)),
    "quadratic": (SecondOrder(3, "quadratic"), cones.second_order(3, "quadratic")),
    "ray": (SecondOrder(1), cones.second_order(1)),
    "matrices": (PositiveSemidefinite(3), cones.semidefinite(3)),
    "product": (
        NonNegative(1) * SecondOrder(3) * PositiveSemidefinite(2) * Free(2),
        cones.product(cones.nonnegative(1), cones.second_order(3), cones.semidefinite(2), cones.free(2)),
    ),
}


def form(M):
    return {(i, j): int(M[i, j]) * (1 if i == j else 2) for j in range(len(M)) for i in range(j + 1) if M[i, j]}


def both(K, mine, seed=0):
    """The same random program on a cone of the package and on one of the checker."""
    M = np.random.default_rng(seed).integers(-3, 4, (3, K.ambient, K.ambient))
    C, A, E = M + M.transpose(0, 2, 1)
    made = CompletelyPositiveProgram(K, C, [(A, 2)], [E])
    return identity.program(program_problem(made)), cones.program(mine, form(C), [(form(A), 2)], [form(E)])


@pytest.mark.parametrize("name", PRODUCTS)
def test_products_agree_with_those_of_the_package(name):
    agree(*both(*PRODUCTS[name]))


@pytest.mark.parametrize("seed", range(5))
def test_slices_and_cuts_agree(seed):
    K, mine = PRODUCTS["product"]
    rows = np.zeros((2, K.ambient), dtype=int)
    rows[0, [0, 4]], rows[1, [1, 5, 7]] = [2, -1], [-3, 1, 1]  # unit pivots: exact in floating point, too
    a = np.random.default_rng(seed).integers(-2, 3, K.ambient)
    sliced = K.slice(rows).restrict(a).with_unit(np.eye(K.ambient)[0])
    as_rows = [{i: int(v) for i, v in enumerate(row) if v} for row in rows]
    cut = {i: int(v) for i, v in enumerate(a) if v}
    for free in (None, sliced.free.tolist()):
        other = cones.with_unit(cones.restricted(cones.sliced(mine, as_rows, free), cut), {0: 1})
        agree(*both(sliced, other, seed))


def test_a_slice_is_solved_exactly():
    K = cones.sliced(cones.nonnegative(3), [{0: -8, 1: 5, 2: 3}])  # 5x_1 + 3x_2 = 8x_0
    assert K.free == [0, 1]
    assert K.basis[2] == {0: Fraction(8, 3), 1: Fraction(-5, 3)}
    assert cones.ambient(K, [3, 1]) == [3, 1, Fraction(19, 3)]
    other = cones.sliced(cones.nonnegative(3), [{0: -8, 1: 5, 2: 3}, {0: -16, 1: 10, 2: 6}], [1, 2])
    assert other.basis[0] == {0: Fraction(5, 8), 1: Fraction(3, 8)}


@pytest.mark.parametrize("free", [[0], [0, 1, 2], [1, 0], [0, 3], [0, True]])
def test_coordinates_that_do_not_fit_the_equations_are_rejected(free):
    with pytest.raises(Rejected):
        cones.sliced(cones.nonnegative(3), [{0: 1, 1: 1, 2: -1}], free)


def test_dependent_coordinates_are_rejected():
    with pytest.raises(Rejected, match="do not determine"):
        cones.sliced(cones.nonnegative(3), [{0: 1, 1: -1}], [0, 1])


def test_descriptions_have_names():
    with pytest.raises(Unreadable, match="arrow"):
        cones.second_order(2, "round")


def test_agreement_is_of_every_part():
    p, q = both(*PRODUCTS["product"])
    changed = {
        "dim": p.dim + 1,
        "blocks": [{(0, 0): [((0,), 2)]}, *p.blocks[1:]],
        "generators": [],
        "unit": {(0,): 1},
        "objective": {**p.objective, (0, 0): Fraction(1, 7)},
        "equations": [(p.equations[0][0], Fraction(2, 3))],
        "vanishing": [],
    }
    agree(p, q)
    for key, value in changed.items():
        with pytest.raises(Rejected):
            agree(p._replace(**{key: value}), q)
