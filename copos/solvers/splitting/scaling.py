"""Scaling a conic form so that one penalty suits all its rows.

Rows may be scaled only by maps that carry K onto K: positive factors for half-lines, one factor for a second-order
cone, X ↦ TXT with T = diag(t) ≻ 0 for matrices (row (i, j) times t_i t_j; the dual follows with T⁻¹). Such a T keeps
every pattern of zeros, unlike a general congruence.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from copos.conic import Cones, ConicForm, Vector
from copos.solvers.splitting.arrays import HOST, Device, Host
from copos.solvers.splitting.polyhedron import EQUATIONS
from copos.solvers.splitting.stacks import diagonals, stacks

CALM = 10.0  # blocks whose rows have norms within this factor of 1 are left alone
FLOOR = 0.1  # entries of s and z below this share of the root mean square count as this share
REACH = 100.0  # bound on one change of the metric


@dataclass(frozen=True, eq=False)
class Signs:
    """Rows of the form that say a·x_j ≥ 0, a > 0."""

    rows: Any
    variables: Any
    sizes: Vector

    @classmethod
    def none(cls) -> Signs:
        """No such rows."""
        nothing = np.zeros(0, dtype=np.int64)
        return cls(nothing, nothing, np.zeros(0))

    @classmethod
    def of(cls, form: ConicForm, A: Any) -> Signs:
        """Those that an x-step with separate variables can meet; none where the variables are not separate.

        A is the matrix of the form by rows. The variables are separate if no other row of a cone holds two of them;
        one that is in no other row keeps its sign split, since nothing would hold it.
        """
        zero, lines = form.cones.zero, form.cones.nonnegative
        if not lines or zero > EQUATIONS:
            return cls.none()
        length = np.diff(A.indptr)
        rows = zero + np.flatnonzero((length[zero : zero + lines] == 1) & (form.b[zero : zero + lines] == 0))
        rows = rows[A.data[A.indptr[rows]] < 0]
        variables = A.indices[A.indptr[rows]]
        variables, first = np.unique(variables, return_index=True)
        rows = rows[first]
        other = np.setdiff1d(np.arange(zero, A.shape[0]), rows)
        if (length[other] > 1).any():
            return cls.none()
        held = np.isin(variables, A.indices[A.indptr[other][length[other] == 1]])
        rows, variables = rows[held], variables[held]
        return cls(rows, variables, -A.data[A.indptr[rows]])


VECTORS = ("b", "f", "c", "row", "equation", "column", "signed")
MATRICES = ("A", "F", "AT", "FT")


@dataclass(frozen=True, eq=False)
class Scaled:
    """Scaled data, |b| = |c| = 1 and unit columns; x = β·column·x̂, s = β ŝ/row, z = γ·row·ẑ, ν = γ·equation·ν̂.

    Rows of the form are of three kinds: equations (F), signs x_j ≥ 0 that the x-step can meet itself, and the others,
    which are split (A).
    """

    cones: Cones  # those of the split rows
    split: Any  # indices of the split rows
    signs: Signs
    signed: Any  # (n,) which variables have such a sign
    A: Any  # CSR, rows of the split cones
    F: Any  # CSR, rows of the zero cone
    AT: Any
    FT: Any
    b: Vector
    f: Vector
    c: Vector
    row: Vector
    equation: Vector
    column: Vector
    beta: float
    gamma: float
    arrays: Host | Device = HOST  # where the vectors and matrices are

    def on(self, arrays: Host | Device) -> Scaled:
        """Return the same data with vectors and matrices where the iteration runs."""
        vectors = {name: arrays.put(getattr(self, name)) for name in VECTORS}
        matrices = {name: arrays.matrix(getattr(self, name)) for name in MATRICES}
        return replace(self, **vectors, **matrices, arrays=arrays)

    def balanced(self, s: Vector, z: Vector) -> tuple[Scaled, Vector]:
        """Change the metric so that s and z become alike; return the data and r with s ↦ r s, z ↦ z/r.

        On a diagonal s_i, z_i ≥ 0 of a block: t_i = (z_i/s_i)^{1/4} makes both √(s_i z_i), which is what the scaling
        of interior-point methods does with whole matrices.
        """
        floors = [FLOOR * float(np.linalg.norm(v)) / np.sqrt(max(1, len(v))) for v in (s, z)]
        if min(floors) == 0.0:
            return self, np.ones_like(s)

        ratio = np.sqrt((np.maximum(z, 0) + floors[1]) / (np.maximum(s, 0) + floors[0]))
        ratio = ratio / np.exp(np.log(_factors(self.cones, ratio)).mean())
        # bounded before it is made into factors: the t_i of a block, not the products t_it_j, which must stay products
        r = _factors(self.cones, np.clip(ratio, 1 / REACH, REACH))
        A = sp.csr_array(sp.diags_array(r) @ self.A)
        return replace(self, A=A, AT=sp.csr_array(A.T), b=r * self.b, row=r * self.row), r


def scale(form: ConicForm, join: bool = True) -> Scaled:
    """Bring every cone's rows to a norm near 1, columns to norm 1, b and c to norm 1.

    With `join`, signs of single variables are taken out of the split rows where the x-step can meet them.
    """
    zero, K = form.cones.zero, form.cones
    full = sp.csr_array(form.A)
    signs = Signs.of(form, full) if join else Signs.none()
    taken = np.setdiff1d(np.arange(zero, K.rows), signs.rows)
    split = Cones(0, K.nonnegative - len(signs.rows), K.second_order, K.psd)
    A, F = full[taken], full[:zero]
    size = _norms(A, 1)
    for stack in stacks(split):
        if stack.kind != "nonnegative":
            size[stack.rows] = _mean_square(size[stack.rows])[:, None]
    size = np.where(size > 0, size, 1.0)
    row = np.clip(size, 1 / CALM, CALM) / size
    A = sp.csr_array(sp.diags_array(row) @ A)
    size = _norms(F, 1)
    equation = 1 / np.where(size > 0, size, 1.0)
    size = _norms(sp.vstack([A, F]), 0)
    column = 1 / np.where(size > 0, size, 1.0)
    A = sp.csr_array(A @ sp.diags_array(column))
    F = sp.csr_array(sp.diags_array(equation) @ F @ sp.diags_array(column))
    b, f, c = row * form.b[taken], equation * form.b[:zero], column * form.c
    beta = float(np.hypot(np.linalg.norm(b), np.linalg.norm(f))) or 1.0
    gamma = float(np.linalg.norm(c)) or 1.0
    return Scaled(
        split, taken, signs, np.isin(np.arange(len(c)), signs.variables),
        A, F, sp.csr_array(A.T), sp.csr_array(F.T), b / beta, f / beta, c / gamma,
        row, equation, column, beta, gamma,
    )  # fmt: skip


def _factors(cones: Cones, ratio: Vector) -> Vector:
    """Row factors from positive numbers, of which those of half-lines, heads of arrows and diagonals are read."""
    r = np.ones(cones.rows)
    for stack in stacks(cones):
        if stack.kind == "psd":
            diagonal, (i, j) = diagonals(stack)
            t = np.sqrt(ratio[diagonal])
            r[stack.rows] = t[:, i] * t[:, j]
        else:
            r[stack.rows] = ratio[stack.rows[:, :1]]
    return r


def _mean_square(size: Vector) -> Vector:
    """Square root of the mean square of the positive entries of every row; 0 where there are none."""
    return np.sqrt((size * size).sum(axis=1) / np.maximum((size > 0).sum(axis=1), 1))


def _norms(A: Any, axis: int) -> Vector:
    """Euclidean norms of rows (axis 1) or columns (axis 0)."""
    return np.sqrt(np.asarray(A.multiply(A).sum(axis=axis)).ravel())
