"""Deep linear networks of other tools: PyTorch modules and .npz files with W1, b1, W2, b2, …"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from copos.interop.npz_models import npz_doubles, npz_names
from copos.interop.relu_chain import NOTHING, doubles
from copos.reformulation.linear_network.low_rank import LinearNetwork


def linear_layers(source: Any) -> LinearNetwork:
    """x ↦ W_L(⋯(W_1x + b_1)⋯) + b_L of another tool, with the intercept that its biases add up to.

    Parameters
    ----------
    source : a PyTorch `Linear`, or a `Sequential` of them (Identity, Flatten and Dropout do nothing); or a path of an
        .npz file with W1, W2, … (outputs × inputs) and, where there are any, b1, b2, …

    Returns
    -------
    LinearNetwork
        The weights as they are; the bias is computed in doubles. `network.loss(X, Y)` beside
        `copos.bracket(copos.linear_network(X, Y, network.widths, intercept=True)).lower` says how far it is from the
        optimum.

    Raises
    ------
    ValueError
        For layers that are not linear, and layers that do not follow each other.

    Examples
    --------
    >>> import tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "net.npz")
    >>> np.savez(path, W1=[[1.0, 2.0]], b1=[3.0], W2=[[2.0], [0.0]])
    >>> found = linear_layers(path)
    >>> found.widths, found.predict([[1.0], [1.0]]).tolist()
    ((2, 1, 2), [[12.0], [0.0]])
    """
    pairs = _from_npz(Path(source)) if isinstance(source, (str, Path)) else _from_module(source, type(source).__name__)
    if not pairs:
        raise ValueError("the network has no linear layer")
    bias, before = np.zeros(len(pairs[0][0])), pairs[0][0].shape[1:]
    for k, (W, b) in enumerate(pairs):
        if W.ndim != 2 or W.shape[1:] != before or (b is not None and b.shape != W.shape[:1]):
            raise ValueError(f"layer {k + 1} has the shape {W.shape}, which does not follow the one before")
        bias = (W @ bias if k else bias) + (0.0 if b is None else b)
        before = W.shape[:1]
    return LinearNetwork(tuple(W for W, _ in pairs), bias if bias.any() else None)


def _from_npz(path: Path) -> list[tuple[Any, Any]]:
    if path.suffix.lower() != ".npz":
        raise ValueError(f"{path}: expected an .npz file with the arrays W1, W2, … and b1, b2, …")
    names, pairs = npz_names(path), []
    while (name := f"W{len(pairs) + 1}") in names:
        W, *bias = npz_doubles(path, name, *{f"b{len(pairs) + 1}"}.intersection(names))
        pairs.append((W, bias[0] if bias else None))
    known = {f"{letter}{k + 1}" for k in range(len(pairs)) for letter in "Wb"}
    if other := sorted(set(names) - known):
        raise ValueError(f"{path} holds {other[0]!r}; expected the arrays W1, W2, … and b1, b2, …")
    return pairs


def _from_module(module: Any, name: str) -> list[tuple[Any, Any]]:
    kind = type(module).__name__
    if kind == "Sequential":
        return [pair for at, part in module.named_children() for pair in _from_module(part, f"layer {at}")]
    if kind == "Linear":
        bias = None if module.bias is None else doubles(module.bias, f"{name}.bias")
        return [(doubles(module.weight, f"{name}.weight"), bias)]
    if kind in NOTHING:
        return []
    raise ValueError(f"{name} is a {kind}; expected linear layers alone")
