"""M beside a face, by less than linear programs in floating point see: factors and separators from the face itself.

The face is that of a matrix near M: what Newton's steps end at, or the simplest rational matrix that is so near. Rays
and the matrix that cuts them out are exact; M's distance from it is the unit of what is left to solve.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

import numpy as np

from copos.arithmetic import exact
from copos.decision import face_factor, face_separator, face_zeros, separate
from copos.decision.face import Face, Ray, Scale
from copos.decision.face_program import Middle
from copos.decision.face_zeros import Refined, simplest
from copos.decision.factor import Factor, Matrix, Term
from copos.decision.separate import Separator

STEPS = (64, 2**14)  # moves of zeros are so small a part of them: what they add of second order is as small again
BITS = (44, 37, 30, 23, 16)  # distances at which simple matrices are looked for
NEARS = (1e-5, 1e-6, 1e-4)  # what may be zero in a rounded dual matrix
RARE = Fraction(1, 10)  # of the distance times numerator and denominator: then no accident


def simple(M: Matrix) -> Iterator[Matrix]:
    """Matrices of fractions far simpler than their distance from M explains: M may be one of them, perturbed.

    >>> M = [[Fraction(2, 3), Fraction(1, 2)], [Fraction(1, 2), 1 + Fraction(1, 10**9)]]
    >>> [[str(v) for v in row] for row in next(simple(M))]
    [['2/3', '1/2'], ['1/2', '1']]
    """
    size = max(abs(v) for row in M for v in row)
    seen = [M]
    for bits in BITS:
        error = size / 2**bits
        near = [[Fraction(0) if abs(v) <= error else simplest(v, error) for v in row] for row in M]
        top = max(abs(v) for row in near for v in row)
        if near in seen or not top:
            continue
        seen.append(near)
        shares = [abs(v / top) for row in near for v in row]
        if max(s.numerator * s.denominator for s in shares) < RARE * 2**bits:
            yield near


def near(
    M: Matrix, scale: Scale, face: Face, fine: Refined, atoms: list[Ray], chain: face_separator.Chain,
    rng: np.random.Generator, deadline: float | None,
) -> Factor | Separator | str:  # fmt: skip
    """Outside by the matrix that cuts the smaller face out, or inside by zeros, `atoms` and what else `face` has."""
    cut = face_separator.exposing(scale, face, fine.face.rays, fine.cut) if fine.rational else fine.cut
    value = inner(cut, M)
    if value < 0:
        got = separate.certified(M, cut, deadline) if fine.rational and not chain else None
        if got is None:
            A = np.array([[float(v) for v in row] for row in cut]) / np.outer(scale.d, scale.d)
            room = float(-value / scale.largest) / float(scale.N.sum())
            got = face_separator.separator(M, scale, chain, A, room, rng, deadline)
        if got is not None:
            return got
    zeros = fine.face
    if not zeros.rays:
        return "the zeros of the matrix that cuts out its face were not found"
    a, b = np.nonzero(np.tril(zeros.together, -1))
    sums = [added(zeros.rays[p], zeros.rays[q]) for p, q in zip(a, b, strict=True)]
    factor = within(M, scale, face, [*zeros.rays, *sums], atoms, rng)
    return "beside a face whose factors do not reach it" if factor is None else factor


def outside(
    M: Matrix, scale: Scale, face: Face, found: Middle, chain: face_separator.Chain,
    rng: np.random.Generator, deadline: float | None,
) -> Separator | None:  # fmt: skip
    """By the matrix near the dual one that has zeros where that nearly has: <A, M> without the digits that it lacks."""
    R, _ = face.floats(scale.d)
    seen = set()
    for tiny in NEARS:
        zeros = face_zeros.minimal(found.A, R, found.T, face.together, tiny)
        if zeros is None or len(zeros.T) in seen:
            continue
        seen.add(len(zeros.T))
        cut = face_zeros.freed(M, scale, face, zeros, found.A)
        value = Fraction(0) if cut is None else inner(cut, M)
        if cut is not None and value < 0:
            A = np.array([[float(v) for v in row] for row in cut]) / np.outer(scale.d, scale.d)
            room = float(-value / scale.largest) / float(scale.N.sum())
            got = face_separator.separator(M, scale, chain, A, room, rng, deadline)
            if got is not None:
                return got
    return None


def within(
    M: Matrix, scale: Scale, face: Face, zeros: list[Ray], atoms: list[Ray], rng: np.random.Generator
) -> Factor | None:
    """A factor with columns at and around the zeros, the `atoms`, and a little of all rays of the face."""
    every = unique([*zeros, *(x for u in zeros for x in moved(u, face)), *atoms])
    terms = face_factor.corrected(M, scale, every, beyond(face, every), rng)
    return None if terms is None else Factor(terms, len(M))


def from_factor(M: Matrix, scale: Scale, face: Face, near: list[Term], rng: np.random.Generator) -> Factor | None:
    """A factor from one of a matrix very near."""
    columns = [x for _, x in near]
    every = unique([*columns, *(x for u in columns for x in moved(u, face))])
    weights = dict.fromkeys(map(tuple, every), Fraction(0))
    for w, x in near:
        least = exact.primitive(x)
        weights[tuple(least)] += w * Fraction(max(x), max(least)) ** 2
    start = [(weights[tuple(x)], x) for x in every]
    terms = face_factor.changed(M, scale, start, beyond(face, every), rng)
    return None if terms is None else Factor(terms, len(M))


def beyond(face: Face, atoms: list[Ray]) -> list[Ray]:
    """The rays of the face and sums of two that go together, without the atoms."""
    used = {tuple(x) for x in atoms}
    a, b = np.nonzero(np.triu(face.together))
    others = unique(added(face.rays[p], face.rays[q]) for p, q in zip(a, b, strict=True))
    return [x for x in others if tuple(x) not in used]


def moved(u: Ray, face: Face) -> Iterator[Ray]:
    """u ± hr for the rays r of the face in the support of u: to first order, these are the changes of uu' on A^⊥."""
    for r in face.rays:
        if any(c and not v for c, v in zip(r, u, strict=True)):
            continue
        size = Fraction(sum(u), sum(r))
        most = min(Fraction(v, 2 * c) for c, v in zip(r, u, strict=True) if c)
        for step in STEPS:
            yield exact.primitive([v + size / step * c for c, v in zip(r, u, strict=True)])
            back = [v - min(most, size / step) * c for c, v in zip(r, u, strict=True)]
            if any(back):
                yield exact.primitive(back)


def inner(A: Matrix, M: Matrix) -> Fraction:
    """<A, M>."""
    return sum((a * m for p, q in zip(A, M, strict=True) for a, m in zip(p, q, strict=True)), Fraction(0))


def added(u: Ray, v: Ray) -> Ray:
    """u + v."""
    return [a + b for a, b in zip(u, v, strict=True)]


def unique(atoms: Iterable[Ray | None]) -> list[Ray]:
    """Without repetition, up to factors."""
    seen: dict[tuple[int, ...], None] = {}
    for x in atoms:
        if x is not None and any(x):
            seen[tuple(exact.primitive(x))] = None
    return [list(x) for x in seen]
