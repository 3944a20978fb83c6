"""copos: copositive and completely positive programming with bounds that are proved."""

from copos.cones import Cone, Free, NonNegative, PositiveSemidefinite, SecondOrder
from copos.program import CompletelyPositiveProgram

__all__ = ["CompletelyPositiveProgram", "Cone", "Free", "NonNegative", "PositiveSemidefinite", "SecondOrder"]
