"""Pieces of the checker about ReLU networks, against networks small enough to see through."""

from fractions import Fraction
from unittest import mock

import numpy as np
import pytest

from copos.checker import check, check_reading, check_relu, check_relu_program
from copos.checker.check_data import Data, Missing, digest
from copos.checker.check_reading import Rejected
from tests.checker.building import doc
from tests.checker.forgeries_relu import ABS, BALL, DEEP, PLANE, RANGES, at, network


def asked(problem):
    return check_relu.asked(problem, Data(None))


@pytest.mark.parametrize("seed", range(6))
def test_any_slopes_prove_a_bound(seed):
    """Random networks, ranges and slopes: no point of the region is below the bound."""
    rng = np.random.default_rng(seed)
    widths = [2, 3, 3, 1]
    problem = {"type": "relu verification", "layers": 3, "lower": [-1, 0], "upper": [2, 1], "c": [1], "offset": 3}
    for k, (a, b) in enumerate(zip(widths, widths[1:], strict=False), 1):
        problem[f"W{k}"] = {"rows": [[f"{v}/2" for v in row] for row in rng.integers(-5, 6, (b, a)).tolist()]}
        problem[f"b{k}"] = {"rows": [rng.integers(-3, 4, b).tolist()]}
    a = asked(problem)
    grid = [[Fraction(-1) + Fraction(3 * i, 6), Fraction(j, 6)] for i in range(7) for j in range(7)]
    least = min(check_relu.objective(a, x) for x in grid) - a.offset
    wide = [[(-1000, 1000)] * 3, [(-1000, 1000)] * 3]
    for _ in range(5):
        slopes = [[4, *row] for row in rng.integers(-9, 10, (2, 3)).tolist()]
        assert check_relu.bound(a, 2, a.c, slopes, wide) <= least


def test_points_are_valued_exactly():
    assert check_relu.objective(asked(ABS), [Fraction(-1, 3)]) == Fraction(1, 3)
    assert check_relu.objective(asked({**ABS, "offset": "1/7"}), [2]) == Fraction(15, 7)
    assert check_relu.objective(asked(DEEP), [Fraction(1, 2)]) == Fraction(3, 2)
    assert check_relu.objective(asked(PLANE), [1, 1]) == 9


def test_a_ball_has_its_norm_rounded_up():
    """√2 on the unit ball: the bound is below −√2 by 2^−63 at most."""
    plane = asked({**PLANE, "radius": 1})
    low = check_relu.least(plane, [1, 1])
    assert low**2 >= 2 > (low + Fraction(1, 2**62)) ** 2 and low < 0
    assert check_relu.least(plane, [3, 4]) == -5 and check_relu.least(plane, [0, 0]) == 0
    assert check_relu.least(plane, [Fraction(3, 7), Fraction(4, 7)]) == Fraction(-5, 7)
    assert check_relu.least(asked({**PLANE, "center": [1, 2]}), [3, 4]) == 11 - 10
    assert check_relu.least(asked(ABS), [-1]) == -2 and check_relu.least(asked(ABS), [2]) == -2


def test_ranges_narrow_only():
    a = asked(ABS)
    ends = check_relu.narrowed(a, [[(None, None)] * 2], RANGES)
    assert ends == [[(-1, 2), (-2, 1)]]
    again = check_relu.narrowed(a, ends, [[0, 0, 0, -5, []], [0, 0, 1, 7, []]])
    assert again == ends


def test_words_name_the_region_and_the_widths():
    assert asked(ABS).words() == "c'f(x) + offset over the box, f the ReLU network with layers of 1-2-1"
    assert "over the ball" in asked(BALL).words()


def test_large_tables_are_named_by_their_hash():
    problem = {**ABS, "W1": {"sha256": "0" * 64, "shape": [2, 1]}}
    with pytest.raises(Missing):
        asked(problem)
    with pytest.raises(Rejected, match="not the table"):
        check_relu.asked(problem, Data({"W1": [[1], [-1]]}))


def test_tables_are_given_by_their_names():
    named = {key: {"sha256": digest(v["rows"])} if key[0] in "Wb" else v for key, v in ABS.items()}
    given = Data({key: v["rows"] for key, v in ABS.items() if key[0] in "Wb"})
    assert check_relu.objective(check_relu.asked(named, given), [-1]) == 1
    given.all_used()


def test_claims_are_rounded_to_the_side_that_is_proved():
    """1/(3·10¹²) is 3.333…e-13: a lower bound is said to be ≥ …33, an upper one ≤ …34."""
    small = f"1/{3 * 10**12}"
    assert "is ≥ 3.33333333333e-13" in check.check(network(offset=small, value=small)).claim
    assert "is ≤ 3.33333333334e-13" in check.check(at([0], small)).claim


# ---- the program -----------------------------------------------------------------------------------------------------


def made(problem):
    return check_relu_program.verification(problem, Data(None)).program


def entries(p):
    return [{v: c for ((v,), c) in block[0, 0]} for block in p.blocks]


def test_the_program_of_the_absolute_value():
    """u = (1, x + 1, max(x, 0), max(−x, 0))."""
    p = made(ABS)
    assert p.dim == 4 and p.unit == {(0,): 1} and p.equations == [({(0, 0): 1}, 1)] and not p.generators
    assert p.objective == {(0, 2): 1, (0, 3): 1}
    assert entries(p) == [
        {0: 1}, {1: 1}, {2: 1}, {3: 1}, {0: 3, 1: -1},
        {0: 1, 1: -1, 2: 1}, {0: 2, 2: -1}, {1: 1, 2: -1},
        {0: -1, 1: 1, 3: 1}, {0: 1, 3: -1}, {0: 3, 1: -1, 3: -1},
    ]  # fmt: skip
    assert p.vanishing == [{(0, 2): 1, (1, 2): -1, (2, 2): 1}, {(0, 3): -1, (1, 3): 1, (3, 3): 1}]


def test_neurons_with_a_sign_are_linear_or_gone():
    deep = {**DEEP, "offset": 5, "c": [2], "b3": {"rows": [["1/2"]]}}
    assert made(deep).objective == {(0, 0): 8, (0, 2): 2}  # 2 (h + 1 + 1/2) + 5
    gone = made({**deep, "b2": {"rows": [[-1]]}})  # h − 1 ≤ 0 on [−1, 1]
    assert gone.objective == {(0, 0): 6} and gone.dim == 3
    # a range that ends at 0 has a sign
    assert made({**DEEP, "lower": [0]}).objective == {(0, 0): 1, (0, 1): 1}
    assert made({**DEEP, "upper": [0]}).objective == {(0, 0): 1}


def test_a_ball_is_a_quadratic_inequality():
    """(3/2)² − (x − 1/2)² with x = −1 + p."""
    p = made(BALL)
    assert p.generators == [{(0, 1): 3, (1, 1): -1}] and entries(p)[4] == {0: 3, 1: -1}


def test_two_inputs_and_two_layers():
    """z = (x_1 − 2x_2, −3, x_1 + x_2) on [−1, 2] × [0, 1], then z_1^+ − z_3^+ + 1."""
    problem = {
        "type": "relu verification", "layers": 3,
        "W1": {"rows": [[1, -2], [0, 0], [1, 1]]}, "b1": {"rows": [[0, -3, 0]]},
        "W2": {"rows": [[1, 5, -1]]}, "b2": {"rows": [[1]]}, "W3": {"rows": [[2]]}, "b3": {"rows": [[0]]},
        "lower": [-1, 0], "upper": [2, 1], "c": [1], "offset": 0,
    }  # fmt: skip
    a = asked(problem)
    box = list(zip(a.low, a.high, strict=True))
    assert check_relu_program.intervals(a, box) == [[(-3, 2), (-3, -3), (-1, 3)], [(-2, 3)]]
    p = made(problem)
    assert p.dim == 1 + 2 + 2 + 1 and p.objective == {(0, 5): 2}
    assert entries(p)[6:8] == [{0: 3, 1: -1}, {0: 1, 2: -1}]
    assert entries(p)[8:11] == [{0: 1, 1: -1, 2: 2, 3: 1}, {0: 2, 3: -1}, {0: 2, 1: 1, 2: -2, 3: -1}]
    assert entries(p)[14:] == [{0: -1, 3: -1, 4: 1, 5: 1}, {0: 3, 5: -1}, {0: 3, 3: 1, 4: -1, 5: -1}]
    inner = made({**{k: v for k, v in problem.items() if k not in ("lower", "upper")}, "center": [0, 1], "radius": 2})
    # 4 − (−2 + p_1)² − (−2 + p_2)²
    assert inner.generators == [{(0, 0): -4, (0, 1): 4, (0, 2): 4, (1, 1): -1, (2, 2): -1}]


def test_claims_of_the_program_are_about_the_network():
    rebuilt = check_relu_program.verification(ABS, Data(None))
    assert rebuilt.say("lower bound", Fraction(0)) == (
        "min c'f(x) + offset over the box, f the ReLU network with layers of 1-2-1 is ≥ 0")
    assert "is ≤ 1" in rebuilt.say("upper bound", Fraction(1))
    assert "is ≥ 3.33333333333e-13" in rebuilt.say("lower bound", Fraction(1, 3 * 10**12))
    assert "is ≤ 3.33333333334e-13" in rebuilt.say("upper bound", Fraction(1, 3 * 10**12))
    assert rebuilt.points([(1, [2, 3, 1, 0])]) == "at (1/2)"


def test_denominators_that_grow_from_layer_to_layer_are_counted():
    spent = []
    bottom = 3**700
    layers = {name: {"rows": [[f"1/{bottom}"]]} for k in range(4) for name in (f"W{k + 1}", f"b{k + 1}")}
    problem = {"type": "relu verification", "layers": 4, "lower": [0], "upper": [1], "c": [1], "offset": 0, **layers}
    with mock.patch.object(check_reading, "spend", lambda units, what, bits=0: spent.append((what, units, bits))):
        check_relu.objective(asked(problem), [1])
    rows = [(units, bits) for what, units, bits in spent if what == "denominators"]
    assert [round(bits / bottom.bit_length()) for _, bits in rows] == [1, 2, 3, 4]
    assert all(units == 2 * (1 + bits // check_reading.WIDE) for units, bits in rows)


def test_a_point_of_a_large_honest_network_is_within_its_budget():
    """Three layers of 40 neurons with doubles as weights."""
    rng = np.random.default_rng(0)
    problem = {"type": "relu verification", "layers": 3, "lower": [-1] * 40, "upper": [1] * 40, "c": [1] * 40}
    problem["offset"] = 0
    for k in range(3):
        whole = rng.integers(-(2**52), 2**52, (41, 40)).tolist()
        rows = [[f"{v}/{2**55}" for v in row] for row in whole]
        problem |= {f"W{k + 1}": {"rows": rows[:40]}, f"b{k + 1}": {"rows": rows[40:]}}
    proof = {"value": 10**6, "point": [f"{v}/{2**53}" for v in rng.integers(-(2**52), 2**52, 40).tolist()]}
    assert check.check(doc("upper bound", problem, proof)).proved
