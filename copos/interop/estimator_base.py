"""What the scikit-learn estimators of polynomial-activation networks share: parameters, standardisation, training.

`PolynomialNetworkEstimator` standardises the features, picks β as a part of β_max, trains to a certified duality gap
and keeps the proof; `estimators` has the regressor and the classifier.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted, validate_data

from copos.certificate.document import Certificate
from copos.interop.streamed_estimator import Streamed
from copos.polynomial.features import Convolution, Dense
from copos.polynomial.low_rank import Effort
from copos.polynomial.network import PolynomialNetwork
from copos.polynomial.program import PolynomialNetworkProgram, polynomial_network

Array = NDArray[np.float64]
BETA_RATIO = 0.01  # where neither beta nor beta_ratio is given


def dense(X: Any) -> Array:
    """A sparse matrix as an array: products of features fill it anyway."""
    return X.toarray() if sp.issparse(X) else X


class PolynomialNetworkEstimator(Streamed):
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
        with np.errstate(over="ignore", invalid="ignore"):  # training refuses such data
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
        self._forget_stream()
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
        X = dense(validate_data(self, self._images(X), reset=False, dtype=np.float64, accept_sparse="csr"))
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
