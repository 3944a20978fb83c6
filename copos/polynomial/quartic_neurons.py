"""Neurons of a network of degree up to four: peaks of the dual, a convex problem over them, descent in all weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from copos.polynomial.quartic_forms import Sphere, peaks
from copos.polynomial.quartic_problem import QuarticProblem

Array = NDArray[np.float64]
ROUNDS = 5  # of looking for more neurons
NEAR = 1e-5  # distance of neurons that are one


def neurons(
    problem: QuarticProblem, sphere: Sphere, features: Array, r: Array, first: Array, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Unit vectors and weights: peaks of |p_r|, a convex problem over them, descent; then with the residual as r."""
    u, best = first, (np.inf, np.zeros((0, sphere.d)), np.zeros(0))
    for _ in range(ROUNDS):
        top = peaks(sphere, features.T @ r, rng, first=u if len(u) else None)
        u = np.vstack([u, top.u[np.abs(top.p) >= (1 - 1e-3) * problem.beta]])
        alpha = _weights(problem, u, r)
        u, alpha = _joined(problem, *_descent(problem, u[alpha != 0], alpha[alpha != 0]))
        residual = problem.y - problem.activation(problem.X @ u.T) @ alpha
        value = float(residual @ residual) / 2 + problem.beta * float(np.abs(alpha).sum())
        if value >= best[0] * (1 - 1e-12):
            break
        best, r = (value, u, alpha), residual
    return best[1], best[2]


def _joined(problem: QuarticProblem, u: Array, alpha: Array) -> tuple[Array, Array]:
    """Neurons that have a weight, and those that are nearly one as one; −u is u for even and odd activations."""
    even, odd = (not any(problem.sigma[k::2]) for k in (1, 0))
    keep = np.abs(alpha) > 1e-9 * np.abs(alpha).max(initial=0.0)
    u, alpha = u[keep], alpha[keep]
    order, kept = np.argsort(-np.abs(alpha)), np.zeros(0, dtype=int)
    for k in order:
        if (even or odd) and len(kept):
            j = int(np.argmax(np.abs(u[kept] @ u[k])))
            if u[kept[j]] @ u[k] < 0:
                u[k], alpha[k] = -u[k], alpha[k] if even else -alpha[k]
        gap = np.linalg.norm(u[kept] - u[k], axis=1) if len(kept) else np.zeros(0)
        if len(gap) and gap.min() < NEAR and alpha[kept[np.argmin(gap)]] * alpha[k] > 0:
            alpha[kept[np.argmin(gap)]] += alpha[k]
        else:
            kept = np.append(kept, k)
    return u[kept], alpha[kept]


def _weights(problem: QuarticProblem, u: Array, r: Array) -> Array:
    """min ½‖Dα − y‖² + β Σ|α| over given neurons with the signs of Σr_iσ(x_i'u_j), by nonnegative least squares."""
    from scipy import optimize  # slow to import

    if not len(u):
        return np.zeros(0)
    D = problem.activation(problem.X @ u.T)
    sign = np.where(D.T @ r >= 0, 1.0, -1.0)
    D = D * sign
    size = np.linalg.norm(D, axis=0)
    size[size == 0] = 1.0
    # ½a'Qa − c'a over a ≥ 0 in units where Q has the diagonal 1; Q = LL'
    Q, c = (D / size).T @ (D / size), ((D.T @ problem.y) - problem.beta) / size
    L = np.linalg.cholesky(Q + 1e-12 * len(u) * np.eye(len(u)))
    a = optimize.nnls(L.T, np.linalg.solve(L, c), maxiter=100 * len(u))[0]
    return sign * a / size


def _descent(problem: QuarticProblem, u: Array, alpha: Array) -> tuple[Array, Array]:
    """L-BFGS in all weights, with u/‖u‖ as first layers and the signs of α kept."""
    from scipy import optimize

    if not len(u):
        return u, alpha
    sign, m, d = np.sign(alpha), *u.shape
    slope = np.polyder(np.array(problem.sigma[::-1]))

    def objective(v: Array) -> tuple[float, Array]:
        w, s = v[: m * d].reshape(m, d), v[m * d :]
        length = np.linalg.norm(w, axis=1)
        unit, a = w / length[:, None], sign * s * s
        z = problem.X @ unit.T
        hidden = problem.activation(z)
        e = hidden @ a - problem.y
        back = (np.polyval(slope, z) * e[:, None]).T @ problem.X * a[:, None]
        back = (back - (back * unit).sum(1)[:, None] * unit) / length[:, None]
        outer = (hidden.T @ e + problem.beta * sign) * sign * 2 * s
        return float(e @ e) / 2 + problem.beta * float((s * s).sum()), np.r_[back.ravel(), outer]

    start = np.r_[u.ravel(), np.sqrt(np.abs(alpha))]
    found = optimize.minimize(objective, start, jac=True, method="L-BFGS-B",
                              options={"maxiter": 1000, "ftol": 1e-16, "gtol": 1e-12}).x  # fmt: skip
    w = found[: m * d].reshape(m, d)
    return w / np.linalg.norm(w, axis=1)[:, None], sign * found[m * d :] ** 2
