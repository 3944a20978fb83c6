"""The squared loss of a table, exactly: f(W) = Σ_i w_i G_i w_i' − 2<W, H> + constant in rational numbers.

    f(W) = Σ_it ω_it ((W x_t + b − y_t)_i)² + μ‖W‖²,    ω_it = weights_it · sample_t · output_i,

with b = 0, or with a free intercept b per output, whose best value takes the weighted means out of G_i, H and the
constant. Doubles are the dyadic numbers that they stand for, Fractions and Decimals are taken as written.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic.exact_products import gram, objects
from copos.arithmetic.rationals import Rational, exact_array, nearest, rational
from copos.support.looks import one_line

Matrix = NDArray[Any]


def doubles(values: Any) -> NDArray[np.float64]:
    """The nearest doubles of an array of doubles or rationals."""
    exact = exact_array(values)
    if exact is None:
        return np.asarray(values, dtype=float)
    return np.array([nearest(v) for v in exact.ravel()], dtype=float).reshape(exact.shape)


@one_line
@dataclass(frozen=True, eq=False)
class Tables:
    """The user's tables: arrays of doubles, or of rationals as objects; None where nothing was given.

    Attributes
    ----------
    X, Y : (d_in, samples) and (d_out, samples)
    weights, sample_weight, output_weight : (d_out, samples), (samples,) and (d_out,)
    ridge : μ
    intercept : is b free?
    """

    X: Matrix
    Y: Matrix
    weights: Matrix | None = None
    sample_weight: Matrix | None = None
    output_weight: Matrix | None = None
    ridge: Rational = 0
    intercept: bool = False

    @property
    def uniform(self) -> bool:
        """Do all outputs have multiples of one Gram matrix (of one and the same, if there is a ridge)?"""
        return self.weights is None and (self.output_weight is None or not self.ridge)

    def output_factor(self, i: int) -> Rational:
        """The weight of output i."""
        return 1 if self.output_weight is None else rational(self.output_weight[i])

    def row_weights(self, i: int) -> Matrix | None:
        """ω_i· without the factor of the output; None where all are one."""
        if self.weights is None:
            return self.sample_weight
        row = self.weights[i]
        if self.sample_weight is None:
            return row
        pairs = zip(row.tolist(), self.sample_weight.tolist(), strict=True)
        return np.array([rational(a) * rational(b) for a, b in pairs], dtype=object)

    @cached_property
    def base(self) -> tuple[Matrix, Matrix, list[Rational]]:
        """(G, H, Σ_t b_t y_it² for every i) with the weights b of the samples alone, and no ridge."""
        return weighted_gram(self.X, self.Y, self.sample_weight, self.intercept)

    def bias(self, W: Matrix) -> Matrix | None:
        """The best intercepts of W, one per output: ȳ_i − W_i x̄_i with the weights of the output; None without any."""
        if not self.intercept:
            return None
        one, out = np.ones((1, self.X.shape[1])), []
        for i, row in enumerate(W.tolist()):
            w = self.row_weights(i)
            total, x, y = gram(one, one, w)[0, 0], gram(self.X, one, w)[:, 0], gram(self.Y[[i]], one, w)[0, 0]
            inner = sum(rational(v) * s for v, s in zip(row, x.tolist(), strict=True))
            out.append(nearest((y - inner) / Fraction(total)))
        return np.array(out)

    @cached_property
    def loss(self) -> ExactLoss:
        """The loss of the table."""
        rows = range(len(self.Y))
        if self.weights is None:
            grams, H, squares = (self.base[0],), self.base[1], self.base[2]
        else:
            one = [weighted_gram(self.X, self.Y[[i]], self.row_weights(i), self.intercept) for i in rows]
            grams = tuple(part[0] for part in one)
            H, squares = np.concatenate([part[1] for part in one]), [part[2][0] for part in one]
        if self.output_weight is not None:
            a = [self.output_factor(i) for i in rows]
            grams = tuple(f * grams[min(i, len(grams) - 1)] for i, f in enumerate(a))
            H = H * np.array(a, dtype=object)[:, None]
            squares = [f * c for f, c in zip(a, squares, strict=True)]
        if self.ridge:
            grams = tuple(_raised(M, rational(self.ridge)) for M in grams)
        return ExactLoss(grams, H, rational(sum(squares)))


def weighted_gram(
    X: Matrix, Y: Matrix, w: Matrix | None, intercept: bool
) -> tuple[Matrix, Matrix, list[Rational]]:
    """(G, H, Σ ω y² per output) of outputs with one weight per sample."""
    if is_identity(X) and not intercept:  # as in the completion of a matrix
        line = objects(np.ones(len(X)) if w is None else w)
        H = _rationals(objects(Y) * line)
        G = np.zeros((len(X), len(X)), dtype=int).astype(object)
        np.fill_diagonal(G, line)
        return G, H, [rational(sum(row)) for row in (H * objects(Y)).tolist()]
    G, H = gram(X, X, w), gram(Y, X, w)
    squares = [gram(row[None], row[None], w)[0, 0] for row in Y]
    if intercept:
        one = np.ones((1, X.shape[1]))
        total = gram(one, one, w)[0, 0]
        if not total:
            raise ValueError("an output has no sample with a positive weight, so its intercept is not determined")
        x, y = gram(X, one, w)[:, 0], gram(Y, one, w)[:, 0]
        G = G - np.outer(x, x) * Fraction(1, total)
        H = H - np.outer(y, x) * Fraction(1, total)
        squares = [c - s * s * Fraction(1, total) for c, s in zip(squares, y.tolist(), strict=True)]
    return G, H, squares


def is_identity(X: Matrix) -> bool:
    """Is X = I?"""
    return X.shape[0] == X.shape[1] and bool((X == np.eye(len(X))).all())


def _rationals(M: Matrix) -> Matrix:
    """The same numbers, integers as ints."""
    out = np.empty(M.shape, dtype=object)
    out.ravel()[:] = [rational(v) for v in M.ravel().tolist()]
    return out


def _raised(M: Matrix, mu: Rational) -> Matrix:
    """M + μI."""
    out = M.copy()
    out[np.diag_indices(len(M))] += mu
    return out


def whole(M: Matrix) -> tuple[Matrix, int]:
    """Rationals as integers over one denominator."""
    bottom = lcm(*(v.denominator for v in M.ravel().tolist()))
    out = np.empty(M.shape, dtype=object)
    out.ravel()[:] = [v.numerator * (bottom // v.denominator) for v in M.ravel().tolist()]
    return out, bottom


@one_line
@dataclass(frozen=True, eq=False)
class ExactLoss:
    """f(W) = Σ_i w_i G_i w_i' − 2<W, H> + constant.

    `G` has one matrix for all outputs or one for each; arrays hold ints and Fractions.
    """

    G: tuple[Matrix, ...]
    H: Matrix
    constant: Rational

    def gram(self, i: int) -> Matrix:
        """G_i."""
        return self.G[i if len(self.G) > 1 else 0]

    @cached_property
    def _whole(self) -> tuple[tuple[tuple[Matrix, int], ...], tuple[tuple[Matrix, int], ...]]:
        """Integers over one denominator, for every G and for every row of H."""
        return tuple(whole(M) for M in self.G), tuple(whole(row) for row in self.H)

    def value(self, W: Any) -> Rational:
        """f(W) at a matrix of doubles or rationals, exactly."""
        grams, rows = self._whole
        total = Fraction(self.constant)
        for i, line in enumerate(np.asarray(W).tolist()):
            w, unit = whole(np.array([rational(v) for v in line], dtype=object))
            (G, below), (h, under) = grams[i if len(grams) > 1 else 0], rows[i]
            total += Fraction(int(w @ (G @ w)), below * unit * unit) - Fraction(2 * int(w @ h), under * unit)
        return rational(total)

    def slope(self, W: Any) -> Matrix:
        """Half the gradient, W_iG_i − H_i, exactly."""
        rows = [np.array([rational(v) for v in row], dtype=object) for row in np.asarray(W).tolist()]
        return np.array([w @ self.gram(i) - self.H[i] for i, w in enumerate(rows)], dtype=object)

    def substituted(self, S: Matrix) -> ExactLoss:
        """The loss of V where W = V S, S a rational matrix (rows, d_in)."""
        return ExactLoss(tuple(gram(gram(S, M), S) for M in self.G), gram(self.H, S), self.constant)

    def rotated(self, L: Matrix) -> ExactLoss:
        """The loss of V where W = L V with L'L = I; all outputs must have one G."""
        return ExactLoss(self.G, gram(L.T, self.H.T), self.constant)

    def restricted(self, kept: list[int]) -> ExactLoss:
        """The loss of matrices that are zero in all other columns."""
        return ExactLoss(tuple(M[np.ix_(kept, kept)] for M in self.G), self.H[:, kept], self.constant)
