"""The square loss of a matrix of bounded rank: its Gram data, its coordinates, its local and global minimisers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copos.forms import Forms
from copos.given import real_array

Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LinearNetwork:
    """x ↦ W_L ⋯ W_1 x; `weights` are W_1, …, W_L."""

    weights: tuple[Matrix, ...]

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
        """W_L ⋯ W_1 X for X of shape (d_in, samples)."""
        out = real_array(X, "X")
        for W in self.weights:
            out = W @ out
        return out

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


def svd_solution(X: Matrix, Y: Matrix, rank: int) -> Matrix:
    """U_rU_r'YX⁺, the optimal W of least norm; U_r the leading left singular vectors of Y X⁺X."""
    basis = _row_basis(X)
    projected = Y @ basis.T
    U = np.linalg.svd(projected, full_matrices=False)[0][:, :rank]
    return U @ (U.T @ projected) @ basis @ np.linalg.pinv(X)


def _row_basis(X: Matrix) -> Matrix:
    """Orthonormal rows that span the row space of X."""
    s, Vt = np.linalg.svd(X, full_matrices=False)[1:]
    return Vt[s > _floor(X, s)]


def _floor(X: Matrix, s: Matrix) -> float:
    """Singular values that are rounding."""
    return float(max(X.shape) * np.finfo(float).eps * s.max(initial=0.0))


@dataclass(frozen=True, eq=False)
class LowRankLoss:
    """f(W) = Σ_i w_i G_i w_i' − 2<W, H> + constant, w_i the rows of W, in coordinates of the user's matrix.

    Attributes
    ----------
    G : (d_out, d_in, d_in) Gram matrices X diag(weights_i) X' + ridge·I, one per output
    H : (d_out, d_in) cross Gram matrix (weights ∘ Y) X'
    constant : Σ weights ∘ Y²
    uniform : are all G_i the same?
    left, left_inverse, right, right_inverse : W = left · W_user · right and W_user = left_inverse · W · right_inverse
    """

    G: Matrix
    H: Matrix
    constant: float
    uniform: bool
    left: Matrix
    left_inverse: Matrix
    right: Matrix
    right_inverse: Matrix

    @classmethod
    def of(cls, X: Matrix, Y: Matrix, weights: Matrix | None = None, ridge: float = 0.0) -> LowRankLoss:
        """The user's own coordinates; `weights` (d_out × samples) weigh the squared errors, ridge·‖W‖² is added."""
        d_out, d_in = len(Y), len(X)
        more = ridge * np.eye(d_in)
        if weights is None:
            G = np.broadcast_to(X @ X.T + more, (d_out, d_in, d_in))
            H, constant = Y @ X.T, float((Y**2).sum())
        else:
            G = np.einsum("at,it,bt->iab", X, weights, X) + more
            H, constant = (weights * Y) @ X.T, float((weights * Y**2).sum())
        one = np.eye(d_out)
        return cls(G, H, constant, weights is None, one, one, np.eye(d_in), np.eye(d_in))

    @classmethod
    def penalty(cls, shape: tuple[int, int], ridge: float) -> LowRankLoss:
        """ridge·‖W‖² alone, for problems whose errors are not squared."""
        one, other = np.eye(shape[0]), np.eye(shape[1])
        G = np.broadcast_to(ridge * other, (shape[0], *other.shape))
        return cls(G, np.zeros(shape), 0.0, True, one, one, other, other)

    def scaled_rows(self, weights: Matrix) -> LowRankLoss:
        """Coordinates diag(√a) W of a loss whose Gram matrices are a_i G: there all of them are G."""
        root = np.sqrt(weights)
        return replace(
            self, G=np.broadcast_to(self.G[0] / weights[0], self.G.shape), H=self.H / root[:, None], uniform=True,
            left=root[:, None] * self.left, left_inverse=self.left_inverse / root,
        )  # fmt: skip

    def whitened(self, rotate_only: bool = False) -> LowRankLoss:
        """Coordinates with G_i = I and H diagonal; directions that no input excites are left out.

        G = TT' with T = V diag(s), V an eigenbasis: with W_1 = W T the loss is ‖W_1‖² − 2<W_1, H T⁻ᵀ> + ‖Y‖², and
        rotating W_1 by the singular vectors of H T⁻ᵀ makes the target diagonal, which splits the problem by signs.
        `rotate_only` keeps the singular values of W as they are, which is possible for G = γI only: then G_i = γI.
        """
        if not self.uniform:
            raise ValueError("whitening needs one Gram matrix for all outputs, but the loss is weighted")
        value, V = np.linalg.eigh(self.G[0])
        use = value > len(value) * np.finfo(float).eps * max(value.max(), 0.0)
        if not use.any():
            raise ValueError("X is zero: every network has the loss ‖Y‖², and there is nothing to whiten")
        scale = 1.0
        if rotate_only:
            scale = float(value.mean())
            if not use.all() or np.ptp(value) > 1e-12 * scale:
                raise ValueError(
                    "'whiten' changes the singular values of W and with them the weight decay unless XX' is a multiple "
                    "of the identity"
                )
        root = np.ones(len(value)) if rotate_only else np.sqrt(value[use])
        T, T_inverse = V[:, use] * root, (V[:, use] / root).T
        A, sigma, Bt = np.linalg.svd(self.H @ T_inverse.T, full_matrices=True)
        target = np.zeros((len(A), len(Bt)))
        np.fill_diagonal(target, sigma)
        return LowRankLoss(
            np.broadcast_to(scale * np.eye(len(Bt)), (len(A), len(Bt), len(Bt))), target, self.constant, True,
            A.T @ self.left, self.left_inverse @ A, self.right @ T @ Bt.T, Bt @ T_inverse @ self.right_inverse,
        )  # fmt: skip

    def to_coordinates(self, W: Matrix) -> Matrix:
        """The user's matrix in these coordinates."""
        return self.left @ W @ self.right

    def from_coordinates(self, W: Matrix) -> Matrix:
        """Back to the user's matrix."""
        return self.left_inverse @ W @ self.right_inverse

    def minimiser(self, rank: int) -> Matrix:
        """The user's matrix of rank ≤ r with the least loss, if G is one matrix: a truncated SVD of H G^{-1/2}."""
        white = self.whitened()
        keep = np.arange(min(white.H.shape)) < rank
        W = np.zeros(white.H.shape)
        np.fill_diagonal(W, np.where(keep, np.diagonal(white.H), 0.0))
        return white.from_coordinates(W)

    def value(self, W: Matrix) -> float:
        """f(W)."""
        return float(np.einsum("ia,iab,ib->", W, self.G, W) - 2 * (W * self.H).sum() + self.constant)

    def form(self, W: NDArray[np.int64], dim: int) -> Forms:
        """F as a quadratic form in x, where W holds the coordinates of the matrix and x_0 is coordinate 0."""
        i, a, b = (k.ravel() for k in np.indices(self.G.shape))
        quadratic = Forms.from_terms(0, W[i, a], W[i, b], self.G[i, a, b], 1, dim)
        linear = Forms.from_terms(0, 0, W.ravel(), -2 * self.H.ravel(), 1, dim)
        constant = Forms.from_terms(0, [0], [0], self.constant, 1, dim)
        return Forms.stack([quadratic, linear, constant]).combine(np.ones(3))

    def curvature(self) -> float | None:
        """μ > 0 with Σ w_iG_iw_i' ≥ μ‖W‖² for some optimal W, or None.

        For one singular G an optimal W of least norm lives on the range of G. Weighted outputs with a singular G_i
        have no such bound: the infimum may not be attained.
        """
        value = np.linalg.eigvalsh(self.G[:1] if self.uniform else self.G)
        floor = value.shape[1] * np.finfo(float).eps * value.max(initial=0.0)
        if self.uniform:
            value = value[value > floor]
        return None if value.size == 0 or value.min() <= floor else float(value.min())

    def polish(self, W: Matrix, rank: int, sweeps: int = 500, tolerance: float = 1e-14) -> Matrix:
        """Alternating least squares from the best rank-r approximation of W; never worse than where it starts."""
        U, s, Vt = np.linalg.svd(W, full_matrices=False)
        U, V = U[:, :rank], (s[:rank, None] * Vt[:rank]).T
        best = self.value(U @ V.T)
        for _ in range(sweeps):
            previous, kept = best, (U, V)
            # W = UV': with U fixed, Σ_i (G_i ⊗ u_iu_i') vec V' = vec(U'H); with V fixed, (V'G_iV) u_i = V'H_i
            normal = np.einsum("iab,ip,iq->apbq", self.G, U, U).reshape(V.size, V.size)
            V = np.linalg.lstsq(normal, (U.T @ self.H).T.ravel(), rcond=None)[0].reshape(V.shape)
            V = np.linalg.qr(V)[0]
            inner = np.einsum("ap,iab,bq->ipq", V, self.G, V)
            U = np.einsum("ipq,iq->ip", np.linalg.pinv(inner, hermitian=True), self.H @ V)
            best = self.value(U @ V.T)
            if not best <= previous:
                return kept[0] @ kept[1].T
            if best > previous - tolerance * max(1.0, abs(self.constant)):
                break
        return U @ V.T
