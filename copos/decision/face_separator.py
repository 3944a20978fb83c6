"""From a matrix that separates on a face to one that is copositive on the whole orthant.

On the face F_j the form of A_j is nonnegative, and its zeros there are F_{j+1}; H > 0 on the last face. Since the
points of F_j with Σx = 1 are a compact set, H + s_jA_j > 0 on F_j for s_j large; one after the other, down to the
orthant.
"""

from __future__ import annotations

import time
from fractions import Fraction

import numpy as np

from copos.arithmetic import exact, simplex
from copos.decision import separate
from copos.decision.face import Array, Face, Ray, Scale
from copos.decision.factor import Matrix
from copos.decision.separate import Separator

Chain = list[tuple[Face, Matrix]]  # faces with the exact matrices A_j (in the units of M) that cut the next out of them
DOUBLINGS = 40
LEAST = 1e-60  # room that is no rounding of refined zeros, relative to the entries
TINY = (1e-6, 1e-9, 1e-12)  # r'Au that may be zero, relative to the entries
CLOSE = 1e-4  # to the matrix given
# share of the room that is added, and how many doublings more than in floating point, where small room is not seen
TRIES = ((0.3, 2), (0.6, 16), (0.3, 32), (0.9, 16))


def separator(
    M: Matrix,
    scale: Scale,
    chain: Chain,
    A: Array,
    room: float,
    rng: np.random.Generator,
    deadline: float | None = None,
) -> Separator | None:
    """A + δE + Σ s_jA_j, certified to be copositive with <H, M> < 0; `room` is −<A, N>/ΣN_ij."""
    size = float(np.abs(A).max())
    if not (np.isfinite(size) and np.isfinite(room) and room > LEAST * size > 0):  # a guess that went astray
        return None
    for share, more in TRIES:
        if deadline is not None and time.monotonic() > deadline:
            return None
        H = rounded(A + share * room, scale, room)
        for face, cut in reversed(chain):
            raised = _raised(H, cut, face, scale, more, rng)
            if raised is None:
                break
            H = raised
        else:
            found = separate.certified(M, H, deadline)
            if found is not None:
                return found
    return None


def rounded(A: Array, scale: Scale, room: float) -> Matrix:
    """A in the units of M: D A D on a grid well below the room."""
    bits = int(np.ceil(-np.log2(max(room, 1e-300) / np.abs(A).max()))) + 6
    G = np.rint(np.ldexp(A / np.abs(A).max(), bits))
    D = [Fraction(float(v)) for v in scale.d]
    return [[Fraction(int(g)) * p * q for g, q in zip(row, D, strict=True)] for row, p in zip(G, D, strict=True)]


def _raised(
    H: Matrix, cut: Matrix, face: Face, scale: Scale, more: int, rng: np.random.Generator
) -> Matrix | None:
    """H + 2^more·s·cut, s the least power of two for which local searches on the face do not refute H + s·cut."""
    R, _ = face.floats(scale.d)
    D = 1 / scale.d
    top = max(abs(v) for row in H for v in row)
    much = max(abs(v) for row in cut for v in row)
    h = R @ (np.array([[float(v / top) for v in row] for row in H]) * np.outer(D, D)) @ R.T
    g = R @ (np.array([[float(v / much) for v in row] for row in cut]) * np.outer(D, D)) @ R.T
    for e in range(DOUBLINGS):
        form = h + 2.0**e * g
        barred = np.where(face.together, form, 4 * np.abs(form).max())
        x = simplex.minima(barred, rng)[0]
        if x @ barred @ x > 0:
            s = Fraction(2) ** (e + more) * top / much
            return [[a + s * b for a, b in zip(p, q, strict=True)] for p, q in zip(H, cut, strict=True)]
    return None


def exposing(scale: Scale, face: Face, rays: list[Ray], near: Matrix) -> Matrix:
    """An exact matrix near `near` with r'Au = 0 for all u of the `rays` and all r of the face where that is nearly so.

    Where these equations leave a single matrix it is that one; else its free entries are those given. What is small
    need not be zero: if the equations lead away from `near`, fewer of them are asked for.
    """
    A = np.array([[float(v) for v in row] for row in near]) / np.outer(scale.d, scale.d)
    R, _ = face.floats(scale.d)
    # entries outside of the pattern of the face are free, and large now and then: no measure of what is small
    A = np.where((R > 0).T.astype(float) @ face.together @ (R > 0) > 0, A, 0.0)
    U, _ = Face(rays, np.eye(len(rays), dtype=bool)).floats(scale.d)
    value = np.abs(R @ A @ U.T) / np.abs(A).max()
    for tiny in TINY:
        found = solved([(face.rays[a], rays[b]) for a, b in np.argwhere(value < tiny)], near)
        B = np.array([[float(v) for v in row] for row in found]) / np.outer(scale.d, scale.d)
        B = np.where(A != 0, B, 0.0)
        if np.abs(B).max() > 0 and np.abs(B / np.abs(B).max() - A / np.abs(A).max()).max() < CLOSE:
            return found
    return near


def solved(tight: list[tuple[Ray, Ray]], near: Matrix) -> Matrix:
    """The matrix with r'Au = 0 for these pairs, its free entries those of `near`."""
    n = len(near)
    pairs = [(p, q) for p in range(n) for q in range(p + 1)]
    rows = [[Fraction(r[p] * u[q] + (r[q] * u[p] if p != q else 0)) for p, q in pairs] for r, u in tight]
    reduced, pivots = exact.reduced(rows) if rows else ([], [])
    free = [k for k in range(len(pairs)) if k not in pivots]
    v = [near[p][q] for p, q in pairs]
    if len(free) == 1:
        v[free[0]] = Fraction(1 if v[free[0]] > 0 else -1)
    for row, k in zip(reduced, pivots, strict=True):
        v[k] = -sum((row[f] * v[f] for f in free), Fraction(0))
    place = {pair: k for k, pair in enumerate(pairs)}
    return [[v[place[max(p, q), min(p, q)]] for q in range(n)] for p in range(n)]
