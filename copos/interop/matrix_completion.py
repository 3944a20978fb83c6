"""A scikit-learn transformer that fills missing entries by a matrix of bounded rank, with a proof on request."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from copos.bounding.bounds import bracket
from copos.levels.bound import Bound
from copos.reformulation.linear_network.completion import best_completion
from copos.reformulation.linear_network.program import linear_network, loss_above
from copos.support import options
from copos.support.given import require_unmasked
from copos.support.threads import on_one_blas_thread

Array = NDArray[np.float64]


class MatrixCompletion(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Fill NaN by min Σ_seen (X − W)² + α‖W‖²_F over rank W ≤ r; the minimum is bracketed and proved if wanted.

    Parameters
    ----------
    rank : bound on the rank of W, or "cv": the rank up to `max_rank` that predicts hidden cells best
    alpha : ridge α ≥ 0; with missing entries the infimum need not be attained without it
    max_rank, cv : ranks and folds of cells that the cross-validation tries
    starts : random starts of alternating least squares
    certify : prove a lower bound on the loss of every matrix of the rank; for some hundreds of entries
    tolerance, time_limit : relative gap to reach, and seconds (None for no limit), where a bound is proved
    random_state : of the starts and folds

    Attributes
    ----------
    rank_ : the rank that was used
    components_ : (rank_, n_features) orthonormal rows that span the rows of W
    singular_values_ : (rank_,) of W
    completed_ : (n_samples, n_features) the matrix W
    objective_ : its loss; with a proof exactly and rounded up
    lower_bound_ : proved lower bound on the loss of every matrix of the rank; 0 without a proof asked for
    gap_ : objective_ − lower_bound_
    proved_ : was a bound proved on request?
    bound_ : the `Bound`, with its certificate; None if none was asked for
    scores_ : mean squared error on hidden cells by rank, if cross-validated

    Examples
    --------
    >>> X = np.outer([1.0, 2.0, 3.0, 4.0], [1.0, -1.0, 2.0])
    >>> X[0, 0] = X[2, 1] = np.nan
    >>> model = MatrixCompletion(rank=1, alpha=1e-6).fit(X)
    >>> model.transform(X)[[0, 2], [0, 1]].round(3).tolist()
    [1.0, -3.0]
    """

    scores_: Array
    rank_: int
    bound_: Bound | None
    lower_bound_: float
    objective_: float
    gap_: float
    proved_: bool
    components_: Array
    singular_values_: Array
    completed_: Array

    def __init__(
        self, rank: Any = 1, *, alpha: float = 0.1, max_rank: int = 5, cv: int = 5, starts: int = 20,
        certify: bool | str = False, tolerance: float = 1e-2, time_limit: float | None = 600.0,
        random_state: Any = 0,
    ) -> None:  # fmt: skip
        self.rank: Any = rank
        self.alpha: float = alpha
        self.max_rank: int = max_rank
        self.cv: int = cv
        self.starts: int = starts
        self.certify: bool | str = certify
        self.tolerance: float = tolerance
        self.time_limit: float | None = time_limit
        self.random_state: Any = random_state

    @on_one_blas_thread
    def fit(self, X: ArrayLike, y: Any = None) -> MatrixCompletion:
        """Find W.

        Parameters
        ----------
        X : (n_samples, n_features); NaN is missing
        y : not used

        Raises
        ------
        ValueError
            If every entry is missing, or for parameters out of range.
        """
        require_unmasked(X=X)
        X = np.asarray(validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan"))
        seen = ~np.isnan(X)
        if not seen.any():
            raise ValueError("every entry is missing")
        if not (np.isfinite(self.alpha) and self.alpha >= 0):
            raise ValueError(f"alpha must be a finite number ≥ 0, got {self.alpha!r}")
        for name in ("max_rank", "cv", "starts", *(["rank"] if self.rank != "cv" else [])):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1 + (name == "cv"):
                raise ValueError(f"{name} must be an integer ≥ {1 + (name == 'cv')}, got {value!r}")
        options.tolerance(self.tolerance)
        options.seconds(self.time_limit)
        seed = check_random_state(self.random_state).randint(2**31)
        filled, rng = np.where(seen, X, 0.0), np.random.default_rng(seed)
        most = min(X.shape)
        if self.rank == "cv":
            self.scores_ = self._scores(filled, seen, min(int(self.max_rank), most), rng)
            self.rank_ = 1 + int(np.argmin(self.scores_))
        else:
            self.rank_ = min(int(self.rank), most)
        A, B = best_completion(filled, seen.astype(float), float(self.alpha), self.rank_, int(self.starts), rng)
        self._settle(filled, seen, A @ B.T)
        return self

    def _scores(self, X: Array, seen: NDArray[np.bool_], most: int, rng: np.random.Generator) -> Array:
        """Mean squared errors on hidden cells, by rank."""
        cells = np.flatnonzero(seen)
        folds = rng.permutation(len(cells)) % min(int(self.cv), len(cells))
        errors = np.zeros(most)
        for fold in range(int(folds.max()) + 1 if len(cells) > 1 else 0):
            hidden = cells[folds == fold]
            weights = seen.astype(float)
            weights.flat[hidden] = 0.0
            for r in range(most):
                A, B = best_completion(X, weights, float(self.alpha), r + 1, min(int(self.starts), 5), rng, 200, 1e-6)
                errors[r] += ((A @ B.T - X).flat[hidden] ** 2).sum()
        return errors / len(cells)

    def _settle(self, X: Array, seen: NDArray[np.bool_], W: Array) -> None:
        """Keep W and what is known of its loss."""
        self.bound_ = None
        with np.errstate(over="ignore"):
            loss = float(((X - W)[seen] ** 2).sum() + self.alpha * (W**2).sum())
        self.lower_bound_ = 0.0
        if self.certify:
            weights = None if seen.all() else seen.astype(float)
            widths = [X.shape[1], self.rank_, len(X)]
            program = linear_network(np.eye(X.shape[1]), X, widths, weights=weights, ridge=float(self.alpha))
            limit = None if self.time_limit is None else float(self.time_limit)
            bound = bracket(program, tolerance=float(self.tolerance), time_limit=limit, max_level=1, branch=False)
            if bound.found is not None and bound.found.solution is not None and bound.upper < loss:
                W = bound.found.solution.matrix
            self.bound_, self.lower_bound_, loss = bound, max(bound.lower, 0.0), loss_above(program, W)
            if not bound.closed:
                message = f"the gap is above tolerance={self.tolerance:.1e}: {bound.reason}"
                warnings.warn(message, ConvergenceWarning, stacklevel=3)
        U, s, Vt = np.linalg.svd(W, full_matrices=False)
        self.components_, self.singular_values_ = Vt[: self.rank_], s[: self.rank_]
        self.completed_ = W
        # a matrix in doubles has rank r up to rounding, which may take its loss below that of all such matrices
        self.objective_ = max(loss, self.lower_bound_)
        self.proved_ = self.bound_ is not None and self.bound_.proved
        self.gap_ = self.objective_ - self.lower_bound_

    def transform(self, X: ArrayLike) -> Array:
        """Every row with its NaN replaced: by the row of the components' span that fits its entries best.

        The coefficients c of a row minimise Σ_seen (x − c'components_)² + α‖c‖².
        """
        check_is_fitted(self, "components_")
        require_unmasked(X=X)
        X = np.array(validate_data(self, X, reset=False, dtype=np.float64, ensure_all_finite="allow-nan"))
        V, r = self.components_.T, len(self.components_)
        for i in np.flatnonzero(np.isnan(X).any(axis=1)):
            seen = ~np.isnan(X[i])
            part = V[seen]
            c = np.linalg.pinv(part.T @ part + self.alpha * np.eye(r), hermitian=True) @ (part.T @ X[i, seen])
            X[i, ~seen] = V[~seen] @ c
        return X

    def __sklearn_tags__(self) -> Any:
        """NaN is welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags
