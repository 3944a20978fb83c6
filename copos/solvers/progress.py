"""One iterate of the splitting solver, its residuals and its way back to the units of the form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from copos.conic import ConicForm, Vector
from copos.solvers.scaling import Scaled


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

    x: Vector
    s: Vector
    y: Vector
    nu: Vector
    signs: Vector  # prices of the signs that the x-step meets, over ρ
    r: Vector  # A x + s − b
    rho: float
    data: Scaled

    def progress(self, form: ConicForm, k: int, seconds: float) -> Progress:
        """Residuals and values in the units of the form."""
        d, norm, offset = self.data, np.linalg.norm, form.offset
        primal = d.beta * np.hypot(norm(self.r / d.row), norm((d.F @ self.x - d.f) / d.equation))
        pull = self.rho * (d.AT @ self.y + d.FT @ self.nu)
        pull[d.signs.variables] -= self.rho * self.signs
        dual = d.gamma * norm((pull + d.c) / d.column)
        b_size = d.beta * np.hypot(norm(d.b / d.row), norm(d.f / d.equation))
        c_size = norm(form.c)
        s_size = d.beta * norm(self.s / d.row)
        pull_size = d.gamma * self.rho * norm((d.AT @ self.y) / d.column)
        unit = d.beta * d.gamma
        value = unit * float(d.c @ self.x) + offset
        dual_value = -unit * self.rho * float(d.b @ self.y + d.f @ self.nu) + offset
        scale_of_value = min(1.0, float(c_size)) + abs(value) + abs(dual_value)
        return Progress(
            k, seconds,
            float(primal / (max(b_size, s_size) or 1.0)), float(dual / (max(c_size, pull_size) or 1.0)),
            abs(value - dual_value) / (scale_of_value or 1.0), value, dual_value, self.rho,
        )  # fmt: skip

    def triple(self, form: ConicForm) -> tuple[Vector, Vector, Vector]:
        """(x, s, z) in the units of the form."""
        d, at = self.data, self.data.signs
        x = d.beta * d.column * self.x
        s, z = np.zeros((2, form.shape[0]))
        s[d.split] = d.beta * self.s / d.row
        s[at.rows] = at.sizes * x[at.variables]
        z[: len(d.f)] = d.gamma * self.rho * d.equation * self.nu
        z[d.split] = d.gamma * self.rho * d.row * self.y
        z[at.rows] = d.gamma * self.rho * self.signs / (d.column[at.variables] * at.sizes)
        return x, s, z
