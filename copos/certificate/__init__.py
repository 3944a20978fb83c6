"""Proofs of bounds and decisions in exact arithmetic: producing them, saving them, checking them."""

from copos.certificate.boundary import boundary_certificate
from copos.certificate.check import Verdict
from copos.certificate.document import Certificate, verify
from copos.certificate.problem import matrix_problem, program_problem
from copos.certificate.produce import Proved, certify_lower_bound

__all__ = [
    "Certificate",
    "Proved",
    "Verdict",
    "boundary_certificate",
    "certify_lower_bound",
    "matrix_problem",
    "program_problem",
    "verify",
]
