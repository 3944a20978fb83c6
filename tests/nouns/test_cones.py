"""Cones, forms and programs."""

import numpy as np
import pytest
import scipy.sparse as sp

from copos import CompletelyPositiveProgram, Free, NonNegative, PositiveSemidefinite, SecondOrder
from copos.forms import Forms

CONES = [
    NonNegative(4),
    SecondOrder(4),
    PositiveSemidefinite(3),
    NonNegative(2) * SecondOrder(3) * PositiveSemidefinite(2),
    NonNegative(1) * Free(3),
]


@pytest.mark.parametrize("cone", CONES, ids=str)
def test_samples_lie_inside_and_the_unit_is_positive(cone):
    rng = np.random.default_rng(0)
    for _ in range(20):
        x = cone.sample(rng)
        assert cone.contains(x)
        assert cone.unit @ x[cone.free] > 0
        assert all((value >= -1e-9) for value in cone.generators.values(x))


@pytest.mark.parametrize("cone", CONES[:4], ids=str)
def test_blocks_are_linear_and_points_outside_are_refused(cone):
    rng = np.random.default_rng(1)
    x, y = cone.sample(rng), cone.sample(rng)
    for A, B, C in zip(cone.matrices(x), cone.matrices(y), cone.matrices(2 * x - 3 * y), strict=True):
        assert np.allclose(2 * A - 3 * B, C) and np.allclose(C, C.T)
    assert not cone.contains(-x)


def test_second_order_arrow_agrees_with_the_norm():
    cone, rng = SecondOrder(5), np.random.default_rng(2)
    for _ in range(50):
        x = rng.standard_normal(5)
        x[0] = np.linalg.norm(x[1:]) * rng.uniform(0.8, 1.2)
        assert cone.contains(x) == (x[0] >= np.linalg.norm(x[1:]))


def test_slice_substitutes_and_keeps_ambient_points():
    K = PositiveSemidefinite(3).slice(np.array([[1.0, 0, 1, 0, 0, -1]]))  # X_33 = X_11 + X_22
    x = np.array([2.0, 0.5, 1.0, 0.1, 0.2, 3.0])
    assert (K.dim, K.ambient) == (5, 6)
    assert K.contains(x)
    assert not K.contains(x + np.array([0, 0, 0, 0, 0, 0.1]))
    twice = K.slice(sp.csr_array([[0.0, 1, 0, 0, 0, 0]]))
    assert twice.dim == 4 and not twice.contains(x)
    with pytest.raises(NotImplementedError, match="sampler"):
        K.sample(np.random.default_rng(0))


def test_restrict_cuts_by_a_hyperplane():
    K = NonNegative(2).restrict([1.0, -1.0])
    assert K.contains([2.0, 1.0]) and not K.contains([1.0, 2.0])


@pytest.mark.parametrize("constructor", [NonNegative, SecondOrder, PositiveSemidefinite, Free])
@pytest.mark.parametrize("bad", [0, -1, 2.5, "3"])
def test_orders_must_be_whole_numbers(constructor, bad):
    with pytest.raises(ValueError, match="integer"):
        constructor(bad)


def test_forms_agree_with_matrices():
    rng = np.random.default_rng(3)
    M = rng.standard_normal((4, 5, 5))
    M = M + M.transpose(0, 2, 1)
    forms, x, T = Forms.of(*M), rng.standard_normal(5), rng.standard_normal((5, 3))
    assert np.allclose(forms.values(x), [x @ A @ x for A in M])
    assert np.allclose(forms.matrix(2), M[2])
    assert np.allclose(forms.inner(np.outer(x, x)), forms.values(x))
    assert np.allclose(forms.substitute(sp.csr_array(T)).matrix(1), T.T @ M[1] @ T)
    assert np.allclose(forms.combine([1, 2, 3, 4]).matrix(), np.tensordot([1, 2, 3, 4], M, 1))


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.ones((2, 3)), "symmetric matrix, got shape"),
        (np.array([[0.0, 1.0], [2.0, 0.0]]), "not symmetric"),
        (np.array([[np.nan, 0.0], [0.0, 1.0]]), "not finite"),
        (np.eye(3), "2×2"),
    ],
)
def test_programs_refuse_bad_matrices(matrix, message):
    with pytest.raises(ValueError, match=message):
        CompletelyPositiveProgram(NonNegative(2), matrix)


def test_program_and_dual_agree_on_atoms():
    rng = np.random.default_rng(4)
    A, C, E = (M + M.T for M in rng.standard_normal((3, 3, 3)))
    program = CompletelyPositiveProgram(NonNegative(3), C, [(A, 2.0)], [E])
    x = rng.random(3)
    M = program.dual.slack([0.7], [0.3])
    assert x @ M @ x == pytest.approx(program.value(x) - 0.7 * (x @ A @ x) - 0.3 * (x @ E @ x))
    assert program.dual.value([0.7]) == pytest.approx(1.4)
    assert program.infeasibility(x) >= abs(x @ A @ x - 2.0)
