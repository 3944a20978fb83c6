"""The points of a k-means problem, exactly, and the groups that pairs of points make of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic.rationals import written
from copos.questions import table
from copos.support.given import exact_array

Pair = tuple[int, int]
Labels = NDArray[np.int64]
MOST = 3_000  # points that a proof is about


@dataclass(frozen=True, eq=False)
class Points:
    """min Σ_c Σ_{i in c} |x_i − mean(c)|² over the partitions of the rows of X into `clusters` clusters.

    Attributes
    ----------
    X : (n, d) Fractions, a point in every row
    clusters : the number k of clusters, none of them empty
    must_link, cannot_link : pairs of points that are in one cluster, or in different ones
    """

    X: NDArray[Any]
    clusters: int
    must_link: tuple[Pair, ...] = ()
    cannot_link: tuple[Pair, ...] = ()

    @classmethod
    def of(cls, X: ArrayLike, clusters: Any, must_link: Any = (), cannot_link: Any = ()) -> Points:
        """The problem that was given, exactly; ValueError for what is none.

        >>> Points.of([[0, 0], [0, 1], [5, 5]], 2).cost([0, 0, 1])
        Fraction(1, 2)
        """
        exact = exact_array(X, "X")
        if exact.ndim == 1:
            exact = exact[:, None]
        if exact.ndim != 2 or 0 in exact.shape:
            raise ValueError(f"X needs a point in every row, with at least one column, got shape {exact.shape}")
        n = len(exact)
        if n > MOST:
            raise ValueError(f"X has {n} points; bounds are proved for at most {MOST}")
        if isinstance(clusters, bool) or not isinstance(clusters, int | np.integer) or not 1 <= clusters <= n:
            raise ValueError(f"clusters must be an integer from 1 to the number of points, {n}, got {clusters!r}")
        links = (_pairs(must_link, "must_link", n), _pairs(cannot_link, "cannot_link", n))
        points = cls(exact, int(clusters), *links)
        groups = points.groups()
        if any(g == h for g, h in groups.apart):
            raise ValueError("must_link and cannot_link contradict each other: two points of a cannot_link pair are "
                             "linked by pairs of must_link")  # fmt: skip
        if "points" in groups.impossible:
            apart = groups.impossible["points"]
            rows = ", ".join(map(str, apart))
            raise ValueError(f"cannot_link keeps {len(apart)} points apart from each other, the rows {rows}: no "
                             f"partition into {clusters} clusters does that")  # fmt: skip
        if groups.count < clusters:
            raise ValueError(f"must_link leaves {groups.count} groups of points, too few for {clusters} clusters")
        return points

    @cached_property
    def floats(self) -> NDArray[np.float64]:
        """X in floating point."""
        return self.X.astype(float)

    @cached_property
    def scale(self) -> int:
        """Least common denominator of X."""
        return lcm(*(v.denominator for v in self.X.ravel()))

    @cached_property
    def distances(self) -> NDArray[Any]:
        """(n, n) squared distances times scale², as integers."""
        A = np.array([[int(v * self.scale) for v in row] for row in self.X], dtype=object)
        largest = max(abs(v) for v in A.ravel())
        if 8 * A.shape[1] * largest**2 < 2**62:
            A = A.astype(np.int64)
        G = A @ A.T
        square = np.diag(G)
        return square[:, None] + square[None] - 2 * G

    def groups(self, together: Sequence[Pair] = (), apart: Sequence[Pair] = ()) -> Groups:
        """The groups that the pairs of the problem and further ones make, numbered by their first points."""
        least = list(range(len(self.X)))

        def root(i: int) -> int:
            while least[i] != i:
                i = least[i]
            return i

        for i, j in (*self.must_link, *together):
            a, b = sorted((root(i), root(j)))
            least[b] = a
        number: dict[int, int] = {}
        of = np.array([number.setdefault(root(i), len(number)) for i in range(len(self.X))])
        split = {(int(min(of[i], of[j])), int(max(of[i], of[j]))) for i, j in (*self.cannot_link, *apart)}
        return Groups(self, of, tuple(sorted(split)))

    def cost(self, labels: ArrayLike) -> Fraction:
        """The within-cluster sum of squares, exactly."""
        labels, total = np.asarray(labels), Fraction(0)
        for label in np.unique(labels):
            inside = np.flatnonzero(labels == label)
            total += Fraction(int(self.distances[np.ix_(inside, inside)].sum()), 2 * len(inside))
        return total / self.scale**2

    def kept(self, labels: Labels) -> bool:
        """Do labels keep the links?"""
        return all(labels[i] == labels[j] for i, j in self.must_link) and not any(
            labels[i] == labels[j] for i, j in self.cannot_link
        )

    @cached_property
    def asked(self) -> dict[str, Any]:
        """The problem of a certificate."""
        links = {name: [list(pair) for pair in pairs] for name, pairs in
                 (("must_link", self.must_link), ("cannot_link", self.cannot_link)) if pairs}  # fmt: skip
        return {"type": "k-means", "X": table(self.tables["X"]), "clusters": self.clusters, **links}

    @cached_property
    def tables(self) -> Mapping[str, Any]:
        """The plain table of the problem, of which the certificate may hold the SHA-256 only."""
        return {"X": [[written(v) for v in row] for row in self.X]}


@dataclass(frozen=True, eq=False)
class Groups:
    """Points that are together in one case: `of` the group of every point, `apart` the pairs of groups g ≤ h."""

    points: Points
    of: Labels
    apart: tuple[Pair, ...]

    @cached_property
    def count(self) -> int:
        """Number of groups."""
        return int(self.of.max()) + 1

    @cached_property
    def impossible(self) -> dict[str, Any]:
        """Why no partition is left, as the item of a certificate; empty if nothing is seen to be wrong."""
        if any(g == h for g, h in self.apart):
            return {"impossible": "links"}
        if self.count < self.points.clusters:
            return {"impossible": "few groups"}
        clique = self._clique()
        if len(clique) <= self.points.clusters:
            return {}
        return {"impossible": "apart", "points": [int(np.flatnonzero(self.of == g)[0]) for g in clique]}

    def _clique(self) -> list[int]:
        """Many groups that are all apart from each other, by taking the one with the most opponents left."""
        opponents: dict[int, set[int]] = {}
        for g, h in self.apart:
            opponents.setdefault(g, set()).add(h)
            opponents.setdefault(h, set()).add(g)
        best: list[int] = []
        for start, left in opponents.items():
            clique = [start]
            while left:
                g = max(left, key=lambda v: (len(opponents[v] & left), -v))
                clique, left = [*clique, g], left & opponents[g]
            best = max(best, clique, key=len)
        return best

    @cached_property
    def sizes(self) -> Labels:
        """m_g, the points in every group."""
        return np.bincount(self.of)

    @cached_property
    def _between(self) -> NDArray[Any]:
        """Σ T_ij over i in g and j in h."""
        if self.count == len(self.of):
            return self.points.distances
        order = np.argsort(self.of, kind="stable")
        first = np.r_[0, np.cumsum(self.sizes)[:-1]]
        T = self.points.distances.astype(object)[np.ix_(order, order)]
        return np.add.reduceat(np.add.reduceat(T, first, axis=0), first, axis=1)

    @cached_property
    def costs(self) -> list[Fraction]:
        """What every group costs by itself, times scale²."""
        inner = np.diag(self._between).tolist()
        return [Fraction(int(t), 2 * m) for t, m in zip(inner, self.sizes.tolist(), strict=True)]

    @property
    def offset(self) -> Fraction:
        """What all groups cost by themselves."""
        return sum(self.costs, Fraction(0)) / self.points.scale**2

    def coefficients(self) -> tuple[NDArray[np.int64], NDArray[np.int64], list[Fraction]]:
        """Pairs g < h and a_gh = Σ_{i in g, j in h} |x_i − x_j|² − m_h cost(g) − m_g cost(h)."""
        g, h = np.triu_indices(self.count, 1)
        between = self._between[g, h].tolist()
        square = self.points.scale**2
        if not any(self.costs):
            return g, h, [Fraction(int(t), square) for t in between]
        m, cost = self.sizes.tolist(), self.costs
        return g, h, [(t - m[b] * cost[a] - m[a] * cost[b]) / square
                      for t, a, b in zip(between, g.tolist(), h.tolist(), strict=True)]  # fmt: skip


def _pairs(given: Any, what: str, n: int) -> tuple[Pair, ...]:
    """Pairs of row numbers, each with the smaller one first, in order."""
    if given is None:
        return ()
    listed = list(given) if isinstance(given, Iterable) and not hasattr(given, "__array__") else given
    array: NDArray[Any]
    try:
        array = np.asarray(listed)
    except ValueError:  # rows of different lengths
        array = np.array([None])
    if array.size == 0:
        return ()
    if array.ndim != 2 or array.shape[1] != 2 or array.dtype.kind not in "iu":
        raise ValueError(f"{what} needs pairs of row numbers, like [(0, 5), (3, 4)], got {str(listed)[:60]}")
    for i, j in array.tolist():
        if not (0 <= i < n and 0 <= j < n) or i == j:
            raise ValueError(f"{what} has the pair ({i}, {j}); expected two different row numbers from 0 to {n - 1}")
    return tuple(sorted({(min(i, j), max(i, j)) for i, j in array.tolist()}))
