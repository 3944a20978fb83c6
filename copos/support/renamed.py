"""Old names of version 0.1: the keyword, attribute or value still works, with a warning that says the new one.

A decorator tells which keywords have other names now. It leaves the signature as it is, so that help, completion and
type checkers know the new names only.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T", bound=type)

LAST = "0.3"  # the version without the old names


def warn(old: str, new: str, stacklevel: int = 3) -> None:
    """The one warning of all old names."""
    warnings.warn(f"{old} is now {new}; the old name will go in version {LAST}", DeprecationWarning, stacklevel)


def current(where: str, given: dict[str, Any], names: Mapping[str, str], stacklevel: int = 3) -> dict[str, Any]:
    """The keywords under their current names; `names` maps old ones to these.

    Raises
    ------
    TypeError
        If an old name and its new one are both given.

    Examples
    --------
    >>> current("solve", {"level": 1}, {"tol": "tolerance"})
    {'level': 1}
    """
    for old in [name for name in names if name in given]:
        if names[old] in given:
            raise TypeError(f"{where}() got {old!r} and {names[old]!r}, which is its new name")
        warn(f"{old!r} of {where}()", repr(names[old]), stacklevel + 1)
        given = {names.get(key, key) if key == old else key: value for key, value in given.items()}
    return given


def renamed(**names: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A function that also takes old keywords: `@renamed(old="new")`.

    Examples
    --------
    >>> @renamed(tol="tolerance")
    ... def solve(problem, tolerance=1e-6):
    ...     return tolerance
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     solve("x", tol=0.5), str(caught[0].message)
    (0.5, "'tol' of solve() is now 'tolerance'; the old name will go in version 0.3")
    >>> solve("x", 0.1, tol=0.5)
    Traceback (most recent call last):
    TypeError: solve() got 'tol' and 'tolerance', which is its new name
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        return _taking(function, names, function.__qualname__)

    return decorate


def _taking(function: Callable[P, R], names: Mapping[str, str], where: str) -> Callable[P, R]:
    order = list(inspect.signature(function).parameters)

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        if names.keys().isdisjoint(kwargs):
            return function(*args, **kwargs)
        for old in [name for name in names if name in kwargs]:
            if names[old] in order[: len(args)]:
                raise TypeError(f"{where}() got {old!r} and {names[old]!r}, which is its new name")
        new: Any = current(where, dict(kwargs), names)
        return function(*args, **new)  # pyright: ignore[reportCallIssue] - the same keywords by other names

    return call


def with_old_fields(**names: str) -> Callable[[T], T]:
    """A class whose fields have new names: the old ones are read, and taken by its methods that set them.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @with_old_fields(object="solution")
    ... @dataclass
    ... class Found:
    ...     solution: int
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     Found(object=3).object, [str(w.message).split(";")[0] for w in caught]
    (3, ["'object' of Found() is now 'solution'", 'Found.object is now Found.solution'])
    """

    def decorate(cls: T) -> T:
        for name in ("__init__", "set_params"):  # the latter of scikit-learn's estimators
            if hasattr(cls, name):
                setattr(cls, name, _taking(getattr(cls, name), names, cls.__name__))
        for old, new in names.items():
            setattr(cls, old, property(_reader(cls.__name__, old, new), doc=f"The old name of `{new}`."))
        return cls

    return decorate


def _reader(owner: str, old: str, new: str) -> Callable[[Any], Any]:
    def read(self: Any) -> Any:
        warn(f"{owner}.{old}", f"{owner}.{new}")
        return getattr(self, new)

    return read
