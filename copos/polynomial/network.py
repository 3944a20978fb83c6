"""The network that training returns: neurons as plain arrays, prediction, export."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copos.polynomial.boundary import BoundaryDistance, distance, quadratic
from copos.polynomial.features import Activation, Convolution, Dense, activation, finite
from copos.support.given import real_array, real_number
from copos.support.looks import one_line

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@one_line
@dataclass(frozen=True, eq=False)
class PolynomialNetwork:
    """f_t(x) = intercept_t + Σ_j α_j σ(x'u_j) over the neurons j of output t (averaged over the patches of its pool).

    Attributes
    ----------
    u : (R, d) first layer, unit rows
    alpha : (R,) second layer, nonzero
    output, pool : (R,) where a neuron belongs
    intercept : (T,)
    activation : Activation (a, b, c)
    architecture : Dense or Convolution
    pools : number of pools of a sample (1 for Dense)
    multiplier : (n, T) the ν with which training proved its bound, for `certify_network`; None for other networks

    Examples
    --------
    >>> net = PolynomialNetwork.from_weights(np.eye(2), [2.0, -1.0], activation="quadratic")
    >>> net.predict([[1.0, 0.0], [1.0, 3.0]])
    array([ 2., -7.])
    """

    u: Array
    alpha: Array
    output: Index
    pool: Index
    intercept: Array
    activation: Activation
    architecture: Dense | Convolution
    pools: int = 1
    multiplier: Array | None = None

    def __len__(self) -> int:
        """Neurons."""
        return len(self.alpha)

    @property
    def outputs(self) -> int:
        """Outputs T."""
        return len(self.intercept)

    @property
    def penalty(self) -> float:
        """Σ|α|."""
        return float(np.abs(self.alpha).sum())

    @classmethod
    def from_weights(
        cls,
        first_layer: ArrayLike,
        second_layer: ArrayLike,
        activation: str | ArrayLike = "published",
        intercept: ArrayLike = 0.0,
    ) -> PolynomialNetwork:
        """A fully connected network trained anywhere.

        Parameters
        ----------
        first_layer : (R, d), unit rows; without linear and constant term any rows, whose size goes into α
        second_layer : (R,) or (R, T)
        activation : name or (a, b, c)
        intercept : scalar or (T,)

        Raises
        ------
        ValueError
            If shapes disagree or a row does not have norm 1 where that matters.
        """
        sigma = _activation(activation)
        u = np.atleast_2d(real_array(first_layer, "first_layer"))
        second = real_array(second_layer, "second_layer")
        second = second[:, None] if second.ndim == 1 else second
        if second.ndim != 2 or len(second) != len(u):
            raise ValueError(f"first_layer has {len(u)} neurons, second_layer has shape {np.shape(second_layer)}")
        if not (np.isfinite(u).all() and np.isfinite(second).all()):
            raise ValueError("a weight is not finite")
        norm = np.linalg.norm(u, axis=1)
        if sigma.b == 0 and sigma.c == 0:
            second = second * norm[:, None] ** 2
        elif np.any(np.abs(norm - 1) > 1e-6):
            raise ValueError("rows of first_layer must have norm 1: this activation is not homogeneous")
        u = u / np.where(norm > 0, norm, 1.0)[:, None]
        neuron, output = np.nonzero(second)
        bias = np.broadcast_to(real_array(intercept, "intercept"), (second.shape[1],)).copy()
        zero = np.zeros(len(neuron), dtype=np.int64)
        return cls(u[neuron], second[neuron, output], output.astype(np.int64), zero, bias, sigma, Dense())

    def responses(self, patches: Array) -> Array:
        """σ(x'u_j) averaged over the patches of the neuron's pool, (n, R), from `architecture.patches(X)`."""
        if patches.shape[3] != self.u.shape[1] or patches.shape[0] != self.pools:
            raise ValueError(
                f"X gives {patches.shape[0]} pools of patches with {patches.shape[3]} entries; "
                f"the network expects {self.pools} with {self.u.shape[1]}"
            )
        out = np.empty((patches.shape[1], len(self)))
        for g in np.unique(self.pool):
            part = self.pool == g
            out[:, part] = self.activation(patches[g] @ self.u[part].T).mean(1)
        return out

    def decision(self, patches: Array) -> Array:
        """(n, T) outputs from patches."""
        chosen = np.zeros((len(self), self.outputs))
        chosen[np.arange(len(self)), self.output] = self.alpha
        return self.responses(patches) @ chosen + self.intercept

    def predict(self, X: ArrayLike) -> Array:
        """Outputs at samples X, (n,) for one output and (n, T) for several."""
        F = self.decision(self.architecture.patches(X))
        return F[:, 0] if self.outputs == 1 else F

    def distance_to_boundary(
        self, x: ArrayLike, output: int | tuple[int, int] | None = None, level: float = 0.0
    ) -> BoundaryDistance:
        """min ‖z − x‖ over the z at which f(z) − level has not the sign that it has at x, with a proved lower bound.

        Parameters
        ----------
        x : (d,) an input
        output : of one output t, f_t against the level; of a pair (s, t), f_s against f_t; by default the only output,
            or with several the largest one at x against each other, the nearest of which counts
        level : of one output

        Returns
        -------
        BoundaryDistance
            A nonconvex problem, but one quadratic constraint is convex in disguise (S-lemma): one eigendecomposition.

        Raises
        ------
        ValueError
            For an input of another size, an output that there is not, a level that is no number, and convolutions.

        Examples
        --------
        f(z) = z_1² − z_2² has the boundary |z_1| = |z_2|:

        >>> net = PolynomialNetwork.from_weights(np.eye(2), [1.0, -1.0], activation="quadratic")
        >>> found = net.distance_to_boundary([3.0, 1.0])
        >>> round(found.distance, 9), round(found.lower, 9), found.point.round(6)
        (1.414213562, 1.414213562, array([2., 2.]))
        """
        if not isinstance(self.architecture, Dense):
            raise ValueError("the distance to the boundary is that of fully connected networks")
        point = finite(x, "x")
        size = self.u.shape[1] - bool(self.architecture.constant)
        if point.shape != (size,):
            raise ValueError(f"x has shape {point.shape}; expected ({size},)")
        real_number(level, "level")
        pairs = self._pairs(point, output)
        found = []
        for pair in pairs:
            sign = np.where(self.output == pair[0], 1.0, np.where(self.output == pair[-1], -1.0, 0.0))
            seen = sign != 0
            bias = Fraction(self.intercept[pair[0]])
            shift = bias - (Fraction(level) if len(pair) == 1 else Fraction(self.intercept[pair[1]]))
            alpha, constant = (sign * self.alpha)[seen], self.architecture.constant
            form = quadratic(self.u[seen], alpha, self.activation, constant, shift)
            found.append(distance(form, point, pair))
        nearest = min(found, key=lambda one: (one.distance, one.lower))
        return replace(nearest, lower=min(one.lower for one in found))

    def _pairs(self, x: Array, output: int | tuple[int, int] | None) -> list[tuple[int, ...]]:
        """The outputs that are compared."""
        if output is None:
            values = self.predict(x[None])[0]
            if self.outputs == 1:
                return [(0,)]
            s = int(np.argmax(values))
            return [(s, t) for t in range(self.outputs) if t != s]
        pair: tuple[Any, ...] = tuple(np.atleast_1d(np.asarray(output)).tolist())
        if len(pair) > 2 or len(set(pair)) < len(pair) or not all(t in range(self.outputs) for t in pair):
            raise ValueError(f"output is {output!r}; expected one of {self.outputs}, or two different ones")
        return [tuple(int(t) for t in pair)]

    def to_numpy(self) -> dict[str, Array]:
        """`first_layer` (R, d), `second_layer` (R, pools, T), `intercept` (T,), `activation` (3,)."""
        second = np.zeros((len(self), self.pools, self.outputs))
        second[np.arange(len(self)), self.pool, self.output] = self.alpha
        return {
            "first_layer": self.u.copy(),
            "second_layer": second,
            "intercept": self.intercept.copy(),
            "activation": np.array(self.activation),
        }

    def cubic_layers(self) -> tuple[Array, Array]:
        """First layer (R, d) and weights (R,) of the same function with the least Σ |α_j|³ + ‖u_j‖³, for σ(z) = az².

        α‖u‖² stays if ‖u‖ = 2^{1/9}t^{1/3} and |α| = 2^{−2/9}t^{1/3}, t = |α_j| of this network, and then
        |α|³ + ‖u‖³ = 3·2^{−2/3}t.

        >>> net = PolynomialNetwork.from_weights(np.eye(2), [8.0, -1.0], activation="quadratic")
        >>> u, alpha = net.cubic_layers()
        >>> (alpha * (u**2).sum(1)).round(9), round(float((abs(alpha)**3).sum() + (u**3).sum()) / 9, 6)
        (array([ 8., -1.]), 1.889882)
        """
        if self.activation.b or self.activation.c:
            raise ValueError("the activation is not az²: lengths of first layers cannot be moved into α")
        root = np.cbrt(np.abs(self.alpha))
        return 2 ** (1 / 9) * root[:, None] * self.u, 2 ** (-2 / 9) * root * np.sign(self.alpha)

    def to_torch(self) -> Any:
        """A `torch.nn.Module` in double precision that takes what `predict` takes and returns (n, T).

        Raises
        ------
        ImportError
            If PyTorch is not installed.
        """
        from copos.polynomial.torch_module import module

        return module(self.to_numpy(), self.architecture, self.activation)


def _activation(spec: str | ArrayLike) -> Activation:
    return activation(spec)
