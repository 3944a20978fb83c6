"""Integers u that bring exponents r = E + L u to a normal form which depends on E only up to E ~ E + L v, v integer.

The columns of L span a lattice of exponents, and the entries of r are visited in a fixed order: each is made the least
number ≥ 0 that it can be while those before it stay as they are. That is reduction modulo the Hermite normal form of L,
row by row, so the result is one and the same for all E of a coset, and which unknown is solved for where depends on L
alone. No number is rounded and no tie is decided by size.

An unknown is kept as const + Σ m_k γ_k with free integers γ_k; a visited entry removes one γ or none.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]
CHUNK = 2048


class Gauge:
    """Unknown integers, at first all free; `solve` visits entries.

    Examples
    --------
    2u_0 − 5 and u_0 + u_1 + 3 become 1 and 0:

    >>> gauge = Gauge(2)
    >>> gauge.visit(-5, [(0, 2)]); gauge.visit(3, [(0, 1), (1, 1)])
    >>> gauge.values().tolist()
    [3, -6]
    """

    def __init__(self, count: int) -> None:
        self.const = [0] * count
        self.terms: list[dict[int, int]] = [{k: 1} for k in range(count)]
        self._users: dict[int, set[int]] = {k: {k} for k in range(count)}
        # a hash of the free part of every unknown, additive, so that many entries are seen at once to be settled
        self._hash = np.random.default_rng(0).integers(1, 2**63, size=count, dtype=np.uint64)
        self.sign = self._hash.copy()

    def values(self) -> Index:
        """The unknowns, those that no entry holds being 0."""
        return np.array(self.const, dtype=np.int64)

    def visit(self, const: int, terms: list[tuple[int, int]]) -> None:
        """Make const + Σ m u the least number ≥ 0 that it can be."""
        m: dict[int, int] = {}
        for u, c in terms:
            const += c * self.const[u]
            for k, v in self.terms[u].items():
                m[k] = m.get(k, 0) + c * v
        m = {k: v for k, v in m.items() if v}
        while m:
            pivot = min(m, key=lambda k: (abs(m[k]), len(self._users[k]), k))
            size = m[pivot]
            quotients = {k: v // size for k, v in m.items() if k != pivot}
            left = {k: v % size for k, v in m.items() if k != pivot and v % size}
            if not left:  # r = const + size·(γ + Σ q γ_k)
                move = -(const // abs(size)) * (1 if size > 0 else -1)
                self._substitute(pivot, move, {k: -q for k, q in quotients.items()})
                return
            self._substitute(pivot, 0, {pivot: 1} | {k: -q for k, q in quotients.items() if q})
            m = {pivot: size} | left

    def _substitute(self, pivot: int, const: int, by: dict[int, int]) -> None:
        """Γ_pivot becomes const + Σ by_k γ_k."""
        for u in sorted(self._users.pop(pivot)):
            terms = self.terms[u]
            c = terms.pop(pivot)
            self.const[u] += c * const
            for k, v in by.items():
                new = terms.get(k, 0) + c * v
                users = self._users.setdefault(k, set())
                if new:
                    terms[k] = new
                    users.add(u)
                else:
                    terms.pop(k, None)
                    users.discard(u)
            total = sum(v * int(self._hash[k]) for k, v in terms.items())
            self.sign[u] = np.uint64(total % 2**64)

    def forms(self, owner: Index, a: Index, b: Index, exponent: Index, squares_first: bool = True) -> None:
        """Visit the entries u_a + u_b + exponent of many forms, every one relative to its form's first."""
        if not len(owner):
            return
        order = np.lexsort((b, a, (a != b) & squares_first, owner))
        owner, a, b, exponent = owner[order], a[order], b[order], exponent[order]
        starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
        first = np.repeat(starts, np.diff(np.r_[starts, len(owner)]))
        at = 0
        while at < len(owner):
            span = slice(at, at + CHUNK)
            head = first[span]
            open_ = self.sign[a[span]] + self.sign[b[span]] - self.sign[a[head]] - self.sign[b[head]]
            hits = np.flatnonzero(open_)
            if not len(hits):
                at += CHUNK
                continue
            i = at + int(hits[0])
            h = int(first[i])
            self.visit(int(exponent[i] - exponent[h]),
                       [(int(a[i]), 1), (int(b[i]), 1), (int(a[h]), -1), (int(b[h]), -1)])  # fmt: skip
            at = i + 1
