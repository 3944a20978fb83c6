"""A dual of a level as one of the next level, which implies it.

**From the averaged to the ordered one.** With N = Σ D_a + Σ (K + I), M = Σ D_a + Σ (C + C'), all sums over a < b, and D_a^Γ = D_a the blocks of the first are

    N − M^Γ               = Σ (1, −1) [[K, C^Γ], [C^Γ', I]] (1, −1)',
    r (N + M^Γ) − 2 M     = r Σ (1, 1) [[K, C^Γ], [C^Γ', I]] (1, 1)' + 2 [(r − 1) Σ D_a − Σ (C + C')],

and the bracket is the second moment of the differences s_a t_aa − s_b t_bb. L has (H, J) in the place of (K, I). The
relation of N is the sum of those of all K and I less r times that of C + C', and likewise on the other side.

**From the ordered to the mixed one**, of a cell with l s_a ≤ s_b ≤ h s_a. Gram matrices are parts of larger ones. With
q = (h s_a − s_b) (s_b − l s_a) and d = h − l

    d (h² s_a² − s_b²) = (h + l) (h s_a − s_b)² + 2h q,    d (s_b² − l² s_a²) = (h + l) (s_b − l s_a)² + 2l q.

What the mixed level has besides begins at zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.conic import Solution, Vector
from copos.levels.factor_levels import MomentLevel
from copos.levels.singular_cells import SingularLevel

Matrix = NDArray[np.float64]
MINUS, PLUS = np.array([[1.0, -1.0], [-1.0, 1.0]]), np.ones((2, 2))


def ordered_dual(averaged: MomentLevel, solution: Solution, level: MomentLevel) -> Vector:
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


def mixed_dual(ordered: SingularLevel, dual: tuple[list[Matrix], list[Matrix]], level: SingularLevel) -> Vector:
    """A dual of the ordered level of a cell as one of its mixed level, with the same value."""
    grams = dict(zip(ordered.keys, dual[0], strict=True))
    N, out = level.size, dict[Any, Matrix]()
    for key, k in zip(level.keys, range(level.count), strict=True):
        empty = np.zeros((level.order(k), level.order(k)))
        out[key] = empty if isinstance(key[0], tuple) else grams.get(key, empty)  # the first, and those of directions
    for pair, ratio in level.intervals.items():
        low, high = map(float, ratio)
        parts = out[pair, 1].reshape(4, N, 4, N)
        for k, places in ((0, (1, 2)), (1, (0, 3))):
            parts[np.ix_(places, range(N), places, range(N))] += grams[pair, k].reshape(2, N, 2, N)
        for j, first in enumerate((0, 2)):  # of t_ab, of t_ba
            at = range(first, first + 2)
            for key, v, share in (((pair, 2 + j), (high, -1.0), high), ((pair, "low", j), (-low, 1.0), low)):
                if key in grams:
                    square = (high + low) / (high - low) * np.outer(v, v)
                    parts[np.ix_(at, range(N), at, range(N))] += np.einsum("pq,ij->piqj", square, grams[key])
                    out[pair, 3][j * N : (j + 1) * N, j * N : (j + 1) * N] += 2 * share / (high - low) * grams[key]
    known = dict(zip(ordered.table.relations, dual[1], strict=True))
    n, m = level.H.shape
    nothing = {"rows": np.zeros((m, m)), "columns": np.zeros((n, n))}
    multipliers = [known.get(relation, nothing[relation.side]) for relation in level.table.relations]
    return level.dual_vector(list(out.values()), multipliers)
