"""What a search returns and shows."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from copos.branching.node import CellSettings
from copos.branching.tree import Tree
from copos.certificate.problem import program_problem
from copos.checker import check
from copos.levels.bound import Bound
from copos.levels.units import in_own_units
from copos.program import CompletelyPositiveProgram, Mixture, Recovered
from copos.support.looks import html_table
from copos.support.progress import ends


class Report(NamedTuple):
    """Where the search stands: cells evaluated, leaves still open, bounds, wall seconds."""

    nodes: int
    open: int
    lower: float
    claimed: float
    upper: float
    seconds: float

    @property
    def gap(self) -> float:
        """Upper − lower."""
        return self.upper - self.lower

    def words(self) -> str:
        """Where the search stands, and the bounds, in words."""
        return f"{self.nodes} cells, {self.open} open, {ends(self)}"


def _of_bound(name: str) -> property:
    return property(attrgetter(f"bound.{name}"), doc=f"`bound.{name}`.")


@dataclass(frozen=True, eq=False)
class Branching:
    """lower ≤ optimum ≤ upper, and the tree of cells that proves it.

    Attributes
    ----------
    bound : what is known of the minimum. Its attributes lower, upper, claimed, proved, exact, found, certificate,
        upper_certificate, closed, reason and gap are read here, too; `claimed` is the least of what the solver claims
        of the cells, `certificate` a tree of cuts with a proof in every leaf, `reason` also says why the search stopped
    tree : all cells; their cuts and proofs are in the units of the program's normal form
    open : leaves whose bound is below the incumbent
    seconds, cpu_seconds : wall time, and CPU time summed over the cells
    settings : how every cell was bounded and cut
    """

    program: CompletelyPositiveProgram
    tree: Tree
    bound: Bound
    open: int
    seconds: float
    cpu_seconds: float
    settings: CellSettings = field(default_factory=CellSettings)

    lower, upper, claimed, gap = map(_of_bound, ("lower", "upper", "claimed", "gap"))
    proved, exact, found, closed = map(_of_bound, ("proved", "exact", "found", "closed"))
    certificate, upper_certificate = map(_of_bound, ("certificate", "upper_certificate"))
    reason = _of_bound("reason")

    @property
    def nodes(self) -> int:
        """Number of cells that were evaluated."""
        return len(self.tree)

    @property
    def proof_bytes(self) -> int:
        """Length of the proof's file; 0 without one."""
        return 0 if self.certificate is None else len(json.dumps(self.certificate.document(), separators=(",", ":")))

    def __repr__(self) -> str:
        return (f"Branching(lower={self.lower:.9g}, upper={self.upper:.9g}, claimed={self.claimed:.9g}, "
                f"nodes={self.nodes}, closed={self.closed}, proved={self.proved})")  # fmt: skip

    def _repr_html_(self) -> str:
        names = ("lower", "claimed", "upper", "gap", "proved", "closed", "nodes", "open", "seconds", "reason")
        return html_table(f"Branching: {self.program.name}", [(name, getattr(self, name)) for name in names])

    def save(self, path: str | Path) -> None:
        """Write everything that `branch_and_bound(program, resume=path)` needs, as JSON."""
        self.tree.save(path, header(self.program, self.found, self.settings))


def header(program: CompletelyPositiveProgram, found: Recovered | None, settings: CellSettings) -> dict[str, Any]:
    """The header of a file beside the tree: problem, units of its cuts, best atom, how cells were bounded."""
    exponents = in_own_units(program).exponents
    plain = {key: value for key, value in asdict(settings).items() if key not in ("options", "reductions")}
    return {
        "problem": check.digest(program_problem(program)),
        "name": program.name,
        "units": None if exponents is None else exponents.coordinates[program.cone.free].tolist(),
        "settings": plain,
        "atom": None if found is None else _written(found.atom),
    }


def _written(point: NDArray[Any] | Mixture) -> Any:
    """An atom as a list of numbers, a mixture of atoms with its weights."""
    if not isinstance(point, Mixture):
        return np.asarray(point, dtype=float).tolist()
    return {"weights": point.weights.astype(float).tolist(), "atoms": point.atoms.astype(float).tolist()}


def point_of(written: Any) -> NDArray[Any] | Mixture:
    """The point that a file has as `atom`."""
    if isinstance(written, dict):
        return Mixture(written["weights"], written["atoms"])
    return np.array(written, dtype=float)
