"""The lift of W = UV' to T = vec U (vec V)': a matrix of rank one, whose vanishing minors say all that W = UV' says.

A W of rank ≤ r is UV' with U'U = I_r (singular vectors; a smaller rank is completed). With T_(ia),(jc) = U_ia V_jc

    x = (x_0, W, T) ∈ {R_+ × R^{n×m} × R^{nr×mr} : W_ij = Σ_a T_(ia),(ja)},   x_0² = 1,
    T_pq T_st = T_pt T_sq,   r Σ_i T_(ia),p T_(ib),q = δ_ab Σ_{i,e} T_(ie),p T_(ie),q.

Conversely such a T is uv' with Σ_i u_ia u_ib = δ_ab ‖u‖²/r, so that W = UV' has rank ≤ r. Second moments of T are the
moments E U_ia U_kb V_jc V_ld, hence "factor moments". No projection occurs, but its moments with W'W do:
E P ⊗ W'W for P = UU' is Σ_ac T_(ia),(jc) T_(ka),(lc). Prakhya and Yurtsever lift a network's weights to a completely
positive matrix, too; here the weights are free, and rank one is said by equations.

The loss depends on W alone and may be averaged over U → UR, V → VR: `levels.factor_levels` computes that, in order nm.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic.rational_frames import RationalMatrix
from copos.cones import Free, NonNegative
from copos.forms import Forms
from copos.reformulation.linear_network.lifts import MatrixLift, minors
from copos.reformulation.matrix_forms import difference

Matrix = NDArray[Any]


def factor_moments_lift(shape: tuple[int, int], rank: int) -> MatrixLift:
    """T with W = Σ_a T_(·a),(·a), U'U = I in every atom."""
    n, m = shape
    W = 1 + np.arange(n * m).reshape(n, m)
    T = 1 + n * m + np.arange(n * m * rank**2).reshape(n * rank, m * rank)
    N = 1 + n * m + T.size
    # columns: W_ij, then T_(ia),(ja) for all a
    i, j, a = (k.ravel() for k in np.indices((n, m, rank)))
    k = np.arange(n * m)
    rows, columns = np.r_[k, i * m + j], np.r_[W.ravel(), T[i * rank + a, j * rank + a]]
    values = np.r_[np.ones(n * m), -np.ones(len(a))]
    slices = sp.csr_array((values, (rows, columns)), shape=(n * m, N))
    cone = (NonNegative(1) * Free(n * m) * Free(T.size)).slice(slices)

    def stacked(matrix: Matrix, left: Matrix, right: Matrix) -> Matrix:
        return np.concatenate([[1], matrix.ravel(), np.outer(left.ravel(), right.ravel()).ravel()])

    def atom(matrix: Matrix) -> Matrix:
        U, s, Vt = np.linalg.svd(matrix, full_matrices=False)
        U, V = U[:, :rank], (s[:rank, None] * Vt[:rank]).T
        return stacked(U @ V.T, U, V)

    def exact_atom(matrix: Matrix) -> Sequence[Fraction]:
        near = RationalMatrix(matrix, rank)
        return [Fraction(v) for v in stacked(near.matrix, near.U, near.V * near.s)]

    def sampler(rng: np.random.Generator) -> Matrix:
        free = rng.standard_normal((n * rank, m * rank))
        W = np.einsum("iaja->ij", free.reshape(n, rank, m, rank))
        return np.r_[1.0, W.ravel(), free.ravel()] * rng.exponential()

    vanishing = Forms.stack([minors(T, N), *_orthogonality(T, n, rank, N)])
    return MatrixLift(cone.with_sampler(sampler), W, vanishing, atom, None, exact_atom, {})


def _orthogonality(T: Matrix, n: int, r: int, N: int) -> list[Forms]:
    """r Σ_i T_(ia),p T_(ib),q − δ_ab Σ_{i,e} T_(ie),p T_(ie),q for p ≤ q and a ≤ b; the last a = b follows."""
    p, q = np.triu_indices(T.shape[1])
    row, i = (k.ravel() for k in np.indices((len(p), n)))
    at, k = (k.ravel() for k in np.indices((len(p), n * r)))
    trace = Forms.from_terms(at, T[k, p[at]], T[k, q[at]], 1.0, len(p), N)
    out = []
    for a in range(r):
        for b in range(a, r):
            if a == b == r - 1:
                continue
            form = Forms.from_terms(row, T[i * r + a, p[row]], T[i * r + b, q[row]], float(r), len(p), N)
            out.append(difference(form, trace) if a == b else form)
    return out
