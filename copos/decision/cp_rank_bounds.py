"""The cp-rank of a completely positive matrix between proved bounds, with a factor of few columns."""

from __future__ import annotations

import time
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from copos.certificate import Certificate
from copos.decision import cp_rank_face, cp_rank_graph, cp_rank_proof, face_beside, factor
from copos.decision.complete_positivity import CompletePositivity, is_completely_positive
from copos.decision.cp_rank_graph import Range
from copos.decision.decide import read
from copos.decision.factor import Matrix, Term
from copos.decision.fewer_terms import fewer, total
from copos.support.looks import cut, html_table
from copos.support.options import seconds as limit
from copos.support.threads import on_one_blas_thread

FACES = 12  # order up to which faces are looked for
SHORTENED = 24  # order up to which dependencies among the columns are


@dataclass(frozen=True)
class CPRank:
    """lower ≤ cp-rank ≤ upper.

    Attributes
    ----------
    lower, upper : proved, except for the theorems that `why_upper` names; upper ≤ number of terms of `factor`
    why_lower, why_upper : for each connected part of the graph of M, what gives the bound
    factor : pairs (w, b) with M = Σ w bb' exactly, w > 0 rational and b ≥ 0 integer: the fewest that were found.
        It may have more terms than `upper`, where a theorem says that there is one with fewer.
    decision : complete positivity with its certificate; `factor` is about `decision.decided`
    certificate : every factor has that many columns, for the checker: `certificate.proof["value"]` of them. That is
        `lower` but where the rays of a face depend on each other; None for M = 0.
    seconds : wall time
    """

    lower: int
    upper: int
    why_lower: tuple[str, ...]
    why_upper: tuple[str, ...]
    factor: tuple[tuple[Fraction, tuple[int, ...]], ...]
    decision: CompletePositivity
    certificate: Certificate | None = None
    seconds: float = 0.0

    @property
    def value(self) -> int | None:
        """The cp-rank, if the bounds agree."""
        return self.lower if self.lower == self.upper else None

    def __repr__(self) -> str:
        why = cut("; ".join(self.why_lower), 100)
        return f"CPRank({self.lower} to {self.upper}, factor with {len(self.factor)} columns, lower by {why!r})"

    def _repr_html_(self) -> str:
        return html_table("CPRank", [(k, v) for k, v in vars(self).items() if k not in ("decision", "certificate")])

    def columns(self) -> np.ndarray:
        """B ≥ 0 with BB' ≈ M in floating point, the columns √w·b of `factor`."""
        return np.array([[float(c) * float(w) ** 0.5 for c in b] for w, b in self.factor]).reshape(
            len(self.factor), len(self.decision.decided)).T  # fmt: skip


@on_one_blas_thread
def cp_rank(M: Any, time_limit: float | None = None, seed: int = 0) -> CPRank:
    """min {k : M = BB', B ≥ 0 with k columns} between proved bounds.

    Lower: the rank, edges of the graph no two of which lie in one clique, and both for the matrix C of a proved face
    on which M = Σ C_kl u_ku_l' determines it (diagonal where no rays go together: the number of rays in use). Upper:
    the fewest columns found, r(r + 1)/2 − 1 for rank r ≥ 2, 4 and 6 at orders 4 and 5. Both agree for rank ≤ 2,
    order ≤ 3, and graphs without triangles.

    Parameters
    ----------
    M : (n, n) completely positive matrix of integers, Fractions, "p/q" strings or floats (at their dyadic values)
    time_limit : seconds
    seed : of the numerical searches

    Raises
    ------
    ValueError
        If M is not completely positive, or if that was not decided; if M is not a symmetric matrix of finite numbers.

    References
    ----------
    [DrewJohnsonLoewy1994]: graphs without triangles. [BarioliBerman2003]: r(r + 1)/2 − 1. [MaxfieldMinc1962]: order 4.
    [ShakedMondererBomzeJarreSchachinger2013]: order 5. [Hildebrand2014]: zeros of copositive matrices.

    Examples
    --------
    The complete bipartite graph K_{3,3} has nine edges and no triangle:

    >>> K33 = [[3 if i == j else int((i < 3) != (j < 3)) for j in range(6)] for i in range(6)]
    >>> found = cp_rank(K33)
    >>> found.lower, found.upper, len(found.factor), found.why_lower
    (9, 9, 9, ('9 edges, no two in one clique',))
    >>> found.certificate.proof["value"], found.certificate.verify().proved
    (9, True)
    """
    start = time.perf_counter()
    time_limit = limit(time_limit)
    deadline = None if time_limit is None else time.monotonic() + time_limit
    found = is_completely_positive(M, time_limit=time_limit, seed=seed)
    if found.factor is None:
        what = "undecided" if found.answer is None else "not completely positive"
        raise ValueError(f"the cp-rank of a matrix that is {what}: {found.reason}")
    rng, F = np.random.default_rng(seed), read(M)
    terms: list[Term] = []
    ranges, cuts = [], []
    for part in cp_rank_graph.parts(F):
        inside = set(part)
        own = [(w, [b[i] for i in part]) for w, b in found.factor if any(b[i] for i in inside)]
        one, short, faces = part_of([[F[i][j] for j in part] for i in part], own, rng, deadline)
        ranges.append(one)
        cuts += [spread(A, part, len(F)) for A in faces]
        for w, b in short:
            whole = [0] * len(F)
            for i, c in zip(part, b, strict=True):
                whole[i] = c
            terms.append((w, whole))
    assert total(terms, len(F)) == F
    return CPRank(
        sum(r.below for r in ranges), sum(r.above for r in ranges),
        tuple(r.why_below for r in ranges), tuple(r.why_above for r in ranges),
        tuple((w, tuple(b)) for w, b in terms), found, cp_rank_proof.certificate(F, cuts, deadline),
        time.perf_counter() - start,
    )  # fmt: skip


def spread(A: Matrix, at: list[int], n: int) -> Matrix:
    """A at these rows and columns of a zero matrix."""
    out = [[Fraction(0)] * n for _ in range(n)]
    for i, row in zip(at, A, strict=True):
        for j, v in zip(at, row, strict=True):
            out[i][j] = v
    return out


def part_of(
    M: Matrix, terms: list[Term], rng: np.random.Generator, deadline: float | None
) -> tuple[Range, list[Term], list[Matrix]]:
    """Bounds for a connected part, its shortest factor, and the matrices that cut out the faces used."""
    n = len(M)
    free = factor.triangle_free(M)
    short = shorter(terms, n) if free is None or free[0] is None else cp_rank_graph.few(M, free[0])
    best = counted(cp_rank_graph.bounds(M), short)
    if best.below == best.above == len(short) or n > FACES:
        return best, short, []
    tried = factor.eliminate(M, deadline=deadline)
    if tried is not None and len(tried) < len(short):
        short = shorter(tried, n)
        best = counted(best, short)
    if best.below == best.above:
        return best, short, []
    faces = cp_rank_face.faces(M, rng, deadline)
    for face, _ in reversed(faces):
        got, other = on_face(M, face)
        if other is not None and len(other) < len(short):
            short = other
        best = counted(both(best, got), short) if got is not None else counted(best, short)
        if best.below == best.above:
            break
    return best, short, [cut for _, cut in faces if face_beside.inner(cut, M) == 0]


def on_face(M: Matrix, face: cp_rank_face.Face) -> tuple[Range | None, list[Term] | None]:
    """Bounds and a factor by the rays of a proved face, if they say something."""
    if not np.triu(face.together, 1).any():
        terms = cp_rank_face.fewest(M, face.rays)
        if terms is None:
            return None, None
        k, words = len(terms), f"a face of {len(face.rays)} rays, of which no fewer will do"
        return Range(k, k, words, words), terms
    known = cp_rank_face.coordinates(M, face)
    if known is None:
        return None, None
    rays, C = known
    if rays == [[int(i == j) for j in range(len(M))] for i in range(len(M))]:
        return None, None
    parts = [[[C[i][j] for j in part] for i in part] for part in cp_rank_graph.parts(C)]
    every = [cp_rank_graph.bounds(part) for part in parts]
    on = f"on a face of {len(rays)} rays, its coordinates: "
    got = Range(sum(r.below for r in every), sum(r.above for r in every),
                on + ", ".join(r.why_below for r in every), on + ", ".join(r.why_above for r in every))  # fmt: skip
    free = factor.triangle_free(C)
    if free is not None and free[0] is not None:
        terms = cp_rank_graph.few(C, free[0])
    else:
        terms = factor.eliminate(C)
    return got, None if terms is None else shorter(cp_rank_face.lifted(terms, rays), len(M))


def counted(found: Range, terms: list[Term]) -> Range:
    """With the factor's columns as an upper bound."""
    if len(terms) > found.above or (len(terms) == found.above and found.below == found.above):
        return found
    return found._replace(above=len(terms), why_above=f"a factor with {len(terms)} columns")


def both(a: Range, b: Range) -> Range:
    """The better ends of two."""
    low, high = max(a, b, key=lambda r: r.below), min(a, b, key=lambda r: r.above)
    return Range(low.below, high.above, low.why_below, high.why_above)


def shorter(terms: list[Term], n: int) -> list[Term]:
    """As few terms as linear dependencies leave."""
    if n > SHORTENED:
        return terms
    return min((fewer(terms), fewer(terms[::-1])), key=len)

