"""The standard quadratic program: a quadratic form over the unit simplex."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic.simplex import minimum
from copos.cones import NonNegative
from copos.program import CompletelyPositiveProgram, Recovered
from copos.questions import Question, rows, table
from copos.reformulation.exact_data import even, positive, quadratic_form, square
from copos.reformulation.units import exponent

Matrix = NDArray[np.float64]


def standard_quadratic(Q: ArrayLike, multiplier: ArrayLike | None = None) -> CompletelyPositiveProgram:
    """Min x'Qx over x ≥ 0, e'x = 1  =  min <Q, X>, <E, X> = 1, X completely positive.

    Every X = Σ λ_k x_kx_k' with λ ≥ 0 and x_k in the simplex has <E, X> = Σ λ_k, so the right-hand side is an
    average of values of the left. Its dual is max t with Q − tE copositive.

    Parameters
    ----------
    Q : (n, n) symmetric matrix, of floats (which mean their dyadic values), integers, Fractions, Decimals or text
    multiplier : (n,) positive weights w; the levels multiply by (w'x)^ℓ instead of (e'x)^ℓ

    Returns
    -------
    CompletelyPositiveProgram
        `recover` returns the best point of the simplex that local search finds from the relaxed X; the atom of a
        point is the point.

    Raises
    ------
    ValueError
        If Q is not symmetric, empty or not finite, or a weight is not positive.

    References
    ----------
    [BomzeEtAl2000]

    Examples
    --------
    >>> from copos import bracket
    >>> program = standard_quadratic([[1.0, -1.0], [-1.0, 2.0]])
    >>> bound = bracket(program)                         # at (3/5, 2/5): 9/25 − 12/25 + 8/25
    >>> round(bound.claimed, 6), round(bound.upper, 6), bound.found.solution.round(6).tolist()
    (0.2, 0.2, [0.6, 0.4])
    """
    given = square(Q, "Q")
    M, n = even(given), len(given)
    unit = exponent(M)
    M = np.ldexp(M, -unit)  # the search is the same in all units
    cone, weights = NonNegative(n), None
    if multiplier is not None:
        weights = positive(multiplier, n)
        cone = cone.with_unit(weights)

    def atom(x: ArrayLike) -> Matrix:
        point = np.asarray(x, dtype=float)
        if point.shape != (n,) or point.min() < 0 or abs(point.sum() - 1) > 1e-9:
            raise ValueError(f"expected a point of the simplex in R^{n}, got {x!r}")
        return point

    def recover(X: Matrix) -> Recovered:
        x = minimum(M, X)
        return Recovered(x, float(np.ldexp(x @ M @ x, unit)), x)

    def question() -> dict[str, Any]:
        options = {} if weights is None else {"multiplier": rows(weights)[0]}
        return {"type": "standard quadratic", "Q": table(rows(given)), **options}

    everywhere = np.ones((n, n))
    return CompletelyPositiveProgram(
        cone, quadratic_form(given), [(everywhere, 1.0)], name=f"standard quadratic program, n={n}", recover=recover,
        atom=atom, question=Question(question), tables=Question(lambda: {"Q": rows(given)}),
    )  # fmt: skip
