"""A loss of a linear map as rows of a conic form.

    ℓ(r) = min { (r − p + q)²/(2κ) + high·p − low·q : p, q ≥ 0 },     r = Hx − y

with p only where `high` is finite and q only where `low` is. The quadratic parts share one second-order cone,
|h|² ≤ τ iff |(τ − 1, 2h)| ≤ τ + 1 for h = (r − p + q)/√κ; for κ = 0 the row r − p + q = 0 is an equation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.conic import Cones, ConicForm
from copos.losses.convex import Interval

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LossCone:
    """Σ ℓ(Hx − y) = min of `form` over its last variables, whose first `inputs` variables are x.

    `form` has no other constraint and no other cost; `root` is √κ, or None if all κ are 0.
    """

    form: ConicForm
    inputs: int
    root: Array | None

    def multipliers(self, z: Array) -> Array:
        """ν of the rows r = Hx − y from the dual z of `form`: the cost of the rest plus H'ν is dual feasible."""
        if self.root is None:
            return z[: self.form.cones.zero]
        start = self.form.cones.nonnegative + 2
        return -2 * z[start : start + len(self.root)] / self.root


def loss_cone(H: sp.sparray, loss: Interval) -> LossCone:
    """Conic rows of Σ ℓ(Hx − y) for the entries of the loss, sample by sample.

    Parameters
    ----------
    H : (n·T, variables); row i·T + t is the prediction of output t for sample i
    loss : without a proximal term; all of its curvatures κ are positive, or all are 0

    Examples
    --------
    >>> from copos.losses.convex import bind
    >>> from copos.solvers import solve
    >>> huber = bind("huber", np.array([[3.0], [0.5]]), np.ones(2))       # min over x of ℓ(x − 3) + ℓ(x − ½)
    >>> round(solve(loss_cone(sp.csr_array([[1.0], [1.0]]), huber).form).value, 6)
    1.5
    """
    m, inputs = H.shape
    kappa, low, high, y = (v.ravel() for v in (loss.kappa, loss.low, loss.high, loss.Y))
    quadratic = bool(np.all(kappa > 0))
    if not quadratic and kappa.any():
        raise ValueError("a loss with and without curvature is not supported")
    up, down = np.flatnonzero(np.isfinite(high)), np.flatnonzero(np.isfinite(low))
    slack = len(up) + len(down)
    total = inputs + slack + quadratic
    place = np.arange(slack) + inputs
    steps = sp.coo_array(
        (np.r_[-np.ones(len(up)), np.ones(len(down))], (np.r_[up, down], place)), shape=(m, total)
    )
    wide = sp.csr_array(sp.hstack([H, sp.csr_array((m, total - inputs))]) + steps)
    cost = np.zeros(total)
    cost[place] = np.r_[high[up], -low[down]]
    signs = -sp.eye_array(slack, total, k=inputs, format="csr")
    if not quadratic:
        rows, right, cones = sp.vstack([wide, signs]), np.r_[y, np.zeros(slack)], Cones(m, slack)
        return LossCone(ConicForm(cost, sp.csc_array(rows), right, cones), inputs, None)
    cost[-1] = 0.5
    root = np.sqrt(kappa)
    last = sp.csr_array(([-1.0], ([0], [total - 1])), shape=(1, total))
    top = 1 / float(np.mean(1 / kappa))  # of the samples that weigh: beside κ of a light one τ would lose its digits
    ratio = np.sqrt(top) / root
    rows = sp.vstack([signs, last, last, sp.csr_array(sp.diags_array(-2 * ratio) @ wide)])
    right = np.r_[np.zeros(slack), top, -top, -2 * y * ratio]
    return LossCone(ConicForm(cost, sp.csc_array(rows), right, Cones(0, slack, (m + 2,))), inputs, 1 / ratio)


def joined(
    forms: list[ConicForm], places: list[NDArray[np.int64]], variables: int
) -> tuple[ConicForm, list[NDArray[np.int64]]]:
    """The sum of several forms whose variables are parts of one vector, and where the rows of each went.

    Examples
    --------
    >>> a = ConicForm([1.0], [[-1.0]], [-2.0], Cones(nonnegative=1))
    >>> both, rows = joined([a, a], [np.array([0]), np.array([1])], 2)
    >>> both.shape, rows
    ((2, 2), [array([0]), array([1])])
    """
    cost = np.zeros(variables)
    kinds: dict[str, list] = {"zero": [], "nonnegative": [], "second_order": [], "psd": []}
    shifted = []
    for k, (form, place) in enumerate(zip(forms, places, strict=True)):
        np.add.at(cost, place, form.c)
        A = form.A.tocoo()
        shifted.append(sp.csr_array((A.data, (A.row, place[A.col])), shape=(A.shape[0], variables)))
        for kind, order, rows in form.cones.slices():
            kinds[kind].append((k, order, rows))
    pieces, right, at, where = [], [], 0, [np.zeros(len(form.b), dtype=np.int64) for form in forms]
    for parts in kinds.values():
        for k, _, rows in parts:
            pieces.append(shifted[k][rows])
            right.append(forms[k].b[rows])
            count = rows.stop - rows.start
            where[k][rows] = np.arange(at, at + count)
            at += count
    cones = Cones(
        sum(order for _, order, _ in kinds["zero"]), sum(order for _, order, _ in kinds["nonnegative"]),
        tuple(order for _, order, _ in kinds["second_order"]), tuple(order for _, order, _ in kinds["psd"]),
    )  # fmt: skip
    A = sp.csc_array(sp.vstack(pieces, format="csc"))
    return ConicForm(cost, A, np.concatenate(right), cones, sum(form.offset for form in forms)), where
