"""scikit-learn estimators for polynomial-activation networks, trained to proved global optimality.

`PolynomialNetworkRegressor` and `PolynomialNetworkClassifier` wrap `copos.polynomial_network`: they standardise the
features, pick β as a part of β_max, train to a certified duality gap and keep the proof in `dual_gap_`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight, column_or_1d, validate_data

from copos.interop.estimator_base import PolynomialNetworkEstimator, dense
from copos.interop.streamed_estimator import streams
from copos.support.given import require_unmasked
from copos.support.renamed import with_old_fields

Array = NDArray[np.float64]


@with_old_fields(max_time="time_limit")
class PolynomialNetworkRegressor(RegressorMixin, PolynomialNetworkEstimator):
    """min Σ w_i ℓ(f(x_i), y_i) + βΣ|α_j| over all networks f(x) = b + Σ α_jσ(x'u_j), |u_j| = 1, of any width.

    Parameters
    ----------
    activation : name or (a, b, c) of σ(z) = az² + bz + c
    beta, beta_ratio : the penalty, or its part of the β at which the zero network is optimal; by default 0.01
    loss : "squared" (½Σ residual²), "absolute", "huber", "quantile"
    loss_parameter : δ of "huber", τ of "quantile"
    fit_intercept : free intercept per output
    standardize : give features mean 0 and variance 1 (weighted); with `patch` one mean and scale for all pixels
    solver : "low-rank", or a name of `copos.solvers.SOLVERS` as a cross-check
    tol : certified relative gap to reach
    time_limit : seconds, None for no limit; a gap above tol then gives a ConvergenceWarning
    warm_start : start from the network of the last fit
    constant : value of a constant feature inside |u| = 1, 0 for none
    patch, stride, padding, pool : a convolutional first layer, see `copos.polynomial.features.Convolution`
    image_shape : shape of one sample if X is flat

    Attributes
    ----------
    network_ : PolynomialNetwork on standardised features
    dual_gap_, objective_, lower_bound_, beta_ : what is proved, in exact arithmetic
    certificate_ : the proof as a document for `copos verify`
    n_neurons_, neurons_ : number of neurons and their unit vectors, (n_neurons_, d)
    intercept_ : (T,)
    mean_, scale_ : of the standardisation

    Examples
    --------
    >>> from sklearn.datasets import make_friedman1
    >>> X, y = make_friedman1(200, random_state=0)
    >>> model = PolynomialNetworkRegressor(beta_ratio=0.01).fit(X, y)
    >>> bool(model.dual_gap_ <= 1e-6), bool(model.score(X, y) > 0.9)
    (True, True)
    """

    def __init__(
        self, activation: Any = "published", beta: float | None = None, beta_ratio: float | None = None,
        loss: str = "squared", *, loss_parameter: float | None = None, fit_intercept: bool = True,
        standardize: bool = True, solver: str = "low-rank", tol: float = 1e-9, time_limit: float | None = None,
        warm_start: bool = False, constant: float = 0.0, patch: Any = None, stride: Any = 1, padding: Any = 0,
        pool: Any = 1, image_shape: Any = None,
    ) -> None:  # fmt: skip
        self.activation: Any = activation
        self.beta: float | None = beta
        self.beta_ratio: float | None = beta_ratio
        self.loss: str = loss
        self.loss_parameter: float | None = loss_parameter
        self.fit_intercept: bool = fit_intercept
        self.standardize: bool = standardize
        self.solver: str = solver
        self.tol: float = tol
        self.time_limit: float | None = time_limit
        self.warm_start: bool = warm_start
        self.constant: float = constant
        self.patch: Any = patch
        self.stride: Any = stride
        self.padding: Any = padding
        self.pool: Any = pool
        self.image_shape: Any = image_shape

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> PolynomialNetworkRegressor:
        """Train to the certified gap `tol`.

        Parameters
        ----------
        X : (n, features), dense or sparse, or images (n, height, width[, channels]) with `patch`
        y : (n,) or (n, outputs)
        sample_weight : (n,) nonnegative
        """
        if self.loss not in ("squared", "absolute", "huber", "quantile"):
            raise ValueError(f"loss is {self.loss!r}; expected 'squared', 'absolute', 'huber' or 'quantile'")
        require_unmasked(X=X, y=y, sample_weight=sample_weight)
        X, y = validate_data(
            self, self._images(X), y, dtype=np.float64, accept_sparse="csr", y_numeric=True, multi_output=True
        )  # fmt: skip
        X = dense(X)
        weights = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        self._flat_target = np.ndim(y) == 1
        self._train(X, y, self.loss, weights)
        return self

    @available_if(streams)
    def partial_fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> PolynomialNetworkRegressor:
        """Take a batch in, of which the moments are kept; only with loss="squared".

        The network is that of all batches since the first one, trained when it is asked for: predictions, `network_`,
        `objective_`, `claimed_bound_` (a dual value in floating point) and `dual_gap_` are theirs, up to rounding those
        of `fit` on all samples at once. There is no `certificate_`, which needs the samples. `fit` begins anew.

        Parameters
        ----------
        X, y, sample_weight : as in `fit`, as many features and outputs as in the first batch
        """
        require_unmasked(X=X, y=y, sample_weight=sample_weight)
        X, y = validate_data(
            self, X, y, dtype=np.float64, accept_sparse="csr", y_numeric=True, multi_output=True,
            reset=not self._streaming,
        )  # fmt: skip
        X = dense(X)
        weights = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        self._take(X, np.asarray(y), weights)
        self._flat_target = np.ndim(y) == 1
        return self

    def predict(self, X: ArrayLike) -> Array:
        """Outputs, (n,) or (n, outputs) as y was."""
        F = self._outputs(X)
        return F[:, 0] if self._flat_target else F


def _has_probabilities(estimator: PolynomialNetworkClassifier) -> bool:
    if estimator.loss != "logistic":
        raise AttributeError(f"predict_proba needs loss='logistic', not {estimator.loss!r}")
    return True


@with_old_fields(max_time="time_limit")
class PolynomialNetworkClassifier(ClassifierMixin, PolynomialNetworkEstimator):
    """Classifier with the networks of `PolynomialNetworkRegressor` and class labels of any type.

    `partial_fit(X, y, classes=…)` takes samples in batches, with loss="squared".

    Parameters
    ----------
    loss : "logistic" (multinomial for more than two classes), "hinge", "squared_hinge", "squared" on targets ±1 (one
        output per class beyond two classes)
    class_weight : None, "balanced", or a number for every label; it multiplies `sample_weight`
    activation, beta, beta_ratio, loss_parameter, fit_intercept, standardize, solver, tol, time_limit, warm_start, \
constant, patch, stride, padding, pool, image_shape : as in `PolynomialNetworkRegressor`

    Attributes
    ----------
    classes_ : labels; numbers of the columns with several labels per sample
    network_, dual_gap_, objective_, lower_bound_, certificate_, beta_ : as in the regressor
    n_neurons_, neurons_, intercept_ : as in the regressor

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> names = np.array(["setosa", "versicolor", "virginica"])[y]
    >>> model = PolynomialNetworkClassifier(beta_ratio=0.01).fit(X, names)
    >>> bool(model.dual_gap_ <= 1e-6), bool(model.score(X, names) > 0.95), model.predict_proba(X).shape
    (True, True, (150, 3))
    """

    classes_: NDArray[Any]
    _several: bool
    _conditions: ClassVar[Mapping[str, Callable[[Any], bool]]] = {
        "partial_fit": streams, "predict_proba": _has_probabilities,
    }  # fmt: skip

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def __init__(
        self, activation: Any = "published", beta: float | None = None, beta_ratio: float | None = None,
        loss: str = "logistic", *, loss_parameter: float | None = None, fit_intercept: bool = True,
        standardize: bool = True, solver: str = "low-rank", tol: float = 1e-9, time_limit: float | None = None,
        warm_start: bool = False, constant: float = 0.0, patch: Any = None, stride: Any = 1, padding: Any = 0,
        pool: Any = 1, image_shape: Any = None, class_weight: Any = None,
    ) -> None:  # fmt: skip
        self.activation: Any = activation
        self.beta: float | None = beta
        self.beta_ratio: float | None = beta_ratio
        self.loss: str = loss
        self.loss_parameter: float | None = loss_parameter
        self.fit_intercept: bool = fit_intercept
        self.standardize: bool = standardize
        self.solver: str = solver
        self.tol: float = tol
        self.time_limit: float | None = time_limit
        self.warm_start: bool = warm_start
        self.constant: float = constant
        self.patch: Any = patch
        self.stride: Any = stride
        self.padding: Any = padding
        self.pool: Any = pool
        self.image_shape: Any = image_shape
        self.class_weight: Any = class_weight

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> PolynomialNetworkClassifier:
        """Train to the certified gap `tol`.

        Parameters
        ----------
        X : (n, features), dense or sparse, or images (n, height, width[, channels]) with `patch`
        y : (n,) labels of any type, at least two classes with positive weight; or (n, labels) of 0 and 1, where a
            sample may have several labels: one output for each, with its own loss
        sample_weight : (n,) nonnegative
        """
        if self.loss not in ("logistic", "hinge", "squared_hinge", "squared"):
            raise ValueError(f"loss is {self.loss!r}; expected 'logistic', 'hinge', 'squared_hinge' or 'squared'")
        require_unmasked(X=X, y=y, sample_weight=sample_weight)
        X, y = validate_data(self, self._images(X), y, dtype=np.float64, accept_sparse="csr", multi_output=True)
        X, labels = dense(X), dense(y)
        if np.ndim(labels) == 2 and labels.shape[1] == 1:
            labels = column_or_1d(labels, warn=True)
        check_classification_targets(labels)
        weights = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        if self.class_weight is not None:
            weights = weights * compute_sample_weight(self.class_weight, labels)
        self._several = type_of_target(labels) == "multilabel-indicator"
        if self._several:
            self.classes_ = np.arange(labels.shape[1])
            self._train(X, 2.0 * (labels > 0) - 1.0, self.loss, weights)
            return self
        if np.ndim(labels) == 2:
            raise ValueError("y has several columns that are not labels of 0 and 1; expected one column of classes")
        self.classes_, index = np.unique(labels, return_inverse=True)
        if len(np.unique(index[weights > 0])) < 2:
            raise ValueError("the data has one class only; a classifier needs samples of at least 2 classes")
        K = len(self.classes_)
        if K == 2:
            self._train(X, 2.0 * index - 1.0, self.loss, weights)
        elif self.loss == "logistic":
            self._train(X, np.eye(K)[index], "multinomial", weights)
        else:
            self._train(X, 2.0 * np.eye(K)[index] - 1.0, self.loss, weights)
        return self

    @available_if(streams)
    def partial_fit(
        self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> PolynomialNetworkClassifier:
        """Take a batch in, of which the moments are kept; only with loss="squared", and trained when it is asked for.

        Parameters
        ----------
        X, y, sample_weight : as in `fit`, one label per sample
        classes : all labels that can occur; needed in the first call
        """
        require_unmasked(X=X, y=y, sample_weight=sample_weight)
        first = not self._streaming
        X, labels = validate_data(self, X, y, dtype=np.float64, accept_sparse="csr", reset=first)
        X = dense(X)
        check_classification_targets(labels)
        if first and classes is None:
            raise ValueError("classes must be given in the first call of partial_fit")
        if isinstance(self.class_weight, str):
            raise ValueError("class_weight='balanced' needs all samples; give partial_fit a number for every label")
        known = np.unique(np.asarray(classes)) if first else self.classes_
        if not first and classes is not None and not np.array_equal(np.unique(np.asarray(classes)), known):
            raise ValueError(f"classes are {known.tolist()} since the first call of partial_fit")
        if len(known) < 2:
            raise ValueError("classes has one class only; a classifier needs at least 2")
        if other := sorted(set(np.unique(labels).tolist()) - set(known.tolist()), key=str):
            raise ValueError(f"y has the label {other[0]!r}, which is not in classes")
        weights = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        if self.class_weight is not None:
            weights = weights * compute_sample_weight(self.class_weight, labels)
        index = np.searchsorted(known, labels)
        Y = 2.0 * index[:, None] - 1.0 if len(known) == 2 else 2.0 * np.eye(len(known))[index] - 1.0
        self._take(X, Y, weights)
        self.classes_, self._several = known, False
        return self

    def decision_function(self, X: ArrayLike) -> Array:
        """Network outputs, (n,) for two classes (positive for `classes_[1]`), else (n, classes) or (n, labels)."""
        F = self._outputs(X)
        return F[:, 0] if len(self.classes_) == 2 and not self._several else F

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Most likely labels; with several per sample, (n, labels) of 0 and 1."""
        F = self.decision_function(X)
        if self._several:
            return (F > 0).astype(int)
        return self.classes_[(F > 0).astype(int) if F.ndim == 1 else F.argmax(1)]

    @available_if(_has_probabilities)
    def predict_proba(self, X: ArrayLike) -> Array:
        """Class probabilities (n, classes), or (n, labels) that of each label; only with loss="logistic"."""
        F = self.decision_function(X)
        if self._several:
            return 0.5 * (1.0 + np.tanh(0.5 * F))
        if F.ndim == 1:
            p = 0.5 * (1.0 + np.tanh(0.5 * F))
            return np.column_stack([1.0 - p, p])
        E = np.exp(F - F.max(1, keepdims=True))
        return E / E.sum(1, keepdims=True)
