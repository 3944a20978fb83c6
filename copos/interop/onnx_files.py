"""ONNX files, opened: data in other files are not followed, and messages name the file."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

LARGEST = 1 << 30  # bytes of a file


def opened(path: Path) -> tuple[Any, Any, dict[str, Any]]:
    """The package `onnx`, the graph of a model with one input and one output, and its constants."""
    try:
        onnx: Any = import_module("onnx")
    except ModuleNotFoundError as error:
        raise ImportError("an .onnx file needs onnx, which is not installed: pip install 'copos[onnx]'") from error
    if not path.is_file():
        raise ValueError(f"{path}: no such file")
    if path.stat().st_size > LARGEST:
        raise ValueError(f"{path} has more than {LARGEST} bytes")
    try:
        graph = onnx.load(str(path), load_external_data=False).graph
        numbers = {t.name: onnx.numpy_helper.to_array(t) for t in graph.initializer}
    except Exception as error:
        raise ValueError(f"{path} is no ONNX model: {str(error)[:120]}") from None
    inputs = [v.name for v in graph.input if v.name not in numbers]
    if len(inputs) != 1 or len(graph.output) != 1:
        raise ValueError(f"{path} has {len(inputs)} inputs and {len(graph.output)} outputs; expected one of each")
    return onnx, graph, numbers
