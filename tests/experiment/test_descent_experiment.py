"""The landscape that the experiment descends is the training problem, and no descent ends below its bound."""

import numpy as np
import pytest

from copos.polynomial.features import Convolution, Dense
from copos.polynomial.program import polynomial_network
from experiments.descent import DESCENT, EXPERIMENT, LAYERS, SETS, Landscape, architecture, run, split


@pytest.mark.parametrize("shape", [Dense(), Convolution(3), Convolution(3, pool=2), Convolution(2, pool="global")])
def test_gradient_and_network(shape):
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((20, 6)), rng.standard_normal((20, 2))
    program = polynomial_network(X, Y, beta=0.3, architecture=shape)
    landscape = Landscape(program, 3)
    x = landscape.start(rng)
    value, g = landscape.value(x)
    assert program.objective(landscape.network(x)) == pytest.approx(value, rel=1e-9)
    for _ in range(3):
        direction = rng.standard_normal(len(x))
        slope = (landscape.value(x + 1e-6 * direction)[0] - landscape.value(x - 1e-6 * direction)[0]) / 2e-6
        assert slope == pytest.approx(g @ direction, rel=1e-5)
    # gradients of parts of the samples average to that of all
    parts = [landscape.value(x, np.arange(k, k + 5))[1] for k in range(0, 20, 5)]
    assert np.allclose(np.mean(parts, axis=0), g)


@pytest.mark.parametrize("method", DESCENT)
def test_descent_improves_and_stays_above(method):
    row = run("wine", "dense", method, 0, 0.01, 100)
    program = polynomial_network(*split("wine", "dense")[::2], beta_ratio=0.01)
    start = program.loss.value(np.zeros_like(program.Y))
    assert row["lower"] * (1 - 1e-12) <= row["objective"] < start and row["excess"] > 0 and 0.5 < row["score"] <= 1


def test_every_set_and_layer_has_data():
    for data in SETS:
        for layer in LAYERS:
            Xa, Xb, Ya, Yb = split(data, layer)
            assert architecture(data, layer).patches(Xa).shape[1] == len(Ya) and len(Xb) == len(Yb)
    cases = EXPERIMENT.cases("full")  # the optimum once, every method from every seed
    seeds = {case["seed"] for case in cases}
    assert len(seeds) >= 3 and len(cases) == len(SETS) * len(LAYERS) * (1 + len(DESCENT) * len(seeds))
