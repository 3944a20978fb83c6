"""Principal submatrices that are seen to be copositive at once: the leaves of a search over supports.

Covers by cliques for matrices of graphs; semidefinite ones, each of which serves all of its own principal submatrices:
M_T = B_T W B_T' for the rows T of the factor of a larger one.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from copos.decision import clique_cover, semidefinite
from copos.decision.scaling import balanced

LEAST = 4  # indices
LONGEST = 3_500  # bits of a number in a factor
SMALL = 1e-10  # −eigenvalue that may be rounding, in units where the diagonal is 1


class Parts:
    """`part(T)`: a proof that M_T is copositive, in the units of M, or None."""

    def __init__(self, M: list[list[Fraction]]) -> None:
        self.M, self.cliques = M, clique_cover.Bound(M)
        largest = max(abs(v) for row in M for v in row) or Fraction(1)
        F = np.array([[float(v / largest) for v in row] for row in M])
        d = balanced(F)
        self.F = F * np.outer(d, d)
        # a pivot is a minor: its bits grow with the order
        self.bits = max(v.numerator.bit_length() + v.denominator.bit_length() for row in M for v in row)
        self.semidefinite: list[tuple[set[int], list[int], dict[str, Any]]] = []

    def part(self, T: list[int]) -> dict[str, Any] | None:
        """The keys "factor", "bits", "weights" for M_T.

        >>> whole = Parts([[Fraction(4 * (i == j) - 1) for j in range(4)] for i in range(4)])
        >>> len(whole.part([0, 1, 2, 3])["factor"]), len(whole.part([0, 2])["factor"])
        (4, 2)
        """
        found = self.cliques.part(T)
        if found is not None:
            return found
        for inside, order, proof in self.semidefinite:
            if inside.issuperset(T):
                place = {v: k for k, v in enumerate(order)}
                return {**proof, "factor": [proof["factor"][place[v]] for v in T]}
        return self._semidefinite(T)

    def _semidefinite(self, T: list[int]) -> dict[str, Any] | None:
        if len(T) < LEAST or self.bits * len(T) > LONGEST or np.linalg.eigvalsh(self.F[np.ix_(T, T)])[0] < -SMALL:
            return None
        proof, _ = semidefinite.psd([[self.M[i][j] for j in T] for i in T])
        if proof is None or semidefinite.longest(proof) > LONGEST:
            return None
        data = {key: value for key, value in proof.items() if key != "method"}
        self.semidefinite.append((set(T), T, data))
        return data
