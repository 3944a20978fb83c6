"""A bound on a minimum: what is proved, what a solver claims, and the best solution found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from copos.arithmetic.rationals import rounded_down
from copos.certificate import Certificate
from copos.certificate.dual_proof import DualProof
from copos.certificate.produce import Proved
from copos.conic import ConicForm, Solution, Status
from copos.hierarchy import Relaxation
from copos.levels import bound_file
from copos.levels.warm_start import Solved
from copos.normal import NormalForm
from copos.program import CompletelyPositiveProgram, Recovered
from copos.regularized import RegularizedProgram
from copos.support.looks import html_table


@dataclass(frozen=True, eq=False)
class Bound:
    """lower ≤ optimum ≤ upper, with what was claimed on the way.

    Attributes
    ----------
    lower : proved lower bound, rounded down; +inf if it is proved that nothing is feasible; −inf when there is no
        proof, and then `reason` says why
    claimed : the solver's value of the relaxation, not a proof
    upper : value of the feasible solution `found`, +inf without one
    proved : is `lower` proved?
    reason : why it is not proved, or what the proof used
    level, family, gram, solver, status : where `claimed` comes from
    moments, blocks, largest : size of the conic form: variables, blocks, order of the largest block
    build_seconds, solve_seconds, proof_seconds : wall time
    solved : the level and its solution, where they were to be kept
    found : feasible solution, its value and its atom
    certificate : the proof of `exact`; `certificate.save(path)`, `certificate.verify(program)`
    exact : the proved lower bound as a rational number, `lower` before rounding
    upper_certificate : proof of `upper` in exact arithmetic, where an exactly feasible point was found
    upper_reason : why there is none
    closed : was the gap brought within the tolerance that was asked for?
    cells : cells of a partition that were bounded, 0 if the cone was not cut
    """

    lower: float = -np.inf
    claimed: float = -np.inf
    upper: float = np.inf
    proved: bool = False
    reason: str = ""
    level: int | None = None
    family: str = ""
    gram: str = "sdp"
    solver: str = ""
    status: Status | None = None
    moments: int = 0
    blocks: int = 0
    largest: int = 0
    build_seconds: float = 0.0
    solve_seconds: float = 0.0
    proof_seconds: float = 0.0
    solved: Solved | None = None
    found: Recovered | None = None
    certificate: Certificate | DualProof | None = None
    exact: Fraction | None = None
    upper_certificate: Certificate | None = None
    upper_reason: str = ""
    closed: bool = False
    cells: int = 0

    @property
    def gap(self) -> float:
        """Upper − lower; inf while one is missing."""
        return self.upper - self.lower

    @property
    def claimed_gap(self) -> float:
        """Upper − claimed."""
        return self.upper - self.claimed

    def plot(self, axis: Any = None) -> Any:
        """Draw the interval lower … upper with the claimed value on a matplotlib axis (a new one by default)."""
        from copos.support.plots import brackets

        name = "bound" if self.level is None else f"{self.family}, level {self.level}"
        claimed = None if self.level is None else [self.claimed]
        return brackets([name], [self.lower], [self.upper], claimed, axis=axis)

    def save(self, path: str | Path) -> None:
        """Write the bound as JSON, certificates inside, numbers exact.

        The solution found is kept where it is an array or labels; of others (networks) the value and the point. What
        `keep` kept is not written.

        Raises
        ------
        ValueError
            If the lower bound has no certificate of its own, as those that a search shows on its way.

        Examples
        --------
        >>> import tempfile, copos
        >>> program = copos.standard_quadratic([[1.0, -1.0], [-1.0, 2.0]])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     copos.bracket(program).save(f"{folder}/bound.json")
        ...     bound = Bound.load(f"{folder}/bound.json", program)
        >>> bound.proved, round(bound.lower, 6), bound.found.solution.round(6).tolist()
        (True, 0.2, [0.6, 0.4])
        """
        bound_file.save(self, path)

    @classmethod
    def load(cls, path: str | Path, program: CompletelyPositiveProgram | RegularizedProgram | None = None) -> Bound:
        """Read what `save` wrote, and check its certificates: about `program`, else about the problem in the file.

        Raises
        ------
        ValueError
            If the file is no bound of this version, or a certificate does not prove what the file says.
        """
        return cls(**bound_file.load(path, program))

    def to_frame(self) -> Any:
        """Return a pandas data frame of one row: all numbers and words, and the gap; ImportError without pandas."""
        return bound_file.frame(self)

    def _repr_html_(self) -> str:
        names = ("lower", "claimed", "upper", "gap", "proved", "closed", "level", "family", "solver", "reason")
        return html_table("Bound", [(name, getattr(self, name)) for name in names])

    def __repr__(self) -> str:
        below = self.level is not None or self.cells > 0 or self.proved  # else nothing was asked of the lower bound
        parts = [f"lower={self.lower:.9g}", f"claimed={self.claimed:.9g}"] if below else []
        parts += [f"upper={self.upper:.9g}"] if self.found is not None else []
        parts += [f"level={self.level}", f"family={self.family!r}"] if self.level is not None else []
        return f"Bound({', '.join([*parts, f'proved={self.proved}'])})"


NOT_ASKED = "no proof was asked for (certify=False); the solver's value is a claim in floating point"


def claim(
    form: ConicForm, solution: Solution, relaxations: Sequence[Relaxation], build_seconds: float, solve_seconds: float
) -> Bound:
    """The claim of a solver about one level of one or several programs, as a bound; nothing is proved yet."""
    first = relaxations[0]
    return Bound(
        claimed=claimed_value(form, solution),
        reason=NOT_ASKED,
        level=first.level,
        family=first.family,
        gram=first.gram,
        solver=solution.solver,
        status=solution.status,
        moments=form.shape[1],
        blocks=sum(len(r.blocks.sizes) for r in relaxations),
        largest=max(max(r.orders, default=1) for r in relaxations),
        build_seconds=build_seconds,
        solve_seconds=solve_seconds,
    )


def with_proof(bound: Bound, proof: Proved) -> Bound:
    """The bound with its proof: of a value, or (a certificate without a value) that nothing is feasible."""
    if proof.lower is None and proof.certificate is not None:
        return replace(bound, lower=np.inf, proved=True, reason=proof.reason, certificate=proof.certificate)
    return replace(
        bound,
        lower=-np.inf if proof.lower is None else rounded_down(proof.lower),
        proved=proof.lower is not None,
        reason=proof.reason,
        certificate=proof.certificate,
        exact=proof.lower,
    )


def in_units(bound: Bound, normal: NormalForm) -> Bound:
    """A bound of a normal form as one of the program, whose certificate it has already."""
    if normal.exponents is None:
        return bound
    exact = None if bound.exact is None else normal.exact(bound.exact)
    lower = bound.lower if exact is None else rounded_down(exact)
    return replace(bound, lower=lower, exact=exact, claimed=normal.value(bound.claimed))


def claimed_value(form: ConicForm, solution: Solution) -> float:
    """The minimum that a solver claims, discounted by how far its multipliers are from feasible.

    For z ∈ K* and r = A'z + c every feasible x has c'x ≥ −b'z + r'x, so −b'z − |r|'|x̂| holds for all x that are
    entrywise no larger than the x̂ returned. Verdicts become ±inf.
    """
    if solution.status is Status.INFEASIBLE:
        return np.inf
    if solution.status in (Status.UNBOUNDED, Status.FAILED):
        return -np.inf
    residual = np.abs(form.A.T @ solution.z + form.c) @ np.abs(solution.x)
    return float(np.fmin(solution.value, solution.dual_value - residual))
