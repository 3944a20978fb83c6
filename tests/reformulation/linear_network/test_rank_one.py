"""Rank one by W and its minors alone: the size of a level, its tightness, what proves it; local search in batches."""

import numpy as np
import pytest

import copos
from copos import MatrixConstraints
from copos.hierarchy import relax
from copos.reformulation.linear_network.alternating import alternating, diagonals
from copos.reformulation.linear_network.exact_loss import Tables, weighted_gram
from copos.reformulation.linear_network.low_rank import LowRankLoss


def table(shape, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape), 10 ** rng.uniform(-2, 1, shape)


def test_moments_are_those_of_the_two_factors():
    """E u_iu_k v_jv_l, E u_iv_j and 1: the minors identify all others, for 12×12 as for 2×3."""
    for m, n in ((2, 3), (4, 4), (12, 12)):
        Y, weights = table((m, n))
        level = relax(copos.linear_network(np.eye(n), Y, [n, 1, m], "minors", weights=weights))
        assert level.moments == m * (m + 1) // 2 * n * (n + 1) // 2 + m * n
        assert level.orders == (1 + m * n,)


def test_signs_split_what_no_entry_connects():
    """Entries (0, 0) and (1, 1) are seen: the others may change sign together."""
    program = copos.linear_network(np.eye(2), np.eye(2), [2, 1, 2], "minors", weights=np.eye(2), ridge=0.5)
    assert relax(program).orders == (2, 3)


@pytest.mark.parametrize("seed", range(3))
def test_level_zero_closes_wide_weights(seed):
    Y, weights = table((5, 4), seed)
    program = copos.linear_network(np.eye(4), Y, [4, 1, 5], "minors", weights=weights)
    bound = copos.bracket(program)
    assert bound.proved and bound.gap <= 2e-5 * bound.upper
    assert bound.certificate.verify(program).proved


def test_a_dual_on_the_boundary_is_mixed_with_the_objective():
    rng = np.random.default_rng(2)
    A = np.outer(rng.standard_normal(8), rng.standard_normal(8)) + 0.1 * rng.standard_normal((8, 8))
    seen = (rng.random((8, 8)) < 0.3).astype(float)
    program = copos.linear_network(np.eye(8), A, [8, 1, 8], "minors", weights=seen, ridge=1 / 80)
    bound = copos.bracket(program)
    assert bound.proved and bound.gap <= 1e-5 * bound.upper
    assert bound.certificate.verify(program).proved


def test_the_minors_alone_are_taken_where_they_are_as_tight():
    Y, weights = table((3, 3))

    def lift(**change):
        return copos.linear_network(np.eye(3), Y, [3, 1, 3], **{"weights": weights, **change}).name

    assert "minors lift" in lift() and "minors lift" in lift(ridge=1.0)
    assert "minors lift" in lift(constraints=MatrixConstraints.row_sums((3, 3), 1.0))
    for change in (dict(constraints=MatrixConstraints.nonnegative((3, 3))), dict(loss="absolute")):
        assert "projection lift + minors" in lift(**change)


def test_shapes_of_constraints_may_be_numpy_integers():
    Y, weights = table((2, 2))
    shape = tuple(np.array([2, 2]))
    program = copos.linear_network(
        np.eye(2), Y, [2, 1, 2], weights=weights, constraints=MatrixConstraints.row_sums(shape, 1.0)
    )
    assert copos.bracket(program).proved


@pytest.mark.parametrize("rank", [1, 2])
def test_batches_of_alternating_least_squares_find_local_minima(rank):
    Y, weights = table((6, 5))
    loss = LowRankLoss.of(Tables(np.eye(5), Y, weights))
    tau = diagonals(loss.G)
    assert np.array_equal(tau, weights)
    V = np.random.default_rng(0).standard_normal((20, 5, rank))
    found = alternating(tau, loss.H, V, 20_000, 1e-15)
    for U, V, value in zip(*found, strict=True):
        W = U @ V.T
        assert loss.value(W) == pytest.approx(value + loss.constant, rel=1e-9, abs=1e-9)
        assert loss.value(loss.polish(W, rank)) >= loss.value(W) * (1 - 1e-4) - 1e-9
        slope = tau * W - loss.H
        assert max(np.abs(slope @ V).max(), np.abs(slope.T @ U).max()) < 1e-2


@pytest.mark.parametrize("unit", [1.0, 2.0**40, 2.0**-40])
def test_a_bracket_says_how_many_starts_missed_the_best(unit):
    # rank one on diag(2, 1, 1): the weights let some starts end at a diagonal entry that is not the heaviest
    Y = np.diag([2.0, 1.9, 1.8])
    weights = np.ones((3, 3)) + 50 * np.ones((3, 3)) * ~np.eye(3, dtype=bool)
    found = copos.bracket(copos.linear_network(np.eye(3), unit * Y, [3, 1, 3], weights=weights)).found
    U = np.random.default_rng(1).standard_normal((400, 3, 1))
    ends = alternating(weights, weights * Y, U, 5000).values + (Y**2).sum()
    missed = (ends > ends.min() * (1 + 1e-6)).mean()
    assert found.starts == 64 and 0 < missed < 1
    assert abs(found.missed - missed) < 4 * np.sqrt(missed * (1 - missed) / found.starts)


def test_starts_miss_nothing_where_all_of_them_end_at_the_optimum():
    Y, weights = np.outer([1.0, 2.0, 3.0], [1.0, -1.0, 2.0]), np.ones((3, 3))
    weights[0, 0] = 2.0  # a fit without error, where a share of the loss would be rounding
    found = copos.bracket(copos.linear_network(np.eye(3), Y, [3, 1, 3], weights=weights)).found
    assert (found.starts, found.missed) == (64, 0.0)
    plain = copos.bracket(copos.linear_network(np.eye(3), Y, [3, 1, 3])).found  # a closed form searches nothing
    assert (plain.starts, plain.missed) == (0, None)


def test_dependent_rows_of_a_batch_do_not_stop_it():
    tau, H = np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([[2.0, 0.0], [0.0, 0.0]])
    found = alternating(tau, H, np.ones((3, 2, 2)))
    assert np.allclose(found.values, -4.0) and np.isfinite(found.U).all()
    assert diagonals(np.ones((2, 2, 2))) is None


def test_sums_over_a_table_of_units_are_what_they_are_in_general():
    Y, weights = table((3, 4))
    X = np.eye(4)
    turned = X[[1, 0, 2, 3]]  # not the identity, so the general sums
    G, H, squares = weighted_gram(X, Y[[0]], weights[0], False)
    again = weighted_gram(turned, Y[[0]], weights[0], False)
    order = [1, 0, 2, 3]
    assert (G[np.ix_(order, order)] == again[0]).all() and (H[:, order] == again[1]).all() and squares == again[2]
