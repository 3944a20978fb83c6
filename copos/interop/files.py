"""Reading matrices from files: .npy, .npz, .csv, .txt, .mtx; nothing is unpickled, nothing is evaluated."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def read_matrix(path: str | Path) -> NDArray[np.float64]:
    """Read a real matrix.

    Parameters
    ----------
    path : a .npy file, a .npz file with one array (or FILE.npz:NAME), or a .csv file (comma, semicolon, tab or blanks;
        one header line is allowed), a .txt file (the same), or a Matrix Market .mtx file

    Raises
    ------
    ValueError
        If the file is missing, of another kind, or does not hold one real matrix; the message says what was expected.
    """
    file, key, suffix = _kind(path, tuple(_READERS))
    name = str(file)
    try:
        array = np.asarray(_READERS[suffix](file, key))
    except ValueError as error:
        if str(error).startswith(name):
            raise
        raise ValueError(f"{name}: not a readable {suffix} file of numbers ({error})") from None
    except (OSError, EOFError) as error:
        raise ValueError(f"{name}: not a readable {suffix} file ({error})") from None
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name}: expected real numbers, got dtype {array.dtype}")
    if array.ndim == 1:
        array = array[None, :]
    if array.ndim != 2:
        raise ValueError(f"{name}: expected a matrix, got an array of shape {array.shape}")
    return array.astype(float)


def read_exact_matrix(path: str | Path) -> list[list[Fraction]]:
    """Read a matrix of rational numbers without rounding: text such as 1/3, 0.1 or 2e-3 means what it says.

    Parameters
    ----------
    path : a .csv, .txt or .mtx file as for `read_matrix`, read exactly; or a .npy or .npz file, whose floats mean their
        dyadic values

    Raises
    ------
    ValueError
        As `read_matrix`; also for a matrix of order above 3000.
    """
    file, _, suffix = _kind(path, tuple(_READERS))
    if suffix not in _EXACT:
        return [[Fraction(v) for v in row] for row in _finite(read_matrix(path), file).tolist()]
    try:
        return _EXACT[suffix](file)
    except (ValueError, ZeroDivisionError) as error:
        text = str(error)
        raise ValueError(text if text.startswith(str(file)) else f"{file}: {text}") from None
    except OSError as error:
        raise ValueError(f"{file}: not a readable {suffix} file ({error})") from None


def _kind(path: str | Path, known: tuple[str, ...]) -> tuple[Path, str | None, str]:
    """The file, the array's name in an archive, and the ending."""
    name, key = str(path), None
    if ".npz:" in name:
        name, key = name.rsplit(":", 1)
    file = Path(name)
    if not file.is_file():
        raise ValueError(f"{name}: no such file")
    suffix = file.suffix.lower()
    if suffix not in known:
        raise ValueError(f"{name}: expected a file ending in {', '.join(known)}, got {suffix or 'no ending'!r}")
    return file, key, suffix


def _finite(array: NDArray[np.float64], file: Path) -> NDArray[np.float64]:
    if not np.isfinite(array).all():
        raise ValueError(f"{file}: has an entry that is not finite")
    return array


def _npy(file: Path, key: str | None) -> NDArray:
    return np.load(file, allow_pickle=False)


def _npz(file: Path, key: str | None) -> NDArray:
    with np.load(file, allow_pickle=False) as archive:
        names = archive.files
        if key is None and len(names) != 1:
            raise ValueError(f"{file}: holds {', '.join(names) or 'nothing'}; name one as {file}:NAME")
        if key is not None and key not in names:
            raise ValueError(f"{file}: has no array {key!r}, only {', '.join(names)}")
        return archive[key or names[0]]


def _csv(file: Path, key: str | None) -> NDArray:
    lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if not lines:
        raise ValueError(f"{file}: is empty")
    delimiter = next((d for d in (",", ";", "\t") if d in lines[0]), None)
    header = 0 if _is_numeric(lines[0].split(delimiter)) else 1
    return np.loadtxt(lines[header:], delimiter=delimiter, ndmin=2)


def _rational(cell: str) -> Fraction:
    """An integer, a fraction p/q or a decimal number, exactly; short enough to be one."""
    text = cell.strip()
    if not _NUMBER.fullmatch(text) or len(text) > LONGEST:
        raise ValueError(f"expected numbers such as 2, 1/3, 0.1 or 2e-3, got {text[:40]!r}")
    return Fraction(text)


def _exact_csv(file: Path) -> list[list[Fraction]]:
    lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
    lines = [line for line in lines if line and not line.startswith(("#", "%"))]
    if not lines:
        raise ValueError("is empty")
    delimiter = next((d for d in (",", ";", "\t") if d in lines[0]), None)
    rows = [[cell for cell in line.split(delimiter) if cell.strip()] for line in lines]
    # a header is a first line of words
    if not any(_NUMBER.fullmatch(cell.strip()) for cell in rows[0]):
        rows = rows[1:]
    if not rows:
        raise ValueError("has no numbers")
    if len(rows) > ORDER or any(len(row) != len(rows[0]) for row in rows):
        raise ValueError(f"rows have lengths {sorted({len(row) for row in rows})[:5]}; expected equal, at most {ORDER}")
    return [[_rational(cell) for cell in row] for row in rows]


def _exact_mtx(file: Path) -> list[list[Fraction]]:
    """Matrix Market, coordinate or array; real, integer or pattern; general or symmetric."""
    first, *rest = file.read_text(encoding="utf-8").splitlines() or [""]
    head = first.lower().split()
    if len(head) != 5 or head[:2] != ["%%matrixmarket", "matrix"]:
        raise ValueError("expected a first line '%%MatrixMarket matrix …'")
    layout, field, symmetry = head[2:]
    if layout not in ("coordinate", "array") or field not in ("real", "integer", "pattern", "double"):
        raise ValueError(f"expected a coordinate or array file of real, integer or pattern, got {layout} {field}")
    if symmetry not in ("general", "symmetric"):
        raise ValueError(f"expected a general or symmetric matrix, got {symmetry}")
    body = [line.split() for line in rest if line.strip() and not line.startswith("%")]
    try:
        m, n = (int(v) for v in body[0][:2])
    except (IndexError, ValueError):
        raise ValueError("expected a line with the sizes") from None
    if not (1 <= m <= ORDER and 1 <= n <= ORDER) or (symmetry == "symmetric" and m != n):
        raise ValueError(f"expected sizes from 1 to {ORDER} (square if symmetric), got {m} × {n}")
    out = [[Fraction(0)] * n for _ in range(m)]
    if layout == "array":
        at = [(i, j) for j in range(n) for i in range(j if symmetry == "symmetric" else 0, m)]
        cells = [cell for line in body[1:] for cell in line]
    else:
        at = [(int(line[0]) - 1, int(line[1]) - 1) for line in body[1:]]
        cells = [line[2] if field != "pattern" else "1" for line in body[1:]]
        if len(body[0]) > 2 and int(body[0][2]) != len(at):
            raise ValueError(f"announces {body[0][2]} entries and has {len(at)}")
    if len(at) != len(cells):
        raise ValueError(f"expected {len(at)} entries, got {len(cells)}")
    for (i, j), cell in zip(at, cells, strict=True):
        if not (0 <= i < m and 0 <= j < n):
            raise ValueError(f"entry ({i + 1}, {j + 1}) is outside a {m} × {n} matrix")
        out[i][j] = _rational(cell)
        if symmetry == "symmetric":
            out[j][i] = out[i][j]
    return out


def _mtx(file: Path, key: str | None) -> NDArray:
    return np.array([[float(v) for v in row] for row in _exact_mtx(file)])


def _is_numeric(cells: list[str]) -> bool:
    try:
        [float(cell) for cell in cells]
    except ValueError:
        return False
    return True


ORDER = 3000  # rows of an exact matrix
LONGEST = 2000  # characters of a number
_NUMBER = re.compile(r"[+-]?([0-9]+(/[0-9]+)?|([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?)")
_READERS = {".npy": _npy, ".npz": _npz, ".csv": _csv, ".txt": _csv, ".mtx": _mtx}
_EXACT = {".csv": _exact_csv, ".txt": _exact_csv, ".mtx": _exact_mtx}
