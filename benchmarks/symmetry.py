"""Structure: linear levels by row generation, level 0 of symmetric graphs, schemes of any size, assembly at scale."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

import copos
from benchmarks._measure import Row, clock, measure
from benchmarks._table import Table
from copos.arithmetic import groups
from copos.arithmetic.coherent import coherent
from copos.arithmetic.schemes import hamming_scheme, johnson_scheme
from copos.hierarchy import FAMILIES, products, relax
from copos.hierarchy.relaxation import BYTES_PER_ENTRY
from copos.instances import graphs, torus_energies
from copos.levels import polya, polya_proof, symmetric
from copos.levels.delsarte import delsarte_bound
from copos.levels.symmetric_proof import prove
from copos.solvers import solve

LINEAR = "de-klerk-pasechnik"


def simplex(n: int) -> copos.CompletelyPositiveProgram:
    """Dense standard quadratic program."""
    Q = np.random.default_rng(0).standard_normal((n, n))
    return copos.standard_quadratic(Q + Q.T)


def binary(n: int) -> copos.CompletelyPositiveProgram:
    """x_j² = x_0x_j over the simplex: free multipliers in the linear levels."""
    C = np.random.default_rng(0).integers(-5, 6, (n + 1, n + 1)).astype(float)
    squares = []
    for j in range(1, n + 1):
        E = np.zeros((n + 1, n + 1))
        E[j, j], E[0, j], E[j, 0] = 1.0, -0.5, -0.5
        squares.append(E)
    return copos.CompletelyPositiveProgram(copos.NonNegative(n + 1), C + C.T, [(np.ones((n + 1, n + 1)), 1.0)], squares)


def icosahedron() -> copos.CompletelyPositiveProgram:
    """α = 3 of the complement of the icosahedron."""
    return copos.stability_number(graphs.complement(graphs.icosahedron()))


PROGRAMS = {"simplex": simplex, "binary": binary, "icosahedron": icosahedron}


def generated(name: str, arguments: tuple, level: int, certify: bool) -> Row:
    """Rows on demand; with the exact proof if asked."""
    program = PROGRAMS[name](*arguments)
    start = clock()
    data = polya.Level.of(program, level)
    found = polya.optimum(data)
    done = clock()
    value = float(data.b @ found.y)
    row = {"level_s": done - start, "rows": len(found.rows), "value": value, "status": found.status.value}
    if certify:
        proof = polya_proof.prove(data, found)
        row |= {"proof_s": clock() - done, "proved": float("-inf" if proof.lower is None else proof.lower)}
    return row


def whole(name: str, arguments: tuple, level: int) -> Row:
    """All rows at once, HiGHS with its own choice of method."""
    program = PROGRAMS[name](*arguments)
    start = clock()
    relaxation = relax(program, level, LINEAR)
    found = solve(relaxation.form, "highs")
    done = clock()
    return {"level_s": done - start, "rows": relaxation.form.shape[0], "value": found.value,
            "status": found.status.value}  # fmt: skip


def linear_levels(quick: bool) -> Iterator[Row]:
    """Linear levels on the orthant: rows generated on demand against the whole linear program."""
    cases = [("simplex", (20,), 2), ("simplex", (10,), 5), ("icosahedron", (), 4), ("binary", (8,), 3)]
    if not quick:
        cases += [("simplex", (20,), 3), ("simplex", (20,), 4), ("simplex", (60,), 1), ("simplex", (100,), 1)]
        cases += [("simplex", (60,), 2), ("binary", (14,), 2)]
    for name, arguments, level in cases:
        case = f"{name} {' '.join(map(str, arguments))} level {level}".replace("  ", " ")
        yield {"case": case, "method": "generated", **measure(generated, name, arguments, level, False)}
        if (name, arguments, level) not in (("simplex", (60,), 2), ("simplex", (100,), 1)):
            yield {"case": case, "method": "whole", **measure(whole, name, arguments, level)}
    for name, arguments, level in cases[:4]:
        case = f"{name} {' '.join(map(str, arguments))} level {level}".replace("  ", " ")
        yield {"case": case, "method": "generated, proved", **measure(generated, name, arguments, level, True)}


GRAPHS = {
    "keller4": (lambda: graphs.complement(graphs.keller(4)), True),
    "hamming8-4": (lambda: graphs.hamming(8, range(1, 4)), True),
    "johnson16-2-4": (lambda: graphs.johnson(16, 2, [1]), True),
    "hamming 7, {5, 6}": (lambda: graphs.hamming(7, [5, 6]), True),
    "hamming 8, {3, 4}": (lambda: graphs.hamming(8, [3, 4]), False),
    "kneser 12 4": (lambda: graphs.kneser(12, 4), False),
    "hamming 10, {6}": (lambda: graphs.hamming(10, [6]), False),
}


def in_algebra(name: str, certify: bool) -> Row:
    """Level 0 in the coherent algebra of the graph."""
    A = GRAPHS[name][0]()
    program = copos.stability_number(A)
    start = clock()
    small = symmetric.reduce(program)
    assert small is not None
    built = clock()
    solution = solve(small.form)
    done = clock()
    row = {
        "vertices": len(A), "rank": small.configuration.rank, "largest": max(B.shape[1] for B in small.blocks),
        "reduce_s": built - start, "solve_s": done - built, "level_s": done - start, "value": 1 / solution.value,
    }  # fmt: skip
    if certify:
        proof = prove(small, solution)
        row |= {"proof_s": clock() - done, "proved": float(1 / proof.lower) if proof.lower else np.inf}
    return row


def in_general(name: str) -> Row:
    """Level 0 of the general relaxation with the default solver."""
    A = GRAPHS[name][0]()
    program = copos.stability_number(A)
    start = clock()
    relaxation = relax(program, 0)
    solution = solve(relaxation.form)
    return {"vertices": len(A), "largest": len(A), "level_s": clock() - start, "value": 1 / solution.value,
            "status": solution.status.value}  # fmt: skip


def symmetric_graphs(quick: bool) -> Iterator[Row]:
    """Schrijver's bound on graphs with symmetry: in the coherent algebra, proved, against the general relaxation."""
    for name, (_, general) in GRAPHS.items():
        if quick and name in ("hamming 10, {6}", "kneser 12 4"):
            continue
        yield {"case": name, "method": "algebra", **measure(in_algebra, name, True)}
        if general and not quick:
            yield {"case": name, "method": "general", **measure(in_general, name, repeats=1)}


SCHEMES = {
    "H(10, 2), {6}": (hamming_scheme, (10,), [6]),
    "H(24, 2), {1, …, 7}": (hamming_scheme, (24,), range(1, 8)),
    "H(60, 2), {1, …, 15}": (hamming_scheme, (60,), range(1, 16)),
    "J(20, 8), disjoint": (johnson_scheme, (20, 8), [8]),
}


def closed_form(name: str) -> Row:
    """An exact Delsarte bound."""
    make, arguments, edges = SCHEMES[name]
    start = clock()
    bound = delsarte_bound(make(*arguments), list(edges))
    return {"points": bound.scheme.points, "level_s": clock() - start, "value": float(bound.value),
            "proved": bound.verify()}  # fmt: skip


def schemes(quick: bool) -> Iterator[Row]:
    """Graphs of schemes in closed form: exact bounds without the graph."""
    for name in SCHEMES:
        yield {"case": name, "method": "exact", **measure(closed_form, name)}


def refine(n: int, distance: int) -> Row:
    """Weisfeiler–Leman refinement alone."""
    A = graphs.hamming(n, [distance])
    start = clock()
    found = coherent(A)
    assert found is not None
    refined = clock()
    blocks = found.blocks()
    return {"vertices": 2**n, "rank": found.rank, "refine_s": refined - start, "blocks_s": clock() - refined,
            "largest": max(B.shape[1] for B in blocks)}  # fmt: skip


def refinement(quick: bool) -> Iterator[Row]:
    """Coherent refinement of Hamming graphs at growing order."""
    for n in (6, 7, 8, 9) if quick else (6, 7, 8, 9, 10, 11):
        yield {"case": f"hamming {n}, {{{n // 2}}}", "method": "refine", **measure(refine, n, n // 2)}


def lift(n: int, kind: str) -> copos.CompletelyPositiveProgram:
    """A network lift whose level 1 is large."""
    rng = np.random.default_rng(0)
    Y = rng.standard_normal((n, n))
    if kind == "projection":
        weights = 10 ** rng.uniform(-2, 1, (n, n))
        return copos.linear_network(np.eye(n), Y, [n, 2, n], "projection", weights=weights)
    return copos.linear_network(np.eye(n), Y, [n, 2, n], "factor", ("bounded",))


def assemble(n: int, kind: str) -> Row:
    """Level 1, from the program to the conic form."""
    program = lift(n, kind)
    _, entries = products.size_estimate(program.cone, 3, FAMILIES["parrilo"].at(1))
    start = clock()
    relaxation = relax(program, 1)
    return {
        "assemble_s": clock() - start, "moments": relaxation.moments, "rows": relaxation.form.shape[0],
        "nonzeros": relaxation.form.A.nnz, "estimate_MB": BYTES_PER_ENTRY * entries / 2**20,
    }  # fmt: skip


def assembly_at_scale(quick: bool) -> Iterator[Row]:
    """Level 1 of network lifts with up to 2·10⁵ moments and 10⁷ nonzeros: seconds, memory and the memory foreseen."""
    cases = [(5, "projection"), (6, "projection"), (3, "factor")]
    cases += [] if quick else [(8, "projection"), (4, "factor"), (5, "factor")]
    for n, kind in cases:
        yield {"case": f"{kind} lift {n}×{n}", "method": "relax", **measure(assemble, n, kind, repeats=1)}


def chosen(side: int, m: int, equations: str) -> copos.CompletelyPositiveProgram:
    """m points of a torus that repel each other least."""
    D = torus_energies(side, side)
    return copos.binary_quadratic(D, None, np.ones((1, side**2), dtype=int), [m], equations=equations)


GROUPS = {  # name ↦ (program, the one for the general relaxation, a group, a smaller one)
    "petersen": (graphs.petersen(), groups.subsets(5, 2), groups.subsets(5, 2)[:1]),
    "icosahedron": (graphs.icosahedron(), "auto", None),
    "complement of the icosahedron": (graphs.complement(graphs.icosahedron()), "auto", None),
    **{f"paley {q}": (graphs.paley(q), groups.paley(q), groups.cyclic(q)) for q in (13, 17, 29, 37)},
    **{f"torus {n}×{n}, {m} points": ((n, m), groups.torus(n, n), groups.torus(n, n)[:2])
       for n in (4, 6) for m in range(3, 10 if n == 6 else 9)},
}  # fmt: skip


def in_group(name: str, which: str) -> Row:
    """Level 1 in the algebra of a group, proved; `value` is what the multipliers prove before rounding up."""
    data, large, small = GROUPS[name]
    program = chosen(*data, "squared") if isinstance(data, tuple) else copos.stability_number(data)
    trivial = np.arange(data[0] ** 2 if isinstance(data, tuple) else len(data))[None, :]
    symmetry = {"group": large, "smaller group": small, "one direction": small[:1] if small is not None else None,
                "trivial group": trivial}[which]  # fmt: skip
    start = clock()
    bound = copos.lower_bound(program, 1, symmetry=symmetry)
    seconds = clock() - start
    proof = bound.certificate.proof if bound.certificate else {"y": ["nan"]}
    assert len(proof["y"]) == 1  # one equation, with right-hand side 1
    return {"level_s": seconds, "moments": bound.moments, "largest": bound.largest,
            "value": float(Fraction(proof["y"][0]))}  # fmt: skip


TO_THE_END = {"splitting": {"tolerance": 1e-10, "time_limit": 20.0}, "cvxopt": {},
              "clarabel": {"tol_gap_abs": 1e-10, "tol_gap_rel": 1e-10, "tol_feas": 1e-10}}  # fmt: skip


def without_group(name: str) -> Row:
    """Level 1 of the general relaxation, by a solver that ends with its digits."""
    data = GROUPS[name][0]
    program = chosen(*data, "slice") if isinstance(data, tuple) else copos.stability_number(data)
    start = clock()
    relaxation = relax(program, 1)
    for solver, options in TO_THE_END.items():
        found = solve(relaxation.form, solver, **options)
        if found.status.value == "optimal":
            break
    return {"level_s": clock() - start, "moments": relaxation.moments, "largest": max(relaxation.orders),
            "value": found.value, "status": found.status.value}  # fmt: skip


LARGE = ("torus 6", "paley 29", "paley 37")  # thousands of moments without symmetry


def group_levels(quick: bool) -> Iterator[Row]:
    """Level 1 in the algebra of a group, of smaller ones, of the trivial one, and in general: the same value."""
    for name, (_, _, small) in GROUPS.items():
        whole = not name.startswith(LARGE)
        methods = ["group"] if small is None else ["group", "smaller group"]
        methods += ["one direction"] if name.startswith("torus 6") and not quick else []  # six translations of 36
        methods += ["trivial group"] if whole or (name in ("paley 29", "paley 37") and not quick) else []
        rows = [{"case": name, "method": m, **measure(in_group, name, m, repeats=1, limit=3600.0)} for m in methods]
        if whole or name.startswith("paley") and not quick:
            rows.append({"case": name, "method": "general", **measure(without_group, name, repeats=1)})
        value = rows[0].get("value", np.nan)
        for row in rows:
            yield row | {"difference": (row.get("value", np.nan) - value) / abs(value)}


TABLES = [
    Table("group-levels", group_levels, ratio=("level_s", "general")),
    Table("linear-levels", linear_levels, ratio=("level_s", "whole")),
    Table("symmetric-graphs", symmetric_graphs, ratio=("level_s", "general")),
    Table("schemes", schemes),
    Table("refinement", refinement),
    Table("assembly-at-scale", assembly_at_scale),
]
