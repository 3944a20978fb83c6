"""The square loss of a matrix of bounded rank: its Gram data, its coordinates, its local and global minimisers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic import svec
from copos.arithmetic.exact_products import gram
from copos.arithmetic.fixed_point import exponent, power
from copos.arithmetic.rational_frames import frame
from copos.arithmetic.rationals import Rational, RationalRows, nearest, rational
from copos.forms import Forms
from copos.reformulation.linear_network.conditioning import powers, rough, scaled
from copos.reformulation.linear_network.coordinates import Coordinates
from copos.reformulation.linear_network.exact_loss import ExactLoss, Tables, doubles
from copos.support.given import real_array
from copos.support.looks import one_line

Matrix = NDArray[Any]

ROTATION = 60  # bits of the reflections that a rotation of the outputs consists of
TURNED = 30  # outputs that are rotated: the denominators of a rational rotation grow with their number
TINY = 1e-13  # of √|f_aa f_bb|: a smaller coefficient of x_a x_b is zero for a solver, not for the proof


@one_line
@dataclass(frozen=True, eq=False)
class LinearNetwork:
    """x ↦ W_L ⋯ W_1 x + b; `weights` are W_1, …, W_L, and b is `bias`, zero unless an intercept was asked for."""

    weights: tuple[Matrix, ...]
    bias: Matrix | None = None

    def __post_init__(self) -> None:
        shapes = [np.shape(W) for W in self.weights]
        after = zip(shapes, shapes[1:], strict=False)
        if not shapes or any(len(s) != 2 for s in shapes) or any(a[0] != b[1] for a, b in after):
            raise ValueError(f"weights have the shapes {shapes}; expected one matrix at least, each fit to the next")

    @property
    def matrix(self) -> Matrix:
        """The product W_L ⋯ W_1."""
        out = self.weights[0]
        for W in self.weights[1:]:
            out = W @ out
        return out

    @property
    def widths(self) -> tuple[int, ...]:
        """(d_in, h_1, …, d_out)."""
        return (self.weights[0].shape[1], *(W.shape[0] for W in self.weights))

    def predict(self, X: ArrayLike) -> Matrix:
        """W_L ⋯ W_1 X + b for X of shape (d_in, samples)."""
        out = real_array(X, "X")
        for W in self.weights:
            out = W @ out
        return out if self.bias is None else out + self.bias[:, None]

    def loss(self, X: ArrayLike, Y: ArrayLike, weights: ArrayLike | None = None) -> float:
        """‖W_L ⋯ W_1 X − Y‖²_F, each squared error times its weight."""
        errors = (self.predict(X) - np.asarray(Y, dtype=float)) ** 2
        return float((errors if weights is None else np.asarray(weights) * errors).sum())


def layers(W: Matrix, widths: Sequence[int]) -> LinearNetwork:
    """Balanced factors W = W_L ⋯ W_1 with the given widths; rank W must not exceed the smallest of them."""
    r, depth = min(widths), len(widths) - 1
    U, s, Vt = np.linalg.svd(W, full_matrices=False)
    root = s[:r] ** (1.0 / depth)
    weights = []
    for k in range(depth):
        M = np.zeros((widths[k + 1], widths[k]))
        left = U[:, :r] if k == depth - 1 else np.eye(r)
        right = Vt[:r] if k == 0 else np.eye(r)
        core = (left * root) @ right
        M[: core.shape[0], : core.shape[1]] = core
        weights.append(M)
    return LinearNetwork(tuple(weights))


def joined(A: Matrix, B: Matrix, widths: Sequence[int]) -> LinearNetwork:
    """W = AB with the given widths, A (d_out, k) and B (k, d_in) as they are; k must not exceed the least width."""
    if len(widths) == 2:
        return LinearNetwork((A @ B,))
    inner = [np.eye(h, g) for g, h in zip(widths[1:-2], widths[2:-1], strict=True)]
    first, last = np.zeros((widths[1], B.shape[1])), np.zeros((A.shape[0], widths[-2]))
    first[: len(B)], last[:, : A.shape[1]] = B, A
    return LinearNetwork((first, *inner, last))


def split(V: Matrix, rank: int) -> tuple[Matrix, Matrix]:
    """(A, B) with V ≈ AB, A of orthonormal columns, from the leading singular vectors; V itself where it may be."""
    d_out, d_in = V.shape
    if rank >= d_out:
        return np.eye(d_out), V
    if rank >= d_in:
        return V, np.eye(d_in)
    U, s, Vt = np.linalg.svd(V, full_matrices=False)
    return U[:, :rank], s[:rank, None] * Vt[:rank]


def closed_form(tables: Tables, rank: int) -> tuple[Matrix, Matrix] | None:
    """(A, B) of a W = AB of rank ≤ r with the least loss, where all outputs have multiples of one Gram matrix.

    With V in coordinates where G is the identity, W is the truncated singular value decomposition of A^{1/2}HG⁻¹, A the
    weights of the outputs [BaldiHornik1989]. None where no closed form is known.
    """
    if not tables.uniform:
        return None
    G, H, _ = tables.base
    if tables.ridge:
        G = G + rational(tables.ridge) * np.eye(len(G), dtype=int).astype(object)
    shape = H.shape
    if not G.any():
        return np.zeros((shape[0], 1)), np.zeros((1, shape[1]))
    at = Coordinates.spanning(shape, G)
    kept = list(at.kept)
    G, H = G[np.ix_(kept, kept)], H[:, kept]
    S = rough(G)
    near = None
    if S is None:
        at = at.conditioned(G)
        S, near = at.S, doubles(gram(gram(at.S, G), at.S))
    else:
        at = replace(at, S=S)
    root = np.sqrt([nearest(tables.output_factor(i)) for i in range(shape[0])])
    white = doubles(gram(H, S))
    V = root[:, None] * (white if near is None else np.linalg.solve(near, white.T).T)
    A, B = split(V, rank)
    back = np.divide(1.0, root, out=np.zeros_like(root), where=root > 0)
    return back[:, None] * A, at.right(B)


def closed_forms(tables: Tables, rank: int) -> list[tuple[Matrix, Matrix]]:
    """The closed form, and where the inputs are ill-conditioned neighbours of it with smaller weights.

    An optimum that needs weights of 10^15 for a direction which the inputs hardly have is lost when these are rounded
    to doubles; without that direction the loss is hardly larger.
    """
    best = closed_form(tables, rank)
    if best is None:
        return []
    G, H, _ = tables.base
    if tables.ridge:
        G = G + rational(tables.ridge) * np.eye(len(G), dtype=int).astype(object)
    if not G.any() or rough(G) is not None:
        return [best]
    near, D = scaled(G)
    value, vector = np.linalg.eigh(near)
    root = np.sqrt([nearest(tables.output_factor(i)) for i in range(len(H))])
    back = np.divide(1.0, root, out=np.zeros_like(root), where=root > 0)
    cross = doubles(gram(H, np.diag(D))) @ vector
    out = [best]
    for least in (1e-14, 1e-11, 1e-8):
        use = value > least * value[-1]
        A, B = split(root[:, None] * cross[:, use] / np.sqrt(value[use]), rank)
        out.append((back[:, None] * A, (B / np.sqrt(value[use])) @ vector[:, use].T * D))
    return out


def svd_solution(X: Matrix, Y: Matrix, rank: int) -> Matrix:
    """A W of rank ≤ r with the least ‖WX − Y‖², zero on inputs that depend on others."""
    found = closed_form(Tables(X, Y), rank)
    assert found is not None  # no weights
    return found[0] @ found[1]


@one_line
@dataclass(frozen=True, eq=False)
class LowRankLoss:
    """f(W) = Σ_i w_i G_i w_i' − 2<W, H> + constant, w_i the rows of W, in coordinates of the user's matrix.

    Attributes
    ----------
    exact : the loss in these coordinates, in rational numbers
    at : the coordinates
    """

    exact: ExactLoss
    at: Coordinates

    @classmethod
    def of(cls, tables: Tables) -> LowRankLoss:
        """The user's own coordinates."""
        return cls(tables.loss, Coordinates.plain((len(tables.Y), len(tables.X))))

    @classmethod
    def penalty(cls, shape: tuple[int, int], ridge: Rational) -> LowRankLoss:
        """ridge·‖W‖² alone, for problems whose errors are not squared."""
        G = rational(ridge) * np.eye(shape[1], dtype=int).astype(object)
        return cls(ExactLoss((G,), np.zeros(shape, dtype=int).astype(object), 0), Coordinates.plain(shape))

    @cached_property
    def G(self) -> Matrix:
        """(d_out, d_in, d_in) Gram matrices, one per output."""
        grams = np.array([doubles(M) for M in self.exact.G])
        return np.broadcast_to(grams, (len(self.exact.H), *grams.shape[1:]))

    @cached_property
    def H(self) -> Matrix:
        """(d_out, d_in) cross Gram matrix."""
        return doubles(self.exact.H)

    @property
    def constant(self) -> float:
        """The loss at W = 0."""
        return nearest(self.exact.constant)

    @property
    def uniform(self) -> bool:
        """Are all G_i the same?"""
        return len(self.exact.G) == 1

    def total(self) -> Matrix:
        """The sum of the G_i."""
        return self.exact.G[0] if self.uniform else np.sum(np.array(self.exact.G, dtype=object), axis=0)

    def conditioned(self) -> LowRankLoss:
        """Coordinates V with W = V S in which the sum of the G_i is nearly the identity, without dependent inputs."""
        at = Coordinates.spanning(self.exact.H.shape, self.total())
        kept = list(at.kept)
        exact = self.exact.restricted(kept)
        if len(kept) < self.exact.H.shape[1] or kept:
            at = at.conditioned(self.total()[np.ix_(kept, kept)])
        return LowRankLoss(exact if at.S is None else exact.substituted(at.S), at)

    def balanced(self) -> tuple[LowRankLoss, Matrix]:
        """(f/4^h, D) with V = V' D 2^h, powers of two D and h: Gram matrices and the constant are then about one."""
        h = exponent(self.exact.constant) // 2 if self.exact.constant else 0
        D = np.diag(np.array([power(e + h) for e in powers(self.total())], dtype=object))
        moved, less = self.exact.substituted(D), power(-2 * h)
        exact = ExactLoss(tuple(M * less for M in moved.G), moved.H * less, moved.constant * less)
        return LowRankLoss(exact, self.at), doubles(np.diagonal(D))

    def whitened(self) -> LowRankLoss:
        """Coordinates with G_i ≈ I and H nearly diagonal; inputs that depend on others are left out.

        W = L V S: with SGS' = I the loss is ‖V‖² − 2<V, L'HS'> + ‖Y‖², and the singular vectors of HS' make the target
        diagonal, which splits the problem by signs. L is exactly orthogonal: a product of rational reflections.
        """
        if not self.uniform:
            raise ValueError("whitening needs one Gram matrix for all outputs, but the loss is weighted")
        if not self.exact.G[0].any():
            raise ValueError("X is zero: every network has the loss ‖Y‖², and there is nothing to whiten")
        one = self.conditioned()
        A, _, Bt = np.linalg.svd(one.H, full_matrices=True)
        at, turn = one.at, np.array(Bt)
        assert at.S is not None and at.S_inverse is not None  # conditioned
        at = replace(at, S=gram(turn, at.S.T), S_inverse=gram(at.S_inverse, turn))
        return LowRankLoss(one.exact.substituted(turn), at)._turned(A)

    def rotated(self) -> LowRankLoss:
        """W = L V R with rotations that make H nearly diagonal and keep singular values; needs G = γI."""
        G, n = self.exact.G[0], self.exact.H.shape[1]
        if not self.uniform or (G != G[0, 0] * np.eye(n, dtype=int).astype(object)).any():
            raise ValueError(
                "'whiten' changes the singular values of W and with them the weight decay unless XX' is a multiple "
                "of the identity"
            )
        A, _, Bt = np.linalg.svd(self.H, full_matrices=True)
        R = frame(Bt.T, ROTATION).T
        at = replace(self.at, S=R, S_inverse=R.T)
        return LowRankLoss(ExactLoss(self.exact.G, self.exact.H @ R.T, self.exact.constant), at)._turned(A)

    def _turned(self, A: Matrix) -> LowRankLoss:
        if len(A) > TURNED:
            return self
        L = frame(A, ROTATION)
        return LowRankLoss(self.exact.rotated(L), self.at.rotated(L))

    def value(self, V: Matrix) -> float:
        """F at a matrix of these coordinates, in floating point around a reference point."""
        M, at, slope = self._reference
        D = V - M
        return float(np.einsum("ia,iab,ib->", D, self.G, D) + 2 * (D * slope).sum() + at)

    @cached_property
    def _reference(self) -> tuple[Matrix, float, Matrix]:
        """A point near the minimiser without a bound on the rank, f and half its gradient there, rounded once."""
        M = np.array([np.linalg.lstsq(G, h, rcond=1e-10)[0] for G, h in zip(self.G, self.H, strict=True)])
        return M, nearest(self.exact.value(M)), doubles(self.exact.slope(M))

    def form(self, W: NDArray[np.int64], dim: int) -> Forms:
        """F as a quadratic form in x, where W holds the coordinates of the matrix and x_0 is coordinate 0."""
        grams = [self.exact.gram(k) for k in range(len(self.exact.H))]
        at = [np.nonzero(G) for G in grams]
        i = np.repeat(np.arange(len(at)), [len(a) for a, _ in at])
        a, b = (np.concatenate(part) for part in zip(*at, strict=True))
        place = np.concatenate([svec.position(W[i, a], W[i, b]), svec.position(0 * W.ravel(), W.ravel()), [0]])
        values = [v for G, where in zip(grams, at, strict=True) for v in G[where].tolist()]
        values += [*(-2 * self.exact.H).ravel().tolist(), self.exact.constant]
        terms = ([0] * len(place), place.tolist(), values)
        exact = RationalRows.from_terms(*terms, 1, svec.length(dim))
        rows = exact.floats()
        # what is left of entries that the coordinates were made to annul is rounding, for a solver
        rows.data[np.abs(rows.data) < TINY * self._size(exact, rows)] = 0.0
        rows.eliminate_zeros()
        return Forms(dim, rows, exact)

    def _size(self, exact: RationalRows, rows: Any) -> Matrix:
        """√|f_aa f_bb| of the terms x_a x_b; zero on the diagonal, so that no square is lost."""
        column = rows.indices
        a, b = svec.pair(column)
        square = np.zeros(int(max(a.max(initial=0), b.max(initial=0))) + 1)
        square[a[a == b]] = np.abs(rows.data[a == b])
        with np.errstate(over="ignore"):
            return np.where(a == b, 0.0, np.sqrt(square[a]) * np.sqrt(square[b]))

    def polish(
        self, W: Matrix, rank: int, sweeps: int = 500, tolerance: float = 1e-14, rcond: float | None = None
    ) -> Matrix:
        """Alternating least squares from the best rank-r approximation of W; never worse than where it starts.

        `rcond` is the share of the largest below which singular values of a least-squares problem are taken as zero.
        """
        U, s, Vt = np.linalg.svd(W, full_matrices=False)
        U, V = U[:, :rank], (s[:rank, None] * Vt[:rank]).T
        best = self.value(U @ V.T)
        for _ in range(sweeps):
            previous, kept = best, (U, V)
            # W = UV': with U fixed, Σ_i (G_i ⊗ u_iu_i') vec V' = vec(U'H); with V fixed, (V'G_iV) u_i = V'H_i
            normal = np.einsum("iab,ip,iq->apbq", self.G, U, U).reshape(V.size, V.size)
            V = np.linalg.lstsq(normal, (U.T @ self.H).T.ravel(), rcond=rcond)[0].reshape(V.shape)
            V = np.linalg.qr(V)[0]
            inner = np.einsum("ap,iab,bq->ipq", V, self.G, V)
            U = np.einsum("ipq,iq->ip", np.linalg.pinv(inner, rcond or 1e-15, hermitian=True), self.H @ V)
            best = self.value(U @ V.T)
            if not best <= previous:
                return kept[0] @ kept[1].T
            if best > previous - tolerance * abs(self.constant):
                break
        return U @ V.T
