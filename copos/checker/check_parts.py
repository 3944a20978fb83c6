"""A part of a quadratic program that is bounded by its lift, as a program of its own.

Let V be variables of the user's, and g terms of the objective in these alone. The constraints in variables of V say no
more than all constraints do, so every feasible point, restricted to V, is one of

    min g(x),  the ranges of x_j, j ∈ V,  the constraints in variables of V alone,

and g is at least the minimum there. An item of a part has, in the place of a tree,

    "steps"       for the whole program, as in a tree: ranges, and variables that are put at their ends
    "question"    the "free", "steps" and "implied" of a question, for the smaller program
    "proof"       a lower bound of its lift, or a proof that its lift has no point

Standard library only; part of the checker.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

try:
    from copos.checker import check_identity as identity
    from copos.checker import check_quadratic_program as quadratic
    from copos.checker import check_reading as read
    from copos.checker import check_tightening as tightening
    from copos.checker.check_reading import Number
    from copos.checker.check_tightening import Asked, Terms
except ImportError:  # run as a plain file, without the package
    import check_identity as identity  # type: ignore[no-redef]
    import check_quadratic_program as quadratic  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    import check_tightening as tightening  # type: ignore[no-redef]
    from check_reading import Number  # type: ignore[no-redef]
    from check_tightening import Asked, Terms  # type: ignore[no-redef]

Prove = Callable[[identity.Program, Any], str]  # rejects what does not hold


def least(a: Asked, item: Any, inside: Collection[int], prove: Prove) -> Number:
    """A lower bound on the objective, a minimum in variables of `inside` (from 1; 0 is among them)."""
    program, base = _lift(a, item, inside)
    prove(program, item["proof"])
    return read.number(item["proof"]["value"], "value") + base


def empty(a: Asked, item: Any, inside: Collection[int], prove: Prove) -> None:
    """The smaller program has no feasible point."""
    prove(_lift(a, item, inside)[0], item["proof"])


def _lift(a: Asked, item: Any, inside: Collection[int]) -> tuple[identity.Program, Number]:
    """The program of a part, and the objective where all its coordinates are 0."""
    read.fields(item, "part", "variables question proof", "steps")
    cell = tightening.tightened(a, item.get("steps", []), [])
    question = read.fields(item["question"], "question of a part", "", "free steps implied")
    made = quadratic.lifted(alone(cell, inside), question)
    return made.program, made.base


def alone(a: Asked, inside: Collection[int]) -> Asked:
    """The variables of `inside` in their order, with the constraints that are in these."""
    at = {v: k for k, v in enumerate(sorted(inside))}
    read.spend(2 * sum(1 + len(form) for _, form in a.constraints) + len(at), "a part")

    def renamed(form: Terms) -> Terms:
        return {(at[i], at[j]): c for (i, j), c in form.items()}

    used = [(relation, form, {v for key in form for v in key}) for relation, form in a.constraints]
    kept = [(relation, renamed(form)) for relation, form, own in used if own != {0} and own <= at.keys()]
    chosen = [v - 1 for v in sorted(at) if v]
    return a._replace(names=[a.names[j] for j in chosen], objective=renamed(a.objective),
                      variables=[a.variables[j] for j in chosen], constraints=kept)  # fmt: skip
