"""Layers of networks in .npz files, with messages that name the file and the array."""

from __future__ import annotations

from pathlib import Path

from copos.interop.relu_chain import Array, doubles
from copos.support import npy_files


def npz_names(path: Path) -> list[str]:
    """The names of the arrays of a model in an .npz file; messages name the file."""
    if not path.is_file():
        raise ValueError(f"{path}: no such file")
    try:
        return npy_files.names(path)
    except ValueError as error:
        raise ValueError(f"{path} is no .npz file: {error}") from None


def npz_doubles(path: Path, *names: str) -> list[Array]:
    """Some of its arrays; messages name the file and the array."""
    out = []
    for name in names:
        try:
            out.append(doubles(npy_files.member(path, name), "it"))
        except ValueError as error:
            raise ValueError(f"{path}, array {name}: {error}") from None
    return out


def require_fit(weights: list[Array], biases: list[Array], what: str) -> None:
    """Refuse matrices and vectors that are no chain of layers."""
    shapes = [(W.shape, b.shape) for W, b in zip(weights, biases, strict=True)]
    plain = all(len(W) == 2 and b == W[:1] for W, b in shapes)
    if not plain or any(before[0][0] != after[0][1] for before, after in zip(shapes, shapes[1:], strict=False)):
        said = ", ".join(f"W{k} {W} and b{k} {b}" for k, (W, b) in enumerate(shapes[:6], 1))
        raise ValueError(f"{what} has layers that do not fit: {said}")
