"""A squared loss with more samples than lifted features, in the coordinates z = svec(Z − Z') themselves.

    Σ w_i(<M_i, Z − Z'> − y_i)²/2 = (z − ẑ)'G(z − ẑ)/2 + rest,      G = Σ w_i svec(M_i)svec(M_i)'

G is a table of the moments of order four of the features, made once; after it the samples are not seen again. The rows
of such a problem are unit vectors, its conjugate has the curvature H = G⁻¹, and the normal equations are

    H + W⊗W + W'⊗W'     (the scaling points of the two signs),

whose second part is written down entry by entry: one Cholesky factor is all that a step costs. In early steps it is in
single precision, with iterative refinement in double.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy.linalg as sl
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.losses.convex import Interval
from copos.polynomial.lifted import Lift
from copos.polynomial.normal_equations import Precision, Samples, Solve

Array = NDArray[np.float64]
Index = NDArray[np.int64]
SAMPLES = 500  # whose products of features are in memory together
PAIRS = 192  # of features whose moments are one product of matrices
LARGE = 1000  # rows for which single precision pays
DEPENDENT = 1e-13  # pivot of G, its diagonal scaled to 1, below which a coordinate is determined by others
CONDITION = 1e11  # of G beyond which its inverse is not used


def fourth_moments(X: Array, weights: Array) -> Array:
    """Σ_i w_i svec(x_ix_i') svec(x_ix_i')', from the d⁴/24 moments that differ.

    Examples
    --------
    >>> X, w = np.array([[1.0, 2.0], [0.0, 3.0]]), np.array([1.0, 2.0])
    >>> rows = svec.svec(X[:, :, None] * X[:, None, :])
    >>> bool(np.allclose(fourth_moments(X, w), rows.T @ (w[:, None] * rows)))
    True
    """
    return moment_table(distinct_moments(X, weights), X.shape[1])


class _Blocks(NamedTuple):
    """Pairs (first, last) whose products with the pairs below `width`, features in reverse order, are one block."""

    groups: list[tuple[int, int, int]]
    sizes: Index


def _blocks(d: int) -> _Blocks:
    """x_ix_jx_kx_l, i ≤ j ≤ k ≤ l: pairs (i, j) against the pairs (k, l) with k ≥ j.

    With the features in reverse order those come first in a triangle read by columns. Neighbouring j share a product,
    of the width of the first.
    """
    ends = [0]
    while ends[-1] < d:
        room = svec.length(ends[-1]) + PAIRS
        ends.append(max(ends[-1] + 1, int(np.searchsorted(svec.length(np.arange(d + 1)), room, side="right")) - 1))
    groups = [(svec.length(j), svec.length(k), svec.length(d - j)) for j, k in zip(ends, ends[1:], strict=False)]
    return _Blocks(groups, np.cumsum([0] + [(last - first) * width for first, last, width in groups]))


def distinct_moments(X: Array, weights: Array) -> Array:
    """The moments of order four that differ, and a few twice, in the order that `moment_table` reads; they add up."""
    n, d = X.shape
    forward, back = np.ascontiguousarray(X.T), np.ascontiguousarray(X.T[::-1])
    low, high = svec.triangle(d)
    groups = _blocks(d).groups
    blocks = [np.zeros((last - first, width), order="F") for first, last, width in groups]
    for start in range(0, n, SAMPLES):
        here = slice(start, start + SAMPLES)
        x, y = forward[:, here], back[:, here]
        left, right = (x * weights[here])[low] * x[high], y[low] * y[high]
        for (first, last, width), block in zip(groups, blocks, strict=True):
            sl.blas.dgemm(1.0, left[first:last].T, right[:width].T, 1.0, block, trans_a=1, overwrite_c=1)
    return np.concatenate([block.ravel() for block in blocks])


def moment_table(values: Array, d: int) -> Array:
    """Σ_i w_i svec(x_ix_i') svec(x_ix_i')' of its distinct entries."""
    low, high = svec.triangle(d)
    groups, sizes = _blocks(d)
    offset = np.concatenate(
        [size + width * np.arange(last - first) for size, (first, last, width) in zip(sizes, groups, strict=False)]
    )
    scale, table = svec.scaling(d), np.empty((len(low), len(low)))
    for row, (i, j) in enumerate(zip(low, high, strict=True)):
        inner, outer = np.maximum(i, low), np.minimum(j, high)
        second, third = np.minimum(inner, outer), np.maximum(inner, outer)
        place = svec.position(d - 1 - np.maximum(j, high), d - 1 - third)
        table[row] = values[offset[svec.position(np.minimum(i, low), second)] + place]
    table *= scale
    table *= scale[:, None]
    return table


@dataclass(frozen=True, eq=False)
class Quadratic:
    """(z − ẑ)'G(z − ẑ)/2 and its conjugate ẑ'ν + ν'Hν/2; the lower triangles of G and H are used."""

    Y: Array  # ẑ, (p, 1)
    G: Array
    H: Array

    @property
    def kappa(self) -> Array:
        """Curvature of the conjugate beside H, which is among the rows."""
        return np.zeros_like(self.Y)

    @property
    def high(self) -> Array:
        """The multiplier has no bounds."""
        return np.full_like(self.Y, np.inf)

    @property
    def low(self) -> Array:
        """The multiplier has no bounds."""
        return np.full_like(self.Y, -np.inf)

    def bend(self, N: Array) -> Array:
        """Hν, (p, 1)."""
        return _product(self.H, N[:, 0])[:, None]

    def value(self, F: Array) -> float:
        """At z (p, 1)."""
        r = F[:, 0] - self.Y[:, 0]
        return 0.5 * float(r @ _product(self.G, r))

    def dual(self, N: Array, limit: float) -> tuple[float, float]:
        """Minus the conjugate at ν, with scale 1."""
        nu = N[:, 0]
        return 1.0, -float(self.Y[:, 0] @ nu) - 0.5 * float(nu @ self.bend(N)[:, 0])


class Basis(NamedTuple):
    """Coordinates of svec(Z) that samples see (`kept`) and those (`rest`) with columns A_rest = A_kept·C."""

    kept: Index
    rest: Index
    C: Array


def by_moments(lift: Lift, loss: Interval, intercept: bool) -> tuple[Moments, Quadratic, float] | None:
    """Rows, loss and constant of a squared loss, a free intercept minimised out; None if G has no safe inverse."""
    samples, w, y = Samples(lift), 1 / loss.kappa[:, 0], loss.Y[:, 0]
    a, gamma, f = samples.a, samples.gamma, svec.svec(samples.F)
    G = fourth_moments(samples.X[0], w)
    G *= a * a
    second = a * svec.svec(samples.X[0].T @ (w[:, None] * samples.X[0]))
    G += np.outer(gamma * f, second + gamma * float(w.sum()) * f)
    G += np.outer(second, gamma * f)
    g, rest, size = svec.svec(samples.forms(w * y)[0]), 0.5 * float(w @ y**2), np.diagonal(G).copy()
    if intercept:
        total, mean = float(w.sum()), svec.svec(samples.forms(w)[0])
        G -= np.outer(mean, mean / total)
        g, rest = g - mean * float(w @ y) / total, rest - 0.5 * float(w @ y) ** 2 / total
    return of_gram(G, g, rest, size, lift.order)


def of_gram(G: Array, g: Array, rest: float, size: Array, order: int) -> tuple[Moments, Quadratic, float] | None:
    """z'Gz/2 − g'z + rest as rows, loss and constant; coordinates with G_jj below rounding of `size` are not seen."""
    basis = Basis(np.flatnonzero(np.diagonal(G) > 1e-12 * size), np.zeros(0, dtype=np.int64), np.zeros((0, 0)))
    if not len(basis.kept):
        return None
    part = G if len(basis.kept) == len(G) else G[np.ix_(basis.kept, basis.kept)]
    H = _inverse(part)
    if H is None:  # features that depend on each other, as indicators (x² = x) and their sums do
        basis = _independent(part, basis.kept)
        part = G[np.ix_(basis.kept, basis.kept)]
        H = _inverse(part)
    if H is None:
        return None
    g = g[basis.kept]
    best = _product(H, g)
    return Moments(H, basis, order), Quadratic(best[:, None], part, H), rest - 0.5 * float(g @ best)


def _independent(G: Array, kept: Index) -> Basis:
    """Coordinates that others determine, by a Cholesky factor with pivoting: R'R = P'GP, columns RC of R."""
    root = 1 / np.sqrt(np.diagonal(G))
    R, order, rank, _ = sl.lapack.dpstrf(np.asfortranarray(G * root * root[:, None]), tol=DEPENDENT, lower=0)
    order = order - 1
    first, last = np.argsort(order[:rank]), np.argsort(order[rank:])
    C = sl.solve_triangular(R[:rank, :rank], R[:rank, rank:])[np.ix_(first, last)]
    kept, rest = kept[order[:rank][first]], kept[order[rank:][last]]
    # the columns were scaled
    return Basis(kept, rest, C * root[order[:rank][first], None] / root[order[rank:][last]])


def _inverse(G: Array) -> Array | None:
    """Lower triangle of G⁻¹; None if G, its diagonal scaled to 1, is not definite or of condition above `CONDITION`."""
    root = 1 / np.sqrt(np.diagonal(G))
    H = G * root
    H *= root[:, None]
    norm = float(np.abs(H).sum(0).max())
    # the transpose is in the order that LAPACK reads, so nothing is copied
    R, failed = sl.lapack.dpotrf(H.T, lower=0, clean=0, overwrite_a=1)
    if failed or sl.lapack.dpocon(R, norm)[0] < 1 / CONDITION:
        return None
    H = sl.lapack.dpotri(R, lower=0, overwrite_c=1)[0].T
    H *= root
    H *= root[:, None]
    return np.asarray(H)


def _product(M: Array, v: Array) -> Array:
    """Mv for a symmetric matrix given by its lower triangle."""
    return np.asarray(sl.blas.dsymv(1.0, M.T, v))  # the transpose is in the order that BLAS reads


class Moments:
    """Rows that are the entries of svec(Z), one pool, in a basis of what the samples see."""

    def __init__(self, H: Array, basis: Basis, order: int):
        self.H, self.basis, self.order = H, basis, order
        self.constant = np.zeros(len(H))
        self.precision = Precision(len(H), LARGE)

    @staticmethod
    def work(lift: Lift) -> float:
        """Multiply-adds of one `factor`."""
        p = svec.length(lift.order)
        return p**3 / 6 + 40.0 * p**2

    @staticmethod
    def setup(lift: Lift) -> float:
        """Multiply-adds of the table and its inverse."""
        return lift.patches.shape[1] * float(lift.order) ** 4 / 24 + svec.length(lift.order) ** 3 / 2

    def forms(self, nu: Array) -> Array:
        """The symmetric matrix of ν."""
        full = np.zeros(svec.length(self.order))
        full[self.basis.kept] = nu
        full[self.basis.rest] = nu @ self.basis.C if len(self.basis.rest) else 0.0
        return svec.smat(full)[None]

    def respond(self, Z: Array) -> Array:
        """svec(Z)."""
        z, (kept, rest, C) = svec.svec(Z[0]), self.basis
        return z[kept] + C @ z[rest] if len(rest) else z[kept]

    def factor(self, L: Array, D: Array) -> Solve:
        """The inverse of H + Σ W⊗W; D is 0, as without bounds on the multiplier."""
        W = L[0] @ L[0].swapaxes(1, 2)

        def times(x: Array) -> Array:
            return _product(self.H, x) + self.respond(np.sum(W @ self.forms(x) @ W, axis=0)[None])

        return self.precision.factor(lambda kind: self._normal(W, kind), times)

    def _normal(self, W: Array, kind: type) -> NDArray[Any]:
        """Lower triangle of H + Σ W⊗W in the basis."""
        kept, rest, C = self.basis
        if not len(rest):
            K = self._product(W, kind, kept)
        else:
            seen = np.sort(np.concatenate([kept, rest]))
            inside, other = np.searchsorted(seen, kept), np.searchsorted(seen, rest)
            whole = self._product(W, kind, seen)
            rows = np.where(np.arange(len(seen)) <= other[:, None], whole[other], whole[:, other].T)
            C = C.astype(kind)
            cross = C @ rows[:, inside]
            K = whole[np.ix_(inside, inside)] + cross + cross.T + C @ rows[:, other] @ C.T
        np.add(K, self.H, out=K, casting="same_kind")
        return K

    def _product(self, W: Array, kind: type, seen: Index) -> NDArray[Any]:
        """Lower triangle of Σ (W⊗W)_{ij,kl} = Σ s_ijs_kl(W_ikW_jl + W_ilW_jk)/2, s the scaling of svec."""
        row, col = (index[seen] for index in svec.triangle(self.order))
        scale = svec.scaling(self.order)[seen].astype(kind)
        one, other = (0.5 * scale * W[:, :, row]).astype(kind), W[:, :, col].astype(kind)
        left, right = np.concatenate([one, other]), np.concatenate([other, one])
        K = np.zeros((len(row), len(row)), dtype=kind)
        ends = np.searchsorted(col, np.arange(self.order + 1))
        for j, (first, last) in enumerate(zip(ends, ends[1:], strict=False)):  # the rows (i, j) of one j
            i = slice(0, j + 1) if last - first == j + 1 else row[first:last]
            here = np.einsum("tic,tc->ic", left[:, i, :last], right[:, j, :last])
            np.multiply(here, scale[first:last, None], out=K[first:last, :last])
        return K
