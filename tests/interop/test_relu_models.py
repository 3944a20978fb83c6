"""ReLU networks of other tools: modules by their names, ONNX files, .npz files; what is refused and why."""

import numpy as np
import pytest

from copos import relu_layers


class Tensor:
    """What a parameter of PyTorch answers to."""

    def __init__(self, value):
        self.value = np.asarray(value, dtype=np.float32)

    def detach(self):
        return self

    def cpu(self):
        return self

    def numpy(self):
        return self.value


def module(kind, *children, **parts):
    """A module with the class name that PyTorch's has."""
    out = type(kind, (), {})()
    out.__dict__.update(parts)
    out.named_children = lambda: [(str(k), child) for k, child in enumerate(children)]
    return out


def linear(W, b=None):
    return module("Linear", weight=Tensor(W), bias=None if b is None else Tensor(b))


def convolution(K, b=None, **settings):
    plain = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1, "padding_mode": "zeros"}
    return module("Conv2d", weight=Tensor(K), bias=None if b is None else Tensor(b), **{**plain, **settings})


RELU = module("ReLU")
ABS = module("Sequential", linear([[1], [-1]]), RELU, linear([[1, 1]], [0.1]))


def test_a_module_is_read_exactly():
    weights, biases = relu_layers(ABS)
    assert [W.tolist() for W in weights] == [[[1.0], [-1.0]], [[1.0, 1.0]]]
    assert biases[0].tolist() == [0.0, 0.0] and biases[1].tolist() == [float(np.float32(0.1))]


def test_what_changes_no_number_is_passed_and_sequences_are_entered():
    inner = module("Sequential", linear([[2]]), RELU, RELU)
    parts = (module("Flatten"), inner, module("Dropout"), linear([[3]]), RELU)
    weights, biases = relu_layers(module("Sequential", *parts))
    assert [W.tolist() for W in weights] == [[[2.0]], [[3.0]], [[1.0]]]  # a ReLU at the end has the identity after it
    assert [b.tolist() for b in biases] == [[0.0]] * 3


@pytest.mark.parametrize(("stride", "padding", "dilation"), [(1, 0, 1), (2, 1, 1), (1, 2, 2), ((2, 1), (0, 1), 1)])
def test_a_convolution_is_its_matrix(stride, padding, dilation):
    rng = np.random.default_rng(0)
    K, b, x = rng.standard_normal((2, 3, 2, 2)), rng.standard_normal(2), rng.standard_normal((3, 5, 4))
    settings = {"stride": stride, "padding": padding, "dilation": dilation}
    weights, biases = relu_layers(module("Sequential", convolution(K, b, **settings)), (3, 5, 4))
    s, p, e = (np.broadcast_to(v, 2) for v in (stride, padding, dilation))
    wide = np.pad(x, ((0, 0), (p[0], p[0]), (p[1], p[1])))
    size = [(wide.shape[1 + a] - e[a] - 1) // s[a] + 1 for a in (0, 1)]
    K, b = K.astype(np.float32).astype(float), b.astype(np.float32).astype(float)
    out = np.array([[[b[o] + sum(K[o, :, i, j] @ wide[:, m * s[0] + i * e[0], n * s[1] + j * e[1]]
                                 for i in (0, 1) for j in (0, 1))
                      for n in range(size[1])] for m in range(size[0])] for o in range(2)])  # fmt: skip
    assert np.allclose(weights[0] @ x.ravel() + biases[0], out.ravel(), atol=1e-12)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (module("Sequential", linear([[1]]), module("MaxPool2d")), "max pooling: it takes a maximum of several"),
        (module("Sequential", linear([[1]]), module("BatchNorm1d")), "fold it into the linear layer"),
        (module("Sequential", linear([[1]]), module("Tanh")), "layer 1 is a Tanh"),
        (module("Sequential", linear([[1]]), linear([[1]])), "two linear layers without a ReLU"),
        (module("Sequential", RELU, linear([[1]])), "a ReLU before the first"),
        (module("Sequential"), "no linear layer"),
        (module("Sequential", convolution(np.ones((1, 1, 2, 2)))), "input_shape"), ("net.txt", "a .npz or an .onnx"),
        (module("Tanh"), "Tanh is a Tanh"),
    ],
)  # fmt: skip
def test_what_is_no_such_network_is_refused(wrong, words):
    with pytest.raises(ValueError, match=words):
        relu_layers(wrong)


@pytest.mark.parametrize("settings", [{"groups": 2}, {"padding_mode": "reflect"}, {"padding": "same"}, {"stride": 1}])
def test_convolutions_that_are_refused(settings):
    shape = (1, 1, 1) if settings == {"stride": 1} else (1, 4, 4)
    with pytest.raises(ValueError, match="expected one group|expected numbers|smaller than the filter"):
        relu_layers(convolution(np.ones((1, 1, 2, 2)), **settings), shape)


def test_arrays_by_their_names(tmp_path):
    path = tmp_path / "net.npz"
    np.savez(path, W1=np.float32([[0.1]]), b1=[1], W2=[[2.0]], b2=[0.0])
    weights, biases = relu_layers(path)
    assert weights[0][0, 0] == float(np.float32(0.1)) and biases[0].tolist() == [1.0] and len(weights) == 2
    for arrays, words in (({"W1": [[1.0]]}, "no b1"), ({"X": [[1.0]]}, "must hold the arrays W1, b1"),
                          ({"W1": [[1.0]], "b1": [0.0], "W3": [[1.0]]}, "must hold")):  # fmt: skip
        np.savez(path, **arrays)
        with pytest.raises(ValueError, match=words):
            relu_layers(path)


# ---- ONNX ------------------------------------------------------------------------------------------------------------


def model(nodes, **numbers):
    """An ONNX model with one input x and one output y."""
    onnx = pytest.importorskip("onnx")
    make = onnx.helper
    kept = [onnx.numpy_helper.from_array(np.asarray(v, dtype=np.float32), name) for name, v in numbers.items()]
    made = [make.make_node(kind, inputs, outputs, **settings) for kind, inputs, outputs, settings in nodes]
    value = make.make_tensor_value_info
    graph = make.make_graph(made, "g", [value("x", 1, [1, 1])], [value("y", 1, [1, 1])], kept)
    return make.make_model(graph)


def read(path, *arguments, **numbers):
    onnx = pytest.importorskip("onnx")
    onnx.save(model(*arguments, **numbers), str(path))
    return relu_layers(path)


GEMM = ("Gemm", ["x", "W", "b"], ["h"], {"transB": 1})
LAST = [("Relu", ["h"], ["r"], {}), ("MatMul", ["r", "V"], ["m"], {}), ("Add", ["m", "s"], ["y"], {})]


def test_gemm_and_matmul_are_layers(tmp_path):
    weights, biases = read(tmp_path / "a.onnx", [GEMM, *LAST], W=[[1], [-1]], b=[0, 0.5], V=[[1], [2]], s=[0.25])
    assert [W.tolist() for W in weights] == [[[1.0], [-1.0]], [[1.0, 2.0]]]
    assert [b.tolist() for b in biases] == [[0.0, 0.5], [0.25]]
    turned = [("Gemm", ["x", "W"], ["h"], {}), *LAST[:2], ("Sub", ["m", "s"], ["y"], {})]
    weights, biases = read(tmp_path / "b.onnx", turned, W=[[1, -1]], V=[[1], [2]], s=[0.25])
    assert weights[0].tolist() == [[1.0], [-1.0]] and biases[1].tolist() == [-0.25]
    weights, biases = read(tmp_path / "c.onnx", [("MatMul", ["x", "W"], ["y"], {})], W=[[3]])
    assert weights[0].tolist() == [[3.0]] and biases[0].tolist() == [0.0]


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ([GEMM, ("MaxPool", ["h"], ["y"], {"kernel_shape": [1]})], "max pooling"),
        ([GEMM, ("Sigmoid", ["h"], ["y"], {})], "is a Sigmoid"), ([GEMM], "the output is 'y'"),
        ([GEMM, ("Add", ["h", "x"], ["y"], {})], "expected one chain"),
        ([("Gemm", ["x", "W", "b"], ["y"], {"alpha": 2.0})], "α = β = 1"),
        ([GEMM, ("Relu", ["h"], ["r"], {}), ("Add", ["r", "b"], ["y"], {})], "after no MatMul"),
        ([("Gemm", ["W", "x"], ["y"], {})], "the layer first"),
        ([("MatMul", ["x", "W"], ["m"], {}), ("Sub", ["b", "m"], ["y"], {})], "subtracts the layer"),
    ],
)  # fmt: skip
def test_what_is_no_chain_of_layers_is_refused(nodes, words, tmp_path):
    with pytest.raises(ValueError, match=words):
        read(tmp_path / "a.onnx", nodes, W=[[1], [-1]], b=[0, 0.5])


def test_a_file_that_is_no_model(tmp_path):
    pytest.importorskip("onnx")
    path = tmp_path / "a.onnx"
    path.write_bytes(b"no model")
    with pytest.raises(ValueError, match="no ONNX model|inputs"):
        relu_layers(path)
