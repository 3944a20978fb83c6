"""Polynomial networks of other tools and for them: modules by their names, .npz files, the graph of an ONNX file."""

import numpy as np
import pytest

from copos import Convolution, PolynomialNetwork, certify_network, polynomial_network
from copos.interop.polynomial_models import (
    load_network,
    network_from_graph,
    network_from_layers,
    onnx_graph,
    save_npz,
    save_onnx,
)
from tests.interop.test_relu_models import linear, module


@pytest.mark.parametrize(
    "sigma", [(0.3, -0.7, 0.2), (1.0, 0.0, 0.0), (0.5, 0.0, 0.3), (0.0, 1.0, 0.4), (0.0, 0.0, 2.0)]
)
def test_first_layers_of_any_length_are_the_same_function(sigma):
    rng = np.random.default_rng(0)
    W, h, A, b = (rng.standard_normal(shape) for shape in ((4, 3), (4,), (2, 4), (2,)))
    W[1] = 0.0
    X = rng.standard_normal((10, 3))
    for bias in (None, h):
        z = X @ W.T + (0.0 if bias is None else bias)
        want = np.polyval(sigma, z) @ A.T + b
        net = network_from_layers(W, bias, A, b, sigma)
        assert np.linalg.norm(net.u, axis=1) == pytest.approx(np.ones(len(net)))
        assert net.predict(X) == pytest.approx(want, rel=1e-12)


def test_a_module_is_certified():
    rng = np.random.default_rng(1)
    X = rng.standard_normal((40, 2))
    W, h, A = rng.standard_normal((3, 2)), rng.standard_normal(3), rng.standard_normal((1, 3))
    net = load_network(module("Sequential", linear(W, h), module("Square"), linear(A, [0.5])), "quadratic")
    z = X @ np.float32(W).astype(float).T + np.float32(h)
    assert net.predict(X) == pytest.approx((z**2 @ np.float32(A).astype(float).T)[:, 0] + 0.5, rel=1e-12)
    noise = 0.1 * rng.standard_normal(40)
    found = certify_network(net, X, net.predict(X) + noise, beta=0.1, intercept=True)
    assert 0 < found.lower < found.objective and found.improving is not None
    assert found.objective < 0.5 * noise @ noise + 0.1 * net.penalty + 1e-9
    with pytest.raises(ValueError, match="give sigma"):
        load_network(module("Sequential", linear(W), module("Square"), linear(A)))
    with pytest.raises(ValueError, match="got \\['Linear'\\]"):
        load_network(module("Sequential", linear(W)), "quadratic")


def test_a_trained_network_comes_back_from_a_file(tmp_path):
    rng = np.random.default_rng(2)
    X = rng.standard_normal((30, 3))
    fit = polynomial_network(X, X[:, 0] ** 2 - X[:, 1], beta_ratio=0.05).train(1e-11)
    save_npz(fit.network, tmp_path / "net.npz")
    again = load_network(tmp_path / "net.npz")
    assert again.predict(X) == pytest.approx(fit.network.predict(X), rel=1e-12)
    proof = certify_network(again, X, X[:, 0] ** 2 - X[:, 1], beta=fit.beta)
    assert proof.gap < 1e-5
    np.savez(tmp_path / "bad.npz", W1=np.eye(2))
    with pytest.raises(ValueError, match="has no array 'b1'"):
        load_network(tmp_path / "bad.npz")


def run(nodes, arrays, X):
    """What the operations of ONNX mean, in NumPy."""
    at = {**arrays, "X": X}
    for kind, names, given, settings in nodes:
        v = [at[name] for name in names]
        if kind == "Reshape":
            at[given] = v[0].reshape([len(v[0]) if s == 0 else s for s in v[1]])
        elif kind == "Pad":
            before, after = np.split(v[1], 2)
            at[given] = np.pad(v[0], list(zip(before, after, strict=True)), constant_values=v[2])
        elif kind == "Gather":
            at[given] = np.take(v[0], v[1], axis=settings["axis"])
        elif kind == "ReduceMean":
            at[given] = v[0].mean(tuple(settings["axes"]))
        else:
            at[given] = {"Add": np.add, "Mul": np.multiply, "MatMul": np.matmul}[kind](*v)
    return at["Y"]


@pytest.mark.parametrize(
    ("architecture", "shape"),
    [(None, (3,)), (Convolution(2, padding=1, pool=2, constant=0.5), (6,)), (Convolution((2, 2)), (3, 4, 2))],
)
def test_the_graph_computes_the_network(architecture, shape, tmp_path):
    rng = np.random.default_rng(3)
    X = rng.standard_normal((12, *shape))
    program = polynomial_network(X, rng.standard_normal((12, 2)), beta_ratio=0.1, architecture=architecture)
    network = program.train(1e-3).network
    size = None if architecture is None else shape
    again = network_from_graph(*onnx_graph(network, size), "X", shape, "Y")
    assert again.predict(X.reshape(12, -1)) == pytest.approx(network.predict(X), rel=1e-12, abs=1e-12)
    if architecture is None:  # neuron by neuron
        assert np.array_equal(again.u, network.u) and again.alpha.tolist() == network.alpha.tolist()
    assert run(*onnx_graph(network, size), X) == pytest.approx(network.predict(X), rel=1e-12, abs=1e-12)
    reference = pytest.importorskip("onnx.reference")
    save_onnx(network, tmp_path / "net.onnx", size)
    again = load_network(tmp_path / "net.onnx")
    assert again.predict(X.reshape(12, -1)) == pytest.approx(network.predict(X), rel=1e-12, abs=1e-12)
    (found,) = reference.ReferenceEvaluator(str(tmp_path / "net.onnx")).run(None, {"X": X})
    assert found == pytest.approx(network.predict(X), rel=1e-12, abs=1e-12)


def test_a_convolution_needs_the_shape_of_a_sample():
    net = PolynomialNetwork.from_weights(np.eye(2), [1.0, 1.0], "quadratic")
    object.__setattr__(net, "architecture", Convolution(2))
    with pytest.raises(ValueError, match="needs input_shape"):
        onnx_graph(net)


LAYERS = {"W": [[1.0, 2.0], [0.5, -1.0], [3.0, 1.0]], "h": [0.1, 0.0, -0.2], "V": [[1.0], [-2.0], [0.5]], "s": [0.25],
          "p": 0.3, "q": -0.7, "two": 2.0, "k": 0.2, "minus": [-1.0], "flat": [0, -1], "axes": [1]}  # fmt: skip
FIRST = ("Gemm", ["x", "W", "h"], "z", {"transB": 1})
LAST = [("MatMul", ["f", "V"], "o", {}), ("Add", ["o", "s"], "y", {})]
POWERS = [("Pow", ["z", "two"], "zz", {}), ("Mul", ["p", "zz"], "pz", {}), ("Mul", ["z", "q"], "qz", {}),
          ("Add", ["pz", "qz"], "g", {}), ("Add", ["g", "k"], "f", {})]  # fmt: skip
HORNER = [("Mul", ["z", "p"], "a", {}), ("Add", ["a", "q"], "b", {}), ("Mul", ["z", "b"], "c", {}),
          ("Sub", ["c", "minus"], "d", {}), ("Add", ["d", "k"], "e", {}), ("Add", ["e", "minus"], "f", {})]  # fmt: skip
SIGNED = [("Neg", ["z"], "m", {}), ("Mul", ["m", "m"], "zz", {}), ("Mul", ["zz", "p"], "pz", {}),
          ("Mul", ["m", "q"], "qm", {}), ("Sub", ["pz", "qm"], "g", {}), ("Sub", ["g", "minus"], "i", {}),
          ("Identity", ["i"], "j", {}), ("Add", ["j", "minus"], "l", {}), ("Add", ["k", "l"], "f", {})]  # fmt: skip
SHAPED = [("Unsqueeze", ["z", "axes"], "w", {}), ("Squeeze", ["w", "axes"], "v", {}), ("Flatten", ["v"], "u", {}),
          ("Reshape", ["u", "flat"], "t", {}), ("Transpose", ["t"], "r", {"perm": [0, 1]}),
          ("Pow", ["r", "two"], "zz", {}), ("Div", ["zz", "two"], "d", {}), ("Mul", ["d", "two"], "f", {})]  # fmt: skip
MIXED = [("Add", ["z", "minus"], "f1", {}), ("Mul", ["f1", "z"], "f", {})]  # z² − z


@pytest.mark.parametrize(("middle", "sigma"), [
    (POWERS, (0.3, -0.7, 0.2)), (HORNER, (0.3, -0.7, 0.2)), (SIGNED, (0.3, -0.7, 0.2)), (SHAPED, (1.0, 0.0, 0.0)),
    ([("Identity", ["z"], "f", {})], (0.0, 1.0, 0.0)), (MIXED, (1.0, -1.0, 0.0)),
])  # fmt: skip
def test_graphs_of_other_tools_that_come_to_the_same(middle, sigma):
    arrays = {name: np.array(value) for name, value in LAYERS.items()}
    net = network_from_graph([FIRST, *middle, *LAST], arrays, "x", (2,), "y")
    X = np.random.default_rng(0).standard_normal((9, 2))
    z = X @ arrays["W"].T + arrays["h"]
    assert net.predict(X) == pytest.approx((np.polyval(sigma, z) @ arrays["V"])[:, 0] + 0.25, rel=1e-12)
    assert net.activation[:2] == sigma[:2]
    without = [("MatMul", ["x", "U"], "z", {}), *middle, *LAST]  # a first layer without a bias
    net = network_from_graph(without, {**arrays, "U": arrays["W"].T}, "x", (2,), "y")
    assert net.predict(X) == pytest.approx((np.polyval(sigma, X @ arrays["W"].T) @ arrays["V"])[:, 0] + 0.25, rel=1e-12)


@pytest.mark.parametrize(("nodes", "words"), [
    ([FIRST, ("Relu", ["z"], "f", {}), *LAST], "Relu is not read"),
    ([FIRST, *POWERS, LAST[0], ("Mul", ["o", "o"], "y", {})], "one hidden layer"),
    ([FIRST, ("Mul", ["z", "z"], "a", {}), ("Mul", ["a", "z"], "f", {}), *LAST], "degree more than two"),
    ([FIRST, ("Mul", ["x", "x"], "y", {}), ("Mul", ["z", "x"], "f", {})], "broadcast"),
    ([("Transpose", ["x"], "f", {}), ("Mul", ["f", "x"], "y", {})], "two different linear functions"),
    ([FIRST, ("Div", ["p", "z"], "y", {})], "divides by the layer"),
    ([FIRST, ("Mul", ["z", "h"], "g", {}), ("Add", ["g", "q"], "b", {}), ("Mul", ["z", "b"], "f", {}), *LAST],
     "different activations"),
    ([FIRST, ("Pow", ["z", "p"], "f", {}), *LAST], "power 1 or 2"), (LAST, "'f', which nothing"),
    ([FIRST], "'y' does not depend"), ([("MatMul", ["W", "x"], "y", {})], "the layer first"),
    ([("ReduceSum", ["x"], "y", {})], "adds up samples"), ([("Gemm", ["x", "W"], "y", {"transA": 1})], "transposed"),
    ([("Pad", ["x", "flat"], "y", {"mode": b"reflect"})], "by a constant"),
])  # fmt: skip
def test_what_is_no_such_network_is_refused(nodes, words):
    arrays = {name: np.array(value) for name, value in LAYERS.items()}
    with pytest.raises(ValueError, match=words):
        network_from_graph(nodes, arrays, "x", (2,), "y")


def test_files_that_are_no_models(tmp_path):
    pytest.importorskip("onnx")
    with pytest.raises(ValueError, match="no such file"):
        load_network(tmp_path / "none.onnx")
    (tmp_path / "bad.onnx").write_bytes(b"not a model")
    with pytest.raises(ValueError, match="no ONNX model"):
        load_network(tmp_path / "bad.onnx")
