"""The identity behind every level, as one sparse map.

A level ℓ of a family on K = {x : B_1(x) ⪰ 0, …, B_p(x) ⪰ 0} consists of the polynomial matrices

    B_s(x) = B_{k1}(x) ⊗ … ⊗ B_{k|s|}(x) ⊗ m_t(x) m_t(x)',     |s| + 2t = ℓ + 2,

for the multisets s that the family names (a quadratic generator of K counts as two factors). `Lift.map` writes the
upper triangles of all of them as linear functions of the monomials of degree ℓ + 2. Applied to moments it is the
completely positive side; its adjoint, applied to Gram matrices, is the copositive side.

A repeated matrix factor is split by `symmetrizer.basis` (switchable), which changes no bound.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import monomials, ragged, svec
from copos.cones import Cone
from copos.forms import Forms
from copos.hierarchy import symmetrizer
from copos.support.looks import one_line

Index = NDArray[Any]
Vector = NDArray[Any]


class Factor(NamedTuple):
    """One tensor factor: `power` copies of block (or quadratic generator) `base`, cut to `shape`."""

    base: int  # blocks of the cone come first, then its generators
    power: int
    shape: tuple[int, ...]  # () means all of the tensor power


class Table(NamedTuple):
    """Entries of a matrix of forms: at (row, col), coefficient times a monomial; both triangles."""

    row: Index
    col: Index
    monomial: Index
    coefficient: Vector


@dataclass(frozen=True, eq=False)
class Pool:
    """All factors of one degree, their tables laid end to end."""

    factors: tuple[Factor, ...]
    base: Index
    size: Index
    start: Index
    length: Index
    table: Table


class Group(NamedTuple):
    """Blocks B_s that share |s| and the degrees of their factors: factor indices into the pools, one row a block."""

    pools: tuple[int, ...]
    members: Index
    t: int


@one_line
@dataclass(frozen=True, eq=False)
class Lift:
    """One level of one family on one cone.

    Attributes
    ----------
    degree : ℓ + 2
    sizes : (blocks,) orders of the blocks
    map : upper triangles (`copos.arithmetic.svec` order, no √2), block after block, as rows; monomials as columns
    monomials : (columns,) ranks of the monomials that occur
    """

    cone: Cone
    degree: int
    sizes: Index
    map: sp.csr_array
    monomials: Index
    pools: dict[int, Pool]
    groups: tuple[Group, ...]

    def describe(self, block: int) -> tuple[tuple[Factor, ...], int]:
        """(factors, t) of a block: it is the tensor product of the factors, in order, and m_t m_t'."""
        for group in self.groups:
            if block < len(group.members):
                pairs = zip(group.pools, group.members[block], strict=True)
                return tuple(self.pools[degree].factors[k] for degree, k in pairs), group.t
            block -= len(group.members)
        raise IndexError("no such block")


def lift(cone: Cone, degree: int, products: tuple[int, ...], exchange: bool = True) -> Lift:
    """All blocks B_s with |s| in `products` and the given degree ℓ + 2.

    A multiset that contains a scalar factor twice is left out when |s| − 2 is in `products` too, because
    b(x)² B ⊗ m m' is a compression of B ⊗ (the next longer m)(…)'.

    Examples
    --------
    >>> from copos import NonNegative
    >>> level0 = lift(NonNegative(3), 2, (0, 2))       # one matrix m_1 m_1' and three products x_i x_j
    >>> level0.sizes.tolist(), level0.map.shape
    ([3, 1, 1, 1], (9, 6))
    """
    pools = {d: _pool(cone, d, products, exchange) for d in range(1, max(products, default=0) + 1)}
    scalar = np.r_[np.array(cone.sizes, dtype=np.int64) == 1, np.zeros(len(cone.generators), dtype=bool)]
    groups = tuple(_groups(pools, degree, products, scalar))
    sizes, rows, ranks, values = [np.zeros(0, dtype=np.int64)], [], [], []
    offset = 0
    for group in groups:
        orders, block, table = _expand(cone, pools, group)
        first = offset + np.r_[0, np.cumsum(svec.length(orders))]
        upper = table.row <= table.col
        rows.append(first[block[upper]] + svec.position(table.row[upper], table.col[upper]))
        ranks.append(monomials.rank(table.monomial[upper]))
        values.append(table.coefficient[upper])
        sizes.append(orders)
        offset = int(first[-1])
    if not groups:
        raise ValueError(f"no product of degree {degree} with |s| in {products}")
    present, column = ragged.distinct(np.concatenate(ranks), monomials.count(cone.dim, degree))
    entries = (np.concatenate(values), (np.concatenate(rows), column))
    matrix = sp.coo_array(entries, shape=(offset, len(present))).tocsr()
    matrix.eliminate_zeros()
    return Lift(cone, degree, np.concatenate(sizes), sp.csr_array(matrix), present, pools, groups)


def size_estimate(cone: Cone, degree: int, products: tuple[int, ...]) -> tuple[int, int]:
    """(monomials, block entries) of a level, from above and without building it."""
    entries_of = np.bincount(cone.entries.block, minlength=len(cone.sizes)).astype(object)
    terms = [1] + [0] * degree  # terms[k]: entries of all products of k factors
    for nnz in entries_of:
        terms = [sum(int(nnz) ** j * terms[k - j] for j in range(k + 1)) for k in range(degree + 1)]
    for nnz in np.diff(cone.generators.rows.indptr):
        terms = [sum(int(nnz) ** j * terms[k - 2 * j] for j in range(k // 2 + 1)) for k in range(degree + 1)]
    blocks = 0
    for k in products:
        if (degree - k) % 2 == 0 and k <= degree:
            blocks += terms[k] * monomials.count(cone.dim, (degree - k) // 2) ** 2
    return monomials.count(cone.dim, degree), blocks


def multiply(forms: Forms, factors: Index, coefficients: Vector | None = None) -> tuple[Index, Index, Vector]:
    """Terms (row, rank, value) of q(x)·form: for every form and every monomial q of `factors`, one row each.

    With `coefficients` the monomials are summed to one polynomial, and there is one row per form.
    """
    terms = sp.coo_array(forms.rows)
    pairs = monomials.unrank(terms.col.astype(np.int64), 2)
    term, factor = (a.ravel() for a in np.indices((len(pairs), len(factors))))
    rank = monomials.rank(monomials.product(pairs[term], factors[factor]))
    if coefficients is None:
        return terms.row[term].astype(np.int64) * len(factors) + factor, rank, terms.data[term]
    return terms.row[term].astype(np.int64), rank, terms.data[term] * coefficients[factor]


def power(linear: Vector, exponent: int) -> tuple[Index, Vector]:
    """(linear form)^exponent as sorted monomials and coefficients."""
    support = np.flatnonzero(linear)
    out: Index = np.zeros((1, 0), dtype=np.int64)
    value: Vector = np.ones(1)
    for _ in range(exponent):
        old, new = (a.ravel() for a in np.indices((len(out), len(support))))
        rank = monomials.rank(monomials.product(out[old], support[new, None]))
        present, inverse = np.unique(rank, return_inverse=True)
        value = np.bincount(inverse, weights=value[old] * linear[support[new]], minlength=len(present))
        out = monomials.unrank(present, out.shape[1] + 1)
    return out, value


def _pool(cone: Cone, degree: int, products: tuple[int, ...], exchange: bool) -> Pool:
    """Factors of one degree: tensor powers of blocks, powers of scalar blocks and of generators where needed."""
    scalars_repeat = not all(k - 2 in products for k in products if k >= 2)
    generators_repeat = not all(k - 4 in products for k in products if k >= 4)
    factors, orders, tables, lengths = list[Factor](), list[int](), list[Table](), list[int]()

    def add(factor: Factor, order: int, table: Table) -> None:
        factors.append(factor)
        orders.append(order)
        tables.append(table)
        lengths.append(len(table.row))

    e = cone.entries
    edges = np.searchsorted(e.block, np.arange(len(cone.sizes) + 1))
    for k, n in enumerate(cone.sizes):
        if n == 1 and degree > 1 and not scalars_repeat:
            continue
        at = slice(edges[k], edges[k + 1])
        once = Table(e.row[at], e.col[at], e.variable[at, None], e.coefficient[at])
        whole, order = once, n
        for _ in range(degree - 1):
            whole, order = _kron(whole, once, n), order * n
        if n == 1 or degree == 1 or not exchange:
            add(Factor(k, degree, ()), order, whole)
            continue
        for shape in symmetrizer.partitions(degree):
            U = symmetrizer.basis(n, shape)
            if U.shape[1]:
                add(Factor(k, degree, shape), U.shape[1], _compress(whole, U))
    if degree % 2 == 0 and len(cone.generators) and (degree == 2 or generators_repeat):
        rows, first = cone.generators.rows, len(cone.sizes)
        pairs, edges = monomials.unrank(rows.indices.astype(np.int64), 2), rows.indptr
        zero = np.zeros(len(pairs), dtype=np.int64)
        if degree == 2:  # all at once: there may be tens of thousands
            factors += [Factor(first + g, 1, ()) for g in range(len(cone.generators))]
            orders += [1] * len(cone.generators)
            tables.append(Table(zero, zero, pairs, rows.data))
            lengths += np.diff(edges).tolist()
        else:
            for g in range(len(cone.generators)):
                at = slice(edges[g], edges[g + 1])
                whole = once = Table(zero[at], zero[at], pairs[at], rows.data[at])
                for _ in range(degree // 2 - 1):
                    whole = _kron(whole, once, 1)
                add(Factor(first + g, degree // 2, ()), 1, whole)
    length, none = np.array(lengths, dtype=np.int64), np.zeros(0, dtype=np.int64)
    tables.append(Table(none, none, none.reshape(0, degree), np.zeros(0)))
    joined = Table(*(np.concatenate(part) for part in zip(*tables, strict=True)))
    bases = np.array([f.base for f in factors], dtype=np.int64)
    return Pool(tuple(factors), bases, np.array(orders, dtype=np.int64), np.cumsum(length) - length, length, joined)


def _kron(a: Table, b: Table, n_b: int) -> Table:
    """Entries of A ⊗ B."""
    i, j = (x.ravel() for x in np.indices((len(a.row), len(b.row))))
    return Table(
        a.row[i] * n_b + b.row[j],
        a.col[i] * n_b + b.col[j],
        monomials.product(a.monomial[i], b.monomial[j]),
        a.coefficient[i] * b.coefficient[j],
    )


def _compress(table: Table, U: sp.csr_array) -> Table:
    """Entries of U'BU, equal ones added."""
    length = np.diff(U.indptr)
    i, at_row = ragged.expand(U.indptr[table.row], length[table.row])
    j, at_col = ragged.expand(U.indptr[table.col[i]], length[table.col[i]])
    at_row, i = at_row[j], i[j]
    value = table.coefficient[i] * U.data[at_row] * U.data[at_col]
    size, rank = U.shape[1], monomials.rank(table.monomial[i])
    # entries as rows and monomials as columns: SciPy adds equal ones in linear time, sorting them takes far longer
    cell = U.indices[at_row].astype(np.int64) * size + U.indices[at_col]
    shape = (size * size, int(rank.max(initial=0)) + 1)
    total = sp.coo_array((value, (cell, rank)), shape=shape).tocsr()
    total.eliminate_zeros()
    row, col = np.divmod(np.repeat(np.arange(size * size), np.diff(total.indptr)), size)
    return Table(row, col, monomials.unrank(total.indices.astype(np.int64), table.monomial.shape[1]), total.data)


def _groups(
    pools: dict[int, Pool], degree: int, products: tuple[int, ...], scalar: NDArray[np.bool_]
) -> Iterator[Group]:
    """Every set of factors with distinct bases whose degrees sum to an |s| of the family.

    `scalar` says which bases are blocks of order one.
    """
    for k in products:
        if k > degree or (degree - k) % 2:
            continue
        for signature in symmetrizer.partitions(k):
            members = np.zeros((1, 0), dtype=np.int64)
            for d in sorted(set(signature), reverse=True):
                chosen = _subsets(len(pools[d].factors), signature.count(d))
                i, j = (a.ravel() for a in np.indices((len(members), len(chosen))))
                members = np.concatenate([members[i], chosen[j]], axis=1)
            if signature:
                bases = np.sort(np.stack([pools[d].base[members[:, c]] for c, d in enumerate(signature)], 1), axis=1)
                distinct = (np.diff(bases, axis=1) > 0).all(axis=1)
                if k - 2 in products:  # a scalar block taken twice adds nothing then
                    for c, d in enumerate(signature):
                        distinct &= (d == 1) | ~scalar[pools[d].base[members[:, c]]]
                members = members[distinct]
            if len(members):
                yield Group(signature, members, (degree - k) // 2)


def _subsets(n: int, k: int) -> Index:
    """All k-subsets of range(n) as sorted rows."""
    multisets = monomials.every(n - k + 1, k) if n >= k else np.zeros((0, k), dtype=np.int64)
    return multisets + np.arange(k)


def _expand(cone: Cone, pools: dict[int, Pool], group: Group) -> tuple[Index, Index, Table]:
    """(orders, block of each entry, entries) of a group; all of its blocks at once."""
    m = len(group.members)
    block = np.arange(m)
    order = np.ones(m, dtype=np.int64)
    zero = np.zeros(m, dtype=np.int64)
    table = Table(zero, zero, np.zeros((m, 0), dtype=np.int64), np.ones(m))
    for column, degree in enumerate(group.pools):
        pool, member = pools[degree], group.members[:, column]
        block, table = _extend(block, table, pool.table, pool.start[member], pool.length[member], pool.size[member])
        order = order * pool.size[member]
    if group.t:
        vector = monomials.every(cone.dim, group.t)
        a, b = (x.ravel() for x in np.indices((len(vector), len(vector))))
        outer = Table(a, b, monomials.product(vector[a], vector[b]), np.ones(len(a)))
        same = np.ones(m, dtype=np.int64)
        block, table = _extend(block, table, outer, 0 * same, len(a) * same, len(vector) * same)
        order = order * len(vector)
    return order, block, table


def _extend(block: Index, table: Table, factor: Table, start: Index, length: Index, size: Index) -> tuple[Index, Table]:
    """Tensor every block with its own factor, a run of the factor table."""
    entry, at = ragged.expand(start[block], length[block])
    owner = block[entry]
    return owner, Table(
        table.row[entry] * size[owner] + factor.row[at],
        table.col[entry] * size[owner] + factor.col[at],
        monomials.product(table.monomial[entry], factor.monomial[at]),
        table.coefficient[entry] * factor.coefficient[at],
    )
