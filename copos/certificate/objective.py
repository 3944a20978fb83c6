"""The bound that an objective proves by itself: C − λA ⪰ 0 on the coordinates that occur in it, and zero elsewhere.

This is the moment matrix alone (Shor's relaxation). Its dual slack has zero rows for all coordinates that neither C nor
A mentions, so that no multiplier is strictly feasible; here those rows have no Gram entry at all, and what is left is
positive definite for every λ below the largest one wherever C is coercive in the coordinates it mentions.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from copos.arithmetic.rationals import written
from copos.certificate import rounding
from copos.certificate.document import Certificate
from copos.certificate.problem import program_problem
from copos.program import CompletelyPositiveProgram


def certify_objective(program: CompletelyPositiveProgram) -> tuple[Fraction | None, Certificate | None]:
    """The largest λb with C − λA ⪰ 0, for a program with one equation <A, Y> = b > 0; (None, None) if it has no proof.

    Examples
    --------
    A third coordinate that nothing bounds does not matter:

    >>> from copos import Free
    >>> C = np.diag([5.0, 1.0, 0.0])
    >>> C[0, 1] = C[1, 0] = -2.0
    >>> program = CompletelyPositiveProgram(Free(3), C, [(np.diag([1.0, 0.0, 0.0]), 1.0)])
    >>> lower, certificate = certify_objective(program)
    >>> 1 - 1e-10 < lower <= 1, certificate.verify(program).proved
    (True, True)
    """
    problem, b = program_problem(program), program.equations[1]
    if len(b) != 1 or b[0] <= 0:
        return None, None
    forms = problem["objective"], problem["equations"][0]["form"]
    used = sorted({v for form in forms for *key, _ in form for v in key})
    place = {v: k for k, v in enumerate(used)}
    C, A = np.zeros((2, len(used), len(used)))
    for M, form in ((C, forms[0]), (A, forms[1])):
        for i, j, c in form:
            value = float(Fraction(c)) * (1 if i == j else 0.5)
            M[place[i], place[j]] = M[place[j], place[i]] = value
    size = float(np.abs(C).max())
    best = _largest(C, A, size)
    if best is None:
        return None, None
    for slack in (1e-14, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9):
        lam = rounding.dyadic(best - len(used) * slack * size, 50, max(size, abs(best)))
        hold = slack * size / 10
        term = {
            "rows": [[v] for v in used],
            "gram": rounding.factor(C - float(lam) * A - hold * np.eye(len(used))).plain(),
        }
        value = lam * program.right_hand_sides[0]
        proof = {"value": written(value), "y": [written(lam)], "level": 0, "terms": [term], "multipliers": []}
        certificate = Certificate("lower bound", problem, proof)
        if certificate.verify(program).proved:
            return value, certificate.about(program)
    return None, None


def _largest(C: np.ndarray, A: np.ndarray, size: float) -> float | None:
    """The largest λ with C − λA ⪰ 0, to rounding; None if there is none."""

    def floor(lam: float) -> float:
        return float(np.linalg.eigvalsh(C - lam * A)[0])

    low, high = -size, size
    while floor(low) < 0:
        low *= 4
        if low < -1e9 * size:
            return None
    while floor(high) > 0:
        high *= 4
        if high > 1e9 * size:
            return None
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if floor(middle) >= 0 else (low, middle)
    return low
