"""How many columns a nonnegative factor needs: M = BB', B ≥ 0, whatever B is.

Rays and which of them go together say where columns may lie: every column is Σ t_k r_k, t ≥ 0, over rays that pairwise
go together. In the beginning these are the unit vectors, i and j together if M_ij ≠ 0. A face cuts them down: let A
have <A, M> = 0 and be copositive on every largest set J of rays that go together, G = (r_k'Ar_l). Then 0 = <A, M> =
Σ t'Gt over the columns, and every t is a zero of G: a combination of minimal zeros with v'Gw = 0 pairwise
[Hildebrand2014]. The support I of a minimal zero is one where G_I is singular, its proper parts are definite, and its
kernel is positive: all of these are enumerated. They are the next rays.

In the end M = Σ C_kl r_kr_l' over pairs that go together must determine C. So B = R'T, T ≥ 0 and C = TT': B has as many
columns as T. That is the rank of C at least, and one for each of some edges {k, l} of C (C_kl ≠ 0) no two of which lie
in one clique; for every connected part of C, and parts add up.

Standard library only; part of the checker.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import gcd
from typing import Any, NamedTuple

try:
    from copos.checker import check_identity as identity
    from copos.checker import check_matrix as matrices
    from copos.checker import check_reading as read
    from copos.checker.check_reading import Number, Rejected, Unreadable
except ImportError:  # run as a plain file, without the package
    import check_identity as identity  # type: ignore[no-redef]
    import check_matrix as matrices  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable  # type: ignore[no-redef]

TYPE = "cp-rank"
RAYS = 200
PRIME = 2305843009213693951  # 2^61 − 1
Matrix = list[list[Number]]
Ray = tuple[int, ...]


class Place(NamedTuple):
    """Rays, longest entries first, and `near[k]`: those that go together with ray k."""

    rays: list[Ray]
    near: list[set[int]]


def asked(problem: Any) -> Matrix:
    """The matrix M of the question how many columns a factor has."""
    return read.symmetric(read.fields(problem, "problem", "type rows")["rows"], "matrix")


def lower_bound(M: Matrix, proof: Any) -> str:
    """Every B ≥ 0 with M = BB' has at least `value` columns."""
    p = read.fields(proof, "proof", "value faces edges")
    value, n = read.whole(p["value"], "value", 0, read.ORDER), len(M)
    place = Place([tuple(int(i == j) for j in range(n)) for i in range(n)],
                  [{j for j in range(n) if j != i and M[i][j]} for i in range(n)])  # fmt: skip
    faces = read.items(p["faces"], "faces")
    for face in faces:
        place = smaller(M, place, face)
    C = coordinates(M, place) if faces else M
    edges = apart(C, p["edges"])
    bound = sum(max(rank([[C[k][l] for l in part] for k in part]), sum(e[0] in part for e in edges))
                for part in parts(C))  # fmt: skip
    if value > bound:
        raise Rejected(f"the proof gives {bound} columns, not {value}")
    return f"if the {n}×{n} matrix M is BB' with B ≥ 0, then B has at least {value} columns"


def smaller(M: Matrix, place: Place, face: Any) -> Place:
    """Rays at which a matrix that is orthogonal to M, copositive where columns may lie, vanishes."""
    f, n = read.fields(face, "face", "cut copositive"), len(M)
    A = read.symmetric(f["cut"], "cut")
    if len(A) != n:
        raise Unreadable("a cut must have the order of the matrix")
    whole = integers(A)
    if sum(a * m for row, other in zip(whole, integers(M), strict=True) for a, m in zip(row, other, strict=True)):
        raise Rejected("<A, M> is not zero")
    sets = cliques(place.near)
    proofs = read.items(f["copositive"], "copositive", len(sets))
    found: dict[Ray, set[Ray]] = {}
    for J, how in zip(sets, proofs, strict=True):
        R = [place.rays[k] for k in J]
        read.spend(len(J) * n * (n + len(J)), "a face", identity.bit_length(whole))
        images = [[sum(a * c for a, c in zip(row, r, strict=True)) for row in whole] for r in R]
        G: list[list[int]] = [[sum(a * c for a, c in zip(v, r, strict=True)) for r in R] for v in images]
        matrices.copositive([list(row) for row in G], how)
        zeros = minimal_zeros(G)
        read.spend(len(zeros) * len(J) * (n + len(J) + len(zeros)), "zeros of a face", identity.bit_length(zeros))
        at = [primitive([sum(c * r[i] for c, r in zip(t, R, strict=True)) for i in range(n)]) for t in zeros]
        for x, t in zip(at, zeros, strict=True):
            image = [sum(g * c for g, c in zip(row, t, strict=True)) for row in G]
            found.setdefault(x, set()).update(
                y for y, s in zip(at, zeros, strict=True) if sum(a * c for a, c in zip(image, s, strict=True)) == 0)
    rays = sorted(found, reverse=True)
    if len(rays) > RAYS:
        raise Unreadable(f"a face has at most {RAYS} rays")
    index = {x: k for k, x in enumerate(rays)}
    return Place(rays, [{index[y] for y in found[x]} - {k} for k, x in enumerate(rays)])


def integers(A: Matrix) -> list[list[int]]:
    """A positive multiple of A."""
    scale = identity.denominator(v for row in A for v in row)
    read.spend(len(A) ** 2, "a face", scale.bit_length())
    return [[v.numerator * (scale // v.denominator) for v in row] for row in A]


def cliques(near: list[set[int]]) -> list[list[int]]:
    """The maximal sets of pairwise neighbours, each sorted, in lexicographic order [BronKerbosch1973]."""
    out: list[list[int]] = []
    stack = [([], set(range(len(near))), set())] if near else []
    while stack:
        read.spend(10 * len(near), "sets of rays that go together")
        chosen, left, done = stack.pop()
        if not left and not done:
            out.append(sorted(chosen))
        pivot = max(left | done, key=lambda k: len(near[k] & left), default=None)
        for k in sorted(left - near[pivot]) if pivot is not None else []:
            stack.append(([*chosen, k], left & near[k], done & near[k]))
            left, done = left - {k}, done | {k}
    return sorted(out)


def minimal_zeros(G: list[list[int]]) -> list[list[int]]:
    """t > 0 on I with G_I t = 0, for all I with a singular G_I and definite proper parts; G is copositive."""
    n, bits = len(G), identity.bit_length(G)
    out: list[list[int]] = []
    level: list[tuple[int, ...]] = [(i,) for i in range(n)]
    while level:
        definite = set()
        for I in level:
            read.spend(len(I) ** 3 // 3 + len(I), "minimal zeros", len(I) * bits)
            det, kernel = eliminated([[G[i][j] for j in I] for i in I])
            if det > 0:
                definite.add(I)
            elif kernel and min(kernel) > 0:
                at = dict(zip(I, kernel, strict=True))
                out.append([at.get(i, 0) for i in range(n)])
        level = [(*I, j) for I in level if I in definite for j in range(I[-1] + 1, n)
                 if all((*I[:k], *I[k + 1 :], j) in definite for k in range(len(I)))]  # fmt: skip
    return out


def eliminated(G: list[list[int]]) -> tuple[int, list[int]]:
    """det G and, if it is 0, the kernel, positive at the end; proper parts definite; fraction-free [Bareiss1968]."""
    n, previous = len(G), 1
    for k in range(n - 1):
        for i in range(k + 1, n):
            for j in range(k + 1, n):
                G[i][j] = (G[i][j] * G[k][k] - G[i][k] * G[k][j]) // previous
        previous = G[k][k]
    det, x = G[n - 1][n - 1], [previous]  # pivots divide: previous is the minor without the last index
    for i in reversed(range(n - 1)):
        x = [-sum(g * c for g, c in zip(G[i][i + 1 :], x, strict=True)) // G[i][i], *x]
    return det, [] if det else x


def primitive(x: list[int]) -> Ray:
    """The shortest integer vector on the ray of x ≥ 0, x ≠ 0."""
    d = gcd(*x)
    return tuple(c // d for c in x)


def coordinates(M: Matrix, place: Place) -> Matrix:
    """C of M = Σ C_kl r_kr_l' over pairs that go together; rejects where it is not the only one."""
    R, n = place.rays, len(M)
    pairs = [(k, l) for k in range(len(R)) for l in range(k + 1) if k == l or l in place.near[k]]
    bits = identity.bit_length([list(r) for r in R])
    long = identity.bit_length([[v for c in row for v in (c.numerator, c.denominator)] for row in M])
    read.spend(len(pairs) ** 2 * (n * n + len(pairs)) // 2, "coordinates on a face", 2 * bits * (1 + len(pairs) // 8))
    # the last column: fractions of so many bits, whose divisors take time by the square
    read.spend(len(pairs) * n * n, "coordinates on a face", (len(pairs) * (bits // 4 + long)) ** 2 // 10_000)
    rows = [[*(Fraction(R[k][i] * R[l][j] + (R[l][i] * R[k][j] if k != l else 0)) for k, l in pairs), Fraction(M[i][j])]
            for i in range(n) for j in range(i + 1)]  # fmt: skip
    for c in range(len(pairs)):
        p = next((i for i in range(c, len(rows)) if rows[i][c]), None)
        if p is None:
            raise Rejected("the coordinates of M on the face are not unique")
        rows[c], rows[p] = rows[p], rows[c]
        top = rows[c] = [v / rows[c][c] for v in rows[c]]
        for i, row in enumerate(rows):
            if i != c and row[c]:
                rows[i] = [v - row[c] * t for v, t in zip(row, top, strict=True)]
    if any(row[-1] for row in rows[len(pairs) :]):
        raise Rejected("M is not in the span of the face")
    C: Matrix = [[0] * len(R) for _ in R]
    for (k, l), row in zip(pairs, rows, strict=False):
        C[k][l] = C[l][k] = row[-1]
    return C


def parts(C: Matrix) -> list[set[int]]:
    """Connected parts of the graph of C, without those where C vanishes."""
    out: list[set[int]] = []
    left = {k for k, row in enumerate(C) if any(row)}
    while left:
        part, stack = set(), [next(iter(left))]
        while stack:
            k = stack.pop()
            if k not in part:
                part.add(k)
                stack += [l for l in left if C[k][l]]
        out.append(part)
        left -= part
    return out


def apart(C: Matrix, value: Any) -> list[tuple[int, int]]:
    """Edges of C no two of which lie in one clique: no column is positive on two of them."""
    out: list[tuple[int, int]] = []
    for item in read.items(value, "edges"):
        k, l = (read.whole(v, "ray", 0, len(C) - 1) for v in read.items(item, "edge", 2))
        if k == l or not C[k][l]:
            raise Rejected("an edge joins two rays whose coordinate is not zero")
        out.append((k, l))
    read.spend(len(out) ** 2, "edges")
    for e, f in combinations(out, 2):
        if all(C[i][j] for i in e for j in f):  # C = TT' has C_ii > 0 at an edge
            raise Rejected("two of the edges lie in one clique")
    return out


def rank(C: Matrix) -> int:
    """At least so much is the rank of a rational matrix: a minor that is not 0 modulo a prime is not 0."""
    read.spend(len(C) ** 3, "a rank")
    if any(v.denominator % PRIME == 0 for row in C for v in row):
        raise Unreadable("a denominator must not be a multiple of 2^61 − 1")
    rows = [[v.numerator * pow(v.denominator, -1, PRIME) % PRIME for v in row] for row in C]
    done = 0
    for c in range(len(C)):
        p = next((i for i in range(done, len(rows)) if rows[i][c]), None)
        if p is not None:
            rows[done], rows[p] = rows[p], rows[done]
            inverse = pow(rows[done][c], -1, PRIME)
            for i in range(done + 1, len(rows)):
                f = rows[i][c] * inverse
                rows[i] = [(v - f * t) % PRIME for v, t in zip(rows[i], rows[done], strict=True)]
            done += 1
    return done
