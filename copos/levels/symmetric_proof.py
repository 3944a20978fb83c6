"""Proofs of reduced level-0 bounds in the original coordinates: M(y) = S + N with S ⪰ 0 and N ≥ 0 as full matrices."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.linalg as la
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.certificate.document import Certificate
from copos.certificate.problem import exact, program_problem
from copos.certificate.produce import Proved
from copos.certificate.rounding import dyadic
from copos.conic import Solution, Status
from copos.levels.symmetric import Symmetric
from copos.solvers import solve

Matrix = NDArray[np.float64]
BITS = 40  # of a factor entry relative to the largest
PROVABLE = 1060  # order up to which the checker multiplies an integer factor
MARGINS = (1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6)


def prove(small: Symmetric, solution: Solution) -> Proved:
    """A certificate of level 0 from the reduced dual.

    The dual is taken for an objective that is lowered a little at every entry, so that M(y) − S keeps a margin there;
    S is replaced by the integer product BB'/4^k of a rounded factor, and the margin takes the difference.

    Examples
    --------
    >>> from copos import stability_number
    >>> from copos.instances.graphs import kneser
    >>> from copos.levels.symmetric import reduce
    >>> small = reduce(stability_number(kneser(8, 3)))
    >>> proved = prove(small, solve(small.form))
    >>> 0 <= float(1 / proved.lower) - 21 < 1e-6
    True
    """
    program = small.program
    n = program.cone.ambient
    if solution.status not in (Status.OPTIMAL, Status.INACCURATE, Status.LIMIT):
        return Proved(None, None, f"the solver returned no dual ({solution.status.value}): {solution.message}")
    if n > PROVABLE:
        return Proved(None, None, f"a proof holds a factor of order {n}; the checker multiplies at most {PROVABLE}")
    size = max(float(np.abs(program.C.rows.data).max(initial=0.0)), 1e-300)
    reason = ""
    for margin in MARGINS:
        inner = _tightened(small, margin * size)
        if inner.status not in (Status.OPTIMAL, Status.INACCURATE, Status.LIMIT):
            continue
        proof = _proof(small, *small.multipliers(inner), _factor(small.slack(inner)), margin * size)
        if proof is None:
            reason = f"the reduced dual is not accurate enough for a margin of {margin:.0e}"
            continue
        y, rest = proof
        value = sum((v * Fraction(b) for v, b in zip(y, program.right_hand_sides, strict=True)), Fraction(0))
        plain = {"value": exact(value), "y": [exact(v) for v in y], "level": 0, **rest}
        certificate = Certificate("lower bound", program_problem(program), plain)
        verdict = certificate.verify()
        if verdict.proved:
            order = max(len(B[0]) for B in small.blocks)
            rank = small.configuration.rank
            how = f"dual of the coherent algebra, rank {rank}, blocks ≤ {order}, expanded to order {n}"
            return Proved(value, certificate.about(program), how)
        reason = f"the checker says: {verdict.reason}"
    return Proved(None, None, reason)


def _tightened(small: Symmetric, margin: float) -> Solution:
    """The reduced program with C − margin·(E + nI): its dual keeps the margin between M(y) and S."""
    n, pairs, count = small.configuration.order, small.pairs, small.count
    # <E + nI, X> = Σ u_k + n Σ_{diagonal classes} u_k
    diagonal = np.bincount(pairs.diagonal(), minlength=len(count)) > 0
    shift = margin * (1 + n * diagonal[small.used])
    return solve(replace(small.form, c=small.form.c - shift))


def _factor(S: Matrix) -> tuple[list[list[int]], int, Matrix]:
    """Integers B and k with BB'/4^k ≈ the positive semidefinite part of S, and that product in floating point."""
    value, vector = la.eigh(S, check_finite=False)
    keep = value > 1e-13 * max(float(np.abs(value).max()), 1e-300)
    F = vector[:, keep] * np.sqrt(value[keep])
    if not keep.any():
        return [[0]] * len(S), 0, np.zeros_like(S)
    bits = BITS - int(np.ceil(np.log2(np.abs(F).max())))
    B = np.rint(np.ldexp(F, bits)).astype(np.int64)
    F = np.ldexp(B.astype(float), -bits)
    return B.tolist(), bits, F @ F.T


def _proof(
    small: Symmetric, y: Matrix, q: Matrix, factor: tuple[list[list[int]], int, Matrix], margin: float
) -> tuple[list[Fraction], dict[str, Any]] | None:
    """(y, terms and multipliers) whose remainder is nonnegative entry by entry; None if floating point says no."""
    program = small.program
    (A, _), E, n = program.equations, program.vanishing, program.cone.ambient
    B, bits, G = factor
    scale = max(1.0, float(np.abs(y).max(initial=0.0)))
    rounded = [dyadic(v, 60, scale) for v in y.tolist()]
    R = program.C.matrix() - A.combine(np.array([float(v) for v in rounded])).matrix() - G
    multipliers: list[list[Any]] = []
    if len(E):
        several = np.flatnonzero(np.diff(E.rows.indptr) > 1)
        weights = np.zeros(len(E))
        weights[several] = q
        R -= E.combine(weights).matrix()
        multipliers += [[int(j), exact(c)] for j, c in zip(several.tolist(), q.tolist(), strict=True) if c]
        single = np.flatnonzero(np.diff(E.rows.indptr) == 1)
        of = E.rows.indices[E.rows.indptr[:-1][single]]
        _, first = np.unique(of, return_index=True)
        a, b = svec.pair(of[first])
        entry = np.where(a == b, 1.0, 2.0) * (R[a, b] - margin / 2)
        coefficient = entry / E.rows.data[E.rows.indptr[:-1][single[first]]]
        multipliers += [[int(j), exact(c)] for j, c in zip(single[first].tolist(), coefficient.tolist(), strict=True)]
        R[a, b] = R[b, a] = margin / 2
    if R.min() < 0:
        return None
    gram = {"factor": B, "bits": bits}
    return rounded, {"terms": [{"rows": [[i] for i in range(n)], "gram": gram}], "multipliers": multipliers}
