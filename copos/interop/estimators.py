"""scikit-learn estimators for polynomial-activation networks, trained to proved global optimality.

`PolynomialNetworkRegressor` and `PolynomialNetworkClassifier` wrap `copos.polynomial_network`: they standardise the
features, pick β as a part of β_max, train to a certified duality gap and keep the proof in `dual_gap_`.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, column_or_1d, validate_data

from copos.certificate.document import Certificate
from copos.polynomial.features import Convolution, Dense
from copos.polynomial.low_rank import Effort
from copos.polynomial.network import PolynomialNetwork
from copos.polynomial.program import PolynomialNetworkProgram, polynomial_network
from copos.support.given import require_unmasked
from copos.support.renamed import with_old_fields

Array = NDArray[np.float64]
BETA_RATIO = 0.01  # where neither beta nor beta_ratio is given


def _dense(X: Any) -> Array:
    """A sparse matrix as an array: products of features fill it anyway."""
    return X.toarray() if sp.issparse(X) else X


class PolynomialNetworkEstimator(BaseEstimator):
    """Parameters, standardisation and training, common to both estimators."""

    activation: Any
    beta: float | None
    beta_ratio: float | None
    loss: str
    loss_parameter: float | None
    fit_intercept: bool
    standardize: bool
    solver: str
    tol: float
    time_limit: float | None
    warm_start: bool
    constant: float
    patch: Any
    stride: Any
    padding: Any
    pool: Any
    image_shape: Any
    mean_: Array
    scale_: Array
    network_: PolynomialNetwork
    objective_: float
    lower_bound_: float
    dual_gap_: float
    beta_: float
    n_iter_: int
    n_neurons_: int
    neurons_: Array
    intercept_: Any

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _architecture(self) -> Dense | Convolution:
        if self.patch is None:
            return Dense(constant=float(self.constant))
        return Convolution(self.patch, self.stride, self.padding, self.pool, float(self.constant))

    def _images(self, X: Any) -> Any:
        """Flat rows for scikit-learn; the shape of one sample is kept."""
        if self.patch is None or sp.issparse(X) or np.ndim(X) <= 2:
            return X
        X = np.asarray(X)
        self._shape = X.shape[1:]
        return X.reshape(len(X), -1)

    def _samples(self, X: Array) -> Array:
        """Samples in the shape that the architecture takes."""
        if self.patch is None:
            return X
        shape = tuple(self.image_shape) if self.image_shape is not None else getattr(self, "_shape", None)
        if shape is None:
            raise ValueError("patch is given and X is flat: expected image_shape=(height, width[, channels])")
        if int(np.prod(shape)) != X.shape[1]:
            raise ValueError(f"image_shape {shape} has {int(np.prod(shape))} entries, a sample has {X.shape[1]}")
        return X.reshape(len(X), *shape)

    def _standardise(self, X: Array, weights: Array) -> None:
        self.mean_, self.scale_ = np.zeros(X.shape[1]), np.ones(X.shape[1])
        if not self.standardize:
            return
        share = weights / weights.sum()
        mean = share @ X
        spread = np.sqrt(share @ (X - mean) ** 2)
        if self.patch is not None:  # one scale for all pixels, so that patches stay comparable
            mean = np.full_like(mean, share @ X.mean(1))
            spread = np.full_like(spread, np.sqrt(share @ ((X - mean) ** 2).mean(1)))
        largest = np.abs(X).max(0 if self.patch is None else None)
        # a constant column has a spread of rounding only
        flat = spread <= 10 * np.finfo(float).eps * np.maximum(np.abs(mean), largest)
        self.mean_, self.scale_ = mean, np.where(flat, 1.0, spread)

    def _penalty(self) -> tuple[float | None, float | None]:
        """β or its ratio, the other None."""
        if self.beta is not None and self.beta_ratio is not None:
            raise ValueError("beta and beta_ratio are both given; expected one of them, the other None")
        return self.beta, BETA_RATIO if self.beta is None and self.beta_ratio is None else self.beta_ratio

    def _train(self, X: Any, Y: Any, loss: str, weights: Array) -> None:
        beta, ratio = self._penalty()
        self._standardise(X, weights)
        program = polynomial_network(
            self._samples(X), Y, self.activation, beta, loss, beta_ratio=ratio,
            loss_parameter=self.loss_parameter, architecture=self._architecture(),
            intercept=self.fit_intercept, sample_weight=weights, standardised=(self.mean_, self.scale_),
        )  # fmt: skip
        if self.solver == "low-rank":
            start = self._previous(program) if self.warm_start else None
            limit = np.inf if self.time_limit is None else float(self.time_limit)
            found = program.train(self.tol, limit, start, Effort(polish=2))
            self.network_, self.objective_, self.lower_bound_ = found.network, found.objective, found.lower
            self._proof = found.proof
            self.dual_gap_, self.n_iter_, message = found.gap, max(found.iterations, 1), found.message
        else:
            from copos.solvers import solve

            solution = solve(program.conic_form(), self.solver)
            self.network_ = program.recover(solution)
            proof = program.certify(self.network_)
            self.objective_, self.lower_bound_, self.dual_gap_ = proof.objective, proof.lower, proof.gap
            self._proof = proof.proof
            self.n_iter_, message = max(solution.iterations, 1), f"{self.solver}: {solution.status.value}"
        self.beta_ = program.beta
        self.n_neurons_ = len(self.network_)
        self.neurons_ = self.network_.u
        self.intercept_ = self.network_.intercept
        if not self.dual_gap_ <= self.tol:
            warnings.warn(
                f"certified relative gap {self.dual_gap_:.1e} is above tol={self.tol:.1e} ({message})",
                ConvergenceWarning,
                stacklevel=3,
            )

    def _previous(self, program: PolynomialNetworkProgram) -> PolynomialNetwork | None:
        """The network of the last fit if it has the shape of this problem."""
        old = getattr(self, "network_", None)
        fits = (
            old is not None
            and old.activation == program.activation
            and old.u.shape[1] == program.patches.shape[3]
            and old.pools == program.patches.shape[0]
            and old.outputs == program.Y.shape[1]
        )
        return old if fits else None

    def _outputs(self, X: Any) -> Array:
        check_is_fitted(self, "network_")
        X = _dense(validate_data(self, self._images(X), reset=False, dtype=np.float64, accept_sparse="csr"))
        network = self.network_
        return network.decision(network.architecture.patches(self._samples((X - self.mean_) / self.scale_)))

    @property
    def certificate_(self) -> Certificate:
        """Proof of `lower_bound_` for `copos verify`; it is about the samples as they were given to `fit`."""
        check_is_fitted(self, "network_")
        return self._proof if isinstance(self._proof, Certificate) else self._proof.certificate

    def __getstate__(self) -> dict[str, Any]:
        """The state with the certificate in place of the data that it is about."""
        state = dict(super().__getstate__())
        if "_proof" in state:
            state["_proof"] = self.certificate_
        return state


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
        X = _dense(X)
        weights = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        self._flat_target = np.ndim(y) == 1
        self._train(X, y, self.loss, weights)
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
        X, labels = _dense(X), _dense(y)
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
