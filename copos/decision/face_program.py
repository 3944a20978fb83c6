"""Column generation on a face: how far inside of it is M?

    max t,  N − tW = Σ λ_k x_kx_k',  λ ≥ 0        min <A, N>,  <A, W> = 1,  x'Ax ≥ 0 on the face

with W in the middle of the face. t > 0: a factor; <A, N> < 0: a separator on the face; t = 0: all columns are zeros of
A. The atoms x are rays, sums of two, and local minima of x'Ax.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import simplex
from copos.conic import Cones, ConicForm
from copos.decision.face import Array, Face, Scale
from copos.decision.face_blocks import sharpened
from copos.solvers import solve

ROUNDS = 120
KEPT = 2400  # atoms
SURE = 1e-8  # −<A, N> that is no rounding
CLEAR = 1e-3  # t above which nothing needs to be better known
FIRST, EVERY = 5, 3  # rounds with semidefinite blocks
SMALL = 1e-4  # value of a candidate for the boundary
CANDIDATES = 4
EXACT = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}


class Middle(NamedTuple):
    """The program's end. Atoms are x = R'T, one a row of T; λ their weights.

    Attributes
    ----------
    t : value of the linear program, so N − tW is in the cone of the atoms
    A : no local search found x'Ax < 0 on the face; <A, W> = 1. Where N is not in the span of the face, minus what
        sticks out
    value : <A, N>, no less than the largest t (as far as local searches say)
    spans : is N in the span of the face?
    last : nothing better follows
    """

    t: float
    A: Array
    value: float
    T: Array
    λ: Array
    spans: bool = True
    last: bool = True


def middle(
    scale: Scale, face: Face, rng: np.random.Generator, deadline: float | None = None, fully: bool = False
) -> Middle | None:
    """The end of `approach`."""
    every = list(approach(scale, face, rng, deadline, fully))
    return every[-1] if every else None


def approach(
    scale: Scale, face: Face, rng: np.random.Generator, deadline: float | None = None, fully: bool = False
) -> Iterator[Middle]:
    """Candidates for the A that cuts out a face of N, then the program's end, `fully` or when the sign of t is known.

    Nothing if the linear programs fail or the time is over at once.
    """
    N, n, k = scale.N, len(scale.N), len(face.rays)
    R, _ = face.floats(scale.d)
    i, j = np.tril_indices(n)
    weight = np.where(i == j, 1.0, np.sqrt(2.0))

    def products(X: Array) -> Array:
        return X[:, i] * X[:, j] * weight

    a, b = np.nonzero(np.triu(face.together, 1))
    T = np.vstack([np.eye(k), (np.eye(k)[a] + np.eye(k)[b]) / 2])
    P = products(T @ R)
    _, sizes, V = np.linalg.svd(P / np.linalg.norm(P, axis=1, keepdims=True), full_matrices=False)
    Q = V[sizes > 1e-9 * sizes[0]]
    target = N[i, j] * weight
    m, w = Q @ target, Q @ P.mean(axis=0)
    left = target - Q.T @ m
    if np.abs(left).max() > 1e-8:
        yield Middle(-np.inf, _matrix(-left / weight, n), -float(left @ left), T, np.zeros(len(T)), spans=False)
        return
    # strictly feasible matrices, better and better: cuts are looked for halfway between them and the vertex of the
    # linear program, without which column generation swings
    unit = float(weight @ P.mean(axis=0))
    A = np.ones((n, n)) / unit
    best: Middle | None = None
    share, shown, below, above = 0.5, 0, np.inf, -np.inf
    for turn in range(ROUNDS):
        if deadline is not None and time.monotonic() > deadline:
            break
        found = central(Q @ products(T @ R).T, w, m, best.value - best.t if best else 1.0)
        if found is None:
            break
        t, y, λ = found
        vertex = _matrix(Q.T @ y / weight, n)
        # what was feasible as far as the searches went may not be so at points found since
        A = raised(A, min(0.0, float(values(R @ A @ R.T, T).min())), unit)
        between = A + share * (vertex - A)
        least, new = cuts(R @ between @ R.T, face.together, rng)
        candidate = raised(between, min(least, float(values(R @ between @ R.T, T).min())), unit)
        better = (candidate * N).sum() < (A * N).sum()
        A = candidate if better else A
        share = min(0.9, 1.5 * share) if better else max(0.1, 0.6 * share)
        if t <= CLEAR and turn >= FIRST and turn % EVERY == 0:
            y = sharpened(T, λ, R, Q, w, m)
            sharp = None if y is None else _matrix(Q.T @ y / weight, n)
            if sharp is not None:
                least, more = cuts(R @ sharp @ R.T, face.together, rng)
                candidate = raised(sharp, min(least, float(values(R @ sharp @ R.T, T).min())), unit)
                A = candidate if (candidate * N).sum() < (A * N).sum() else A
                new = np.vstack([more[:k], new])
        best = Middle(t, A, float((A * N).sum()), T, λ)
        if t > CLEAR and not fully:
            break
        if best.value < SMALL and (best.value < below or t > above) and shown < CANDIDATES and not fully:
            shown, below, above = shown + 1, best.value / 10, t / 10
            yield best._replace(last=False)
        if (best.value < -SURE and not fully) or best.value - t < (3e-10 if fully else max(3e-10, t / 2)):
            new = cuts(R @ A @ R.T, face.together, rng, 40 * k + 100)[1]
            if values(R @ A @ R.T, new).min(initial=0.0) > -1e-2 * abs(best.value) / float(N.sum()) - 1e-10:
                break
        if len(new) < k:
            new = np.vstack([new, cuts(R @ vertex @ R.T, face.together, rng)[1][:k]])
        if len(T) > KEPT:
            T = np.vstack([T[: -KEPT // 2][λ[: -KEPT // 2] > 1e-7 * λ.max()], T[-KEPT // 2 :]])
        T = np.vstack([T, new[: 3 * k]])
    if best is not None:
        yield best


def central(columns: Array, w: Array, m: Array, gap: float) -> tuple[float, Array, Array] | None:
    """The middle of those y with m'y close to its minimum for w'y = 1, columns'y ≥ 0; and λ, columns·λ + tw = m.

    An interior-point method stops within a part of `gap`, where vertices would jump from one end to the other.
    """
    tolerance = min(1e-3, max(1e-12, 1e-2 * gap))
    A = sp.csc_array(np.vstack([w[None, :], -columns.T]))
    form = ConicForm(m, A, np.r_[1.0, np.zeros(columns.shape[1])], Cones(zero=1, nonnegative=columns.shape[1]))
    found = solve(form, "clarabel", tol_gap_abs=tolerance, tol_gap_rel=tolerance, tol_feas=min(1e-8, tolerance))
    if found.x is None or found.z is None or not np.isfinite(found.x).all():
        return None
    y = found.x / (w @ found.x)
    return float(-found.z[0]), y, np.maximum(found.z[1:], 0.0)


def raised(A: Array, least: float, unit: float) -> Array:
    """A − least·E, in units of <W, A> = 1; `unit` is <W, E>."""
    return (A - least * np.ones_like(A)) / (1 - least * unit)


def values(G: Array, T: Array) -> Array:
    """t'Gt for the rows of T."""
    return np.einsum("ki,ij,kj->k", T, G, T)


def cuts(
    G: Array, together: NDArray[np.bool_], rng: np.random.Generator, starts: int | None = None
) -> tuple[float, Array]:
    """The least t'Gt that local searches found, or zero, and the points where it is negative, lowest first."""
    size = float(np.abs(G).max())
    barred = np.where(together, G, 4 * size)
    Y = simplex.minima(barred, rng, count=starts or 4 * len(G) + 10)
    value = values(barred, Y)
    return min(float(value[0]), 0.0), Y[value < -1e-12 * size]


def _matrix(lower: Array, n: int) -> Array:
    """The symmetric matrix with this triangle (row by row)."""
    M = np.zeros((n, n))
    i, j = np.tril_indices(n)
    M[i, j] = M[j, i] = lower
    return M
