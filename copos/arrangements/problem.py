"""The training problem of a two-layer ReLU network, in units of powers of two.

    min over m, u_j, v_j   ½ Σ_i (Σ_j (x_i'u_j)_+ v_j − y_i)² + (β/2) Σ_j (‖u_j‖² + v_j²)
    = min over w_j, signs s_j   ½ ‖Σ_j s_j (Xw_j)_+ − y‖² + β Σ_j ‖w_j‖,          u_j = w_j/√‖w_j‖, v_j = s_j √‖w_j‖
    = max over r   r'y − ½‖r‖²   s.t.   |Σ_i r_i (x_i'u)_+| ≤ β for all ‖u‖ ≤ 1                    [PilanciErgen2020]

With several outputs r_i, v_j and y_i are vectors, neurons are products w v', ‖v‖ = 1, and

    ‖Σ_i r_i (x_i'u)_+‖ ≤ β for all ‖u‖ ≤ 1                                           [SahinerErgenPaulyPilanci2021]

With X = 2^e X″ and y = 2^h y″ the problem of (X″, y″, β/2^(e+h)) has the optimum/4^h; h − e is even, so that weights
are multiplied by powers of two, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import written
from copos.questions import rows, table

Array = NDArray[np.float64]
TYPE = "relu training"


@dataclass(frozen=True, eq=False)
class Training:
    """Samples X (n, d), targets y (n,) or (n, c), c > 1, and the weight decay β > 0, as they were given."""

    X: Array
    y: Array
    beta: float

    @cached_property
    def exponents(self) -> tuple[int, int]:
        """(e, h): the largest entries of X/2^e and y/2^h are about 1."""
        e, h = (int(np.frexp(np.abs(part).max())[1]) if part.any() else 0 for part in (self.X, self.y))
        return e, h + (h - e) % 2

    @cached_property
    def scaled(self) -> tuple[Array, Array, float]:
        """(X″, y″, β″); what is beyond the doubles on the small side becomes 0 and belongs to no proof."""
        e, h = self.exponents
        with np.errstate(over="ignore"):  # an infinite β″ says that no network is worth its penalty
            return np.ldexp(self.X, -e), np.ldexp(self.y, -h), float(np.ldexp(self.beta, -e - h))

    @cached_property
    def tables(self) -> dict[str, list[list[int | str]]]:
        """X and Y as plain rows."""
        return {"X": rows(self.X), "Y": rows(self.y.reshape(len(self.X), -1))}

    @cached_property
    def plain(self) -> dict[str, Any]:
        """The problem as certificates hold it; large tables by their SHA-256."""
        parts: dict[str, Any] = {name: table(values) for name, values in self.tables.items()}
        return {"type": TYPE, **parts, "beta": written(self.beta)}


def whole(values: Array) -> tuple[list[Any], int]:
    """Integers N (nested lists) and k with values = N/2^k exactly, k ≥ 0."""
    flat = [float(v).as_integer_ratio() for v in values.ravel()]
    bits = max((bottom.bit_length() - 1 for _, bottom in flat), default=0)
    out = np.empty(values.size, dtype=object)
    out[:] = [top << (bits - bottom.bit_length() + 1) for top, bottom in flat]
    return out.reshape(values.shape).tolist(), bits


def dot(a: Sequence[int], b: Sequence[int]) -> int:
    """a'b of integers."""
    return sum(map(int.__mul__, a, b))
