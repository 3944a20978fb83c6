"""Matrices of bounded rank as rational points: frames with exactly orthonormal columns near floating ones.

A reflection I − 2vv'/v'v is rational where v is. So a product of reflections whose vectors are rounded is exactly
orthogonal, as near to the floating one as the rounding was, and its first columns are an orthonormal frame. With two
of them, W = U diag(s) V' has rank ≤ r exactly, UU' is a projection, and U diag(√s), V diag(√s) are balanced.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[Any]
BITS = 26  # of a reflection vector: at a local minimum of rank ≤ r, 2^-26 off the point is 2^-52 off the value


def frame(U: Matrix, bits: int = BITS) -> Matrix:
    """A rational matrix (of Fractions) near U with exactly orthonormal columns.

    Parameters
    ----------
    U : (n, r) matrix with nearly orthonormal columns, r ≤ n
    bits : of the reflection vectors; the result is about 2^-bits away and has denominators of 2·r·bits bits

    Examples
    --------
    >>> Q = frame(np.array([[0.6], [0.8]]), bits=4)
    >>> sum(q * q for q in Q[:, 0])
    Fraction(1, 1)
    """
    n, r = U.shape
    work, reflections, signs = np.array(U, dtype=float), [], []
    for j in range(r):
        x = work[j:, j]
        sign = -1.0 if x[0] > 0 else 1.0  # away from x, so that v is not small
        v = x.copy()
        v[0] -= sign * np.linalg.norm(x)
        v = np.rint(np.ldexp(v / np.abs(v).max(), bits)) if v.any() else v
        reflections.append([int(c) for c in v.tolist()])
        signs.append(int(sign) if v.any() else 1)
        if v.any():
            work[j:] -= np.outer(v, 2 * (v @ work[j:]) / (v @ v))
    # U = H_1 ⋯ H_r [diag(signs); 0], in integers over one denominator
    columns = [[signs[k] if i == k else 0 for i in range(n)] for k in range(r)]
    denominator = 1
    for j, v in reversed(list(enumerate(reflections))):
        size = sum(c * c for c in v)
        if not size:
            continue
        denominator *= size
        for k, column in enumerate(columns):
            along = 2 * sum(c * q for c, q in zip(v, column[j:], strict=True))
            columns[k] = [size * q for q in column[:j]] + [
                size * q - along * c for c, q in zip(v, column[j:], strict=True)
            ]
    return np.array([[Fraction(q, denominator) for q in column] for column in columns], dtype=object).reshape(r, n).T


class RationalMatrix:
    """W = U diag(s) V' near a floating W: rational, of rank ≤ r exactly, U and V with orthonormal columns.

    Attributes
    ----------
    U, V : (d_out, r), (d_in, r) arrays of Fractions
    s : (r,) nonnegative dyadic Fractions
    """

    def __init__(self, W: Matrix, rank: int, bits: int = BITS) -> None:
        U, s, Vt = np.linalg.svd(W, full_matrices=False)
        self.U, self.V = frame(U[:, :rank], bits), frame(Vt[:rank].T, bits)
        self.s = rounded(s[:rank], 2 * bits)

    @property
    def matrix(self) -> Matrix:
        """W."""
        return (self.U * self.s) @ self.V.T

    @property
    def stacked(self) -> Matrix:
        """F = [U; V], with F'F = 2I and F diag(s) F' = [[A, W], [W', B]], A² = WW', B² = W'W, AW = WB."""
        return np.vstack([self.U, self.V])


def rounded(values: Matrix, bits: int = BITS) -> Matrix:
    """Multiples of a power of two, 2^-bits of the largest entry, as Fractions.

    >>> rounded(np.array([0.3, -1.0]), bits=2).tolist()
    [Fraction(1, 4), Fraction(-1, 1)]
    """
    largest = float(np.abs(values).max(initial=0.0))
    k = bits - int(np.ceil(np.log2(largest))) if largest > 0 else 0
    whole = np.rint(np.ldexp(values, k)).ravel().tolist()
    return np.array([Fraction(int(v)) / Fraction(2) ** k for v in whole], dtype=object).reshape(values.shape)


def identity(n: int) -> Matrix:
    """I in Fractions."""
    return np.array([[Fraction(i == j) for j in range(n)] for i in range(n)], dtype=object)
