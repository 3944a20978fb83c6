"""
A ReLU network that is proved optimal
=====================================

Training a two-layer ReLU network of any width on 25 samples in the plane. At the optimum the residual :math:`r` keeps
:math:`g(u) = ∑_i r_i (x_i'u)_+` between :math:`−β` and :math:`β` in all directions :math:`u`, and every neuron points
where it meets one of the two: nothing is left to gain.
"""

import matplotlib.pyplot as plt
import numpy as np

import copos

rng, beta = np.random.default_rng(0), 0.2
X = rng.standard_normal((25, 2))
y = np.abs(X[:, 0]) - np.maximum(X @ [1, 1], 0) + 0.2 * rng.standard_normal(25)
found = copos.train_relu_network(X, y, beta)
residual, u = y - found.network.predict(X)[:, 0], found.network.u
u = u / np.linalg.norm(u, axis=1)[:, None]


def g(directions):
    """Σ r_i (x_i'u)_+ for unit vectors."""
    return np.maximum(directions @ X.T, 0) @ residual


angle = np.linspace(-np.pi, np.pi, 2000)
figure, axis = plt.subplots(figsize=(6, 3.5), layout="constrained")
axis.plot(angle, g(np.column_stack([np.cos(angle), np.sin(angle)])), color="tab:blue")
axis.plot(np.arctan2(u[:, 1], u[:, 0]), g(u), "o", color="tab:orange", label="neurons")
axis.axhline(beta, color="gray", linewidth=1)
axis.axhline(-beta, color="gray", linewidth=1)
axis.set_xlabel("direction of a neuron")
axis.legend()
axis.set_title(f"proved ≥ {found.lower:.9f}, attained {found.objective:.9f}", fontsize=10)
plt.show()
