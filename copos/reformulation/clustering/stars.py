"""Inequalities that all atoms of k-means satisfy, and those among them that a matrix violates.

An atom is a multiple of a vector x of zeros and ones. For a coordinate g and t = |T| others,

    x_g² − x_g Σ_{h in T} x_h + Σ_{h<i in T} x_h x_i ≥ 0:     where x_g = 1 and s of T are 1 it is (s − 1)(s − 2)/2.

With |T| = 1 and 2 they are the pair and triangle inequalities [PiccialliSudosoWiegele2022]; all are inequalities of the
boolean quadric polytope, (b'x)(b'x − 1) ≥ 0 with b = 1 on T and −1 at g, made homogeneous [DezaLaurent1997].
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from copos.forms import Forms

Index = NDArray[np.int64]
Matrix = NDArray[np.float64]
LARGEST = 5  # of |T|
PER_GROUP = (10, 40)  # inequalities with |T| = 1, and of every larger size, that are added at once for every coordinate
PER_ROW = 200  # inequalities of one coordinate and one size that are looked at
UNDECIDED = 30  # coordinates of which larger sets T are made
SLACK = 1e-2  # of Y_gg: inequalities with more are dropped


@dataclass(frozen=True, eq=False)
class Cuts:
    """Inequalities (g, T) that are used: `stars[t − 1]` is (count, 1 + t), in every row g, then T in order."""

    stars: tuple[Index, ...]

    @classmethod
    def none(cls) -> Cuts:
        """No inequalities."""
        return cls(tuple(np.zeros((0, 1 + t), dtype=np.int64) for t in range(1, LARGEST + 1)))

    def __len__(self) -> int:
        return sum(map(len, self.stars))

    @property
    def terms(self) -> int:
        """Terms of all forms."""
        return sum(len(stars) * len(star(stars.shape[1] - 1)[0]) for stars in self.stars)

    def forms(self, dim: int) -> Forms:
        """The quadratic forms in R^dim."""
        parts, first = [], 0
        for stars in self.stars:
            a, b, c = star(stars.shape[1] - 1)
            row = np.repeat(first + np.arange(len(stars)), len(a))
            parts.append((row, stars[:, a].ravel(), stars[:, b].ravel(), np.tile(c, len(stars))))
            first += len(stars)
        row, h, i, value = (np.concatenate(part) for part in zip(*parts, strict=True))
        return Forms.from_terms(row, h, i, value.astype(float), len(self), dim)

    def tight(self, Y: Matrix) -> Cuts:
        """Those that are not slack at Y."""
        return Cuts(tuple(stars[_excess(Y, stars) > -SLACK] for stars in self.stars))

    def joined(self, other: Cuts) -> Cuts:
        """Both, every one once."""
        return Cuts(tuple(np.unique(np.concatenate(each), axis=0)
                          for each in zip(self.stars, other.stars, strict=True)))  # fmt: skip

    def renumbered(self, to: Index) -> Cuts:
        """Those of other groups: old group g is in the new group to[g]."""
        found = []
        for stars in self.stars:
            new = to[stars]
            new[:, 1:].sort(axis=1)
            apart = (new[:, 1:] != new[:, :1]).all(axis=1) & (np.diff(new[:, 1:], axis=1) > 0).all(axis=1)
            found.append(new[apart])
        return Cuts(tuple(found)).joined(Cuts.none())


def star(t: int) -> tuple[Index, Index, Index]:
    """Of the form of a star with |T| = t the terms c x_a x_b, with 0 for g and 1, …, t for T.

    >>> [part.tolist() for part in star(2)]
    [[0, 0, 0, 1], [0, 1, 2, 2], [1, -1, -1, 1]]
    """
    h, i = np.triu_indices(t, 1)
    zero = np.zeros(t, dtype=np.int64)
    return (np.r_[0, zero, 1 + h], np.r_[0, 1 + np.arange(t), 1 + i],
            np.r_[1, zero - 1, np.ones(len(h), dtype=np.int64)])  # fmt: skip


def _excess(Y: Matrix, stars: Index) -> NDArray[np.float64]:
    """By how much Y violates each, as a share of Y_gg."""
    a, b, c = star(stars.shape[1] - 1)
    d = np.maximum(np.diag(Y), np.finfo(float).tiny)[stars[:, 0]]
    return -(Y[stars[:, a], stars[:, b]] @ c) / d


def violated(Y: Matrix, least: float, largest: int = 2) -> Cuts:
    """The inequalities with |T| ≤ `largest` that Y violates most, by more than `least`·Y_gg.

    >>> Y = np.array([[1.0, 1.0, 1.0], [1.0, 1.5, 0.0], [1.0, 0.0, 1.5]])
    >>> [stars.tolist() for stars in violated(Y, 1e-3).stars]
    [[], [[0, 1, 2]], [], [], []]
    """
    n = len(Y)
    share = Y / np.maximum(np.diag(Y), np.finfo(float).tiny)[:, None]  # [g, h] = Y_gh/Y_gg
    share_of = share.copy()
    np.fill_diagonal(share_of, 0.0)
    found = [[stars] for stars in Cuts.none().stars]
    pairs = _most(share_of - 1, least, PER_GROUP[0] * n)
    found[0].append(pairs)
    for g in range(n):
        near = np.flatnonzero(share_of[g] > least)  # of the others, T and one of them less is violated no less
        if len(near) < 2:
            continue
        with_g, among = share[g][near], Y[np.ix_(near, near)] / max(Y[g, g], np.finfo(float).tiny)
        hi = _most(np.triu(with_g[:, None] + with_g[None] - among - 1, 1), least, PER_ROW)
        found[1].append(np.c_[np.full(len(hi), g), near[hi]])
        for T in _larger(with_g, among, least) if largest > 2 else ():
            found[T.shape[1] - 1].append(np.c_[np.full(len(T), g), near[T]])
    stars = [np.concatenate(each) for each in found]
    stars[1:] = [each[np.argsort(-_excess(Y, each), kind="stable")[: PER_GROUP[1] * n]] for each in stars[1:]]
    return Cuts(tuple(stars))


def _larger(share: NDArray[np.float64], among: Matrix, least: float) -> Iterator[Index]:
    """Sets T of three and more, as rows in order: triples of what is least decided, then the best with one more.

    `share` is Y_gh/Y_gg and `among` Y_hi/Y_gg of the h and i that may be in T.
    """
    some = np.sort(np.argsort(-np.minimum(share, np.abs(1 - share)), kind="stable")[:UNDECIDED])
    if len(some) < 3:
        return
    T = some[_triples(len(some))]
    value = share[T].sum(axis=1) - 1 - among[T[:, 0], T[:, 1]] - among[T[:, 0], T[:, 2]] - among[T[:, 1], T[:, 2]]
    for size in range(3, LARGEST + 1):
        best = np.argsort(-value, kind="stable")[:PER_ROW]
        T, value = T[best], value[best]
        yield T[value > least]
        if size == LARGEST or len(some) <= size:
            return
        more = value[:, None] + share[some] - among[T][:, :, some].sum(axis=1)
        more[(T[:, :, None] == some).any(axis=1)] = -np.inf
        row, column = np.divmod(np.argsort(-more, axis=None, kind="stable")[: 2 * PER_ROW], len(some))
        T, first = np.unique(np.sort(np.c_[T[row], some[column]], axis=1), axis=0, return_index=True)
        value = more[row, column][first]


@cache
def _triples(n: int) -> Index:
    """The triples of 0, …, n − 1 in order, as rows."""
    return np.array(list(combinations(range(n), 3)), dtype=np.int64).reshape(-1, 3)


def _most(excess: Matrix, least: float, most: int) -> Index:
    """Places of the largest entries above `least`, largest first."""
    row, column = np.nonzero(excess > least)
    value = excess[row, column]
    if len(value) > most:
        some = np.argpartition(-value, most)[:most]
        row, column, value = row[some], column[some], value[some]
    order = np.lexsort((column, row, -value))
    return np.c_[row[order], column[order]]
