"""Optional packages that are not installed: what needs them exists all the same, and says how to get them when used."""

from __future__ import annotations

from typing import Any, NoReturn

# package as it is imported ↦ the extra of copos that brings it
EXTRAS = {
    "array_api_compat": "arrays", "cvxopt": "cvxopt", "cvxpy": "cvxpy", "distributed": "distributed", "flint": "exact",
    "matplotlib": "plot", "networkx": "graphs", "onnx": "onnx", "picos": "picos", "sklearn": "learn", "torch": "torch",
}  # fmt: skip


def stand_in(name: str, error: ModuleNotFoundError) -> type:
    """A class in the place of one whose module needs a package that is missing; to make an instance is an ImportError.

    So `from copos import *` and `help(copos)` work without any extra. An error about a module of this package, or
    about one that is no extra, is raised as it is.

    Examples
    --------
    >>> stand_in("Estimator", ModuleNotFoundError("no", name="sklearn.base"))()
    Traceback (most recent call last):
    ImportError: Estimator needs sklearn, which is not installed: pip install 'copos[learn]'
    """
    package = (error.name or "").partition(".")[0]
    if package not in EXTRAS:
        raise error
    message = f"{name} needs {package}, which is not installed: pip install 'copos[{EXTRAS[package]}]'"

    def refuse(*args: Any, **kwargs: Any) -> NoReturn:
        raise ImportError(message, name=error.name) from error

    return type(name, (), {"__doc__": message, "__module__": "copos", "__new__": refuse})
