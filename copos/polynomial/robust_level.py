"""Robust training on inputs that are known: one conic program.

    min Σ_i φ_i(R_i) + βΣ<E, Z + Z'>   s.t.   s_j(f(p_j) − y_i) ≤ R_i for the inputs p_j with sign s_j of sample i

The multipliers μ_j ≥ 0 of the rows add up to φ_i' over a sample: they are weights of the inputs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.conic import Cones, ConicForm
from copos.losses.conic_rows import joined, loss_cone
from copos.losses.convex import Interval
from copos.polynomial.features import Activation
from copos.solvers import solve

Array = NDArray[np.float64]
Index = NDArray[np.int64]
ENOUGH = 1e4  # of Σ_j‖M_j‖ at most: a price at which no neuron is worth it, as slopes are below some units
ACCURATE = {"tol_gap_rel": 1e-10, "tol_gap_abs": 1e-10, "tol_feas": 1e-10}


class Inputs(NamedTuple):
    """Inputs (m, d), the sample that each belongs to, and the sign of the residual that it makes large."""

    points: Array
    owner: Index
    sign: Array


class Level(NamedTuple):
    """(Z, Z') (2, k, k), the intercept, the residuals R (n,) and the multipliers μ (m,)."""

    Z: Array
    bias: float
    residual: Array
    mu: Array


def rows(points: Array, sigma: Activation) -> Array:
    """svec(M) of every input, (m, length)."""
    a, b, c = sigma
    if not sigma.lifted:
        M = a * points[:, :, None] * points[:, None, :] + c * np.eye(points.shape[1])
        return svec.svec(M)
    x = np.column_stack([points, np.ones(len(points))])
    F = np.full((x.shape[1],) * 2, a)
    F[-1], F[:, -1], F[-1, -1] = b / 2, b / 2, c
    return svec.svec(F * x[:, :, None] * x[:, None, :])


def solve_level(given: Inputs, sigma: Activation, y: Array, phi: Interval, beta: float, intercept: bool) -> Level:
    """Solve it; variables are D = Z − Z' in the rows, svec Z, svec Z', t, R."""
    n, m = len(y), len(given.owner)
    d = given.points.shape[1]
    k = d + sigma.lifted
    size = svec.length(k)
    whole = 3 * size + 1 + n
    M = rows(given.points, sigma)
    unit = float(np.sqrt(np.mean(np.sum(M**2, 1)))) or 1.0
    beta = min(beta, ENOUGH * m * unit)
    # s(<M, D> + t − y) − R ≤ 0
    least = sp.hstack([
        sp.csr_array(given.sign[:, None] * M / unit), sp.csr_array((m, 2 * size)),
        sp.csr_array(given.sign[:, None] * float(intercept)),
        sp.csr_array((-np.ones(m), (np.arange(m), given.owner)), shape=(m, n)),
    ])  # fmt: skip
    one = sp.eye_array(size)
    rest = sp.csr_array((size, 1 + n))
    difference = sp.hstack([one, -one, one, rest])
    E, J = np.eye(k), np.zeros((0, k, k))
    if sigma.lifted:
        E, J = np.zeros((k, k)), np.diag(np.append(np.ones(d), -1.0))[None]
        E[-1, -1] = 1.0
    zero = sp.kron(sp.eye_array(2), sp.csr_array(svec.svec(J)) if len(J) else sp.csr_array((0, size)))
    nothing = sp.csr_array((zero.shape[0], size))
    fixed = [sp.hstack([nothing, zero, sp.csr_array((zero.shape[0], 1 + n))])] if zero.shape[0] else []
    still = [] if intercept else [sp.csr_array(([1.0], ([0], [3 * size])), shape=(1, whole))]
    cone = -sp.eye_array(2 * size, whole, k=size)
    A = sp.csc_array(sp.vstack([difference, *fixed, *still, least, cone]))
    equal = A.shape[0] - m - 2 * size
    right = np.concatenate([np.zeros(equal), given.sign * y[given.owner], np.zeros(2 * size)])
    cost = np.concatenate([np.zeros(size), np.tile(beta / unit * svec.svec(E), 2), np.zeros(1 + n)])
    form = ConicForm(cost, A, right, Cones(equal, m, psd=(k, k)))
    fit = loss_cone(sp.csr_array(sp.eye_array(n)), phi)
    total = whole + fit.form.shape[1] - n
    place = np.concatenate([whole - n + np.arange(n), whole + np.arange(fit.form.shape[1] - n)])
    both, where = joined([form, fit.form], [np.arange(whole), place], total)
    found = solve(both, "clarabel", **ACCURATE)
    Z = svec.smat(found.x[size : 3 * size].reshape(2, size)) / unit
    mu = np.maximum(found.z[where[0][equal : equal + m]], 0.0)
    return Level(Z, float(found.x[3 * size]) if intercept else 0.0, found.x[whole - n : whole], mu)
