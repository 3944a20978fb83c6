"""Reading matrices from files: .npy, .npz, .csv, .txt, .mtx, .mat; nothing is unpickled, evaluated or repaired."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from copos.interop import mat_files, matrix_market, text_table
from copos.support import npy_files
from copos.support.given import exact_array, place

TABLES, MARKET, ARRAYS = (".csv", ".txt"), (".mtx",), (".npy", ".npz", ".mat")
ENDINGS = (*ARRAYS, *TABLES, *MARKET)
ORDER = 3000  # of a square matrix, which is decided exactly


@overload
def read_matrix(path: str | Path, *, exact: Literal[False] = False, missing: bool = False) -> NDArray[np.float64]: ...
@overload
def read_matrix(path: str | Path, *, exact: Literal[True], missing: Literal[False] = False) -> NDArray[Any]: ...
def read_matrix(path: str | Path, *, exact: bool = False, missing: bool = False) -> NDArray[Any]:
    """Read a real matrix.

    Parameters
    ----------
    path : a .npy file, a .npz file with one array (or FILE.npz:NAME), or a .csv or .txt file (`text_table`: semicolon,
        tab, comma or blanks; one header line of names is allowed), "-" for such a table on standard input, a Matrix
        Market .mtx file, or a MATLAB .mat file up to version 7 with one matrix (or FILE.mat:NAME)
    exact : give an array of Fractions, the numbers as written (0.1 is 1/10, and 1/3 may stand in a text file); the
        floats of a .npy, .npz or .mat file mean their dyadic values
    missing : read a cell that is blank, NA, NaN or the like as NaN, instead of refusing it

    Raises
    ------
    ValueError
        If the file is missing, of another kind, or does not hold one real matrix; the message says what was expected,
        of a text file with line and cell.
    """
    if exact and missing:
        raise ValueError("a missing entry has no exact value; expected exact or missing, not both")
    file, key, suffix = kind_of(path)
    try:
        if suffix in ARRAYS:
            array = _plain(file, key, suffix, missing)
            return exact_array(array) if exact else array.astype(float)
        if exact:
            rows = _fractions(file, suffix)
            out = np.empty((len(rows), len(rows[0])), dtype=object)
            out[:] = rows
            return out
        return matrix_market.floats(file) if suffix in MARKET else np.array(text_table.floats(file, missing))
    except (ValueError, OSError) as error:
        raise ValueError(f"{path}: {_words(error, suffix)}") from None


def read_exact_matrix(path: str | Path) -> list[list[Fraction]]:
    """Read a matrix of rational numbers without rounding: text such as 1/3, 0.1 or 2e-3 means what it says.

    Parameters
    ----------
    path : as for `read_matrix`

    Raises
    ------
    ValueError
        As `read_matrix`; also for a square matrix of an order above 3000.
    """
    file, key, suffix = kind_of(path)
    try:
        rows = exact_array(_plain(file, key, suffix)).tolist() if suffix in ARRAYS else _fractions(file, suffix)
        if len(rows) == len(rows[0]) > ORDER:
            raise ValueError(f"is a square matrix of order {len(rows)}; expected at most {ORDER}")
        return rows
    except (ValueError, OSError) as error:
        raise ValueError(f"{path}: {_words(error, suffix)}") from None


def kind_of(path: str | Path) -> tuple[Path, str | None, str]:
    """The file, the array's name in an archive, and the ending.

    Raises
    ------
    ValueError
        If there is no such file, or its ending is not known.
    """
    name, key = str(path), None
    if name == "-":
        return text_table.STDIN, None, ".csv"
    if ".npz:" in name or ".mat:" in name:
        name, key = name.rsplit(":", 1)
    file = Path(name)
    if "\0" in name or not file.is_file():
        raise ValueError(f"{name}: {'is a folder' if chr(0) not in name and file.is_dir() else 'no such file'}")
    suffix = file.suffix.lower()
    if suffix not in ENDINGS:
        raise ValueError(f"{name}: expected a file ending in {', '.join(ENDINGS)}, got {suffix or 'no ending'!r}")
    return file, key, suffix


def _plain(file: Path, key: str | None, suffix: str, missing: bool = False) -> NDArray[Any]:
    """The matrix of a .npy, .npz or .mat file."""
    if suffix == ".mat":
        array = mat_files.member(file, key)
    else:
        array = npy_files.member(file, key) if suffix == ".npz" else npy_files.array(file)
    if array.ndim == 1:
        array = array[None, :]
    if array.ndim != 2 or not array.size:
        raise ValueError(f"expected a matrix, got an array of shape {array.shape}")
    bad = np.isinf(array) if missing else ~np.isfinite(array)
    if bad.any():
        at = tuple(np.argwhere(bad)[0].tolist())
        raise ValueError(f"{place('the entry ', at)} is {array[at]}; expected finite numbers")
    return array


def _fractions(file: Path, suffix: str) -> list[list[Fraction]]:
    return (matrix_market if suffix in MARKET else text_table).fractions(file)


def _words(error: ValueError | OSError, suffix: str) -> str:
    return str(error) if isinstance(error, ValueError) else f"not a readable {suffix} file ({error})"
