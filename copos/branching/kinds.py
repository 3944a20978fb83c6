"""How cells are described, divided and written down: by decisions or hyperplanes, as simplices, by singular vectors."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import written
from copos.branching.carried import Carried
from copos.branching.decisions import Decisions
from copos.branching.node import Answer, CellSettings, Task, bare, evaluate, leaf_value
from copos.branching.rules import RULES
from copos.branching.shared import hoisted
from copos.branching.simplices import SimplexTask, evaluate_simplex, split_of
from copos.branching.singular import SingularTask, evaluate_singular, level_of
from copos.certificate import Certificate, assumptions
from copos.certificate.problem import program_problem
from copos.certificate.restored import restored
from copos.conic import Solution
from copos.hierarchy.atoms import is_orthant
from copos.inner.partition import Cell, divided, unit_cell
from copos.levels import factor_method
from copos.levels.singular_cells import SingularLevel, cut_of, plain, width
from copos.levels.warm_start import Solved
from copos.normal import NormalForm

Vector = NDArray[Any]
Path = list[tuple[int, Vector]]  # (side, form) from K down to a cell
Near = Solution | Carried | Solved
SIDES = (1, -1, 0)  # of the parts of a cell, in their order


class Goal(NamedTuple):
    """What a part is bounded for: a cap for an infeasible one, a bound that is enough, the unit of values (0 for none).

    `near` is an answer to the level of the cell that it is a part of, `upper` the value of the best solution, `until`
    the time (`time.time`) after which whatever is proved of a part is enough.
    """

    cap: float
    enough: float
    step: Fraction = Fraction(0)
    near: Near | None = None
    upper: float = np.inf
    until: float = np.inf


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

    def matrix(self, Y: Vector) -> Vector:
        """The Y of the program itself that the Y of an answer stands for."""
        ...

    def certificate(self, tree: list[dict[str, Any]], value: Fraction, assumes: bool) -> tuple[Certificate, str]:
        """The proof of a bound of the normal form, about the program itself, and what it takes from the program."""
        ...


class OnCone:
    """Cells of the cone of a normal form."""

    key = ""
    first: Vector | None = None

    def __init__(self, normal: NormalForm, settings: CellSettings) -> None:
        self.normal, self.settings, self.program = normal, settings, bare(normal.program)

    def matrix(self, Y: Vector) -> Vector:
        """Free coordinates to all, in the program's own units."""
        basis = self.program.cone.basis
        return self.normal.matrix(basis @ Y @ basis.T)

    def certificate(self, tree: list[dict[str, Any]], value: Fraction, assumes: bool) -> tuple[Certificate, str]:
        """About the program; local forms that several cells use are written once."""
        program = self.normal.program
        rows = program.assumed_forms if assumes and program.assumed_forms is not None else np.zeros((0, 0))
        cone = program.cone
        local, tree = hoisted(tree, len(cone.sizes), len(cone.generators)) if self.settings.local else ([], tree)
        proof: dict[str, Any] = {"value": written(value), self.key: tree}
        proof |= {"local": local} if local else {}
        if value > min(leaf_value(program, item) for item in tree if "y" in item):
            proof["rounded"] = True
        certificate = restored(Certificate("lower bound", program_problem(program, rows), proof), self.normal)
        return certificate.about(self.normal.origin), assumptions.words(len(rows)) if assumes else ""


class Cuts(OnCone):
    """K ∩ {ℓ(u) = 0, a'u ≥ 0 for the sides on the path}, u the free coordinates of K; forms as in `decisions`."""

    key = "tree"
    evaluate = staticmethod(evaluate)

    def __init__(self, normal: NormalForm, settings: CellSettings) -> None:
        super().__init__(normal, settings)
        self.width = 1 + self.program.cone.dim
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


class Simplices(OnCone):
    """Cones of n integer vectors; a form is (i, j, p, q), an edge and the weights of the new vertex on it."""

    key = "simplices"
    width = 4
    evaluate = staticmethod(evaluate_simplex)

    def __init__(self, normal: NormalForm, settings: CellSettings) -> None:
        super().__init__(normal, settings)
        if not is_orthant(self.program.cone):
            raise ValueError(
                f"simplices partition the orthant R_+^n; this program lives on {self.program.cone.name}: "
                "use cells='cuts'"
            )

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


class Singular:
    """Matrices of bounded rank by their singular vectors (`levels.singular_cells`); a form is a cut in numbers."""

    key = "tree"
    first = np.zeros((0, 0))  # from random starts: when a cell needs no more digits depends on the best solution
    evaluate = staticmethod(evaluate_singular)

    def __init__(self, normal: NormalForm, settings: CellSettings) -> None:
        self.normal, self.settings = normal, settings
        self.level, self.units = level_of(normal.origin)
        self.width = width(self.level.H.shape)

    def cell(self, path: Path) -> SingularLevel:
        """The level of a cell."""
        sides = tuple((side, cut_of(form, self.level.H.shape)) for side, form in path)
        return replace(self.level, sides=sides)

    def _task(self, level: SingularLevel, goal: Goal, near: Solution | None) -> SingularTask:
        v, l = self.units
        return SingularTask(level, l - self.normal.power, v, self.settings, goal.enough, goal.upper, near, goal.until)

    def whole(self, goal: Goal) -> SingularTask:
        """The task of all matrices."""
        return self._task(self.level, goal, None)

    def parts(self, path: Path, form: Vector, goal: Goal) -> list[SingularTask]:
        """Both sides of a cut, solved from the answer to the cell."""
        near = goal.near if isinstance(goal.near, Solution) else None
        return [self._task(self.cell([*path, (side, form)]), goal, near) for side in (1, -1)]

    def forms(self, answer: Answer, path: Path) -> Vector:
        """The cut that was chosen."""
        return answer.forms

    def item(self, path: Path, form: Vector | None) -> dict[str, Any]:
        """The cut."""
        assert form is not None
        return plain(cut_of(form, self.level.H.shape))

    def matrix(self, Y: Vector) -> Vector:
        """Y in (x_0, W), in the ambient space of the lift, whose other entries nothing reads."""
        out = np.zeros((self.normal.origin.cone.ambient,) * 2)
        out[: len(Y), : len(Y)] = Y
        return out

    def certificate(self, tree: list[dict[str, Any]], value: Fraction, assumes: bool) -> tuple[Certificate, str]:
        """About the network itself, whatever the lift."""
        bound = self.normal.exact(value)
        return factor_method.certificate(self.normal.origin, {"value": written(bound), "tree": tree}, self.units), ""


PARTITIONS: dict[str, type[Cuts] | type[Simplices] | type[Singular]] = {
    "cuts": Cuts, "simplices": Simplices, "singular": Singular,
}  # fmt: skip
