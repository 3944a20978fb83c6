"""A normal form with local forms among the generators of its cone, and without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from copos.forms import Forms
from copos.hierarchy.local import LocalForm, as_forms
from copos.normal import NormalForm


def with_local(normal: NormalForm, local: Sequence[LocalForm]) -> NormalForm:
    """The normal form with these local forms, and no others, as the last generators of its cone."""
    bare = without_local(normal)
    if not local:
        return bare
    cone = bare.program.cone
    generators = Forms.stack([cone.generators, as_forms(local, cone.dim)])
    program = replace(bare.program, cone=replace(cone, generators=generators))
    return replace(bare, program=program, local=tuple(local))


def without_local(normal: NormalForm) -> NormalForm:
    """The normal form without its local forms."""
    if not normal.local:
        return normal
    cone = normal.program.cone
    kept = cone.generators.take(np.arange(len(cone.generators) - len(normal.local)))
    return replace(normal, program=replace(normal.program, cone=replace(cone, generators=kept)), local=())
