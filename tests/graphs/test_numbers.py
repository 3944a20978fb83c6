"""α, ω, ϑ, χ: against enumeration, on graphs of known numbers, and on graphs that make no sense."""

from fractions import Fraction
from itertools import combinations

import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp

import copos
from copos.graphs import dense, proving
from copos.graphs.large import clique_cover, colouring
from copos.graphs.local import heavy_set, taken_in_order
from copos.graphs.presolve import components, reduce
from copos.instances import GRAPHS
from copos.instances.graphs import cycle, johnson, petersen
from tests.checker.test_graphs import drawn, heaviest

NUMBERS = [
    ("pentagon", cycle(5), 2, 2, 3), ("petersen", petersen(), 4, 2, 3), ("edge", [[0, 1], [1, 0]], 1, 2, 2),
    ("vertex", [[0]], 1, 1, 1), ("edgeless", np.zeros((6, 6)), 6, 1, 1), ("complete", 1 - np.eye(6), 1, 6, 6),
    ("two triangles", np.kron(np.eye(2), 1 - np.eye(3)), 2, 3, 3), 
    ("bipartite", nx.complete_bipartite_graph(3, 5), 5, 2, 2),
    ("tree", nx.balanced_tree(2, 3), 10, 2, 2), ("kneser 6 2", johnson(6, 2, [0]), 5, 3, 4),
    ("wheel", nx.wheel_graph(6), 2, 3, 4),
]  # fmt: skip


@pytest.mark.parametrize(("name", "graph", "alpha", "omega", "chi"), NUMBERS, ids=[row[0] for row in NUMBERS])
def test_known_numbers(name, graph, alpha, omega, chi):
    stable, clique = copos.maximum_stable_set(graph), copos.maximum_clique(graph)
    assert (stable.lower, stable.upper, clique.lower, clique.upper) == (alpha, alpha, omega, omega)
    assert stable.proved and clique.proved and repr(stable).startswith(f"α = {alpha}, proved: {{")
    colours = copos.chromatic_number(graph)
    assert colours.lower <= chi <= colours.upper and colours.proved
    assert sum(map(len, colours.classes)) == stable.graph.n and len(colours.classes) == colours.upper
    values = [copos.theta(graph, variant) for variant in ("schrijver", "lovasz", "szegedy")]
    assert alpha <= values[0].bound and all(v.proved for v in values)
    assert values[0].value <= values[1].value + 1e-4 and values[1].value <= values[2].value + 1e-4


@pytest.mark.parametrize("name", ["petersen", "complement of the icosahedron", "cycle 7", "paley 13"])
def test_theta_is_that_of_the_table(name):
    record = GRAPHS[name]
    found = copos.theta(record.adjacency, "schrijver")
    assert found.value == pytest.approx(record.values["sdp", 0], abs=1e-4)
    assert record.values["sdp", 0] <= float(found.upper) + 1e-9 and found.verify().proved


@pytest.mark.parametrize("seed", range(25))
def test_random_weighted_graphs_against_enumeration(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 11))
    near = drawn(rng, n, rng.random())
    A = np.array([[j in near[i] for j in range(n)] for i in range(n)]).astype(int)
    w = [Fraction(int(v), int(d)) for v, d in zip(rng.integers(0, 9, n), rng.integers(1, 4, n), strict=True)]
    apart = {i: set(range(n)) - near[i] - {i} for i in range(n)}
    for found, truth in ((copos.maximum_stable_set(A, w), heaviest(near, w)),
                         (copos.maximum_clique(A, w), heaviest(apart, w))):  # fmt: skip
        assert found.lower == found.upper == truth and found.proved
        assert found.verify().proved and found.shown.verify(data=found.graph.tables).proved


@pytest.mark.parametrize("seed", range(20))
def test_reductions_lose_nothing(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 12))
    near, w = drawn(rng, n, 0.3), dict(enumerate(rng.integers(1, 4, n).tolist()))
    small = reduce({v: set(others) for v, others in near.items()}, dict(w))
    place = {v: k for k, v in enumerate(sorted(small.near))}
    left = {place[v]: {place[j] for j in others} for v, others in small.near.items()}
    weights = [small.w[v] for v in sorted(small.near)]
    assert small.offset + heaviest(left, weights) == heaviest(near, list(w.values()))
    best = heavy_set(small.near, small.w)
    chosen = small.lifted(best)
    assert all(near[v].isdisjoint(chosen) for v in chosen)
    assert sum(w[v] for v in chosen) >= small.offset + sum(small.w[v] for v in best)


def test_bit_sets_prove_or_find_a_heavier_set():
    rng = np.random.default_rng(1)
    for weights in (False, True):
        near = drawn(rng, 14, 0.4)
        w = rng.integers(1, 5, 14).tolist() if weights else [1] * 14
        alpha = heaviest(near, w)
        assert dense.prove(near, dict(enumerate(w)), alpha, lambda: None)[-1] == ["end", 0]
        with pytest.raises(dense.Heavier) as caught:
            dense.prove(near, dict(enumerate(w)), alpha - 1, lambda: None)
        assert sum(w[v] for v in caught.value.chosen) == alpha


def test_a_sparse_graph_of_thousands_of_vertices():
    G = nx.gnm_random_graph(3000, 3600, seed=1)
    found = copos.maximum_stable_set(G, time_limit=5, states=200)
    assert found.proved and found.lower <= found.upper <= found.lower * 1.01 and G.subgraph(found.vertices).size() == 0
    clique = copos.maximum_clique(G)
    assert clique.closed and clique.proved and clique.lower >= 2
    A = nx.to_scipy_sparse_array(G)
    assert copos.maximum_clique(A).upper == clique.upper
    with pytest.raises(ValueError, match=r"20000 vertices.*GB.*maximum_stable_set"):
        copos.stability_number(sp.coo_array((20_000, 20_000)))
    with pytest.raises(ValueError, match="at most 2000"):
        copos.theta(sp.coo_array((2_001, 2_001)))


def test_three_hundred_vertices_with_fewer_than_two_edges_each():
    G = nx.gnm_random_graph(300, 450, seed=3)
    found = copos.maximum_stable_set(G)
    assert found.closed and found.proved and found.seconds < 20


def test_what_branch_and_bound_leaves_open_is_still_proved():
    A = johnson(8, 2, [0])
    found = copos.maximum_clique(A, states=0)  # ϑ' is enough
    assert found.lower == found.upper == 4 and found.proved and "matrix" in str(found.certificate.proof["tree"])
    weak = copos.maximum_clique(A, states=0, matrix=False)
    assert weak.proved and weak.lower <= 4 <= weak.upper and weak.reason == "a gap is left"
    assert repr(weak).startswith(f"{weak.lower} ≤ ω ≤ {weak.upper}, proved: {{")


def test_weights_in_every_form():
    G = nx.path_graph(["a", "b", "c"])
    nx.set_node_attributes(G, {"a": 1, "b": 3, "c": 1}, "mass")
    by_name = copos.maximum_stable_set(G, "mass")
    assert by_name.lower == 3 and by_name.vertices == ("b",)
    assert copos.maximum_stable_set(G, {"b": "7/2"}).upper == Fraction(7, 2)
    assert copos.maximum_stable_set(G, [1, 0, 0.5]).lower == Fraction(3, 2)
    assert copos.maximum_stable_set(G, 2).lower == 4
    assert copos.maximum_stable_set(G, [0, 0, 0]).upper == 0
    huge = copos.maximum_stable_set(G, [10**40, 1, Fraction(1, 10**40)])
    assert huge.closed and huge.proved and huge.lower == 10**40 + Fraction(1, 10**40)


@pytest.mark.parametrize(("weights", "message"), [
    ([1, -1, 1], "vertex 'b' is -1"), ([1, 1], "expected 3 weights"), ({"z": 1}, "'z' is no vertex"),
    ([1, float("nan"), 1], "finite"), ([1, "x", 1], "vertex 'b' is 'x'"), ("mass", "no attribute 'mass'"),
    ([1, float("inf"), 1], "finite"), ([[1, 2], [3, 4]], "expected 3 weights"), (True, "weight"),
])  # fmt: skip
def test_weights_that_are_none(weights, message):
    with pytest.raises(ValueError, match=message):
        copos.maximum_stable_set(nx.path_graph(["a", "b", "c"]), weights)


@pytest.mark.parametrize(("graph", "message"), [
    (nx.DiGraph([(0, 1)]), "undirected"), (nx.Graph([(0, 0)]), "loop at 0"), (nx.Graph(), "no vertices"),
    (np.zeros((0, 0)), "nonempty"), (np.ones((2, 2)), "zero diagonal"), ("nothing.g6", "no such file"),
    (sp.coo_array(([1], ([0], [1])), (2, 2)), "symmetric"), ([[0, 2], [2, 0]], "0 and 1"), (5, "expected a networkx"),
    (sp.coo_array((2, 3)), "square"), (sp.coo_array(([1.0, np.nan], ([0, 1], [1, 0])), (2, 2)), "finite"),
])  # fmt: skip
@pytest.mark.parametrize("call", [copos.maximum_stable_set, copos.maximum_clique, copos.theta, copos.chromatic_number])
def test_what_is_no_graph_is_refused(call, graph, message):
    with pytest.raises(ValueError, match=message):
        call(graph)


def test_parallel_edges_are_one_and_multigraphs_are_graphs():
    G = nx.MultiGraph([("x", "y"), ("x", "y"), ("y", "z")])
    assert copos.maximum_stable_set(G).vertices == ("x", "z") and copos.maximum_stable_set(G).graph.m == 2


def test_components_and_twins():
    near = {0: {1}, 1: {0}, 2: set(), 3: {4}, 4: {3}}
    assert components(near) == [[0, 1], [2], [3, 4]]
    star = {0: {1, 2, 3}, 1: {0}, 2: {0}, 3: {0}}
    assert reduce(star, dict.fromkeys(range(4), 1)).offset == 3
    cycle4 = {i: {(i - 1) % 4, (i + 1) % 4} for i in range(4)}
    small = reduce(cycle4, {0: 1, 1: 5, 2: 1, 3: 5})
    assert small.offset == 10 and not small.near


def test_bounds_hold_for_covers_by_cliques_of_random_graphs():
    for seed in range(8):
        G = nx.gnp_random_graph(9, 0.5, seed=seed)
        cliques = [set(C) for C in nx.enumerate_all_cliques(G)]
        least = next(k for k in range(1, 10) if any(
            set().union(*some) == set(G) for some in combinations([C for C in map(set, nx.find_cliques(G))], k)))
        found = copos.clique_cover_number(G)
        assert found.proved and found.lower <= least <= found.upper
        assert all(set(C) in cliques for C in found.classes)
        colours = copos.chromatic_number(nx.complement(G))
        assert (colours.lower, colours.upper) == (found.lower, found.upper)


def hidden_set(n, size, rng):
    """A graph with α = size: so many cliques cover it, and one vertex of each is in no other edge [Sanchis1992]."""
    part = np.sort(np.r_[np.arange(size), rng.integers(0, size, n - size)])
    first = np.r_[True, part[1:] != part[:-1]]
    H = (part[:, None] == part[None]) | ((rng.random((n, n)) < 0.2) & ~(first[:, None] & first[None]))
    H = (np.triu(H, 1) | np.triu(H, 1).T).astype(int)
    order = rng.permutation(n)
    return H[np.ix_(order, order)]


@pytest.mark.parametrize("seed", range(3))
def test_the_matrix_of_theta_shows_a_set_that_no_search_has_found(seed, monkeypatch):
    A = hidden_set(40, 11, np.random.default_rng(seed))
    near = {i: set(np.flatnonzero(row).tolist()) for i, row in enumerate(A)}
    w = dict.fromkeys(near, 1)
    found, chosen = proving._matrix(near, w, 1, 40, 1, float("inf"))
    assert found is not None and found[0] == len(chosen) == 11
    assert not any(near[v] & chosen for v in chosen)
    monkeypatch.setattr(proving, "heavy_set", lambda near, w, *more, **options: {min(near)})
    monkeypatch.setattr(proving, "FIRST_SPARSE", 0)
    monkeypatch.setattr(proving, "FIRST", 0)
    number = copos.maximum_stable_set(A, states=0)
    assert number.lower == number.upper == 11 and number.proved


def test_vertices_are_taken_in_their_order():
    path = {0: {1}, 1: {0, 2}, 2: {1}}
    assert taken_in_order(path, [1, 0, 2]) == {1}
    assert taken_in_order(path, [2, 1, 0]) == {0, 2}


def test_large_graphs_have_bounds_of_sets_and_classes():
    G = nx.gnm_random_graph(4000, 6000, seed=1)
    G.add_edges_from((i, j) for i in range(5) for j in range(i))  # a clique of five
    colours = copos.chromatic_number(G)
    assert (colours.lower, colours.proved) == (5, True) and 5 <= colours.upper <= 6
    assert {G.subgraph(C).number_of_edges() for C in colours.classes} == {0}
    assert sorted(v for C in colours.classes for v in C) == sorted(G)
    assert "≥ 5 for the graph" in colours.verify().claim
    cover = copos.clique_cover_number(G)
    assert cover.proved and 0.98 * cover.upper <= cover.lower <= cover.upper == len(cover.classes)
    assert all(G.subgraph(C).number_of_edges() == len(C) * (len(C) - 1) // 2 for C in cover.classes)
    assert sorted(v for C in cover.classes for v in C) == sorted(G)
    assert "4000 vertices are too many for ϑ⁺: the bound from below is a stable set" in cover.reason


def test_bounds_of_large_graphs_where_they_are_known():
    odd, even = nx.cycle_graph(2101), nx.complete_bipartite_graph(5, 2000)
    assert repr(copos.chromatic_number(even)) == "χ = 2, proved"
    found = copos.chromatic_number(odd)
    assert (found.lower, found.upper, found.proved) == (2, 3, True)
    cover = copos.clique_cover_number(odd)
    assert (cover.lower, cover.proved) == (1050, True) and 1051 <= cover.upper <= 1052
    assert repr(copos.chromatic_number(nx.empty_graph(2500))) == "χ = 1, proved"
    assert copos.clique_cover_number(nx.empty_graph(2500)).lower == 2500


def test_greedy_classes_of_small_graphs_are_what_they_should_be():
    rng = np.random.default_rng(0)
    for n in (1, 2, 7, 12):
        for _ in range(20):
            A = np.triu(rng.random((n, n)) < rng.random(), 1)
            near = [set(np.flatnonzero((A | A.T)[v]).tolist()) for v in range(n)]
            for classes, together in ((colouring(near), False), (clique_cover(near), True)):
                assert sorted(v for C in classes for v in C) == list(range(n))
                assert all((j in near[i]) == together for C in classes for i in C for j in C if i != j)
