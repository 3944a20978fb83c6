"""Matrices, graphs and forms on cones with what is known of each, and where it is known from."""

from copos.instances.cones import CONE_FORMS, ConeRecord
from copos.instances.energies import ENERGIES, EnergyRecord, torus_energies
from copos.instances.graphs import GRAPHS, GraphRecord
from copos.instances.matrices import MATRICES, MatrixRecord

__all__ = [
    "CONE_FORMS", "ENERGIES", "GRAPHS", "MATRICES", "ConeRecord", "EnergyRecord", "GraphRecord", "MatrixRecord",
    "torus_energies",
]  # fmt: skip
