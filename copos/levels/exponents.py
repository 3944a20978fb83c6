"""The least coefficient of (w'x)^ℓ x'Mx: searching all exponents of one degree without listing them.

A monomial of degree d = ℓ + 2 is a sorted row v_1 ≤ … ≤ v_d of variables. Expanding the power,

    coefficient of x^β  =  d! w^β / β! · f(β),       f(β) = average of N over the pairs of places p ≠ q of N[v_p, v_q],

where N_ij = M_ij / (w_i w_j). So f grows pair by pair along a row, and a prefix can be cut off as soon as no row that
begins with it can be negative. Pairs that must not occur together have N = inf.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Index = NDArray[Any]
Matrix = NDArray[np.float64]
CHUNK = 1 << 21  # entries of the largest temporary array


def averages(N: Matrix, rows: Index) -> Matrix:
    """Average over the pairs p < q of N[…, v_p, v_q], for every row; leading axes of N stay.

    Examples
    --------
    >>> averages(np.array([[1.0, -1.0], [-1.0, 1.0]]), np.array([[0, 0, 1]])).tolist()
    [-0.3333333333333333]
    """
    d = rows.shape[1]
    total = np.zeros((*N.shape[:-2], len(rows)))
    for p in range(d):
        for q in range(p + 1, d):
            total += N[..., rows[:, p], rows[:, q]]
    return total / (d * (d - 1) / 2)


def below(N: Matrix, degree: int, level: float, most: int) -> tuple[Index, Matrix]:
    """All rows with f < level, or `most` of the lowest of them; the search is exhaustive.

    Parameters
    ----------
    N : (n, n) symmetric; inf at pairs that must not occur
    degree : d ≥ 2, the length of the rows
    level : threshold
    most : how many rows to keep

    Returns
    -------
    (rows, values)
        (k, d) rows in order of their values (k,).

    Examples
    --------
    >>> N = np.array([[1.0, -2.0], [-2.0, 1.0]])
    >>> rows, values = below(N, 3, 0.0, 10)
    >>> rows.tolist(), values.round(3).tolist()
    ([[0, 0, 1], [0, 1, 1]], [-1.0, -1.0])
    """
    n, pairs = len(N), degree * (degree - 1) / 2
    finite = N[np.isfinite(N)]
    least = float(finite.min(initial=0.0))
    best_rows, best = np.zeros((0, degree), dtype=np.int64), np.zeros(0)
    ahead = np.arange(n)
    # (prefixes, sums over their pairs, Σ_p N[v_p, ·]) still to be extended, the longest last
    stack = [(np.arange(n)[:, None], np.zeros(n), N)]
    while stack:
        rows, total, pull = stack.pop()
        size = max(1, CHUNK // n)
        if len(rows) > size:
            stack.append((rows[size:], total[size:], pull[size:]))
            rows, total, pull = rows[:size], total[:size], pull[:size]
        length = rows.shape[1]
        extended = np.where(ahead >= rows[:, -1:], total[:, None] + pull, np.inf)
        left = degree - length - 1  # places still free after this one
        if not left:
            at, v = np.nonzero(extended < level * pairs)
            found, values = np.concatenate([rows[at], v[:, None]], axis=1), extended[at, v] / pairs
            best_rows, best = np.concatenate([best_rows, found]), np.concatenate([best, values])
            if len(best) > most:
                keep = np.argpartition(best, most)[:most]
                best_rows, best = best_rows[keep], best[keep]
                level = min(level, float(best.max()))
            continue
        # later places are not before v, each adds at least the least pull there and the pairs among themselves
        ends = np.minimum.accumulate(pull[:, ::-1], axis=1)[:, ::-1]
        bound = extended + left * (ends + least) + left * (left - 1) / 2 * least
        at, v = np.nonzero(bound < level * pairs)
        if len(at):
            for start in range(0, len(at), 4 * size):
                a, b = at[start : start + 4 * size], v[start : start + 4 * size]
                stack.append((np.concatenate([rows[a], b[:, None]], axis=1), extended[a, b], pull[a] + N[b]))
    order = np.lexsort((*best_rows.T[::-1], best.round(12)))
    return best_rows[order], best[order]


def descend(N: Matrix, rows: Index, steps: int = 200) -> tuple[Index, Matrix]:
    """Rows from which no exchange of one place lowers f, reached from the given ones; distinct, lowest first.

    Examples
    --------
    >>> descend(np.array([[1.0, -2.0], [-2.0, 1.0]]), np.array([[0, 0, 0]]))[0].tolist()
    [[0, 0, 1]]
    """
    d = rows.shape[1]
    # a large number instead of inf, so that differences exist
    top = 4.0 * d * (1.0 + float(np.abs(N[np.isfinite(N)]).max(initial=0.0)))
    N = np.where(np.isfinite(N), N, top)
    every = np.arange(len(rows))
    for _ in range(steps):
        pull = N[rows].sum(axis=1)
        own = np.take_along_axis(pull, rows, axis=1) - N[rows, rows]
        change = pull[:, None, :] - N[rows] - own[:, :, None]
        flat = change.reshape(len(rows), -1)
        place = flat.argmin(axis=1)
        better = flat[every, place] < -1e-12 * top
        if not better.any():
            break
        p, v = np.divmod(place[better], len(N))
        rows = rows.copy()
        rows[np.flatnonzero(better), p] = v
    rows = np.unique(np.sort(rows, axis=1), axis=0)
    values = averages(N, rows)
    order = np.argsort(values, kind="stable")
    return rows[order], values[order]
