"""Level 0 of the lift by minors: moments of one matrix V = uv' and of its entries, [[1, w'], [w, M]] ⪰ 0, M = M^Γ.

It is the ordered level at rank one. The signs s, t ∈ {±1}^n × {±1}^m for which V_ij → s_i V_ij t_j leaves the loss
alone may be averaged over: rows and columns that an entry of H or of Q joins have the same sign, so that each component
of this graph has one, moments that change with it vanish, and the block falls apart. What a solver sees is that; a dual
of it is one of the whole level, with zeros elsewhere. Where the graph is not connected the optimal V is not unique
either, and the whole level is degenerate.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.linalg as la
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from copos.arithmetic import svec
from copos.conic import Cones, ConicForm, Solution, Vector
from copos.levels.factor_levels import Index, Matrix, MomentLevel


@dataclass(frozen=True, eq=False)
class RankOneLevel(MomentLevel):
    """The ordered level at rank one, with a form of the moments that no sign changes."""

    @cached_property
    def whole(self) -> ConicForm:
        """The form of all moments."""
        return MomentLevel.form.func(self)  # type: ignore[attr-defined]

    @cached_property
    def classes(self) -> Index:
        """(1 + nm,) rows of the block that signs change alike have the same number; that of the first row is 0."""
        n, m = self.H.shape
        i, j = np.nonzero(self.H)
        p, q = np.nonzero(self.Q)
        ends = np.concatenate([i, p // m, n + p % m]), np.concatenate([n + j, q // m, n + q % m])
        graph = sp.coo_array((np.ones(len(ends[0])), ends), shape=(n + m, n + m))
        of = connected_components(graph, directed=False)[1]
        low, high = (f(*np.meshgrid(of[:n], of[n:], indexing="ij")).ravel() for f in (np.minimum, np.maximum))
        changed = np.where(low == high, 0, 1 + low * (n + m) + high)
        return np.unique(np.r_[0, changed], return_inverse=True)[1]

    @cached_property
    def columns(self) -> Index:
        """The moments that no sign changes, by their places among all."""
        of = self.classes[1:]
        linear = np.flatnonzero(of == 0)
        return np.concatenate([linear, np.unique(self.entries("D0")[of[:, None] == of])])

    @cached_property
    def rows(self) -> Index:
        """The entries of the blocks, class by class, by their places in the whole block."""
        found = []
        for k in range(int(self.classes.max()) + 1):
            at = np.flatnonzero(self.classes == k)
            i, j = svec.triangle(len(at))
            found.append(svec.position(at[i], at[j]))
        return np.concatenate(found)

    @cached_property
    def form(self) -> ConicForm:
        """The form in the moments that no sign changes."""
        whole, sizes = self.whole, np.bincount(self.classes)
        A = sp.csc_array(sp.csr_array(whole.A)[self.rows][:, self.columns])
        return ConicForm(whole.c[self.columns], A, whole.b[self.rows], Cones(psd=tuple(sizes.tolist())), whole.offset)

    def moments(self, x: Matrix) -> tuple[Matrix, Matrix]:
        """(w, M) of V at a point of the form."""
        full = np.zeros(self.starts[""])
        full[self.columns] = x
        return super().moments(full)

    def point(self, V: Matrix) -> Vector:
        """The x of the mean of the matrices that a V of rank one becomes by the signs.

        >>> level = RankOneLevel("ordered", 1, np.eye(4), np.diag([1.0, 1.0]), 0.0)
        >>> x = level.point(np.array([[2.0, 1.0], [4.0, 2.0]]))
        >>> level.form.cones.psd, float(level.form.c @ x)     # Σ V_ij² − 2 (V_11 + V_22)
        ((3, 2), 17.0)
        """
        v = V.ravel()
        full = np.zeros(self.starts[""])
        full[: self.size] = v
        full[self.entries("D0")] = np.outer(v, v)
        return full[self.columns]

    def dual(self, solution: Solution) -> tuple[list[Matrix], list[Matrix]]:
        """The multiplier of the whole block."""
        z = np.zeros(len(self.whole.b))
        z[self.rows] = solution.z
        return [svec.smat(z)], []

    def dual_vector(self, grams: list[Matrix], multipliers: list[Matrix]) -> Vector:
        """The z that `dual` reads as this multiplier."""
        return svec.svec(grams[0])[self.rows]


    def free_dual(self) -> Vector:
        """The dual [[h'Q⁻¹h, h'], [h, Q]], h = −vec H, of the loss of all matrices, Q ≻ 0."""
        h = -self.H.ravel()
        corner = float(h @ la.solve(self.Q, h, assume_a="pos"))
        return self.dual_vector([np.block([[np.full((1, 1), corner), h[None]], [h[:, None], self.Q]])], [])


def rank_one(level: MomentLevel) -> RankOneLevel:
    """The ordered level at rank one with its signs averaged out."""
    assert level.name == "ordered" and level.rank == 1
    return RankOneLevel(**{name: getattr(level, name) for name in level.__dataclass_fields__})
