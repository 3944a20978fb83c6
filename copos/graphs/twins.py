"""Twins: vertices that are not adjacent and have the same neighbours. In all variants of ϑ a class is one vertex.

With weights w and W_c = Σ w_i of a class c, ϑ(G, w) = ϑ(G/twins, W). From Y of the classes, Y_ij = Y_{c(i)c(j)}. From a
slack matrix G whose rows leave G_cc + W_c² ≤ τ_cW_c, raised to equality there, (w_iw_j/W_cW_c') G_cc' plus
τ_c(diag(w) − ww'/W_c) ⪰ 0 within each class is one: ww' + G vanishes within classes but for τ_cw_i on the diagonal.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def classes(A: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The class of every vertex, numbered by first members.

    >>> classes(np.array([[0, 1, 1], [1, 0, 0], [1, 0, 0]], dtype=bool)).tolist()
    [0, 1, 1]
    """
    _, first, of = np.unique(np.packbits(A, axis=1), axis=0, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    return rank[of.ravel()]


def merged(A: NDArray[np.bool_], w: Matrix, of: NDArray[np.intp]) -> tuple[NDArray[np.bool_], Matrix]:
    """The graph of the classes and their weights."""
    _, first = np.unique(of, return_index=True)
    return A[np.ix_(first, first)], np.bincount(of, w).astype(float)


def slack(G: Matrix, τ: Matrix, w: Matrix, of: NDArray[np.intp]) -> Matrix:
    """A slack matrix of the vertices from one of the classes."""
    W = np.bincount(of, w)
    G = G.copy()
    np.fill_diagonal(G, np.maximum(G.diagonal(), τ * W - W * W))
    share = w / W[of]
    out = np.outer(share, share) * G[np.ix_(of, of)]
    same = of[:, None] == of[None, :]
    out -= np.where(same, τ[of] * np.outer(w, share), 0.0)
    out[np.diag_indices(len(w))] += τ[of] * w
    return out
