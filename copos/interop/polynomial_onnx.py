"""Polynomial networks in ONNX files, by what their operations mean and not by the names of a writer.

Every entry of a tensor is a polynomial az² + bz + c of one linear function z = w'x + h of the sample, until a linear
operation adds up several of degree two: from there on entries are sums Σ_e M_e(a_ez_e² + b_ez_e + c_e).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.interop.polynomial_entries import Entries, Mixed
from copos.interop.relu_chain import doubles

Array = NDArray[np.float64]
Node = tuple[str, list[str], str, dict[str, Any]]  # operation, inputs, output, attributes
NOTHING = ("Identity", "Dropout")
LARGEST = 50_000_000  # entries of a matrix of weights


Value = Entries | Mixed


def neurons(
    nodes: Sequence[Node], arrays: dict[str, Any], start: str, size: Sequence[int], end: str
) -> tuple[Array, Array, Array, Array, tuple[float, float, float]]:
    """(first layer, its bias, second layer (T, R), intercept, σ) of a graph with one input and one output.

    Parameters
    ----------
    nodes, arrays : operations in order, constants
    start, size : name of the input and the shape of a sample
    end : name of the output

    Raises
    ------
    ValueError
        For operations that are not read, and for what is no two-layer network with a quadratic activation.
    """
    d = prod(size)
    z, one = np.zeros((1, *size)), np.ones((1, *size))
    at: dict[str, Any] = {start: Entries(np.eye(d), np.zeros(d), np.arange(d).reshape(1, *size), z, one, z)}
    at |= {name: np.asarray(value) for name, value in arrays.items()}
    for kind, names, made, settings in nodes:
        if missing := [name for name in names if name and name not in at]:
            raise ValueError(f"{kind} takes {missing[0]!r}, which nothing before it has made")
        if kind not in READ:
            raise ValueError(f"{kind} is not read; expected {', '.join(READ)}")
        given = [at[name] for name in names if name]
        try:
            at[made] = READ[kind](given, settings)
        except (ValueError, IndexError, TypeError, KeyError) as error:
            raise ValueError(f"{kind} that makes {made!r}: {str(error)[:200]}") from None
    if end not in at or isinstance(at[end], np.ndarray):
        raise ValueError(f"the output {end!r} does not depend on the input")
    return _layers(at[end])


def _layers(value: Value) -> tuple[Array, Array, Array, Array, tuple[float, float, float]]:
    """The weights, with one activation for all neurons."""
    if isinstance(value, Entries):
        value = Mixed(value, np.eye(prod(value.shape)), np.zeros(prod(value.shape)), value.shape)
    of, M = value.of, value.M
    a, b, c, row = of.a.ravel(), of.b.ravel(), of.c.ravel(), of.row.ravel()
    intercept = value.constant + M @ c
    used = ((a != 0) | (b != 0)) & M.any(0)
    a, b, c, row, M = a[used], b[used], c[used], row[used], M[:, used]
    if not len(a) or not b.any():
        sigma, M = (1.0, 0.0, 0.0), M * a
    elif not a.any():
        sigma, M = (0.0, 1.0, 0.0), M * b
    elif np.ptp(a) or np.ptp(b):
        raise ValueError("neurons have different activations; expected the same coefficients for all of them")
    else:
        own = float(c[0]) if np.ptp(c) == 0 else 0.0
        sigma = (float(a[0]), float(b[0]), own)
        intercept = intercept - own * M.sum(1)
    return of.W[row], of.h[row], M, intercept, sigma


# ---- the operations ---------------------------------------------------------------------------------------------


def _moved(x: Any, move: Callable[[Any], Any]) -> Any:
    """An operation that moves entries about, on constants or on numbers of entries."""
    if isinstance(x, np.ndarray):
        return move(x)
    return x.taken(move(np.arange(prod(x.shape)).reshape(x.shape)))


def _reshape(given: list[Any], settings: dict[str, Any]) -> Any:
    x, goal = given[0], [int(v) for v in np.ravel(given[1])]
    shape = [x.shape[k] if v == 0 and not settings.get("allowzero", 0) else v for k, v in enumerate(goal)]
    return _moved(x, lambda v: v.reshape(shape))


def _flatten(given: list[Any], settings: dict[str, Any]) -> Any:
    axis = settings.get("axis", 1) % (len(given[0].shape) + 1)
    return _moved(given[0], lambda v: v.reshape(prod(v.shape[:axis]), -1))


def _pad(given: list[Any], settings: dict[str, Any]) -> Any:
    if settings.get("mode", b"constant") not in (b"constant", "constant"):
        raise ValueError("expected padding by a constant")
    x, pads = given[0], [int(v) for v in np.ravel(given[1])]
    half = len(pads) // 2
    width, value = list(zip(pads[:half], pads[half:], strict=True)), float(given[2]) if len(given) > 2 else 0.0
    if isinstance(x, np.ndarray):
        return np.pad(x, width, constant_values=value)
    return x.taken(np.pad(np.arange(prod(x.shape)).reshape(x.shape), width, constant_values=-1), value)


def _gather(given: list[Any], settings: dict[str, Any]) -> Any:
    at = np.asarray(given[1])
    return _moved(given[0], lambda v: np.take(v, at, axis=settings.get("axis", 0)))


def _transpose(given: list[Any], settings: dict[str, Any]) -> Any:
    return _moved(given[0], lambda v: np.transpose(v, settings.get("perm")))


def _axes(given: list[Any], settings: dict[str, Any]) -> tuple[int, ...]:
    axes = settings.get("axes", given[1] if len(given) > 1 else None)
    rank = len(given[0].shape)
    return tuple(range(rank)) if axes is None else tuple(sorted(int(v) % rank for v in np.ravel(axes)))


def _squeeze(given: list[Any], settings: dict[str, Any]) -> Any:
    return _moved(given[0], lambda v: np.squeeze(v, _axes(given, settings)))


def _unsqueeze(given: list[Any], settings: dict[str, Any]) -> Any:
    axes = tuple(int(v) for v in np.ravel(settings.get("axes", given[1] if len(given) > 1 else ())))
    return _moved(given[0], lambda v: np.expand_dims(v, axes))


def _reduced(mean: bool) -> Callable[[list[Any], dict[str, Any]], Any]:
    def reduce(given: list[Any], settings: dict[str, Any]) -> Any:
        x, axes, keep = given[0], _axes(given, settings), bool(settings.get("keepdims", 1))
        if isinstance(x, np.ndarray):
            return (x.mean if mean else x.sum)(axis=axes, keepdims=keep)
        if 0 in axes:
            raise ValueError("it adds up samples")
        whole = np.arange(prod(x.shape)).reshape(x.shape)
        last = np.moveaxis(whole, axes, range(-len(axes), 0)).reshape(-1, prod(x.shape[k] for k in axes))
        L = np.zeros((len(last), whole.size))
        L[np.arange(len(last))[:, None], last] = 1 / last.shape[1] if mean else 1.0
        return x.linear(L, np.sum(whole, axis=axes, keepdims=keep).shape)

    return reduce


def _elementwise(operation: str) -> Callable[[list[Any], dict[str, Any]], Any]:
    def apply(given: list[Any], settings: dict[str, Any]) -> Any:
        x, y = given
        constants = [isinstance(v, np.ndarray) for v in given]
        if all(constants):
            return {"Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide}[operation](x, y)
        if operation == "Sub":
            y = -y if constants[1] else y.scaled(np.array(-1.0))
            return apply_sum(x, y, constants)
        if operation == "Div":
            if not constants[1]:
                raise ValueError("it divides by the layer")
            return x.scaled(1 / doubles(y, "a divisor"))
        if operation == "Add":
            return apply_sum(x, y, constants)
        if constants[0]:
            return y.scaled(doubles(x, "a factor"))
        return x.scaled(doubles(y, "a factor")) if constants[1] else x.combined(y, "Mul")

    def apply_sum(x: Any, y: Any, constants: list[bool]) -> Any:
        if constants[0]:
            return y.shifted(doubles(x, "a summand"))
        return x.shifted(doubles(y, "a summand")) if constants[1] else x.combined(y, "Add")

    return apply


def _power(given: list[Any], settings: dict[str, Any]) -> Any:
    x, power = given[0], float(np.ravel(given[1])[0])
    if np.size(given[1]) != 1 or power not in (1.0, 2.0):
        raise ValueError("expected the power 1 or 2")
    return x if power == 1 else x.combined(x, "Mul")


def _negative(given: list[Any], settings: dict[str, Any]) -> Any:
    return given[0].scaled(np.array(-1.0))


def _product(given: list[Any], settings: dict[str, Any]) -> Any:
    x, M = given
    if isinstance(x, np.ndarray) or not isinstance(M, np.ndarray) or M.ndim != 2 or x.shape[-1] != len(M):
        raise ValueError("expected the layer first, then a matrix of weights that fits it")
    if prod(x.shape[:-1]) ** 2 * M.size > LARGEST:
        raise ValueError(f"a layer of more than {LARGEST} weights once it is written out")
    K = np.kron(np.eye(prod(x.shape[:-1])), doubles(M, "weights").T)
    return x.linear(K, (*x.shape[:-1], M.shape[1]))


def _gemm(given: list[Any], settings: dict[str, Any]) -> Any:
    """α A B + β C with A the layer."""
    if settings.get("transA", 0):
        raise ValueError("expected a layer that is not transposed")
    B = given[1].T if settings.get("transB", 0) else given[1]
    alpha = float(settings.get("alpha", 1.0))
    out = _product([given[0], B if alpha == 1 else alpha * doubles(B, "weights")], {})
    return out if len(given) < 3 else out.shifted(float(settings.get("beta", 1.0)) * doubles(given[2], "bias"))


READ: dict[str, Callable[[list[Any], dict[str, Any]], Any]] = {
    "Gemm": _gemm, "MatMul": _product, "Pow": _power, "Neg": _negative, "Reshape": _reshape, "Flatten": _flatten,
    "Pad": _pad, "Gather": _gather, "Transpose": _transpose, "Squeeze": _squeeze, "Unsqueeze": _unsqueeze,
    "ReduceMean": _reduced(True), "ReduceSum": _reduced(False),
    **{name: _elementwise(name) for name in ("Add", "Sub", "Mul", "Div")},
    **{name: lambda given, settings: given[0] for name in NOTHING},
}  # fmt: skip
