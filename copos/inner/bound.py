"""Upper bounds from inside CP(K): the best mixture of atoms, or of a measure with a square density."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic.rationals import rounded_up
from copos.certificate.feasible import certify_upper_bound
from copos.conic import Status
from copos.decision.atom_search import improving_atoms
from copos.hierarchy.atoms import Inner, grid, is_orthant, of_atoms, of_frames, of_pairs, on_zeros, rays
from copos.hierarchy.families import HIGHEST
from copos.inner import partition
from copos.inner.measures import of_measure
from copos.levels.bound import Bound
from copos.program import CompletelyPositiveProgram, Mixture, Recovered
from copos.solvers import solve
from copos.support import options as options_of
from copos.support.given import real_array, within_doubles
from copos.support.names import one_of
from copos.support.threads import on_one_blas_thread

Matrix = NDArray[Any]


@dataclass(frozen=True)
class InnerFamily:
    """A row of the table of cones inside CP(K).

    Attributes
    ----------
    build : (program, level, atoms) ↦ the cone
    improve : (program, strongest atoms, Y, multipliers) ↦ more atoms, if the cone is refined after it was solved over
    by_level : are the rounds of refinement the level, rather than as many as improve?
    """

    name: str
    build: Callable[[CompletelyPositiveProgram, int, Matrix], Inner]
    what: str
    reference: str = ""
    improve: Callable[[CompletelyPositiveProgram, Matrix, Matrix, Matrix], Matrix] | None = None
    by_level: bool = False


@on_one_blas_thread
@within_doubles("the data")
def inner_bound(
    program: CompletelyPositiveProgram,
    level: int = 0,
    family: str = "descent",
    atoms: ArrayLike | None = None,
    solver: str | None = None,
    rounds: int = 50,
    certify: bool = True,
    **options: Any,
) -> Bound:
    """Min <C, Y> over a cone inside CP(K): an upper bound with the Y that attains it.

    Parameters
    ----------
    program : CompletelyPositiveProgram
    level : ℓ ≥ 0 of "grid", "measure", "vertices", "edges" and "sdd"; on an orthant "descent" starts from the grid of
        that level
    family : a name in `INNER`
    atoms : (count, ambient) points of K, for "atoms", and to start "sdd" and "descent" from
    solver, options : see `copos.solvers.solve`
    rounds : of "descent"
    certify : prove `upper` in exact arithmetic, where the mixture's atoms are exact points of K; a measure is none

    Returns
    -------
    Bound
        `upper`, with `found.solution` a `Mixture` of atoms, or the matrix Y for "measure"; `lower` is −inf. `upper` is
        +inf where the inner cone meets no equation. For "measure" `found.atom` is empty. `upper_certificate` has the
        proof, or `upper_reason` says why there is none.

    Raises
    ------
    ValueError
        For an unknown family, a bad level, atoms of the wrong shape or a cone that the family does not know.

    Examples
    --------
    >>> from copos.reformulation.standard_quadratic import standard_quadratic
    >>> program = standard_quadratic([[2.0, 0.0], [0.0, 1.0]])
    >>> round(inner_bound(program, 1, "grid").upper, 6), round(inner_bound(program).upper, 6)
    (0.666667, 0.666667)
    """
    if family not in INNER:
        raise ValueError(f"unknown inner family {family!r}; {one_of(family, INNER)}")
    level = options_of.count(level, "level")
    if level > HIGHEST:
        raise ValueError(f"level must be at most {HIGHEST}, got {str(level)[:40]}")
    row = INNER[family]
    if family == "atoms" and atoms is None:
        raise ValueError("the family 'atoms' needs atoms")
    start = time.perf_counter()
    given = np.zeros((0, program.cone.ambient)) if atoms is None else np.atleast_2d(real_array(atoms, "atoms"))
    run = _run(program, row.build(program, level, given), solver, options)
    for _ in range((level if row.by_level else rounds) if row.improve else 0):
        if run.status not in (Status.OPTIMAL, Status.INACCURATE):
            break
        used = _strongest(run.mixture)
        assert row.improve is not None
        new = row.improve(program, used, run.Y, run.multipliers)
        if not len(new):
            break
        kept = _strongest(run.mixture) if row.by_level else run.mixture.atoms
        run = _run(program, row.build(program, level, np.concatenate([kept, new])), solver, options)
    found, reason = run.found(program)
    ended = time.perf_counter()
    bound = Bound(
        upper=np.inf if found is None else found.value,
        found=found,
        reason=reason,
        level=level,
        family=family,
        solver=run.solver,
        status=run.status,
        solve_seconds=ended - start,
    )
    if found is None or not certify:
        return bound
    if not isinstance(found.solution, Mixture):
        return replace(bound, upper_reason="evaluated in floating point: a density has no finite number of atoms")
    upper, certificate, why = certify_upper_bound(program, found.solution)
    bound = replace(bound, upper_certificate=certificate, upper_reason=why, proof_seconds=time.perf_counter() - ended)
    return bound if upper is None else replace(bound, upper=rounded_up(upper))


@dataclass(frozen=True, eq=False)
class _Run:
    """The answer of a solver; `mixture` has all atoms, those of weight zero too."""

    status: Status
    solver: str
    Y: Matrix
    multipliers: Matrix
    mixture: Mixture

    def found(self, program: CompletelyPositiveProgram) -> tuple[Recovered | None, str]:
        """Y with its value, or why there is none."""
        if self.status not in (Status.OPTIMAL, Status.INACCURATE, Status.LIMIT):
            return None, f"the inner program is {self.status.value}"
        A, b = program.equations
        reached = A.inner(self.Y)
        # the cone is closed under scaling: meet the equations as well as that can, and exactly if there is only one
        scale = float(b @ reached) / float(reached @ reached) if np.any(b) and np.any(reached) else 1.0
        miss = float(np.abs(scale * reached - b).max(initial=0.0))
        if scale <= 0 or miss > 1e-6 * (1 + np.abs(b).max(initial=0.0)):
            return None, f"the solver's point misses an equation by {miss:.2g}"
        value = scale * float(program.C.inner(self.Y)[0])
        if not len(self.mixture.weights):
            return Recovered(scale * self.Y, value, np.zeros(0)), ""
        weights = scale * self.mixture.weights
        used = weights > 1e-12 * weights.max()
        kept = Mixture(weights[used], self.mixture.atoms[used])
        return Recovered(kept, value, kept), ""


def _run(program: CompletelyPositiveProgram, inner: Inner, solver: str | None, options: dict[str, Any]) -> _Run:
    form = inner.form(program)
    solution = solve(form, solver, **options)
    # A = [equations; …; −I], so that c + A'z = 0 makes the multipliers of the equations y = −z
    multipliers = -solution.z[: len(program.equations[1])]
    x = solution.x if np.isfinite(solution.x).all() else np.zeros(form.shape[1])
    read = inner.read(x)
    nothing = Mixture(np.zeros(0), np.zeros((0, program.cone.ambient)))
    mixture, Y = (read, read.matrix) if isinstance(read, Mixture) else (nothing, read)
    return _Run(solution.status, solution.solver, Y, multipliers, mixture)


def _descent(program: CompletelyPositiveProgram, level: int, atoms: Matrix) -> Inner:
    if len(atoms):
        return of_atoms(program, atoms)
    if is_orthant(program.cone):
        return of_atoms(program, grid(program.cone.ambient, level))
    return of_atoms(program, _start(program, "descent"))


def _dominant(program: CompletelyPositiveProgram, level: int, atoms: Matrix) -> Inner:
    return of_pairs(program, atoms if len(atoms) else _start(program, "sdd"))


def _start(program: CompletelyPositiveProgram, family: str) -> Matrix:
    cone = program.cone
    if not cone.parts or any(p.kind == "free" for p in cone.parts):
        raise ValueError(
            f"the family {family!r} finds its own atoms on products of orthants, second-order and semidefinite cones; "
            f"on {cone.name} give it atoms"
        )
    return rays(cone)


def _strongest(mixture: Mixture) -> Matrix:
    """The atoms of the largest share of Y, without repetition."""
    size = np.linalg.norm(mixture.atoms, axis=1)
    share = mixture.weights * size**2
    order = np.argsort(-share)[: (share > 1e-9 * share.max()).sum()]
    unit = (mixture.atoms[order] / size[order, None]).round(9)
    first = np.sort(np.unique(unit, axis=0, return_index=True)[1])
    return mixture.atoms[order[first]][: MOST // 2]


MOST = 24  # atoms whose pairs are tried together: 276 second-order cones


def _new_basis(program: CompletelyPositiveProgram, used: Matrix, Y: Matrix, multipliers: Matrix) -> Matrix:
    """More atoms beside those in use: what they were made of comes again, and the sums of the nearest."""
    cone = program.cone
    old = rays(cone) if cone.parts and all(p.kind != "free" for p in cone.parts) else np.zeros((0, cone.ambient))
    unit = used / np.linalg.norm(used, axis=1, keepdims=True)
    i, j = np.triu_indices(len(used), 1)
    near = np.argsort(-(unit[i] * unit[j]).sum(axis=1), kind="stable")[: max(0, MOST - len(used) - len(old))]
    if len(program.vanishing):
        return used[:0]  # sums of atoms need not be atoms
    every = np.concatenate([old, unit[i[near]] + unit[j[near]]])
    return on_zeros(program, every)


def _vertices(program: CompletelyPositiveProgram, level: int, pairs: bool) -> Inner:
    """Vertices, or edges, of the partition of the simplex whose cells are halved `level` times."""
    if not is_orthant(program.cone):
        raise ValueError(f"simplicial partitions are of the orthant R_+^n; this program lives on {program.cone.name}")
    cells = partition.uniform(program.cone.ambient, level)
    corners = partition.vertices(cells)
    x = np.array([[float(c) / sum(v) for c in v] for v in corners])
    if not pairs or len(corners) == 1:
        return of_atoms(program, x)
    place = {v: k for k, v in enumerate(corners)}
    return of_pairs(program, x, [(place[u], place[v]) for u, v in partition.edges(cells)])


_ROWS = (
    InnerFamily("grid", lambda program, level, _: of_frames(program, level),
                "points of the simplex with denominators up to level + 2, in every Jordan frame",
                "Yildirim2012, NishijimaNakata2024"),
    InnerFamily("measure", lambda program, level, _: of_measure(program, level),
                "∫ σ xx' dμ, σ a sum of squares of degree 2·level", "Lasserre2014"),
    InnerFamily("vertices", lambda program, level, _: _vertices(program, level, False),
                "vertices of the simplicial partition of the orthant whose cells are halved level times",
                "BundfussDuer2009"),
    InnerFamily("edges", lambda program, level, _: _vertices(program, level, True),
                "[u v] S [u v]', S ⪰ 0, S ≥ 0, over the edges of that partition", "BundfussDuer2009"),
    InnerFamily("sdd", _dominant, "V S V', S nonnegative and scaled diagonally dominant, V changed level times",
                "GouveiaPongSaee2020", _new_basis, by_level=True),
    InnerFamily("descent", _descent, "atoms from local search on the slack of the dual, added until none improves",
                improve=improving_atoms),
    InnerFamily("atoms", lambda program, _, atoms: of_atoms(program, atoms), "the atoms given"),
)  # fmt: skip
INNER = {row.name: row for row in _ROWS}
