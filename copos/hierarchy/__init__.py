"""Approximations of completely positive and copositive cones, level by level."""

from copos.hierarchy.families import FAMILIES, Family
from copos.hierarchy.relaxation import REDUCTIONS, LevelTooLargeError, Relaxation, relax

__all__ = ["FAMILIES", "REDUCTIONS", "Family", "LevelTooLargeError", "Relaxation", "relax"]
