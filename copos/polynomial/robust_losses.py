"""Losses of the worst residual R_i of a ball: increasing convex φ, and what stands for them in a conic program.

Most are conic as they are. The logistic loss log(1 + e^s), s = R − 1 = −yf, is below the parabola through its point
at any t, with its slope there and the curvature tanh(t/2)/(2t) [JaakkolaJordan2000]: minimised over the parabolas at
the last worst residuals it never rises, and where it stays their slopes are multipliers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from copos.losses.convex import LOSSES, Interval, Logistic, Loss

Array = NDArray[np.float64]
FLAT = 1e-8  # of the weight: the least curvature


class WorstLoss(Protocol):
    """φ of residuals R (n, 1)."""

    def value(self, R: Array) -> float:
        """Σ φ_i(R_i)."""
        ...

    def model(self, R: Array) -> Interval:
        """An upper bound of φ that touches it at R, for a conic program."""
        ...


@dataclass(frozen=True, eq=False)
class Conic:
    """A loss that is its own model."""

    loss: Interval

    def value(self, R: Array) -> float:
        """Σ φ_i(R_i)."""
        return self.loss.value(R)

    def model(self, R: Array) -> Interval:
        """φ."""
        return self.loss


@dataclass(frozen=True, eq=False)
class Margins:
    """Σ w_i log(1 + exp(R_i − 1)), w (n, 1)."""

    weights: Array

    def value(self, R: Array) -> float:
        """Without overflow."""
        return float(np.sum(self.weights * np.logaddexp(0.0, R - 1)))

    def model(self, R: Array) -> Interval:
        """The parabola (R − c)²/(2κ) but for a constant, for R ≥ c: none is needed below, as φ increases."""
        s = R - 1
        half = 0.5 * np.abs(s)
        curvature = 0.25 * np.where(half > 0, np.tanh(half) / np.where(half > 0, half, 1.0), 1.0)
        kappa = 1 / (self.weights * np.maximum(curvature, FLAT))
        slope = self.weights * 0.5 * (1 + np.tanh(0.5 * s))
        return Interval(R - slope * kappa, kappa, np.zeros_like(R), np.full_like(R, np.inf))


def worst_loss(name: str, loss: Loss) -> WorstLoss:
    """φ of a bound loss of one output."""
    if isinstance(loss, Logistic):
        return Margins(np.broadcast_to(loss.weights.reshape(-1, 1), loss.Y.shape))
    assert isinstance(loss, Interval)
    # ℓ of a residual R ≥ 0 of the sign that costs
    high = np.maximum(np.abs(loss.low), np.abs(loss.high))
    if LOSSES[name].labels is None and loss.squared:
        high = np.full_like(high, np.inf)
    return Conic(Interval(np.zeros_like(loss.Y), loss.kappa, np.zeros_like(high), high))
