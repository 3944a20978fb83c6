"""Cells of the matrices V = Σ_a s_a u_a v_a' of rank r by what their singular vectors do, and the level of a cell.

    ratio       s_b ≥ τ s_a or s_b ≤ τ s_a,         which makes K − τ²H and J − τ²I definite (`moment_tables.ordered`);
    direction   u_a'A u_a ≥ 0 or ≤ 0 (v_a likewise), which makes Σ_ik A_ik X_ij,kl definite, X = E s² tt', t = u_a v'.

Both sides of a cut hold every V, so that the least bound of the cells is a bound. Directions are the disjunctions on
eigenvectors of Bertsimas et al. in homogeneous form: A = xy' + yx' tells u = x + y from u = x − y whatever the sign of
u is, and A = xx' − τI bounds a share of |u|². The level of a cell is the ordered one with these blocks added.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.conic import Solution, Vector
from copos.levels.factor_levels import MomentLevel
from copos.levels.moment_tables import Contraction, Table, Term, ordered
from copos.solvers.splitting.projections import Projection

Matrix = NDArray[Any]
Interval = tuple[Fraction, Fraction]
SIDES = ("rows", "columns")  # u and v


class Ratio(NamedTuple):
    """s_b against τ s_a, τ = numerator/denominator, a < b."""

    a: int
    b: int
    numerator: int
    denominator: int


class Direction(NamedTuple):
    """u_a'A u_a ("rows") or v_a'A v_a ("columns") against zero; A is symmetric and whole."""

    side: str
    a: int
    A: Matrix


Cut = Ratio | Direction
Side = tuple[int, Cut]  # +1 or −1: the cut is ≥ or ≤


def width(shape: tuple[int, int]) -> int:
    """Length of a cut as a row of numbers."""
    return 4 + svec.length(max(shape))


def row_of(cut: Cut, length: int) -> Vector:
    """A cut as numbers.

    >>> row_of(Ratio(0, 1, 3, 4), 6).tolist()
    [0.0, 0.0, 1.0, 3.0, 4.0, 0.0]
    >>> cut_of(row_of(Direction("rows", 0, np.array([[0, 1], [1, 0]])), 7), (2, 2))
    Direction(side='rows', a=0, A=array([[0, 1],
           [1, 0]]))
    """
    out = np.zeros(length)
    if isinstance(cut, Ratio):
        out[1:5] = cut
        return out
    upper = cut.A[np.triu_indices(len(cut.A))]
    out[:3] = 1, SIDES.index(cut.side), cut.a
    out[3 : 3 + len(upper)] = upper
    return out


def cut_of(row: Vector, shape: tuple[int, int]) -> Cut:
    """The cut that a row stands for."""
    if not row[0]:
        return Ratio(*(int(v) for v in row[1:5]))
    side = SIDES[int(row[1])]
    d = shape[SIDES.index(side)]
    A = np.zeros((d, d), dtype=np.int64)
    i, j = np.triu_indices(d)
    A[i, j] = A[j, i] = row[3 : 3 + len(i)]
    return Direction(side, int(row[2]), A)


def plain(cut: Cut) -> dict[str, Any]:
    """A cut as a certificate has it."""
    if isinstance(cut, Ratio):
        return {"ratio": list(cut)}
    return {"direction": [SIDES.index(cut.side), cut.a], "form": cut.A.tolist()}


def intervals(rank: int, sides: tuple[Side, ...]) -> dict[tuple[int, int], Interval]:
    """The least and the largest s_b/s_a of a cell, a < b; what follows from the pairs in between included."""
    out = dict.fromkeys(combinations(range(rank), 2), (Fraction(0), Fraction(1)))
    for sign, cut in sides:
        if isinstance(cut, Ratio):
            low, high = out[cut.a, cut.b]
            at = Fraction(cut.numerator, cut.denominator)
            out[cut.a, cut.b] = (max(low, at), high) if sign > 0 else (low, min(high, at))
    for a, c in sorted(out, key=lambda pair: pair[1] - pair[0]):
        for b in range(a + 1, c):
            (low, high), first, second = out[a, c], out[a, b], out[b, c]
            out[a, c] = max(low, first[0] * second[0]), min(high, first[1] * second[1])
    return out


def carriers(side: str, a: int, rank: int) -> list[str]:
    """Variables E s² tt' whose t is u_a v' ("rows") or uv_a' ("columns")."""
    out = [f"D{a}"]
    for p, q in combinations(range(rank), 2):
        # H and K belong to u_p v_q', I and J to u_q v_p'
        first, second = (p, q) if side == "rows" else (q, p)
        out += [f"{X}{p},{q}" for X, at in zip("HKIJ", (first, first, second, second), strict=True) if at == a]
    return out


@dataclass(frozen=True, eq=False)
class SingularLevel(MomentLevel):
    """The ordered level of the matrices in a cell; `sides` are those of its cuts."""

    sides: tuple[Side, ...] = ()

    @cached_property
    def table(self) -> Table:
        """Blocks and relations of the cell."""
        return self._made[0]

    @property
    def units(self) -> list[int]:
        """Denominators of the blocks of ratios: a proof has whole coefficients there."""
        return self._made[1]

    @property
    def keys(self) -> list[tuple[Any, ...]]:
        """What every block is, the same in a cell and in its parts."""
        return self._made[2]

    @cached_property
    def _made(self) -> tuple[Table, list[int], list[tuple[Any, ...]]]:
        table = ordered(self.rank)
        pairs = intervals(self.rank, self.sides)
        units = [1] * len(table.blocks)
        keys: list[tuple[Any, ...]] = [("first",), *((pair, k) for pair in pairs for k in range(4))]
        places, low_blocks = [], []
        for at, (pair, (low, high)) in enumerate(pairs.items()):
            k = 1 + 4 * at
            for j, (larger, smaller) in enumerate(("HK", "IJ")):
                names = [f"{X}{pair[0]},{pair[1]}" for X in (larger, smaller)]
                table.blocks[k + 2 + j] = {(0, 0): (Term(float(high**2), names[0]), Term(-1, names[1]))}
                units[k + 2 + j] = (high**2).denominator
                if low:
                    low_blocks.append({(0, 0): (Term(1, names[1]), Term(-float(low**2), names[0]))})
                    units.append((low**2).denominator)
                    keys.append((pair, "low", j))
            for X, block, where in (("H", k + 1, 0), ("K", k, 0), ("I", k, 1), ("J", k + 1, 1)):
                places.append((f"{X}{pair[0]},{pair[1]}", block, (where, where)))
        places += [place for place in table.places if not place[1]]
        contractions = []
        for at, (sign, cut) in enumerate(self.sides):
            if isinstance(cut, Direction):
                scale = max(1, int(np.abs(cut.A).max()))
                for name in carriers(cut.side, cut.a, self.rank):
                    contractions.append(Contraction(name, cut.side, sign * cut.A / scale))
                    units.append(scale)
                    keys.append((at, name))
        blocks = [*table.blocks, *low_blocks]
        return table._replace(blocks=blocks, places=places, contractions=tuple(contractions)), units, keys

    def part(self, side: Side) -> SingularLevel:
        """The level of one side of a cut of this cell."""
        return replace(self, sides=(*self.sides, side))

    def _rows(self) -> Iterator[tuple[tuple[Any, ...], slice]]:
        found = [rows for kind, _, rows in self.form.cones.slices() if kind == "psd"]
        return zip(self.keys, found, strict=True)

    def start(self, above: SingularLevel, solution: Solution) -> tuple[Vector, Vector, Vector]:
        """(x, s, z) from the answer to a cell that holds this one: blocks that it lacks begin at zero."""
        form = self.form
        z = np.zeros(form.shape[0])
        z[: form.cones.zero] = solution.z[: form.cones.zero]
        known = {key: (k, rows) for k, (key, rows) in enumerate(above._rows())}
        for k, (key, rows) in enumerate(self._rows()):
            if key in known:
                there, at = known[key]
                z[rows] = self.seen(k, above.gram(there, solution.z[at]))
        return solution.x, Projection(form.cones).split(form.b - form.A @ solution.x)[0], z

    def variable(self, solution: Solution, name: str) -> Matrix:
        """A variable's value in an answer."""
        return solution.x[self.entries(name)]
