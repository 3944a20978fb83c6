"""scikit-learn's contract, and what the estimators add to it."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

sklearn = pytest.importorskip("sklearn")

from sklearn.base import clone  # noqa: E402
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris  # noqa: E402
from sklearn.exceptions import ConvergenceWarning  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.utils.estimator_checks import check_estimator  # noqa: E402

from copos.interop.estimators import PolynomialNetworkClassifier, PolynomialNetworkRegressor  # noqa: E402


# the contract is about any parameters: at a larger β networks have fewer neurons
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "estimator",
    [
        PolynomialNetworkRegressor(),
        PolynomialNetworkRegressor(loss="huber", loss_parameter=10.0, tol=1e-5),
        PolynomialNetworkClassifier(beta_ratio=0.1, tol=1e-5),
        PolynomialNetworkClassifier(loss="squared_hinge", beta_ratio=0.1, tol=1e-5),
    ],
    ids=lambda e: f"{type(e).__name__}-{e.loss}",
)
def test_check_estimator(estimator):
    check_estimator(estimator)


def test_regressor_keeps_the_proof():
    X, y = load_diabetes(return_X_y=True)
    model = PolynomialNetworkRegressor(beta_ratio=0.05).fit(X, y)
    assert model.dual_gap_ <= 1e-9 and model.lower_bound_ <= model.objective_
    assert model.neurons_.shape == (model.n_neurons_, 10)
    residual = y - model.predict(X)
    value = 0.5 * residual @ residual + model.beta_ * model.network_.penalty
    assert value == pytest.approx(model.objective_, rel=1e-12)
    direct = PolynomialNetworkRegressor(beta=model.beta_).fit(X, y)
    assert np.allclose(direct.predict(X), model.predict(X), rtol=1e-6)
    assert cross_val_score(PolynomialNetworkRegressor(beta_ratio=0.1), X, y).mean() > 0.4


def test_multi_output_is_outputs_side_by_side():
    X, y = load_diabetes(return_X_y=True)
    beta = 50.0
    Y = np.column_stack([y, -2 * y])
    both = PolynomialNetworkRegressor(beta=beta).fit(X, Y).predict(X)
    for t in range(2):
        one = PolynomialNetworkRegressor(beta=beta).fit(X, Y[:, t]).predict(X)
        assert np.allclose(both[:, t], one, rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("loss", ["logistic", "hinge", "squared_hinge", "squared"])
@pytest.mark.parametrize("labels", [["no", "yes"], [True, False], [3, -1], ["a", "b", "c"]])
def test_labels_of_any_type(loss, labels):
    X, index = load_iris(return_X_y=True)
    keep = slice(None) if len(labels) == 3 else slice(50, None)
    X, index = X[keep], index[keep] - index[keep].min()
    y = np.array(labels)[index]
    model = PolynomialNetworkClassifier(loss=loss, beta_ratio=0.02, tol=1e-6).fit(X, y)
    assert model.dual_gap_ <= 1e-6 and set(model.predict(X)) <= set(y) and model.score(X, y) > 0.9
    assert hasattr(model, "predict_proba") == (loss == "logistic")
    if loss == "logistic":
        P = model.predict_proba(X)
        assert np.allclose(P.sum(1), 1) and np.array_equal(model.classes_[P.argmax(1)], model.predict(X))


def test_pipeline_grid_search_and_pickle():
    X, y = load_breast_cancer(return_X_y=True)
    pipe = make_pipeline(StandardScaler(), PolynomialNetworkClassifier(tol=1e-6))
    search = GridSearchCV(pipe, {"polynomialnetworkclassifier__beta_ratio": [0.3, 0.03]}, cv=3).fit(X, y)
    assert search.best_score_ > 0.95
    again = pickle.loads(pickle.dumps(search.best_estimator_))
    assert np.array_equal(again.predict_proba(X), search.best_estimator_.predict_proba(X))


def test_warm_start_gives_the_same_optimum():
    X, y = load_diabetes(return_X_y=True)
    model = PolynomialNetworkRegressor(beta_ratio=0.1, warm_start=True).fit(X, y)
    warm = model.set_params(beta_ratio=0.05).fit(X, y).objective_
    assert warm == pytest.approx(clone(model).fit(X, y).objective_, rel=1e-8)


def test_general_solver_as_a_cross_check():
    X, y = load_iris(return_X_y=True)
    model = PolynomialNetworkRegressor(beta_ratio=0.05).fit(X, y)
    other = PolynomialNetworkRegressor(beta_ratio=0.05, solver="clarabel", tol=1e-3).fit(X, y)
    assert other.objective_ == pytest.approx(model.objective_, rel=1e-5) and other.dual_gap_ <= 1e-3


def test_images_flat_or_not():
    X, y = load_digits(return_X_y=True)
    X, y = X[y < 3][:90], y[y < 3][:90]
    settings = dict(patch=(3, 3), pool=3, beta_ratio=0.01, tol=1e-4)
    flat = PolynomialNetworkClassifier(image_shape=(8, 8), **settings).fit(X, y)
    image = PolynomialNetworkClassifier(**settings).fit(X.reshape(-1, 8, 8), y)
    assert np.array_equal(flat.predict(X), image.predict(X.reshape(-1, 8, 8)))
    assert flat.score(X, y) > 0.9 and flat.neurons_.shape[1] == 9
    with pytest.raises(ValueError, match="image_shape"):
        PolynomialNetworkClassifier(**settings).fit(X, y)
    with pytest.raises(ValueError, match="entries"):
        PolynomialNetworkClassifier(image_shape=(7, 7), **settings).fit(X, y)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (PolynomialNetworkRegressor(beta=1.0, beta_ratio=0.1), "beta and beta_ratio are both given"),
        (PolynomialNetworkRegressor(loss="hinge"), "expected 'squared'"),
        (PolynomialNetworkClassifier(loss="absolute"), "expected 'logistic'"),
        (PolynomialNetworkRegressor(activation="tanh"), "expected one of"),
    ],
)
def test_bad_parameters(model, message):
    with pytest.raises(ValueError, match=message):
        model.fit(np.random.default_rng(0).standard_normal((20, 2)), np.arange(20) % 2)


def test_one_class_and_time_limit_are_said_aloud():
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match="one class"):
        PolynomialNetworkClassifier().fit(X[:50], y[:50])
    with pytest.warns(ConvergenceWarning, match="time limit"):
        PolynomialNetworkRegressor(beta_ratio=1e-4, tol=1e-12, time_limit=0.0).fit(X, y)


def test_import_of_copos_leaves_sklearn_alone():
    code = "import copos, sys; assert not any(m.split('.')[0] in ('sklearn', 'torch', 'cvxpy') for m in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("weight", ["balanced", {"a": 1.0, "b": 3.0}])
def test_class_weights_are_sample_weights(weight):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 3))
    y = np.where(X[:, 0] + rng.standard_normal(60) > 0.8, "b", "a")
    counts = {label: (y == label).sum() for label in "ab"}
    factor = {label: 60 / (2 * counts[label]) for label in "ab"} if weight == "balanced" else weight
    rows = rng.random(60) + 0.5
    by_class = PolynomialNetworkClassifier(beta=1.0, class_weight=weight).fit(X, y, rows)
    by_sample = PolynomialNetworkClassifier(beta=1.0).fit(X, y, rows * np.array([factor[label] for label in y]))
    assert by_class.objective_ == pytest.approx(by_sample.objective_, rel=1e-12)
    plain = PolynomialNetworkClassifier(beta=1.0).fit(X, y, rows)
    assert (by_class.predict(X) == "b").sum() > (plain.predict(X) == "b").sum()


def test_sparse_samples_are_the_same_samples():
    sparse = pytest.importorskip("scipy.sparse")
    rng = np.random.default_rng(1)
    X = np.where(rng.random((40, 5)) < 0.3, rng.standard_normal((40, 5)), 0.0)
    y = X[:, 0] + X[:, 1] ** 2
    for kind in (sparse.csr_matrix, sparse.coo_array):
        model = PolynomialNetworkRegressor(beta_ratio=0.1).fit(kind(X), y)
        plain = PolynomialNetworkRegressor(beta_ratio=0.1).fit(X, y)
        assert model.objective_ == plain.objective_ and (model.predict(kind(X)) == plain.predict(X)).all()
        labels = PolynomialNetworkClassifier(beta_ratio=0.1).fit(kind(X), y > 0)
        assert labels.predict(kind(X)).shape == (40,)
