"""A problem as plain data: integers and "p/q" strings, so that a certificate can name exactly what it is about.

A float means its dyadic value. A program is written in the coordinates u of its cone (x = basis·u), exactly: the
forms given in ambient coordinates are substituted in rational arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic import algebraic_matrix, svec
from copos.arithmetic.rationals import RationalRows, fraction, written
from copos.checker import check
from copos.cones import Cone
from copos.forms import Forms, substituted
from copos.program import CompletelyPositiveProgram
from copos.support import given

Exact = int | str


def exact_matrix(M: Any) -> list[list[Fraction]]:
    """Rows of a symmetric matrix of integers, Fractions, "p/q" strings or finite floats.

    Raises
    ------
    ValueError
        If it is not square and exactly symmetric, or has an entry that is not a finite rational number.
    """
    A = _rectangle(M, "M")
    if A.ndim != 2 or len(set(A.shape)) > 1 or not A.size:
        raise ValueError(f"expected a square matrix, got shape {A.shape}")
    F = [[_finite(v, "M", i, j) for j, v in enumerate(row)] for i, row in enumerate(A.tolist())]
    if any(F[i][j] != F[j][i] for i in range(len(F)) for j in range(i)):
        raise ValueError("the matrix is not exactly symmetric")
    return F


def matrix_problem(M: Any) -> dict[str, Any]:
    """The problem of type "matrix", or "algebraic matrix": a symmetric matrix on the nonnegative orthant."""
    A = algebraic_matrix.algebraic(M)
    if A is not None:
        return algebraic_matrix.plain(A)
    if isinstance(M, np.ndarray) and M.dtype == float and M.ndim == 2 and M.size and np.array_equal(M, M.T):
        if np.isfinite(M).all():
            return {"type": "matrix", "rows": [[written(v) for v in row] for row in M.tolist()]}
    return {"type": "matrix", "rows": [[written(v) for v in row] for row in exact_matrix(M)]}


def program_problem(program: CompletelyPositiveProgram, assumed_forms: ArrayLike = ()) -> dict[str, Any]:
    """The problem of type "program".

    Parameters
    ----------
    assumed_forms : linear forms a (rows, in ambient coordinates); the model assumes that some optimal atom has a'x ≥ 0.
        A certificate that uses them proves a bound under that statement, and says so.

    Examples
    --------
    >>> from copos import CompletelyPositiveProgram, NonNegative
    >>> p = program_problem(CompletelyPositiveProgram(NonNegative(1), [[2.5]], [([[1.0]], 1.0)]))
    >>> p["objective"], p["equations"]
    ([[0, 0, '5/2']], [{'form': [[0, 0, 1]], 'value': 1}])
    """
    cone, A = program.cone, program.equations[0]
    basis, e = _basis(cone), cone.entries
    coefficients, unit = (e.coefficient.tolist(), cone.unit.tolist()) if cone.exact is None else cone.exact[:2]
    blocks: list[dict[str, Any]] = [{"order": int(n), "entries": []} for n in cone.sizes]
    for k, i, j, v, c in zip(*(column.tolist() for column in e[:4]), coefficients, strict=True):
        if i <= j:
            blocks[k]["entries"].append([i, j, v, written(c)])
    out = {
        "type": "program",
        "name": program.name,
        "dim": cone.dim,
        "blocks": blocks,
        "generators": _forms(cone.generators, None),
        "unit": [[v, written(c)] for v, c in enumerate(unit) if c],
        "objective": _forms(program.C, basis)[0],
        "equations": [{"form": form, "value": written(value)}
                      for form, value in zip(_forms(A, basis), program.right_hand_sides, strict=True)],
        "vanishing": _forms(program.vanishing, basis),
    }  # fmt: skip
    if len(np.atleast_1d(assumed_forms)):
        out["stated"] = [_linear(row, basis) for row in np.atleast_2d(np.asarray(assumed_forms, dtype=float))]
    return out


def plain_table(rows: Any, name: str = "the table") -> list[list[Exact]]:
    """A table of numbers as integers and "p/q" strings, floats at their dyadic values; a vector is one row.

    >>> plain_table([[0.5, 2.0]]), plain_table([1, "1/3"])
    ([['1/2', 2]], [[1, '1/3']])

    Raises
    ------
    ValueError
        As `exact_matrix`, with the name of the table.
    """
    A = _rectangle(rows, name)
    if not len(np.atleast_1d(A)):
        return []
    A = np.atleast_2d(A)
    if A.ndim != 2:
        raise ValueError(f"{name} has {A.ndim} axes; expected the rows of a table")
    if A.dtype == float and np.isfinite(A).all():
        return [[written(v) for v in row] for row in A.tolist()]
    return [[written(_finite(v, name, i, j)) for j, v in enumerate(row)] for i, row in enumerate(A.tolist())]


def _rectangle(M: Any, name: str) -> NDArray[Any]:
    """An array of what was given, its entries as they are; text beside floats stays text."""
    if isinstance(M, (list, tuple)):
        sizes = {len(row) for row in M if isinstance(row, (list, tuple, np.ndarray))}
        if len(sizes) > 1:
            raise ValueError(f"{name} has rows of lengths {sorted(sizes)}; expected equal ones")
        M = np.array(M, dtype=object)
    return given.numbers(M, name, text=True)


def _finite(value: Any, name: str, i: int, j: int) -> Fraction:
    try:
        return fraction(value)
    except (TypeError, ValueError, OverflowError, ZeroDivisionError) as error:
        said = f"{given.place(name, (i, j))} is {repr(value)[:40]}"
        raise ValueError(f"{said}: expected finite numbers or 'p/q' strings ({error})") from None


def plain(problem: Any) -> dict[str, Any]:
    """The plain data of a program, a matrix, a path to a JSON file, or plain data itself."""
    if isinstance(problem, CompletelyPositiveProgram):
        return program_problem(problem)
    if isinstance(problem, dict):
        return problem
    if hasattr(problem, "plain_problem"):
        return problem.plain_problem()
    if isinstance(problem, str) or hasattr(problem, "__fspath__"):
        return check.load(problem)
    return matrix_problem(problem)


def _basis(cone: Cone) -> list[list[tuple[int, Fraction | int]]] | None:
    """Rows of the basis as (u, coefficient); None for the identity."""
    if cone.exact is not None:
        return [sorted(row.items()) for row in cone.exact.basis.rows]
    T = cone.basis
    n = T.shape[1]
    if T.shape[0] == n and T.nnz == n and (T.indices == np.arange(n)).all() and (T.data == 1).all():
        return None
    return [[(int(T.indices[k]), _short(T.data[k])) for k in range(T.indptr[i], T.indptr[i + 1])]
            for i in range(T.shape[0])]  # fmt: skip


def _short(value: float) -> int | Fraction:
    """A float exactly, as an int where it is one (arithmetic on int is much faster)."""
    return int(value) if float(value).is_integer() else Fraction(float(value))


def _forms(forms: Forms, basis: list[list[tuple[int, Fraction | int]]] | None) -> list[list[list[Any]]]:
    """Every form as [[i, j, coefficient], …], i ≤ j, where the coefficient belongs to the monomial u_i u_j."""
    if forms.exact is not None:
        rows = forms.exact if basis is None else substituted(forms.exact, _rational_rows(basis, forms.dim))
        return [_listed(row) for row in rows.rows]
    a, b = svec.pair(forms.rows.indices)
    if basis is None:
        owner = np.repeat(np.arange(len(forms)), np.diff(forms.rows.indptr))
        order = np.lexsort((b, a, owner))
        coefficients = forms.rows.data[order]
        whole = (coefficients == np.rint(coefficients)).all() and np.abs(coefficients).max(initial=0.0) < 2.0**62
        c = coefficients.astype(np.int64).tolist() if whole else [written(v) for v in coefficients.tolist()]
        flat = [[i, j, v] for i, j, v in zip(a[order].tolist(), b[order].tolist(), c, strict=True) if v]
        if len(flat) < len(c):
            owner = owner[coefficients != 0]
        edges = np.searchsorted(owner, np.arange(len(forms) + 1)).tolist()
        return [flat[start:stop] for start, stop in zip(edges[:-1], edges[1:], strict=True)]
    out = []
    for start, stop in zip(forms.rows.indptr[:-1], forms.rows.indptr[1:], strict=True):
        terms: dict[tuple[int, int], Any] = {}
        for k in range(start, stop):
            i, j, c = int(a[k]), int(b[k]), _short(forms.rows.data[k])
            for p, s in basis[i]:
                for q, t in basis[j]:
                    key = (p, q) if p <= q else (q, p)
                    terms[key] = terms.get(key, 0) + c * s * t
        out.append([[*key, written(c)] for key, c in sorted(terms.items()) if c])
    return out


def _rational_rows(basis: list[list[tuple[int, Fraction | int]]], columns: int) -> RationalRows:
    return RationalRows(columns, tuple(dict(row) for row in basis))


def _listed(row: Mapping[int, Any]) -> list[list[Any]]:
    """A form's terms in order."""
    places = sorted(row)
    i, j = (part.tolist() for part in svec.pair(places))
    return sorted([a, b, written(row[at])] for at, a, b in zip(places, i, j, strict=True))


def _linear(row: np.ndarray, basis: list[list[tuple[int, Fraction | int]]] | None) -> list[list[Any]]:
    """A linear form on the ambient space, in u."""
    terms: dict[int, Any] = {}
    for i in np.flatnonzero(row).tolist():
        for p, s in basis[i] if basis is not None else [(i, 1)]:
            terms[p] = terms.get(p, 0) + _short(row[i]) * s
    return [[v, written(c)] for v, c in sorted(terms.items()) if c]
