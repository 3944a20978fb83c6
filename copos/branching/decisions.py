"""What the atoms of a program decide: 0/1 coordinates, products that vanish, first-order conditions of optimal atoms.

A form to cut by is a vector (kind, dim numbers a). By kind:
    CUT         a'u ≥ 0 or a'u ≤ 0
    EITHER      a = e_i: u_i = 0 or u_i = w_iu_0, where u_i² = w_iu_0u_i;
                a = e_i + e_j: u_i/w_i = u_j/w_j or u_i/w_i + u_j/w_j = u_0
    STATIONARY  a = e_v: u_v at one of its ends, or in between, with the sign of the derivative (`check_decisions`)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import written
from copos.certificate.problem import program_problem
from copos.checker import check_decisions as checked
from copos.checker import check_identity
from copos.checker.check_decisions import Side
from copos.checker.check_reading import Rejected
from copos.program import CompletelyPositiveProgram

Vector = NDArray[np.float64]
CUT, EITHER, STATIONARY = 0.0, 1.0, 2.0
UNDECIDED = 1e-3  # variance of a coordinate, in units of its interval, below which it is decided


@dataclass(frozen=True, eq=False)
class Decisions:
    """The decisions of a program, and what becomes of its cells by them."""

    program: CompletelyPositiveProgram

    @cached_property
    def _asked(self) -> check_identity.Program:
        """The program as the checker reads it."""
        return check_identity.program(program_problem(self.program))

    @cached_property
    def home(self) -> int | None:
        """The coordinate that e is; None where it is more than one."""
        names = [v for (v,) in self._asked.unit]
        return names[0] if len(names) == 1 else None

    @cached_property
    def bits(self) -> dict[int, tuple[int, Fraction, Fraction]]:
        """i ↦ (j, α, w) with E_j = α (u_i² − w u_0u_i), w > 0."""
        out: dict[int, tuple[int, Fraction, Fraction]] = {}
        for j, E in enumerate(self._asked.vanishing):
            squares = [a for a, b in E if a == b]
            if self.home is None or len(E) != 2 or len(squares) != 1 or squares[0] == self.home:
                continue
            (i,) = squares
            c = E.get((min(i, self.home), max(i, self.home)))
            if c is not None and -c / Fraction(E[i, i]) > 0:
                out[i] = j, Fraction(E[i, i]), -c / Fraction(E[i, i])
        return out

    @cached_property
    def lone(self) -> dict[int, int]:
        """Coordinates that first-order conditions decide ↦ the number of sides."""
        out = {}
        for v in range(self.program.cone.dim):
            try:
                out[v] = len(checked.stationary(self._asked, v))
            except Rejected:
                continue
            except ValueError:  # no bounds at all
                break
        return out

    def item(self, form: Vector) -> dict[str, Any]:
        """The certificate's item."""
        at = np.flatnonzero(form[1:]).tolist()
        if form[0] == STATIONARY:
            return {"stationary": at[0]}
        if form[0] == CUT:
            return {"cut": [[v, written(form[1 + v])] for v in at]}
        parts = [(v, *self.bits[v]) for v in at]
        multipliers = [[j, written(sign / (alpha * w * w))]
                       for sign, (_, j, alpha, w) in zip((1, -1), parts, strict=False)]  # fmt: skip
        first = [[v, written(sign / w)] for sign, (v, _, _, w) in zip((1, -1), parts, strict=False)]
        second = [[v, written(1 / w)] for v, _, _, w in parts] + [[self.home, -1]]
        return {"either": [first, second], "multipliers": multipliers}

    def sides(self, form: Vector) -> list[Side]:
        """The sides of a form, in order."""
        return checked.sides(self._asked, self.item(form))

    def candidates(self, Y: Vector, path: Sequence[tuple[int, Vector]], count: int) -> Vector:
        """(≤ count, 1 + dim) decisions that are open in a cell with the moments Y, the most promising first.

        A coordinate is the more promising the larger its variance is, and what the objective makes of it: with the
        covariance S, <C, S> is how far the relaxation is from the objective at its mean, and its row v the share of v.
        """
        unit = self.program.cone.unit
        total = float(unit @ Y @ unit)
        names = sorted({*self.bits, *self.lone})
        if not names or not total > 0 or self.home is None:
            return np.zeros((0, 1 + len(unit)))
        mean = Y @ unit / total
        S = Y / total - np.outer(mean, mean)
        gone = {int(v) for _, form in path if form[0] == STATIONARY for v in np.flatnonzero(form[1:])}
        size = np.array([self._width(v) for v in names])
        variance = S.diagonal()[names] / size**2
        share = np.abs((self.matrix * S).sum(axis=1))[names]
        worth = np.maximum(share, 1e-9 * share.max(initial=0.0)) * (variance > UNDECIDED)
        worth[[k for k, v in enumerate(names) if v in gone]] = 0.0
        order = [k for k in np.argsort(-worth, kind="stable")[:count].tolist() if worth[k] > 0]
        out = np.zeros((len(order), 1 + len(unit)))
        for row, k in zip(out, order, strict=True):
            row[0] = STATIONARY if names[k] in self.lone else EITHER
            row[1 + names[k]] = 1.0
        return out

    @cached_property
    def matrix(self) -> Vector:
        """C in the coordinates of K."""
        basis = self.program.cone.basis
        return basis.T @ self.program.C.matrix() @ basis

    def _width(self, v: int) -> float:
        if v in self.bits:
            return float(self.bits[v][2])
        home = self.home
        assert home is not None
        low, high = checked.ends(self._asked, v, home)
        return float(high - low)
