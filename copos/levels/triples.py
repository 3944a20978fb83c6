"""Pairs and triples of points of a Hamming or a Johnson scheme, as a point that is fixed sees them.

With the point 0 fixed, the orbits of pairs (u, v) are known by the distances among 0, u, v and, for sets, by what all
three share. Matrices that are constant on them split, under what fixes 0, into one block for every k (words) or every
(k, l) (sets), with the coefficients

    β_ijk^t(n) = Σ_s (−1)^{s−t} C(s, t) C(n−2k, s−k) C(n−k−s, i−s) C(n−k−s, j−s)             [Schrijver2005, §II, §III]

of words with i and j ones, t of them in common. A w-set is 0 without i of its things, and with i of the n − w others:
its coefficients are products β_ijk^t(w) β_ijl^s(n − w).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import comb
from typing import NamedTuple

from copos.arithmetic.schemes import Scheme, hamming_scheme, johnson_scheme

Triple = tuple[int, ...]


class Entry(NamedTuple):
    """Σ coefficient·x_triple at the place (i, j) of a block, i ≤ j, as integers."""

    i: int
    j: int
    terms: tuple[tuple[Triple, int], ...]


class Points(ABC):
    """Points any two of which have one of some distances: moments of pairs and triples, blocks and inequalities.

    A triple begins with its distances a ≤ b ≤ c; a = 0 is a pair, c = 0 the point alone.
    """

    distances: tuple[int, ...]

    @property
    @abstractmethod
    def scheme(self) -> Scheme:
        """Its eigenvalues give the bound from pairs alone."""

    @property
    @abstractmethod
    def share(self) -> int:
        """So many of the scheme's points there are for each of those that are looked at."""

    @abstractmethod
    def count(self, a: int) -> int:
        """Points at a distance from the one that is fixed."""

    @abstractmethod
    def pair(self, a: int) -> Triple:
        """Two points at a distance, one of them twice."""

    @property
    @abstractmethod
    def triples(self) -> tuple[Triple, ...]:
        """Those whose distances are allowed, the point alone first."""

    @abstractmethod
    def orders(self) -> Iterator[tuple[tuple[int, ...], list[int]]]:
        """The blocks and the distances that are their rows."""

    @abstractmethod
    def coefficients(self, block: tuple[int, ...], i: int, j: int) -> Iterator[tuple[Triple, int, int]]:
        """(triple, distance of its last two points, coefficient) at the row i and the column j of a block."""

    @abstractmethod
    def pairs(self, i: int, j: int) -> Iterator[tuple[Triple, int, int]]:
        """(triple, distance of its last two points, how many) for points at distances i and j from the fixed one."""

    @property
    def words(self) -> str:
        """What they are."""
        return f"{self.scheme.name}, distances {', '.join(map(str, self.distances))}"

    def blocks(self) -> list[list[Entry]]:
        """The matrices, with the fixed point chosen and not chosen."""
        known, out = set(self.triples), []
        for block, rows in self.orders():
            chosen, other = [], []
            for a, i in enumerate(rows):
                for b, j in enumerate(rows[a:], a):
                    plus: dict[Triple, int] = {}
                    minus: dict[Triple, int] = {}
                    for tau, c, beta in self.coefficients(block, i, j):
                        if tau in known:
                            plus[tau] = plus.get(tau, 0) + beta
                            minus[tau] = minus.get(tau, 0) - beta
                        if self.pair(c) in known:
                            minus[self.pair(c)] = minus.get(self.pair(c), 0) + beta
                    chosen.append(Entry(a, b, tuple((key, c) for key, c in plus.items() if c)))
                    other.append(Entry(a, b, tuple((key, c) for key, c in minus.items() if c)))
            out += [part for part in (chosen, other) if part]
        return out

    def inequalities(self) -> list[tuple[dict[Triple, int], int]]:
        """(form, constant): form(x) + constant ≥ 0."""
        out: list[tuple[dict[Triple, int], int]] = []
        for tau in self.triples:
            if tau[0]:
                sides = tau[:3]
                out += [({self.pair(a): 1, tau: -1}, 0) for a in set(sides)]
                for a, b in set(combinations(sides, 2)):
                    form = {tau: 1}
                    for e in (a, b):
                        form[self.pair(e)] = form.get(self.pair(e), 0) - 1
                    out.append((form, 1))
            elif tau[1]:
                out.append(({tau: -1}, 1))
        return out


def beta(n: int, i: int, j: int, k: int, t: int) -> int:
    """β_ijk^t(n)."""
    m = n - k
    return sum((-1) ** (s - t) * comb(s, t) * comb(n - 2 * k, s - k) * comb(m - s, i - s) * comb(m - s, j - s)
               for s in range(max(t, k), min(i, j, m) + 1))  # fmt: skip


@dataclass(frozen=True)
class Words(Points):
    """Words of n bits; with `even` those with an even number of ones, whose distances are even."""

    n: int
    distances: tuple[int, ...]
    even: bool = False

    @property
    def scheme(self) -> Scheme:  # noqa: D102
        return hamming_scheme(self.n)

    @property
    def share(self) -> int:  # noqa: D102
        return 1 + self.even

    def count(self, a: int) -> int:  # noqa: D102
        return comb(self.n, a)

    def pair(self, a: int) -> Triple:  # noqa: D102
        return (0, a, a)

    @cached_property
    def triples(self) -> tuple[Triple, ...]:  # noqa: D102
        allowed = [0, *self.distances]
        return tuple((a, b, c) for a in allowed for b in allowed for c in allowed
                     if a <= b <= c <= a + b and (a + b + c) % 2 == 0 and a + b + c <= 2 * self.n)  # fmt: skip

    def orders(self) -> Iterator[tuple[tuple[int, ...], list[int]]]:  # noqa: D102
        for k in range(self.n // 2 + 1):
            yield (k,), [i for i in range(k, self.n - k + 1) if not self.even or i % 2 == 0]

    def coefficients(self, block: tuple[int, ...], i: int, j: int) -> Iterator[tuple[Triple, int, int]]:  # noqa: D102
        for t in range(max(0, i + j - self.n), i + 1):
            b = beta(self.n, i, j, block[0], t)
            if b:
                yield triple(i, j, t), i + j - 2 * t, b

    def pairs(self, i: int, j: int) -> Iterator[tuple[Triple, int, int]]:  # noqa: D102
        for t in range(max(0, i + j - self.n), min(i, j) + 1):
            yield triple(i, j, t), i + j - 2 * t, common(self.n, i, j, t)


def common(n: int, i: int, j: int, t: int) -> int:
    """Pairs of words of n bits with i and j ones, t of them in common.

    >>> common(3, 1, 1, 0)
    6
    """
    return comb(n, i) * comb(i, t) * comb(n - i, j - t)


def triple(i: int, j: int, t: int) -> Triple:
    """The distances among 0, u, v with |u| = i, |v| = j, |u ∧ v| = t.

    >>> triple(3, 2, 1)
    (2, 3, 3)
    """
    a, b, c = sorted((i, j, i + j - 2 * t))
    return a, b, c


@dataclass(frozen=True)
class Subsets(Points):
    """w-sets of n things, 2w ≤ n, at the distance of things that one has and the other lacks."""

    n: int
    w: int
    distances: tuple[int, ...]

    @property
    def scheme(self) -> Scheme:  # noqa: D102
        return johnson_scheme(self.n, self.w)

    @property
    def share(self) -> int:  # noqa: D102
        return 1

    def count(self, a: int) -> int:  # noqa: D102
        return comb(self.w, a) * comb(self.n - self.w, a)

    def pair(self, a: int) -> Triple:  # noqa: D102
        return (0, a, a, self.w - a)

    @cached_property
    def triples(self) -> tuple[Triple, ...]:  # noqa: D102
        allowed, w = [0, *self.distances], self.w
        return tuple((a, b, c, m) for a in allowed for b in allowed for c in allowed if a <= b <= c
                     for m in range(max(0, w - a - b), w - c + 1) if a + b + c + m <= self.n)  # fmt: skip

    def orders(self) -> Iterator[tuple[tuple[int, ...], list[int]]]:  # noqa: D102
        w, left = self.w, self.n - self.w
        for k in range(w // 2 + 1):
            for m in range(left // 2 + 1):
                rows = list(range(max(k, m), min(w - k, left - m) + 1))
                if rows:
                    yield (k, m), rows

    def coefficients(self, block: tuple[int, ...], i: int, j: int) -> Iterator[tuple[Triple, int, int]]:  # noqa: D102
        (k, m), w, left = block, self.w, self.n - self.w
        inner = [(t, beta(w, i, j, k, t)) for t in range(max(0, i + j - w), i + 1)]
        outer = [(s, beta(left, i, j, m, s)) for s in range(max(0, i + j - left), i + 1)]
        for t, b in inner:
            for s, c in outer:
                if b * c:
                    apart = i + j - t - s
                    yield (*sorted((i, j, apart)), w - i - j + t), apart, b * c

    def pairs(self, i: int, j: int) -> Iterator[tuple[Triple, int, int]]:  # noqa: D102
        w, left = self.w, self.n - self.w
        for t in range(max(0, i + j - w), min(i, j) + 1):
            for s in range(max(0, i + j - left), min(i, j) + 1):
                apart = i + j - t - s
                yield (*sorted((i, j, apart)), w - i - j + t), apart, common(w, i, j, t) * common(left, i, j, s)
