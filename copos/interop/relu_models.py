"""ReLU networks of other tools as weights and biases: PyTorch modules, ONNX files, .npz files with W1, b1, W2, b2, …

A parameter in single precision is a double, so nothing is rounded. Layers are linear maps and max(z, 0) between them;
convolutions are written out as matrices, with every weight where it is used. What is no such layer is refused: of max
pooling the maximum of several neurons is not one of max(z, 0) alone, and a network that says the same has more neurons.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from copos.interop.npz_models import npz_doubles, npz_names, require_fit
from copos.interop.relu_chain import NOTHING, Chain, ReLULayers, doubles, refuse
from copos.interop.relu_onnx import from_onnx


def relu_layers(source: Any, input_shape: Sequence[int] | None = None) -> ReLULayers:
    """The weights and biases of a ReLU network that another tool made.

    Parameters
    ----------
    source : a PyTorch module, `Sequential` of Linear, Conv2d, ReLU, Flatten, Identity and Dropout (which does nothing
        once a network is trained); or a path: .onnx (Gemm, MatMul, Add, Relu, Flatten, …), or .npz with the arrays
        W1, b1, W2, b2, … (outputs × inputs)
    input_shape : (channels, height, width) of one input, which convolutions need

    Returns
    -------
    ReLULayers
        `weights`, `biases`; the parameters as they are. Their network is the one in real arithmetic: what is computed
        in single precision may differ from it by rounding.

    Raises
    ------
    ValueError
        For layers that are no such network, max pooling and batch normalisation among them, with the reason.
    ImportError
        For an .onnx file without the package `onnx`.

    Examples
    --------
    >>> import tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "abs.npz")
    >>> np.savez(path, W1=[[1.0], [-1.0]], b1=[0.0, 0.0], W2=[[1.0, 1.0]], b2=[0.0])
    >>> relu_layers(path).weights[1].tolist()
    [[1.0, 1.0]]
    """
    if isinstance(source, (str, Path)):
        suffix = Path(source).suffix.lower()
        if suffix == ".npz":
            return _from_npz(Path(source))
        if suffix == ".onnx":
            return from_onnx(Path(source))
        raise ValueError(f"{source}: expected a .npz or an .onnx file")
    chain = Chain()
    shape = None if input_shape is None else tuple(int(v) for v in input_shape)
    for name, module in _flat(source, type(source).__name__):
        shape = _add(chain, name, module, shape)
    return chain.layers()


def _from_npz(path: Path) -> ReLULayers:
    """W1, b1, W2, b2, …"""
    weights, biases = [], []
    names = npz_names(path)
    while f"W{len(weights) + 1}" in names:
        k = len(weights) + 1
        if f"b{k}" not in names:
            raise ValueError(f"{path} has W{k} and no b{k}")
        W, b = npz_doubles(path, f"W{k}", f"b{k}")
        weights.append(W)
        biases.append(b)
    if not weights or len(names) != 2 * len(weights):
        raise ValueError(f"{path} must hold the arrays W1, b1, W2, b2, …, got {', '.join(sorted(names)[:8])}")
    require_fit(weights, biases, str(path))
    return ReLULayers(weights, biases)


def _flat(module: Any, name: str) -> list[tuple[str, Any]]:
    """The layers of a `Sequential`, those inside of it, too, in order."""
    if type(module).__name__ != "Sequential":
        return [(name, module)]
    return [pair for at, part in module.named_children() for pair in _flat(part, f"layer {at}")]


def _add(chain: Chain, name: str, module: Any, shape: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """Put one PyTorch layer at the end; the shape of its outputs."""
    kind = type(module).__name__
    if kind == "ReLU":
        chain.relu(name)
    elif kind == "Linear":
        W = doubles(module.weight, f"{name}.weight")
        chain.linear(W, None if module.bias is None else doubles(module.bias, f"{name}.bias"), name)
        return (len(W),)
    elif kind == "Conv2d":
        if shape is None or len(shape) != 3:
            raise ValueError(f"{name} is a convolution: expected input_shape=(channels, height, width)")
        return _convolution(chain, name, module, shape)
    elif kind not in NOTHING:
        refuse(kind, name)
    return shape


def _convolution(chain: Chain, name: str, module: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """A convolution as a matrix: every output pixel is a row."""
    K = doubles(module.weight, f"{name}.weight")  # outputs, inputs per group, height, width
    stride, padding, dilation = (_pair(getattr(module, key), name) for key in ("stride", "padding", "dilation"))
    if module.groups != 1 or getattr(module, "padding_mode", "zeros") != "zeros" or K.shape[1] != shape[0]:
        raise ValueError(f"{name}: expected one group, padding by zeros and {K.shape[1]} channels")
    size = [(shape[1 + a] + 2 * padding[a] - dilation[a] * (K.shape[2 + a] - 1) - 1) // stride[a] + 1 for a in (0, 1)]
    if min(size) < 1:
        raise ValueError(f"{name}: the pictures of {shape[1]} × {shape[2]} are smaller than the filter")
    W = np.zeros((len(K), *size, *shape))
    for p in range(size[0]):
        for q in range(size[1]):
            for i in range(K.shape[2]):
                for j in range(K.shape[3]):
                    row = p * stride[0] + i * dilation[0] - padding[0]
                    column = q * stride[1] + j * dilation[1] - padding[1]
                    if 0 <= row < shape[1] and 0 <= column < shape[2]:
                        W[:, p, q, :, row, column] = K[:, :, i, j]
    bias = np.zeros(len(K)) if module.bias is None else doubles(module.bias, f"{name}.bias")
    chain.linear(W.reshape(len(K) * size[0] * size[1], -1), np.repeat(bias, size[0] * size[1]), name)
    return (len(K), *size)


def _pair(value: Any, name: str) -> tuple[int, int]:
    if isinstance(value, str):
        raise ValueError(f"{name}: padding {value!r}; expected numbers")
    return (int(value), int(value)) if np.ndim(value) == 0 else (int(value[0]), int(value[1]))
