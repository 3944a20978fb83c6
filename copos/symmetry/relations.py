"""What vanishing forms say about moments that are constant on orbits.

Every E_j times every monomial μ of degree ℓ has the moment 0; one E_j of each orbit is enough. An E_j that is the
square of a linear form λ makes λ itself vanish at every atom, so λ may be multiplied by any form of degree ℓ + 1: this
is what the blocks imply of λ² alone, without a boundary that no multiplier attains.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.arithmetic.groups import components, stabilizer
from copos.arithmetic.monomial_orbits import MonomialOrbits
from copos.symmetry.action import Action

Index = NDArray[Any]
Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Relations:
    """Rows over the orbits of monomials that vanish at every feasible y.

    Attributes
    ----------
    rows : (relations, orbits)
    form : number of the form E_j of each row, or len(E) + number of a linear one
    monomials : (relations, …) variables that multiply it; −1 for none
    linear : (number of a form, {v: coefficient}) of every linear form λ with E_j = c·λ²
    """

    rows: sp.csr_array
    form: Index
    monomials: Index
    linear: tuple[tuple[int, dict[int, Fraction]], ...]


def relations(action: Action, orbits: MonomialOrbits, level: int) -> Relations:
    """All relations of a level, each once."""
    E, n = action.program.vanishing, action.generators.shape[1]
    roots = _square_roots(action)
    linear = tuple((j, root) for j, root, _ in roots)
    implied = {j for j, _, _ in roots}
    dense = [root for _, _, root in roots]
    of = action.orbits(action.on_vanishing)
    heads = np.unique(of, return_index=True)[1] if len(E) else np.zeros(0, dtype=np.int64)
    parts = []
    for j in heads.tolist():
        if j in implied or _is_multiple(E.matrix(j) if dense else None, dense):
            continue
        parts.append(_times(*_terms(E.rows, j), _every(n, level), orbits, j, level + 1))
    if dense:
        lines = np.array(dense)
        acting = np.array([[_find(lines, _moved(row, g)) for row in lines] for g in action.generators])
        lone = components(len(lines), acting) if len(acting) else np.arange(len(lines))
        for k in np.unique(lone, return_index=True)[1].tolist():
            fixing = stabilizer(action.generators, k, level + 1, acting) if len(lines) > 1 else action.generators
            mu = MonomialOrbits.of(fixing, level + 1).representatives
            v = np.flatnonzero(lines[k])
            parts.append(_times((v,), lines[k][v], mu, orbits, len(E) + k, level + 1))
    if not parts:
        empty = np.zeros(0, dtype=np.int64)
        return Relations(sp.csr_array((0, orbits.count)), empty, np.zeros((0, level + 1), dtype=np.int64), linear)
    rows = sp.csr_array(sp.vstack([p[0] for p in parts], format="csr"))
    form, mu = np.concatenate([p[1] for p in parts]), np.concatenate([p[2] for p in parts])
    kept = distinct(rows)
    return Relations(sp.csr_array(rows[kept]), form[kept], mu[kept], linear)


def distinct(rows: sp.csr_array) -> Index:
    """One of every kind of rows that are not zero, up to positive factors."""
    rows.sum_duplicates()
    rows.eliminate_zeros()
    owner = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    largest = np.zeros(rows.shape[0])
    np.maximum.at(largest, owner, np.abs(rows.data))
    unit = np.round(rows.data / largest[owner], 10)
    rng = np.random.default_rng(0)
    codes = rng.integers(1, 1 << 20, size=(2, rows.shape[1])).astype(float)
    # exact sums: products of numbers of 20 bits and of 34 bits, few at a time, tell rows apart in two ways
    keys = [np.bincount(owner, weights=np.round(unit * 2.0**20) * code[rows.indices], minlength=rows.shape[0])
            for code in codes]  # fmt: skip
    some = np.flatnonzero(np.diff(rows.indptr) > 0)
    _, first = np.unique(np.stack([k[some] for k in keys], axis=1), axis=0, return_index=True)
    return some[np.sort(first)]


def _every(n: int, degree: int) -> Index:
    """(count, degree) all monomials of a degree."""
    if degree == 0:
        return np.zeros((1, 0), dtype=np.int64)
    grids = np.stack(np.meshgrid(*[np.arange(n)] * degree, indexing="ij"), axis=-1).reshape(-1, degree)
    return grids[(np.diff(grids, axis=1) >= 0).all(axis=1)]


def _terms(rows: sp.csr_array, j: int) -> tuple[tuple[Index, ...], Matrix]:
    at = slice(rows.indptr[j], rows.indptr[j + 1])
    return svec.pair(rows.indices[at]), rows.data[at]


def _times(
    variables: tuple[Index, ...], c: Matrix, mu: Index, orbits: MonomialOrbits, form: int, width: int
) -> tuple[sp.csr_array, Index, Index]:
    """The form Σ c·x_variables times every monomial, as rows over orbits."""
    columns = orbits.labels(*(v[None, :] for v in variables), *(m[:, None] for m in mu.T))
    columns = np.broadcast_to(columns, (len(mu), len(c)))
    owner = np.broadcast_to(np.arange(len(mu))[:, None], columns.shape)
    data = np.broadcast_to(c, columns.shape)
    rows = sp.coo_array((data.ravel(), (owner.ravel(), columns.ravel())), shape=(len(mu), orbits.count)).tocsr()
    padded = np.full((len(mu), width), -1)
    padded[:, : mu.shape[1]] = mu
    return rows, np.full(len(mu), form), padded


def _square_roots(action: Action) -> list[tuple[int, dict[int, Fraction], Matrix]]:
    """(j, λ exactly, λ) for every E_j of several variables that is a multiple of a square λ², a λ once."""
    E = action.program.vanishing
    out: list[tuple[int, dict[int, Fraction], Matrix]] = []
    exact = E.rationals() if E.exact is not None else None
    for j in np.flatnonzero(np.diff(E.rows.indptr) > 1).tolist():
        M = E.matrix(j)
        p = int(np.abs(M.diagonal()).argmax())
        if not M[p, p]:
            continue
        root = M[p] / M[p, p]
        if not np.allclose(M, M[p, p] * np.outer(root, root), rtol=1e-13, atol=0):
            continue
        if exact is None:
            whole = {int(v): Fraction(M[p, v]) / Fraction(M[p, p]) for v in np.flatnonzero(root)}
        else:
            row = exact.rows[j]
            top = Fraction(row[int(svec.position(p, p))])
            whole = {int(v): Fraction(row.get(int(svec.position(p, v)), 0)) / top / (1 if v == p else 2)
                     for v in np.flatnonzero(root)}  # fmt: skip
        if not any(np.allclose(_unit(root), _unit(other)) for _, _, other in out):
            out.append((j, whole, root))
    return out


def _unit(root: Matrix) -> Matrix:
    """A linear form up to its factor."""
    first = root[np.flatnonzero(root)[0]]
    return root / first


def _moved(row: Matrix, g: Index) -> Matrix:
    out = np.zeros_like(row)
    out[g] = row
    return out


def _find(lines: Matrix, row: Matrix) -> int:
    return next(k for k, line in enumerate(lines) if np.allclose(_unit(line), _unit(row)))


def _is_multiple(M: Matrix | None, lines: list[Matrix]) -> bool:
    """Is x'Mx = (linear form)·λ for a λ whose square vanishes, too?"""
    if M is None:
        return False
    for line in lines:
        p = int(np.abs(line).argmax())
        # x_p = −(rest)/λ_p: the form is a multiple of λ iff it vanishes there
        T = np.eye(len(line))
        T[p] = -line / line[p]
        T[p, p] = 0.0
        if np.abs(T.T @ M @ T).max() <= 1e-12 * np.abs(M).max():
            return True
    return False
