"""ReLU training in units of powers of two: data that differ by them only are one problem, bit for bit.

    X = 2^e X″,  Y = 2^h Y″,  u = 2^p u″,  v = 2^q v″,  p + q = h − e:      f = 2^h f″,  objective = 2^o objective″

A neuron (cu, v/c) has the output of (u, v), and the best c leaves it a decay of β‖u‖‖v‖. So minima over all widths
agree with β = 2^(o−h+e) β″ whatever the parity of h − e is. For a network it matters: where h − e = 2q + 1 two equal
neurons (2^q u″, 2^q v″) have the output of one that would need √2, with the decay of that one, and nothing is rounded.

o = 2h for squared residuals, h for absolute ones, 0 for labels (h = 0).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from copos.losses.convex import LOSSES, Interval, bind
from copos.polynomial.units import OutOfRange, exponent, shifted
from copos.reformulation.relu_recovery import ReLUData, ReLUNetwork
from copos.regularized import SMALL, divided

Array = NDArray[np.float64]
INPUTS = 2  # exponent of inputs: levels multiply with e(x) = Σ(a_i + b_i) + v, and are weak where v is most of it


@dataclass(frozen=True, eq=False)
class Units:
    """The training problem in its own units, and how networks and values of the one are those of the other."""

    data: ReLUData
    power: int  # h − e
    value: int  # o
    multiplier: int  # o − h
    inputs: int  # e

    def network(self, network: ReLUNetwork) -> ReLUNetwork:
        """The network of a network″."""
        q, odd = divmod(self.power, 2)
        u, v = np.ldexp(network.u, q), np.ldexp(network.v, q)
        return ReLUNetwork(np.repeat(u, 1 + odd, axis=0), np.repeat(v, 1 + odd, axis=0))


def bound_loss(name: str, Y: Array, parameter: float | None) -> Interval:
    """A loss of the table with bounds on ν.

    Raises
    ------
    ValueError
        As in `bind`; for a loss with an exponential.
    """
    if name in LOSSES and np.isnan(LOSSES[name].curvature):
        raise ValueError(f"the loss {name} needs the exponential cone, which a ConicForm does not have")
    bound = bind(name, Y, np.ones(len(Y)), parameter)
    assert isinstance(bound, Interval)
    return bound


def in_units(X: Array, loss: Interval, beta: float, residuals: int) -> Units:
    """The problem with its powers of two taken out; itself where a number would leave the doubles.

    `residuals` is the degree of the loss in residuals and bounds on them: 2, 1, or 0 where targets are labels.
    """
    h = exponent(loss.Y) if residuals else 0
    o = residuals * h
    # a large decay is small inputs: then the zero network is nearly optimal, and numbers stay near 1
    e = max(exponent(X) - INPUTS, h - o + exponent(np.array(beta)))
    slope = h if residuals == 2 else 0  # o − h
    try:
        low, high = (shifted(v, -slope) for v in (loss.low, loss.high))
        scaled = replace(loss, Y=shifted(loss.Y, -h), low=low, high=high)
        data = ReLUData(shifted(X, -e), scaled, float(shifted(np.array(beta), h - e - o)))
    except OutOfRange:
        return Units(ReLUData(X, loss, beta), 0, 0, 0, 0)
    return Units(data, h - e, o, slope, e)


def weighted(data: ReLUData) -> list[ReLUData]:
    """Where β is small, the objective over a power of two that makes it about 1: better if networks fit well."""
    s = exponent(np.array(data.beta))
    if s > SMALL:
        return []
    return [ReLUData(data.X, divided(data.loss, s), float(np.ldexp(data.beta, -s)))]
