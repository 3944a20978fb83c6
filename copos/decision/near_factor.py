"""A completely positive matrix near M: numerical factors, polished until the rest is rounding, then taken exactly.

BB' of the rounded B is completely positive whatever rounding did; its distance from M is measured in rational numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from copos.decision import nearby
from copos.decision.factor import Factor, Matrix, cliques, late, masked, numerical
from copos.decision.scaling import balanced

Array = NDArray[np.float64]
BITS = 60  # of the entries of B, relative to about 1
STEPS = 60  # of the polishing
GOOD = 2.0**-53  # distance, relative to the largest entry, below which nothing is left to gain
STARTS = 12  # more of them with as few columns as there can be
LARGEST = 40  # order up to which factors are polished


class Near(NamedTuple):
    """A factor of `matrix`, which differs from M by at most `distance` in every entry."""

    factor: Factor
    matrix: Matrix
    distance: Fraction


def near(M: Matrix, allowed: Fraction, rng: np.random.Generator, deadline: float | None = None) -> Near | None:
    """The nearest completely positive matrix found, if it is within `allowed` in every entry; M has entries near 1.

    Examples
    --------
    >>> v = [Fraction(v) for v in (0.1, 0.2, 0.3)]
    >>> M = [[Fraction(float(a * b)) for b in v] for a in v]
    >>> near(M, Fraction(1, 2**50), np.random.default_rng(0)).distance > 0
    True
    """
    n, F = len(M), np.array([[float(v) for v in row] for row in M])
    if n > LARGEST or F.diagonal().min() < 0 or np.linalg.eigvalsh(F)[0] < -2 * n * float(allowed) - 1e-14:
        return None
    d = balanced(F)
    N = F * np.outer(d, d)
    best: Near | None = None
    for B in _starts(N, rng, deadline):
        if late(deadline):
            break
        found = _exactly(M, polished(N, B), d)
        if best is None or found.distance < best.distance:
            best = found
        if best.distance <= min(allowed, Fraction(4 * GOOD)):
            break
    return best if best is not None and best.distance <= allowed else None


def _starts(N: Array, rng: np.random.Generator, deadline: float | None) -> Iterator[Array]:
    """Numerical factors with few and with many columns; on cliques of the pattern where entries are zero."""
    n = len(N)
    value = np.linalg.eigvalsh(N)
    rank = max(1, int((value > 1e-11 * value[-1]).sum()))
    zero = (N <= 0) & ~np.eye(n, dtype=bool)
    few, some, many = rank, max(rank, min(rank + 2, n + 3)), max(rank, int(1.5 * n) + 1)
    # with as many columns as the rank the last steps converge fast, from the right start; starts are cheap
    short = [(few, 300), (some, 300), (many, 300), *[(few, 300)] * STARTS, (many, 900), (many, 900)]
    for columns, steps in [*short, *[(few, 1500)] * STARTS, *[(many, 3000)] * 3]:
        B = numerical(N, rng, columns, steps=steps, deadline=deadline)
        yield np.where(B < 1e-12, 0.0, B)
    if zero.any():
        edges = [set(np.flatnonzero(~zero[i]).tolist()) - {i} for i in range(n)]
        parts = cliques(edges, 10 * n)
        mask = np.array([[i in parts[k % len(parts)] for i in range(n)] for k in range(max(2 * n, 2 * len(parts)))]).T
        yield masked(N, mask, rng, deadline=deadline)


def polished(M: Array, B: Array) -> Array:
    """B ≥ 0 with a smaller rest M − BB': damped Gauss–Newton steps on the entries that are free to move."""
    n = len(M)
    i, j = np.tril_indices(n)
    weight = np.where(i == j, 1.0, np.sqrt(2.0))
    size = float(np.abs(M).max()) or 1.0
    damping, E = 1e-3 * size, _rest(M, B)
    value = float((E * E).sum())
    for _ in range(STEPS):
        if np.abs(E).max() <= GOOD * size:
            break
        free = (B > 0) | (E @ B > 0)
        J = np.zeros((len(i), *B.shape))
        rows = np.arange(len(i))
        np.add.at(J, (rows, i), B[j])
        np.add.at(J, (rows, j), B[i])
        J = J[:, free] * weight[:, None]
        K, e = J @ J.T, E[i, j] * weight
        for _ in range(8):
            D = np.zeros_like(B)
            D[free] = J.T @ np.linalg.solve(K + damping * np.eye(len(K)), e)
            moved = np.maximum(B + D, 0.0)
            rest = _rest(M, moved)
            new = float((rest * rest).sum())
            if new < value:
                break
            damping *= 10
        else:
            break
        slow = new > value * (1 - 1e-9)
        damping = max(damping * (1e-3 if new < 1e-2 * value else 0.2), 1e-17 * size)
        B, E, value = moved, rest, new
        if slow:
            break
    return B


def _rest(M: Array, B: Array) -> Array:
    """M − BB', the products in the widest floats there are."""
    long = B.astype(np.longdouble)
    return np.asarray(M - long @ long.T, dtype=float)


def _exactly(M: Matrix, B: Array, d: Array) -> Near:
    """The rounded factor, moved back to the units of M, with its exact product."""
    n = len(M)
    whole = [[int(round(Fraction(float(b)) * 2**BITS / Fraction(float(s)) / 2 ** _lift(d))) for b in row]
             for row, s in zip(B, d, strict=True)]  # fmt: skip
    w = Fraction(4) ** (_lift(d) - BITS)
    columns = [list(c) for c in zip(*whole, strict=True) if any(c)]
    product = [[w * sum(map(int.__mul__, a, b)) for b in whole] for a in whole]
    return Near(Factor([(w, c) for c in columns], n), product, nearby.distance(M, product))


def _lift(d: Array) -> int:
    """Exponent of the largest 1/d_i, so that the rounded entries have about BITS bits."""
    return int(np.log2(1.0 / d.min()))
