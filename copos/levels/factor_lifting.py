"""A dual of the averaged level as one of the ordered level, which implies it.

With N = Σ D_a + Σ (K + I), M = Σ D_a + Σ (C + C'), all sums over a < b, and D_a^Γ = D_a the blocks of the first are

    N − M^Γ               = Σ (1, −1) [[K, C^Γ], [C^Γ', I]] (1, −1)',
    r (N + M^Γ) − 2 M     = r Σ (1, 1) [[K, C^Γ], [C^Γ', I]] (1, 1)' + 2 [(r − 1) Σ D_a − Σ (C + C')],

and the bracket is the second moment of the differences s_a t_aa − s_b t_bb. L has (H, J) in the place of (K, I). The
relation of N is the sum of those of all K and I less r times that of C + C', and likewise on the other side.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from copos.conic import Solution, Vector
from copos.levels.factor_levels import MomentLevel

Matrix = NDArray[np.float64]
MINUS, PLUS = np.array([[1.0, -1.0], [-1.0, 1.0]]), np.ones((2, 2))


def lifted(averaged: MomentLevel, solution: Solution, level: MomentLevel) -> Vector:
    """The dual of an answer to the averaged level as a dual of the ordered level, with the same value."""
    grams, (rows, columns) = averaged.dual(solution)
    first, skew, rest, skew_, rest_ = grams
    r, N = level.rank, level.size
    spread = np.zeros((1 + r * N, 1 + N))
    spread[0, 0] = 1.0
    spread[1:, 1:] = np.tile(np.eye(N), (r, 1))
    top = spread @ first @ spread.T
    top[1:, 1:] += 2 * np.kron(r * np.eye(r) - np.ones((r, r)), rest + rest_)
    pair = [np.kron(MINUS, A) + r * np.kron(PLUS, B) for A, B in ((skew, rest), (skew_, rest_))]
    lifted_grams = [top] + [G for _ in range(r * (r - 1) // 2) for G in (*pair, np.zeros((N, N)), np.zeros((N, N)))]
    multipliers = []
    for relation in level.table.relations:
        V = rows if relation.side == "rows" else columns
        multipliers.append(V if len(relation.terms) > 1 else -2 * r * V)
    return level.dual_vector(lifted_grams, multipliers)
