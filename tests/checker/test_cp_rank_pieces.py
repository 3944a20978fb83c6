"""The pieces of the bound on the cp-rank against enumeration, and the bound against factors with few columns."""

from fractions import Fraction
from functools import reduce
from itertools import chain, combinations
from math import gcd, lcm

import networkx as nx
import numpy as np
import pytest

from copos.arithmetic import exact, zeros
from copos.checker import check, check_cp_rank
from copos.checker.check_cp_rank import Place
from copos.checker.check_reading import Rejected
from copos.decision.decide import copositive
from copos.instances import extreme
from tests.checker.forgeries_cp_rank import at_least

HORN = extreme.distance_signs(extreme.cyclic_graph(5, [1]), 5)


def whole(A):
    """A positive multiple in integers."""
    scale = lcm(*(Fraction(v).denominator for row in A for v in row))
    return [[int(v * scale) for v in row] for row in A]


def forms():
    """Copositive matrices with zeros: semidefinite, sums with N ≥ 0, Horn's, Hildebrand's, Hoffman–Pereira's."""
    rng = np.random.default_rng(4)
    for n, r in ((1, 0), (2, 1), (3, 1), (4, 1), (4, 2), (5, 2), (5, 3), (6, 2), (6, 3)):
        for _ in range(2):
            V = rng.integers(-2, 3, (n, r))
            N = np.triu(rng.integers(0, 3, (n, n)) * rng.integers(0, 2, (n, n)), 1)
            yield (V @ V.T).tolist()
            yield (V @ V.T + N + N.T).tolist()
    yield from (HORN, whole(extreme.scaled(HORN, [1, 2, 3, 1, 5], [3, 1, 4, 0, 2])), whole(extreme.beside(HORN, 2)))
    for tangents in ([Fraction(1, 5)] * 5, [Fraction(1, k) for k in (9, 4, 6, 3, 7)]):
        yield whole(extreme.rational_hildebrand(tangents))
        yield whole(extreme.doubled(extreme.rational_hildebrand(tangents), 2))
    yield extreme.distance_signs(extreme.cyclic_graph(7, [1]), 7)


FORMS = [[[int(v) for v in row] for row in A] for A in forms()]


def shortest(x):
    d = reduce(gcd, x)
    return [v // d for v in x]


def minimal(G):
    """A vector on each inclusion-minimal support I where G_I has a positive vector in its kernel; all I are tried."""
    out = []
    for I in chain.from_iterable(combinations(range(len(G)), k) for k in range(1, len(G) + 1)):
        if any(set(at) <= set(I) for at, _ in out):
            continue
        kernel = exact.null_space([[Fraction(G[i][j]) for j in I] for i in I])
        if kernel and all(v * kernel[0][0] > 0 for v in kernel[0]):
            top = [abs(Fraction(v)) for v in kernel[0]]
            x = [0] * len(G)
            for i, v in zip(I, top, strict=True):
                x[i] = int(v * lcm(*(w.denominator for w in top)))
            out.append((I, shortest(x)))
    return sorted(x for _, x in out)


@pytest.mark.parametrize("k", range(len(FORMS)))
def test_minimal_zeros_are_those_of_all_supports(k):
    G = FORMS[k]
    found = check_cp_rank.minimal_zeros([row[:] for row in G])
    assert sorted(map(shortest, found)) == minimal(G)


def test_elimination_gives_the_determinant_or_the_kernel():
    rng, seen = np.random.default_rng(0), set()
    for n in (1, 2, 3, 4, 5) * 4:
        B = [[int(v) for v in row] for row in rng.integers(-3, 4, (n, n))]
        for drop in (0, 1):  # with and without the last of the columns: definite, or singular
            A = [[sum(p * q for p, q in zip(a[: n - drop], b[: n - drop], strict=True)) for b in B] for a in B]
            if n > 1 and exact.null_space([[Fraction(v) for v in row[:-1]] for row in A[:-1]]):
                continue
            kernel = exact.null_space([[Fraction(v) for v in row] for row in A])
            det, x = check_cp_rank.eliminated([row[:] for row in A])
            assert det == round(np.linalg.det(np.array(A, dtype=float)))
            assert bool(x) == bool(kernel)
            if x:
                assert x[-1] > 0 and all(sum(a * c for a, c in zip(row, x, strict=True)) == 0 for row in A)
            seen.add((n, bool(x)))
    assert len(seen) == 10
    assert check_cp_rank.eliminated([[1, 2], [2, 1]]) == (-3, [])


def test_cliques_in_order():
    rng = np.random.default_rng(1)
    for n in (1, 2, 5, 6, 7, 8, 9, 9):
        for density in (0.3, 0.6, 0.8):
            edge = np.triu(rng.random((n, n)) < density, 1)
            graph = nx.from_numpy_array(edge | edge.T)
            want = sorted(map(sorted, nx.find_cliques(graph)))
            assert check_cp_rank.cliques([set(graph[k]) for k in range(n)]) == want
    assert check_cp_rank.cliques([]) == []


def test_parts_are_connected():
    rng = np.random.default_rng(2)
    for n in (1, 4, 7, 9, 12):
        edge = np.triu(rng.random((n, n)) < 1.2 / n, 0)
        C = (edge | edge.T).astype(int).tolist()
        want = [part for part in nx.connected_components(nx.from_numpy_array(np.array(C)))
                if any(any(C[k]) for k in part)]  # fmt: skip
        assert sorted(map(sorted, check_cp_rank.parts(C))) == sorted(map(sorted, want))


def test_ranks():
    rng = np.random.default_rng(3)
    for n, r in ((1, 0), (1, 1), (3, 2), (4, 4), (6, 3), (8, 5)):
        B = rng.integers(-3, 4, (n, r))
        D = [Fraction(1, int(d)) for d in rng.integers(1, 9, n)]
        C = [[D[i] * int(v) * D[j] for j, v in enumerate(row)] for i, row in enumerate(B @ B.T)]
        assert check_cp_rank.rank(C) == np.linalg.matrix_rank(B) if r else check_cp_rank.rank(C) == 0
    assert check_cp_rank.rank([[0, 1], [1, 0]]) == 2


def test_coordinates_are_unique_exactly_if_the_products_are_independent():
    rng, seen = np.random.default_rng(5), set()
    sizes = ((2, 2, 1), (3, 2, 1), (3, 3, 1), (3, 4, 0.3), (3, 5, 0.2), (4, 4, 0.7), (4, 5, 0.6), (5, 5, 1))
    for n, k, density in sizes * 3:
        rays = [tuple(int(v) for v in row) for row in rng.integers(0, 4, (k, n))]
        near = np.triu(rng.random((k, k)) < density, 1)
        pairs = [(a, b) for a in range(k) for b in range(a, k) if a == b or near[a, b]]
        products = [[u[i] * v[j] + u[j] * v[i] for i in range(n) for j in range(n)]
                    for u, v in ((rays[a], rays[b]) for a, b in pairs)]  # fmt: skip
        own = nx.Graph([p for p in pairs if p[0] != p[1]])
        place = Place(rays, [set(own[a]) if a in own else set() for a in range(k)])
        C = [[Fraction(0)] * k for _ in range(k)]
        for a, b in pairs:
            C[a][b] = C[b][a] = Fraction(int(rng.integers(-3, 4)), int(rng.integers(1, 4)))
        M = [[sum(C[a][b] * rays[a][i] * rays[b][j] for a in range(k) for b in range(k)) for j in range(n)]
             for i in range(n)]  # fmt: skip
        independent = np.linalg.matrix_rank(np.array(products, dtype=float)) == len(pairs)
        if independent:
            assert check_cp_rank.coordinates(M, place) == C
        else:
            with pytest.raises(Rejected, match="not unique"):
                check_cp_rank.coordinates(M, place)
        seen.add(independent)
    assert len(seen) == 2


def proofs(A, sets, rays):
    """A is copositive on each of these sets."""
    out = []
    for J in sets:
        images = [[sum(a * c for a, c in zip(row, rays[k], strict=True)) for row in A] for k in J]
        said = copositive([[Fraction(sum(a * c for a, c in zip(v, rays[l], strict=True))) for l in J] for v in images])
        assert said.answer
        out.append(said.proof)
    return out


def factors():
    """(A, B): copositive forms, and columns that are sums of compatible zeros."""
    rng = np.random.default_rng(7)
    for A in [A for A in FORMS if 2 <= len(A) <= 6]:
        found = zeros.minimal_zeros(A)
        if not 1 <= len(found) <= 8:
            continue
        together = nx.Graph(zeros.compatible(A, found))
        together.add_nodes_from(range(len(found)))
        sets = sorted(map(sorted, nx.find_cliques(together)))
        columns = []
        for _ in range(int(rng.integers(1, 7))):
            chosen = sets[rng.integers(len(sets))]
            t = rng.integers(0, 3, len(chosen))
            columns.append([sum(int(c) * found[k][i] for c, k in zip(t, chosen, strict=True)) for i in range(len(A))])
        if any(any(b) for b in columns):
            yield A, columns


FACTORS = list(factors())


def proved(M, faces, n):
    """The most columns that the checker believes in, with as many edges as there can be, and the face."""
    place = Place([tuple(int(i == j) for j in range(n)) for i in range(n)],
                  [{j for j in range(n) if j != i and M[i][j]} for i in range(n)])  # fmt: skip
    steps = []
    for A in faces:
        sets = check_cp_rank.cliques(place.near)
        steps.append({"cut": A, "copositive": proofs(A, sets, place.rays)})
        place = check_cp_rank.smaller(M, place, steps[-1])
    try:
        C = check_cp_rank.coordinates(M, place) if faces else M
    except Rejected:
        return 0, place
    edges = [(k, l) for k, l in combinations(range(len(C)), 2) if C[k][l]]
    free = nx.Graph()
    free.add_nodes_from(edges)
    for e, f in combinations(edges, 2):
        if not all(C[i][j] for i in e for j in f):
            free.add_edge(e, f)
    best = max(nx.find_cliques(free), key=len) if edges else []
    for value in range(len(M) ** 2, -1, -1):
        if check.check(at_least(M, value, *steps, edges=best)).proved:
            return value, place
    raise AssertionError


@pytest.mark.parametrize("k", range(len(FACTORS)))
def test_no_factor_has_fewer_columns_than_are_proved(k):
    A, columns = FACTORS[k]
    n, used = len(A), sum(any(b) for b in columns)
    M = [[sum(b[i] * b[j] for b in columns) for j in range(n)] for i in range(n)]
    plain, _ = proved(M, [], n)
    value, place = proved(M, [A], n)
    again, twice = proved(M, [A, A], n)
    assert plain <= used and value <= used and again <= used
    assert place.rays == sorted(place.rays, reverse=True) and set(twice.rays) <= set(place.rays)
    support = [[j for j in range(n) if M[i][j]] for i in range(n)]
    inside = [tuple(x) for x in minimal(A)
              if all(j in support[i] for i in range(n) if x[i] for j in range(n) if x[j] and i != j)]  # fmt: skip
    assert sorted(inside) == sorted(place.rays)
