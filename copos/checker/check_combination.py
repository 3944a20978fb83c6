"""Nonnegative combinations of linear forms, in exact arithmetic: the first phase of the simplex method.

Standard library only; part of the checker.
"""

from __future__ import annotations

from fractions import Fraction

try:
    from copos.checker import check_reading as read
    from copos.checker.check_reading import Number, short
except ImportError:  # run as a plain file, without the package
    import check_reading as read  # type: ignore[no-redef]
    from check_reading import Number, short  # type: ignore[no-redef]


def combination(forms: list[dict[int, Number]], target: dict[int, Number]) -> list[Number] | None:
    """Weights w ≥ 0 with Σ w_k forms_k = target, or None if there are none.

    Bland's rule: among columns and among rows the first that will do, so that no basis comes twice.
    """
    names = sorted({v for f in (*forms, target) for v in f})
    row_of = {v: r for r, v in enumerate(names)}
    m, n = len(names), len(forms)
    # rows [coefficients …, right-hand side ≥ 0]; at first each has an artificial variable n + r of its own
    rows: list[dict[int, Number]] = [{} for _ in names]
    for k, f in enumerate(forms):
        for v, c in f.items():
            rows[row_of[v]][k] = c
    right: list[Number] = [target.get(v, 0) for v in names]
    for r in range(m):
        if right[r] < 0:
            rows[r], right[r] = {k: -c for k, c in rows[r].items()}, -right[r]
    basis = [n + r for r in range(m)]
    while any(right[r] for r in range(m) if basis[r] >= n):
        gain: dict[int, Number] = {}
        for r in range(m):
            if basis[r] >= n:
                for k, c in rows[r].items():
                    gain[k] = gain.get(k, 0) + c
        column = min((k for k, c in gain.items() if c > 0), default=None)
        if column is None:
            return None  # the artificial variables cannot get smaller
        at = [r for r in range(m) if rows[r].get(column, 0) > 0]
        ratio = [(Fraction(right[r]) / rows[r][column], basis[r], r) for r in at]
        pivot = min(ratio)[2]
        scale = rows[pivot][column]
        rows[pivot] = {k: short(Fraction(c) / scale) for k, c in rows[pivot].items()}
        right[pivot] = short(Fraction(right[pivot]) / scale)
        read.spend(10 * (1 + len(rows[pivot])) * sum(column in row for row in rows), "a combination of linear forms")
        for r in range(m):
            c = rows[r].get(column, 0)
            if r != pivot and c:
                right[r] -= c * right[pivot]
                for k, d in rows[pivot].items():
                    value = rows[r].get(k, 0) - c * d
                    if value:
                        rows[r][k] = value
                    else:
                        rows[r].pop(k, None)
        basis[pivot] = column
    weights: list[Number] = [0] * n
    for r in range(m):
        if basis[r] < n:
            weights[basis[r]] = right[r]
    return weights
