"""One iterate of the splitting solver, its residuals and its way back to the units of the form."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from copos.conic import ConicForm, Vector
from copos.solvers.splitting.arrays import Array
from copos.solvers.splitting.scaling import Scaled


@dataclass(frozen=True)
class Progress:
    """Relative residuals, both objective values and the penalty at one iteration."""

    iteration: int
    seconds: float
    primal: float  # |Ax + s − b| / max(|b|, |s|)
    dual: float  # |A'z + c| / max(|c|, |A'z|)
    gap: float  # |value − dual value| / (min(1, |c|) + |value| + |dual value|)
    value: float
    dual_value: float
    penalty: float

    @property
    def largest(self) -> float:
        """Worst of the three residuals."""
        return max(self.primal, self.dual, self.gap)


@dataclass(frozen=True, eq=False)
class Point:
    """One iterate in scaled coordinates; y = z/ρ, nu = ν/ρ."""

    x: Array
    s: Array
    y: Array
    nu: Array
    signs: Array  # prices of the signs that the x-step meets, over ρ
    r: Array  # A x + s − b
    rho: float
    data: Scaled

    def progress(self, form: ConicForm, k: int, seconds: float) -> Progress:
        """Residuals and values in the units of the form."""
        d, rho = self.data, self.rho
        inner = d.AT @ self.y
        vectors = (
            self.r / d.row, (d.F @ self.x - d.f) / d.equation,
            (rho * (inner + d.FT @ self.nu) - rho * self.signs + d.c) / d.column,
            d.b / d.row, d.f / d.equation, self.s / d.row, inner / d.column,
        )  # fmt: skip
        squares = (v @ v for v in vectors)
        found = d.arrays.fetch(*squares, d.c @ self.x, d.b @ self.y + d.f @ self.nu)
        split, equations, pull, b, f, s, part = (math.sqrt(v) for v in found[:7])
        primal, b_size, s_size = d.beta * math.hypot(split, equations), d.beta * math.hypot(b, f), d.beta * s
        dual, c_size, pull_size = d.gamma * pull, float(np.linalg.norm(form.c)), d.gamma * rho * part
        unit = d.beta * d.gamma
        value, dual_value = unit * float(found[7]) + form.offset, -unit * rho * float(found[8]) + form.offset
        scale_of_value = min(1.0, c_size) + abs(value) + abs(dual_value)
        return Progress(
            k, seconds, primal / (max(b_size, s_size) or 1.0), dual / (max(c_size, pull_size) or 1.0),
            abs(value - dual_value) / (scale_of_value or 1.0), value, dual_value, rho,
        )  # fmt: skip

    def triple(self, form: ConicForm) -> tuple[Vector, Vector, Vector]:
        """(x, s, z) in the units of the form."""
        d, at = self.data, self.data.signs
        x, y, nu, signs, own_s, row, equation, column = d.arrays.fetch(
            self.x, self.y, self.nu, self.signs, self.s, d.row, d.equation, d.column
        )
        x = d.beta * column * x
        s, z = np.zeros((2, form.shape[0]))
        s[d.split] = d.beta * own_s / row
        s[at.rows] = at.sizes * x[at.variables]
        z[: len(nu)] = d.gamma * self.rho * equation * nu
        z[d.split] = d.gamma * self.rho * row * y
        z[at.rows] = d.gamma * self.rho * signs[at.variables] / (column[at.variables] * at.sizes)
        return x, s, z
