"""Tables that people have: years, prices, units, polynomial features, indicators; each kind is (rng) ↦ X, Y.

X is (inputs, samples) and Y (outputs, samples), as `linear_network` takes them. Nothing here is scaled or centred.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Matrix = np.ndarray
Tables = tuple[Matrix, Matrix]


def _some(rng: np.random.Generator, *shape: int) -> Matrix:
    """Small integers, one decimal, or measured numbers."""
    kind = rng.integers(3)
    if kind == 0:
        return rng.integers(-5, 6, shape).astype(float)
    return np.round(rng.uniform(-5, 5, shape), 1) if kind == 1 else rng.standard_normal(shape)


def _targets(rng: np.random.Generator, X: Matrix) -> Matrix:
    """One to three outputs: a rounded trend in the samples and noise; sometimes exactly linear; sometimes offset."""
    outputs, samples = int(rng.choice([1, 1, 2, 3])), X.shape[1]
    t = np.arange(samples)
    Y = _some(rng, outputs, samples) + np.round(_some(rng, outputs, 1)) * t
    if rng.random() < 0.15:
        Y = np.round(_some(rng, outputs, 1)) * t + np.round(_some(rng, outputs, 1))
    if rng.random() < 0.15:
        Y = Y + 10.0 ** rng.integers(2, 9)
    return Y


def _with_ones(rng: np.random.Generator, *rows: Matrix, share: float = 0.8) -> Matrix:
    """The rows, mostly with a row of ones."""
    X = np.vstack(rows)
    return np.vstack([X, np.ones(X.shape[1])]) if rng.random() < share else X


def _dated(start: Callable[[np.random.Generator], float], step: Callable[[np.random.Generator], float]):
    """A time column, sometimes a second feature, mostly a column of ones."""

    def kind(rng: np.random.Generator) -> Tables:
        samples = int(rng.integers(2, 13))
        times = start(rng) + step(rng) * (np.arange(samples) if rng.random() < 0.7 else rng.integers(0, 30, samples))
        more = [_some(rng, 1, samples)] if rng.random() < 0.3 else []
        X = _with_ones(rng, times[None], *more)
        return X, _targets(rng, X)

    return kind


def cents(rng: np.random.Generator) -> Tables:
    """Money in cents, about 1e7, as input or as target or both."""
    samples = int(rng.integers(2, 9))
    prices = 1e7 + rng.integers(-100_000, 100_000, (int(rng.integers(1, 3)), samples))
    X = _with_ones(rng, prices if rng.random() < 0.7 else _some(rng, 1, samples))
    Y = 1e7 + rng.integers(-1000, 1000, (1, samples)) if rng.random() < 0.5 else _targets(rng, X)
    return X, Y.astype(float)


def units(rng: np.random.Generator) -> Tables:
    """Features in units 1e-9 … 1e9 apart, sometimes targets too."""
    inputs, samples = int(rng.integers(2, 5)), int(rng.integers(2, 9))
    X = _some(rng, inputs, samples) * 10.0 ** rng.integers(-9, 10, (inputs, 1))
    X = _with_ones(rng, X, share=0.4)
    Y = _targets(rng, X)
    return X, Y * 10.0 ** rng.integers(-6, 7, (len(Y), 1)) if rng.random() < 0.3 else Y


def polynomials(rng: np.random.Generator) -> Tables:
    """1, x, …, x^k of x in [0, 50], k ≤ 6."""
    degree = int(rng.integers(2, 7))
    samples = int(rng.integers(3, 12))
    x = np.linspace(0, 50, samples) if rng.random() < 0.5 else np.sort(rng.integers(0, 51, samples)).astype(float)
    X = x ** np.arange(int(rng.random() < 0.2), degree + 1)[:, None]
    return X, _targets(rng, X)


def collinear(rng: np.random.Generator) -> Tables:
    """A column that is a sum of others, exactly or but for rounding, with or without an offset."""
    X = _some(rng, 2, int(rng.integers(2, 8))) + rng.choice([0.0, 0.0, 2000.0])
    other = X[0] + X[1] if rng.random() < 0.5 else X[0] / 3 + X[1] / 7
    X = _with_ones(rng, X, other[None], share=0.3)
    return X, _targets(rng, X)


def duplicates(rng: np.random.Generator) -> Tables:
    """A column twice, or a multiple of it; sometimes samples twice."""
    X = _some(rng, int(rng.integers(1, 3)), int(rng.integers(2, 7)))
    X = np.vstack([X, X[:1] * rng.choice([1.0, 1.0, 2.0, 0.1, 1000.0])])
    X = np.hstack([X, X]) if rng.random() < 0.3 else X
    return X, _targets(rng, X)


def one_hot(rng: np.random.Generator) -> Tables:
    """Indicators of two to four groups, with or without a column of ones and a number beside them."""
    groups, samples = int(rng.integers(2, 5)), int(rng.integers(3, 11))
    X = (rng.integers(0, groups, samples) == np.arange(groups)[:, None]).astype(float)
    if rng.random() < 0.3:
        X = np.vstack([X[:3], _some(rng, 1, samples)])
    X = _with_ones(rng, X, share=0.5)
    return X, _targets(rng, X)


def scales(rng: np.random.Generator) -> Tables:
    """Everything tiny or huge, 1e-150 … 1e150."""
    X = _some(rng, int(rng.integers(1, 4)), int(rng.integers(1, 7)))
    Y = _targets(rng, X)
    a, b = rng.integers(-150, 151, 2)
    return X * 10.0**a, Y * 10.0 ** (b if rng.random() < 0.7 else a)


def integers(rng: np.random.Generator) -> Tables:
    """Small integers."""
    inputs, outputs, samples = int(rng.integers(1, 5)), int(rng.integers(1, 4)), int(rng.integers(1, 9))
    X, Y = (rng.integers(-9, 10, (rows, samples)).astype(float) for rows in (inputs, outputs))
    return X, Y


def decimals(rng: np.random.Generator) -> Tables:
    """Multiples of 0.1, 0.01 or 1/3, rounded to doubles."""
    samples, unit = int(rng.integers(1, 9)), rng.choice([0.1, 0.01, 1 / 3])
    shape = int(rng.integers(1, 4)), samples
    return rng.integers(-30, 31, shape) * unit, rng.integers(-30, 31, (int(rng.integers(1, 4)), samples)) * unit


def one_sample(rng: np.random.Generator) -> Tables:
    """A single sample, with an offset or none."""
    X = _some(rng, int(rng.integers(1, 4)), 1) + rng.choice([0.0, 2000.0])
    return X, _targets(rng, X)


def few_samples(rng: np.random.Generator) -> Tables:
    """Fewer samples than inputs."""
    inputs = int(rng.integers(2, 6))
    X = _some(rng, inputs, int(rng.integers(1, inputs))) + rng.choice([0.0, 2000.0])
    return X, _targets(rng, X)


def constant_targets(rng: np.random.Generator) -> Tables:
    """Every target the same."""
    X = _with_ones(rng, _some(rng, int(rng.integers(1, 3)), int(rng.integers(2, 8))), share=0.5)
    Y = _targets(rng, X)
    return X, np.repeat(Y[:, :1] + rng.choice([0.0, 0.1, 1e6]), Y.shape[1], axis=1)


def zero_columns(rng: np.random.Generator) -> Tables:
    """One feature or all of them zero; sometimes a sample too."""
    X = _some(rng, int(rng.integers(1, 4)), int(rng.integers(1, 7)))
    Y = _targets(rng, X)
    X[rng.integers(len(X))] = 0.0
    if rng.random() < 0.3:
        X[:, 0] = 0.0
    return (0 * X if rng.random() < 0.1 else X), Y


def zero_targets(rng: np.random.Generator) -> Tables:
    """One output or all of them zero."""
    X, Y = _some(rng, int(rng.integers(1, 4)), int(rng.integers(1, 7))), None
    Y = _targets(rng, X)
    Y[rng.integers(len(Y))] = 0.0
    return X, (0 * Y if rng.random() < 0.4 else Y)


def large_targets(rng: np.random.Generator) -> Tables:
    """Targets 1e6 … 1e9 and small differences; a column of ones, or only something near it."""
    X = _with_ones(rng, _some(rng, int(rng.integers(1, 3)), int(rng.integers(2, 8))), share=0.8)
    Y = _targets(rng, X)
    return X, Y + 10.0 ** rng.integers(6, 10)


DATA: dict[str, Callable[[np.random.Generator], Tables]] = {
    "years": _dated(lambda rng: float(rng.integers(1900, 2030)), lambda rng: float(rng.choice([1, 1, 10]))),
    "days": _dated(lambda rng: float(rng.integers(15_000, 21_000)), lambda rng: float(rng.choice([1, 7, 30]))),
    "seconds": _dated(lambda rng: 1.7e9 + float(rng.integers(0, 10**7)), lambda rng: float(rng.choice([1, 60, 86400]))),
    "cents": cents,
    "units": units,
    "polynomial": polynomials,
    "collinear": collinear,
    "duplicate": duplicates,
    "one-hot": one_hot,
    "scales": scales,
    "integers": integers,
    "decimals": decimals,
    "one sample": one_sample,
    "few samples": few_samples,
    "constant targets": constant_targets,
    "zero columns": zero_columns,
    "zero targets": zero_targets,
    "large targets": large_targets,
}
