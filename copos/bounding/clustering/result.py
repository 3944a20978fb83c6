"""Both bounds on the within-cluster sum of squares, and what they say of a clustering."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.certificate import Certificate, Verdict
from copos.reformulation.clustering.points import Labels, Points
from copos.support.looks import html_table, short


@dataclass(frozen=True, eq=False)
class Clustering:
    """lower ≤ min over all partitions ≤ upper for the within-cluster sum of squares.

    Attributes
    ----------
    lower : proved lower bound, rounded down; −∞ without a proof
    upper : cost of `labels`, rounded up
    labels : (n,) the best partition that is known
    centers : (k, d) means of its clusters
    given : cost of the labels that were asked about, rounded up; None where none were
    closed : is the gap within the tolerance?
    proved : is `lower` proved?
    certificate, upper_certificate : proofs about the table X; `.save(path)`, then `copos verify`
    cells : cases that the partitions were split into (two points are together or apart)
    reason : how the bound was proved or why not
    points : what was asked
    """

    lower: float
    upper: float
    labels: Labels
    centers: NDArray[np.float64]
    given: float | None
    closed: bool
    proved: bool
    certificate: Certificate | None
    upper_certificate: Certificate | None
    cells: int
    reason: str
    points: Points

    level = 0

    @property
    def gap(self) -> float:
        """Upper − lower."""
        return self.upper - self.lower

    @property
    def relative_gap(self) -> float:
        """(upper − lower)/upper; 0 where both are 0."""
        return 0.0 if self.gap == 0 else self.gap / self.upper

    @property
    def excess(self) -> float | None:
        """By what share of the optimum at most the labels given are above it; None where none were given."""
        if self.given is None:
            return None
        if self.given == self.lower:
            return 0.0
        return self.given / self.lower - 1 if self.lower > 0 else np.inf

    @property
    def verdict(self) -> str:
        """The answer in a sentence."""
        if self.given is None:
            return f"the optimum is within {100 * self.relative_gap:.2g} % of {self.upper:.9g}"
        assert self.excess is not None
        # the cost of the labels is exact: a partition that is better by any amount is better
        worse = self.points.cost(self.labels) < Fraction(self.given) and self.upper < self.given
        if self.excess == np.inf:
            if worse:
                return f"this clustering is not optimal: a partition with {self.upper:.9g} < {self.given:.9g} is known"
            return f"nothing is proved of this clustering: {self.reason}"
        known = f"not optimal: a partition with {self.upper:.9g} < {self.given:.9g} is known; it is " if worse else ""
        return f"this clustering is {known}at most {100 * self.excess:.2g} % above the optimum"

    def verify(self) -> Verdict:
        """Check the proof of the bound against the table, in exact arithmetic."""
        if self.certificate is None:
            return Verdict(False, "", f"there is no proof: {self.reason}")
        return self.certificate.verify(self.points.asked, self.points.tables)

    def _shown(self) -> list[tuple[str, Any]]:
        names = ("lower", "upper", "given", "closed", "proved", "cells", "reason")
        return [(name, getattr(self, name)) for name in names if getattr(self, name) is not None]

    def __repr__(self) -> str:
        return f"Clustering({', '.join(f'{name}={short(v)}' for name, v in self._shown())})"

    def _repr_html_(self) -> str:
        return html_table("Clustering", self._shown())
