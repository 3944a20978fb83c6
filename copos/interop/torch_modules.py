"""Networks of PyTorch, read by what their layers are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import ArrayLike

from copos.interop.linear_models import linear_layers
from copos.interop.polynomial_models import load_network
from copos.interop.relu_chain import NOTHING, ReLULayers
from copos.interop.relu_models import relu_layers
from copos.polynomial.network import PolynomialNetwork
from copos.reformulation.linear_network.low_rank import LinearNetwork

UNDERSTOOD = (
    "understood are a Sequential of Linear (a linear network), of Linear, Conv2d and ReLU (a ReLU network), and "
    "Linear, one activation, Linear with activation= (a polynomial network); Identity, Flatten and Dropout do nothing"
)


def from_torch(
    module: Any, activation: str | ArrayLike | None = None, input_shape: Sequence[int] | None = None
) -> LinearNetwork | ReLULayers | PolynomialNetwork:
    """The network that a PyTorch module is: linear, with ReLU, or with a polynomial activation.

    Parameters
    ----------
    module : a `Linear`, or a `Sequential` of layers; parameters in single precision are doubles, nothing is rounded
    activation : of a polynomial network, name or (a, b, c) of σ(z) = az² + bz + c, which a module does not say
    input_shape : (channels, height, width) of one input, which convolutions need

    Returns
    -------
    LinearNetwork, ReLULayers or PolynomialNetwork
        For `copos.linear_network(X, Y, network.widths)` beside `network.loss(X, Y)`, for
        `copos.relu_verdict(*layers, …)`, and for `copos.certify_network(network, X, y, …)`.

    Raises
    ------
    ValueError
        If it is none of these; the message says which layers are understood.

    Examples
    --------
    >>> class Linear:                                                             # as torch.nn.Linear(2, 1, bias=False)
    ...     weight, bias = [[1.0, 2.0]], None
    >>> from_torch(Linear()).predict([[1.0], [1.0]]).tolist()
    [[3.0]]
    """
    kinds = [kind for kind in _kinds(module) if kind not in NOTHING]
    if "ReLU" in kinds or "Conv2d" in kinds:
        if activation is not None:
            raise ValueError("activation is for a polynomial network, and this one has ReLU or convolutions")
        return relu_layers(module, input_shape)
    if kinds and set(kinds) == {"Linear"} and activation is None:
        return linear_layers(module)
    if len(kinds) == 3 and kinds[0] == kinds[2] == "Linear" != kinds[1]:
        if activation is None:
            raise ValueError(f"what does {kinds[1]} compute? Give activation=, a name or (a, b, c) of az² + bz + c, if "
                             f"it is a polynomial of degree two; {UNDERSTOOD}")  # fmt: skip
        return load_network(module, activation)
    raise ValueError(f"the module has the layers {', '.join(kinds) or 'none'}; {UNDERSTOOD}")


def _kinds(module: Any) -> list[str]:
    """The classes of the layers in order, those inside of a `Sequential` too."""
    if type(module).__name__ != "Sequential":
        return [type(module).__name__]
    return [kind for _, part in module.named_children() for kind in _kinds(part)]
