"""ϑ, ϑ' and ϑ⁺ of a weighted graph by alternating directions on the dual [PovhRendlWiegele2006], [WenGoldfarbYin2010].

    max <C, X>, tr X = 1, X_ij = 0 on edges (ϑ; ϑ' with X ≥ 0; ϑ⁺ with X_ij ≤ 0 on edges instead), X ⪰ 0,   C = √w√w'
    min t,      tI − C − F = S ⪰ 0,   F free on edges and 0 elsewhere (ϑ'; ≥ 0 elsewhere; ϑ⁺: ≤ 0 on edges)

Whatever S ⪰ 0 there is gives a bound, `bound`, so the work may stop at any time; and so does any X ⪰ 0, for covers by
cliques. Both become matrices of integers by `rounded`. Twins are merged first, which changes none of the numbers.

Where degrees are uneven, so are the diagonals of X, and S_ii = t − w_i are not: each vertex has its own unit, in which
both have the same diagonal. In one unit for all, the penalty is right for few vertices, and graphs with degrees that
differ tenfold take ten times as many steps. Near the end steps are mixed (`copos.graphs.mixing`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from copos.graphs import twins
from copos.graphs.mixing import Mixing

Matrix = NDArray[np.float64]
VARIANTS = ("lovasz", "schrijver", "szegedy")
STEPS, CHECK = 2_000, 20
STEP = 1.6  # over-relaxation, until acceleration takes over
NEAR = 0.02  # residuals from which it does
BALANCED = (60, 120, 240, 480, 960)  # steps after which the units of the vertices are chosen anew
LATER = 100  # steps between changes of the common unit, once near
ASIDE, DENSE = 4.0, 0.25  # of primal to dual residuals for ϑ' of graphs with such a share of edges, found by trial
LEAP, SHORT = 1e3, 1.2  # the ratio of residuals that is corrected at once at most; its root after every turn
LEAST = 0.05  # norm of X that residuals are compared with at least
BITS = (10, 14, 18, 22, 26, 30, 36, 44)


class Theta(NamedTuple):
    """What the method ended with.

    Attributes
    ----------
    upper : t(S), no less than ϑ up to rounding
    lower : the bound on covers by cliques from X, up to rounding
    slack, matrix : G = D^½ S D^½ and D^-½ X D^-½ for tr X = 1, for weights in units of the largest
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
    enough: Callable[[float, float, Matrix], bool] = lambda upper, lower, matrix: False, until: float = float("inf"),
) -> Theta:  # fmt: skip
    """Both matrices; stops early where the bounds and D^-½ X D^-½ are enough, it is time, or on Ctrl-C.

    >>> pentagon = np.roll(np.eye(5), 1, axis=0) + np.roll(np.eye(5), -1, axis=0) > 0
    >>> round(theta(pentagon, np.ones(5)).upper, 5)
    2.23607
    """
    of = twins.classes(A)
    if int(of.max(initial=-1)) + 1 < len(w):
        few, W = twins.merged(A, w, of)
        found = theta(few, W, variant, tolerance, lambda t, k, Y: enough(t, k, Y[np.ix_(of, of)]), until)
        top = float(w.max())
        G = found.slack * (float(W.max()) / top) ** 2  # was in units of the largest class
        W = W / top
        τ = found.upper / top - excess(G + np.outer(W, W), few, variant) / W
        G = twins.slack(G, τ, w / top, of)
        return found._replace(slack=G, matrix=found.matrix[np.ix_(of, of)] * (1 / float(W.max())))
    n = len(w)
    scale = float(w.max())
    w = w / scale
    root = np.sqrt(w)
    C = np.outer(root, root)
    apart = ~A & ~np.eye(n, dtype=bool)
    # S and X in units d_id_j and 1/d_id_j; W = S − X holds both
    d = np.full(n, max(float(w.sum()), 1e-300) ** 0.25)
    W = -np.eye(n) / n / np.outer(d, d)
    X, best, lower = np.eye(n) / n, (np.inf, np.zeros((n, n))), 0.0
    mixing, near, step = Mixing((n, n)), False, 0
    interrupted = False
    leap, last = LEAP, 0.0
    aside = ASIDE if variant == "schrijver" and A.mean() > DENSE else 1.0
    try:
        for step in range(1, STEPS + 1):
            S = _positive(W)
            if S is None:
                break
            D = np.outer(d, d)
            Z = _free(2 * S - W, C * D, d, A, variant)
            rest, X = Z - S, S - W
            W = mixing.after(rest, W + rest) if near else W + STEP * rest
            late = time.perf_counter() > until
            if not late and step % CHECK:
                continue
            S, X = S / D, X * D
            upper = bound(S * C, A, w, variant)
            if upper < best[0]:
                best = (upper, S)
            trace = float(np.trace(X))
            lower = cover_bound(X, A, root)
            gap = abs(best[0] - float(np.sum(C * X)) / max(trace, 1e-300))
            primal = (_violation(X, A, apart, variant) + abs(trace - 1)) / max(float(np.linalg.norm(X)), LEAST)
            dual = float(np.linalg.norm(rest / D)) / max(float(np.linalg.norm(S)), float(np.linalg.norm(C)))
            sure = lower >= best[0] * (1 - 10 * tolerance) or (variant != "szegedy" and primal <= 10 * tolerance)
            told = scale * best[0], scale * lower, X / (C * max(trace, 1e-300))
            if (gap <= tolerance * (1 + best[0]) and sure) or late or enough(*told):
                break
            if not near and max(primal, dual) < NEAR:
                near, leap = True, LEAP
            new = d
            x, s = np.maximum(X.diagonal(), 0), np.maximum(S.diagonal(), 0)
            if step in BALANCED and primal < 0.3 and x.any() and s.any():  # as much of S as of X on the diagonal
                ratio = np.log(np.maximum(x, 1e-2 * x.mean()) / np.maximum(s, 1e-3 * s.mean()))
                new = np.exp((ratio - ratio.mean()) / 4 + np.log(d).mean())
            ratio = aside * primal / max(dual, 1e-300)
            if not 0.5 < ratio < 2 and (not near or step % LATER == 0):
                if last and (ratio > 1) != (last > 1):
                    leap = max(leap**0.5, SHORT)
                last = ratio
                new = new * min(max(ratio, 1 / leap), leap) ** -0.25
            if new is not d:
                W = S * np.outer(new, new) - X / np.outer(new, new)
                d = new
                mixing.restart()
    except KeyboardInterrupt:  # whatever S there is gives a bound
        interrupted = True
    if not np.isfinite(best[0]):
        best = (bound(best[1] * C, A, w, variant), best[1])
    G, Y = C * best[1], X / (C * max(float(np.trace(X)), 1e-300))
    return Theta(scale * best[0], scale * lower, (G + G.T) / 2, (Y + Y.T) / 2, step, interrupted)


def _positive(M: Matrix) -> Matrix | None:
    """The positive part, from the smaller part of the spectrum; None where LAPACK gives up."""
    try:
        values, vectors = np.linalg.eigh(M)
    except np.linalg.LinAlgError:
        return None
    few = 2 * np.count_nonzero(values > 0) <= len(values)
    at = values > 0 if few else values < 0
    root = vectors[:, at] * np.sqrt(np.abs(values[at]))
    return root @ root.T if few else M + root @ root.T


def _free(P: Matrix, C: Matrix, d: Matrix, A: NDArray[np.bool_], variant: str) -> Matrix:
    """The Z = t·diag(d²) − C − F with the least t + |Z − P|²/2; C in the units of P."""
    if variant == "szegedy":
        Z = np.where(A, np.maximum(P, -C), -C)
    elif variant == "schrijver":
        Z = np.where(A, P, np.minimum(P, -C))
    else:
        Z = np.where(A, P, -C)
    squares = d * d
    t = (squares @ (C + P).diagonal() - 1) / (squares @ squares)
    Z[np.diag_indices(len(d))] = t * squares - C.diagonal()
    return Z


def _violation(X: Matrix, A: NDArray[np.bool_], apart: NDArray[np.bool_], variant: str) -> float:
    """How far X is from vanishing on edges (ϑ⁺: from being ≤ 0 there), and for ϑ' from being ≥ 0 elsewhere."""
    on = np.where(A, np.maximum(X, 0) if variant == "szegedy" else X, 0.0)
    return float(np.linalg.norm(on + np.where(apart, np.minimum(X, 0), 0.0) if variant == "schrijver" else on))


def bound(G: Matrix, A: NDArray[np.bool_], w: Matrix, variant: str = "schrijver") -> float:
    """t of any G ⪰ 0: the least for which tD − ww' − G can be diagonally dominant plus what the variant leaves free."""
    over = G + np.outer(w, w)
    with np.errstate(over="ignore"):
        return float(((np.diag(over) + excess(over, A, variant)) / w).max())


def excess(over: Matrix, A: NDArray[np.bool_], variant: str) -> Matrix:
    """Sums over rows of what F does not take of the entries off the diagonal."""
    out = np.where(A, np.maximum(-over, 0) if variant == "szegedy" else 0.0,
                   np.maximum(over, 0) if variant == "schrijver" else np.abs(over))  # fmt: skip
    np.fill_diagonal(out, 0)
    return out.sum(axis=1)


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
