"""Proofs of bounds and decisions in exact arithmetic: producing them, saving them, checking them."""

from copos.certificate.boundary import boundary_certificate
from copos.certificate.document import Certificate, verify
from copos.certificate.feasible import certify_upper_bound
from copos.certificate.infeasible import certify_infeasible
from copos.certificate.problem import matrix_problem, program_problem
from copos.certificate.produce import Proved, certify_lower_bound
from copos.checker.check import Verdict

__all__ = [
    "Certificate",
    "Proved",
    "Verdict",
    "boundary_certificate",
    "certify_infeasible",
    "certify_lower_bound",
    "certify_upper_bound",
    "matrix_problem",
    "program_problem",
    "verify",
]
