"""Symmetric matrices that commute with a group, block by block.

Let H act on the rows of a matrix, 𝒜 the matrices that are constant on its orbits of pairs. M ∈ 𝒜 is positive
semidefinite iff U'MU is for one module U = 𝒜v of every isomorphism type in R^n: such a module is as long as the type's
multiplicity, not its dimension. An eigenvector v of a random symmetric element of 𝒜 lies in a copy of one irreducible
representation, and generates a module with one vector in every other copy [MurotaKannoKojimaKojima2010]. Where the type
is complex or quaternionic over the reals the module is two or four times as long as it need be, and as valid.

The indicators of the orbits of H on rows are in 𝒜, so a module has a basis of vectors that live on one orbit each. Then
an entry of U'MU depends on the few classes of pairs between two orbits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg as la
from numpy.typing import NDArray

Index = NDArray[Any]
Matrix = NDArray[np.float64]
NEAR = 1e-8  # relative distance of eigenvalues that are taken to be equal
SMALL = 1e-7  # relative size of a singular value that is taken for zero
BATCH = 16


def modules(classes: Index, kernel: Matrix, seed: int = 0) -> list[Matrix]:
    """A module (n, m) for every type of representation, its columns of norm one, each on one orbit of rows.

    Parameters
    ----------
    classes : (n, n) orbit of every pair of rows
    kernel : (n, k) orthonormal columns that span an invariant space on which all matrices vanish; columns that it makes
        dependent are left out

    Examples
    --------
    >>> from copos.arithmetic.groups import symmetric, tuple_orbits
    >>> [U.shape for U in modules(tuple_orbits(symmetric(4), 2), np.zeros((4, 0)))]    # constants, and sums of zero
    [(4, 1), (4, 1)]
    """
    rng = np.random.default_rng(seed)
    count = int(classes.max()) + 1
    R = rng.standard_normal(count)[classes]
    value, vector = np.linalg.eigh(R + R.T)
    gap = NEAR * max(float(np.abs(value).max(initial=0.0)), 1e-300)
    todo = np.ones(len(value), dtype=bool)
    out = []
    while todo.any():
        first = int(np.argmax(todo))
        U = _module(classes, count, vector[:, first], rng)
        covered = np.abs(vector.T @ U).max(axis=1) > 1e-6
        covered[first] = True
        for hit in value[covered & todo]:
            todo &= np.abs(value - hit) > gap
        U = _on_orbits(U, classes.diagonal())
        out.append(U[:, _independent(U, kernel)])
    return sorted((U for U in out if U.size), key=lambda U: U.shape[1])


def _module(classes: Index, count: int, v: Matrix, rng: np.random.Generator) -> Matrix:
    """An orthonormal basis of 𝒜v."""
    found = v[:, None]
    while True:
        # random elements of 𝒜 at v: until a batch adds nothing
        more = np.stack([rng.standard_normal(count)[classes] @ v for _ in range(BATCH)], axis=1)
        more /= np.linalg.norm(more, axis=0)
        U, size, _ = np.linalg.svd(np.concatenate([found, more], axis=1), full_matrices=False)
        rank = int((size > SMALL * size[0]).sum())
        if rank < found.shape[1] + BATCH:
            return U[:, :rank]
        found = U[:, :rank]


def _on_orbits(U: Matrix, orbit: Index) -> Matrix:
    """Another orthonormal basis of a module, every vector on one orbit of rows."""
    parts = []
    for k in np.unique(orbit):
        rows = np.flatnonzero(orbit == k)
        V, size, _ = np.linalg.svd(U[rows], full_matrices=False)
        V = V[:, size > SMALL**0.5]  # singular values are 0 or 1
        whole = np.zeros((len(U), V.shape[1]))
        whole[rows] = V
        parts.append(whole)
    return np.concatenate(parts, axis=1)


def _independent(U: Matrix, kernel: Matrix) -> Index:
    """Columns that span the module together with its part in the kernel, and are independent of it."""
    P = U.T @ kernel
    value, vector = np.linalg.eigh(P @ P.T)
    inside = vector[:, value > 0.5]  # coefficients of the kernel's part: eigenvalues are 0 or 1
    if not inside.shape[1]:
        return np.arange(U.shape[1])
    order = la.qr(inside.T, mode="r", pivoting=True)[1]
    return np.sort(order[inside.shape[1] :])


def compressed(labels: Index, coefficient: Matrix, count: int, U: Matrix) -> Matrix:
    """(count, m, m) U'B_OU for the matrices with Σ_O y_O B_O = Σ_t coefficient_t y[labels_t].

    Parameters
    ----------
    labels : (terms, n, n) variable of every entry, −1 for none
    coefficient : (terms,)
    count : number of variables
    """
    n, m = U.shape
    out = np.zeros((m, m, count))
    rows = np.arange(n)[:, None] * (count + 1)
    keys = [(rows + np.where(part < 0, count, part)).ravel() for part in labels]
    for b in range(m):
        sums = np.zeros((n, count))
        for c, key in zip(coefficient, keys, strict=True):
            weights = np.broadcast_to(c * U[:, b], (n, n)).ravel()
            sums += np.bincount(key, weights=weights, minlength=n * (count + 1)).reshape(n, count + 1)[:, :count]
        out[:, b] = U.T @ sums
    out = out.transpose(2, 0, 1)
    return (out + out.transpose(0, 2, 1)) / 2
