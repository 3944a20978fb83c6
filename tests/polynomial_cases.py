"""Random training problems over all architectures and losses, for tests and benchmarks."""

from __future__ import annotations

import numpy as np

from copos.losses.convex import LOSSES
from copos.polynomial.features import Convolution, Dense
from copos.polynomial.program import PolynomialNetworkProgram, polynomial_network

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
    program: PolynomialNetworkProgram, neurons: int, rng: np.random.Generator, steps: int = 500,
    method: str = "L-BFGS", starts: int = 1,
) -> np.ndarray:  # fmt: skip
    """Objectives after L-BFGS or Adam on the nonconvex problem from random starts, `neurons` per output and pool.

    The parameters are free vectors whose directions are the u_j, so every iterate is a feasible network. |α| is
    charged as √(α² + 1e-16), and the values that are returned are those of the true objective.
    """
    from scipy.optimize import minimize

    G, n, m, d = program.patches.shape
    T, R = program.Y.shape[1], neurons
    a, b, c = program.activation
    loss, P = program.loss, program.patches.reshape(G, n * m, d)
    out = np.repeat(np.arange(T), R)
    select = (out[:, None] == np.arange(T)).astype(float)
    cut, end = G * T * R * d, G * T * R * (d + 1)

    def forward(x):
        """Unit vectors (s, G, R, d), their norms, α, z and responses, predictions of every start s."""
        w = x[:, :cut].reshape(-1, G, T * R, d)
        norm = np.linalg.norm(w, axis=3, keepdims=True)
        u, alpha = w / norm, x[:, cut:end].reshape(-1, G, T * R)
        z = (P @ u.swapaxes(2, 3)).reshape(-1, G, n, m, T * R)
        response = ((a * z + b) * z + c).mean(3)
        F = (response * alpha[:, :, None]).sum(1) @ select
        return u, norm, alpha, z, response, F + x[:, None, end:] if program.intercept else F

    def exact(x):
        return np.array([loss.value(F) for F in forward(x)[-1]]) + program.beta * np.abs(x[:, cut:end]).sum(1)

    def objective(x):
        u, norm, alpha, z, response, F = forward(x)
        found = [loss.both(Fs) for Fs in F]
        N, smooth = np.stack([N for _, N in found]), np.sqrt(alpha**2 + 1e-16)
        NR = N[:, None, :, out]  # (s, 1, n, TR)
        galpha = np.sum(response * NR, 2) + program.beta * alpha / smooth
        slope = ((2 * a * z + b) * (NR / m)[:, :, :, None]).reshape(-1, G, n * m, T * R)
        gu = alpha[..., None] * (slope.swapaxes(2, 3) @ P)
        gw = (gu - u * np.sum(u * gu, 3, keepdims=True)) / norm
        g = [gw.reshape(len(x), -1), galpha.reshape(len(x), -1)] + [N.sum(1)] * program.intercept
        return np.array([value for value, _ in found]) + program.beta * smooth.sum((1, 2)), np.concatenate(g, 1)

    x = np.stack([
        np.concatenate([rng.standard_normal(cut), rng.standard_normal(G * T * R) / R, np.zeros(T * program.intercept)])
        for _ in range(starts)
    ])  # fmt: skip
    if method == "Adam":
        first, second = np.zeros_like(x), np.zeros_like(x)
        for k in range(1, steps + 1):
            g = objective(x)[1]
            first, second = 0.9 * first + 0.1 * g, 0.999 * second + 0.001 * g * g
            size = np.sqrt(second / (1 - 0.999**k)) + 1e-8
            x = x - 0.03 / (1 + 3 * k / steps) * (first / (1 - 0.9**k)) / size
        return exact(x)

    def single(v):
        value, g = objective(v[None])
        return value[0], g[0]

    options = {"maxiter": steps, "maxfun": 2 * steps}
    return exact(np.stack([minimize(single, v, jac=True, method="L-BFGS-B", options=options).x for v in x]))
