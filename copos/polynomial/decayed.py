"""Two-layer polynomial networks under weight decay: values, gradients, descent, and how far the optimum can be.

    min  ½ Σ_i (f(x_i) − y_i)² + (β/2) Σ_j (‖u_j‖² + α_j²),    f(x) = Σ_j α_j σ(x'u_j),   σ(z) = az² + bz + c

The lift of this problem is in `copos.reformulation.decayed_network`, a convex bound in `copos.polynomial.decay_bound`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import isqrt

import numpy as np
import scipy.optimize as so
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic import svec
from copos.arithmetic.exact import squares
from copos.arithmetic.rationals import rounded_up
from copos.polynomial.exact import Whole, whole
from copos.polynomial.features import Activation, activation, finite
from copos.support.given import real_number
from copos.support.looks import one_line

Array = NDArray[np.float64]
MONOMIALS = 80  # of a least-squares problem that is solved exactly
RADIUS = 30  # bits of a radius


@one_line
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


@one_line
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

    def objective_above(self, network: DecayedNetwork) -> float:
        """`exact_objective`, rounded up."""
        return rounded_up(self.exact_objective(network))

    def exact_objective(self, network: DecayedNetwork) -> Fraction:
        """The objective of these very weights in exact arithmetic."""
        a, b, c = map(Fraction, self.activation)
        X, u, alpha, y = (_fractions(v) for v in (self.X, network.u, network.alpha, self.y))
        z = X @ u.T
        r = ((a * z + b) * z + c) @ alpha - y if len(alpha) else -y
        decay = (u * u).sum() + (alpha * alpha).sum()
        return Fraction((r * r).sum() + Fraction(self.beta) * decay) / 2

    @cached_property
    def products(self) -> tuple[Whole, int]:
        """X_iX_k for the pairs i ≤ k of `svec.triangle`, X and 1 by columns, in integers over 2^bits."""
        N, at = whole(self.X)
        N = N.astype(object) << max(-at, 0)
        at = max(at, 0)
        i, k = svec.triangle(N.shape[1])
        one = np.ones((len(N), 1), dtype=object)
        return np.hstack([N[:, i] * N[:, k], N << at, one << 2 * at]), 2 * at

    @cached_property
    def least_loss(self) -> Fraction:
        """The least ½‖y − p(X)‖² over the polynomials p that such networks can be, exactly.

        0, which is right if not sharp, where there are more than `MONOMIALS` coefficients.
        """
        (a, b, c), (columns, _), d = self.activation, self.products, self.X.shape[1]
        pairs = d * (d + 1) // 2
        used = np.repeat([a != 0, b != 0, c != 0], [pairs, d, 1])
        if used.sum() > MONOMIALS:
            return Fraction(0)
        y, at = whole(self.y)
        A = np.column_stack([columns[:, used], y.astype(object)])
        return last_pivot(A.T @ A) * Fraction(2) ** (-2 * at) / 2

    def radius(self, upper: float) -> float:
        """R with Σ‖u_j‖² + Σα_j² ≤ R² for every network whose objective is at most `upper`, by about 1e-9 too large.

        Raises
        ------
        ValueError
            If no network can have such an objective.
        """
        y = _fractions(self.y)
        zero = (y * y).sum() / 2
        room = min(Fraction(upper), zero) - self.least_loss
        if room < 0:
            raise ValueError(f"upper is {upper!r}, but the loss alone is at least {float(self.least_loss):.9g}")
        # a little more, so that the ball has an inside
        square = 2 * (room + (zero or Fraction(self.beta)) / 10**9) / Fraction(self.beta)
        bits = RADIUS - _exponent(square) // 2
        root = isqrt(int(square * Fraction(4) ** bits)) + 1
        return float(root * Fraction(2) ** -bits)

    def random(self, width: int, rng: np.random.Generator) -> DecayedNetwork:
        """A Gaussian network inside the ball that the zero network gives."""
        d = self.X.shape[1]
        w = rng.standard_normal(width * (d + 1))
        w *= rng.random() * self.radius(self.at_zero) / np.linalg.norm(w)
        return DecayedNetwork(w[: width * d].reshape(width, d), w[width * d :], self.activation)

    def search(
        self, width: int, rng: np.random.Generator, starts: int, first: Sequence[DecayedNetwork] = ()
    ) -> tuple[DecayedNetwork, float]:
        """The best end of descent from `first` and random starts, or the zero network; its objective rounded up."""
        zero = DecayedNetwork(np.zeros((width, self.X.shape[1])), np.zeros(width), self.activation)
        ends = [self.descend(at) for at in (*first, *(self.random(width, rng) for _ in range(starts)))]
        best = min([zero, *ends], key=self.objective)
        return best, self.objective_above(best)


def _fractions(values: Array) -> Whole:
    """The same numbers as Fractions."""
    return np.asarray(np.frompyfunc(Fraction, 1, 1)(values), dtype=object)


def _exponent(value: Fraction) -> int:
    """About log₂."""
    return value.numerator.bit_length() - value.denominator.bit_length()


def last_pivot(G: Whole) -> Fraction:
    """The squared distance of the last vector of a Gram matrix of integers from the span of the others.

    In G = Σ w vv' by elimination it is the square of the last coordinate that stands alone, if there is one.
    """
    found, _ = squares(G.tolist())
    assert found is not None  # a Gram matrix
    alone = [w * v[-1] ** 2 for v, w in zip(*found, strict=True) if not any(v[:-1])]
    return alone[0] if alone else Fraction(0)


def read_training(X: ArrayLike, y: ArrayLike, beta: float, spec: str | ArrayLike) -> DecayedTraining:
    """Check and wrap the data.

    Raises
    ------
    ValueError
        On shapes that disagree, entries that are not finite, a β that is not positive.
    """
    X, y = finite(X, exactly=True), finite(y, "y", exactly=True)
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(f"X has shape {X.shape}; expected (samples, features), at least one of each")
    if y.shape != (len(X),):
        raise ValueError(f"y has shape {y.shape}; expected ({len(X)},)")
    return DecayedTraining(X, y, real_number(beta, "beta", above=0, exactly=True), activation(spec))
