"""A level as conditions on an affine matrix X, in sparse matrices alone: what every modelling language is told.

    left vec X = right u,   skew vec X = 0,   and of the new unknowns u:
    zero u = 0,   scalars u ≥ 0,   |(qu, ru)| ≤ pu,   mat(Tu) ⪰ 0.

Outer side, X in the outer approximation of CP(K): u are the moments, X is read off them, and their blocks are in the
cones. Inner side, X in the inner approximation of COP(K): u are the multipliers in the dual cones (Gram matrices), and
e^ℓ x'Xx is the sum that they stand for. `copos.hierarchy.membership` has the derivation; all cones are self-dual.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from copos.arithmetic import svec
from copos.cones import Cone, NonNegative
from copos.conic import Cones
from copos.hierarchy.membership import membership


@dataclass(frozen=True, eq=False)
class Side:
    """Conditions on X (order × order) and on unknowns u; vec reads rows one after the other.

    Attributes
    ----------
    order : of X
    unknowns : length of u
    left, right : left @ vec X = right @ u; independent rows
    skew : skew @ vec X = 0 says that X is symmetric, where that is part of the condition; no rows otherwise
    zero : zero @ u = 0
    scalars : scalars @ u ≥ 0
    norms : (p, q, r), each (k, unknowns): |(q u, r u)| ≤ p u for every row
    matrices : pairs (n, T), T (n², unknowns) with T u the vec of a symmetric matrix that is positive semidefinite
    """

    order: int
    unknowns: int
    left: sp.csr_array
    right: sp.csr_array
    skew: sp.csr_array
    zero: sp.csr_array
    scalars: sp.csr_array
    norms: tuple[sp.csr_array, sp.csr_array, sp.csr_array]
    matrices: tuple[tuple[int, sp.csr_array], ...]


def outer(shape: tuple[int, ...], level: int, family: str, gram: str, cone: Cone | None) -> Side:
    """X ∈ the level's outer approximation of CP(K).

    Raises
    ------
    ValueError
        If X has not the cone's order, or the level does not exist or fit.
    """
    of = membership(_cone(shape, cone), level, family, gram)
    n = of.cone.ambient
    i, j = svec.triangle(n)
    entry = sp.eye_array(n * n, format="csr")
    off = i < j
    skew = entry[(i * n + j)[off]] - entry[(j * n + i)[off]]
    upper = i * n + j
    return _side(n, entry[upper], of.Y_of_moments[upper], skew, of.rows, of.cones)


def inner(shape: tuple[int, ...], level: int, family: str, gram: str, cone: Cone | None) -> Side:
    """X ∈ the level's inner approximation of COP(K); errors as `outer`.

    Examples
    --------
    Level 0 on the orthant is X = (PSD) + (nonnegative):

    >>> side = inner((2, 2), 0, "parrilo", "sdp", None)
    >>> side.unknowns, side.scalars.shape, [n for n, _ in side.matrices]
    (4, (1, 4), [2])
    """
    of = membership(_cone(shape, cone), level, family, gram)
    n, every = of.cone.ambient, sp.eye_array(of.cones.rows, format="csr")
    return _side(n, of.Y_of_moments.T, of.rows.T, sp.csr_array((0, n * n)), every, of.cones, dual=True)


def _cone(shape: tuple[int, ...], cone: Cone | None) -> Cone:
    if len(shape) != 2 or shape[0] != shape[1] or (cone is not None and shape[0] != cone.ambient):
        expected = "square" if cone is None else f"{cone.ambient}×{cone.ambient}"
        raise ValueError(f"expected a {expected} matrix expression, got shape {shape}")
    return NonNegative(shape[0]) if cone is None else cone


def _side(order: int, left: Any, right: Any, skew: Any, rows: Any, cones: Cones, dual: bool = False) -> Side:
    """Sort the rows, which lie in `cones` or in their duals, by kind; the dual of {0} says nothing."""
    zero, scalars, triples, matrices = [], [], [], []
    for kind, n, at in cones.slices():
        if kind == "psd":
            matrices.append((n, sp.csr_array(_whole(n) @ rows[at])))
        elif kind == "second_order":  # of dimension 3, all that Gram kinds make
            triples.append(at.start)
        elif kind == "nonnegative":
            scalars = range(at.start, at.stop)
        elif not dual:
            zero = range(at.start, at.stop)
    first = np.array(triples, dtype=np.int64)
    p, q, r = (sp.csr_array(rows[first + k]) for k in range(3))
    zero, scalars = (sp.csr_array(rows[np.array(at, dtype=np.int64)]) for at in (zero, scalars))
    left, right, skew = (sp.csr_array(part) for part in (left, right, skew))
    return Side(order, rows.shape[1], left, right, skew, zero, scalars, (p, q, r), tuple(matrices))


def _whole(n: int) -> sp.csr_array:
    """Take an svec to the vec of its matrix; the transpose takes vec to svec, because it is an isometry."""
    i, j = (k.ravel() for k in np.indices((n, n)))
    value = np.where(i == j, 1.0, 1 / svec.SQRT2)
    return sp.csr_array(sp.coo_array((value, (np.arange(n * n), svec.position(i, j))), shape=(n * n, svec.length(n))))
