"""Scaling a conic form so that one penalty suits all its blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from copos.conic import ConicForm, Vector


@dataclass(frozen=True, eq=False)
class Scaled:
    """Data with unit columns, unit blocks and unit |b|, |c|; x = β·column·x̂, s = β ŝ/row, z = γ·row·ẑ."""

    A: sp.csr_array  # rows of the split cones
    F: sp.csr_array  # rows of the zero cone
    AT: sp.csr_array
    FT: sp.csr_array
    b: Vector
    f: Vector
    c: Vector
    row: Vector
    equation: Vector
    column: Vector
    beta: float
    gamma: float


def scale(form: ConicForm, rounds: int = 8) -> Scaled:
    """Equilibrate rows and columns; a block has one factor, or it would not stay the same cone."""
    zero = form.cones.zero
    full = sp.csr_array(form.A)
    A, F = full[zero:], full[:zero]
    row, column = np.ones(A.shape[0]), np.ones(A.shape[1])
    equation = np.ones(zero)
    blocks = [
        slice(rows.start - zero, rows.stop - zero)
        for kind, _, rows in form.cones.slices()
        if kind in ("second_order", "psd") and rows.stop > rows.start
    ]
    for _ in range(rounds):
        size = _norms(A, 1)
        for block in blocks:
            part = size[block]
            size[block] = np.sqrt(np.mean(part[part > 0] ** 2)) if part.any() else 0.0
        step = 1 / np.sqrt(np.clip(np.where(size > 0, size, 1.0), 1e-4, 1e4))
        A, row = sp.csr_array(sp.diags_array(step) @ A), row * step
        size = _norms(sp.vstack([A, F]), 0)
        step = 1 / np.sqrt(np.clip(np.where(size > 0, size, 1.0), 1e-4, 1e4))
        A, F, column = sp.csr_array(A @ sp.diags_array(step)), sp.csr_array(F @ sp.diags_array(step)), column * step
    size = _norms(F, 1)
    equation = 1 / np.where(size > 0, size, 1.0)
    F = sp.csr_array(sp.diags_array(equation) @ F)
    b, f, c = row * form.b[zero:], equation * form.b[:zero], column * form.c
    beta = float(np.hypot(np.linalg.norm(b), np.linalg.norm(f))) or 1.0
    gamma = float(np.linalg.norm(c)) or 1.0
    return Scaled(
        A, F, sp.csr_array(A.T), sp.csr_array(F.T), b / beta, f / beta, c / gamma,
        row, equation, column, beta, gamma,
    )  # fmt: skip


def _norms(A: Any, axis: int) -> Vector:
    """Euclidean norms of rows (axis 1) or columns (axis 0)."""
    return np.sqrt(np.asarray(A.multiply(A).sum(axis=axis)).ravel())
