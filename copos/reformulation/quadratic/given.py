"""`copos.quadratic_program`: a quadratic program from arrays, with SciPy's argument names and conventions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from copos.arithmetic.rationals import Rational, rational
from copos.reformulation.exact_data import numbers
from copos.reformulation.quadratic.value import RELATIONS, Constraint, Quadratic, QuadraticProgram
from copos.support.choices import Sense

MatrixLike = ArrayLike | sp.sparray | sp.spmatrix
Limits = list[tuple[Rational | None, Rational | None]]


def quadratic_program(
    Q: MatrixLike | None = None,
    c: ArrayLike | None = None,
    constant: Any = 0,
    A_ub: MatrixLike | None = None,
    b_ub: ArrayLike | None = None,
    A_eq: MatrixLike | None = None,
    b_eq: ArrayLike | None = None,
    bounds: Any = (0, None),
    integrality: ArrayLike | None = None,
    quadratic: Sequence[tuple[Any, Any, Any, str]] = (),
    sense: Sense = "min",
    names: Sequence[str] | None = None,
) -> QuadraticProgram:
    """Min (or max) x'Qx + c'x + constant  s.t.  A_ub x ≤ b_ub, A_eq x = b_eq, x'Q_kx + c_k'x ≤, =, ≥ d_k, bounds.

    Names and conventions are those of `scipy.optimize.linprog` and `milp`. Nothing needs to be convex.

    Parameters
    ----------
    Q : (n, n) matrix of the objective, dense or SciPy sparse, symmetric or not: only x'Qx counts, *without a factor ½*.
        None for a linear objective. All data may be floats (which mean their dyadic values), integers, Fractions,
        Decimals or text ("0.1", "1/3"), and are taken exactly
    c, constant : (n,) linear cost, zero by default; a number
    A_ub, b_ub : (m, n) and (m,), inequalities A_ub x ≤ b_ub
    A_eq, b_eq : (p, n) and (p,), equations
    bounds : a pair (low, high) for all variables, n pairs, or a `scipy.optimize.Bounds`; None or ±inf where there is
        none. By default x ≥ 0, as in SciPy; (None, None) makes all variables free
    integrality : 0 (real) or 1 (integer), for all or one per variable; all real by default
    quadratic : quadratic constraints (Q_k, c_k, d_k, relation), x'Q_kx + c_k'x relation d_k, relation "<=", ">=" or
        "="; c_k may be None
    sense : "min" or "max"
    names : of the variables, x0, x1, … by default

    Returns
    -------
    QuadraticProgram
        A frozen value; `.solve()` bounds and proves its optimum in these variables, this sense and these names.

    Raises
    ------
    ValueError
        If shapes, names or words do not fit, or an entry is no finite number.

    Examples
    --------
    A saddle over a triangle:

    >>> problem = quadratic_program([[0, 1], [1, 0]], c=[-1, 0], A_ub=[[1, 1]], b_ub=[1], sense="max")
    >>> problem
    QuadraticProgram(max over x0, x1: 1 constraint)
    >>> problem.value([0, 1])
    Fraction(0, 1)
    """
    n = _size(Q, c, A_ub, A_eq, names)
    where = _names(names, n)
    objective = _form(Q, c, constant, n, "")
    constraints = [*_rows(A_ub, b_ub, "ub", "<=", n), *_rows(A_eq, b_eq, "eq", "=", n)]
    for k, item in enumerate(quadratic):
        if not isinstance(item, (tuple, list)) or len(item) != 4 or item[3] not in RELATIONS:
            raise ValueError(f"quadratic[{k}] must be (Q_k, c_k, d_k, relation) with a relation '<=', '>=' or '='")
        right = _number(item[2], f"d of quadratic[{k}]")
        constraints.append(Constraint(_form(item[0], item[1], -right, n, f" of quadratic[{k}]"), item[3],
                                      f"quadratic[{k}]"))  # fmt: skip
    lower, upper = zip(*_bounds(bounds, where), strict=True)
    whole = _integrality(integrality, n)
    return QuadraticProgram(where, objective, sense, lower, upper, whole, tuple(constraints))


def _size(Q: Any, c: Any, A_ub: Any, A_eq: Any, names: Any) -> int:
    """The number of variables, from the first of the data that says it."""
    for M in (Q, A_ub, A_eq):
        if M is not None:
            shape = M.shape if hasattr(M, "shape") else np.shape(np.asarray(M, dtype=object))
            if not shape or not shape[-1]:
                raise ValueError("a matrix of the program has no columns")
            return int(shape[-1])
    for v in (c, names):
        if v is not None and len(v):
            return len(v)
    raise ValueError("expected Q, c, A_ub, A_eq or names: they say how many variables there are")


def _names(names: Sequence[str] | None, n: int) -> tuple[str, ...]:
    if names is None:
        return tuple(f"x{j}" for j in range(n))
    if len(names) != n:
        raise ValueError(f"names must be {n} texts, one per variable")
    return tuple(str(v) for v in names)


def _form(Q: Any, c: Any, constant: Any, n: int, of: str) -> Quadratic:
    pairs = () if Q is None else _entries(Q, f"Q{of}", (n, n))
    linear = () if c is None else ((j, v) for _, j, v in _entries(_row(c, f"c{of}"), f"c{of}", (1, n)))
    return Quadratic.of(pairs, linear, _number(constant, f"constant{of}"))


def _row(c: Any, name: str) -> Any:
    """A vector as a matrix of one row; a sparse one may be a row or a column."""
    if sp.issparse(c):
        return c if c.ndim == 1 or c.shape[0] == 1 else c.T
    return numbers(c, name).reshape(1, -1)


def _rows(A: Any, b: Any, what: str, relation: str, n: int) -> list[Constraint]:
    """A_i x − b_i relation 0."""
    if (A is None) != (b is None):
        raise ValueError(f"A_{what} and b_{what} go together")
    if A is None:
        return []
    right = np.atleast_1d(numbers(b, f"b_{what}"))
    if right.ndim != 1:
        raise ValueError(f"b_{what} must be a vector, got shape {right.shape}")
    if not sp.issparse(A):
        A = np.atleast_2d(numbers(A, f"A_{what}"))
    terms: list[list[tuple[int, Any]]] = [[] for _ in right]
    for i, j, v in _entries(A, f"A_{what}", (len(right), n)):
        terms[i].append((j, v))
    return [Constraint(Quadratic.of((), row, -rational(value)), relation, f"{what}[{k}]")
            for k, (row, value) in enumerate(zip(terms, right.tolist(), strict=True))]  # fmt: skip


def _entries(M: Any, name: str, shape: tuple[int, int]) -> Iterator[tuple[int, int, Any]]:
    """The nonzero entries (i, j, value); of a sparse matrix without making it dense."""
    if sp.issparse(M):
        table = M.tocoo()
        if not np.isfinite(table.data).all():
            raise ValueError(f"{name} has an entry that is not finite")
        where, data, found = table.coords, table.data, table.shape
        if len(found) == 1:
            where, found = (np.zeros(len(data), dtype=int), where[0]), (1, *found)
        rows, columns = where
    else:
        M = numbers(M, name)
        found = M.shape
        if M.ndim == 2:
            rows, columns = np.nonzero(M != 0)
            data = M[rows, columns]
    if tuple(found) != shape:
        raise ValueError(f"{name} has shape {'×'.join(map(str, found))}, expected {'×'.join(map(str, shape))}")
    yield from zip(rows.tolist(), columns.tolist(), data.tolist(), strict=True)


def _number(value: Any, name: str) -> Rational:
    return rational(numbers(np.array([value, None], dtype=object)[:1], name).tolist()[0])


def _bounds(bounds: Any, names: tuple[str, ...]) -> Limits:
    """One pair per variable, None where there is no bound."""
    n = len(names)
    if bounds is None:
        bounds = (0, None)
    if hasattr(bounds, "lb") and hasattr(bounds, "ub"):
        low, high = (np.broadcast_to(np.asarray(v, dtype=object), (n,)).tolist() for v in (bounds.lb, bounds.ub))
        pairs = list(zip(low, high, strict=True))
    else:
        pairs = list(bounds)
        if len(pairs) == 2 and not any(isinstance(v, (tuple, list, np.ndarray)) for v in pairs):
            pairs = [tuple(pairs)] * n
    if len(pairs) != n or any(not isinstance(v, (tuple, list, np.ndarray)) or len(v) != 2 for v in pairs):
        raise ValueError(f"bounds must be a pair (low, high), or {n} such pairs, one per variable")
    return [(_limit(low, name, -np.inf), _limit(high, name, np.inf))
            for (low, high), name in zip(pairs, names, strict=True)]  # fmt: skip


def _limit(value: Any, name: str, none: float) -> Rational | None:
    """A bound; None for None and for an infinity on its own side."""
    if value is None or (isinstance(value, (float, np.floating)) and value == none):
        return None
    return _number(value, f"the {'lower' if none < 0 else 'upper'} bound of {name}")


def _integrality(integrality: ArrayLike | None, n: int) -> tuple[bool, ...]:
    kinds = np.asarray(0 if integrality is None else integrality)
    if kinds.ndim > 1 or (kinds.ndim == 1 and kinds.shape != (n,)):
        raise ValueError(f"integrality must be one number, or {n} of them, got shape {kinds.shape}")
    every = np.broadcast_to(kinds, (n,)).tolist()
    odd = next((v for v in every if v not in (0, 1)), None)
    if odd is not None:
        raise ValueError(f"integrality must be 0 (real) or 1 (integer), got {odd!r}")
    return tuple(bool(v) for v in every)
