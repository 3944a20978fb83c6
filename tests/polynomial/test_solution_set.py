"""Faces of optimal networks with a known dimension."""

import numpy as np
import pytest

from copos import polynomial_network


def test_unseen_entries_are_a_line_of_solutions():
    """½Σ(q_ii − 1)² + β‖Q‖_*: q = 1 − β on the diagonal, anything between ±q beside it."""
    program = polynomial_network(np.eye(2), [1.0, 1.0], "quadratic", beta=0.25)
    found = program.solution_set()
    assert (found.dimension, found.unique, found.strict) == (1, False, True)
    Q = (found.smallest.u.T * found.smallest.alpha) @ found.smallest.u
    assert Q == pytest.approx(0.75 * np.eye(2), abs=1e-6)
    assert len(found.sparsest) == 1 and np.abs(found.sparsest.u) == pytest.approx(np.sqrt([[0.5, 0.5]]), abs=1e-6)
    for network in (found.smallest, found.sparsest):
        assert program.objective(network) == pytest.approx(found.fit.lower, rel=1e-7)


def test_a_cube_of_correlation_matrices():
    """Three unit samples see the diagonal of a 3×3 matrix: the elliptope; extreme points have r(r + 1)/2 ≤ 3."""
    found = polynomial_network(np.eye(3), np.ones(3), "quadratic", beta=0.1).solution_set()
    assert found.dimension == 3 and len(found.sparsest) <= 2 and len(found.smallest) == 3


@pytest.mark.parametrize(("loss", "intercept"), [("squared", False), ("squared", True), ("logistic", True)])
def test_generic_data_have_one_solution(loss, intercept):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 3))
    y = X[:, 0] * X[:, 1] + 0.3 * rng.standard_normal(60)
    y = np.sign(y) if loss == "logistic" else y
    program = polynomial_network(X, y, beta_ratio=0.05, loss=loss, intercept=intercept)
    found = program.solution_set()
    assert found.dimension == 0 and found.unique
    assert found.zero < 1e-3 * found.positive and found.singular > 1e-7
    grid = rng.standard_normal((20, 3))
    for network in (found.sparsest, found.smallest):
        assert network.predict(grid) == pytest.approx(found.fit.network.predict(grid), abs=1e-4)
        assert program.objective(network) == pytest.approx(found.fit.objective, rel=1e-8)


def test_what_samples_do_not_see_of_a_lifted_matrix():
    """With a linear term two samples of two features leave some of Z open; every network of the set is optimal."""
    program = polynomial_network(np.eye(2), [1.0, 1.0], (1.0, 0.2, 0.0), beta=0.1)
    found = program.solution_set()
    for network in (found.sparsest, found.smallest):
        assert program.objective(network) <= found.fit.lower * (1 + 1e-7)
    assert len(found.sparsest) <= len(found.smallest)


def test_losses_that_are_not_strictly_convex_are_refused():
    with pytest.raises(ValueError, match="expected one of squared, logistic"):
        polynomial_network(np.eye(2), [1.0, -1.0], beta=0.1, loss="hinge").solution_set()


def test_the_zero_network_is_alone():
    found = polynomial_network(np.eye(2), [1.0, 0.5], "quadratic", beta=5.0).solution_set()
    assert found.unique and found.dimension == 0 and len(found.sparsest) == len(found.smallest) == 0
