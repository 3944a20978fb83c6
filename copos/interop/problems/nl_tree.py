"""Expressions of .nl files, in prefix notation, as polynomials of degree ≤ 2."""

from __future__ import annotations

from fractions import Fraction

from copos.interop.problems.lines import Lines, number, shown, whole
from copos.interop.problems.polynomial import Polynomial

# operator ↦ how many arguments; None: their number stands in the next line
ARGUMENTS = {0: 2, 1: 2, 2: 2, 3: 2, 5: 2, 16: 1, 54: None, 75: 2, 76: 1}
OTHERS = {
    4: "remainder", 6: "less", 11: "min", 12: "max", 13: "floor", 14: "ceil", 15: "abs", 34: "not", 35: "if",
    37: "tanh", 38: "tan", 39: "sqrt", 40: "sinh", 41: "sin", 42: "log10", 43: "log", 44: "exp", 45: "cosh", 46: "cos",
    49: "atan", 51: "asin", 53: "acos", 77: "a power of a constant",
}  # fmt: skip
LARGEST = 10**7  # arguments of a sum


def expression(lines: Lines, defined: list[Polynomial]) -> Polynomial:
    """The expression that begins in the next line; `defined` are the variables and the common expressions.

    Raises
    ------
    ValueError
        If it is none, or not of degree ≤ 2; the message names the line.
    """
    open_: list[tuple[int, int, int, list[Polynomial]]] = []  # line, operator, arguments, those that are known
    while True:
        at, (word, *more) = lines.take("an expression")
        if more:
            raise ValueError(f"line {at}: expected one node of an expression, got {shown(' '.join([word, *more]))}")
        kind, rest = word[0], word[1:]
        if kind == "o":
            operator = whole(at, rest, "an operator", 0, 100)
            if operator not in ARGUMENTS:
                said = OTHERS.get(operator, "one that makes no polynomial")
                raise ValueError(f"line {at}: the operator {word} ({said}); expected polynomials of degree at most 2")
            count = ARGUMENTS[operator]
            open_.append((at, operator, lines.count("a number of terms", 1, LARGEST) if count is None else count, []))
            continue
        if kind == "n":
            value = Polynomial(number(at, rest))
        elif kind == "v":
            j = whole(at, rest, "a variable", 0, len(defined) - 1)
            value = defined[j] if j < len(defined) else Polynomial()
        else:
            raise ValueError(f"line {at}: expected o, n or v and a number, got {shown(word)}")
        while open_:
            start, operator, count, known = open_[-1]
            known.append(value)
            if len(known) < count:
                break
            open_.pop()
            try:
                value = _value(operator, known)
            except ValueError as error:
                raise ValueError(f"line {start}: {error}; expected polynomials of degree at most 2") from None
        else:
            return value


def _value(operator: int, known: list[Polynomial]) -> Polynomial:
    a, b = known[0], known[-1]
    if operator in (0, 54):
        out = Polynomial()
        for part in known:
            out.add(part)
        return out
    if operator == 1:
        return a.scaled(1).add(b, -1)
    if operator == 2:
        return a.times(b)
    if operator == 16:
        return a.scaled(-1)
    if operator == 76:
        return a.times(a)
    if b.degree or (operator == 3 and not b.constant):
        raise ValueError("a quotient by what is no number but 0" if operator == 3 else "an exponent that is no number")
    if operator == 3:
        return a.scaled(1 / Fraction(b.constant))
    if a.degree == 0 and a.constant and b.constant.denominator == 1 and abs(b.constant) <= 100:
        return Polynomial(Fraction(a.constant) ** int(b.constant))
    if b.constant not in (0, 1, 2):
        raise ValueError(f"the exponent {b.constant}")
    return Polynomial(1) if b.constant == 0 else a.scaled(1) if b.constant == 1 else a.times(a)
