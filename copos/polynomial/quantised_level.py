"""Training with first layers of signs as a semidefinite program, and on the columns that are known.

    relaxation   min f(<M_i, Z − Z'> + t) + β(Z_kk + Z'_kk)   s.t.  Z, Z' ⪰ 0,  Z_jj = Z_kk,  Z'_jj = Z'_kk
    columns      min f(Σ_r α_rσ(x_i'u_r) + t) + βΣ|α_r|       over the u_r that are given

Both are conic forms; their multipliers ν are those of the losses' rows.
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
from copos.solvers import solve

Array = NDArray[np.float64]
ACCURATE = {"tol_gap_rel": 1e-11, "tol_gap_abs": 1e-11, "tol_feas": 1e-11}


class Answer(NamedTuple):
    """Where the solver ended: variables (variables of `cost`), intercept and multiplier of one output."""

    x: Array
    bias: float
    nu: Array


def _solved(H: Array, loss: Interval, cost: Array, A: sp.sparray, cones: Cones, intercept: bool) -> Answer:
    """min ℓ(Hx + t − y) + cost'x, s = −Ax in the cones."""
    n, size = H.shape
    whole = np.hstack([H, np.ones((n, 1))]) if intercept else H
    few, bound, back = whole, loss, np.eye(0)
    if loss.squared and n > whole.shape[1] + 1:  # ½‖Q(Rx − r)‖²: as many rows as variables
        root = np.sqrt(loss.kappa)
        Q, R = np.linalg.qr(np.hstack([whole, loss.Y]) / root)
        ones = np.ones((len(R), 1))
        few, bound, back = R[:, :-1], Interval(R[:, -1:], ones, -np.inf * ones, np.inf * ones), Q / root
    fit = loss_cone(sp.csr_array(few), bound)
    width, total = whole.shape[1], fit.form.shape[1]
    wide = sp.csc_array(sp.hstack([A, sp.csr_array((A.shape[0], width - size))]))
    form = ConicForm(np.r_[cost, np.zeros(width - size)], wide, np.zeros(A.shape[0]), cones)
    both, where = joined([fit.form, form], [np.arange(total), np.arange(width)], total)
    found = solve(both, "clarabel", **ACCURATE)
    x, nu = found.x[:width], fit.multipliers(found.z[where[0]])
    return Answer(x[:size], float(x[-1]) if intercept else 0.0, back @ nu if len(back) else nu)


def relaxed(rows: Array, k: int, loss: Interval, beta: float, intercept: bool) -> tuple[Array, Answer]:
    """(Z, Z') (2, k, k) and the multiplier of the relaxation; rows are svec(M_i)."""
    size = svec.length(k)
    E, place = np.zeros((k, k)), svec.position(np.arange(k), np.arange(k))
    E[-1, -1] = 1.0
    same = sp.coo_array((np.ones(k - 1), (np.arange(k - 1), place[:-1])), shape=(k - 1, size))
    last = sp.coo_array((-np.ones(k - 1), (np.arange(k - 1), np.full(k - 1, place[-1]))), shape=(k - 1, size))
    equal = sp.csr_array(sp.kron(sp.eye_array(2), sp.csr_array(same + last)))
    A = sp.vstack([equal, -sp.eye_array(2 * size)])
    cones = Cones(2 * (k - 1), psd=(k, k))
    answer = _solved(np.hstack([rows, -rows]), loss, np.tile(beta * svec.svec(E), 2), A, cones, intercept)
    return svec.smat(answer.x.reshape(2, size)), answer


def restricted(columns: Array, loss: Interval, beta: float, intercept: bool) -> Answer:
    """α (R,) and the multiplier for responses (n, R)."""
    R = columns.shape[1]
    both = np.hstack([columns, -columns])
    answer = _solved(both, loss, np.full(2 * R, beta), -sp.eye_array(2 * R), Cones(nonnegative=2 * R), intercept)
    return answer._replace(x=answer.x[:R] - answer.x[R:])
