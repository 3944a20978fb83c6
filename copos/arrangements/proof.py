"""From a residual in doubles to a lower bound in exact arithmetic, and the objective of a network exactly.

r is multiplied by s ≤ β/max |g|, which the maximum over cells or cones in doubles gives up to rounding, and rounded to
integers N/2^bits. A little less is taken as long as the checker finds |g| > β somewhere.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.fixed_point import nearest
from copos.arithmetic.rationals import written
from copos.arrangements.blocks import Blocks, plain
from copos.arrangements.cones import Cover, Tree, least_norm
from copos.arrangements.problem import Training, whole
from copos.certificate.document import Certificate
from copos.reformulation.relu_recovery import ReLUNetwork

Array = NDArray[np.float64]
PLANE = 2  # inputs for which the checker needs no more than the multiplier
PRECISION = 62  # bits of the largest multiplier
LEAF = 50  # bits of β in the entries of a leaf
SLACK = (1e-13, 1e-11, 1e-9, 1e-7, 1e-5, 1e-3)  # of the multiplier, left out in turn


def prove(training: Training, r: Array, most: float, shown: Cover | Blocks | None) -> tuple[Fraction, Certificate]:
    """The bound that r (in the units of `training.scaled`) proves, where max ‖g‖ is about `most`; 0 if nothing is."""
    _, y, beta = training.scaled
    square = float(np.vdot(r, r))
    best = float(np.vdot(r, y)) / square if square > 0 else 0.0
    for slack in SLACK if best > 0 else ():
        room = beta / most * (1 - slack) if most > 0 else np.inf
        proof = _proof(training, r, min(best, room), shown)
        value = bound(training, proof)
        proof["value"] = written(value)
        certificate = Certificate("lower bound", training.plain, proof)
        if certificate.verify(None, training.tables).proved:
            return value, certificate
    proof = _proof(training, r, 0.0, None)
    return Fraction(0), Certificate("lower bound", training.plain, proof)


def bound(training: Training, proof: dict[str, Any]) -> Fraction:
    """Σ r_i'y_i − ½‖r_i‖², exactly."""
    N, bits = proof["multiplier"], proof["bits"]
    Y, more = whole(training.y.ravel())
    linear = sum(n * t for n, t in zip(N, Y, strict=True))
    return Fraction(linear, 1 << (bits + more)) - Fraction(sum(n * n for n in N), 1 << (2 * bits + 1))


def _proof(training: Training, r: Array, s: float, shown: Cover | Blocks | None) -> dict[str, Any]:
    """The proof of s·r without its value; what is shown is shown of r, and of 0 without it."""
    _, h = training.exponents
    N, bits = nearest(s * r.ravel(), PRECISION, h)
    out: dict[str, Any] = {"value": 0, "bits": bits, "multiplier": N}
    if training.X.shape[1] <= PLANE:
        return out
    if not isinstance(shown, Cover):
        return {**out, **plain(training, shown, s, bits)}
    limit = int(Fraction(training.beta) * (1 << (bits + whole(training.X)[1])))
    down = max(0, limit.bit_length() - LEAF)
    out["shift"] = down
    out["cones"] = [_tree(tree, s / training.scaled[2], limit >> down) for tree in shown.trees]
    return out


def _tree(tree: Tree, scale: float, unit: int) -> list[Any]:
    """Items in the order of the checker, a leaf y with ‖y‖ ≤ unit."""
    order, stack = [], list(range(tree.roots))
    while stack:
        k = stack.pop()
        order.append(k)
        if tree.part[k] >= 0:
            stack += [tree.part[k] + 1, tree.part[k]]
    leaves = [k for k in order if tree.part[k] < 0]
    corners = np.array([tree.corners[k] for k in leaves])
    norm = np.linalg.norm(corners, axis=2)
    corners /= norm[:, :, None]
    h = scale * np.array([tree.h[k] for k in leaves])
    least, _ = least_norm(corners, h)
    each, _ = least_norm(corners, np.ones_like(h))
    # what is left of the norm lifts y at all corners
    _, y = least_norm(corners, h + (np.maximum(1 - least, 0.0) / (1.5 * each))[:, None])
    y[(h <= -1e-9).all(1) | (scale == 0)] = 0.0  # 1e-9 of β: far enough below for doubles
    rounded = dict(zip(leaves, np.rint(y * float(unit)).astype(np.int64).tolist(), strict=True))
    return [rounded[k] if tree.part[k] < 0 else {"split": list(tree.split[k] or ())} for k in order]


def objective(training: Training, network: ReLUNetwork) -> Fraction:
    """½ Σ residual² + (β/2)(Σ‖u_j‖² + v_j²) of these very weights, exactly."""
    (X, x), (U, p), (V, q) = (whole(M) for M in (training.X, network.u, network.v))
    Y, t = whole(training.y.ravel())
    d, c = training.X.shape[1], network.v.shape[1]
    hidden = np.maximum(_objects(X, d) @ _objects(U, d).T, 0)
    F = (hidden @ _objects(V, c)).ravel().tolist() if len(V) else [0] * len(Y)
    at = x + p + q
    total = sum(((f << t) - (y << at)) ** 2 for f, y in zip(F, Y, strict=True))
    decay = Fraction(sum(a * a for row in U for a in row), 1 << 2 * p)
    decay += Fraction(sum(a * a for row in V for a in row), 1 << 2 * q)
    return Fraction(total, 1 << (2 * (at + t) + 1)) + Fraction(training.beta) * decay / 2


def _objects(rows: list[Any], d: int) -> Any:
    return np.array(rows, dtype=object).reshape(len(rows), d)


def network_certificate(training: Training, network: ReLUNetwork, value: Fraction) -> Certificate:
    """That this network has an objective of at most `value`."""
    v = [[written(a) for a in row] for row in network.v.tolist()]
    weights = {"u": [[written(a) for a in row] for row in network.u.tolist()],
               "v": v if network.v.shape[1] > 1 else [a for row in v for a in row]}  # fmt: skip
    return Certificate("upper bound", training.plain, {"value": written(value), **weights})
