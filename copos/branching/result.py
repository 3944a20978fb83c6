"""What a search returns and shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from copos.branching.node import CellSettings
from copos.branching.tree import Tree
from copos.certificate import Certificate
from copos.certificate.problem import program_problem
from copos.checker import check
from copos.normal import normal_form
from copos.program import CompletelyPositiveProgram, Recovered


class Report(NamedTuple):
    """Where the search stands: cells evaluated, leaves still open, bounds, wall seconds."""

    nodes: int
    open: int
    lower: float
    claimed: float
    upper: float
    seconds: float


@dataclass(frozen=True, eq=False)
class Branching:
    """lower ≤ optimum ≤ upper, and the tree of cells that proves it.

    Attributes
    ----------
    lower : proved lower bound, rounded down; −inf without a proof, and then `reason` says why
    claimed : the least of what the solver claims of the cells, not a proof
    upper : value of the feasible object `found`, +inf without one
    exact : the proved lower bound as a rational number
    found : best feasible object, its value and its atom
    certificate : the proof of `exact`, a tree of cuts with a proof in every leaf
    upper_certificate : proof of `upper` in exact arithmetic, where the atom is an exact point of the cone
    closed : is the gap within the tolerance?
    reason : why the search stopped
    open : leaves whose bound is below the incumbent
    tree : all cells; their cuts and proofs are in the units of the program's normal form
    seconds, cpu_seconds : wall time, and CPU time summed over the cells
    """

    program: CompletelyPositiveProgram
    tree: Tree
    lower: float
    claimed: float
    upper: float
    exact: Fraction | None
    found: Recovered | None
    certificate: Certificate | None
    upper_certificate: Certificate | None
    closed: bool
    reason: str
    open: int
    seconds: float
    cpu_seconds: float
    settings: CellSettings = field(default_factory=CellSettings)

    @property
    def nodes(self) -> int:
        """Number of cells that were evaluated."""
        return len(self.tree)

    @property
    def proved(self) -> bool:
        """Is `lower` a proved number?"""
        return self.exact is not None

    @property
    def gap(self) -> float:
        """Upper − lower; inf while one is missing."""
        return self.upper - self.lower

    def __repr__(self) -> str:
        return (f"Branching(lower={self.lower:.9g}, upper={self.upper:.9g}, claimed={self.claimed:.9g}, "
                f"nodes={self.nodes}, closed={self.closed}, proved={self.proved})")  # fmt: skip

    def save(self, path: str | Path) -> None:
        """Write everything that `branch_and_bound(program, resume=path)` needs, as JSON."""
        self.tree.save(path, header(self.program, self.found, self.settings))


def header(program: CompletelyPositiveProgram, found: Recovered | None, settings: CellSettings) -> dict[str, Any]:
    """What a file says beside the tree: which problem, the units of its cuts, the best atom, how cells were bounded."""
    exponents = normal_form(program).exponents
    plain = {key: value for key, value in asdict(settings).items() if key not in ("options", "reductions")}
    return {
        "problem": check.digest(program_problem(program)),
        "name": program.name,
        "units": None if exponents is None else exponents.coordinates[program.cone.free].tolist(),
        "settings": plain,
        "atom": None if found is None else np.asarray(found.atom, dtype=float).tolist(),
    }


@contextmanager
def display(wanted: bool, name: str) -> Iterator[Callable[[Report], Any] | None]:
    """A line on the terminal that is rewritten after every step, or nothing."""
    if not wanted:
        yield None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, transient=False) as bar:
        task = bar.add_task(name)

        def show(report: Report) -> None:
            gap = report.upper - report.lower
            bar.update(task, description=(
                f"{name}: {report.nodes} cells, {report.open} open, {report.lower:.8g} ≤ optimum ≤ {report.upper:.8g}, "
                f"gap {gap:.2g}"
            ))  # fmt: skip

        yield show
