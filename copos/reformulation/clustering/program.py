"""k-means as a completely positive program, and the inequalities that all its atoms satisfy.

With one coordinate for every group g of m_g points, a partition is Y = Σ_c 1_c 1_c'/M_c, M_c = Σ_{g in c} m_g:

    min Σ_{g<h} a_gh Y_gh   s.t.   Σ_h m_h Y_gh = 1,   Σ_g m_g Y_gg = k,   Y_gh = 0 for groups that are apart.

At level 0 this is the relaxation of [PengWei2007]. Its atoms here are multiples of 0/1 vectors x, for which

    x_g² − x_g x_h ≥ 0   ("pairs"),      x_g² + x_h x_i − x_g x_h − x_g x_i ≥ 0   ("triangles").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import nearest
from copos.cones import NonNegative
from copos.forms import Forms
from copos.program import CompletelyPositiveProgram
from copos.reformulation.clustering.points import Groups

Index = NDArray[np.int64]
Matrix = NDArray[np.float64]
PER_GROUP = (10, 40)  # pairs and triangles that are added at once, for every coordinate
PER_ROW = 200  # triangles of one coordinate that are looked at
SLACK = 1e-2  # of Y_gg: inequalities with more are dropped


@dataclass(frozen=True, eq=False)
class Cuts:
    """Pairs (g, h) and triangles (g, h, i) that are used, h < i."""

    pairs: Index
    triangles: Index

    @classmethod
    def none(cls) -> Cuts:
        """No inequalities."""
        return cls(np.zeros((0, 2), dtype=np.int64), np.zeros((0, 3), dtype=np.int64))

    def __len__(self) -> int:
        return len(self.pairs) + len(self.triangles)

    def forms(self, dim: int) -> Forms:
        """The quadratic forms in R^dim."""
        p, t = self.pairs, self.triangles
        row = np.r_[np.repeat(np.arange(len(p)), 2), len(p) + np.repeat(np.arange(len(t)), 4)]
        a = np.r_[p[:, [0, 0]].ravel(), t[:, [0, 1, 0, 0]].ravel()]
        b = np.r_[p[:, [0, 1]].ravel(), t[:, [0, 2, 1, 2]].ravel()]
        c = np.r_[np.tile([1.0, -1.0], len(p)), np.tile([1.0, 1.0, -1.0, -1.0], len(t))]
        return Forms.from_terms(row, a, b, c, len(self), dim)

    def tight(self, Y: Matrix) -> Cuts:
        """Those that are not slack at Y."""
        d = np.diag(Y)
        p, t = self.pairs, self.triangles
        g, h, i = t.T
        return Cuts(p[d[p[:, 0]] - Y[p[:, 0], p[:, 1]] < SLACK * d[p[:, 0]]],
                    t[d[g] + Y[h, i] - Y[g, h] - Y[g, i] < SLACK * d[g]])  # fmt: skip

    def joined(self, other: Cuts) -> Cuts:
        """Both, every one once."""
        return Cuts(*(np.unique(np.concatenate(each), axis=0)
                      for each in ((self.pairs, other.pairs), (self.triangles, other.triangles))))  # fmt: skip

    def renumbered(self, to: Index) -> Cuts:
        """Those of other groups: old group g is in the new group to[g]."""
        p, t = to[self.pairs], to[self.triangles]
        t = np.c_[t[:, :1], np.sort(t[:, 1:], axis=1)]
        different = (t[:, 0] != t[:, 1]) & (t[:, 0] != t[:, 2]) & (t[:, 1] != t[:, 2])
        return Cuts(p[p[:, 0] != p[:, 1]], t[different]).joined(Cuts.none())


def program(groups: Groups, cuts: Cuts | None = None) -> CompletelyPositiveProgram:
    """The program of the groups, with inequalities of its atoms."""
    n, m = groups.count, groups.sizes
    g, h, values = groups.coefficients()
    if all(nearest(v) == v for v in values):
        coefficients: NDArray[np.float64] = np.array([float(v) for v in values])
    else:
        coefficients = np.array([*values, None], dtype=object)[:-1]
    C = Forms.from_terms(0 * g, g, h, coefficients, 1, n)
    row, column = np.divmod(np.arange(n * n), n)
    rows = Forms.from_terms(np.r_[row, np.full(n, n)], np.r_[row, np.arange(n)], np.r_[column, np.arange(n)],
                            np.r_[m[column], m].astype(float), n + 1, n)  # fmt: skip
    a, b = np.array(groups.apart, dtype=np.int64).reshape(-1, 2).T
    vanishing = Forms.from_terms(np.arange(len(a)), a, b, np.ones(len(a)), len(a), n)
    cone = NonNegative(n)
    if cuts is not None and len(cuts):
        cone = cone.where_nonnegative(cuts.forms(n))
    k = groups.points.clusters
    name = f"k-means, {len(groups.of)} points, {k} clusters"
    return CompletelyPositiveProgram(cone, C, (rows, np.r_[np.ones(n), float(k)]), vanishing, name)


def violated(Y: Matrix, least: float) -> Cuts:
    """The inequalities that Y violates most, by more than `least`·Y_gg.

    >>> Y = np.array([[1.0, 1.0, 1.0], [1.0, 1.5, 0.0], [1.0, 0.0, 1.5]])
    >>> cuts = violated(Y, 1e-3)
    >>> cuts.pairs.tolist(), cuts.triangles.tolist()
    ([], [[0, 1, 2]])
    """
    n = len(Y)
    d = np.maximum(np.diag(Y), np.finfo(float).tiny)
    excess = Y / d[:, None] - 1
    np.fill_diagonal(excess, -1.0)
    pairs = _most(excess, least, PER_GROUP[0] * n)
    found, values = [np.zeros((0, 3), dtype=np.int64)], [np.zeros(0)]
    for g in range(n):
        excess = (Y[g][:, None] + Y[g][None] - Y) / d[g] - 1
        excess[g] = excess[:, g] = -1.0
        hi = _most(np.triu(excess, 1), least, PER_ROW)
        found.append(np.c_[np.full(len(hi), g), hi])
        values.append(excess[hi[:, 0], hi[:, 1]])
    triangles, value = np.concatenate(found), np.concatenate(values)
    return Cuts(pairs, triangles[np.argsort(-value, kind="stable")[: PER_GROUP[1] * n]])


def _most(excess: Matrix, least: float, most: int) -> Index:
    """Places of the largest entries above `least`, largest first."""
    at = np.argwhere(excess > least)
    return at[np.argsort(-excess[at[:, 0], at[:, 1]], kind="stable")[:most]]
