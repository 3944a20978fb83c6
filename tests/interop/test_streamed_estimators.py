"""`partial_fit`: what batches leave behind is what `fit` has of all samples."""

import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.datasets import load_iris, make_friedman1
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

from copos.interop.estimators import PolynomialNetworkClassifier, PolynomialNetworkRegressor


def batches(*arrays, size=40):
    for start in range(0, len(arrays[0]), size):
        yield tuple(a[start : start + size] for a in arrays)


@pytest.mark.parametrize("settings", [
    {"beta_ratio": 0.05}, {"beta": 3.0, "standardize": False, "activation": "quadratic"},
    {"beta_ratio": 0.1, "fit_intercept": False, "activation": "relu"},
])  # fmt: skip
def test_batches_are_the_fit_of_all_samples(settings):
    X, y = make_friedman1(200, n_features=6, random_state=0)
    w = np.random.default_rng(0).uniform(0.2, 2, 200)
    whole = PolynomialNetworkRegressor(**settings).fit(X, y, w)
    parts = PolynomialNetworkRegressor(**settings)
    for batch in batches(X, y, w):
        parts.partial_fit(*batch)
    assert "network_" not in vars(parts)  # not before it is asked for
    assert parts.beta_ == pytest.approx(whole.beta_, rel=1e-9) and parts.mean_ == pytest.approx(whole.mean_)
    assert parts.scale_ == pytest.approx(whole.scale_) and parts.dual_gap_ < 1e-5
    assert parts.objective_ == pytest.approx(whole.objective_, rel=1e-5) and parts.claimed_bound_ <= parts.objective_
    assert parts.predict(X) == pytest.approx(whole.predict(X), abs=2e-2 * y.std())
    again = pickle.loads(pickle.dumps(parts))
    assert np.array_equal(again.predict(X), parts.predict(X))
    with pytest.raises(AttributeError, match="needs the samples"):
        _ = parts.certificate_
    before = parts.objective_
    parts.partial_fit(X[:50], y[:50])  # and goes on
    assert parts.objective_ > before
    assert parts.fit(X, y, w).certificate_.verify().proved and not hasattr(parts, "claimed_bound_")


@pytest.mark.parametrize("K", [2, 3])
def test_classes(K):
    X, y = load_iris(return_X_y=True)
    keep = np.random.default_rng(0).permutation(np.flatnonzero(y < K))
    X, y = X[keep], np.array(["setosa", "versicolor", "virginica"])[y[keep]]
    whole = PolynomialNetworkClassifier(loss="squared", beta_ratio=0.05).fit(X, y)
    parts = PolynomialNetworkClassifier(loss="squared", beta_ratio=0.05)
    for part in batches(X, y):
        parts.partial_fit(*part, classes=np.unique(y))
    assert parts.classes_.tolist() == np.unique(y).tolist() and parts.score(X, y) > 0.95
    assert parts.objective_ == pytest.approx(whole.objective_, rel=1e-5)
    assert parts.decision_function(X) == pytest.approx(whole.decision_function(X), abs=2e-2)


def test_what_is_refused():
    X, y = np.eye(4), np.array([0, 1, 0, 1])
    for other in (PolynomialNetworkRegressor(loss="huber"), PolynomialNetworkClassifier()):
        with pytest.raises(AttributeError, match="partial_fit needs Polynomial.*loss='squared'"):
            other.partial_fit(X, y)
        assert not hasattr(other, "partial_fit")
    model = PolynomialNetworkClassifier(loss="squared")
    with pytest.raises(AttributeError, match="predict_proba needs loss='logistic'"):
        model.predict_proba(X)
    with pytest.raises(NotFittedError):
        model.predict(X)
    with pytest.raises(ValueError, match="first call"):
        model.partial_fit(X, y)
    with pytest.raises(ValueError, match="label 1"):
        model.partial_fit(X, y, classes=[0, 2])
    with pytest.raises(ValueError, match="one class only"):
        model.partial_fit(X, 0 * y, classes=[0])
    model.partial_fit(X, y, classes=[0, 1])
    with pytest.raises(ValueError, match="since the first call"):
        model.partial_fit(X, y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="3 features"):
        model.partial_fit(X[:, :3], y)
    with pytest.raises(ValueError, match="balanced"):
        PolynomialNetworkClassifier(loss="squared", class_weight="balanced").partial_fit(X, y, classes=[0, 1])
    for settings in ({"patch": 2}, {"constant": 1.0}):
        with pytest.raises(ValueError, match="fully connected"):
            clone(PolynomialNetworkRegressor(**settings)).partial_fit(X, y)


@parametrize_with_checks([PolynomialNetworkClassifier(loss="squared", beta_ratio=0.1, tol=1e-6)])
def test_conventions(estimator, check):
    if "partial_fit" in check.func.__name__ or "n_features_in" in check.func.__name__:
        check(estimator)
