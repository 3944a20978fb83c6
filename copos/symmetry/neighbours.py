"""Which integer combination t = f'x of binaries is expected to lie between two neighbours k and k + 1?

x has the mean p and the second moments S, as a relaxation gives them. (t − k)(t − k − 1) ≥ 0 for integers t and k; but

    E (t − k)(t − k − 1) = f'Sf − (2k + 1)f'p + k(k + 1) = Var t + (E t − k − ½)² − ¼,      k = ⌊E t⌋,

may be negative. A tabu search from many f at once changes one entry at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.groups import components

Index = NDArray[Any]
Matrix = NDArray[np.float64]
STEPS = 200  # at most: five for each entry
WAITS = (3, 11)  # steps for which an entry that changed stays as it is
DEEP = -0.004  # a larger expectation is not worth an inequality
EACH = 4  # f that one search keeps


class Chances(NamedTuple):
    """Moments p = E x and S = E xx' of binaries."""

    p: Matrix
    S: Matrix


def starts(chances: Chances, generators: Index, at: Index, count: int, rng: np.random.Generator) -> Matrix:
    """(count, n) vectors of zeros and ones from which to search.

    Parameters
    ----------
    chances : moments
    generators : of a group that acts on the coordinates
    at : (n,) the coordinates that are meant
    """
    n = len(at)
    value, vector = np.linalg.eigh(chances.S - np.outer(chances.p, chances.p))
    near = np.argsort(-np.abs(chances.S - np.outer(chances.p, chances.p)), axis=1, kind="stable")
    out = np.zeros((count, n))
    for row in out:
        kind = rng.integers(3)
        if kind == 0:  # a level set of a vector of small variance
            low = rng.integers(max(n // 2, 1))
            u = vector[:, low : low + 1 + rng.integers(3)]
            u = u @ rng.standard_normal(u.shape[1])
            row[:] = u > np.quantile(u, rng.random())
        elif kind == 1:  # some of the points that depend most on one
            among = near[rng.integers(n), : 1 + rng.integers(min(n, 40))]
            row[among] = rng.random(len(among)) < rng.random()
        else:  # orbits of a cyclic group
            g = np.arange(generators.shape[1])
            for k in rng.integers(max(len(generators), 1), size=rng.integers(1, 12)) if len(generators) else ():
                g = g[generators[k]]
            orbit = np.unique(components(len(g), [g])[at], return_inverse=True)[1]
            row[:] = (rng.random(int(orbit.max()) + 1) < rng.random())[orbit]
    return out


def most_violated(chances: Chances, first: Matrix, rng: np.random.Generator) -> Iterator[tuple[float, int, Index]]:
    """(E (t − k)(t − k − 1), k, f) below `DEEP`, a few of every search; entries of f are −1, 0 and 1."""
    p, S = chances
    d, F = np.diag(S), first.copy()
    every, waits = np.arange(len(F)), np.zeros(F.shape)
    SF, mean = F @ S, F @ p
    second = (F * SF).sum(axis=1)
    best: list[dict[float, tuple[int, Index]]] = [{} for _ in F]
    for step in range(min(5 * len(p), STEPS)):
        options = []
        for sign in (1.0, -1.0):
            t = mean[:, None] + sign * p
            k = np.floor(t)
            value = second[:, None] + 2 * sign * SF + d - (2 * k + 1) * t + k * (k + 1)
            options.append(np.where((np.abs(F + sign) <= 1) & (waits <= step), value, np.inf))
        both = np.concatenate(options, axis=1)
        choice = both.argmin(axis=1)
        value = both[every, choice]
        sign, at = np.where(choice < len(p), 1.0, -1.0), choice % len(p)
        sign[~np.isfinite(value)] = 0.0  # all entries wait
        second += sign * (2 * SF[every, at] + sign * d[at])
        mean += sign * p[at]
        F[every, at] += sign
        SF += sign[:, None] * S[at]
        waits[every, at] = step + 1 + rng.integers(*WAITS, size=len(F))
        for b in np.flatnonzero((value < DEEP) & (sign != 0)).tolist():
            kept, name = best[b], round(float(value[b]), 6)
            if name in kept or (len(kept) == EACH and name >= max(kept)):
                continue
            kept[name] = int(np.floor(mean[b])), F[b].astype(np.int64)
            if len(kept) > EACH:
                del kept[max(kept)]
    for kept in best:
        for name, (k, f) in kept.items():
            yield name, k, f
