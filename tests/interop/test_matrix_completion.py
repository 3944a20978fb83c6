"""The scikit-learn transformer that fills missing entries."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import check_estimator

from copos import MatrixCompletion
from copos.reformulation.linear_network.completion import best_completion


def data(shape=(8, 7), rank=2, missing=0.25, noise=0.01, seed=0):
    rng = np.random.default_rng(seed)
    W = rng.standard_normal((shape[0], rank)) @ rng.standard_normal((rank, shape[1]))
    X = W + noise * rng.standard_normal(shape)
    return W, np.where(rng.random(shape) < missing, np.nan, X)


@pytest.mark.filterwarnings("ignore")
def test_conventions_of_scikit_learn():
    results = check_estimator(MatrixCompletion(), on_skip=None, on_fail=None)
    assert not [(r["check_name"], r["exception"]) for r in results if r["status"] == "failed"]
    assert sum(r["status"] == "passed" for r in results) > 40


def test_missing_entries_are_filled_and_others_kept():
    W, X = data()
    model = MatrixCompletion(rank=2, alpha=1e-4).fit(X)
    out, seen = model.transform(X), ~np.isnan(X)
    assert (out[seen] == X[seen]).all()
    assert out[~seen] == pytest.approx(W[~seen], abs=0.2)
    assert out[~seen] == pytest.approx(model.completed_[~seen], abs=1e-4)  # rows of the fit are where they were
    loss = np.nansum((model.completed_ - X) ** 2) + 1e-4 * (model.completed_**2).sum()
    assert model.objective_ == pytest.approx(loss)
    assert not model.proved_ and model.lower_bound_ == 0 and model.bound_ is None
    new = np.full((2, 7), np.nan)
    new[0, :4] = W[0, :4]
    assert model.transform(new)[1] == pytest.approx(np.zeros(7))  # nothing is known of it
    assert model.transform(new)[0] == pytest.approx(W[0], abs=0.2)


def test_complete_data_have_the_truncated_decomposition():
    X = np.random.default_rng(1).standard_normal((6, 5))
    model = MatrixCompletion(rank=2, alpha=0.5, certify=True).fit(X)
    U, s, Vt = np.linalg.svd(X)
    assert model.completed_ == pytest.approx(U[:, :2] * (s[:2] / 1.5) @ Vt[:2], abs=1e-5)
    assert model.proved_ and model.gap_ <= 1e-6 * model.objective_


def test_a_proof_brackets_the_best_of_many_starts():
    _, X = data((5, 5), missing=0.3, noise=0.3, seed=2)
    model = MatrixCompletion(rank=2, alpha=0.05, certify=True, tolerance=0.5).fit(X)
    seen = ~np.isnan(X)
    A, B = best_completion(np.where(seen, X, 0.0), 1.0 * seen, 0.05, 2, 200, np.random.default_rng(1))
    best = ((A @ B.T - X)[seen] ** 2).sum() + 0.05 * ((A @ B.T) ** 2).sum()
    assert model.proved_ and 0 < model.lower_bound_ <= best * (1 + 1e-12)
    assert model.objective_ == pytest.approx(best) and model.gap_ == model.objective_ - model.lower_bound_
    assert model.bound_.certificate.verify().proved


def test_the_rank_is_cross_validated():
    _, X = data((30, 12), rank=3, missing=0.2)
    model = MatrixCompletion(rank="cv", alpha=1e-3, starts=5).fit(X)
    assert model.rank_ == 3 and len(model.scores_) == 5 and model.components_.shape == (3, 12)


@pytest.mark.parametrize(
    ("change", "words"),
    [({"rank": 0}, "rank must be"), ({"rank": 1.5}, "rank must be"), ({"rank": True}, "rank must be"),
     ({"alpha": -1}, "alpha must be"), ({"alpha": np.nan}, "alpha must be"), ({"cv": 1}, "cv must be"),
     ({"starts": 0}, "starts must be")],
)  # fmt: skip
def test_parameters_out_of_range(change, words):
    with pytest.raises(ValueError, match=words):
        MatrixCompletion(**change).fit(data()[1])


def test_nothing_seen():
    with pytest.raises(ValueError, match="every entry is missing"):
        MatrixCompletion().fit(np.full((3, 3), np.nan))
