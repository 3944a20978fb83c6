"""Data near the ends of the doubles: bounds in order, or a refusal in words; no overflow, no warning of NumPy."""

import time
import warnings

import numpy as np
import pytest

import copos

X, Y, S = (np.random.default_rng(0).standard_normal(shape) for shape in ((2, 4), (2, 4), (2, 2)))
S, SIGNS = np.abs(S + S.T), np.array([1.0, -1.0, 1.0, -1.0])
FLOWS = np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 1.0], [2.0, 1.0, 0.0]])


def times(table, exponent):
    return np.ldexp(table, exponent)


ENTRANCES = {
    "linear network": lambda a, b: copos.bracket(copos.linear_network(times(X, a), times(Y, b), [2, 1, 2])),
    "branches": lambda a, b: copos.lower_bound(copos.parallel_linear_network(times(X, a), times(Y, b), 2, 2, 0.1)),
    "bilinear": lambda a, b: copos.bracket(copos.bilinear_network(times(X.reshape(2, 2, 2), a), times(Y[0, :2], b), 1)),
    "rank": lambda a, b: copos.bracket(copos.rank_constrained(times(S, a), [(times(np.eye(2), b), 1.0)], 1)),
    "simplex": lambda a, b: copos.bracket(copos.standard_quadratic(times(S, a))),
    "cells": lambda a, b: copos.branch_and_bound(copos.standard_quadratic(times(S, a)), max_nodes=5),
    "box": lambda a, b: copos.bracket(copos.quadratic_program(S, [1, -2], bounds=(-times(1.0, a), times(1.0, b)))),
    "assignment": lambda a, b: copos.bracket(copos.quadratic_assignment(times(FLOWS, a), times(FLOWS, b))),
    "k-means": lambda a, b: copos.k_means(times(X.T, a), 2),
    "ReLU training": lambda a, b: copos.train_relu_network(times(X.T, a), times(Y[0], b), 0.1),
    "polynomial": lambda a, b: copos.polynomial_network(times(X.T, a), times(Y[0], b), beta=0.1).train(),
    "quantised": lambda a, b: copos.train_quantised_network(times(X.T, a), times(Y[0], b), beta=0.1),
    "quartic": lambda a, b: copos.train_quartic_network(times(X.T, a), times(Y[0], b), 0.1, [1, 0, 1, 0, 0]),
    "robust": lambda a, b: copos.train_robust_network(times(X.T, a), SIGNS, times(0.1, a), beta=0.1),
    "verdict": lambda a, b: copos.relu_verdict([times(S, a), times(S, b)], [[0, 1], [1, 0]], [-1, -1], [1, 1], [1, 1]),
    "regressor": lambda a, b: copos.PolynomialNetworkRegressor().fit(times(X.T, a), times(Y[0], b)),
    "classifier": lambda a, b: copos.PolynomialNetworkClassifier().fit(times(X.T, a), SIGNS),
}  # fmt: skip


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_the_ends_of_the_doubles_are_bounded_or_refused(entrance):
    begin = time.process_time()
    for a, b in ((1000, 0), (-1060, 0), (0, 1000), (0, -1060), (500, -500), (500, 500), (1000, 1000), (-1060, -1060)):
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            warnings.simplefilter("ignore", UserWarning)
            try:
                found = ENTRANCES[entrance](a, b)
            except ValueError as refusal:
                assert len(str(refusal)) > 25
                continue
        if isinstance(found, copos.Branching):
            found = found.bound
        low = found.lower_bound_ if hasattr(found, "lower_bound_") else found.lower
        high = getattr(found, "objective_", getattr(found, "objective", getattr(found, "upper", np.inf)))
        assert low <= high, (entrance, a, b)
    assert time.process_time() - begin < 60


def test_what_is_beyond_the_doubles_is_said_in_words():
    with pytest.raises(ValueError, match="give X in other units"):
        copos.polynomial_network([[1e200]], [1.0], beta=0.1)
    with pytest.raises(ValueError, match="give the data in other units"):
        copos.k_means([[1e200], [3e200], [5e200]], 2)
    with pytest.raises(ValueError, match="give X and Y in other units"):
        copos.circulant_network([[1e160], [1.0]], [[1.0], [2.0]], 2, 0.1)
