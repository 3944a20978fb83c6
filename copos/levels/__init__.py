"""Special methods for some levels, for programs with a structure that the general relaxation does not use.

A method is a function of (program, level, family, gram) that returns a `MethodAnswer`, or None where it does not apply.
`lower_bound` asks them in order, unless a solver or options for one are named.
"""

from __future__ import annotations

from collections.abc import Callable

from copos.hierarchy.families import family as find_family
from copos.hierarchy.grams import gram as find_gram
from copos.levels import polya_method, symmetric_method, theta_method
from copos.levels.method import MethodAnswer
from copos.program import CompletelyPositiveProgram

__all__ = ["METHODS", "MethodAnswer", "answer"]

METHODS: tuple[Callable[[CompletelyPositiveProgram, int, str, str], MethodAnswer | None], ...] = (
    polya_method.answer, symmetric_method.answer, theta_method.answer,
)  # fmt: skip


def answer(program: CompletelyPositiveProgram, level: int, family: str, gram: str) -> MethodAnswer | None:
    """The first method's answer; None where only the general relaxation is left.

    Raises
    ------
    ValueError
        For an unknown family or Gram kind, or a level that the family does not have.
    """
    find_family(family).at(level)
    find_gram(gram)
    return next((found for method in METHODS if (found := method(program, level, family, gram)) is not None), None)
