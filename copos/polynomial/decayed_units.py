"""Weight decay in units of powers of two: data that differ by them only are one problem, bit for bit.

    X = 2^e X″,  y = 2^h y″,  u = 2^p u″,  α = 2^p α″:    f = 2^h f″,  objective = 2^{2h} objective″,  β″ = 2^{2p−2h} β
    a″ = 2^{3p+2e−h} a,   b″ = 2^{2p+e−h} b,   c″ = 2^{p−h} c      of σ(z) = az² + bz + c

p makes β″ one of [½, 2), so that weights near an optimum are of size 1. Nothing is rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.units import OutOfRange, exponent, shifted
from copos.polynomial.decayed import DecayedNetwork, DecayedTraining
from copos.polynomial.features import Activation

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Units:
    """A training problem `given` and what it is in its own units; exponents h and p of the formulas above."""

    given: DecayedTraining
    training: DecayedTraining
    h: int
    p: int

    @property
    def value(self) -> Fraction:
        """2^{2h}."""
        return Fraction(4) ** self.h

    @property
    def weight(self) -> Fraction:
        """2^p."""
        return Fraction(2) ** self.p

    def network(self, network: DecayedNetwork) -> DecayedNetwork:
        """The network of a network″."""
        u, alpha = np.ldexp(network.u, self.p), np.ldexp(network.alpha, self.p)
        return DecayedNetwork(u, alpha, self.given.activation)


def in_units(training: DecayedTraining) -> Units:
    """The problem with its powers of two taken out; itself where a number would leave the doubles."""
    e, h = exponent(training.X), exponent(training.y)
    p = h - exponent(np.array(training.beta)) // 2
    a, b, c = training.activation
    try:
        sigma = [float(shifted(np.array(v), by)) for v, by in ((a, 3 * p + 2 * e - h), (b, 2 * p + e - h), (c, p - h))]
        beta = float(shifted(np.array(training.beta), 2 * p - 2 * h))
        inner = DecayedTraining(shifted(training.X, -e), shifted(training.y, -h), beta, Activation(*sigma))
    except OutOfRange:
        return Units(training, training, 0, 0)
    return Units(training, inner, h, p)
