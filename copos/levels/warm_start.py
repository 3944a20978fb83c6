"""Carrying a solved level over to a neighbour: the next level, other data, or a cone with more blocks.

Dual. A level's identity times the unit form e(x) = Σ e_v x_v is an identity of the next level: x_v <G, B_s> is <G, ·>
on the block B_s times the scalar block of x_v, or, where s holds that scalar already, on x_v² B_s, a part of the block
with one more degree in m_t. So every Gram matrix has a place, found by what its block is and not by its number.

Primal. From a level's matrix Y = μ(C + mm') with m = Y e / e'Y e the moments of the next level are taken to be those of
the normal distribution with mean m and covariance C. Since C e = 0, y(e·q) = y(q) holds exactly for quadratic forms q.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from copos.arithmetic import monomials, svec
from copos.conic import Solution, Vector
from copos.hierarchy import Relaxation
from copos.hierarchy.local import LocalForm
from copos.hierarchy.products import Factor
from copos.levels.level_zero import carried
from copos.solvers.splitting.projections import Projection
from copos.support.looks import one_line

Key = tuple[frozenset[Factor], int]
Start = tuple[Vector, Vector, Vector]


@one_line
@dataclass(frozen=True, eq=False)
class Solved:
    """A level and a solver's answer to it, with the local forms of its cone (`copos.hierarchy.local`)."""

    relaxation: Relaxation
    solution: Solution
    local: tuple[LocalForm, ...] = ()

    def start(self, new: Relaxation) -> Start:
        """(x, s, z) from which to start on `new`: the same level or the next one of the same family.

        The coordinates must be the same; blocks of the new cone that the old one lacks start at zero.

        Raises
        ------
        ValueError
            If the levels are neither equal nor neighbours, or the coordinates, families or Gram kinds differ.
        """
        old = self.relaxation
        if not np.isfinite(self.solution.x).all() or not np.isfinite(self.solution.z).all():
            raise ValueError(f"the start has no pair: {self.solution.status.value}")
        here = (new.family, new.gram, new.program.cone.dim, new.level - old.level in (0, 1))
        if here != (old.family, old.gram, old.program.cone.dim, True):
            raise ValueError(
                f"a start for {new.family!r} ({new.gram}) at level {new.level} in {new.program.cone.dim} coordinates "
                f"must be of the same kind at this level or the one below; it is {old.family!r} ({old.gram}) at "
                f"level {old.level} in {old.program.cone.dim} coordinates"
            )
        y = self._same_moments(new) if new.level == old.level else _normal_moments(old, self.solution, new)
        x = free_moments(new, y)
        K = new.form.cones
        s = Projection(K).split(new.form.b - new.form.A @ x)[0]
        known = carried(old, self.solution.z, new)
        if known is not None:
            return x, s, known
        same = new.level == old.level and K == old.form.cones and np.array_equal(new.kept, old.kept)
        return x, s, self.solution.z.copy() if same else self._duals(new)

    def _same_moments(self, new: Relaxation) -> Vector:
        old = self.relaxation
        y = np.r_[old.moment_values(self.solution.x), 0.0]
        at = np.searchsorted(old.monomials, new.monomials)
        return y[np.where(np.r_[old.monomials, -1][at] == new.monomials, at, len(old.monomials))]

    def _duals(self, new: Relaxation) -> Vector:
        """The multipliers at their places in the new form."""
        old, zero = self.relaxation, new.form.cones.zero
        z = np.zeros(new.form.shape[0])
        averaged = len(new.program.equations[1])
        of = dict(zip(old.kept.tolist(), self.solution.z[: old.form.cones.zero].tolist(), strict=True))
        for at, k in enumerate(new.kept.tolist()):
            if k < averaged or new.level == old.level:
                z[at] = of.get(k, 0.0)
        if old.gram != "sdp":
            return z
        places = _Places(new)
        start = np.r_[0, np.cumsum(svec.length(old.blocks.sizes))]
        g = self.solution.z[old.form.cones.zero :]
        row = np.r_[0, np.cumsum(old.blocks.sizes)]
        first = np.cumsum(old.lift.sizes) - old.lift.sizes
        for k in np.flatnonzero(np.add.reduceat(np.abs(g), start[:-1]) > 0).tolist() if len(g) else []:
            i, j = svec.triangle(int(old.blocks.sizes[k]))
            rows = old.blocks.source[row[k] : row[k + 1]]
            source = int(np.searchsorted(first, rows[0], side="right") - 1)
            for key, where, weight in _times_unit(old, new, *old.lift.describe(source), rows - first[source]):
                at = places.rows(key, where)
                if at is not None:
                    block, to = at
                    place = zero + places.start[block] + svec.position(to[i], to[j])
                    np.add.at(z, place, weight * g[start[k] : start[k + 1]])
        return z


class _Places:
    """Where rows of unreduced blocks are in the reduced ones."""

    def __init__(self, new: Relaxation) -> None:
        lift, sizes = new.lift, new.blocks.sizes
        self.start = np.r_[0, np.cumsum(svec.length(sizes))]
        self._first = np.r_[0, np.cumsum(lift.sizes)]
        self._block = {_key(*lift.describe(k)): k for k in range(len(lift.sizes))}
        self._owner = np.full(int(lift.sizes.sum()), -1)
        self._owner[new.blocks.source] = np.repeat(np.arange(len(sizes)), sizes)
        self._row = np.zeros(len(self._owner), dtype=np.int64)
        self._row[new.blocks.source] = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)

    def rows(self, key: Key, rows: np.ndarray) -> tuple[int, np.ndarray] | None:
        """(reduced block, rows in it); None if they are not all in one."""
        k = self._block.get(key)
        if k is None:
            return None
        at = self._first[k] + rows
        owner = self._owner[at]
        return (int(owner[0]), self._row[at]) if owner[0] >= 0 and (owner == owner[0]).all() else None


def _key(factors: tuple[Factor, ...], t: int) -> Key:
    return frozenset(factors), t


def _times_unit(
    old: Relaxation, new: Relaxation, factors: tuple[Factor, ...], t: int, rows: np.ndarray
) -> Iterator[tuple[Key, np.ndarray, float]]:
    """Unreduced blocks of the new level that e^(ℓ' − ℓ) times a part of an old one is in: key, rows, weight."""
    blocks = len(old.program.cone.sizes)
    shift = len(new.program.cone.sizes) - blocks
    factors = tuple(f._replace(base=f.base + shift) if f.base >= blocks else f for f in factors)
    if new.level == old.level:
        yield _key(factors, t), rows, 1.0
        return
    cone, N = new.program.cone, new.program.cone.dim
    for v, (base, c) in _scalar_blocks(new).items():
        e, one = float(cone.unit[v]), Factor(base, 1, ())
        if one not in factors:
            yield _key((*factors, one), t), rows, e / c
            continue
        # c x_v · x_v is a square: it moves into m_t
        head, tail = np.divmod(rows, monomials.count(N, t))
        product = monomials.product(monomials.unrank(tail, t), np.full((len(tail), 1), v))
        row = head * monomials.count(N, t + 1) + monomials.rank(product)
        yield _key(tuple(f for f in factors if f != one), t + 1), row, e * c


def _scalar_blocks(new: Relaxation) -> dict[int, tuple[int, float]]:
    """Variable of the unit form ↦ (block, c) with the block c·x_v ≥ 0."""
    cone, e = new.program.cone, new.program.cone.entries
    alone = np.array(cone.sizes)[e.block] == 1
    alone &= np.bincount(e.block, minlength=len(cone.sizes))[e.block] == 1
    out = {int(v): (int(b), float(c)) for v, b, c in zip(e.variable[alone], e.block[alone], e.coefficient[alone],
                                                         strict=True) if c > 0}  # fmt: skip
    return {v: out[v] for v in np.flatnonzero(cone.unit).tolist() if v in out}


def _normal_moments(old: Relaxation, solution: Solution, new: Relaxation) -> Vector:
    """Moments of the new level of the normal distribution that has the old level's mean and covariance."""
    cone = old.program.cone
    Y = svec.symmetric(old.entries @ old.moment_values(solution.x))  # y(e^ℓ uu') in the coordinates u of the cone
    m = Y @ cone.unit
    mass = float(cone.unit @ m)
    if not mass > 0:
        return np.zeros(len(new.monomials))
    m = m / mass
    C = Y / mass - np.outer(m, m)
    return mass * _isserlis(monomials.unrank(new.monomials, new.level + 2), m, C)


def _isserlis(rows: np.ndarray, m: Vector, C: np.ndarray) -> Vector:
    """E[x_a x_b …] for every row: E[x_a q] = m_a E[q] + Σ_{b in q} C_ab E[q without b]."""
    if rows.shape[1] == 0:
        return np.ones(len(rows))
    first, rest = rows[:, 0], rows[:, 1:]
    out = m[first] * _isserlis(rest, m, C)
    for k in range(rest.shape[1]):
        out = out + C[first, rest[:, k]] * _isserlis(np.delete(rest, k, axis=1), m, C)
    return out


def free_moments(new: Relaxation, y: Vector) -> Vector:
    """The free moments w of y = back @ (w, 1): each is one of the moments."""
    back = sp.csr_array(new.back)
    rows = np.flatnonzero(np.diff(back.indptr) == 1)
    column, value = back.indices[back.indptr[rows]], back.data[back.indptr[rows]]
    w = np.zeros(back.shape[1])
    w[column] = y[rows] / value
    return w[:-1]
