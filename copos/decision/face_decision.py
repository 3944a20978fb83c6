"""Complete positivity on the boundary: facial reduction until a factor or a separator is found.

M is on the boundary if some copositive A ≠ 0 has <A, M> = 0. Then the columns of all factors are zeros of A. So: how
far inside of its face is M (`face_program`)? Inside: weights (`face_factor`). Outside: a separator on the face, lifted
to the orthant (`face_separator`). Between: the exact zeros of the dual matrix (`face_zeros`) are the next face. Nothing
of this needs to be right to be believed: a factor and a separator are checked exactly.
"""

from __future__ import annotations

import time
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from copos.arithmetic import exact
from copos.decision import face_beside, face_factor, face_program, face_separator, face_zeros, separate
from copos.decision.face import Face, Scale
from copos.decision.face_beside import NEARS, unique
from copos.decision.face_program import Middle
from copos.decision.face_zeros import Refined
from copos.decision.factor import Factor, Matrix
from copos.decision.separate import Separator

DEPTH = 6  # reductions of the face
SLIGHT = 1e-9  # t below which M may be on the boundary
OUTSIDE = 1e-13  # −<A, N> that rounding does not make: then a separator is worth an exact decision
SETTLED = 2.0**-150  # of an equation in fixed point
BESIDE = 1e-2  # from a face that M is compared with
TILTS = 2
TILT = 1e-4  # relative to the entries of N
BITS = (5, 12, 24, 40)  # of rounded atoms


Trail = list[tuple[face_separator.Chain, Refined]]  # faces, with those around them


def decided(M: Matrix, rng: np.random.Generator, deadline: float | None = None) -> Factor | Separator | str:
    """A factor, a separator, or words on why there is neither."""
    face = Face.of(M)
    if face is None:
        return "its range meets the orthant in too many rays"
    for other in face_beside.simple(M):
        found = beside(M, Scale.of(M), face, other, rng, deadline)
        if found is not None:
            return found
    return Reduction(M, Scale.of(M), rng, deadline, []).on(face, first_cut(M))


def beside(
    M: Matrix, scale: Scale, face: Face, other: Matrix, rng: np.random.Generator, deadline: float | None
) -> Factor | Separator | None:
    """Evidence about M from the faces of another matrix, very near, and from its factor."""
    start = Face.of(other)
    if start is None:
        return None
    trail: Trail = []
    found = Reduction(other, Scale.of(other), rng, deadline, trail).on(start, first_cut(other))
    if isinstance(found, Factor):
        factor = face_beside.from_factor(M, scale, face, found.complete(other), rng)
        if factor is not None:
            return factor
    elif isinstance(found, tuple):
        return separate.certified(M, found[0], deadline)
    for chain, fine in trail:
        got = face_beside.near(M, scale, face, fine, [], chain, rng, deadline)
        if not isinstance(got, str):
            return got
    return None


class Reduction(NamedTuple):
    """Facial reduction of M: what does not change from face to face."""

    M: Matrix
    scale: Scale
    rng: np.random.Generator
    deadline: float | None
    trail: Trail

    def on(self, face: Face, chain: face_separator.Chain, depth: int = 0) -> Factor | Separator | str:
        """Evidence from this face or one inside of it; `chain` has the faces around it."""
        if depth == DEPTH:
            return "its face was reduced again and again"
        words = "the linear programs on its face fail"
        for found in face_program.approach(self.scale, face, self.rng, self.deadline):
            got = self.evidence(face, chain, found)
            if got is None:
                fine = zeros_of(self.M, self.scale, face, found) if found.spans else None
                got = fine if fine is not None and settled(fine) else self.otherwise(face, chain, found, fine)
            if isinstance(got, Refined):
                self.trail.append((chain, got))
                cut = face_separator.exposing(self.scale, face, got.face.rays, got.cut)
                got = self.on(got.face, [*chain, (face, cut)], depth + 1)
            if got is not None and not isinstance(got, str):
                return got
            words = got or words
            if self.deadline is not None and time.monotonic() > self.deadline:
                return "time limit"
        return words

    def evidence(self, face: Face, chain: face_separator.Chain, found: Middle) -> Factor | Separator | None:
        """A factor if M is well inside of the face, a separator if it is outside."""
        M, scale, rng, deadline, _ = self
        if found.spans and found.t > SLIGHT:
            factor = inside(M, scale, face, found, rng) or slightly(M, scale, face, found, rng)
            if factor is not None:
                return factor
        if found.value < -OUTSIDE:
            got = face_separator.separator(M, scale, chain, found.A, -found.value / float(scale.N.sum()), rng, deadline)
            if got is not None:
                return got
        return None

    def otherwise(
        self, face: Face, chain: face_separator.Chain, found: Middle, fine: Refined | None
    ) -> Factor | Separator | Refined | str:
        """Where the dual matrix has no exact zeros: another one, or M is beside its face."""
        if not found.spans:
            return "outside of the span of its face, but not separated"
        if found.last and found.value < SLIGHT:
            got = face_beside.outside(self.M, self.scale, face, found, chain, self.rng, self.deadline)
            if got is not None:
                return got
            if fine is not None and fine.left <= SETTLED:  # irrational rays: M may still be separated inside of them
                inner = self.on(fine.face, [*chain, (face, fine.cut)], len(chain) + 1)
                if not isinstance(inner, str):
                    return inner
        other = tilted(self.M, self.scale, face, self.rng, self.deadline) if found.last else None
        if other is not None:
            return other
        if fine is None or fine.left > BESIDE:
            return "the zeros of the matrix that cuts out its face were not found"
        _, size = face.floats(self.scale.d)
        atoms = [face.atom(t, size, 44) for t, w in zip(found.T, found.λ, strict=True) if w > 0]
        return face_beside.near(self.M, self.scale, face, fine, unique(atoms), chain, self.rng, self.deadline)


def settled(fine: Refined) -> bool:
    """Is M on the face to all digits, and are its rays known?"""
    return fine.left <= SETTLED and fine.rational


def zeros_of(M: Matrix, scale: Scale, face: Face, found: Middle) -> Refined | None:
    """The face that the dual matrix cuts out, refined; of several guesses the first that settles, else the nearest."""
    R, _ = face.floats(scale.d)
    best: Refined | None = None
    sizes = set()
    for near in NEARS:
        zeros = face_zeros.minimal(found.A, R, found.T, face.together, near)
        if zeros is None or (size := (len(zeros.T), int(zeros.together.sum()))) in sizes:
            continue
        sizes.add(size)
        fine = face_zeros.refined(M, scale, face, zeros, found.A)
        if fine is not None and (best is None or fine.left < best.left):
            best = fine
        if best is not None and settled(best):
            break
    return best


def tilted(M: Matrix, scale: Scale, face: Face, rng: np.random.Generator, deadline: float | None) -> Refined | None:
    """An exact face of M by the dual matrix of N + small.

    That is an extreme one, where many matrices cut out faces of M and the middle of them need not be rational.
    """
    R, _ = face.floats(scale.d)
    for _ in range(TILTS):
        w = rng.exponential(size=len(R))
        C = np.where(face.together, rng.exponential(size=face.together.shape), 0.0) + np.diag(w)
        S = R.T @ (C + C.T) @ R
        found = face_program.middle(scale._replace(N=scale.N + TILT * S / S.max()), face, rng, deadline, fully=True)
        if found is None or not found.spans:
            return None
        fine = zeros_of(M, scale, face, found)
        if fine is not None and settled(fine):
            return fine
    return None


def first_cut(M: Matrix) -> face_separator.Chain:
    """The cut by kernel and zero pattern, if there is one."""
    n = len(M)
    kernel = [exact.primitive(v) for v in exact.null_space(M)]
    K = [[Fraction(sum(f[i] * f[j] for f in kernel)) for j in range(n)] for i in range(n)]
    size = max((abs(v) for row in K for v in row), default=Fraction(0)) or Fraction(1)
    K = [[v + size * int(M[i][j] == 0) for j, v in enumerate(row)] for i, row in enumerate(K)]
    if not any(v for row in K for v in row):
        return []
    every = Face([[int(i == j) for j in range(n)] for i in range(n)], np.ones((n, n), dtype=bool))
    return [(every, K)]


def inside(M: Matrix, scale: Scale, face: Face, found: Middle, rng: np.random.Generator) -> Factor | None:
    """Exact weights of rounded atoms; the coarser they are, the shorter the factor's numbers."""
    _, size = face.floats(scale.d)
    for bits in BITS:
        if bits > 5 and found.t < 2.0 ** (-bits - 8):
            continue
        atoms = unique(face.atom(t, size, bits) for t in found.T)
        terms = face_factor.weighted(M, scale, atoms, rng)
        if terms is not None:
            return Factor(terms, len(M))
    return None


def slightly(M: Matrix, scale: Scale, face: Face, found: Middle, rng: np.random.Generator) -> Factor | None:
    """Weights for N − tW/2 in floating point, and what is left, about tW/2, in its own units.

    Both ends of the program are known to its tolerance only: t is the smaller one.
    """
    R, size = face.floats(scale.d)
    a, b = np.nonzero(np.triu(face.together, 1))
    T = np.vstack([np.eye(len(R)), (np.eye(len(R))[a] + np.eye(len(R))[b]) / 2])
    X = T @ R
    W = X.T @ X / len(X)
    atoms = unique(face.atom(t, size, 44) for t in found.T)
    others = unique(face.atom(t, size, 24) for t in T)
    terms = face_factor.corrected(M, scale, atoms, others, rng, scale.N - min(found.t, found.value) / 2 * W)
    return None if terms is None else Factor(terms, len(M))
