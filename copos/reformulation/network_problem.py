"""What a linear network is trained for: the loss of an error, the penalties, the constraints, and what bounds W.

    min  Σ_it w_it ρ((WX − Y)_it) + μ‖W‖²_F + (λ/2) Σ_i ‖W_i‖²_F   over   W = W_L ⋯ W_1, rank W ≤ r, W ∈ constraints

The smallest Σ ‖W_i‖²_F over all factorizations of W is L Σ_j σ_j(W)^{2/L}
[ShangLiuShangLiuKongJiao2020]: for two layers 2‖W‖_*.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.reformulation.low_rank import LowRankLoss
from copos.reformulation.matrix_constraints import MatrixConstraints

Matrix = NDArray[Any]

UP = 1 + 1e-9  # bounds are computed in floating point and must not come out too small

NOT_ATTAINED = (
    "some output has too few weighted samples to determine its row of W, so optimal networks need not be bounded (the "
    "infimum may not even be attained) and no bound on tr Z is known to be valid; give a ridge, a weight decay, bounds "
    "on the entries of W, or your own trace_bound"
)


@dataclass(frozen=True)
class Loss:
    """ρ(e) of one error: "squared" e², "absolute" |e|, "huber" e² for |e| ≤ δ and 2δ|e| − δ² beyond.

    Examples
    --------
    >>> Loss("huber", delta=1.0).of(np.array([0.5, 3.0])).tolist()
    [0.25, 5.0]
    """

    kind: str = "squared"
    delta: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in ("squared", "absolute", "huber"):
            raise ValueError(f"unknown loss {self.kind!r}; expected 'squared', 'absolute' or 'huber'")
        if (self.kind == "huber") != (self.delta is not None):
            raise ValueError("delta is the threshold of the Huber loss: give it with 'huber' and with nothing else")
        if self.delta is not None and not (np.isfinite(self.delta) and self.delta > 0):
            raise ValueError(f"delta must be a positive number, got {self.delta!r}")

    def of(self, e: Matrix) -> Matrix:
        """ρ, entry by entry."""
        if self.kind == "absolute":
            return np.abs(e)
        if self.delta is None:
            return e**2
        return np.where(np.abs(e) <= self.delta, e**2, 2 * self.delta * np.abs(e) - self.delta**2)

    def absolute_sum(self, value: float, weights: Matrix) -> float:
        """An upper bound on Σ w|e| where Σ w ρ(e) ≤ value; for "huber" from e² ≥ 2δ|e| − δ²."""
        if self.kind == "absolute":
            return value
        total = float(weights.sum())
        if self.delta is None:
            return float(np.sqrt(value * total))
        return value / (2 * self.delta) + self.delta * total / 2


@dataclass(frozen=True, eq=False)
class NetworkProblem:
    """Data and terms of the objective; `weights` is None for plain errors, else (d_out, samples)."""

    X: Matrix
    Y: Matrix
    rank: int
    weights: Matrix | None
    loss: Loss
    ridge: float
    decay: float
    depth: int
    constraints: MatrixConstraints | None

    @property
    def shape(self) -> tuple[int, int]:
        """(d_out, d_in)."""
        return len(self.Y), len(self.X)

    @property
    def all_weights(self) -> Matrix:
        """The weights, ones if there are none."""
        return np.ones(self.Y.shape) if self.weights is None else self.weights

    @property
    def quadratic(self) -> LowRankLoss:
        """The part of the objective that is quadratic in W."""
        if self.loss.kind == "squared":
            return LowRankLoss.of(self.X, self.Y, self.weights, self.ridge)
        return LowRankLoss.penalty(self.shape, self.ridge)

    def value(self, W: Matrix) -> float:
        """The objective at W, with the least weight decay of all factorizations."""
        errors = float((self.all_weights * self.loss.of(W @ self.X - self.Y)).sum())
        return errors + self.ridge * float((W**2).sum()) + self.decay_of(W)

    def decay_of(self, W: Matrix) -> float:
        """(λL/2) Σ σ_j^{2/L}."""
        if not self.decay:
            return 0.0
        sigma = np.linalg.svd(W, compute_uv=False)[: self.rank]
        return float(self.decay * self.depth / 2 * (sigma ** (2 / self.depth)).sum())

    def feasible(self, W: Matrix, tolerance: float = 1e-9) -> bool:
        """Is the rank at most r, and is every constraint satisfied?"""
        if self.constraints is None:
            return True
        return self.constraints.violation(W) <= tolerance * (1 + float(np.abs(W).max(initial=0.0)))

    def value_bound(self) -> float | None:
        """An upper bound on the optimum that needs no search: the value at W = 0 if that is feasible."""
        if self.constraints is not None and not self.constraints.admits_zero:
            return None
        return self.value(np.zeros(self.shape)) * UP

    def norm_bound(self, value: float | None = None) -> float:
        """R with ‖W‖_F ≤ R for some optimal W; `value` is an upper bound on the optimum.

        Raises
        ------
        ValueError
            If none is known to be valid.
        """
        value = self.value_bound() if value is None else value
        bounds = list(self._norm_bounds(value))
        if not bounds and value is None:
            raise ValueError(
                "W = 0 does not satisfy the constraints, so no bound on the optimum is known and none on W follows; "
                "bound the entries of W or give your own trace_bound"
            )
        if not bounds:
            raise ValueError(NOT_ATTAINED)
        return min(bounds) * UP

    def _norm_bounds(self, value: float | None) -> Iterator[float]:
        if self.constraints is not None and np.isfinite(self.constraints.norm_bound):
            yield self.constraints.norm_bound
        if value is None:
            return
        if self.ridge:
            yield float(np.sqrt(value / self.ridge))
        if self.decay:
            yield self.trace_of_decay(value) / 2
        yield from self._data_bound(value)

    def _data_bound(self, value: float) -> Iterator[float]:
        if self.loss.kind == "squared":
            loss = self.quadratic
            mu = loss.curvature()
            if mu is None or (self.constraints is not None and np.linalg.eigvalsh(loss.G)[..., 0].min() < mu / 2):
                return  # the argument about W of least norm does not survive constraints
            # at an optimal W, d/dc f(cW) = 0 gives q(W) ≤ <W, H> ≤ (q(W) constant)^{1/2} where scaling is feasible;
            # always, q(W)^{1/2} ≤ f(W)^{1/2} + constant^{1/2}
            scaling = self.constraints is None or self.constraints.homogeneous
            size = np.sqrt(loss.constant) + (0.0 if scaling else np.sqrt(value))
            yield float(size / np.sqrt(mu))
            return
        w = self.all_weights
        smallest = np.linalg.svd(self.X, compute_uv=False)
        if w.min() > 0 and self.X.shape[0] <= self.X.shape[1] and smallest[-1] > 1e-12 * smallest[0]:
            # ‖WX‖_F ≤ Σ|WX| ≤ (Σ w|WX − Y| + Σ w|Y|) / min w
            total = self.loss.absolute_sum(value, w) + float((w * np.abs(self.Y)).sum())
            yield float(total / w.min() / smallest[-1])

    def trace_of_decay(self, value: float) -> float:
        """A bound on tr Z = 2Σσ_j where (λL/2) Σ σ_j^{2/L} ≤ value, from Σσ_j ≤ (Σ σ_j^{2/L})^{L/2}, L ≥ 2."""
        total = 2 * value / (self.decay * self.depth)
        return 2 * total ** (self.depth / 2) if self.depth >= 2 else 2 * float(np.sqrt(self.rank * total))

    def trace_bound(self, value: float | None = None) -> float:
        """ρ with tr Z ≤ ρ for the balanced factors of some optimal W, from tr Z = 2‖W‖_* ≤ 2√r‖W‖_F."""
        bound = 2 * float(np.sqrt(self.rank)) * self.norm_bound(value)
        known = self.value_bound() if value is None else value
        return min(bound, self.trace_of_decay(known) * UP) if self.decay and known is not None else bound
