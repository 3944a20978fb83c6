"""Orbits of the monomials of one degree under a permutation group, without a list of the monomials.

A monomial x_{i1} ⋯ x_{id} is moved by an element u_{i1} of a transversal to one that holds the root r of an orbit of
points; what is left, d − 1 variables, is looked up among the orbits of (d − 1)-tuples under the stabiliser of r. Two
monomials with one pivot in common are in one orbit of the group iff they are in one of these. The choice of the pivot
among the d variables joins them further. So n^(d−1) places per orbit of points are all that is stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.groups import components, stabilizer, transversal

Index = NDArray[Any]


@dataclass(frozen=True, eq=False)
class MonomialOrbits:
    """Orbits of monomials.

    Attributes
    ----------
    generators : (g, n) permutations
    roots : one point of every orbit of points
    home : (n,) number of the orbit of every point
    down : (n, n) row i is an element of the group that maps i to the root of its orbit
    stabilizers : generators of the stabiliser of every root
    table : (roots, n, …, n) orbit of x_root x_{i2} ⋯ x_{id}
    """

    generators: Index
    roots: Index
    home: Index
    down: Index
    stabilizers: tuple[Index, ...]
    table: Index

    @classmethod
    def of(cls, generators: Index, degree: int) -> MonomialOrbits:
        """Orbits of the monomials of a degree d ≥ 1.

        Examples
        --------
        >>> from copos.arithmetic.groups import dihedral
        >>> orbits = MonomialOrbits.of(dihedral(5), 3)          # a³, a²b, a²c, abc, abd
        >>> orbits.count, orbits.size.tolist()
        (5, [5, 10, 10, 5, 5])
        >>> orbits.labels(*np.array([[1, 2, 3], [4, 0, 1]]).T).tolist()
        [3, 3]
        """
        n, k = generators.shape[1], degree - 1
        home = components(n, generators)
        roots = np.unique(home, return_index=True)[1]
        down = np.empty((n, n), dtype=np.int32)
        stabilizers = []
        for r in roots.tolist():
            orbit, moves = transversal(generators, r)
            down[orbit] = moves
            stabilizers.append(stabilizer(generators, r, max(k, 1)))
        shape = (len(roots), *(n,) * k)
        nodes = np.arange(int(np.prod(shape))).reshape(shape)
        table = components(nodes.size, _joins(nodes, roots, home, down, stabilizers)).reshape(shape)
        return cls(generators, roots, home, down, tuple(stabilizers), table.astype(np.int32))

    @property
    def degree(self) -> int:
        """Degree of the monomials."""
        return self.table.ndim

    @property
    def points(self) -> int:
        """Number of variables."""
        return len(self.home)

    @cached_property
    def count(self) -> int:
        """Number of orbits."""
        return int(self.table.max()) + 1

    def labels(self, first: Any, *others: Any) -> Index:
        """The orbit of x_first x_other ⋯, arrays that are broadcast against each other."""
        if len(others) + 1 != self.degree:
            raise ValueError(f"these are orbits of degree {self.degree}, got {len(others) + 1} variables")
        return self.table[(self.home[first], *(self.down[first, i] for i in others))]

    @cached_property
    def representatives(self) -> Index:
        """(count, degree) a monomial of every orbit, its variables in order."""
        _, first = np.unique(self.table, return_index=True)
        places = np.unravel_index(first, self.table.shape)
        return np.sort(np.stack([self.roots[places[0]], *places[1:]], axis=1), axis=1)

    @cached_property
    def size(self) -> Index:
        """Monomials in every orbit."""
        points = np.bincount(self.home)
        tuples = sum(c * np.bincount(part.ravel(), minlength=self.count)
                     for c, part in zip(points.tolist(), self.table, strict=True))  # fmt: skip
        return np.asarray(tuples) // arrangements(self.representatives)


def arrangements(monomials: Index) -> Index:
    """d!/(a_1! a_2! ⋯), the number of tuples that are the same monomial; rows are in order.

    >>> arrangements(np.array([[0, 0, 1], [0, 1, 2]])).tolist()
    [3, 6]
    """
    out = np.full(len(monomials), factorial(monomials.shape[1]))
    run = np.ones(len(monomials), dtype=np.int64)
    for k in range(1, monomials.shape[1]):
        run = np.where(monomials[:, k] == monomials[:, k - 1], run + 1, 1)
        out //= run
    return out


def _joins(nodes: Index, roots: Index, home: Index, down: Index, stabilizers: list[Index]):  # type: ignore[no-untyped-def]
    """Maps of the places (root, i_2, …, i_d) to places with monomials of the same orbit."""
    n, k = len(home), nodes.ndim - 1
    for a in range(1, k):  # exchanges
        yield np.swapaxes(nodes, a, a + 1).ravel()
    for g in range(max((len(s) for s in stabilizers), default=0)):
        parts = [part[np.ix_(*[s[g]] * k)] if k and g < len(s) else part
                 for part, s in zip(nodes, stabilizers, strict=True)]  # fmt: skip
        yield np.stack(parts).ravel()
    if k:  # another pivot
        i = np.arange(n).reshape(n, *[1] * (k - 1))
        rest = np.meshgrid(*[np.arange(n)] * (k - 1), indexing="ij", sparse=True)
        parts = [nodes[(home[i], down[i, r], *(down[i, j[None]] for j in rest))] for r in roots.tolist()]
        yield np.stack(np.broadcast_arrays(*parts)).ravel()
