"""Where the splitting iteration runs: on NumPy, or on another library of the array-API standard and its device.

Data are prepared and answers returned on the CPU by NumPy and SciPy. `put` takes an array to the iteration, `fetch`
brings several back in one transfer, `matrix` makes of a sparse matrix what multiplies vectors there. Everything else
is written once, in functions of the standard, which NumPy has as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
import scipy.sparse as sp

from copos.arithmetic.ragged import expand
from copos.solvers.answer import Unsupported

Array = Any  # an array of the library that iterates


class Host:
    """NumPy and SciPy: nothing has to be moved."""

    xp: Any = np
    on_host = True

    def put(self, v: Any) -> Any:
        """Return v itself."""
        return v

    def fetch(self, *values: Any) -> Sequence[Any]:
        """Return the values themselves."""
        return values

    def matrix(self, A: Any) -> Any:
        """Return the sparse matrix itself."""
        return A


HOST = Host()


class Device:
    """The library and the device of the array `like`, in float64."""

    on_host = False

    def __init__(self, like: Any) -> None:
        from array_api_compat import array_namespace, device, is_cupy_array, is_torch_array

        self.xp, self._device = array_namespace(like), device(like)
        self._names_cpu = is_torch_array(like) or is_cupy_array(like)  # others know their own names of devices only

    def put(self, v: Any) -> Array:
        """Copy a NumPy array to the device."""
        return self.xp.asarray(np.ascontiguousarray(v), device=self._device, copy=True)

    def fetch(self, *values: Array) -> list[Any]:
        """Copy float arrays to the CPU, all in one transfer."""
        from array_api_compat import to_device

        flat = self.xp.concat([self.xp.reshape(v, (-1,)) for v in values])
        home = np.asarray(to_device(flat, "cpu") if self._names_cpu else np.from_dlpack(flat, device="cpu"))
        ends = np.cumsum([int(np.prod(v.shape)) for v in values])
        parts = np.split(home, ends[:-1])
        return [part.reshape(tuple(v.shape)) for part, v in zip(parts, values, strict=True)]

    def matrix(self, A: Any) -> Padded:
        """Sparse matrix that multiplies vectors of the device."""
        return Padded(A, self)


class Padded:
    """A x for sparse A by gathering, since the standard has no sparse arrays.

    Rows are padded with zeros to a power of two of entries, and those of one length summed together: at most twice the
    work, and no cancellation as in differences of running sums.
    """

    def __init__(self, A: Any, arrays: Device) -> None:
        A = sp.csr_array(A)
        self.shape, self._xp = A.shape, arrays.xp
        count = np.diff(A.indptr)
        width = np.where(count > 0, 2 ** np.ceil(np.log2(np.maximum(count, 1))).astype(np.int64), 0)
        order = np.argsort(width, kind="stable")
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        self._place = arrays.put(place)
        self._empty = arrays.put(np.zeros(int((width == 0).sum())))
        self._groups = []
        for w in np.unique(width[width > 0]).tolist():
            rows = np.flatnonzero(width == w)
            owner, source = expand(A.indptr[rows], count[rows])
            column = source - A.indptr[rows][owner]
            index, value = np.zeros((len(rows), w), dtype=np.int64), np.zeros((len(rows), w))
            index[owner, column], value[owner, column] = A.indices[source], A.data[source]
            self._groups.append((arrays.put(index.ravel()), arrays.put(value)))

    def __matmul__(self, x: Array) -> Array:
        """A x for a vector x."""
        xp = self._xp
        if not self.shape[1]:
            return xp.zeros_like(self._place, dtype=x.dtype)
        sums = [xp.sum(value * xp.reshape(xp.take(x, index), value.shape), axis=1) for index, value in self._groups]
        return xp.take(xp.concat([self._empty, *sums]), self._place)


def place(arrays: Any) -> Host | Device:
    """`Host` or `Device` for "numpy", "library", "library:device", or an array that lives there.

    Raises
    ------
    ImportError
        If the library, or array-api-compat, is not installed.
    ValueError
        If the library does not have the device, or the device no float64.
    """
    if isinstance(arrays, str) and arrays == "numpy":
        return HOST
    try:
        import array_api_compat
    except ImportError as error:
        raise ImportError("other arrays than NumPy's need array-api-compat: pip install copos[arrays]") from error
    name, where = arrays, None
    try:
        if isinstance(arrays, str):
            library, _, where = arrays.partition(":")
            arrays = import_module(library).zeros(1)
        xp = array_api_compat.array_namespace(arrays)
        at = where or array_api_compat.device(arrays)
        like = xp.zeros(1, dtype=xp.float64, device=at)
    except ImportError as error:
        raise ImportError(f"arrays={name!r} needs a library that is not installed: {error}") from error
    except Exception as error:  # every library has its own for a device that is missing or too small
        raise Unsupported(
            f"arrays={name!r} is not an array library with float64 on that device: {type(error).__name__}: {error}"
        ) from error
    if array_api_compat.is_numpy_array(like):
        return HOST
    return Device(like)
