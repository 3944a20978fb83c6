"""ϑ, ϑ' and ϑ⁺ of a weighted graph by alternating directions on the dual [PovhRendlWiegele2006], [WenGoldfarbYin2010].

    max <C, X>, tr X = 1, X_ij = 0 on edges (ϑ; ϑ' with X ≥ 0; ϑ⁺ with X_ij ≤ 0 on edges instead), X ⪰ 0,   C = √w√w'
    min t,      tI − C − F = S ⪰ 0,   F free on edges and 0 elsewhere (ϑ'; ≥ 0 elsewhere; ϑ⁺: ≤ 0 on edges)

Whatever S ⪰ 0 there is gives a bound, `bound`, so the work may stop at any time; and so does any X ⪰ 0, for covers by
cliques. Both become matrices of integers by `rounded`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
VARIANTS = ("lovasz", "schrijver", "szegedy")
STEPS, CHECK = 2_000, 20
STEP = 1.6  # of the multiplier
BITS = (10, 14, 18, 22, 26, 30, 36, 44)


class Theta(NamedTuple):
    """What the method ended with.

    Attributes
    ----------
    upper : t(S), no less than ϑ up to rounding
    lower : the bound on covers by cliques from X, up to rounding
    slack, matrix : G = D^½ S D^½ and D^-½ X D^-½, for weights in units of the largest
    steps : taken
    interrupted : did Ctrl-C end it?
    """

    upper: float
    lower: float
    slack: Matrix
    matrix: Matrix
    steps: int
    interrupted: bool = False


def theta(
    A: NDArray[np.bool_], w: Matrix, variant: str = "schrijver", tolerance: float = 1e-7,
    enough: Callable[[float, float], bool] = lambda upper, lower: False, until: float = float("inf"),
) -> Theta:  # fmt: skip
    """Both matrices; stops early where the bounds (upper, lower) are enough, it is time, or on Ctrl-C.

    >>> pentagon = np.roll(np.eye(5), 1, axis=0) + np.roll(np.eye(5), -1, axis=0) > 0
    >>> round(theta(pentagon, np.ones(5)).upper, 5)
    2.23607
    """
    n = len(w)
    scale = float(w.max())
    w = w / scale
    root = np.sqrt(w)
    C = np.outer(root, root)
    apart = ~A & ~np.eye(n, dtype=bool)
    X, F, S = np.eye(n) / n, np.zeros((n, n)), np.zeros((n, n))
    mu = 1 / max(float(w.sum()), 1e-300)  # the size of X against that of S
    diagonal = np.arange(n)
    best = (np.inf, S)
    step = 0
    lower = 0.0
    interrupted = False
    try:
        for step in range(1, STEPS + 1):
            t = (mu * (np.trace(X) - 1) + np.trace(S + C)) / n
            M = -C - F - mu * X
            M[diagonal, diagonal] += t
            S = _positive(M)
            if S is None:
                break
            new = (S - M) / mu
            T = -C - S - mu * X
            T[diagonal, diagonal] = 0
            F = _project(T, A, apart, variant)
            residual = S + C + F
            residual[diagonal, diagonal] -= t
            change = (1 - STEP) * X + STEP * (residual / mu + X)
            dual = float(np.linalg.norm(residual)) / (1 + float(np.linalg.norm(C)))
            X = (change + change.T) / 2
            primal = float(np.linalg.norm(new - X)) / (1 + float(np.linalg.norm(X)))
            late = time.perf_counter() > until
            if late or not step % CHECK:
                upper = bound(S * C, A, w, variant)
                if upper < best[0]:
                    best = (upper, S)
                lower = cover_bound(X, A, root)
                gap = best[0] - float(np.sum(C * X)) / max(float(np.trace(X)), 1e-300)
                if gap <= tolerance * (1 + best[0]) and lower >= best[0] * (1 - 10 * tolerance):
                    break
                if late or enough(scale * best[0], scale * lower):
                    break
                if primal > 3 * dual:  # 1/mu is the penalty on the dual equation
                    mu *= 1.5
                elif dual > 3 * primal:
                    mu /= 1.5
    except KeyboardInterrupt:  # whatever S there is gives a bound
        interrupted = True
    if not np.isfinite(best[0]):
        best = (bound(best[1] * C, A, w, variant), best[1])
    G, Y = C * best[1], X / C
    return Theta(scale * best[0], scale * lower, (G + G.T) / 2, (Y + Y.T) / 2, step, interrupted)


def _positive(M: Matrix) -> Matrix | None:
    """The positive part; None where LAPACK gives up."""
    try:
        values, vectors = np.linalg.eigh(M)
    except np.linalg.LinAlgError:
        return None
    root = vectors[:, values > 0] * np.sqrt(values[values > 0])
    return root @ root.T


def _project(T: Matrix, A: NDArray[np.bool_], apart: NDArray[np.bool_], variant: str) -> Matrix:
    """The F that is allowed and nearest to T."""
    if variant == "szegedy":
        return np.where(A, np.minimum(T, 0), 0)
    out = np.where(A, T, 0.0)
    return out + np.where(apart, np.maximum(T, 0), 0) if variant == "schrijver" else out


def bound(G: Matrix, A: NDArray[np.bool_], w: Matrix, variant: str = "schrijver") -> float:
    """t of any G ⪰ 0: the least for which tD − ww' − G can be diagonally dominant plus what the variant leaves free."""
    over = G + np.outer(w, w)
    excess = np.where(A, np.maximum(-over, 0) if variant == "szegedy" else 0.0,
                      np.maximum(over, 0) if variant == "schrijver" else np.abs(over))  # fmt: skip
    np.fill_diagonal(excess, 0)
    with np.errstate(over="ignore"):
        return float(((np.diag(over) + excess.sum(axis=1)) / w).max())


def cover_bound(X: Matrix, A: NDArray[np.bool_], root: Matrix) -> float:
    """w'Yw / Σ w_i (Y_ii + Σ_{j ~ i} Y_ij⁺) of the positive part of X, Y = D^-½ X D^-½."""
    P = _positive(X)
    if P is None:
        return 0.0
    excess = np.where(A, np.maximum(P, 0), 0)
    below = float(np.trace(P) + (root[:, None] / root[None, :] * excess).sum())
    return float(root @ P @ root) / below if below > 0 else 0.0


def square_root(G: Matrix) -> Matrix:
    """B with BB' = G, for G ⪰ 0 up to rounding."""
    values, vectors = np.linalg.eigh(G)
    kept = values > values.max(initial=0.0) * 1e-13
    return vectors[:, kept] * np.sqrt(values[kept])


def rounded(R: Matrix, bits: int, u: Sequence[int]) -> tuple[list[list[int]], Matrix]:
    """Integers B, BB'/4^bits near RR', and BB'/4^bits; RR' in units of the largest u², B in those of u."""
    B = np.rint(np.ldexp(R, bits))
    if not B.shape[1]:
        B = np.zeros((len(R), 1))
    F, top = np.ldexp(B, -bits), max(u)
    return [[int(v) * top for v in row] for row in B.tolist()], F @ F.T


def gram_proof(
    G: Matrix, A: NDArray[np.bool_], u: Sequence[int], enough: Callable[[float], bool], variant: str = "schrijver"
) -> dict[str, Any] | None:
    """B in as few bits as give a t (up to rounding) that is enough; None where no number of bits does."""
    top, R = max(u), square_root(G)
    w = np.array([v / top for v in u])
    for bits in BITS:
        B, near = rounded(R, bits, u)
        if enough(top * bound(near, A, w, variant)):
            return {"factor": B, "bits": bits}
    return None


def value_of(proof: dict[str, Any], A: NDArray[np.bool_], u: Sequence[int], variant: str) -> float:
    """The t that a proof has, up to rounding."""
    top = max(u)
    F = np.ldexp(np.array([[v // top for v in row] for row in proof["factor"]], dtype=float), -proof["bits"])
    return top * bound(F @ F.T, A, np.array([v / top for v in u]), variant)


def cover_proof(Y: Matrix, A: NDArray[np.bool_], enough: Callable[[float], bool]) -> dict[str, Any] | None:
    """B in as few bits as prove, by Y ⪰ 0, enough of covers by cliques; None where no number of bits does."""
    ones = np.ones(len(Y))
    R = square_root(Y / max(float(np.diag(Y).max()), 1e-300))
    for bits in BITS:
        B, near = rounded(R, bits, [1])
        if near.any() and enough(cover_bound(near, A, ones)):
            return {"factor": B, "bits": bits}
    return None


def whole(t: float) -> int:
    """A bound on an integer: t rounded down, or the integer above where t is that up to rounding."""
    return int(np.floor(t * (1 + 1e-9) + 1e-9))
