"""The words that options take, for type checkers; the tables of what they mean stand where they are used.

`tests/whole/test_choices.py` compares both.
"""

from __future__ import annotations

from typing import Literal

Family = Literal[
    "moment", "doubly-nonnegative", "de-klerk-pasechnik", "pena-vera-zuluaga", "parrilo", "burer-dong",
    "zuluaga-vera-pena", "nishijima-nakata-sos", "nishijima-nakata-dp",
]  # fmt: skip
Gram = Literal["sdp", "sdd", "dd"]
Solver = Literal["clarabel", "scs", "highs", "cvxopt", "splitting"]
Cells = Literal["cuts", "simplices", "singular"]
Edges = Literal["weighted", "vanishing"]
Lift = Literal["auto", "factor", "projection", "projection-input", "projection-both", "minors", "factor-moments"]
Variant = Literal["lovasz", "schrijver", "szegedy"]
Sense = Literal["min", "max"]
