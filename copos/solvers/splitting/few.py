"""Positive eigenpairs of a symmetric matrix that changes little from call to call and has few of them.

From the eigenvectors V of the call before and from the image of the change M − M⁻ a Krylov space span{V, MV, M²V, …} is
built block by block. Its Ritz pairs (θ, u) are taken as soon as their residuals |Mu − θu| are together below a share of
|M − M⁻|: an iteration whose steps are that long does not feel the error.

What a Krylov space might miss is looked for by a whole decomposition now and then. It would cost accuracy of an
iterate, which the next decomposition restores, and never the truth of what is proved from it.  [GolubUnderwood1977]
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg as la

SHARE = 1e-3  # of the change of the matrix: error that is allowed
LEAST = 1e-14  # of the matrix: error that is always allowed
BLOCK, MORE = 8, 3  # columns of a block at least, and beside the positive ones
BLOCKS = 2  # at least, so that what has become positive shows up
WHOLE = 40  # calls between whole decompositions
SPACE = 0.25  # dimension of the Krylov space over the order, up to which it is cheaper than a whole decomposition
FAR = 0.01  # changes above this share of the matrix are new matrices
PAUSE = 10  # calls with whole decompositions after a space that was too small

Matrix = Any


class FewPositive:
    """Remembers the eigenvectors of the last matrix.

    Examples
    --------
    >>> few, M = FewPositive(), np.diag(np.r_[3.0, 2.0, -np.ones(98)])
    >>> few.start(M, np.eye(100)[:, :2])
    >>> values, vectors = few(M + 1e-6)
    >>> np.round(values, 4).tolist()
    [2.0, 3.0]
    """

    def __init__(self) -> None:
        self._basis: Matrix | None = None
        self._last: Matrix | None = None
        self._left, self._pause = 0, 0

    def start(self, M: Matrix, vectors: Matrix) -> None:
        """Begin with a matrix whose positive eigenvectors are known."""
        if self._pause:
            self._pause -= 1
            return
        self._basis, self._last, self._left = vectors, M, WHOLE

    def __call__(self, M: Matrix) -> tuple[Matrix, Matrix] | None:
        """Positive eigenvalues, ascending, and their vectors; None where the whole spectrum should be computed."""
        if self._basis is None or self._last is None or not self._left:
            return None
        self._left -= 1
        D, self._last = M - self._last, M
        change, size = float(np.linalg.norm(D)), float(np.linalg.norm(M))
        found = None if change > FAR * size else _krylov(M, self._basis, D, max(SHARE * change, LEAST * size))
        if found is None:
            self._basis, self._pause = None, 0 if change > FAR * size else PAUSE
            return None
        values, vectors = found
        positive = int((values > 0).sum())
        self._basis = vectors[:, max(0, len(values) - positive - MORE) :]
        return values[len(values) - positive :], vectors[:, len(values) - positive :]


def _krylov(M: Matrix, V: Matrix, D: Matrix, allowed: float) -> tuple[Matrix, Matrix] | None:
    """Some of the largest Ritz pairs, the positive ones with residuals below `allowed`; None if that takes too much."""
    n = len(M)
    width = max(BLOCK, V.shape[1] + 1)
    most = int(SPACE * n) // width
    if most < BLOCKS:
        return None
    beside = D @ np.random.default_rng(n).standard_normal((n, width - V.shape[1]))
    Q = np.empty((n, most * width), order="F")
    H = np.zeros((most * width, most * width))
    Q[:, :width] = np.linalg.qr(np.hstack([V, beside]))[0]
    check = BLOCKS
    for k in range(most):
        old, end = slice(0, (k + 1) * width), (k + 1) * width
        W = M @ Q[:, k * width : end]
        C = Q[:, old].T @ W
        W -= Q[:, old] @ C
        W -= Q[:, old] @ (Q[:, old].T @ W)
        H[old, k * width : end] = C
        H[k * width : end, old] = C.T
        new, B = np.linalg.qr(W)
        if k + 1 >= check or k + 1 == most:
            values, S = la.eigh(H[old, old], check_finite=False)
            first = int(np.searchsorted(values, 0.0, side="right"))
            if first == 0:
                return None  # all are positive: the space is too small
            if np.linalg.norm(B @ S[k * width :, first:]) <= allowed:
                keep = slice(max(0, first - MORE), None)
                return values[keep], Q[:, old] @ S[:, keep]
            check = k + 1 + max(1, (k + 1) // 4)
        if k + 1 < most:
            # where W lacks rank, `new` has columns that are not orthogonal to the others
            new -= Q[:, old] @ (Q[:, old].T @ new)
            Q[:, end : end + width] = np.linalg.qr(new)[0]
    return None
