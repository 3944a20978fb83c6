"""Reading matrices from files that people have: .npy, .npz, .csv; nothing is unpickled, nothing is evaluated."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def read_matrix(path: str | Path) -> NDArray[np.float64]:
    """Read a real matrix.

    Parameters
    ----------
    path : a .npy file, a .npz file with one array (or FILE.npz:NAME), or a .csv file (comma, semicolon, tab or blanks;
        one header line is allowed)

    Raises
    ------
    ValueError
        If the file is missing, of another kind, or does not hold one real matrix; the message says what was expected.
    """
    name = str(path)
    key = None
    if ".npz:" in name:
        name, key = name.rsplit(":", 1)
    file = Path(name)
    if not file.is_file():
        raise ValueError(f"{name}: no such file")
    suffix = file.suffix.lower()
    if suffix not in _READERS:
        raise ValueError(f"{name}: expected a file ending in {', '.join(_READERS)}, got {suffix or 'no ending'!r}")
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


def _is_numeric(cells: list[str]) -> bool:
    try:
        [float(cell) for cell in cells]
    except ValueError:
        return False
    return True


_READERS = {".npy": _npy, ".npz": _npz, ".csv": _csv}
