"""Rational matrices X ⪰ 0 of bounded rank near a floating one that satisfy <A_i, X> = b_i exactly, where there are any.

Three ways, and no promise: the equations cut out a variety that need not have a rational point nearby.
    diagonal    X_ii = c t_i² for every i: X = cFF' with row i on the sphere of radius t_i, by stereographic projection
    linear      X = U S U' with a rational frame U: the equations are linear in S, at most r(r+1)/2 of them
    one column  X = cww' with w rounded and c from an equation, which suffices for one equation, or signs w = ±1
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.arithmetic.elimination import eliminate_exactly
from copos.arithmetic.exact import solved
from copos.arithmetic.rational_frames import frame, rounded
from copos.arithmetic.rationals import Rational, RationalRows, rational, summed

Matrix = NDArray[Any]
Rows = Sequence[Mapping[int, Rational]]


def rational_point(X: Matrix, rows: Rows, b: Sequence[Rational], rank: int) -> tuple[Matrix, Matrix]:
    """(X', Q): X' near X of rank ≤ r, Q the projection of rank r with QX' = X', in Fractions.

    Parameters
    ----------
    X : (n, n) positive semidefinite, of rank ≤ r up to rounding
    rows : <A_i, X> as linear forms on the triangle X_ij, i ≤ j
    b : right-hand sides

    Examples
    --------
    >>> X = np.array([[1.0, 0.6, 0.0], [0.6, 1.0, 0.8], [0.0, 0.8, 1.0]])
    >>> near, Q = rational_point(X, [{0: 1}, {2: 1}, {5: 1}], [1, 1, 1], 2)
    >>> [int(v) for v in np.diag(near)], int(np.trace(Q))
    ([1, 1, 1], 2)
    """
    n = len(X)
    s, V = np.linalg.eigh(X)
    s, V = np.maximum(s[n - rank :], 0.0), V[:, n - rank :]
    if rank == 1 and s[0] > 0:
        w = rounded(V / np.abs(V).max())
        near = _multiple(w @ w.T, float(s[0]) * np.abs(V).max() ** 2, rows, b)
        if near is not None:
            return near, w @ w.T / (w[:, 0] @ w[:, 0])
    found = _on_spheres(V * np.sqrt(s), rows, b)
    if found is not None:
        F, unit = found
        Q = _projection(F)
        if Q is not None:
            return unit * (F @ F.T), Q
    U = frame(V)
    S = _solved(np.diag(s), U, rows, b)
    return U @ S @ U.T, U @ U.T


def _multiple(M: Matrix, size: float, rows: Rows, b: Sequence[Rational]) -> Matrix | None:
    """The multiple c M, c > 0, that satisfies the equations, near size·M where there are none; None if none does."""
    triangle = M[svec.triangle(len(M))]
    values = [sum((c * triangle[k] for k, c in row.items()), Fraction(0)) for row in rows]
    k = max(range(len(values)), key=lambda i: abs(values[i]), default=-1)
    c = Fraction(size) if k < 0 or not values[k] else Fraction(b[k]) / values[k]
    return c * M if c > 0 and all(c * v == value for v, value in zip(values, b, strict=True)) else None


def _on_spheres(F: Matrix, rows: Rows, b: Sequence[Rational]) -> tuple[Matrix, Fraction] | None:
    """(G, c) with rational rows and cGG' near FF' on X_ii = b_i; None unless the equations are these, b_i/c squares."""
    n, r = F.shape
    lengths: dict[int, Fraction] = {}
    unit = Fraction(0)
    for row, value in zip(rows, b, strict=True):
        if len(row) != 1:
            return None
        (((k, c)),) = row.items()
        i, j = (int(v) for v in svec.pair(k))
        unit = unit or Fraction(value) / Fraction(c)
        if unit <= 0:
            return None
        ratio = Fraction(value) / Fraction(c) / unit
        t = None if ratio < 0 else Fraction(isqrt(ratio.numerator), isqrt(ratio.denominator))
        if i != j or t is None or t * t != ratio or lengths.get(i, t) != t:
            return None
        lengths[i] = t
    if r < 2 or not lengths:
        return None
    F = F / np.sqrt(float(unit))
    out = rounded(F)
    for i, t in lengths.items():
        x, size = F[i], float(np.linalg.norm(F[i]))
        k = int(np.argmax(np.abs(x)))
        if size == 0 and t:
            return None
        # from the pole −sign·e_k: x = t (2p, sign (1 − |p|²)) / (1 + |p|²), p the other coordinates over 1 + |x_k|
        sign = 1 if x[k] >= 0 else -1
        p = rounded(np.delete(x / (size or 1.0), k) / (1 + abs(x[k]) / (size or 1.0)))
        square = sum((v * v for v in p), Fraction(0))
        others = (2 * t * p / (1 + square)).tolist()
        out[i] = [*others[:k], sign * t * (1 - square) / (1 + square), *others[k:]]
    return out, unit


def _projection(F: Matrix) -> Matrix | None:
    """F (F'F)^-1 F'; None if the columns of F are dependent."""
    found = solved((F.T @ F).tolist(), F.T.tolist())
    return None if found is None else F @ np.array(found, dtype=object).reshape(F.T.shape)


def _solved(S: Matrix, U: Matrix, rows: Rows, b: Sequence[Rational]) -> Matrix:
    """S near the floating one with <A_i, U S U'> = b_i, where there is one; its largest entries are solved for."""
    r = len(S)
    row, col = svec.triangle(r)
    near = rounded(S[row, col])
    forms = []
    for A, value in zip(rows, b, strict=True):
        terms: list[tuple[int, Rational]] = [(len(near), -value)]
        for k, c in A.items():
            i, j = (int(v) for v in svec.pair(k))
            for p in range(r):
                for q in range(r):
                    terms.append((int(svec.position(min(p, q), max(p, q))), c * U[i, p] * U[j, q]))
        forms.append(summed(terms))
    if len(forms) <= len(near):
        order = np.argsort(-np.abs(S[row, col]), kind="stable")
        preference = np.empty(len(near) + 1, dtype=np.int64)
        preference[order], preference[-1] = np.arange(len(near)), len(near)
        left = eliminate_exactly(RationalRows(len(near) + 1, tuple(forms)), preference)
        if len(near) in left.free and left.exact is not None:
            values = [*near.tolist(), Fraction(1)]
            kept = [values[k] for k in left.free.tolist()]
            parts = left.exact.rows[:-1]
            near = np.array([sum((c * kept[k] for k, c in part.items()), Fraction(0)) for part in parts])
    out = np.empty((r, r), dtype=object)
    out[row, col] = out[col, row] = [rational(v) for v in near]
    return out
