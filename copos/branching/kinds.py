"""How cells are described, divided and written down: by decisions and hyperplanes, or as simplices of the orthant."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple, Protocol

from numpy.typing import NDArray

from copos.branching.carried import Carried
from copos.branching.decisions import Decisions
from copos.branching.node import Answer, CellSettings, Task, bare, evaluate
from copos.branching.rules import RULES
from copos.branching.simplices import SimplexTask, evaluate_simplex, split_of
from copos.conic import Solution
from copos.hierarchy.atoms import is_orthant
from copos.inner.partition import Cell, divided, unit_cell
from copos.levels.warm_start import Solved
from copos.program import CompletelyPositiveProgram

Vector = NDArray[Any]
Path = list[tuple[int, Vector]]  # (side, form) from K down to a cell
Near = Solution | Carried | Solved
SIDES = (1, -1, 0)  # of the parts of a cell, in their order


class Goal(NamedTuple):
    """What a part is bounded for: a cap for an infeasible one, a bound that is enough, the unit of values (0 for none).

    `near` is an answer to the level of the cell that it is a part of.
    """

    cap: float
    enough: float
    step: Fraction = Fraction(0)
    near: Near | None = None


class Partition(Protocol):
    """A kind of cell, as the search needs it.

    `key` names the tree in a certificate, `width` is the number of coordinates of a form, `evaluate` is a module-level
    function of a task that can be sent to another process.
    """

    key: str
    width: int

    @staticmethod
    def evaluate(task: Any) -> Answer:
        """Bound a cell."""
        ...

    def whole(self, goal: Goal) -> Any:
        """The task of K."""
        ...

    def parts(self, path: Path, form: Vector, goal: Goal) -> list[Any]:
        """The tasks of the parts of a cell, in the order of their sides."""
        ...

    def forms(self, answer: Answer, path: Path) -> Vector:
        """The forms to divide a cell by, best first."""
        ...

    def item(self, path: Path, form: Vector | None) -> dict[str, Any]:
        """The certificate's item for a cell that was divided."""
        ...


class Cuts:
    """K ∩ {ℓ(u) = 0, a'u ≥ 0 for the sides on the path}, u the free coordinates of K; forms as in `decisions`."""

    key = "tree"
    evaluate = staticmethod(evaluate)

    def __init__(self, program: CompletelyPositiveProgram, settings: CellSettings) -> None:
        self.program, self.settings = bare(program), settings
        self.width = 1 + program.cone.dim
        self.decisions = Decisions(self.program)

    def whole(self, goal: Goal) -> Task:
        """The task of K."""
        return Task(self.program, (), self.settings, goal.cap, goal.near, goal.enough, goal.step)

    def parts(self, path: Path, form: Vector, goal: Goal) -> list[Task]:
        """Every side of the form."""
        above = tuple(self.decisions.sides(a)[SIDES.index(side)] for side, a in path)
        return [Task(self.program, (*above, side), self.settings, goal.cap, goal.near, goal.enough, goal.step)
                for side in self.decisions.sides(form)]  # fmt: skip

    def forms(self, answer: Answer, path: Path) -> Vector:
        """Decisions that the cell leaves open, if the rule asks for them, else hyperplanes."""
        count = RULES[self.settings.rule].decisions
        if count and answer.matrix is not None and len(answer.forms):
            found = self.decisions.candidates(answer.matrix, path, count)
            return found if len(found) else answer.forms
        return answer.forms

    def item(self, path: Path, form: Vector | None) -> dict[str, Any]:
        """The form's coefficients."""
        assert form is not None
        return self.decisions.item(form)


class Simplices:
    """Cones of n integer vectors; a form is (i, j, p, q), an edge and the weights of the new vertex on it."""

    key = "simplices"
    width = 4
    evaluate = staticmethod(evaluate_simplex)

    def __init__(self, program: CompletelyPositiveProgram, settings: CellSettings) -> None:
        if not is_orthant(program.cone):
            raise ValueError(
                f"simplices partition the orthant R_+^n; this program lives on {program.cone.name}: use cells='cuts'"
            )
        self.program, self.settings = bare(program), settings

    def cell(self, path: Path) -> Cell:
        """Vertices of a cell."""
        V = unit_cell(self.program.cone.dim)
        for side, form in path:
            V = divided(V, *split_of(V, form))[0 if side > 0 else 1]
        return V

    def whole(self, goal: Goal) -> SimplexTask:
        """The task of the orthant."""
        return SimplexTask(self.program, self.cell([]), self.settings, goal.enough)

    def parts(self, path: Path, form: Vector, goal: Goal) -> list[SimplexTask]:
        """Both parts of a divided simplex; a program of its size is solved from scratch."""
        V = self.cell(path)
        return [SimplexTask(self.program, part, self.settings, goal.enough) for part in divided(V, *split_of(V, form))]

    def forms(self, answer: Answer, path: Path) -> Vector:
        """The edge that was chosen."""
        return answer.forms

    def item(self, path: Path, form: Vector | None) -> dict[str, Any]:
        """Edge and weights on its integer vertices."""
        assert form is not None
        return {"split": list(split_of(self.cell(path), form))}


PARTITIONS: dict[str, type[Cuts] | type[Simplices]] = {"cuts": Cuts, "simplices": Simplices}
