"""How a bound is asked for: which level of which hierarchy, and how it is solved and proved."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from copos.hierarchy import REDUCTIONS
from copos.levels.bound import Bound
from copos.levels.warm_start import Solved
from copos.support.choices import Family, Gram, Solver
from copos.support.looks import one_line


@one_line
@dataclass(frozen=True, eq=False)
class Settings:
    """A level of a family with a Gram cone, the reductions of its form, its solver, and whether to prove the bound.

    Names are those of the tables `copos.hierarchy.FAMILIES`, `GRAMS`, `REDUCTIONS` and `copos.solvers.SOLVERS`;
    `options` go to the solver untouched. `local` is the number of coordinates of a local level, 0 for none; `symmetry`
    are generators of a group of permutations of the coordinates, "auto" to look for them, or None; `splits` are rounds
    of inequalities for integers.
    """

    level: int = 0
    family: Family = "parrilo"
    gram: Gram = "sdp"
    solver: Solver | None = None
    certify: bool = True
    reductions: Collection[str] = tuple(REDUCTIONS)
    local: int = 0
    symmetry: Any = None
    splits: int = 0
    options: dict[str, Any] = field(default_factory=dict)


@one_line
@dataclass(frozen=True, eq=False)
class Run:
    """One solve of a level: where it starts, when it may stop, what is kept of it.

    Attributes
    ----------
    tolerance : stop when the proved bound is so near the value of the level, relative; None for the solver's own rule
    upper : a known upper bound on the optimum, in the units of the program
    start : a bound or solution to start from
    keep : keep the level and its solution in `Bound.solved`
    seconds : limit of a solver that may be stopped at any time
    rough : where a local level ends well below what is asked for, the proof of its rough answer will do
    """

    tolerance: float | None = None
    upper: float = np.inf
    start: Bound | Solved | None = None
    keep: bool = False
    seconds: float = np.inf
    rough: bool = False

    @property
    def solved(self) -> Solved | None:
        """The solved level to start from.

        Raises
        ------
        ValueError
            If the start is a bound whose solution was not kept.
        """
        solved = self.start.solved if isinstance(self.start, Bound) else self.start
        if self.start is not None and solved is None:
            raise ValueError("the start has no solution: ask for it with keep=True (a linear program's is not kept)")
        return solved
