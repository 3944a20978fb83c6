"""The data of one output as an interior-point method needs them: A, its adjoint, and (D + Σ A(W⊗W)A')⁻¹.

A maps matrices Z, one per pool, to predictions <M_i, Z>. For a symmetric W the matrix with entries <M_i, W M_j W> is
dense and as large as the number of rows, but it need not cost what a general solver pays:

    M_i = a x̃_ix̃_i' + γF,   x̃ = (x, b/2a), F = e_ke_k', γ = c − b²/4a     (x̃ = x, F = I, γ = c without a linear term)
    <M_i, W M_j W> = a²(x̃_i'Wx̃_j)² + aγ(x̃_i'WFWx̃_i + x̃_j'WFWx̃_j) + γ²<FWF, W>,

one product of matrices, squared entry by entry (`Samples`). Where the rows are averages over patches, or a squared
loss has been compressed to as many rows as lifted features, they are symmetric matrices of their own (`Matrices`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import scipy.linalg as sl
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.polynomial.lifted import Lift

Array = NDArray[np.float64]
Solve = Callable[[NDArray[Any]], NDArray[Any]]  # single or double precision
EXACT = 1e-10  # relative residual at which refinement ends
REFINED = 8  # steps of iterative refinement at most
SINGLE = 1e-9  # relative residual that refinement of single precision must reach
LARGE = 3000  # samples for which single precision pays
SHIFTS = (1e-14, 1e-12, 1e-10, 1e-8)  # relative to the diagonal
CHUNK = 256  # rows of the normal matrix that are formed together, so that they stay in cache


class Rows(Protocol):
    """n linear forms of matrices Z (G, k, k)."""

    constant: Array  # (n,) what a free intercept adds to the rows

    def forms(self, nu: Array) -> Array:
        """Σ ν_iM_i, (G, k, k)."""
        ...

    def respond(self, Z: Array) -> Array:
        """Σ_g <M_ig, Z_g>, (n,)."""
        ...

    def factor(self, L: Array, D: Array) -> Solve:
        """The inverse of D + Σ A(W⊗W)A' over W = LL', L (G, signs, k, k)."""
        ...


def cholesky_solve(K: NDArray[Any]) -> Solve:
    """Inverse of a positive definite matrix given by its lower triangle; K is overwritten."""
    # the transpose is in the order that LAPACK reads, so nothing is copied
    R = sl.cholesky(K.T, lower=False, overwrite_a=True, check_finite=False)

    def solve(r: NDArray[Any]) -> NDArray[Any]:
        y = sl.solve_triangular(R, r, trans=1, check_finite=False)
        return sl.solve_triangular(R, y, overwrite_b=True, check_finite=False)

    return solve


def definite(normal: Callable[[], NDArray[Any]]) -> Solve:
    """Inverse of a matrix that rounding may have made indefinite: its diagonal is raised until a factor exists."""
    for shift in SHIFTS:
        K = normal()
        K[np.diag_indices(len(K))] *= 1 + shift
        try:
            return cholesky_solve(K)
        except np.linalg.LinAlgError:
            continue
    raise np.linalg.LinAlgError("not positive definite")


def refined(inner: Solve, times: Solve, needed: float = np.inf) -> Solve:
    """Iterative refinement of a rough `inner` solve by the matrix, given by its products; for vectors and columns.

    LinAlgError if the relative residual does not come down to `needed`.
    """

    def column(r: Array) -> Array:
        x, left = np.zeros_like(r), r
        size = whole = float(np.linalg.norm(r))
        for _ in range(REFINED):
            if size <= EXACT * whole:
                break
            better = x + size * inner(left / size)
            rest = r - times(better)
            if not np.linalg.norm(rest) < size:
                break
            x, left, size = better, rest, float(np.linalg.norm(rest))
        if size > needed * whole:
            raise np.linalg.LinAlgError(f"residual {size / whole:.0e} after refinement")
        return x

    return lambda r: np.stack([column(c) for c in r.reshape(len(r), -1).T], axis=-1).reshape(r.shape)


class Precision:
    """Factors in single precision while refinement brings the digits back, then in double."""

    def __init__(self, rows: int, least: int):
        self.single = rows > least  # a small factor is not what costs

    def factor(self, normal: Callable[[type], NDArray[Any]], times: Solve) -> Solve:
        """Inverse of the matrix with lower triangle `normal(kind)`, kind a precision, and products `times`."""

        def exactly() -> Solve:
            return refined(definite(lambda: normal(np.float64)), times)

        def roughly() -> Solve:
            rough = cholesky_solve(normal(np.float32))
            return refined(lambda r: rough(r.astype(np.float32)), times, SINGLE)

        def solve(r: Array) -> Array:
            nonlocal inner
            try:
                inner = inner or roughly()
                return inner(r)
            except np.linalg.LinAlgError:  # later steps are worse conditioned still
                if not self.single:
                    raise
                self.single, inner = False, exactly()
                return inner(r)

        inner = None if self.single else exactly()
        return solve


class Samples:
    """One row per sample of layers with one patch per pool; a ≠ 0."""

    def __init__(self, lift: Lift):
        a, b, c = lift.activation
        G, n, _, d = lift.patches.shape
        self.X = lift.patches[:, :, 0]
        self.a, self.gamma, k = a, c, lift.order
        self.F = np.eye(d)
        if lift.activation.lifted:
            self.X = np.concatenate([self.X, np.full((G, n, 1), b / (2 * a))], axis=2)
            self.gamma = c - b * b / (4 * a)
            self.F = np.zeros((k, k))
            self.F[-1, -1] = 1.0
        self.constant = np.ones(n)
        self.precision = Precision(n, LARGE)

    @staticmethod
    def work(lift: Lift) -> float:
        """Multiply-adds of one `factor`."""
        G, n = lift.patches.shape[:2]
        return n**2 * (G * (lift.order + 8) + n / 6)

    def forms(self, nu: Array) -> Array:
        """Σ ν_iM_i."""
        S = self.a * np.matmul(self.X.swapaxes(1, 2), nu[:, None] * self.X)
        return 0.5 * (S + S.swapaxes(1, 2)) + self.gamma * float(nu.sum()) * self.F

    def respond(self, Z: Array) -> Array:
        """Quadratic forms of the samples."""
        return self.a * np.einsum("gij,gij->i", self.X @ Z, self.X) + self.gamma * float(np.sum(self.F * Z))

    def factor(self, L: Array, D: Array) -> Solve:
        """Entrywise squares of X̃WX̃', lower triangle only."""
        W = L @ L.swapaxes(2, 3)

        def times(x: Array) -> Array:
            return D * x + self.respond(np.sum(W @ self.forms(x)[:, None] @ W, axis=1))

        return self.precision.factor(lambda kind: self._normal(L, D, kind), times)

    def _normal(self, L: Array, D: Array, kind: type) -> NDArray[Any]:
        n = len(D)
        K, edge, corner, products = np.zeros((n, n), dtype=kind), np.zeros(n), 0.0, []
        for X, pair in zip(self.X, L, strict=True):
            for factor in pair:
                B, FW = X @ factor, factor.T @ self.F @ factor
                edge += self.a * self.gamma * np.einsum("ij,ij->i", B @ FW, B)
                corner += self.gamma**2 * float(np.sum(FW * FW))
                products.append((B * np.sqrt(abs(self.a))).astype(kind))
        edge = edge.astype(kind)
        for first in range(0, n, CHUNK):
            last = min(n, first + CHUNK)
            here = K[first:last, :last]
            here += edge[first:last, None] + kind(corner)
            here += edge[:last]
            for B in products:
                square = B[first:last] @ B[:last].T
                np.multiply(square, square, out=square)
                here += square
        K[range(n), range(n)] += D.astype(kind)
        return K


class Matrices:
    """Rows that are symmetric matrices, given by their svecs, (G, n, k(k+1)/2)."""

    def __init__(self, rows: Array, constant: Array):
        self.rows, self.constant = rows, constant
        self.full = svec.smat(rows)

    @staticmethod
    def work(G: int, n: int, k: int) -> float:
        """Multiply-adds of one `factor`."""
        return G * (4 * n * k**3 + n**2 * svec.length(k)) + n**3 / 6

    def forms(self, nu: Array) -> Array:
        """Σ ν_iM_i."""
        return svec.smat(nu @ self.rows)

    def respond(self, Z: Array) -> Array:
        """Inner products with the rows."""
        return np.einsum("gip,gp->i", self.rows, svec.svec(Z))

    def factor(self, L: Array, D: Array) -> Solve:
        """Inner products of L'M_iL."""
        K = np.diag(D)
        for M, pair in zip(self.full, L, strict=True):
            for factor in pair:
                B = svec.svec(factor.T @ (M @ factor))
                K += B @ B.T
        return cholesky_solve(K)


def lifted_rows(lift: Lift) -> Array:
    """svec(M_ig) as (G, n, k(k+1)/2): ŷ = Σ_g rows·svec(Z − Z')."""
    a, b, c = lift.activation
    G, n, m, d = lift.patches.shape
    k = lift.order
    M = np.zeros((G, n, k, k))
    M[:, :, :d, :d] = a * np.matmul(lift.patches.swapaxes(2, 3), lift.patches) / m
    if lift.activation.lifted:
        M[:, :, d, :d] = M[:, :, :d, d] = 0.5 * b * lift.mean
        M[:, :, d, d] = c
    else:
        M[:, :, range(d), range(d)] += c
    return svec.svec(M)
