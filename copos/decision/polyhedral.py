"""Copositivity on a polyhedral cone {u : Au ≥ 0}: its rays R turn it into a question about R'FR on the orthant.

Every u of the cone is Rt with t ≥ 0, so F is copositive on it if and only if R'FR is copositive.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from copos.certificate.problem import exact as plain
from copos.certificate.rational import null_space, reduced
from copos.decision import exact
from copos.decision.exact_cone import Matrix, congruent, inner

RAYS = 60  # most extreme rays of a cone that is decided this way
WORK = 3_000  # most rays on the way there


class Rays(NamedTuple):
    """{u : Au ≥ 0} = {Rt : t ≥ 0}; `vanishing` are λ ≥ 0 with A'λ = 0, positive for every a_k that is 0 on the cone."""

    R: list[list[int]]
    vanishing: list[Fraction]
    pointed: bool

    @classmethod
    def of(cls, A: Matrix, dim: int) -> Rays | None:
        """By the double description method; None if there are too many."""
        lines = null_space(A) if A else [[Fraction(int(i == j)) for j in range(dim)] for i in range(dim)]
        _, pivots = reduced(A) if A else ([], [])
        # K = lines + (K where the coordinates without a pivot are zero)
        pointed = extreme([[a[p] for p in pivots] for a in A], len(pivots))
        if pointed is None:
            return None
        R = []
        for r in pointed:
            u = [0] * dim
            for p, c in zip(pivots, r, strict=True):
                u[p] = c
            R.append(u)
        flat = [k for k, a in enumerate(A) if not any(inner(a, r) for r in R)]
        vanishing = [Fraction(0)] * len(A)
        if flat and any(any(A[k]) for k in flat):
            # {λ ≥ 0 : Σ λ_k a_k = 0} in coordinates of the null space; the sum of its rays is positive throughout
            N = null_space([list(row) for row in zip(*(A[k] for k in flat), strict=True)])
            columns = [list(row) for row in zip(*N, strict=True)]
            weights = extreme(columns, len(N))
            if weights is None:
                return None
            for k, row in zip(flat, columns, strict=True):
                vanishing[k] = sum((inner(row, w) for w in weights), Fraction(0))
        for v in lines:
            whole = exact.primitive(v)
            R += [whole, [-c for c in whole]]
        return cls(R, vanishing, not lines) if len(R) <= RAYS else None

    def matrix(self, F: Matrix) -> Matrix:
        """R'FR."""
        return congruent(F, list(zip(*self.R, strict=True)))

    def point(self, t: Sequence[int | Fraction]) -> list[Fraction]:
        """Rt."""
        return [inner(row, t) for row in zip(*self.R, strict=True)]

    def proof(self, copositive: dict[str, Any] | None) -> dict[str, Any]:
        """The plain data of a proof, with that of R'FR."""
        out: dict[str, Any] = {"method": "rays", "rays": self.R, "copositive": copositive}
        if any(self.vanishing):
            out["vanishing"] = [plain(v) for v in self.vanishing]
        return out


def extreme(A: Matrix, dim: int) -> list[list[int]] | None:
    """Extreme rays of the pointed cone {u : Au ≥ 0} in short integers, A of full column rank; None if too many.

    Rows come in one by one; a ray on the right side and one on the wrong side that no third ray separates meet the new
    hyperplane in a new ray [FukudaProdon1996].

    Examples
    --------
    >>> extreme([[Fraction(v) for v in row] for row in ((1, 0), (0, 1), (1, -1))], 2)
    [[1, 0], [1, 1]]
    """
    if dim == 0:
        return []
    _, first = reduced([list(column) for column in zip(*A, strict=True)])  # rows that are independent
    start = [[A[k][j] for j in range(dim)] for k in first]
    rays: list[list[int]] = []
    for i in range(dim):
        whole, _ = exact.integral(start)
        solved = exact.solve(whole, [int(k == i) for k in range(dim)])
        assert solved is not None
        x, d = solved
        rays.append(exact.primitive([c if d > 0 else -c for c in x]))
    used = list(first)
    for k in (k for k in range(len(A)) if k not in first):
        value = [inner(A[k], r) for r in rays]
        tight = [frozenset(j for j in used if not inner(A[j], r)) for r in rays]
        kept = [r for r, s in zip(rays, value, strict=True) if s >= 0]
        for p, s in enumerate(value):
            for n, t in enumerate(value):
                if s <= 0 or t >= 0:
                    continue
                common = tight[p] & tight[n]
                if len(common) >= dim - 2 and not any(
                    common <= tight[o] for o in range(len(rays)) if o not in (p, n)
                ):
                    kept.append(exact.primitive([s * b - t * a for a, b in zip(rays[p], rays[n], strict=True)]))
        rays = kept
        used.append(k)
        if len(rays) > WORK:
            return None
    return sorted(rays)
