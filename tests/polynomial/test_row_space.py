"""Fewer samples than features: training and proof on the row space, exactly."""

import json

import numpy as np
import pytest

import copos
from copos.polynomial import frames
from copos.polynomial.features import Convolution, Dense
from copos.polynomial.program import polynomial_network
from copos.polynomial.row_space import RowSpace
from copos.polynomial.scaling import Scaled

LOSSES = {"squared": None, "absolute": None, "hinge": "sign", "logistic": "sign"}


def data(n=8, d=30, seed=0, labels=None):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d))
    y = X[:, 0] * X[:, 1] + X[:, 2]
    return X, np.where(y > np.median(y), 1.0, -1.0) if labels else y


@pytest.mark.parametrize("sigma", ["published", "quadratic", "linear", (0.3, 0.0, 0.2), (-0.2, 1.0, 0.1), (0, 0, 1)])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("intercept", [False, True])
def test_the_row_space_has_the_optimum_of_the_features(sigma, loss, intercept, monkeypatch):
    X, y = data(labels=LOSSES[loss])
    program = polynomial_network(X, y, sigma, loss=loss, beta_ratio=0.1, intercept=intercept)
    fit = program.train(1e-6)
    assert fit.certified and frames.sight(program).frames is not None
    assert copos.verify(json.loads(json.dumps(fit.certificate.document())), program).proved
    assert np.abs(np.linalg.norm(fit.network.u, axis=1) - 1).max(initial=0) <= 1e-12
    monkeypatch.setattr(Scaled, "seen", property(lambda self: RowSpace(self.lift, None)))
    plain = polynomial_network(X, y, sigma, loss=loss, beta=program.beta, intercept=intercept)
    plain.memo["sight"] = frames.Sight(frames.exact_data(plain), plain.lift, np.ones(X.shape[1]), None)
    other = plain.train(1e-6)
    assert "frames" not in other.proof.proof and other.certified
    assert fit.lower <= other.objective and other.lower <= fit.objective


UGLY = ["equal rows", "zeros", "sums", "powers", "large", "small", "standardised", "constant"]


@pytest.mark.parametrize("case", UGLY)
def test_proofs_of_ugly_rows(case):
    X, y = data(10, 50)
    rng = np.random.default_rng(1)
    options, framed, sigma = {}, True, "published"
    if case == "equal rows":
        X[5:] = X[:5]
    elif case == "zeros":
        X[4] = 0
    elif case == "sums":  # of whole numbers: W does not exist, and the proof is on the features
        X = np.round(3 * X)
        X[9], framed = X[:9].sum(0), False
    elif case == "powers":
        X = X * 10.0 ** rng.uniform(-6, 6, 50)
    elif case in ("large", "small"):
        X, sigma = X * (1e130 if case == "large" else 1e-130), "quadratic"
    elif case == "standardised":  # the rows add up to nothing but rounding
        options = {"standardised": (X.mean(0), X.std(0)), "intercept": True}
    else:
        options = {"architecture": Dense(constant=0.5)}
    program = polynomial_network(X, y, sigma, beta_ratio=0.1, **options)
    fit = program.train(1e-6)
    assert fit.certified and copos.verify(fit.certificate, program).proved
    assert (frames.sight(program).frames is not None) == framed


def test_patches_of_every_pool_have_a_row_space():
    X, y = np.random.default_rng(0).standard_normal((4, 10, 10)), np.array([1.0, -1.0, 2.0, 0.0])
    for architecture in (Convolution((5, 5), stride=5), Convolution((9, 9), pool="global")):
        program = polynomial_network(X, y, beta_ratio=0.1, architecture=architecture)
        fit = program.train(1e-6)
        assert fit.certified and copos.verify(fit.certificate, program).proved
        assert frames.sight(program).frames is not None


def test_a_neuron_may_leave_the_row_space():
    """σ(z) = 1 − z²: across one sample x = e_1 the response is 1, along it 0; the best neuron is orthogonal to x."""
    program = polynomial_network([[1.0, 0.0, 0.0, 0.0]], [1.0], (-1.0, 0.0, 1.0), beta=0.5)
    fit = program.train(1e-9)
    assert fit.certified and fit.objective == pytest.approx(0.375, rel=1e-9)
    assert np.abs(fit.network.u[:, 0]).max() <= 1e-4
    start = program.train(1e-2, start=fit.network)
    assert start.objective <= 0.375 * (1 + 1e-2)


def test_the_certificate_of_a_foreign_network_is_on_the_features():
    X, y = data(6, 40)
    net = copos.PolynomialNetwork.from_weights(np.eye(40)[:2], [0.3, -0.2])
    found = copos.certify_network(net, X, y, beta=0.5)
    assert found.improving.shape == (40,) and np.linalg.norm(found.improving) == pytest.approx(1, abs=1e-12)
    more = copos.PolynomialNetwork.from_weights(np.vstack([net.u, found.improving]), [0.3, -0.2, 1e-5 * found.sign])
    program = polynomial_network(X, y, beta=0.5)
    assert program.objective(more) - found.objective == pytest.approx(1e-5 * found.slope, rel=1e-2)
