"""A polynomial network as a PyTorch module; imported only on request."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from copos.polynomial.features import Activation, Convolution, Dense


def module(arrays: dict[str, NDArray[Any]], architecture: Dense | Convolution, activation: Activation) -> Any:
    """Module with parameters `first` (R, d), `second` (R, pools, T) and `bias` (T,), double precision."""
    import torch  # pyright: ignore[reportMissingImports]
    from torch import nn  # pyright: ignore[reportMissingImports]

    a, b, c = activation

    class Module(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Parameter(torch.as_tensor(arrays["first_layer"]))
            self.second = nn.Parameter(torch.as_tensor(arrays["second_layer"]))
            self.bias = nn.Parameter(torch.as_tensor(arrays["intercept"]))

        def patches(self, X: Any) -> Any:
            """(n, pools, patches of a pool, d), as `architecture.patches` orders them."""
            if not isinstance(architecture, Convolution):
                return X[:, None, None, :]
            axes = architecture.axes
            size = architecture.size
            X = X if X.ndim == axes + 2 else X[..., None]
            X = nn.functional.pad(X, (0, 0) + (architecture.padding,) * (2 * axes))
            for axis, s in enumerate(size):
                X = X.unfold(1 + axis, s, architecture.stride)
            # (n, counts…, channels, patch…) → channels last
            X = X.movedim(axes + 1, -1)
            counts = X.shape[1 : axes + 1]
            pool = counts if architecture.pool == "global" else (architecture.pool,) * axes
            kept = [n // p for n, p in zip(counts, pool, strict=True)]
            for axis, (n, p) in enumerate(zip(kept, pool, strict=True)):
                X = X.narrow(1 + axis, 0, n * p)
            X = X.reshape(len(X), *[part for n, p in zip(kept, pool, strict=True) for part in (n, p)], -1)
            X = X.permute(0, *range(1, 2 * axes, 2), *range(2, 2 * axes + 1, 2), 2 * axes + 1)
            groups = 1
            for n in kept:
                groups *= n
            return X.reshape(len(X), groups, -1, X.shape[-1])

        def forward(self, X: Any) -> Any:
            P = self.patches(X.to(self.first.dtype))
            if architecture.constant:
                P = torch.cat([P, torch.full_like(P[..., :1], architecture.constant)], dim=-1)
            z = P @ self.first.T
            response = ((a * z + b) * z + c).mean(2)
            return torch.einsum("ngr,rgt->nt", response, self.second) + self.bias

    return Module()
