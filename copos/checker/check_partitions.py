"""Questions about cuts, partitions and assignments: each is made into a quadratic program in 0–1 variables here.

    max cut               max Σ_ij∈E w_ij (x_i + x_j − 2x_ix_j); x_1 = 0, since the other side may be named the first
    graph partition       parts of the sizes s_1, …, s_k: min Σ_ij∈E w_ij (1 − Σ_p x_ip x_jp), Σ_p x_ip = 1,
                          Σ_i x_ip = s_p, x_ip x_iq = 0; of two parts x_i says whether i is in the second. Where all
                          sizes are equal, vertex 1 is in the first part
    quadratic assignment  min Σ A_ij B_kl x_ik x_jl + Σ C_ik x_ik, Σ_k x_ik = 1, Σ_i x_ik = 1, x_ik x_il = 0,
                          x_ik x_jk = 0. "automorphisms" of B are permutations p with B_p(k)p(l) = B_kl, where C is
                          none: one of them followed by an assignment costs the same, so facility "first" needs only one
                          location of every orbit, the first one

The table "edges" is [n, m, 0], then [i, j, w] with i < j in order. Standard library only; part of the checker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

try:
    from copos.checker import check_graphs as graphs
    from copos.checker import check_quadratic_program as programs
    from copos.checker import check_reading as read
    from copos.checker.check_data import Data, Rebuilt, Table
    from copos.checker.check_quadratic import square
    from copos.checker.check_reading import Number, Rejected, Unreadable
    from copos.checker.check_tightening import Asked, Terms, Variable
except ImportError:  # run as a plain file, without the package
    import check_graphs as graphs  # type: ignore[no-redef]
    import check_quadratic_program as programs  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    from check_data import Data, Rebuilt, Table  # type: ignore[no-redef]
    from check_quadratic import square  # type: ignore[no-redef]
    from check_reading import Number, Rejected, Unreadable  # type: ignore[no-redef]
    from check_tightening import Asked, Terms, Variable  # type: ignore[no-redef]

FREE: Variable = (True, 0, 1)
PRESOLVE = "free steps implied"
ORDER = 60  # of an assignment: the program has its square in variables
VARIABLES = 3_000


def max_cut(question: dict[str, Any], data: Data) -> Rebuilt:
    """The heaviest cut."""
    q = read.fields(question, "question", "type edges", PRESOLVE)
    n, edges = _edges(data.table("edges", q["edges"]))
    objective: Terms = {}
    for i, j, w in edges:
        _add(objective, (0, i + 1), w)
        _add(objective, (0, j + 1), w)
        _add(objective, (i + 1, j + 1), -2 * w)
    variables: list[Variable] = [(True, 0, 0), *[FREE] * (n - 1)]
    asked = Asked(-1, [f"x{i + 1}" for i in range(n)], objective, variables, [])
    words = f"of the graph with {n} vertices and {len(edges)} edges"
    return programs.made(asked, q, {"lower bound": f"every cut {words} weighs at most", "upper bound":
                            f"some cut {words} weighs at least"})  # fmt: skip


def graph_partition(question: dict[str, Any], data: Data) -> Rebuilt:
    """The lightest cut into parts of given sizes."""
    q = read.fields(question, "question", "type edges sizes", PRESOLVE)
    n, edges = _edges(data.table("edges", q["edges"]))
    sizes = [read.whole(s, "size of a part", 1, n) for s in read.items(q["sizes"], "sizes", most=n)]
    k = len(sizes)
    if k < 2 or sum(sizes) != n:
        raise Unreadable("the sizes of two or more parts add up to the number of vertices")
    read.spend(n * k * k + len(edges) * k, "the program of a partition")
    if n * k > VARIABLES:
        raise Unreadable(f"a partition has at most {VARIABLES} variables")
    total = sum((w for _, _, w in edges), 0)
    constraints: list[tuple[int, Terms]] = []
    objective: Terms = {}
    if k == 2:
        for i, j, w in edges:
            _add(objective, (0, i + 1), w)
            _add(objective, (0, j + 1), w)
            _add(objective, (i + 1, j + 1), -2 * w)
        constraints.append((0, _row(range(1, n + 1), sizes[1])))
        variables = [FREE] * n
    else:
        _add(objective, (0, 0), total)
        for i, j, w in edges:
            for p in range(k):
                _add(objective, (1 + i * k + p, 1 + j * k + p), -w)
        constraints += [(0, _row(range(1 + i * k, 1 + i * k + k), 1)) for i in range(n)]
        constraints += [(0, _row(range(1 + p, 1 + n * k, k), s)) for p, s in enumerate(sizes)]
        for i in range(n):
            for both in ((1 + i * k + p, 1 + i * k + r) for r in range(k) for p in range(r)):
                constraints.append((0, {both: 1}))
        variables = [FREE] * (n * k)
    if min(sizes) == max(sizes):
        variables[: 1 if k == 2 else k] = [(True, 0, 0)] if k == 2 else [(True, 1, 1), *[(True, 0, 0)] * (k - 1)]
    asked = Asked(1, [f"x{v + 1}" for v in range(len(variables))], objective, variables, constraints)
    words = f"partition of the graph with {n} vertices and {len(edges)} edges"
    words += f" into parts of {', '.join(map(str, sizes))}"
    return programs.made(asked, q, {"lower bound": f"every {words} cuts edges of weight at least",
                            "upper bound": f"some {words} cuts edges of weight at most"})  # fmt: skip


def quadratic_assignment(question: dict[str, Any], data: Data) -> Rebuilt:
    """The cheapest assignment."""
    q = read.fields(question, "question", "type A B", f"C automorphisms first {PRESOLVE}")
    A = square(data.table("A", q["A"]), "A")
    n = len(A)
    B = square(data.table("B", q["B"]), "B", n)
    C = square(data.table("C", q["C"]), "C", n) if "C" in q else None
    if n > ORDER:
        raise Unreadable(f"an assignment has at most {ORDER} facilities")
    asked = assignment(A, B, C)
    if ("automorphisms" in q) != ("first" in q):
        raise Unreadable("automorphisms and the first facility go together")
    if "first" in q:
        if C is not None:
            raise Rejected("automorphisms of B say nothing of the costs C")
        first = read.whole(q["first"], "facility", 0, n - 1)
        for k in set(range(n)) - orbits(B, q["automorphisms"]):
            asked.variables[first * n + k] = (True, 0, 0)
    words = f"assignment of {n} facilities to {n} locations costs at"
    return programs.made(asked, q, {"lower bound": f"every {words} least", "upper bound": f"some {words} most"})


def assignment(A: Table, B: Table, C: Table | None) -> Asked:
    """The quadratic program of all assignments."""
    n = len(A)
    read.spend(n**4, "the program of an assignment")
    objective: Terms = {}
    for i in range(n):
        for k in range(n):
            _add(objective, (0, _at(i, k, n)), A[i][i] * B[k][k] + (0 if C is None else C[i][k]))
            for j in range(n):
                for m in range(n):
                    if i != j and k != m and A[i][j] and B[k][m]:
                        a, b = sorted((_at(i, k, n), _at(j, m, n)))
                        _add(objective, (a, b), A[i][j] * B[k][m])
    rows = [range(1 + i * n, 1 + i * n + n) for i in range(n)] + [range(1 + k, 1 + n * n, n) for k in range(n)]
    constraints = [(0, _row(row, 1)) for row in rows]
    for i in range(n):
        for m in range(n):
            for k in range(m):
                constraints.append((0, {(_at(i, k, n), _at(i, m, n)): 1}))
                constraints.append((0, {(_at(k, i, n), _at(m, i, n)): 1}))
    names = [f"x{i + 1}_{k + 1}" for i in range(n) for k in range(n)]
    return Asked(1, names, objective, [FREE] * (n * n), constraints)


def orbits(B: Table, permutations: Any) -> set[int]:
    """The first place of every orbit under automorphisms of a matrix; rejects what is none."""
    n, first = len(B), list(range(len(B)))
    for p in read.items(permutations, "automorphisms", most=n * n):
        if sorted(read.whole(v, "place", 0, n - 1) for v in read.items(p, "automorphism", n)) != list(range(n)):
            raise Rejected("an automorphism is a permutation")
        read.spend(n * n, "an automorphism")
        if any(B[p[k]][p[m]] != B[k][m] for k in range(n) for m in range(n)):
            raise Rejected("a permutation is no automorphism")
        for k in range(n):
            a, b = sorted((first[k], first[p[k]]))
            first = [a if v == b else v for v in first]
    return set(first)


def _at(i: int, k: int, n: int) -> int:
    """The variable x_ik, counted from 1."""
    return 1 + i * n + k


def _edges(rows: Table) -> tuple[int, list[tuple[int, int, Number]]]:
    """(n, edges with weights)."""
    if any(len(row) != 3 for row in rows) or rows[0][2] != 0:
        raise Unreadable("weighted edges are the row [n, m, 0], then rows [i, j, w]")
    n, pairs = graphs.graph([row[:2] for row in rows])
    return n, [(i, j, row[2]) for (i, j), row in zip(pairs, rows[1:], strict=True)]


def _add(terms: Terms, key: tuple[int, int], value: Number) -> None:
    """Add to a coefficient; none of them stays as 0."""
    total = terms.get(key, 0) + value
    if total:
        terms[key] = total
    else:
        terms.pop(key, None)


def _row(variables: Iterable[int], right: Number) -> Terms:
    """Σ x_v − right."""
    terms: Terms = {(0, 0): -right}
    for v in variables:
        terms[0, v] = 1
    return terms


QUESTIONS: dict[str, Callable[[dict[str, Any], Data], Rebuilt]] = {
    "max cut": max_cut, "graph partition": graph_partition, "quadratic assignment": quadratic_assignment,
}  # fmt: skip
