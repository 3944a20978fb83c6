"""Atoms and the weights with which their mixture meets equations exactly.

Given atoms u_k, the weights of the best mixture solve a linear program, min Σ w_k u_k'Cu_k over Σ w_k u_k'A_iu_k = b_i,
w ≥ 0. Its basis is found in floating point and its vertex in rational arithmetic: what is rounded in the atoms is
repaired by the weights. Where a few atoms leave too little freedom for that, atoms near them are added:
(u ± δd)(u ± δd)' mix to every uu' + t(ud' + du') + O(δ²), |t| ≤ δ, the directions in which uu' itself can move.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.exact import solve_exactly
from copos.hierarchy.atoms import rays
from copos.program import CompletelyPositiveProgram, Mixture
from copos.solvers.vertex import optimal_basis, within_reach

Point = list[tuple[Fraction, list[Fraction]]]  # weights > 0 and atoms in the free coordinates of the cone
Vector = NDArray[Any]
STEPS = (2.0**-20, 2.0**-13, 2.0**-7)  # δ, relative; the loss is of order δ²
MOST = 1000  # atoms near others
MARGIN = 2.0**-46  # by which the rounding of an atom is pushed inside


class Form:
    """x'Ax over integers: a form [[i, j, coefficient], …] of a problem, read once.

    >>> half = Form([[0, 1, "1/2"]])
    >>> half.at([Fraction(1, 3), Fraction(3)]), half.average([(Fraction(2), [Fraction(1), Fraction(3)])])
    (Fraction(1, 2), Fraction(3, 1))
    """

    def __init__(self, terms: list[list[Any]]) -> None:
        values = [Fraction(c) for _, _, c in terms]
        self.bottom = lcm(*(c.denominator for c in values))
        self.terms = [(i, j, int(c * self.bottom)) for (i, j, _), c in zip(terms, values, strict=True)]

    def at(self, u: list[Fraction]) -> Fraction:
        """u'Au."""
        bottom = lcm(*(v.denominator for v in u))
        p = [v.numerator * (bottom // v.denominator) for v in u]
        return Fraction(sum(c * p[i] * p[j] for i, j, c in self.terms), self.bottom * bottom**2)

    def average(self, point: Point) -> Fraction:
        """<A, Y> = Σ_k w_k u_k'Au_k."""
        return sum((w * self.at(u) for w, u in point), Fraction(0))


@dataclass(frozen=True, eq=False)
class Candidates:
    """Atoms of K in its free coordinates (rows), with the weights that they have, or that a neighbour has."""

    program: CompletelyPositiveProgram
    weights: Vector
    atoms: Vector

    @classmethod
    def of(cls, program: CompletelyPositiveProgram, given: Mixture) -> Candidates:
        """Those of a mixture that have a positive weight.

        Raises
        ------
        ValueError
            If the atoms are not finite points of the cone's space.
        """
        atoms, weights = given.atoms, given.weights
        if atoms.shape[1] != program.cone.ambient:
            raise ValueError(f"atoms must be points of R^{program.cone.ambient}, got shape {atoms.shape}")
        if not all(a.dtype == object or np.isfinite(a).all() for a in (atoms, weights)):
            raise ValueError("atoms and weights must be finite numbers")
        used = weights > 0
        return cls(program, weights[used], atoms[used][:, program.cone.free])

    def __len__(self) -> int:
        return len(self.weights)

    @property
    def point(self) -> Point:
        """The mixture with the weights as they are."""
        return [(_fraction(w), [_fraction(v) for v in u]) for w, u in zip(self.weights, self.atoms, strict=True)]

    @property
    def ambient(self) -> Vector:
        """The atoms in ambient coordinates, in floating point."""
        return (self.program.cone.basis @ self.atoms.astype(float).T).T

    def inside(self) -> Candidates | None:
        """The atoms inside the semidefinite and second-order parts of K, by a rounding; None where that is no help."""
        cone = self.program.cone
        curved = [p.kind in ("second-order", "semidefinite") and p.order > 1 for p in cone.parts]
        if len(self.program.vanishing) or not any(curved) or any(p.kind == "free" for p in cone.parts):
            return None
        middle, moved, start = rays(cone).sum(axis=0), self.atoms.astype(float), 0
        for part, wanted in zip(cone.parts, curved, strict=True):
            place = slice(start, start + part.dim)
            start += part.dim
            if wanted:
                size = np.abs(moved[:, place]).max(axis=1, keepdims=True)
                moved[:, place] += MARGIN * size * middle[place] / np.abs(middle[place]).max()
        return replace(self, atoms=moved)

    def widened(self) -> Iterator[Candidates]:
        """The atoms; then, where nothing vanishes, the atoms and others of K near them, ever less near."""
        yield self
        if len(self.program.vanishing):
            return
        atoms, cone = self.atoms.astype(float), self.program.cone
        size = np.abs(atoms).max(axis=1, initial=0.0)
        order = np.argsort(-(self.weights.astype(float) * size**2), kind="stable")
        order = order[: max(1, MOST // (2 * max(1, cone.dim)))]
        for step in STEPS:
            moves = np.concatenate([np.eye(cone.dim), -np.eye(cone.dim)]) * step
            near = (atoms[order, None, :] + size[order, None, None] * moves).reshape(-1, cone.dim)[:MOST]
            owner = np.repeat(order, len(moves))[:MOST]
            allowed = np.array([cone.violation(cone.basis @ u) <= 0 for u in near], dtype=bool)
            weights = np.concatenate([self.weights, self.weights[owner[allowed]]])
            yield Candidates(self.program, weights, np.concatenate([self.atoms, near[allowed]]))


def best(problem: dict[str, Any], near: Candidates) -> Point | None:
    """The mixture of least objective of these atoms that meets the equations exactly; None if none is found."""
    try:
        columns, active = optimal_basis(*_linear_program(near), equations=True)
    except ArithmeticError:
        return None
    if not columns or not within_reach(len(columns)):
        return None
    atoms = [[_fraction(v) for v in near.atoms[k]] for k in columns]
    equations = [problem["equations"][i] for i in active]
    forms = [(Form(equation["form"]), Fraction(equation["value"])) for equation in equations]
    weights = solve_exactly([[*map(form.at, atoms), value] for form, value in forms])
    if weights is None or min(weights) < 0:
        return None
    return [(v, u) for v, u in zip(weights, atoms, strict=True) if v]


def _linear_program(near: Candidates) -> tuple[Vector, Vector, Vector]:
    """(cost, rows, right) over the factors that the weights are multiplied by, every row of size 1."""
    program, (A, b) = near.program, near.program.equations
    with np.errstate(all="ignore"):
        x, w = near.ambient, near.weights.astype(float)
        G, cost = A.values(x).T * w, program.C.values(x)[:, 0] * w
        size = np.abs(G).max(axis=1, initial=0.0) + np.abs(b)
        rows, right = (part / np.where(size > 0, size, 1.0) for part in (G.T, b))
        cost = cost / (np.abs(cost).max(initial=0.0) or 1.0)
    if not (np.isfinite(rows).all() and np.isfinite(cost).all()):
        raise ArithmeticError("the sizes of the data are beyond doubles")
    return cost, rows.T, right


def _fraction(value: Any) -> Fraction:
    return value if isinstance(value, Fraction) else Fraction(value)
