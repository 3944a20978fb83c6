"""Level 1 on few coordinates S: is Y_S there, and if not, which form of the level does it violate?

With the matrices T y of the level's moments y, R inside CP(K_S) and Y_S the part of Y in S, the conic program

    min t   s.t.   T y = Y_S + t R,   y in level 1 of K_S

has t > 0 iff Y_S is outside the level, and its multipliers of the equations are then a form F of the level with
<F, R> = 1 and <F, Y_S> = −t, the most violated one in that normalisation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.arithmetic.rationals import Rational
from copos.certificate.problem import program_problem
from copos.certificate.produce import certify_lower_bound
from copos.cones import Cone, Entries
from copos.conic import Cones, ConicForm, Status
from copos.forms import Forms
from copos.hierarchy import relax
from copos.hierarchy.local import LocalForm, Monomial
from copos.hierarchy.triangles import intervals
from copos.program import CompletelyPositiveProgram
from copos.solvers import solve

Vector = NDArray[np.float64]

BITS = 20  # of a coefficient of a form, relative to the largest
POINTS = 200  # of K_S that R is the mean of
NEARER = 0.6  # share of the way that R moves towards the level's boundary


@dataclass(frozen=True, eq=False)
class Few:
    """The program on S alone.

    Attributes
    ----------
    variables : S, sorted, with the variables of e that it holds
    blocks, vanishing : which blocks and vanishing forms of the whole program mention S alone
    program : these in the coordinates of S, with <e_S², Y> = 1 and objective 0
    inside : R, a matrix inside CP(K_S), as a triangle
    """

    variables: tuple[int, ...]
    blocks: tuple[int, ...]
    vanishing: tuple[int, ...]
    program: CompletelyPositiveProgram
    inside: Vector

    @classmethod
    def of(cls, program: CompletelyPositiveProgram, variables: Iterable[int]) -> Few | None:
        """None where K_S has no interior that is found, or e_S vanishes."""
        S = tuple(sorted(set(variables)))
        cone, place = program.cone, {v: i for i, v in enumerate(S)}
        e = cone.entries
        outside = ~np.isin(e.variable, S)
        bad = np.bincount(e.block[outside], minlength=len(cone.sizes)) > 0
        blocks = np.flatnonzero(~bad)
        at = np.flatnonzero(~bad[e.block])
        number = {int(k): i for i, k in enumerate(blocks)}
        new = Entries(
            np.array([number[k] for k in e.block[at].tolist()], dtype=np.int64), e.row[at], e.col[at],
            np.array([place[v] for v in e.variable[at].tolist()], dtype=np.int64), e.coefficient[at],
        )  # fmt: skip
        unit = cone.unit[list(S)]
        if not unit.any() or cone.exact is not None:
            return None
        small = Cone("few coordinates", (1,) * len(blocks), new, Forms.none(len(S)), unit,
                     sp.eye_array(len(S), format="csr"), np.arange(len(S)))  # fmt: skip
        E = program.vanishing.rounded().substitute(cone.basis)
        kept, (owner, a, b, c) = _within(E, place)
        vanishing = Forms.from_terms(owner, a, b, c, len(kept), len(S)) if len(kept) else Forms.none(len(S))
        inside = _inside(small, vanishing)
        if inside is None:
            return None
        normal = (np.outer(unit, unit), 1.0)
        few = CompletelyPositiveProgram(small, np.zeros((len(S), len(S))), [normal], vanishing)
        return cls(S, tuple(blocks.tolist()), tuple(kept.tolist()), few, inside)

    @property
    def square(self) -> Vector:
        """e_S² as a triangle: <e_S e_S', Y> = square @ triangle of Y."""
        unit = self.program.cone.unit
        i, j = svec.triangle(len(unit))
        return np.where(i == j, 1.0, 2.0) * unit[i] * unit[j]

    @property
    def shape(self) -> Any:
        """Equal for programs that are equal up to the names of the coordinates."""
        e, cone = self.program.cone.entries, self.program.cone
        rows = self.program.vanishing.rows
        return (len(self.variables), tuple(map(tuple, np.stack([e.block, e.variable, e.coefficient], 1).tolist())),
                tuple(cone.unit.tolist()), rows.indices.tobytes(), rows.data.tobytes(),
                rows.indptr.tobytes())  # fmt: skip


def _within(E: Forms, place: dict[int, int]) -> tuple[NDArray[np.int64], Any]:
    """Forms in the coordinates of S alone: which, and their terms there."""
    kept, terms = [], []
    rows = sp.csr_array(E.rows)
    for k in range(len(E)):
        at = slice(rows.indptr[k], rows.indptr[k + 1])
        a, b = svec.pair(rows.indices[at].astype(np.int64))
        if all(v in place for v in (*a.tolist(), *b.tolist())):
            terms += [(len(kept), place[v], place[w], c)
                      for v, w, c in zip(a.tolist(), b.tolist(), rows.data[at].tolist(), strict=True)]  # fmt: skip
            kept.append(k)
    columns = list(zip(*terms, strict=True)) if terms else [(), (), (), ()]
    return np.array(kept, dtype=np.int64), [np.array(c) for c in columns]


def _inside(cone: Cone, vanishing: Forms) -> Vector | None:
    """The mean of xx' over points of the cone where the forms vanish (0/1 coordinates at their ends), as a triangle."""
    rng, n = np.random.default_rng(0), cone.dim
    points = rng.exponential(size=(POINTS, n))
    home = np.flatnonzero(cone.unit)
    if len(home) == 1:
        points[:, home[0]] = 1 / cone.unit[home[0]]
        for interval in intervals(cone):
            names = [v for v in interval.p if v != home[0]]
            if len(names) == 1:  # p = c x_v + c_0 x_0 is uniform on [0, e]
                c = float(interval.p[names[0]])
                shift = float(interval.p.get(int(home[0]), 0)) / cone.unit[home[0]]
                share = rng.random(POINTS)
                share = np.rint(share) if _decides(vanishing, names[0]) else share
                points[:, names[0]] = (share - shift) / c
    e = cone.entries
    values = np.zeros((POINTS, len(cone.sizes)))
    np.add.at(values.T, e.block, (points[:, e.variable] * e.coefficient).T)
    points = points[(values >= -1e-12).all(axis=1) & (np.abs(vanishing.values(points)) <= 1e-12).all(axis=1)]
    if len(points) < n * (n + 1) // 2:
        return None
    points = points / (points @ cone.unit)[:, None]
    i, j = svec.triangle(n)
    return (points[:, i] * points[:, j]).mean(axis=0)


def _decides(vanishing: Forms, v: int) -> bool:
    """Is u_v² a term of a vanishing form?"""
    return bool((vanishing.rows.indices == int(svec.position(v, v))).any())


class Separation:
    """Level 1 on sets of coordinates of one program; what the sets have in common is built once."""

    def __init__(self, program: CompletelyPositiveProgram) -> None:
        self.program = program
        self._known: dict[Any, ConicForm] = {}
        self._inside: dict[tuple[int, ...], Vector] = {}  # R of the sets that were looked at

    def violation(self, few: Few, Y: Vector) -> tuple[float, Vector] | None:
        """(t, F) with F as a triangle of coefficients; None where the solver fails.

        R moves towards the points where the rays from Y meet the level, so that F supports it ever nearer to Y.
        """
        form, R = self._level(few), self._inside.get(few.variables, few.inside)
        size = max(float(Y.max()), 1e-300)
        part = Y[np.ix_(few.variables, few.variables)][svec.triangle(len(few.variables))] / size
        b = form.b.copy()
        b[: len(R)] = part
        column = sp.csc_array((-R, (np.arange(len(R)), np.zeros(len(R), dtype=int))), shape=(form.shape[0], 1))
        A = sp.csc_array(sp.hstack([form.A[:, :-1], column]))
        found = solve(replace(form, A=A, b=b), "clarabel")
        if found.status not in (Status.OPTIMAL, Status.INACCURATE):
            return None
        t = float(found.value)
        if t > 0:
            met = part + t * R
            scale = float(few.square @ R) / max(float(few.square @ met), 1e-300)
            self._inside[few.variables] = NEARER * scale * met + (1 - NEARER) * R
        return t * size, found.z[: len(R)]

    def _level(self, few: Few) -> ConicForm:
        """The conic program with Y_S = 0 and R = 0."""
        key = few.shape
        if key not in self._known:
            bare = few.program.changed(equations=(Forms.none(len(few.variables)), np.zeros(0)), exact_values=())
            r = relax(bare, 1)
            T = sp.csr_array(r.entries @ r.back)[:, :-1]
            zero, cones = len(few.inside), r.form.cones
            A = sp.block_array([[T, sp.csr_array((zero, 1))], [r.form.A, None]], format="csc")
            wide = Cones(zero + cones.zero, cones.nonnegative, cones.second_order, cones.psd)
            c = np.r_[np.zeros(A.shape[1] - 1), 1.0]
            self._known[key] = ConicForm(c, A, np.r_[np.zeros(zero), r.form.b], wide)
        return self._known[key]

    def proved(self, few: Few, F: Vector) -> LocalForm | None:
        """The form with short coefficients, lowered by what level 1 lacks of it, and the level's proof."""
        n = len(few.variables)
        F = np.ldexp(np.rint(np.ldexp(F / np.abs(F).max(), BITS)), -BITS)
        i, j = svec.triangle(n)
        terms = Forms.from_terms(np.zeros(len(F), dtype=np.int64), i, j, F, 1, n)
        program = few.program.changed(C=terms)
        relaxation = relax(program, 1)
        found = certify_lower_bound(program, relaxation, solve(relaxation.form, "clarabel"))
        if found.lower is None or found.certificate is None:
            return None
        proof = found.certificate.proof
        (y,) = (Fraction(v) for v in proof["y"])
        form: dict[Monomial, Rational] = {
            (few.variables[a], few.variables[b]): Fraction(c) for a, b, c in zip(i.tolist(), j.tolist(), F, strict=True)
        }  # fmt: skip
        for a, b, c in program_problem(program)["equations"][0]["form"]:
            key = (few.variables[a], few.variables[b])
            form[key] = form[key] - y * Fraction(c)
        form = {key: c for key, c in form.items() if c}
        return LocalForm(form, few.variables, _renamed(proof, few, self.program.cone.dim), "level 1")


def _renamed(proof: dict[str, Any], few: Few, dim: int) -> dict[str, Any]:
    """The proof in the coordinates and blocks of the whole program."""
    S, blocks = few.variables, few.blocks
    terms = []
    for t in proof["terms"]:
        if "products" in t:
            terms.append({**t, "products": [[*(blocks[k] for k in ks), w] for *ks, w in t["products"]]})
            continue
        factors = t.get("blocks", [])
        rows = [[*row[: len(factors)], *(S[v] for v in row[len(factors) :])] for row in t["rows"]]
        more = {"blocks": [blocks[k] for k in factors]} if factors else {}
        terms.append({**t, **more, "rows": rows})
    multipliers = [[few.vanishing[j], *(S[v] for v in rest), c] for j, *rest, c in proof["multipliers"]]
    out = {"level": proof["level"], "terms": terms, "multipliers": multipliers}
    if "scales" in proof:
        scales = [1] * dim
        for v, s in zip(S, proof["scales"], strict=True):
            scales[v] = s
        out["scales"] = scales
    return out


def candidates(Y: Vector, unit: Vector, size: int, count: int, rng: np.random.Generator) -> Iterator[tuple[int, ...]]:
    """Sets of `size` coordinates, with that of e where e is one.

    Seeds of large variance are grown along large covariances, later ones with some chance among the larger.
    """
    home = np.flatnonzero(unit)
    fixed = tuple(home.tolist()) if len(home) == 1 else ()
    mean = Y @ unit / float(unit @ Y @ unit)
    S = Y / float(unit @ Y @ unit) - np.outer(mean, mean)
    variance = np.maximum(S.diagonal(), 0.0)
    free = np.array([v for v in np.argsort(-variance).tolist() if v not in fixed and variance[v] > 1e-6])
    if len(free) < size:
        return
    cov = np.abs(S) / np.sqrt(np.outer(variance, variance) + 1e-12)
    seen = set()
    for k in range(4 * count):
        seed = int(free[k % min(len(free), count)])
        chosen = [seed]
        while len(chosen) < size:
            score = cov[chosen].sum(axis=0) * np.sqrt(variance)
            score[[*chosen, *fixed]] = -1.0
            if k >= len(free):
                score = score * rng.random(len(score))
            chosen.append(int(np.argmax(score)))
        key = tuple(sorted((*chosen, *fixed)))
        if key not in seen and all(variance[v] > 1e-6 for v in chosen):
            seen.add(key)
            yield key
        if len(seen) >= count:
            return


def separated(
    separation: Separation, Y: Vector, size: int, most: int, least: float, rng: np.random.Generator, looks: int = 60
) -> list[LocalForm]:
    """The forms of level 1 on sets of `size` coordinates that Y violates most, among the sets looked at."""
    unit, found = separation.program.cone.unit, []
    total = float(unit @ Y @ unit)
    for S in candidates(Y, unit, size, looks, rng):
        few = Few.of(separation.program, S)
        answer = None if few is None else separation.violation(few, Y)
        if few is not None and answer is not None and answer[0] > least * total:
            found.append((answer[0], few, answer[1]))
    found.sort(key=lambda item: -item[0])
    out = (separation.proved(few, F) for _, few, F in found[:most])
    return [form for form in out if form is not None]
