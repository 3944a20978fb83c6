"""Levels as constraints of cvxpy, on any affine matrix expression.

Needs the extra `copos[cvxpy]`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import scipy.sparse as sp

from copos import svec
from copos.cones import Cone, NonNegative
from copos.hierarchy.membership import Membership, membership

Expression = Any
Constraint = Any


def completely_positive(
    X: Expression, level: int = 0, family: str = "parrilo", gram: str = "sdp", cone: Cone | None = None
) -> list[Constraint]:
    """X in the level's *outer* approximation of CP(K): every completely positive X satisfies these constraints.

    Minimising over them gives a lower bound.

    Parameters
    ----------
    X : affine expression of shape (n, n); it is made symmetric by the constraints
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
    >>> import cvxpy as cp
    >>> X = cp.Variable((5, 5), symmetric=True)
    >>> A = np.array([[abs(i - j) in (1, 4) for j in range(5)] for i in range(5)])
    >>> constraints = [cp.sum(X) == 1, *completely_positive(X, level=1)]
    >>> problem = cp.Problem(cp.Minimize(cp.trace(X) + cp.sum(X[A])), constraints)
    >>> round(float(problem.solve(solver="CLARABEL")), 5)
    0.5
    """
    cp, level_of = _start(X, level, family, gram, cone)
    w = cp.Variable(level_of.rows.shape[1])
    inside = _in_cones(cp, level_of, level_of.rows @ w)
    return [level_of.Y_of_moments @ w == cp.vec(X, order="C"), *inside]


def copositive(
    M: Expression, level: int = 0, family: str = "parrilo", gram: str = "sdp", cone: Cone | None = None
) -> list[Constraint]:
    """M in the level's *inner* approximation of COP(K): these constraints prove x'Mx ≥ 0 on K.

    e(x)^ℓ x'Mx = Σ <G_s, B_s(x)>, with the Gram matrices as new variables. A matrix that is not symmetric stands for
    (M + M')/2.

    Parameters
    ----------
    M : affine expression of shape (n, n)
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
        If M is not affine, not of the cone's order, or the level does not exist or fit.

    Examples
    --------
    >>> import cvxpy as cp
    >>> horn = np.array([[1.0 - 2 * (abs(i - j) in (1, 4)) for j in range(5)] for i in range(5)])
    >>> t = cp.Variable()
    >>> problem = cp.Problem(cp.Maximize(t), copositive(horn - t * np.ones((5, 5)), level=0))
    >>> round(float(problem.solve(solver="CLARABEL")), 5)
    -0.10557
    """
    cp, level_of = _start(M, level, family, gram, cone)
    z, inside = _dual_variables(cp, level_of)
    return [level_of.Y_of_moments.T @ cp.vec(M, order="C") == level_of.rows.T @ z, *inside]


def _start(X: Expression, level: int, family: str, gram: str, cone: Cone | None) -> tuple[Any, Membership]:
    try:
        cp = import_module("cvxpy")
    except ImportError:
        raise ImportError("cvxpy is not installed: pip install 'copos[cvxpy]'") from None
    X = cp.Expression.cast_to_const(X) if hasattr(cp, "Expression") else X
    if not X.is_affine():
        raise ValueError(f"expected an affine expression, got one that is {X.curvature.lower()}")
    if X.ndim != 2 or X.shape[0] != X.shape[1] or (cone is not None and X.shape[0] != cone.ambient):
        expected = "square" if cone is None else f"{cone.ambient}×{cone.ambient}"
        raise ValueError(f"expected a {expected} matrix expression, got shape {X.shape}")
    return cp, membership(NonNegative(X.shape[0]) if cone is None else cone, level, family, gram)


def _in_cones(cp: Any, level_of: Membership, s: Expression) -> list[Constraint]:
    """The rows s in their cones; a matrix is put together from its svec."""
    out: list[Constraint] = []
    triples = []
    for kind, order, rows in level_of.cones.slices():
        if kind == "nonnegative" and order:
            out.append(s[rows] >= 0)
        elif kind == "second_order":
            triples.append(rows.start)
        elif kind == "psd":
            whole = _whole(order) @ s[rows]
            out.append(cp.reshape(whole, (order, order), order="C") >> 0)
    if triples:  # all of dimension 3, as one constraint
        first = np.array(triples)
        out.append(cp.SOC(s[first], cp.vstack([s[first + 1], s[first + 2]])))
    return out


def _dual_variables(cp: Any, level_of: Membership) -> tuple[Expression, list[Constraint]]:
    """Z in the dual cones as variables: the Gram matrices."""
    parts: list[Expression] = []
    inside: list[Constraint] = []
    count = level_of.cones.rows - sum(svec.length(n) for n in level_of.cones.psd)
    if count:
        parts.append(cp.Variable(count))
        scalars = level_of.cones.nonnegative
        if scalars:
            inside.append(parts[0][:scalars] >= 0)
        if level_of.cones.second_order:
            first = scalars + 3 * np.arange(len(level_of.cones.second_order))
            inside.append(cp.SOC(parts[0][first], cp.vstack([parts[0][first + 1], parts[0][first + 2]])))
    for n in level_of.cones.psd:
        G = cp.Variable((n, n), PSD=True)
        parts.append(_whole(n).T @ cp.vec(G, order="C"))
    return cp.hstack(parts), inside


def _whole(n: int) -> sp.csr_array:
    """Take an svec to the vec of its matrix; the transpose takes vec to svec, because it is an isometry."""
    i, j = (k.ravel() for k in np.indices((n, n)))
    value = np.where(i == j, 1.0, 1 / svec.SQRT2)
    return sp.csr_array(sp.coo_array((value, (np.arange(n * n), svec.position(i, j))), shape=(n * n, svec.length(n))))
