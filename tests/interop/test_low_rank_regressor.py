"""The scikit-learn regressor of bounded rank."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.utils.estimator_checks import check_estimator

import copos
from copos import LowRankRegressor


def data(missing=0.0):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((40, 3))
    Y = X @ np.outer([1.0, -2.0, 0.5], [1.0, 0.5]) + 0.3 * rng.standard_normal((40, 2)) + [1.0, -1.0]
    Y[rng.random(Y.shape) < missing] = np.nan
    return X, Y


@pytest.mark.filterwarnings("ignore")
def test_conventions_of_scikit_learn():
    results = check_estimator(LowRankRegressor(certify=False), on_skip=None, on_fail=None)
    assert not [r for r in results if r["status"] == "failed"]
    assert sum(r["status"] == "passed" for r in results) > 50


def test_complete_targets_have_the_closed_form_and_a_proof():
    X, Y = data()
    model = LowRankRegressor(rank=1).fit(X, Y)
    value = copos.svd_value((X - X.mean(0)).T, (Y - Y.mean(0)).T, 1)
    assert model.objective_ == pytest.approx(value) == pytest.approx(((model.predict(X) - Y) ** 2).sum())
    assert model.closed_form_ and model.proved_ and model.lower_bound_ <= model.objective_
    assert model.gap_ <= 1e-4 * model.objective_
    assert np.linalg.matrix_rank(model.coef_, tol=1e-9) == 1


def test_full_rank_is_ridge_regression():
    X, Y = data()
    weights = np.random.default_rng(1).random(40)
    model, ridge = LowRankRegressor(rank=2, alpha=0.7).fit(X, Y, weights), Ridge(alpha=0.7).fit(X, Y, weights)
    assert model.coef_ == pytest.approx(ridge.coef_) and model.intercept_ == pytest.approx(ridge.intercept_)


def test_missing_targets():
    X, Y = data(missing=0.3)
    model = LowRankRegressor(rank=1, alpha=0.1).fit(X, Y)
    loss = np.nansum((model.predict(X) - Y) ** 2) + 0.1 * (model.coef_**2).sum()
    assert model.objective_ == pytest.approx(loss)
    assert not model.closed_form_ and model.proved_ and model.gap_ <= 1e-4 * model.objective_
    for axis in range(2):  # the intercept of every output is optimal
        assert np.nansum((model.predict(X) - Y)[:, axis]) == pytest.approx(0.0, abs=1e-9)


def test_flat_targets_and_bad_input():
    X, Y = data()
    model = LowRankRegressor().fit(X, Y[:, 0])
    assert model.coef_.shape == (3,) and isinstance(model.intercept_, float) and model.predict(X).shape == (40,)
    with pytest.raises(ValueError, match="rank must be"):
        LowRankRegressor(rank=0).fit(X, Y)
    with pytest.raises(ValueError, match="no target"):
        LowRankRegressor().fit(X, np.full((40, 2), np.nan))


def test_missing_targets_without_a_proof():
    X, Y = data(missing=0.3)
    fast, proved = (LowRankRegressor(rank=1, alpha=0.1, certify=c).fit(X, Y) for c in (False, True))
    assert fast.bound_ is None and fast.lower_bound_ == -np.inf and not fast.proved_
    assert fast.objective_ == pytest.approx(proved.objective_, rel=1e-6)


def three_directions(missing=0.0, samples=60):
    rng = np.random.default_rng(4)
    X = rng.standard_normal((samples, 6))
    Y = X @ rng.standard_normal((6, 3)) @ rng.standard_normal((3, 5)) + 0.3 * rng.standard_normal((samples, 5))
    Y[rng.random(Y.shape) < missing] = np.nan
    return X, Y


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_the_rank_is_cross_validated(missing):
    X, Y = three_directions(missing)
    model = LowRankRegressor(rank="cv", alpha=0.01, certify=False).fit(X, Y)
    assert model.rank_ == 3 and model.scores_.shape == (5,)
    assert np.linalg.matrix_rank(model.coef_, tol=1e-6) == 3


def test_scores_are_errors_on_samples_that_were_left_out():
    X, Y = three_directions()
    folds = [(np.arange(40), np.arange(40, 60)), (np.arange(20, 60), np.arange(20))]
    weights = np.random.default_rng(1).random(60)
    weights[41] = 0
    Y[41], Y[3, 2] = 1e9, np.nan  # of no weight, and missing: neither is an error
    model = LowRankRegressor(rank="cv", certify=False, cv=folds).fit(X, Y, weights)
    errors = total = 0.0
    for train, test in folds:
        fitted = LowRankRegressor(rank=2, certify=False).fit(X[train], Y[train], weights[train])
        errors += np.nansum(weights[test, None] * (fitted.predict(X[test]) - Y[test]) ** 2)
        total += (weights[test, None] * ~np.isnan(Y[test])).sum()
    assert model.scores_[1] == pytest.approx(errors / total, rel=1e-6)


def test_the_chosen_rank_is_proved():
    X, Y = data()
    model = LowRankRegressor(rank="cv").fit(X, Y)
    assert model.rank_ == 1 + np.argmin(model.scores_) and model.proved_ and model.gap_ <= 1e-4 * model.objective_
    assert LowRankRegressor(rank="cv").fit(X, Y[:, 0]).scores_.shape == (1,)
    assert LowRankRegressor(rank=9).fit(X, Y).rank_ == 2


def test_folds_that_do_not_fit():
    X, Y = data()
    beyond = np.where(np.arange(40)[:, None] < 30, Y, np.nan)
    Y[:39, 1] = np.nan
    with pytest.raises(ValueError, match="without the samples of a fold: output 1 has no target"):
        LowRankRegressor(rank="cv").fit(X, Y)
    with pytest.raises(ValueError, match="rank must be an integer ≥ 1 or 'cv', got 'CV'"):
        LowRankRegressor(rank="CV").fit(X, Y)
    with pytest.raises(ValueError, match="n_splits"):
        LowRankRegressor(rank="cv", cv=41).fit(X, Y)
    with pytest.raises(ValueError, match="no target with a positive weight"):
        LowRankRegressor(rank="cv", cv=[(np.arange(30), np.arange(30, 35))], certify=False).fit(X, beyond)
