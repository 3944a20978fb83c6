"""What a linear network is trained for: the loss of an error, the penalties, the constraints, and what bounds W.

    min  Σ_it w_it ρ((WX − Y)_it) + μ‖W‖²_F + (λ/2) Σ_i ‖W_i‖²_F   over   W = W_L ⋯ W_1, rank W ≤ r, W ∈ constraints

The smallest Σ ‖W_i‖²_F over all factorizations of W is L Σ_j σ_j(W)^{2/L}
[ShangLiuShangLiuKongJiao2020]: for two layers 2‖W‖_*.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import isfinite, isqrt
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.exact_products import gram
from copos.arithmetic.fixed_point import exponent, is_positive_definite, power
from copos.arithmetic.rationals import Rational, nearest, rational
from copos.reformulation.linear_network.conditioning import combination, conditioner, independent, rough
from copos.reformulation.linear_network.exact_loss import Tables, doubles
from copos.reformulation.linear_network.low_rank import LowRankLoss
from copos.reformulation.linear_network.matrix_constraints import MatrixConstraints
from copos.support.looks import one_line
from copos.support.names import meant

Matrix = NDArray[Any]

NOT_ATTAINED = (
    "some output has too few weighted samples to determine its row of W, so optimal networks need not be bounded (the "
    "infimum may not even be attained) and no bound on tr Z is known to be valid; give a ridge, a weight decay, bounds "
    "on the entries of W, or your own trace_bound"
)


@one_line
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
            near = meant(self.kind, ("squared", "absolute", "huber"))
            raise ValueError(f"unknown loss {self.kind!r}; {near}expected 'squared', 'absolute' or 'huber'")
        if self.kind == "huber" and self.delta is None:
            raise ValueError("the Huber loss has a threshold: expected copos.Loss('huber', delta=…)")
        if self.kind != "huber" and self.delta is not None:
            raise ValueError("delta is the threshold of the Huber loss: give it with 'huber' and with nothing else")
        if self.delta is None:
            return
        if not (isinstance(self.delta, Real) and isfinite(self.delta) and self.delta > 0):
            raise ValueError(f"delta must be a positive number, got {self.delta!r}")
        if float(self.delta) != self.delta:
            raise ValueError(f"delta must be a double, {self.delta!r} is none; the nearest is {float(self.delta)!r}")
        object.__setattr__(self, "delta", float(self.delta))

    def of(self, e: Matrix) -> Matrix:
        """ρ, entry by entry."""
        if self.kind == "absolute":
            return np.abs(e)
        if self.delta is None:
            return e**2
        return np.where(np.abs(e) <= self.delta, e**2, 2 * self.delta * np.abs(e) - self.delta**2)

    def exactly(self, e: Rational) -> Rational:
        """ρ(e) in rational numbers."""
        if self.kind == "absolute":
            return abs(e)
        delta = None if self.delta is None else rational(self.delta)
        return e * e if delta is None or abs(e) <= delta else 2 * delta * abs(e) - delta * delta


@one_line
@dataclass(frozen=True, eq=False)
class NetworkProblem:
    """The table, what is lost on it, and the bound on the rank."""

    tables: Tables
    rank: int
    loss: Loss
    decay: Rational
    depth: int
    constraints: MatrixConstraints | None

    @cached_property
    def X(self) -> Matrix:
        """(d_in, samples) inputs in doubles."""
        return doubles(self.tables.X)

    @cached_property
    def Y(self) -> Matrix:
        """(d_out, samples) targets in doubles."""
        return doubles(self.tables.Y)

    @property
    def ridge(self) -> float:
        """μ in doubles."""
        return nearest(rational(self.tables.ridge))

    @cached_property
    def exact_weights(self) -> Matrix:
        """(d_out, samples) weights of the errors, as rationals."""
        t, shape = self.tables, self.tables.Y.shape
        out = np.ones(shape, dtype=int).astype(object)
        factors = (t.weights, t.sample_weight, None if t.output_weight is None else t.output_weight[:, None])
        for part in factors:
            if part is not None:
                exact = np.empty(part.shape, dtype=object)
                exact.ravel()[:] = [rational(v) for v in part.ravel().tolist()]
                out = out * exact
        return out

    @property
    def shape(self) -> tuple[int, int]:
        """(d_out, d_in)."""
        return len(self.tables.Y), len(self.tables.X)

    @cached_property
    def all_weights(self) -> Matrix:
        """The weights in doubles, ones if there are none."""
        return doubles(self.exact_weights)

    @cached_property
    def quadratic(self) -> LowRankLoss:
        """The part of the objective that is quadratic in W."""
        if self.loss.kind == "squared":
            return LowRankLoss.of(self.tables)
        return LowRankLoss.penalty(self.shape, self.tables.ridge)

    @property
    def plain(self) -> bool:
        """Is the closed form by singular values the optimum?"""
        return self.loss.kind == "squared" and not self.decay and self.constraints is None and self.tables.uniform

    def value(self, W: Matrix) -> float:
        """The objective at W, with the least weight decay of all factorizations; squares are summed exactly."""
        if self.loss.kind == "squared":
            return nearest(self.tables.loss.value(W)) + self.decay_of(W)
        errors = float((self.all_weights * self.loss.of(W @ self.X - self.Y)).sum())
        return errors + self.ridge * float((W**2).sum()) + self.decay_of(W)

    def exact_value(self, layers: Sequence[Matrix]) -> Fraction:
        """The objective of a network with these layers, in rational numbers: with the decay of its own weights."""
        exact = [np.array([[rational(v) for v in row] for row in M.tolist()], dtype=object) for M in layers]
        W = exact[0]
        for M in exact[1:]:
            W = gram(M, W.T)
        size = sum((v * v for M in exact for v in M.ravel().tolist()), Fraction(0))
        total = Fraction(rational(self.decay)) / 2 * size
        if self.loss.kind == "squared":
            return total + self.tables.loss.value(W)
        errors = gram(W, np.asarray(self.tables.X).T).ravel().tolist()
        rows = zip(self.exact_weights.ravel().tolist(), errors, self.tables.Y.ravel().tolist(), strict=True)
        total += sum((w * self.loss.exactly(e - rational(y)) for w, e, y in rows if w), Fraction(0))
        return total + rational(self.tables.ridge) * sum((v * v for v in W.ravel().tolist()), Fraction(0))

    def decay_of(self, W: Matrix) -> float:
        """(λL/2) Σ σ_j^{2/L}."""
        if not self.decay:
            return 0.0
        sigma = np.linalg.svd(W, compute_uv=False)[: self.rank]
        return float(float(self.decay) * self.depth / 2 * (sigma ** (2 / self.depth)).sum())

    def feasible(self, W: Matrix, tolerance: float = 1e-9) -> bool:
        """Is every constraint satisfied, up to a share of the largest entry or bound?"""
        if self.constraints is None:
            return True
        bounds = np.r_[self.constraints.low, self.constraints.high]
        size = max(float(np.abs(W).max(initial=0.0)), float(np.abs(bounds[np.isfinite(bounds)]).max(initial=0.0)))
        return self.constraints.violation(W) <= tolerance * size  # in the units of W, whatever they are

    def value_bound(self) -> Fraction | None:
        """An upper bound on the optimum that needs no search: the value at W = 0 if that is feasible, exactly."""
        if self.constraints is not None and not self.constraints.admits_zero:
            return None
        if self.loss.kind == "squared":
            return Fraction(self.tables.loss.constant)
        pairs = zip(self.exact_weights.ravel().tolist(), self.tables.Y.ravel().tolist(), strict=True)
        return sum((w * self.loss.exactly(rational(y)) for w, y in pairs if w), Fraction(0))

    def norm_square(self, value: Fraction | None = None) -> Fraction:
        """R² with ‖W‖_F ≤ R for some optimal W; `value` is an upper bound on the optimum.

        Raises
        ------
        ValueError
            If none is known to be valid.
        """
        value = self.value_bound() if value is None else value
        bounds = list(self._norm_squares(value))
        if not bounds and value is None:
            raise ValueError(
                "W = 0 does not satisfy the constraints, so no bound on the optimum is known and none on W follows; "
                "bound the entries of W or give your own trace_bound"
            )
        if not bounds:
            raise ValueError(NOT_ATTAINED)
        return min(bounds)

    def _norm_squares(self, value: Fraction | None) -> Iterator[Fraction]:
        if self.constraints is not None and self.constraints.norm_square is not None:
            yield self.constraints.norm_square
        if value is None:
            return
        if self.tables.ridge:
            yield value / rational(self.tables.ridge)
        if self.decay:
            yield (self.trace_of_decay(value) / 2) ** 2
        mu = self.curvature()
        if mu is None:
            return
        if self.loss.kind == "squared":
            # at an optimal W, d/dc f(cW) = 0 gives q(W) ≤ <W, H> ≤ (q(W) constant)^{1/2} where scaling is feasible;
            # always, q(W)^{1/2} ≤ f(W)^{1/2} + constant^{1/2}
            c = Fraction(self.tables.loss.constant)
            scaling = self.constraints is None or self.constraints.homogeneous
            yield (c if scaling else (root_up(c) + root_up(value)) ** 2) / mu
            return
        least = min(self.exact_weights.ravel().tolist())
        if least > 0:
            # ‖WX‖_F ≤ Σ|WX| ≤ (Σ w|WX − Y| + Σ w|Y|) / min w
            pairs = zip(self.exact_weights.ravel().tolist(), self.tables.Y.ravel().tolist(), strict=True)
            total = self._absolute_sum(value) + sum((w * abs(rational(y)) for w, y in pairs), Fraction(0))
            yield (total / least) ** 2 / mu

    def _absolute_sum(self, value: Fraction) -> Fraction:
        """An upper bound on Σ w|e| where Σ w ρ(e) ≤ value; for "huber" from e² ≥ 2δ|e| − δ²."""
        if self.loss.kind == "absolute":
            return value
        delta = rational(self.loss.delta)
        return value / (2 * delta) + delta * sum(self.exact_weights.ravel().tolist(), Fraction(0)) / 2

    def curvature(self) -> Fraction | None:
        """μ > 0, proved, with Σ w_iG_iw_i' ≥ μ‖W‖² (of errors that are not squared: ‖WX‖² ≥ μ‖W‖²), or None.

        Without constraints it holds for the W that are zero on the inputs which depend on others: some optimal W is
        such. Outputs with different weights and dependent inputs have no such bound: the infimum may not be attained.
        """
        if self.loss.kind == "squared":
            grams = self.tables.loss.G
        else:
            grams = (gram(self.tables.X, self.tables.X),)
        found = [curvature(G, self.constraints is None and len(grams) == 1) for G in grams]
        known = [mu for mu in found if mu is not None]
        return min(known) if known and len(known) == len(found) else None

    def trace_of_decay(self, value: Fraction) -> Fraction:
        """A bound on tr Z = 2Σσ_j where (λL/2) Σ σ_j^{2/L} ≤ value, from Σσ_j ≤ (Σ σ_j^{2/L})^{L/2}, L ≥ 2."""
        total = 2 * value / (rational(self.decay) * self.depth)
        return 2 * root_up(total**self.depth if self.depth >= 2 else self.rank * total)

    def trace_bound(self, value: Fraction | None = None) -> Fraction:
        """ρ with tr Z ≤ ρ for the balanced factors of some optimal W, from tr Z = 2‖W‖_* ≤ 2√r‖W‖_F."""
        bound = root_up(4 * self.rank * self.norm_square(value))
        known = self.value_bound() if value is None else value
        return min(bound, self.trace_of_decay(known)) if self.decay and known is not None else bound


def curvature(G: Matrix, dependent: bool) -> Fraction | None:
    """μ with G − μI positive definite, on independent inputs if the others may be left out."""
    kept = independent(G)
    if not kept or (len(kept) < len(G) and (not dependent or combination(G, kept) is None)):
        return None
    part = G[np.ix_(kept, kept)]
    # with SGS' near I, the least eigenvalue of G is about 1/‖S‖²
    S = rough(part)
    size = float(np.linalg.norm(doubles(conditioner(part)) if S is None else S, 2))
    if not 0 < size < np.inf:
        return None
    mu = Fraction(1 / size**2) if 1e-150 < size < 1e150 else 1 / Fraction(size) ** 2
    for share in (1 - 2.0**-20, 1 - 2.0**-10, 0.5):
        shifted = part - Fraction(share) * mu * np.eye(len(part), dtype=int).astype(object)
        if is_positive_definite(shifted):
            return Fraction(share) * mu
    return None


def root_up(value: Fraction, bits: int = 64) -> Fraction:
    """A rational number a little above √value.

    >>> 2 <= root_up(Fraction(4)) < 2 + 1e-15
    True
    """
    if not value:
        return Fraction(0)
    e = bits - exponent(value) // 2
    scaled = value * power(2 * e)
    return (isqrt(scaled.numerator // scaled.denominator) + 1) * power(-e)
