"""The data of a training problem in integers, cut into patches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copos.polynomial.exact import Whole, bits, whole
from copos.polynomial.problem import TrainingProblem, once
from copos.support.looks import one_line

Array = NDArray[np.float64]


@one_line
@dataclass(frozen=True, eq=False)
class ExactData:
    """The patches as integers over 2^bits, one (n·m, d) matrix per pool; a neuron sees them divided by `scale`."""

    pools: tuple[Whole, ...]
    bits: int
    scale: Array
    samples: int
    patches: int


@once
def exact_data(program: TrainingProblem) -> ExactData:
    """X − shift in integers, cut into patches."""
    X, at = whole(program.samples)
    constant, at_constant = whole(np.array(program.architecture.constant))
    scale, shape = np.ones(program.patches.shape[3]), program.samples.shape
    wide = program.patches.shape[3] - bool(program.architecture.constant)
    if program.standardised is not None:
        shift, at_shift = whole(program.standardised[0])
        X, shift, at = *_aligned((X, at), (shift, at_shift)), max(at, at_shift)
        X = X.reshape(len(X), -1) - shift
        scale[:wide] = program.standardised[1][:wide]
    X, constant = _aligned((X, at), (constant, at_constant))
    at = max(at, at_constant)
    # where every entry of a patch comes from, 0 for the zeros around a sample: the architecture moves floats about
    places = program.architecture.without_constant().patches(np.arange(1.0, X.size + 1).reshape(shape))
    entries = np.concatenate([np.zeros(1, dtype=X.dtype), X.ravel()])
    pools = []
    for of_pool in places:
        rows = entries[of_pool.reshape(-1, wide).astype(np.int64)]
        if program.architecture.constant:
            rows = np.column_stack([rows, np.full((len(rows), 1), int(constant), dtype=object)])
        pools.append(rows.astype(np.int64) if bits(rows) < 61 else rows.astype(object))
    return ExactData(tuple(pools), at, scale, *program.patches.shape[1:3])


def _aligned(*pairs: tuple[Whole, int]) -> list[Whole]:
    """The same numbers over the largest of the powers of two."""
    top = max(at for _, at in pairs)
    out = []
    for N, at in pairs:
        short = bits(N) + top - at <= 60
        out.append(N << (top - at) if short else np.asarray(N).astype(object) << (top - at))
    return out


def nearest(N: Whole, at: int) -> Array:
    """N/2^at, within 2^−63 of the entry before it is rounded."""
    parts = [(float(v >> cut), cut - at) for v in map(int, N.ravel()) for cut in [max(v.bit_length() - 64, 0)]]
    head, shift = (np.array(part) for part in zip(*parts, strict=True))
    return np.ldexp(head, shift).reshape(N.shape)
