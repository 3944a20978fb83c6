"""Training along β: what is proved on a grid brackets the optimum for all β between.

p(β) = min loss + βΣ|α| is a minimum of functions that are affine in β, so it is concave and nondecreasing, p ≥ 0.
A chord of lower bounds is a lower bound between its ends, and every network gives an upper bound at every β.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import rounded_down, rounded_up
from copos.polynomial.fit import TrainedNetwork
from copos.support.looks import one_line
from copos.support.plots import PROVED, axis_or_new

Array = NDArray[np.float64]
BETWEEN = 20  # points of the picture between two of the grid


@one_line
@dataclass(frozen=True, eq=False)
class RegularizationPath(Sequence[TrainedNetwork]):
    """Networks of decreasing β, a sequence of `TrainedNetwork`.

    Attributes
    ----------
    fits : the networks
    beta_max : the β from which the zero network is optimal

    Examples
    --------
    >>> from copos.polynomial.program import polynomial_network
    >>> program = polynomial_network([[-1.0], [0.0], [1.0]], [1.0, 0.0, 1.0], "quadratic", beta=1.0)
    >>> path = program.path([0.5, 0.05])
    >>> [round(v, 6) for v in path.bracket(0.5)]      # ½Σ(αx² − y)² + β|α| is 7/16 there, at α = 3/4
    [0.3875, 0.4775]
    """

    fits: tuple[TrainedNetwork, ...]
    beta_max: float

    def __len__(self) -> int:
        """How many networks."""
        return len(self.fits)

    @overload
    def __getitem__(self, index: int) -> TrainedNetwork: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[TrainedNetwork, ...]: ...
    def __getitem__(self, index: Any) -> Any:
        """The network number `index`, from the largest β on."""
        return self.fits[index]

    def __iter__(self) -> Iterator[TrainedNetwork]:
        """The networks."""
        return iter(self.fits)

    @property
    def betas(self) -> Array:
        """β of every network, decreasing."""
        return np.array([fit.beta for fit in self.fits])

    @property
    def objectives(self) -> Array:
        """Loss + βΣ|α| of every network, rounded up."""
        return np.array([fit.objective for fit in self.fits])

    @property
    def lowers(self) -> Array:
        """Proved lower bounds at every β."""
        return np.array([fit.lower for fit in self.fits])

    @property
    def penalties(self) -> Array:
        """Σ|α| of every network."""
        return np.array([fit.network.penalty for fit in self.fits])

    @property
    def neurons(self) -> NDArray[np.int64]:
        """How many neurons every network has."""
        return np.array([len(fit.network) for fit in self.fits], dtype=np.int64)

    @property
    def certified(self) -> bool:
        """Whether every gap reached the tolerance."""
        return all(fit.certified for fit in self.fits)

    def bracket(self, beta: float) -> tuple[float, float]:
        """(lower, upper) of the optimum over all networks at any β > 0, both proved.

        Raises
        ------
        ValueError
            If β is not positive.
        """
        if not 0 < beta < np.inf:
            raise ValueError(f"beta is {beta!r}; expected a positive number")
        b = Fraction(beta)
        above = []
        for fit in self.fits:
            alpha = sum(map(abs, map(Fraction, fit.network.alpha.tolist())), Fraction(0))
            above.append(Fraction(fit.objective) + (b - Fraction(fit.beta)) * alpha)
        points = [(Fraction(0), Fraction(0)), *sorted((Fraction(fit.beta), fit.proof.lower) for fit in self.fits)]
        below = [v for at, v in points if at <= b]  # p is nondecreasing
        for at, v in points:
            for other, w in points:
                if at < b < other:
                    below.append(v + (w - v) * (b - at) / (other - at))
        return rounded_down(max(below)), rounded_up(min(above))

    def plot(self, axis: Any = None) -> Any:
        """The optimum over β: proved from both sides, and the number of neurons on the grid.

        Parameters
        ----------
        axis : of matplotlib; a new one if None

        Returns
        -------
        The axis.
        """
        axis = axis_or_new(axis)
        grid = np.unique(np.concatenate([self.betas, *(
            np.geomspace(low, high, BETWEEN) for low, high in zip(self.betas[1:], self.betas, strict=False)
        )]))  # fmt: skip
        lower, upper = np.array([self.bracket(float(beta)) for beta in grid]).T
        axis.fill_between(grid, lower, upper, color=PROVED, alpha=0.3, linewidth=0)
        axis.plot(self.betas, self.objectives, "o", color=PROVED, markersize=4)
        for beta, value, count in zip(self.betas, self.objectives, self.neurons, strict=True):
            axis.annotate(str(count), (beta, value), textcoords="offset points", xytext=(0, 6), ha="center")
        axis.set(xscale="log", xlabel="β", ylabel="loss + βΣ|α|, and the number of neurons")
        return axis
