"""Training on samples that come in batches and are not kept: the squared loss needs their triangular factor alone.

    ½ Σ w_i (<M_i, Z − Z'> + t − y_i)² = ½ ‖R_a θ − R_y‖²,    θ = (svec(Z − Z'), t),

with R the triangular factor of the rows √w_i (svec M_i, 1, y_i), the root of their moments of degree four. A batch
costs a factorisation of R and its rows on top of each other, and R has one row for each lifted feature and output.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic import svec
from copos.losses.convex import Interval
from copos.polynomial.conic import assembled, recover
from copos.polynomial.network import PolynomialNetwork
from copos.polynomial.normal_equations import lifted_rows
from copos.polynomial.program import PolynomialNetworkProgram, polynomial_network
from copos.polynomial.sphere import extremes
from copos.solvers import solve
from copos.support import given
from copos.support.looks import one_line
from copos.support.threads import on_one_blas_thread

Array = NDArray[np.float64]
TRUNCATED = 1e-5  # columns of the factors below this part of the largest are left out


@one_line
@dataclass(frozen=True, eq=False)
class StreamedFit:
    """A network, its objective on all samples that were added, and the value of a dual point, in floating point.

    `claimed` is a bound without a proof, which would need the samples.
    """

    network: PolynomialNetwork
    objective: float
    claimed: float
    beta: float

    @property
    def gap(self) -> float:
        """(objective − claimed)/objective, 0 if both are 0."""
        return (self.objective - self.claimed) / self.objective if self.objective > 0 else 0.0


class StreamedSamples:
    """Samples of a polynomial network with the squared loss, added batch by batch.

    Parameters
    ----------
    activation : name or (a, b, c) of σ(z) = az² + bz + c, as in `polynomial_network`
    intercept : a free intercept for every output

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> stream = StreamedSamples("quadratic")
    >>> for _ in range(3):
    ...     X = rng.standard_normal((100, 2))
    ...     stream = stream.add(X, X[:, 0] ** 2)
    >>> fit = stream.train(beta=1.0)
    >>> stream.samples, fit.gap < 1e-6, np.abs(fit.network.u[np.argmax(fit.network.alpha)]).round(3).tolist()
    (300, True, [1.0, 0.0])
    """

    def __init__(self, activation: str | ArrayLike = "published", *, intercept: bool = False) -> None:
        self.activation, self.intercept = activation, bool(intercept)
        self.samples = 0
        self._factor: Array | None = None
        self._shape: PolynomialNetworkProgram | None = None

    @on_one_blas_thread
    def add(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> StreamedSamples:
        """Take a batch in: X (n, d), y (n,) or (n, outputs); returns this very stream.

        Raises
        ------
        ValueError
            As `polynomial_network`, and if features or outputs are not as many as before.
        """
        batch = polynomial_network(X, y, self.activation, 1.0, intercept=self.intercept, sample_weight=sample_weight)
        first = self._shape
        sizes = [(p.patches.shape[3], p.Y.shape[1]) for p in (batch, first or batch)]
        if sizes[0] != sizes[1]:
            (d, T), (old, outputs) = sizes
            raise ValueError(f"a batch of {d} features and {T} outputs; those before had {old} and {outputs}")
        ones = np.ones((len(batch.Y), int(self.intercept)))
        rows = np.sqrt(batch.weights)[:, None] * np.hstack([lifted_rows(batch.lift)[0], ones, batch.Y])
        before = np.zeros((0, rows.shape[1])) if self._factor is None else self._factor
        R = np.asarray(np.linalg.qr(np.vstack([before, rows]), mode="r"))
        if len(R) < R.shape[1]:
            R = np.vstack([R, np.zeros((R.shape[1] - len(R), R.shape[1]))])
        self._factor, self.samples = R, self.samples + len(batch.Y)
        self._shape = first or batch
        return self

    @property
    def beta_max(self) -> float:
        """Largest |Σν_iσ(x_i'u)| over neurons at the best constants: the zero network is optimal from it on."""
        shape, R = self._given()
        size = svec.length(shape.lift.order)
        none = np.zeros((size, shape.Y.shape[1]))
        return float(max(self._bounds(self._residuals(none)[0]), default=0.0)) if len(R) else 0.0

    @on_one_blas_thread
    def train(self, beta: float | None = None, *, beta_ratio: float | None = None) -> StreamedFit:
        """Min ½ Σ w_i(f(x_i) − y_i)² + βΣ|α_j| over all samples so far; β, or its part of `beta_max`.

        Raises
        ------
        ValueError
            Before any sample was added, or for a β that is not positive.
        """
        shape, R = self._given()
        if (beta is None) == (beta_ratio is None):
            raise ValueError("give exactly one of beta and beta_ratio")
        if beta is None:
            beta = given.real_number(beta_ratio, "beta_ratio", above=0) * (self.beta_max or 1.0)
        program = shape.at(given.real_number(beta, "beta", above=0))
        T, size = shape.Y.shape[1], svec.length(shape.lift.order)
        A = np.hstack([R[:, :size], -R[:, :size], R[:, size:-T]])
        right = R[:, -T:].T.reshape(-1, 1)
        free = np.full_like(right, np.inf)
        form = assembled(program, [A] * T, Interval(right, np.ones_like(right), -free, free))
        network = recover(program, solve(form, "clarabel"), TRUNCATED)
        v = np.column_stack([network.u, np.ones(len(network))]) if shape.activation.lifted else network.u
        each = network.alpha[:, None] * svec.svec(v[:, :, None] * v[:, None, :])
        theta = np.stack([each[network.output == t].sum(0) for t in range(T)], axis=1)
        E, bias = self._residuals(theta)
        objective = float((E**2).sum()) / 2 + program.beta * float(np.abs(network.alpha).sum())
        lower = 0.0
        for e, y, most in zip(E.T, R[:, -T:].T, self._bounds(E), strict=True):
            square = float(e @ e)
            s = min(max(float(e @ y) / square, 0.0) if square else 0.0, program.beta / most if most > 0 else np.inf)
            lower += s * float(e @ y) - s * s * square / 2
        return StreamedFit(replace(network, intercept=bias), objective, max(lower, 0.0), program.beta)

    def _given(self) -> tuple[PolynomialNetworkProgram, Array]:
        if self._shape is None or self._factor is None:
            raise ValueError("no samples yet: add some first")
        return self._shape, self._factor

    def _residuals(self, theta: Array) -> tuple[Array, Array]:
        """(R_y − R_aθ, t) with the best intercept t of every output."""
        shape, R = self._given()
        T, size = shape.Y.shape[1], svec.length(shape.lift.order)
        E, bias = R[:, -T:] - R[:, :size] @ theta, np.zeros(T)
        if self.intercept:
            one = R[:, size]
            bias = one @ E / (one @ one)
            E = E - np.outer(one, bias)
        return E, bias

    def _bounds(self, E: Array) -> list[float]:
        """max |Σ_i ν_iσ(x_i'u)| over ‖u‖ = 1 for the multipliers of every output."""
        shape, R = self._given()
        order = shape.lift.order
        S: Any = svec.smat((R[:, : svec.length(order)].T @ E).T)
        if not shape.activation.lifted:
            return np.abs(np.linalg.eigvalsh(S)).max(1).tolist()
        up, down = extremes(S[:, :-1, :-1], S[:, :-1, -1], S[:, -1, -1])
        return np.maximum(np.maximum(up.bound, down.bound), 0.0).tolist()
