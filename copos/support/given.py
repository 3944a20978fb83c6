"""What users give, as arrays of real numbers, or refused with the entry that is none.

Nothing is repaired. A complex entry, text, a missing or masked value, and a number that is not finite are errors that
name the entry. What holds numbers is taken: nested lists, NumPy arrays, tables with `to_numpy` (data frames, series),
SciPy sparse matrices, and Fractions or Decimals among them. A float array holds the nearest doubles of Fractions and
Decimals, and refuses integers that no double holds; `exact_array` keeps the numbers themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction
from numbers import Rational, Real
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

AXES = 32  # of an array whose entries NumPy goes through
EXPONENT = 5000  # of a Decimal, decimal; beyond it the Fraction would fill the memory
REFUSED = {"c": "complex numbers", "U": "text", "S": "bytes", "M": "dates", "m": "time differences", "V": "records"}


def real_array(
    value: Any, name: str = "the array", *, missing: bool = False, infinite: bool = False, boolean: bool = True,
    exactly: bool = False,
) -> NDArray[np.float64]:
    """The array of doubles nearest to what was given, in its shape.

    Parameters
    ----------
    value : nested lists, an array, a table with `to_numpy`, a SciPy sparse matrix; entries may be Fractions or Decimals
    name : what messages call it
    missing : let NaN, None and the missing value of a data frame stand, as NaN
    infinite : let ±∞ stand
    boolean : take True and False as 1 and 0
    exactly : refuse numbers that no double holds, as 1/10, for callers that prove something of the doubles

    Raises
    ------
    ValueError
        For anything but real numbers in a rectangular array, with the first entry that is none.

    Examples
    --------
    >>> real_array([[1, Fraction(1, 2)], [Decimal("0.1"), 3]]).tolist()
    [[1.0, 0.5], [0.1, 3.0]]
    >>> real_array([[1, 2j]], "X")
    Traceback (most recent call last):
    ValueError: X holds complex numbers, X[0, 1] = 2j; expected real numbers
    """
    array = numbers(value, name, boolean=boolean)
    if array.dtype.kind == "O":
        out = np.empty(array.shape)
        for at, v in np.ndenumerate(array):
            out[at] = np.nan if missing and _is_missing(v) else _double(v, name, at, boolean)
    else:
        with np.errstate(over="ignore"):  # a long double beyond the doubles is refused below
            out = np.asarray(array, dtype=float)
        if array.dtype.kind in "iu" and array.size and np.abs(out).max() > 2.0**53:
            _require_doubles(array, out, name)
    bad = ~np.isfinite(out)
    if missing:
        bad &= ~np.isnan(out)
    if infinite:
        bad &= ~np.isinf(out)
    if bad.any():
        where = place(name, tuple(np.argwhere(bad)[0].tolist()))
        nan, inf = int(np.isnan(out[bad]).sum()), int(np.isinf(out[bad]).sum())
        raise ValueError(f"{name} has {nan} NaN and {inf} infinite entries, the first of them {where}: not finite")
    if exactly and (array.dtype.kind == "O" or are_long(array)):
        for at, v in np.ndenumerate(array):
            _require_double(v, float(out[at]), place(name, at))
    return out


def exact_array(value: Any, name: str = "the array") -> NDArray[Any]:
    """The numbers that were given as Fractions, in an array of objects; a float means its dyadic value.

    Raises
    ------
    ValueError
        As `real_array`.

    Examples
    --------
    >>> exact_array([0.5, Decimal("0.1"), Fraction(1, 3), 2]).tolist()
    [Fraction(1, 2), Fraction(1, 10), Fraction(1, 3), Fraction(2, 1)]
    """
    array = numbers(value, name)
    out = np.empty(array.shape, dtype=object)
    for at, v in np.ndenumerate(array):
        if array.dtype.kind == "O":
            _double(v, name, at, True, huge=True)
        v = v.item() if isinstance(v, (np.integer, np.bool_)) else v
        if isinstance(v, Decimal) and v.is_finite() and abs(v.adjusted()) > EXPONENT:
            raise ValueError(f"{place(name, at)} is {v}; expected an exponent of at most {EXPONENT}")
        try:
            ratio = Fraction(v) if isinstance(v, (Rational, Decimal)) else Fraction(*v.as_integer_ratio())
            plain = type(ratio.numerator) is int and type(ratio.denominator) is int  # not so for SymPy's integers
            out[at] = ratio if plain else Fraction(int(ratio.numerator), int(ratio.denominator))
        except AttributeError:
            kind = type(v).__name__
            raise ValueError(f"{place(name, at)} is {v!r}, a {kind}; expected a finite real number") from None
        except (ValueError, OverflowError):
            raise ValueError(f"{place(name, at)} is {v}: not finite") from None
    return out


def real_number(
    value: Any, name: str, *, least: float = -np.inf, above: float = -np.inf, infinite: bool = False,
    exactly: bool = False,
) -> float:
    """A real number ≥ `least` and > `above`, as the nearest double (`exactly`: as its double); True and False are none.

    Raises
    ------
    ValueError
        If it is not one.

    Examples
    --------
    >>> real_number(Fraction(1, 4), "ridge", least=0)
    0.25
    """
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    try:
        out = _double(value, name, (), boolean=False)
    except ValueError:
        out = np.nan
    fits = out >= least and (out > above or above == -np.inf) and (infinite or np.isfinite(out))
    if not fits:
        low = f" ≥ {least:g}" if least > -np.inf else f" > {above:g}" if above > -np.inf else ""
        raise ValueError(f"{name} must be a {'' if infinite else 'finite '}number{low}, got {value!r}")
    if exactly:
        _require_double(value, out, name)
    return out


@contextmanager
def within_doubles(what: str) -> Iterator[None]:
    """Numbers made of what was given that no double is near are errors of these data: for blocks and functions.

    >>> with within_doubles("X"):
    ...     10**400 / 3
    Traceback (most recent call last):
    ValueError: numbers made of X are beyond the doubles: give X in other units

    Raises
    ------
    ValueError
        In the place of an OverflowError.
    """
    try:
        yield
    except OverflowError:
        raise ValueError(f"numbers made of {what} are beyond the doubles: give {what} in other units") from None


def require_unmasked(**arrays: Any) -> None:
    """Refuse masked arrays, for callers that convert by means which forget the mask.

    Raises
    ------
    ValueError
        If an entry is masked, with its place.

    Examples
    --------
    >>> require_unmasked(X=np.ma.array([1.0, 2.0], mask=[False, True]))
    Traceback (most recent call last):
    ValueError: X[1] is masked; expected an array without a mask
    """
    for name, value in arrays.items():
        if isinstance(value, np.ma.MaskedArray):
            masked = np.argwhere(np.ma.getmaskarray(value))
            if len(masked):
                where = place(name, tuple(masked[0].tolist()))
                raise ValueError(f"{where} is masked; expected an array without a mask")


def place(name: str, at: tuple[int, ...]) -> str:
    """An entry in words: X[0, 3].

    >>> place("X", (0, 3))
    'X[0, 3]'
    """
    return f"{name}[{', '.join(map(str, at))}]" if at else name


def numbers(value: Any, name: str = "the array", *, boolean: bool = True, text: bool = False) -> NDArray[Any]:
    """The argument as an array with its entries as they are; of dtype object, they are not looked at.

    Parameters
    ----------
    value, name, boolean : as for `real_array`
    text : let text stand, for callers that read numbers such as "1/3" themselves

    Raises
    ------
    ValueError
        If it is masked, not rectangular, or of a type that holds no real numbers.

    Examples
    --------
    >>> numbers(["1/3", "0.1"], text=True).tolist()
    ['1/3', '0.1']
    """
    array = _array(value, name)
    _refuse(array, name, boolean, text)
    return array


def are_long(array: NDArray[Any]) -> bool:
    """Are there integers or long doubles that no double may hold?

    >>> are_long(np.array([2**53 + 1])), are_long(np.array([1.5])), are_long(np.array([1], dtype=np.longdouble) / 3)
    (True, False, True)
    """
    if array.dtype.kind in "iu":
        return bool(((array > 2**53) | (array < -(2**53))).any())
    if array.dtype.kind != "f" or array.dtype.itemsize <= 8:
        return False
    with np.errstate(over="ignore"):
        return bool((np.isfinite(array) & (array.astype(float) != array)).any())


def _array(value: Any, name: str) -> NDArray[Any]:
    if isinstance(value, np.ma.MaskedArray):
        require_unmasked(**{name: value})
        value = np.ma.getdata(value)
    elif sp.issparse(value):
        value = value.toarray()
    elif hasattr(value, "to_numpy"):
        value = value.to_numpy()
    try:
        array = np.asarray(value)
        if array.ndim > AXES:
            raise ValueError(f"{array.ndim} axes, expected at most {AXES}")
        return _dyadic(array) if array.dtype.kind == "O" else array
    except (ValueError, TypeError) as error:
        raise ValueError(f"{name} is not a rectangular array of numbers: {error}") from None


def _dyadic(array: NDArray[Any]) -> NDArray[Any]:
    """The binary numbers of SymPy and mpmath as the Fractions that they are; what is not finite stays."""
    if not any(hasattr(v, "_mpf_") for v in array.flat):
        return array
    out = array.copy()
    for at, v in np.ndenumerate(array):
        if hasattr(v, "_mpf_"):
            sign, mantissa, exponent, _ = v._mpf_
            if (mantissa or not exponent) and abs(int(exponent)) <= EXPONENT:  # NaN and ±∞ have an exponent alone
                out[at] = (-1) ** int(sign) * int(mantissa) * Fraction(2) ** int(exponent)
    return out


def _refuse(array: NDArray[Any], name: str, boolean: bool, text: bool) -> None:
    kind = array.dtype.kind
    if kind in REFUSED and not (text and kind == "U" and array.ndim):
        first = place(name, _first_odd(array))
        raise ValueError(f"{name} holds {REFUSED[kind]}, {first} = {array[_first_odd(array)]}; expected real numbers")
    if kind == "b" and not boolean:
        raise ValueError(f"{name} holds True and False; expected real numbers")
    if array.ndim == 0 and kind == "O" and not isinstance(array.item(), (Real, Decimal)):
        raise ValueError(f"{name} is a {type(array.item()).__name__}; expected an array of real numbers")


def _first_odd(array: NDArray[Any]) -> tuple[int, ...]:
    """Index of the first entry that is no real number, or of the first entry."""
    for at, v in np.ndenumerate(array):
        if np.iscomplexobj(array) and v.imag:
            return at
        if array.dtype.kind in "US":
            try:
                float(v)
            except ValueError:
                return at
    return (0,) * array.ndim if array.size else ()


def _require_doubles(array: NDArray[Any], out: NDArray[np.float64], name: str) -> None:
    """Integers of a type of their own are no measurements, and rounding them changes what they say."""
    for at in np.argwhere(np.abs(out) > 2.0**53).tolist():
        v = int(array[tuple(at)])
        if int(out[tuple(at)]) != v:
            raise ValueError(f"{place(name, tuple(at))} is {v}, more than the 53 bits of a double; subtract an offset")


def _require_double(v: Any, out: float, where: str) -> None:
    """Something would be proved of other numbers than the given ones."""
    if np.isfinite(out) and Fraction(*v.as_integer_ratio()) != Fraction(out):
        raise ValueError(f"{where} is {_short(v)}, which no double holds, and the proof is about doubles: give {out!r}")


def _is_missing(v: Any) -> bool:
    return v is None or type(v).__name__ in ("NAType", "NaTType")


def _double(v: Any, name: str, at: tuple[int, ...], boolean: bool, huge: bool = False) -> float:
    """An entry of an array of objects."""
    if isinstance(v, (bool, np.bool_)):
        if boolean:
            return float(v)
        raise ValueError(f"{place(name, at)} is {v}; expected a real number")
    if not isinstance(v, (Real, Decimal)):
        raise ValueError(f"{place(name, at)} is {_short(v)}, a {type(v).__name__}; expected a real number")
    try:
        return float(v)
    except (OverflowError, ValueError):  # an int or a Fraction beyond the doubles, a signalling NaN
        if huge:
            return np.nan
        raise ValueError(f"{place(name, at)} is {_short(v)}: not finite as a double") from None


def _short(v: Any) -> str:
    try:
        text = repr(v)
    except Exception:
        return "something"
    return text if len(text) <= 40 else text[:37] + "…"
