"""Level 0 of the stability number of a large sparse graph as a method of `lower_bound`: Schrijver's ϑ'.

min <I + A, X>, <E, X> = 1 at level 0 is 1/ϑ'. The method of `copos.graphs.theta_method` finds S ⪰ 0 with
ϑ'I − E − F = S, F ≥ 0 away from the edges and free on them. Then I + A − E/t = S/t + R, and since S_ij ≤ t − 1 also on
the edges, R is nonnegative but for rounding, which the diagonal takes.
"""

from __future__ import annotations

import time
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import written
from copos.certificate.document import Certificate
from copos.certificate.problem import program_problem
from copos.certificate.produce import Proved
from copos.certificate.rounding import factor
from copos.conic import Status
from copos.graphs.theta_method import theta
from copos.hierarchy import FAMILIES
from copos.hierarchy.atoms import is_orthant
from copos.levels.method import MethodAnswer
from copos.program import CompletelyPositiveProgram

Matrix = NDArray[np.float64]
SMALLEST, LARGEST = 120, 1_000  # vertices
SHARE = 0.1  # of all pairs that are edges: denser graphs are solved sooner by the general relaxation
SLACK = (1e-7, 1e-6, 1e-5, 1e-4)  # of 1/t, relative


def answer(program: CompletelyPositiveProgram, level: int, family: str, gram: str) -> MethodAnswer | None:
    """Programs s·(I + A), e·E, of few edges; None for others."""
    if level or gram != "sdp" or FAMILIES[family].at(level) != (0, 2) or not is_orthant(program.cone):
        return None
    n = program.cone.ambient
    if not SMALLEST <= n <= LARGEST or len(program.equations[1]) != 1 or len(program.vanishing):
        return None
    start = time.perf_counter()
    C, (equation, values) = program.C.matrix(), program.equations
    E, b = equation.matrix(), float(values[0])
    s, e = float(C[0, 0]), float(E[0, 0])
    if not (np.isin(C, (0, s)).all() and (C.diagonal() == s).all() and (E == e).all() and min(s, e, b) > 0):
        return None
    A = (C == s) & ~np.eye(n, dtype=bool)
    if A.sum() > SHARE * n * (n - 1):
        return None
    built = time.perf_counter()
    found = theta(A, np.ones(n), "schrijver")
    scale = s * b / e
    point = found.matrix / max(float(found.matrix.sum()), 1e-300) * b / e

    def prove() -> Proved:
        return _proof(program, found.slack / found.upper * s, Fraction(s) / Fraction(e) / Fraction(found.upper))

    return MethodAnswer(Status.OPTIMAL, scale / found.upper, "alternating directions for ϑ'", n * (n + 1) // 2, 1, n,
                        built - start, time.perf_counter() - built, lambda: point, prove)  # fmt: skip


def _proof(program: CompletelyPositiveProgram, G: Matrix, y: Fraction) -> Proved:
    """C − yE = BB'/4^k + R, for a y a little smaller."""
    B = factor(G)
    rows = [[i] for i in range(len(G))]
    reason = ""
    for slack in SLACK:
        value = Fraction(float(y) * (1 - slack))
        plain = {"value": written(value * Fraction(float(program.equations[1][0]))), "y": [written(value)], "level": 0,
                 "terms": [{"rows": rows, "gram": B.plain()}], "multipliers": []}  # fmt: skip
        certificate = Certificate("lower bound", program_problem(program), plain)
        verdict = certificate.verify()
        if verdict.proved:
            lower = value * Fraction(float(program.equations[1][0]))
            return Proved(lower, certificate.about(program), f"a dual of ϑ', with a slack of {slack:g}")
        reason = f"the checker says: {verdict.reason}"
    return Proved(None, None, reason)
