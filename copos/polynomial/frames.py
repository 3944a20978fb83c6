"""Proofs on the row space of fewer patches than features: integer frames W with orthonormal rows of WX.

What is exact is Y = X diag(q) X'W' and H = W X diag(q) X'W' of an integer W (`copos.checker.check_row_space`). That H
is the identity up to rounding makes it useful. W comes from a triangular factor of X', and is corrected by factors of
H formed exactly, since standardised samples add up to almost nothing and their W has entries of all sizes.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy.linalg as sl
from numpy.typing import NDArray

from copos.arithmetic.units import exponent
from copos.checker.check_row_space import inverse_squares
from copos.polynomial.exact import Whole, gram, limbs, product, width_for
from copos.polynomial.exact import bits as bit_length
from copos.polynomial.exact_data import ExactData, exact_data, nearest
from copos.polynomial.lifted import Lift
from copos.polynomial.problem import TrainingProblem, once
from copos.polynomial.scaling import scaled

Array = NDArray[np.float64]
BITS = 60  # of a frame, beside patches of size 1
CORRECTIONS = 5
ORTHONORMAL = 1e-12
FAR = 1000  # exponents of units beyond which no double holds a square


@dataclass(frozen=True, eq=False)
class Sight:
    """Patches as the proof sees them: the data themselves, or images in frames (triangles of integers) and a 0."""

    data: ExactData
    lift: Lift  # the same in floating point, in units of powers of two
    scale: Array  # what the checker's coordinates of a neuron are divided by
    frames: list[list[list[int]]] | None


@once
def sight(program: TrainingProblem) -> Sight:
    """Frames where they are possible and much smaller than the features."""
    data, lift = exact_data(program), scaled(program).lift
    plain = Sight(data, lift, data.scale, None)
    if 2 * data.samples * data.patches > program.patches.shape[3]:
        return plain
    q, K = inverse_squares(list(map(Fraction, data.scale.tolist())))
    down = max(data.bits, 0)
    pools, frames, F = [], [], None
    for Z in data.pools:
        rows = Z.astype(object) << max(-data.bits, 0)
        found = _frame(rows, np.array(q, dtype=object), 2 * down + K)
        if found is None or F not in (None, found[2]) or (pools and found[0].shape != pools[0].shape):
            return plain
        images, W, F = found
        pools.append(images)
        frames.append([[int(v) for v in row[: i + 1]] for i, row in enumerate(W)])
    assert F is not None
    if abs(F) > FAR:
        return plain
    # the last coordinate is the part of a neuron that no sample sees
    pools = [np.pad(Y, [(0, 0), (0, 1)]) for Y in pools]
    r = pools[0].shape[1]
    seen = ExactData(tuple(pools), 2 * down + K + F, np.ones(r), data.samples, data.patches)
    e = exponent(program.patches)
    shape = (len(pools), data.samples, data.patches, r)
    patches = np.stack([nearest(Y, seen.bits + e) for Y in pools]).reshape(shape)
    return Sight(seen, Lift(patches, lift.activation), np.full(r - 1, np.ldexp(1.0, F)), frames)


def _frame(rows: Whole, q: Whole, bits: int) -> tuple[Whole, Whole, int] | None:
    """(images Y of all rows, W, F) with H = WGW' ≈ 4^F·2^bits·I, bits even; None if there is none."""
    different = [row for row in dict.fromkeys(map(tuple, rows.tolist())) if any(row)]
    if not different:
        return None
    order = {row: i for i, row in enumerate(different)}
    X = np.array(different, dtype=object)
    if max(bit_length(X), bit_length(q)) > FAR:
        return None
    width = width_for(X.shape[1], 3)
    G = gram(limbs(X.T, width), q, width)
    A = nearest(X, 0) * np.sqrt(nearest(q, 0))
    size = exponent(A)
    R = np.asarray(np.linalg.qr(np.ldexp(A, -size).T, mode="r"))
    if not np.diagonal(R).all():
        return None
    try:
        W = _integers(np.ldexp(sl.solve_triangular(R.T, np.eye(len(R)), lower=True), BITS))
    except (np.linalg.LinAlgError, OverflowError):
        return None
    for _ in range(CORRECTIONS):
        H = nearest(product(product(W, G), W.T), 2 * (BITS + size))
        if not np.isfinite(H).all():
            return None
        if np.abs(H - np.eye(len(H))).max() <= ORTHONORMAL:
            break
        try:
            L = np.linalg.cholesky(H)
            C = _integers(np.ldexp(sl.solve_triangular(L, np.eye(len(L)), lower=True), BITS))
        except (np.linalg.LinAlgError, OverflowError):
            return None
        W = product(C, W) >> BITS
    else:
        return None
    Y = product(G, W.T)
    place = [order.get(row, -1) for row in map(tuple, rows.tolist())]
    return np.vstack([Y, np.zeros((1, len(W)), dtype=object)])[place], W, BITS + size - bits // 2


def _integers(values: Array) -> Whole:
    """Nearest integers of doubles of any size."""
    return np.array([[int(v) for v in row] for row in np.rint(values).tolist()], dtype=object)

