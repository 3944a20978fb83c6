"""A question put to the package, and what is right about its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import inf, isfinite, isnan
from typing import Any, NamedTuple

from benchmarks._rational import Between, Optimum, Value
from copos.conic import Status

CLOSE = Fraction(1, 10**6)  # relative gap that counts as closed
NOTHING = Fraction(1, 10**12)  # of the scale: a gap that counts as closed where the optimum is 0


class Judged(NamedTuple):
    """What became of a question; `wrong` is empty if all is as it must be."""

    proved: bool
    closed: bool
    reason: str
    wrong: list[str]


class Question(NamedTuple):
    """An entrance with its arguments: `ask` calls the package, `judge` compares the answer with what is true."""

    entrance: str
    how: dict[str, Any]
    ask: Callable[[], Any]
    judge: Callable[[Any], Judged]


def number(v: Any) -> Value:
    """A float, an integer or a rational number as what it is; ±inf stays a float, NaN is refused."""
    if isinstance(v, Fraction | int):
        return Fraction(v)
    if isnan(v):
        raise ValueError("a bound is NaN")
    return Fraction(float(v)) if isfinite(v) else float(v)


def told(v: Value) -> str:
    """A rational number for a reader."""
    try:
        return f"{float(v):.17g}"
    except OverflowError:
        return f"about 2^{v.numerator.bit_length() - v.denominator.bit_length()}"  # type: ignore[union-attr]


def crossed(lower: Value, upper: Value, optimum: Optimum, found: Value | None = None) -> Iterator[str]:
    """What is false of lower ≤ optimum ≤ upper and lower ≤ the value of the solution that was returned."""
    if optimum.below(lower):
        yield f"lower {told(lower)} is above the optimum {place(optimum)}"
    if optimum.above(upper):
        yield f"upper {told(upper)} is below the optimum {place(optimum)}"
    if found is not None and lower > found:
        yield f"lower {told(lower)} is above the exact value {told(found)} of what is returned"
    if lower > upper:
        yield f"lower {told(lower)} is above upper {told(upper)}"


def place(optimum: Optimum) -> str:
    """Where the optimum is."""
    low, high = ends(optimum)
    return told(low) if low == high else f"{told(low)} … {told(high)}"


def ends(optimum: Optimum) -> tuple[Value, Value]:
    """Low ≤ optimum ≤ high."""
    return (optimum.low, optimum.high) if isinstance(optimum, Between) else optimum.between(120)


def closed(lower: Value, upper: Value, scale: Fraction) -> bool:
    """Is the gap at most 1e-6 of the upper bound, or 1e-12 of the scale?"""
    if not (isfinite(lower) and isfinite(upper)):
        return False
    return upper - lower <= max(CLOSE * abs(upper), NOTHING * scale)


def bracket_judged(
    bound: Any, program: Any, optimum: Optimum, scale: Fraction, found: Value | None = None, feasible: bool = True
) -> Judged:
    """Of a `Bound`: its numbers, its verdict and its certificates."""
    lower, upper = number(bound.lower), number(bound.upper)
    wrong = list(crossed(lower, upper, optimum, found))
    if bound.exact is not None:
        wrong += [f"exact: {what}" for what in crossed(bound.exact, inf, optimum, found)] if not wrong else []
        wrong += ["lower is above what is proved"] if lower > bound.exact else []
    if feasible and bound.status is Status.INFEASIBLE and "claimed" not in bound.reason:
        wrong.append("a feasible problem is called infeasible")
    if bound.proved != (bound.certificate is not None) or bound.proved == (bound.lower == -inf):
        wrong.append(f"proved is {bound.proved}, lower {bound.lower}, certificate {bound.certificate is not None}")
    for name in ("certificate", "upper_certificate"):
        certificate = getattr(bound, name)
        if certificate is not None:
            verdict = certificate.verify(program)
            wrong += [] if verdict.proved else [f"the checker rejects the {name}: {verdict.reason}"]
    # a program that recovers no solution is compared with the optimum
    top = upper if program.recover is not None else ends(optimum)[1]
    return Judged(bool(bound.proved), closed(lower, top, scale), "" if bound.proved else bound.reason, wrong)
