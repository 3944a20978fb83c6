"""Proofs that no Y satisfies a program's equations: a positive lower bound on the zero objective."""

from __future__ import annotations

from copos.certificate.document import Certificate
from copos.certificate.problem import program_problem
from copos.certificate.produce import certify_lower_bound
from copos.forms import Forms
from copos.hierarchy import Relaxation, relax
from copos.program import CompletelyPositiveProgram
from copos.solvers import solve
from copos.support.threads import on_one_blas_thread


@on_one_blas_thread
def certify_infeasible(
    program: CompletelyPositiveProgram, relaxation: Relaxation, solver: str | None = None
) -> tuple[Certificate | None, str]:
    """A certificate that the program is infeasible, from a level that a solver found infeasible.

    With the objective zero, any proved bound b'y > 0 says 0 ≥ b'y > 0 for every feasible Y: there is none. The solver's
    ray is such a y.

    Returns
    -------
    (certificate, reason)
        The certificate is None if no proof was found, and the reason says why.

    Examples
    --------
    >>> import numpy as np
    >>> from copos import CompletelyPositiveProgram, NonNegative
    >>> K, E = NonNegative(2), np.ones((2, 2))
    >>> program = CompletelyPositiveProgram(K, E, [(E, 1.0), (np.eye(2), 2.0)])      # <I, Y> ≤ <E, Y> on the cone
    >>> certificate, _ = certify_infeasible(program, relax(program))
    >>> certificate.verify(program).proved
    True
    """
    zero = program.changed(C=Forms.from_terms([0], [0], [0], [0.0], 1, program.cone.ambient))
    level = relax(zero, relaxation.level, relaxation.family, relaxation.reductions)
    proved = certify_lower_bound(zero, level, solve(level.form, solver))
    if proved.certificate is None or proved.lower is None or proved.lower <= 0:
        return None, f"infeasible is claimed by the solver and not proved: {proved.reason}"
    proof = {key: value for key, value in proved.certificate.proof.items() if key not in ("value", "rounded")}
    certificate = Certificate("infeasible", program_problem(program), proof)
    verdict = certificate.verify(program)
    if not verdict.proved:
        return None, f"infeasible is claimed by the solver and not proved: the checker says: {verdict.reason}"
    return certificate.about(program), "no feasible Y exists"
