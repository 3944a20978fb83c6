"""ϑ and its variants: twins as one vertex, uneven degrees, and what every result proves."""

import numpy as np
import pytest

from copos.graphs import theta_method, twins
from copos.graphs.mixing import Mixing


def random_graph(n, p, seed):
    """G(n, p), or with p_i + p_j over 2 for a vector p."""
    rng = np.random.default_rng(seed)
    p = np.broadcast_to(p, n)
    upper = np.triu(rng.random((n, n)) < (p[:, None] + p[None, :]) / 2, 1)
    return upper | upper.T


@pytest.mark.parametrize("variant", theta_method.VARIANTS)
def test_a_class_of_twins_is_one_vertex_with_their_weights(variant):
    rng = np.random.default_rng(3)
    of = np.r_[np.arange(8), rng.integers(8, size=6)]
    A = random_graph(8, 0.5, 1)[np.ix_(of, of)]
    w = rng.integers(1, 5, 14).astype(float)
    classes = twins.classes(A)
    assert classes.max() < 8
    few, W = twins.merged(A, w, classes)
    assert W.sum() == w.sum() and few.shape == (classes.max() + 1,) * 2
    whole, parts = theta_method.theta(A, w, variant), theta_method.theta(few, W, variant)
    assert whole.upper == parts.upper
    # what is lifted proves the same by itself, on all vertices
    unit = w / w.max()
    assert np.linalg.eigvalsh(whole.slack)[0] > -1e-9
    assert w.max() * theta_method.bound(whole.slack, A, unit, variant) == pytest.approx(whole.upper, rel=1e-10)
    Y = whole.matrix
    assert float(unit @ Y.diagonal()) == pytest.approx(1, rel=1e-4)
    assert w.max() * float(unit @ Y @ unit) == pytest.approx(whole.upper, rel=1e-4)
    assert np.abs(Y[A]).max() < 1e-4 or variant == "szegedy"


def test_only_twins_are_merged():
    path = np.zeros((4, 4), dtype=bool)
    path[[0, 1, 1, 2, 2, 3], [1, 0, 2, 1, 3, 2]] = True
    assert twins.classes(path).tolist() == [0, 1, 2, 3]
    triangle = ~np.eye(3, dtype=bool)  # adjacent: no twins
    assert twins.classes(triangle).tolist() == [0, 1, 2]


def test_uneven_degrees_take_no_more_than_some_hundred_steps():
    A = ~random_graph(40, np.linspace(0, 1, 40), 0) & ~np.eye(40, dtype=bool)
    found = theta_method.theta(A, np.ones(40), "schrijver", 1e-6)
    assert A.sum(axis=1).max() > 2 * A.sum(axis=1).min()
    assert found.steps < 1000
    finer = theta_method.theta(A, np.ones(40), "schrijver", 1e-8)
    assert finer.upper <= found.upper <= finer.upper * (1 + 1e-5)


def test_the_unit_of_both_matrices_settles_on_a_sparse_graph():
    # ϑ of an odd cycle is n cos(π/n)/(1 + cos(π/n)) [Lovasz1979]; in a unit that swings, 2,000 steps end 1.4 % above
    A = np.roll(np.eye(101), 1, axis=0) + np.roll(np.eye(101), -1, axis=0) > 0
    found = theta_method.theta(A, np.ones(101), "lovasz")
    cosine = np.cos(np.pi / 101)
    assert found.steps < theta_method.STEPS
    assert found.upper == pytest.approx(101 * cosine / (1 + cosine), rel=1e-6)


def test_all_edges_and_none():
    for variant in theta_method.VARIANTS:
        assert theta_method.theta(np.zeros((3, 3), dtype=bool), np.ones(3), variant).upper == pytest.approx(3)
        assert theta_method.theta(~np.eye(3, dtype=bool), np.ones(3), variant).upper == pytest.approx(1)


def test_mixing_goes_back_where_the_residual_grows():
    mixing = Mixing((2,))
    mixing.after(np.array([1.0, 0.0]), np.array([5.0, 6.0]))
    assert mixing.after(np.array([0.0, 3.0]), np.array([9.0, 9.0])).tolist() == [5.0, 6.0]
    assert mixing.count == 0
