"""Regularization paths: brackets of the optimum between grid points, and warm starts that pay."""

import numpy as np
import pytest

from copos.polynomial.program import polynomial_network


def program(loss="squared"):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((40, 4))
    y = X[:, 0] * X[:, 1] + X[:, 2]
    return polynomial_network(X, y if loss == "squared" else np.sign(y), loss=loss, beta=1.0, intercept=True)


@pytest.mark.parametrize("loss", ["squared", "hinge", "logistic"])
def test_a_path_brackets_the_optimum_between_its_points(loss):
    p = program(loss)
    path = p.path([0.5, 0.1, 0.02], 1e-8)
    assert path.certified and len(path) == 3 and [fit.beta for fit in path] == path.betas.tolist()
    assert (np.diff(path.betas) < 0).all() and path[0] is path.fits[0] and path[:2] == path.fits[:2]
    for ratio in (2.0, 0.5, 0.2, 0.05, 0.02, 0.001):
        beta = ratio * path.beta_max
        lower, upper = path.bracket(beta)
        true = p.at(beta=beta).train(1e-8)
        assert lower <= true.objective and true.lower <= upper
        if ratio in (0.5, 0.02):
            assert upper - lower <= 2e-8 * upper
        elif 0.02 < ratio < 0.5:
            assert lower >= 0.7 * true.lower and upper <= 1.2 * true.objective
    with pytest.raises(ValueError, match="positive"):
        path.bracket(0.0)


def test_a_bracket_from_a_rough_path_is_still_one():
    """Early stops: chords of what is proved, not of what is claimed."""
    p = program()
    path = p.path([0.3, 0.01], 1e-9, time_limit=0.0)
    assert not path.certified
    lower, upper = path.bracket(0.1 * path.beta_max)
    best = p.at(ratio=0.1).train(1e-8)
    assert 0 <= lower <= best.objective and best.lower <= upper


def test_the_picture():
    pytest.importorskip("matplotlib").use("Agg")
    path = program().path([0.5, 0.1])
    axis = path.plot()
    assert axis.get_xlabel() == "β" and [t.get_text() for t in axis.texts] == [str(k) for k in path.neurons]
    assert path.plot(axis) is axis
