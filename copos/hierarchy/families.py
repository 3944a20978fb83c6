"""The families of levels, as rows of a table.

A level ℓ certifies  e(x)^ℓ · x'Mx = Σ_s <G_s, B_s(x)> + …  with  B_s = B_{k1} ⊗ … ⊗ B_{k|s|} ⊗ m_t m_t' and
|s| + 2t = ℓ + 2. A family says which |s| it uses, and may use only some rows of the blocks or ask for the identity in
other coordinates (`copos.hierarchy.charts`); everything else is the same code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

from copos.cones import Cone
from copos.hierarchy.charts import SQUARES, ChartMaker
from copos.hierarchy.frames import FRAMES
from copos.hierarchy.products import Lift
from copos.support.names import one_of

SYMMETRIC = ("nonnegative", "second-order", "semidefinite")
LORENTZ = ("nonnegative", "second-order")
HIGHEST = 100  # level: forms of degree 102 in two variables


@dataclass(frozen=True)
class Family:
    """Which numbers |s| of cone factors a level multiplies.

    Attributes
    ----------
    degrees : level ↦ the |s|
    top : the last level, if there is one
    parts : kinds of factors (`copos.cones.Part`) that K must be a product of; None for any spectrahedral cone
    rows : a lift ↦ for all its block rows end to end, the block that the row stays in, or −1 to leave it out
    chart : how to build a level in other coordinates; then `degrees` and `rows` are not used
    """

    name: str
    degrees: Callable[[int], tuple[int, ...]]
    reference: str
    even_only: bool = False
    top: int | None = None
    parts: tuple[str, ...] | None = None
    rows: Callable[[Lift], NDArray[np.int64]] | None = None
    chart: ChartMaker | None = None

    def check(self, cone: Cone) -> None:
        """ValueError if the family does not know the cone."""
        if self.parts is not None and not (cone.parts and {p.kind for p in cone.parts} <= set(self.parts)):
            kinds = ", ".join(self.parts)
            raise ValueError(f"family {self.name!r} needs a product of cones that are {kinds}, not {cone.name}")

    def at(self, level: int) -> tuple[int, ...]:
        """The |s| of a level; ValueError if the family has no such level."""
        return self.degrees(self.whole(level))

    def whole(self, level: int) -> int:
        """The level as an int; ValueError if the family has no such level."""
        if not isinstance(level, int | np.integer) or isinstance(level, bool) or not 0 <= level <= HIGHEST:
            raise ValueError(f"level must be an integer from 0 to {HIGHEST:,}, got {str(level)[:40]}")
        if self.even_only and level % 2:
            raise ValueError(f"family {self.name!r} has even levels only, got {level}")
        if self.top is not None and level > self.top:
            raise ValueError(f"family {self.name!r} has levels up to {self.top} only, got {level}")
        return int(level)


def _whole(lift: Lift) -> NDArray[np.int64]:
    return np.repeat(np.arange(len(lift.sizes)), lift.sizes)


def first_rows(lift: Lift) -> NDArray[np.int64]:
    """B(x) ⊗ … ⊗ m_t m_t' cut to b_11(x) … m_t m_t': of a second-order cone only t ≥ 0 and its quadratic form stay."""
    label = _whole(lift)
    start = np.cumsum(lift.sizes) - lift.sizes
    length = {t: comb(lift.cone.dim + t - 1, t) for t in range(lift.degree // 2 + 1)}
    for block, size in enumerate(lift.sizes.tolist()):
        factors, t = lift.describe(block)
        # the first symmetric tensor is e_1 ⊗ … ⊗ e_1, the other shapes do not contain it
        kept = length[t] if all(len(f.shape) <= 1 for f in factors) else 0
        label[start[block] + kept : start[block] + size] = -1
    return label


def distinct_factors(lift: Lift) -> NDArray[np.int64]:
    """No block in which a matrix meets itself."""
    label = _whole(lift)
    start = np.cumsum(lift.sizes) - lift.sizes
    orders = (*lift.cone.sizes, *(1 for _ in range(len(lift.cone.generators))))
    for block, size in enumerate(lift.sizes.tolist()):
        if any(f.power > 1 and orders[f.base] > 1 for f in lift.describe(block)[0]):
            label[start[block] : start[block] + size] = -1
    return label


def _parrilo(level: int) -> tuple[int, ...]:
    return tuple(range(level % 2, level + 3, 2))


_ROWS = (
    Family("moment", lambda level: (0,), "Shor1987", even_only=True),
    # level 0 of the last two rows under its own name: PSD + N and its dual, the doubly nonnegative matrices
    Family("doubly-nonnegative", lambda level: (0, 2), "Diananda1962", top=0),
    Family("de-klerk-pasechnik", lambda level: (level + 2,), "deKlerkPasechnik2002"),
    Family("pena-vera-zuluaga", lambda level: (level, level + 2), "PenaVeraZuluaga2007"),
    Family("parrilo", _parrilo, "Parrilo2000"),
    # generalised doubly nonnegative cones and hierarchies of products of symmetric cones
    Family("burer-dong", lambda level: (0, 2), "BurerDong2013", top=0, parts=LORENTZ, rows=distinct_factors),
    Family("zuluaga-vera-pena", _parrilo, "ZuluagaVeraPena2006", parts=LORENTZ, rows=first_rows),
    Family("nishijima-nakata-sos", _parrilo, "NishijimaNakata2024", parts=SYMMETRIC, chart=SQUARES),
    Family("nishijima-nakata-dp", lambda level: (level + 2,), "NishijimaNakata2024", parts=LORENTZ, chart=FRAMES),
)
FAMILIES = {row.name: row for row in _ROWS}


def family(name: str) -> Family:
    """Look a family up; ValueError names the choices."""
    try:
        return FAMILIES[name]
    except KeyError:
        raise ValueError(f"unknown family {name!r}; {one_of(name, FAMILIES)}") from None
