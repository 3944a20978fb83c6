"""A level as a condition on a matrix alone, without a program: what other modelling languages need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.cones import Cone
from copos.conic import Cones
from copos.hierarchy.relaxation import relax
from copos.program import CompletelyPositiveProgram
from copos.support.looks import one_line

Matrix = NDArray[Any]


@one_line
@dataclass(frozen=True, eq=False)
class Membership:
    """One level, read from both sides.

    Y is in the outer approximation of CP(K) iff vec Y = Y_of_moments @ w and rows @ w ∈ cones for some w.
    M is in the inner approximation of COP(K) iff Y_of_moments' vec M = rows' z for some z ∈ cones*: then
    <M, Y> = (rows' z)'w = z'(rows w) ≥ 0 for all such Y, and e^ℓ x'Mx is the sum <G_s, B_s(x)> that z holds.

    Attributes
    ----------
    cone, level, family, gram : which level
    Y_of_moments : (ambient², moments) sparse
    rows : (cones.rows, moments) sparse
    cones : factors in the order of `copos.conic.Cones`; matrices as svecs
    """

    cone: Cone
    level: int
    family: str
    gram: str
    Y_of_moments: sp.csr_array
    rows: sp.csr_array
    cones: Cones


def membership(cone: Cone, level: int = 0, family: str = "parrilo", gram: str = "sdp") -> Membership:
    """The level's condition on a matrix.

    Raises
    ------
    ValueError
        For an unknown family or Gram kind, a bad level or one too large for memory.

    Examples
    --------
    >>> from copos import NonNegative
    >>> dnn = membership(NonNegative(3))
    >>> dnn.Y_of_moments.shape, dnn.cones
    ((9, 6), Cones(zero=0, nonnegative=3, second_order=(), psd=(3,)))
    """
    # the objective only says which moments to keep, and a random one needs all of e^ℓ xx'
    C = np.random.default_rng(0).uniform(1, 2, (cone.ambient, cone.ambient))
    program = CompletelyPositiveProgram(cone, C + C.T)
    level_of = relax(program, level, family, reductions=("exchange", "facial"), gram=gram)
    triangle = level_of.entries @ level_of.back[:, :-1]
    i, j = (k.ravel() for k in np.indices((cone.dim, cone.dim)))
    whole = sp.kron(cone.basis, cone.basis, format="csr") @ triangle[svec.position(i, j)]
    return Membership(
        cone, level, family, gram, sp.csr_array(whole), sp.csr_array(-level_of.form.A), level_of.form.cones
    )
