"""The cp-rank on a face that is known exactly: that of a smaller or sparser matrix.

If every column of every factor of M is U't, t ≥ 0, and M = Σ C_kl u_ku_l' determines C, then M = BB' means B = U'T and
C = TT': the factors of M are those of C, and both have the same cp-rank. Where no two rays go together C is
diagonal, and the cp-rank is the number of rays in use.

Numerics propose the faces, and here each one is proved: a matrix A with <A, M> = 0 whose form is copositive on each
clique of the rays known so far makes the columns combinations of its minimal zeros there [Hildebrand2014].
"""

from __future__ import annotations

import time
from fractions import Fraction
from itertools import combinations
from typing import NamedTuple

import numpy as np

from copos.arithmetic import exact, zeros
from copos.decision import face_beside, face_decision, face_program, face_separator, face_zeros
from copos.decision.decide import copositive
from copos.decision.face import Face, Scale, pairs
from copos.decision.factor import Matrix, Term

SIZE = 14  # order up to which all supports are tried
CASES = 2000  # sets of rays that are tried


class Proved(NamedTuple):
    """A face with the matrix that cuts it out of the one before."""

    face: Face
    cut: Matrix


def faces(M: Matrix, rng: np.random.Generator, deadline: float | None = None) -> list[Proved]:
    """Proved faces that have M, each inside of the one before; the first is cut out by kernel and zero pattern."""
    face, scale, cut = Face.of(M), Scale.of(M), kernel_cut(M)
    if face is None or len(M) > SIZE or not certain(cut):
        return []
    found = [Proved(face, cut)]
    for _ in range(face_decision.DEPTH):
        smaller = next_face(M, scale, found[-1].face, rng, deadline)
        if smaller is None:
            return found
        found.append(smaller)
    return found


def kernel_cut(M: Matrix) -> Matrix:
    """The matrix whose zeros are the rays of `Face.of(M)`."""
    chain = face_decision.first_cut(M)
    n = len(M)
    return chain[0][1] if chain else [[Fraction(int(i == j)) for j in range(n)] for i in range(n)]


def next_face(
    M: Matrix, scale: Scale, face: Face, rng: np.random.Generator, deadline: float | None
) -> Proved | None:
    """A proved smaller face; None if M seems to be inside of this one, or no exact matrix cuts out another."""
    for found in face_program.approach(scale, face, rng, deadline):
        if not found.spans or found.t > face_decision.SLIGHT:
            return None
        fine = face_decision.zeros_of(M, scale, face, found)
        if fine is not None and face_decision.settled(fine):
            cut = face_separator.exposing(scale, face, fine.face.rays, fine.cut)
            got = cut_out(M, face, cut, deadline)
            if got is not None:
                return Proved(got, cut)
        if deadline is not None and time.monotonic() > deadline:
            return None
    return None


def cut_out(M: Matrix, face: Face, A: Matrix, deadline: float | None = None) -> Face | None:
    """The face of the zeros of x'Ax on this one, all steps exact; None if one of them is not proved."""
    if face_beside.inner(A, M) != 0:
        return None
    parts = face_zeros.cliques(face.together)
    if not parts or max(map(len, parts)) > SIZE:
        return None
    at: dict[tuple[int, ...], int] = {}
    near: set[tuple[int, int]] = set()
    for J in parts:
        R = [face.rays[k] for k in J]
        G = form_on(A, R)
        if not certain(G) or copositive(G, deadline).answer is not True:
            return None
        found = zeros.minimal_zeros(G)
        place = []
        for t in found:
            x = exact.primitive([sum(c * r[i] for c, r in zip(t, R, strict=True)) for i in range(len(M))])
            place.append(at.setdefault(tuple(x), len(at)))
        near |= {(place[k], place[l]) for k, l in zeros.compatible(G, found)}
    return Face([list(x) for x in at], pairs(near, len(at)))


def form_on(A: Matrix, R: list[list[int]]) -> Matrix:
    """RAR' of rays as rows."""
    images = [[sum((a * c for a, c in zip(row, r, strict=True)), Fraction(0)) for row in A] for r in R]
    return [[sum((a * c for a, c in zip(v, r, strict=True)), Fraction(0)) for v in images] for r in R]


def certain(A: Matrix) -> bool:
    """Does `minimal_zeros` miss nothing? Its floating look must call no part singular that is not."""
    n, size = len(A), max(abs(v) for row in A for v in row)
    if n > SIZE:
        return False
    if not size:
        return True
    F = np.array([[float(v / size) for v in row] for row in A])
    return all(exact.null_space([[A[i][j] for j in I] for i in I]) for I, _ in zeros.singular_parts(F, zeros.SHARP))


def coordinates(M: Matrix, face: Face) -> tuple[list[list[int]], Matrix] | None:
    """Rays in use and C, if M = Σ C_kl u_ku_l' determines it."""
    k, n = len(face.rays), len(M)
    at = [(a, b) for a in range(k) for b in range(a + 1) if face.together[a, b]]
    U = face.rays
    rows = [[*(Fraction(U[a][i] * U[b][j] + (U[b][i] * U[a][j] if a != b else 0)) for a, b in at), M[i][j]]
            for i in range(n) for j in range(i + 1)]  # fmt: skip
    R, pivots = exact.reduced(rows)
    if pivots != list(range(len(at))):  # dependent, or M is not in the span
        return None
    value = dict(zip(at, (row[-1] for row in R), strict=True))
    used = [a for a in range(k) if value[a, a]]
    C = [[value.get((max(a, b), min(a, b)), Fraction(0)) for b in used] for a in used]
    return [U[a] for a in used], C


def lifted(terms: list[Term], rays: list[list[int]]) -> list[Term]:
    """Terms of C as terms of M."""
    return [(w, [sum(c * u[i] for c, u in zip(t, rays, strict=True)) for i in range(len(rays[0]))]) for w, t in terms]


def fewest(M: Matrix, rays: list[list[int]]) -> list[Term] | None:
    """The fewest terms w·uu' with u among finitely many rays; None if there are too many sets to try, or no solution.

    A shortest solution has independent uu'; so it is enough to leave out as many rays as the null space has
    dimensions, which leaves one candidate.
    """
    n = len(M)
    rows = [[*(Fraction(u[i] * u[j]) for u in rays), M[i][j]] for i in range(n) for j in range(i + 1)]
    rows, pivots = exact.reduced(rows)
    if len(rays) in pivots:
        return None
    k, d = len(rays), len(rays) - len(pivots)
    best: list[Term] | None = None
    for count, out in enumerate(combinations(range(k), d)):
        if count >= CASES:
            return None
        kept = [c for c in range(k) if c not in out]
        R, at = exact.reduced([[*(row[c] for c in kept), row[-1]] for row in rows])
        if at != list(range(len(kept))):  # others can be left out as well: another set does that
            continue
        w = [row[-1] for row in R]
        terms = [(v, rays[c]) for v, c in zip(w, kept, strict=True) if v]
        if min(w, default=0) >= 0 and (best is None or len(terms) < len(best)):
            best = terms
    return best
