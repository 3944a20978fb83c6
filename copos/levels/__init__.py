"""Own roads to some levels, for programs with a structure that the general relaxation does not use.

A road is a function of (program, level, family, gram) that returns a `RoadAnswer`, or None where it does not apply.
`lower_bound` asks them in order, unless a solver or options for one are named.
"""

from __future__ import annotations

from collections.abc import Callable

from copos.hierarchy.families import family as find_family
from copos.hierarchy.grams import gram as find_gram
from copos.levels import polya_road, symmetric_road
from copos.levels.road import RoadAnswer
from copos.program import CompletelyPositiveProgram

__all__ = ["ROADS", "RoadAnswer", "answer"]

ROADS: tuple[Callable[[CompletelyPositiveProgram, int, str, str], RoadAnswer | None], ...] = (
    polya_road.answer, symmetric_road.answer,
)  # fmt: skip


def answer(program: CompletelyPositiveProgram, level: int, family: str, gram: str) -> RoadAnswer | None:
    """The first road's answer; None where only the general relaxation is left.

    Raises
    ------
    ValueError
        For an unknown family or Gram kind, or a level that the family does not have.
    """
    find_family(family).at(level)
    find_gram(gram)
    return next((found for road in ROADS if (found := road(program, level, family, gram)) is not None), None)
