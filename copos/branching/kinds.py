"""How cells are described, divided and written down: by hyperplanes, as simplices, or by singular vectors."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import written
from copos.branching.node import Answer, CellSettings, Task, bare, evaluate, leaf_value
from copos.branching.shared import hoisted
from copos.branching.simplices import SimplexTask, evaluate_simplex, split_of
from copos.branching.singular import SingularTask, evaluate_singular, level_of
from copos.certificate import Certificate, assumptions
from copos.certificate.problem import program_problem
from copos.certificate.restored import restored
from copos.conic import Solution
from copos.hierarchy.atoms import is_orthant
from copos.hierarchy.local import LocalForm
from copos.inner.partition import Cell, divided, unit_cell
from copos.levels import factor_method
from copos.levels.singular_cells import SingularLevel, cut_of, plain, width
from copos.normal import NormalForm

Vector = NDArray[Any]
Path = list[tuple[int, Vector]]  # (side, form) from K down to a cell
Near = tuple[Solution, tuple[LocalForm, ...]]


class Partition(Protocol):
    """A kind of cell, as the search needs it.

    `key` names the tree in a certificate, `width` is the number of coordinates of a form, `evaluate` is a module-level
    function of a task that can be sent to another process. `first` is a Y from which a solution is looked for before
    anything is bounded, or None.
    """

    key: str
    width: int
    first: Vector | None

    @staticmethod
    def evaluate(task: Any) -> Answer:
        """Bound a cell."""
        ...

    def whole(self, cap: float, enough: float) -> Any:
        """The task of K."""
        ...

    def parts(self, path: Path, form: Vector, cap: float, enough: float, near: Near | None) -> list[Any]:
        """The tasks of both parts of a cell; `near` is an answer to the cell's own level, with its local forms."""
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
    """K ∩ {a'u ≥ 0 for the sides of the cell}, u the free coordinates of K; a form is one more a."""

    key = "tree"
    evaluate = staticmethod(evaluate)

    def __init__(self, normal: NormalForm, settings: CellSettings) -> None:
        super().__init__(normal, settings)
        self.width = self.program.cone.dim

    def whole(self, cap: float, enough: float) -> Task:
        """The task of K."""
        return Task(self.program, np.zeros((0, self.width)), self.settings, cap, enough=enough)

    def parts(self, path: Path, form: Vector, cap: float, enough: float, near: Near | None) -> list[Task]:
        """Both sides of the form."""
        sides = np.array([side * a for side, a in path]).reshape(len(path), self.width)
        solution, local = (None, ()) if near is None else near
        both = [np.vstack([sides, sign * form]) for sign in (1.0, -1.0)]
        return [Task(self.program, cell, self.settings, cap, solution, local, enough) for cell in both]

    def item(self, path: Path, form: Vector | None) -> dict[str, Any]:
        """The form's coefficients."""
        assert form is not None
        return {"cut": [[int(v), written(form[v])] for v in np.flatnonzero(form)]}


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

    def whole(self, cap: float, enough: float) -> SimplexTask:
        """The task of the orthant."""
        return SimplexTask(self.program, self.cell([]), self.settings, enough)

    def parts(self, path: Path, form: Vector, cap: float, enough: float, near: Near | None) -> list[SimplexTask]:
        """Both parts of a divided simplex; a program of its size is solved from scratch."""
        V = self.cell(path)
        return [SimplexTask(self.program, part, self.settings, enough) for part in divided(V, *split_of(V, form))]

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

    def _task(self, level: SingularLevel, enough: float, near: Solution | None) -> SingularTask:
        v, l = self.units
        return SingularTask(level, l - self.normal.power, v, self.settings, enough, near)

    def whole(self, cap: float, enough: float) -> SingularTask:
        """The task of all matrices."""
        return self._task(self.level, enough, None)

    def parts(self, path: Path, form: Vector, cap: float, enough: float, near: Near | None) -> list[SingularTask]:
        """Both sides of a cut, solved from the answer to the cell."""
        answer = None if near is None else near[0]
        return [self._task(self.cell([*path, (side, form)]), enough, answer) for side in (1, -1)]

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
