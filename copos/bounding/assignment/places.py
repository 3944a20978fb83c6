"""A quadratic assignment in the coordinates u of its lift: which u is facility i at location k, and what pairs cost.

    min Σ c_ab u_a u_b,     Σ_k u_at(i,k) = u_0,  Σ_i u_at(i,k) = u_0,     u_a u_b = 0 for pairs of a row or a column

Facilities that are fixed are left out: what they cost is in the terms u_0u_a.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import Rational
from copos.reformulation.quadratic.lift import Lift

Index = NDArray[np.int64]
Vector = NDArray[np.float64]
TYPE = "quadratic assignment"


@dataclass(frozen=True, eq=False)
class Places:
    """What is left to assign.

    Attributes
    ----------
    lift : of the problem
    at : (m, m) the coordinate of facility i at location k, −1 where that is ruled out
    cost : c, by pairs a ≤ b
    """

    lift: Lift
    at: Index
    cost: dict[tuple[int, int], Rational]

    @classmethod
    def of(cls, lift: Lift) -> Places | None:
        """None where the lift is not one of m ≥ 3 facilities."""
        source, rows = lift.problem.source, lift.coordinates.rows
        n = round(len(rows) ** 0.5)
        if source is None or source.type != TYPE or n * n != len(rows) or lift.is_contradictory:
            return None
        at = np.full(n * n, -1)
        for v, row in enumerate(rows):
            if len(row) > 1 or any(c != 1 for c in row.values()):
                return None
            at[v] = next(iter(row), -1)
        at = at.reshape(n, n)
        left = [np.flatnonzero((at != 0).all(axis=axis)) for axis in (1, 0)]
        at = at[np.ix_(*left)]
        if len(at) < 3 or len(left[0]) != len(left[1]) or (at >= 0).sum() != lift.coordinates.count - 1:
            return None
        cost = lift.coordinates.quadratic(lift.problem.objective)
        return cls(lift, at, {key: c for key, c in cost.items() if key != (0, 0)})

    @property
    def m(self) -> int:
        """Facilities."""
        return len(self.at)

    @cached_property
    def equal(self) -> dict[tuple[int, int], int]:
        """(a, b), a ≤ b ↦ the number of the vanishing form u_au_b, or u_a² − u_0u_a where a = b."""
        bits = self.lift.coordinates.bits
        forms = [c for c in self.lift.problem.quadratic if c.is_equation]
        out = {(b, b): j for j, b in enumerate(bits)}
        for j, c in enumerate(forms):
            form = self.lift.coordinates.quadratic(c.form)
            if len(form) == 1:
                ((pair, value),) = form.items()
                if value == 1 and pair[0]:
                    out[pair] = len(bits) + j
        return out

    @cached_property
    def basis(self) -> Vector:
        """u = basis·z for the free coordinates z."""
        return self.lift.cone.basis.toarray()

    @cached_property
    def free(self) -> list[int]:
        """z as coordinates u."""
        return self.lift.cone.free.tolist()

    def matrix(self) -> Vector:
        """The symmetric C of the costs in floating point."""
        C = np.zeros((self.lift.coordinates.count,) * 2)
        for (a, b), c in self.cost.items():
            C[a, b] += float(c) / 2
            C[b, a] += float(c) / 2
        return C
