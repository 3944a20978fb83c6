"""Fewer patches than features: neurons in coordinates of the row space.

A neuron u answers the patches x_1, …, x_r of its pool through its projection on their span alone. With X' = QR, Q
(d, r) of orthonormal columns, and q any unit vector orthogonal to them,

    u = Qs + tq,  ‖s‖² + t² = 1:       Xu = R's       (what is left of a unit vector u may be turned into q),

so the problem with patches (R', 0) on r + 1 coordinates is the problem on d of them; nothing is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copos.polynomial.lifted import Lift

Array = NDArray[np.float64]
Part = tuple[int, int, float, Array]  # pool, output, sign and columns of a factor


@dataclass(frozen=True, eq=False)
class RowSpace:
    """A lift in these coordinates, and their basis (G, d, r + 1), None if the coordinates are the features."""

    lift: Lift
    basis: Array | None

    def points(self, u: Array, pool: int) -> Array:
        """Neurons (…, d) of neurons (…, r + 1)."""
        return u if self.basis is None else u @ self.basis[pool].T

    def outwards(self, parts: Sequence[Part]) -> list[Part]:
        """Factors on the features."""
        if self.basis is None:
            return list(parts)
        r = self.basis.shape[2]
        return [(g, t, s, np.vstack([self.basis[g] @ V[:r], V[r:]])) for g, t, s, V in parts]

    def inwards(self, parts: Sequence[Part]) -> list[Part]:
        """Factors on these coordinates; the last takes the length of what is outside of the row space."""
        if self.basis is None:
            return list(parts)
        d = self.basis.shape[1]
        out = []
        for g, t, s, V in parts:
            Q = self.basis[g][:, :-1]
            inside = Q.T @ V[:d]
            rest = np.linalg.norm(V[:d] - Q @ inside, axis=0)
            out.append((g, t, s, np.vstack([inside, rest, V[d:]])))
        return out


def row_space(lift: Lift) -> RowSpace:
    """The lift on the row space of the patches of each pool, where that has fewer coordinates.

    Examples
    --------
    >>> from copos.polynomial.features import Activation
    >>> small = row_space(Lift(np.ones((1, 2, 1, 9)), Activation(1.0, 0.0, 0.0)))
    >>> small.lift.patches.shape, small.basis.shape
    ((1, 2, 1, 3), (1, 9, 3))
    """
    G, n, m, d = lift.patches.shape
    r = n * m
    if r + 1 >= d:
        return RowSpace(lift, None)
    basis, patches = np.empty((G, d, r + 1)), np.zeros((G, n, m, r + 1))
    for g, X in enumerate(lift.flat):
        Q, R = np.linalg.qr(X.T)
        basis[g, :, :r], patches[g, :, :, :r] = Q, R.T.reshape(n, m, r)
        basis[g, :, r] = _orthogonal(Q)
    return RowSpace(Lift(patches, lift.activation), basis)


def _orthogonal(Q: Array) -> Array:
    """A unit vector orthogonal to the columns: that of the feature which they see least, projected twice."""
    q = np.zeros(len(Q))
    q[np.sum(Q**2, 1).argmin()] = 1.0
    for _ in range(2):
        q -= Q @ (Q.T @ q)
        q /= np.linalg.norm(q)
    return q
