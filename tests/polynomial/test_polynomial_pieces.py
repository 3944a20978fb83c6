"""The parts of polynomial-network training against finite differences, brute force and closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copos.arithmetic import svec
from copos.arithmetic.decomposition import neurons
from copos.conic import Cones, ConicForm
from copos.losses.convex import LOSSES, Interval, bind
from copos.polynomial.features import Activation, Convolution, Dense, activation
from copos.polynomial.lifted import Lift, merge
from copos.polynomial.newton import Model, Task, conjugate_gradients, evaluate, rescaled
from copos.polynomial.program import polynomial_network
from copos.polynomial.sphere import extremes
from copos.solvers import solve


def targets(loss, n, T, rng):
    labels = LOSSES[loss].labels
    if labels == "one-hot":
        return np.eye(T)[rng.integers(T, size=n)]
    return rng.choice([-1.0, 1.0], size=(n, T)) if labels == "sign" else rng.standard_normal((n, T))


# ── sphere ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_sphere_bounds_hold_and_are_attained():
    rng = np.random.default_rng(0)
    A = rng.standard_normal((200, 5, 5))
    A, g, c = A + A.swapaxes(1, 2), rng.standard_normal((200, 5)), rng.standard_normal(200)
    for side, sign in zip(extremes(A, g, c), (1, -1), strict=True):
        u = rng.standard_normal((200, 400, 5))
        u /= np.linalg.norm(u, axis=2, keepdims=True)
        q = sign * (np.einsum("bsi,bij,bsj->bs", u, A, u) + 2 * np.einsum("bsi,bi->bs", u, g) + c[:, None])
        assert np.all(q.max(1) <= side.bound)
        assert np.all(side.bound - side.value <= 1e-11)
        assert np.allclose(np.linalg.norm(side.point, axis=1), 1)


def test_sphere_hard_case_and_degenerate_forms():
    rng = np.random.default_rng(1)
    A = rng.standard_normal((60, 6, 6))
    A = A + A.swapaxes(1, 2)
    values, vectors = np.linalg.eigh(A)
    gamma = 0.05 * rng.standard_normal((60, 6))
    gamma[:, -1] = 0  # orthogonal to the top eigenvector
    gamma[20:40, -1] = 1e-13  # and nearly so
    g = np.einsum("bij,bj->bi", vectors, gamma)
    A[40:50], g[50:] = 0, 0
    A[45:50], g[45:50] = 0, 0
    up, down = extremes(A, g, np.zeros(60))
    assert np.all(up.bound - up.value <= 1e-11) and np.all(down.bound - down.value <= 1e-11)
    assert np.allclose(up.bound[50:], values[50:, -1])
    assert np.allclose(up.bound[45:50], 0, atol=1e-12)


def test_sphere_bound_is_the_eigenvalue_bound_of_the_lift():
    """Max over the sphere = 2·min_δ λ_max(S − δJ)."""
    from scipy.optimize import minimize_scalar

    rng = np.random.default_rng(2)
    J = np.diag([1.0, 1.0, 1.0, -1.0])
    for _ in range(5):
        S = rng.standard_normal((4, 4))
        S = S + S.T
        up, _ = extremes(S[None, :3, :3], S[None, :3, 3], S[None, 3, 3])
        found = minimize_scalar(lambda t, S=S: 2 * np.linalg.eigvalsh(S - t * J)[-1], options={"xtol": 1e-12})
        assert found.fun == pytest.approx(up.bound[0], abs=1e-7)


# ── decomposition ─────────────────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 10**6), st.floats(-8, 8))
def test_decomposition_reconstructs(d, r, seed, size):
    rng = np.random.default_rng(seed)
    V = 10.0**size * rng.standard_normal((d + 1, r)) * 10.0 ** rng.uniform(-6, 0, r)
    V[:d] *= np.linalg.norm(V[d]) / np.linalg.norm(V[:d])
    u, alpha = neurons(V, lifted=True)
    v = np.column_stack([u, np.ones(len(u))])
    scale = np.linalg.norm(V) ** 2
    assert len(u) <= np.linalg.matrix_rank(V) and np.all(alpha > 0)
    assert np.abs((v.T * alpha) @ v - V @ V.T).max() <= 1e-13 * scale
    assert np.abs(np.linalg.norm(u, axis=1) - 1).max() <= 1e-14
    assert alpha.sum() == pytest.approx(np.sum(V[d] ** 2), rel=1e-12)


def test_decomposition_of_dependent_and_balanced_columns():
    u, alpha = neurons([[1.0, 2.0, 0.0], [0.0, 0.0, 0.0], [1.0, 2.0, 0.0]], lifted=True)
    assert np.allclose(u, [[1, 0]]) and np.allclose(alpha, [5])  # rank one, one neuron
    assert len(neurons(np.zeros((3, 2)), lifted=True)[0]) == 0
    assert len(neurons(np.zeros((3, 0)), lifted=False)[0]) == 0
    u, alpha = neurons([[3.0, 0.0], [0.0, -2.0]], lifted=False)
    assert np.allclose(alpha, [9, 4]) and np.allclose(u, np.eye(2))


# ── losses ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("loss", LOSSES)
def test_loss_derivatives_conjugate_and_balance(loss):
    rng = np.random.default_rng(3)
    Y, w = targets(loss, 12, 3, rng), rng.random(12) + 0.1
    f = bind(loss, Y, w)
    F, D = rng.standard_normal((12, 3)), rng.standard_normal((12, 3))
    h = 1e-6
    assert (f.value(F + h * D) - f.value(F - h * D)) / (2 * h) == pytest.approx(np.sum(f.gradient(F) * D), rel=1e-6)
    if f.smooth:
        change = (f.gradient(F + h * D) - f.gradient(F - h * D)) / (2 * h)
        apply, diagonal = f.hessian(F)
        assert np.allclose(change, apply(D), atol=1e-6)
        e = np.zeros((12, 3))
        e[4, 1] = 1
        assert apply(e)[4, 1] == pytest.approx(diagonal[4, 1])
    # Fenchel–Young: −f*(∇f(F)) = f(F) − <∇f(F), F>, and a scaled or balanced multiplier stays below f
    N = f.gradient(F)
    s, value = f.dual(N, np.inf)
    assert f.dual(N, 1.0)[1] >= f.value(F) - np.sum(N * F) - 1e-9 or s < 1
    for _ in range(20):
        G = 3 * rng.standard_normal((12, 3))
        assert value <= f.value(G) - s * np.sum(N * G) + 1e-9
    B = f.balance(N)
    assert np.abs(B.sum(0)).max() <= 1e-13 * np.abs(N).sum()
    s, value = f.dual(B, 1.0)
    for _ in range(20):
        G = 3 * rng.standard_normal((12, 3))
        assert value <= f.value(G) - s * np.sum(B * G) + 1e-9


@pytest.mark.parametrize(
    ("loss", "parameter", "formula"),
    [
        ("squared", None, lambda F, y: 0.5 * (F - y) ** 2),
        ("absolute", None, lambda F, y: np.abs(F - y)),
        ("huber", 0.7, lambda F, y: np.where(abs(F - y) < 0.7, (F - y) ** 2 / 2, 0.7 * abs(F - y) - 0.245)),
        ("quantile", 0.8, lambda F, y: np.maximum(0.8 * (y - F), -0.2 * (y - F))),
        ("hinge", None, lambda F, y: np.maximum(0, 1 - y * F)),
        ("squared_hinge", None, lambda F, y: np.maximum(0, 1 - y * F) ** 2 / 2),
        ("logistic", None, lambda F, y: np.log1p(np.exp(-y * F))),
    ],
)
def test_loss_formulas(loss, parameter, formula):
    rng = np.random.default_rng(4)
    Y, F, w = targets(loss, 30, 2, rng), 2 * rng.standard_normal((30, 2)), rng.random(30) + 0.1
    assert bind(loss, Y, w, parameter).value(F) == pytest.approx(np.sum(w[:, None] * formula(F, Y)))


def test_best_shift_is_a_weighted_quantile():
    rng = np.random.default_rng(5)
    Y, w = rng.standard_normal((25, 2)), rng.random(25) + 0.1
    for loss, parameter in (("absolute", None), ("quantile", 0.8)):
        f = bind(loss, Y, w, parameter)
        assert isinstance(f, Interval)
        F = rng.standard_normal((25, 2))
        b = f.best_shift(F)
        assert all(f.value(F + b) <= f.value(F + b + e) + 1e-12 for e in rng.standard_normal((50, 2)))


# ── features and lift ─────────────────────────────────────────────────────────────────────────────────────────────


def test_patches_against_loops():
    rng = np.random.default_rng(6)
    X = rng.standard_normal((3, 7, 6, 2))
    P = Convolution((3, 2), stride=2, padding=1, pool=2).patches(X)
    padded = np.pad(X, [(0, 0), (1, 1), (1, 1), (0, 0)])
    # (9 − 3)/2 + 1 = 4 by (8 − 2)/2 + 1 = 4 patches, pooled 2×2
    assert P.shape == (4, 3, 4, 12)
    for i in range(4):
        for j in range(4):
            window = padded[:, 2 * i : 2 * i + 3, 2 * j : 2 * j + 2].reshape(3, -1)
            assert np.array_equal(P[(i // 2) * 2 + j // 2, :, (i % 2) * 2 + j % 2], window)
    signal = rng.standard_normal((4, 9))
    assert np.array_equal(Convolution(4, stride=3).patches(signal)[1, :, 0], signal[:, 3:7])
    assert Convolution(4, pool="global").patches(signal).shape == (1, 4, 6, 4)


@pytest.mark.parametrize("sigma", ["published", "quadratic", (0.3, 0.0, 0.2)])
@pytest.mark.parametrize("shape", [(1, 9, 1, 3), (2, 7, 4, 3)])
def test_lift_is_linear_and_adjoint(sigma, shape):
    rng = np.random.default_rng(7)
    lift = Lift(rng.standard_normal(shape), activation(sigma))
    k, G = lift.order, shape[0]
    parts = [(g, t, s, rng.standard_normal((k, 2))) for g in range(G) for t in range(2) for s in (-1.0, 1.0)]
    V, columns = merge(parts, k)
    at = lift.respond(V, columns)
    dV, N = rng.standard_normal(V.shape), rng.standard_normal(at.responses.shape)
    h = 1e-6
    plus, minus = (lift.respond(V + e * dV, columns).responses for e in (h, -h))
    assert np.allclose((plus - minus) / (2 * h), lift.push(at, dV), atol=1e-7)
    assert np.sum(lift.push(at, dV) * N) == pytest.approx(np.sum(dV * lift.pull(at, N)))
    dense = lift.jacobian(at, np.arange(len(columns)), slice(None))
    assert np.allclose(np.einsum("nrk,kr->nr", dense, dV), lift.push(at, dV))
    # <S(N), VV'> = Σ N·(responses summed per pool and output)
    Nt = rng.standard_normal((shape[1], 2))
    S = lift.forms(Nt)
    total = sum(s * np.sum(S[g, t] * (V[:, p] @ V[:, p].T)) for g, t, s, p in columns.blocks)
    assert total == pytest.approx(np.sum(Nt * (at.responses @ columns.select(2))))
    # at |u| = 1 (= w) the form is the activation
    u = rng.standard_normal((shape[3], 4))
    u /= np.linalg.norm(u, axis=0)
    v = np.vstack([u, np.ones(4)]) if lift.activation.lifted else u
    W, one = merge([(0, 0, 1.0, v)], k)
    expected = lift.activation(lift.patches[0] @ u).mean(1)
    assert np.allclose(lift.respond(W, one).responses, expected)


@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize(("loss", "T"), [("logistic", 1), ("squared_hinge", 1), ("multinomial", 3)])
def test_newton_model_is_the_second_order_model(loss, T, intercept):
    rng = np.random.default_rng(8)
    lift = Lift(rng.standard_normal((2, 30, 3, 3)), Activation(0.09, 0.5, 0.47))
    parts = [(g, t, s, rng.standard_normal((4, 2))) for g in (0, 1) for t in range(T) for s in (-1.0, 1.0)]
    V, columns = merge(parts, 4)
    task = Task(lift, bind(loss, targets(loss, 30, T, rng), np.ones(30)), 0.3, intercept)
    at = evaluate(task, rescaled(task, V, columns), columns, np.zeros(T))
    model = Model(task, at, 1e9, grow=False)
    model.convex = False
    x = model.tangent(rng.standard_normal(len(model.g)))
    dV, _, db = model.split(x)

    def along(t):
        W = rescaled(task, at.V + t * dV, columns)
        F = lift.respond(W, columns).responses @ columns.select(T) + at.intercept + (t * db if intercept else 0.0)
        return task.loss.value(F) + task.beta * task.penalty(W)

    h = 1e-4
    assert (along(h) - along(-h)) / (2 * h) == pytest.approx(model.g @ x, rel=1e-6, abs=1e-6)
    if loss != "squared_hinge":  # its second derivative jumps
        second = (along(h) + along(-h) - 2 * along(0)) / h**2
        assert second == pytest.approx(x @ model.hess(x), rel=1e-4)
    # with all samples the preconditioner is the model: one conjugate gradient step solves a separable loss
    if T == 1:
        assert model.damp(-3 * model.lowest + 1e-3, False)
        step, predicted = conjugate_gradients(model, 1e-10, 2)
        residual = model.tangent(model.hess(step) + model.sigma * step + model.g)
        assert np.linalg.norm(residual) <= 1e-7 * np.linalg.norm(model.g) and predicted > 0


# ── gauge ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def gauge(Q, z):
    """R(Q, z) = min Σ|α| such that Σα uu' = Q and Σα u = z, over unit vectors u."""
    d = len(Q)
    k, size = d + 1, svec.length(d + 1)
    J, E = np.diag(np.append(np.ones(d), -1.0)), np.zeros((k, k))
    E[d, d] = 1
    W = np.block([[np.asarray(Q), np.reshape(z, (d, 1))], [np.reshape(z, (1, d)), np.array([[np.trace(Q)]])]])
    identity, zero = np.eye(size), np.zeros((1, size))
    A = np.vstack([np.hstack([identity, -identity]), np.hstack([svec.svec(J)[None], zero]),
                   np.hstack([zero, svec.svec(J)[None]]), -np.eye(2 * size)])  # fmt: skip
    b = np.concatenate([svec.svec(W), np.zeros(2 + 2 * size)])
    return solve(ConicForm(np.tile(svec.svec(E), 2), A, b, Cones(zero=size + 2, psd=(k, k))), "clarabel").value


def test_gauge_closed_forms():
    rng = np.random.default_rng(9)
    Q = rng.standard_normal((3, 3))
    Q = Q + Q.T
    e, f = np.eye(3)[:2]
    assert gauge(Q, np.zeros(3)) == pytest.approx(np.abs(np.linalg.eigvalsh(Q)).sum(), abs=1e-6)  # nuclear norm
    z = rng.standard_normal(3)
    assert gauge(np.zeros((3, 3)), z) == pytest.approx(np.linalg.norm(z), abs=1e-6)
    for s, t in ((2.0, 0.5), (-0.3, 1.1), (1.0, 1.0)):
        assert gauge(s * np.outer(e, e), t * e) == pytest.approx(max(abs(s), abs(t)), abs=1e-6)
    assert gauge(np.outer(e, e), f) == pytest.approx(5 / 3, abs=1e-6)


# ── input ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: activation("tanh"), "expected one of"),
        (lambda: activation((0, 0, 0)), "nonzero"),
        (lambda: activation((1, 2)), "three finite numbers"),
        (lambda: Dense().patches(np.ones(3)), "samples, features"),
        (lambda: Dense().patches([[np.nan]]), "not finite"),
        (lambda: Convolution((3, 3)).patches(np.ones((2, 2, 2))), "larger than"),
        (lambda: Convolution((2, 2), pool=4).patches(np.ones((1, 3, 3))), "does not fit"),
        (lambda: Convolution(0), "positive int"),
        (lambda: Convolution(2, pool="max"), "'global'"),
        (lambda: bind("cubic", np.ones((2, 1)), np.ones(2)), "expected one of"),
        (lambda: bind("hinge", np.zeros((2, 1)), np.ones(2)), "−1 and \\+1"),
        (lambda: bind("squared", np.zeros((2, 1)), np.ones(2), 3.0), "no parameter"),
        (lambda: bind("huber", np.zeros((2, 1)), np.ones(2), -1.0), "threshold"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_cubic_penalty_is_a_multiple_of_l1():
    """No scaling of a neuron has less than the cubic layers; the optimum is that of ℓ1 at 3·2^(−2/3)β."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((30, 3))
    y = X[:, 0] * X[:, 1]
    fit = polynomial_network(X, y, "quadratic", beta=0.3, penalty="cubic").train(1e-9)
    u, alpha = fit.network.cubic_layers()
    length = np.linalg.norm(u, axis=1)

    def cubic(scale):
        return 0.3 * float(np.sum(np.abs(alpha / scale**2) ** 3 + (scale * length) ** 3))

    residual = (X @ u.T) ** 2 @ alpha - y
    assert 0.5 * residual @ residual + cubic(1.0) == pytest.approx(fit.objective, rel=1e-9)
    assert min(cubic(0.99), cubic(1.01)) > cubic(1.0)
    with pytest.raises(ValueError, match="az² only"):
        polynomial_network(X, y, "published", beta=0.3, penalty="cubic")
    with pytest.raises(ValueError, match="penalty is 'group'"):
        polynomial_network(X, y, "quadratic", beta=0.3, penalty="group")
