"""The program on a cell, in the coordinates that its equations leave, without blocks that say nothing new.

K ∩ {ℓ(u) = 0, a'u ≥ 0} = {u = T v : …}: a decision x_b = 0 takes a row and a column from every moment matrix, makes the
block x_b ≥ 0 vanish and x_0 − x_b ≥ 0 the same as x_0 ≥ 0. What is left is smaller and has an interior again, and its
proof is told in the numbers of K, as the checker expects it.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.rationals import RationalRows
from copos.checker.check_decisions import Side
from copos.cones import Cone, Entries
from copos.forms import substituted
from copos.hierarchy.local import LocalForm
from copos.program import CompletelyPositiveProgram

Matrix = NDArray[np.float64]
Path = tuple[Side, ...]


@dataclass(frozen=True, eq=False)
class Reduced:
    """The program on a cell.

    Attributes
    ----------
    program : in the coordinates v of the cell
    embed : T as a matrix, u = T v with u the coordinates of K
    variables, blocks, generators, vanishing : which of K (its cuts and local forms included) those of the program are
    places : (block, factor) for every block of K: it is factor · block on the cell, or 0 where the block is −1
    """

    program: CompletelyPositiveProgram
    embed: Matrix
    variables: tuple[int, ...]
    blocks: tuple[int, ...]
    generators: tuple[int, ...]
    vanishing: tuple[int, ...]
    places: tuple[tuple[int, float], ...]

    def lifted(self, Y: Matrix) -> Matrix:
        """The Y of K that a Y of the cell (free coordinates) is."""
        return self.embed @ Y @ self.embed.T

    def told(self, proof: Mapping[str, Any], local: Sequence[LocalForm], first: int) -> dict[str, Any]:
        """The leaf of a tree: the proof in the numbers of K, with those local forms that it uses.

        `local` are the generators of K from `first` on.
        """
        out = {key: proof[key] for key in ("y", "level") if key in proof}
        terms = [self._term(t) for t in proof["terms"]]
        used = sorted({g for t in terms for g in t.get("generators", ()) if g >= first})
        place = {g: first + k for k, g in enumerate(used)}
        out["terms"] = [{**t, "generators": [place.get(g, g) for g in t["generators"]]} if "generators" in t else t
                        for t in terms]  # fmt: skip
        out["multipliers"] = [[self.vanishing[j], *(self.variables[v] for v in vs), c]
                              for j, *vs, c in proof["multipliers"]]  # fmt: skip
        if "scales" in proof:
            scales = dict(zip(self.variables, proof["scales"], strict=True))
            out["scales"] = [scales.get(v, 1) for v in range(len(self.embed))]
        return out | ({"local": [local[g - first].plain() for g in used]} if used else {})

    def _term(self, t: Mapping[str, Any]) -> dict[str, Any]:
        if "products" in t:
            return {**t, "products": [[*(self._block(k) for k in ks), w] for *ks, w in t["products"]]}
        factors = t.get("blocks", [])
        rows = [[*row[: len(factors)], *(self.variables[v] for v in row[len(factors) :])] for row in t["rows"]]
        more = {"blocks": [self._block(k) for k in factors]} if factors else {}
        more |= {"generators": [self.generators[g] for g in t["generators"]]} if "generators" in t else {}
        return {**t, **more, "rows": rows}

    def _block(self, k: int) -> int:
        """Blocks beyond those of the cone are what is only assumed, and stay behind them."""
        return self.blocks[k] if k < len(self.blocks) else k - len(self.blocks) + len(self.places)


def reduced(program: CompletelyPositiveProgram, path: Path, local: int = 0) -> Reduced:
    """The program with its cuts already in its cone, where the forms of a path vanish.

    Parameters
    ----------
    local : so many of the last generators are forms in the coordinates that are left, each a different one

    Examples
    --------
    >>> import copos
    >>> program = copos.binary_quadratic([[0, 1, 1], [1, 0, 1], [1, 1, 0]], [-1, -1, -1])
    >>> cell = reduced(program, (Side(zero=({1: 1},)), Side(zero=({2: 1, 3: -1},))))       # x_1 = 0, x_2 = x_3
    >>> cell.program.cone.dim, cell.variables, len(program.cone.sizes), cell.blocks, cell.vanishing
    (2, (0, 2), 7, (0, 2, 5), (1,))
    """
    whole = program.cone
    zero = [form for side in path for form in side.zero]
    cone = whole
    if zero:
        rows = tuple({int(whole.free[v]): c for v, c in form.items()} for form in zero)
        cone = whole.slice(RationalRows(whole.ambient, rows))
    place = {int(x): v for v, x in enumerate(whole.free)}
    variables = tuple(place[int(x)] for x in cone.free)
    cone, blocks, places = _without_repetition(cone)
    count = len(cone.generators)
    own = cone.generators.take(np.arange(count - local)) if zero else cone.generators
    generators = (*_distinct(own.rationals()), *range(count - local, count)) if zero else tuple(range(count))
    E = program.vanishing
    vanishing = tuple(range(len(E)))
    if zero:
        vanishing = _distinct(substituted(E.rationals(), cone.rationals().basis))
        cone = cone if len(generators) == count else replace(cone, generators=cone.generators.take(generators))
    here = program.changed(cone=cone, vanishing=E.take(vanishing) if zero else E)
    embed = cone.basis[whole.free].toarray()
    return Reduced(here, embed, variables, blocks, generators, vanishing, places)


def _without_repetition(cone: Cone) -> tuple[Cone, tuple[int, ...], tuple[tuple[int, float], ...]]:
    """The cone without blocks of order one that are 0 ≥ 0 or a positive multiple of one before."""
    e, count = cone.entries, len(cone.sizes)
    rows: list[dict[int, Any]] = [{} for _ in range(count)]
    for k, v, c in zip(e.block.tolist(), e.variable.tolist(), cone.rationals().coefficients, strict=True):
        if cone.sizes[k] == 1 and c:
            rows[k][v] = c
    kept: list[int] = []
    known: dict[Hashable, tuple[int, Fraction]] = {}
    places: list[tuple[int, float]] = []
    for k, row in enumerate(rows):
        key: Hashable = k
        size = Fraction(1)
        if cone.sizes[k] == 1:
            if not row:
                places.append((-1, 0.0))
                continue
            size = abs(Fraction(row[min(row)]))
            key = tuple(sorted((v, c / size) for v, c in row.items()))
        if key not in known:
            known[key] = len(kept), size
            kept.append(k)
        at, other = known[key]
        places.append((at, float(size / other)))
    if len(kept) == count:
        return cone, tuple(kept), tuple(places)
    number = np.full(count, -1)
    number[kept] = np.arange(len(kept))
    at = np.flatnonzero(number[e.block] >= 0)
    entries = Entries(number[e.block[at]], e.row[at], e.col[at], e.variable[at], e.coefficient[at])
    exact = cone.exact
    if exact is not None:
        exact = exact._replace(coefficients=tuple(exact.coefficients[k] for k in at.tolist()))
    sizes = tuple(cone.sizes[k] for k in kept)
    cone = replace(cone, sizes=sizes, entries=entries, exact=exact, sampler=None, parts=())
    return cone, tuple(kept), tuple(places)


def _distinct(rows: RationalRows) -> tuple[int, ...]:
    """Rows that are neither zero nor a multiple of one before, by a positive number."""
    seen, out = set(), []
    for k, row in enumerate(rows.rows):
        if not row:
            continue
        size = abs(Fraction(row[min(row)]))
        key = tuple(sorted((at, c / size) for at, c in row.items()))
        if key not in seen:
            seen.add(key)
            out.append(k)
    return tuple(out)
