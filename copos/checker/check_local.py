"""Local forms: quadratic forms that a level on few variables proves to be nonnegative, used like generators of K.

For a set S of variables write e_S for the terms of the multiplier e in these variables. An identity

    e_S(x)^level · F(x)  =  Σ_s <G_s, B_s(x)>  +  Σ_j q_j(x) · E_j(x)

shows F ≥ 0 at every atom x where e_S(x) > 0, and `check_multiplier` that it is so where e_S(x) = 0, too. Both are about
the same cone, which is larger than K: above level 0 the identity may use only those blocks, generators and vanishing
forms that have no variable outside of S. What follows in the proof may then multiply F as it multiplies the generators
g(x) ≥ 0 of K; F is numbered after them.

Standard library only; part of the checker.
"""

from __future__ import annotations

from typing import Any

try:
    from copos.checker import check_identity as identity
    from copos.checker import check_multiplier as multiplier
    from copos.checker import check_reading as read
except ImportError:  # run as a plain file, without the package
    import check_identity as identity  # type: ignore[no-redef]
    import check_multiplier as multiplier  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]

FORMS = 50_000  # local forms of one proof


def strengthened(p: identity.Program, proof: Any) -> identity.Program:
    """The program with the local forms of a proof as further generators; rejects unless each of them is proved."""
    if type(proof) is not dict or "local" not in proof:
        return p
    forms = []
    supports = [{v for terms in block.values() for key, _ in terms for v in key} for block in p.blocks]
    for value in read.items(proof["local"], "local forms", most=FORMS):
        item = read.fields(value, "local form", "form variables level terms multipliers", "scales")
        form = identity.polynomial(item["form"], "local form", p.dim, 2)
        variables = {read.whole(v, "variable", 0, p.dim - 1) for v in read.items(item["variables"], "variables")}
        read.spend(len(p.blocks) + len(p.unit) + len(p.generators) + len(p.vanishing), "a local form")
        unit = {key: c for key, c in p.unit.items() if variables.issuperset(key)}
        own = read.whole(item["level"], "level", 0, read.LEVEL) and narrowed(p, variables, supports)
        level = identity.nonnegative((own or p)._replace(unit=unit), form, item)
        multiplier.everywhere(few(p, variables, unit, supports), form, level, {})
        forms.append(form)
    return p._replace(generators=[*p.generators, *forms])


def narrowed(p: identity.Program, variables: set[int], supports: list[set[int]]) -> identity.Program:
    """The program of `few` with all numbers as in the whole one: what mentions other variables says 0 ≥ 0, 0 = 0.

    An identity that used more would hold at the atoms of K only, and e_S = 0 is left along directions beyond K.
    """
    inside = variables.issuperset
    nothing: identity.Polynomial = {}
    return p._replace(
        blocks=[block if support <= variables else {} for block, support in zip(p.blocks, supports, strict=True)],
        generators=[g if all(map(inside, g)) else nothing for g in p.generators],
        vanishing=[E if all(map(inside, E)) else nothing for E in p.vanishing],
        positive=p.positive & variables,
    )


def few(
    p: identity.Program, variables: set[int], unit: identity.Polynomial, supports: list[set[int]]
) -> identity.Program:
    """The program of what is said about some variables alone; its cone contains K."""
    inside = variables.issuperset
    kept = [k for k, support in enumerate(supports) if support <= variables]
    return p._replace(
        blocks=[p.blocks[k] for k in kept],
        orders=[p.orders[k] for k in kept],
        stated=0,
        generators=[g for g in p.generators if all(map(inside, g))],
        unit=unit,
        vanishing=[E for E in p.vanishing if all(map(inside, E))],
        positive=p.positive & variables,
    )
