"""Products of two neighbours, (t − k)(t − k − 1) ≥ 0 for an integer t, as inequalities between moments.

Let x_v² − x_hx_v vanish for some v, so that x_v is 0 or x_h, and t = Σ f_vx_v with integers f_v. Then

    b_s(x) · (t − kx_h)(t − (k + 1)x_h) ≥ 0      for every integer k and every product b_s of ℓ blocks of order one

at every atom [BurerLetchford2014]. With f = e_u + e_v, k = 0 or f = e_u − e_v, k = 0 these are inequalities that a
level has anyway; others, as of three or five variables, or of a row of a torus, it has not. There are infinitely many:
those that moments violate are looked for, round by round.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.symmetry.action import Action
from copos.symmetry.level import OrbitLevel
from copos.symmetry.neighbours import Chances, most_violated, starts
from copos.symmetry.products import Split, representatives, split_rows, terms
from copos.symmetry.relations import distinct

Index = NDArray[Any]
Matrix = NDArray[np.float64]
EACH_ROUND = 350  # inequalities that are added at once
PARALLEL = 0.9  # cosine of two inequalities of which one is enough
IDLE = 1e-5  # a multiplier, relative to the largest, without which an inequality is dropped
SEARCHES = 800  # at most, for every product b_s: ten for each binary


def binaries(action: Action) -> dict[int, Index]:
    """For every h the v for which a multiple of x_v² − x_hx_v vanishes.

    Examples
    --------
    >>> import copos
    >>> from copos.arithmetic.groups import symmetric
    >>> program = copos.binary_quadratic(np.ones((3, 3)), equations="squared")
    >>> {h: v.tolist() for h, v in binaries(Action.of(program, symmetric(3))).items()}
    {0: [1, 2, 3]}
    """
    rows = action.program.vanishing.rows
    found: dict[int, list[int]] = {}
    for a in rows.indptr[:-1][np.diff(rows.indptr) == 2].tolist():
        i, j = svec.pair(rows.indices[a : a + 2])
        square, other = (0, 1) if i[0] == j[0] else (1, 0)
        v, pair = int(i[square]), {int(i[other]), int(j[other])}
        if i[square] == j[square] and v in pair and len(pair) == 2 and rows.data[a] == -rows.data[a + 1]:
            found.setdefault((pair - {v}).pop(), []).append(v)
    return {h: np.unique(vs) for h, vs in found.items()}


def with_splits(level: OrbitLevel, w: Matrix, z: Matrix, rng: np.random.Generator) -> OrbitLevel | None:
    """The level with inequalities that w violates, without those that have no multiplier in z; None if none is found.

    Parameters
    ----------
    level : its inequalities, and those of earlier rounds
    w, z : primal and dual solution of `level.form`
    """
    first = level.form.cones.zero + level.count + len(level.products)
    used = z[first : first + len(level.splits)]
    kept = np.flatnonzero(used > IDLE * max(float(used.max(initial=0.0)), 1e-300))
    old = level.scalars[len(level.products) + kept]
    found, depth = _candidates(level, w, rng)
    rows = sp.csr_array(split_rows(level.action, level.orbits, found) @ level.reduce)
    one = distinct(rows)
    rows, depth = _unit(rows[one]).toarray(), depth[one]
    chosen = _apart(rows, depth, old.toarray())
    if not chosen:
        return None
    splits = (*(level.splits[k] for k in kept), *(found[one[k]] for k in chosen))
    scalars = sp.vstack([level.scalars[: len(level.products)], old, sp.csr_array(rows[chosen])], format="csr")
    return replace(level, scalars=sp.csr_array(scalars), splits=splits)


def _candidates(level: OrbitLevel, w: Matrix, rng: np.random.Generator) -> tuple[list[Split], Matrix]:
    """Inequalities that moments violate, and by how much: the expectation of (t − k)(t − k − 1), ≥ −1/4."""
    action, orbits = level.action, level.orbits
    y, every, pairs = level.moments(w), np.arange(orbits.points)[:, None], binaries(action)
    found: list[Split] = []
    depth: list[float] = []
    for s, _ in representatives(action, level.level):
        M = sum((c * y[labels] for c, labels in terms(action, orbits, s, every)), np.zeros((len(every),) * 2))
        for h, v in pairs.items():
            if M[h, h] <= 1e-9 * abs(float(y.max())):
                continue
            chances = Chances(M[h, v] / M[h, h], M[np.ix_(v, v)] / M[h, h])
            first = starts(chances, action.generators, v, min(10 * len(v), SEARCHES), rng)
            for value, k, f in most_violated(chances, first, rng):
                whole = np.zeros(orbits.points, dtype=np.int64)
                whole[v] = f
                found.append(Split(s, h, k, whole))
                depth.append(value)
    return found, np.array(depth)


def _unit(rows: sp.csr_array) -> sp.csr_array:
    """Rows with the largest entry one."""
    return sp.csr_array(sp.diags_array(1 / abs(rows).max(axis=1).toarray().ravel()) @ rows)


def _apart(rows: Matrix, depth: Matrix, known: Matrix) -> list[int]:
    """Rows from the most violated on, without those that are nearly parallel to one before."""
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    before = known / np.linalg.norm(known, axis=1, keepdims=True)
    chosen: list[int] = []
    for k in np.argsort(depth, kind="stable").tolist():
        if (before @ unit[k]).max(initial=-1.0) < PARALLEL:
            chosen.append(k)
            before = np.r_[before, unit[k : k + 1]]
            if len(chosen) == EACH_ROUND:
                break
    return chosen
