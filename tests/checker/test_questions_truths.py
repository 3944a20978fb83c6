"""Programs that the checker makes of questions, against what they must be on small data, and their claims."""

from fractions import Fraction

import pytest

from copos.checker import check_identity as identity
from copos.checker.check_quadratic import shown
from copos.checker.check_reading import Unreadable
from tests.checker.forgeries_quadratic import BINARY, EDGE, RANK, SIMPLEX, made

PATH = {**EDGE, "graph": {"rows": [[3, 2], [1, 2], [2, 3]]}}  # 1 – 2 – 3
EVERY = {(0, 0): 1, (0, 1): 2, (0, 2): 2, (1, 1): 1, (1, 2): 2, (2, 2): 1}
IDENTITY = {(0, 0): 1, (1, 1): 1, (2, 2): 1}


@pytest.mark.parametrize(("kind", "pairs"), [("stability number", [(0, 1), (1, 2)]), ("clique number", [(0, 2)])])
def test_programs_of_graphs(kind, pairs):
    p = made(PATH, type=kind)().program
    assert p.objective == IDENTITY | dict.fromkeys(pairs, 2) and p.equations == [(EVERY, 1)] and not p.vanishing
    assert p.unit == {(0,): 1, (1,): 1, (2,): 1} and p.positive == {0, 1, 2} and p.orders == [1, 1, 1]
    q = made(PATH, type=kind, edges="vanishing", multiplier=[1, "1/2", 3])().program
    assert q.objective == {key: -c for key, c in EVERY.items()} and q.equations == [(IDENTITY, 1)]
    assert q.vanishing == [{pair: 1} for pair in pairs] and q.unit == {(0,): 1, (1,): Fraction(1, 2), (2,): 3}


@pytest.mark.parametrize(
    ("edges", "kind", "value", "words"),
    [
        ("weighed", "lower bound", Fraction(1, 2), "α(G) ≤ 2 for"),
        ("weighed", "lower bound", Fraction(2, 5), "α(G) ≤ 2 for"),
        ("weighed", "lower bound", Fraction(1, 3), "α(G) ≤ 3 for"),
        ("weighed", "lower bound", 1, "α(G) ≤ 1 for"),
        ("weighed", "upper bound", Fraction(1, 2), "α(G) ≥ 2 for"),
        ("weighed", "upper bound", Fraction(2, 3), "α(G) ≥ 2 for"),
        ("weighed", "lower bound", 0, "nothing about α(G)"),
        ("weighed", "lower bound", -1, "nothing about α(G)"),
        ("vanishing", "lower bound", Fraction(-5, 2), "α(G) ≤ 2 for"),
        ("vanishing", "upper bound", Fraction(-3, 2), "α(G) ≥ 2 for"),
        ("vanishing", "lower bound", 0, "α(G) ≤ 0 for"),
    ],
)
def test_claims_about_graphs(edges, kind, value, words):
    rebuilt = made(PATH, edges=edges)()
    assert rebuilt.say(kind, value).startswith(words)
    assert value == 0 or "with 3 vertices and 2 edges" in rebuilt.say(kind, value)


def test_sets_are_shown():
    half = Fraction(1, 2)
    stable = made(PATH)()
    assert stable.points([(1, [half, 0, half])]) == "{1, 3}, vertices counted from 1"
    assert stable.points([(1, [half, half, 0])]).startswith("{1},")
    assert stable.points([(1, [1, 0, 0]), (2, [0, 1, 0])]).startswith("{2},")
    assert made(PATH, type="clique number")().points([(1, [half, half, 0])]).startswith("{1, 2},")
    wide = made(PATH, graph={"rows": [[70, 0]]})()
    assert wide.points([(1, [1] * 60 + [0] * 10)]).endswith(" 60}, vertices counted from 1")
    assert wide.points([(1, [1] * 61 + [0] * 9)]).endswith(" 60, …}, vertices counted from 1")


def test_graphs_of_one_vertex_and_of_many():
    assert made(EDGE, graph={"rows": [[1, 0]]})().program.dim == 1
    with pytest.raises(Unreadable, match="3000"):
        made(EDGE, graph={"rows": [[3001, 0]]})()


def test_programs_over_the_simplex():
    rebuilt = made(SIMPLEX, Q={"rows": [[1, "1/3"], ["1/5", -2]]}, multiplier=["1/2", 3])()
    p = rebuilt.program
    assert p.objective == {(0, 0): 1, (0, 1): Fraction(8, 15), (1, 1): -2}
    assert p.unit == {(0,): Fraction(1, 2), (1,): 3}
    assert p.equations == [({(0, 0): 1, (0, 1): 2, (1, 1): 1}, 1)] and not p.vanishing and len(p.blocks) == 2
    assert rebuilt.say("lower bound", 3) == "min x'Qx ≥ 3 over x ≥ 0, x_1 + … + x_2 = 1"
    assert rebuilt.say("upper bound", 3) == "min x'Qx ≤ 3 over x ≥ 0, x_1 + … + x_2 = 1"
    assert rebuilt.points([(1, [1, 3])]) == "at (1/4, 3/4)"


def test_programs_with_binaries():
    squared = made(BINARY, equations="squared", free=None, complementary=[[1, 0]], upper=["5/2", 1], binary=[1])()
    p = squared.program
    assert p.objective == {(1, 1): 1, (1, 2): 4, (2, 2): 1, (0, 2): 1} and p.equations == [({(0, 0): 1}, 1)]
    square = {(0, 0): 64, (0, 1): -80, (0, 2): -48, (1, 1): 25, (1, 2): 30, (2, 2): 9}
    assert p.vanishing == [{(2, 2): 1, (0, 2): -1}, {(1, 2): 1}, square, {(0, 0): -8, (0, 1): 5, (0, 2): 3}]
    cuts = [dict(block[0, 0]) for block in p.blocks[3:]]
    assert cuts == [{(0,): Fraction(5, 2), (1,): -1}, {(0,): 1, (2,): -1}] and p.unit == {(0,): 1}
    where = "x ≥ 0, Ax = b, x ≤ upper, 1 of 2 variables binary, 1 products zero"
    assert squared.say("lower bound", -1) == f"min x'Qx + c'x ≥ -1 over {where}"
    assert made(BINARY)().program.dim == 2
    assert made(BINARY)().points([(1, [2, 2])]) == "at (1, 1)"  # x_2 = (8 − 5)/3
    part = made(BINARY, upper=[None, 1], binary=[1])()
    assert part.say("lower bound", 0).endswith("over x ≥ 0, Ax = b, x ≤ upper, 1 of 2 variables binary")
    bare = made(BINARY, A=None, b=None, free=None, upper=[None, None], binary=[])()
    assert bare.say("infeasible", None) == "no point is feasible for min x'Qx + c'x over x ≥ 0"


@pytest.mark.parametrize("projection", [[], ["projection"]])
def test_programs_of_bounded_rank_hold_at_a_matrix_of_that_rank(projection):
    rebuilt = made(RANK, strengthen=projection, trace_bound="3/2")()
    p, v = rebuilt.program, [Fraction(3, 5), Fraction(4, 5)]
    # X = vv' with |v| = 1, P = I − vv', Q = vv'; free are x_0, X_11, X_12, P_11, P_12
    u = [1, v[0] * v[0], v[0] * v[1], 1 - v[0] * v[0], -v[0] * v[1]]
    assert identity.evaluate(p.objective, u) == v[0] ** 2 + 2 * v[1] ** 2
    assert all(identity.evaluate(A, u) == b for A, b in p.equations)
    assert p.vanishing and not any(identity.evaluate(E, u) for E in p.vanishing)
    assert len(p.vanishing) == 4 + 3 * len(projection) and p.unit == {(0,): 1}
    values = [{key: identity.evaluate(dict(e), u) for key, e in block.items()} for block in p.blocks]
    X = {(i, j): v[i] * v[j] for i in range(2) for j in range(2)}
    P = {(i, j): (i == j) - v[i] * v[j] for i in range(2) for j in range(2)}
    assert values == [{(0, 0): 1}, X, P, X, {(0, 0): Fraction(1, 2)}] and p.orders == [1, 2, 2, 2, 1]
    assert rebuilt.points([(1, u)]) == "at a matrix of rank ≤ 1 in the certificate"
    where = "X ⪰ 0 of order 2 and rank ≤ 1, 1 equations <A_i, X> = b_i, tr X ≤ 3/2"
    assert rebuilt.say("lower bound", 1) == f"min <C, X> ≥ 1 over {where}"


def test_full_rank_has_no_projection():
    p = made(RANK, rank=2, free=[0, 1, 2])().program
    assert not p.vanishing and identity.evaluate(dict(p.blocks[3][0, 0]), [1, 0, 0]) == 1 and not p.blocks[2][0, 0]


def test_numbers_are_rounded_to_what_they_prove():
    say = made(SIMPLEX)().say
    third = Fraction(10**30 + 1, 3 * 10**30)
    assert say("lower bound", third).startswith("min x'Qx ≥ 0.333333333333 (")
    assert say("upper bound", third).startswith("min x'Qx ≤ 0.333333333334 (")
    assert say("lower bound", -third).startswith("min x'Qx ≥ -0.333333333334 (")
    assert "123456789012/9876543211" in say("lower bound", Fraction(123456789012, 9876543211))


def test_points_are_shown_where_they_are_short():
    assert shown([[1] * 20]).startswith("at (1, ") and shown([[1] * 21]) == "1 point in the certificate"
    assert shown([[1], [2]]) == "2 points in the certificate" and shown([[10**12]]) == "1 point in the certificate"
    assert shown([[10**11]]) == "at (100000000000)" and shown([[1, 10**12]]) == "1 point in the certificate"
