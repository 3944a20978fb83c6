"""The families of levels, as rows of a table.

A level ℓ certifies  e(x)^ℓ · x'Mx = Σ_s <G_s, B_s(x)> + …  with  B_s = B_{k1} ⊗ … ⊗ B_{k|s|} ⊗ m_t m_t' and
|s| + 2t = ℓ + 2. A family says which |s| it uses; everything else is the same code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Family:
    """Which numbers |s| of cone factors a level multiplies; `top` is the last level if there is one."""

    name: str
    degrees: Callable[[int], tuple[int, ...]]
    reference: str
    even_only: bool = False
    top: int | None = None

    def at(self, level: int) -> tuple[int, ...]:
        """The |s| of a level; ValueError if the family has no such level."""
        if not isinstance(level, int | np.integer) or isinstance(level, bool) or level < 0:
            raise ValueError(f"level must be a whole number ≥ 0, got {level!r}")
        if self.even_only and level % 2:
            raise ValueError(f"family {self.name!r} has even levels only, got {level}")
        if self.top is not None and level > self.top:
            raise ValueError(f"family {self.name!r} has levels up to {self.top} only, got {level}")
        return self.degrees(level)


_ROWS = (
    Family("moment", lambda level: (0,), "Shor1987", even_only=True),
    # level 0 of the last two rows under its own name: PSD + N and its dual, the doubly nonnegative matrices
    Family("doubly-nonnegative", lambda level: (0, 2), "Diananda1962", top=0),
    Family("de-klerk-pasechnik", lambda level: (level + 2,), "deKlerkPasechnik2002"),
    Family("pena-vera-zuluaga", lambda level: (level, level + 2), "PenaVeraZuluaga2007"),
    Family("parrilo", lambda level: tuple(range(level % 2, level + 3, 2)), "Parrilo2000"),
)
FAMILIES = {row.name: row for row in _ROWS}


def family(name: str) -> Family:
    """Look a family up; ValueError names the choices."""
    try:
        return FAMILIES[name]
    except KeyError:
        raise ValueError(f"unknown family {name!r}; expected one of {', '.join(FAMILIES)}") from None
