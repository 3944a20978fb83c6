"""Two-layer ReLU networks of any width with weight decay, as a program over completely positive matrices.

    min over m, u_j, v_j   Σ_it ℓ(Σ_j (x_i'u_j)_+ v_jt, y_it) + (β/2) Σ_j (‖u_j‖² + ‖v_j‖²)

One neuron is the atom x = (u, v, a, b) with a = (Xu)_+ and b = (Xu)_−, so

    K = {(u, v, a, b) : a, b ≥ 0, a − b = Xu},     a_ib_i = 0 on every atom,

its contribution to a prediction is a_iv_t and its decay |u|² + |v|²: both are linear in Y = Σ_j x_jx_j'. The converse,
that every Y ∈ CP(K) with <a_ib_i> = 0 is a network, holds because each atom of Y satisfies a_ib_i = 0 by itself.

Cutting K into pieces changes nothing but the relaxations: v ≥ 0 and v ≤ 0 (with one output), x_i'u ≥ 0 and x_i'u ≤ 0.
A piece in which every sample has a sign is exact at level 0; the levels work on the signs that are left open.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from copos.cones import Cone, Free, NonNegative
from copos.forms import Forms
from copos.losses.convex import LOSSES
from copos.polynomial.features import finite
from copos.program import Recovered
from copos.reformulation.relu_recovery import ReLUData, recovered
from copos.reformulation.relu_units import bound_loss, in_units, weighted
from copos.regularized import InUnits, Piece, RegularizedProgram
from copos.support.given import real_number

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Coordinates:
    """Where u (d), v (T), a (n) and b (n) stand in x; b comes last, so that a − b = Xu is solved for b exactly."""

    n: int
    d: int
    T: int

    @property
    def v(self) -> NDArray[np.int64]:
        """Places of the second layer."""
        return self.d + np.arange(self.T)

    @property
    def a(self) -> NDArray[np.int64]:
        """Places of (Xu)_+."""
        return self.d + self.T + np.arange(self.n)

    @property
    def b(self) -> NDArray[np.int64]:
        """Places of (Xu)_−."""
        return self.a + self.n

    @property
    def dim(self) -> int:
        """Ambient coordinates."""
        return self.d + self.T + 2 * self.n


def _cone(X: Array, at: Coordinates, pattern: Sequence[int], signed: bool, inputs: int) -> Cone:
    """K with x_i'u ≥ 0, ≤ 0 or open where the pattern is +1, −1 or 0; v ≥ 0 if `signed`.

    e(x) = 2^-inputs Σ(a_i + b_i) + v: levels above 0 have it in their multipliers.
    """
    n, d = X.shape
    rows = np.zeros((n, at.dim))
    rows[:, : d] = -X
    rows[np.arange(n), at.a], rows[np.arange(n), at.b] = 1.0, -1.0
    zero = np.zeros((int(np.count_nonzero(pattern)), at.dim))
    gone = [(at.b if s > 0 else at.a)[i] for i, s in enumerate(pattern) if s]
    zero[np.arange(len(gone)), gone] = 1.0
    second = NonNegative(at.T) if signed else Free(at.T)
    whole = Free(d) * second * NonNegative(2 * n)

    def sampler(rng: np.random.Generator) -> Array:
        for _ in range(1000):
            u = rng.standard_normal(d)
            if all(s * z >= 0 for s, z in zip(pattern, X @ u, strict=True)):
                break
        else:
            u = np.zeros(d)
        v = rng.standard_normal(at.T)
        return atom(X, u, np.abs(v) if signed else v)

    e = np.zeros(at.dim)
    e[at.v], e[at.a], e[at.b] = float(signed), np.ldexp(1.0, -inputs), np.ldexp(1.0, -inputs)
    return whole.slice(sp.csr_array(np.vstack([zero, rows])), sampler).with_unit(e)


def atom(X: Array, u: Array, v: Array) -> Array:
    """The point (u, v, (Xu)_+, (Xu)_−) of one neuron."""
    z = X @ u
    return np.concatenate([u, v, np.maximum(z, 0.0), np.maximum(-z, 0.0)])


def _piece(X: Array, T: int, beta: float, pattern: Sequence[int], sign: int, inputs: int) -> Piece:
    """The neurons with an activation pattern; `sign` ±1 for v of that sign (held as |v|), 0 for any v."""
    n, d = X.shape
    at = Coordinates(n, d, T)
    decay = np.arange(d + T)
    C = Forms.from_terms(0, decay, decay, np.full(d + T, 0.5 * beta), 1, at.dim)
    i, t = (k.ravel() for k in np.indices((n, T)))
    L = Forms.from_terms(np.arange(n * T), at.a[i], at.v[t], float(sign or 1), n * T, at.dim)
    open_ = np.flatnonzero(np.asarray(pattern) == 0)
    E = Forms.from_terms(np.arange(len(open_)), at.a[open_], at.b[open_], 1.0, len(open_), at.dim)
    signs = "".join({1: "+", -1: "-", 0: "."}[s] for s in pattern)
    label = f"signs {signs}" + {1: ", v ≥ 0", -1: ", v ≤ 0", 0: ""}[sign]
    exponents = np.where(np.arange(at.dim) < d + T, 0, inputs)  # weights keep one unit, since their decay has one
    return Piece(_cone(X, at, pattern, sign != 0, inputs), C, L, E, label, exponents)


def relu_network(
    X: ArrayLike,
    Y: ArrayLike,
    beta: float,
    loss: str = "squared",
    *,
    loss_parameter: float | None = None,
    signs: bool | None = None,
    split: int | Sequence[int] = (),
) -> RegularizedProgram:
    """Training of f(x) = Σ_j (x'u_j)_+ v_j over all widths:  min Σ ℓ(f(x_i), y_i) + (β/2) Σ (‖u_j‖² + ‖v_j‖²).

    Parameters
    ----------
    X : (n, d) samples; append a column of ones for a bias in the first layer
    Y : (n,) or (n, T) targets
    beta : weight decay, positive
    loss : "squared" (½Σ residual²), "absolute", "huber", "quantile", "hinge", "squared_hinge"
    loss_parameter : δ of "huber" (1), τ of "quantile" (½)
    signs : one piece for v ≥ 0 and one for v ≤ 0; by default for one output. Without it the cone is that of the
        published program
    split : samples whose sign x_i'u is branched on (indices, or how many, the longest first): 2^k times as many pieces,
        tighter at every level. With all samples the program is exact at level 0

    Returns
    -------
    RegularizedProgram
        For `copos.lower_bound` and `copos.bracket`.

    Raises
    ------
    ValueError
        On shapes that disagree, entries that are not finite, a β that is not positive, a loss with an exponential.

    References
    ----------
    [PrakhyaBirdalYurtsever2025]; the exact pieces are those of [PilanciErgen2020].

    Examples
    --------
    >>> import copos
    >>> program = relu_network([[1.0], [-1.0]], [1.0, 0.0], beta=0.1)
    >>> bound = copos.bracket(program)
    >>> round(bound.lower, 6), round(bound.upper, 6), bound.proved      # β|v||u| + ½(1 − uv)² at uv = 1 − β
    (0.095, 0.095, True)
    """
    X, Y = finite(X, exactly=True), finite(Y, "Y", exactly=True)
    Y = Y[:, None] if Y.ndim == 1 else Y
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(f"X has shape {X.shape}; expected (samples, features), at least one of each")
    if Y.ndim != 2 or Y.shape[1] == 0 or len(Y) != len(X):
        raise ValueError(f"Y has shape {Y.shape}; expected ({len(X)},) or ({len(X)}, outputs)")
    beta = real_number(beta, "beta", above=0, exactly=True)
    bound = bound_loss(loss, Y, loss_parameter)
    T = Y.shape[1]
    signs = T == 1 if signs is None else signs
    if signs and T > 1:
        raise ValueError("signs=True needs one output: several would have 2^T sign patterns")
    chosen = _samples(X, split)
    row = LOSSES[loss]
    units = in_units(X, bound, beta, 0 if row.labels else 2 if row.curvature else 1)
    data, name = ReLUData(X, bound, beta), "two-layer ReLU network"

    def pieces(of: ReLUData, inputs: int) -> tuple[Piece, ...]:
        made = []
        for values in product((1, -1), repeat=len(chosen)):
            pattern = np.zeros(len(X), dtype=int)
            pattern[chosen] = values
            made += [_piece(of.X, T, of.beta, pattern.tolist(), s, inputs) for s in ((1, -1) if signs else (0,))]
        return tuple(made)

    def recover(matrices: Sequence[Array], solve: Callable[..., Any]) -> Recovered:
        d = X.shape[1]
        rows = [M[:d] for M in matrices]
        found = (recovered(of, rows, solve) for of in (units.data, *weighted(units.data)))
        network = units.network(min(found, key=lambda network: network.objective_above(units.data)))
        return Recovered(network, network.objective_above(data), np.concatenate([network.u, network.v], axis=1))

    own = RegularizedProgram(pieces(units.data, 0), units.data.loss, name)
    inside = InUnits(own, units.value, units.multiplier)
    return RegularizedProgram(pieces(data, units.inputs), bound, name, recover, inside)


def _samples(X: Array, split: int | Sequence[int]) -> list[int]:
    """Indices of the samples to branch on."""
    n = len(X)
    if isinstance(split, int | np.integer):
        if not 0 <= split <= n:
            raise ValueError(f"split is {split}; expected 0 to {n} samples")
        return np.sort(np.argsort(-np.sum(X**2, 1), kind="stable")[:split]).tolist()
    chosen = sorted(set(int(i) for i in split))
    if len(chosen) != len(split) or (chosen and not 0 <= chosen[0] <= chosen[-1] < n):
        raise ValueError(f"split is {list(split)}; expected different indices of {n} samples")
    return chosen
