"""Upper bounds from inside CP(K): the best mixture of atoms, or of a measure with a square density."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copos import svec
from copos.bound import Bound
from copos.conic import Status
from copos.hierarchy.atoms import Mixture, grid, is_orthant, measured, of_atoms, of_measure
from copos.program import CompletelyPositiveProgram, Recovered
from copos.reformulation.simplex import descend, polish, starts
from copos.solvers import solve

Matrix = NDArray[Any]
INNER = {
    "grid": "atoms with denominators up to level + 2 in the simplex [Yildirim2012]",
    "measure": "∫ σ xx' e^{−Σx} dx, σ a sum of squares of degree 2·level [Lasserre2014]",
    "descent": "atoms from local search on the slack of the dual, added until none improves",
    "atoms": "the atoms given",
}


def inner_bound(
    program: CompletelyPositiveProgram,
    level: int = 0,
    family: str = "descent",
    atoms: ArrayLike | None = None,
    solver: str | None = None,
    rounds: int = 50,
    **options: Any,
) -> Bound:
    """Min <C, Y> over a cone inside CP(K): an upper bound with the Y that attains it.

    Parameters
    ----------
    program : CompletelyPositiveProgram; on an orthant R_+^n unless `family` is "atoms"
    level : ℓ ≥ 0 of "grid" and "measure"; "descent" starts from the grid of that level
    family : a name in `INNER`
    atoms : (count, ambient) points of K, for "atoms", and to start "descent" from
    solver, options : see `copos.solvers.solve`
    rounds : of "descent"

    Returns
    -------
    Bound
        `upper`, with `found.object` a `Mixture` of atoms, or the matrix Y for "measure"; `lower` is −inf. `upper` is
        +inf where the inner cone meets no equation. For "measure" `found.atom` is empty.

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
        raise ValueError(f"unknown inner family {family!r}; expected one of {', '.join(INNER)}")
    if family == "atoms" and atoms is None:
        raise ValueError("the family 'atoms' needs atoms")
    if family in ("grid", "descent") and not is_orthant(program.cone):
        raise ValueError(f"the family {family!r} knows the orthant R_+^n only; give atoms, with family='atoms'")
    start = time.perf_counter()
    if family == "measure":
        run = _of_measure(program, level, solver, options)
    else:
        points = np.zeros((0, program.cone.ambient)) if atoms is None else np.atleast_2d(np.asarray(atoms, dtype=float))
        if family != "atoms":
            points = np.concatenate([points, grid(program.cone.ambient, level)])
        run = _of_atoms(program, points, solver, options)
        for _ in range(rounds if family == "descent" else 0):
            if run.status is not Status.OPTIMAL:
                break
            new = _improving(program, run)
            if not len(new):
                break
            run = _of_atoms(program, np.concatenate([run.mixture.atoms, new]), solver, options)
    found, reason = run.found(program)
    return Bound(
        upper=np.inf if found is None else found.value,
        found=found,
        reason=reason,
        level=level,
        family=family,
        solver=run.solver,
        status=run.status,
        solve_seconds=time.perf_counter() - start,
    )


@dataclass(frozen=True, eq=False)
class _Run:
    """What a solver returned; `mixture` has all atoms, those of weight zero too."""

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
        return Recovered(kept, value, kept.atoms[kept.weights.argmax()]), ""


def _of_measure(program: CompletelyPositiveProgram, degree: int, solver: str | None, options: dict[str, Any]) -> _Run:
    form, exponents = of_measure(program, degree)
    solution = solve(form, solver, **options)
    value, vectors = np.linalg.eigh(svec.smat(solution.x))
    G = (vectors * np.maximum(value, 0.0)) @ vectors.T  # so that Y is in CP whatever the solver's tolerance
    nothing = np.zeros((0, program.cone.ambient))
    Y = measured(G, exponents)
    return _Run(solution.status, solution.solver, Y, np.zeros(0), Mixture(np.zeros(0), nothing))


def _of_atoms(program: CompletelyPositiveProgram, points: Matrix, solver: str | None, options: dict[str, Any]) -> _Run:
    form, x = of_atoms(program, points)
    solution = solve(form, solver, **options)
    mixture = Mixture(np.maximum(solution.x, 0.0), x)
    # A = [equations; −I], so that c + A'z = 0 makes the multipliers of the equations y = −z
    return _Run(solution.status, solution.solver, mixture.matrix, -solution.z[: form.cones.zero], mixture)


def _improving(program: CompletelyPositiveProgram, run: _Run, most: int = 20) -> Matrix:
    """Atoms where the slack C − Σ y_iA_i of the dual is negative, the most negative first."""
    S = program.C.matrix() - program.equations[0].combine(run.multipliers).matrix()
    points = descend(S, starts(run.Y, len(S), np.random.default_rng(0)))
    points = np.stack([polish(S, x) for x in np.unique(points.round(6), axis=0)])
    if program.recover is not None:  # it knows the vanishing forms, which the descent does not
        atom = program.recover(run.Y).atom
        points = np.concatenate([points, atom[None, :] / atom.sum()]) if np.isfinite(atom).all() else points
    if len(program.vanishing):
        points = points[np.abs(program.vanishing.values(points)).max(axis=1) <= 1e-12]
    value = np.einsum("ki,ij,kj->k", points, S, points)
    order = np.argsort(value)[:most]
    better = order[value[order] < -1e-10 * max(1.0, float(np.abs(S).max()))]
    return points[better]
