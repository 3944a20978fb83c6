"""A face of the completely positive cone, as far as it is known: rays, and which of them go together.

Every column of every factor of M is R't, t ≥ 0, with the support of t a clique: at first R = I and the cliques are
those of the zero pattern of M. A copositive A with <A, M> = 0 makes the columns zeros of A, so that its minimal zeros
are the next, fewer rays [Hildebrand2014]: facial reduction of the conic program M = Σ λ xx'.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic import exact, zeros
from copos.decision.factor import Matrix
from copos.decision.scaling import balanced

Array = NDArray[np.float64]
Ray = list[int]
MOST = 60  # rays that are kept


class Scale(NamedTuple):
    """M in floating point with its diagonal near one: N = DMD/largest, D powers of two; x of M is y = Dx of N."""

    N: Array
    d: Array
    largest: Fraction

    @classmethod
    def of(cls, M: Matrix) -> Scale:
        """From exact entries."""
        largest = max(abs(v) for row in M for v in row)
        F = np.array([[float(v / largest) for v in row] for row in M])
        d = balanced(F)
        return cls(F * np.outer(d, d), d, largest)


class Face(NamedTuple):
    """`rays` are integer vectors in the units of M; `together` says which pairs may be combined."""

    rays: list[Ray]
    together: NDArray[np.bool_]

    @classmethod
    def of(cls, M: Matrix) -> Face | None:
        """The face that the zero pattern and the kernel of M cut out; None if there are too many rays to work with."""
        n = len(M)
        A, _ = exact.integral(M)
        kernel = [exact.primitive(v) for v in exact.null_space(M)]
        pattern = np.array([[v != 0 for v in row] for row in A])
        if not kernel:
            return cls([[int(i == j) for j in range(n)] for i in range(n)], pattern)
        # e'Ke = Σ (f'x)² + Σ x_ix_j over the zero entries: copositive, and orthogonal to M; its zeros are the x with
        # f'x = 0 for all f in the kernel, inside the pattern
        K = [[sum(f[i] * f[j] for f in kernel) for j in range(n)] for i in range(n)]
        size = max(abs(v) for row in K for v in row)
        K = [[v + size * int(not pattern[i, j]) for j, v in enumerate(row)] for i, row in enumerate(K)]
        rays = zeros.minimal_zeros(K)
        if not rays or len(rays) > MOST:
            return None
        return cls(rays, pairs(zeros.compatible(K, rays), len(rays)))

    def floats(self, d: Array) -> tuple[Array, Array]:
        """Rays as rows in the units of N, each with sum one; and those sums."""
        R = np.array([[float(Fraction(c, max(r))) for c in r] for r in self.rays]) * d
        top = np.array([float(max(r)) for r in self.rays])
        size = R.sum(axis=1)
        return R / size[:, None], size * top

    def atom(self, t: Array, size: Array, bits: int) -> Ray | None:
        """The integer Σ t_k r_k (rays of sum one), t rounded to `bits`; exactly on the face."""
        w = t / size
        w = np.rint(np.ldexp(w / w.max(), bits)) if w.max() > 0 else w
        at = [(int(c), r) for c, r in zip(w.tolist(), self.rays, strict=True) if c]
        if not at:
            return None
        return exact.primitive([sum(c * r[i] for c, r in at) for i in range(len(self.rays[0]))])


def pairs(found: set[tuple[int, int]], k: int) -> NDArray[np.bool_]:
    """The symmetric relation of these pairs, every ray with itself too."""
    out = np.eye(k, dtype=bool)
    for a, b in found:
        out[a, b] = out[b, a] = True
    return out
