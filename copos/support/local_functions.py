"""Pickling of functions that are defined inside of functions of this package, by where they stand and what they hold.

A program carries such functions (its atoms, what it recovers, the sampler of its cone), and Python's pickle refuses
them. What is written is the way to the function's code in the installed package and the values that it refers to; the
code itself never is, so that a pickle can only call what is installed.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from pickle import PicklingError, UnpicklingError
from types import CellType, CodeType, FunctionType
from typing import Any

LOCAL = "<locals>"


class _Written:
    """A local function on its way into a pickle; it comes back as a function."""

    def __init__(self, function: FunctionType) -> None:
        self.function = function

    def __reduce__(self) -> tuple[Any, ...]:
        f = self.function
        home = f.__qualname__.split(f".{LOCAL}")[0]
        codes = list(_inside(_code(f.__module__, home)))
        if f.__code__ not in codes:
            raise PicklingError(f"{f.__qualname__} does not stand in {f.__module__} any more")
        names, cells = f.__code__.co_freevars, f.__closure__ or ()
        values = tuple(_written(cell.cell_contents) for cell in cells)
        defaults = tuple(map(_written, f.__defaults__ or ()))
        return read, (f.__module__, home, codes.index(f.__code__), f.__qualname__, names, values, defaults)


def state(value: Any) -> dict[str, Any]:
    """Attributes of a value with its local functions as they are to be pickled; for `__getstate__`.

    Examples
    --------
    >>> import pickle
    >>> from copos import NonNegative
    >>> import numpy as np
    >>> sampler = pickle.loads(pickle.dumps(NonNegative(2))).sampler
    >>> sampler(np.random.default_rng(0)).shape
    (2,)
    """
    return {name: _written(v) for name, v in vars(value).items()}


def read(
    module: str, home: str, index: int, name: str, free: tuple[str, ...], values: Iterable[Any],
    defaults: tuple[Any, ...],
) -> FunctionType:  # fmt: skip
    """The local function with these values; pickles call this.

    Raises
    ------
    UnpicklingError
        If the installed package has no such function: another version wrote the pickle.
    """
    if module.partition(".")[0] != "copos":
        raise UnpicklingError(f"{module} is not a module of copos")
    try:
        codes = list(_inside(_code(module, home)))
        code = codes[index]
    except (ImportError, AttributeError, IndexError, TypeError):
        raise UnpicklingError(f"{name} is not in this version of copos") from None
    if code.co_freevars != free or code.co_name != name.rpartition(".")[2]:
        raise UnpicklingError(f"{name} is another function in this version of copos")
    cells = tuple(map(CellType, values))
    out = FunctionType(code, vars(sys.modules[module]), code.co_name, defaults or None, cells)
    out.__qualname__ = name
    return out


def _written(value: Any) -> Any:
    if isinstance(value, tuple) and any(isinstance(v, (FunctionType, tuple)) for v in value):
        parts = map(_written, value)
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if not isinstance(value, FunctionType) or LOCAL not in value.__qualname__:
        return value
    return _Written(value) if value.__module__.partition(".")[0] == "copos" else value


def _code(module: str, home: str) -> CodeType:
    """The code of a function, or of a method, of a module."""
    found: Any = import_module(module)
    for part in home.split("."):
        found = inspect.getattr_static(found, part)
        # of a class method, a property, a cached property
        found = next((getattr(found, key) for key in ("__func__", "fget", "func") if hasattr(found, key)), found)
    return inspect.unwrap(found).__code__


def _inside(code: CodeType) -> Iterator[CodeType]:
    """The codes of all functions inside of a function, in order."""
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield part
            yield from _inside(part)
