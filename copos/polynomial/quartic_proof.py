"""From a level to a proved bound, and the objective of a network exactly."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.arithmetic.fixed_point import nearest, short_above
from copos.arithmetic.rational_frames import frame
from copos.arithmetic.rationals import written
from copos.certificate.document import Certificate
from copos.polynomial.quartic_forms import Sphere
from copos.polynomial.quartic_level import gram, least_top
from copos.polynomial.quartic_problem import QuarticNetwork, QuarticProblem

Array = NDArray[np.float64]
PRECISION, SQUARES = 62, 44  # bits of the multipliers, and of the entries of B
OBJECTIVE = 120  # bits of the objective of a network, a little above it
SLACK = (1e-13, 1e-11, 1e-9, 1e-7, 1e-5, 1e-3)  # of the multiplier, left out in turn


def prove(problem: QuarticProblem, sphere: Sphere, features: Array, r: Array) -> tuple[Fraction, Certificate]:
    """The bound that the multiplier r proves once it is scaled; 0 if nothing is.

    Of r only the part in the range of the features Φ has to be scaled: what is orthogonal to it, best that of y, adds
    nothing to p = Φ'r. Where rounding of that is more than β, r is scaled as a whole.
    """
    inside, *_ = np.linalg.svd(features, full_matrices=False)
    part, outside = inside @ (inside.T @ r), problem.y - inside @ (inside.T @ problem.y)
    parted, whole = (_scaled(problem, sphere, features, *pair) for pair in ((part, outside), (r, 0 * r)))
    return max(parted, whole, key=lambda item: item[0])


def _scaled(
    problem: QuarticProblem, sphere: Sphere, features: Array, r: Array, fixed: Array
) -> tuple[Fraction, Certificate]:
    """The bound of `fixed` + s·r for the largest s that can be proved.

    G of the least τ is moved onto its identity and cut at 0, B is its root, and what is left of the identity counts.
    """
    square = float(r @ r)
    best = float(r @ problem.y) / square if square > 0 else 0.0
    if fixed.any():
        best = max(best, 0.0)
    p = features.T @ r
    # the checker's order of z: pairs as itertools makes them
    order = np.r_[np.lexsort(sphere.pairs.T[::-1]), len(sphere.pairs) + np.arange(sphere.d)]
    tops, roots, most = [], [], 0.0
    for s in (1.0, -1.0) if best > 0 or fixed.any() else ():
        top, guess = least_top(sphere, s * p / problem.beta)
        form = top * sphere.one - s * p / problem.beta
        values, vectors = np.linalg.eigh(gram(sphere, form, guess))
        B = vectors * np.sqrt(np.maximum(values, 0.0))
        left = form - sphere.squares @ (B @ B.T)[svec.triangle(sphere.order)]
        most = max(most, top + float(np.abs(left).sum()))
        tops.append(problem.beta * top)
        roots.append(problem.beta**0.5 * B[order])
    for slack in SLACK if tops else ():
        scale = min(best, (1 - slack) / most) if most > 0 else best
        sides = [(scale * top, scale**0.5 * B) for top, B in zip(tops, roots, strict=True)]
        value, certificate = _document(problem, fixed + scale * r, sides)
        if certificate.verify(None, problem.tables).proved:
            return value, certificate
    return _document(problem, 0 * r, [(0.0, np.zeros((sphere.order, 1)))] * 2)


def _document(problem: QuarticProblem, r: Array, sides: list[tuple[float, Array]]) -> tuple[Fraction, Certificate]:
    N, bits = nearest(r, PRECISION)
    value = Fraction(0)
    for n, t in zip(N, problem.y.tolist(), strict=True):
        v = Fraction(n, 1 << bits)
        value += v * (Fraction(t) - v / 2)
    scale = max(0, SQUARES - int(np.frexp(max(np.abs(B).max() for _, B in sides))[1]))
    parts = [(top, [[int(v) for v in row] for row in np.rint(np.ldexp(B, scale))]) for top, B in sides]
    proof: dict[str, Any] = {"value": written(value), "bits": bits, "multiplier": N, "scale": scale,
                             "sides": [{"top": written(top), "squares": B} for top, B in parts]}  # fmt: skip
    return value, Certificate("lower bound", problem.plain, proof)


def attained(problem: QuarticProblem, u: Array, alpha: Array) -> tuple[QuarticNetwork, Fraction, Certificate]:
    """The network with rational first layers of length one, and its objective exactly."""
    exact = [[Fraction(v) for v in frame(row[:, None], 40).ravel()] for row in u]
    weights = [Fraction(float(a)) for a in alpha]
    total = Fraction(0)
    samples = [[Fraction(v) for v in row] for row in problem.X.tolist()]
    for row, t in zip(samples, problem.y.tolist(), strict=True):
        f = Fraction(0)
        for w, a in zip(exact, weights, strict=True):
            z, s = sum((p * q for p, q in zip(row, w, strict=True)), Fraction(0)), Fraction(0)
            for c in reversed(problem.sigma):
                s = s * z + Fraction(c)
            f += a * s
        total += (f - Fraction(t)) ** 2
    total = short_above(total / 2 + Fraction(problem.beta) * sum(map(abs, weights), Fraction(0)), OBJECTIVE)
    proof = {"value": written(total), "u": [[written(v) for v in row] for row in exact],
             "alpha": [written(a) for a in weights]}  # fmt: skip
    near = np.array([[float(v) for v in row] for row in exact]).reshape(len(exact), problem.X.shape[1])
    network = QuarticNetwork(near, np.asarray(alpha, dtype=float), problem.sigma[::-1])
    return network, total, Certificate("upper bound", problem.plain, proof)
