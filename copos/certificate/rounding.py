"""From floating point to integers: factors of positive semidefinite matrices, rounded to a number of bits."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np
import scipy.linalg as la
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
BITS = 50  # of a factor entry relative to the largest


class Factor(NamedTuple):
    """Integers B with B B' / 4^bits ≈ G, and that product in floating point."""

    B: list[list[int]]
    bits: int
    gram: Matrix

    def plain(self) -> dict[str, object]:
        """The keys "factor" and "bits" of a certificate."""
        return {"factor": self.B, "bits": self.bits}


def factor(G: Matrix, bits: int = BITS) -> Factor:
    """Integers B with B B' / 4^k ≈ the positive semidefinite part of G.

    A Cholesky factor if there is one, otherwise eigenvectors of the positive eigenvalues: how B was found does not
    matter, because B B' is positive semidefinite whatever B is.
    """
    try:
        F = la.cholesky(G, lower=True, check_finite=False)
    except la.LinAlgError:
        value, vector = la.eigh(G, check_finite=False)
        F = (vector * np.sqrt(np.maximum(value, 0.0)))[:, value > 0]
    if F.shape[1] == 0:
        F = np.zeros((len(G), 1))
    largest = float(np.abs(F).max(initial=0.0))
    k = bits - (int(np.ceil(np.log2(largest))) if largest > 0 else 0)
    if not 0 <= k <= 1000:
        raise OverflowError("a Gram matrix is too large or too small to round; rescale the problem")
    scaled = np.rint(np.ldexp(F, k))
    used = np.flatnonzero((scaled != 0).any(axis=0))
    scaled = scaled[:, used] if len(used) else scaled[:, :1]
    # np.rint keeps floats: integers are made here, of any length
    B = (
        scaled.astype(np.int64).tolist()
        if np.abs(scaled).max() < 2.0**62
        else [[int(v) for v in r] for r in scaled.tolist()]
    )
    F = np.ldexp(scaled, -k)
    return Factor(B, k, F @ F.T)


def dyadic(value: float, bits: int, scale: float = 1.0) -> Fraction:
    """Value rounded to a multiple of 2^−k, where 2^k is about 2^bits / scale."""
    k = bits - (int(np.ceil(np.log2(scale))) if scale > 0 else 0)
    top = int(np.rint(np.ldexp(float(value), k))) if abs(np.ldexp(float(value), k)) < 2.0**62 else None
    if top is None:
        return Fraction(float(value))
    return Fraction(top, 1 << k) if k >= 0 else Fraction(top << -k)
