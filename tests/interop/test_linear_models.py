"""Deep linear networks of other tools, and how far they are from the optimum."""

import numpy as np
import pytest

import copos
from copos.interop.linear_models import linear_layers
from tests.interop.test_relu_models import linear, module


def test_a_module_is_the_function_that_it_was():
    rng = np.random.default_rng(0)
    W, V = rng.standard_normal((2, 3)), rng.standard_normal((4, 2))
    net = linear_layers(module("Sequential", linear(W, [1.0, 2.0]), module("Dropout"), linear(V)))
    X = rng.standard_normal((3, 5))
    A, B = (np.float32(M).astype(float) for M in (W, V))
    assert net.widths == (3, 2, 4) and np.allclose(net.predict(X), B @ (A @ X + [[1.0], [2.0]]))
    assert linear_layers(linear(W)).bias is None


def test_how_far_a_trained_network_is_from_the_optimum(tmp_path):
    rng = np.random.default_rng(1)
    X, Y = rng.standard_normal((3, 20)), rng.standard_normal((2, 20))
    np.savez(tmp_path / "net.npz", W1=np.ones((1, 3)), W2=np.ones((2, 1)), b2=[0.1, -0.1])
    net = linear_layers(tmp_path / "net.npz")
    bound = copos.bracket(copos.linear_network(X, Y, net.widths, intercept=True))
    assert bound.proved and net.loss(X, Y) > 1.05 * bound.upper
    assert linear_layers(str(tmp_path / "net.npz")).widths == (3, 1, 2)


@pytest.mark.parametrize(("arrays", "said"), [
    ({"W1": np.ones((2, 3)), "W2": np.ones((1, 3))}, "layer 2"), ({"W1": np.ones((2, 3)), "b1": [1.0]}, "layer 1"),
    ({"A": np.ones((2, 3))}, "holds 'A'"), ({"W1": np.ones((2, 3)), "W3": np.ones((1, 2))}, "holds 'W3'"),
    ({"W1": np.ones(3)}, "layer 1"),
])  # fmt: skip
def test_layers_that_do_not_fit_are_refused(arrays, said, tmp_path):
    np.savez(tmp_path / "net.npz", **arrays)
    with pytest.raises(ValueError, match=said):
        linear_layers(tmp_path / "net.npz")


def test_other_modules_are_refused():
    with pytest.raises(ValueError, match="layer 1 is a ReLU"):
        linear_layers(module("Sequential", linear([[1.0]]), module("ReLU")))
    with pytest.raises(ValueError, match="no linear layer"):
        linear_layers(module("Sequential"))
    with pytest.raises(ValueError, match=".npz file"):
        linear_layers("net.onnx")
