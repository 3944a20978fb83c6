"""Polynomial networks with a cross-validated penalty, as scikit-learn's `LassoCV` has it.

Candidates are β = ratio·β_max of all samples; a part of the samples with the share s of the weight is trained at sβ,
since the loss is a sum. Every part is trained along decreasing β with warm starts, and the β with the best mean score
trains the network on all samples, with its proof.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import is_classifier
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _check_sample_weight, _num_samples

from copos.interop.estimators import PolynomialNetworkClassifier, PolynomialNetworkRegressor

Array = NDArray[np.float64]
RATIOS = (0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
ROUGH = 1e-4  # certified gap on parts of the samples; the last network gets `tol`


class _CrossValidated:
    """What both estimators share: the search, then the parent's fit at the β that it found."""

    beta = beta_ratio = None  # attributes that the parent reads; they are no parameters here
    warm_start = False
    solver = "low-rank"
    beta_ratios: Any
    cv: Any
    scoring: Any
    _plain: Any
    betas_: Array
    scores_: Array
    best_score_: float
    _best: float

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Choose β by cross-validation and train on all samples."""
        self._search(X, y, sample_weight)
        super().fit(X, y, sample_weight)  # type: ignore[misc]
        return self

    def _penalty(self) -> tuple[float | None, float | None]:
        return self._best, None

    def _search(self, X: Any, y: Any, sample_weight: Any) -> None:
        given = RATIOS if self.beta_ratios is None else self.beta_ratios
        ratios = np.sort(np.asarray(given, dtype=float).ravel())[::-1]
        if not len(ratios) or not (np.isfinite(ratios).all() and ratios[-1] > 0):
            raise ValueError(f"beta_ratios is {self.beta_ratios!r}; expected positive numbers")
        own: dict[str, Any] = self.get_params(deep=False)  # type: ignore[attr-defined]
        for name in ("beta_ratios", "cv", "scoring"):
            del own[name]
        plain = self._plain(**own | {"tol": max(float(own["tol"]), ROUGH)})
        top = plain.set_params(beta_ratio=1.0).fit(X, y, sample_weight).beta_
        plain.set_params(beta_ratio=None, warm_start=True)
        scorer = check_scoring(plain, scoring=self.scoring)
        n = _num_samples(X)
        weights = _check_sample_weight(sample_weight, np.zeros((n, 1)), dtype=np.float64)
        scores = []
        for train, test in check_cv(self.cv, y, classifier=is_classifier(plain)).split(np.zeros((n, 1)), y):
            part = [_safe_indexing(v, train) for v in (X, y)]
            rest = [_safe_indexing(v, test) for v in (X, y)]
            share = float(weights[train].sum() / weights.sum())
            more = {} if sample_weight is None else {"sample_weight": weights[test]}
            row = []
            for ratio in ratios:
                plain.set_params(beta=top * ratio * share).fit(*part, weights[train])
                row.append(scorer(plain, *rest, **more))
            scores.append(row)
        self.betas_, self.scores_ = top * ratios, np.array(scores)
        mean = self.scores_.mean(0)
        at = int(np.argmax(mean))
        self._best, self.best_score_ = float(self.betas_[at]), float(mean[at])


class PolynomialNetworkRegressorCV(_CrossValidated, PolynomialNetworkRegressor):
    """`PolynomialNetworkRegressor` at the β with the best cross-validated score.

    Parameters
    ----------
    beta_ratios : candidates as parts of β_max; by default .3, .1, …, .001
    cv, scoring : as in scikit-learn's `GridSearchCV`
    activation, loss, loss_parameter, fit_intercept, standardize, tol, time_limit, constant, patch, stride, padding, \
pool, image_shape : as in `PolynomialNetworkRegressor`; `time_limit` is for every network

    Attributes
    ----------
    beta_, betas_, scores_, best_score_ : the β that was chosen, all candidates, their scores (folds, candidates), the
        mean score of the chosen one
    network_, dual_gap_, objective_, lower_bound_, certificate_ : of the network on all samples

    Examples
    --------
    >>> from sklearn.datasets import make_friedman1
    >>> X, y = make_friedman1(100, n_features=5, random_state=0)
    >>> model = PolynomialNetworkRegressorCV(beta_ratios=[0.5, 0.02], cv=3).fit(X, y)
    >>> model.scores_.shape, bool(model.beta_ == model.betas_[1]), bool(model.dual_gap_ <= 1e-6)
    ((3, 2), True, True)
    """

    _plain = PolynomialNetworkRegressor

    def __init__(
        self, activation: Any = "published", beta_ratios: Any = None, loss: str = "squared", *, cv: Any = None,
        scoring: Any = None, loss_parameter: float | None = None, fit_intercept: bool = True, standardize: bool = True,
        tol: float = 1e-9, time_limit: float | None = None, constant: float = 0.0, patch: Any = None,
        stride: Any = 1, padding: Any = 0, pool: Any = 1, image_shape: Any = None,
    ) -> None:  # fmt: skip
        self.activation: Any = activation
        self.beta_ratios: Any = beta_ratios
        self.loss: str = loss
        self.cv: Any = cv
        self.scoring: Any = scoring
        self.loss_parameter: float | None = loss_parameter
        self.fit_intercept: bool = fit_intercept
        self.standardize: bool = standardize
        self.tol: float = tol
        self.time_limit: float | None = time_limit
        self.constant: float = constant
        self.patch: Any = patch
        self.stride: Any = stride
        self.padding: Any = padding
        self.pool: Any = pool
        self.image_shape: Any = image_shape


class PolynomialNetworkClassifierCV(_CrossValidated, PolynomialNetworkClassifier):
    """`PolynomialNetworkClassifier` at the β with the best cross-validated score; folds are stratified.

    Parameters
    ----------
    beta_ratios, cv, scoring : as in `PolynomialNetworkRegressorCV`
    class_weight : as in `PolynomialNetworkClassifier`
    activation, loss, loss_parameter, fit_intercept, standardize, tol, time_limit, constant, patch, stride, padding, \
pool, image_shape : as in `PolynomialNetworkRegressor`

    Attributes
    ----------
    beta_, betas_, scores_, best_score_ : as in `PolynomialNetworkRegressorCV`

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> model = PolynomialNetworkClassifierCV(beta_ratios=[0.3, 0.03], cv=3, tol=1e-6).fit(X, y)
    >>> model.scores_.shape, bool(model.best_score_ > 0.9)
    ((3, 2), True)
    """

    _plain = PolynomialNetworkClassifier

    def __init__(
        self, activation: Any = "published", beta_ratios: Any = None, loss: str = "logistic", *, cv: Any = None,
        scoring: Any = None, loss_parameter: float | None = None, fit_intercept: bool = True, standardize: bool = True,
        tol: float = 1e-9, time_limit: float | None = None, constant: float = 0.0, patch: Any = None,
        stride: Any = 1, padding: Any = 0, pool: Any = 1, image_shape: Any = None, class_weight: Any = None,
    ) -> None:  # fmt: skip
        self.activation: Any = activation
        self.beta_ratios: Any = beta_ratios
        self.loss: str = loss
        self.cv: Any = cv
        self.scoring: Any = scoring
        self.loss_parameter: float | None = loss_parameter
        self.fit_intercept: bool = fit_intercept
        self.standardize: bool = standardize
        self.tol: float = tol
        self.time_limit: float | None = time_limit
        self.constant: float = constant
        self.patch: Any = patch
        self.stride: Any = stride
        self.padding: Any = padding
        self.pool: Any = pool
        self.image_shape: Any = image_shape
        self.class_weight: Any = class_weight
