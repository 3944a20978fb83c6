"""Training on samples that come in batches and are not kept: the squared loss needs their moments alone.

    ½ Σ w_i(<M_i, D> + t − y_i)² = ½ θ'Γθ,     θ = (svec D, t, −1),     Γ = Σ w_i g_ig_i',  g_i = (svec M_i, 1, y_i)

M_i is linear in z_iz_i', z_i = (x_i, 1), so that Γ comes from the moments of z of order four, of which d⁴/24 differ,
those of y with zz', and that of y². Samples are shifted and divided by what the first batch has for mean and spread,
which costs no digits of later ones and is undone exactly up to rounding; another standardisation is a congruence of Γ.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic import svec
from copos.losses.convex import Interval
from copos.polynomial.conic import assembled, of_matrices
from copos.polynomial.interior_point import Problem, interior_point
from copos.polynomial.moments import distinct_moments, moment_table, of_gram
from copos.polynomial.network import PolynomialNetwork
from copos.polynomial.program import PolynomialNetworkProgram, polynomial_network
from copos.polynomial.sphere import extremes
from copos.solvers import solve
from copos.support import given
from copos.support.looks import one_line
from copos.support.threads import on_one_blas_thread

Array = NDArray[np.float64]
TRUNCATED = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)  # columns of the factors below this part of the largest are left out
GAP = 1e-7  # relative, of the interior-point method
CHUNK = 256  # rows of a table that are turned into matrices together


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


class _Gram(NamedTuple):
    """Γ in parts: G of svec M, those of svec M with 1 and with y, of 1 with y and with itself, of y with itself."""

    G: Array
    one: Array
    cross: Array
    mean: Array
    total: float
    square: Array

    def left(self, theta: Array, free: bool) -> tuple[Array, Array, Array]:
        """(Σ wM(y − f), Σ w(y − f)², Σ w(y − f)y) of every output with its best intercept t, and t."""
        bias = (self.mean - self.one @ theta) / self.total if free else np.zeros(theta.shape[1])
        slope = self.cross - self.G @ theta - np.outer(self.one, bias)
        own = self.square - np.sum(theta * self.cross, axis=0) - bias * self.mean
        rest = self.mean - self.one @ theta - bias * self.total
        return slope, np.stack([own - np.sum(theta * slope, axis=0) - bias * rest, own]), bias


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
        self._shape: PolynomialNetworkProgram | None = None
        self._chart = (np.zeros(0), np.ones(0), np.zeros(0))  # shift and scale of x, shift of y
        self._moments, self._cross, self._square = np.zeros(0), np.zeros((0, 0)), np.zeros(0)

    @on_one_blas_thread
    def add(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> StreamedSamples:
        """Take a batch in: X (n, d), y (n,) or (n, outputs); returns this very stream.

        Raises
        ------
        ValueError
            As `polynomial_network`, and if features or outputs are not as many as before.
        """
        batch = polynomial_network(X, y, self.activation, 1.0, intercept=self.intercept, sample_weight=sample_weight)
        x, Y, w = batch.patches[0, :, 0], batch.Y, batch.weights
        if self._shape is None:
            spread = x.std(0)
            self._shape = polynomial_network(x[:1], Y[:1], self.activation, 1.0, intercept=self.intercept)
            centre = Y.mean(0) if self.intercept else np.zeros(Y.shape[1])
            self._chart = (x.mean(0), np.where(spread > 0, spread, 1.0), centre)
            self._cross, self._square = np.zeros((svec.length(x.shape[1] + 1), Y.shape[1])), np.zeros(Y.shape[1])
        (d, T), (old, outputs) = (x.shape[1], Y.shape[1]), (len(self._chart[0]), len(self._chart[2]))
        if (d, T) != (old, outputs):
            raise ValueError(f"a batch of {d} features and {T} outputs; those before had {old} and {outputs}")
        shift, scale, centre = self._chart
        z, Y = np.column_stack([(x - shift) / scale, np.ones(len(x))]), Y - centre
        new = distinct_moments(z, w)
        self._moments = self._moments + new if self.samples else new
        forms = np.stack([svec.svec(z.T @ ((w * column)[:, None] * z)) for column in Y.T], axis=1)
        self._cross, self._square = self._cross + forms, self._square + w @ Y**2
        self.samples += len(Y)
        return self

    @property
    def features(self) -> int:
        """Features of a sample."""
        self._given()
        return len(self._chart[0])

    @property
    def mean(self) -> Array:
        """Weighted mean of the features so far."""
        return self._spread()[0]

    @property
    def scale(self) -> Array:
        """Weighted spread of the features so far, 1 for those that are constant."""
        return self._spread()[1]

    @property
    def beta_max(self) -> float:
        """Largest |Σν_iσ(x_i'u)| over neurons at the best constants: the zero network is optimal from it on."""
        return self._beta_max(self._gram(None))

    @on_one_blas_thread
    def train(
        self,
        beta: float | None = None,
        *,
        beta_ratio: float | None = None,
        standardised: tuple[ArrayLike, ArrayLike] | None = None,
    ) -> StreamedFit:
        """Min ½ Σ w_i(f(x_i) − y_i)² + βΣ|α_j| over all samples so far; β, or its part of `beta_max`.

        Parameters
        ----------
        beta, beta_ratio : one of them
        standardised : (shift, scale) of the features: neurons, also those of the network, see (x − shift)/scale

        Raises
        ------
        ValueError
            Before any sample was added, or for a β that is not positive.
        """
        shape = self._given()
        if (beta is None) == (beta_ratio is None):
            raise ValueError("give exactly one of beta and beta_ratio")
        gram = self._gram(standardised)
        if beta is None:
            beta = given.real_number(beta_ratio, "beta_ratio", above=0) * (self._beta_max(gram) or 1.0)
        program = shape.at(given.real_number(beta, "beta", above=0))
        Z = np.stack([self._solved(program, gram, t) for t in range(len(gram.mean))])[:, None]
        best: StreamedFit | None = None
        for part in TRUNCATED:
            fit = self._fit(program, gram, of_matrices(program, Z, np.zeros(len(Z)), part))
            if best is None or fit.objective - fit.claimed < 0.3 * (best.objective - best.claimed):
                best = fit
            if best.gap <= 10 * GAP:
                break
        assert best is not None
        return best

    def _fit(self, program: PolynomialNetworkProgram, gram: _Gram, network: PolynomialNetwork) -> StreamedFit:
        """The objective of a network by moments, and the value of the dual point of its residuals."""
        v = np.column_stack([network.u, np.ones(len(network))]) if program.activation.lifted else network.u
        each = network.alpha[:, None] * svec.svec(v[:, :, None] * v[:, None, :])
        theta = np.stack([each[network.output == t].sum(0) for t in range(len(gram.mean))], axis=1)
        slope, (square, own), bias = gram.left(theta, self.intercept)
        objective = max(float(square.sum()), 0.0) / 2 + program.beta * float(np.abs(network.alpha).sum())
        claimed = 0.0
        for most, q, y in zip(self._bounds(slope), square, own, strict=True):
            s = min(max(y / q, 0.0) if q > 0 else 0.0, program.beta / most if most > 0 else np.inf)
            claimed += s * float(y) - s * s * float(q) / 2 if q > 0 else 0.0
        fitted = replace(network, intercept=bias + self._chart[2])
        return StreamedFit(fitted, objective, max(claimed, 0.0), program.beta)

    def _solved(self, program: PolynomialNetworkProgram, gram: _Gram, t: int) -> Array:
        """(Z, Z') (2, k, k) of one output, in units in which samples and targets are of size 1."""
        total, k = gram.total, program.lift.order
        unit = float(np.sqrt(np.trace(gram.G) / total)) or 1.0
        size = float(np.sqrt(gram.square[t] / total)) or 1.0
        G, g = gram.G / (unit**2 * total), gram.cross[:, t] / (unit * size * total)
        rest, whole = gram.square[t] / (2 * size**2 * total), np.diagonal(G).copy()
        if self.intercept:
            one, mean = gram.one / (unit * total), gram.mean[t] / (size * total)
            G, g, rest = G - np.outer(one, one), g - one * mean, rest - mean**2 / 2
        beta = program.beta / (unit * size * total)
        rows = of_gram(G, g, rest, whole, k)
        if rows is not None:
            data, quadratic, offset = rows
            found = interior_point(Problem(data, quadratic, beta, 1, k, program.activation.lifted, False, offset), GAP)
            if found.gap <= 1e3 * GAP:
                return found.Z[0] * (size / unit)
        values, vectors = np.linalg.eigh(G)
        keep = values > 1e-14 * values[-1]
        R = np.sqrt(values[keep])[:, None] * vectors[:, keep].T
        right = (vectors[:, keep].T @ g / np.sqrt(values[keep]))[:, None]
        loss = Interval(right, np.ones_like(right), np.full_like(right, -np.inf), np.full_like(right, np.inf))
        alone = replace(program, Y=program.Y[:, :1], beta=beta, intercept=False)
        form = assembled(alone, [np.hstack([R, -R])], loss)
        return svec.smat(solve(form, "clarabel").x[: 2 * len(G)].reshape(2, -1)) * (size / unit)

    def _given(self) -> PolynomialNetworkProgram:
        if self._shape is None:
            raise ValueError("no samples yet: add some first")
        return self._shape

    def _spread(self) -> tuple[Array, Array]:
        self._given()
        shift, scale, _ = self._chart
        d = len(shift)
        last = svec.smat(moment_table(self._moments, d + 1)[-1])  # Σ w zz', as (1, 1) stands at the end
        mean = last[:d, d] / last[d, d]
        variance = np.diagonal(last)[:d] / last[d, d] - mean**2
        spread = scale * np.sqrt(np.maximum(variance, 0.0))
        at = shift + scale * mean
        flat = variance <= 1e-14 * (1 + mean**2)
        return at, np.where(flat | (spread <= 10 * np.finfo(float).eps * np.abs(at)), 1.0, spread)

    def _gram(self, standardised: tuple[ArrayLike, ArrayLike] | None) -> _Gram:
        """Γ in the coordinates in which neurons see samples."""
        shape, (shift, scale, _), T = self._given(), self._chart, len(self._chart[2])
        d = len(shift)
        to, by = (np.broadcast_to(np.asarray(v, dtype=float), (d,)) for v in standardised or (0.0, 1.0))
        turn = np.diag(np.append(scale / by, 1.0))
        turn[:d, d] = (shift - to) / by
        table, cross = moment_table(self._moments, d + 1), self._cross

        def turned(rows: Array) -> Array:
            return np.vstack([svec.svec(turn @ svec.smat(rows[i : i + CHUNK]) @ turn.T)
                              for i in range(0, len(rows), CHUNK)])  # fmt: skip

        table = turned(turned(table).T)
        cross = turned(cross.T).T
        a, b, c = shape.activation
        total, first, weighted = float(table[-1, -1]), table[-1], cross[-1]
        if shape.activation.lifted:
            F = np.full((d + 1, d + 1), a)
            F[-1], F[:, -1], F[-1, -1] = b / 2, b / 2, c
            f = F[svec.triangle(d + 1)]
            return _Gram(f[:, None] * table * f, f * first, f[:, None] * cross, weighted, total, self._square)
        size = svec.length(d)
        one: Any = svec.svec(np.eye(d))
        inner = first[:size]
        G = a * a * table[:size, :size] + a * c * (np.outer(one, inner) + np.outer(inner, one))
        G += c * c * total * np.outer(one, one)
        spread = a * cross[:size] + c * np.outer(one, weighted)
        return _Gram(G, a * inner + c * total * one, spread, weighted.reshape(T), total, self._square)

    def _beta_max(self, gram: _Gram) -> float:
        none = np.zeros((len(gram.G), len(gram.mean)))
        return float(max(self._bounds(gram.left(none, self.intercept)[0]), default=0.0))

    def _bounds(self, slope: Array) -> list[float]:
        """max |Σ_i ν_iσ(x_i'u)| over ‖u‖ = 1 for the multipliers of every output."""
        S: Any = svec.smat(slope.T)
        if not self._given().activation.lifted:
            return np.abs(np.linalg.eigvalsh(S)).max(1).tolist()
        up, down = extremes(S[:, :-1, :-1], S[:, :-1, -1], S[:, -1, -1])
        return np.maximum(np.maximum(up.bound, down.bound), 0.0).tolist()
