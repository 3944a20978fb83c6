"""Using what a model assumes about an optimal atom: one more scalar block per assumption, in the proof only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.certificate.dual import Dual, Identity
from copos.hierarchy import Relaxation, relax
from copos.hierarchy.products import Factor


def words(count: int) -> str:
    """The words about `count` assumed inequalities in the reason of a bound."""
    return f"uses {count} inequalit{'y' if count == 1 else 'ies'} assumed for an optimal atom"


def extend(relaxation: Relaxation, rows: NDArray[np.float64]) -> tuple[Relaxation, Callable[[Dual, Identity], Dual]]:
    """The same level of K ∩ {a'x ≥ 0 for the assumed rows a}, and how a dual of the smaller level embeds into it.

    The blocks of K are among those of the larger level, which adds products with the new scalars; their Gram matrices
    start at zero.
    """
    program = relaxation.program
    cone = program.cone
    for a in rows:
        cone = cone.restrict(a)
    larger = relax(_with_cone(program, cone), relaxation.level, relaxation.family, relaxation.reductions)
    place = _places(larger, 0)

    def embed(found: Dual, identity: Identity) -> Dual:
        g = np.zeros(identity.map.shape[1])
        at = 0
        for key, (_, length) in _places(relaxation, len(rows)).items():
            start, same = place.get(key, (0, 0))
            if same == length:
                g[start : start + length] = found.g[at : at + length]
            at += length
        return replace(found, identity=identity, g=g)

    return larger, embed


def _places(relaxation: Relaxation, shift: int) -> dict[Any, tuple[int, int]]:
    """Where the entries of every block stand, by what the block is; generators are counted after `shift` new blocks."""
    blocks = len(relaxation.program.cone.sizes)
    out, at = {}, 0
    for k, n in enumerate(relaxation.blocks.sizes.tolist()):
        factors, t, rows = relaxation.describe(k)
        moved = tuple(Factor(f.base + (shift if f.base >= blocks else 0), f.power, f.shape) for f in factors)
        out[moved, t, tuple(np.asarray(rows).tolist())] = (at, int(svec.length(n)))
        at += int(svec.length(n))
    return out


def _with_cone(program: Any, cone: Any) -> Any:
    """The program on another cone in the same ambient space."""
    return program.changed(cone=cone)
