"""The problem in units that solvers like: powers of two, and targets centred where an intercept is free.

    x = 2^e x″,  y = c + 2^h y″,  w = 2^g w″,  σ(2^e z) = 2^E σ″(z):      f = c + 2^h f″,  objective = 2^o objective″,
    α = 2^{h−E} α″,  β = 2^{o−h+E} β″,  ν = 2^{o−h} ν″

with o = g + 2h for the squared and the Huber loss, g + h for absolute residuals, g for labels (h = 0, c = 0). Nothing
is rounded but y − c, and proofs are made in the numbers that were given. Problems that differ by powers of two only
have the same numbers here, so their answers agree bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.units import exponent
from copos.losses.convex import LOSSES, Loss, bind
from copos.polynomial.features import Activation
from copos.polynomial.lifted import Lift
from copos.polynomial.network import PolynomialNetwork
from copos.polynomial.problem import TrainingProblem, once
from copos.polynomial.row_space import RowSpace, row_space

Array = NDArray[np.float64]
LEAST, MOST = 1e-14, 1e12  # β″ at which no neuron is worth its price, for 1e8 entries of X″


@dataclass(frozen=True, eq=False)
class Scaled:
    """The lift and the loss in these units; centre c (T,), exponents h, E and o of the formulas above."""

    lift: Lift
    loss: Loss
    centre: Array
    h: int
    E: int
    o: int

    def beta(self, beta: float) -> float:
        """β″, or what double precision can tell from 0 and from ∞ beside numbers of size 1."""
        with np.errstate(over="ignore"):
            return min(max(float(np.ldexp(beta, self.h - self.E - self.o)), LEAST), MOST)

    def beta_back(self, beta: float) -> float:
        """β of β″."""
        with np.errstate(over="ignore"):
            return float(np.ldexp(beta, self.o - self.h + self.E))

    def multiplier(self, N: Array) -> Array:
        """ν″ of ν."""
        return np.ldexp(N, self.h - self.o)

    def multiplier_back(self, N: Array) -> Array:
        """ν of ν″."""
        return np.ldexp(N, self.o - self.h)

    def network(self, network: PolynomialNetwork) -> PolynomialNetwork:
        """The network″ of a network."""
        bias = np.ldexp(network.intercept - self.centre, -self.h)
        alpha = np.ldexp(network.alpha, self.E - self.h)
        return replace(network, alpha=alpha, intercept=bias, activation=self.lift.activation)

    def intercept_back(self, bias: Array) -> Array:
        """Intercepts of intercepts″."""
        return self.centre + np.ldexp(bias, self.h)

    @cached_property
    def seen(self) -> RowSpace:
        """The lift in as few coordinates as its patches need."""
        return row_space(self.lift)

    @cached_property
    def floor(self) -> float:
        """1e-12 of the loss of the zero network, with an intercept of the mean: a number of the problem."""
        return 1e-12 * float(np.ldexp(self.loss.value(np.zeros_like(self.loss.Y)), self.o))


@once
def scaled(program: TrainingProblem) -> Scaled:
    """The program's lift and loss in units of powers of two."""
    name, row = program.loss_name, LOSSES[program.loss_name]
    e, g = exponent(program.patches), exponent(program.weights)
    a, b, c = program.activation
    E = max((int(np.frexp(v)[1]) + k * e for v, k in ((a, 2), (b, 1), (c, 0)) if v))
    sigma = Activation(*(float(np.ldexp(v, k * e - E)) for v, k in ((a, 2), (b, 1), (c, 0))))
    weights = np.ldexp(program.weights, -g)
    Y, centre, h, parameter = program.Y, np.zeros(program.Y.shape[1]), 0, program.loss_parameter
    if row.labels is None:
        first = exponent(Y)
        Y = np.ldexp(Y, -first)
        if program.intercept:
            centre = weights @ Y / weights.sum()
            Y = Y - centre
        h = exponent(Y)
        Y, h, centre = np.ldexp(Y, -h), first + h, np.ldexp(centre, first)
    o = g + h * (2 if row.curvature else 1)
    if name == "huber":
        parameter = float(np.ldexp(1.0 if parameter is None else parameter, -h))
    lift = Lift(np.ldexp(program.patches, -e), sigma)
    return Scaled(lift, bind(name, Y, weights, parameter), centre, h, E, o)
