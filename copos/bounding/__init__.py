"""Lower and upper bounds of a program, and a bracket worked on until it is tight."""

from copos.bounding.bounds import bracket, lower_bound, upper_bound

__all__ = ["bracket", "lower_bound", "upper_bound"]
