"""Bounds that hold at some optimal network, which a lift may cut with: on tr Z, and on the optimum.

Standard library only; part of the checker.
"""

from __future__ import annotations

from fractions import Fraction
from math import isqrt, prod
from typing import Any

try:
    from copos.checker import check_matrix as matrices
    from copos.checker import check_networks as networks
    from copos.checker import check_reading as read
    from copos.checker.check_coordinates import Loss
    from copos.checker.check_data import Table
    from copos.checker.check_reading import Number, Rejected
except ImportError:  # run as a plain file, without the package
    import check_matrix as matrices  # type: ignore[no-redef]
    import check_networks as networks  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    from check_coordinates import Loss  # type: ignore[no-redef]
    from check_data import Table  # type: ignore[no-redef]
    from check_reading import Number, Rejected  # type: ignore[no-redef]


def at_zero(q: networks.Asked) -> Fraction:
    """The loss of W = 0, which bounds the optimum; rejects where a constraint forbids it."""
    if any((low is not None and low > 0) or (high is not None and high < 0) for _, low, high in q.constraints):
        raise Rejected("W = 0 does not satisfy the constraints, and no other bound on the optimum is known")
    zero: list[Number] = [0] * len(q.X)
    return Fraction(sum(networks.loss_of(q, i, networks.errors(q.X, row, zero)) for i, row in enumerate(q.Y)))


def bounds_trace(q: networks.Asked, how: dict[str, Any], loss: Loss, rank: int, rho: Number) -> bool:
    """Is tr Z = 2‖V‖_* ≤ 2√r ‖V‖_F ≤ ρ for the balanced factors of some optimal V?"""
    inputs = len(loss.H[0])
    if rho <= 0 or not rank:  # V = 0 is optimal where the loss is zero there, or where there is nothing else
        return rho >= 0 and (not rank or not at_zero(q))
    square = Fraction(rho) ** 2 / (4 * rank)  # to be shown: ‖V‖² ≤ square
    entries = _box(q)
    if entries is not None and "inputs" not in how and entries <= square:
        return True
    value = at_zero(q)
    if q.ridge and "inputs" not in how and value <= q.ridge * square:
        return True
    L = len(q.widths) - 1
    if q.decay and (Fraction(rho) / 2) ** 2 >= (2 * value / (Fraction(q.decay) * L)) ** L:
        return True  # tr Z = 2Σσ ≤ 2(Σσ^{2/L})^{L/2}
    if q.loss == "squared":
        # the optimal cV has q(V) ≤ <V, H> ≤ (q(V)c)^{1/2}; always q(V)^{1/2} ≤ f(V)^{1/2} + c^{1/2}
        c = Fraction(loss.constant)
        free = all((low in (None, 0)) and (high in (None, 0)) for _, low, high in q.constraints)
        most = c if free else (_root_up(c) + _root_up(value)) ** 2
        return _least(loss.G, most / square, not q.constraints and len(loss.G) == 1)
    weights = [q.weight(i, t) for i in range(len(q.Y)) for t in range(len(q.X[0]))]
    if min(weights) <= 0:
        return False
    d = q.delta or 0
    total = value if q.loss == "absolute" else value / (2 * d) + d * Fraction(sum(weights)) / 2
    total += sum((w * abs(y) for w, y in zip(weights, (y for row in q.Y for y in row), strict=True)), Fraction(0))
    G = networks.quadratic(q.X, [], None, False).G
    return inputs > 0 and _least([G], (total / min(weights)) ** 2 / square, not q.constraints)


def _least(grams: list[Table], mu: Fraction, dependent: bool) -> bool:
    """Is every G − μI positive semidefinite; or one of them on inputs that span the others, which V may be zero on?"""
    for G in grams:
        d = len(G)
        shifted = [[v - (mu if i == j else 0) for j, v in enumerate(row)] for i, row in enumerate(G)]
        if matrices.semidefinite(shifted):
            continue
        kept = _independent(G) if dependent else []
        part = [[shifted[i][j] for j in kept] for i in kept]
        if not kept or len(kept) == d or not matrices.semidefinite(part):
            return False
    return True


def _independent(G: Table) -> list[int]:
    """The columns that are no combinations of those before them."""
    rows, kept = [[Fraction(v) for v in row] for row in G], []
    for j in range(len(G)):
        p = next((i for i in range(len(kept), len(rows)) if rows[i][j]), None)
        if p is None:
            continue
        at = len(kept)
        kept.append(j)
        rows[at], rows[p] = rows[p], rows[at]
        read.spend(len(rows) ** 2, "an elimination")
        for i in range(at + 1, len(rows)):
            if rows[i][j]:
                c = rows[i][j] / rows[at][j]
                rows[i] = [a - c * b for a, b in zip(rows[i], rows[at], strict=True)]
    return kept


def _root_up(value: Fraction, bits: int = 64) -> Fraction:
    """A number a little above √value."""
    if not value:
        return value
    e = bits - (value.numerator.bit_length() - value.denominator.bit_length()) // 2
    scaled = value * Fraction(4) ** e
    return (isqrt(scaled.numerator // scaled.denominator) + 1) / Fraction(2) ** e


def _box(q: networks.Asked) -> Fraction | None:
    """Σ max(low², high²) where single entries of W are bounded on both sides; None if some are not."""
    low: dict[tuple[int, int], Fraction] = {}
    high: dict[tuple[int, int], Fraction] = {}
    for A, a, b in q.constraints:
        entries = [((i, j), c) for i, row in enumerate(A) for j, c in enumerate(row) if c]
        if len(entries) != 1:
            continue
        ((at, c),) = entries
        ends = [None if v is None else Fraction(v) / c for v in (a, b)]
        least, most = ends if c > 0 else ends[::-1]
        if least is not None:
            low[at] = max(least, low.get(at, least))
        if most is not None:
            high[at] = min(most, high.get(at, most))
    if len(low.keys() & high.keys()) < prod((len(q.Y), len(q.X))):
        return None
    return sum((max(low[at] ** 2, high[at] ** 2) for at in low), Fraction(0))
