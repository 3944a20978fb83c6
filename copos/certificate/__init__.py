"""Proofs of bounds and decisions in exact arithmetic: producing them, saving them, checking them."""

from copos.certificate.check import Verdict
from copos.certificate.document import Certificate, verify
from copos.certificate.problem import matrix_problem, program_problem

__all__ = ["Certificate", "Verdict", "matrix_problem", "program_problem", "verify"]
