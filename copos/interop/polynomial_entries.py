"""What a tensor of a network is as a function of one sample: entries of degree two, and sums of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Entries:
    """az_r² + bz_r + c entry by entry (arrays of one shape, the first axis of samples has one), z = Wx + h.

    What is added to a product Wx at once is its bias h, and not a part of the activation.
    """

    W: Array
    h: Array
    row: NDArray[np.int64]
    a: Array
    b: Array
    c: Array
    product: bool = False  # is it Wx, without a bias so far?

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the tensor."""
        return self.row.shape

    def taken(self, index: NDArray[np.int64], constant: float = 0.0) -> Entries:
        """The entries with these flat numbers, in this shape; −1 stands for a constant."""
        inside = index >= 0
        a, b, c = (np.where(inside, v.ravel()[index], k) for v, k in ((self.a, 0.0), (self.b, 0.0), (self.c, constant)))
        return replace(self, row=self.row.ravel()[index], a=a, b=b, c=c, product=False)

    def scaled(self, by: Array) -> Entries:
        """Times a constant."""
        a, b, c = (v * by for v in (self.a, self.b, self.c))
        return replace(self, row=np.broadcast_to(self.row, c.shape), a=a, b=b, c=c, product=False)

    def shifted(self, by: Array) -> Entries:
        """Plus a constant."""
        if self.product and np.broadcast_shapes(self.shape, by.shape) == self.shape:
            return replace(self, h=self.h + np.broadcast_to(by, self.shape).ravel(), product=False)
        c = self.c + by
        row, a, b = (np.broadcast_to(v, c.shape) for v in (self.row, self.a, self.b))
        return replace(self, row=row, a=a, b=b, c=c)

    def combined(self, other: Entries, operation: str) -> Entries:
        """Sum or product of two, of the same z entry by entry."""
        one, two = self._joint(other), other._joint(self)
        if self.W is other.W and self.h is not other.h and not two.a.any():
            two = replace(two, h=self.h, c=two.c + two.b * (other.h - self.h)[two.row])
        fixed = [(p.a == 0) & (p.b == 0) for p in (one, two)]
        same = one.row == two.row
        alike = self.W is two.W and self.h is two.h
        if not alike and not (fixed[0].all() or fixed[1].all()):
            raise ValueError(f"{operation} mixes entries of two layers")
        if not (same | fixed[0] | fixed[1]).all():
            raise ValueError(f"an entry of {operation} is of two different linear functions of the sample")
        row = np.where(fixed[0], two.row, one.row)
        base = replace(two if fixed[0].all() else one, product=False)
        if operation == "Add":
            return replace(base, row=row, a=one.a + two.a, b=one.b + two.b, c=one.c + two.c)
        if ((one.a != 0) & ~fixed[1]).any() or ((two.a != 0) & ~fixed[0]).any():
            raise ValueError("a product has degree more than two; expected a quadratic activation")
        a, b = one.a * two.c + one.b * two.b + one.c * two.a, one.b * two.c + one.c * two.b
        return replace(base, row=row, a=a, b=b, c=one.c * two.c)

    def _joint(self, other: Entries) -> Entries:
        shape = np.broadcast_shapes(self.shape, other.shape)
        row, a, b, c = (np.broadcast_to(v, shape) for v in (self.row, self.a, self.b, self.c))
        return replace(self, row=row, a=a, b=b, c=c, product=False)

    def linear(self, L: Array, shape: tuple[int, ...]) -> Entries | Mixed:
        """The entries L(p, e) times these, as new linear functions, or as a sum where there are squares."""
        if self.a.any():
            return Mixed(self, L, np.zeros(len(L)), shape)
        rows, b = self.row.ravel(), self.b.ravel()
        W, h = L @ (b[:, None] * self.W[rows]), L @ (b * self.h[rows] + self.c.ravel())
        row, none = np.arange(len(L)).reshape(shape), np.zeros(shape)
        return Entries(W, h, row, none, np.ones(shape), none, product=True)


@dataclass(frozen=True, eq=False)
class Mixed:
    """M times the entries `of` plus a constant, in this shape."""

    of: Entries
    M: Array
    constant: Array
    shape: tuple[int, ...]

    def taken(self, index: NDArray[np.int64], constant: float = 0.0) -> Mixed:
        """As of `Entries`."""
        flat, inside = index.ravel(), index.ravel() >= 0
        fixed = np.where(inside, self.constant[flat], constant)
        return Mixed(self.of, np.where(inside[:, None], self.M[flat], 0.0), fixed, index.shape)

    def scaled(self, by: Array) -> Mixed:
        """Times a constant."""
        shape = np.broadcast_shapes(self.shape, np.shape(by))
        wide = self.taken(np.broadcast_to(np.arange(prod(self.shape)).reshape(self.shape), shape))
        factor = np.broadcast_to(by, shape).ravel()
        return replace(wide, M=wide.M * factor[:, None], constant=wide.constant * factor)

    def shifted(self, by: Array) -> Mixed:
        """Plus a constant."""
        shape = np.broadcast_shapes(self.shape, np.shape(by))
        wide = self.taken(np.broadcast_to(np.arange(prod(self.shape)).reshape(self.shape), shape))
        return replace(wide, constant=wide.constant + np.broadcast_to(by, shape).ravel())

    def combined(self, other: Any, operation: str) -> Mixed:
        """Of sums of neurons nothing but their sum is one."""
        if operation != "Add" or not isinstance(other, Mixed) or self.of is not other.of or self.shape != other.shape:
            raise ValueError(f"{operation} of two layers after the second one; expected one hidden layer")
        return replace(self, M=self.M + other.M, constant=self.constant + other.constant)

    def linear(self, L: Array, shape: tuple[int, ...]) -> Mixed:
        """As of `Entries`."""
        return Mixed(self.of, L @ self.M, L @ self.constant, shape)
