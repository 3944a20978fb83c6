"""Deciding copositivity support by support: the tree whose list of items is the proof.

If A is not copositive, some inclusion-minimal support S has A_S not copositive. A node is the family of all S with
low ⊆ S ⊆ high. On {Σx = 1} over low the form has a stationary point x, A_low x = v·1, or a direction along which it
does not grow; in the latter case no S ⊇ low is minimal. Otherwise

    v > 0:  u = x;    v < 0, x ≥ 0:  x'Ax < 0, done;    v < 0 else:  u = −x;    v = 0:  u = ±x,

and (Au)_low ≥ 0, max u > 0: for a minimal S the inverse of A_S is nonpositive [Hadeler1983], so (Au)_S ≥ 0 would give
u = A_S^{-1} (Au)_S ≤ 0. Hence S contains some j with (Au)_j < 0: one child each, first j out of the next children's
high [Dickinson2019]. The nodes of one depth are worked on together in floating point, on the inverse of
P_ij = A_ij − A_i0 − A_0j + A_00, bordered from parent to child. Every sign that enters the proof is then that of an
integer product; where rounding leaves one in doubt the node is redone on integers.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic import exact, ordered_field
from copos.arithmetic.exact import Integers
from copos.arithmetic.long_integers import LongIntegers
from copos.decision import cover_nodes
from copos.decision.cover_nodes import BITS, Nodes

CHUNK = 4096  # nodes worked on together
EXACT = 2.0**52  # integers up to here are exact in a double

TILT = 2.0**-8  # share of the row sums in a column of the inverse, so that rounding leaves A_low u > 0

OPEN = 4  # indices left in a node before a proof for all of them at once is worth its time
PATIENCE = 300  # such proofs tried before one in ten must succeed

Item = list[object]
Part = Callable[[list[int]], "dict[str, object] | None"]
Progress = Callable[[int, int], None]


class Cover(NamedTuple):
    """A proof: the items of the tree in preorder."""

    items: list[Item]

    def proof(self) -> dict[str, object]:
        """The plain data of a certificate of kind "copositive"."""
        return {"method": "cover", "items": self.items}


class Violation(NamedTuple):
    """An integer x ≥ 0 with x'Ax < 0."""

    point: list[int]


class Unfinished(NamedTuple):
    """The search was stopped: how many supports were treated and how many were waiting."""

    nodes: int
    waiting: int


def search(
    A: Integers,
    deadline: float | None = None,
    limit: int | None = None,
    progress: Progress | None = None,
    part: Part | None = None,
) -> Cover | Violation | Unfinished:
    """Decide whether the integer matrix A is copositive.

    Parameters
    ----------
    A : symmetric integers, or numbers of a number field, which then stand in the items and in the point
    deadline : value of `time.monotonic()` at which to stop
    limit : most nodes to treat
    progress : called with (treated, waiting) now and then
    part : a quick attempt to prove that A_T is copositive for a list T, in the units of the certificate

    Examples
    --------
    >>> search([[1, -1], [-1, 1]]), search([[1, -2], [-2, 1]])
    (Cover(items=[['vector', []], ['vector', [1]], ['vector', [1, 1]], ['vector', [1]]]), Violation(point=[1, 1]))
    """
    return Search(A, part).run(deadline, limit, progress)


class _Late(Exception):
    """The time is over in the middle of a chunk."""


class Search:
    """The search, which goes on where `run` was stopped."""

    def __init__(self, A: Integers, part: Part | None = None, long: LongIntegers | None = None) -> None:
        self.A, n = A, len(A)
        self.part, self.tried, self.won = part, 0, 0
        largest = max(1, max(abs(v) for row in A for v in row))
        irrational = ordered_field.algebraic(A)
        self.long = None if irrational else long or LongIntegers(A)
        self.stationary = self.long.stationary if self.long else partial(ordered_field.stationary, A)
        self.small = largest < 2**40 and not irrational
        # A itself where doubles hold it, otherwise A / largest: signs are what matters
        self.F = np.array([[float(v if self.small else v / largest) for v in row] for row in A])
        self.largest = float(np.abs(self.F).max())
        # x'Ax does not grow along an edge with A_ii + A_jj − 2A_ij ≤ 0, so no minimal support holds both ends
        self.apart = np.array([[A[i][i] + A[j][j] - 2 * A[i][j] <= 0 and i != j for j in range(n)] for i in range(n)])
        self.items: list[Item | None] = [["vector", []]]
        self.first: list[int] = [0]  # children of node k are first[k] … first[k] + count[k] − 1
        self.count: list[int] = [n]
        self.found: list[int] | None = None
        self.stack: list[Nodes] | None = None
        self.treated = 0
        self.deadline: float | None = None

    def run(
        self, deadline: float | None, limit: int | None = None, progress: Progress | None = None
    ) -> Cover | Violation | Unfinished:
        """Depth first over chunks of nodes, so that few nodes wait; `limit` more of them at most."""
        self.deadline = deadline
        stack, most = self._begun(), None if limit is None else self.treated + limit
        while stack:
            nodes = stack.pop()
            if len(nodes.ids) > CHUNK:
                stack.append(nodes.part(slice(CHUNK, None)))
                nodes = nodes.part(slice(CHUNK))
            try:
                children = self._treat(nodes)
            except _Late:  # what was found of these nodes is found again
                stack.append(nodes)
                return Unfinished(self.treated, sum(len(s.ids) for s in stack))
            self.treated += len(nodes.ids)
            if self.found is not None:
                return Violation(self.found)
            if len(children.ids):
                stack.append(children)
            if stack and (self._late() or (most is not None and self.treated >= most)):
                return Unfinished(self.treated, sum(len(s.ids) for s in stack))
            if progress is not None:
                progress(self.treated, sum(len(s.ids) for s in stack))
        return Cover(self._preorder())

    def _late(self) -> bool:
        return self.deadline is not None and time.monotonic() > self.deadline

    def _begun(self) -> list[Nodes]:
        """The nodes that wait: in the beginning one for every index."""
        if self.stack is None:
            n = len(self.A)
            high = np.triu(np.ones((n, n), dtype=bool)) & ~self.apart
            ones = np.ones(n)
            self.stack = [self._closed(Nodes(self._ids(0, n), np.arange(n)[:, None], high, np.zeros((n, 0, 0)),
                                             np.zeros((n, 0)), ones))]  # fmt: skip
        return self.stack

    def _ids(self, first: int, count: int) -> NDArray[np.int64]:
        start = len(self.items)
        self.items.extend([None] * count)
        self.first.extend([0] * count)
        self.count.extend([0] * count)
        self.first[first] = start
        return np.arange(start, start + count)

    def _preorder(self) -> list[Item]:
        out: list[Item] = []
        stack = [0]
        while stack:
            k = stack.pop()
            item = self.items[k]
            assert item is not None
            out.append(item)
            stack.extend(range(self.first[k] + self.count[k] - 1, self.first[k] - 1, -1))
        return out

    def _treat(self, nodes: Nodes) -> Nodes:
        """Give every node its vector; returns the children that are still open."""
        m, d = nodes.low.shape
        x = np.concatenate([1 - nodes.y.sum(axis=1, keepdims=True), nodes.y], axis=1)
        rows = self.F[nodes.low]  # (m, d, n)
        u, product, sure = self._integers(x, nodes, rows)
        at = np.arange(m)[:, None]
        value = product[at, nodes.low]
        negative = value[:, 0] < 0
        u = np.where(negative[:, None], -u, u)
        product = np.where(negative[:, None], -product, product)
        # v < 0 and x ≥ 0: a violation
        for r in np.flatnonzero(sure & negative & (u <= 0).all(axis=1)):
            if self._violates(nodes.low[r], [int(-v) for v in u[r]]):
                return nodes.part(slice(0))
        sure &= ~(negative & (u <= 0).all(axis=1))
        # v = 0: x is a null vector, and either sign of it may cover
        null = sure & (value == 0).all(axis=1)
        sure &= ~(null & ((u >= 0).all(axis=1)) & ((product < 0) & nodes.high).any(axis=1))
        branch = (product < 0) & nodes.high
        other = (product > 0) & nodes.high
        flip = null & (u < 0).any(axis=1) & (other.sum(axis=1) < branch.sum(axis=1))
        u[flip] *= -1
        branch[flip] = other[flip]
        for r in np.flatnonzero(~sure):
            vector, covered = self._exactly(nodes.low[r].tolist(), np.flatnonzero(nodes.high[r]).tolist())
            if self.found is not None:
                return nodes.part(slice(0))
            branch[r] = False
            branch[r, covered] = True
            self.items[nodes.ids[r]] = vector
        self._narrow(nodes, x, rows, u, branch, sure)
        keep = np.flatnonzero(sure)
        for k, v in zip(nodes.ids[keep].tolist(), u[keep].astype(np.int64).tolist(), strict=True):
            self.items[k] = ["vector", v]
        # a node that was redone may have turned out to be a direction: then it has no branch
        return self._children(nodes, branch)

    def _integers(self, x: NDArray, nodes: Nodes, rows: NDArray) -> tuple[NDArray, NDArray, NDArray[np.bool_]]:
        """Integer multiples u of x with products A u, and which nodes have all their signs beyond doubt."""
        m, d = x.shape
        size = np.abs(x).max(axis=1, keepdims=True)
        # rounded to BITS: a product is off by at most Σ|A_ij| / 2
        u = np.rint(x * (2.0**BITS / size))
        product = np.matmul(u[:, None, :], rows)[:, 0]
        value = product[np.arange(m)[:, None], nodes.low]
        doubt = np.abs(rows).sum(axis=1) + 2.0**-20
        sign = np.sign(value[:, :1])
        inside = nodes.high.copy()
        inside[np.arange(m)[:, None], nodes.low] = False
        sure = (sign * value > doubt[np.arange(m)[:, None], nodes.low]).all(axis=1)
        sure &= ((np.abs(product) > doubt) | ~inside).all(axis=1)
        if not self.small:
            return u, product, sure
        # det(P)·x is an integer vector; it is the right one iff A u is constant on low
        with np.errstate(over="ignore", invalid="ignore"):
            top = nodes.det[:, None] * x
        fits = np.isfinite(top).all(axis=1) & (np.abs(top).sum(axis=1) * self.largest < EXACT)
        whole = np.rint(np.where(fits[:, None], top, 0.0))
        whole /= np.maximum(np.gcd.reduce(whole.astype(np.int64), axis=1), 1)[:, None]
        exactly = np.matmul(whole[:, None, :], rows)[:, 0]
        value = exactly[np.arange(m)[:, None], nodes.low]
        good = fits & (value == value[:, :1]).all(axis=1) & (whole.sum(axis=1) > 0)
        return np.where(good[:, None], whole, u), np.where(good[:, None], exactly, product), sure | good

    def _narrow(
        self, nodes: Nodes, x: NDArray, rows: NDArray, u: NDArray, branch: NDArray[np.bool_], sure: NDArray[np.bool_]
    ) -> None:
        """Where a column of A_low^{-1} (plus a little of the row sums) has fewer children, put it into u and branch.

        A_low^{-1} = N P^{-1} N' + xx'/v with N' = [−1, I]; every A_low u ≥ 0 with max u > 0 covers.
        """
        d = x.shape[1]
        at = np.flatnonzero(sure & (branch.sum(axis=1) > 1))
        if d == 1 or len(at) == 0:
            return
        x, rows, inverse = x[at], rows[at], nodes.inverse[at]
        lifted = np.empty((len(at), d, d))
        lifted[:, 1:, 1:] = inverse
        lifted[:, 0, 1:] = lifted[:, 1:, 0] = -inverse.sum(axis=2)
        lifted[:, 0, 0] = inverse.sum(axis=(1, 2))
        K = np.take_along_axis(rows, np.broadcast_to(nodes.low[at][:, None, :], (len(at), d, d)), axis=2)
        value = (x * np.matmul(K, x[:, :, None])[:, :, 0]).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            lifted += x[:, :, None] * x[:, None, :] / value[:, None, None]
            U = lifted + TILT * lifted.sum(axis=2, keepdims=True)
            U = np.rint(U * (2.0**BITS / np.abs(U).max(axis=1, keepdims=True))).transpose(0, 2, 1)
        U[~np.isfinite(U)] = 0.0
        product = np.matmul(U, rows)
        sharp = np.abs(product) > 1e-12 * np.matmul(np.abs(U), np.abs(rows))
        within = np.take_along_axis(product, np.broadcast_to(nodes.low[at][:, None, :], U.shape), axis=2)
        high = nodes.high[at][:, None, :]
        valid = (sharp | ~high).all(axis=2) & (within > 0).all(axis=2) & (U > 0).any(axis=2)
        negative = (product < 0) & high
        count = np.where(valid, negative.sum(axis=2), rows.shape[2] + 1)
        best = count.argmin(axis=1)
        r = np.arange(len(at))
        better = count[r, best] < branch[at].sum(axis=1)
        u[at[better]] = U[r, best][better]
        branch[at[better]] = negative[r, best][better]

    def _exactly(self, low: list[int], high: list[int]) -> tuple[Item, list[int]]:
        """Item and branch of one node on integers; these may take their time."""
        if self._late():
            raise _Late
        found = self.stationary(low)
        if not isinstance(found, exact.Stationary):
            return ["direction", found], []
        u = found.x
        if found.value < 0:
            if min(u) >= 0:
                self._violates(np.array(low), u)
                return ["vector", u], []
            u = [-c for c in u]
        product = {j: sum(self.A[j][i] * c for i, c in zip(low, u, strict=True)) for j in high}
        branch = [j for j, v in product.items() if v < 0]
        if found.value == 0:
            if min(u) >= 0 and branch:
                # x'Ax = 0 and (Ax)_j < 0: (t x + e_j)'A(t x + e_j) = 2t (Ax)_j + A_jj
                j = branch[0]
                t = max(0, self.A[j][j]) // (2 * -product[j]) + 1
                self._violates(np.array([*low, j]), [*(t * c for c in u), 1])
            other = [j for j, v in product.items() if v > 0]
            if min(u) < 0 and len(other) < len(branch):
                return ["vector", [-c for c in u]], other
        return ["vector", u], branch

    def _violates(self, low: NDArray, u: list[int]) -> bool:
        point = [0] * len(self.A)
        for i, c in zip(low.tolist(), u, strict=True):
            point[i] = c
        if exact.form(self.A, point) < 0:
            self.found = point
        return self.found is not None

    def _children(self, nodes: Nodes, branch: NDArray[np.bool_]) -> Nodes:
        """One child for every j of a branch, in the order of j; those with a descent direction are closed at once."""
        parent, j = np.nonzero(branch)
        counts = branch.sum(axis=1)
        start = len(self.items)
        starts = start + np.cumsum(counts) - counts
        for k, first, count in zip(nodes.ids.tolist(), starts.tolist(), counts.tolist(), strict=True):
            self.first[k], self.count[k] = first, count
        self.items.extend([None] * len(j))
        self.first.extend([0] * len(j))
        self.count.extend([0] * len(j))
        ids = np.arange(start, start + len(j))
        d = nodes.low.shape[1]

        low, inverse, y = nodes.low[parent], nodes.inverse[parent], nodes.y[parent]
        o, F = low[:, 0], self.F
        corner, border = F[o, o], F[o, j]
        p = F[low[:, 1:], j[:, None]] - border[:, None] - F[low[:, 1:], o[:, None]] + corner[:, None]
        g = F[low[:, 1:], o[:, None]] - corner[:, None]
        z = -np.matmul(inverse, p[:, :, None])[:, :, 0]
        q = F[j, j] - 2 * border + corner
        pivot = q + (p * z).sum(axis=1)
        size = np.abs(q) + (np.abs(p) * np.abs(z)).sum(axis=1)
        open_ = pivot > 1e-9 * size
        doubt = ~open_
        falling = np.flatnonzero(pivot < -1e-9 * size)
        if len(falling):
            k, down = cover_nodes.falling(F, low[falling], j[falling], z[falling])
            doubt[falling[k]] = False
            for node, item in zip(ids[falling[k]].tolist(), down.tolist(), strict=True):
                self.items[node] = ["direction", item]
        for r in np.flatnonzero(doubt):
            if self._late():
                raise _Late
            # along (z, 1) the form changes by `pivot`, whose sign is not clear: settle it on integers
            found = self.stationary([*low[r].tolist(), int(j[r])])
            if isinstance(found, exact.Stationary):
                open_[r] = True
            else:
                self.items[ids[r]] = ["direction", found]
        # where integers overruled a pivot of rounding size, any positive one will do: descendants are checked again
        pivot = np.maximum(pivot, 1e-12 * size + 1e-30)
        ids, parent, j, z, pivot = ids[open_], parent[open_], j[open_], z[open_], pivot[open_]
        inverse, y, g, border, corner = inverse[open_], y[open_], g[open_], border[open_], corner[open_]
        # bordering: P^-1 of the child from that of its parent
        with np.errstate(over="ignore", invalid="ignore"):
            last = -(border - corner + (z * g).sum(axis=1)) / pivot
            y = np.concatenate([y + last[:, None] * z, last[:, None]], axis=1)
            w = np.concatenate([z, np.ones((len(z), 1))], axis=1)
            full = w[:, :, None] * (w / pivot[:, None])[:, None, :]
            full[:, : d - 1, : d - 1] += inverse
        # numbers beyond doubles say nothing; what is made from zeros is checked like everything else
        wild = ~(np.isfinite(y).all(axis=1) & np.isfinite(full).all(axis=(1, 2)))
        y[wild], full[wild] = 0.0, 0.0
        high = nodes.high[parent].copy()
        order = np.arange(high.shape[1])
        high &= ~(branch[parent] & (order[None, :] < j[:, None])) & ~self.apart[j]
        with np.errstate(over="ignore"):
            det = nodes.det[parent] * pivot
        return self._closed(Nodes(ids, np.concatenate([nodes.low[parent], j[:, None]], axis=1), high, full, y, det))

    def _closed(self, nodes: Nodes) -> Nodes:
        """Close the large nodes whose whole `high` has a proof; give up asking if that seldom succeeds."""
        if self.part is None:
            return nodes
        keep = np.ones(len(nodes.ids), dtype=bool)
        for r in np.flatnonzero(nodes.high.sum(axis=1) >= nodes.low.shape[1] + OPEN):
            if self._late() or (self.tried >= PATIENCE and self.won * 10 < self.tried):
                break  # these proofs take their time, and open nodes are no mistake
            self.tried += 1
            item = self.part(np.flatnonzero(nodes.high[r]).tolist())
            if item is not None:
                self.won += 1
                keep[r] = False
                self.items[nodes.ids[r]] = ["part", item]
        return nodes.part(keep)
