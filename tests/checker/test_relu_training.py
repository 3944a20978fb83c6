"""The checker's sweep and cones against values at points, and its reading of what was asked."""

import contextlib
import math
from fractions import Fraction
from itertools import pairwise, product
from unittest import mock

import numpy as np
import pytest

from copos.checker import check, check_reading
from copos.checker import check_relu_training as checker
from copos.checker.check_data import Data
from tests.checker.forgeries_relu_training import CUBE, HALF, LINE, NETWORK, training


def highest(samples):
    """(max |Σ n_i (x_i'u)_+|)² in the plane: over the cells by their rays and where w is in its cell, in fractions."""
    rays = [(s * x[1], -s * x[0]) for x, _ in samples for s in (1, -1)]
    rays.sort(key=lambda p: math.atan2(p[1], p[0]))
    best = Fraction(0)

    def g(u):
        return sum(n * max(x[0] * u[0] + x[1] * u[1], 0) for x, n in samples)

    for p, q in pairwise([*rays, rays[0]]):
        for u in (p, q):
            best = max(best, Fraction(g(u) ** 2, u[0] ** 2 + u[1] ** 2))
        middle = (p[0] + q[0], p[1] + q[1]) if p[0] * q[1] != p[1] * q[0] else (-p[1], p[0])
        w = [sum(n * x[k] for x, n in samples if x[0] * middle[0] + x[1] * middle[1] > 0) for k in (0, 1)]
        for u in (w, (-w[0], -w[1])):
            if any(u):
                best = max(best, Fraction(g(u) ** 2, u[0] ** 2 + u[1] ** 2))
    return best


@pytest.mark.parametrize("seed", range(40))
def test_the_sweep_decides_as_the_maximum_does(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 7))
    samples = [(tuple(rng.integers(-3, 4, 2).tolist()), int(rng.integers(-4, 5))) for _ in range(n)]
    samples = [(x, k) for x, k in samples if any(x) and k]
    square = highest(samples) if samples else Fraction(0)
    root = Fraction(math.isqrt(int(square * 10**12)), 10**6)
    several = [(x, [k]) for x, k in samples]
    checker.sweep(several, root + Fraction(2, 10**6))
    if square:
        with pytest.raises(check_reading.Rejected, match="larger than"):
            checker.sweep(several, root - Fraction(1, 10**6))


@pytest.mark.parametrize("seed", range(20))
def test_the_sweep_of_several_outputs_decides_as_the_maximum_does(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 7))
    X, N = rng.integers(-3, 4, (n, 2)), rng.integers(-4, 5, (n, int(rng.integers(2, 5))))
    samples = [(x, k) for x, k in zip(X.tolist(), N.tolist(), strict=True) if any(x) and any(k)]
    angle = np.linspace(0, 2 * np.pi, 100_001)
    g = np.maximum(np.column_stack([np.cos(angle), np.sin(angle)]) @ X.T, 0) @ N
    highest = float(np.linalg.norm(g, axis=1).max())
    checker.sweep(samples, Fraction(highest * (1 + 2e-4) + 1e-6))
    if samples:
        with pytest.raises(check_reading.Rejected, match="larger than"):
            checker.sweep(samples, Fraction(highest * (1 - 1e-9)))


@pytest.mark.parametrize("d", [3, 4])
def test_a_cone_is_cut_at_a_point_of_its_edge_and_knows_its_samples(d):
    rng = np.random.default_rng(d)
    samples = [(rng.integers(-5, 6, d).tolist(), rng.integers(-3, 4, 1).tolist()) for _ in range(8)]
    corners = [[4 * (i == k) for k in range(d)] for i in range(d - 1)] + [[0] * (d - 1) + [1]]
    open_ = [(x, n, [checker.dot(x, p) for p in corners]) for x, n in samples]
    cone = checker._closed(checker.Cone(corners, open_, [[0] * d]))
    first, second = checker._halves(cone, [0, d - 1, 3, 5])
    point = [12, *[0] * (d - 2), 20]  # the shorter corner counts four times
    assert first.corners == [point, *corners[1:]] and second.corners == [*corners[:-1], point]
    assert checker._halves(cone, [d - 1, 0, 5, 3])[0].corners == second.corners
    for part in (cone, first, second):
        for weights in product((1, 2), repeat=d):
            u = [sum(t * p[k] for t, p in zip(weights, part.corners, strict=True)) for k in range(d)]
            g = sum(n * max(checker.dot(x, u), 0) for x, (n,) in samples)
            rest = sum(n * max(checker.dot(x, u), 0) for x, (n,), _ in part.open)
            assert g == checker.dot(part.W[0], u) + rest
        for x, _, z in part.open:
            assert min(z) < 0 < max(z) and z == [checker.dot(x, p) for p in part.corners]


@pytest.mark.parametrize("n", [1, -1])
@pytest.mark.parametrize(("x", "scale", "above"), [
    ([2, -1, 0], 1, True), ([1, -2, 0], 1, False), ([1, -1, 0], 1, False), ([1, -1, 0], 2, False),
    ([2, -3, 0], 4, False),
])  # fmt: skip
def test_a_leaf_is_compared_with_the_chord_or_one_side(x, n, scale, above):
    """Corners of one length have the same say in which side: e_1 is written as scale·e_1."""
    corners = [[scale, 0, 0], [0, 1, 0], [0, 0, 1]]
    cone = checker.Cone(corners, [(x, [n], [checker.dot(x, p) for p in corners])], [[0, 0, 0]])
    least = [x[0], 0, 0] if n > 0 else [-x[0], -x[1], 0] if above else [0, 0, 0]
    checker._leaf(cone, least, 0, Fraction(100))
    checker._leaf(cone, [v + 1 for v in least], 0, Fraction(100))
    for k in (0, 1):
        lower = [v - (i == k) for i, v in enumerate(least)]
        with pytest.raises(check_reading.Rejected, match="at a corner"):
            checker._leaf(cone, lower, 0, Fraction(100))


def test_what_is_asked_is_read_and_said():
    asked = checker.asked({**LINE, "X": {"rows": [["1/2"], ["-2/3"]]}}, Data(None))
    assert asked.rows == [[3], [-4]] and asked.bottom == 6 and asked.y == [1, 0] and asked.beta == Fraction(1, 2)
    said = check.check(training())
    assert "3/8 ≤ ½ Σ (f(x_i) − y_i)² + β/2 Σ (‖u_j‖² + v_j²)" in said.claim
    assert "β = 1/2, 2 samples with 1 inputs" in said.claim
    assert "a network of 1 neurons has it" in check.check(training(kind="upper bound", proof=NETWORK)).claim


def test_what_is_said_of_a_bound_follows_from_it():
    low, high = Fraction(1, 3) + Fraction(1, 10**15), 1 + Fraction(1, 10**15) / 3
    least, most = (
        check.check(training(value=str(low))), check.check(training(kind="upper bound", proof=NETWORK, value=str(high)))
    )  # fmt: skip
    assert Fraction(least.claim.split("…")[0]) <= low and Fraction(most.claim.split("…")[0]) >= high


def test_samples_may_be_given_as_columns():
    named = {**CUBE, "X": {"sha256": check_data_digest([[1, 0], [2, 3]])}, "Y": {"rows": [[0], [0]]}}
    document = training(named, proof={**HALF, "value": 0, "multiplier": [0, 0]})
    assert check.check(document, None, {"X": [[1, 0], [2, 3]]}).proved
    turned = check.check(document, None, {"X": [[1, 2], [0, 3]]})
    assert turned.proved and "the transpose of the table given" in turned.claim
    assert "was not given" in check.check(document).reason


def check_data_digest(rows):
    from copos.checker import check_data

    return check_data.digest(rows)


@contextlib.contextmanager
def budget():
    """What is taken from the budget: (what, units, bits)."""
    out = []
    with mock.patch.object(check_reading, "spend", lambda units, what, bits=0: out.append((what, units, bits))):
        yield out


def test_the_work_of_a_sweep_is_that_of_sorting():
    with budget() as spent:
        checker.sweep([((1, k), [1]) for k in range(100)], Fraction(10**6))
        checker.sweep([((1, k), [1, 1, 1]) for k in range(100)], Fraction(10**6))
        assert spent == [("a sweep", 40 * 100 * 8, 14), ("a sweep", 60 * 100 * 8, 14)]


def test_the_work_of_cones_grows_with_samples_corners_and_bits():
    with budget() as spent:
        samples = [([2, -1, 0], [1])] * 50
        long = [([2 << 600, -1, 0], [1 << 600])] * 50
        tree = {"shift": 0, "cones": [[{"split": [0, 1, 1, 2]}, *[[0, 0, 0]] * 9]] * 2}
        with pytest.raises(check_reading.Rejected, match="below"):
            checker.cover((3, 1), samples, Fraction(1), tree)
        orthants = [row for row in spent if row[0] == "an orthant"]
        assert orthants == [("an orthant", 3 * 50, 2)] * 8 and ("a cone", 4 * 3 * 51, 2) in spent
        assert ("a leaf", 3 * 3, 2) in spent  # no sample changes its sign in the first part
        spent.clear()
        with pytest.raises(check_reading.Rejected, match="below"):
            checker.cover((3, 1), long, Fraction(1), tree)
        assert [row for row in spent if row[0] == "an orthant"] == [("an orthant", 3 * 50 * 2, 602)] * 8


def test_a_network_costs_its_common_divisors():
    with budget() as spent:
        short = {**LINE, "X": {"rows": [[1], [-1]]}}
        for problem, u in ((short, "1/3"), ({**short, "X": {"rows": [[f"1/{3**400}"], [1]]}}, f"1/{7**400}")):
            asked = checker.asked(problem, Data(None))
            with pytest.raises(check_reading.Rejected, match="objective"):
                checker.attained(asked, {**NETWORK, "u": [[u]], "value": 0})
        costs = [row for row in spent if row[0] == "residuals"]
        assert [units for _, units, _ in costs] == [2 * 2, 2 * 2 * 4] and costs[1][2] > 1500


def test_leaves_of_several_outputs_cost_each_of_them():
    with budget() as spent, contextlib.suppress(check_reading.Rejected):
        tree = {"shift": 0, "cones": [[[0, 0, 0]] * 8]}
        checker.cover((3, 2), [([2, -1, 0], [1, 2])] * 50, Fraction(1), tree)
    assert spent[0] == ("an orthant", 2 * 3 * 50, 2) and ("a leaf", 2 * 3 * 53, 1) in spent
    with budget() as spent, contextlib.suppress(check_reading.Rejected):
        checker.cover((3, 2), [([2, -1, 0], [1 << 600, 2])] * 2, Fraction(1), tree)
    assert ("a leaf", 2 * 3 * 5 * 2, 1) in spent


def test_heights_of_several_outputs_by_hand():
    open_ = [([-2, 1, 0], [3, 4], [-2, 1, 0])]
    cone = checker.Cone([[1, 0, 0], [0, 1, 0], [0, 0, 1]], open_, [[10, 0, 0], [0, 0, 0]])
    assert checker._of_several(cone, [False]) == [20, 5 + 5, 0]
    assert checker._of_several(cone, [True]) == [17 + 10, 10, 0]  # ‖(20, 0) − 2(3, 4)‖ = 16.1
    assert [checker._root(k) for k in (0, 1, 2, 4, 5, 9, 10)] == [0, 1, 2, 2, 3, 3, 4]


@pytest.mark.parametrize("outputs", [2, 3])
def test_heights_of_a_leaf_are_above_the_norm_in_its_cone(outputs):
    rng = np.random.default_rng(outputs)
    samples = [(rng.integers(-5, 6, 3).tolist(), rng.integers(-3, 4, outputs).tolist()) for _ in range(8)]
    corners = [[1, 2, 0], [0, 3, 1], [2, 0, -1]]
    open_ = [(x, n, [checker.dot(x, p) for p in corners]) for x, n in samples]
    cone = checker._closed(checker.Cone(corners, open_, [[0] * 3 for _ in range(outputs)]))
    for sides in ([True] * len(cone.open), [False] * len(cone.open)):
        h = checker._of_several(cone, sides)
        for t in product(range(4), repeat=3):
            u = np.array(t) @ np.array(corners)
            g = sum(np.array(n) * max(int(np.dot(x, u)), 0) for x, n in samples)
            assert np.dot(g, g) * 4 <= np.dot(h, t) ** 2
    closed = checker._of_several(checker.Cone(corners, [], cone.W), [])
    exact = [int(4 * sum(checker.dot(w, p) ** 2 for w in cone.W)) for p in corners]
    assert closed == [math.isqrt(v - 1) + 1 if v else 0 for v in exact]


@pytest.mark.parametrize("outputs", [1, 5])
def test_sweeps_of_a_hundred_thousand_samples_are_within_their_budget(outputs):
    """What a sweep takes against what the tables and multipliers of so many samples add to the budget."""
    for n in (10_000, 100_000):
        numbers = "-1234567890123456789/1180591620717411303424"
        row = [numbers] * (2 + outputs)
        with budget() as spent, mock.patch.object(checker, "_below"):
            samples = [((1, k), [1 << 61] * outputs) for k in range(50)]
            checker.sweep(samples, Fraction(1))
        units = spent[0][1] * n * (1 + n.bit_length()) // (50 * (1 + (50).bit_length()))
        size = n * (1 + sum(1 + len(v) // 16 for v in row) + outputs)
        assert units <= min(check_reading.WORK + check_reading.WORK_PER_ITEM * size, check_reading.WORK_MOST)


def test_a_proof_of_many_cones_is_within_its_budget():
    """Each cut adds its cone with all open samples and a leaf: what they take is what they add, a few times over."""
    rng = np.random.default_rng(4)
    samples = [(rng.integers(-(1 << 53), 1 << 53, 4).tolist(), [int(rng.integers(1 << 61))]) for _ in range(50)]
    count = 40
    leaf = [1 << 50] * 4
    tree = [[*([{"split": [0, 1, 1, 1]}] * count), *([leaf] * (count + 16))], [leaf] * 16]
    with budget() as spent, mock.patch.multiple(
        checker, dot=lambda a, b: 0, _of_one=lambda cone, sides: [0] * 4
    ):
        checker.cover((4, 1), samples, Fraction(1), {"shift": 0, "cones": tree})
    cuts = [units * (1 + bits // check_reading.WIDE) for what, units, bits in spent if what == "a cone"]
    leaves = [units * (1 + bits // check_reading.WIDE) for what, units, bits in spent if what == "a leaf"]
    assert len(cuts) == count and len(leaves) == count + 32
    # 14,000 cones (d = 4, n = 50) take less than is there for a document of so many items
    assert 14_000 * (max(cuts) + max(leaves)) <= check_reading.WORK + check_reading.WORK_PER_ITEM * 14_000 * 13


@pytest.mark.parametrize(("n", "d"), [(400, 2), (150, -2), (40, 3)])
def test_a_large_honest_proof_is_within_its_budget(n, d):
    from copos import train_relu_network

    rng = np.random.default_rng(n)
    Y = rng.standard_normal((n, 3) if d < 0 else n)  # −2: two inputs and several outputs
    found = train_relu_network(rng.standard_normal((n, abs(d))), Y, beta=4.0)
    assert found.verify().proved and found.lower > 0
