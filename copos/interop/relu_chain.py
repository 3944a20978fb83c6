"""Layers of a ReLU network put together, and what is no such layer, with the reason."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from copos.support.looks import cut

Array = NDArray[np.float64]
NOTHING = (
    "Identity", "Flatten", "Dropout", "Dropout1d", "Dropout2d", "AlphaDropout", "Reshape", "Squeeze", "Unsqueeze",
)  # fmt: skip
REFUSED = {
    "MaxPool1d": "max pooling", "MaxPool2d": "max pooling", "MaxPool3d": "max pooling", "MaxPool": "max pooling",
    "AdaptiveMaxPool2d": "max pooling", "GlobalMaxPool": "max pooling",
}  # fmt: skip
WHY = "it takes a maximum of several neurons, and max(z, 0) of one neuron is what is bounded here; train with a stride"


class ReLULayers(NamedTuple):
    """(weights, biases), as `copos.relu_verification` and `copos.relu_verdict` take them."""

    weights: list[Array]
    biases: list[Array]

    def __repr__(self) -> str:
        widths = [W.shape[1] for W in self.weights[:1]] + [len(b) for b in self.biases]
        return cut(f"ReLULayers({'-'.join(map(str, widths))})")


class Chain:
    """Layers, one after the other: linear maps with a ReLU between any two."""

    def __init__(self) -> None:
        self.weights: list[Array] = []
        self.biases: list[Array] = []
        self.open = False  # is the last layer without its max(z, 0)?

    def linear(self, W: Array, b: Array | None, what: str) -> None:
        """Wx + b."""
        if self.open:
            raise ValueError(f"{what}: two linear layers without a ReLU between them; multiply them first, because "
                             "their product is rounded")  # fmt: skip
        self.weights.append(W)
        self.biases.append(np.zeros(len(W)) if b is None else b)
        self.open = True

    def relu(self, what: str) -> None:
        """max(z, 0)."""
        if not self.weights:
            raise ValueError(f"{what}: a ReLU before the first linear layer")
        self.open = False  # max(max(z, 0), 0) is max(z, 0)

    def layers(self) -> ReLULayers:
        """All of them."""
        if not self.weights:
            raise ValueError("the network has no linear layer")
        if not self.open:  # a ReLU at the end: the identity after it
            n = len(self.weights[-1])
            self.linear(np.eye(n), None, "the end")
        return ReLULayers(self.weights, self.biases)


def refuse(kind: str, where: str) -> None:
    """Say why a layer is none of a ReLU network."""
    if kind in REFUSED:
        raise ValueError(f"{where} is {REFUSED[kind]}: {WHY}")
    if "BatchNorm" in kind:
        why = "its scale is no rational number of its parameters; fold it into the linear layer first"
        raise ValueError(f"{where} is a batch normalisation: {why}")
    raise ValueError(f"{where} is a {kind}; expected linear layers, convolutions and ReLU")


def doubles(value: Any, name: str) -> Array:
    """A parameter as doubles, which single and half precision are."""
    value = value.detach().cpu().numpy() if hasattr(value, "detach") else value
    array = np.asarray(value)
    if array.dtype.kind not in "fiu" or array.dtype.itemsize > 8:
        raise ValueError(f"{name} must hold real numbers in double precision or less, got {array.dtype}")
    out = array.astype(float)
    if not np.isfinite(out).all():
        raise ValueError(f"{name} has NaN or infinite entries")
    if array.dtype.kind in "iu" and (np.abs(out) > 2.0**53).any():
        raise ValueError(f"{name} has integers beyond 2^53")
    return out
