"""A scikit-learn regressor of bounded rank with a proved bracket of its training loss."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import check_cv
from sklearn.utils.validation import (
    _check_sample_weight,
    check_array,
    check_consistent_length,
    check_is_fitted,
    validate_data,
)

from copos.bounding.bounds import bracket
from copos.levels.bound import Bound
from copos.reformulation.linear_network.program import linear_network, loss_above
from copos.support.given import require_unmasked
from copos.support.renamed import with_old_fields

Array = NDArray[np.float64]

PROVABLE = 200  # entries of W up to which a lower bound is computed


@with_old_fields(tolerance="tol", max_time="time_limit")
class LowRankRegressor(MultiOutputMixin, RegressorMixin, BaseEstimator):
    """min Σ w_t (Wx_t + b − y_t)² + α‖W‖²_F over rank W ≤ r: reduced-rank regression, also with missing targets.

    Parameters
    ----------
    rank : bound on the rank of W, or "cv": the one that predicts the targets of left-out samples best
    alpha : ridge α ≥ 0; with missing targets the infimum need not be attained without it
    fit_intercept : free intercept per output
    tol : relative gap to reach
    time_limit : seconds, None for no limit
    level : last level of the hierarchy before the cone is branched
    max_cells : cells of the partition, 0 for no branching
    certify : "auto" proves a bound for up to 200 entries of W, True always; without one, missing targets are met by
        alternating least squares from several starts
    cv : folds of samples for rank="cv", whatever scikit-learn's `check_cv` takes; the proof, and its `time_limit`, are
        about the chosen rank alone

    Attributes
    ----------
    rank_ : the rank that was used
    scores_ : weighted mean squared errors on left-out samples by rank 1, 2, …; if cross-validated
    coef_ : (n_outputs, n_features), or (n_features,) for a flat y
    intercept_ : (n_outputs,) or a number
    objective_ : the loss of `coef_`, exactly and rounded up; at least `lower_bound_`, since coefficients in doubles
        have the rank r up to rounding only
    lower_bound_ : proved lower bound on the loss of every model of the rank, −inf without a proof
    gap_ : objective_ − lower_bound_
    proved_ : is the bound proved?
    bound_ : the `Bound`, with its certificate; None if none was asked for
    closed_form_ : was the model computed from singular values?

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((50, 3))
    >>> Y = X @ np.outer([1.0, -2.0, 0.5], [1.0, 0.5]) + 0.1 * rng.standard_normal((50, 2))
    >>> model = LowRankRegressor(rank=1).fit(X, Y)
    >>> model.proved_, bool(model.gap_ < 1e-6 * model.objective_), model.coef_.shape
    (True, True, (2, 3))
    """

    rank_: int
    scores_: Array
    coef_: Any
    intercept_: Any
    lower_bound_: float
    objective_: float
    gap_: float
    proved_: bool
    closed_form_: bool
    bound_: Bound | None

    def __init__(
        self, rank: Any = 1, *, alpha: float = 0.0, fit_intercept: bool = True, tol: float = 1e-4,
        time_limit: float | None = 60.0, level: int = 1, max_cells: int = 50, certify: bool | str = "auto",
        cv: Any = 5,
    ) -> None:  # fmt: skip
        self.rank: Any = rank
        self.alpha: float = alpha
        self.fit_intercept: bool = fit_intercept
        self.tol: float = tol
        self.time_limit: float | None = time_limit
        self.level: int = level
        self.max_cells: int = max_cells
        self.certify: bool | str = certify
        self.cv: Any = cv

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> LowRankRegressor:
        """Train.

        Parameters
        ----------
        X : (n, features)
        y : (n,) or (n, outputs); NaN is a missing target
        sample_weight : (n,) nonnegative

        Raises
        ------
        ValueError
            For shapes that do not fit, an output without targets, or parameters out of range.
        """
        if y is None:
            raise ValueError("LowRankRegressor requires y to be passed, but the target y is None")
        require_unmasked(X=X, y=y, sample_weight=sample_weight)
        X = np.asarray(validate_data(self, X, dtype=np.float64))
        y = np.asarray(check_array(y, dtype=np.float64, ensure_2d=False, ensure_all_finite="allow-nan", input_name="y"))
        check_consistent_length(X, y)
        if y.ndim > 2:
            raise ValueError(f"y must have shape (n,) or (n, outputs), got {y.shape}")
        chosen = isinstance(self.rank, str) and self.rank == "cv"
        if not chosen and (
            isinstance(self.rank, bool) or not isinstance(self.rank, (int, np.integer)) or self.rank < 1
        ):
            raise ValueError(f"rank must be an integer ≥ 1 or 'cv', got {self.rank!r}")
        weights = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        Y = y.reshape(len(y), -1)
        seen = ~np.isnan(Y)
        W = weights[:, None] * seen  # (n, outputs)
        if (W.sum(0) == 0).any():
            raise ValueError(f"output {int(np.argmin(W.sum(0)))} has no target with a positive weight")
        most = min(X.shape[1], Y.shape[1])
        if chosen:
            self.scores_ = self._scores(X, Y, weights, most)
        self.rank_ = 1 + int(np.argmin(self.scores_)) if chosen else min(int(self.rank), most)
        self._solve(X, np.where(seen, Y, 0.0), weights, W, bool(seen.all()))
        if y.ndim == 1:
            self.coef_, self.intercept_ = self.coef_[0], float(np.ravel(self.intercept_)[0])
        return self

    def _scores(self, X: Array, Y: Array, weights: Array, most: int) -> Array:
        """Mean squared errors on the targets of left-out samples, by rank."""
        errors, total = np.zeros(most), 0.0
        for train, test in check_cv(self.cv).split(X, Y):
            W = weights[test, None] * ~np.isnan(Y[test])
            total += float(W.sum())
            for r in range(most):
                model = clone(self).set_params(rank=r + 1, certify=False)
                try:
                    model.fit(X[train], Y[train], weights[train])
                except ValueError as error:
                    raise ValueError(f"rank='cv': without the samples of a fold: {error}") from None
                errors[r] += (W * np.where(W > 0, model.predict(X[test]).reshape(W.shape) - Y[test], 0.0) ** 2).sum()
        if total == 0:
            raise ValueError("rank='cv': the folds leave out no target with a positive weight")
        return errors / total

    def _solve(self, X: Array, Y: Array, weights: Array, W: Array, complete: bool) -> None:
        features, outputs = X.shape[1], Y.shape[1]
        widths = [features, self.rank_, outputs]
        options: dict[str, Any] = {"sample_weight": weights} if complete else {"weights": W.T}
        if complete and (weights == 1).all():
            options = {}
        program = linear_network(
            X.T, Y.T, widths, ridge=float(self.alpha), intercept=bool(self.fit_intercept), **options
        )
        self.closed_form_ = complete
        prove = features * outputs <= PROVABLE if self.certify == "auto" else bool(self.certify)
        if prove:
            bound = bracket(
                program, tolerance=float(self.tol), absolute=1e-9 * float((W * Y**2).sum()) + 1e-300,
                time_limit=None if self.time_limit is None else float(self.time_limit), max_level=int(self.level),
                branch=self.max_cells > 0, max_cells=max(int(self.max_cells), 1),
            )  # fmt: skip
            assert bound.found is not None
            found = bound.found
        else:
            bound = None
            assert program.recover is not None
            found = program.recover(np.eye(program.cone.ambient))
        self.bound_: Bound | None = bound
        self.coef_ = found.solution.matrix
        self.intercept_ = np.zeros(outputs) if found.solution.bias is None else found.solution.bias
        self.lower_bound_ = -np.inf if bound is None else bound.lower
        # coefficients in doubles have rank r up to rounding, which may take their loss below that of all such matrices
        self.objective_ = max(loss_above(program, self.coef_), self.lower_bound_)
        self.proved_ = bound is not None and bound.proved
        self.gap_ = self.objective_ - self.lower_bound_
        if bound is not None and not bound.closed:
            message = f"the gap {self.gap_:.1e} is above tol={self.tol:.1e}: {bound.reason}"
            warnings.warn(message, ConvergenceWarning, stacklevel=3)

    def predict(self, X: ArrayLike) -> Array:
        """Outputs, (n,) or (n, outputs) as y was."""
        check_is_fitted(self, "coef_")
        X = validate_data(self, X, reset=False, dtype=np.float64)
        return X @ self.coef_.T + self.intercept_
