"""Quadratic assignments by themselves: linear assignments, then level 0 in matrices, with the proof of level 0."""
