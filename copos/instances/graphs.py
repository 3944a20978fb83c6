"""Graphs with their stability numbers and with the bounds that the levels give."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations
from math import comb, cos, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

Adjacency = NDArray[Any]
COMPUTED = "computed twice, by different methods"


@dataclass(frozen=True, eq=False)
class GraphRecord:
    """A graph, its stability number α and the upper bounds on it.

    Attributes
    ----------
    adjacency : (n, n) 0/1 matrix
    stability : α; None if it is not known here
    values : (Gram kind, level) ↦ bound of that level of the Parrilo family; ("sdp", 0) is Schrijver's ϑ'
    reference : key in docs/references.bib, or how the numbers were found
    """

    name: str
    adjacency: Adjacency
    stability: int | None
    reference: str
    values: dict[tuple[str, int], float] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"GraphRecord({self.name!r}, {len(self.adjacency)} vertices, α={self.stability})"


def cycle(n: int) -> Adjacency:
    """C_n; α = ⌊n/2⌋ and ϑ' = ϑ = n cos(π/n)/(1 + cos(π/n)) for odd n [Lovasz1979, Corollary 5].

    >>> cycle(4).sum(axis=0).tolist()
    [2, 2, 2, 2]
    """
    if n < 3:
        raise ValueError(f"a cycle has at least 3 vertices, got {n}")
    difference = np.subtract.outer(np.arange(n), np.arange(n)) % n
    return ((difference == 1) | (difference == n - 1)).astype(np.int64)


def complement(adjacency: Adjacency) -> Adjacency:
    """Edges where there were none."""
    return 1 - adjacency - np.eye(len(adjacency), dtype=np.int64)


def paley(q: int) -> Adjacency:
    """Vertices modulo a prime q ≡ 1 (mod 4), an edge where the difference is a square; ϑ = √q [Lovasz1979]."""
    if q < 5 or q % 4 != 1 or any(q % k == 0 for k in range(2, int(sqrt(q)) + 1)):
        raise ValueError(f"expected a prime that is 1 modulo 4, got {q}")
    difference = np.subtract.outer(np.arange(q), np.arange(q)) % q
    return np.isin(difference, np.unique(np.arange(1, q) ** 2 % q)).astype(np.int64)


def hamming(n: int, distances: Iterable[int]) -> Adjacency:
    """Words of n bits, an edge where they differ in one of the given numbers of places."""
    words = np.arange(2**n)
    differ = np.bitwise_xor.outer(words, words)
    count = sum((differ >> k) & 1 for k in range(n))
    return np.isin(count, sorted(set(distances) - {0})).astype(np.int64)


def johnson(n: int, k: int, meets: Iterable[int]) -> Adjacency:
    """k-subsets of n things, an edge where they share one of the given numbers of things."""
    member = np.zeros((comb(n, k), n), dtype=np.int64)
    for row, chosen in enumerate(combinations(range(n), k)):
        member[row, chosen] = 1
    return np.isin(member @ member.T, sorted(set(meets) - {k})).astype(np.int64)


def kneser(n: int, k: int) -> Adjacency:
    """Disjoint k-subsets are adjacent; for n ≥ 2k α = ϑ = C(n−1, k−1) [ErdosKoRado1961, Lovasz1979, Theorem 13]."""
    return johnson(n, k, [0])


def keller(d: int) -> Adjacency:
    """The DIMACS graph keller<d>: neighbours of 0 in the Keller graph of dimension d [CorradiSzabo1990].

    Words over {0, 1, 2, 3} are adjacent where they differ in at least two places, in one of them by 2 modulo 4.

    >>> keller(4).shape, int(keller(4).sum()) // 2
    ((171, 171), 9435)
    """
    if not 2 <= d <= 6:
        raise ValueError(f"expected a dimension from 2 to 6, got {d}")
    words = np.stack(np.unravel_index(np.arange(4**d), (4,) * d), axis=1)
    near = words[((words == 2).any(axis=1)) & ((words != 0).sum(axis=1) >= 2)]
    differ = np.zeros((len(near), len(near)), dtype=np.int64)
    by_two = np.zeros((len(near), len(near)), dtype=bool)
    for place in near.T:
        difference = np.subtract.outer(place, place) % 4
        differ += difference != 0
        by_two |= difference == 2
    return (by_two & (differ >= 2)).astype(np.int64)


def petersen() -> Adjacency:
    """Disjoint pairs of five things."""
    return kneser(5, 2)


def icosahedron() -> Adjacency:
    """The twelve vertices (0, ±1, ±φ) and their cyclic shifts, an edge where they are 2 apart."""
    phi = (1 + sqrt(5)) / 2
    corner = np.array([(0, s, t * phi) for s in (-1, 1) for t in (-1, 1)])
    points = np.concatenate([np.roll(corner, k, axis=1) for k in range(3)])
    squared = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    return np.isclose(squared, 4).astype(np.int64)


def schrijver_of_odd_cycle(n: int) -> float:
    """n cos(π/n)/(1 + cos(π/n)) [Lovasz1979, Corollary 5]."""
    return n * cos(pi / n) / (1 + cos(pi / n))


def _odd_cycle(n: int) -> GraphRecord:
    values: dict[tuple[str, int], float] = {("sdp", 0): schrijver_of_odd_cycle(n), ("sdp", 1): float(n // 2)}
    return GraphRecord(f"cycle {n}", cycle(n), n // 2, "Lovasz1979", values)


_PENTAGON = GraphRecord(
    "cycle 5", cycle(5), 2, "Lovasz1979; diagonally dominant kinds: AhmadiMajumdar2019",
    {
        ("sdp", 0): sqrt(5), ("sdp", 1): 2.0,
        ("dd", 0): 3.0, ("dd", 1): 2.5, ("dd", 2): 7 / 3,
        ("sdd", 0): 3.0, ("sdd", 1): 2.350675, ("sdd", 2): 2.164668,
    },
)  # fmt: skip
_ICOSAHEDRON = GraphRecord(
    "complement of the icosahedron", complement(icosahedron()), 3, "AhmadiMajumdar2019; level 2 computed",
    {
        ("sdp", 0): 1 + sqrt(5), ("sdp", 1): 1 + sqrt(5), ("sdp", 2): 3.0,
        ("dd", 0): 6.0, ("dd", 1): 13 / 3, ("sdd", 0): 6.0, ("sdd", 1): 13 / 3,
    },
)  # fmt: skip
_ROWS = (
    _PENTAGON,
    *(_odd_cycle(n) for n in (7, 9, 11)),
    GraphRecord("petersen", petersen(), 4, "Lovasz1979", {("sdp", 0): 4.0, ("sdp", 1): 4.0}),
    GraphRecord("complement of petersen", complement(petersen()), 2, "Lovasz1979", {("sdp", 0): 2.5, ("sdp", 1): 2.0}),
    GraphRecord("paley 13", paley(13), 3, "Lovasz1979; level 1 computed", {("sdp", 0): sqrt(13), ("sdp", 1): 3.0}),
    _ICOSAHEDRON,
    GraphRecord("kneser 6 2", kneser(6, 2), 5, "Lovasz1979", {("sdp", 0): 5.0}),
    # DIMACS: the clique number of hamming6-4 (words at distance ≥ 4) is the stability number of its complement
    GraphRecord("complement of hamming6-4", hamming(6, [1, 2, 3]), 4, "Schrijver1979", {("sdp", 0): 4.0}),
    GraphRecord("complement of johnson8-2-4", johnson(8, 2, [1]), 4, "Schrijver1979", {("sdp", 0): 4.0}),
    # keller4 has 171 vertices and 9435 edges; ϑ of the complement is 14.01224
    GraphRecord("complement of keller4", complement(keller(4)), 11, COMPUTED, {("sdp", 0): 13.46590}),
    GraphRecord("kneser 7 3", kneser(7, 3), 15, "ErdosKoRado1961", {("sdp", 0): 15.0}),
    # ϑ is 42.6667 on the first, 25.6 on the second as well
    GraphRecord("hamming 7, distances 5 and 6", hamming(7, [5, 6]), None, COMPUTED, {("sdp", 0): 36.0}),
    GraphRecord("hamming 8, distances 3 and 4", hamming(8, [3, 4]), None, COMPUTED, {("sdp", 0): 25.6}),
)
GRAPHS = {row.name: row for row in _ROWS}
