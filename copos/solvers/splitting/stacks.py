"""The factors of a cone stacked by kind and order, so that nothing loops over blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.conic import Cones


@dataclass(frozen=True, eq=False)
class Stack:
    """All factors of one kind and order; `rows` (count, rows of one) says where their rows are."""

    kind: str  # 'nonnegative', 'second_order' or 'psd'
    order: int
    rows: NDArray[np.int64]


def stacks(cones: Cones) -> list[Stack]:
    """Half-lines (factors of order one are half-lines too), then second-order cones and matrices, by order.

    Examples
    --------
    >>> [(s.kind, s.order, s.rows.tolist()) for s in stacks(Cones(nonnegative=1, psd=(1, 2, 0, 1)))]
    [('nonnegative', 1, [[0], [1], [5]]), ('psd', 2, [[2, 3, 4]])]
    """
    arrows, matrices = (np.array(orders, dtype=np.int64) for orders in (cones.second_order, cones.psd))
    lines = [cones.zero + np.arange(cones.nonnegative)]
    found = []
    start = cones.zero + cones.nonnegative
    for kind, orders, length in (("second_order", arrows, arrows), ("psd", matrices, svec.length(matrices))):
        first = start + np.cumsum(length) - length
        start += int(length.sum())
        lines.append(first[orders == 1])
        for order in np.unique(orders[orders > 1]).tolist():
            at = orders == order
            found.append(Stack(kind, order, first[at][:, None] + np.arange(length[at][0])))
    half_lines = np.concatenate(lines)
    return ([Stack("nonnegative", 1, half_lines[:, None])] if len(half_lines) else []) + found


def diagonals(stack: Stack) -> tuple[Any, Any]:
    """Triangle of a stack of matrices: rows of the diagonal entries (count, order), and (i, j) of every entry."""
    d = np.arange(stack.order)
    return stack.rows[:, svec.position(d, d)], svec.triangle(stack.order)
