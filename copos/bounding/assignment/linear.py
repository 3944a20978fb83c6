"""Linear assignments as a bound on quadratic ones, in integers: Gilmore and Lawler, and some steps beyond.

With total costs w_{ik,jl} of pairs and s_ik of single places, every (α, β) of a place (i, k) gives on assignments

    x_ik Σ_{j≠i,l≠k} w_jl x_jl  =  x_ik Σ (w_jl − α_j − β_l) x_jl + (Σ α_j + Σ β_l) x_ik,

so that duals of a linear assignment move costs of pairs to the place. Costs of pairs that are left over go from one
place to the other, costs of places back to their pairs, again and again; a last linear assignment of the s_ik gives
the bound Σ u_i + Σ v_k [Gilmore1962], [Lawler1963], [HahnGrant1998].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

Index = NDArray[np.int64]
SWEEPS = 12


@dataclass(frozen=True, eq=False)
class Linear:
    """Duals: w_{ik,jl} ≥ α_ik,j + β_ik,l + α_jl,i + β_jl,k and s_ik + Σ_j α_ik,j + Σ_l β_ik,l ≥ u_i + v_k.

    Attributes
    ----------
    alpha, beta : (m, m, m)
    u, v : (m,)
    """

    alpha: Index
    beta: Index
    u: Index
    v: Index

    @property
    def value(self) -> int:
        """Σ u + Σ v."""
        return int(self.u.sum() + self.v.sum())


def duals(M: Index) -> tuple[Index, Index]:
    """(a, b) with a_j + b_l ≤ M_jl and the value of the cheapest assignment of M.

    >>> a, b = duals(np.array([[4, 1], [2, 0]]))
    >>> int(a.sum() + b.sum()), bool((np.array([[4, 1], [2, 0]]) >= a[:, None] + b).all())
    (3, True)
    """
    rows, p = linear_sum_assignment(M)
    # b_l ≤ b_p(j) + M_jl − M_jp(j): lengths of shortest paths, of which there are no cycles below 0
    step, b = M - M[rows, p][:, None], np.zeros(len(M), dtype=M.dtype)
    while True:
        new = np.minimum(b, (b[p][:, None] + step).min(axis=0))
        if (new == b).all():
            a = np.empty_like(b)
            a[rows] = M[rows, p] - b[p]
            return a, b
        b = new


def bounded(
    w: Index, s: Index, alpha: Index, beta: Index,
    enough: Callable[[int], bool] = lambda value: False,
) -> Linear:  # fmt: skip
    """Duals from total costs of pairs, from the (α, β) that are given on.

    Parameters
    ----------
    w : (m, m, m, m) costs of pairs, w_ikjl = w_jlik
    s : (m, m) costs of places
    alpha, beta : (m, m, m); 0 where j = i or l = k
    enough : is a value enough? Asked after every sweep
    """
    m = len(s)
    alpha, beta = alpha.copy(), beta.copy()
    moved = alpha[:, :, :, None] + beta[:, :, None, :]
    w = w - moved - moved.transpose(2, 3, 0, 1)
    s = s + alpha.sum(axis=2) + beta.sum(axis=2)
    others = [np.delete(np.arange(m), i) for i in range(m)]
    half, best = w // 2, None
    at = np.arange(m * m).reshape(m, m)
    own = np.where(at[:, :, None, None] < at, half, w - half)  # what each place has of the cost of a pair
    for sweep in range(SWEEPS + 1):
        for i, k in np.ndindex(m, m):
            J, L = np.ix_(others[i], others[k])
            M = own[i, k][J, L]
            if sweep:
                share = int(s[i, k]) // (m - 1)
                s[i, k] -= share * (m - 1)
                alpha[i, k, others[i]] -= share
                M = M + own[J, L, i, k] + share
            a, b = duals(M)
            M = M - a[:, None] - b
            alpha[i, k, others[i]] += a
            beta[i, k, others[k]] += b
            s[i, k] += a.sum() + b.sum()
            own[i, k][J, L] = M if not sweep else M // 2
            if sweep:
                own[J, L, i, k] = M - M // 2
        u, v = duals(s)
        found = Linear(alpha.copy(), beta.copy(), u, v)
        if best is not None and found.value <= best.value:
            break
        best = found
        if enough(found.value):
            break
    assert best is not None
    return best
