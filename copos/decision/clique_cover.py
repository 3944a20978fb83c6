"""Matrices t(A + I) − sE of a graph: a cover of the vertices by q cliques, q s ≤ t, proves copositivity.

x'(A + I)x ≥ Σ_C x(C)² for disjoint cliques C, and for q of them, with integer columns,
    t Σ_C 1_C 1_C' − s 11'  =  Σ_{C<D} s (1_C − 1_D)(1_C − 1_D)' + (t − q s) Σ_C 1_C 1_C'.
The square of order q in the middle, (t/s)I − J, has an LDL' factor with q columns, which is shorter than all pairs.
"""

from __future__ import annotations

import random
import time
from fractions import Fraction
from typing import Any

from copos.arithmetic.rationals import written

ORDERS = 60  # vertex orders tried


def two_valued(M: list[list[Fraction]]) -> tuple[list[set[int]], Fraction, Fraction] | None:
    """(neighbours, t, s) if M = t(A + I) − sE with s > 0, up to larger entries on the diagonal and on edges."""
    n = len(M)
    s = -min(v for row in M for v in row)
    t = min(M[i][i] for i in range(n)) + s
    if s <= 0 or t <= 0:
        return None
    # an edge is an entry that pays for both of its ends; anything else counts as −s
    return [{j for j in range(n) if j != i and M[i][j] >= t - s} for i in range(n)], t, s


def proof(M: list[list[Fraction]], seed: int = 0, deadline: float | None = None) -> dict[str, Any] | None:
    """The data of an "spn" proof, or None if no small enough cover is found (before `deadline`).

    Examples
    --------
    >>> path = [[Fraction(v) for v in row] for row in ((1, 1, -1), (1, 1, 1), (-1, 1, 1))]
    >>> proof(path)["factor"]
    [[1], [1], [-1]]
    """
    found = two_valued(M)
    if found is None:
        return None
    neighbours, t, s = found
    n, rng = len(M), random.Random(seed)
    most = t // s
    order = sorted(range(n), key=lambda v: len(neighbours[v]))
    best: list[list[int]] = []
    for _ in range(ORDERS):
        if deadline is not None and time.monotonic() > deadline:
            return None
        parts = _cover(neighbours, order, n)
        assert parts is not None
        if not best or len(parts) <= len(best):
            best = parts
        if len(best) <= most:
            return _written(best, n, t, s)
        # reordering by parts never needs more of them; which part comes first is up to chance [Culberson1992]
        rng.shuffle(best)
        order = [v for part in best for v in reversed(part)]
    return None


class Bound:
    """Covers of parts of one matrix: a proof that M_T is copositive, for many T."""

    def __init__(self, M: list[list[Fraction]]) -> None:
        self.found = two_valued(M)

    def part(self, T: list[int]) -> dict[str, Any] | None:
        """The keys "factor", "bits", "weights" for M_T, or None."""
        if self.found is None:
            return None
        neighbours, t, s = self.found
        inside = set(T)
        near = {v: neighbours[v] & inside for v in T}
        most = t // s
        parts = _cover(neighbours, sorted(T, key=lambda v: len(near[v])), int(most))
        if parts is None:
            return None
        place = {v: k for k, v in enumerate(T)}
        data = _written([[place[v] for v in part] for part in parts], len(T), t, s)
        del data["method"]
        return data


def _cover(neighbours: list[set[int]], order: list[int], most: int) -> list[list[int]] | None:
    """Greedy: every vertex joins the first clique that it completes; None if more than `most` cliques are begun."""
    parts: list[list[int]] = []
    for v in order:
        home = next((p for p in parts if neighbours[v].issuperset(p)), None)
        if home is None:
            if len(parts) >= most:
                return None
            parts.append([v])
        else:
            home.append(v)
    return parts


def _written(parts: list[list[int]], n: int, t: Fraction, s: Fraction) -> dict[str, Any]:
    """Columns of LDL' for tI − sJ on the cliques, spread over their vertices.

    Eliminating k cliques leaves tI − sJ·t/(t − ks): the pivot is t(t − (k+1)s)/(t − ks), the column proportional to
    (t − (k+1)s, −s, …, −s).
    """
    q = len(parts)
    factor: list[list[int]] = [[] for _ in range(n)]
    weights = []
    for k in range(q):
        head = t - (k + 1) * s
        if head == 0:
            break
        d = head.denominator * s.denominator
        top, low = int(head * d), int(-s * d)
        for p, part in enumerate(parts):
            for v in part:
                factor[v].append(0 if p < k else top if p == k else low)
        # pivot / head² · (1/d²): entries of the column times √weight give the Schur complement
        weights.append(t / ((t - k * s) * head) / d**2)
    return {"method": "spn", "factor": factor, "bits": 0, "weights": [written(w) for w in weights]}
