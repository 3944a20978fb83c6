"""Relations that hold between any two true statements about one minimum; asked before a bound is returned.

    proved lower bound ≤ proved upper bound          in fractions, without a tolerance
    proved lower bound ≤ value of the point found    a float, whose rounding is enclosed
    nothing is feasible  ⇒  no point is proved feasible

They cost nothing beside a proof and cannot be switched off: where one fails, a proof or an evaluation is wrong, and a
bound must not be returned in its place.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from copos.arithmetic import svec
from copos.arithmetic.rationals import rounded_down
from copos.levels.bound import Bound
from copos.program import CompletelyPositiveProgram, Recovered
from copos.regularized import RegularizedProgram

Program = CompletelyPositiveProgram | RegularizedProgram

REPORT = "this is an error of copos, please report it with the data"
NEARLY = 2.0**-23  # points that satisfy their equations up to rounding: share of the objective's terms there


class InternalError(RuntimeError):
    """Two statements that copos was about to make contradict each other; please report it with the data."""


def sane(bound: Bound, program: Program) -> Bound:
    """The bound with its relations asked; an upper bound that rounding put below the lower one is raised to it.

    Raises
    ------
    InternalError
        If the lower bound exceeds the upper one by more than the rounding of its evaluation, or by anything if both are
        proved.

    Examples
    --------
    >>> from copos import NonNegative
    >>> program = CompletelyPositiveProgram(NonNegative(1), [[1.0]], [([[1.0]], 1.0)])
    >>> found = Recovered("x", 1.0, np.ones(1))
    >>> wrong = Bound(lower=2.0, exact=Fraction(2), proved=True, upper=1.0, found=found)
    >>> try:
    ...     sane(wrong, program)
    ... except InternalError as error:
    ...     print(str(error)[:76])
    completely positive program: 2.0 is proved as a lower bound, but a point of 
    """
    upper, reason = ordered(program, bound.lower, bound.exact, bound.upper, proved_upper(bound), bound.found)
    if upper == bound.upper:
        return bound
    if upper == np.inf:
        return replace(bound, upper=np.inf, found=None, upper_reason=reason)
    return replace(bound, upper=upper, upper_reason="; ".join(part for part in (bound.upper_reason, reason) if part))


def proved_upper(bound: Bound) -> Fraction | None:
    """The upper bound that a certificate proves."""
    return None if bound.upper_certificate is None else Fraction(bound.upper_certificate.proof["value"])


def ordered(
    program: Program,
    lower: float,
    exact: Fraction | None,
    upper: float,
    proved: Fraction | None,
    found: Recovered | None,
) -> tuple[float, str]:
    """(upper bound, why it is another one) after the relations were asked; `lower` is +inf if nothing is feasible.

    Raises
    ------
    InternalError
        If one fails.
    """
    name = program.name
    if np.isnan(upper) or np.isnan(lower):
        raise InternalError(f"{name}: a bound is not a number; {REPORT}")
    if lower == np.inf:
        if proved is not None:
            raise InternalError(f"{name}: proved infeasible, but a feasible point of value {float(proved)} is proved; "
                                f"{REPORT}")  # fmt: skip
        return (upper, "") if upper == np.inf else (np.inf, "the point found is not exactly feasible: nothing is")
    if exact is None:
        return upper, ""
    if proved is not None:
        assumed = getattr(program, "assumed", "")  # a program with a convex loss assumes nothing
        if exact > proved and assumed:
            raise ValueError(f"{name}: {assumed}: this was given, and cannot be; it leads to the lower bound "
                             f"{float(exact)!r}, but a value of {float(proved)!r} is attained")  # fmt: skip
        if exact > proved:
            values = f"{float(exact)!r} is proved as a lower bound, {float(proved)!r} as an upper one"
            raise InternalError(f"{name}: {values}; {REPORT}")
        return upper, ""
    if upper == np.inf or exact <= Fraction(upper):
        return upper, ""
    if not Fraction(rounding_of(program, found, lower)) >= exact - Fraction(upper):
        raise InternalError(f"{name}: {lower!r} is proved as a lower bound, but a point of value {upper!r} was "
                            f"found; {REPORT}")  # fmt: skip
    return -rounded_down(-exact), "raised to the proved lower bound, below which rounding had put its value"


def rounding_of(program: Program, found: Recovered | None, lower: float) -> float:
    """How far below its true value a point's value in floating point may be, or that of a nearby feasible point."""
    if isinstance(program, RegularizedProgram):
        return NEARLY * abs(lower)
    if found is None or found.mixture.atoms.shape[1:] != (program.cone.ambient,):
        return NEARLY * abs(lower)
    a, b = svec.pair(program.C.rows.indices)
    x, w = (np.abs(part.astype(float)) for part in (found.mixture.atoms, found.mixture.weights))
    with np.errstate(over="ignore", invalid="ignore"):
        size = float(w @ (x[:, a] * x[:, b]) @ np.abs(program.C.rows.data))
    return NEARLY * (size if np.isfinite(size) else abs(lower))
