"""Charges on a torus: which m points of a grid repel each other least? Taillard's grey patterns are of this kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class EnergyRecord:
    """min x'Dx over x ∈ {0, 1}^n, Σ x = m, for the points of a torus.

    Attributes
    ----------
    sides : of the torus
    chosen : m
    best : value of the best solution that is known
    published : the largest lower bound found in print, as a share of `best`; None if the optimum is known
    reference : keys in docs/references.bib
    """

    name: str
    sides: tuple[int, ...]
    chosen: int
    best: int
    published: float | None
    reference: str


def torus_energies(*sides: int, charge: int = 100_000) -> NDArray[Any]:
    """D_pq = charge/dist² rounded, halves to even, the shorter way round in every direction; D_pp = 0 [Taillard1995].

    >>> torus_energies(3, 3)[0].tolist()
    [0, 100000, 100000, 100000, 50000, 50000, 100000, 50000, 50000]
    """
    if not sides or min(sides) < 1:
        raise ValueError(f"a torus has sides of at least one point, got {sides}")
    place = np.stack(np.unravel_index(np.arange(int(np.prod(sides))), sides), axis=1)
    apart = np.abs(place[:, None] - place[None])
    square = (np.minimum(apart, np.array(sides) - apart) ** 2).sum(axis=2)
    return np.where(square > 0, np.rint(charge / np.maximum(square, 1)).astype(np.int64), 0)


# tai256c: 1.48 % below the best solution is the bound of QAPLIB's page, 1.25 % that of the reference
ENERGIES = {
    record.name: record
    for record in (
        EnergyRecord("tai64c", (8, 8), 13, 1_855_928, None, "BurkardKarischRendl1997"),
        EnergyRecord(
            "tai256c", (16, 16), 92, 44_759_294, 1 - 0.0125, "FujiiKimKojimaMittelmannShinano2024"
        ),
    )
}  # fmt: skip
