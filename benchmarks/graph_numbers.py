"""Numbers of graphs, proved: DIMACS graphs beside HiGHS; and all named problems at random against enumeration.

`python -m benchmarks graph-numbers DIR` takes the cliques of the files *.clq in a folder: DIMACS, or lines "i j" alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import combinations, permutations, product
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks._measure import Row, clock, measure
from benchmarks._table import Table
from benchmarks.assignments import grid
from copos.instances import graphs as known

FOLDER: Path | None = None  # set by the command line
LIMIT, WALL = 60.0, 15.0  # processor seconds for every method; so many times more of wall time


def c_fat(n: int, c: float) -> np.ndarray:
    """DIMACS c-fat<n>-<c>: ⌊n/(c ln n)⌋ parts in a circle, adjacent where the parts are the same or neighbours."""
    parts = int(n / (c * np.log(n)))
    part = np.arange(n) % parts
    apart = np.subtract.outer(part, part) % parts
    return (np.isin(apart, (0, 1, parts - 1)) & ~np.eye(n, dtype=bool)).astype(int)


def mann_a9() -> np.ndarray:
    """DIMACS MANN_a9: the complement of 12 triangles, lines of the affine plane of order 3, joined to its points."""
    points = list(product(range(3), repeat=2))
    lines = {frozenset(((x + k * dx) % 3, (y + k * dy) % 3) for k in range(3))
             for x, y in points for dx, dy in ((1, 0), (0, 1), (1, 1), (1, 2))}  # fmt: skip
    A = np.zeros((45, 45), dtype=int)
    at = len(points)
    for line in sorted(map(sorted, lines)):
        for k, point in enumerate(line):
            A[at + k, points.index(point)] = 1
            A[at + k, [at + (k + 1) % 3, at + (k + 2) % 3]] = 1
        at += 3
    return known.complement(np.maximum(A, A.T))


def random_graph(n: int, share: float) -> np.ndarray:
    """G(n, p), seed 0."""
    upper = np.triu(np.random.default_rng(0).random((n, n)) < share, 1)
    return (upper | upper.T).astype(int)


def sparse(n: int, m: int) -> Any:
    """m edges among n vertices, seed 1."""
    import networkx as nx

    return nx.gnm_random_graph(n, m, seed=1)


def hidden_clique(n: int, share: float, size: int) -> np.ndarray:
    """As brock<n>: a clique of `size` in G(n, p) that degrees do not betray [BrockingtonCulberson1996].

    All pairs of the clique are edges, so other pairs are drawn with probabilities that give every vertex the degree
    p (n − 1) on average. The random rest may have a larger clique.
    """
    rng = np.random.default_rng([n, size])
    out = (share * (n - 1) - (size - 1)) / (n - size)  # of a vertex of the clique to one outside
    rest = (share * (n - 1) - size * out) / (n - size - 1)
    inside = np.arange(n) < size
    p = np.where(inside[:, None] & inside[None], 1.0, np.where(inside[:, None] | inside[None], out, rest))
    upper = np.triu(rng.random((n, n)) < p, 1)
    order = rng.permutation(n)
    A = (upper | upper.T).astype(int)
    return A[np.ix_(order, order)]


def built_cover(n: int, edges: int, size: int) -> np.ndarray:
    """As san<n>: so many edges and a clique of `size` that no other exceeds [Sanchis1992].

    Of the complement: the vertices are divided into `size` cliques, one vertex of each is left out of a cover, and
    other edges join the cover only; α = size by the cliques, and shown by the vertices that are left out.
    """
    rng = np.random.default_rng([n, edges, size])
    part = np.sort(np.r_[np.arange(size), rng.integers(0, size, n - size)])
    free = np.r_[True, part[1:] != part[:-1]]  # the first vertex of each part
    H = part[:, None] == part[None]
    others = np.argwhere(np.triu(~H & ~(free[:, None] & free[None]), 1))
    missing = n * (n - 1) // 2 - edges - np.triu(H, 1).sum()
    i, j = others[rng.permutation(len(others))[:missing]].T
    H[i, j] = H[j, i] = True
    order = rng.permutation(n)
    return (~H & ~np.eye(n, dtype=bool)).astype(int)[np.ix_(order, order)]


# name ↦ (graph, its published number); cliques, but for the sparse ones; of "like" ones, what the construction hides
CLIQUES: dict[str, tuple[Callable[[], Any], int | None]] = {
    "johnson8-2-4": (lambda: known.johnson(8, 2, [0]), 4), "johnson16-2-4": (lambda: known.johnson(16, 2, [0]), 8),
    "hamming6-2": (lambda: known.hamming(6, range(2, 7)), 32), "hamming6-4": (lambda: known.hamming(6, range(4, 7)), 4),
    "hamming8-2": (lambda: known.hamming(8, range(2, 9)), 128),
    "hamming8-4": (lambda: known.hamming(8, range(4, 9)), 16), "keller4": (lambda: known.keller(4), 11),
    "MANN_a9": (mann_a9, 16), "c-fat200-1": (lambda: c_fat(200, 1), 12), "c-fat200-2": (lambda: c_fat(200, 2), 24),
    "c-fat200-5": (lambda: c_fat(200, 5), 58), "G(100, ½)": (lambda: random_graph(100, 0.5), None),
    "like brock200_2": (lambda: hidden_clique(200, 0.5, 12), None),
    "like brock200_4": (lambda: hidden_clique(200, 0.65, 17), None),
    "like san200_0.7_1": (lambda: built_cover(200, 13930, 30), 30),
    "like san200_0.7_2": (lambda: built_cover(200, 13930, 18), 18),
    "like san200_0.9_1": (lambda: built_cover(200, 17910, 70), 70),
    "like san200_0.9_3": (lambda: built_cover(200, 17910, 44), 44),
    "G(200, ½)": (lambda: random_graph(200, 0.5), None), "G(200, 0.7)": (lambda: random_graph(200, 0.7), None),
}  # fmt: skip
STABLE: dict[str, Callable[[], Any]] = {
    "300 vertices, 450 edges": lambda: sparse(300, 450), "20000 vertices, 30000 edges": lambda: sparse(20_000, 30_000),
}  # fmt: skip


# clique numbers of the files that no row above makes, as on the pages of the challenge [JohnsonTrick1996]
FILES = {
    "brock200_1": 21, "brock200_2": 12, "brock200_3": 15, "brock200_4": 17, "san200_0.7_1": 30, "san200_0.7_2": 18,
    "san200_0.9_1": 70, "san200_0.9_2": 60, "san200_0.9_3": 44, "sanr200_0.7": 18, "sanr200_0.9": 42,
    "p_hat300-1": 8, "p_hat300-2": 25, "p_hat300-3": 36, "c-fat500-1": 14, "c-fat500-2": 26, "c-fat500-5": 64,
    "c-fat500-10": 126, "san400_0.5_1": 13, "san400_0.7_1": 40, "san400_0.7_2": 30, "san400_0.7_3": 22,
    "san400_0.9_1": 100, "sanr400_0.5": 13, "brock400_2": 29,
    **{name: value for name, (_, value) in CLIQUES.items() if value is not None},
}  # fmt: skip


def clique_graph(name: str) -> Any:
    """A graph of which cliques are looked for, None for others: the file with such a path, or made."""
    if name.endswith(".clq"):
        return from_file(Path(name))
    return CLIQUES[name][0]() if name in CLIQUES else None


def from_file(path: Path) -> Any:
    """A DIMACS file, or lines "i j" alone."""
    from copos.graphs.reading import graph

    lines = path.read_text(encoding="utf-8").splitlines()
    if not all(line.replace(" ", "").isdigit() for line in lines[:2]):
        return graph(path)
    ends = np.array([line.split() for line in lines if line.strip()], dtype=int) - 1
    A = np.zeros((ends.max() + 1,) * 2, dtype=int)
    A[ends[:, 0], ends[:, 1]] = A[ends[:, 1], ends[:, 0]] = 1
    return A


def in_copos(name: str) -> Row:
    """The number with its proof, checked."""
    import copos

    start = clock()
    cliques = clique_graph(name)
    with patch("time.perf_counter", clock):  # in this process, limits are of processor seconds
        if cliques is not None:
            found = copos.maximum_clique(cliques, time_limit=LIMIT, states=200_000)
        else:
            found = copos.maximum_stable_set(STABLE[name](), time_limit=LIMIT)
    seconds = clock() - start
    begin = clock()
    proved = found.verify().proved
    return {"lower": int(found.lower), "upper": int(found.upper), "proved": proved, "total_s": seconds,
            "verify_s": clock() - begin, "proof_kB": len(str(found.certificate.proof)) // 1000}  # fmt: skip


def in_highs(name: str) -> Row:
    """max Σ x_i, Σ_C x_i ≤ 1 for cliques C of H that cover its edges, greedily; x binary, as a program in integers."""
    import highspy

    cliques = clique_graph(name)
    if cliques is not None:
        near = [set(np.flatnonzero(row).tolist()) for row in known.complement(np.asarray(cliques))]
    else:
        near = [set(row) for row in STABLE[name]().adj.values()]
    start = clock()
    n, rows = len(near), []
    left = {(i, j) for i in range(n) for j in near[i] if i < j}
    while left:
        i, j = left.pop()
        C, common = [i, j], near[i] & near[j]
        while common:
            k = min(common)
            C.append(k)
            common &= near[k]
        left.difference_update((min(pair), max(pair)) for pair in combinations(C, 2))
        rows.append(C)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_, lp.col_cost_ = n, len(rows), -np.ones(n)
    lp.col_lower_, lp.col_upper_, lp.integrality_ = np.zeros(n), np.ones(n), [highspy.HighsVarType.kInteger] * n
    lp.row_lower_, lp.row_upper_ = np.full(len(rows), -highspy.kHighsInf), np.ones(len(rows))
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.cumsum([0, *map(len, rows)])
    lp.a_matrix_.index_ = np.array([v for C in rows for v in C], dtype=np.int32)
    lp.a_matrix_.value_ = np.ones(len(lp.a_matrix_.index_))
    h = highspy.Highs()
    h.silent()
    for key, value in {"threads": 1, "mip_rel_gap": 0.0, "time_limit": WALL * LIMIT}.items():
        h.setOptionValue(key, value)

    def late(event: Any) -> None:
        if clock() - start > LIMIT:
            event.interrupt()

    for event in (h.cbMipInterrupt, h.cbSimplexInterrupt):
        event.subscribe(late)
    h.passModel(lp)
    h.run()
    info = h.getInfo()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    has_bound = abs(info.mip_dual_bound) < highspy.kHighsInf
    return {"lower": round(-info.objective_function_value) if found else None,
            "upper": int(np.floor(-info.mip_dual_bound + 1e-6)) if has_bound else None, "proved": False,
            "total_s": clock() - start}  # fmt: skip


def numbers(quick: bool) -> Iterator[Row]:
    """Clique numbers of DIMACS graphs, and stability numbers of sparse ones; 60 s of processor time for each method."""
    names = ["johnson8-2-4", "hamming6-4", "MANN_a9"] if quick else [*CLIQUES, *STABLE]
    if FOLDER is not None:
        names = sorted(map(str, FOLDER.glob("*.clq")))
    for name in names:
        for method, task in (("copos", in_copos), ("HiGHS", in_highs)):
            case = Path(name).stem if name.endswith(".clq") else name
            published = CLIQUES[name][1] if name in CLIQUES else FILES.get(case)
            yield {"case": case, "method": method, "published": published,
                   **measure(task, name, repeats=1, limit=WALL * LIMIT)}  # fmt: skip


# ---- random instances against enumeration --------------------------------------------------------------------------


UNITS = (Fraction(1, 2), Fraction(1), Fraction(1, 3), Fraction(10**12, 7), Fraction(5, 2**40), Fraction(10**9 + 7, 11))


def drawn(rng: np.random.Generator, n: int) -> Any:
    """A symmetric matrix of weights, multiples of an ugly number, some negative, some 0."""
    W = np.triu(rng.integers(-3, 9, (n, n)) * (rng.random((n, n)) < rng.choice([0.3, 0.6, 0.9])), 1)
    return (W + W.T).astype(object) * UNITS[rng.integers(len(UNITS))]


def stable(k: int, clique: bool = False) -> str:
    """α(G, w) and ω(G, w)."""
    import copos

    rng = np.random.default_rng(k)
    n = int(rng.integers(1, 13))
    A = (np.triu(rng.random((n, n)) < rng.random(), 1)).astype(int)
    A, w = A + A.T, rng.integers(0, 6, n)
    B = known.complement(A) if clique else A
    best = max(int(w @ x) for S in range(1 << n) if not (x := (S >> np.arange(n)) & 1) @ B @ x)
    found = (copos.maximum_clique if clique else copos.maximum_stable_set)(A, w)
    theta = copos.theta(B, ("lovasz", "schrijver", "szegedy")[k % 3], w) if w.any() else None
    if theta is not None and (not theta.verify().proved or theta.bound < best):
        return f"ϑ ≤ {theta.bound}, but {best}"
    if not found.verify().proved or not found.shown.verify(data=found.graph.tables).proved:
        return "rejected"
    return "" if found.lower == found.upper == best else f"{found}, but {best}"


def coloured(k: int) -> str:
    """χ(G)."""
    import copos

    rng = np.random.default_rng(k)
    n = int(rng.integers(1, 8))
    A = np.triu(rng.random((n, n)) < rng.random(), 1)
    i, j = np.nonzero(A)
    best = min(max(c) + 1 for c in product(range(n), repeat=n)
               if c[0] == 0 and (np.array(c)[i] != np.array(c)[j]).all())  # fmt: skip
    found = copos.chromatic_number((A + A.T).astype(int))
    return "" if found.proved and found.lower <= best <= found.upper else f"{found}, but {best}"


def bounded(problem: Any, best: Fraction) -> str:
    """A bracket against the optimum, exactly; closed to 1e-6."""
    import copos

    found = copos.bracket(problem, tolerance=1e-6, time_limit=LIMIT)
    if not found.verify().proved or not found.closed:
        return f"{found.status}: {found.verify().reason}"
    return "" if Fraction(found.lower) <= best <= Fraction(found.upper) else f"{found}, but {best}"


def cut(k: int) -> str:
    """Max-cut."""
    import copos

    rng = np.random.default_rng(k)
    n = int(rng.integers(1, 9))
    W = drawn(rng, n)
    best = max(Fraction(x @ W @ (1 - x)) for S in range(1 << n) for x in [(S >> np.arange(n)) & 1])
    return bounded(copos.max_cut(W), best)


def partitioned(k: int) -> str:
    """Partition into two or three parts."""
    import copos

    rng = np.random.default_rng(k)
    n, parts = int(rng.integers(3, 8)), int(rng.integers(2, 4))
    W = drawn(rng, n)
    sizes = np.bincount(np.r_[np.arange(parts), rng.integers(0, parts, n - parts)]).tolist()
    best = min(Fraction(W[p[:, None] != p[None]].sum()) / 2 for c in product(range(parts), repeat=n)
               for p in [np.array(c)] if np.bincount(p, minlength=parts).tolist() == sizes)  # fmt: skip
    return bounded(copos.graph_partition(W, sizes), best)


def assignment(k: int) -> str:
    """Quadratic assignment, not symmetric every other time, with costs every third time, in ugly units."""
    import copos

    rng = np.random.default_rng(k)
    n = int(rng.integers(2, 6))
    A, B = rng.integers(-2, 6, (n, n)), rng.integers(0, 5, (n, n))
    if k % 2:
        A, B = A + A.T, grid(1, n) if k % 4 == 1 else B + B.T
    of_A, of_B, of_C = (UNITS[j] for j in rng.integers(len(UNITS), size=3))
    A, B = A.astype(object) * of_A, B.astype(object) * of_B
    C = rng.integers(-9, 9, (n, n)).astype(object) * of_C if k % 3 == 0 else None
    best = min(Fraction((A * B[np.ix_(p, p)]).sum() + (0 if C is None else C[np.arange(n), p].sum()))
               for q in permutations(range(n)) for p in [list(q)])  # fmt: skip
    return bounded(copos.quadratic_assignment(A, B, C), best)


def placed(k: int) -> str:
    """The tree of an assignment without level 0: every cell is bounded by linear assignments."""
    import copos
    from copos.bounding.assignment import tree

    rng = np.random.default_rng(k)
    n = int(rng.integers(2, 7))
    A = rng.integers(-2, 6, (n, n))
    if k % 3 == 0:  # facilities that are like each other
        A = np.where(rng.random((n, n)) < 0.3, A, 1)
        A[: n // 2, : n // 2] = 3
    B = grid(2, n // 2) if n % 2 == 0 and k % 2 else rng.integers(0, 4, (n, n))
    A = A.astype(object) * UNITS[rng.integers(len(UNITS))]
    best = min(Fraction((A * B[np.ix_(p, p)]).sum()) for q in permutations(range(n)) for p in [list(q)])
    problem = copos.quadratic_assignment(A, B)
    search = tree.Search(problem, best, 0.0)
    with patch.object(tree, "relaxed", lambda data, at, known, level, goal, late: (known, level)):
        search.run(tree.Limits(np.inf, 10_000), lambda value: False)
    value, certificate = search.proof()
    if not certificate.verify(problem).proved:
        return "rejected"
    return "" if value == best else f"{value}, but {best}"


def cardinality(k: int) -> str:
    """min x'Qx, Σ x = 1, 0 ≤ x ≤ 1, at most two entries: over edges of the simplex, in closed form."""
    import copos

    rng = np.random.default_rng(k)
    n = int(rng.integers(2, 5))
    Q = rng.integers(-5, 6, (n, n))
    Q = Q + Q.T
    best = min(Fraction(int(Q[i, i])) for i in range(n))
    for i, j in combinations(range(n), 2):
        curve = int(Q[i, i] + Q[j, j] - 2 * Q[i, j])
        if curve > 0 and 0 < (t := Fraction(int(Q[j, j] - Q[i, j]), curve)) < 1:
            best = min(best, t * t * int(Q[i, i]) + (1 - t) ** 2 * int(Q[j, j]) + 2 * t * (1 - t) * int(Q[i, j]))
    problem = copos.quadratic_program(Q, A_eq=[[1] * n], b_eq=[1], bounds=(0, 1))
    return bounded(copos.at_most(problem, 2), best)


KINDS: dict[str, Callable[[int], str]] = {
    "stable sets, ϑ": stable, "cliques, ϑ": lambda k: stable(k, True), "colours": coloured, "max-cut": cut,
    "partition": partitioned, "assignment": assignment, "tree of assignments": placed, "at most two": cardinality,
}  # fmt: skip


def checked(name: str, start: int, count: int) -> Row:
    """How many of a piece are wrong, rejected or open."""
    begin = clock()
    wrong = {k: words for k in range(start, start + count) if (words := KINDS[name](k))}
    return {"instances": count, "wrong": len(wrong), "first": next(iter(wrong.items()), ""),
            "total_s": clock() - begin}  # fmt: skip


def soundness(quick: bool) -> Iterator[Row]:
    """300 random small instances of every problem against enumeration: wrong, rejected or not closed."""
    for name in KINDS:
        yield {"case": name, "method": "copos",
               **measure(checked, name, 0, 5 if quick else 300, repeats=1, limit=7200)}  # fmt: skip


TABLES = [Table("graph-numbers", numbers), Table("graph-soundness", soundness)]
