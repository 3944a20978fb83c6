"""Feasible duals of level 0 of a k-means problem from any dual pair, at a known cost.

What is missing from A'z + c = 0 goes to the matrix S ⪰ 0 of the dual, whose entries are those of Y; where S is not
positive semidefinite then, S + ε diag(m) is, and costs ε k because Σ m_g Y_gg = k.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from copos.arithmetic import svec
from copos.conic import Solution
from copos.hierarchy import Relaxation

Vector = NDArray[np.float64]
MARGIN = 1e-8  # of the value: what S is made positive definite with, for a proof that rounds it
AGAIN = 2.0  # a run that is not decided is looked at again when its residuals have fallen by so much


class Repair:
    """Makes dual pairs of one level feasible: `sizes` are the m_g, equation `row` is Σ m_g Y_gg = `clusters`."""

    def __init__(self, relaxation: Relaxation, sizes: NDArray[np.int64], row: int, clusters: int) -> None:
        self.form, K = relaxation.form, relaxation.form.cones
        at = np.flatnonzero(relaxation.kept == row)
        self.clusters = clusters
        if K.psd != (len(sizes),) or K.second_order or len(at) != 1:
            raise ValueError("the level has no matrix of all groups, or not the equation of its trace")
        self.signs, self.matrix = slice(K.zero, K.zero + K.nonnegative), slice(K.zero + K.nonnegative, None)
        self.entries = self.form.A[self.matrix]
        self.squares = np.asarray(self.entries.multiply(self.entries).sum(axis=0)).ravel()
        self.trace, self.root = int(at[0]), np.sqrt(sizes.astype(float))
        g = np.arange(len(sizes))
        self.diagonal = np.zeros(self.form.shape[0] - self.matrix.start)
        self.diagonal[svec.position(g, g)] = sizes
        a = self.form.A[[self.trace]].toarray().ravel()
        self.step = -float(a @ (self.entries.T @ self.diagonal)) / float(a @ a)

    def __call__(self, solution: Solution) -> Solution:
        """The same answer with a feasible z and its value."""
        z = solution.z.copy()
        z[self.signs] = np.maximum(z[self.signs], 0.0)
        missing = self.form.A.T @ z + self.form.c
        z[self.matrix] -= self.entries @ (missing / self.squares)
        S = svec.smat(z[self.matrix]) / np.outer(self.root, self.root)
        least = float(linalg.eigh(S, eigvals_only=True, subset_by_index=(0, 0))[0])
        value = abs(float(self.form.offset - self.form.b @ z))
        shift = max(0.0, MARGIN * value / self.clusters - least)
        z[self.matrix] += shift * self.diagonal
        z[self.trace] += shift * self.step
        return replace(solution, z=z, dual_value=float(self.form.offset - self.form.b @ z))

    def judge(self, cutoff: float) -> Callable[[Solution], float]:
        """Stops a run once its feasible dual is worth `cutoff`, or when its value is seen to be below that."""

        def judge(solution: Solution) -> float:
            if self(solution).dual_value >= cutoff:
                return 0.0
            r = self.form.A @ solution.x + solution.s - self.form.b
            return 0.0 if solution.value + float(np.abs(solution.z) @ np.abs(r)) < cutoff else AGAIN

        return judge
