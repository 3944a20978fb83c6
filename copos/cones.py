"""Spectrahedral cones K = {x : B_1(x) ⪰ 0, …, B_p(x) ⪰ 0} with linear B_k, and how to put them together.

Coordinates are plain: a symmetric matrix is given by the entries of its upper triangle, column by column, without a
√2, so that integer data stay integer. A cone may be sliced by equations L x = 0; it then keeps the *ambient*
coordinates in which it was described, and x = basis · u expresses them by the remaining ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from copos import ragged, svec
from copos.elimination import eliminate
from copos.forms import Forms

Vector = NDArray[Any]
Sampler = Callable[[np.random.Generator], Vector]


class Entries(NamedTuple):
    """B_k(x)[row, col] = Σ coefficient · x_variable, all blocks in one table sorted by block, both triangles."""

    block: NDArray[np.int64]
    row: NDArray[np.int64]
    col: NDArray[np.int64]
    variable: NDArray[np.int64]
    coefficient: Vector


class Part(NamedTuple):
    """One factor of a product cone: nonnegative, second-order, semidefinite (matrices of that order) or free."""

    kind: str
    order: int

    @property
    def dim(self) -> int:
        """Number of coordinates."""
        return svec.length(self.order) if self.kind == "semidefinite" else self.order


@dataclass(frozen=True, eq=False)
class Cone:
    """{x = basis·u : B_k(u) ⪰ 0 for every block k, g(u) ≥ 0 for every quadratic generator g}.

    Build one with `NonNegative`, `SecondOrder`, `PositiveSemidefinite`, `K1 * K2`, `K.slice(L)`, `K.restrict(a)`.

    Attributes
    ----------
    sizes : orders of the blocks
    entries : the blocks' linear entries in the coordinates u
    generators : quadratic forms in u that are nonnegative on K (implied by the blocks)
    unit : (dim,) linear form e with e(u) > 0 inside K; the multiplier of the hierarchies
    basis : (ambient, dim) sparse matrix, x = basis u
    free : (dim,) the ambient coordinates that u consists of
    parts : the factors in order, if the cone is a plain product; empty for slices and cuts
    """

    name: str
    sizes: tuple[int, ...]
    entries: Entries
    generators: Forms
    unit: Vector
    basis: sp.csr_array
    free: NDArray[np.int64]
    sampler: Sampler | None = None
    parts: tuple[Part, ...] = ()

    def __repr__(self) -> str:
        return f"Cone({self.name}, dim={self.dim}, blocks={len(self.sizes)})"

    @property
    def dim(self) -> int:
        """Number of free coordinates u."""
        return self.basis.shape[1]

    @property
    def ambient(self) -> int:
        """Number of coordinates x in which the cone was described."""
        return self.basis.shape[0]

    def matrices(self, x: ArrayLike) -> list[NDArray[np.float64]]:
        """Values B_k at an ambient point x."""
        u = np.asarray(x, dtype=float)[self.free]
        out = [np.zeros((n, n)) for n in self.sizes]
        e = self.entries
        for k, (start, stop) in enumerate(_runs(e.block, len(self.sizes))):
            at = slice(start, stop)
            np.add.at(out[k], (e.row[at], e.col[at]), e.coefficient[at] * u[e.variable[at]])
        return out

    def violation(self, x: ArrayLike) -> float:
        """How far x is outside: the largest of −λ_min(B_k(x)), −g(x) and the slice's residual; ≤ 0 inside."""
        x = np.asarray(x, dtype=float)
        if x.shape != (self.ambient,):
            raise ValueError(f"expected a point of R^{self.ambient}, got shape {x.shape}")
        worst = float(np.abs(x - self.basis @ x[self.free]).max(initial=0.0))
        worst = worst if worst > 0 else -np.inf
        for B in self.matrices(x):
            worst = max(worst, float(-np.linalg.eigvalsh(B)[0]))
        return max([worst, *(-self.generators.values(x[self.free]))])

    def contains(self, x: ArrayLike, tolerance: float = 1e-9) -> bool:
        """Is x in K up to an absolute tolerance?"""
        return bool(self.violation(x) <= tolerance)

    def sample(self, rng: np.random.Generator) -> Vector:
        """A random ambient point of K.

        Raises
        ------
        NotImplementedError
            For a slice that was given no sampler of its own.
        """
        if self.sampler is None:
            raise NotImplementedError(f"{self.name} has no sampler; pass one to slice(…, sampler=…)")
        return self.sampler(rng)

    def __mul__(self, other: Cone) -> Cone:
        """K1 × K2."""
        a, b = self.entries, other.entries
        entries = Entries(
            np.r_[a.block, b.block + len(self.sizes)], np.r_[a.row, b.row], np.r_[a.col, b.col],
            np.r_[a.variable, b.variable + self.dim], np.r_[a.coefficient, b.coefficient],
        )  # fmt: skip
        samplers = (self.sampler, other.sampler)
        both = self.dim + other.dim
        left = sp.eye_array(self.dim, both, format="csr")
        right = sp.eye_array(other.dim, both, k=self.dim, format="csr")
        return Cone(
            name=f"{self.name} × {other.name}",
            sizes=self.sizes + other.sizes,
            entries=entries,
            generators=Forms.stack([self.generators.substitute(left), other.generators.substitute(right)]),
            unit=np.r_[self.unit, other.unit],
            basis=sp.csr_array(sp.block_diag([self.basis, other.basis], format="csr")),
            free=np.r_[self.free, other.free + self.ambient],
            sampler=None if None in samplers else lambda rng: np.concatenate([s(rng) for s in samplers]),  # type: ignore[misc]
            parts=self.parts + other.parts if self.parts and other.parts else (),
        )

    def slice(self, L: ArrayLike | sp.sparray, sampler: Sampler | None = None) -> Cone:
        """{x ∈ K : L x = 0}; each equation is solved for the last coordinate that it allows.

        Parameters
        ----------
        L : (k, ambient) matrix, dense or sparse
        sampler : draws a random ambient point of the slice (the product's own sampler does not satisfy L)

        Examples
        --------
        >>> K = NonNegative(3).slice([[1.0, 1.0, -1.0]])     # x_3 = x_1 + x_2
        >>> K.dim, K.ambient
        (2, 3)
        """
        rows = sp.csr_array(L if sp.issparse(L) else np.atleast_2d(np.asarray(L, dtype=float)), dtype=float)
        if rows.shape[1] != self.ambient:
            raise ValueError(f"L has {rows.shape[1]} columns, the cone has {self.ambient} coordinates")
        solved = eliminate(sp.csr_array(rows @ self.basis), -np.arange(self.dim))
        T = solved.basis
        return replace(
            self,
            name=f"slice of {self.name}",
            entries=_substitute(self.entries, T),
            generators=self.generators.substitute(T),
            unit=T.T @ self.unit,
            basis=sp.csr_array(self.basis @ T),
            free=self.free[solved.free],
            sampler=sampler,
            parts=(),
        )

    def restrict(self, a: ArrayLike) -> Cone:
        """{x ∈ K : a'x ≥ 0}, one more 1×1 block; `a` is in ambient coordinates."""
        row = sp.csr_array(self.basis.T @ np.asarray(a, dtype=float).reshape(self.ambient))
        row = sp.coo_array(row.reshape(1, -1))
        new, e = len(self.sizes), self.entries
        zero = np.zeros(row.nnz, dtype=np.int64)
        entries = Entries(
            np.r_[e.block, zero + new], np.r_[e.row, zero], np.r_[e.col, zero],
            np.r_[e.variable, row.col], np.r_[e.coefficient, row.data],
        )  # fmt: skip
        return replace(self, name=f"{self.name} cut", sizes=(*self.sizes, 1), entries=entries, sampler=None, parts=())

    def with_sampler(self, sampler: Sampler) -> Cone:
        """The same cone with another source of random points."""
        return replace(self, sampler=sampler)

    def with_unit(self, e: ArrayLike) -> Cone:
        """The same cone with another multiplier form e, given in ambient coordinates."""
        return replace(self, unit=self.basis.T @ np.asarray(e, dtype=float).reshape(self.ambient))


def NonNegative(n: int) -> Cone:  # noqa: N802 - a constructor
    """R_+^n: n blocks of order 1, e(x) = Σ x_i.

    >>> NonNegative(3).contains([1.0, 0.0, 2.0])
    True
    """
    _check_order("NonNegative", n)
    k, zero = np.arange(n), np.zeros(n, dtype=np.int64)
    entries = Entries(k, zero, zero, k, np.ones(n))
    part = Part("nonnegative", n)
    return _plain(f"R+^{n}", part, (1,) * n, entries, np.ones(n), lambda rng: rng.exponential(size=n))


def SecondOrder(n: int, description: str = "arrow") -> Cone:  # noqa: N802
    """L^n = {(t, u) : |u| ≤ t} with e = t, by one of two descriptions that lead to different levels.

    "arrow" is the matrix [[t, u'], [u, t I]] ⪰ 0 together with the form t² − |u|² ≥ 0. For n = 2 it is congruent to
    diag(t + u, t − u), so the levels are those of the rotated orthant. "quadratic" is t ≥ 0 and t² − |u|² ≥ 0 alone:
    a factor x_i of another cone then meets t, not the matrix, and the levels are smaller and weaker
    [ZuluagaVeraPena2006].

    >>> SecondOrder(3).contains([5.0, 3.0, 4.0]), SecondOrder(3).contains([4.9, 3.0, 4.0])
    (True, False)
    >>> SecondOrder(3, "quadratic").sizes
    (1,)
    """
    _check_order("SecondOrder", n)
    if description not in ("arrow", "quadratic"):
        raise ValueError(f"description must be 'arrow' or 'quadratic', got {description!r}")
    i = np.arange(1, n)
    zero = np.zeros(n - 1, dtype=np.int64)
    order = n if description == "arrow" else 1
    if description == "arrow":
        row, col = np.r_[np.arange(n), zero, i], np.r_[np.arange(n), i, zero]
        variable = np.r_[np.zeros(n, dtype=np.int64), i, i]
    else:
        row = col = variable = np.zeros(1, dtype=np.int64)
    J = Forms.from_terms(0, np.arange(n), np.arange(n), np.r_[1.0, -np.ones(n - 1)], 1, n)

    def sampler(rng: np.random.Generator) -> Vector:
        u = rng.standard_normal(n - 1)
        return np.r_[np.linalg.norm(u) + rng.exponential(), u] * rng.exponential()

    entries = Entries(np.zeros(len(row), dtype=np.int64), row, col, variable, np.ones(len(row)))
    return _plain(f"L^{n}", Part("second-order", n), (order,), entries, np.eye(n)[0], sampler, J if n > 1 else None)


def Free(n: int) -> Cone:  # noqa: N802
    """R^n, no blocks, e = 0; only as a factor beside a cone whose unit form is not zero.

    >>> (NonNegative(1) * Free(2)).contains([1.0, -5.0, 3.0])
    True
    """
    _check_order("Free", n)
    nothing = np.zeros(0, dtype=np.int64)
    entries = Entries(nothing, nothing, nothing, nothing, np.zeros(0))
    return _plain(f"R^{n}", Part("free", n), (), entries, np.zeros(n), lambda rng: rng.standard_normal(n))


def PositiveSemidefinite(n: int) -> Cone:  # noqa: N802
    """S^n_+, x = the entries X_ij, i ≤ j, column by column (no √2); one block of order n, e = tr X.

    >>> PositiveSemidefinite(2).contains([1.0, 1.0, 1.0])
    True
    """
    _check_order("PositiveSemidefinite", n)
    row, col = (a.ravel() for a in np.indices((n, n)))
    unit = np.zeros(svec.length(n))
    unit[svec.position(np.arange(n), np.arange(n))] = 1.0

    def sampler(rng: np.random.Generator) -> Vector:
        F = rng.standard_normal((n, rng.integers(1, n + 1)))
        return (F @ F.T)[svec.triangle(n)]

    entries = Entries(np.zeros(n * n, dtype=np.int64), row, col, svec.position(row, col), np.ones(n * n))
    return _plain(f"S+^{n}", Part("semidefinite", n), (n,), entries, unit, sampler)


def _plain(
    name: str,
    part: Part,
    sizes: tuple[int, ...],
    entries: Entries,
    unit: Vector,
    sampler: Sampler,
    generators: Forms | None = None,
) -> Cone:
    dim = len(unit)
    return Cone(name, sizes, entries, generators or Forms.none(dim), unit,
                sp.eye_array(dim, format="csr"), np.arange(dim), sampler, (part,))  # fmt: skip


def _check_order(what: str, n: int) -> None:
    if not isinstance(n, (int, np.integer)) or n < 1:
        raise ValueError(f"{what}(n) needs a whole number n ≥ 1, got {n!r}")


def _runs(block: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """(start, stop) of every block in a table sorted by block."""
    edges = np.searchsorted(block, np.arange(count + 1))
    return np.stack([edges[:-1], edges[1:]], axis=1)


def _substitute(e: Entries, T: sp.csr_array) -> Entries:
    """The entries in u where the old coordinates are T u."""
    owner, at = ragged.expand(T.indptr[e.variable], np.diff(T.indptr)[e.variable])
    table = np.stack([e.block[owner], e.row[owner], e.col[owner], T.indices[at]], axis=1)
    unique, inverse = np.unique(table, axis=0, return_inverse=True)
    coefficient = np.bincount(inverse.ravel(), weights=e.coefficient[owner] * T.data[at], minlength=len(unique))
    keep = coefficient != 0
    block, row, col, variable = unique[keep].T
    return Entries(block, row, col, variable, coefficient[keep])
