"""Polynomial networks to and from other tools: PyTorch modules, .npz files, ONNX files.

A neuron ασ(x'p) of another tool may have any first layer, p = su with |u| = 1. As az² + bz is a sum of an even and an
odd part,

    a(sz)² + b(sz) = ((s² + s)/2)(az² + bz) + ((s² − s)/2)(az² − bz),

it is two neurons u and −u of the program, and c(1 − s²)α more of the intercept. A first-layer bias h is the weight of
a constant feature 1, `Dense(constant=1.0)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copos.interop.npz_models import npz_doubles, npz_names, require_fit
from copos.interop.onnx_files import opened
from copos.interop.polynomial_onnx import Node, neurons
from copos.interop.relu_chain import doubles
from copos.polynomial.features import Convolution, Dense, activation
from copos.polynomial.network import PolynomialNetwork

Array = NDArray[np.float64]
OPSET = 13
UNIT = 8 * float(np.finfo(float).eps)
ARRAYS = ("W1", "b1", "W2", "b2", "activation")


def network_from_layers(
    first: ArrayLike, first_bias: ArrayLike | None, second: ArrayLike, intercept: ArrayLike, sigma: str | ArrayLike
) -> PolynomialNetwork:
    """f(x) = second σ(first x + first_bias) + intercept as a network with unit first layers, up to rounding.

    Parameters
    ----------
    first : (R, d)
    first_bias : (R,), or None; a bias is the weight of a constant feature 1
    second : (T, R)
    intercept : (T,)
    sigma : name or (a, b, c)

    Examples
    --------
    >>> net = network_from_layers([[3.0, 4.0]], None, [[2.0]], [0.5], (1.0, 1.0, 1.0))    # 2(z² + z + 1) + ½
    >>> net.predict([[1.0, 0.0]]).round(9), net.alpha.round(9)         # z = 3: 26.5
    (array([26.5]), array([30., 20.]))
    """
    kind = activation(sigma)
    W, A, b = doubles(first, "first layer"), doubles(second, "second layer"), doubles(intercept, "intercept").ravel()
    if W.ndim != 2 or A.ndim != 2 or A.shape[1] != len(W) or len(b) != len(A):
        raise ValueError(f"layers of shapes {W.shape}, {A.shape} and {b.shape} do not follow each other")
    constant = 0.0
    h = np.zeros(len(W)) if first_bias is None else doubles(first_bias, "first bias").ravel()
    if len(h) != len(W):
        raise ValueError(f"the first layer has {len(W)} neurons and {len(h)} biases")
    if h.any():
        W, constant = np.column_stack([W, h]), 1.0
    s = np.linalg.norm(W, axis=1)
    s = np.where(np.abs(s - 1) <= UNIT, 1.0, s)  # a unit vector stays as it is
    U = W / np.where(s > 0, s, 1.0)[:, None]
    U[s == 0, 0] = 1.0
    even = s**2 if kind.a else s if kind.b else np.ones_like(s)
    odd = s if kind.b else even
    parts = [(U, 0.5 * (even + odd)), (-U, 0.5 * (even - odd))]
    u = np.concatenate([V for V, _ in parts for _ in A])
    alpha = np.concatenate([row * size for _, size in parts for row in A])
    output = np.concatenate([np.full(len(W), t) for _ in parts for t in range(len(A))])
    b = b + kind.c * (A @ (1.0 - even))
    keep = alpha != 0
    zero = np.zeros(int(keep.sum()), dtype=np.int64)
    return PolynomialNetwork(u[keep], alpha[keep], output[keep].astype(np.int64), zero, b, kind, Dense(constant))


def load_network(source: Any, sigma: str | ArrayLike | None = None) -> PolynomialNetwork:
    """A two-layer polynomial network that another tool, or this package, has made.

    Parameters
    ----------
    source : a PyTorch `Sequential` of Linear, one module for the activation, Linear; or a path: .npz with the arrays
        W1 (R, d), b1 (R,), W2 (T, R), b2 (T,) and activation (3,), as `save_npz` writes it; .onnx, as `save_onnx`
        writes it or with other operations that come to the same. A convolution is read as the fully connected network
        that computes the same
    sigma : the activation, name or (a, b, c), of a PyTorch module

    Returns
    -------
    PolynomialNetwork
        For `certify_network`, which says how far it is from the global optimum.

    Raises
    ------
    ValueError
        For modules and graphs that are no such network, and files without these arrays.
    ImportError
        For an .onnx file without the package `onnx`.

    Examples
    --------
    >>> import tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "net.npz")
    >>> made = PolynomialNetwork.from_weights(np.eye(2), [2.0, -1.0], activation="quadratic")
    >>> save_npz(made, path)
    >>> load_network(path).predict([[1.0, 3.0]])
    array([-7.])
    """
    if isinstance(source, (str, Path)):
        path = Path(source)
        if path.suffix.lower() == ".onnx":
            return _from_onnx(path)
        if path.suffix.lower() != ".npz":
            raise ValueError(f"{path}: expected an .onnx file, or an .npz file with the arrays {', '.join(ARRAYS)}")
        names = npz_names(path)
        if missing := [name for name in ARRAYS if name not in names]:
            raise ValueError(f"{path} has no array {missing[0]!r}; expected {', '.join(ARRAYS)}")
        W, h, A, bias, kind = npz_doubles(path, *ARRAYS)
        require_fit([W, A], [h.ravel(), bias.ravel()], str(path))
        return network_from_layers(W, h, A, bias, kind.ravel())
    children = [child for _, child in source.named_children()] if hasattr(source, "named_children") else []
    kinds = [type(child).__name__ for child in children]
    if len(children) != 3 or kinds[0] != "Linear" or kinds[2] != "Linear":
        found = kinds or type(source).__name__
        raise ValueError(f"expected a Sequential of Linear, an activation and Linear, got {found}")
    if sigma is None:
        raise ValueError("the activation of a module cannot be read: give sigma, a name or (a, b, c)")
    weights = [doubles(child.weight.detach().cpu().numpy(), "weight") for child in (children[0], children[2])]
    biases = [None if child.bias is None else doubles(child.bias.detach().cpu().numpy(), "bias")
              for child in (children[0], children[2])]  # fmt: skip
    last = np.zeros(len(weights[1])) if biases[1] is None else biases[1]
    return network_from_layers(weights[0], biases[0], weights[1], last, sigma)


def network_from_graph(
    nodes: Sequence[Node], arrays: dict[str, Any], start: str, size: Sequence[int], end: str
) -> PolynomialNetwork:
    """The network that a graph of operations computes, as `onnx_graph` makes one and ONNX files hold them.

    Parameters
    ----------
    nodes : (operation, inputs, output, attributes) in order
    arrays : constants by name
    start, size : name of the input, whose first axis is that of samples, and the shape of one sample
    end : name of the output

    Examples
    --------
    >>> made = PolynomialNetwork.from_weights(np.eye(2), [2.0, -1.0], activation="published")
    >>> network_from_graph(*onnx_graph(made), "X", (2,), "Y").alpha.tolist()
    [2.0, -1.0]
    """
    first, bias, second, intercept, sigma = neurons(nodes, arrays, start, size, end)
    return network_from_layers(first, bias, second, intercept, sigma)


def _from_onnx(path: Path) -> PolynomialNetwork:
    onnx, graph, numbers = opened(path)
    (entry,) = [v for v in graph.input if v.name not in numbers]
    size = [int(v.dim_value) for v in entry.type.tensor_type.shape.dim][1:]
    if not size or min(size) < 1:
        raise ValueError(f"{path}: the shape of a sample is {size}; expected numbers")
    nodes: list[Node] = []
    for node in graph.node:
        settings = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        if node.op_type == "Constant" and "value" in settings:
            numbers[node.output[0]] = onnx.numpy_helper.to_array(settings["value"])
        else:
            nodes.append((node.op_type, list(node.input), node.output[0], settings))
    try:
        return network_from_graph(nodes, numbers, entry.name, size, graph.output[0].name)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def save_npz(network: PolynomialNetwork, path: str | Path) -> None:
    """Write a fully connected network as the arrays W1, b1, W2, b2 and activation, which `load_network` reads.

    Raises
    ------
    ValueError
        For a convolution.
    """
    if not isinstance(network.architecture, Dense):
        raise ValueError("the network is a convolution; expected a fully connected first layer")
    u, constant = network.u, network.architecture.constant
    W, h = (u[:, :-1], constant * u[:, -1]) if constant else (u, np.zeros(len(u)))
    second = np.zeros((network.outputs, len(u)))
    second[network.output, np.arange(len(u))] = network.alpha
    parts = (W, h, second, network.intercept, np.array(network.activation))
    np.savez(path, **dict(zip(ARRAYS, parts, strict=True)))


def save_onnx(network: PolynomialNetwork, path: str | Path, input_shape: tuple[int, ...] | None = None) -> None:
    """Write a network as an ONNX model in double precision: input "X" (samples, …), output "Y" (samples, outputs).

    Parameters
    ----------
    network : PolynomialNetwork
    path : of the file
    input_shape : of one sample, which convolutions need

    Raises
    ------
    ImportError
        Without the package `onnx`.
    ValueError
        If a convolution comes without `input_shape`.
    """
    try:
        from importlib import import_module

        onnx: Any = import_module("onnx")
    except ModuleNotFoundError as error:
        raise ImportError("an .onnx file needs onnx, which is not installed: pip install 'copos[onnx]'") from error
    nodes, arrays = onnx_graph(network, input_shape)
    helper, double = onnx.helper, onnx.TensorProto.DOUBLE
    shape = input_shape or (network.u.shape[1] - bool(network.architecture.constant),)
    graph = helper.make_graph(
        [helper.make_node(kind, taken, [given], **settings) for kind, taken, given, settings in nodes],
        "polynomial network",
        [helper.make_tensor_value_info("X", double, ["samples", *shape])],
        [helper.make_tensor_value_info("Y", double, ["samples", network.outputs])],
        [onnx.numpy_helper.from_array(value, name) for name, value in arrays.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def onnx_graph(
    network: PolynomialNetwork, input_shape: tuple[int, ...] | None = None
) -> tuple[list[tuple[str, list[str], str, dict[str, Any]]], dict[str, NDArray[Any]]]:
    """Nodes (operation, inputs, output, attributes) and constants: patches by Gather, then products.

    Entry 0 of the padded sample is the zero of the padding, entry 1 the constant feature.
    """
    shape, (a, b, c) = network.architecture, network.activation
    constant, G = float(shape.constant), network.pools
    if isinstance(shape, Convolution) and input_shape is None:
        raise ValueError("a convolution needs input_shape=(length[, channels]) or (height, width[, channels])")
    size = input_shape or (network.u.shape[1] - bool(constant),)
    entries = int(np.prod(size))
    at = shape.without_constant().patches(np.arange(2.0, entries + 2).reshape(1, *size))[:, 0].astype(np.int64)
    if constant:
        at = np.concatenate([at, np.ones((*at.shape[:2], 1), dtype=np.int64)], axis=2)
    second = network.to_numpy()["second_layer"].transpose(1, 0, 2).reshape(-1, network.outputs)
    arrays: dict[str, NDArray[Any]] = {
        "flat": np.array([0, entries]), "pads": np.array([0, 2, 0, 0]), "zero": np.array(0.0),
        "head": np.array([[0.0, constant, *np.zeros(entries)]]), "at": at, "U": network.u.T.copy(),
        "a": np.array(a), "b": np.array(b), "c": np.array(c), "wide": np.array([0, G * len(network)]),
        "A": second, "bias": network.intercept,
    }  # fmt: skip
    nodes: list[tuple[str, list[str], str, dict[str, Any]]] = [
        ("Reshape", ["X", "flat"], "rows", {}), ("Pad", ["rows", "pads", "zero"], "padded", {}),
        ("Add", ["padded", "head"], "full", {}), ("Gather", ["full", "at"], "P", {"axis": 1}),
        ("MatMul", ["P", "U"], "z", {}), ("Mul", ["z", "a"], "az", {}), ("Add", ["az", "b"], "azb", {}),
        ("Mul", ["azb", "z"], "q", {}), ("Add", ["q", "c"], "sigma", {}),
        ("ReduceMean", ["sigma"], "mean", {"axes": [2], "keepdims": 0}), ("Reshape", ["mean", "wide"], "all", {}),
        ("MatMul", ["all", "A"], "F", {}), ("Add", ["F", "bias"], "Y", {}),
    ]  # fmt: skip
    return nodes, arrays
