"""An answer to the local level of a cell, in the numbers of K, and where the parts of the cell start from it.

The identity of a cell, C − yA = <G, uu'> + Σ w b_ab_b + Σ w F, holds on each of its parts. On u = T v it reads
C − yA = <T'GT, vv'> + …, with every block replaced by what it is there: a dual point of the part's level with the same
value, whatever coordinates the part has lost. So a part begins where its cell has ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic import monomials, svec
from copos.branching.reduced import Reduced
from copos.conic import Solution
from copos.hierarchy import Relaxation
from copos.hierarchy.local import LocalForm
from copos.hierarchy.scalars import generators, products
from copos.levels.warm_start import free_moments
from copos.solvers.splitting.projections import Projection

Vector = NDArray[np.float64]
Index = NDArray[Any]
WIDE = 1 << 31


@dataclass(frozen=True, eq=False)
class Carried:
    """A pair of a local level.

    Attributes
    ----------
    Y, G : moments and Gram matrix of m_1 m_1', in the coordinates of K
    pairs, weights : blocks a ≤ b of K, and the multipliers of b_ab_b ≥ 0
    local : the local forms that the level had
    own, forms : multipliers of the generators of K, and of the local forms, by their keys
    """

    Y: Vector
    G: Vector
    pairs: Index
    weights: Vector
    local: tuple[LocalForm, ...]
    own: dict[int, float]
    forms: dict[Any, float]

    @property
    def size(self) -> int:
        """Numbers that it holds."""
        return self.Y.size + self.G.size + 3 * len(self.weights)


def carried(
    cell: Reduced, level: Relaxation, solution: Solution, local: tuple[LocalForm, ...], first: int
) -> Carried | None:
    """The answer to a cell's level, None where the level has other blocks than its one matrix."""
    rows = _rows(level)
    if rows is None or not np.isfinite(solution.x).all() or not np.isfinite(solution.z).all():
        return None
    inner, which = products(level), generators(level)
    z = solution.z
    pairs = np.flatnonzero(inner[:, 0] >= 0)
    pairs = pairs[z[pairs] > 0]
    blocks = np.array(cell.blocks)
    own, forms = {}, {}
    for at in np.flatnonzero((which >= 0) & (z[: len(which)] > 0)).tolist():
        g = cell.generators[which[at]]
        if g < first:
            own[g] = float(z[at])
        else:
            forms[local[g - first].key] = float(z[at])
    # blocks keep their order in K
    variables = np.array(cell.variables)[rows]
    G = np.zeros((len(cell.embed),) * 2)
    G[np.ix_(variables, variables)] = svec.smat(z[len(inner) :])
    Y = level.matrix(solution.x)
    free = level.program.cone.free
    return Carried(cell.lifted(Y[np.ix_(free, free)]), G, blocks[inner[pairs]], z[pairs], local, own, forms)


def started(
    given: Carried, cell: Reduced, level: Relaxation, local: tuple[LocalForm, ...], first: int
) -> tuple[Vector, Vector, Vector] | None:
    """(x, s, z) for the level of a part."""
    rows = _rows(level)
    if rows is None:
        return None
    a, b = monomials.unrank(level.monomials, 2).T
    variables = np.array(cell.variables)
    x = free_moments(level, given.Y[variables[a], variables[b]])
    inner, which = products(level), generators(level)
    z = np.zeros(level.form.shape[0])
    pairs, weights = given.pairs, given.weights
    here = {form.key for form in local}
    more = [row for form in given.local if form.key in given.forms and form.key not in here
            for row in _collapsed(form, given.forms[form.key], cell)]  # fmt: skip
    if more:
        pairs = np.concatenate([pairs, np.array([row[:2] for row in more])])
        weights = np.r_[weights, [row[2] for row in more]]
    at, factor = np.array([k for k, _ in cell.places]), np.array([f for _, f in cell.places])
    p, q = at[pairs.T]
    used = np.flatnonzero((p >= 0) & (q >= 0))
    code = np.minimum(p, q)[used] * WIDE + np.maximum(p, q)[used]
    weight = (weights * factor[pairs].prod(axis=1))[used]
    there = np.where(inner[:, 0] >= 0, inner.min(axis=1) * WIDE + inner.max(axis=1), -1)
    order = np.argsort(there, kind="stable")
    place = order[np.minimum(np.searchsorted(there, code, sorter=order), len(order) - 1)] if len(order) else code[:0]
    found = there[place] == code[: len(place)]
    np.add.at(z, place[found], weight[: len(place)][found])
    for row in np.flatnonzero(which >= 0).tolist():
        g = cell.generators[which[row]]
        z[row] = given.own.get(g, 0.0) if g < first else given.forms.get(local[g - first].key, 0.0)
    T = cell.embed[:, rows]
    z[len(inner) :] = svec.svec(T.T @ given.G @ T)
    s = Projection(level.form.cones).split(level.form.b - level.form.A @ x)[0]
    return x, s, z


def _collapsed(form: LocalForm, weight: float, cell: Reduced) -> Iterator[tuple[int, int, float]]:
    """(a, b, w): what a form of level 1 by products of three blocks is where one block of each is 0 or a multiple of e.

    E F = Σ w_abc b_ab_bb_c; on the cell a product with a vanishing block is gone, and in the others e cancels.
    """
    (unit,) = np.flatnonzero(cell.program.cone.unit) if np.count_nonzero(cell.program.cone.unit) == 1 else (-1,)
    e = cell.program.cone.entries
    plain = {int(k): float(c) for k, v, c in zip(e.block, e.variable, e.coefficient, strict=True) if v == unit}
    for k in e.block[e.variable != unit].tolist():
        plain.pop(k, None)
    out: list[tuple[int, int, float]] = []
    for term in form.proof["terms"]:
        for *blocks, w in term.get("products", ()):
            if any(cell.places[k][0] < 0 for k in blocks):
                continue
            ends = [k for k in blocks if cell.places[k][0] in plain]
            if not ends or len(blocks) != 3 or form.proof["level"] != 1:
                return
            at, factor = cell.places[ends[0]]
            a, b = (blocks[i] for i in range(3) if i != blocks.index(ends[0]))
            size = factor * plain[at] / float(cell.program.cone.unit[unit])
            out.append((a, b, weight * size * float(Fraction(w)) / 2.0 ** term.get("bits", 0)))
    yield from out


def _rows(level: Relaxation) -> Index | None:
    """The variables of the rows of the one matrix block; None where a level has no such form."""
    plain = level.level == 0 and level.lifted is not None and level.gram == "sdp" and not level.form.cones.zero
    if not plain or len(level.orders) != 1:
        return None
    inner, which = products(level), generators(level)
    if ((inner[:, 0] < 0) & (which < 0)).any():
        return None
    first = int(level.lift.sizes[: int(level.lift.sizes.argmax())].sum())
    at = level.blocks.source[len(inner) :] - first
    return monomials.unrank(at, 1)[:, 0] if (at >= 0).all() else None
