"""Certified training: the optimum against a conic solver, random descent, mutations and degenerate data."""

import numpy as np
import pytest

from copos.conic import Status
from copos.polynomial.features import Convolution
from copos.polynomial.network import PolynomialNetwork
from copos.polynomial.program import certify_network, polynomial_network
from copos.solvers import solve
from tests.polynomial_cases import descent, random_problem

CONIC = ("logistic", "multinomial")  # these need the exponential cone


def friedman(n=60, d=5, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d))
    return X, np.sin(2 * X[:, 0]) + X[:, 1] * X[:, 2] + 0.1 * rng.standard_normal(n)


@pytest.mark.parametrize("seed", range(48))
def test_every_architecture_and_loss(seed):
    """The decomposed network attains the optimum that the dual proves and that a conic solver finds."""
    name, program = random_problem(seed)
    fit = program.train(1e-7)
    assert fit.certified and fit.gap <= 1e-7, name
    assert program.objective(fit.network) == fit.objective
    G, n, _, d = program.patches.shape
    assert len(fit.network) <= 2 * G * program.Y.shape[1] * (d + 1)
    assert np.abs(np.linalg.norm(fit.network.u, axis=1) - 1).max(initial=0) <= 1e-12
    if program.loss_name not in CONIC and seed % 3 == 0:
        found = solve(program.conic_form(), "clarabel")
        assert found.status in (Status.OPTIMAL, Status.INACCURATE)
        assert found.value == pytest.approx(fit.objective, rel=1e-6), name
        recovered = program.recover(found)
        assert program.objective(recovered) == pytest.approx(fit.objective, rel=1e-5), name


@pytest.mark.filterwarnings("ignore:Solution may be inaccurate")
@pytest.mark.parametrize("seed", [6, 7, 14, 31, 39, 46, 2, 4])
def test_general_solver_through_cvxpy(seed):
    """Logistic and multinomial losses, which a ConicForm does not have, and two that it has."""
    pytest.importorskip("cvxpy")
    from copos.interop.polynomial import training_problem

    name, program = random_problem(seed)
    training = training_problem(program)
    with pytest.raises(ValueError, match="no solution"):
        training.network()
    value, fit = training.problem.solve(solver="CLARABEL"), program.train(1e-8)
    assert value == pytest.approx(fit.objective, rel=1e-6), name
    assert program.objective(training.network()) == pytest.approx(fit.objective, rel=1e-4), name


@pytest.mark.parametrize("seed", [0, 3, 12, 16, 22, 30, 37, 47])
def test_random_descent_is_never_below(seed):
    name, program = random_problem(seed)
    lower = program.train(1e-7).lower
    rng = np.random.default_rng(seed)
    values = np.concatenate([descent(program, 4, rng, 120, method, 2) for method in ("L-BFGS", "Adam")])
    assert values.min() >= lower * (1 - 1e-12), name


def test_certificate_accepts_the_optimum_and_refutes_others():
    X, y = friedman()
    program = polynomial_network(X, y, beta_ratio=0.05)
    fit = program.train(1e-9)
    net = fit.network
    again = certify_network(net, X, y, program.beta)
    assert again.gap <= 1e-8 and again.violation <= 1e-4
    optimum = fit.objective
    rng = np.random.default_rng(1)
    for _ in range(10):
        other = PolynomialNetwork.from_weights(
            net.u, net.alpha * rng.uniform(0.5, 1.5, len(net)), net.activation, intercept=0.0
        )
        proof = certify_network(other, X, y, program.beta)
        assert proof.lower <= optimum * (1 + 1e-9) <= proof.objective * (1 + 1e-9)
    fewer = PolynomialNetwork.from_weights(net.u[1:], net.alpha[1:], net.activation)
    proof = certify_network(fewer, X, y, program.beta)
    assert proof.improving is not None and proof.slope < 0 and proof.violation > 0
    t = 1e-4
    more = PolynomialNetwork.from_weights(
        np.vstack([fewer.u, proof.improving]), np.append(fewer.alpha, t * proof.sign), net.activation
    )
    assert program.objective(more) - proof.objective == pytest.approx(t * proof.slope, rel=1e-2)


def test_certificate_at_kinks_is_that_of_the_program():
    X, y = friedman()
    program = polynomial_network(X, y, beta_ratio=0.1, loss="absolute", intercept=True)
    fit = program.train(1e-7)
    proof = program.certify(fit.network)
    assert proof.gap <= 1e-5 and proof.objective == fit.objective


def test_path_is_monotone_and_warm_starts_agree():
    X, y = friedman()
    program = polynomial_network(X, y, beta=1.0)
    path = program.path([0.3, 0.1, 0.03, 0.01], tolerance=1e-8)
    assert [p.beta for p in path] == sorted((p.beta for p in path), reverse=True)
    assert all(p.certified for p in path)
    for step in path:
        assert step.objective == pytest.approx(program.at(beta=step.beta).train(1e-8).objective, rel=1e-7)
    losses = [p.objective - p.beta * p.network.penalty for p in path]
    assert losses == sorted(losses, reverse=True)


def test_beta_max_is_sharp():
    X, y = friedman()
    program = polynomial_network(X, y, beta=1.0)
    assert len(program.at(ratio=1.001).train().network) == 0
    assert len(program.at(ratio=0.99).train(1e-9).network) > 0


def test_metamorphic():
    """Rotated features, permuted samples and duplicated samples with half the weight leave the optimum alone."""
    X, y = friedman()
    rng = np.random.default_rng(2)
    Q = np.linalg.qr(rng.standard_normal((5, 5)))[0]
    order = rng.permutation(len(y))
    beta = 0.4
    value = polynomial_network(X, y, beta=beta).train(1e-9).objective
    assert polynomial_network(X @ Q, y, beta=beta).train(1e-9).objective == pytest.approx(value, rel=1e-8)
    assert polynomial_network(X[order], y[order], beta=beta).train(1e-9).objective == pytest.approx(value, rel=1e-8)
    twice = polynomial_network(
        np.vstack([X, X]), np.append(y, y), beta=beta, sample_weight=np.full(2 * len(y), 0.5)
    ).train(1e-9)
    assert twice.objective == pytest.approx(value, rel=1e-8)
    # a filter as large as the image is a dense neuron
    image = polynomial_network(X[:, :4].reshape(-1, 2, 2), y, beta=beta, architecture=Convolution((2, 2)))
    assert image.train(1e-9).objective == pytest.approx(
        polynomial_network(X[:, :4], y, beta=beta).train(1e-9).objective, rel=1e-8
    )


DEGENERATE = {
    "duplicate rows": lambda X, y: (np.repeat(X[:5], 8, axis=0), np.repeat(y[:5], 8)),
    "constant columns": lambda X, y: (np.column_stack([X, np.ones(len(X)), np.zeros(len(X))]), y),
    "equal columns": lambda X, y: (np.column_stack([X, X[:, :2]]), y),
    "fewer samples than features": lambda X, y: (np.random.default_rng(0).standard_normal((6, 20)), y[:6]),
    "one sample": lambda X, y: (X[:1], y[:1]),
    "one feature": lambda X, y: (X[:, :1], y),
    "zero features": lambda X, y: (np.zeros_like(X), y),
    "zero targets": lambda X, y: (X, np.zeros(len(y))),
    "constant targets": lambda X, y: (X, np.full(len(y), 3.0)),
    "huge scale": lambda X, y: (1e5 * X, 1e4 * y),
    "tiny scale": lambda X, y: (1e-5 * X, 1e-4 * y),
}


@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("case", DEGENERATE)
@pytest.mark.parametrize("loss", ["squared", "huber", "absolute"])
def test_degenerate_data(case, loss, intercept):
    X, y = DEGENERATE[case](*friedman())
    for sigma in ("published", "quadratic"):
        program = polynomial_network(X, y, sigma, beta_ratio=0.1, loss=loss, intercept=intercept)
        fit = program.train(1e-6)
        assert fit.certified, (fit.message, fit.gap)


def test_degenerate_answers():
    X, y = friedman()
    zero = polynomial_network(X, np.zeros(len(y)), beta=0.1).train()
    assert len(zero.network) == 0 and zero.objective == 0 and zero.gap == 0
    huge = polynomial_network(X, y, beta=1e12).train()
    assert len(huge.network) == 0 and huge.objective == pytest.approx(0.5 * y @ y) and huge.certified
    constant = polynomial_network(X, np.full(len(y), 3.0), beta_ratio=0.1, intercept=True).train()
    assert constant.network.intercept == pytest.approx([3.0]) and len(constant.network) == 0
    one = polynomial_network(X, np.ones(len(y)), loss="logistic", beta=1.0).train()
    assert one.certified  # one class only, without a free intercept the penalty bounds the margin


def test_time_limit_returns_an_honest_gap():
    X, y = friedman(400, 20)
    fit = polynomial_network(X, y, beta_ratio=1e-3).train(1e-12, time_limit=0.0)
    assert not fit.certified and fit.message == "time limit" and 0 <= fit.lower <= fit.objective


def test_network_arrays_and_foreign_weights():
    X, y = friedman()
    program = polynomial_network(X, np.column_stack([y, -y**2]), beta_ratio=0.05, intercept=True)
    net = program.train().network
    arrays = net.to_numpy()
    hand = net.activation(X @ arrays["first_layer"].T) @ arrays["second_layer"][:, 0] + arrays["intercept"]
    assert np.allclose(hand, net.predict(X), rtol=1e-12)
    again = PolynomialNetwork.from_weights(
        arrays["first_layer"], arrays["second_layer"][:, 0], net.activation, arrays["intercept"]
    )
    assert np.allclose(again.predict(X), hand)
    rough = PolynomialNetwork.from_weights(2 * np.eye(3), [1.0, 0.0, -1.0], "quadratic")
    assert np.allclose(rough.predict(np.eye(3)), [4, 0, -4]) and np.allclose(np.linalg.norm(rough.u, axis=1), 1)
    with pytest.raises(ValueError, match="norm 1"):
        PolynomialNetwork.from_weights(2 * np.eye(3), [1.0, 0.0, -1.0])
    with pytest.raises(ValueError, match="expects"):
        net.predict(np.ones((2, 3)))


def test_torch_module_agrees():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(3)
    X = rng.standard_normal((10, 6, 6, 2))
    program = polynomial_network(
        X, X[:, 0, 0, 0] ** 2, beta_ratio=0.1, architecture=Convolution((3, 2), 1, 1, 2, constant=1.0), intercept=True
    )
    net = program.train().network
    with torch.no_grad():
        assert np.allclose(net.to_torch()(torch.as_tensor(X)).numpy()[:, 0], net.predict(X))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"beta": None}, "exactly one of beta"),
        ({"beta": -1.0}, "finite number > 0"),
        ({"beta": np.nan}, "finite number > 0"),
        ({"y": np.ones(3)}, "60 samples, y has 3"),
        ({"y": np.full(60, np.inf)}, "not finite"),
        ({"loss": "cubic"}, "expected one of"),
        ({"loss": "logistic"}, "−1 and"),
        ({"loss": "multinomial"}, "class indices"),
        ({"sample_weight": -np.ones(60)}, "nonnegative"),
        ({"sample_weight": np.zeros(60)}, "not all zero"),
        ({"X": np.ones(60)}, "samples, features"),
    ],
)
def test_bad_input(change, message):
    X, y = friedman()
    arguments = {"X": X, "y": y, "beta": 1.0} | change
    with pytest.raises(ValueError, match=message):
        polynomial_network(**arguments)


def test_no_conic_form_for_exponential_losses():
    X, y = friedman()
    with pytest.raises(ValueError, match="exponential cone"):
        polynomial_network(X, np.sign(y), beta=1.0, loss="logistic").conic_form()
