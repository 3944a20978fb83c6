"""Approximations of completely positive and copositive cones, level by level."""

from copos.hierarchy.families import FAMILIES, Family
from copos.hierarchy.grams import GRAMS, Gram
from copos.hierarchy.relaxation import REDUCTIONS, LevelTooLargeError, Relaxation, relax

__all__ = ["FAMILIES", "GRAMS", "REDUCTIONS", "Family", "Gram", "LevelTooLargeError", "Relaxation", "relax"]
