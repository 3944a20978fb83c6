"""The image experiment of the literature in kind: two classes of digits, filters of 4 × 4 with the stride 4."""

import numpy as np
import pytest

import copos


def test_two_digits_are_told_apart_by_filters_of_four():
    sets = pytest.importorskip("sklearn.datasets")
    X, y = sets.load_digits(return_X_y=True)
    keep = (y == 3) | (y == 8)
    X, y = X[keep].reshape(-1, 8, 8) / 16, np.where(y[keep] == 3, 1.0, -1.0)
    train, test = slice(0, None, 2), slice(1, None, 2)
    filters = copos.Convolution((4, 4), stride=4)
    program = copos.polynomial_network(X[train], y[train], beta_ratio=0.02, architecture=filters, intercept=True)
    fit = program.train(1e-4)
    right = np.sign(fit.network.predict(X[test])) == y[test]
    assert fit.certified and program.patches.shape[0] == 4 and right.mean() > 0.95
    assert copos.verify(fit.certificate, program).proved


def test_max_pooling_is_refused_with_the_reason():
    with pytest.raises(ValueError, match="no convex program"):
        copos.Convolution((4, 4), stride=4, pool="max")
