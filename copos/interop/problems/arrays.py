"""Quadratic programs of matrices in files: a .npz of named arrays, or one matrix and the set that x is in.

    .npz with Q, c, constant, A_ub, b_ub, A_eq, b_eq, lower, upper, integrality, maximize
                        the arguments of `copos.quadratic_program`; 0 ≤ x < ∞ where lower and upper are not there
    one matrix M in .npy, .npz, .csv, .txt, .mtx, or in a .npz that SciPy saved of a sparse matrix
                        min x'Mx over the simplex, over binary x, or over 0 ≤ x ≤ 1

Numbers in text mean what they say, floats their dyadic values. Nothing is unpickled.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.interop.files import ENDINGS, ORDER, read_exact_matrix
from copos.reformulation.quadratic.given import quadratic_program
from copos.reformulation.quadratic.value import QuadraticProgram
from copos.support import npy_files

# set ↦ the bounds, whether x is integer, whether Σ x_i = 1
SETS = {"simplex": ((0, None), 0, True), "binary": ((0, 1), 1, False), "box": ((0, 1), 0, False)}
NAMES = ("Q", "c", "constant", "A_ub", "b_ub", "A_eq", "b_eq", "lower", "upper", "integrality", "maximize")
MATRICES = ENDINGS


def read_named(file: Path) -> QuadraticProgram:
    """The program of the named arrays of a .npz file.

    Raises
    ------
    ValueError
        If the file is no such file, or its arrays do not fit to each other.
    """
    there = npy_files.names(file)
    odd = [name for name in there if name not in NAMES]
    if odd or not there:
        found = ", ".join(there)[:200] or "nothing"
        raise ValueError(f"holds {found}; expected arrays with names among {', '.join(NAMES)}, or one matrix and the "
                         f"set over which it is meant: {', '.join(SETS)}")  # fmt: skip
    given: dict[str, Any] = {name: npy_files.member(file, name) for name in there}
    given = {name: value.reshape(-1) if name in ("c", "b_ub", "b_eq", "lower", "upper", "integrality") else value
             for name, value in given.items()}  # fmt: skip
    for name in ("constant", "maximize"):
        if name in given and given[name].size != 1:
            raise ValueError(f"{name} has shape {given[name].shape}; expected one number")
    maximize = bool(given.pop("maximize", np.zeros(1)).item())
    if "constant" in given:
        given["constant"] = given["constant"].item()
    n = next((v.shape[-1] for name, v in given.items() if name in ("Q", "A_ub", "A_eq", "c")), 0)
    low, high = given.pop("lower", np.zeros(n)), given.pop("upper", np.full(n, np.inf))
    if not len(low) == len(high) == n:
        raise ValueError(f"lower and upper have {len(low)} and {len(high)} entries; expected {n}, one per variable")
    return quadratic_program(**given, bounds=list(zip(low.tolist(), high.tolist(), strict=True)),
                             sense="max" if maximize else "min")  # fmt: skip


def read_over(path: str | Path, over: str, maximize: bool = False) -> QuadraticProgram:
    """Min (or max) x'Mx over one of the sets, M the matrix in a file.

    Raises
    ------
    ValueError
        If the set is not one of simplex, binary and box, or the file does not hold one square matrix.
    """
    if over not in SETS:
        raise ValueError(f"expected a set among {', '.join(SETS)}, got {over!r}")
    bounds, integer, on_simplex = SETS[over]
    name = str(path)
    sparse = name.lower().endswith(".npz") and Path(name).is_file() and "shape" in npy_files.names(Path(name))
    M = _sparse(Path(name)) if sparse else read_exact_matrix(path)
    n = len(M)
    if any(len(row) != n for row in M):
        raise ValueError(f"holds a matrix of {n} rows and {len(M[0])} columns; expected a square one")
    Q = np.empty((n, n), dtype=object)
    Q[:] = M
    ones: Any = {"A_eq": np.ones((1, n)), "b_eq": [1]} if on_simplex else {}
    sense = "max" if maximize else "min"
    names = [f"x{j + 1}" for j in range(n)]
    return quadratic_program(Q, bounds=bounds, integrality=integer, sense=sense, names=names, **ones)


def _sparse(file: Path) -> list[list[Fraction]]:
    """A matrix as `scipy.sparse.save_npz` writes it: by coordinates, by rows or by columns."""
    there = set(npy_files.names(file))
    shape = npy_files.member(file, "shape").ravel().tolist()
    if len(shape) != 2 or not all(isinstance(v, int) and 0 < v <= ORDER for v in shape):
        raise ValueError(f"announces a sparse matrix of shape {shape[:4]}; expected one up to {ORDER} × {ORDER}")
    data = npy_files.member(file, "data").ravel()
    if {"row", "col"} <= there:
        places = [npy_files.member(file, name).ravel() for name in ("row", "col")]
    elif {"indices", "indptr"} <= there:
        pointers, inner = npy_files.member(file, "indptr").ravel(), npy_files.member(file, "indices").ravel()
        by_columns = npy_files.text(file, "format") == "csc"
        if len(pointers) != shape[by_columns] + 1 or pointers[0] or (np.diff(pointers) < 0).any():
            raise ValueError("indptr does not fit to the shape")
        if pointers[-1] != len(inner):
            raise ValueError(f"indptr announces {pointers[-1]} entries, and there are {len(inner)} indices")
        outer = np.repeat(np.arange(len(pointers) - 1), np.diff(pointers))
        places = [inner, outer] if by_columns else [outer, inner]
    else:
        found = ", ".join(sorted(there))[:200]
        raise ValueError(f"holds {found}; expected a sparse matrix by coordinates, rows or columns")
    _require_places(places, shape, data)
    out = [[Fraction(0)] * shape[1] for _ in range(shape[0])]
    for i, j, v in zip(places[0].tolist(), places[1].tolist(), data.tolist(), strict=True):
        out[i][j] = Fraction(v)
    return out


def _require_places(places: list[NDArray[Any]], shape: list[int], data: NDArray[Any]) -> None:
    i, j = places
    if not len(i) == len(j) == len(data) or i.dtype.kind not in "iu" or j.dtype.kind not in "iu":
        raise ValueError(f"has {len(i)} rows, {len(j)} columns and {len(data)} values of entries")
    if len(i) and (min(i.min(), j.min()) < 0 or i.max() >= shape[0] or j.max() >= shape[1]):
        raise ValueError(f"has an entry outside a {shape[0]} × {shape[1]} matrix")
    if len(np.unique(i.astype(np.int64) * shape[1] + j)) != len(i):
        raise ValueError("has an entry twice")
    if not np.isfinite(data).all():
        raise ValueError("has an entry that is not finite")
