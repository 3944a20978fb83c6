"""Permutations that leave the data of a program alone, found by individualisation and refinement.

Every pair (i, j) of coordinates has a colour made of its entries in the objective, in e and in the other parts. Colours
of points are refined until all of one colour see the colours of the others alike; then a point is given a colour of its
own, and so on, until all are apart. Two such sequences with equal colours all along are a permutation. For every point
b of such a base and every point c with the colour of b that no known permutation moves b to, one is looked for that
fixes the points of the base before b and maps b to c: together they generate all of them [McKayPiperno2014].
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import ragged, svec
from copos.arithmetic.groups import components
from copos.forms import Forms
from copos.program import CompletelyPositiveProgram
from copos.symmetry.action import Action, linear_blocks

Index = NDArray[Any]
NODES = 20_000  # of the search, in all


def symmetries(program: CompletelyPositiveProgram) -> Index:
    """Generators of the permutations of the coordinates that leave a program on the orthant alone.

    Raises
    ------
    ValueError
        If the cone is another one, or the search takes too long: then name the group.

    Examples
    --------
    >>> import copos
    >>> from copos.instances.graphs import petersen
    >>> from copos.arithmetic.groups import tuple_orbits
    >>> int(tuple_orbits(symmetries(copos.stability_number(petersen())), 2).max()) + 1
    3
    """
    found = automorphisms(pair_colours(program))
    return np.array([g for g in found if _leaves_alone(program, g)], dtype=np.int64).reshape(-1, program.cone.dim)


def _leaves_alone(program: CompletelyPositiveProgram, g: Index) -> bool:
    try:
        Action.of(program, g[None])
    except ValueError:
        return False
    return True


def pair_colours(program: CompletelyPositiveProgram) -> Index:
    """(n, n) colours of pairs that every symmetry of the program respects.

    An equation, a form or a block is told by its coefficients, so that forms of one kind may be exchanged; whatever
    this misses is found when the permutations are tried on the program itself.
    """
    n = program.cone.dim
    A, b = program.equations
    B, E = linear_blocks(program), program.vanishing
    squares = _squares(B)
    layers = [_told_apart(program.C, np.zeros(1)), _told_apart(A, b), _told_apart(E, np.zeros(len(E))),
              _told_apart(squares, np.zeros(len(squares))), np.diag(program.cone.unit)]  # fmt: skip
    colour = np.eye(n, dtype=np.int64)
    for layer in layers:
        values = np.unique(np.round(layer, 6), return_inverse=True)[1].reshape(n, n)
        colour = np.unique(colour * (int(values.max()) + 1) + values, return_inverse=True)[1].reshape(n, n)
    return colour


def _squares(B: sp.csr_array) -> Forms:
    """The forms b_k(x)²."""
    length = np.diff(B.indptr)
    term, at = ragged.expand(B.indptr[:-1][np.repeat(np.arange(len(length)), length)], np.repeat(length, length))
    owner = np.repeat(np.arange(len(length)), length)[term]
    keep = B.indices[term] <= B.indices[at]
    owner, term, at = owner[keep], term[keep], at[keep]
    i, j = B.indices[term], B.indices[at]
    c = B.data[term] * B.data[at] * np.where(i == j, 1.0, 2.0)
    return Forms.from_terms(owner, i, j, c, len(length), B.shape[1])


def _told_apart(forms: Forms, right: Index) -> NDArray[np.float64]:
    """At every pair the sum over forms of a number made of its coefficient, of all of them and of the right side."""
    n, rows = forms.dim, forms.rows
    owner = np.repeat(np.arange(len(forms)), np.diff(rows.indptr))
    kind = np.bincount(owner, weights=np.sin(1.7 * rows.data), minlength=len(forms)) + np.asarray(right, dtype=float)
    i, j = svec.pair(rows.indices)
    out = np.zeros((n, n))
    np.add.at(out, (i, j), np.cos(rows.data + 3.3 * np.sin(kind[owner])))
    return np.triu(out) + np.triu(out, 1).T


def automorphisms(colours: Index, most: int = NODES) -> Index:
    """Generators of the permutations g with colours[g[i], g[j]] = colours[i, j] for all i, j.

    Raises
    ------
    ValueError
        If more than `most` steps are needed.

    Examples
    --------
    >>> from copos.instances.graphs import cycle
    >>> automorphisms(cycle(5)).shape[0] >= 2
    True
    """
    n = len(colours)
    table = np.unique(colours, return_inverse=True)[1].reshape(n, n)
    search = _Search(table, most)
    base: list[int] = []
    cell = search.refined([])
    levels = []
    while int(cell.max()) + 1 < n:
        size = np.bincount(cell)
        smallest = np.flatnonzero(size == size[size > 1].min())[0]
        b = int(np.flatnonzero(cell == smallest)[0])
        levels.append((list(base), b, np.flatnonzero(cell == smallest)))
        base.append(b)
        cell = search.refined(base)
    found: list[Index] = []
    for before, b, others in reversed(levels):  # the deepest stabiliser first
        fixing = [g for g in found if all(g[p] == p for p in before)]
        for c in others.tolist():
            orbit = components(n, fixing)
            if orbit[c] == orbit[b]:
                continue
            g = search.matched(before + [b], before + [c], base)
            if g is not None:
                found.append(g)
                fixing.append(g)
    return np.array(found, dtype=np.int64).reshape(len(found), n)


class _Search:
    """Refinement of colours with some points told apart, and the search for a permutation between two sequences."""

    def __init__(self, table: Index, most: int) -> None:
        rng = np.random.default_rng(0)
        self.table, self.n, self.left = table, len(table), most
        # random weights of 26 bits: sums of n products of two are exact in 64 bits
        self.weight = rng.integers(1, 1 << 26, size=int(table.max()) + 1)
        self.mark = rng.integers(1, 1 << 26, size=(2, 4 * self.n + 8))
        self.W = self.weight[table].astype(float)

    def refined(self, points: list[int]) -> Index:
        """Cells 0, 1, … numbered so that equal situations have equal numbers."""
        key = np.zeros(self.n, dtype=np.int64)
        for k, p in enumerate(points):
            key[p] = k + 1
        cell = np.unique(key * (int(self.table.max()) + 1) + self.table.diagonal(), return_inverse=True)[1]
        count = int(cell.max()) + 1
        while True:
            # Σ_j W[i, j]·mark[cell j] tells the multisets of (colour, cell) apart, exactly: below 2^53 in two parts
            sums = [(self.W @ (self.mark[h, cell] & 0xFFFF).astype(float)).astype(np.int64) for h in (0, 1)]
            cell = np.unique(np.stack([cell, *sums], axis=1), axis=0, return_inverse=True)[1].ravel()
            if int(cell.max()) + 1 == count:
                return cell
            count = int(cell.max()) + 1

    def matched(self, left: list[int], right: list[int], base: list[int]) -> Index | None:
        """A permutation that respects the colours and maps one sequence of points to the other."""
        self.left -= 1
        if self.left < 0:
            raise ValueError("the search for symmetries takes too long: give generators of the group")
        a, b = self.refined(left), self.refined(right)
        if not np.array_equal(np.bincount(a), np.bincount(b, minlength=int(a.max()) + 1)):
            return None
        if int(a.max()) + 1 == self.n:
            g = np.empty(self.n, dtype=np.int64)
            g[np.argsort(a)] = np.argsort(b)
            return g if np.array_equal(self.table[np.ix_(g, g)], self.table) else None
        following = base[len(left)] if len(left) < len(base) else int(np.flatnonzero(np.bincount(a)[a] > 1)[0])
        for c in np.flatnonzero(b == a[following]).tolist():
            g = self.matched([*left, following], [*right, c], base)
            if g is not None:
                return g
        return None
