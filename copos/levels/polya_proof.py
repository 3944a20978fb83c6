"""Exact proofs of the linear levels: y with all coefficients of (w'x)^ℓ x'M(y)x + Σ q_j x'E_jx nonnegative.

No Gram matrix is needed, the checker expands the left side and looks at the signs. The optimal vertex solves as many
active rows as it has nonzero coordinates; that system is solved in rational arithmetic, so the proof is of the level's
optimum itself and not of a number a little below. Where the vertex is too large, or its exact solution violates a row
that the floating-point search could not see, the level is solved again with a margin on every row and y is rounded.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic import monomials, svec
from copos.arithmetic.exact import solve_exactly
from copos.certificate.document import Certificate
from copos.certificate.problem import exact, program_problem
from copos.certificate.produce import Proved
from copos.certificate.rounding import dyadic
from copos.conic import Status
from copos.forms import Forms
from copos.levels import exponents
from copos.levels.polya import Answer, Level, optimum
from copos.solvers.vertex import within_reach

Index = NDArray[Any]
MARGINS = (1e-11, 1e-9, 1e-7)  # relative to the entries of M
VOID = 400_000  # monomials that a proof may need to cancel by multiples of the E_j


def prove(level: Level, answer: Answer) -> Proved:
    """A proved bound from the optimum of a level; that nothing is feasible, if the answer says so.

    Examples
    --------
    >>> from copos import stability_number
    >>> from copos.instances.graphs import cycle
    >>> level = Level.of(stability_number(cycle(5)), 3)
    >>> prove(level, optimum(level)).lower
    Fraction(2, 5)
    """
    if answer.status is Status.INFEASIBLE:
        return _infeasible(level)
    if answer.status is not Status.OPTIMAL:
        return Proved(None, None, f"no y is feasible at this level ({answer.status.value}: {answer.message})")
    reason = ""
    for y, q, how in _candidates(level, answer):
        proof = _proof(level, y, q)
        if isinstance(proof, str):
            return Proved(None, None, proof)
        value = sum((p * Fraction(b) for p, b in zip(y, level.program.right_hand_sides, strict=True)), Fraction(0))
        certificate = Certificate("lower bound", program_problem(level.program), {"value": exact(value), **proof})
        verdict = certificate.verify()
        if verdict.proved:
            return Proved(value, certificate.about(level.program), how)
        reason = f"{how}: the checker says: {verdict.reason}"
    return Proved(None, None, reason or "the level has no interior and its vertex is too large for exact arithmetic")


def _candidates(level: Level, answer: Answer, normalised: bool = False):  # noqa: ANN202
    """(y, q, words): the exact vertex, then roundings of solutions that keep a distance from all rows."""
    vertex = exact_vertex(level, answer, normalised)
    if vertex is not None:
        yield *vertex, "the optimal vertex of the linear program, solved exactly"
    size = float(np.abs(level.C).max(initial=0.0)) or 1.0
    for margin in MARGINS:
        inner = optimum(level, margin * size, normalised)
        if inner.status is not Status.OPTIMAL:
            return
        both = np.r_[inner.y, inner.q]
        scale = max(1.0, float(np.abs(both).max(initial=0.0)))
        rounded = [dyadic(v, 60, scale) for v in both.tolist()]
        m = len(level.b)
        yield rounded[:m], rounded[m:], f"a solution with a margin of {margin:.0e} on every row, rounded"


def exact_vertex(level: Level, answer: Answer, normalised: bool) -> tuple[list[Fraction], list[Fraction]] | None:
    """The y and q that satisfy the active rows with equality, in rational arithmetic; None if that is out of reach."""
    basic = answer.basic.tolist()
    rows = answer.rows[answer.active]
    if len(rows) + normalised != len(basic) or not within_reach(len(basic)):
        return None
    m = len(level.b)
    forms = [level.program.equations[0], level.program.C]
    A = [_exact_form(forms[0], i) for i in range(m)]
    C = _exact_form(forms[1], 0)
    w = _weights(level)
    columns = _exact_columns(level, rows)
    system = []
    for row, extra in zip(rows.tolist(), columns, strict=True):
        full = [_coefficient(A[i], row, w) if i < m else extra.get(i - m, Fraction(0)) for i in basic]
        system.append([*full, _coefficient(C, row, w)])
    if normalised:
        b = level.program.right_hand_sides
        system.append([Fraction(b[i]) if i < m else Fraction(0) for i in basic] + [Fraction(1)])
    solution = solve_exactly(system)
    if solution is None:
        return None
    out = [Fraction(0)] * (m + level.columns.shape[1])
    for place, value in zip(basic, solution, strict=True):
        out[place] = value
    return out[:m], out[m:]


def _infeasible(level: Level) -> Proved:
    """−Σ y_iA_i with nonnegative coefficients although b'y > 0."""
    program = level.program
    none = Forms.from_terms([0], [0], [0], [0.0], 1, program.cone.ambient)
    zero = Level.of(program.changed(C=none), level.level)
    reason = "no exact ray was found"
    answer = optimum(zero, normalised=True)
    for y, q, how in _candidates(zero, answer, normalised=True) if answer.status is Status.OPTIMAL else ():
        proof = _proof(zero, y, q)
        if isinstance(proof, str):
            return Proved(None, None, proof)
        certificate = Certificate("infeasible", program_problem(program), proof)
        verdict = certificate.verify()
        if verdict.proved:
            return Proved(None, certificate.about(program), "no feasible Y exists")
        reason = f"{how}: the checker says: {verdict.reason}"
    return Proved(None, None, f"the level is infeasible, but there is no proof: {reason}")


def _proof(level: Level, y: list[Fraction], q: list[Fraction]) -> dict[str, Any] | str:
    """The proof's plain data."""
    multipliers = [[int(level.forms[j]), *gamma, exact(c)] for j, gamma, c in _multiples(level, q)]
    void = _void(level, y)
    if isinstance(void, str):
        return void
    return {"y": [exact(v) for v in y], "level": level.level, "terms": [], "multipliers": multipliers + void}


def _multiples(level: Level, q: list[Fraction]):  # noqa: ANN202
    """(form, γ, c) of the columns with a value."""
    each = monomials.count(len(level.C), level.level)
    for k, c in enumerate(q):
        if c:
            yield k // each, monomials.unrank(np.array([k % each]), level.level)[0].tolist(), c


def _void(level: Level, y: list[Fraction]) -> list[list[Any]] | str:
    """Multiples of the one-monomial E_j that take away every coefficient below zero which they divide."""
    if not level.void.any():
        return []
    n, d = len(level.C), level.degree
    total = monomials.count(n, d)
    if total > 20 * VOID:
        return f"{total:,} monomials would have to be looked at one by one"
    rows = monomials.every(n, d)
    rows = rows[np.isinf(exponents.averages(np.where(level.void, np.inf, 0.0), rows))]
    floating = np.array([float(v) for v in y])
    M = level.C - np.tensordot(floating, level.A, axes=1)
    scale = max(1.0, float(np.abs(M).max(initial=0.0)))
    rows = rows[exponents.averages(M, rows) < 1e-9 * scale]
    if len(rows) > VOID:
        return f"{len(rows):,} monomials would have to be cancelled by multiples of vanishing forms"
    form, A = dict(_exact_form(level.program.C, 0)), level.program.equations[0]
    for i, v in enumerate(y):
        for key, a in _exact_form(A, i).items():
            form[key] = form.get(key, Fraction(0)) - v * a
    weights = _weights(level)
    E = level.program.vanishing.rows
    exact_E = level.program.vanishing.rationals().rows
    single = np.flatnonzero(np.diff(E.indptr) == 1)
    a, b = svec.pair(E.indices[E.indptr[:-1][single]])
    of = {pair: (int(j), Fraction(next(iter(exact_E[j].values()))))
          for pair, j in zip(zip(a.tolist(), b.tolist(), strict=True), single, strict=True)}  # fmt: skip
    # columns of other forms meet no void monomial in the linear program, so nothing of them is left here
    out = []
    for row in rows.tolist():
        c = _coefficient(form, row, weights) * _multinomial(row, weights)
        if c < 0:
            p, q = next((p, q) for p, q in combinations(range(d), 2) if (row[p], row[q]) in of)
            j, e = of[row[p], row[q]]
            out.append([j, *(row[k] for k in range(d) if k not in (p, q)), exact(c / e)])
    return out


def _weights(level: Level) -> list[Fraction]:
    """The multiplier's coefficients, exactly."""
    return [Fraction(v) for v in level.program.cone.rationals().unit]


def _exact_form(forms: Forms, k: int) -> dict[tuple[int, int], Fraction]:
    """Monomial coefficients of a form, (a, b) with a ≤ b."""
    row = forms.take([k]).rationals().rows[0]
    a, b = svec.pair(list(row))
    return {key: Fraction(c) for key, c in zip(zip(a.tolist(), b.tolist(), strict=True), row.values(), strict=True)}


def _coefficient(form: dict[tuple[int, int], Fraction], row: list[int], w: list[Fraction]) -> Fraction:
    """Average over the pairs of places of M_vv'/(w_v w_v'), exactly; M_ab is half the coefficient off the diagonal."""
    total = Fraction(0)
    for a, b in combinations(row, 2):
        c = form.get((a, b))
        if c:
            total += c / (w[a] * w[b]) / (1 if a == b else 2)
    return total / (len(row) * (len(row) - 1) // 2)


def _multinomial(row: list[int], w: list[Fraction]) -> Fraction:
    """The factor d! w^β / β!."""
    value = Fraction(factorial(len(row)))
    for v in set(row):
        k = row.count(v)
        value *= w[v] ** k / factorial(k)
    return value


def _exact_columns(level: Level, rows: Index) -> list[dict[int, Fraction]]:
    """Entries of the multiplier columns in some rows: (E_j)_{β − γ} over d! w^β / β!."""
    out: list[dict[int, Fraction]] = [{} for _ in range(len(rows))]
    if not len(level.forms):
        return out
    each = monomials.count(len(level.C), level.level)
    w = _weights(level)
    forms = [_exact_form(level.program.vanishing, int(j)) for j in level.forms]
    for k, row in enumerate(rows.tolist()):
        unit = _multinomial(row, w)
        splits = {((row[p], row[q]), tuple(row[i] for i in range(len(row)) if i not in (p, q)))
                  for p, q in combinations(range(len(row)), 2)}  # fmt: skip
        for pair, gamma in splits:
            rank = int(monomials.rank(np.array([gamma], dtype=np.int64).reshape(1, level.level))[0])
            for j, form in enumerate(forms):
                if pair in form:
                    at = j * each + rank
                    out[k][at] = out[k].get(at, Fraction(0)) + form[pair] / unit
    return out
