"""A simple undirected graph as a frozen value: edges, labels, and weights of vertices and edges where there are any."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import Rational, rational, written
from copos.support.given import numbers
from copos.support.looks import one_line

VERTICES, EDGES = 50_000, 5_000_000
DENSE = 10_000  # vertices of an adjacency matrix; beyond it that takes 100 MB


@one_line
@dataclass(frozen=True, eq=False)
class Graph:
    """A simple undirected graph.

    Attributes
    ----------
    ends : (m, 2) places i < j of the ends of every edge, in order, each edge once
    labels : the caller's names of the vertices
    weights : of the vertices, ints or Fractions; None where all are one
    costs : weights of the edges, in their order; None where all are one

    Examples
    --------
    >>> path = Graph.of([(0, 1), (2, 1)], ("a", "b", "c"))
    >>> path.ends.tolist(), path.neighbours[1]
    ([[0, 1], [1, 2]], {0, 2})
    """

    ends: NDArray[np.int64]
    labels: tuple[Any, ...]
    weights: tuple[Rational, ...] | None = None
    costs: tuple[Rational, ...] | None = None

    @classmethod
    def of(
        cls, ends: Iterable[Sequence[int]] | NDArray[Any], labels: Sequence[Any], costs: Sequence[Any] | None = None
    ) -> Graph:
        """From ends in any order; edges that are given twice are one, their costs added.

        Raises
        ------
        ValueError
            If there is a loop, or no vertex, or a vertex beyond those that are named.
        """
        n = len(labels)
        if not n:
            raise ValueError("the graph has no vertices")
        pairs = np.array(list(ends) if not isinstance(ends, np.ndarray) else ends, dtype=np.int64).reshape(-1, 2)
        if pairs.size and not 0 <= pairs.min() <= pairs.max() < n:
            raise ValueError(f"an edge names a vertex outside the {n} of the graph")
        loops = np.flatnonzero(pairs[:, 0] == pairs[:, 1])
        if len(loops):
            raise ValueError(f"the graph has a loop at {labels[pairs[loops[0], 0]]!r}; a vertex with a loop is in no "
                             "stable set, and a loop in no cut")  # fmt: skip
        keys = pairs.min(axis=1) * n + pairs.max(axis=1) if len(pairs) else np.zeros(0, dtype=np.int64)
        kept, place = np.unique(keys, return_inverse=True)
        if costs is not None:
            total: list[Rational] = [0] * len(kept)
            for at, value in zip(place.tolist(), costs, strict=True):
                total[at] += rational(value)
            costs = [rational(v) for v in total]
        return cls(np.stack([kept // n, kept % n], axis=1), tuple(labels), None,
                   None if costs is None or all(v == 1 for v in costs) else tuple(costs))  # fmt: skip

    @property
    def n(self) -> int:
        """Number of vertices."""
        return len(self.labels)

    @property
    def m(self) -> int:
        """Number of edges."""
        return len(self.ends)

    @cached_property
    def place(self) -> dict[Any, int]:
        """Label ↦ place."""
        return {label: k for k, label in enumerate(self.labels)}

    @property
    def neighbours(self) -> list[set[int]]:
        """The neighbours of every vertex, made anew."""
        near: list[set[int]] = [set() for _ in self.labels]
        for i, j in self.ends.tolist():
            near[i].add(j)
            near[j].add(i)
        return near

    @cached_property
    def adjacency(self) -> NDArray[np.bool_]:
        """The (n, n) adjacency matrix.

        Raises
        ------
        ValueError
            If it would be larger than is reasonable.
        """
        require_dense(self.n)
        A = np.zeros((self.n, self.n), dtype=bool)
        A[self.ends[:, 0], self.ends[:, 1]] = A[self.ends[:, 1], self.ends[:, 0]] = True
        return A

    def complement(self) -> Graph:
        """Edges where there are none; weights of vertices stay."""
        A = ~self.adjacency
        return Graph(np.argwhere(np.triu(A, 1)).astype(np.int64), self.labels, self.weights)

    def weighted(self, weights: Any) -> Graph:
        """With weights of the vertices: a mapping of labels (others weigh one), a sequence in order, or one number.

        Raises
        ------
        ValueError
            If a weight is negative or no finite number, or belongs to no vertex.
        """
        if weights is None:
            return self
        if isinstance(weights, Mapping):
            strange = next((v for v in weights if v not in self.place), None)
            if strange is not None:
                raise ValueError(f"weights: {strange!r} is no vertex")
            each = [weights.get(label, 1) for label in self.labels]
        elif np.ndim(weights) == 0 and not isinstance(weights, (str, bytes)):
            each = [weights] * self.n
        else:
            each = list(numbers(weights, "weights", text=True).ravel().tolist())
            if len(each) != self.n:
                raise ValueError(f"expected {self.n} weights, one per vertex, got {len(each)}")
        checked = tuple(weight(v, f"the weight of vertex {label!r}")
                        for v, label in zip(each, self.labels, strict=True))  # fmt: skip
        return Graph(self.ends, self.labels, None if all(v == 1 for v in checked) else checked, self.costs)

    @property
    def tables(self) -> dict[str, list[list[int | str]]]:
        """As a certificate holds it: "graph", and "weights" of the vertices where there are some."""
        out: dict[str, list[list[int | str]]] = {"graph": [[self.n, self.m], *(self.ends + 1).tolist()]}
        return out if self.weights is None else out | {"weights": [[written(v) for v in self.weights]]}


def weight(value: Any, name: str) -> Rational:
    """A number ≥ 0, exactly.

    Raises
    ------
    ValueError
        If it is none.
    """
    (entry,) = numbers([value], name, text=True, boolean=False).tolist()
    try:
        out = rational(entry)
    except (ValueError, TypeError, ArithmeticError):
        raise ValueError(f"{name} is {value!r}; expected a finite number") from None
    if out < 0:
        raise ValueError(f"{name} is {value!r}; expected a number that is not negative")
    return out


def require_dense(n: int) -> None:
    """Refuse graphs whose matrices would not fit.

    Raises
    ------
    ValueError
        With their size.
    """
    if n > DENSE:
        raise ValueError(f"the graph has {n} vertices: a matrix of it alone takes {8 * n * n / 1e9:.1f} GB; "
                         "copos.maximum_stable_set and copos.maximum_clique work on sparse graphs")  # fmt: skip


def edge_rows(adjacency: NDArray[np.bool_]) -> list[list[int]]:
    """An adjacency matrix as a table, like a DIMACS file: [n, m], then i, j of every edge, 1 ≤ i < j ≤ n, in order.

    >>> edge_rows(np.array([[False, True], [True, False]]))
    [[2, 1], [1, 2]]
    """
    i, j = np.nonzero(np.triu(adjacency, 1))
    return [[len(adjacency), len(i)], *(np.stack([i, j], 1) + 1).tolist()]
