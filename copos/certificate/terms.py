"""Blocks of a relaxation as the checker reads them: labels of rows, and an integer basis."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic import monomials
from copos.hierarchy import Relaxation, symmetrizer
from copos.hierarchy.products import Factor

Column = list[tuple[tuple[int, ...], int]]


class Labels:
    """Row labels of every block of a relaxation; `labels(k)` are the keys of a term without its Gram matrix.

    A row of the block is Σ coefficient · e_{i1} ⊗ … ⊗ e_{ip} · x_{v1} ⋯ x_{vt}; a label is i_1, …, i_p, v_1, …, v_t.
    """

    def __init__(self, relaxation: Relaxation) -> None:
        self._lift = relaxation.lift
        self._dim = relaxation.program.cone.dim
        self._sizes = relaxation.program.cone.sizes
        self._source = relaxation.blocks.source
        self._start = np.r_[0, np.cumsum(relaxation.blocks.sizes)]
        self._first = np.cumsum(relaxation.lift.sizes) - relaxation.lift.sizes

    def __call__(self, block: int) -> dict[str, Any]:
        """Keys "blocks", "generators", "rows" and, unless it is the identity, "basis"."""
        rows = self._source[self._start[block] : self._start[block + 1]]
        source = int(np.searchsorted(self._first, rows[0], side="right") - 1)
        factors, t = self._lift.describe(source)
        if t == 0 and all(f.base >= len(self._sizes) for f in factors):  # of order one; there may be tens of thousands
            return {"rows": [[]], "generators": [f.base - len(self._sizes) for f in factors for _ in range(f.power)]}
        spaces = [_columns(self._order(f), f.power, f.shape) for f in factors if f.base < len(self._sizes)]
        shape = [len(space) for space in spaces] + [monomials.count(self._dim, t)]
        *parts, vector = np.unravel_index(rows - self._first[source], shape)
        tails = monomials.unrank(vector.astype(np.int64), t).tolist()
        place: dict[tuple[int, ...], int] = {}
        basis = []
        for r, tail in enumerate(tails):
            column = []
            for combination in product(*(space[int(part[r])] for space, part in zip(spaces, parts, strict=True))):
                label = (*(i for index, _ in combination for i in index), *tail)
                column.append(
                    [place.setdefault(label, len(place)), int(np.prod([c for _, c in combination], dtype=int))]
                )
            basis.append(column)
        out: dict[str, Any] = {"rows": [list(label) for label in place]}
        out["blocks"] = [f.base for f in factors for _ in range(f.power) if f.base < len(self._sizes)]
        out["generators"] = [f.base - len(self._sizes) for f in factors for _ in range(f.power)
                             if f.base >= len(self._sizes)]  # fmt: skip
        if any(column != [[r, 1]] for r, column in enumerate(basis)):
            out["basis"] = basis
        return {key: value for key, value in out.items() if value or key == "rows"}

    def _order(self, f: Factor) -> int:
        return self._sizes[f.base]


@lru_cache(maxsize=64)
def _columns(n: int, power: int, shape: tuple[int, ...]) -> list[Column]:
    """Columns of a factor's basis as (tensor index, coefficient)."""
    if not shape:
        return [[(tuple(int(i) for i in np.unravel_index(k, (n,) * power)), 1)] for k in range(n**power)]
    U = symmetrizer.basis(n, shape).tocsc()
    return [[(tuple(int(i) for i in np.unravel_index(int(U.indices[at]), (n,) * power)), int(U.data[at]))
             for at in range(U.indptr[k], U.indptr[k + 1])] for k in range(U.shape[1])]  # fmt: skip


def evident(exponents: NDArray[np.int64], positive: set[int]) -> NDArray[np.bool_]:
    """Which monomials (sorted rows of variables) have odd exponents on variables of `positive` only.

    >>> evident(np.array([[0, 0, 1], [0, 1, 1]]), {0}).tolist()
    [False, True]
    """
    odd = np.zeros(exponents.shape, dtype=bool)
    for k in range(exponents.shape[1]):
        odd[:, k] = (exponents == exponents[:, [k]]).sum(axis=1) % 2 == 1
    known = np.isin(exponents, np.fromiter(positive, dtype=np.int64, count=len(positive)))
    return np.asarray((known | ~odd).all(axis=1))
