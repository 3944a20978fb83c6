"""When the least bound of the cells is a bound: one equation <A_0, Y> = b_0 > 0 with A_0 ≥ 0 on K.

Y = Σ Y_c over the cells. If C − y_cA_0 ∈ COP(K_c) in every cell, then with y = min y_c also C − yA_0 =
C − y_cA_0 + (y_c − y)A_0 ∈ COP(K_c), because A_0 ≥ 0 on K; hence C − yA_0 ∈ COP(K) and <C, Y> ≥ b_0 y.

Any further equation <A_i, Y> = b_i binds the cells together: Y_c need not satisfy it, and the relaxation of one cell
with that equation is no bound on <C, Y_c>. Two ways out, neither of which may be taken unasked:
    on_atoms      x'A_ix = (b_i/b_0) x'A_0x holds at every feasible atom: then it is a vanishing form;
    averaged_out  the same y_i in every cell: <C, Y> = <C − Σ y_i(A_i − (b_i/b_0)A_0), Y>, a Lagrangian bound.
"""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from copos.arithmetic.rationals import RationalRows, summed
from copos.certificate.dual import Identity, recover
from copos.certificate.problem import program_problem
from copos.checker import check_identity
from copos.checker.check_reading import Rejected
from copos.forms import Forms
from copos.hierarchy import relax
from copos.program import CompletelyPositiveProgram
from copos.solvers import solve


def require_single(program: CompletelyPositiveProgram) -> None:
    """Refuse a program whose bound is not the least bound of its cells.

    Raises
    ------
    ValueError
        With the reason and the way out.
    """
    A, b = program.equations
    if len(b) != 1:
        raise ValueError(
            f"{program.name} has {len(b)} equations that hold on average over the atoms, and the least bound of the "
            "cells is a bound for one only: use copos.branching.equations.on_atoms(program, indices) for those that "
            "hold at every atom, or averaged_out(program) to fix the multipliers of the others"
        )
    if not b[0] > 0:
        raise ValueError(f"the equation <A_0, Y> = b_0 needs b_0 > 0, got {b[0]:g}")
    if not plainly_nonnegative(program, 0):
        raise ValueError(
            "the form A_0 of the equation must be plainly nonnegative on K (nonnegative coefficients where signs are "
            "known, a dominant diagonal elsewhere); otherwise the least bound of the cells is no bound"
        )


def plainly_nonnegative(program: CompletelyPositiveProgram, index: int) -> bool:
    """Does the checker see at once that x'A_ix ≥ 0 on K?"""
    p = check_identity.program(program_problem(program))
    try:
        check_identity.dominated(p, p.equations[index][0], 2, [])
    except Rejected:
        return False
    return True


def on_atoms(
    program: CompletelyPositiveProgram, indices: Collection[int] | None = None, normalisation: int = 0
) -> CompletelyPositiveProgram:
    """The program whose equations `indices` hold at every atom: A_i − (b_i/b_0)A_0 are vanishing forms.

    That they do is a statement about the model which cannot be checked here; a program that has the form merely on
    average is changed by it.

    Parameters
    ----------
    program : CompletelyPositiveProgram
    indices : of equations; all but the normalisation unless given
    normalisation : the equation A_0 with b_0 > 0

    Raises
    ------
    ValueError
        If an index is not one of the other equations, or b_0 is not positive.

    Examples
    --------
    >>> from copos import NonNegative
    >>> A = [(np.diag([1.0, 0.0]), 1.0), (np.array([[0.0, -0.5], [-0.5, 1.0]]), 0.0)]         # x_0² = 1, x_1² = x_0x_1
    >>> program = CompletelyPositiveProgram(NonNegative(2), np.eye(2), A)
    >>> on_atoms(program)
    CompletelyPositiveProgram(completely positive program: R+^2, 1 equations, 1 vanishing)
    """
    A, b = program.equations
    chosen = _others(program, indices, normalisation)
    sides = program.right_hand_sides
    first = A.take([normalisation]).rationals().rows[0]
    moved = []
    for k, row in zip(chosen.tolist(), A.take(chosen).rationals().rows, strict=True):
        ratio = Fraction(sides[k]) / sides[normalisation]
        moved.append(summed([*row.items(), *((at, -ratio * c) for at, c in first.items())]))
    kept = np.setdiff1d(np.arange(len(b)), chosen)
    also = Forms.of_rationals(A.dim, RationalRows(A.rows.shape[1], tuple(moved)))
    return replace_equations(program, program.C, kept, Forms.stack([program.vanishing, also]))


def averaged_out(
    program: CompletelyPositiveProgram, multipliers: ArrayLike | None = None, normalisation: int = 0, level: int = 0
) -> CompletelyPositiveProgram:
    """Min <C − Σ y_i(A_i − (b_i/b_0)A_0), Y>, <A_0, Y> = b_0: the Lagrangian relaxation of the other equations.

    Its value is at most that of the program for every y, and equal to it for the best y (under strong duality), so a
    lower bound of it is one of the program. The new C is formed in rational arithmetic.

    Parameters
    ----------
    program : CompletelyPositiveProgram
    multipliers : (equations,) y, of which that of the normalisation is ignored; by default those of a level of K
    normalisation : the equation A_0 with b_0 > 0
    level : of the relaxation that gives the multipliers

    Raises
    ------
    ValueError
        If the shape does not fit, or the level has no multipliers.
    """
    A, b = program.equations
    chosen = _others(program, None, normalisation)
    if multipliers is None:
        relaxation = relax(program, level)
        solution = solve(relaxation.form)
        if not np.isfinite(solution.z).all():
            raise ValueError(f"level {level} has no multipliers ({solution.status.value}); give some")
        y = recover(Identity.of(relaxation), relaxation, solution).multipliers[: len(b)]
    else:
        y = np.asarray(multipliers, dtype=float)
    if y.shape != b.shape or not np.isfinite(y).all():
        raise ValueError(f"{len(b)} equations need as many finite multipliers, got shape {y.shape}")
    sides, weights = program.right_hand_sides, [Fraction(0)] * len(b)
    for k in chosen.tolist():
        weights[k] = Fraction(float(y[k]))
    total = sum((w * v for w, v in zip(weights, sides, strict=True)), Fraction(0))
    weights[normalisation] = -total / sides[normalisation]
    row = Forms.stack([program.C, A]).rationals().combine([1, *(-w for w in weights)])
    C = Forms.of_rationals(A.dim, RationalRows(A.rows.shape[1], (row,)))
    return replace_equations(program, C, np.array([normalisation]), program.vanishing)


def replace_equations(
    program: CompletelyPositiveProgram, C: Forms, kept: np.ndarray, vanishing: Forms
) -> CompletelyPositiveProgram:
    """The program with another objective, some of its equations, and other vanishing forms."""
    A, b = program.equations
    values = [program.right_hand_sides[k] for k in kept.tolist()]
    return program.changed(C=C, equations=(A.take(kept), b[kept]), vanishing=vanishing, exact_values=values)


def _others(program: CompletelyPositiveProgram, indices: Collection[int] | None, normalisation: int) -> np.ndarray:
    b = program.equations[1]
    if not 0 <= normalisation < len(b) or not b[normalisation] > 0:
        raise ValueError(f"equation {normalisation} does not exist or has no positive right-hand side")
    every = np.setdiff1d(np.arange(len(b)), [normalisation])
    chosen = every if indices is None else np.unique(np.asarray(list(indices), dtype=np.int64))
    if not np.isin(chosen, every).all():
        raise ValueError(f"indices must be among the equations {every.tolist()}, got {chosen.tolist()}")
    return chosen
