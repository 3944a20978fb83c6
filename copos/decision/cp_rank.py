"""A lower bound on the cp-rank by one semidefinite program in moments of degree four [FawziParrilo2016]."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from copos.arithmetic import monomials, svec
from copos.conic import Cones, ConicForm, Status
from copos.decision.decide import read
from copos.solvers import solve


def moment_bound(M: ArrayLike, solver: str | None = None) -> float:
    """Least α with [[α, m'], [m, Y]] ⪰ 0, Y ⪯ M⊗M, 0 ≤ y_ijkl ≤ M_ij M_kl; a solver's claim, −inf if it fails.

    M = Σ_{k ≤ r} a_k a_k' has y = Σ a_k⊗a_k⊗a_k⊗a_k and α = r: m is the triangle of M, Y_{ij,kl} = y_ijkl, and
    Σ aa'⊗aa' ⪯ Σ aa'⊗M. So α ≤ cp-rank.

    Parameters
    ----------
    M : (n, n) completely positive matrix
    solver : a name in `copos.solvers.SOLVERS`

    Raises
    ------
    ValueError
        If M is not a symmetric matrix of finite numbers.

    Examples
    --------
    The cp-rank of the identity of order 3 is 3:

    >>> round(moment_bound(np.eye(3)), 5)
    3.0
    """
    M = np.array(read(M), dtype=float)
    n = len(M)
    d = np.sqrt(np.where(np.diag(M) > 0, np.diag(M), 1.0))
    M = M / np.outer(d, d)
    i, j = svec.triangle(n)
    N = len(i)
    count = monomials.count(n, 4)
    row, col = svec.triangle(N)
    quads = np.sort(np.stack([i[row], j[row], i[col], j[col]], axis=1), axis=1)
    at = monomials.rank(quads)
    weight = np.where(row == col, 1.0, svec.SQRT2)
    # on symmetric tensors (i, j) ~ (j, i): coordinate e_ij has norm √2 off the diagonal, which is a congruence
    unit = np.where(i == j, 1.0, np.sqrt(2.0))
    scale = weight * unit[row] * unit[col]
    # M⊗M restricted to symmetric tensors: the mean of M_ik M_jl and M_il M_jk
    kron = (M[i[row], i[col]] * M[j[row], j[col]] + M[i[row], j[col]] * M[j[row], i[col]]) / 2
    rows = np.arange(len(row))
    moments = sp.csr_array((scale, (rows, at)), shape=(len(row), count))
    # first block: α, then m, then Y, column by column
    place = svec.position(row + 1, col + 1)
    big = svec.length(N + 1)
    lifted = sp.csr_array((scale, (place, at)), shape=(big, count))
    corner = sp.csr_array(([1.0], ([0], [0])), shape=(big, 1))
    border = np.zeros(big)
    border[svec.position(np.zeros(N, dtype=int), np.arange(N) + 1)] = svec.SQRT2 * unit * M[i, j]
    upper = np.full(count, np.inf)
    for first, second in ((0, 1), (0, 2), (0, 3)):
        p, q = [k for k in range(1, 4) if k != second]
        values = M[quads[:, first], quads[:, second]] * M[quads[:, p], quads[:, q]]
        np.minimum.at(upper, at, values)
    eye = sp.eye_array(count)
    none = sp.csr_array((count, 1))
    A = sp.vstack([
        sp.hstack([eye, none]), sp.hstack([-eye, none]),
        sp.hstack([-lifted, -corner]), sp.hstack([moments, sp.csr_array((len(row), 1))]),
    ])  # fmt: skip
    b = np.r_[upper, np.zeros(count), border, scale * kron]
    form = ConicForm(np.r_[np.zeros(count), 1.0], sp.csc_array(A), b, Cones(nonnegative=2 * count, psd=(N + 1, N)))
    found = solve(form, solver)
    return float(min(found.value, found.dual_value)) if found.status is Status.OPTIMAL else -np.inf
