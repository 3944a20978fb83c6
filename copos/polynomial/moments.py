"""Normal equations of a squared loss for more samples than lifted features: moments of order four, once.

With A the rows (n × p, p = k(k+1)/2) and K = W⊗W + W'⊗W' for the two signs,

    (D + AKA')⁻¹ = D⁻¹ − D⁻¹A (K⁻¹ + G)⁻¹ A'D⁻¹,     G = A'D⁻¹A,

where D, the curvature of the conjugate, does not change: G is a table of the moments of order four of the features. A
basis B in which both scaling points are diagonal, W = BB' and W' = Bθ²B', gives K = (B⊗B) Θ (B⊗B)' with a diagonal
Θ = 1 + θ_i²θ_j², so that only (B⊗B)'G(B⊗B) + Θ⁻¹ is factored.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from copos import svec
from copos.polynomial.lifted import Lift
from copos.polynomial.normal_equations import Samples, Solve, cholesky_solve

Array = NDArray[np.float64]
SAMPLES = 1024  # whose products of features are in memory together
REFINED = 2  # steps of iterative refinement
ROWS = 128  # of the table that are transformed together


def fourth_moments(X: Array, weights: Array) -> Array:
    """Σ_i w_i svec(x_ix_i') svec(x_ix_i')', from the d⁴/24 moments that differ.

    Examples
    --------
    >>> X, w = np.array([[1.0, 2.0], [0.0, 3.0]]), np.array([1.0, 2.0])
    >>> rows = svec.svec(X[:, :, None] * X[:, None, :])
    >>> bool(np.allclose(fourth_moments(X, w), rows.T @ (w[:, None] * rows)))
    True
    """
    n, d = X.shape
    # x_ix_jx_kx_l, i ≤ j ≤ k ≤ l: pairs (i, j) against the pairs (k, l) with k ≥ j. With the features in reverse order
    # those come first in a triangle read by columns
    back = np.ascontiguousarray(X[:, ::-1])
    low, high = svec.triangle(d)
    widths = svec.length(d - np.arange(d))
    blocks = [np.zeros((j + 1, widths[j])) for j in range(d)]
    for first in range(0, n, SAMPLES):
        here = slice(first, first + SAMPLES)
        pairs = back[here][:, low] * back[here][:, high]
        forward = X[here] * weights[here, None]
        for j in range(d):
            blocks[j] += (forward[:, : j + 1] * X[here, j, None]).T @ pairs[:, : widths[j]]
    values = np.concatenate([block.ravel() for block in blocks])
    offset = np.concatenate([[0], np.cumsum([block.size for block in blocks])[:-1]])
    scale, table = svec.scaling(d), np.empty((len(low), len(low)))
    for row, (i, j) in enumerate(zip(low, high, strict=True)):
        inner, outer = np.maximum(i, low), np.minimum(j, high)
        second, third = np.minimum(inner, outer), np.maximum(inner, outer)
        place = svec.position(d - 1 - np.maximum(j, high), d - 1 - third)
        table[row] = values[offset[second] + np.minimum(i, low) * widths[second] + place]
    return table * scale * scale[:, None]


class Moments(Samples):
    """One pool of one patch per sample, a squared loss with curvatures κ (n,)."""

    def __init__(self, lift: Lift, kappa: Array):
        super().__init__(lift)
        X, w = self.X[0], 1 / kappa
        self.kappa, f = kappa, svec.svec(self.F)
        self.G = self.a**2 * fourth_moments(X, w)
        second = self.a * self.gamma * svec.svec(X.T @ (w[:, None] * X))
        self.G += np.outer(second, f) + np.outer(f, second) + self.gamma**2 * float(w.sum()) * np.outer(f, f)

    @staticmethod
    def work(lift: Lift) -> float:
        """Multiply-adds of one `factor` and of the passes over the samples that its solutions need."""
        p, k = svec.length(lift.order), lift.order
        return 4.0 * p * k**3 + p**3 / 6 + 40.0 * (p**2 + lift.patches.shape[1] * k**2)

    @staticmethod
    def setup(lift: Lift) -> float:
        """Multiply-adds of the table."""
        return lift.patches.shape[1] * float(lift.order) ** 4 / 24

    def factor(self, L: Array, D: Array) -> Solve:
        """By the table; D is κ, as without bounds on the multiplier."""
        U, theta, _ = np.linalg.svd(np.linalg.solve(L[0, 0], L[0, 1]))
        B, low_high = L[0, 0] @ U, svec.triangle(len(theta))
        turned = _turned(_turned(self.G, B).T, B)
        square = theta**2
        turned[np.diag_indices(len(turned))] += 1 / (1 + square[low_high[0]] * square[low_high[1]])
        inner, w = cholesky_solve(turned), 1 / self.kappa

        W = L[0] @ L[0].swapaxes(1, 2)

        def once(r: Array) -> Array:
            y = inner(svec.svec(B.T @ self.forms(w * r)[0] @ B))
            return w * (r - self.respond((B @ svec.smat(y) @ B.T)[None]))

        def column(r: Array) -> Array:
            # r is much longer than the answer, which loses digits; refinement brings them back
            x = once(r)
            for _ in range(REFINED):
                S = self.forms(x)
                x = x + once(r - self.kappa * x - self.respond(np.sum(W @ S @ W, axis=0)[None]))
            return x

        return lambda r: np.stack([column(c) for c in r.reshape(len(r), -1).T], axis=-1).reshape(r.shape)


def _turned(table: Array, B: Array) -> Array:
    """svec(B'MB) of the matrices whose svecs are the rows of a table."""
    k = len(B)
    row, col = svec.triangle(k)
    place, scale = svec.position(*np.indices((k, k))), svec.scaling(k)
    out = np.empty(table.shape)
    for first in range(0, len(table), ROWS):
        M = np.take(table[first : first + ROWS] / scale, place, axis=1)
        out[first : first + ROWS] = (B.T @ (M @ B))[:, row, col] * scale
    return out
