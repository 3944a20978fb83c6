"""Levels as constraints of cvxpy, on any affine matrix expression; and the method "copos" for quadratic problems.

Needs the extra `copos[cvxpy]`. Importing this file lets `problem.solve(method="copos")` work (`cvxpy_solve`).
"""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from typing import Any

from copos.cones import Cone
from copos.interop import cvxpy_solve
from copos.interop.sides import Side, inner, outer

Expression = Any
Constraint = Any
with suppress(ImportError):  # the functions below say what is missing
    cvxpy_solve.register()


def completely_positive(
    X: Expression, level: int = 0, family: str = "parrilo", gram: str = "sdp", cone: Cone | None = None
) -> list[Constraint]:
    """X in the level's *outer* approximation of CP(K): every completely positive X satisfies these constraints.

    Minimising over them gives a lower bound.

    Parameters
    ----------
    X : affine expression of shape (n, n), or a matrix; it is made symmetric by the constraints
    level, family, gram : see `copos.lower_bound`
    cone : K in R^n; the orthant R_+^n by default

    Returns
    -------
    list of cvxpy constraints

    Raises
    ------
    ImportError
        Without cvxpy.
    ValueError
        If X is not affine, not of the cone's order, or the level does not exist or fit.

    Examples
    --------
    >>> import cvxpy as cp, numpy as np
    >>> X = cp.Variable((5, 5), symmetric=True)
    >>> A = np.array([[abs(i - j) in (1, 4) for j in range(5)] for i in range(5)])
    >>> constraints = [cp.sum(X) == 1, *completely_positive(X, level=1)]
    >>> problem = cp.Problem(cp.Minimize(cp.trace(X) + cp.sum(X[A])), constraints)
    >>> round(float(problem.solve(solver="CLARABEL")), 5)
    0.5
    """
    X = _affine(X)
    return _constraints(X, outer(X.shape, level, family, gram, cone))


def copositive(
    M: Expression, level: int = 0, family: str = "parrilo", gram: str = "sdp", cone: Cone | None = None
) -> list[Constraint]:
    """M in the level's *inner* approximation of COP(K): these constraints prove x'Mx ≥ 0 on K.

    e(x)^ℓ x'Mx = Σ <G_s, B_s(x)>, with the Gram matrices as new variables. A matrix that is not symmetric stands for
    (M + M')/2. Parameters, result and errors are those of `completely_positive`.

    Examples
    --------
    >>> import cvxpy as cp, numpy as np
    >>> horn = np.array([[1.0 - 2 * (abs(i - j) in (1, 4)) for j in range(5)] for i in range(5)])
    >>> t = cp.Variable()
    >>> problem = cp.Problem(cp.Maximize(t), copositive(horn - t * np.ones((5, 5)), level=0))
    >>> round(float(problem.solve(solver="CLARABEL")), 5)
    -0.10557
    """
    M = _affine(M)
    return _constraints(M, inner(M.shape, level, family, gram, cone))


def _affine(X: Expression) -> Expression:
    try:
        cp = import_module("cvxpy")
    except ImportError:
        raise ImportError("cvxpy is not installed: pip install 'copos[cvxpy]'") from None
    X = cp.Expression.cast_to_const(X)
    if not X.is_affine():
        raise ValueError(f"expected an affine expression, got one that is {X.curvature.lower()}")
    return X


def _constraints(X: Expression, side: Side) -> list[Constraint]:
    cp = import_module("cvxpy")
    u = cp.Variable(side.unknowns)
    x = cp.vec(X, order="C")
    out: list[Constraint] = [side.left @ x == side.right @ u]
    if side.skew.shape[0] and not X.is_symmetric():
        out.append(side.skew @ x == 0)
    if side.zero.shape[0]:
        out.append(side.zero @ u == 0)
    if side.scalars.shape[0]:
        out.append(side.scalars @ u >= 0)
    p, q, r = side.norms
    if p.shape[0]:
        out.append(cp.SOC(p @ u, cp.vstack([q @ u, r @ u])))
    return out + [cp.reshape(T @ u, (n, n), order="C") >> 0 for n, T in side.matrices]
