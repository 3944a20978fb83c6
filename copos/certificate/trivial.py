"""Bounds that need no relaxation: zero where the objective is plainly nonnegative, and small linear proofs.

    y = 0            C = PSD + nonnegative by its coefficients, PSD exactly (C = L diag(d) L' in rationals, d ≥ 0)
    moments          C − y A ⪰ 0 on the coordinates that it mentions, where the objective itself bounds the moments
    linear           C − Σ y_iA_i − Σ q_jE_j = Σ w_kl f_kf_l + Σ v g + Σ β (x_i ± x_j)² + monomials ≥ 0, all weights
                     ≥ 0, for the linear forms f ≥ 0 and the generators g ≥ 0 of K: a linear program, its vertex exactly

They are the last resort where a level has no interior for its dual: then the solver's dual cannot be rounded, however
near it is, while a vertex needs no interior.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np

from copos.arithmetic.exact import solve_exactly
from copos.arithmetic.rationals import rational
from copos.certificate.document import Certificate
from copos.certificate.objective import certify_objective
from copos.certificate.problem import exact, program_problem
from copos.certificate.produce import Proved
from copos.checker import check_identity as identity
from copos.program import CompletelyPositiveProgram
from copos.solvers.vertex import optimal_basis, within_reach

WORK = 300_000  # multiplications of an exact factorization
SQUARES, NOISE = 500, 1e-9  # order of an objective that is tried, and of its negative eigenvalues that may be rounding
SCALARS, DIMENSION = 24, 12  # of the linear forms f and of the coordinates in a linear proof
SHOR = 60  # coordinates of a proof by moments alone

Form = identity.Polynomial


def trivial_bound(program: CompletelyPositiveProgram, above: Fraction | None = None, every: bool = True) -> Proved:
    """The best of the bounds above; `lower` is None if none is larger than `above`. Just y = 0 unless `every` is asked.

    Examples
    --------
    >>> from copos import NonNegative
    >>> C = [[0, 1, 0], [1, 0, 0], [0, 0, 0]]
    >>> trivial_bound(CompletelyPositiveProgram(NonNegative(3), C, [(np.diag([1.0, 0, 0]), 1.0)])).lower
    Fraction(0, 1)
    """
    best = Proved(None, None, "no bound follows without a relaxation")
    form = program.C.rounded().substitute(program.cone.basis).matrix()
    zero = (above is None or above < 0) and not (form.diagonal() < 0).any()
    if not zero and not every:
        return best
    problem = program_problem(program)
    p = identity.program(problem)
    if zero:
        certificate = _zero(problem, p, form)
        if certificate is not None:
            best = Proved(Fraction(0), certificate.about(program), "the objective is nonnegative: y = 0")
            above = Fraction(0)
    for value, certificate, words in _others(program, problem, p) if every else ():
        if (above is None or value > above) and certificate.verify().proved:
            best, above = Proved(value, certificate.about(program), words), value
    return best


def _others(
    program: CompletelyPositiveProgram, problem: dict[str, Any], p: identity.Program
) -> Iterator[tuple[Fraction, Certificate, str]]:
    linear = linear_proof(p)
    if linear is not None:
        value = Fraction(linear["value"])
        yield value, Certificate("lower bound", problem, linear), "a linear identity, solved exactly"
    if len(p.equations) == 1 and len({v for key in p.objective for v in key}) <= SHOR:
        lower, certificate = certify_objective(program)
        if lower is not None and certificate is not None:
            yield lower, certificate, "the objective is positive semidefinite in the coordinates that it mentions"


def _zero(problem: dict[str, Any], p: identity.Program, form: np.ndarray) -> Certificate | None:
    """A proof that C ≥ 0 on K; `form` is C in floating point."""
    for terms in _square_terms(p, form):
        proof = {"value": 0, "y": [0] * len(p.equations), "level": 0, "terms": terms, "multipliers": []}
        certificate = Certificate("lower bound", problem, proof)
        if certificate.verify().proved:
            return certificate
    return None


def _square_terms(p: identity.Program, matrix: np.ndarray) -> Iterator[list[dict[str, Any]]]:
    """Squares that C may consist of, up to nonnegative monomials: none; C; C without its positive products."""
    yield []
    negative = {key: c for key, c in p.objective.items() if key[0] == key[1] or c < 0 or not p.positive >= set(key)}
    forms = [p.objective, negative][: 1 + (negative != p.objective)]
    lower = np.zeros_like(matrix)
    for (i, j), c in negative.items():
        lower[i, j] = lower[j, i] = float(c) if i == j else float(c) / 2
    for form, M in zip(forms, (matrix, lower), strict=False):
        if len(M) > SQUARES or np.linalg.eigvalsh(M)[0] < -NOISE * np.abs(M).max(initial=0.0):
            continue
        factor = _factor(form)
        if factor is not None:
            yield [factor]


def _factor(form: Form) -> dict[str, Any] | None:
    """A quadratic form as a sum of squares, exactly: LDL' with the sparsest rows first; None if it is none."""
    M: dict[int, dict[int, Fraction]] = {}
    for (i, j), c in form.items():
        half = Fraction(c) if i == j else Fraction(c) / 2
        M.setdefault(i, {})[j] = half
        M.setdefault(j, {})[i] = half
    used, columns, weights, work = sorted(M), [], [], 0
    while M:
        k = min(M, key=lambda v: (len(M[v]), v))
        row = M.pop(k)
        d = row.pop(k, Fraction(0))
        row = {i: c for i, c in row.items() if c}
        work += len(row) ** 2
        if d < 0 or (d == 0 and row) or work > WORK:
            return None
        for i in row:
            M[i].pop(k, None)
        if d == 0:
            continue
        for i, c in row.items():
            ratio, target = c / d, M[i]
            for j, e in row.items():
                target[j] = target.get(j, Fraction(0)) - ratio * e
        column = {k: Fraction(1)} | {i: c / d for i, c in row.items()}
        bottom = lcm(*(c.denominator for c in column.values()))
        columns.append({i: int(c * bottom) for i, c in column.items()})
        weights.append(d / bottom**2)
    factor = [[column.get(i, 0) for column in columns] for i in used]
    return {"rows": [[v] for v in used], "gram": {"factor": factor, "weights": [exact(w) for w in weights]}}


# ---- linear proofs ------------------------------------------------------------------------------------------------


def linear_proof(p: identity.Program) -> dict[str, Any] | None:
    """The best linear proof of level 0, as plain data; None where the program is too large or there is none."""
    # a cut that a slice makes zero is an empty block
    scalars = [k for k, n in enumerate(p.orders[: len(p.orders) - p.stated]) if n == 1 and p.blocks[k].get((0, 0))]
    if p.dim > DIMENSION or len(scalars) > SCALARS or not p.equations:
        return None
    columns, kinds = _columns(p, scalars)
    places = {key: r for r, key in enumerate(sorted({key for column in columns for key in column} | set(p.objective)))}
    if not within_reach(len(places)):
        return None
    m, q = len(p.equations), len(p.vanishing)
    free = m + q  # these columns have a sign of either kind
    table = np.zeros((len(places), len(columns)))
    for k, column in enumerate(columns):
        for key, c in column.items():
            table[places[key], k] = float(c)
    right = np.zeros(len(places))
    for key, c in p.objective.items():
        right[places[key]] = float(c)
    cost = np.r_[[-float(b) for _, b in p.equations], np.zeros(len(columns) - m)]
    # columns and right-hand side of size one: the basis is the same, and easier to find
    each = np.exp2(-np.frexp(np.abs(table).max(axis=0, initial=0.0))[1])
    table, cost, right = table * each, cost * each, right / (np.abs(right).max(initial=0.0) or 1.0)
    signed = np.hstack([table, -table[:, :free]])
    try:
        basic, active = optimal_basis(np.r_[cost, -cost[:free]], signed, right, equations=True)
    except ArithmeticError:
        return None
    keys = list(places)
    chosen = [(k, 1) if k < len(columns) else (k - len(columns), -1) for k in basic]
    system = [[*(sign * Fraction(columns[k].get(keys[r], 0)) for k, sign in chosen),
               Fraction(p.objective.get(keys[r], 0))] for r in active]  # fmt: skip
    solution = solve_exactly(system) if len(basic) == len(active) else None
    if solution is None:
        return None
    weights = [Fraction(0)] * len(columns)
    for (k, sign), value in zip(chosen, solution, strict=True):
        weights[k] += sign * value
    y = weights[:m]
    value = sum((c * b for c, (_, b) in zip(y, p.equations, strict=True)), Fraction(0))
    multipliers = [[j, exact(w)] for j, w in enumerate(weights[m:free]) if w]
    terms = [{**kind, "rows": [[0] * len(kind.get("blocks", []))], "gram": {"factor": [[1]], "weights": [exact(w)]}}
             for kind, w in zip(kinds, weights[free:], strict=False) if w > 0]  # fmt: skip
    return {"value": exact(value), "y": [exact(v) for v in y], "level": 0, "terms": terms, "multipliers": multipliers}


def _columns(p: identity.Program, scalars: list[int]) -> tuple[list[Form], list[dict[str, Any]]]:
    """A_i, E_j, then products f_kf_l and generators with their keys in a term, then what the checker sees by itself."""
    columns: list[Form] = [*(dict(A) for A, _ in p.equations), *(dict(E) for E in p.vanishing)]
    kinds: list[dict[str, Any]] = []
    for a, k in enumerate(scalars):
        for j in scalars[a:]:
            product = identity.product(dict(p.blocks[k][0, 0]), dict(p.blocks[j][0, 0]))
            columns.append({key: rational(c) for key, c in product.items() if c})
            kinds.append({"blocks": [k, j]})
    for g, form in enumerate(p.generators):
        columns.append(dict(form))
        kinds.append({"generators": [g]})
    for i in range(p.dim):
        columns.append({(i, i): 1})
        for j in range(i):
            columns.extend({(i, i): 1, (j, j): 1, (j, i): twice} for twice in (2, -2))
    return columns, kinds
