"""Atoms x ∈ K with x'Sx < 0, for a slack matrix S: the pricing step of column generation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from copos.arithmetic import svec
from copos.arithmetic.simplex import descend, polished, starts
from copos.cones import Cone
from copos.hierarchy.atoms import is_orthant
from copos.hierarchy.charts import square_forms
from copos.program import CompletelyPositiveProgram

Matrix = NDArray[np.float64]


def improving_atoms(
    program: CompletelyPositiveProgram, used: Matrix, Y: Matrix, multipliers: Matrix, most: int = 20
) -> Matrix:
    """Atoms where the slack C − Σ y_iA_i of the dual is negative, the most negative first.

    Parameters
    ----------
    program : CompletelyPositiveProgram
    used : (count, ambient) atoms in use
    Y : their mixture
    multipliers : (equations,) y
    most : that many at most
    """
    S = program.C.matrix() - program.equations[0].combine(multipliers).matrix()
    cone = program.cone
    points = np.zeros((0, cone.ambient))
    if is_orthant(cone):
        points = descend(S, starts(Y, len(S), np.random.default_rng(0)))
        points = np.stack([polished(S, x, slack=1e-12) for x in np.unique(points.round(6), axis=0)])
    elif cone.parts and all(p.kind != "free" for p in cone.parts):
        points = descend_squares(S, cone, np.random.default_rng(0))
    if program.recover is not None:  # it knows the vanishing forms, which the descent does not
        atoms = program.recover(Y).mixture.atoms.astype(float)
        atoms = atoms[np.isfinite(atoms).all(axis=1) & np.any(atoms, axis=1)]
        points = np.concatenate([points, atoms / np.abs(atoms).sum(axis=1, keepdims=True)])
    if len(program.vanishing):
        points = points[np.abs(program.vanishing.values(points)).max(axis=1) <= 1e-12]
    value = np.einsum("ki,ij,kj->k", points, S, points)
    order = np.argsort(value)[:most]
    better = order[value[order] < -1e-10 * max(1.0, float(np.abs(S).max()))]
    return points[better]


def descend_squares(S: Matrix, cone: Cone, rng: np.random.Generator, tries: int = 24) -> Matrix:
    """Local minimisers of x'Sx / e(x)² over a product of symmetric cones, as x = z∘z with free z; e(x) = 1.

    Examples
    --------
    >>> from copos import SecondOrder
    >>> x = descend_squares(np.diag([1.0, -2.0, 1.0]), SecondOrder(3), np.random.default_rng(0))
    >>> bool(abs(x[0, 1]) > 0.999), SecondOrder(3).contains(x[0])
    (True, True)
    """
    n = cone.dim
    rows = square_forms(cone).toarray()
    i, j = svec.triangle(n)
    Q = np.zeros((n, n, n))
    Q[:, i, j] += rows / 2
    Q[:, j, i] += rows / 2  # (z∘z)_a = z'Q_az

    def value(z: Matrix) -> tuple[float, Matrix]:
        Qz = Q @ z
        x = Qz @ z
        e = float(cone.unit @ x)
        Sx = S @ x
        f = float(x @ Sx) / e**2
        slope = 2 * Qz.T @ (2 * Sx / e**2 - 2 * f / e * cone.unit)
        return f, slope

    found = []
    for z in rng.standard_normal((tries, n)):
        z = minimize(value, z, jac=True, method="L-BFGS-B", options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 500}).x
        x = (Q @ z) @ z
        found.append(x / (cone.unit @ x))
    points = np.stack(found)
    points = points[np.unique(points.round(7), axis=0, return_index=True)[1]]
    return points[np.argsort(np.einsum("ki,ij,kj->k", points, S, points))]
