"""Quadratic programs from other people's files and models, exactly: one file of code for a format or a package."""

from copos.interop.problems.reading import READERS, is_readable, read_problem
from copos.interop.problems.scipy_model import scipy_program

__all__ = ["READERS", "is_readable", "read_problem", "scipy_program"]
