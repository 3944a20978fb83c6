"""What is asked of a network with an activation of degree up to four, and what such a network is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic.rationals import written
from copos.questions import rows, table
from copos.support import given
from copos.support.looks import one_line

Array = NDArray[np.float64]
TYPE = "quartic network"


@one_line
@dataclass(frozen=True, eq=False)
class QuarticNetwork:
    """x ↦ Σ_j α_jσ(x'u_j): `u` (m, d) with unit rows, `alpha` (m,), `activation` (c_4, …, c_0) as `numpy.polyval`."""

    u: Array
    alpha: Array
    activation: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.alpha)

    def predict(self, X: ArrayLike) -> Array:
        """f at the rows of X."""
        return np.polyval(self.activation, given.real_array(X, "X") @ self.u.T) @ self.alpha


@dataclass(frozen=True, eq=False)
class QuarticProblem:
    """Samples, targets, σ = Σ c_jz^j with c_0 first, and β, as they were given."""

    X: Array
    y: Array
    sigma: tuple[float, ...]
    beta: float

    @cached_property
    def tables(self) -> dict[str, Any]:
        """X and Y as plain rows."""
        return {"X": rows(self.X), "Y": rows(self.y[:, None])}

    @cached_property
    def plain(self) -> dict[str, Any]:
        """The problem as certificates hold it; large tables by their SHA-256."""
        parts = {name: table(values) for name, values in self.tables.items()}
        sigma = [written(c) for c in self.sigma]
        return {"type": TYPE, **parts, "activation": sigma, "beta": written(self.beta)}

    def activation(self, z: Array) -> Array:
        """σ at every entry."""
        return np.asarray(np.polyval(self.sigma[::-1], z), dtype=float)
