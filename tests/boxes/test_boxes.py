"""Quadratic programs by boxes: each against a known optimum, with the proof checked against the user's own problem."""

import itertools
import json
import pickle
import warnings
from concurrent.futures import Executor
from fractions import Fraction

import numpy as np
import pytest

import copos
from copos.bounding.quadratic_boxes import by_boxes
from copos.bounding.quadratic_bracket import Goal
from copos.boxes import state, tree
from copos.boxes.pieces import pieces
from copos.boxes.solve import begin
from copos.checker import check
from copos.reformulation.quadratic.exact_point import is_feasible
from copos.reformulation.quadratic.presolve import presolve
from copos.reformulation.quadratic.rays import grows


def solved(*given, seconds=20, **options):
    problem = copos.quadratic_program(*given, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = copos.bracket(problem, tolerance=1e-6, time_limit=seconds)
    if found.certificate is not None:
        verdict = found.verify()
        assert verdict.proved, verdict.reason
    if found.point is not None:
        assert not problem.violated(list(found.point.values()))
    return problem, found


def closed_at(found, value):
    assert found.status == "closed" and found.proved, found
    assert found.lower <= value + 1e-9 * (1 + abs(value)) and found.upper >= value - 1e-9 * (1 + abs(value))
    assert found.upper - found.lower <= 2e-6 * max(1.0, abs(value))


# ---- integers and quadratic constraints ------------------------------------------------------------------------


def test_integers_between_quadratic_constraints_are_closed():
    """min ½x_0 − 3x_2 + … over a nonconvex constraint and integers; the optimum is that of two other global solvers."""
    Q = np.zeros((5, 5))
    for i, j, v in ((0, 1, 1), (0, 3, 0.5), (0, 4, -1.5), (1, 4, 2), (2, 2, -3), (3, 3, 1)):
        Q[i, j] = v
    curve = np.zeros((5, 5), dtype=object)
    for i, j, v in ((0, 3, "1"), (1, 2, "-0.3"), (1, 4, "-1.5"), (2, 2, "-3"), (2, 4, "2"), (3, 4, "2"), (4, 4, "0.5")):
        curve[i, j] = Fraction(v)
    rows = [["1.5", -1, -2, "-7.1", "0.3"], [1, -2, 0, "0.3", "-7.1"]]
    _, found = solved(Q, [0.5, 0, -3, 0.5, -3], A_ub=[[Fraction(v) for v in row] for row in rows],
                      b_ub=[Fraction("-7.1"), -1], bounds=[(0, 3), (-4, 3), (-4, 2), (0, 5), (0, 5)],
                      integrality=[1, 1, 0, 1, 0],
                      quadratic=[(curve, ["-0.3", "-1.5", 0, 2, 0], "8.1", "<=")])  # fmt: skip
    closed_at(found, -90.2821507290973)


@pytest.mark.parametrize("seed", range(4))
def test_integers_against_enumeration(seed):
    rng = np.random.default_rng(seed)
    n = 3
    Q, c = rng.integers(-5, 6, (n, n)), rng.integers(-9, 10, n)
    a, b = rng.integers(-3, 4, n), int(rng.integers(0, 6))
    curve = (np.eye(n, dtype=int), None, 9, "<=")
    sense = ("min", "max")[seed % 2]
    problem, found = solved(
        Q, c, "1/3", A_ub=[a], b_ub=[b], bounds=(-3, 3), integrality=1, quadratic=[curve], sense=sense
    )
    values = [problem.value(x) for x in itertools.product(range(-3, 4), repeat=n) if is_feasible(problem, x)]
    best = (min if sense == "min" else max)(values)
    closed_at(found, float(best))
    assert problem.value(list(found.point.values())) == best


def test_an_integer_of_a_million_values_is_no_row_of_bits():
    _, found = solved([[1]], [-246911], bounds=(0, 10**6), integrality=1)
    assert found.closed and found.lower == found.upper == -(246911**2 - 1) / 4
    _, found = solved([[1, -3], [-3, 2]], [-246912, 17], bounds=(0, 10**6), integrality=1)
    closed_at(found, -3246895000000.0)
    _, found = solved([[0, 1], [1, 0]], A_ub=[[-1, -1]], b_ub=[-1001], bounds=(1, 10**9), integrality=1)
    closed_at(found, 2000.0)


# ---- linear and convex problems --------------------------------------------------------------------------------


@pytest.mark.parametrize("ends", [(0, 1), (0, None)])
def test_a_linear_program_is_no_matrix(ends):
    rng = np.random.default_rng(3)
    c, a = rng.integers(1, 50, 200), rng.integers(1, 20, 200)
    b = int(a.sum()) // 3
    _, found = solved(c=c, A_ub=[a], b_ub=[b], bounds=ends, sense="max")
    order, room, value = np.argsort(-c / a), b, 0.0
    for k in order:  # fractional knapsack
        part = room / a[k] if ends[1] is None else min(1.0, room / a[k])
        value, room = value + part * c[k], room - part * a[k]
    closed_at(found, value)
    assert found.cells == 0 and found.level is None


def test_free_variables_need_no_bounds_where_the_objective_has_some():
    B = np.array([[1, 2, 0, -1], [0, 1, 3, 2]])
    _, found = solved(B.T @ B, -2 * B.T @ [1, 2], bounds=(None, None))  # |Bx − (1, 2)|² − 5, B'B singular
    closed_at(found, -5.0)
    _, found = solved([[1, 1], [1, 1]], [-1, -1], bounds=(None, None))
    closed_at(found, -0.25)
    _, found = solved(c=[1, 2], A_ub=[[-1, -1], [0, -1]], b_ub=[-3, "-1/3"], bounds=(None, None))
    closed_at(found, 3 + 1 / 3)
    _, found = solved(c=[1, 1], quadratic=[([[2, 1], [1, 3]], None, 5, "<=")], bounds=(None, None), sense="max")
    closed_at(found, np.sqrt(5 * np.ones(2) @ np.linalg.solve([[2, 1], [1, 3]], np.ones(2))))


def test_a_convex_program_of_some_size_is_closed_at_once():
    rng = np.random.default_rng(0)
    B = rng.standard_normal((40, 40))
    _, found = solved(B @ B.T, 10 * rng.standard_normal(40), bounds=(0, 1))
    assert found.closed and found.proved and found.cells == 0


# ---- presolve ---------------------------------------------------------------------------------------------------


def test_parts_are_bounded_one_by_one_and_their_bounds_added():
    """Two nonconvex blocks, a fixed variable that both meet, and a variable that nothing else mentions."""
    Q = np.zeros((6, 6), dtype=int)
    Q[0, 1] = Q[2, 3] = 1
    Q[0, 5] = Q[2, 5] = Q[5, 5] = 1
    Q[4, 4] = -1
    problem, found = solved(Q, [0, 0, 0, 0, 0, 1], 7, A_ub=[[-1, -1, 0, 0, 0, 0], [0, 0, -1, -1, 0, 1]],
                            b_ub=[1, 3], bounds=[(-1, 2)] * 4 + [(-3, 4), (2, 2)])  # fmt: skip
    assert pieces(problem).parts == [[0, 1], [2, 3], [4]]
    # x_0(x_1 + 2): −2 at (−1, 0)? the first block has −4 at (−1, 2), the second x_2(x_3 + 2) likewise; then 4 + 2 + 7
    first = min(x * (y + 2) for x, y in itertools.product(np.linspace(-1, 2, 61), repeat=2) if x + y >= -1)
    second = min(x * (y + 2) for x, y in itertools.product(np.linspace(-1, 2, 61), repeat=2) if x + y >= -1)
    closed_at(found, first + second - 16 + 4 + 2 + 7)
    parts = found.certificate.proof["parts"]
    assert [part["variables"] for part in parts] == [[0, 1, 5], [2, 3, 5], [4, 5]]
    fewer = dict(found.certificate.document(), proof=found.certificate.proof | {"parts": parts[:2]})
    assert "belongs to no part" in check.check(fewer).reason


def test_a_dominated_variable_between_two_parts():
    """x_4 grows with x_0x_4 + x_2x_4 as a whole, and with each of them where it is put at its end."""
    Q = np.zeros((5, 5), dtype=int)
    Q[0, 1] = Q[2, 3] = 1
    Q[0, 4], Q[2, 4] = 1, 2
    for low in (0, -1):
        box = [(low, 2), (-1, 2), (1, 2), (-2, 2), (0, 5)]
        problem, found = solved(Q, [0, 0, 0, 0, 0], A_ub=[[-1, -1, -1, -1, 0]], b_ub=[9], bounds=box)
        assert (("low", 4) in pieces(problem).steps) == (low == 0) and ("low", 4) in presolve(problem).steps
        grid = [np.linspace(*map(float, ends), 7) for ends in box]
        best = min(x @ Q @ x for x in map(np.array, itertools.product(*grid)))
        closed_at(found, best)


def test_rows_that_the_ranges_imply_are_left_out_of_relaxations():
    problem = copos.quadratic_program([[0, 1], [1, 0]], A_ub=[[1, 1], [1, -1]], b_ub=[3, 5], bounds=(-1, 2))
    (own,) = begin(problem).trees
    assert [bool(c.form.variables) for c in own.question.inner.constraints[:2]] == [True, False]


# ---- what has no optimum ----------------------------------------------------------------------------------------


def test_a_curve_shows_that_nothing_bounds_the_objective():
    """max x over x² ≤ y: no direction does it."""
    problem, found = solved(c=[1, 0], quadratic=[([[1, 0], [0, 0]], [0, -1], 0, "<=")], bounds=(None, None),
                            names=["width", "room"], sense="max")  # fmt: skip
    assert found.status == "unbounded" and found.proved and "room" in found.reason and "t²" in found.reason
    assert "no upper bound" in found.verify().claim and copos.verify(found.certificate, problem).proved
    curve = list(zip(*found.certificate.proof["curve"], strict=True))
    assert grows(problem, [[Fraction(v) for v in row] for row in curve])


@pytest.mark.parametrize("given", [
    {"A_eq": [[2, 4]], "b_eq": [3], "integrality": 1, "bounds": (0, 50)},
    {"quadratic": [(np.eye(2), None, 3, "=")], "integrality": 1, "bounds": (-5, 5)},
    {"A_ub": [[0, 0]], "b_ub": [-1]}, {"A_eq": [[0, 0]], "b_eq": [1]}, {"A_eq": [[0, 0]], "b_eq": [-1]},
    {"quadratic": [([[1, 1], [1, 2]], None, -1, "<=")], "bounds": (None, None)},
    {"bounds": [(1, 1), (2, 2)], "quadratic": [(np.eye(2), None, 4, "=")]},
    {"bounds": (0, 1), "A_ub": [[-1, -1], [1, -1], [0, 1]], "b_ub": ["-1.5", "-0.1", "0.7"]},
])  # fmt: skip
def test_that_nothing_is_feasible_is_proved(given):
    _, found = solved([[1, 0], [0, -1]], **given)
    assert found.status == "infeasible" and found.proved and found.verify().proved


# ---- hostile models ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "given"), [
    (-2.5e-13, {"Q": [[1e-12]], "c": [1e-12], "bounds": (-1, 1)}),
    (-1e6, {"Q": [[1e12, 1], [1, -1e-12]], "c": [1e-12, 1e12], "bounds": (-1e-6, 1e6)}),
    (0, {"Q": [[1, 2], [2, -1]], "c": [1, 1], "A_ub": [[1e12, 1e-12], [1e-12, 1e12]], "b_ub": [1e12, 1e-12],
         "bounds": (0, 1)}),
    (-1, {"Q": [[-1, 0], [0, -1]], "A_ub": [[1, 1]] * 6, "b_ub": [1] * 6}),
    (-2, {"Q": [[1]], "c": [-3], "bounds": (0.5, 2.7), "integrality": 1}),
    (-1, {"Q": [[1, 0], [0, -0.5]], "A_eq": [[1, 1], [2, 2]], "b_eq": [1, 2], "bounds": (None, None)}),
    (1 / 3, {"c": [0], "constant": "1/3", "bounds": (None, None)}),
    (0, {"Q": [[1, -1], [-1, 1]], "bounds": [(1e9, 1e9 + 1), (1e9 - 5, 1e9 + 5)]}),
    (-999998, {"c": [-1, 2], "A_ub": [[1, -1e6]], "b_ub": [0], "bounds": [(0, None), (0, 1)], "integrality": [0, 1]}),
    (-13, {"Q": [[2, 1], [1, 2]], "c": [-7, 3], "bounds": (None, None), "integrality": 1}),
    (-4e18, {"Q": [[-1, 1], [1, -1]], "c": [3, 5], "bounds": (-(10**9), 10**9), "integrality": 1}),
])  # fmt: skip
def test_ugly_numbers_get_the_right_answer(value, given):
    _, found = solved(**given)
    assert found.status == "closed" and found.proved
    assert abs(found.lower - value) <= 1.1e-6 * max(abs(value), 1e-12) + (1e-9 if not value else 0)
    assert found.lower <= found.upper


# ---- limits -----------------------------------------------------------------------------------------------------


def test_a_search_that_is_stopped_has_a_proof_of_what_it_knows(monkeypatch):
    rng = np.random.default_rng(5)
    Q = rng.integers(-9, 10, (8, 8))
    curve = (rng.integers(-3, 4, (8, 8)), None, 3, "<=")
    problem = copos.quadratic_program(
        Q, rng.integers(-9, 10, 8), bounds=(-2, 3), quadratic=[curve], integrality=[1, 0] * 4
    )
    seen = []

    def stop(answer):
        seen.append((answer.lower, answer.upper))
        return len(seen) == 3

    found = copos.bracket(problem, tolerance=1e-9, callback=stop)
    assert found.proved and found.verify().proved and len(seen) == 3 and "callback" in found.reason
    assert seen[0][0] <= seen[-1][0] <= found.lower + 1e-9 * abs(found.lower) and found.upper >= found.lower

    def interrupted(self, at, limits):
        raise KeyboardInterrupt

    monkeypatch.setattr(tree.Tree, "_split", interrupted)
    found = copos.bracket(problem, tolerance=1e-9)
    assert found.proved and found.verify().proved and found.reason == "interrupted"


# ---- executors, files ------------------------------------------------------------------------------------------


class Elsewhere(Executor):
    """What is sent, and what comes back, goes through bytes, as between machines."""

    def map(self, work, *given, **more):
        sent = [pickle.dumps((work, task)) for task in zip(*given, strict=True)]
        back = [pickle.dumps(f(*task)) for f, task in map(pickle.loads, sent)]
        return map(pickle.loads, back)


def hard(seed=7):
    rng = np.random.default_rng(seed)
    Q = rng.integers(-9, 10, (3, 3))
    curves = [(rng.integers(-3, 4, (3, 3)), rng.integers(-3, 4, 3), 2, "<=") for _ in range(2)]
    return copos.quadratic_program(Q, rng.integers(-9, 10, 3), bounds=(-2, 3), quadratic=curves, integrality=[1, 0, 0])


def test_boxes_on_an_executor_are_those_of_this_process():
    problem = hard()
    here = copos.bracket(problem, tolerance=1e-7, width=3)
    there = copos.bracket(problem, tolerance=1e-7, width=3, executor=Elsewhere())
    assert here.closed and here.cells > 5 and there.cells == here.cells
    assert there.certificate.proof == here.certificate.proof and there.verify().proved
    one = copos.bracket(problem, tolerance=1e-7)
    assert one.closed and abs(one.upper - here.upper) <= 1e-6 * abs(here.upper)


def test_what_is_forgotten_is_found_again(monkeypatch):
    problem = hard()
    before = copos.bracket(problem, tolerance=1e-7)
    monkeypatch.setattr(tree, "KEPT", 0)
    found = copos.bracket(problem, tolerance=1e-7)
    assert found.closed and found.verify().proved and found.cells == before.cells


def test_a_search_goes_on_from_its_file_and_from_its_bracket(tmp_path):
    problem, path = hard(), tmp_path / "state.json"
    boxes = begin(problem)
    whole, _ = by_boxes(boxes, Goal(1e-7, 0.0, 1.0), tree.Limits(), lambda answer: False)
    part, _ = by_boxes(begin(problem), Goal(1e-7, 0.0, 1.0), tree.Limits(nodes=5), lambda answer: False, path)
    assert whole.closed and not part.closed and part.proved and part.cells == 5
    document = state.load(path, problem)
    again = begin(problem, resume=document)
    assert again.cells == 5 and again.lower == Fraction(part.certificate.proof["value"])
    for resume in (path, part):
        found = copos.bracket(problem, tolerance=1e-7, resume=resume)
        assert found.closed and found.verify().proved and found.cells == whole.cells
    saved = tmp_path / "whole.json"
    copos.bracket(problem, tolerance=1e-7, state=saved)
    assert begin(problem, resume=state.load(saved, problem)).cells == whole.cells


def test_a_file_is_not_believed(tmp_path):
    problem, path = hard(), tmp_path / "state.json"
    by_boxes(begin(problem), Goal(1e-7, 0.0, 1.0), tree.Limits(nodes=5), lambda answer: False, path)
    text = path.read_text()
    with pytest.raises(ValueError, match="another program"):
        state.load(path, hard(4))
    (tmp_path / "other.json").write_text("[1, 2]")
    assert state.load(tmp_path / "other.json", problem) is None and state.load(tmp_path / "none", problem) is None
    for change, words in (
        (lambda d: d["parts"][0].update(cutoff="x"), "cutoff"),
        (lambda d: d["parts"][0]["tree"].pop(), "before every cell"),
        (lambda d: d["parts"][0]["tree"][0].update(split=[77, 0]), "no tree of boxes"),
        (lambda d: d["parts"][0]["tree"].__setitem__(-1, {"empty": 0}), "empty"),
        (lambda d: d["parts"][0]["tree"].__setitem__(-1, 5), "no tree of boxes"),
        (lambda d: d["parts"][0]["tree"].__setitem__(-1, {"odd": 0}), "no tree of boxes"),
        (lambda d: d.update(point=["x"]), "point"),
        (lambda d: d.update(version=9), "version"),
    ):
        document = json.loads(text)
        change(document)
        path.write_text(json.dumps(document))
        with pytest.raises(ValueError, match=words):
            begin(problem, resume=state.load(path, problem))
    # multipliers that prove less give a lower bound, not a false one
    document = json.loads(text)
    for item in document["parts"][0]["tree"]:
        item.pop("products", None)
    document["parts"][0]["cutoff"] = "-100000"
    path.write_text(json.dumps(document))
    again = begin(problem, resume=state.load(path, problem))
    found, _ = by_boxes(again, Goal(1e-7, 0.0, 1.0), tree.Limits(), lambda answer: False)
    assert found.verify().proved and found.lower == -100000 and not found.closed
