"""Graphs in the checker: what it accepts is true by enumeration, and its programs are those of the package."""

import json
from fractions import Fraction
from itertools import combinations, permutations, product

import numpy as np
import pytest

import copos
from copos.certificate.problem import program_problem
from copos.checker import check
from copos.checker import check_graph_tree as trees
from copos.checker.check_data import Data
from copos.checker.check_graph_numbers import cover
from copos.checker.check_identity import program as read_program
from copos.checker.check_questions import QUESTIONS, agree
from copos.graphs import proving
from copos.reformulation.quadratic.lift import Lift
from tests.checker import forgeries_graphs as forgeries


def drawn(rng, n, share=0.5):
    """Neighbours of a random graph."""
    near = {v: set() for v in range(n)}
    for i, j in combinations(range(n), 2):
        if rng.random() < share:
            near[i].add(j)
            near[j].add(i)
    return near


def heaviest(near, w):
    """α(G, w) by enumeration."""
    n, best = len(w), 0
    for S in range(1 << n):
        inside = [v for v in range(n) if S >> v & 1]
        if all(near[v].isdisjoint(inside) for v in inside):
            best = max(best, sum(w[v] for v in inside))
    return best


@pytest.mark.parametrize("make", forgeries.ACCEPTED)
def test_honest_questions_are_made(make):
    rebuilt = make()
    assert rebuilt.program.dim > 0 and rebuilt.say("lower bound", 1) != rebuilt.say("upper bound", 1)


@pytest.mark.parametrize("seed", range(30))
def test_whatever_the_matrix_no_stable_set_weighs_more(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 8))
    near, w = drawn(rng, n), [Fraction(int(v), 2) for v in rng.integers(1, 6, n)]
    alpha, order = heaviest(near, w), list(range(n))
    for scale in (1, 2, 5):
        B = rng.integers(-scale, scale + 1, (n, n)).tolist()
        G = [[sum(a * b for a, b in zip(B[i], B[j], strict=True)) for j in range(i + 1)] for i in range(n)]
        values = [trees.theta(order, near, w, G, 4, name) for name in ("schrijver", "lovasz", "szegedy")]
        assert alpha <= values[0] <= values[1] <= values[2]


@pytest.mark.parametrize("seed", range(30))
def test_whatever_the_matrix_no_cover_by_cliques_is_lighter(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 7))
    near, w = drawn(rng, n), rng.integers(1, 4, n).tolist()
    cliques = [C for k in range(1, n + 1) for C in combinations(range(n), k)
               if all(j in near[i] for i, j in combinations(C, 2))]  # fmt: skip
    linprog = pytest.importorskip("scipy.optimize").linprog
    A = np.array([[float(v in C) for C in cliques] for v in range(n)])
    least = linprog(np.ones(len(cliques)), A_ub=-A, b_ub=-np.array(w, dtype=float)).fun  # with fractions
    for scale in (1, 3):
        B = rng.integers(-scale, scale + 1, (n, n)).tolist()
        G = [[sum(a * b for a, b in zip(B[i], B[j], strict=True)) for j in range(i + 1)] for i in range(n)]
        if any(row[-1] for row in G):
            assert float(cover(near, w, G)) <= least + 1e-9


@pytest.mark.parametrize("seed", range(40))
def test_a_tree_proves_the_stability_number_and_nothing_below(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 11))
    near, w = drawn(rng, n, rng.choice([0.2, 0.5, 0.8])), rng.integers(1, 5, n).tolist()
    alpha = heaviest(near, w)
    copy = {v: set(others) for v, others in near.items()}
    answer = proving.solve(copy, dict(enumerate(w)), proving.Budget(10_000, float("inf")))
    assert answer.upper == alpha == sum(w[v] for v in answer.chosen)
    assert all(near[v].isdisjoint(answer.chosen) for v in answer.chosen)

    def proved(value):
        state = trees.State({v: set(others) for v, others in near.items()}, dict(enumerate(w)), value)
        try:
            trees.tree(state, json.loads(json.dumps(answer.items)))
        except trees.Rejected:
            return False
        return True

    assert proved(alpha) and proved(alpha + 1) and not proved(alpha - 1)


def test_altered_trees_never_prove_what_is_false():
    rng = np.random.default_rng(0)
    accepted = 0
    for _ in range(60):
        n = int(rng.integers(4, 9))
        near, w = drawn(rng, n, 0.4), [1] * n
        alpha = heaviest(near, w)
        copy = {v: set(others) for v, others in near.items()}
        items = proving.solve(copy, dict(enumerate(w)), proving.Budget(1000, float("inf"))).items
        for _ in range(20):
            text = json.dumps(items)
            digits = [k for k, c in enumerate(text) if c.isdigit()]
            k = digits[int(rng.integers(len(digits)))]
            other = json.loads(text[:k] + str(int(rng.integers(10))) + text[k + 1 :]) if rng.random() < 0.7 else [
                *items[: int(rng.integers(len(items)))], *items[int(rng.integers(len(items))) :]]  # fmt: skip
            state = trees.State({v: set(others) for v, others in near.items()}, dict(enumerate(w)), alpha - 1)
            try:
                trees.tree(state, other)
            except (trees.Rejected, trees.Unreadable):
                continue
            accepted += 1
    assert accepted == 0


CASES = [
    copos.max_cut([[0, 1, "1/2"], [1, 0, -2], ["1/2", -2, 0]]), copos.max_cut([[0]]),
    copos.graph_partition([[0, 1, 2, 0], [1, 0, 0, 1], [2, 0, 0, 3], [0, 1, 3, 0]], [2, 2]),
    copos.graph_partition([[0, 1, 2, 0], [1, 0, 0, 1], [2, 0, 0, 3], [0, 1, 3, 0]], [1, 3]),
    copos.graph_partition([[0, 1, 2], [1, 0, 3], [2, 3, 0]], [1, 1, 1]),
    copos.graph_partition([[0, 1, 0, 5], [1, 0, 3, 0], [0, 3, 0, 2], [5, 0, 2, 0]], [1, 1, 2]),
    copos.quadratic_assignment([[1, 2, 0], [0, 1, 4], [1, 0, 0]], [[0, 1, 2], [1, 5, 1], [2, 1, 0]]),
    copos.quadratic_assignment([[0, 2], [0, 0]], [[0, 1], [1, 0]], [[1, 0.5], [0, 3]]),
    copos.quadratic_assignment(np.ones((4, 4)), [[0, 1, 2, 1], [1, 0, 1, 2], [2, 1, 0, 1], [1, 2, 1, 0]]),
]  # fmt: skip


@pytest.mark.parametrize("problem", CASES, ids=lambda problem: problem.name)
def test_the_checker_makes_the_same_program(problem):
    program = Lift(problem).program
    question = json.loads(json.dumps(dict(program.question)))
    made = QUESTIONS[question["type"]](question, Data(None))
    agree(read_program(program_problem(program)), made.program)


@pytest.mark.parametrize("problem", CASES, ids=lambda problem: problem.name)
def test_the_program_has_the_value_of_the_combinatorial_problem(problem):
    """Every 0–1 point that the program admits is a solution, and the best of them is the optimum."""
    points = product((0, 1), repeat=problem.n) if problem.n < 10 else (  # else three parts of four vertices
        np.eye(3, dtype=int)[list(parts)].ravel().tolist() for parts in product(range(3), repeat=4))  # fmt: skip
    values = [problem.value(x) for x in points if len(x) == problem.n and not problem.violated(list(x))]
    if problem.n > 12:
        A, B = (np.array(problem.source.tables[name], dtype=object) for name in "AB")
        n = len(A)
        values = [sum(A[i][j] * B[p[i]][p[j]] for i in range(n) for j in range(n)) for p in permutations(range(n))]
    best = max(values) if problem.sense == "max" else min(values)
    found = copos.bracket(problem, tolerance=1e-6)
    assert Fraction(found.lower) - Fraction(1, 10**4) <= best <= Fraction(found.upper) + Fraction(1, 10**4)
    assert found.closed and found.verify().proved


@pytest.mark.parametrize("edges", ["weighted", "vanishing"])
@pytest.mark.parametrize("make", [copos.stability_number, copos.clique_number])
def test_weighted_programs_are_made_anew(make, edges):
    path, w = [[0, 1, 0], [1, 0, 1], [0, 1, 0]], [1, "5/2", "4/3"]
    program = make(path, edges, weights=w)
    made = QUESTIONS[program.question["type"]](json.loads(json.dumps(dict(program.question))), Data(None))
    agree(read_program(program_problem(program)), made.program)
    found = copos.bracket(program)
    value = Fraction(5, 2) if make is copos.stability_number else Fraction(23, 6)
    assert abs(program.interpret(found.upper) - float(value)) < 1e-9
    assert program.interpret(found.lower) >= float(value) - 1e-9
    said = found.certificate.verify(program)
    assert said.proved and ("α(G, w)" if make is copos.stability_number else "ω(G, w)") in said.claim


def test_a_claim_about_weights_is_no_claim_about_other_weights():
    found = copos.maximum_stable_set([[0, 1], [1, 0]], weights=[2, 1])
    tables = found.graph.tables
    assert found.verify().proved and "α ≤ 2" in found.verify().claim and "weighted" in found.verify().claim
    for other in ({**tables, "weights": [[3, 1]]}, {"graph": tables["graph"], "weights": [[1, 2]]},
                  {**tables, "graph": [[2, 0]]}):  # fmt: skip
        assert not found.certificate.verify(data=other).proved
    plain = copos.maximum_stable_set([[0, 1], [1, 0]])
    assert not plain.certificate.verify(data=tables).proved
    document = json.loads(json.dumps(plain.certificate.document()))
    document["proof"]["value"] = 0
    assert not check.check(document).proved


def test_the_weight_of_all_edges_is_the_cut_of_no_parts():
    """The claim adds the objective at 0 to the value of the program."""
    problem = copos.graph_partition([[0, 1, 0, 5], [1, 0, 3, 0], [0, 3, 0, 2], [5, 0, 2, 0]], [1, 1, 2])
    question = json.loads(json.dumps(dict(Lift(problem).program.question)))
    made = QUESTIONS["graph partition"](question, Data(None))
    assert made.say("lower bound", 0).endswith("at least 11") and made.say("upper bound", -2).endswith("at most 9")


@pytest.mark.parametrize(("question", "names"), [
    (forgeries.CUT, ["x1", "x2", "x3"]), (forgeries.PARTS, ["x1", "x2", "x3", "x4"]),
    (forgeries.COSTS, ["x1_1", "x1_2", "x2_1", "x2_2"]),
])  # fmt: skip
def test_points_are_named_from_one(question, names):
    made = forgeries.made(question)()
    shown = made.points([(1, [1] * made.program.dim)])
    assert [words.split(" = ")[0] for words in shown.split(", ")] == names


@pytest.mark.parametrize(("document", "words"), [
    (forgeries.found("stability number", forgeries.PATH, 2, 2, 0), ": {1, 3}, vertices"),
    (forgeries.found("stability number", [[60, 0]], 1, *range(60)), ", 59, 60}, vertices"),
    (forgeries.found("stability number", [[61, 0]], 1, *range(61)), ", 59, 60, …}, vertices"),
])  # fmt: skip
def test_the_set_is_listed(document, words):
    assert words in check.check(document).claim


@pytest.mark.parametrize("document", [
    forgeries.found("stability number", forgeries.PATH, "19999999999999/10000000000003", 0, 2),
    forgeries.below("clique cover number", forgeries.APART, "19999999999999/10000000000003", [[1], [1]]),
    forgeries.matrix(forgeries.APART, "20000000000003/9999999999999", [[1], [-1]]),
    forgeries.alpha(forgeries.PATH, "20000000000003/9999999999999", ("cliques", [[1, 0, 1], [1, 2]]), forgeries.END),
])  # fmt: skip
def test_claims_of_long_fractions_follow_from_what_is_proved(document):
    claim, value = check.check(document).claim, Fraction(document["proof"]["value"])
    said = Fraction(claim.split("≤" if "≤" in claim else "≥")[1].split("…")[0].strip())
    assert said >= value if "≤" in claim else said <= value


@pytest.mark.parametrize(("problem", "bound", "point"), [
    (copos.max_cut([[0, 3], [3, 0]]), "weighs at most 3 [", ": x1 = 0, x2 = 1 ["),
    (copos.graph_partition([[0, 3, 0], [3, 0, 0], [0, 0, 0]], [1, 2]), "at least 0 [", "x3 = "),
    (copos.graph_partition([[0, 3, 0], [3, 0, 4], [0, 4, 0]], [1, 1, 1]), "at least 7 [", "x1 = 1, x2 = 0"),
    (copos.quadratic_assignment([[0, 1], [0, 0]], [[0, 2], [5, 0]]), "costs at least 2 [", "1 at 1, 2 at 2 ["),
])  # fmt: skip
def test_claims_are_in_the_words_of_the_problem(problem, bound, point):
    found = copos.bracket(problem, tolerance=1e-6)
    assert bound in found.verify().claim and point in found.point_certificate.verify().claim
