"""Matrices of MATLAB's .mat files up to version 7, read by SciPy; what is announced is compared with the file first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

RATIO = 1100  # DEFLATE makes nothing smaller than a part in 1032
NUMERIC = ("double", "single", "logical", "sparse", *(f"{u}int{k}" for u in ("", "u") for k in (8, 16, 32, 64)))


def member(file: Path, name: str | None) -> NDArray[Any]:
    """The real matrix of that name, or the only one.

    Raises
    ------
    ValueError
        If there is none, or more than one and no name, or the file is of another version; the message says so.
    """
    from scipy.io import loadmat, whosmat

    try:
        there = {each: (shape, kind) for each, shape, kind in whosmat(str(file))}
    except NotImplementedError:
        raise ValueError("is a MATLAB file of version 7.3; expected version 7, which save(…, '-v7') writes") from None
    except Exception as error:  # SciPy raises whatever a damaged file makes it stumble over
        raise ValueError(f"is no readable .mat file ({error})") from None
    if name is None and len(there) != 1:
        raise ValueError(f"holds {len(there)} variables, {', '.join(there) or 'none'}; expected FILE.mat:NAME")
    name = next(iter(there)) if name is None else name
    if name not in there:
        raise ValueError(f"holds no {name!r}; there are {', '.join(there) or 'no variables'}")
    shape, kind = there[name]
    if kind not in NUMERIC:
        raise ValueError(f"{name} is of MATLAB's class {kind}; expected a matrix of numbers")
    size = 1
    for length in shape:
        size *= int(length)
    if size < 0 or size > RATIO * file.stat().st_size:
        raise ValueError(f"{name} is announced with {size} entries, more than the file can hold")
    try:
        value = loadmat(str(file), variable_names=[name], mat_dtype=False)[name]
    except Exception as error:
        raise ValueError(f"is no readable .mat file ({error})") from None
    array = value.toarray() if hasattr(value, "toarray") else np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} holds {array.dtype} values; expected real numbers")
    return array.astype(float) if array.dtype.kind == "b" else array
