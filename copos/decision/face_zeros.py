"""From a dual matrix in floating point to the exact rays of the next face.

A dual matrix A of `face_program` is known to nine digits or so, and so are its minimal zeros u_k. What makes them exact
is M itself: with the supports of the u_k given, M = Σ C_kl u_ku_l' (C_kl = 0 unless u_k and u_l go together) and
(Au_k)_i = 0 (where it nearly is) are polynomial equations that determine u_k and A in general. Newton's steps are made
in floating point and their remainders in integers of 240 bits: each gains eight digits or more. Rational numbers are
then recognised by their continued fractions.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic import exact
from copos.arithmetic.zeros import singular_parts
from copos.decision.face import Array, Face, Scale
from copos.decision.face_factor import least_squares
from copos.decision.factor import Matrix

BITS = 240  # of the fixed-point numbers
ONE = 1 << BITS
STEPS = 24
RANKS = (1e-9, 1e-7, 1e-5)  # singular values taken for zero, one after the other
SETTLED = 1e-40
NEAR = 1e-6  # of the entries of A: an eigenvalue, or u'Av, that may be zero
POSITIVE = 1e-5  # of the largest entry
ROUNDING = 1e-9
MOST = 48  # zeros that are refined together


class Zeros(NamedTuple):
    """Minimal zeros as rows of T (combinations of the rays of a face, Σ = 1) and which of them go together."""

    T: Array
    together: NDArray[np.bool_]


class Refined(NamedTuple):
    """The face of exact rays; how far M (near one) is from it; are all rays rational? And A, to as many digits."""

    face: Face
    left: float
    rational: bool
    cut: Matrix


def minimal(A: Array, R: Array, T: Array, together: NDArray[np.bool_], near: float = NEAR) -> Zeros | None:
    """Minimal zeros of x'Ax on the face of the rays R; T holds points where it may vanish.

    Rays that go together span, with the orthant, a cone L ∩ R^n_+ with L linear. On the support I of a minimal zero of
    that cone, A is semidefinite on L_I = {x ∈ L: x_j = 0 for j outside of I}, with a kernel of dimension one. What is
    below `near` counts as zero.
    """
    G = R @ A @ R.T
    size = float(np.abs(G).max())
    tiny = near * size
    barred = np.where(together, G, 4 * size)
    found: dict[tuple[int, ...], Array] = {}
    for J in cliques(together) or supports_of(barred, T, tiny):
        for I, x in singular_on(A, R[list(J)], tiny):
            t = np.zeros(len(R))
            t[list(J)] = least_squares(R[list(J)].T, x / x.sum())
            if np.linalg.norm(t @ R - x / x.sum()) < 1e-6 and I not in found:
                t[t < ROUNDING] = 0.0  # rays outside of I
                found[I] = t / t.sum()
    if not found or len(found) > MOST:
        return None
    Z = np.array(list(found.values()))
    return Zeros(Z, np.abs(Z @ barred @ Z.T) < 10 * tiny)


def singular_on(A: Array, R: Array, tiny: float) -> Iterator[tuple[tuple[int, ...], Array]]:
    """Supports I and x > 0 on I in the span of the rows of R with x'Ax ≈ 0, no part of I having such an x."""
    _, size, V = np.linalg.svd(R, full_matrices=False)
    L = V[size > 1e-9 * size[0]]
    every = tuple(np.flatnonzero(R.any(axis=0)).tolist())
    if len(L) == len(every):  # all of the orthant there: minors
        for I, u in singular_parts(A, tiny, every):
            x = np.zeros(len(A))
            x[list(I)] = u * np.sign(u.sum())
            if x[list(I)].min() > POSITIVE * x.max():
                yield I, x
        return
    F = L @ A @ L.T
    level: list[tuple[int, ...]] = [()]
    while level:
        definite = set()
        for I in level:
            B = null(L[:, [j for j in every if j not in I]].T)
            value, z = np.linalg.eigh(B.T @ F @ B) if B.shape[1] else (np.array([np.inf]), np.zeros((0, 1)))
            if value[0] > tiny:
                definite.add(I)
            elif value[0] >= -tiny:
                x = L.T @ (B @ z[:, 0])
                x *= np.sign(x.sum())
                if x[list(I)].min() > POSITIVE * x.max():
                    yield I, np.where(np.isin(np.arange(len(x)), I), x, 0.0)
        level = [(*I, j) for I in level if I in definite for j in every if (not I or j > I[-1])
                 and all((*I[:k], *I[k + 1 :], j) in definite for k in range(len(I)))]  # fmt: skip


def null(K: Array) -> Array:
    """An orthonormal basis of {z: Kz = 0}, its columns."""
    if not len(K):
        return np.eye(K.shape[1])
    _, size, V = np.linalg.svd(K)
    return V[int((size > 1e-9).sum()) :].T


def cliques(together: NDArray[np.bool_], most: int = 200) -> list[list[int]]:
    """The maximal sets of rays that go together [BronKerbosch1973]; none if there are more than `most`."""
    near = [set(np.flatnonzero(row).tolist()) - {k} for k, row in enumerate(together)]
    out: list[list[int]] = []

    def grow(chosen: list[int], left: set[int], done: set[int]) -> None:
        if not left and not done:
            out.append(sorted(chosen))
        if not left or len(out) > most:
            return
        pivot = max(left | done, key=lambda k: len(near[k] & left))
        for k in sorted(left - near[pivot]):
            grow([*chosen, k], left & near[k], done & near[k])
            left = left - {k}
            done = done | {k}

    grow([], set(range(len(together))), set())
    return out if len(out) <= most else []


def supports_of(G: Array, T: Array, tiny: float) -> list[list[int]]:
    """The supports of the rows of T at which t'Gt is tiny, no one inside of another."""
    value = np.einsum("ki,ij,kj->k", T, G, T)
    every = {tuple(np.flatnonzero(t > 1e-7).tolist()) for t in T[value < tiny]}
    return [list(I) for I in sorted(every) if not any(set(I) < set(J) for J in every)]


def refined(M: Matrix, scale: Scale, face: Face, zeros: Zeros, A: Array) -> Refined | None:
    """Exact rays near these zeros; None if the steps do not settle.

    The unknowns are C, the t_k (the largest entry of each stays), and A; the equations N = Σ C_kl x_kx_l', x = R't, and
    r'Ax = 0 for the zeros and those rays where that is nearly so. Without A the system would be singular on the
    boundary of the cone, where no change of the x in their supports leaves the plane <A, N> = 0 to first order.
    """
    best: System | None = None
    for least in RANKS:
        work = System.of(M, scale, face, zeros, A)
        if work is None:
            return None
        work.least = least
        for _ in range(STEPS):
            if not work.step():
                break
        if best is None or work.left < best.left:
            best = work
        if best.left < SETTLED:
            break
    return None if best is None else recognised(face, best, scale)


def freed(M: Matrix, scale: Scale, face: Face, zeros: Zeros, A: Array) -> Matrix | None:
    """The matrix near A that vanishes at zeros near these exactly, whatever M is; None if the steps do not settle."""
    work = System.of(M, scale, face, zeros, A, pinned=False)
    if work is None:
        return None
    for _ in range(STEPS):
        if not work.step():
            break
    return work.cut(scale) if work.left < SETTLED else None


class System:
    """The equations in fixed point; `step` solves them linearised in floating point.

    Without `pinned` those of M are left out, and with them the C.
    """

    def __init__(self, target: Any, rays: Any, zeros: Zeros, A: Array, pinned: bool) -> None:
        self.pinned = pinned
        self.target, self.rays, self.together = target, rays, zeros.together.astype(bool)
        self.size = np.array([float(sum(r)) for r in rays])
        self.R = np.array([[float(Fraction(int(c), int(sum(r)))) for c in r] for r in rays])
        n, k = self.R.shape[1], len(zeros.T)
        self.i, self.j = np.tril_indices(n)
        self.weight = np.where(self.i == self.j, 1.0, np.sqrt(2.0))
        self.p, self.q = np.nonzero(np.tril(self.together))
        self.unknown = [(z, int(a)) for z, t in enumerate(zeros.T) for a in np.flatnonzero(t) if a != t.argmax()]
        values = self.R @ A @ (zeros.T @ self.R).T
        # r'Ax = 0 where x + εr and x − εr are on the face, whatever the digits of A; elsewhere by these
        outside = (self.R > 0) @ (zeros.T @ self.R <= POSITIVE / 10).T
        self.tight = np.argwhere(~outside | (np.abs(values) < 20 * NEAR * np.abs(A).max()))
        self.A = fixed(A / np.abs(A).max())
        self.C = np.zeros((k, k), dtype=object)
        if not pinned:
            self.target, self.C[np.diag_indices(k)] = 0 * target, ONE
        self.S = np.zeros((k, len(rays)), dtype=object)
        for z, t in enumerate(zeros.T):
            top, share = t.argmax(), t / self.size
            power = 2.0 ** float(np.rint(np.log2(share[top])))
            self.S[z] = fixed(share * (power / share[top]))
            self.S[z, top] = int(Fraction(power) * ONE)
        self.left, self.least = np.inf, RANKS[0]

    @classmethod
    def of(
        cls, M: Matrix, scale: Scale, face: Face, zeros: Zeros, A: Array, pinned: bool = True
    ) -> System | None:
        """In units where the diagonal of M is near one and D is integral."""
        D = whole_scale(scale)
        N = [[v * p * q for v, q in zip(row, D, strict=True)] for row, p in zip(M, D, strict=True)]
        largest = max(v for row in N for v in row)
        target = np.array([[int(v / largest * ONE) for v in row] for row in N], dtype=object)
        rays = np.array([[c * q for c, q in zip(r, D, strict=True)] for r in face.rays], dtype=object)
        kept = used(zeros, face.floats(scale.d)[0], scale.N) if pinned else zeros
        return cls(target, rays, kept, A, pinned) if len(kept.T) else None

    def cut(self, scale: Scale) -> Matrix:
        """A in the units of M."""
        D = whole_scale(scale)
        return [[Fraction(int(v) * p * q, ONE) for v, q in zip(row, D, strict=True)]
                for row, p in zip(self.A, D, strict=True)]  # fmt: skip

    def step(self) -> bool:
        """One of Newton's steps; False where nothing is left, or nothing changes."""
        x_whole = self.S @ self.rays
        rest = self.target - ((x_whole.T @ ((self.C @ x_whole) >> BITS)) >> BITS) * self.pinned
        image = (self.A @ x_whole.T) >> BITS
        off = [-(int(self.rays[a] @ image[:, z]) // int(sum(self.rays[a]))) for a, z in self.tight]
        most = max(max(abs(int(v)) for v in rest.flat), max((abs(v) for v in off), default=0))
        shift = max(0, BITS - most.bit_length())
        self.left = most / ONE

        if shift > BITS - 30 or not self.left < 1e3:
            return False
        e = np.r_[floats(rest, shift)[self.i, self.j] * self.weight, [float(Fraction(v << shift, ONE)) for v in off]]
        K = self.jacobian(floats(x_whole, 0), floats(self.C, 0), floats(self.A, 0))
        P, U = len(self.p), len(self.unknown)
        if not self.pinned:
            e[: len(self.i)], K[: len(self.i)], K[:, :P] = 0.0, 0.0, 0.0
        norm = np.linalg.norm(K, axis=0)
        norm[norm < 1e-14 * norm.max()] = np.inf  # entries of A outside of the pattern stay as they are
        z = np.linalg.lstsq(K / norm, e, rcond=self.least)[0] / norm
        d = [int(Fraction(float(v)) * ONE) >> shift for v in z]
        for v, a, b in zip(d, self.p, self.q, strict=False):
            self.C[a, b] += v
            self.C[b, a] = self.C[a, b]
        for v, (k, a) in zip(d[P:], self.unknown, strict=False):
            self.S[k, a] += v
        for v, a, b in zip(d[P + U :], self.i, self.j, strict=False):
            self.A[a, b] += v
            self.A[b, a] = self.A[a, b]
        return True

    def jacobian(self, X: Array, C: Array, A: Array) -> Array:
        """Columns for C, for the entries of the t, for A (until C is known for C alone)."""
        i, j, R = self.i, self.j, self.R
        P = [(np.outer(X[a], X[b]) + np.outer(X[b], X[a])) * (0.5 if a == b else 1.0)
             for a, b in zip(self.p, self.q, strict=True)]  # fmt: skip
        rows = [np.r_[m[i, j] * self.weight, np.zeros(len(self.tight))] for m in P]
        if C.any():
            Y = C @ X
            for k, a in self.unknown:
                r = R[a] * self.size[a]
                m = np.outer(r, Y[k]) + np.outer(Y[k], r)
                change = np.where(self.tight[:, 1] == k, R[self.tight[:, 0]] @ A @ r, 0.0)
                rows.append(np.r_[m[i, j] * self.weight, change])
            a, z = R[self.tight[:, 0]], X[self.tight[:, 1]]
            both = a[:, i] * z[:, j] + np.where(i == j, 0.0, a[:, j] * z[:, i])
            rows += [np.r_[np.zeros(len(i)), column] for column in both.T]
        return np.array(rows).T


def whole_scale(scale: Scale) -> list[int]:
    """D/min D."""
    return [int(v) for v in scale.d / scale.d.min()]


def fixed(A: Array) -> Any:
    """In fixed point."""
    out = np.zeros(A.shape, dtype=object)
    for at, v in np.ndenumerate(A):
        out[at] = int(Fraction(float(v)) * ONE)
    return out


def floats(A: Any, shift: int) -> Array:
    """2^shift times the numbers in fixed point."""
    out = np.zeros(A.shape)
    for at, v in np.ndenumerate(A):
        out[at] = float(Fraction(int(v) << shift, ONE))
    return out


def used(zeros: Zeros, R: Array, N: Array) -> Zeros:
    """Those with a part in N = Σ C uu' (least squares)."""
    i, j = np.tril_indices(len(N))
    weight = np.where(i == j, 1.0, np.sqrt(2.0))
    X = zeros.T @ R
    p, q = np.nonzero(np.tril(zeros.together))
    K = (X[p][:, i] * X[q][:, j] + X[q][:, i] * X[p][:, j]) / 2 * weight
    norm = np.linalg.norm(K, axis=1)
    if not len(norm):
        return zeros
    c = np.abs(np.linalg.lstsq((K / norm[:, None]).T, N[i, j] * weight, rcond=1e-9)[0])
    keep = np.zeros(len(X), dtype=bool)
    keep[p[c > 1e-6 * c.max()]] = True
    keep[q[c > 1e-6 * c.max()]] = True
    return Zeros(zeros.T[keep], zeros.together[np.ix_(keep, keep)])


def recognised(face: Face, work: System, scale: Scale) -> Refined:
    """Rays with rational ratios, recognised as finely as they can be; else rounded to sixty bits.

    `left` tells whether they are those of M itself: a coarse match is a guess about a matrix near M.
    """
    n = len(work.target)
    D = whole_scale(scale)
    cut = work.cut(scale)
    points = work.S @ work.rays // np.array(D, dtype=object)
    for bits in (BITS - 60, 90, 44, 37, 30, 23):
        error = Fraction(1, 2**bits)
        if error < work.left * 2:
            continue
        rays = []
        for x in points:
            if max(x) <= 0:
                break
            shares = [Fraction(int(v), int(max(x))) for v in x]
            simple = [simplest(v, error * v) if v > error else Fraction(0) for v in shares]
            if any(s.numerator * s.denominator * error > Fraction(1, 100) for s in simple):
                break
            rays.append(exact.primitive(simple))
        else:
            left = work.left if bits > 80 else max(work.left, float(error))
            return Refined(Face(rays, work.together), left, True, cut)
    # on the face exactly: rounded as combinations of its rays
    tiny = max(work.left, 2.0**-70)
    good = [k for k, x in enumerate(points) if max(x) > ONE >> 20]
    rays = []
    for t in work.S[good]:
        w = [int(v) >> (BITS - 70) if v > tiny * max(t) else 0 for v in t]
        rays.append(exact.primitive([sum(c * r[i] for c, r in zip(w, face.rays, strict=True) if c) for i in range(n)]))
    return Refined(Face(rays, work.together[np.ix_(good, good)]), work.left, False, cut)


def simplest(v: Fraction, error: Fraction) -> Fraction:
    """The fraction with the least denominator within `error` of v.

    >>> simplest(Fraction(3333, 10000), Fraction(1, 1000))
    Fraction(1, 3)
    """
    return simplest_between(v - error, v + error) if v > error else Fraction(0)


def simplest_between(low: Fraction, high: Fraction) -> Fraction:
    """The fraction with the least denominator in [low, high], 0 < low."""
    terms = []
    while (whole := -(-low.numerator // low.denominator)) > high:
        floor = low.numerator // low.denominator
        terms.append(floor)
        low, high = 1 / (high - floor), 1 / (low - floor)
    out = Fraction(whole)
    for floor in reversed(terms):
        out = floor + 1 / out
    return out
