"""k-means as an exact completely positive program: all clusters in one atom, so that its levels tighten to the optimum.

An atom is (x_0, s, u): a scale, and for every cluster c a number s_c and a vector u_c over the groups g of m_g points,

    K = {x_0 ≥ s_c ≥ u_gc ≥ 0,  Σ_g m_g u_gc² ≤ x_0²},     <x_0², Y> = 1,     min Σ_c Σ_{g<h} a_gh <u_gc u_hc, Y>

    u_gc (s_c − u_gc) = 0,   u_gc u_gc' = 0,   u_gc u_hc = 0 for g and h apart,
    Σ_g m_g u_gc² = x_0²,    Σ_c u_gc Σ_h m_h u_hc = x_0².

The forms of the second line are ≥ 0 on K, so where they vanish on average they vanish at every atom: u_c = s_c · (0/1),
with disjoint supports. The first of the third line is then met with ≤ by K and = on average, so at every atom: s_c² is
one over the number of points in c. The last one now is x_0² if g is in a cluster and 0 if not, and so every group is in
one. The atoms are the partitions, and the value is the least cost: [PrasadHanasusanto2018, Theorem 1] with 0/1 vectors
by complementarity.

With Y_gh = Σ_c <u_gc u_hc, Y>, level 0 has Y ⪰ 0, Y ≥ 0, Y m = 1 and tr diag(m) Y = k, so it is at least the relaxation
of [PengWei2007]; and (s_c − u_gc) u_hc ≥ 0 is Y_hh ≥ Y_gh: with the pair inequalities. One cluster an atom would be a
mixture of clusters that need not be those of one partition (`copos.reformulation.clustering.program`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.cones import NonNegative
from copos.forms import Forms
from copos.program import CompletelyPositiveProgram, Recovered
from copos.reformulation.clustering.points import Groups
from copos.reformulation.clustering.search import Search

Matrix = NDArray[np.float64]
Term = tuple[int, int, float]  # c x_a x_b
MOST = 400  # coordinates: a level has the products of all of them


def exact_program(groups: Groups) -> CompletelyPositiveProgram:
    """The program of the groups of a k-means problem; its value is the least cost, less what the groups cost alone.

    Parameters
    ----------
    groups : `Points.of(X, k).groups()`

    Raises
    ------
    ValueError
        If it would have more than 400 coordinates, 1 + k + k · (number of groups).

    References
    ----------
    [PrasadHanasusanto2018]

    Examples
    --------
    >>> from copos import lower_bound
    >>> from copos.reformulation.clustering.points import Points
    >>> groups = Points.of([[0.0], [1.0], [9.0]], 2).groups()
    >>> round(lower_bound(exact_program(groups)).lower, 5)
    0.5
    """
    n, k = groups.count, groups.points.clusters
    dim = 1 + k + k * n
    if dim > MOST:
        raise ValueError(f"{n} groups in {k} clusters make {dim} coordinates; expected at most {MOST}")
    K = NonNegative(dim)
    for c in range(k):
        for larger, smaller in [(0, 1 + c), *((1 + c, _u(n, k, c, g)) for g in range(n))]:
            side = np.zeros(dim)
            side[larger], side[smaller] = 1, -1
            K = K.restrict(side)
    norms = [[(0, 0, 1.0), *((_u(n, k, c, g),) * 2 + (-float(m),) for g, m in enumerate(groups.sizes))]
             for c in range(k)]  # fmt: skip
    K = K.where_nonnegative(_forms(norms, dim)).with_unit(np.eye(dim)[0])
    g, h, values = groups.coefficients()
    exact = np.array([*values, None], dtype=object)[:-1]
    cluster = np.repeat(np.arange(k), len(g))
    C = Forms.from_terms(0 * cluster, _u(n, k, cluster, np.tile(g, k)), _u(n, k, cluster, np.tile(h, k)),
                         np.tile(exact, k), 1, dim)  # fmt: skip
    vanishing = _forms([*_complementary(groups), *norms, *_covered(groups)], dim)
    name = f"k-means, {len(groups.of)} points, {k} clusters, exactly"
    return CompletelyPositiveProgram(K, C, (_forms([[(0, 0, 1.0)]], dim), np.ones(1)), vanishing, name,
                                     partial(_recovered, groups), partial(_atom, groups))  # fmt: skip


def summed(groups: Groups, Y: Matrix) -> Matrix:
    """Σ_c u_c u_c' of a matrix of the program: what the relaxation of [PengWei2007] speaks of."""
    n, k = groups.count, groups.points.clusters
    return Y[1 + k :, 1 + k :].reshape(k, n, k, n)[np.arange(k), :, np.arange(k)].sum(axis=0)


def _u(n: int, k: int, c: Any, g: Any) -> Any:
    """The coordinate u_gc."""
    return 1 + k + c * n + g


def _complementary(groups: Groups) -> Iterator[list[Term]]:
    """u_gc (s_c − u_gc), u_gc u_gc' and u_gc u_hc of groups that are apart."""
    n, k = groups.count, groups.points.clusters
    for c in range(k):
        for g in range(n):
            here = _u(n, k, c, g)
            yield [(1 + c, here, 1.0), (here, here, -1.0)]
            yield from ([(here, _u(n, k, other, g), 1.0)] for other in range(c + 1, k))
        yield from ([(_u(n, k, c, g), _u(n, k, c, h), 1.0)] for g, h in groups.apart)


def _covered(groups: Groups) -> Iterator[list[Term]]:
    """x_0² − Σ_c u_gc Σ_h m_h u_hc."""
    n, k, m = groups.count, groups.points.clusters, groups.sizes
    for g in range(n):
        yield [(0, 0, 1.0), *((_u(n, k, c, g), _u(n, k, c, h), -float(m[h])) for c in range(k) for h in range(n))]


def _forms(forms: list[list[Term]], dim: int) -> Forms:
    row = np.repeat(np.arange(len(forms)), [len(form) for form in forms])
    a, b, value = (np.array(part) for part in zip(*(term for form in forms for term in form), strict=True))
    return Forms.from_terms(row, np.minimum(a, b), np.maximum(a, b), value, len(forms), dim)


def _atom(groups: Groups, labels: Any) -> Matrix:
    """The atom of a partition of the points, given by labels 0, …, k − 1."""
    k = groups.points.clusters
    of = np.zeros(groups.count, dtype=np.int64)
    of[groups.of] = np.asarray(labels)
    one = np.eye(k)[of]
    s = 1 / np.sqrt(groups.sizes @ one)
    return np.concatenate([[1.0], s, (one * s).T.ravel()])


def _recovered(groups: Groups, Y: Matrix) -> Recovered:
    """A good partition near Y."""
    near = summed(groups, Y) if np.isfinite(Y).all() else None
    labels = Search(groups, np.random.default_rng(0)).best(near)
    if labels is None:
        return Recovered(None, np.inf, np.full(len(Y), np.nan))
    return Recovered(labels, float(groups.points.cost(labels) - groups.offset), _atom(groups, labels))
