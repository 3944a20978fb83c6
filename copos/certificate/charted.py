"""Proofs of levels in other coordinates x = φ(z): the same identity, about the program pulled back along φ.

A solver may have been given one moment for several monomials (exchanges of a frame), in units that suit it, and fewer
block rows than there are (facial reduction). The proof is written about the plain level: one moment for every monomial
in z, all rows, no exchange. There every entry of a block is one monomial, so that whatever rounding leaves over has an
entry that takes it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import lsqr

from copos.arithmetic import monomials, svec
from copos.certificate import dual
from copos.certificate.dual import Dual, Identity
from copos.certificate.exact_sums import ExactSums
from copos.certificate.writer import Writer
from copos.checker import check_charts, check_identity
from copos.conic import Solution
from copos.hierarchy import Relaxation, relax
from copos.hierarchy.charts import Names

Index = NDArray[np.int64]


def unfolded(relaxation: Relaxation, solution: Solution) -> tuple[Relaxation, Solution]:
    """The plain level of a level in other coordinates, and the same answer to it.

    The unit of every moment and the share of every exchange are powers and quotients of small integers; what they
    leave of the identity is made up for when the dual is moved onto it.
    """
    larger = _plain_level(relaxation)
    old, new = _both(relaxation, larger)
    found = dual.recover(Identity.of(relaxation), relaxation, solution)
    g = _carried(found.g, relaxation, larger)
    zero = larger.form.cones.zero
    averaged = np.flatnonzero(larger.kept < len(relaxation.program.equations[1]))
    z = np.r_[np.zeros(zero), g]
    z[averaged] = found.multipliers[larger.kept[averaged]]
    x = np.full(larger.form.shape[1], np.nan)
    if np.isfinite(solution.x).all():
        order = np.argsort(old.moment_key)
        place = order[np.minimum(np.searchsorted(old.moment_key[order], new.moment_key), len(order) - 1)]
        same = old.moment_key[place] == new.moment_key
        moments = np.where(same, new.factor * (relaxation.moment_values(solution.x) / old.factor)[place], 0.0)
        T = larger.back
        x = lsqr(T[:, :-1], moments - T[:, [-1]].toarray()[:, 0], atol=1e-15, btol=1e-15)[0]
    return larger, replace(solution, x=x, z=z)


@lru_cache(maxsize=1)  # a judge of proofs asks again and again for one level
def _plain_level(relaxation: Relaxation) -> Relaxation:
    return relax(relaxation.program, relaxation.level, relaxation.family, ("substitute",), memory=np.inf)


def _names(relaxation: Relaxation) -> Names:
    assert relaxation.chart is not None
    return relaxation.chart.names


def _both(relaxation: Relaxation, larger: Relaxation) -> tuple[Names, Names]:
    """Names with keys that fit each other; a level without the reduction by sign is a plain one already."""
    old, new = _names(relaxation), _names(larger)
    return (old, new) if "sign" in relaxation.reductions else (old.apart(), new.apart())


def _carried(g: NDArray[np.float64], relaxation: Relaxation, larger: Relaxation) -> NDArray[np.float64]:
    """The Gram matrices of a level as those of its plain level; rows that were left out are zero."""
    old, new = _both(relaxation, larger)
    there, here = relaxation.blocks.source, larger.blocks.source
    keys = old.row_key[there]
    order = np.argsort(keys)
    place = order[np.minimum(np.searchsorted(keys[order], new.row_key[here]), len(order) - 1)]
    place = np.where(keys[place] == new.row_key[here], place, -1)
    sizes = relaxation.blocks.sizes
    start, first = np.cumsum(sizes) - sizes, np.cumsum(svec.length(sizes)) - svec.length(sizes)
    block = np.repeat(np.arange(len(sizes)), sizes)
    i, j = _triangles(larger.blocks.sizes)
    p, q = place[i], place[j]
    both = np.flatnonzero((p >= 0) & (q >= 0) & (block[p] == block[q]))
    i, j, p, q = i[both], j[both], p[both], q[both]
    b = block[p]
    weight = new.share[here[i]] * new.turn[here[i]] * new.turn[here[j]] / old.share[there[p]]
    out = np.zeros(int(svec.length(larger.blocks.sizes).sum()))
    out[both] = weight * g[first[b] + svec.position(p - start[b], q - start[b])]
    return out


def _triangles(sizes: Index) -> tuple[Index, Index]:
    """Row and column, counted over all blocks, of every entry of every block's triangle."""
    start, length = np.cumsum(sizes) - sizes, svec.length(sizes)
    owner = np.repeat(np.arange(len(sizes)), length)
    i, j = svec.pair(np.arange(len(owner)) - (np.cumsum(length) - length)[owner])
    return start[owner] + i, start[owner] + j


class ChartWriter(Writer):
    """Rounds a dual of a plain level in other coordinates to a proof about the program pulled back."""

    movable = False

    def coordinates(self) -> tuple[Callable[[int], dict[str, Any]], np.ndarray, set[int], int]:
        """Labels of the blocks, monomials of the moments, nonnegative variables, number of variables."""
        names, blocks = _names(self.relaxation), self.relaxation.blocks
        start = np.r_[0, np.cumsum(blocks.sizes)]

        def labels(block: int) -> dict[str, Any]:
            rows = blocks.source[start[block] : start[block + 1]]
            factors = names.factors[rows[0]].tolist()
            out = {"rows": [[0] * len(factors) + tail for tail in names.tails[rows].tolist()]}
            return out | {"blocks": factors} if factors else out

        return labels, names.moments, self.checked.positive, self.checked.dim

    @cached_property
    def checked(self) -> check_identity.Program:
        """The problem pulled back, as the checker reads it."""
        return check_charts.pulled_back(check_identity.program(self.problem), _names(self.relaxation).kind)

    @cached_property
    def sums(self) -> ExactSums | None:
        """Plain arithmetic on the pulled back forms: they may be longer than those of the program."""
        return None

    @cached_property
    def _ranks(self) -> tuple[np.ndarray, np.ndarray]:
        rank = monomials.rank(self.exponents)
        order = np.argsort(rank)
        return rank[order], order

    def columns(self, keys: np.ndarray) -> np.ndarray:
        """The moments of monomials; −1 for those that the level does not have."""
        (ranks, order), rank = self._ranks, monomials.rank(keys)
        place = np.minimum(np.searchsorted(ranks, rank), len(ranks) - 1)
        return np.where(ranks[place] == rank, order[place], -1)

    def multiples(self, which: np.ndarray) -> list[list[int]]:
        """[j, z…] of the equations q E_j = 0, and after them those of |v_k|² = 1, with these numbers."""
        names, forms = _names(self.relaxation), len(self.relaxation.program.vanishing)
        count = forms * len(names.cofactors)
        related = names.related + np.eye(1, names.related.shape[1], dtype=np.int64) * forms
        return [[w % forms, *names.cofactors[w // forms].tolist()] if w < count else related[w - count].tolist()
                for w in which.tolist()]  # fmt: skip

    def need(self, found: Dual) -> np.ndarray:
        """Smallest eigenvalue that every block must have to be written: without pure powers every block pays itself."""
        if self.covers:
            return super().need(found)
        return np.full(len(self.identity.sizes), 2 * (self.hold(found.g) + found.error))

    def proof(
        self, lam: np.ndarray, multipliers: list[Any], terms: list[dict[str, Any]]
    ) -> tuple[dict[str, Any], Fraction]:
        """The proof's plain data, with its chart, and its bound b'y."""
        proof, value = super().proof(lam, multipliers, terms)
        return {**proof, "chart": _names(self.relaxation).kind}, value
