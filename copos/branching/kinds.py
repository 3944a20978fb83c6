"""How cells are described, divided and written down: by cutting hyperplanes, or as simplices of the orthant."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from copos.branching.node import Answer, CellSettings, Task, bare, evaluate
from copos.branching.simplices import SimplexTask, evaluate_simplex, split_of
from copos.certificate.problem import exact
from copos.conic import Solution
from copos.hierarchy.atoms import is_orthant
from copos.hierarchy.local import LocalForm
from copos.inner.partition import Cell, divided, unit_cell
from copos.program import CompletelyPositiveProgram

Vector = NDArray[Any]
Path = list[tuple[int, Vector]]  # (side, form) from K down to a cell
Near = tuple[Solution, tuple[LocalForm, ...]]


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

    def whole(self, cap: float, enough: float) -> Any:
        """The task of K."""
        ...

    def parts(self, path: Path, form: Vector, cap: float, enough: float, near: Near | None) -> list[Any]:
        """The tasks of both parts of a cell; `near` is an answer to the cell's own level, with its local forms."""
        ...

    def item(self, path: Path, form: Vector | None) -> dict[str, Any]:
        """The certificate's item for a cell that was divided."""
        ...


class Cuts:
    """K ∩ {a'u ≥ 0 for the sides of the cell}, u the free coordinates of K; a form is one more a."""

    key = "tree"
    evaluate = staticmethod(evaluate)

    def __init__(self, program: CompletelyPositiveProgram, settings: CellSettings) -> None:
        self.program, self.settings = bare(program), settings
        self.width = program.cone.dim

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
        return {"cut": [[int(v), exact(form[v])] for v in np.flatnonzero(form)]}


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


PARTITIONS: dict[str, type[Cuts] | type[Simplices]] = {"cuts": Cuts, "simplices": Simplices}
