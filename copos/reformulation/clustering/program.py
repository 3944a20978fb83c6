"""k-means as a completely positive program, and the inequalities that all its atoms satisfy.

With one coordinate for every group g of m_g points, a partition is Y = Σ_c 1_c 1_c'/M_c, M_c = Σ_{g in c} m_g:

    min Σ_{g<h} a_gh Y_gh   s.t.   Σ_h m_h Y_gh = 1,   Σ_g m_g Y_gg = k,   Y_gh = 0 for groups that are apart.

At level 0 this is the relaxation of [PengWei2007]. Its atoms here are multiples of 0/1 vectors, which satisfy more
(`copos.reformulation.clustering.stars`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import nearest
from copos.cones import NonNegative
from copos.forms import Forms
from copos.program import CompletelyPositiveProgram
from copos.reformulation.clustering.points import Groups
from copos.reformulation.clustering.stars import Cuts


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
