"""The distance of an input to the boundary of a quadratic network: against local search, closed forms, hard cases."""

import numpy as np
import pytest
import scipy.optimize as opt

import copos
from copos.polynomial.network import PolynomialNetwork


def random_network(rng, d, neurons, outputs):
    u = rng.standard_normal((neurons, d))
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    alpha, intercept = rng.standard_normal((neurons, outputs)), rng.standard_normal(outputs)
    return PolynomialNetwork.from_weights(u, alpha, intercept=intercept)


def searched(f, x, rng, starts=30):
    """The nearest point with f = 0 that local search finds."""
    best, sign = np.inf, np.sign(f(x))
    for _ in range(starts):
        start = x + rng.standard_normal(len(x)) * rng.exponential(2)
        behind = {"type": "ineq", "fun": lambda z: -sign * f(z)}
        found = opt.minimize(
            lambda z: np.sum((z - x) ** 2), start, jac=lambda z: 2 * (z - x), constraints=behind, tol=1e-14
        )
        if sign * f(found.x) <= 1e-9:
            best = min(best, float(np.linalg.norm(found.x - x)))
    return best


@pytest.mark.parametrize("seed", range(12))
def test_no_point_is_nearer_and_one_is_there(seed):
    rng = np.random.default_rng(seed)
    d, outputs = int(rng.integers(1, 5)), int(rng.integers(1, 4))
    network, x = random_network(rng, d, int(rng.integers(1, 7)), outputs), 2 * rng.standard_normal(d)

    def f(z):
        values = np.atleast_1d(network.predict(z[None])[0])
        return values[0] if outputs == 1 else values[s] - np.delete(values, s).max()

    s = int(np.argmax(network.predict(x[None])[0])) if outputs > 1 else 0
    found = network.distance_to_boundary(x)
    known = searched(f, x, rng, 15)
    assert found.lower <= known * (1 + 1e-6) and found.lower <= found.distance
    if np.isfinite(found.distance):
        assert found.distance <= known * (1 + 1e-6) and found.lower >= found.distance * (1 - 1e-6)
        assert np.linalg.norm(found.point - x) == pytest.approx(found.distance, rel=1e-9)
        assert abs(f(found.point)) <= 1e-9 * (1 + abs(found.value)) and found.value * f(x) > 0
    else:
        assert not np.isfinite(known) and found.point is None and found.lower > 0


def form(A, g=0.0, c=0.0):
    """The network z'Az + c for a symmetric A."""
    values, vectors = np.linalg.eigh(np.asarray(A, dtype=float))
    return PolynomialNetwork.from_weights(vectors.T, values, activation="quadratic", intercept=c)


@pytest.mark.parametrize(("A", "c", "x", "distance"), [
    (np.diag([1.0, -1.0]), 0.0, [3.0, 1.0], np.sqrt(2.0)),
    (np.diag([1.0, -1.0]), 0.0, [3.0, 0.0], 3 / np.sqrt(2.0)),  # the hard case: two nearest points
    (np.diag([1.0, 1.0]), -4.0, [0.0, 0.0], 2.0),  # the centre of a disc: a circle of nearest points
    (np.diag([1.0, 1.0]), -4.0, [5.0, 0.0], 3.0), (np.diag([1.0, 4.0]), -4.0, [0.0, 0.5], 0.5),
    (np.diag([1.0, -1.0, -1.0]), 1.0, [0.0, 0.0, 0.0], 1.0),
])  # fmt: skip
def test_closed_forms(A, c, x, distance):
    found = form(A, c=c).distance_to_boundary(x)
    assert found.distance == pytest.approx(distance, rel=1e-9) and found.lower >= distance * (1 - 1e-6)
    assert found.lower <= distance * (1 + 1e-15)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
@pytest.mark.parametrize("height", [1e-6, 1.0, 1e6])
def test_units_change_nothing(scale, height):
    A, x = np.diag([2.0, 1.0, -3.0]), np.array([1.0, 2.0, 0.5])
    one = form(A, c=-1.0).distance_to_boundary(x)
    other = form(height * A / scale**2, c=-height).distance_to_boundary(scale * x)
    assert other.distance == pytest.approx(scale * one.distance, rel=1e-8)
    assert other.lower == pytest.approx(scale * one.lower, rel=1e-6) and one.lower > 0


def test_without_a_boundary_the_distance_is_infinite():
    definite = form(np.eye(2), c=1.0).distance_to_boundary([1.0, 1.0])
    assert definite.distance == definite.lower == np.inf and definite.point is None
    flat = form(np.diag([1.0, 0.0]), c=1.0).distance_to_boundary([1.0, 1.0])
    assert flat.distance == np.inf and 0 < flat.lower  # A is singular: a finite radius is shown
    nothing = PolynomialNetwork.from_weights(np.zeros((0, 2)), np.zeros((0, 1)), intercept=2.0)
    assert nothing.distance_to_boundary([1.0, 1.0]).distance == np.inf


def test_on_the_boundary_the_distance_is_0():
    found = form(np.diag([1.0, -1.0])).distance_to_boundary([2.0, 2.0])
    assert found.distance == found.lower == 0.0 and found.point.tolist() == [2.0, 2.0]


def test_outputs_and_levels():
    network = PolynomialNetwork.from_weights(np.eye(2), np.eye(2), activation="quadratic", intercept=[0.0, 0.0])
    assert network.distance_to_boundary([3.0, 0.0], 0, level=4.0).distance == pytest.approx(1.0)
    pair = network.distance_to_boundary([3.0, 1.0], (0, 1))
    assert pair.distance == pytest.approx(np.sqrt(2.0)) and pair.outputs == (0, 1)
    assert network.distance_to_boundary([3.0, 1.0]).outputs == (0, 1)
    assert network.distance_to_boundary([1.0, 3.0]).outputs == (1, 0)


def test_a_trained_network_with_a_constant_feature():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 3))
    y = np.sign(X[:, 0] * X[:, 1] + 0.3)
    network = copos.polynomial_network(X, y, architecture=copos.Dense(constant=1.0), beta_ratio=0.05).train().network
    for x in X[:3]:
        found = network.distance_to_boundary(x)
        assert found.lower == pytest.approx(found.distance, rel=1e-6)
        near = x + (found.point - x) * 0.999
        assert network.predict(near[None])[0] * network.predict(x[None])[0] > 0
        assert abs(network.predict(found.point[None])[0]) < 1e-9


@pytest.mark.parametrize(("x", "output", "words"), [
    ([1.0], None, "x has shape"), ([1.0, 2.0], 1, "output is 1"), ([1.0, 2.0], (0, 0), "output is"),
    ([np.nan, 1.0], None, "not finite"), ([1.0, 2.0], -1, "output is -1"),
])  # fmt: skip
def test_what_is_refused(x, output, words):
    with pytest.raises(ValueError, match=words):
        form(np.eye(2)).distance_to_boundary(x, output)


def test_convolutions_are_refused():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((20, 6))
    program = copos.polynomial_network(X, X[:, 0], architecture=copos.Convolution(3), beta_ratio=0.5)
    with pytest.raises(ValueError, match="fully connected"):
        program.train().network.distance_to_boundary(X[0])
