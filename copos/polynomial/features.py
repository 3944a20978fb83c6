"""Activations, and how samples become the vectors x that the neurons see.

Every architecture is one array P of shape (pools, samples, patches, d): a neuron of pool g answers sample i with the
mean of σ(P[g, i, p]'u) over the patches p of the pool. A fully connected layer has one pool with one patch; a
convolution without pooling has one pool per patch, because an ℓ1 penalty on the second layer separates the patches;
average pooling has one pool per window, and global average pooling has a single pool of all patches.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from copos.support import options
from copos.support.given import real_array
from copos.support.names import one_of

Array = NDArray[np.float64]


class Activation(NamedTuple):
    """σ(z) = a z² + b z + c."""

    a: float
    b: float
    c: float

    def __call__(self, z: Array) -> Array:
        """σ at every entry of z."""
        return (self.a * z + self.b) * z + self.c

    @property
    def lifted(self) -> bool:
        """Whether σ needs v = (u, 1). Without a linear term az² + c is the form a xx' + cI in u alone."""
        return self.b != 0.0


MOST = 1e160  # size of data for training; their products of degree four, over their like, are doubles
ACTIVATIONS = {
    "relu": Activation(0.09375, 0.5, 0.46875),  # least squares fit of max(0, z) on [−5, 5]
    "published": Activation(0.09, 0.5, 0.47),  # the same, rounded; the coefficients used in the literature
    "quadratic": Activation(1.0, 0.0, 0.0),
    "linear": Activation(0.0, 1.0, 0.0),
}


def activation(spec: str | ArrayLike) -> Activation:
    """Read a name of `ACTIVATIONS` or three coefficients (a, b, c).

    >>> activation("quadratic")
    Activation(a=1.0, b=0.0, c=0.0)
    """
    if isinstance(spec, str):
        if spec not in ACTIVATIONS:
            raise ValueError(f"activation is {spec!r}; {one_of(spec, ACTIVATIONS)} or (a, b, c)")
        return ACTIVATIONS[spec]
    coefficients = real_array(spec, "activation", infinite=True, exactly=True)
    if coefficients.shape != (3,) or not np.isfinite(coefficients).all():
        raise ValueError(f"activation is {spec!r}; expected three finite numbers (a, b, c)")
    if not coefficients.any():
        raise ValueError("activation (0, 0, 0) makes every network zero; expected a nonzero coefficient")
    return Activation(*map(float, coefficients))


def finite(X: ArrayLike, name: str = "X", exactly: bool = False) -> Array:
    """Real finite numbers as doubles; `exactly` refuses what no double holds, where something is proved of them.

    Raises
    ------
    ValueError
        If an entry is complex, masked, not finite, or an integer that no double holds; the message names it. With
        `exactly` also where the largest is so large that products are no doubles, or X so small.
    """
    out = real_array(X, name, exactly=exactly)
    if exactly and out.any():
        top = float(np.abs(out).max())
        if top > MOST or (name == "X" and top < 1 / MOST):
            low = f"from {1 / MOST:g} " if name == "X" else ""
            raise ValueError(f"{name} reaches {top:.1e}; expected a size {low}to {MOST:g}: give {name} in other units")
    return out


def _with_constant(P: Array, constant: float) -> Array:
    if constant:
        P = np.concatenate([P, np.full((*P.shape[:-1], 1), constant)], axis=-1)
    return np.ascontiguousarray(P)


MAX_POOLING = (
    "max pooling is not offered: the largest of several responses σ(x_p'u) is no linear function of uu', so training "
    "over all widths is no convex program of this kind; average pooling is (a number or 'global'), and so is a stride"
)


@dataclass(frozen=True)
class Dense:
    """Fully connected first layer: every neuron sees the whole sample.

    Parameters
    ----------
    constant : value of a feature appended to every sample, 0 for none; its weight is part of u and so of ‖u‖ = 1
    """

    constant: float = 0.0

    def patches(self, X: ArrayLike) -> Array:
        """(n, d) samples as the array (1, n, 1, d)."""
        X = finite(X)
        if X.ndim != 2:
            raise ValueError(f"X has shape {X.shape}; expected (samples, features)")
        if 0 in X.shape:
            raise ValueError(f"X has shape {X.shape}; expected at least one sample and one feature")
        return _with_constant(X[None, :, None, :], self.constant)

    def without_constant(self) -> Dense:
        """The same layer on the features alone."""
        return Dense()


@dataclass(frozen=True)
class Convolution:
    """Convolutional first layer with average pooling, on signals or images.

    Parameters
    ----------
    patch : an int for signals (n, length[, channels]), a pair for images (n, height, width[, channels])
    stride : step between patches
    padding : zeros added at both ends of every axis
    pool : patches (per axis) whose responses are averaged; 1 for none, "global" for all. Windows do not overlap and
        an incomplete last window is dropped.
    constant : value of a feature appended to every patch, 0 for none

    Examples
    --------
    >>> Convolution((3, 3), pool=3).patches(np.zeros((5, 8, 8))).shape   # 6×6 patches, 2×2 windows of 3×3
    (4, 5, 9, 9)
    """

    patch: int | tuple[int, int]
    stride: int = 1
    padding: int = 0
    pool: int | str = 1
    constant: float = 0.0

    def __post_init__(self) -> None:
        if len(self.size) not in (1, 2) or min(self.size) < 1:
            raise ValueError(f"patch is {self.patch!r}; expected a positive int or a pair of them")
        options.count(self.stride, "stride", 1)
        options.count(self.padding, "padding")
        if self.pool == "max":
            raise ValueError(MAX_POOLING)
        if isinstance(self.pool, str) and self.pool != "global" or not isinstance(self.pool, str) and self.pool < 1:
            raise ValueError(f"pool is {self.pool!r}; expected an int ≥ 1 or 'global'")

    def without_constant(self) -> Convolution:
        """The same layer on the features alone."""
        return replace(self, constant=0.0)

    @property
    def axes(self) -> int:
        """1 for signals, 2 for images."""
        return len(self.size)

    @property
    def size(self) -> tuple[int, ...]:
        """Patch size per axis."""
        return (int(self.patch),) if isinstance(self.patch, int | np.integer) else tuple(self.patch)

    def patches(self, X: ArrayLike) -> Array:
        """Samples as (pools, n, patches of a pool, patch entries [+ 1])."""
        X, axes = finite(X), self.axes
        if X.ndim == axes + 1:
            X = X[..., None]
        if X.ndim != axes + 2 or 0 in X.shape:
            shape = "(n, length[, channels])" if axes == 1 else "(n, height, width[, channels])"
            raise ValueError(f"X has shape {X.shape}; a patch of {self.patch} expects {shape}")
        size = self.size
        pad = self.padding
        X = np.pad(X, [(0, 0), *[(pad, pad)] * axes, (0, 0)])
        if any(s > have for s, have in zip(size, X.shape[1:-1], strict=True)):
            raise ValueError(f"patch {self.patch} is larger than the padded sample {X.shape[1:-1]}")
        windows = np.lib.stride_tricks.sliding_window_view(X, size, axis=tuple(range(1, axes + 1)))
        windows = windows[(slice(None), *[slice(None, None, self.stride)] * axes)]
        counts = windows.shape[1 : axes + 1]
        # (n, counts…, channels, patch…) → (n, counts…, d), channels last inside the patch
        windows = np.moveaxis(windows, axes + 1, -1).reshape(*windows.shape[: axes + 1], -1)
        pool = counts if isinstance(self.pool, str) else (self.pool,) * axes
        kept = [count // p for count, p in zip(counts, pool, strict=True)]
        if min(kept) == 0:
            raise ValueError(f"a pool of {self.pool} does not fit into {counts} patches")
        windows = windows[(slice(None), *[slice(k * p) for k, p in zip(kept, pool, strict=True)])]
        n, d = len(windows), windows.shape[-1]
        split = [part for k, p in zip(kept, pool, strict=True) for part in (k, p)]
        windows = windows.reshape(n, *split, d)
        order = (*range(1, 2 * axes, 2), 0, *range(2, 2 * axes + 1, 2), 2 * axes + 1)
        windows = windows.transpose(order).reshape(int(np.prod(kept)), n, int(np.prod(pool)), d)
        return _with_constant(windows, self.constant)
