"""min c'f(x) + offset over a box or a ball, f a ReLU network that is given, as a completely positive program.

    u = (u_0, p, h):  x = lower u_0 + p,  h_i = max(z_i, 0),  z_i linear in u  (i: a neuron whose range has 0 inside)
    K = {u ≥ 0 : p ≤ (upper − lower) u_0,  h_i ≥ z_i,  h_i ≤ high_i u_0,  h_i − z_i ≤ −low_i u_0},  h_i (h_i − z_i) = 0

[BrownEtAl2022]. Neurons with z ≥ 0 or z ≤ 0 on all of the region, by exact interval arithmetic, are linear or gone. At
u_0 = 0 an atom has p = 0, then z_i = 0 and h_i² = 0 layer by layer: there is none, and every feasible Y is a mean of
points (1, p, h) of the network. The value over CP(K) is the minimum. The products of the last two inequalities with
h_i(h_i − z_i) = 0 contain the chord h_i (high_i − low_i) ≤ high_i (z_i − low_i u_0): level 0 is at least the linear
program of triangles. A ball adds radius² u_0² ≥ |x − center u_0|² to K, around which the box is the least one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.arithmetic.rationals import Rational, RationalRows, rational, rounded_up
from copos.cones import Cone, NonNegative
from copos.forms import Forms
from copos.program import CompletelyPositiveProgram, Recovered
from copos.questions import Question
from copos.reformulation.relu_given import GivenNetwork, given_network
from copos.reformulation.relu_points import low_point

Linear = dict[int, Rational]
Vector = NDArray[Any]


def relu_verification(
    weights: Sequence[Any], biases: Sequence[Any], lower: Any, upper: Any, c: Any, offset: Any = 0.0, *,
    radius: Any = None,
) -> CompletelyPositiveProgram:  # fmt: skip
    """min c'f(x) + offset over lower ≤ x ≤ upper, f(x) = W_L max(… max(W_1 x + b_1, 0) …, 0) + b_L.

    Parameters
    ----------
    weights, biases : W_k (n_k, n_{k−1}) and b_k (n_k,), outputs × inputs as PyTorch has them; floats mean their dyadic
        values, text ("1/3") and Fractions themselves
    lower, upper : (n_0,) the box
    c : (n_L,) of the outputs
    offset : a number
    radius : the region is the ball |x − lower| ≤ radius instead, and `upper` is None

    Returns
    -------
    CompletelyPositiveProgram
        `copos.bracket` bounds it; with a tolerance it goes through the levels and then through the signs of neurons.
        Its proofs are about the weights. `recover` returns a point x of the region. For a verdict, and for more than
        some twenty neurons, see `copos.relu_verdict`.

    Raises
    ------
    ValueError
        If shapes do not fit, a number is not finite, or the region is empty.

    References
    ----------
    [BrownEtAl2022]

    Examples
    --------
    >>> import copos
    >>> W, b = [[[1.0], [-1.0]], [[-1.0, -1.0]]], [[0.0, 0.0], [0.0]]      # f(x) = −|x|
    >>> bound = copos.bracket(relu_verification(W, b, [-1.0], [2.0], [1.0]))
    >>> bound.proved, round(bound.lower, 6), bound.upper
    (True, -2.0, -2.0)
    """
    return program_of(given_network(weights, biases, lower, upper, c, offset, radius))


def program_of(network: GivenNetwork) -> CompletelyPositiveProgram:
    """The program of a network and a region."""
    return Lift(network).program


@dataclass(frozen=True, eq=False)
class Lift:
    """The coordinates u of a network, and its program."""

    network: GivenNetwork

    @cached_property
    def open(self) -> list[tuple[int, int]]:
        """The neurons (k, i) whose range has 0 inside, in order."""
        return [(k, i) for k, layer in enumerate(self.network.intervals[:-1]) for i, (l, u) in enumerate(layer)
                if l < 0 < u]  # fmt: skip

    @property
    def count(self) -> int:
        """Coordinates."""
        return 1 + len(self.network.ends) + len(self.open)

    @cached_property
    def layers(self) -> list[list[Linear]]:
        """z_k as linear forms in u."""
        network, place = self.network, {at: 1 + len(self.network.ends) + j for j, at in enumerate(self.open)}
        x: list[Linear] = [_sum([(1, {0: low, 1 + j: 1})]) for j, (low, _) in enumerate(network.ends)]
        out = []
        for k, (W, b) in enumerate(network.exact):
            z = [_sum([(s, {0: 1}), *((w, v) for w, v in zip(row, x, strict=True) if w)])
                 for row, s in zip(W, b, strict=True)]  # fmt: skip
            out.append(z)
            x = [{place[k, i]: 1} if (k, i) in place else v if network.intervals[k][i][0] >= 0 else {}
                 for i, v in enumerate(z)]  # fmt: skip
        return out

    @cached_property
    def gaps(self) -> list[tuple[int, Linear, Fraction, Fraction]]:
        """(coordinate of h_i, h_i − z_i, low_i, high_i) of the open neurons."""
        out = []
        for j, (k, i) in enumerate(self.open):
            at = 1 + len(self.network.ends) + j
            out.append((at, _sum([(1, {at: 1}), (-1, self.layers[k][i])]), *self.network.intervals[k][i]))
        return out

    @cached_property
    def cone(self) -> Cone:
        """K."""
        K = NonNegative(self.count)
        rows: list[Linear] = [_sum([(1, {0: high - low, 1 + j: -1})])
                              for j, (low, high) in enumerate(self.network.ends)]  # fmt: skip
        for at, gap, low, high in self.gaps:
            rows += [gap, _sum([(1, {0: high, at: -1})]), _sum([(-low, {0: 1}), (-1, gap)])]
        for row in rows:
            K = K.restrict(_dense(row, self.count))
        if self.network.center is not None:
            K = K.where_nonnegative(_forms([self._ball()], self.count))
        return K.with_unit(_dense({0: 1}, self.count))

    def _ball(self) -> Linear:
        """radius² u_0² − |x − center u_0|² by place in the triangle."""
        network = self.network
        assert network.center is not None and network.radius is not None
        out: Linear = {0: Fraction(network.radius) ** 2}
        for j, (m, (low, _)) in enumerate(zip(network.center.tolist(), network.ends, strict=True)):
            away = low - rational(m)
            out[0] = out[0] - away * away
            out[int(svec.position(0, 1 + j))] = -2 * away
            out[int(svec.position(1 + j, 1 + j))] = -1
        return {key: v for key, v in out.items() if v}

    @cached_property
    def program(self) -> CompletelyPositiveProgram:
        """The completely positive program."""
        network, N = self.network, self.count
        f = _sum([(network.offset, {0: 1}), *((rational(v), z) for v, z in
                                              zip(network.c.tolist(), self.layers[-1], strict=True))])  # fmt: skip
        # h (h − z) by place in the triangle
        vanishing = [{int(svec.position(min(at, v), max(at, v))): c for v, c in gap.items()}
                     for at, gap, _, _ in self.gaps]  # fmt: skip
        C = {int(svec.position(0, v)): c for v, c in f.items()}
        return CompletelyPositiveProgram(
            self.cone, _forms([C], N), (_forms([{0: 1}], N), np.ones(1)), _forms(vanishing, N),
            f"ReLU network {'-'.join(map(str, network.widths))}, {len(self.open)} open neurons", self._recover,
            self._atom, exact_atom=self._exact_atom, question=Question(lambda: network.plain),
            tables=Question(lambda: network.tables),
        )  # fmt: skip

    def _exact_atom(self, x: Any) -> list[Fraction]:
        """(1, p, h) at a point of the region."""
        network = self.network
        point = network.inside(np.asarray(x, dtype=float))
        out = [Fraction(1), *(v - low for v, (low, _) in zip(point, network.ends, strict=True))]
        for k, i in self.open:
            z = self.layers[k][i]
            out.append(max(Fraction(sum((c * out[v] for v, c in z.items()), 0)), Fraction(0)))
        return out

    def _atom(self, x: Any) -> Vector:
        point = np.asarray(x, dtype=float)
        if point.shape != (len(self.network.ends),):
            raise ValueError(f"expected a point of R^{len(self.network.ends)}, got shape {point.shape}")
        return np.array([float(v) for v in self._exact_atom(point)])

    def _recover(self, Y: Vector) -> Recovered:
        network, d = self.network, len(self.network.ends)
        there = np.isfinite(Y).all() and Y[0, 0] > 0
        start = np.array([float(low) for low, _ in network.ends]) + Y[0, 1 : 1 + d] / Y[0, 0] if there else None
        point = np.array([float(v) for v in network.inside(low_point(network, 0, start)[0])])
        return Recovered(point, rounded_up(network.value(network.inside(point))), self._atom(point))


def _sum(parts: Sequence[tuple[Rational, Mapping[int, Rational]]]) -> Linear:
    out: Linear = {}
    for c, row in parts:
        for v, a in row.items():
            out[v] = out.get(v, 0) + c * a
    return {v: rational(a) for v, a in out.items() if a}


def _dense(row: Mapping[int, Rational], count: int) -> Vector:
    out = np.zeros(count, dtype=object)
    for k, c in row.items():
        out[k] = c
    return out


def _forms(rows: Sequence[Mapping[int, Rational]], count: int) -> Forms:
    """Quadratic forms in u from their coefficients by place in the triangle."""
    return Forms.of_rationals(count, RationalRows(svec.length(count), tuple(dict(row) for row in rows)))
