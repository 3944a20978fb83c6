"""NumPy's files (.npy, .npz): what a header announces is compared with what is there before anything is allocated.

Nothing is unpickled. A file of a hundred bytes that announces 10¹⁰ numbers ends in a message, not in memory.
"""

from __future__ import annotations

import struct
import tokenize
import zipfile
import zlib
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

ENTRIES = 2 * 10**8  # numbers in an array; 1.6 GB of doubles
RATIO = 1032  # the most that deflate, the packing of .npz, can shrink its input
_BROKEN = (
    ValueError, SyntaxError, TypeError, KeyError, IndexError, EOFError, NotImplementedError, RuntimeError,
    RecursionError, OverflowError, MemoryError, tokenize.TokenError, struct.error, zlib.error, zipfile.BadZipFile,
)  # fmt: skip


def array(file: Path) -> NDArray[Any]:
    """The array of a .npy file.

    Raises
    ------
    ValueError
        If the file is no such file, holds no real numbers, or does not have the length that its header announces.
    """
    size = file.stat().st_size
    with file.open("rb") as handle:
        return _read(handle, size)


def member(file: Path, key: str | None) -> NDArray[Any]:
    """An array of a .npz file, by its name, or the only one.

    Raises
    ------
    ValueError
        As `array`; also if there is no such array, or several and no name.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            found = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            if len(found) != len(archive.infolist()):
                raise ValueError("holds two arrays of one name")
            if key is None and len(found) != 1:
                raise ValueError(f"holds {', '.join(found) or 'nothing'}; name one as {file}:NAME")
            if key is not None and key not in found:
                raise ValueError(f"has no array {key!r}, only {', '.join(found)}")
            info = found[key] if key is not None else next(iter(found.values()))
            packed = min(info.compress_size, file.stat().st_size)
            if info.file_size > RATIO * packed + RATIO:
                raise ValueError(f"announces {info.file_size} bytes, more than its {packed} bytes can hold")
            with archive.open(info) as handle:
                return _read(handle, info.file_size)
    except _BROKEN as error:
        raise ValueError(str(error) or type(error).__name__) from None


def _read(handle: IO[bytes], size: int) -> NDArray[Any]:
    """Read one array from a stream of so many bytes."""
    try:
        version = npy.read_magic(handle)
        header = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}.get(version)
        if header is None:
            raise ValueError(f"is of version {version}; expected a plain array, version 1 or 2")
        shape, by_columns, dtype = header(handle)
    except _BROKEN as error:
        raise ValueError(str(error) or type(error).__name__) from None
    if dtype.kind not in "fiub":
        raise ValueError(f"expected real numbers, got dtype {dtype}")
    if any(type(n) is not int or n < 0 for n in shape) or prod(shape) > ENTRIES or len(shape) > 2:
        raise ValueError(f"expected a matrix of at most {ENTRIES} numbers, got an array of shape {shape}")
    expected, there = prod(shape) * dtype.itemsize, size - handle.tell()
    if expected != there:
        raise ValueError(f"announces an array of shape {shape}, {expected} bytes, and has {there}")
    data = handle.read(expected)
    if len(data) != expected:
        raise ValueError(f"announces {expected} bytes and has {len(data)}")
    return np.frombuffer(data, dtype=dtype).reshape(shape, order="F" if by_columns else "C").copy()
