"""One name for all networks of PyTorch: what a module is decides who reads it."""

import numpy as np
import pytest

import copos
from copos import from_torch
from copos.interop.linear_models import linear_layers
from copos.interop.polynomial_models import load_network
from tests.interop.test_relu_models import RELU, convolution, linear, module

W, V = np.array([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]]), np.array([[2.0, 1.0]])


def test_linear_layers_are_a_linear_network():
    given = module("Sequential", linear(W, [1.0, -1.0]), module("Dropout"), linear(V))
    net = from_torch(given)
    assert isinstance(net, copos.LinearNetwork) and np.array_equal(net.matrix, linear_layers(given).matrix)
    assert net.bias.tolist() == [1.0] and from_torch(linear(W)).widths == (3, 2)


def test_relu_is_a_relu_network():
    given = module("Sequential", module("Sequential", linear(W), RELU), linear(V, [0.5]))
    layers = from_torch(given)
    assert isinstance(layers, copos.ReLULayers) and np.array_equal(layers.weights[0], W)
    assert copos.relu_verdict(*layers, [0] * 3, [1] * 3, [1]).lower >= 0.5 - 1e-9
    picture = module("Sequential", convolution(np.ones((1, 1, 2, 2))), RELU, module("Flatten"), linear([[1.0] * 4]))
    assert from_torch(picture, input_shape=(1, 3, 3)).weights[0].shape == (4, 9)
    with pytest.raises(ValueError, match="input_shape"):
        from_torch(picture)


def test_another_activation_is_a_polynomial_network():
    given = module("Sequential", linear(W), module("Square"), linear(V))
    net = from_torch(given, (1.0, 0.0, 0.0))
    assert isinstance(net, copos.PolynomialNetwork)
    x = np.array([[1.0, 2.0, -1.0]])
    assert net.predict(x) == pytest.approx(load_network(given, "quadratic").predict(x))
    assert net.predict(x) == pytest.approx(((x @ W.T) ** 2 @ V.T)[:, 0])


@pytest.mark.parametrize(("parts", "options", "words"), [
    ((linear(W), module("Tanh"), linear(V)), {}, "what does Tanh compute.*activation=.*of Linear, Conv2d and ReLU"),
    ((linear(W), module("Tanh")), {}, "has the layers Linear, Tanh; understood are"),
    ((), {}, "layers none; understood are"),
    ((linear(W), linear(V)), {"activation": "quadratic"}, "has the layers Linear, Linear; understood"),
    ((linear(W), RELU, linear(V)), {"activation": "quadratic"}, "activation is for a polynomial network"),
    ((linear(W), RELU, module("MaxPool2d"), linear(V)), {}, "max pooling"),
])  # fmt: skip
def test_what_is_refused_says_what_is_understood(parts, options, words):
    with pytest.raises(ValueError, match=words):
        from_torch(module("Sequential", *parts), **options)


@pytest.mark.parametrize("other", [None, "net.pt", np.eye(2), object()])
def test_what_is_no_module(other):
    with pytest.raises(ValueError, match="understood are a Sequential"):
        from_torch(other)
