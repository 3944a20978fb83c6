"""S = Σν_iM_i/β of a multiplier in integers, for the proof: exactly, or in doubles with a radius.

Products of doubles are enough where the numbers are tame; where Σ|ν_i||σ(x_i'u)| exceeds β by far (rounding of the
data outweighs β), only integers tell what is left of the sum.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from copos.polynomial.exact import Whole, gram, limbs, product, width_for
from copos.polynomial.exact_data import nearest
from copos.polynomial.frames import sight
from copos.polynomial.problem import TrainingProblem
from copos.polynomial.scaling import scaled

Array = NDArray[np.float64]
EPS = float(np.finfo(float).eps)
NOTHING = 1e-100  # entries of S beside β


def forms(program: TrainingProblem, M: Whole, at: int) -> Array:
    """S = Σν_iM_i/β (G, T, k, k), every entry right to a few units in its last place, ν = M/2^at."""
    data, e = sight(program).data, int(np.frexp(program.beta)[1])
    # powers of two join the integers, so that nothing overflows on the way
    powers, rest = zip(*((int(np.frexp(v)[1]), float(np.frexp(v)[0])) for v in program.activation), strict=True)
    (a, b, c), (at_a, at_b, at_c) = rest, (e - p for p in powers)
    unit = float(np.ldexp(program.beta, -e))
    lifted, m, s = program.activation.lifted, data.patches, data.scale
    d = len(s)
    S = np.zeros((len(data.pools), M.shape[1], d + lifted, d + lifted))
    for g, Z in enumerate(data.pools):
        width = width_for(len(Z), 3)
        rows = limbs(Z, width) if a else []
        spread = np.repeat(M, m, axis=0)
        linear = nearest(product(spread.T, Z), at + data.bits + at_b) / s if lifted else np.zeros((M.shape[1], d))
        for t in range(M.shape[1]):
            weights = spread[:, t]
            if a:
                G = nearest(gram(rows, weights, width), at + 2 * data.bits + at_a)
                S[g, t, :d, :d] = (a / m) * (G / s / s[:, None])
            if lifted:
                S[g, t, d, :d] = S[g, t, :d, d] = (0.5 * b / m) * linear[t]
            total = c * nearest(M[:, t].astype(object).sum(keepdims=True), at + at_c)[0]
            if lifted:
                S[g, t, d, d] = total
            else:
                S[g, t, range(d), range(d)] += total
    S /= unit
    return np.where(np.abs(S) < NOTHING, 0.0, S)


def rounded_forms(program: TrainingProblem, M: Whole, at: int) -> tuple[Array, float]:
    """S by products of doubles, and about how far |v'Sv|, v = (u, 1), may be from what integers give; ∞ on frames.

    A sum of N terms by pairs or blocks is off by less than √N·EPS times the sum of their sizes, in all likelihood;
    what is made of it is checked exactly.
    """
    units = scaled(program)
    (a, b, c), P = map(abs, units.lift.activation), units.lift.patches
    with np.errstate(over="ignore"):
        beta = float(np.ldexp(program.beta, units.h - units.E - units.o))
    if sight(program).frames is not None or not 0 < beta < np.inf:
        return np.zeros((0, 0, 0, 0)), np.inf
    nu = units.multiplier(nearest(M, at))
    square = np.einsum("gnmd,gnmd->gnm", P, P)
    size = (a * square + b * np.sqrt(square) + c).mean(2)
    total = float((size @ np.abs(nu)).max(initial=0.0)) / beta
    S = units.lift.forms(nu) / beta
    error = EPS * (8 + np.sqrt(P.shape[1] * P.shape[2])) * total
    S = np.where(np.abs(S) < NOTHING, 0.0, S)
    return S, error if np.isfinite(S).all() and np.isfinite(error) else np.inf
