"""Multipliers of level 0 carried over to a cone with other blocks or generators, all scalar blocks at a time.

A scalar block of level 0 is the product of two blocks of the cone, known by their numbers (new ones come last), or a
quadratic generator, known by its coefficients.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.hierarchy import Relaxation
from copos.hierarchy.scalars import generators, products

Index = NDArray[Any]
WIDE = 1 << 31


def carried(old: Relaxation, z: NDArray[np.float64], new: Relaxation) -> NDArray[np.float64] | None:
    """`z` at its places in the new form, zero at what the old one lacks; None where the matrix blocks differ."""
    if (old.level, new.level, old.gram, new.gram) != (0, 0, "sdp", "sdp") or old.lifted is None or new.lifted is None:
        return None
    if old.orders != new.orders or not np.array_equal(old.kept, new.kept):
        return None
    names: dict[bytes, int] = {}
    here, there = _codes(old, names), _codes(new, names)
    if here is None or there is None:
        return None
    zero = old.form.cones.zero
    out = np.zeros(new.form.shape[0])
    out[: new.form.cones.zero] = z[:zero]
    if len(here):
        order = np.argsort(here, kind="stable")
        found = order[np.minimum(np.searchsorted(here, there, sorter=order), len(here) - 1)]
        out[zero : zero + len(there)] = np.where(here[found] == there, z[zero + found], 0.0)
    out[zero + len(there) :] = z[zero + len(here) :]
    return out


def _codes(relaxation: Relaxation, names: dict[bytes, int]) -> Index | None:
    """A number for every scalar block of the form, equal for equal products; None if there are others."""
    pairs, which = products(relaxation), generators(relaxation)
    if ((pairs[:, 0] < 0) & (which < 0)).any():
        return None
    rows = relaxation.program.cone.generators.rows
    code = pairs[:, 0] * WIDE + pairs[:, 1]
    at = np.flatnonzero(which >= 0)
    spans = [slice(rows.indptr[g], rows.indptr[g + 1]) for g in which[at].tolist()]
    texts = [rows.indices[s].astype(np.int64).tobytes() + rows.data[s].tobytes() for s in spans]
    code[at] = [-2 - names.setdefault(text, len(names)) for text in texts]
    return code
