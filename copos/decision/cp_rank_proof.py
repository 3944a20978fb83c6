"""The lower bound on the cp-rank as a certificate: matrices that cut out faces, edges no two of which share a clique.

Whatever numerics proposed, the faces are followed here in exact arithmetic as the checker follows them; of the faces
one after the other the one is kept whose coordinates C give the most.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from copos.arithmetic import exact, zeros
from copos.arithmetic.rationals import written
from copos.certificate import Certificate
from copos.certificate.problem import plain
from copos.decision import cp_rank_face, cp_rank_graph, face_zeros
from copos.decision.decide import copositive
from copos.decision.face import Face, pairs
from copos.decision.factor import Matrix

TYPE = "cp-rank"


def certificate(M: Matrix, cuts: list[Matrix], deadline: float | None = None) -> Certificate | None:
    """Of the best bound that these matrices A, <A, M> = 0, lead to, one after the other; None if M = 0 or time is over.

    >>> from fractions import Fraction
    >>> square = [[Fraction(v) for v in row] for row in ((2, 1, 0, 1), (1, 2, 1, 0), (0, 1, 2, 1), (1, 0, 1, 2))]
    >>> print(certificate(square, []).verify().claim[:68])
    if the 4×4 matrix M is BB' with B ≥ 0, then B has at least 4 columns
    """
    n = len(M)
    place = Face([[int(i == j) for j in range(n)] for i in range(n)], np.array([[v != 0 for v in row] for row in M]))
    np.fill_diagonal(place.together, True)
    faces: list[dict[str, Any]] = []
    best, proof = 0, None
    for cut in [None, *cuts]:
        if cut is not None:
            if deadline is not None and time.monotonic() > deadline:
                break
            step = smaller(place, cut, deadline)
            if step is None:
                break
            place, how = step
            faces = [*faces, {"cut": [[written(v) for v in row] for row in cut], "copositive": how}]
        known = cp_rank_face.coordinates(M, place) if faces else (place.rays, M)
        if known is None:  # they are not unique
            continue
        value, edges = bound(place.rays, *known)
        if value > best:
            best, proof = value, {"value": value, "faces": faces, "edges": edges}
    if proof is None:
        return None
    return Certificate("lower bound", {**plain(M), "type": TYPE}, proof)


def smaller(place: Face, A: Matrix, deadline: float | None) -> tuple[Face, list[dict[str, Any]]] | None:
    """Minimal zeros of x'Ax on the cliques of the rays, the longest entries first, and the proofs for these cliques."""
    sets = sorted(map(sorted, face_zeros.cliques(place.together)))
    if not sets or max(map(len, sets)) > cp_rank_face.SIZE:
        return None
    found: dict[tuple[int, ...], set[tuple[int, ...]]] = {}
    how = []
    for J in sets:
        R = [place.rays[k] for k in J]
        G = cp_rank_face.form_on(A, R)
        said = copositive(G, deadline)
        if said.answer is not True or said.proof is None:
            return None
        how.append(said.proof)
        t = zeros.minimal_zeros(G)
        at = [tuple(exact.primitive([sum(c * r[i] for c, r in zip(s, R, strict=True)) for i in range(len(A))]))
              for s in t]  # fmt: skip
        for x in at:
            found.setdefault(x, set())
        for k, l in zeros.compatible(G, t):
            found[at[k]].add(at[l])
    rays = sorted(found, reverse=True)
    index = {x: k for k, x in enumerate(rays)}
    near = {(index[x], index[y]) for x, others in found.items() for y in others}
    return Face([list(x) for x in rays], pairs(near, len(rays))), how


def bound(every: list[list[int]], rays: list[list[int]], C: Matrix) -> tuple[int, list[list[int]]]:
    """Columns that the coordinates C on some of the rays ask for, and the edges that say so."""
    index = {tuple(r): k for k, r in enumerate(every)}
    total, edges = 0, []
    for part in cp_rank_graph.parts(C):
        own = [[C[i][j] for j in part] for i in part]
        rank = len(exact.reduced(own)[1])
        near = [{j for j in range(len(own)) if j != i and own[i][j]} for i in range(len(own))]
        chosen = cp_rank_graph.apart_edges(near)
        if len(chosen) > rank:
            edges += [[index[tuple(rays[part[a]])], index[tuple(rays[part[b]])]] for a, b in chosen]
        total += max(rank, len(chosen))
    return total, edges
