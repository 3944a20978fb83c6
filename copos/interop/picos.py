"""Levels as constraints of picos, on any affine matrix expression; names and numbers as in `copos.interop.cvxpy`.

Needs the extra `copos[picos]`; picos is under the GPL, and nothing else in this package imports it.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import scipy.sparse as sp

from copos.cones import Cone
from copos.interop.sides import Side, inner, outer

Expression = Any
Constraint = Any


def completely_positive(
    X: Expression, level: int = 0, family: str = "parrilo", gram: str = "sdp", cone: Cone | None = None
) -> list[Constraint]:
    """X in the level's *outer* approximation of CP(K): every completely positive X satisfies these constraints.

    Minimising over them gives a lower bound.

    Parameters
    ----------
    X : real affine expression of shape (n, n), or a matrix; it is made symmetric by the constraints
    level, family, gram : see `copos.lower_bound`
    cone : K in R^n; the orthant R_+^n by default

    Returns
    -------
    list of picos constraints, for `problem.add_list_of_constraints`

    Raises
    ------
    ImportError
        Without picos.
    ValueError
        If X is not real and affine, not of the cone's order, or the level does not exist or fit.

    Examples
    --------
    >>> import picos
    >>> X = picos.SymmetricVariable("X", 5)
    >>> Q = picos.Constant([[float(i == j or abs(i - j) in (1, 4)) for j in range(5)] for i in range(5)])
    >>> problem = picos.Problem()
    >>> problem.minimize = Q | X
    >>> problem += picos.sum(X) == 1
    >>> _ = problem.add_list_of_constraints(completely_positive(X, level=1))
    >>> round(problem.solve(solver="cvxopt").value, 5)
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
    >>> import picos
    >>> horn = picos.Constant([[1.0 - 2 * (abs(i - j) in (1, 4)) for j in range(5)] for i in range(5)])
    >>> t = picos.RealVariable("t")
    >>> problem = picos.Problem()
    >>> problem.maximize = t
    >>> _ = problem.add_list_of_constraints(copositive(horn - t * picos.Constant(1.0, shape=(5, 5)), level=0))
    >>> round(problem.solve(solver="cvxopt").value, 5)
    -0.10557
    """
    M = _affine(M)
    return _constraints(M, inner(M.shape, level, family, gram, cone))


def _affine(X: Expression) -> Expression:
    try:
        picos = import_module("picos")
    except ImportError:
        raise ImportError("picos is not installed: pip install 'copos[picos]'") from None
    if not isinstance(X, picos.expressions.Expression):
        X = picos.Constant("X", X)
    X = X.refined
    if not isinstance(X, picos.expressions.AffineExpression):
        raise ValueError(f"expected a real affine expression, got a {type(X).__name__}")
    return X


def _constraints(X: Expression, side: Side) -> list[Constraint]:
    picos = import_module("picos")
    u = picos.RealVariable("u", side.unknowns)
    x = X.T.vec  # picos reads columns
    out: list[Constraint] = [_constant(side.left) * x == _constant(side.right) * u]
    if side.skew.shape[0] and not (X - X.T).is0:  # solvers stumble over equations 0 = 0
        out.append(_constant(side.skew) * x == 0)
    if side.zero.shape[0]:
        out.append(_constant(side.zero) * u == 0)
    if side.scalars.shape[0]:
        out.append(_constant(side.scalars) * u >= 0)
    p, q, r = (_constant(part) * u for part in side.norms) if side.norms[0].shape[0] else ((), (), ())
    out += [abs(q[k] // r[k]) <= p[k] for k in range(len(p))]
    return out + [(_constant(T) * u).reshaped((n, n)) >> 0 for n, T in side.matrices]


def _constant(matrix: sp.csr_array) -> Expression:
    """A sparse matrix as a constant of picos."""
    picos, cvxopt = import_module("picos"), import_module("cvxopt")
    terms = sp.coo_array(matrix)
    data = cvxopt.spmatrix(terms.data.tolist(), terms.row.tolist(), terms.col.tolist(), matrix.shape, "d")
    return picos.Constant(data)
