"""When a gap counts as closed: upper − lower ≤ max(tolerance·|upper|, absolute).

A relative gap cannot be reached where the optimum is 0. What stands in for |upper| there is the unit of the program's
values, the power of two by which its normal form divides them, so that Q and 2^k·Q are worked on equally long.
"""

from __future__ import annotations

from copos.normal import NormalForm
from copos.support import options

SHARE, LEAST = 1e-4, 1e-9  # of the unit of values: this part of the tolerance, at least so much


def absolute_gap(normal: NormalForm, tolerance: float, absolute: float | None) -> float:
    """The absolute gap that is small enough, as given or in units of the program's values.

    Examples
    --------
    >>> from copos import standard_quadratic
    >>> from copos.normal import normal_form
    >>> large, small = (normal_form(standard_quadratic([[0, k], [k, 0]])) for k in (2.0**20, 2.0**-20))
    >>> absolute_gap(large, 1e-3, None) / absolute_gap(small, 1e-3, None) == 2.0**40
    True
    >>> absolute_gap(large, 1e-3, 0.5)
    0.5
    """
    if absolute is not None:
        return options.tolerance(absolute, "absolute")
    return normal.value(max(LEAST, SHARE * options.tolerance(tolerance)))
