"""From the dual of a level in the algebra of a group to a proof in exact arithmetic, checked on orbits.

1. A solver's dual misses the identity by its residual. A linear program over the multipliers and two numbers for every
   Gram matrix, Z ↦ θZ + ωI, finds the best dual near it that keeps a margin at every variable.
2. A module U and a factor L of its Gram matrix Z are rounded to integers: whatever is lost, the average of
   b_s·<ULL'U', mm'> over the group is nonnegative at the atoms. What these leave of e^ℓ(C − Σ y_iA_i), orbit by orbit,
   is covered best by a linear program again:

    max b'y,   e^ℓ(Σ y_iA_i) + Σ q_jμ_jE_j + Σ w_s b_s ≤ e^ℓC − Σ b_s·<G_s, mm'> − margin    on every orbit.

3. The checker decides.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.arithmetic.rationals import written
from copos.certificate.document import Certificate
from copos.certificate.problem import program_problem
from copos.certificate.produce import Proved, with_whole_value
from copos.certificate.rounding import dyadic
from copos.conic import Cones, ConicForm, Solution, Status
from copos.solvers import solve
from copos.symmetry.level import OrbitLevel
from copos.symmetry.products import Split, on_orbits, product_rows, split_rows

Matrix = NDArray[np.float64]
BITS = 42  # of a factor entry relative to the largest
COLUMN_BITS = 40  # of the columns of a module whose entries are not −1, 0 and 1
MARGINS = (1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6)  # relative to the value
USED = 1e-9  # a multiplier of a product, relative to the largest, below which it is left out
TINY = 1e-14  # an entry of a linear program whose columns have size one
EXACT = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}


class Gram(NamedTuple):
    """A term of the certificate, and its coefficients summed over orbits."""

    term: dict[str, Any]
    sums: Matrix


def prove(level: OrbitLevel, solution: Solution) -> Proved:
    """A certificate from the dual solution of `level.form`.

    Examples
    --------
    >>> import copos
    >>> from copos.arithmetic.groups import dihedral
    >>> from copos.instances.graphs import cycle
    >>> from copos.symmetry.action import Action
    >>> from copos.symmetry.level import reduced
    >>> level = reduced(Action.of(copos.stability_number(cycle(7)), dihedral(7)), 1, (1, 3))
    >>> proved = prove(level, solve(level.form))
    >>> 0 <= float(1 / proved.lower) - 3 < 1e-6
    True
    """
    if solution.status is Status.INFEASIBLE:
        return Proved(None, None, "infeasible is claimed by the solver and not proved")
    if solution.status not in (Status.OPTIMAL, Status.INACCURATE, Status.LIMIT):
        return Proved(None, None, f"the solver returned no dual ({solution.status.value}): {solution.message}")
    program = level.action.program
    y = level.moments(solution.x)
    worth = max(float(np.abs(level.objective) @ np.abs(y)), abs(level.value(solution.value)), 1e-300)
    # a margin at an orbit costs its moment: so that every orbit costs the same, but for those that cost nothing
    typical = float(y @ y) / max(float(np.abs(y).sum()), 1e-300) or 1.0
    weight = worth / (len(y) * np.maximum(y, 1e-3 * typical))
    problem, reason = program_problem(program), ""
    best = Proved(None, None, "")
    for margin in MARGINS:
        near = improved(level, solution, weight, 2 * margin)
        if near is None:
            reason = f"no dual near the solver's has a margin of {margin:.0e}"
            continue
        grams = _grams(level, near)
        left = level.objective - sum((g.sums for g in grams), np.zeros(len(y)))
        columns = _Columns.of(level, near)
        found = columns.best(left, weight, margin)
        if found is None:
            reason = f"no multipliers cover the rounded Gram matrices with a margin of {margin:.0e}"
            continue
        certificate, value = _certificate(level, columns, grams, found, problem)
        verdict = certificate.verify()
        if verdict.proved:
            certificate, value = with_whole_value(certificate, value)
            sizes = ", ".join(str(block.U.shape[1]) for block in level.blocks[-4:])
            how = f"on average over a group: {level.orbits.count} orbits of monomials, largest blocks {sizes}"
            return Proved(value, certificate.about(program), how)
        reason = f"the checker says: {verdict.reason}"
    return best._replace(reason=reason)


class Near(NamedTuple):
    """A dual: Gram matrices of the blocks, and multipliers of the products and splits."""

    grams: list[Matrix]
    scalars: Matrix


def improved(level: OrbitLevel, solution: Solution, weight: Matrix, margin: float) -> Near | None:
    """The best dual with Gram matrices θ_tZ_t + ω_tI that keeps a margin at every variable; None if there is none."""
    form = level.form
    zero, m, k = form.cones.zero, level.count, level.scalars.shape[0]
    z = solution.z
    Z, sums, at = [], [], zero + m + k
    for block in level.blocks:
        size = block.U.shape[1]
        S = svec.smat(z[at : at + svec.length(size)])
        at += svec.length(size)
        value, vector = np.linalg.eigh(S)
        S = (vector * np.maximum(value, 0.0)) @ vector.T
        Z.append((S, max(float(np.trace(S)) / size, 1e-12)))
        sums += [np.tensordot(block.maps, S, axes=2), Z[-1][1] * np.trace(block.maps, axis1=1, axis2=2)]
    w = z[zero + m : zero + m + k]
    used = np.flatnonzero(w > USED * max(float(w.max(initial=0.0)), 1e-300))
    inside = level.reduce.T @ weight / (level.unit * level.scale)
    inside /= np.maximum(np.asarray(level.reduce.sum(axis=0)).ravel(), 1.0)
    parts = [form.A[:zero], level.scalars[used], sp.csr_array(np.array(sums).reshape(-1, m))]
    rows = sp.csr_array(sp.vstack(parts, format="csr"))
    right = np.r_[form.b[:zero], np.zeros(rows.shape[0] - zero)]
    x = covering(rows, right, zero, form.c, inside, margin)
    if x is None:
        return None
    scalars = np.zeros(k)
    scalars[used] = x[zero : zero + len(used)]
    theta = x[zero + len(used) :].reshape(-1, 2)
    return Near([t * S + o * size * np.eye(len(S)) for (S, size), (t, o) in zip(Z, theta, strict=True)], scalars)


def covering(
    rows: sp.csr_array, right: Matrix, free: int, left: Matrix, weight: Matrix, margin: float
) -> Matrix | None:
    """Max right'x, rows'x ≤ left − margin·weight, x ≥ 0 but for the first ones; None if nothing does."""
    A = sp.csr_array(sp.diags_array(1 / weight) @ rows.T)
    size = np.maximum(abs(A).max(axis=0).toarray().ravel(), 1e-300)
    A = sp.csr_array(A @ sp.diags_array(1 / size))
    A.data[np.abs(A.data) < TINY] = 0.0
    A.eliminate_zeros()
    cost = -right / size
    unit = max(float(np.abs(cost).max(initial=0.0)), 1e-300)
    count = len(size)
    signs = -sp.eye_array(count, format="csr")[np.arange(free, count)]
    M = sp.csc_array(sp.vstack([A, signs], format="csc"))
    bound = np.r_[left / weight - margin, np.zeros(count - free)]
    answer = solve(ConicForm(cost / unit, M, bound, Cones(nonnegative=M.shape[0])), "highs", **EXACT)
    if answer.status is not Status.OPTIMAL:
        return None
    x = answer.x
    x[free:] = np.maximum(x[free:], 0.0)
    return x / size


def _grams(level: OrbitLevel, near: Near) -> list[Gram]:
    """The Gram matrix of every module, rounded: U = columns/2^k and Z = LL'."""
    out = []
    for block, Z in zip(level.blocks, near.grams, strict=True):
        U, k = _whole(block.U)
        value, vector = np.linalg.eigh(Z * level.unit * level.scale)
        L = vector * np.sqrt(np.maximum(value, 0.0))
        L *= np.abs(block.U).max(axis=0)[:, None]
        largest = float(np.abs(L).max(initial=0.0))
        if largest == 0.0:
            continue
        bits = max(BITS - int(np.ceil(np.log2(largest))), 0)
        B = np.rint(np.ldexp(L, bits))
        B = B[:, (B != 0).any(axis=0)]
        exact = U @ np.ldexp(B, -bits - k)
        sums = on_orbits(level.action, level.orbits, block.s, block.rows, exact @ exact.T)
        used = np.flatnonzero((U != 0).any(axis=1))
        place = {int(row): at for at, row in enumerate(used)}
        columns = [[[place[int(row)], int(column[row])] for row in np.flatnonzero(column)] for column in U.T]
        gram = {"factor": [[int(v) for v in row] for row in B.tolist()], "bits": bits + k}
        rows = [[0] * len(block.s) + mu for mu in block.rows[used].tolist()]
        out.append(Gram({"blocks": list(block.s), "rows": rows, "basis": columns, "gram": gram}, sums))
    return out


def _whole(U: Matrix) -> tuple[Matrix, int]:
    """(integers, k): a module in units in which the largest entry of each column is one, times 2^k."""
    unit = U / np.abs(U).max(axis=0)
    near = np.rint(unit)
    if np.abs(unit - near).max() < 1e-9:
        return near, 0
    return np.rint(np.ldexp(unit, COLUMN_BITS)), COLUMN_BITS


class _Columns(NamedTuple):
    """What the linear program combines, as rows over orbits: equations, relations, products, splits."""

    matrix: sp.csr_array
    right: Matrix
    free: int
    products: Any
    splits: list[Split]

    @classmethod
    def of(cls, level: OrbitLevel, near: Near) -> _Columns:
        names = level.products[near.scalars[: len(level.products)] > 0]
        splits = [s for s, c in zip(level.splits, near.scalars[len(level.products) :], strict=True) if c > 0]
        parts = [level.equations, level.relations.rows, product_rows(level.action, level.orbits, names),
                 split_rows(level.action, level.orbits, splits)]  # fmt: skip
        matrix = sp.csr_array(sp.vstack(parts, format="csr"))
        right = np.zeros(matrix.shape[0])
        right[: len(level.right)] = level.right
        return cls(matrix, right, parts[0].shape[0] + parts[1].shape[0], names, splits)

    def best(self, left: Matrix, weight: Matrix, margin: float) -> Matrix | None:
        """Multipliers, those of products and splits ≥ 0, of the best bound."""
        return covering(self.matrix, self.right, self.free, left, weight, margin)


def _certificate(
    level: OrbitLevel, columns: _Columns, grams: list[Gram], x: Matrix, problem: dict[str, Any]
) -> tuple[Certificate, Fraction]:
    """The document, and the bound that it proves."""
    program = level.action.program
    rational = _rounded(x, columns.matrix)
    y = [Fraction(0)] * len(program.equations[1])
    for members, value in zip(level.members, rational, strict=False):
        for i in members.tolist():
            y[i] = value / len(members)
    known, first = level.relations, len(level.members)
    multipliers = [[int(j), *(int(v) for v in mu if v >= 0), written(c)]
                   for j, mu, c in zip(known.form, known.monomials, rational[first : columns.free], strict=True)
                   if c]  # fmt: skip
    last = columns.free + len(columns.products)
    products = [[*s, written(w)] for s, w in zip(columns.products.tolist(), rational[columns.free : last], strict=True)
                if w]  # fmt: skip
    splits = [[*s, h, k, [[int(v), int(f[v])] for v in np.flatnonzero(f)], written(w)]
              for (s, h, k, f), w in zip(columns.splits, rational[last:], strict=True) if w]  # fmt: skip
    terms = [g.term for g in grams]
    terms += [{name: rows} for name, rows in (("products", products), ("splits", splits)) if rows]
    value = sum((v * Fraction(b) for v, b in zip(y, program.right_hand_sides, strict=True)), Fraction(0))
    gens = [*level.action.generators, *(g for part in level.orbits.stabilizers for g in part)]
    symmetry: dict[str, Any] = {"generators": np.unique(np.array(gens), axis=0).tolist()}
    if known.linear:
        symmetry["linear"] = [[j, [[v, written(c)] for v, c in root.items()]] for j, root in known.linear]
    proof = {"value": written(value), "y": [written(v) for v in y], "level": level.level, "terms": terms,
             "multipliers": multipliers, "symmetry": symmetry}  # fmt: skip
    return Certificate("lower bound", problem, proof), value


def _rounded(x: Matrix, matrix: sp.csr_array) -> list[Fraction]:
    """Multipliers as dyadic numbers, all to the same absolute accuracy of what they contribute."""
    size = abs(matrix).max(axis=1).toarray().ravel()
    largest = float((np.abs(x) * size).max(initial=1e-300))
    return [dyadic(v, 55, largest / s) if s else Fraction(0) for v, s in zip(x.tolist(), size.tolist(), strict=True)]
