"""`partial_fit` of the estimators: batches leave their moments of order four behind, and training waits for a use.

The squared loss needs nothing else of the samples. Whoever asks for the network, for predictions or for a number of
training gets that of all batches so far, standardised by the mean and the spread of all of them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning

from copos.polynomial.streamed import StreamedSamples

Array = NDArray[np.float64]
TRAINED = (
    "network_", "objective_", "lower_bound_", "claimed_bound_", "dual_gap_", "beta_", "n_iter_", "n_neurons_",
    "neurons_", "intercept_", "mean_", "scale_",
)  # fmt: skip
REACHED = 1e-5  # relative gap that moments in double precision give, whatever `tol` is


def streams(estimator: Any) -> bool:
    """Whether the loss is that of moments; says so otherwise."""
    if estimator.loss != "squared":
        raise AttributeError(f"partial_fit needs {type(estimator).__name__}(loss='squared'), which moments determine, "
                             f"not {estimator.loss!r}")  # fmt: skip
    return True


class Streamed(BaseEstimator):
    """What the estimators know after `partial_fit`."""

    activation: Any
    fit_intercept: bool
    standardize: bool
    constant: float
    patch: Any
    tol: float
    # method that not every loss has ↦ what says why not
    _conditions: ClassVar[Mapping[str, Callable[[Any], bool]]] = {"partial_fit": streams}

    def _penalty(self) -> tuple[float | None, float | None]:
        raise NotImplementedError

    def __getattr__(self, name: str) -> Any:
        """A number of training or its network, for which batches are trained now."""
        if name in TRAINED and self.__dict__.get("_stream") is not None:
            self._train_stream()
            return self.__dict__[name]
        if name == "_proof" and self._streaming:
            raise AttributeError("a certificate needs the samples, and partial_fit keeps their moments alone")
        if name == "certificate_" and self._streaming:  # what the property raised
            return self._proof
        if name in self._conditions:
            self._conditions[name](self)  # scikit-learn's own words keep the reason back
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @property
    def _streaming(self) -> bool:
        return self.__dict__.get("_stream") is not None

    def _forget_stream(self) -> None:
        for name in ("_stream", "claimed_bound_"):
            self.__dict__.pop(name, None)

    def _take(self, X: Array, Y: Array, weights: Array) -> None:
        """Add a batch; what was trained before it is no longer true."""
        if self.patch is not None or self.constant:
            raise ValueError("partial_fit is for fully connected networks: expected patch=None and constant=0")
        stream = self.__dict__.get("_stream") or StreamedSamples(self.activation, intercept=self.fit_intercept)
        if weights.any() or not stream.samples:
            stream.add(X, Y, weights)
        for name in (*TRAINED, "_proof"):
            self.__dict__.pop(name, None)
        self._stream = stream

    def _train_stream(self) -> None:
        stream, (beta, ratio) = self._stream, self._penalty()
        d = stream.features
        where = (stream.mean, stream.scale) if self.standardize else (np.zeros(d), np.ones(d))
        fit = stream.train(beta, beta_ratio=ratio, standardised=where)
        self.mean_, self.scale_ = where
        self.network_, self.objective_, self.claimed_bound_, self.beta_ = (
            fit.network, fit.objective, fit.claimed, fit.beta)  # fmt: skip
        self.lower_bound_, self.dual_gap_, self.n_iter_ = 0.0, fit.gap, 1
        self.n_neurons_, self.neurons_, self.intercept_ = len(fit.network), fit.network.u, fit.network.intercept
        if not fit.gap <= max(self.tol, REACHED):
            message = f"relative gap {fit.gap:.1e} of {stream.samples} streamed samples is above {REACHED:.0e}"
            warnings.warn(message, ConvergenceWarning, stacklevel=3)
