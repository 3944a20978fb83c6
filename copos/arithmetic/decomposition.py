"""From a semidefinite matrix to neurons, at most as many as its rank.

Z = VV' with <J, Z> = 0, J = diag(I, −1): the numbers m_j = |U_j|² − w_j² of the columns sum to zero, and a rotation
of two columns with m of opposite sign makes one of them zero while VV' stays. A column with m = 0 is a neuron:
α = w², u = sign(w)U/|U|. One column is finished per rotation, and the last has m = 0 because the sum is zero.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
EPS = np.finfo(float).eps


def neurons(V: ArrayLike, lifted: bool, truncate: float = 0.0) -> tuple[Array, Array]:
    """Unit vectors u_j and weights α_j > 0 with Σ α_j v_jv_j' = VV', v_j = (u_j, 1) (u_j if not lifted).

    Parameters
    ----------
    V : (k, r) factor; with `lifted` its last row is w and |U| = |w| must hold (a deviation is scaled away in U)
    lifted : whether the activation has a linear term
    truncate : singular values of V below this part of the largest are dropped; rounding always is

    Returns
    -------
    u : (r', d) unit rows, r' ≤ rank V
    alpha : (r',) decreasing

    References
    ----------
    [BartanPilanci2021, Neural Decomposition].

    Examples
    --------
    >>> u, alpha = neurons([[1.0, 1.0], [1.0, -1.0], [2.0, 0.0]], lifted=True)
    >>> ((u.T * alpha) @ u).round(9) + 0.0      # the block UU'
    array([[2., 0.],
           [0., 2.]])
    """
    V = np.asarray(V, dtype=float)
    k = len(V)
    d = k - 1 if lifted else k
    if V.shape[1] == 0 or not np.any(V):
        return np.zeros((0, d)), np.zeros(0)
    Q, s, _ = np.linalg.svd(V, full_matrices=False)
    # singular values of V, not eigenvalues of VV': nothing is lost by squaring
    keep = s > max(truncate, max(V.shape) * EPS) * s[0]
    V = Q[:, keep] * s[keep]
    if not lifted:
        alpha = np.sum(V**2, 0)
        u = (V / np.sqrt(alpha)).T
        lead = np.take_along_axis(u, np.abs(u).argmax(1)[:, None], 1)
        return u * np.where(lead < 0, -1.0, 1.0), alpha
    U, w = V[:-1], V[-1]
    size_u, size_w = float(np.linalg.norm(U)), float(np.linalg.norm(w))
    if size_u == 0 or size_w == 0:
        return np.zeros((0, d)), np.zeros(0)
    # after the truncation, which changes the trace: now Σm = 0 to rounding
    U, w = _rotate(U * (size_w / size_u), w)
    alpha = w**2
    order = np.argsort(-alpha, kind="stable")
    u = (np.where(w < 0, -1.0, 1.0) * U / np.linalg.norm(U, axis=0)).T
    return u[order], alpha[order]


def _rotate(U: Array, w: Array) -> tuple[Array, Array]:
    """Plane rotations until every column has |U_j| = |w_j|."""
    U, w = U.copy(), w.copy()
    open_ = list(range(len(w)))
    while len(open_) > 1:
        size = np.sum(U[:, open_] ** 2, 0)
        m = size - w[open_] ** 2
        high, low = int(m.argmax()), int(m.argmin())
        near = np.abs(m) <= 4 * EPS * (size + w[open_] ** 2)
        if near.any():  # finished already; to turn it would only lose digits
            del open_[int(near.argmax())]
            continue
        if m[high] <= 0 or m[low] >= 0:
            break  # all of one sign at the level of rounding
        # the smaller |m| is finished: m_p = (m_p + 2Bt + m_q t²)/(1 + t²) = 0
        p, q = (high, low) if m[high] < -m[low] else (low, high)
        i, j, mp, mq = open_[p], open_[q], float(m[p]), float(m[q])
        B = float(U[:, i] @ U[:, j] - w[i] * w[j])
        # mp·mq < 0, so the root is real; h has no cancellation, and t is the root of smaller size
        h = -(B + np.copysign(np.sqrt(B * B - mp * mq), B))
        t = mp / h if abs(mp * mq) < h * h else h / mq
        c = 1.0 / np.hypot(1.0, t)
        U[:, i], U[:, j] = c * (U[:, i] + t * U[:, j]), c * (U[:, j] - t * U[:, i])
        w[i], w[j] = c * (w[i] + t * w[j]), c * (w[j] - t * w[i])
        del open_[p]
    return U, w
