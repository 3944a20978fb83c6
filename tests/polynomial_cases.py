"""Random training problems over all architectures and losses, for tests and benchmarks."""

from __future__ import annotations

import numpy as np

from copos.polynomial.features import Convolution, Dense
from copos.polynomial.losses import LOSSES
from copos.reformulation.polynomial_network import PolynomialNetworkProgram, polynomial_network

ACTIVATIONS = ["published", "quadratic", "linear", (0.3, 0.0, 0.2), (-0.2, 1.0, 0.1)]
ARCHITECTURES = [
    (Dense(), (4,)),
    (Dense(constant=1.0), (3,)),
    (Convolution(3), (6,)),
    (Convolution(2, stride=2, padding=1, constant=0.5), (6, 2)),
    (Convolution((2, 2), pool=2), (5, 5)),
    (Convolution((2, 3), pool="global"), (4, 5, 2)),
]


def random_problem(seed: int) -> tuple[str, PolynomialNetworkProgram]:
    """Problem number `seed`: its name and the program. 48 in a row meet every pair of architecture and loss."""
    rng = np.random.default_rng(seed)
    losses = list(LOSSES)
    loss = losses[seed % len(losses)]
    architecture, shape = ARCHITECTURES[(seed // len(losses)) % len(ARCHITECTURES)]
    activation = ACTIVATIONS[rng.integers(len(ACTIVATIONS))]
    n, outputs, intercept = int(rng.integers(15, 40)), int(rng.integers(1, 3)), bool(rng.integers(2))
    X = rng.standard_normal((n, *shape))
    signal = np.sin(X.reshape(n, -1)[:, :2] * 2) + X.reshape(n, -1)[:, 1:3] ** 2 + 0.3 * rng.standard_normal((n, 2))
    labels = LOSSES[loss].labels
    if labels == "one-hot":
        y = np.digitize(signal[:, 0], np.quantile(signal[:, 0], [0.3, 0.7]))
    else:
        y = signal[:, :outputs]
        y = np.where(y > np.median(y, axis=0), 1.0, -1.0) if labels == "sign" else y
    weight = rng.random(n) + 0.2 if rng.integers(2) else None
    ratio = 10.0 ** rng.uniform(-1.5, -0.5)
    program = polynomial_network(
        X, y, activation, loss=loss, beta_ratio=ratio, architecture=architecture, intercept=intercept,
        sample_weight=weight,
    )  # fmt: skip
    name = f"{loss}, {activation}, {architecture}, {outputs} outputs, intercept {intercept}, ratio {ratio:.3f}"
    return name, program


def descent(
    program: PolynomialNetworkProgram, neurons: int, rng: np.random.Generator, steps: int = 500, method: str = "L-BFGS"
) -> float:
    """Objective after L-BFGS or Adam on the nonconvex problem from a random start, `neurons` per output and pool.

    The parameters are free vectors whose directions are the u_j, so every iterate is a feasible network. |α| is
    charged as √(α² + 1e-16), and the value that is returned is that of the true objective.
    """
    from scipy.optimize import minimize

    G, n, m, d = program.patches.shape
    T, R = program.Y.shape[1], neurons
    a, b, c = program.activation
    loss = program.loss

    def parts(x):
        u = x[: G * T * R * d].reshape(G, T * R, d)
        return u, x[G * T * R * d : G * T * R * (d + 1)].reshape(G, T * R), x[G * T * R * (d + 1) :]

    out = np.repeat(np.arange(T), R)
    select = (out[:, None] == np.arange(T)).astype(float)

    def objective(x, exact=False):
        w, alpha, bias = parts(x)
        norm = np.linalg.norm(w, axis=2, keepdims=True)
        u = w / norm
        z = np.einsum("gnpd,grd->gnpr", program.patches, u)
        response = ((a * z + b) * z + c).mean(2)  # (G, n, TR)
        F = np.einsum("gnr,gr,rt->nt", response, alpha, select) + (bias if program.intercept else 0.0)
        if exact:
            return loss.value(F) + program.beta * np.abs(alpha).sum()
        N = loss.gradient(F)
        smooth = np.sqrt(alpha**2 + 1e-16)
        NR = N[:, out]
        galpha = np.einsum("gnr,nr->gr", response, NR) + program.beta * alpha / smooth
        slope = (2 * a * z + b) * NR[None, :, None, :] / m
        gu = alpha[:, :, None] * np.einsum("gnpr,gnpd->grd", slope, program.patches)
        gw = (gu - u * np.sum(u * gu, 2, keepdims=True)) / norm
        g = np.concatenate([gw.ravel(), galpha.ravel(), N.sum(0) if program.intercept else np.zeros(0)])
        return loss.value(F) + program.beta * smooth.sum(), g

    start = np.concatenate([
        rng.standard_normal(G * T * R * d), rng.standard_normal(G * T * R) / R,
        np.zeros(T if program.intercept else 0),
    ])  # fmt: skip
    if method == "Adam":
        x, first, second = start, np.zeros_like(start), np.zeros_like(start)
        for k in range(1, steps + 1):
            g = objective(x)[1]
            first, second = 0.9 * first + 0.1 * g, 0.999 * second + 0.001 * g * g
            size = np.sqrt(second / (1 - 0.999**k)) + 1e-8
            x = x - 0.03 / (1 + 3 * k / steps) * (first / (1 - 0.9**k)) / size
        return float(objective(x, exact=True))
    found = minimize(objective, start, jac=True, method="L-BFGS-B", options={"maxiter": steps, "maxfun": 2 * steps})
    return float(objective(found.x, exact=True))
