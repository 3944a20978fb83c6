"""ReLU networks and weight decay times powers of two: bounds equal bit for bit, networks and proofs of the data."""

from fractions import Fraction

import numpy as np
import pytest

import copos
from copos.conic import Status
from copos.polynomial.decayed import read_training
from copos.polynomial.units import OutOfRange, exponent, shifted
from copos.reformulation.relu_recovery import ReLUData

RNG = np.random.default_rng(7)
X, Y = RNG.standard_normal((3, 2)), RNG.standard_normal(3)
# loss ↦ degree in residuals; 0 where targets are labels
DEGREES = {"squared": 2, "huber": 2, "absolute": 1, "quantile": 1, "hinge": 0, "squared_hinge": 0}
POWERS = ((1, 0), (0, 1), (-37, 53), (500, -499), (-500, 500))  # of X and of Y


def rectified(loss, e, h, level=0, samples=3):
    """f(x) = Σ (x'u)_+ v: with inputs 2^e X and outputs 2^h f the decay is β 2^{(degree − 1)h + e}."""
    degree = DEGREES[loss]
    targets = np.ldexp(Y[:samples], h) if degree else np.sign(Y)
    beta = np.ldexp(0.1, e + (degree - 1) * h if degree else e)
    parameter = np.ldexp(1.0, h) if loss == "huber" else None
    program = copos.relu_network(np.ldexp(X[:samples], e), targets, beta, loss, loss_parameter=parameter)
    return program, copos.bracket(program, level), degree * h


@pytest.mark.parametrize("loss", DEGREES)
def test_relu_bounds_of_scaled_data_are_equal_bit_for_bit(loss):
    _, one, _ = rectified(loss, 0, 0)
    assert one.proved and 0 < one.lower <= one.upper < np.inf
    for e, h in POWERS if loss == "squared" else POWERS[2:3]:
        program, bound, power = rectified(loss, e, h)
        assert bound.exact == one.exact * Fraction(2) ** power, (e, h)
        assert (bound.claimed, bound.upper) == (np.ldexp(one.claimed, power), np.ldexp(one.upper, power))
        assert bound.certificate.verify(program).proved


def test_levels_above_0_too():
    _, one, _ = rectified("squared", 0, 0, level=1, samples=2)
    program, bound, power = rectified("squared", 9, -300, level=1, samples=2)
    assert bound.exact == one.exact * Fraction(2) ** power and bound.upper == np.ldexp(one.upper, power)
    assert bound.certificate.verify(program).proved


@pytest.mark.parametrize("h", [0, 1])
def test_the_upper_bound_is_the_value_of_the_network_rounded_up(h):
    """Where 2^h is no square, neurons come twice, and no weight is rounded."""
    program, bound, _ = rectified("squared", 0, h)
    _, one, _ = rectified("squared", 0, 0)
    network = bound.found.solution
    data = ReLUData(X, program.loss, float(np.ldexp(0.1, h)))
    assert bound.upper == network.objective_above(data)
    assert bound.upper == pytest.approx(network.objective(data), rel=1e-14)
    assert np.allclose(network.predict(X), np.ldexp(one.found.solution.predict(X), h), rtol=1e-14)


def test_a_column_of_ones_and_targets_of_dates():
    """f is one number c ≥ 0, at cost βc: Σ(c − y_i)²/2 + βc is least at the mean of y less β/4."""
    y, beta = 1e8 + np.array([0.25, 5.5, -0.5, 7.25]), 4000000.125
    exact, b = [Fraction(v) for v in y.tolist()], Fraction(beta)
    c = sum(exact) / 4 - b / 4
    optimum = sum((c - v) ** 2 for v in exact) / 2 + b * c
    bound = copos.bracket(copos.relu_network(np.ones((4, 1)), y, beta))
    assert bound.proved and bound.exact <= optimum <= Fraction(bound.upper)
    assert bound.upper <= bound.lower * (1 + 1e-6)


@pytest.mark.parametrize("beta", [1e-3, 1e-6, 1e-9])
def test_little_decay_of_a_good_fit(beta):
    """The optimum is about β times the decay of an interpolating network: relative accuracy far below the loss."""
    bound = copos.bracket(copos.relu_network(X, Y, beta))
    assert bound.proved and 0 < bound.upper - bound.lower <= 1e-5 * bound.lower


@pytest.mark.parametrize("solver", ["scs", "clarabel"])
def test_infeasible_is_only_claimed(solver, monkeypatch):
    """Zero is feasible, so such a status of a solver is wrong, and is called a claim."""
    from copos.levels import regularized as regularized_bound

    answer = regularized_bound.solve

    def wrong(form, *args, **options):
        found = answer(form, *args, **options)
        return type(found)(**(vars(found) | {"status": Status.INFEASIBLE}))

    if solver == "scs":
        pytest.importorskip("scs")
    monkeypatch.setattr(regularized_bound, "solve", wrong)
    bound = copos.bracket(copos.relu_network(X, Y, 0.1), solver=solver)
    assert bound.status is Status.INFEASIBLE and "claimed" in bound.reason
    assert bound.proved and np.isfinite(bound.lower) and bound.claimed == bound.lower <= bound.upper


def decayed(activation, e, h, balanced=False):
    """α(x'u)^k: with 2^e X and 2^h f the weights grow by 2^p, (k + 1)p + ke = h, and β by 2^{2h − 2p}."""
    degree = {"quadratic": 2, "linear": 1}[activation]
    p, rest = divmod(h - degree * e, degree + 1)
    assert not rest
    data = np.ldexp(X, e), np.ldexp(Y, h)
    beta = np.ldexp(0.1, 2 * h - 2 * p)
    program = copos.decayed_network(*data, 1, beta, activation, balanced=balanced, starts=3)
    bound = copos.bracket(program)
    return program, bound, copos.convex_decay_bound(*data, beta, activation, width=1, upper=bound.upper), data, beta


@pytest.mark.parametrize("balanced", [False, True])
@pytest.mark.parametrize(
    ("activation", "powers"), [("quadratic", [(1, 2), (-99, 33), (-250, -500)]), ("linear", [(-40, 60), (-300, 200)])]
)
def test_decayed_bounds_of_scaled_data_are_equal_bit_for_bit(activation, powers, balanced):
    _, one, below, _, _ = decayed(activation, 0, 0, balanced)
    assert one.proved and 0 < below.lower <= one.upper
    for e, h in powers:
        program, bound, convex, data, beta = decayed(activation, e, h, balanced)
        assert bound.exact == one.exact * Fraction(4) ** h and bound.upper == np.ldexp(one.upper, 2 * h)
        assert (convex.lower, convex.claimed) == (np.ldexp(below.lower, 2 * h), np.ldexp(below.claimed, 2 * h))
        assert bound.certificate.verify(program).proved
        training = read_training(*data, beta, activation)
        assert Fraction(bound.upper) >= training.exact_objective(bound.found.solution)


def test_shifts_are_exact_or_refused():
    assert shifted(np.array([3.0, -0.5]), 4).tolist() == [48.0, -8.0]
    for value, by in ((1.0, 1024), (3.0, -1075), (5e-324, -1), (1.5, -1074)):
        with pytest.raises(OutOfRange):
            shifted(np.array([value]), by)
    assert [exponent(np.array([v])) for v in (0.0, 1.0, -0.75, 5e-324)] == [0, 1, 0, -1073]


def test_data_beyond_the_doubles_are_their_own_units():
    """2^-1074 beside 2^900: no shift of both is exact."""
    wide = np.array([[1.0, 5e-324], [-1.0, 0.0]])
    bound = copos.bracket(copos.relu_network(np.ldexp(wide, 0), [1.0, 0.5], 0.1))
    assert bound.proved and 0 <= bound.lower <= bound.upper


def test_coefficients_beyond_the_doubles_are_refused():
    """(x'u)² has about 1e203, whatever unit the weights have: β = 1e203 holds them to 1."""
    with pytest.raises(ValueError, match="other units"):
        copos.decayed_network(1e101 * X, 1e101 * Y, 1, 1e202, "quadratic", starts=1)
