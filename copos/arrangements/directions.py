"""Samples that are multiples of one direction, as one: Σ_i r_i (x_i'u)_+ = Σ_k R_k (p_k'u)_+ + Wu.

For x = cp with c < 0 a sample is |c|((p'u)_+ − p'u), so R = Gr and W = Σ_i r_i h_i' are linear in r. The integers of p
are those of the checker; P_k = f_k p_k is of norm 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import gcd

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arrangements.problem import Training, whole

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Directions:
    """P (k, d) of norm 1 and the exact f (k,) with P = f p; G (k, n) sparse, H (n, d) with W = r'H; `lost` (n,).

    A sample is lost that is not 0, and is beyond the doubles in these units.
    """

    P: Array
    f: list[Fraction]
    G: sp.csr_array
    H: Array
    lost: NDArray[np.bool_]

    @classmethod
    def of(cls, training: Training) -> Directions:
        """In the order in which samples have them; samples that are 0 have none."""
        rows, bits = whole(training.X)
        bits += training.exponents[0]
        place: dict[tuple[int, ...], int] = {}
        P, f, entries = [], [], []
        H, lost = np.zeros(training.X.shape), np.zeros(len(rows), dtype=bool)
        for i, row in enumerate(rows):
            size = gcd(*row)
            if not size:
                continue
            sign = 1 if next(v for v in row if v) > 0 else -1
            p = tuple(sign * v // size for v in row)
            k, b = place.setdefault(p, len(P)), max(v.bit_length() for v in p)
            x = np.array([v / (1 << b) for v in p])
            norm = float(np.linalg.norm(x))
            if k == len(P):
                P.append(x / norm)
                f.append(1 / (Fraction(norm) * (1 << b)))
            c = float(size / f[k] / Fraction(2) ** bits)
            lost[i] = not c
            entries.append((k, i, c))
            if sign < 0:
                H[i] = -c * P[k]
        k, i, c = zip(*entries, strict=True) if entries else ((), (), ())
        G = sp.csr_array((np.array(c, float), (np.array(k, int), np.array(i, int))), (len(P), len(rows)))
        return cls(np.array(P).reshape(-1, training.X.shape[1]), f, G, H, lost)
