"""Copositivity on a polyhedral cone {u : Au ≥ 0}: its rays R turn it into a question about R'FR on the orthant.

Every u of the cone is Rt with t ≥ 0, so F is copositive on it if and only if R'FR is copositive.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from copos.arithmetic import exact
from copos.arithmetic.exact import null_space, reduced
from copos.decision import scaling
from copos.decision.exact_cone import Matrix, congruent, inner, kernel, psd_parts
from copos.decision.minimum import minimum

RAYS = 60  # most extreme rays of a cone that is decided this way
WORK = 3_000  # most rays on the way there


class Rays(NamedTuple):
    """{u : Au ≥ 0} = {Rt : t ≥ 0}."""

    R: list[list[int]]
    lines: int  # the last 2·lines rays are lines in both directions

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
        for v in lines:
            whole = exact.primitive(v)
            R += [whole, [-c for c in whole]]
        return cls(R, len(lines)) if len(R) <= RAYS else None

    def matrix(self, F: Matrix) -> Matrix:
        """R'FR."""
        return congruent(F, list(zip(*self.R, strict=True)))

    def point(self, t: Sequence[int | Fraction]) -> list[Fraction]:
        """Rt."""
        return [inner(row, t) for row in zip(*self.R, strict=True)]

    def least(self, F: Matrix, deadline: float | None = None) -> tuple[list[int] | None, Fraction | None]:
        """(u ≠ 0 of the cone with u'Fu ≤ 0, None), or (None, v > 0 with u'Fu ≥ v|u|²); v may stay unknown.

        On lines L and a ray r, the least value over r + Ls is that of the Schur complement, at s = −(L'FL)^-1 L'Fr.
        """
        L = [r for r in self.R[len(self.R) - 2 * self.lines :: 2]]
        R = self.R[: len(self.R) - 2 * self.lines]
        if L:
            inside = congruent(F, list(zip(*L, strict=True)))
            part, v = psd_parts(inside)
            flat = [v] if part is None else kernel(inside)
            if flat:
                return exact.primitive([inner(row, flat[0] or []) for row in zip(*L, strict=True)]), None
            whole, d = exact.integral(inside)
            moved = []
            for r in R:
                right, e = exact.integral([[inner(l, [inner(row, r) for row in F]) for l in L]])
                solved = exact.solve(whole, right[0])
                assert solved is not None
                s = [Fraction(-c * d, solved[1] * e) for c in solved[0]]
                moved.append([a + inner(column, s) for a, column in zip(r, zip(*L, strict=True), strict=True)])
            R = moved
        if not R:
            return None, _margin(F) if L else None
        found = minimum(congruent(F, list(zip(*R, strict=True))), deadline, None, enough=True)
        if found.best <= 0:
            return exact.primitive([inner(row, found.point) for row in zip(*R, strict=True)]), None
        if found.value is None:
            return None, None
        # F(Rt) ≥ v(Σt)², |Rt| ≤ Σt·max|r|
        v = scaling.unit([[found.value / max(sum((c * c for c in r), Fraction(0)) for r in R)]])
        if L:  # F(Rt + Ls) = F(Rt) + F(Ls) ≥ v|Rt|² + w|Ls|² ≥ min(v, w)|Rt + Ls|²/2
            v = min(v, _margin(congruent(F, list(zip(*L, strict=True))), L)) / 2
        return None, v

    def proof(self, copositive: dict[str, Any] | None) -> dict[str, Any]:
        """The plain data of a proof, with that of R'FR."""
        return {"method": "rays", "rays": self.R, "copositive": copositive}


def _margin(S: Matrix, L: list[list[int]] | None = None) -> Fraction:
    """A power of two v with s'Ss ≥ v|Ls|² for a positive definite S (L = I if not given)."""
    n = len(S)
    G = (
        [[Fraction(inner(a, b)) for b in L] for a in L]
        if L
        else [[Fraction(int(i == j)) for j in range(n)] for i in range(n)]
    )
    v = Fraction(1)
    while psd_parts([[a - v * b for a, b in zip(x, y, strict=True)] for x, y in zip(S, G, strict=True)])[0] is None:
        v = v * v / 4 if v < 1 else v / 4
    return v


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
                if len(common) >= dim - 2 and not any(common <= tight[o] for o in range(len(rays)) if o not in (p, n)):
                    kept.append(exact.primitive([s * b - t * a for a, b in zip(rays[p], rays[n], strict=True)]))
        rays = kept
        used.append(k)
        if len(rays) > WORK:
            return None
    return sorted(rays)
