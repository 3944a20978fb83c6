"""Which quadratic programs are bounded by boxes: linear and convex ones, small ones, and those with wide integers."""

from __future__ import annotations

from copos.boxes.cell import Cell
from copos.boxes.convex import convexity
from copos.boxes.moments import fits
from copos.boxes.pieces import Pieces, needed, objective_of

FEW = 10  # variables of a part whose moments are relaxed in every box
WIDE = 64  # values of an integer beyond which its bits are a poor description
LARGE = 1500  # variables of a quadratic function whose convexity is looked at


def suited(found: Pieces) -> bool:
    """Is every part one that boxes are good for?"""
    return found.empty is not None or found.false is not None or all(kind(found, k) for k in range(len(found.parts)))


def kind(found: Pieces, k: int) -> str:
    """The kind of part k: "linear", "convex", "small", "wide", or "" for none of these."""
    part = found.parts[k]
    inner, objective = needed(found.problem, found.box, part), objective_of(found, k)
    cell = Cell(inner, found.box, [1.0] * found.problem.n, part)
    if not objective.pairs and all(c.is_linear for c in inner.constraints):
        return "linear"
    if len(part) <= LARGE and convexity(cell, objective):
        return "convex"
    if len(part) <= FEW and fits(cell):
        return "small"
    ends = [found.box[j] for j in part if found.problem.integer[j]]
    return "wide" if any(low is None or high is None or high - low >= WIDE for low, high in ends) else ""
