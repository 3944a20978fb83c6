"""Verdicts on ReLU networks: against all patterns of signs of small ones, and where numbers are ugly."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import linprog

import copos
from copos import relu_verdict


def drawn(seed, widths, scale=1.0):
    rng = np.random.default_rng(seed)
    weights = [scale * rng.standard_normal((b, a)) for a, b in zip(widths, widths[1:], strict=False)]
    return weights, [0.5 * scale * rng.standard_normal(n) for n in widths[1:]]


def minimum(weights, biases, lower, upper, c):
    """The least of all linear programs, one for every pattern of signs."""
    best, hidden = np.inf, [len(b) for b in biases[:-1]]
    for pattern in itertools.product((0, 1), repeat=sum(hidden)):
        M, s, rows, ends, signs = np.eye(len(lower)), np.zeros(len(lower)), [], [], iter(pattern)
        for W, b in zip(weights[:-1], biases[:-1], strict=True):
            M, s = W @ M, W @ s + b
            on = np.array([next(signs) for _ in b], dtype=bool)
            turn = np.where(on, -1.0, 1.0)
            rows.append(turn[:, None] * M)
            ends.append(-turn * s)
            M, s = M * on[:, None], s * on
        M, s = weights[-1] @ M, weights[-1] @ s + biases[-1]
        box = list(zip(lower, upper, strict=True))
        found = linprog(c @ M, A_ub=np.vstack(rows), b_ub=np.concatenate(ends), bounds=box)
        best = min(best, found.fun + c @ s) if found.status == 0 else best
    return best


@pytest.mark.parametrize("seed", range(6))
def test_the_minimum_is_that_of_all_patterns(seed):
    weights, biases = drawn(seed, (2, 3, 3, 2))
    box, c = (-np.ones(2), np.ones(2)), np.array([1.0, -2.0])
    value = minimum(weights, biases, *box, c)
    found = relu_verdict(weights, biases, *box, c, tolerance=1e-9)
    assert found.closed and found.lower <= found.upper
    assert found.lower - 1e-7 <= value <= found.upper + 1e-7
    assert found.verify().proved and found.point_certificate.verify(found.network.plain).proved
    lowers = [row.lower for row in found.bounds]
    assert [row.method for row in found.bounds] == ["intervals", "linear program", "tree"]
    assert lowers == sorted(lowers)


@pytest.mark.parametrize("seed", range(4))
def test_verdicts_on_both_sides_of_the_minimum(seed):
    weights, biases = drawn(100 + seed, (3, 6, 6, 1))
    box = (-np.ones(3), np.ones(3))
    least = relu_verdict(weights, biases, *box, [1.0], tolerance=1e-9).upper
    proved = relu_verdict(weights, biases, *box, [1.0], 1e-3 - least)
    assert proved.verdict == "proved" and proved.lower >= 0 and proved.verify().proved
    against = relu_verdict(weights, biases, *box, [1.0], -1e-3 - least)
    assert against.verdict == "counterexample" and against.upper < 0
    point = [Fraction(v) for v in against.point.tolist()]
    assert against.network.value(point) < 0 and all(-1 <= v <= 1 for v in point)
    assert against.point_certificate.verify(against.network.plain).proved


def test_a_minimum_of_zero_is_proved_exactly():
    """min(|x|, |y|) = |x| − max(|x| − |y|, 0) ≥ 0, and 0 on two lines."""
    weights = [[[1, 0], [-1, 0], [0, 1], [0, -1]], [[1, 1, -1, -1], [1, 1, 0, 0]], [[-1, 1]]]
    found = relu_verdict(weights, [[0] * 4, [0] * 2, [0]], [-1, -1], [1, 1], [1])
    assert (found.verdict, found.lower, found.upper) == ("proved", 0.0, 0.0)
    assert found.verify().proved


def test_a_root_that_rounding_puts_below_zero_is_looked_at_again():
    """21 − … at x = 1 with slopes 12/5: one node, whose slopes in doubles prove −1.4e-14."""
    weights = [[[0], [-4], [2], [5]], [[5, 3, -6, 1]]]
    plain = relu_verdict(weights, [[-2, 0, 1, 0], [0]], [-1], [1], [1], tolerance=1e-9)
    at = plain.network.value(plain.point)
    found = relu_verdict(weights, [[-2, 0, 1, 0], [0]], [-1], [1], [1], -at)
    assert plain.closed and found.verdict == "proved" and found.lower == 0.0 and found.verify().proved


@pytest.mark.parametrize("third", ["1/3", Fraction(1, 7), 0.1])
def test_ties_at_numbers_that_are_no_doubles(third):
    """t·|x − t| − t·|x − t| + |x − t| ≥ 0, and 0 at x = t only."""
    t = Fraction(third)
    weights, biases = [[[1], [-1]], [[1, 1]]], [[-t, t], [0]]
    found = relu_verdict(weights, biases, [-1], [1], [1])
    assert found.verdict == "proved" and found.lower == 0.0
    assert found.verify().proved


@pytest.mark.parametrize("power", [-400, -60, 0, 60, 300])
def test_units_change_nothing(power):
    """f(x) in units 2^power, weights of the first layer in others: the same tree, the same verdict."""
    weights, biases = drawn(5, (2, 4, 4, 1))
    plain = relu_verdict(weights, biases, [-1, -1], [1, 1], [1.0], tolerance=1e-9)
    s = 2.0**power
    found = relu_verdict([s * weights[0], weights[1], weights[2]], [s * biases[0], s * biases[1], s * biases[2]],
                         [-1, -1], [1, 1], [1.0], tolerance=1e-9)  # fmt: skip
    assert found.upper == s * plain.upper and found.nodes == plain.nodes
    assert found.verify().proved and found.closed


def test_boxes_far_from_the_origin_lose_nothing():
    weights, biases = drawn(6, (2, 4, 1))
    far = np.array([2.0**20, -(2.0**20)])
    moved = [biases[0] - weights[0] @ far, biases[1]]
    found = relu_verdict(weights, moved, far - 1, far + 1, [1.0], tolerance=1e-9)
    assert found.closed and found.verify().proved


@pytest.mark.parametrize(
    ("weights", "biases", "least"),
    [
        ([[[0.0]], [[1.0]]], [[-1.0], [2.0]], 2.0), ([[[0.0, 0.0]], [[0.0]]], [[0.0], [0.0]], 0.0),
        ([[[2.0, 1.0]]], [[1.0]], -2.0), ([[[1.0], [1.0]], [[1.0, -1.0]]], [[0.0, 0.0], [0.0]], 0.0),
    ],
)  # fmt: skip
def test_dead_equal_and_missing_neurons(weights, biases, least):
    d = len(weights[0][0])
    found = relu_verdict(weights, biases, [-1] * d, [1] * d, [1], tolerance=0)
    assert found.lower == found.upper == least and found.verify().proved


def test_a_point_for_a_box():
    weights, biases = drawn(7, (3, 5, 1))
    x = [0.1, "1/3", 0.7]
    found = relu_verdict(weights, biases, x, x, [1], tolerance=1e-9)
    assert found.upper - found.lower < 1e-9 and found.verify().proved
    assert found.point_certificate.verify(found.network.plain).proved


@pytest.mark.parametrize("seed", range(3))
def test_balls(seed):
    weights, biases = drawn(20 + seed, (2, 4, 4, 1))
    center, radius = [0.5, -0.25], 0.75
    found = relu_verdict(weights, biases, center, None, [1.0], radius=radius, tolerance=1e-7)
    assert found.closed and found.verify().proved and found.point_certificate.verify().proved
    turn = np.linspace(0, 2 * np.pi, 4000)
    circle = np.array(center) + radius * np.column_stack([np.cos(turn), np.sin(turn)])
    inside = np.array(center) + np.sqrt(np.random.default_rng(0).random((4000, 1))) * (circle - center)
    least = min(found.network.outputs(circle).min(), found.network.outputs(inside).min())
    assert found.lower <= least + 1e-12 and found.upper <= least + 1e-3 * abs(least)


def test_a_stop_leaves_a_proof():
    weights, biases = drawn(30, (4, 12, 12, 1), 1.2)
    box = (-np.ones(4), np.ones(4))
    stopped = relu_verdict(weights, biases, *box, [1.0], tolerance=1e-9, max_nodes=9)
    whole = relu_verdict(weights, biases, *box, [1.0], tolerance=1e-6)
    assert stopped.nodes <= 9 and not stopped.closed and "9 nodes" in stopped.reason
    assert stopped.verify().proved and stopped.lower <= whole.lower + 1e-6 * abs(whole.lower) and whole.closed
    now = relu_verdict(weights, biases, *box, [1.0], tolerance=1e-9, time_limit=0)
    assert now.proved and now.verify().proved and now.lower <= whole.lower


def test_levels_stand_in_the_table():
    found = relu_verdict([[[1.0], [-1.0]], [[1.0, 1.0]]], [[0, 0], [0]], [-1], [2], [-1], levels=(0,))
    level = next(row for row in found.bounds if row.method == "level 0")
    assert level.proved and abs(level.lower + 2) < 1e-6
    assert found.table().count("\n") == 4 and "level 0" in found.table() and "counterexample" in repr(found)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weights": []}, "a list of matrices"), ({"biases": [[0, 0]]}, "a vector of biases for every one of the 2"),
        ({"weights": [[[1], [-1]], [[1, 1, 1]]]}, r"weights\[1\] has 3 columns"),
        ({"lower": [-1, 0]}, "must have 1 numbers"),
        ({"biases": [[0], [0]]}, r"biases\[0\] must be a vector of 2"), ({"c": [1, 2]}, "one for every output"),
        ({"weights": [[[np.nan], [-1]], [[1, 1]]]}, "not finite"), ({"lower": [3]}, "the box is empty"),
        ({"upper": [[2]]}, "upper must have 1"), ({"upper": [np.inf]}, "not finite"), ({"offset": "one"}, "offset"),
        ({"radius": 1}, "`upper` is None"), ({"radius": -1, "upper": None}, "radius"),
        ({"weights": [[1], [[1, 1]]]}, "must be a matrix"), ({"tolerance": -1}, "tolerance"),
        ({"lower": [-1e200]}, "beyond 2.500"), ({"c": [1e200]}, "beyond 2.500"),
        ({"max_nodes": 0}, "max_nodes"), ({"time_limit": "1"}, "time_limit"),
    ],
)  # fmt: skip
def test_what_is_no_question_is_refused(changes, words):
    question = {"weights": [[[1], [-1]], [[1, 1]]], "biases": [[0, 0], [0]], "lower": [-1], "upper": [2], "c": [1]}
    with pytest.raises(ValueError, match=words):
        relu_verdict(**{**question, **changes})


def test_a_proof_is_about_its_network(tmp_path):
    weights, biases = drawn(8, (2, 3, 1))
    found = relu_verdict(weights, biases, [-1, -1], [1, 1], [1], tolerance=1e-6)
    found.certificate.save(tmp_path / "proof.json")
    tables = {name: [list(row) for row in rows] for name, rows in found.network.tables.items()}
    assert copos.verify(tmp_path / "proof.json", data=tables).proved
    tables["b1"][0][0] = "1/2"
    assert not copos.verify(tmp_path / "proof.json", data=tables).proved


def test_one_number_is_the_end_of_all_inputs():
    W, b = [[[1.0, 2.0], [-1.0, 0.0]], [[1.0, 1.0]]], [[0.0, 0.0], [0.0]]
    short, long = (copos.relu_verdict(W, b, *box, [1]) for box in ((-1, "1/2"), ([-1, -1], ["1/2", "1/2"])))
    assert (short.lower, short.upper, short.verdict) == (long.lower, long.upper, "proved")
    assert short.certificate.problem == long.certificate.problem
    ball = copos.relu_verdict(W, b, 0, None, [1], radius=1)
    assert ball.certificate.problem == copos.relu_verdict(W, b, [0, 0], None, [1], radius=1).certificate.problem
    with pytest.raises(ValueError, match="lower must have 2 numbers"):
        copos.relu_verdict(W, b, [-1], 1, [1])
