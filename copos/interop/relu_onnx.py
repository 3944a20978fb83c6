"""ReLU networks in ONNX files: a chain of Gemm, MatMul, Add, Sub, Relu and what changes no number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from copos.interop.onnx_files import opened
from copos.interop.relu_chain import NOTHING, Chain, ReLULayers, doubles, refuse


def from_onnx(path: Path) -> ReLULayers:
    """The layers of the one chain from the input to the output of a model; data in other files are not followed."""
    onnx, graph, numbers = opened(path)
    chain, nodes = Chain(), list(graph.node)
    inputs = [v.name for v in graph.input if v.name not in numbers]
    at, waiting = inputs[0], None
    for node in nodes:
        where = f"{node.op_type} {node.name!r}"
        settings = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        if node.op_type == "Constant":
            numbers[node.output[0]] = onnx.numpy_helper.to_array(settings["value"])
            continue
        taken = [name for name in node.input if name and name not in numbers]
        if taken != [at]:
            raise ValueError(f"{path}: {where} takes {taken}, and the chain of layers is at {at!r}: expected one chain")
        if waiting is not None and node.op_type not in ("Add", "Sub"):
            chain.linear(*waiting)
            waiting = None
        if node.op_type == "Gemm":
            waiting = (*_gemm(node, numbers, settings, where), where)
            chain.linear(*waiting)
            waiting = None
        elif node.op_type == "MatMul":
            waiting = _product(node, numbers, where)
        elif node.op_type in ("Add", "Sub"):
            if waiting is None:
                raise ValueError(f"{path}: {where} stands after no MatMul")
            b = doubles(numbers[next(v for v in node.input if v in numbers)], where).ravel()
            if node.op_type == "Sub" and node.input[0] in numbers:
                raise ValueError(f"{path}: {where} subtracts the layer")
            W = waiting[0]
            if len(b) not in (1, len(W)):
                raise ValueError(f"{path}: {where} adds {len(b)} numbers to {len(W)}")
            b = np.broadcast_to(b, len(W)).copy()
            chain.linear(W, -b if node.op_type == "Sub" else b, where)
            waiting = None
        elif node.op_type == "Relu":
            chain.relu(where)
        elif node.op_type not in NOTHING:
            refuse(node.op_type, f"{path}: {where}")
        at = node.output[0]
    if waiting is not None:
        chain.linear(*waiting)
    if at != graph.output[0].name:
        raise ValueError(f"{path}: the chain of layers ends at {at!r}, the output is {graph.output[0].name!r}")
    return chain.layers()


def _gemm(node: Any, numbers: dict[str, Any], settings: dict[str, Any], where: str) -> tuple[Any, Any]:
    """Gemm: α A B + β C with A the layer."""
    if settings.get("alpha", 1.0) != 1.0 or settings.get("beta", 1.0) != 1.0 or settings.get("transA", 0):
        raise ValueError(f"{where}: expected α = β = 1, and the layer not transposed")
    if node.input[0] in numbers or node.input[1] not in numbers:
        raise ValueError(f"{where}: expected the layer first, then its weights")
    B = doubles(numbers[node.input[1]], where)
    W = B if settings.get("transB", 0) else B.T
    if len(node.input) < 3 or not node.input[2]:
        return W, None
    b = doubles(numbers[node.input[2]], where).ravel()
    return W, np.broadcast_to(b, len(W)).copy()


def _product(node: Any, numbers: dict[str, Any], where: str) -> tuple[Any, Any, str]:
    first = node.input[0] in numbers
    M = doubles(numbers[node.input[0] if first else node.input[1]], where)
    if M.ndim != 2:
        raise ValueError(f"{where}: expected a matrix of weights")
    return (M if first else M.T), None, where
