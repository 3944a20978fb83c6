"""What a quadratic program falls into: ranges tightened once, fixed variables, and parts that share no constraint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from copos.arithmetic.rationals import Rational
from copos.boxes.cell import Box, Step, is_empty, minimised, narrowed, whole_box
from copos.reformulation.quadratic.presolve import TERMS, maximum, put_at_ends, terms
from copos.reformulation.quadratic.value import Constraint, Quadratic, QuadraticProgram

NOTHING = Quadratic()


@dataclass(frozen=True, eq=False)
class Pieces:
    """A program after its first steps.

    Attributes
    ----------
    problem : the user's
    steps, box : ranges tightened by constraints, and dominated variables at their ends
    parts : variables that are not fixed, those of a part connected by products and constraints
    empty : a variable without values, None if there is none
    false : a constraint without variables that does not hold, None if there is none
    """

    problem: QuadraticProgram
    steps: list[Step]
    box: Box
    parts: list[list[int]]
    empty: int | None
    false: int | None


def pieces(problem: QuadraticProgram) -> Pieces:
    """The first steps, and the parts that are left.

    Examples
    --------
    >>> from copos import quadratic_program
    >>> found = pieces(quadratic_program([[0, 1, 0], [0, 0, 0], [0, 0, 4]], ["-1/2", "-1/2", -3], A_ub=[[2, 0, 0]],
    ...                                  b_ub=[3], bounds=(0, 1), integrality=[0, 0, 1]))
    >>> found.parts
    [[0, 1], [2]]
    """
    box = whole_box(problem)
    false = next((k for k, c in enumerate(problem.constraints)
                  if not c.form.variables and c.violation([])), None)  # fmt: skip
    empty, steps = is_empty(box), []
    if empty is None and false is None:
        steps, box = narrowed(problem, box)
        empty = is_empty(box)
    if empty is None and false is None and terms(problem) <= TERMS:
        ends = list(box)
        steps += put_at_ends(problem, ends, apart=True)
        box = tuple(ends)
    fixed = {j for j, (low, high) in enumerate(box) if low is not None and low == high}
    together = [set(pair) - fixed for pair in problem.objective.pairs]
    together += [c.form.variables - fixed for c in problem.constraints]
    return Pieces(problem, steps, box, _connected(problem.n, fixed, together), empty, false)


def _connected(n: int, fixed: set[int], together: Sequence[set[int] | frozenset[int]]) -> list[list[int]]:
    """The classes of the variables that are not fixed."""
    owner = list(range(n))

    def root(j: int) -> int:
        while owner[j] != j:
            owner[j] = owner[owner[j]]
            j = owner[j]
        return j

    for group in together:
        first, *others = sorted(group) or [0]
        for j in others:
            owner[root(j)] = root(first)
    classes: dict[int, list[int]] = {}
    for j in range(n):
        if j not in fixed:
            classes.setdefault(root(j), []).append(j)
    return sorted(classes.values())


def objective_of(found: Pieces, k: int) -> Quadratic:
    """The terms of the objective, to be minimised, of part k; the first has those in fixed variables alone."""
    inside, f = set(found.parts[k]) if found.parts else set(), minimised(found.problem)
    others = {j for part in found.parts for j in part} - inside

    def mine(variables: set[int]) -> bool:
        return not variables & others and (k == 0 or bool(variables & inside))

    return Quadratic({key: c for key, c in f.pairs.items() if mine(set(key))},
                     {j: c for j, c in f.linear.items() if mine({j})})  # fmt: skip


def alone(found: Pieces, part: Sequence[int]) -> QuadraticProgram:
    """The program in the variables of a part, with fixed ones replaced by their values."""
    problem, inside = found.problem, {j: a for a, j in enumerate(part)}
    values = [low if low is not None else 0 for low, _ in found.box]
    rows = tuple(Constraint(_put(c.form, inside, values), c.relation, c.name) for c in problem.constraints
                 if c.form.variables & inside.keys())  # fmt: skip
    f = problem.objective.scaled(problem.sign)
    mine = Quadratic({k: c for k, c in f.pairs.items() if inside.keys() & set(k)},
                     {j: c for j, c in f.linear.items() if j in inside})  # fmt: skip
    lower, upper = zip(*(found.box[j] for j in part), strict=True)
    return QuadraticProgram(tuple(problem.names[j] for j in part), _put(mine, inside, values), "min", lower, upper,
                            tuple(problem.integer[j] for j in part), rows, problem.name)  # fmt: skip


def _put(form: Quadratic, inside: dict[int, int], values: Sequence[Rational]) -> Quadratic:
    """A form in the variables of a part, all others at their values."""
    pairs: list[tuple[int, int, Rational]] = []
    linear: list[tuple[int, Rational]] = []
    constant: Rational = Fraction(form.constant)
    for (i, j), c in form.pairs.items():
        if i in inside and j in inside:
            pairs.append((inside[i], inside[j], c))
        elif i in inside:
            linear.append((inside[i], c * values[j]))
        elif j in inside:
            linear.append((inside[j], c * values[i]))
        else:
            constant += c * values[i] * values[j]
    for i, c in form.linear.items():
        if i in inside:
            linear.append((inside[i], c))
        else:
            constant += c * values[i]
    return Quadratic.of(pairs, linear, constant)


def needed(problem: QuadraticProgram, box: Box, part: Sequence[int]) -> QuadraticProgram:
    """The program with constraints that others than a part have, or that a box implies, replaced by nothing."""
    inside = set(part)

    def kept(c: Constraint) -> Constraint:
        free = c.form.variables & inside
        most = None if not free or c.is_equation else maximum(c.least.scaled(-1), box)
        if not free or (most is not None and most <= 0):
            return Constraint(NOTHING, ">=", c.name)
        return c

    return replace(problem, constraints=tuple(kept(c) for c in problem.constraints))
