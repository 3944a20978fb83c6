"""The solvers and what each can do, as data: whoever needs an ability asks the row for it, not for a name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from copos.conic import Cones
from copos.solvers.highs import is_linear
from copos.support.names import meant


def _any(cones: Cones) -> bool:
    return True


@dataclass(frozen=True)
class Entry:
    """A row of the table: `copos.solvers.<name>` has the adapter, `requires` is what must be importable.

    Attributes
    ----------
    reads : cones ↦ can it solve over them?
    error : largest error, relative to the data, of an answer that is called optimal; about ten times what the solver
        leaves at its default tolerances on the problems of this package
    warm : does it go on from the triple (x, s, z) of an option `start`?
    anytime : can it be stopped at any time with a pair that is worth a proof? Then an option `judge` sees the pairs
        along the way, and `max_iterations` and `time_limit` cut the run short
    time_limit : the option that limits wall seconds, "" if there is none
    tolerance : the option that every residual is brought below, "" if there are several or none
    vertices : does it end at a vertex, whose basis `copos.solvers.vertex` solves exactly?
    arrays : does it run on other array libraries and devices, by an option `arrays`?
    """

    name: str
    requires: str
    licence: str
    summary: str
    error: float
    reads: Callable[[Cones], bool] = _any
    warm: bool = False
    anytime: bool = False
    time_limit: str = ""
    tolerance: str = ""
    vertices: bool = False
    arrays: bool = False

    @property
    def installed(self) -> bool:
        """Whether the module behind the adapter can be imported."""
        return find_spec(self.requires) is not None


_ROWS = (
    Entry("clarabel", "clarabel", "Apache-2.0", "interior point; small problems, clean rays", 1e-6,
          time_limit="time_limit"),
    Entry("scs", "scs", "MIT", "splitting with a homogeneous embedding; rough answers, any cone", 1e-3,
          time_limit="time_limit_secs"),
    Entry("highs", "highspy", "MIT", "simplex and interior point; linear programs only", 1e-6, is_linear,
          time_limit="time_limit", vertices=True),
    Entry("cvxopt", "cvxopt", "GPL-3.0", "interior point; block LMIs of up to a few hundred variables", 1e-5),
    Entry("splitting", "numpy", "MIT", "this package's ADMM; thousands of variables in many blocks", 1e-5,
          warm=True, anytime=True, time_limit="time_limit", tolerance="tolerance", arrays=True),
)  # fmt: skip
SOLVERS = {entry.name: entry for entry in _ROWS}
GOES_ON = next(entry.name for entry in _ROWS if entry.warm and entry.anytime)  # from where another one stopped


def entry_of(name: str) -> Entry:
    """Look a solver up.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    try:
        return SOLVERS[name]
    except KeyError:
        raise ValueError(f"no solver {name!r}; {meant(name, SOLVERS)}there are {', '.join(SOLVERS)}") from None
