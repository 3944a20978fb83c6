"""The moment relaxation of a box: Y ⪰ 0 for the averages of (1, t)(1, t)', products of all linear inequalities.

    min <F, Y>,  <G_k, Y> ≥ 0 or = 0,  <g_k t_i, Y> = 0 for linear equations,  <h_p h_q, Y> ≥ 0 for bounds and linear
    inequalities h ≥ 0,  <(x_j − m)(x_j − m − 1), Y> ≥ 0 for integers,  Y_00 = 1

Bits have x_j² = (low + high) x_j − low·high instead of the two inequalities that say so. The dual multipliers are those
of a leaf of the proof; the checker's file `check_boxes` has the identity.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.boxes.cell import Cell
from copos.conic import Cones, ConicForm, Solution, Status
from copos.reformulation.quadratic.value import Quadratic
from copos.solvers import solve

Vector = NDArray[np.float64]
GAPS = 8  # values of an integer up to which all its gaps are there, and not those near its value alone
ROWS = 8_000  # of a relaxation
ORDER = 40  # of its matrix


class Key(NamedTuple):
    """Which multiplier of a leaf a row belongs to, and with which sign and factor."""

    kind: str  # constraints, products, gaps
    at: tuple[int, int]
    factor: float


@dataclass(frozen=True, eq=False)
class Dual:
    """Multipliers, each with the form that it multiplies; the forms are symmetric matrices over (1, t).

    Attributes
    ----------
    keys, weights, forms : of the rows that have a multiplier, forms (count, k + 1, k + 1)
    mean : t of the relaxation
    spread : (k, k) covariance of the relaxation
    contradiction : do the multipliers say that nothing is feasible?
    """

    keys: list[Key]
    weights: Vector
    forms: Vector
    mean: Vector
    spread: Vector
    contradiction: bool = False


def fits(cell: Cell) -> bool:
    """Is the relaxation of a size that is solved in a moment?"""
    k = len(cell.variables)
    equations = sum(c.is_linear and c.is_equation for c in cell.problem.constraints)
    linear = sum(c.is_linear and not c.is_equation for c in cell.problem.constraints)
    return k < ORDER and (2 * k + linear) ** 2 // 2 + equations * k <= ROWS


def relaxed(cell: Cell, objective: Quadratic, near: Vector, seconds: float = np.inf) -> Dual | None:
    """The dual of a cell's relaxation, or a proof that it is infeasible, both in doubles; None where there is neither.

    `near` is a point x whose integers say which gaps are there.
    """
    keys, equal, forms = _rows(cell, near)
    k = len(cell.variables) + 1
    row, col = svec.triangle(k)
    F = cell.form(objective)
    size = np.abs(F).max(initial=0.0) or 1.0
    flat = np.where(row == col, 1.0, 2.0) * np.concatenate([F[None] / size, forms])[:, row, col]
    order = np.r_[np.flatnonzero(equal), np.flatnonzero(~equal)]
    rows = flat[1:][order]
    psd = -np.diag(svec.scaling(k))
    A = np.vstack([-rows[:, 1:], psd[:, 1:]])
    b = np.r_[rows[:, 0], -psd[:, 0]]
    cones = Cones(int(equal.sum()), int((~equal).sum()), psd=(k,))
    form = ConicForm(flat[0, 1:], sp.csc_array(A), b, cones, flat[0, 0])
    options: dict[str, Any] = {} if seconds == np.inf else {"time_limit": max(seconds, 0.01)}
    found = solve(form, "clarabel", **options)
    if found.status in (Status.FAILED, Status.UNBOUNDED):
        return None
    return _read(found, keys, order, forms, size, k)


def _read(found: Solution, keys: list[Key], order: NDArray[np.int64], forms: Vector, size: float, k: int) -> Dual:
    """The multipliers of the rows."""
    ended = found.status is Status.INFEASIBLE
    Y = np.zeros((k, k))
    row, col = svec.triangle(k)
    Y[row, col] = Y[col, row] = np.r_[1.0, found.x]
    mean = Y[0, 1:]
    spread = Y[1:, 1:] - np.outer(mean, mean)
    z = found.z[: len(order)] * (1.0 if ended else size)
    used = np.abs(z) > 1e-11 * np.abs(z).max(initial=0.0)
    where = order[used]
    return Dual([keys[i] for i in where], z[used], forms[where], mean, spread, ended)


def _rows(cell: Cell, near: Vector) -> tuple[list[Key], NDArray[np.bool_], Vector]:
    """All rows of a relaxation: keys, which of them are equations, and forms of size one."""
    k = len(cell.variables)
    keys: list[Key] = []
    equal: list[bool] = []
    forms: list[Vector] = []

    def add(kind: str, at: tuple[int, int], form: Vector, is_equation: bool = False) -> None:
        unit = float(np.abs(form).max(initial=0.0))
        if unit > 0 and np.isfinite(unit):
            keys.append(Key(kind, at, 1 / unit))
            equal.append(is_equation)
            forms.append(form / unit)

    codes, linear = _bounds(cell)
    for c, constraint in enumerate(cell.problem.constraints):
        if constraint.name == "cutoff" or not constraint.form.variables:
            continue
        form = cell.form(constraint.least)
        add("constraints", (c, 0), form, constraint.is_equation)
        if constraint.is_linear and not constraint.is_equation:
            codes.append(2 * cell.problem.n + c)
            linear.append(np.r_[form[0, 0], 2 * form[0, 1:]])
        if constraint.is_linear and constraint.is_equation:
            for a, j in enumerate(cell.variables):
                add("constraints", (c, j + 1), _times(np.r_[form[0, 0], 2 * form[0, 1:]], np.eye(k + 1)[a + 1]), True)
    for form, at in _gaps(cell, near):
        add("gaps", at, form, _is_bit(cell, at[0]))
    H = np.array(linear).reshape(-1, k + 1)
    units = np.abs(H).max(axis=1, initial=0.0)
    kept = units > 0
    H, units, codes = H[kept] / units[kept, None], units[kept], [p for p, one in zip(codes, kept, strict=True) if one]
    ones = [p for p, code in enumerate(codes) if code < 2 * cell.problem.n]
    p, q = np.triu_indices(len(codes), 1)
    same = np.array([codes[a] // 2 == codes[b] // 2 and codes[b] < 2 * cell.problem.n
                     and _is_bit(cell, codes[a] // 2) for a, b in zip(p, q, strict=True)], dtype=bool)  # fmt: skip
    p, q = p[~same], q[~same]
    products = (H[p][:, :, None] * H[q][:, None, :] + H[q][:, :, None] * H[p][:, None, :]) / 2
    keys += [Key("products", (codes[a], codes[b]), 1 / (units[a] * units[b])) for a, b in zip(p, q, strict=True)]
    # a linear inequality by itself: the product with 1, which is where nothing bounds the others
    alone = [_times(H[a], np.eye(k + 1)[0]) for a in ones]
    keys += [Key("bounds", (codes[a], 0), 1 / units[a]) for a in ones]
    forms = [np.array(forms).reshape(-1, k + 1, k + 1), products, np.array(alone).reshape(-1, k + 1, k + 1)]
    every = np.concatenate(forms)
    return keys, np.r_[np.array(equal, dtype=bool), np.zeros(len(every) - len(equal), dtype=bool)], every


def _bounds(cell: Cell) -> tuple[list[int], list[Vector]]:
    """t_j ≥ low and ≤ high, with their codes in a proof, as rows over (1, t) in the units of y."""
    codes: list[int] = []
    rows: list[Vector] = []
    for a, (j, e) in enumerate(zip(cell.variables, cell.powers, strict=True)):
        for side, end in enumerate(cell.ends[:, a]):
            if np.isfinite(end):
                row = np.zeros(len(cell.variables) + 1)
                row[0], row[a + 1] = (end, -1.0) if side else (-end, 1.0)
                codes.append(2 * j + side)
                rows.append(np.ldexp(row, e))
    return codes, rows


def _gaps(cell: Cell, near: Vector) -> Iterator[tuple[Vector, tuple[int, int]]]:
    """(x_j − m)(x_j − m − 1) ≥ 0 in t, with (j, m)."""
    k = len(cell.variables)
    for a, (j, e) in enumerate(zip(cell.variables, cell.powers, strict=True)):
        if not cell.problem.integer[j]:
            continue
        low, high = cell.box[j]
        if low is not None and high is not None and high - low <= GAPS:
            every = range(int(low), int(high))
        else:
            at = floor(near[j]) if abs(near[j]) < 1e15 else 0
            every = range(at - 1, at + 2)
            every = [m for m in every if (low is None or m >= low) and (high is None or m < high)]
        for m in every:
            d = float(m - cell.origin[j])
            M = np.zeros((k + 1, k + 1))
            M[0, 0], M[a + 1, a + 1] = d * (d + 1), np.ldexp(1.0, 2 * e)
            M[0, a + 1] = M[a + 1, 0] = -np.ldexp(2 * d + 1, e) / 2
            yield M, (j, m)


def _is_bit(cell: Cell, j: int) -> bool:
    low, high = cell.box[j]
    return cell.problem.integer[j] and low is not None and high is not None and high - low == 1


def _times(a: Vector, b: Vector) -> Vector:
    return (np.outer(a, b) + np.outer(b, a)) / 2
