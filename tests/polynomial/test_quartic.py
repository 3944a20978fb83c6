"""Networks of degree up to four: forms on the sphere, levels, proofs, networks, against other ways to the optimum."""

import numpy as np
import pytest

import copos
from copos.polynomial.quartic_forms import Sphere, peaks
from copos.polynomial.quartic_level import atoms, gram, least_top


def sphere_points(d, n, seed=0):
    U = np.random.default_rng(seed).standard_normal((n, d))
    return U / np.linalg.norm(U, axis=1)[:, None]


@pytest.mark.parametrize("d", [1, 2, 3, 4])
def test_samples_become_forms_that_agree_on_the_sphere(d):
    rng, sphere, U = np.random.default_rng(d), Sphere(d), sphere_points(d, 5)
    X, sigma = rng.standard_normal((3, d)), rng.standard_normal(5)
    rows = sphere.features(X, sigma)
    for x, row in zip(X, rows, strict=True):
        assert np.allclose(sphere.values(row, U)[0], np.polyval(sigma[::-1], U @ x))
    assert np.allclose(sphere.values(sphere.one, U)[0], 1)


def test_slopes_are_those_of_differences():
    sphere, U = Sphere(3), sphere_points(3, 4)
    c = np.random.default_rng(1).standard_normal(sphere.size)
    slope = sphere.values(c, U)[1]
    for k, step in enumerate(1e-6 * np.eye(3)):
        difference = sphere.values(c, U + step)[0] - sphere.values(c, U - step)[0]
        assert np.allclose(slope[:, k], difference / 2e-6, atol=1e-6)


def test_a_gram_matrix_is_moved_onto_its_identity():
    rng, sphere, U = np.random.default_rng(2), Sphere(3), sphere_points(3, 6)
    form, G = rng.standard_normal(sphere.size), gram(Sphere(3), np.zeros(Sphere(3).size), np.eye(9))
    z = np.hstack([U[:, sphere.pairs].prod(2), U])
    G = gram(sphere, form, rng.standard_normal((9, 9)))
    assert np.allclose(np.einsum("na,ab,nb->n", z, G, z), sphere.values(form, U)[0])


def test_flat_moments_give_their_atoms():
    sphere, U = Sphere(3), sphere_points(3, 3, 5)
    z = np.hstack([U[:, sphere.pairs].prod(2), U])
    found = atoms(sphere, (z.T * [1.0, 0.3, 2.0]) @ z)
    assert found is not None and all(np.linalg.norm(found - u, axis=1).min() < 1e-7 for u in U)
    many = sphere_points(3, 8)
    z = np.hstack([many[:, sphere.pairs].prod(2), many])
    assert atoms(sphere, z.T @ z) is None and len(atoms(sphere, np.zeros((9, 9)))) == 0


@pytest.mark.parametrize(("form", "value"), [({(0, 0, 0, 0): 1.0, (0, 0, 1, 1): 3.0}, 9 / 8), ({(0, 0, 0): 1.0}, 1.0)])
def test_the_level_in_the_plane_is_the_maximum(form, value):
    """u⁴ + 3u²v² on the circle has the maximum 9/8 at u² = 3/4; u³ has 1."""
    sphere = Sphere(2)
    p = np.zeros(sphere.size)
    for key, c in form.items():
        p[sphere.place(np.array([key]))] = c
    assert abs(least_top(sphere, p)[0] - value) < 1e-7
    assert abs(np.abs(peaks(sphere, p, np.random.default_rng(0)).p).max() - value) < 1e-10


def brute(X, y, beta, sigma, count=200):
    """Training over directions of a fine grid of the circle, by coordinate descent on α: a finite convex problem."""
    t = np.linspace(0, 2 * np.pi, count, endpoint=False)
    D = np.polyval(sigma, X @ np.stack([np.cos(t), np.sin(t)]))
    cvxpy = pytest.importorskip("cvxpy")
    a = cvxpy.Variable(count)
    R = np.linalg.qr(np.column_stack([D, y]), mode="r")
    goal = cvxpy.sum_squares(R[:, :-1] @ a - R[:, -1]) / 2 + beta * cvxpy.norm1(a)
    return cvxpy.Problem(cvxpy.Minimize(goal)).solve("CLARABEL")


@pytest.mark.parametrize("sigma", [(1, 0, 0, 0), (0.1, 0.2, 0.3, 0.5, 0.1)])
def test_training_in_the_plane_is_that_over_all_directions(sigma):
    rng = np.random.default_rng(3)
    X, y = rng.standard_normal((9, 2)), rng.standard_normal(9)
    fit = copos.train_quartic_network(X, y, 0.3, sigma)
    grid = brute(X, y, 0.3, sigma)
    assert fit.certified and fit.lower <= grid * (1 + 1e-7) and grid <= fit.objective * (1 + 1e-3)
    assert fit.verify().proved and fit.network_certificate.verify(fit.problem.plain, fit.problem.tables).proved
    e = fit.network.predict(X) - y
    assert abs(e @ e / 2 + 0.3 * np.abs(fit.network.alpha).sum() - fit.objective) < 1e-9 * fit.objective


def test_even_activations_in_space_are_exact():
    """Forms of degree four in three variables that are nonnegative are sums of squares [Hilbert1888]."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((15, 3)), rng.standard_normal(15)
    fit = copos.train_quartic_network(X, y, 1.0, (1, 0, 0, 0, 0))
    assert fit.certified and np.allclose(np.linalg.norm(fit.network.u, axis=1), 1)


def test_degree_two_agrees_with_the_program_of_degree_two():
    rng = np.random.default_rng(4)
    X, y = rng.standard_normal((12, 3)), rng.standard_normal(12)
    fit = copos.train_quartic_network(X, y, 0.5, (0.09, 0.5, 0.47))
    other = copos.polynomial_network(X, y, "published", beta=0.5).train()
    assert fit.certified and abs(fit.lower - other.objective) <= 2e-6 * other.objective


def test_a_teacher_is_found():
    X = np.random.default_rng(0).standard_normal((30, 2))
    fit = copos.train_quartic_network(X, (X @ [0.6, 0.8]) ** 3, 0.1, (1, 0, 0, 0))
    u = fit.network.u * np.sign(fit.network.alpha)[:, None]  # z³ is odd: (u, α) and (−u, −α) are one neuron
    assert len(fit.network) == 1 and np.allclose(u, [[0.6, 0.8]], atol=1e-3)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_units_do_not_matter(scale):
    rng = np.random.default_rng(5)
    X, y = rng.standard_normal((8, 2)), rng.standard_normal(8)
    fit = copos.train_quartic_network(scale * X, y / scale, 0.3 * scale**2, (1, 0, 0, 0))  # σ(x'u) = scale³ …
    assert fit.gap <= 1e-6


def test_nothing_to_learn_gives_an_empty_network():
    X = np.eye(3)
    for y, beta in ((np.zeros(3), 1.0), (np.ones(3), 100.0)):
        fit = copos.train_quartic_network(X, y, beta, (1, 0, 0, 0, 0))
        assert fit.certified and len(fit.network) == 0 and fit.objective == (y @ y) / 2
    zero = copos.train_quartic_network(np.zeros((2, 2)), [1.0, 2.0], 1.0, (1, 0, 0))
    assert zero.certified and zero.objective == 2.5


@pytest.mark.parametrize(("change", "said"), [
    ({"X": np.ones((2, 7))}, "at most 6"), ({"X": [1.0, 2.0]}, "shape"), ({"y": [1.0]}, "shape"),
    ({"beta": 0.0}, "beta"), ({"activation": (1, 0, 0, 0, 0, 0)}, "one to five"),
    ({"activation": (0.0, 0.0)}, "one to five"),
    ({"activation": [np.nan]}, "finite"), ({"X": [[np.inf], [1.0]]}, "finite"), ({"seed": -1}, "seed"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(change, said):
    arguments = {"X": np.eye(2), "y": [1.0, 2.0], "beta": 1.0, "activation": (1, 0, 0, 0)}
    with pytest.raises(ValueError, match=said):
        copos.train_quartic_network(**(arguments | change))


def test_numbers_whose_squares_are_no_doubles_are_refused_in_words():
    with pytest.raises(ValueError, match="other units"):
        copos.train_quartic_network([[1e50], [2e50]], [1.0, 2.0], 1.0, (1.0, 0, 0, 0, 0))
    with pytest.raises(ValueError, match="other units"):
        copos.train_quartic_network([[1e100], [2e100]], [1.0, 2.0], 1.0, (1.0, 0, 0, 0, 0))
