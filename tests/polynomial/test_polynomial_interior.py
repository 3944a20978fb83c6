"""The interior-point method of polynomial networks: normal equations, moments, samples at a kink, low rank."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import scale

from copos.arithmetic import svec
from copos.losses.convex import Interval
from copos.polynomial.crossover import cross, plans
from copos.polynomial.features import activation
from copos.polynomial.interpolation import interpolated
from copos.polynomial.lifted import Lift
from copos.polynomial.low_rank import Effort
from copos.polynomial.moments import by_moments, fourth_moments
from copos.polynomial.newton import Task, evaluate, rescaled
from copos.polynomial.normal_equations import Matrices, Samples, lifted_rows
from copos.polynomial.program import polynomial_network


def breast_cancer(loss, beta, every=1):
    """Labels that a network separates, with a free intercept; every so many samples."""
    X, labels = (part[::every] for part in load_breast_cancer(return_X_y=True))
    program = polynomial_network(scale(X), 2.0 * labels - 1, beta=beta, loss=loss, intercept=True)
    return Task(program.lift, program.loss, program.beta, True)


@pytest.mark.parametrize("spec", ["published", "quadratic", (0.3, 0.0, 0.2), (-0.2, 1.0, 0.1)])
def test_normal_equations_are_those_of_the_lifted_rows(spec):
    """D + Σ A(W⊗W)A' from squared products, from matrices, and from its definition."""
    rng = np.random.default_rng(0)
    lift = Lift(rng.standard_normal((2, 9, 1, 3)), activation(spec))
    k, D = lift.order, rng.random(9) + 0.1
    L = rng.standard_normal((2, 2, k, k))
    rows = lifted_rows(lift)
    K = np.diag(D)
    for g in range(2):
        for W in L[g] @ L[g].swapaxes(1, 2):
            M = svec.smat(rows[g])
            K += np.einsum("iab,bc,jcd,da->ij", M, W, M, W, optimize=True)
    r = rng.standard_normal(9)
    nu, Z = rng.standard_normal(9), L[:, 0] + L[:, 0].swapaxes(1, 2)
    rough = Samples(lift)
    rough.precision.single = True  # with refinement, or else double
    for made in (Samples(lift), rough, Matrices(rows, np.ones(9))):
        assert made.factor(L, D)(r) == pytest.approx(np.linalg.solve(K, r), rel=1e-8)
        assert made.forms(nu) == pytest.approx(lift.forms(nu[:, None])[:, 0], abs=1e-12)
        assert made.respond(Z) == pytest.approx(np.einsum("gip,gp->i", rows, svec.svec(Z)), abs=1e-12)


@pytest.mark.parametrize(("n", "kind"), [(12, "samples"), (12, "matrices"), (200, "moments"), (200, "compressed")])
def test_interior_point_agrees_with_the_low_rank_method(n, kind):
    rng = np.random.default_rng(1)
    X = rng.standard_normal((n, 4))
    program = polynomial_network(X, np.sin(X[:, 0]) + X[:, 1] * X[:, 2], beta_ratio=0.01, intercept=True,
                                 sample_weight=rng.random(n) + 0.1)  # fmt: skip
    task = Task(program.lift, program.loss, program.beta, True)
    assert plans(task)[0].kind == ("samples" if n == 12 else "moments")
    crossed = cross(task, [plan for plan in plans(task) if plan.kind == kind], 1e-9)
    other = program.train(1e-9, effort=Effort(interior=False))
    assert crossed.at.objective == pytest.approx(other.objective, rel=1e-8)
    assert crossed.lower == pytest.approx(other.objective, rel=1e-8)
    assert len(crossed.at.columns) <= len(other.network) + 1
    assert crossed.lower <= other.objective * (1 + 1e-12)


@pytest.mark.parametrize("kind", ["double", "indicator", "almost"])
def test_features_that_depend_on_each_other(kind):
    """Moments in a basis of what is seen; where rounding hides whether features depend, the next plan is followed."""
    rng = np.random.default_rng(5)
    X = rng.standard_normal((90, 4))
    if kind == "indicator":
        X[:, 2], X[:, 3] = X[:, 0] > 0, X[:, 0] <= 0
    else:
        X[:, 3] = 2 * X[:, 0] + (1e-6 * rng.standard_normal(90) if kind == "almost" else 0.0)
    program = polynomial_network(X, X[:, 0] * X[:, 1] + 0.1 * rng.standard_normal(90), beta_ratio=0.01)
    task = Task(program.lift, program.loss, program.beta, False)
    first, *others = plans(task)
    assert first.kind == "moments"
    found = by_moments(program.lift, program.loss, False)
    if kind == "almost":
        assert found is None and cross(task, [first], 1e-7) is None
    else:
        rows = found[0]
        assert len(rows.basis.kept) < 15 and len(rows.basis.rest) > 0
        A, Z = lifted_rows(program.lift)[0], rng.standard_normal((5, 5))
        Z = Z + Z.T
        assert A[:, rows.basis.kept] @ rows.respond(Z[None]) == pytest.approx(A @ svec.svec(Z), abs=1e-9)
    crossed, other = cross(task, [first, *others], 1e-7), cross(task, others, 1e-9)
    assert crossed.at.objective == pytest.approx(other.at.objective, rel=1e-7)
    assert crossed.at.objective - crossed.lower <= 1e-7 * crossed.lower


def test_interior_point_of_separable_labels():
    """With a free intercept the multipliers are tiny beside their bounds: the start is feasible for a larger β only."""
    task = breast_cancer("hinge", 0.01, every=4)
    crossed = cross(task, plans(task), 1e-7)
    assert crossed.at.objective - crossed.lower <= 1e-5 * crossed.lower
    assert np.all((crossed.nu >= task.loss.low) & (crossed.nu <= task.loss.high))


def test_samples_at_a_kink_are_met():
    """A factor misses hundreds of samples by little, each at the cost of its slope; the shortest step meets them."""
    task = breast_cancer("absolute", 0.001)
    crossed = cross(task, plans(task), 1e-6)
    assert crossed.at.objective - crossed.lower <= 1e-6 * crossed.lower
    kink = np.abs(crossed.nu) < 0.99
    assert kink.sum() > 300
    assert np.abs(crossed.at.F - task.loss.Y)[kink].max() < 1e-8
    rng = np.random.default_rng(0)
    V = rescaled(task, crossed.at.V * (1 + 1e-6 * rng.standard_normal(crossed.at.V.shape)), crossed.at.columns)
    moved = evaluate(task, V, crossed.at.columns, crossed.at.intercept)
    back = interpolated(task, moved, crossed.nu)
    assert moved.objective - crossed.lower > 1e-4 * crossed.lower
    assert back.objective - crossed.lower <= 1e-6 * crossed.lower


@pytest.mark.parametrize("loss", ["absolute", "hinge"])
def test_interior_point_at_kinks(loss):
    """The multipliers of the bounds are found with the network: no proximal rounds are needed."""
    rng = np.random.default_rng(2)
    X = rng.standard_normal((40, 3))
    y = np.sign(X[:, 0] * X[:, 1] + 0.3 * rng.standard_normal(40))
    program = polynomial_network(X, y, beta_ratio=0.1, loss=loss)
    task = Task(program.lift, program.loss, program.beta, False)
    crossed = cross(task, plans(task), 1e-8)
    assert crossed.at.objective - crossed.lower <= 2e-8 * crossed.lower
    assert np.all((crossed.nu >= program.loss.low) & (crossed.nu <= program.loss.high))


def test_moments_of_order_four_solve_the_normal_equations():
    rng = np.random.default_rng(3)
    X, weights = rng.standard_normal((60, 4)), rng.random(60) + 0.5
    rows = svec.svec(X[:, :, None] * X[:, None, :])
    assert fourth_moments(X, weights) == pytest.approx(rows.T @ (weights[:, None] * rows), rel=1e-12)


@pytest.mark.parametrize("intercept", [False, True])
def test_moments_are_the_squared_loss_in_the_coordinates_of_z(intercept):
    """The quadratic is the loss at the best intercept, H its inverse, and the normal equations are H + Σ W⊗W."""
    rng = np.random.default_rng(4)
    X, weights, y = rng.standard_normal((60, 4)), rng.random(60) + 0.5, rng.standard_normal(60)
    X[:, 2] = 0.0  # no sample sees its products
    lift = Lift(X[None, :, None], activation((0.3, -0.7, 0.0 if intercept else 0.2)))
    ones = np.ones((60, 1))
    loss = Interval(y[:, None], ones / weights[:, None], -np.inf * ones, np.inf * ones)
    rows, quadratic, offset = by_moments(lift, loss, intercept)
    A = lifted_rows(lift)[0]
    for z in rng.standard_normal((3, 15)):
        F = A @ z
        if intercept:
            F = F + np.average(y - F, weights=weights)
        kept = rows.respond(svec.smat(z)[None])
        assert quadratic.value(kept[:, None]) + offset == pytest.approx(loss.value(F[:, None]), rel=1e-10)
        gradient = svec.smat(A.T @ (weights * (F - y)))
        slope = np.tril(quadratic.G) + np.tril(quadratic.G, -1).T
        assert slope @ (kept - quadratic.Y[:, 0]) == pytest.approx(rows.respond(gradient[None]), abs=1e-9)
        assert quadratic.bend((slope @ kept)[:, None])[:, 0] == pytest.approx(kept, rel=1e-8)
    L, r = rng.standard_normal((1, 2, 5, 5)), rng.standard_normal(len(kept))
    for single in (True, False):
        rows.precision.single = single
        x = rows.factor(L, np.zeros(len(r)))(r)
        again = quadratic.bend(x[:, None])[:, 0] + sum(
            rows.respond(W @ rows.forms(x) @ W) for W in L[0] @ L[0].swapaxes(1, 2)
        )
        assert again == pytest.approx(r, abs=1e-8)
