"""Matrices and graphs with what is known of each, and where it is known from."""

from copos.instances.graphs import GRAPHS, GraphRecord
from copos.instances.matrices import MATRICES, MatrixRecord

__all__ = ["GRAPHS", "MATRICES", "GraphRecord", "MatrixRecord"]
