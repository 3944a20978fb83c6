"""The standard quadratic program: a quadratic form over the unit simplex."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copos.cones import NonNegative
from copos.given import real_array
from copos.program import CompletelyPositiveProgram, Recovered
from copos.reformulation.simplex import minimum

Matrix = NDArray[np.float64]


def standard_quadratic(Q: ArrayLike, multiplier: ArrayLike | None = None) -> CompletelyPositiveProgram:
    """Min x'Qx over x ≥ 0, e'x = 1  =  min <Q, X>, <E, X> = 1, X completely positive.

    Every X = Σ λ_k x_kx_k' with λ ≥ 0 and x_k in the simplex has <E, X> = Σ λ_k, so the right-hand side is an
    average of values of the left. Its dual is max t with Q − tE copositive.

    Parameters
    ----------
    Q : (n, n) symmetric matrix
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
    >>> round(bound.claimed, 6), round(bound.upper, 6), bound.found.object.round(6).tolist()
    (0.2, 0.2, [0.6, 0.4])
    """
    M = symmetric(Q, "Q")
    n = len(M)
    cone = NonNegative(n)
    if multiplier is not None:
        cone = cone.with_unit(positive(multiplier, n))

    def atom(x: ArrayLike) -> Matrix:
        point = np.asarray(x, dtype=float)
        if point.shape != (n,) or point.min() < 0 or abs(point.sum() - 1) > 1e-9:
            raise ValueError(f"expected a point of the simplex in R^{n}, got {x!r}")
        return point

    def recover(X: Matrix) -> Recovered:
        x = minimum(M, X)
        return Recovered(x, float(x @ M @ x), x)

    everywhere = np.ones((n, n))
    return CompletelyPositiveProgram(
        cone, M, [(everywhere, 1.0)], name=f"standard quadratic program, n={n}", recover=recover, atom=atom
    )


def symmetric(M: ArrayLike, name: str) -> Matrix:
    """M as a finite symmetric matrix of floats; ValueError says what is wrong."""
    A = real_array(M, name)
    if A.ndim != 2 or A.shape[0] != A.shape[1] or A.size == 0:
        raise ValueError(f"{name} must be a nonempty square matrix, got shape {A.shape}")
    if not np.isfinite(A).all():
        raise ValueError(f"{name} has an entry that is not finite")
    skew = float(np.abs(A - A.T).max())
    if skew > 1e-12 * max(1.0, float(np.abs(A).max())):
        raise ValueError(f"{name} must be symmetric, but the largest |{name}_ij − {name}_ji| is {skew:.3g}")
    return (A + A.T) / 2


def positive(w: ArrayLike, n: int) -> Matrix:
    """W as n positive weights."""
    weights = real_array(w, "multiplier", infinite=True)
    if weights.shape != (n,) or not np.isfinite(weights).all() or weights.min() <= 0:
        raise ValueError(f"multiplier must be {n} positive numbers, got {w!r}")
    return weights
