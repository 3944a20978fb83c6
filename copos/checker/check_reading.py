"""Reading a certificate safely: every number, list and size is bounded before anything is built from it.

Standard library only. Numbers are JSON integers or strings "p" and "p/q"; a float, a boolean or an unknown key is
refused. Before anything is expanded, multiplied or eliminated its work is estimated and taken from a budget that grows
with the length of the document, so that a short one is decided or refused within seconds. Part of the checker: nothing
here is shared with the code that finds proofs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from itertools import islice
from typing import Any

TEXT = 1 << 28  # bytes of a file
DIGITS = 2_100  # of a numerator or denominator: the smallest double needs 1,075
BITS = 7_000  # of an integer, and of an exponent k in 1/4^k
LENGTH = 4_000_000  # of a list
DIMENSION = 100_000  # of R^N
ORDER = 3_000  # of a matrix
LEVEL = 12
NESTING = 100  # lists and objects inside one another; a certificate has 10
WORK, WORK_PER_ITEM, WORK_MOST = 12_000_000, 64, 250_000_000  # a unit is about half a microsecond
EXPANDED = 4  # units of a monomial that is expanded: time and 250 bytes
WIDE = 500  # bits; a longer integer costs a multiple

_RATIONAL = re.compile(r"-?[0-9]+(/[0-9]+)?")
Number = int | Fraction


class Unreadable(Exception):
    """The document is not a certificate in this format (or is larger than the bounds above)."""


class Rejected(Exception):
    """The document is readable and does not prove its claim."""


_LEFT: ContextVar[list[int] | None] = ContextVar("work that is left", default=None)


@contextmanager
def budget(document: Any) -> Iterator[None]:
    """Work that a document may cost: `spend` takes from it. Refuses one that is nested too deeply."""
    size, layer, depth = 0, [document], 0
    while layer:
        if depth > NESTING:
            raise Unreadable(f"the document is nested more than {NESTING} deep")
        size, depth, below = size + len(layer), depth + 1, []
        for value in layer:
            if type(value) is list:
                below += value
            elif type(value) is dict:
                below += value.values()
            elif type(value) is str:
                size += len(value) // 16
            elif type(value) is int:
                size += value.bit_length() // 64
        layer = below
    token = _LEFT.set([min(WORK + WORK_PER_ITEM * size, WORK_MOST)])
    try:
        yield
    finally:
        _LEFT.reset(token)


def spend(units: int, what: str, bits: int = 0) -> None:
    """Take work on integers of so many bits from the budget; refuses what is more than is left."""
    left = _LEFT.get()
    if left is not None:
        left[0] -= units * (1 + bits // WIDE)
        if left[0] < 0:
            raise Unreadable(f"{what}: too much work for a certificate of this length")


def afford(units: int, what: str, bits: int = 0) -> None:
    """Refuse at once work that the rest of the budget does not cover; take nothing yet."""
    left = _LEFT.get()
    if left is not None and units * (1 + bits // WIDE) > left[0]:
        raise Unreadable(f"{what}: too much work for a certificate of this length")


def show(value: Number, way: int = 0) -> str:
    """A rational number in words that mislead nobody: exact if short, else with its rounding.

    A lower bound is rounded down (`way` −1) and an upper bound up (1): what is said follows from what is proved.
    """
    top, bottom = value.numerator, value.denominator
    if max(abs(top), bottom) < 10**12:
        return str(value)
    try:
        near = top / bottom
        if not near:
            return "a number closer to 0 than any double (an exact fraction in the certificate)"
    except OverflowError:
        return "a number beyond the doubles (an exact fraction in the certificate)"
    # an integer is written out only where that is short: Python refuses 4,300 digits
    long = top.bit_length() + bottom.bit_length() > 260
    exact = "an exact fraction in the certificate" if long else f"exactly {value}"
    text = f"{near:.12g}"
    if way:
        context = Context(prec=12, rounding=ROUND_FLOOR if way < 0 else ROUND_CEILING, Emin=-9_999, Emax=9_999)
        digits = context.divide(Decimal(top), Decimal(bottom))
        text = f"{float(digits):.12g}" if 1e-290 < abs(near) < 1e290 else str(digits)
    return f"{text}… ({exact})"


def parse(text: str) -> Any:
    """JSON without floats, duplicate keys or oversized numbers."""
    if len(text) > TEXT:
        raise Unreadable(f"a certificate has at most {TEXT} characters")

    def integer(digits: str) -> int:
        if len(digits) > DIGITS:
            raise Unreadable(f"a number has at most {DIGITS} digits, got {len(digits)}")
        return int(digits)

    def refuse(literal: str) -> None:
        raise Unreadable(f'numbers are integers or strings "p/q", got {literal[:40]}')

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        out = dict(pairs)
        if len(out) != len(pairs):
            raise Unreadable("a key appears twice in one object")
        return out

    try:
        return json.loads(text, parse_int=integer, parse_float=refuse, parse_constant=refuse, object_pairs_hook=unique)
    except RecursionError:
        raise Unreadable("the document is nested too deeply") from None
    except ValueError as error:
        raise Unreadable(f"not JSON: {error}") from None


def fields(value: Any, what: str, required: str, optional: str = "") -> dict[str, Any]:
    """An object with exactly these keys (names separated by blanks)."""
    if type(value) is not dict:
        raise Unreadable(f"{what} must be an object")
    need, may = set(required.split()), set(optional.split())
    if not need <= set(value) <= need | may:
        got = str(list(islice(value, 30)))[:300]
        raise Unreadable(f"{what} needs the keys {sorted(need)} and may have {sorted(may)}, got {got}")
    return value


def items(value: Any, what: str, length: int | None = None, most: int = LENGTH) -> list[Any]:
    """A list, of the given length if there is one."""
    if type(value) is not list or len(value) > most:
        raise Unreadable(f"{what} must be a list of at most {most} items")
    if length is not None and len(value) != length:
        raise Unreadable(f"{what} must have {length} items, got {len(value)}")
    return value


def whole(value: Any, what: str, low: int, high: int) -> int:
    """An integer of the range low … high."""
    if type(value) is not int or not low <= value <= high:
        raise Unreadable(f"{what} must be an integer from {low} to {high}")
    return value


def number(value: Any, what: str) -> Number:
    """An integer, or a string "p/q"; an integral value comes back as int."""
    if type(value) is int:
        if value.bit_length() > BITS:
            raise Unreadable(f"{what}: a number has at most {DIGITS} digits")
        return value
    if type(value) is not str or len(value) > 2 * DIGITS + 2 or not _RATIONAL.fullmatch(value):
        raise Unreadable(f'{what} must be an integer or a string "p/q"')
    top, _, bottom = value.partition("/")
    if max(len(top), len(bottom)) > DIGITS + 1 or (bottom and not bottom.strip("0")):
        raise Unreadable(f"{what}: zero denominator or more than {DIGITS} digits")
    return short(Fraction(int(top), int(bottom or 1)))


def short(value: Number) -> Number:
    """The same number, an integral one as int: integers are far quicker than fractions."""
    return value.numerator if value.denominator == 1 else value


def vector(value: Any, what: str, length: int | None = None) -> list[Number]:
    """A list of rational numbers."""
    return [number(v, what) for v in items(value, what, length)]


def integers(value: Any, what: str, rows: int | None = None, columns: int | None = None) -> list[list[int]]:
    """A rectangular matrix of integers."""
    out = items(value, what, rows, ORDER)
    for row in out:
        items(row, what, columns if columns is not None else len(out[0]) if type(out[0]) is list else 0)
        if not all(type(v) is int and v.bit_length() <= BITS for v in row):
            raise Unreadable(f"{what} must hold integers of at most {DIGITS} digits")
    return out


def symmetric(value: Any, what: str) -> list[list[Number]]:
    """A symmetric rational matrix, all rows given."""
    n = len(items(value, what, most=ORDER))
    if n == 0:
        raise Unreadable(f"{what} must have at least one row")
    M: list[list[Number]] = []
    for i, row in enumerate(value):
        items(row, what, n)
        # what is written above as (j, i) need not be parsed again where (i, j) is the same text
        M.append([M[j][i] if j < i and type(v) is type(value[j][i]) and v == value[j][i] else number(v, what)
                  for j, v in enumerate(row)])  # fmt: skip
    if any(M[i][j] != M[j][i] for i in range(n) for j in range(i)):
        raise Unreadable(f"{what} must be symmetric")
    return M
