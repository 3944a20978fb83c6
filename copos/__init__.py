"""copos: copositive and completely positive programming with bounds that are proved."""

from copos.cones import Cone, NonNegative, PositiveSemidefinite, SecondOrder
from copos.program import CompletelyPositiveProgram

__all__ = ["CompletelyPositiveProgram", "Cone", "NonNegative", "PositiveSemidefinite", "SecondOrder"]
