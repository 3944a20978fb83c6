"""Two-layer polynomial networks under weight decay: values, gradients, descent, and how far the optimum can be.

    min  ½ Σ_i (f(x_i) − y_i)² + (β/2) Σ_j (‖u_j‖² + α_j²),    f(x) = Σ_j α_j σ(x'u_j),   σ(z) = az² + bz + c

The lift of this problem is in `copos.reformulation.decayed_network`, a convex bound in `copos.decay_bound`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.optimize as so
from numpy.typing import ArrayLike, NDArray

from copos.given import real_array
from copos.polynomial.features import Activation, activation

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DecayedNetwork:
    """f(x) = Σ_j α_j σ(x'u_j) with first layers u (m, d) of any length and second layer alpha (m,).

    Examples
    --------
    >>> network = DecayedNetwork(np.array([[1.0, 1.0]]), np.array([2.0]), Activation(1.0, 0.0, 0.0))
    >>> network.predict([[1.0, 2.0]]).tolist(), network.decay
    ([18.0], 6.0)
    """

    u: Array
    alpha: Array
    activation: Activation

    def __len__(self) -> int:
        """Neurons."""
        return len(self.alpha)

    def predict(self, X: ArrayLike) -> Array:
        """(n,) outputs."""
        return self.activation(np.asarray(X, dtype=float) @ self.u.T) @ self.alpha

    @property
    def decay(self) -> float:
        """Σ‖u_j‖² + Σα_j²."""
        return float(np.sum(self.u**2) + np.sum(self.alpha**2))


@dataclass(frozen=True, eq=False)
class DecayedTraining:
    """A training problem: samples X (n, d), targets y (n,), β > 0 and the activation."""

    X: Array
    y: Array
    beta: float
    activation: Activation

    @property
    def at_zero(self) -> float:
        """½‖y‖², the objective of the zero network."""
        return 0.5 * float(self.y @ self.y)

    def objective(self, network: DecayedNetwork) -> float:
        """½ Σ residual² + (β/2) decay."""
        r = network.predict(self.X) - self.y
        return 0.5 * float(r @ r) + 0.5 * self.beta * network.decay

    def both(self, w: Array, width: int) -> tuple[float, Array]:
        """Objective and gradient at w = (u, α)."""
        d, (a, b, _) = self.X.shape[1], self.activation
        u, alpha = w[: width * d].reshape(width, d), w[width * d :]
        z = self.X @ u.T
        s = self.activation(z)
        r = s @ alpha - self.y
        inner = (2 * a * z + b) * r[:, None] * alpha
        gradient = np.concatenate([(inner.T @ self.X).ravel(), s.T @ r]) + self.beta * w
        return 0.5 * float(r @ r) + 0.5 * self.beta * float(w @ w), gradient

    def descend(self, network: DecayedNetwork, steps: int = 2000) -> DecayedNetwork:
        """L-BFGS from a network."""
        w, m = np.concatenate([network.u.ravel(), network.alpha]), len(network)
        options = {"maxiter": steps, "maxfun": 3 * steps, "ftol": 1e-15, "gtol": 1e-10}
        w = so.minimize(self.both, w, (m,), jac=True, method="L-BFGS-B", options=options).x
        return DecayedNetwork(w[: network.u.size].reshape(network.u.shape), w[network.u.size :], self.activation)

    @cached_property
    def least_loss(self) -> float:
        """½‖y − QQ'y‖², Q a basis of what any polynomial of degree ≤ 2 with these coefficients predicts."""
        (a, b, c), X = self.activation, self.X
        i, k = np.triu_indices(X.shape[1])
        # columns of zeros would get arbitrary directions in Q
        parts = ((a, X[:, i] * X[:, k]), (b, X), (c, np.ones((len(X), 1))))
        Q = np.linalg.qr(np.hstack([size * part for size, part in parts if size]))[0]
        r = self.y - Q @ (Q.T @ self.y)
        return 0.5 * float(r @ r)

    def radius(self, upper: float) -> float:
        """R with Σ‖u_j‖² + Σα_j² ≤ R² at the optimum, if the optimum is at most `upper`.

        Raises
        ------
        ValueError
            If no network can have such an objective.
        """
        # an allowance for the rounding of `upper` and of the least loss
        slack = 1e-9 * (self.at_zero or self.beta)
        room = min(float(upper), self.at_zero) - self.least_loss + slack
        if not room > 0:
            raise ValueError(f"upper is {upper!r}, but the loss alone is at least {self.least_loss:.9g}")
        return float(np.sqrt(2 * room / self.beta))

    def random(self, width: int, rng: np.random.Generator) -> DecayedNetwork:
        """A Gaussian network inside the ball that the zero network gives."""
        d = self.X.shape[1]
        w = rng.standard_normal(width * (d + 1))
        w *= rng.random() * self.radius(self.at_zero) / np.linalg.norm(w)
        return DecayedNetwork(w[: width * d].reshape(width, d), w[width * d :], self.activation)

    def search(
        self, width: int, rng: np.random.Generator, starts: int, first: Sequence[DecayedNetwork] = ()
    ) -> tuple[DecayedNetwork, float]:
        """The best end of descent from `first` and from random starts, or the zero network; and its objective."""
        zero = DecayedNetwork(np.zeros((width, self.X.shape[1])), np.zeros(width), self.activation)
        ends = [self.descend(at) for at in (*first, *(self.random(width, rng) for _ in range(starts)))]
        best = min([zero, *ends], key=self.objective)
        return best, self.objective(best)


def read_training(X: ArrayLike, y: ArrayLike, beta: float, spec: str | ArrayLike) -> DecayedTraining:
    """Check and wrap the data.

    Raises
    ------
    ValueError
        On shapes that disagree, entries that are not finite, a β that is not positive.
    """
    X, y = real_array(X, "X"), real_array(y, "y")
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(f"X has shape {X.shape}; expected (samples, features), at least one of each")
    if y.shape != (len(X),):
        raise ValueError(f"y has shape {y.shape}; expected ({len(X)},)")
    if not (np.isfinite(X).all() and np.isfinite(y).all()):
        raise ValueError("X or y has an entry that is not finite")
    if not np.isfinite(beta) or beta <= 0:
        raise ValueError(f"beta is {beta!r}; expected a positive number")
    return DecayedTraining(X, y, float(beta), activation(spec))
