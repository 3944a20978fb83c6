"""The question whether x'Mx ≥ 0 on a cone, as plain data: the rows of M as they were given, and the cone."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from copos.arithmetic import svec
from copos.certificate.problem import exact, matrix_problem, plain, program_problem
from copos.cones import Cone
from copos.program import CompletelyPositiveProgram

TYPE = "matrix on a cone"


def cone_problem(M: Any, K: Cone) -> dict[str, Any]:
    """The problem of type "matrix on a cone": M in ambient coordinates, K in its coordinates u, x = basis·u.

    Examples
    --------
    >>> from copos import NonNegative
    >>> problem = cone_problem([[1, "-1/3"], ["-1/3", 1]], NonNegative(2).slice([[1.0, -2.0]]))
    >>> problem["rows"], problem["cone"]["basis"], problem["cone"]["dim"]
    ([[1, '-1/3'], ['-1/3', 1]], [[0, 0, 1], [1, 0, '1/2']], 1)
    """
    if K.dim == 0:  # {0}, as {u : u ≥ 0, −u ≥ 0} with x = 0·u
        nothing = [{"order": 1, "entries": [[0, 0, 0, sign]]} for sign in (1, -1)]
        cone = {"basis": [], "dim": 1, "blocks": nothing, "generators": [], "unit": []}
        return {"type": TYPE, "rows": matrix_problem(M)["rows"], "cone": cone}
    zero = CompletelyPositiveProgram(K, np.zeros((K.ambient, K.ambient)))
    described = program_problem(zero)
    rows = K.rationals().basis.rows
    basis = [[i, v, exact(row[v])] for i, row in enumerate(rows) for v in sorted(row) if row[v]]
    cone = {"basis": basis, **{key: described[key] for key in ("dim", "blocks", "generators", "unit")}}
    return {"type": TYPE, "rows": matrix_problem(M)["rows"], "cone": cone}


def asked_on_cone(problem: Any, inner: dict[str, Any]) -> dict[str, Any]:
    """`problem` in the words of `inner`, a question on a cone: a program on it, or a matrix alone.

    A matrix leaves the cone to the certificate.
    """
    if isinstance(problem, CompletelyPositiveProgram):
        if len(problem.equations[0]) or len(problem.vanishing):
            raise ValueError("a question on a cone has no equations")
        (row,) = problem.C.rationals().rows
        n = problem.cone.ambient
        M = [[Fraction(0)] * n for _ in range(n)]
        for at, c in row.items():
            i, j = (int(v) for v in svec.pair(at))
            M[i][j] = M[j][i] = Fraction(c) / (1 + (i != j))
        return cone_problem(M, problem.cone)
    data = plain(problem)
    return {**inner, "rows": data.get("rows")} if data.get("type") == "matrix" else data
