"""Two outputs that share neurons: max(|α_1|, |α_2|) is the ℓ1 norm of the half sum and the half difference."""

import numpy as np
import pytest

from copos import certify_network, polynomial_network


@pytest.mark.parametrize("beta", [0.3, 3.0])
def test_the_largest_weight_of_two_outputs(beta):
    cp = pytest.importorskip("cvxpy")
    rng = np.random.default_rng(0)
    X = rng.standard_normal((20, 2))
    Y = np.column_stack([X[:, 0] ** 2 + 0.3 * X[:, 1] ** 2, X[:, 0] ** 2 - X[:, 1]])
    Y = Y + 0.1 * rng.standard_normal((20, 2))
    turn = np.array([[1, 1], [1, -1]]) / 2
    program = polynomial_network(X, Y @ turn, beta=beta, intercept=True, sample_weight=np.full(20, 2.0))
    fit = program.train(1e-8)
    # the penalty as it is written, on neurons of a fine grid of directions
    angles = np.linspace(0, 2 * np.pi, 721)[:-1]
    responses = program.activation(X @ np.array([np.cos(angles), np.sin(angles)]))
    alpha, t = cp.Variable((720, 2)), cp.Variable((1, 2))
    value = cp.sum_squares(responses @ alpha + np.ones((20, 1)) @ t - Y) / 2
    grid = cp.Problem(cp.Minimize(value + beta * cp.sum(cp.max(cp.abs(alpha), axis=1)))).solve(solver="CLARABEL")
    assert fit.certified and fit.lower <= grid * (1 + 1e-9) and grid <= fit.objective * (1 + 1e-4)


def test_the_message_says_where_a_group_penalty_is_convex():
    with pytest.raises(ValueError, match=r"expected one of l1, cubic; a group penalty .* half sum and half difference"):
        polynomial_network([[1.0]], [1.0], beta=0.1, penalty="group")
    with pytest.raises(ValueError, match="expected one of l1, cubic$"):
        polynomial_network([[1.0]], [1.0], beta=0.1, penalty="l3")


def test_a_result_of_training_is_no_network():
    trained = polynomial_network([[1.0]], [1.0], beta=0.1).train()
    with pytest.raises(TypeError, match="got a TrainedNetwork; its attribute `network` is one"):
        certify_network(trained, [[1.0]], [1.0], beta=0.1)
    with pytest.raises(TypeError, match="from_weights"):
        certify_network([[1.0]], [[1.0]], [1.0], beta=0.1)
