"""What is known of a quadratic program: both bounds in its own variables, names and sense, with their proofs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from copos.certificate import Certificate, Verdict
from copos.levels.bound import Bound
from copos.reformulation.quadratic.value import QuadraticProgram
from copos.support.looks import table_of

Vector = NDArray[np.float64]
ENOUGH = 0.1  # of the relative tolerance, of the size of the objective's terms: a gap that is closed at a value of 0


@table_of("sense", "status", "lower", "upper", "gap", "closed", "proved", "solution", "reason")
@dataclass(frozen=True, eq=False)
class QuadraticBracket:
    """lower ≤ optimum ≤ upper for a minimum as for a maximum, in the user's terms.

    Attributes
    ----------
    problem : what was asked
    lower, upper : for a minimum the proved bound and the value of `x`, for a maximum the value of `x` and the proved
        bound; rounded outward, and ∓∞ where there is none. Both +∞ (−∞ for a maximum) where nothing is feasible
    x : (n,) the best feasible point, None without one
    point : the same exactly, as Fractions by name, where it was proved to be feasible
    closed : is the gap within the tolerance that was asked for?
    proved : is the bound on all feasible points proved?
    certificate : proof of that bound; `.save(path)`, then `copos verify`
    point_certificate : proof that `point` is feasible and has its value
    reason : how the bound was proved or why not; what is unbounded, infeasible or needs a bound, by its name
    bound : what is known of the completely positive program (`copos.Bound`)
    direction : by name, where the problem is unbounded: from `point` along it, checked exactly
    """

    problem: QuadraticProgram
    lower: float
    upper: float
    x: Vector | None
    point: Mapping[str, Fraction] | None
    closed: bool
    proved: bool
    certificate: Certificate | None
    point_certificate: Certificate | None
    reason: str
    bound: Bound
    direction: Mapping[str, Fraction] | None = None

    @property
    def sense(self) -> str:
        """'min' or 'max'."""
        return self.problem.sense

    @property
    def gap(self) -> float:
        """Upper − lower; inf while one is missing, 0 where nothing is feasible."""
        return 0.0 if self.status in ("infeasible", "unbounded") else self.upper - self.lower

    @property
    def value(self) -> float:
        """The value of `x`: `upper` of a minimum, `lower` of a maximum."""
        return self.upper if self.problem.sense == "min" else self.lower

    @property
    def best_bound(self) -> float:
        """What no feasible point is better than: `lower` of a minimum, `upper` of a maximum."""
        return self.lower if self.problem.sense == "min" else self.upper

    @property
    def solution(self) -> dict[str, float] | None:
        """`x` by name."""
        return None if self.x is None else dict(zip(self.problem.names, self.x.tolist(), strict=True))

    @property
    def status(self) -> str:
        """'closed', 'open', 'infeasible' (proved) or 'unbounded' (a point and a direction, checked exactly)."""
        if self.direction is not None:
            return "unbounded"
        if self.lower == self.upper and not np.isfinite(self.lower):
            return "infeasible"
        return "closed" if self.closed else "open"

    @property
    def cells(self) -> int:
        """Cells of the cone that were bounded, 0 if it was not cut."""
        return self.bound.cells

    @property
    def level(self) -> int | None:
        """Level of the hierarchy that was reached."""
        return self.bound.level

    def verify(self) -> Verdict:
        """Check the proof of the bound against the problem, in exact arithmetic."""
        if self.certificate is None:
            return Verdict(False, "", f"there is no proof: {self.reason}")
        return self.certificate.verify(self.problem)

    def __repr__(self) -> str:
        proved = "proved" if self.proved else "not proved"
        ends = f"{self.lower:.9g} ≤ optimum ≤ {self.upper:.9g}"
        return f"QuadraticBracket({self.problem.sense}: {ends}, {self.status}, {proved})"


@dataclass(frozen=True)
class Goal:
    """When a gap is closed: relative to the bounds, absolutely, or against the size of the objective's terms."""

    relative: float
    absolute: float
    size: float

    def limit(self, *ends: float) -> float:
        """The gap that is enough where the bounds are these."""
        finite = [abs(v) for v in ends if np.isfinite(v)]
        return max([self.absolute, ENOUGH * self.relative * self.size, *(self.relative * v for v in finite)])

    @classmethod
    def of(cls, problem: QuadraticProgram, relative: float, absolute: float) -> Goal:
        """Its size is the largest term where variables are at most 1 in size, or as their ranges have it."""
        form = problem.objective
        spans = [1.0 if low is None or high is None else float(min(1, max(abs(low), abs(high))))
                 for low, high in zip(problem.lower, problem.upper, strict=True)]  # fmt: skip
        terms = [abs(float(c)) * spans[i] * spans[j] for (i, j), c in form.pairs.items()]
        return cls(relative, absolute, max([*terms, *(abs(float(c)) * spans[i] for i, c in form.linear.items())],
                                           default=0.0))  # fmt: skip
