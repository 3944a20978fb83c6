"""Spectrahedral cones K = {x : B_1(x) ⪰ 0, …, B_p(x) ⪰ 0} with linear B_k, and how to put them together.

Coordinates are plain: a symmetric matrix is given by the entries of its upper triangle, column by column, without a
√2, so that integer data stay integer. A cone may be sliced by equations L x = 0; it then keeps the *ambient*
coordinates in which it was described, and x = basis · u expresses them by the remaining ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic import svec
from copos.arithmetic.elimination import are_short, eliminate_exactly
from copos.arithmetic.entries import (
    Entries,
    Exact,
    composed,
    have_exact_products,
    joined,
    linear_forms,
    runs,
    substituted_entries,
)
from copos.arithmetic.rationals import Rational, RationalRows, nearest, rational, summed
from copos.forms import Forms, substituted
from copos.support import options
from copos.support.local_functions import state
from copos.support.looks import cut

Vector = NDArray[Any]
LARGEST = 100_000  # n of a cone that is asked for
Sampler = Callable[[np.random.Generator], Vector]


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
    generators : quadratic forms in u that are nonnegative on K: implied by the blocks, or further constraints of K
    unit : (dim,) linear form e with e(u) > 0 inside K; the multiplier of the hierarchies
    basis : (ambient, dim) sparse matrix, x = basis u
    free : (dim,) the ambient coordinates that u consists of
    parts : the factors in order, if the cone is a plain product; empty for slices and cuts
    exact : the numbers above as rationals where they are not doubles; the arrays are then the nearest doubles
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
    exact: Exact | None = None

    def __getstate__(self) -> dict[str, Any]:
        return state(self)

    def __repr__(self) -> str:
        return f"Cone({cut(self.name, 120)}, dim={self.dim}, blocks={len(self.sizes)})"

    @property
    def dim(self) -> int:
        """Number of free coordinates u."""
        return self.basis.shape[1]

    @property
    def ambient(self) -> int:
        """Number of coordinates x in which the cone was described."""
        return self.basis.shape[0]

    def rationals(self) -> Exact:
        """Entries, unit and basis exactly."""
        if self.exact is not None:
            return self.exact
        coefficients, unit = (tuple(rational(v) for v in a.tolist()) for a in (self.entries.coefficient, self.unit))
        return Exact(coefficients, unit, RationalRows.of(self.basis))

    def matrices(self, x: ArrayLike) -> list[NDArray[np.float64]]:
        """Values B_k at an ambient point x."""
        u = np.asarray(x, dtype=float)[self.free]
        out = [np.zeros((n, n)) for n in self.sizes]
        e = self.entries
        for k, (start, stop) in enumerate(runs(e.block, len(self.sizes))):
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
        return bool(self.violation(x) <= options.tolerance(tolerance))

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
            exact=None if self.exact is None and other.exact is None else joined(self.rationals(), other.rationals()),
        )

    def slice(self, L: ArrayLike | sp.sparray | RationalRows, sampler: Sampler | None = None) -> Cone:
        """{x ∈ K : L x = 0}, solved exactly; each equation for the last coordinate that it allows.

        Parameters
        ----------
        L : (k, ambient) matrix, dense or sparse, of floats (which mean their dyadic values), or of Fractions, Decimals
            and integers
        sampler : draws a random ambient point of the slice (the product's own sampler does not satisfy L)

        Raises
        ------
        ValueError
            If L does not have one column per coordinate, or an entry is not a finite number.

        Examples
        --------
        >>> K = NonNegative(3).slice([[1.0, 1.0, -1.0]])     # x_3 = x_1 + x_2
        >>> K.dim, K.ambient
        (2, 3)
        >>> NonNegative(3).slice([[-8, 3, 3]]).rationals().basis.rows[2][0]   # 3x_1 + 3x_2 = 8x_0
        Fraction(8, 3)
        """
        rows = linear_forms(L, self.ambient)
        short = self.exact is None and not isinstance(rows, RationalRows) and have_exact_products(rows, self.basis)
        if short:
            solved = eliminate_exactly(sp.csr_array(rows @ self.basis), -np.arange(self.dim))
        else:
            rows = rows if isinstance(rows, RationalRows) else RationalRows.of(rows)
            there = composed(rows, self.rationals().basis)
            solved = eliminate_exactly(there, -np.arange(self.dim))
        kept = {"name": f"slice of {self.name}", "free": self.free[solved.free], "sampler": sampler, "parts": ()}
        T = solved.basis
        numbers = (self.entries.coefficient, self.unit, self.basis.data, self.generators.rows.data, T.data)
        terms = int(np.diff(T.indptr).max(initial=1)) ** 2
        if short and solved.exact is None and are_short(np.concatenate(numbers), 3, terms):
            entries, unit = substituted_entries(self.entries, T), T.T @ self.unit
            generators, basis = self.generators.substitute(T), sp.csr_array(self.basis @ T)
            return replace(self, entries=entries, generators=generators, unit=unit, basis=basis, **kept)
        return self._sliced_rationally(RationalRows.of(T) if solved.exact is None else solved.exact, kept)

    def _sliced_rationally(self, T: RationalRows, kept: dict[str, Any]) -> Cone:
        """The cone at u = T v, every number a rational first."""
        old, e = self.rationals(), self.entries
        table: dict[tuple[int, int, int, int], Rational] = {}
        for *key, v, c in zip(*(a.tolist() for a in e[:4]), old.coefficients, strict=True):
            for w, t in T.rows[v].items():
                at = (*key, w)
                table[at] = table.get(at, 0) + c * t  # type: ignore[index]
        terms = sorted((at, rational(c)) for at, c in table.items() if c)
        places = np.array([at for at, _ in terms], dtype=np.int64).reshape(-1, 4)
        unit = summed((w, c * t) for c, row in zip(old.unit, T.rows, strict=True) for w, t in row.items())
        exact = Exact(
            tuple(c for _, c in terms), tuple(unit.get(v, 0) for v in range(T.columns)), composed(old.basis, T)
        )
        generators = Forms.of_rationals(T.columns, substituted(self.generators.rationals(), T))
        return _of_exact(replace(self, generators=generators, **kept), places.T, exact)

    def restrict(self, a: ArrayLike) -> Cone:
        """{x ∈ K : a'x ≥ 0}, one more 1×1 block; `a` is in ambient coordinates, floats or rational numbers."""
        row = self._linear(a)
        new, e = len(self.sizes), self.entries
        column, exact = np.array(sorted(row), dtype=np.int64), [row[v] for v in sorted(row)]
        zero, data = 0 * column, np.array([nearest(c) for c in exact], dtype=float)
        entries = Entries(
            np.r_[e.block, zero + new], np.r_[e.row, zero], np.r_[e.col, zero],
            np.r_[e.variable, column], np.r_[e.coefficient, data],
        )  # fmt: skip
        rationals = self.exact
        if rationals is not None or any(nearest(c) != c for c in exact):
            whole = self.rationals()
            rationals = whole._replace(coefficients=(*whole.coefficients, *exact))
        return replace(self, name=f"{self.name} cut", sizes=(*self.sizes, 1), entries=entries, sampler=None, parts=(),
                       exact=rationals)  # fmt: skip

    def where_nonnegative(self, forms: Forms) -> Cone:
        """{x ∈ K : g(x) ≥ 0 for every quadratic form g}, in ambient coordinates; it need not be convex.

        A level uses every g as it uses a product of two blocks of order 1.

        >>> ring = NonNegative(2).where_nonnegative(Forms.of([[-1.0, 0.0], [0.0, 1.0]]))    # x_2² ≥ x_1²
        >>> ring.contains([1.0, 2.0]), ring.contains([2.0, 1.0])
        (True, False)
        """
        if forms.dim != self.ambient:
            raise ValueError(f"forms on R^{forms.dim} do not fit a cone with {self.ambient} coordinates")
        basis = RationalRows.of(self.basis) if self.exact is None else self.exact.basis
        there = Forms.of_rationals(self.dim, substituted(forms.rationals(), basis))
        return replace(self, generators=Forms.stack([self.generators, there]), sampler=None, parts=())

    def with_sampler(self, sampler: Sampler) -> Cone:
        """The same cone with another source of random points."""
        return replace(self, sampler=sampler)

    def with_unit(self, e: ArrayLike) -> Cone:
        """The same cone with another multiplier form e, given in ambient coordinates, floats or rational numbers."""
        row = self._linear(e)
        exact = tuple(row.get(v, 0) for v in range(self.dim))
        unit, rationals = np.array([nearest(c) for c in exact]), self.exact
        if rationals is not None or any(nearest(c) != c for c in exact):
            rationals = self.rationals()._replace(unit=exact)
        return replace(self, unit=unit, exact=rationals)

    def _linear(self, a: ArrayLike) -> Mapping[int, Rational]:
        """A linear form in ambient coordinates, in u."""
        rows = linear_forms(a, self.ambient)
        rows = rows if isinstance(rows, RationalRows) else RationalRows.of(rows)
        if len(rows) != 1:
            raise ValueError(f"expected one linear form with {self.ambient} coefficients, got {len(rows)}")
        row = rows.rows[0]
        used = sorted(row)
        basis = RationalRows.of(self.basis[used]) if self.exact is None else self.exact.basis.take(used)
        return summed((v, row[i] * c) for i, terms in zip(used, basis.rows, strict=True) for v, c in terms.items())


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
    if not isinstance(n, (int, np.integer)) or isinstance(n, bool) or not 1 <= n <= LARGEST:
        raise ValueError(f"{what}(n) needs an integer n from 1 to {LARGEST:,}, got {str(n)[:40]!r}")


def _of_exact(cone: Cone, places: NDArray[np.int64], exact: Exact) -> Cone:
    """The cone with these entries (block, row, col, variable) and numbers; rationals are kept if not doubles."""
    try:
        data = np.array([nearest(c) for c in exact.coefficients], dtype=float)
        unit, basis = np.array([nearest(c) for c in exact.unit], dtype=float), exact.basis.floats()
    except OverflowError:
        raise ValueError("the equations of a slice have a solution with coefficients beyond the doubles") from None
    block, row, col, variable = places
    entries = Entries(block, row, col, variable, data)
    return replace(cone, entries=entries, unit=unit, basis=basis, exact=None if exact.doubles else exact)
