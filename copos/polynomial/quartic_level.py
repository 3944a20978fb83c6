"""The level of sums of squares of the dual of training with an activation of degree up to four.

    max  r'y − ½‖r‖²   s.t.   β‖u‖⁴ − s·p_r(u) = z(u)'G_sz(u) on the sphere, G_s ⪰ 0, s = ±1,    p_r = Φ'r

Samples enter through a triangular factor of Φ, so that there are at most as many as coefficients. The multipliers of
the two identities are the moments of the optimal measures of neurons; where these matrices are flat, of no larger
rank than their part of degree one, their atoms are the common eigenvectors of multiplications [HenrionLasserre2005].
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.conic import Cones, ConicForm
from copos.polynomial.quartic_forms import Sphere
from copos.solvers import solve

Array = NDArray[np.float64]
RANK = 1e-5  # eigenvalues of moments below this part of the largest count as 0


class Level(NamedTuple):
    """The multiplier r, and the moment matrices of z(u) for each sign."""

    r: Array
    moments: tuple[Array, Array]


def solve_level(sphere: Sphere, features: Array, y: Array, beta: float) -> Level:
    """Solve it in the units that are given, which should be about 1."""
    Q, R = np.linalg.qr(features)
    k, triangle = len(R), svec.length(sphere.order)
    # variables: ρ with r = Qρ + (y − QQ'y), t ≥ ½‖ρ‖², svec G_+, svec G_−
    squares = _of_svec(sphere)
    none = sp.csr_array((sphere.size, triangle))
    identities = [
        sp.hstack([sp.csr_array(s * R.T), sp.csr_array((sphere.size, 1)), *parts])
        for s, parts in ((1.0, (squares, none)), (-1.0, (none, squares)))
    ]
    cone = sp.lil_array((k + 2, k + 1 + 2 * triangle))
    cone[0, k], cone[1, k] = -1.0, -1.0
    cone[2 + np.arange(k), np.arange(k)] = -np.sqrt(2)
    definite = -sp.eye_array(2 * triangle, k + 1 + 2 * triangle, k=k + 1)
    A = sp.csc_array(sp.vstack([*identities, cone.tocsr(), definite]))
    b = np.concatenate([beta * sphere.one, beta * sphere.one, [1.0, -1.0], np.zeros(k + 2 * triangle)])
    c = np.concatenate([-(Q.T @ y), [1.0], np.zeros(2 * triangle)])
    form = ConicForm(c, A, b, Cones(2 * sphere.size, 0, (k + 2,), (sphere.order,) * 2))
    found = solve(form, "clarabel")
    rho = found.x[:k]
    dual = [svec.smat(found.z[-2 * triangle :][i * triangle : (i + 1) * triangle]) for i in range(2)]
    return Level(Q @ rho + y - Q @ (Q.T @ y), (dual[0], dual[1]))


def least_top(sphere: Sphere, p: Array) -> tuple[float, Array]:
    """The least τ with τ‖u‖⁴ − p = z'Gz on the sphere, G ⪰ 0, and its G; p in units of about 1."""
    squares, triangle = _of_svec(sphere), svec.length(sphere.order)
    A = sp.csc_array(sp.vstack([sp.hstack([sp.csr_array(-sphere.one[:, None]), squares]),
                                -sp.eye_array(triangle, 1 + triangle, k=1)]))  # fmt: skip
    b = np.concatenate([-p, np.zeros(triangle)])
    c = np.concatenate([[1.0], np.zeros(triangle)])
    found = solve(ConicForm(c, A, b, Cones(sphere.size, psd=(sphere.order,))), "clarabel")
    return float(found.x[0]), svec.smat(found.x[1:])


def _of_svec(sphere: Sphere) -> sp.csr_array:
    """The map of `sphere.squares` on svec G."""
    root = np.where(np.equal(*svec.triangle(sphere.order)), 1.0, np.sqrt(0.5))
    return sp.csr_array(sphere.squares * root)


def gram(sphere: Sphere, form: Array, guess: Array) -> Array:
    """The matrix with z'Gz = form (a vector of coefficients) nearest to a guess, entry by entry of the identity."""
    i, j = svec.triangle(sphere.order)
    entries = guess[i, j]
    missing = form - sphere.squares @ entries
    # the rows of the map share no column but through u_iu_j‖u‖²: least squares on the small normal matrix
    normal = (sphere.squares @ sphere.squares.T).toarray()
    entries = entries + sphere.squares.T @ np.linalg.solve(normal, missing)
    G = np.zeros((sphere.order, sphere.order))
    G[i, j] = G[j, i] = entries
    return G


def atoms(sphere: Sphere, moments: Array) -> Array | None:
    """The points of the sphere of a flat moment matrix of z(u), one a row; None where it is not flat."""
    values, vectors = np.linalg.eigh(moments)
    if values[-1] <= 0:
        return np.zeros((0, sphere.d))
    keep = values > RANK * values[-1]
    V = vectors[:, keep] * np.sqrt(values[keep])
    q, d = len(sphere.pairs), sphere.d
    one = V[:q][sphere.pairs[:, 0] == sphere.pairs[:, 1]].sum(0)  # 1 = ‖u‖²
    low = np.vstack([one, V[q:]])
    if np.linalg.matrix_rank(low, tol=np.sqrt(RANK) * np.linalg.norm(low, 2)) < keep.sum():
        return None
    inverse = np.linalg.pinv(low)
    place = {tuple(pair): k for k, pair in enumerate(sphere.pairs.tolist())}
    steps = [inverse @ np.vstack([V[q + k], *(V[place[min(i, k), max(i, k)]] for i in range(d))]) for k in range(d)]
    weights = np.random.default_rng(0).standard_normal(d)
    mixed = np.linalg.eig(sum(w * N for w, N in zip(weights, steps, strict=True)))[1]
    try:
        back = np.linalg.inv(mixed)
    except np.linalg.LinAlgError:
        return None
    U = np.stack([np.diag(back @ N @ mixed) for N in steps], axis=1).real
    length = np.linalg.norm(U, axis=1)
    return None if (abs(length - 1) > 1e-2).any() else U / length[:, None]
