"""The bound of codes by triples of words [Schrijver2005], written again for a general solver, without units."""

from __future__ import annotations

from itertools import combinations
from math import comb, sqrt

import cvxpy as cp
import numpy as np


def code_bound(n: int, d: int) -> float:
    """max Σ C(n, i) x_i00 over the moments x^t_ij of triples of even words (d even), in doubles.

    The blocks are Σ_t β^t_ijk x^t_ij and Σ_t β^t_ijk (x^0_(i+j−2t)0 − x^t_ij), i, j = k, …, n − k, with
    β^t_ijk = Σ_u (−1)^(u−t) C(u, t) C(n−2k, u−k) C(n−k−u, i−u) C(n−k−u, j−u).
    """
    allowed = [0, *(w for w in range(d, n + 1) if w % 2 == 0)]
    orbits = sorted({tuple(sorted((i, j, i + j - 2 * t))) for i in allowed for j in allowed
                     for t in range(max(0, i + j - n), min(i, j) + 1) if i + j - 2 * t in allowed})  # fmt: skip
    place = {orbit: k for k, orbit in enumerate(orbits)}
    x = cp.Variable(len(orbits), nonneg=True)
    pairs = {w: place[0, w, w] for w in allowed}
    conditions: list[cp.Constraint] = [x[place[0, 0, 0]] == 1]
    conditions += [x[place[orbit]] <= x[pairs[w]] for orbit in orbits for w in set(orbit)]
    conditions += [x[pairs[v]] + x[pairs[w]] <= 1 + x[place[orbit]] for orbit in orbits
                   for v, w in combinations(orbit, 2)]  # fmt: skip
    for k in range(n // 2 + 1):
        for weights in (range(k + k % 2, n - k + 1, 2), range(k + 1 - k % 2, n - k + 1, 2)):
            if weights:
                conditions += [block >> 0 for block in blocks(n, k, weights, place, pairs, x)]
    value = sum(comb(n, w) * x[pairs[w]] for w in allowed)
    return float(cp.Problem(cp.Maximize(value), conditions).solve(solver="CLARABEL"))


def blocks(
    n: int, k: int, weights: range, place: dict[tuple[int, ...], int], pairs: dict[int, int], x: cp.Variable
) -> list[cp.Expression]:
    """Both blocks of one k and of even or odd weights, their rows scaled by C(n − 2k, i − k)^(−½)."""
    size = len(weights)
    inside, outside = np.zeros((size * size, len(place))), np.zeros((size * size, len(place)))
    for a, i in enumerate(weights):
        for b, j in enumerate(weights):
            scale = 1 / sqrt(comb(n - 2 * k, i - k) * comb(n - 2 * k, j - k))
            for t in range(max(0, i + j - n), min(i, j) + 1):
                w, beta = i + j - 2 * t, scale * coefficient(n, i, j, t, k)
                orbit = place.get(tuple(sorted((i, j, w))))
                if orbit is not None:
                    inside[a * size + b, orbit] += beta
                    outside[a * size + b, orbit] -= beta
                if w in pairs:
                    outside[a * size + b, pairs[w]] += beta
    return [cp.reshape(table @ x, (size, size), order="C") for table in (inside, outside)]


def coefficient(n: int, i: int, j: int, t: int, k: int) -> int:
    """β^t_ijk."""
    return sum((-1) ** (u - t) * comb(u, t) * comb(n - 2 * k, u - k) * comb(n - k - u, i - u) * comb(n - k - u, j - u)
               for u in range(max(t, k), min(i, j, n - k) + 1))  # fmt: skip
