"""Activations of degree up to four on the sphere: σ(x'u) as forms in u, and squares of quadratics as such forms.

With ‖u‖² in the place of 1 a polynomial of degree four is a form of degree four and one of degree three (parity). Their
coefficients are numbered by `monomials.rank`, those of degree four first. z(u) are the monomials of degree two, then u.
"""

from __future__ import annotations

from functools import cached_property
from math import factorial
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import monomials, svec

Array = NDArray[np.float64]


class Sphere:
    """Forms of degrees four and three in d variables, as vectors of `size` coefficients."""

    def __init__(self, d: int) -> None:
        self.d = d
        self.quartic, self.cubic = monomials.count(d, 4), monomials.count(d, 3)
        self.size = self.quartic + self.cubic
        self.pairs = monomials.every(d, 2)
        self.order = len(self.pairs) + d  # of z

    def place(self, keys: NDArray[Any]) -> NDArray[Any]:
        """Where the coefficients of monomials of degree three or four stand."""
        return monomials.rank(np.sort(keys, axis=1)) + (0 if keys.shape[1] == 4 else self.quartic)

    @cached_property
    def one(self) -> Array:
        """‖u‖⁴."""
        out, (i, j) = np.zeros(self.size), np.indices((self.d, self.d)).reshape(2, -1)
        np.add.at(out, self.place(np.stack([i, i, j, j], axis=1)), 1.0)
        return out

    @cached_property
    def squares(self) -> sp.csr_array:
        """(size, triangle) map of G, its entries as they are with both of i ≠ j, to the form of z'Gz."""
        i, j = svec.triangle(self.order)
        q, d = len(self.pairs), self.d
        low, high = np.minimum(i, j), np.maximum(i, j)
        quartic, mixed, short = (np.flatnonzero(at) for at in (high < q, (low < q) & (high >= q), low >= q))
        keys = np.concatenate([self.pairs[low[quartic]], self.pairs[high[quartic]]], axis=1)
        rows, columns = [self.place(keys)], [quartic]
        keys = np.concatenate([self.pairs[low[mixed]], high[mixed, None] - q], axis=1)
        rows, columns = [*rows, self.place(keys)], [*columns, mixed]
        each, v = np.repeat(short, d), np.tile(np.arange(d), len(short))  # u_iu_j‖u‖²
        keys = np.stack([low[each] - q, high[each] - q, v, v], axis=1)
        rows, columns = [*rows, self.place(keys)], [*columns, each]
        row, column = np.concatenate(rows), np.concatenate(columns)
        weight = np.where(i[column] == j[column], 1.0, 2.0)
        return sp.csr_array(sp.coo_array((weight, (row, column)), shape=(self.size, len(i))))

    def features(self, X: Array, sigma: Array) -> Array:
        """(n, size): σ(x_i'u) = Σ_j c_j(x_i'u)^j as forms, c_0 first."""
        out = np.zeros((len(X), self.size))
        for degree, c in enumerate(sigma):
            if not c:
                continue
            keys = monomials.every(self.d, degree)
            counts = (keys[:, :, None] == np.arange(self.d)).sum(1)
            many = np.array([factorial(degree) / np.prod([factorial(v) for v in row]) for row in counts.tolist()])
            values = c * many * np.prod(X[:, keys], axis=2)
            # up to the degree three or four by ‖u‖²
            for _ in range((4 - degree) // 2):
                v = np.tile(np.arange(self.d), len(keys))
                keys = np.concatenate([np.repeat(keys, self.d, axis=0), np.stack([v, v], axis=1)], axis=1)
                values = np.repeat(values, self.d, axis=1)
            np.add.at(out.T, self.place(keys), values.T)
        return out

    def values(self, coefficients: Array, U: Array) -> tuple[Array, Array]:
        """The polynomial and its gradient at the rows of U."""
        keys = [monomials.every(self.d, 4), monomials.every(self.d, 3)]
        parts = np.split(coefficients, [self.quartic])
        value, slope = np.zeros(len(U)), np.zeros(U.shape)
        for key, c in zip(keys, parts, strict=True):
            factors = U[:, key]
            value += factors.prod(2) @ c
            for place in range(key.shape[1]):
                rest = np.delete(factors, place, axis=2).prod(2) * c
                np.add.at(slope.T, key[:, place], rest.T)
        return value, slope


class Peaks(NamedTuple):
    """Local maxima of |p| on the sphere, the largest first: points and values of p."""

    u: Array
    p: Array


def peaks(
    sphere: Sphere, coefficients: Array, rng: np.random.Generator, starts: int = 60, first: Array | None = None
) -> Peaks:
    """Local maxima of |p| on the sphere by ascent with steps that are halved until they climb."""
    U = rng.standard_normal((starts, sphere.d))
    U = np.vstack([U, -U, *([] if first is None else [first])])
    U /= np.linalg.norm(U, axis=1)[:, None]
    value, slope = sphere.values(coefficients, U)
    sign = np.where(value >= 0, 1.0, -1.0)
    step = np.full(len(U), 1.0 / max(float(np.abs(coefficients).max()), 1e-300))
    for _ in range(400):
        tangent = sign[:, None] * slope
        tangent -= (tangent * U).sum(1)[:, None] * U
        new = U + step[:, None] * tangent
        new /= np.linalg.norm(new, axis=1)[:, None]
        ahead, turned = sphere.values(coefficients, new)
        better = sign * ahead > sign * value
        U, slope = (np.where(better[:, None], a, b) for a, b in ((new, U), (turned, slope)))
        value = np.where(better, ahead, value)
        step = np.where(better, 1.5 * step, step / 3)
        if not better.any() and step.max() * np.abs(coefficients).max() < 1e-12:
            break
    order = np.argsort(-np.abs(value))
    kept: list[int] = []
    for k in order:
        if all(np.linalg.norm(U[k] - U[j]) > 1e-4 for j in kept):
            kept.append(int(k))
    return Peaks(U[kept], value[kept])
