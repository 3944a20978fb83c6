"""A ReLU network that is given, a region of its inputs, and what is asked: min c'f(x) + offset over the region.

    x_0 = x,  z_k = W_k x_{k−1} + b_k,  x_k = max(z_k, 0)  (k < L),  f(x) = z_L

Floats mean their dyadic values. Everything that a bound depends on is computed here in rational arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import Rational, rational, written
from copos.questions import table
from copos.reformulation.exact_data import floats, numbers
from copos.support.looks import one_line

TYPE = "relu verification"
LARGEST = 500  # exponent of a weight, an input or the value of a neuron: doubles end at 1024
BITS = 60  # of a factor that moves a point onto a ball
Array = NDArray[Any]
Range = tuple[Fraction, Fraction]


@one_line
@dataclass(frozen=True, eq=False)
class GivenNetwork:
    """min c'f(x) + offset over lower ≤ x ≤ upper, or over |x − center| ≤ radius.

    Attributes
    ----------
    weights, biases : W_k (n_k, n_{k−1}) and b_k (n_k,), as doubles, or as rationals where they are not doubles
    lower, upper : (n_0,) the box; of a ball the least one around it, rounded outward
    center, radius : of a ball, else None
    c, offset : the objective
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    lower: Array
    upper: Array
    center: Array | None
    radius: Rational | None
    c: Array
    offset: Rational

    @property
    def widths(self) -> tuple[int, ...]:
        """n_0, …, n_L."""
        return (self.weights[0].shape[1], *(len(b) for b in self.biases))

    @cached_property
    def exact(self) -> list[tuple[list[list[Rational]], list[Rational]]]:
        """(W_k, b_k) in rational numbers."""
        return [([[rational(v) for v in row] for row in W.tolist()], [rational(v) for v in b.tolist()])
                for W, b in zip(self.weights, self.biases, strict=True)]  # fmt: skip

    @cached_property
    def floats(self) -> list[tuple[Array, Array]]:
        """(W_k, b_k) in doubles."""
        return [(floats(W), floats(b)) for W, b in zip(self.weights, self.biases, strict=True)]

    @cached_property
    def c_floats(self) -> Array:
        """The objective c in doubles."""
        return floats(self.c)

    def inside(self, x: Array) -> list[Fraction]:
        """A point of the region near x, exactly; x itself where it is one."""
        point = [Fraction(v) for v in np.asarray(x, dtype=float).tolist()]
        if self.center is None or self.radius is None:
            return [min(max(v, l), u) for v, (l, u) in zip(point, self.ends, strict=True)]
        center, radius = [Fraction(rational(m)) for m in self.center.tolist()], Fraction(self.radius)
        away = [v - m for v, m in zip(point, center, strict=True)]
        square = sum((v * v for v in away), Fraction(0))
        if square <= radius**2:
            return point
        share = Fraction(isqrt(int(radius**2 / square * 4**BITS)), 2**BITS)  # rounded down
        return [m + share * v for v, m in zip(away, center, strict=True)]

    @cached_property
    def tables(self) -> dict[str, list[list[int | str]]]:
        """W1, b1, W2, … as plain rows."""
        out = {}
        for k, (W, b) in enumerate(self.exact, 1):
            out[f"W{k}"], out[f"b{k}"] = [[written(v) for v in row] for row in W], [[written(v) for v in b]]
        return out

    @cached_property
    def plain(self) -> dict[str, Any]:
        """The problem of type "relu verification", as certificates hold it; large tables by their SHA-256."""
        ends = {"lower": self.lower, "upper": self.upper} if self.center is None else {"center": self.center}
        out: dict[str, Any] = {"type": TYPE, "layers": len(self.weights)}
        out |= {name: table(rows) for name, rows in self.tables.items()}
        out |= {name: [written(v) for v in end.tolist()] for name, end in ends.items()}
        out |= {} if self.radius is None else {"radius": written(self.radius)}
        return out | {"c": [written(v) for v in self.c.tolist()], "offset": written(self.offset)}

    def value(self, x: Sequence[Any]) -> Fraction:
        """c'f(x) + offset, exactly."""
        z = [rational(v) for v in x]
        for k, (W, b) in enumerate(self.exact):
            z = [max(v, 0) for v in z] if k else z
            z = [sum((w * v for w, v in zip(row, z, strict=True) if w and v), s) for row, s in zip(W, b, strict=True)]
        return Fraction(sum((rational(c) * v for c, v in zip(self.c.tolist(), z, strict=True)), self.offset))

    @cached_property
    def ends(self) -> list[Range]:
        """(lower_j, upper_j) of the inputs, exactly."""
        pairs = zip(self.lower.tolist(), self.upper.tolist(), strict=True)
        return [(Fraction(rational(a)), Fraction(rational(b))) for a, b in pairs]

    @cached_property
    def intervals(self) -> list[list[Range]]:
        """Ranges of every z_ki by interval arithmetic, exactly; the last layer's, too."""
        x, out = self.ends, []
        for W, b in self.exact:
            z = []
            for row, s in zip(W, b, strict=True):
                low = high = Fraction(s)
                for w, (l, u) in zip(row, x, strict=True):
                    if w:
                        low, high = low + w * (l if w > 0 else u), high + w * (u if w > 0 else l)
                z.append((low, high))
            out.append(z)
            x = [(max(l, Fraction(0)), max(u, Fraction(0))) for l, u in z]
        return out

    @cached_property
    def interval_bounds(self) -> Range:
        """A lower and an upper bound of c'f(x) + offset on the region, by interval arithmetic."""
        low = high = Fraction(self.offset)
        for v, (l, u) in zip(self.c.tolist(), self.intervals[-1], strict=True):
            v = rational(v)
            low, high = low + v * (l if v > 0 else u), high + v * (u if v > 0 else l)
        return low, high

    def outputs(self, X: Array) -> Array:
        """c'f(x) + offset for every row of X, in doubles."""
        for k, (W, b) in enumerate(self.floats):
            X = (np.maximum(X, 0.0) if k else X) @ W.T + b
        return X @ self.c_floats + float(self.offset)


def _ends(value: Any, name: str, inputs: int) -> Any:
    """One end for every input; a number is the end of all."""
    return numbers([value] * inputs if value is not None and np.ndim(value) == 0 else value, name)


def given_network(
    weights: Sequence[Any], biases: Sequence[Any], lower: Any, upper: Any, c: Any, offset: Any = 0.0,
    radius: Any = None,
) -> GivenNetwork:  # fmt: skip
    """The network and the question, or the reason why these are none.

    Raises
    ------
    ValueError
        If shapes do not fit, a number is not finite, or the region is empty.
    """
    if isinstance(weights, Mapping) or not hasattr(weights, "__len__") or not len(weights):
        raise ValueError("weights must be a list of matrices, one a layer")
    if not hasattr(biases, "__len__") or len(weights) != len(biases):
        raise ValueError(f"expected a vector of biases for every one of the {len(weights)} layers")
    W = tuple(numbers(v, f"weights[{k}]") for k, v in enumerate(weights))
    b = tuple(numbers(v, f"biases[{k}]") for k, v in enumerate(biases))
    width = W[0].shape[1] if W[0].ndim == 2 else 0
    for k, (M, v) in enumerate(zip(W, b, strict=True)):
        if M.ndim != 2 or not M.size:
            raise ValueError(f"weights[{k}] must be a matrix (outputs × inputs), got shape {M.shape}")
        if M.shape[1] != width:
            raise ValueError(f"weights[{k}] has {M.shape[1]} columns, and the layer before it has {width} neurons")
        if v.shape != (len(M),):
            raise ValueError(f"biases[{k}] must be a vector of {len(M)} numbers, got shape {v.shape}")
        width = len(M)
    form = numbers(c, "c")
    if form.shape != (width,):
        raise ValueError(f"c must have {width} numbers, one for every output, got shape {form.shape}")
    constant = numbers([offset], "offset").tolist()[0]
    low = _ends(lower, "lower", W[0].shape[1])
    if low.shape != (W[0].shape[1],):
        raise ValueError(f"lower must have {W[0].shape[1]} numbers, one for every input, got shape {low.shape}")
    if radius is None:
        high = _ends(upper, "upper", len(low))
        if high.shape != low.shape:
            raise ValueError(f"upper must have {len(low)} numbers, one for every input, got shape {high.shape}")
        for j, (l, u) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
            if l > u:
                raise ValueError(f"lower[{j}] = {l} is above upper[{j}] = {u}: the box is empty")
        return _bounded(GivenNetwork(W, b, low, high, None, None, form, rational(constant)))
    if upper is not None:
        raise ValueError("a ball has its center in `lower`, and `upper` is None")
    r = rational(numbers([radius], "radius").tolist()[0])
    if r < 0:
        raise ValueError(f"radius must be a number ≥ 0, got {radius!r}")
    ends = [[rational(v) + s * r for v in low.tolist()] for s in (-1, 1)]
    low_end, high_end = (numbers(row, "the ball") for row in ends)
    return _bounded(GivenNetwork(W, b, low_end, high_end, low, r, form, rational(constant)))


def _bounded(network: GivenNetwork) -> GivenNetwork:
    """The network, if linear programs in doubles can hold it."""
    large = max(abs(v) for part in (network.ends, *network.intervals, [network.interval_bounds])
                for pair in part for v in pair)  # fmt: skip
    if large > 2**LARGEST or max(float(abs(W).max()) for W, _ in network.floats) > 2.0**LARGEST:
        raise ValueError(f"the network reaches beyond 2^{LARGEST} on the region; expected smaller numbers")
    return network
