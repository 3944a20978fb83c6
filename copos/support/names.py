"""Names that nobody knows: the message says which known one was probably meant, and lists them all."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any

CLOSE = 0.85  # similarity from which an option of a solver counts as a misspelt keyword of the call itself


def meant(given: Any, known: Iterable[str], close: float = 0.6) -> str:
    """"did you mean …? ", or nothing where no known name is close.

    >>> meant("parilo", ["moment", "parrilo"]), meant("tanh", ["moment"]), meant(7, ["moment"])
    ("did you mean 'parrilo'? ", '', '')
    """
    return f"did you mean {near!r}? " if (near := nearest(given, known, close)) else ""


def nearest(given: Any, known: Iterable[str], close: float = 0.6) -> str | None:
    """The known name that is most like what was given, whatever its case; None where none is close."""
    if not isinstance(given, str):
        return None
    by_lower = {name.lower(): name for name in known if isinstance(name, str)}
    found = get_close_matches(given[:80].lower(), by_lower, 1, close)
    return by_lower[found[0]] if found else None


def one_of(given: Any, known: Iterable[str], how_many: str = "one") -> str:
    """The end of a message about an unknown name.

    >>> one_of("sdpp", ["sdp", "sdd"])
    "did you mean 'sdp'? expected one of sdp, sdd"
    """
    names = list(known)
    return f"{meant(given, names)}expected {how_many} of {', '.join(names)}"


def require_no_slip(options: Iterable[str], function: Callable[..., Any]) -> None:
    """Refuse options for a solver that are misspelt keywords of the call that hands them on.

    Raises
    ------
    TypeError
        With the keyword that was meant.

    Examples
    --------
    >>> def bound(program, *, tolerance=None, **options):
    ...     require_no_slip(options, bound)
    >>> bound(None, tolerence=1e-3)
    Traceback (most recent call last):
    TypeError: bound() has no keyword 'tolerence'; did you mean 'tolerance'?
    """
    known = [name for name, p in inspect.signature(function).parameters.items() if p.kind is not p.VAR_KEYWORD]
    for name in options:
        if near := nearest(name, known, CLOSE):
            raise TypeError(f"{function.__name__}() has no keyword {name!r}; did you mean {near!r}?")
