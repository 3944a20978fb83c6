"""Exact optima for the searches, in fractions and with no code of the package: what is true, to compare with.

An optimum is asked two questions: is it certainly below v, is it certainly above v? Sums of eigenvalues are enclosed by
counting roots: all roots of a characteristic polynomial p of a symmetric pencil are real, so that the number above t is
the number of sign changes in the coefficients of p(x + t), by Descartes' rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, product
from math import comb, inf
from typing import Any

Rows = list[list[Fraction]]
Value = Fraction | float  # a float is ±inf
BITS = (30, 60, 120, 240, 480)  # of an enclosure relative to the trace; what is then undecided is called equal


def exact(M: Any) -> Rows:
    """A matrix of numbers, each as the rational number that it is."""
    return [[Fraction(v if isinstance(v, int | str | Fraction | Decimal) else float(v)) for v in row] for row in M]


def dot(a: Sequence[Fraction], b: Sequence[Fraction]) -> Fraction:
    """a'b."""
    return sum((v * w for v, w in zip(a, b, strict=True)), Fraction(0))


def times(A: Rows, B: Rows) -> Rows:
    """AB."""
    columns = transposed(B)
    return [[dot(row, column) for column in columns] for row in A]


def transposed(A: Rows) -> Rows:
    """A'."""
    return [list(column) for column in zip(*A, strict=True)]


def solution(A: Rows, B: Rows) -> Rows | None:
    """Some Z with AZ = B, free unknowns 0; None if there is none."""
    rows, width = [a + b for a, b in zip(A, B, strict=True)], len(A[0]) if A else 0
    pivots: list[int] = []
    for column in range(width):
        k = len(pivots)
        found = next((i for i in range(k, len(rows)) if rows[i][column]), None)
        if found is None:
            continue
        rows[k], rows[found] = rows[found], rows[k]
        rows[k] = [v / rows[k][column] for v in rows[k]]
        for i, row in enumerate(rows):
            if i != k and row[column]:
                rows[i] = [a - row[column] * b for a, b in zip(row, rows[k], strict=True)]
        pivots.append(column)
    if any(any(row[width:]) for row in rows[len(pivots) :]):
        return None
    out = [[Fraction(0)] * (len(rows[0]) - width) for _ in range(width)]
    for row, column in zip(rows, pivots, strict=False):
        out[column] = row[width:]
    return out


def independent(A: Rows) -> list[int]:
    """Indices of rows of A that span all rows."""
    chosen: list[int] = []
    reduced: list[list[Fraction]] = []
    for i, row in enumerate(A):
        for other in reduced:
            k = next(j for j, v in enumerate(other) if v)
            row = [a - row[k] / other[k] * b for a, b in zip(row, other, strict=True)]
        if any(row):
            chosen.append(i)
            reduced.append(row)
    return chosen


# --- optima ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Between:
    """low ≤ optimum ≤ high, both exact; ±inf where nothing is known, low = high = inf where nothing is feasible."""

    low: Value
    high: Value

    def below(self, v: Value) -> bool:
        """Is the optimum certainly less than v?"""
        return self.high < v

    def above(self, v: Value) -> bool:
        """Is the optimum certainly more than v?"""
        return self.low > v


@dataclass(frozen=True)
class Eigenvalues:
    """rest + the sum of the k smallest roots of p, p(t) = det(tD − S) for D ≻ 0 and S ⪰ 0; `top` is above all roots."""

    rest: Fraction
    polynomial: tuple[Fraction, ...]  # coefficients, constant term first
    k: int
    top: Fraction
    _known: dict[int, tuple[Fraction, Fraction]] = field(default_factory=dict, compare=False)

    def more(self, t: Fraction) -> int:
        """Number of roots above t."""
        p, d = self.polynomial, len(self.polynomial) - 1
        powers = [t**j for j in range(d + 1)]
        shifted = [sum(comb(j, i) * p[j] * powers[j - i] for j in range(i, d + 1)) for i in range(d + 1)]
        signs = [c > 0 for c in shifted if c]
        return sum(a != b for a, b in zip(signs, signs[1:], strict=False))

    def between(self, bits: int) -> tuple[Fraction, Fraction]:
        """The sum to top/2^bits per root."""
        if bits not in self._known:
            d, low, high = len(self.polynomial) - 1, self.rest, self.rest
            for i in range(self.k):  # root i of the increasing order is above t iff at least d − i are
                a, b = Fraction(0), self.top
                if self.more(a) < d - i:
                    continue  # it is 0
                for _ in range(bits):
                    middle = (a + b) / 2
                    a, b = (middle, b) if self.more(middle) >= d - i else (a, middle)
                low, high = low + a, high + b
            self._known[bits] = low, high
        return self._known[bits]

    def below(self, v: Value) -> bool:
        """Is the optimum certainly less than v?"""
        for bits in BITS:
            low, high = self.between(bits)
            if high < v or low >= v:
                return high < v
        return False

    def above(self, v: Value) -> bool:
        """Is the optimum certainly more than v?"""
        for bits in BITS:
            low, high = self.between(bits)
            if low > v or high <= v:
                return low > v
        return False


@dataclass(frozen=True)
class Least:
    """The least of several optima."""

    parts: tuple[Between | Eigenvalues, ...]

    def below(self, v: Value) -> bool:
        """Is the optimum certainly less than v?"""
        return any(part.below(v) for part in self.parts)

    def above(self, v: Value) -> bool:
        """Is the optimum certainly more than v?"""
        return all(part.above(v) for part in self.parts)

    def between(self, bits: int) -> tuple[Value, Value]:
        """Ends of an enclosure."""
        ends = [(p.low, p.high) if isinstance(p, Between) else p.between(bits) for p in self.parts]
        return min(low for low, _ in ends), min(high for _, high in ends)


Optimum = Between | Eigenvalues | Least


def smallest_eigenvalue(S: Rows) -> Eigenvalues:
    """λ_min of a symmetric matrix, as a root of the shifted one, which is semidefinite."""
    n = len(S)
    shift = n * max((abs(v) for row in S for v in row), default=Fraction(0))
    moved = [[v + (shift if i == j else 0) for j, v in enumerate(row)] for i, row in enumerate(S)]
    polynomial, top = pencil(moved, [Fraction(1)] * n)
    return Eigenvalues(-shift, polynomial, 1, top)


def pencil(S: Rows, D: Sequence[Fraction]) -> tuple[tuple[Fraction, ...], Fraction]:
    """det(tI − D⁻¹S) as coefficients, constant term first, by Faddeev and LeVerrier; and a bound on its roots ≥ 0."""
    n = len(S)
    A = [[v / D[i] for v in row] for i, row in enumerate(S)]
    M, coefficients = [[Fraction(0)] * n for _ in range(n)], [Fraction(1)]
    for k in range(1, n + 1):
        M = [[v + (coefficients[-1] if i == j else 0) for j, v in enumerate(row)] for i, row in enumerate(times(A, M))]
        product_ = times(A, M)
        coefficients.append(-sum((product_[i][i] for i in range(n)), Fraction(0)) / k)
    return tuple(reversed(coefficients)), 2 * sum((A[i][i] for i in range(n)), Fraction(0)) or Fraction(1)


def smallest_eigenvalue_at_least(S: Rows, t: Fraction) -> bool:
    """Is S − tI positive semidefinite?"""
    n = len(S)
    polynomial, _ = pencil([[v - (t if i == j else 0) for j, v in enumerate(row)] for i, row in enumerate(S)],
                           [Fraction(1)] * n)  # fmt: skip
    # all roots are ≥ 0 iff the coefficients alternate in sign, zeros allowed
    return all((-1) ** (n - i) * coefficient >= 0 for i, coefficient in enumerate(polynomial))


# --- least squares ---------------------------------------------------------------------------------------------------


def weighted(X: Rows, Y: Rows, w: Sequence[Fraction], ridge: Fraction = Fraction(0)) -> tuple[Rows, Rows, Fraction]:
    """X diag(w) X' + μI, Y diag(w) X' and Σ w y²."""
    XW = [[v * s for v, s in zip(row, w, strict=True)] for row in X]
    G = times(XW, transposed(X))
    for i in range(len(G)):
        G[i][i] += ridge
    return G, times(Y, transposed(XW)), sum((s * y * y for row in Y for s, y in zip(w, row, strict=True)), Fraction(0))


def low_rank(
    X: Rows, Y: Rows, rank: int, w: Sequence[Fraction], outputs: Sequence[Fraction], ridge: Fraction = Fraction(0)
) -> Optimum:
    """Min Σ a_i w_t (WX − Y)_it² + μ‖W‖² over rank W ≤ r, where the a_i are positive, and 1 if μ > 0.

    With S = HG⁺H' and D = diag(√a) it is Σ w a y² − tr(DSD) + the d_out − r smallest eigenvalues of DSD, and these are
    the roots of det(t D⁻² − S).
    """
    G, H, _ = weighted(X, Y, w, ridge)
    Z = solution(G, transposed(H))
    assert Z is not None  # normal equations
    S = times(H, Z)
    constant = sum((a * s * y * y for a, row in zip(outputs, Y, strict=True) for s, y in zip(w, row, strict=True)),
                   Fraction(0))  # fmt: skip
    rest = constant - sum((a * S[i][i] for i, a in enumerate(outputs)), Fraction(0))
    k = len(Y) - rank
    if k <= 0 or rank >= len(X):
        return Between(rest, rest)
    polynomial, top = pencil(S, [1 / a for a in outputs])
    return Eigenvalues(rest, polynomial, k, top)


def row_wise(X: Rows, Y: Rows, weights: Rows, ridge: Fraction = Fraction(0)) -> Fraction:
    """Min Σ w (WX − Y)² + μ‖W‖² over all W: one least-squares problem per output."""
    total = Fraction(0)
    for y, w in zip(Y, weights, strict=True):
        optimum = low_rank(X, [y], 1, w, [Fraction(1)], ridge)
        assert isinstance(optimum, Between) and isinstance(optimum.low, Fraction)
        total += optimum.low
    return total


def least_absolute(X: Rows, y: Sequence[Fraction], w: Sequence[Fraction]) -> Fraction:
    """Min Σ w|x'b − y|: some solution goes through as many samples as X has rank, independent ones."""
    used = independent(X)
    X = [X[i] for i in used]
    samples = [j for j in range(len(y)) if w[j]]
    best: Value = inf
    for chosen in combinations(samples, min(len(used), len(samples))):
        rows = [[row[j] for row in X] for j in chosen]
        b = solution(rows, [[y[j]] for j in chosen])
        if b is not None:
            best = min(best, sum((w[j] * abs(sum((row[j] * c[0] for row, c in zip(X, b, strict=True)), Fraction(0))
                                             - y[j]) for j in samples), Fraction(0)))  # fmt: skip
    assert isinstance(best, Fraction)
    return best


def lasso(X: Rows, y: Sequence[Fraction], beta: Fraction, intercept: bool = False) -> Fraction:
    """Min ½‖X'a + t − y‖² + β Σ|a_j|: the stationary points of all signs of a; t = 0 without an intercept."""
    best: Value = inf
    for signs in product((0, 1, -1), repeat=len(X)):
        used = [row for row, s in zip(X, signs, strict=True) if s] + ([[Fraction(1)] * len(y)] if intercept else [])
        pull = [beta * s for s in signs if s] + ([Fraction(0)] if intercept else [])
        b: Rows | None = []
        if used:
            G, H, _ = weighted(used, [list(y)], [Fraction(1)] * len(y))
            b = solution(G, [[h - p] for h, p in zip(H[0], pull, strict=True)])
        if b is None or any(s * v[0] < 0 for s, v in zip([s for s in signs if s], b, strict=False)):
            continue
        fit = times(transposed(b), used)[0] if used else [Fraction(0)] * len(y)
        errors = [f - v for f, v in zip(fit, y, strict=True)]
        best = min(best, dot(errors, errors) / 2 + dot(pull, [v[0] for v in b]))
    assert isinstance(best, Fraction)
    return best


def nonnegative_least_squares(X: Rows, y: Sequence[Fraction], w: Sequence[Fraction]) -> Fraction:
    """Min Σ w (x'b − y)² over b ≥ 0: the least squares of all supports that are nonnegative."""
    best = sum((s * v * v for s, v in zip(w, y, strict=True)), Fraction(0))
    for size in range(1, len(X) + 1):
        for S in combinations(range(len(X)), size):
            G, H, constant = weighted([X[i] for i in S], [list(y)], w)
            b = solution(G, [[v] for v in H[0]])
            if b is not None and all(v[0] >= 0 for v in b):
                best = min(best, constant - dot(H[0], [v[0] for v in b]))
    return best


def huber(X: Rows, y: Sequence[Fraction], w: Sequence[Fraction], delta: Fraction) -> Fraction | None:
    """Min Σ w ρ(x'b − y): a b whose errors lie where the equations of a pattern say is optimal, by convexity."""
    n = len(y)
    used = independent(X)
    X = [X[i] for i in used]
    for pattern in product((0, 1, -1), repeat=n):
        inside = [w[j] if not s else Fraction(0) for j, s in enumerate(pattern)]
        G, H, _ = weighted(X, [list(y)], inside)
        pull = [h - sum((delta * s * w[j] * row[j] for j, s in enumerate(pattern)), Fraction(0))
                for h, row in zip(H[0], X, strict=True)]  # fmt: skip
        b = solution(G, [[v] for v in pull])
        if b is None:
            continue
        e = [sum((row[j] * c[0] for row, c in zip(X, b, strict=True)), Fraction(0)) - y[j] for j in range(n)]
        if all(abs(v) <= delta if not s else s * v >= delta for v, s in zip(e, pattern, strict=True)):
            return sum((w[j] * penalty(v, "huber", delta) for j, v in enumerate(e)), Fraction(0))
    return None  # a pattern with a singular matrix, whose particular solution leaves the pattern


def penalty(e: Fraction, loss: str, delta: Fraction | None = None) -> Fraction:
    """ρ(e)."""
    if loss == "absolute":
        return abs(e)
    if loss == "huber" and delta is not None and abs(e) > delta:
        return 2 * delta * abs(e) - delta * delta
    return e * e


def network_loss(
    W: Rows, X: Rows, Y: Rows, weights: Rows, loss: str = "squared", delta: Fraction | None = None,
    ridge: Fraction = Fraction(0),
) -> Fraction:  # fmt: skip
    """Σ w ρ(WX − Y) + μ‖W‖²."""
    total = ridge * sum((v * v for row in W for v in row), Fraction(0))
    for fit, y, w in zip(times(W, X), Y, weights, strict=True):
        total += sum((c * penalty(a - b, loss, delta) for a, b, c in zip(fit, y, w, strict=True)), Fraction(0))
    return total
