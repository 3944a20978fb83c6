"""A lower bound whose identity is in other coordinates: the program pulled back along a map φ with φ(Z) ⊇ K.

Let Z = {z : some z_i ≥ 0, some forms vanish} and let every x ∈ K be φ(z) for some z ∈ Z. An identity over Z proves
e(φ(z))^ℓ F(φ(z)) ≥ 0 for z ∈ Z with E_j(φ(z)) = 0. So F(x) ≥ 0 for x ∈ K with E_j(x) = 0 (and e(x) > 0 if ℓ ≥ 1).

squares    x = z∘z, the Jordan square, Z = R^N: a point of a symmetric cone has a root. On the orthant x_i = z_i², on
           L^m x_0 = |z|², x_i = 2z_0z_i, for a matrix X = Z².
frames     x = λ on the orthant, x = λ_+(1, v) + λ_-(1, −v) on L^m with λ ≥ 0, |v| = 1: for x = (t, u) this is
           λ_± = (t ± |u|)/2, v = u/|u| (any v where u = 0). The constant 1 is one more variable, z_q² − |v|² = 0.

K must be a product of the orthants, second-order and semidefinite cones that `factors` knows, as its blocks describe
it. Standard library only; part of the checker.
"""

from __future__ import annotations

from collections import Counter
from math import isqrt
from typing import Any, NamedTuple

try:
    from copos.checker import check_identity as identity
    from copos.checker import check_reading as read
    from copos.checker.check_reading import Rejected, Unreadable
except ImportError:  # run as a plain file, without the package
    import check_identity as identity  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    from check_reading import Rejected, Unreadable  # type: ignore[no-redef]


class Factor(NamedTuple):
    """A factor of K: "ray" (v ≥ 0), "lorentz" (head, tail) or "psd" (its upper triangle, column by column)."""

    kind: str
    variables: tuple[int, ...]


def pulled_back(p: identity.Program, chart: Any) -> identity.Program:
    """The program in the coordinates z of a chart, its forms of degree 4."""
    if type(chart) is not str or chart not in CHARTS:
        raise Unreadable(f"chart must be one of {sorted(CHARTS)}")
    if p.stated:
        raise Rejected("a chart knows the cone only, not what the problem states for an optimal atom")
    phi, q = CHARTS[chart](p, factors(p))
    forms = [p.objective, *(A for A, _ in p.equations), *p.vanishing]
    length = sum(len(phi[a]) * len(phi[b]) for form in forms for a, b in form)
    read.spend(read.EXPANDED * length, "the forms in the coordinates of the chart")
    objective, *others = (substituted(form, phi) for form in forms)
    m = len(p.equations)
    unit: identity.Polynomial = {}
    for (a,), c in p.unit.items():
        for key, d in phi[a].items():
            # on a frame the unit is a form in λ alone: z_q = 1
            short = key if chart == "squares" else key[:1]
            if chart == "frames" and key[1] != len(q.positive):
                raise Rejected("the multiplier e depends on the direction v of a second-order cone")
            unit[short] = unit.get(short, 0) + c * d
    return q._replace(objective=objective, unit={key: c for key, c in unit.items() if c},
                      equations=[(A, b) for A, (_, b) in zip(others[:m], p.equations, strict=True)],
                      vanishing=others[m:] + q.vanishing)  # fmt: skip


def substituted(form: identity.Polynomial, phi: list[identity.Polynomial]) -> identity.Polynomial:
    """A quadratic form at x = φ(z)."""
    out: identity.Polynomial = {}
    for (a, b), c in form.items():
        for key, d in identity.product(phi[a], phi[b]).items():
            out[key] = out.get(key, 0) + c * d
    return {key: c for key, c in out.items() if c}


def factors(p: identity.Program) -> list[Factor]:
    """The cones whose product is K, in the order of their first variables; rejects K if it is anything else."""
    generators = {}
    for g in p.generators:  # t² − |u|², which belongs to the arrow matrix of (t, u) or to a lone t ≥ 0
        heads = [a for (a, b), c in g.items() if a == b and c == 1]
        tail = sorted(a for (a, b), c in g.items() if a == b and c == -1)
        if len(heads) != 1 or len(tail) != len(g) - 1 or heads[0] in generators:
            raise Rejected("no chart is known: a generator is not t² − |u|²")
        generators[heads[0]] = tail
    found = []
    for k, (block, n) in enumerate(zip(p.blocks, p.orders, strict=True)):
        entries = {key: {v: c for (v,), c in terms if c} for key, terms in block.items()}
        at = {key: max(e) for key, e in entries.items() if e}  # the variable of every entry that is one
        plain = all(len(e) <= 1 and (n == 1 or set(e.values()) <= {1}) for e in entries.values())
        row = [at.get((0, j), -1) for j in range(n if len(at) >= n else 0)]
        if n == 1 and plain and at and min(entries[0, 0].values()) > 0:
            tail = generators.pop(row[0], [])
            found.append(Factor("lorentz" if tail else "ray", (row[0], *tail)))
        elif n > 1 and plain and len(at) == n * n and len(set(at.values())) == n * (n + 1) // 2:
            found.append(Factor("psd", tuple(at[i, j] for j in range(n) for i in range(j + 1))))
        elif n > 1 and plain and len(at) == 3 * n - 2 and at == _arrow(row):
            if generators.pop(row[0], sorted(row[1:])) != sorted(row[1:]):
                raise Rejected("no chart is known: a generator has the head of another cone")
            found.append(Factor("lorentz", tuple(row)))
        else:
            raise Rejected(f"no chart is known: block {k} is no variable ≥ 0, second-order cone or matrix variable")
    if generators or Counter(v for f in found for v in f.variables) != Counter(range(p.dim)):
        raise Rejected("no chart is known: the cones of the problem do not have every variable exactly once")
    return sorted(found, key=lambda f: f.variables[0])


def _arrow(row: list[int]) -> dict[tuple[int, int], int]:
    """The entries of [[t, u'], [u, t I]] that are not zero, (t, u) the first row."""
    n = len(row)
    return {(i, i): row[0] for i in range(n)} | {key: row[j] for j in range(1, n) for key in ((0, j), (j, 0))}


def _squares(p: identity.Program, parts: list[Factor]) -> tuple[list[identity.Polynomial], identity.Program]:
    phi: list[identity.Polynomial] = [{} for _ in range(p.dim)]
    for kind, variables in parts:
        first, *rest = variables
        if kind != "psd":
            phi[first] = {(v, v): 1 for v in variables}
            for v in rest:
                phi[v] = {(min(first, v), max(first, v)): 2}
            continue
        n = (isqrt(8 * len(variables) + 1) - 1) // 2
        read.spend(n**3, "the matrix variables")
        Z = [[variables[max(i, j) * (max(i, j) + 1) // 2 + min(i, j)] for j in range(n)] for i in range(n)]
        for i in range(n):
            for j in range(i, n):  # no product occurs twice
                phi[Z[i][j]] = {(min(a, b), max(a, b)): 1 for a, b in zip(Z[i], Z[j], strict=True)}
    return phi, identity.Program(p.dim, [], [], 0, [], {}, {}, [], [], set(), form_degree=4, unit_degree=2)


def _frames(p: identity.Program, parts: list[Factor]) -> tuple[list[identity.Polynomial], identity.Program]:
    if any(f.kind == "psd" for f in parts):
        raise Rejected("a matrix variable has no frames with finitely many directions")
    q = sum(1 if f.kind == "ray" else 2 for f in parts)  # the λ; then the constant, then the v
    phi: list[identity.Polynomial] = [{} for _ in range(p.dim)]
    spheres: list[identity.Polynomial] = []
    at, v = 0, q + 1
    for kind, (first, *tail) in parts:
        phi[first] = {(at, q): 1} if kind == "ray" else {(at, q): 1, (at + 1, q): 1}
        if kind == "lorentz":
            spheres.append({(w, w): 1 if w == q else -1 for w in (q, *range(v, v + len(tail)))})
            for a in tail:
                phi[a] = {(at, v): 1, (at + 1, v): -1}
                v += 1
        at += len(phi[first])
    rays: list[Any] = [{(0, 0): [((i,), 1)]} for i in range(q)]
    return phi, identity.Program(v, rays, [1] * q, 0, [], {}, {}, [], spheres, set(range(q)), form_degree=4)


CHARTS = {"squares": _squares, "frames": _frames}
