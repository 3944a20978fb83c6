"""Local levels: a higher level on few variables as inequalities of a lower level on all of them.

For a set S of coordinates let K_S = {x_S : the blocks of K that mention S alone are ⪰ 0}, so that x_S ∈ K_S for x ∈ K.
Write e_S for the terms of the multiplier e in S, and K^ℓ(S) for the forms in x_S that level ℓ proves with e_S, the
blocks of K_S and the vanishing forms in S alone. The local level is

    min <C, Y>   over the Y of level 0   with   <F, Y> ≥ 0   for all F ∈ K^ℓ(S), |S| ≤ k.

Every F ∈ K^ℓ(S) is nonnegative at every atom, so this is a lower bound, and at least that of level 0. A finite number
of forms F, found where the Y at hand violates them, takes the place of all of them; each is a *local form*: it is one
more quadratic generator of the cone, and brings its own identity of level ℓ along.

Where S holds every variable of e (as it does for e = x_0, x_0 ∈ S), e_S = e, and e^ℓ F = <identity on S> is an identity
of level ℓ on all variables, too: level 0 ≤ local level ℓ ≤ level ℓ. Where it does not, e^ℓ F need not be in level ℓ,
and the local level may be better than every level: the Horn matrix bordered by a zero row is in no K^ℓ
[LaurentVargas2023], and in the local level of its five variables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import Any

import numpy as np

from copos.arithmetic.rationals import Rational, written
from copos.forms import Forms
from copos.program import CompletelyPositiveProgram

Monomial = tuple[int, int]


@dataclass(frozen=True, eq=False)
class LocalForm:
    """F(x) = Σ c_ab x_ax_b ≥ 0 on K, with the identity that proves it.

    Attributes
    ----------
    form : (a, b) with a ≤ b ↦ c_ab, in the free coordinates of the cone
    variables : S
    proof : `level`, `terms`, `multipliers` (and `scales`) of a certificate, about e_S^level F
    kind : what it is, for tables
    """

    form: Mapping[Monomial, Rational]
    variables: tuple[int, ...]
    proof: Mapping[str, Any]
    kind: str = "level 1"

    def plain(self) -> dict[str, Any]:
        """The item of a certificate."""
        terms = [[a, b, written(c)] for (a, b), c in sorted(self.form.items())]
        return {"form": terms, "variables": list(self.variables), **self.proof}

    @property
    def key(self) -> frozenset[Any]:
        """Equal for equal forms."""
        return frozenset(self.form.items())


def unit_size(form: Mapping[Monomial, Rational]) -> Fraction:
    """A factor that makes the coefficients integers over a power of two, the largest about 1."""
    values = [Fraction(c) for c in form.values()]
    whole = Fraction(lcm(*(v.denominator for v in values)))
    whole /= gcd(*(int(v * whole) for v in values))
    largest = max(abs(v) for v in values) * whole
    return whole / (1 << (int(largest).bit_length() - 1))


def as_forms(local: Sequence[LocalForm], dim: int) -> Forms:
    """Local forms as rows."""
    owner = np.array([k for k, f in enumerate(local) for _ in f.form], dtype=np.int64)
    pairs = np.array([key for f in local for key in f.form], dtype=np.int64).reshape(-1, 2)
    values: Any = [c for f in local for c in f.form.values()]
    plain = all(Fraction(float(c)) == c for c in values)
    coefficients = np.array([float(c) for c in values]) if plain else np.array(values, dtype=object)
    return Forms.from_terms(owner, pairs[:, 0], pairs[:, 1], coefficients, len(local), dim)


def takes_local(program: CompletelyPositiveProgram, family: str) -> bool:
    """Are local levels defined: all blocks of K of order one, in a family with products of two factors at level 0?"""
    from copos.hierarchy.families import family as row

    found = row(family)
    plain = all(n == 1 for n in program.cone.sizes)
    return plain and found.chart is None and 2 in found.at(0)
