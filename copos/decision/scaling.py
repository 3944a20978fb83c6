"""Powers of two: every decision is about M/2^e with its largest entry in [1, 2), and its evidence is scaled back.

So 2^k·M has the same answer, point and proof as M, up to the factor 2^k in the proof, bit for bit; and no float on the
way overflows.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.certificate.problem import exact as plain

Matrix = list[list[Fraction]]


def unit(M: Matrix) -> Fraction:
    """2^e ≤ max |M_ij| < 2^(e+1); 1 for M = 0.

    >>> unit([[Fraction(3, 8)]]), unit([[Fraction(-4)]])
    (Fraction(1, 4), Fraction(4, 1))
    """
    largest = max(abs(v) for row in M for v in row)
    if not largest:
        return Fraction(1)
    e = largest.numerator.bit_length() - largest.denominator.bit_length()
    return Fraction(2) ** (e if largest >= Fraction(2) ** e else e - 1)


def balanced(M: NDArray[np.float64]) -> NDArray[np.float64]:
    """D with D_i² M_ii ≈ 1, powers of two; 1 where the diagonal is not positive.

    >>> balanced(np.diag([4.0, 0.0, 1.0])).tolist()
    [0.5, 1.0, 1.0]
    """
    d = np.ones(len(M))
    diagonal = np.diag(M)
    good = diagonal > 0
    d[good] = np.exp2(-np.rint(np.log2(diagonal[good]) / 2))
    return d


def times(M: Matrix, c: Fraction) -> Matrix:
    """c·M."""
    if c == 1:
        return M
    return [[c * v for v in row] for row in M]


def proof(data: Any, c: Fraction) -> Any:
    """The proof about M as one about c·M, c > 0: of copositivity, on the orthant or on a cone, or a factor."""
    if c == 1 or data is None:
        return data
    out = dict(data)
    if "factor" in out:
        return factor(out, c)
    if "items" in out:  # a cover: vectors and directions have no scale
        out["items"] = [[what, factor(item, c)] if what == "part" else [what, item] for what, item in out["items"]]
    if "terms" in out:
        out["terms"] = [{**term, "gram": gram(term["gram"], c)} for term in out["terms"]]
    if "multipliers" in out:
        out["multipliers"] = [[*item[:-1], larger(item[-1], c)] for item in out["multipliers"]]
    for key in ("bound", "margin"):
        if key in out:
            out[key] = larger(out[key], c)
    for key in ("copositive", "infinity"):
        if isinstance(out.get(key), dict):
            out[key] = proof(out[key], c)
    return out


def factor(data: dict[str, Any], c: Fraction) -> dict[str, Any]:
    """c·B diag(w) B'/4^bits: a power of four goes into the bits where they allow it, anything else into the weights."""
    if not any(any(row) for row in data["factor"]):
        return data
    out = dict(data)
    shift = (c.denominator.bit_length() - c.numerator.bit_length()) // 2
    if "weights" not in out and c == Fraction(1, 4) ** shift and out.get("bits", 0) + shift >= 0:
        out["bits"] = out.get("bits", 0) + shift
    else:
        out["weights"] = [larger(w, c) for w in out.get("weights", [1] * len(out["factor"][0]))]
    return out


def gram(data: dict[str, Any], c: Fraction) -> dict[str, Any]:
    """The Gram matrix of a term, c times as large."""
    out = factor({"bits": 0, **data}, c)
    if "defect" in out:
        out["defect"] = [[i, j, larger(d, c)] for i, j, d in out["defect"]]
    return out


def larger(value: Any, c: Fraction) -> int | str:
    """c times a plain number."""
    return plain(Fraction(value) * c)
