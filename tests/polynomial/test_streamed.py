"""Samples that come in batches: the same optimum as all at once, whatever the batches are."""

import numpy as np
import pytest

import copos
from copos.polynomial.streamed import StreamedSamples


@pytest.mark.parametrize(("activation", "intercept", "outputs"), [
    ("published", True, 1), ("quadratic", False, 2), ("published", False, 2), ("quadratic", True, 1),
])  # fmt: skip
def test_batches_have_the_optimum_of_all_samples(activation, intercept, outputs):
    rng = np.random.default_rng(0)
    X, y, w = rng.standard_normal((60, 3)), rng.standard_normal((60, outputs)), rng.uniform(0.5, 2, 60)
    stream = StreamedSamples(activation, intercept=intercept)
    for part in (slice(0, 3), slice(3, 40), slice(40, 60)):
        stream.add(X[part], y[part], w[part])
    program = copos.polynomial_network(X, y, activation, beta_ratio=0.2, intercept=intercept, sample_weight=w)
    fit, whole = stream.train(beta_ratio=0.2), program.train()
    assert stream.samples == 60 and abs(stream.beta_max - program.beta_max) <= 1e-9 * program.beta_max
    assert whole.lower * (1 - 1e-9) <= fit.objective <= whole.objective * (1 + 1e-5) and fit.gap <= 1e-5
    assert fit.claimed <= whole.objective * (1 + 1e-9)
    # the network is worth what is said of it, by the proof of another
    assert abs(program.objective(fit.network) - fit.objective) <= 1e-8 * fit.objective


def test_above_beta_max_nothing_is_learned():
    rng = np.random.default_rng(1)
    stream = StreamedSamples(intercept=True).add(rng.standard_normal((20, 2)), rng.standard_normal(20))
    fit = stream.train(beta_ratio=1.1)
    assert np.abs(fit.network.alpha).sum() < 1e-6 and fit.gap < 1e-6


def test_what_does_not_fit_is_refused():
    stream = StreamedSamples()
    with pytest.raises(ValueError, match="add some first"):
        stream.train(beta=1.0)
    stream.add(np.ones((2, 3)), [1.0, 2.0])
    with pytest.raises(ValueError, match="2 features and 1 outputs; those before had 3 and 1"):
        stream.add(np.ones((2, 2)), [1.0, 2.0])
    with pytest.raises(ValueError, match="exactly one"):
        stream.train()
    with pytest.raises(ValueError, match="beta"):
        stream.train(beta=-1.0)
