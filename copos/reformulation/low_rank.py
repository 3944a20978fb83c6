"""The square loss of a matrix of bounded rank: its Gram data, its coordinates, its local and global minimisers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copos.forms import Forms

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
        out = np.asarray(X, dtype=float)
        for W in self.weights:
            out = W @ out
        return out

    def loss(self, X: ArrayLike, Y: ArrayLike) -> float:
        """‖W_L ⋯ W_1 X − Y‖²_F."""
        return float(((self.predict(X) - np.asarray(Y, dtype=float)) ** 2).sum())


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
    """f(W) = tr(W G W') − 2<W, H> + constant, in coordinates W ↦ left' W right of the user's matrix.

    Attributes
    ----------
    G : (d_in, d_in) Gram matrix of the inputs
    H : (d_out, d_in) cross Gram matrix YX'
    constant : ‖Y‖²
    left, right, right_inverse : W_user = left · W · right_inverse, W = left' · W_user · right
    """

    G: Matrix
    H: Matrix
    constant: float
    left: Matrix
    right: Matrix
    right_inverse: Matrix

    @classmethod
    def of(cls, X: Matrix, Y: Matrix) -> LowRankLoss:
        """The user's own coordinates."""
        return cls(X @ X.T, Y @ X.T, float((Y**2).sum()), np.eye(len(Y)), np.eye(len(X)), np.eye(len(X)))

    def whitened(self) -> LowRankLoss:
        """Coordinates with G = I and H diagonal; directions that no input excites are left out.

        G = TT' with T = V diag(s), V an eigenbasis: with W_1 = W T the loss is ‖W_1‖² − 2<W_1, H T⁻ᵀ> + ‖Y‖², and
        rotating W_1 by the singular vectors of H T⁻ᵀ makes the target diagonal, which splits the problem by signs.
        """
        value, V = np.linalg.eigh(self.G)
        use = value > len(value) * np.finfo(float).eps * max(value.max(), 0.0)
        if not use.any():
            raise ValueError("X is zero: every network has the loss ‖Y‖², and there is nothing to whiten")
        root = np.sqrt(value[use])
        T, T_inverse = V[:, use] * root, (V[:, use] / root).T
        A, sigma, Bt = np.linalg.svd(self.H @ T_inverse.T, full_matrices=True)
        target = np.zeros((len(A), len(Bt)))
        np.fill_diagonal(target, sigma)
        return LowRankLoss(
            np.eye(len(Bt)), target, self.constant, self.left @ A,
            self.right @ T @ Bt.T, Bt @ T_inverse @ self.right_inverse,
        )  # fmt: skip

    def to_coordinates(self, W: Matrix) -> Matrix:
        """The user's matrix in these coordinates."""
        return self.left.T @ W @ self.right

    def from_coordinates(self, W: Matrix) -> Matrix:
        """Back to the user's matrix."""
        return self.left @ W @ self.right_inverse

    def value(self, W: Matrix) -> float:
        """f(W)."""
        return float(np.einsum("ia,ab,ib->", W, self.G, W) - 2 * (W * self.H).sum() + self.constant)

    def form(self, W: NDArray[np.int64], dim: int) -> Forms:
        """f as a quadratic form in x, where W holds the coordinates of the matrix and x_0 is coordinate 0."""
        i, a, b = (k.ravel() for k in np.indices((len(self.H), *self.G.shape)))
        quadratic = Forms.from_terms(0, W[i, a], W[i, b], self.G[a, b], 1, dim)
        linear = Forms.from_terms(0, 0, W.ravel(), -2 * self.H.ravel(), 1, dim)
        constant = Forms.from_terms(0, [0], [0], self.constant, 1, dim)
        return Forms.stack([quadratic, linear, constant]).combine(np.ones(3))

    def smallest_singular_value(self) -> float:
        """Smallest nonzero singular value of X, from G."""
        s = np.sqrt(np.maximum(np.linalg.eigvalsh(self.G), 0.0))
        return float(s[s > np.sqrt(len(s) * np.finfo(float).eps) * s.max()].min())

    def solution(self, rank: int) -> Matrix:
        """An optimal matrix of the given rank, of least norm."""
        white = self.whitened()
        sigma = np.zeros(white.H.shape)
        k = min(rank, *white.H.shape)
        sigma[np.arange(k), np.arange(k)] = np.diag(white.H)[:k]
        return self.to_coordinates(white.from_coordinates(sigma)) if k else sigma

    def polish(self, W: Matrix, rank: int, sweeps: int = 200, tolerance: float = 1e-14) -> Matrix:
        """Alternating least squares from the best rank-r approximation of W; never worse than where it starts."""
        U, s, Vt = np.linalg.svd(W, full_matrices=False)
        U, V = U[:, :rank], (s[:rank, None] * Vt[:rank]).T
        best = self.value(U @ V.T)
        G_inverse = np.linalg.pinv(self.G, hermitian=True)
        for _ in range(sweeps):
            # for U with orthonormal columns the optimal V' solves V'G = U'H; then U solves U (V'GV) = HV
            V = (U.T @ self.H @ G_inverse).T
            U = np.linalg.qr(self.H @ V @ np.linalg.pinv(V.T @ self.G @ V, hermitian=True))[0]
            V = (U.T @ self.H @ G_inverse).T
            value = self.value(U @ V.T)
            if value > best - tolerance * max(1.0, abs(self.constant)):
                break
            best = value
        return U @ V.T
