"""What is proved of a linear network is about the table itself: exact data, closed forms, lifts made anew."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import copos
from copos import Loss, MatrixConstraints, bracket, linear_network
from copos.arithmetic.exact_products import gram
from copos.certificate import verify
from copos.levels.known import known_lower, known_upper
from copos.reformulation.linear_network.conditioning import combination, conditioner, congruent, independent
from copos.reformulation.linear_network.exact_loss import Tables


def exactly(M):
    return [[Fraction(v) for v in row] for row in np.asarray(M).tolist()]


def loss_of(X, Y, W):
    """Σ (Wx − y)² in fractions, by a formula that the package does not use."""
    X, Y, W = exactly(X), exactly(Y), exactly(W)
    total = Fraction(0)
    for t in range(len(X[0])):
        for w, y in zip(W, Y, strict=True):
            total += (sum(a * x[t] for a, x in zip(w, X, strict=True)) - y[t]) ** 2
    return total


def least_squares(X, y):
    """min ‖wX − y‖² in fractions, by Gauss's elimination on independent rows."""
    X, y = exactly(X), [Fraction(v) for v in y]
    rows = []
    for x in X:  # orthogonalise without roots
        for r in rows:
            c = sum(a * b for a, b in zip(x, r, strict=True)) / sum(a * a for a in r)
            x = [a - c * b for a, b in zip(x, r, strict=True)]
        if any(x):
            rows.append(x)
    for r in rows:
        c = sum(a * b for a, b in zip(y, r, strict=True)) / sum(a * a for a in r)
        y = [a - c * b for a, b in zip(y, r, strict=True)]
    return sum(v * v for v in y)


N = 12
T = np.arange(float(N))
RNG = np.random.default_rng(0)
TABLES = {
    "line": ([[1, 1, 1], [10000, 10001, 10002]], [0, 0, 3]),
    "days": (np.array([19700 + T, np.ones(N)]), 5 * T + T**2 % 7),
    "exact days": (np.array([20000 + T, np.ones(N)]), 3 * T + 1),
    "unix seconds": (np.array([1.7e9 + 3600 * T, np.ones(N)]), np.sin(T)),
    "polynomial features": (np.array([np.linspace(0, 50, N) ** k for k in range(7)]), np.sin(T)),
    "units": (RNG.standard_normal((4, N)) * [[1e-9], [1e9], [1.0], [1e4]], RNG.standard_normal(N)),
    "duplicates": (np.vstack([np.eye(N)[:3], np.eye(N)[:3], np.ones((1, N))]), T),
    "one-hot and ones": (np.vstack([np.eye(3)[np.arange(N) % 3].T, np.ones((1, N))]), T),
    "more inputs than samples": (RNG.standard_normal((5, 3)), RNG.standard_normal(3)),
    "one sample": ([[1.5], [2.0]], [3.0]),
    "large targets": (np.array([np.ones(3), T[:3]]), 1e8 + np.array([0, 0, 3.0])),
    "tiny": (np.array([np.ones(N), T]) * 1e-150, np.cos(T) * 1e-150),
    "huge": (np.array([np.ones(N), T]) * 1e150, np.cos(T) * 1e150),
    "zeros": (np.zeros((2, 4)), T[:4]),
    "zero targets": (RNG.standard_normal((2, 4)), np.zeros(4)),
}


@pytest.mark.parametrize("name", TABLES)
def test_least_squares_is_enclosed_exactly(name):
    X, y = TABLES[name]
    X, Y = np.asarray(X, dtype=float), np.atleast_2d(np.asarray(y, dtype=float))
    bound = bracket(linear_network(X, Y, [len(X), 1, 1]))
    truth = least_squares(X, Y[0])
    assert bound.proved and bound.exact <= truth <= Fraction(bound.upper)
    assert 0 <= bound.lower
    assert Fraction(bound.upper) <= loss_of(X, Y, bound.found.solution.matrix) * (1 + Fraction(1, 10**15)) or truth == 0
    assert bound.upper - bound.lower <= 1e-9 * bound.upper + 1e-14 * float((Y**2).sum())
    assert verify(bound.certificate, data={"X": X, "Y": Y}).proved
    assert verify(bound.upper_certificate, data={"X": X, "Y": Y}).proved


@pytest.mark.parametrize("name", ["line", "days", "units", "polynomial features"])
def test_a_changed_cell_is_rejected(name):
    X, y = TABLES[name]
    X, Y = np.asarray(X, dtype=float), np.atleast_2d(np.asarray(y, dtype=float))
    bound = bracket(linear_network(X, Y, [len(X), 1, 1]))
    other = Y.copy()
    other[0, 0] = np.nextafter(other[0, 0], 1)
    verdict = verify(bound.certificate, data={"X": X, "Y": other})
    assert not verdict.proved and "the Y given is not the table" in verdict.reason


def test_decimals_are_taken_as_written():
    X = [[Decimal("0.1"), Decimal("0.2"), Decimal("0.3")]]
    Y = [[Decimal("0.3"), Decimal("0.6"), Decimal("0.9")]]
    bound = bracket(linear_network(X, Y, [1, 1, 1]))
    assert bound.lower == 0 and bound.proved
    assert 0 < bracket(linear_network(np.array(X, float), np.array(Y, float), [1, 1, 1])).upper < 1e-30
    assert verify(bound.certificate, data={"X": X, "Y": Y}).proved


WEIGHTS = np.array([[1.0, 0.5, 2.0, 1.0, 0.25], [0.5, 1.0, 1.0, 0.75, 1.0]])
KINDS = {
    "plain": {},
    "projection": dict(lift="projection"),
    "projection, whitened": dict(lift="projection", strengthen=["whiten"]),
    "input side": dict(lift="projection-input"),
    "both sides, minors": dict(lift="projection-both", strengthen=["minors"]),
    "factor": dict(lift="factor"),
    "factor, bounded": dict(lift="factor", strengthen=["bounded"]),
    "factor, all": dict(lift="factor", strengthen=["bounded", "balanced", "projection", "minors"]),
    "factor, whitened": dict(lift="factor", strengthen=["balanced", "whiten"]),
    "weights": dict(weights=WEIGHTS),
    "sample and output weights": dict(sample_weight=[1, 2, 3, 4, 0], output_weight=[1.0, 0.5], lift="projection"),
    "ridge": dict(ridge=0.25, lift="projection"),
    "intercept": dict(intercept=True, lift="projection"),
    "intercept and weights": dict(intercept=True, weights=WEIGHTS),
    "decay": dict(weight_decay=0.5),
    "absolute": dict(loss="absolute"),
    "decay of three layers": dict(weight_decay=0.5, widths=[1, 1, 1, 1]),
    "huber": dict(loss=Loss("huber", 0.5), weights=WEIGHTS),
    "constraints": dict(constraints=MatrixConstraints.nonnegative((2, 2)) & MatrixConstraints.row_sums((2, 2), 1.0)),
    "box": dict(constraints=MatrixConstraints.box((2, 2), -0.5, 0.5), lift="factor", strengthen=["bounded"]),
}


def small(seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(-4, 5, (2, 5)) / 4, rng.integers(-4, 5, (2, 5)) / 4


@pytest.mark.parametrize("kind", KINDS)
def test_the_checker_makes_every_lift_anew_from_the_table(kind):
    X, Y = small()
    change = {"widths": [2, 1, 2], **KINDS[kind]}
    X, Y = X[: change["widths"][0]], Y[: change["widths"][-1]]
    program = linear_network(X, Y, **change)
    bound = bracket(program)
    assert bound.proved and bound.exact <= Fraction(bound.upper)
    tables = {"X": X, "Y": Y} | {
        name: np.atleast_2d(KINDS[kind][name])
        for name in ("weights", "sample_weight", "output_weight") if name in KINDS[kind]
    }  # fmt: skip
    verdict = verify(bound.certificate, data=tables)
    assert verdict.proved and not verdict.assumptions, verdict.reason
    assert verdict.claim.startswith("every linear network of widths")
    wrong = verify(bound.certificate, data=tables | {"X": X + np.eye(len(X), 5) / 1024})
    assert not wrong.proved
    document = bound.certificate.document()
    if "question" in document:  # a program that is not the lift of its question
        network = {**document["question"]["network"], "widths": [2, 2, 2]}
        document["question"] = {**document["question"], "network": network}
        assert not verify(document).proved


def test_a_bound_that_the_user_states_is_an_assumption_or_proved():
    X, Y = small(1)
    loose = bracket(linear_network(X, Y, [2, 1, 2], "factor", ["bounded"], trace_bound=100.0))
    assert not loose.certificate.verify().assumptions
    tight = copos.lower_bound(linear_network(X, Y, [2, 1, 2], "factor", ["bounded"], trace_bound=0.01))
    verdict = tight.certificate.verify()
    assert verdict.assumptions and verdict.claim.startswith("assuming that the balanced factors")
    with pytest.raises(ValueError, match="this was given, and cannot be"):
        bracket(linear_network(X, Y, [2, 1, 2], "factor", ["bounded"], trace_bound=0.01))


def test_the_closed_form_holds_below_the_levels_of_any_weights():
    X, Y = small(2)
    program = linear_network(X, Y, [2, 1, 2], weights=WEIGHTS)
    below = known_lower(program)
    assert 0 < below.lower <= bracket(program).exact
    assert below.certificate.verify().proved


def test_a_network_is_evaluated_with_its_own_weights():
    for change in KINDS.values():
        X, Y = small(3)
        change = {"widths": [2, 1, 2], **change}
        program = linear_network(X[: change["widths"][0]], Y[: change["widths"][-1]], **change)
        found = program.recover(np.eye(program.cone.ambient))
        if found.solution is None:  # no start led to a feasible matrix
            assert "constraints" in change
            continue
        value, certificate, _ = known_upper(program, found.solution)
        if value is None:  # equations on W that floating-point weights meet up to rounding only
            assert "constraints" in change
            continue
        assert certificate.verify().proved
        assert abs(float(value) - found.value) <= 1e-9 * (1 + found.value)


def test_coordinates_of_the_inputs_are_known_exactly():
    X = np.array([1.7e9 + 3600 * T, np.ones(N), T**6])
    G = gram(X, X)
    S = conditioner(G)
    near = congruent(S, G) - np.eye(3, dtype=int)
    assert max(abs(v) for v in near.ravel()) <= 1e-14
    H = gram(np.vstack([X, X[0] * 2]), np.vstack([X, X[0] * 2]))
    kept = independent(H)
    assert kept == [0, 1, 2]
    assert combination(H, kept).tolist() == [[2, 0, 0]]


def test_sums_of_products_are_exact():
    rng = np.random.default_rng(5)
    A = rng.standard_normal((3, 50)) * 10.0 ** rng.integers(-150, 150, (3, 1))
    B = rng.standard_normal((2, 50)) * 10.0 ** rng.integers(-9, 9, (2, 50))
    w = rng.random(50)
    found = gram(A, B, w)
    for i, p in enumerate(A):
        for j, q in enumerate(B):
            assert found[i, j] == sum(Fraction(a) * Fraction(b) * Fraction(c) for a, b, c in zip(p, q, w, strict=True))
    big = np.full((1, 4096), 1 - 2.0**-53)
    assert gram(big, big)[0, 0] == 4096 * Fraction(1 - 2.0**-53) ** 2


def test_intercepts_take_the_weighted_means_out():
    X, Y = small(4)
    t = Tables(X, Y, sample_weight=np.array([1, 2, 0, 4, 5]), intercept=True)
    W = np.array([[0.5, -1.0], [2.0, 0.25]])
    network = copos.LinearNetwork((W,), t.bias(W))
    errors = (network.predict(X) - Y) ** 2
    assert float(t.loss.value(W)) == pytest.approx(float((errors * [1, 2, 0, 4, 5]).sum()), rel=1e-12)


@pytest.mark.parametrize("k", [-500, -37, -1, 1, 2, 53, 500])
@pytest.mark.parametrize("kind", ["plain", "projection", "weights"])
def test_bounds_scale_with_the_table_bit_for_bit(kind, k):
    X, Y = small(5)
    change = {"widths": [2, 1, 2], **KINDS[kind]}
    one = bracket(linear_network(X, Y, **change))
    inputs = bracket(linear_network(np.ldexp(X, k), Y, **change))
    assert (inputs.lower, inputs.upper) == (one.lower, one.upper)
    if abs(k) <= 500:
        half = bracket(linear_network(X, np.ldexp(Y, k), **change))
        assert (half.lower, half.upper) == (float(np.ldexp(one.lower, 2 * k)), float(np.ldexp(one.upper, 2 * k)))
