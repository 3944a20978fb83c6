"""Coordinates V of a matrix W, known exactly: W = L V S on some inputs, and zero on those that depend on them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.exact_products import gram, objects
from copos.arithmetic.rationals import nearest
from copos.reformulation.linear_network.conditioning import combination, conditioner, congruent, independent
from copos.reformulation.linear_network.exact_loss import doubles

Matrix = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Coordinates:
    """W = L V S on the inputs `kept`; the others are the rows C of combinations of them.

    Attributes
    ----------
    shape : (d_out, d_in) of W
    kept : inputs, in order
    combination : (others, kept) rational C with X_others = C X_kept wherever a sample counts
    S, S_inverse : rational (kept, kept) and an approximation of its inverse; None for the identity
    L : rational (d_out, d_out) with L'L = I; None for the identity
    """

    shape: tuple[int, int]
    kept: tuple[int, ...]
    combination: Matrix
    S: Matrix | None = None
    S_inverse: Matrix | None = None
    L: Matrix | None = None

    @classmethod
    def plain(cls, shape: tuple[int, int]) -> Coordinates:
        """W itself."""
        return cls(shape, tuple(range(shape[1])), np.zeros((0, shape[1]), dtype=object))

    @classmethod
    def spanning(cls, shape: tuple[int, int], G: Matrix) -> Coordinates:
        """W on independent inputs, G being the Gram matrix of all."""
        kept = independent(G)
        C = combination(G, kept)
        if C is None or not kept:
            return cls.plain(shape)
        return cls(shape, tuple(kept), C)

    def conditioned(self, G: Matrix) -> Coordinates:
        """Coordinates in which the Gram matrix G of the inputs that are kept is nearly the identity."""
        S = conditioner(G)
        back = gram(G, S)  # S G S' = I + E, so S⁻¹ = GS'(I + E)⁻¹
        E = np.array([[nearest(v) for v in row] for row in (congruent(S, G) - np.eye(len(S), dtype=int)).tolist()])
        return replace(self, S=S, S_inverse=gram(back, (np.eye(len(E)) - E + E @ E).T))

    def rotated(self, L: Matrix) -> Coordinates:
        """The outputs rotated."""
        return replace(self, L=L)

    @cached_property
    def others(self) -> list[int]:
        """The inputs that are not kept."""
        return [j for j in range(self.shape[1]) if j not in set(self.kept)]

    def forward(self, W: Any) -> Matrix:
        """V, in doubles, from a matrix of doubles."""
        V = objects(W)
        inside = V[:, list(self.kept)]
        if self.others:
            inside = inside + gram(V[:, self.others], self.combination.T)
        if self.S_inverse is not None:
            inside = gram(inside, self.S_inverse.T)
        if self.L is not None:
            inside = gram(self.L.T, inside.T)
        return doubles(inside)

    def right(self, V: Any) -> Matrix:
        """V S on all inputs, every entry rounded by itself."""
        inside = objects(V) if self.S is None else gram(objects(V), self.S.T)
        out = np.zeros((len(inside), self.shape[1]))
        out[:, list(self.kept)] = doubles(inside)
        return out

    def left(self, V: Any) -> Matrix:
        """L V in doubles."""
        return np.asarray(V, dtype=float) if self.L is None else doubles(gram(self.L, objects(V).T))

    def backward(self, V: Any) -> Matrix:
        """W, in doubles."""
        V = objects(V) if self.L is None else gram(self.L, objects(V).T)
        return self.right(V)
