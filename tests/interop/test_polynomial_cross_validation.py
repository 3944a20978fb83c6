"""Cross-validated penalties and several labels per sample."""

import numpy as np
import pytest

sklearn = pytest.importorskip("sklearn")

from sklearn.datasets import make_friedman1, make_multilabel_classification  # noqa: E402
from sklearn.model_selection import KFold  # noqa: E402

from copos.interop.cross_validated import PolynomialNetworkClassifierCV, PolynomialNetworkRegressorCV  # noqa: E402
from copos.interop.estimators import PolynomialNetworkClassifier, PolynomialNetworkRegressor  # noqa: E402


def test_scores_are_those_of_networks_of_parts():
    X, y = make_friedman1(90, n_features=5, random_state=0)
    ratios, folds = [0.02, 0.5, 0.1], KFold(3)
    weights = np.random.default_rng(0).uniform(0.5, 2, 90)
    model = PolynomialNetworkRegressorCV(beta_ratios=ratios, cv=folds).fit(X, y, weights)
    assert np.allclose(model.betas_ / model.betas_[0], [1, 0.2, 0.04], rtol=1e-12)
    for row, (train, test) in zip(model.scores_, folds.split(X), strict=True):
        for beta, score in zip(model.betas_, row, strict=True):
            share = weights[train].sum() / weights.sum()
            part = PolynomialNetworkRegressor(beta=beta * share).fit(X[train], y[train], weights[train])
            assert part.score(X[test], y[test], weights[test]) == pytest.approx(score, abs=1e-2)
    assert model.beta_ == model.betas_[model.scores_.mean(0).argmax()]
    plain = PolynomialNetworkRegressor(beta=model.beta_).fit(X, y, weights)
    assert model.objective_ == pytest.approx(plain.objective_, rel=1e-8) and model.dual_gap_ <= 1e-8
    with pytest.raises(ValueError, match="positive numbers"):
        PolynomialNetworkRegressorCV(beta_ratios=[0.1, 0.0]).fit(X, y)


def test_labels_are_outputs_of_their_own():
    X, Y = make_multilabel_classification(60, 5, n_classes=3, random_state=0)
    together = PolynomialNetworkClassifier(beta=0.5, tol=1e-6).fit(X, Y)
    assert together.predict(X).shape == Y.shape == together.predict_proba(X).shape
    for t in range(3):
        alone = PolynomialNetworkClassifier(beta=0.5, tol=1e-6).fit(X, Y[:, t])
        assert np.allclose(together.predict_proba(X)[:, t], alone.predict_proba(X)[:, 1], atol=1e-3)
        assert (together.predict(X)[:, t] == alone.predict(X)).mean() > 0.98
    chosen = PolynomialNetworkClassifierCV(beta_ratios=[0.3, 0.03], cv=2, tol=1e-6).fit(X, Y)
    assert chosen.predict(X).shape == Y.shape and 0 <= chosen.best_score_ <= 1
    with pytest.raises(ValueError, match="several columns"):
        PolynomialNetworkClassifier().fit(X, Y + np.arange(3))
