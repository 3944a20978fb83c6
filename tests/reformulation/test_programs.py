"""Programs: atoms, recovery, known values, clear refusals."""

from itertools import product

import numpy as np
import pytest

import copos
from copos.arithmetic.simplex import descend, minimum
from copos.graphs import graph, read_dimacs
from copos.instances import GRAPHS, MATRICES
from copos.instances.graphs import complement, cycle, hamming
from copos.reformulation.binary_quadratic import binary_quadratic
from copos.reformulation.rank_constrained import rank_constrained
from copos.reformulation.stability_number import clique_number, stability_number, stable_set
from copos.reformulation.standard_quadratic import standard_quadratic
from tests.contracts import reformulation_contract


def claim(program, level=0, **options):
    return copos.lower_bound(program, level, certify=False, **options).claimed


# --- standard quadratic programs ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["population genetics", "portfolio", "pentagon, stability"])
def test_standard_quadratic_programs(name):
    record = MATRICES[name]
    level = 1 if name == "pentagon, stability" else 0
    bound = copos.bracket(standard_quadratic(record.matrix), level)
    assert bound.upper == pytest.approx(record.minimum, abs=1e-7)
    assert bound.claimed == pytest.approx(record.minimum, abs=1e-5)
    assert bound.proved and record.minimum - 1e-5 <= bound.lower <= bound.upper


def test_standard_quadratic_contract():
    rng = np.random.default_rng(0)
    Q = rng.standard_normal((5, 5))
    Q = Q + Q.T
    points = rng.dirichlet(np.ones(5), 5)
    reformulation_contract(standard_quadratic(Q), [(x, x @ Q @ x) for x in points])
    with pytest.raises(ValueError, match="point of the simplex"):
        standard_quadratic(Q).atom(2 * points[0])


@pytest.mark.parametrize("seed", range(5))
def test_descent_on_the_simplex(seed):
    """Never up, always in the simplex, and from every vertex to a point that satisfies the first-order conditions."""
    rng = np.random.default_rng(seed)
    Q = rng.standard_normal((8, 8))
    Q = Q + Q.T
    starts = rng.dirichlet(np.ones(8), 30)
    found = descend(Q, starts)
    assert found.min() >= 0 and found.sum(axis=1) == pytest.approx(1)
    before, after = (np.einsum("ki,ij,kj->k", x, Q, x) for x in (starts, found))
    assert (after <= before + 1e-12).all()
    x = minimum(Q)
    gradient, value = Q @ x, x @ Q @ x
    assert gradient.min() >= value - 1e-9 and np.abs(gradient[x > 1e-9] - value).max() <= 1e-9


def test_scaled_and_permuted_data_give_the_same_number():
    """Q + cE moves the value by c; order and redundant copies of a coordinate do not move it."""
    Q = MATRICES["portfolio"].matrix
    value, p = claim(standard_quadratic(Q)), np.array([3, 1, 4, 0, 2])
    assert claim(standard_quadratic(7 * Q + 2)) == pytest.approx(7 * value + 2, abs=1e-5)
    assert claim(standard_quadratic(Q[np.ix_(p, p)])) == pytest.approx(value, abs=1e-6)
    twice = np.r_[np.arange(5), 2]
    assert claim(standard_quadratic(Q[np.ix_(twice, twice)])) == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize(
    ("Q", "message"),
    [
        ([[1.0, 2.0]], "square"), (np.zeros((0, 0)), "nonempty"), ([[1.0, np.nan], [np.nan, 1.0]], "not finite"),
        ([[1.0, 2.0], [0.0, 1.0]], "must be symmetric"),
    ],
)  # fmt: skip
def test_bad_matrices(Q, message):
    with pytest.raises(ValueError, match=message):
        standard_quadratic(Q)


@pytest.mark.parametrize("w", [[1.0], [1.0, 0.0], [1.0, -1.0], [1.0, np.inf]])
def test_bad_multipliers(w):
    with pytest.raises(ValueError, match="2 positive numbers"):
        standard_quadratic(np.eye(2), multiplier=w)


# --- stability numbers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("edges", ["weighted", "vanishing"])
def test_stability_contract(edges):
    program = stability_number(cycle(6), edges)
    sets = [(0,), (0, 2), (1, 3, 5)]
    value = (lambda s: 1 / len(s)) if edges == "weighted" else (lambda s: -len(s))
    reformulation_contract(program, [(s, value(s)) for s in sets])
    for s in sets:
        assert program.interpret(value(s)) == pytest.approx(len(s))
    for bad in ((), (0, 1), (0, 0)):
        with pytest.raises(ValueError, match="not a nonempty stable set"):
            program.atom(bad)


@pytest.mark.parametrize("name", ["cycle 7", "complement of petersen", "paley 13"])
def test_both_programs_agree_at_level_zero_and_vanishing_edges_are_no_weaker_later(name):
    record = GRAPHS[name]
    programs = [stability_number(record.adjacency, e) for e in ("weighted", "vanishing")]
    first = [p.interpret(claim(p)) for p in programs]
    assert first[0] == pytest.approx(first[1], rel=1e-5)
    second = [p.interpret(claim(p, 1)) for p in programs]
    assert record.stability - 1e-5 <= second[1] <= second[0] + 1e-5


@pytest.mark.parametrize(
    ("graph", "number"), [(hamming(6, [4, 5, 6]), 4), (complement(GRAPHS["complement of johnson8-2-4"].adjacency), 4)]
)
def test_cliques_of_dimacs_graphs(graph, number):
    """hamming6-4 and johnson8-2-4: level 0 is 4 on both, where the Lovász number of the first is 16/3."""
    program = clique_number(graph)
    bound = copos.bracket(program, certify=False)
    assert program.interpret(bound.claimed) == pytest.approx(number, abs=1e-5)
    assert program.interpret(bound.upper) == number
    chosen = list(bound.found.solution)
    assert graph[np.ix_(chosen, chosen)].sum() == number * (number - 1)
    assert f"{graph.sum() // 2} edges" in program.name
    with pytest.raises(ValueError, match="nonempty clique"):
        program.atom(())


def test_a_proved_bound_on_the_stability_number():
    program = stability_number(GRAPHS["complement of petersen"].adjacency)
    bound = copos.bracket(program, 1)
    assert bound.proved and bound.lower <= 0.5 == bound.upper
    assert np.floor(program.interpret(bound.lower)) == 2 == program.interpret(bound.upper)
    assert program.interpret(-np.inf) == np.inf


def test_graphs_come_from_networkx_and_from_files(tmp_path):
    networkx = pytest.importorskip("networkx")
    G = networkx.relabel_nodes(networkx.cycle_graph(5), dict(enumerate("abcde")))
    assert (graph(G).adjacency == cycle(5)).all() and graph(G).labels == tuple("abcde")
    program = stability_number(G)
    found = copos.upper_bound(program).found
    assert set(found.solution) <= set("abcde") and not G.subgraph(found.solution).edges
    file = tmp_path / "c5.col"
    file.write_text("c a pentagon\np edge 5 5\n" + "".join(f"e {k + 1} {(k + 1) % 5 + 1}\n" for k in range(5)))
    assert (read_dimacs(file).adjacency == cycle(5)).all() and read_dimacs(file).labels == (1, 2, 3, 4, 5)
    assert claim(stability_number(file)) == pytest.approx(claim(program), abs=1e-8)
    with pytest.raises(ValueError, match="undirected"):
        graph(networkx.DiGraph([(0, 1)]))
    with pytest.raises(ValueError, match="loop"):
        graph(networkx.Graph([(0, 0)]))
    with pytest.raises(ValueError, match="no vertices"):
        graph(networkx.Graph())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no line"), ("e 1 2\n", "line 1"), ("p edge 2 1\ne 1 3\n", "outside 1"), ("p edge 2 1\ne 1\n", "line 2"),
        ("p edge 2 1\ne 1 1\n", "loop"), ("p edge 2 1\nx 1 2\n", "line 2"), ("p edge 2 1\np edge 2 1\n", "line 2"),
    ],
)  # fmt: skip
def test_bad_graph_files(tmp_path, text, message):
    file = tmp_path / "bad.col"
    file.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_dimacs(file)


@pytest.mark.parametrize("source", [np.ones((2, 3)), np.ones((2, 2)), [[0, 2], [2, 0]], [[0, 1], [0, 0]], "no file"])
def test_bad_graphs(source):
    with pytest.raises(ValueError):
        stability_number(source)


def test_stable_sets_are_stable_and_maximal():
    rng = np.random.default_rng(0)
    for n in (1, 2, 12, 40):
        A = np.triu(rng.random((n, n)) < 0.4, 1)
        A = A | A.T
        chosen = list(stable_set(A))
        assert not A[np.ix_(chosen, chosen)].any()
        assert all(A[v, chosen].any() for v in set(range(n)) - set(chosen))
    assert len(stable_set(complement(hamming(4, [1])).astype(bool))) == 2


# --- binary quadratic programs -----------------------------------------------------------------------------------


def enumerate_binary(Q, c, A, b, pairs):
    best = np.inf
    for bits in product((0.0, 1.0), repeat=len(c)):
        x = np.array(bits)
        if np.abs(A @ x - b).max(initial=0) == 0 and not any(x[i] * x[j] for i, j in pairs):
            best = min(best, x @ Q @ x + c @ x)
    return best


CONSTRAINTS = {
    "none": (np.zeros((0, 6)), np.zeros(0), ()),
    "cardinality": (np.ones((1, 6)), np.array([3.0]), ()),
    "two equations": (np.array([[1.0, 2, 0, 1, 1, 0], [0, 1, 1, 2, 0, 1]]), np.array([3.0, 3.0]), ()),
    "pairs": (np.zeros((0, 6)), np.zeros(0), ((0, 1), (2, 3))),
    "both": (np.ones((1, 6)), np.array([2.0]), ((0, 1),)),
}


@pytest.mark.parametrize("equations", ["slice", "squared"])
@pytest.mark.parametrize("constraints", CONSTRAINTS)
@pytest.mark.parametrize("seed", [0, 1])
def test_binary_programs_against_enumeration(constraints, equations, seed):
    rng = np.random.default_rng(seed)
    Q, c = rng.integers(-5, 6, (6, 6)), rng.integers(-5, 6, 6).astype(float)
    Q = (Q + Q.T).astype(float)
    A, b, pairs = CONSTRAINTS[constraints]
    exact = enumerate_binary(Q, c, A, b, pairs)
    program = binary_quadratic(Q, c, A, b, complementary=pairs, equations=equations)
    bound = copos.bracket(program, 0, certify=False)
    assert bound.claimed <= exact + 1e-5 and bound.upper == exact
    assert claim(program, 1) == pytest.approx(exact, abs=1e-4)
    points = [np.array(p) for p in product((0.0, 1.0), repeat=6)]
    feasible = [x for x in points if np.abs(A @ x - b).max(initial=0) == 0 and not any(x[i] * x[j] for i, j in pairs)]
    reformulation_contract(program, [(x, x @ Q @ x + c @ x) for x in feasible[:4]])


def test_sliced_equations_cost_no_coordinates():
    Q = np.eye(6)
    A, b, _ = CONSTRAINTS["two equations"]
    assert binary_quadratic(Q, A=A, b=b).cone.dim == 5
    assert binary_quadratic(Q, A=A, b=b, equations="squared").cone.dim == 7


def test_mixed_binary_with_equations_and_complementarity():
    """min −y_1 − y_2/2 + u² − 2u + v²/4, u + v = 2, u ≤ 1.5, y_1u = 0, y binary.

    y_2 = 1. With y_1 = 1, u = 0, v = 2 the value is −1 − ½ + 1 = −½; with y_1 = 0 it is least at u = 1.2, −1.3.
    """
    Q, c = np.diag([0.0, 0.0, 1.0, 0.25]), np.array([-1.0, -0.5, -2.0, 0.0])
    upper = [1, 1, 1.5, np.inf]
    program = binary_quadratic(Q, c, [[0, 0, 1, 1]], [2], binary=[0, 1], upper=upper, complementary=[(0, 2)])
    u = np.linspace(0, 1.5, 15001)
    exact = min(-0.5, (-0.5 + u**2 - 2 * u + (2 - u) ** 2 / 4).min())
    bound = copos.bracket(program, 0, certify=False)
    assert exact == pytest.approx(-1.3, abs=1e-7)
    assert bound.claimed == pytest.approx(exact, abs=1e-5) and bound.upper == pytest.approx(exact, abs=1e-6)


BOX = """
-39 -25 | -45 -40 3 | -2 -33 -17 9 | -1 25 -7 22 -4 | -45 -47 24 -1 49 -37 | -34 -42 -41 -47 21 15 -2
-18 33 0 -21 39 41 -48 -41 | 20 -25 22 32 21 -11 7 15 36 | 16 -14 -22 -49 16 -11 -27 -16 -44 -34
-42 17 -9 5 -25 -27 -2 -29 18 -25 -16 | -20 -7 -6 10 41 -10 -36 42 -3 -5 -38 -8
0 -44 13 27 -11 6 35 23 20 38 -36 5 40 | -38 -21 0 22 -46 -35 4 35 24 41 12 8 30 12
35 23 1 -21 -24 35 21 -20 33 39 41 -39 11 0 11 | 2 39 35 -12 -18 -44 46 40 47 33 -7 -43 36 46 20 -33
-42 -16 -16 -42 31 0 -26 6 -23 -47 23 15 9 -28 -18 40 27
-17 7 -25 2 -13 -6 -38 23 40 31 -46 34 47 -41 25 31 5 -11
40 21 -5 13 -17 19 44 -49 47 -38 -18 24 25 -25 47 32 37 -8 -17
23 48 47 35 7 -19 1 9 -25 23 -48 5 -48 8 -38 9 -36 -45 28 20
47 37 -48 -47 27 28 15 46 -12 12 38 -19 -25 38 13 19 41 -4 25 18 -17
"""


def test_box_constrained_program():
    """spar020-100-2 [VandenbusscheNemhauser2005]: max ½x'Qx + c'x on the unit box is 856.5; SDP + RLT gives 857.908."""
    columns = [[float(v) for v in part.split()] for line in BOX.strip().splitlines() for part in line.split("|")]
    Q, c = np.zeros((20, 20)), np.zeros(20)
    for j, (linear, *upper) in enumerate(columns):
        c[j], Q[j, : j + 1], Q[: j + 1, j] = linear, upper, upper
    program = binary_quadratic(-Q / 2, -c, binary=[], upper=np.ones(20))
    bound = copos.bracket(program, 0, certify=False)
    assert -bound.upper == pytest.approx(856.5, abs=1e-6)
    assert -bound.claimed == pytest.approx(857.908, abs=2e-3)  # three decimals were published


def test_recovery_that_fails_says_so():
    program = binary_quadratic(np.eye(2), A=[[2.0, 2.0]], b=[3.0])  # no 0/1 point
    bound = copos.bracket(program, 0, certify=False)
    assert bound.found is None or bound.found.solution is None
    assert bound.upper == np.inf


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"c": [1.0]}, "c must have 2 entries"), ({"A": [[1.0, 1.0]]}, "go together"), ({"binary": [2]}, "from 0 to 1"),
        ({"A": [[1.0]], "b": [1.0]}, "one row of 2"), ({"complementary": [(0, 0)]}, "two different"),
        ({"complementary": [(0, 5)]}, "indices from 0"), ({"upper": [0.5, 1.0]}, "below 1"),
        ({"binary": [], "upper": [-1, 1]}, "nonnegative"), ({"equations": "both"}, "slice, squared"),
        ({"A": [[0.0, 0.0]], "b": [1.0]}, "no solution"), ({"A": [[np.nan, 0.0]], "b": [1.0]}, "finite"),
    ],
)  # fmt: skip
def test_bad_binary_programs(change, message):
    with pytest.raises(ValueError, match=message):
        binary_quadratic(np.eye(2), **change)


# --- rank ---------------------------------------------------------------------------------------------------------

UNIT_DIAGONAL = [(np.diag(e), 1.0) for e in np.eye(5)]


@pytest.mark.parametrize(("rank", "value"), [(1, -6.0), (2, 10 * np.cos(4 * np.pi / 5))])
def test_cuts_of_the_pentagon(rank, value):
    """min <A, X>, X_ii = 1: rank 1 is the largest cut, 4 edges of 5; rank 2 has the pentagram of Goemans–Williamson."""
    program = rank_constrained(cycle(5), UNIT_DIAGONAL, rank)
    bound = copos.bracket(program, 0, certify=False)
    assert bound.claimed == pytest.approx(value, abs=1e-5) and bound.upper == pytest.approx(value, abs=1e-7)
    assert np.linalg.matrix_rank(bound.found.solution, tol=1e-6) == rank


@pytest.mark.parametrize(("rank", "strengthen"), [(1, ()), (2, ("projection",)), (3, ())])
def test_least_eigenvalue(rank, strengthen):
    """min <C, X>, tr X = 1 is λ_min for every rank."""
    C = np.diag([1.0, -2.0, 3.0]) + np.ones((3, 3))
    program = rank_constrained(C, [(np.eye(3), 1.0)], rank, strengthen=strengthen)
    bound = copos.bracket(program, 0)
    least = np.linalg.eigvalsh(C)[0]
    assert bound.upper == pytest.approx(least, abs=1e-7) and bound.claimed == pytest.approx(least, abs=1e-5)
    assert not bound.proved or bound.lower <= least + 1e-9


def test_no_equation_at_all():
    bound = copos.upper_bound(rank_constrained(np.eye(2), [], 1))
    assert bound.upper == pytest.approx(0, abs=1e-9)


def test_rank_contract():
    rng = np.random.default_rng(0)
    C = rng.standard_normal((4, 4))
    C = C + C.T
    F = rng.standard_normal((3, 4, 2))
    matrices = [f @ f.T / np.trace(f @ f.T) for f in F]
    program = rank_constrained(C, [(np.eye(4), 1.0)], 2, trace_bound=2.0, strengthen=("projection",))
    reformulation_contract(program, [(X, (C * X).sum()) for X in matrices])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.eye(2), [], 0), "from 1 to 2"), ((np.eye(2), [], 3), "from 1 to 2"), ((np.eye(2), [], True), "integer"),
        ((np.eye(2), [(np.eye(3), 1.0)], 1), "must be 2×2"), ((np.eye(2), [(np.eye(2), np.nan)], 1), "finite"),
        ((np.eye(2), [(np.zeros((2, 2)), 1.0)], 1), "contradict"), ((np.eye(2), [], 1, -1.0), "positive number"),
        ((np.eye(2), [], 1, None, ("magic",)), "unknown strengthening"),
    ],
)  # fmt: skip
def test_bad_rank_programs(arguments, message):
    with pytest.raises(ValueError, match=message):
        rank_constrained(*arguments)
