"""Quadratic forms of matrix equations, entry by entry, for lifts whose coordinates are entries of matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.forms import Forms

Matrix = NDArray[Any]
Place = Callable[[Matrix, Matrix], Matrix]  # (row, col) of a matrix ↦ coordinate of that entry


def indices(place: Place, rows: int, cols: int) -> Matrix:
    """Coordinates of all entries of a matrix, as a matrix."""
    return place(*np.indices((rows, cols)))


def identity_slice(n: int, first: int, second: int, N: int, trace_of: int, trace: int) -> sp.csr_array:
    """Rows of: first + second = x_0 I (the triangles that start there), trace of one of them = trace · x_0."""
    m = svec.length(n)
    row, col = svec.triangle(n)
    k = np.arange(m)
    diagonal = k[row == col]
    terms = [
        (k, first + k, np.ones(m)),
        (k, second + k, np.ones(m)),
        (diagonal, 0 * diagonal, -np.ones(n)),
        (0 * diagonal + m, trace_of + diagonal, np.ones(n)),
        (np.array([m]), np.array([0]), np.array([-float(trace)])),
    ]
    r, c, v = (np.concatenate(part) for part in zip(*terms, strict=True))
    return sp.csr_array(sp.coo_array((v, (r, c)), shape=(m + 1, N)))


def matrix_product(left: Place, right: Place, shape: tuple[int, int, int], N: int) -> Forms:
    """Entries (i, j) of the matrix product: Σ_k left_ik right_kj, one form each."""
    rows, inner, cols = shape
    i, j, k = (a.ravel() for a in np.indices((rows, cols, inner)))
    return Forms.from_terms(i * cols + j, left(i, k), right(k, j), 1.0, rows * cols, N)


def difference(a: Forms, b: Forms) -> Forms:
    """A − b, form by form."""
    return a.plus(b, -1)


def triangle_only(forms: Forms, n: int) -> Forms:
    """Of the entries of a symmetric n×n matrix of forms, those of the upper triangle."""
    row, col = svec.triangle(n)
    return forms.take(row * n + col)


def idempotent(P: Place, n: int, N: int) -> Forms:
    """P² − x_0 P = 0."""
    i, j = (a.ravel() for a in np.indices((n, n)))
    linear = Forms.from_terms(i * n + j, 0 * i, P(i, j), 1.0, n * n, N)
    return triangle_only(difference(matrix_product(P, P, (n, n, n), N), linear), n)


def spectral(rng: np.random.Generator, n: int, trace: float) -> Matrix:
    """Random 0 ⪯ P ⪯ I with the given trace."""
    spectrum = rng.random(n)
    if spectrum.sum() > trace:
        spectrum *= trace / spectrum.sum()
    elif n > trace:
        spectrum = 1 - (1 - spectrum) * (n - trace) / (n - spectrum.sum())
    else:
        spectrum[:] = 1.0
    basis = np.linalg.qr(rng.standard_normal((n, n)))[0]
    P = (basis * spectrum) @ basis.T
    return (P + P.T) / 2
