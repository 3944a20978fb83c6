"""The data of a training problem of a polynomial network, and what is derived from them once.

min  Σ w_iℓ(ŷ_i, y_i) + β Σ <E, Z + Z'>   s.t.  ŷ = the lift of (Z, Z') + intercept
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from copos.losses.convex import Loss, bind
from copos.polynomial.features import Activation, Convolution, Dense
from copos.polynomial.lifted import Lift
from copos.support.looks import one_line

Array = NDArray[np.float64]
T = TypeVar("T")


@one_line
@dataclass(frozen=True, eq=False)
class TrainingProblem:
    """Samples, targets, network and loss, as they were given.

    Attributes
    ----------
    samples : (n, …) as they were given, without those of weight zero
    standardised : None, or (shift, scale), one of each per entry of a sample: neurons see (x − shift)/scale
    patches : (G, n, m, d) pools × samples × patches × entries, of what neurons see
    Y : (n, T) targets as the loss wants them
    weights : (n,) positive sample weights
    beta : penalty of Σ|α|, positive
    loss_name, loss_parameter : a row of `copos.losses.convex.LOSSES`
    intercept : whether every output has a free, unpenalised intercept
    """

    samples: Array
    standardised: tuple[Array, Array] | None
    patches: Array
    Y: Array
    weights: Array
    activation: Activation
    architecture: Dense | Convolution
    beta: float
    loss_name: str
    loss_parameter: float | None
    intercept: bool

    memo: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def lift(self) -> Lift:
        """The linear map Z ↦ ŷ."""
        return Lift(self.patches, self.activation)

    @cached_property
    def loss(self) -> Loss:
        """The loss bound to targets and weights."""
        return bind(self.loss_name, self.Y, self.weights, self.loss_parameter)


def once(derive: Callable[[TrainingProblem], T]) -> Callable[[TrainingProblem], T]:
    """`derive`, computed once for every problem: its answers are kept in `memo` under its name."""

    @wraps(derive)
    def kept(problem: TrainingProblem) -> T:
        if derive.__name__ not in problem.memo:
            problem.memo[derive.__name__] = derive(problem)
        return problem.memo[derive.__name__]

    return kept
