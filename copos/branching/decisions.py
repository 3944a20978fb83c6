"""What the atoms of a program decide: 0/1 coordinates, products that vanish, first-order conditions of optimal atoms.

A form to cut by is a vector (kind, dim numbers a). By kind:
    CUT         a'u ≥ 0 or a'u ≤ 0
    EITHER      a = e_i: u_i = 0 or u_i = w u_0, where u_i² = w u_0u_i;
                a = e_i + e_j: u_i = 0 or u_j = 0, where u_iu_j = 0
    FACTOR      a = e_i: u_i = 0 or ℓ(u) = 0, where u_iℓ(u) = 0 for a linear form ℓ
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
CUT, EITHER, STATIONARY, FACTOR = 0.0, 1.0, 2.0, 3.0
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

    @cached_property
    def products(self) -> dict[tuple[int, ...], tuple[int, Fraction]]:
        """(i, j), i < j ↦ (k, c) with E_k = c u_iu_j."""
        return {key: (k, Fraction(c)) for k, E in enumerate(self._asked.vanishing) if len(E) == 1
                for key, c in E.items() if key[0] != key[1] and self.home not in key}  # fmt: skip

    @cached_property
    def factors(self) -> dict[int, tuple[int, dict[int, Fraction]]]:
        """i ↦ (k, ℓ), ℓ of two or more terms, with E_k = u_i ℓ(u); bits are none."""
        out: dict[int, tuple[int, dict[int, Fraction]]] = {}
        for k, E in enumerate(self._asked.vanishing):
            shared = [v for v in sorted(set.intersection(*map(set, E))) if v != self.home] if len(E) > 1 else []
            if shared and shared[0] not in self.bits:
                (v,) = shared[:1]
                out.setdefault(v, (k, {a if b == v else b: Fraction(c) for (a, b), c in E.items()}))
        return out

    def item(self, form: Vector) -> dict[str, Any]:
        """The certificate's item."""
        at = np.flatnonzero(form[1:]).tolist()
        if form[0] == STATIONARY:
            return {"stationary": at[0]}
        if form[0] == CUT:
            return {"cut": [[v, written(form[1 + v])] for v in at]}
        if form[0] == FACTOR:
            k, other = self.factors[at[0]]
            return {"either": [[[at[0], 1]], [[v, written(c)] for v, c in sorted(other.items())]],
                    "multipliers": [[k, 1]]}  # fmt: skip
        if len(at) == 2:
            k, c = self.products[at[0], at[1]]
            return {"either": [[[v, 1]] for v in at], "multipliers": [[k, written(1 / c)]]}
        (v,) = at
        j, alpha, w = self.bits[v]
        return {"either": [[[v, 1]], [[v, 1], [self.home, written(-w)]]], "multipliers": [[j, written(1 / alpha)]]}

    def sides(self, form: Vector) -> list[Side]:
        """The sides of a form, in order."""
        return checked.sides(self._asked, self.item(form))

    def candidates(self, Y: Vector, path: Sequence[tuple[int, Vector]], count: int) -> Vector:
        """(≤ count, 1 + dim) decisions that are open in a cell with the moments Y, the most promising first.

        With the covariance S, <C, S> is how far the relaxation is from the objective at its mean, and row v of it the
        share of u_v. A decision is worth the share of its coordinates, while they vary.
        """
        unit = self.program.cone.unit
        total = float(unit @ Y @ unit)
        if not total > 0 or not np.isfinite(total):
            return np.zeros((0, 1 + len(unit)))
        mean = Y @ unit / total
        S = Y / total - np.outer(mean, mean)
        share = np.abs((self.matrix * S).sum(axis=1))
        share = np.maximum(share, 1e-9 * share.max(initial=0.0))
        gone = {int(v) for _, form in path if form[0] == STATIONARY for v in np.flatnonzero(form[1:])}
        found: list[tuple[float, float, tuple[int, ...]]] = []
        for v in sorted({*self.bits, *self.lone} - gone):
            if S[v, v] > UNDECIDED * self._width(v) ** 2:
                found.append((float(share[v]), STATIONARY if v in self.lone else EITHER, (v,)))
        for i, j in self.products:
            both = Y.diagonal()[[i, j]] / total
            if both.min() > UNDECIDED * both.max() > 0:
                found.append((float(share[[i, j]].min()), EITHER, (i, j)))
        for v, (_, other) in self.factors.items():
            form = np.zeros(len(unit))
            form[list(other)] = [float(c) for c in other.values()]
            ends, size = (float(mean[v]), float(form @ mean)), float(np.sqrt(max(Y[v, v] / total, 0.0)))
            if min(ends) > UNDECIDED * size > 0:  # −cov(u_v, ℓ) is the product of the means
                found.append((min(ends), FACTOR, (v,)))
        found.sort(key=lambda item: -item[0])
        out = np.zeros((min(count, len(found)), 1 + len(unit)))
        for row, (_, kind, names) in zip(out, found, strict=False):
            row[[0, *(1 + v for v in names)]] = kind, *[1.0] * len(names)
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
