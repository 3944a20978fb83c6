"""Linear networks of circular convolutions with weight decay: a penalty on the spectrum of the filter.

    min  ‖(w_L ∗ ⋯ ∗ w_1) applied to the samples − Y‖² + (λ/2) Σ_l ‖w_l‖²    over real filters w_l of length d      (1)

The discrete Fourier transform turns ∗ into a product frequency by frequency, ŵ = Π ŵ_l, and ‖w_l‖² = Σ|ŵ_l|²/d, so the
mean of the squares is least at equal moduli: with a = ŵ/√d

    min (λ/2) Σ_l ‖w_l‖² = (λL/2) d^{1/L − 1} Σ_k |a_k|^{2/L}                                                    (2)

[GunasekarLeeSoudrySrebro2018], which is attained by real filters: conjugate frequencies have equal moduli, and the
first filter takes the phases. So depth two is a convex program (a group norm of the spectrum), and more layers are

    x = (x_0; s_k, s_k², …, s_k^L; a_k),   s_k^i s_k^j = s_k^h s_k^g for i + j = h + g,   |a_k| = s_k^L,

quadrics in second-order cones (for two layers |a_k| ≤ s_k² is enough). Where the outputs are whole signals, y = w ∗ x,
frequencies separate, and level 0 is exact: the moments of s_k form a Hankel matrix ⪰ 0, E|a_k|² = E s_k^{2L} and
|E a_k| ≤ E s_k^L, so that the level is at least the minimum of a polynomial g s^{2L} − 2h s^L + κs², and on R that is
attained at s ≥ 0. A zero filter bounds the decay at the optimum, hence s_k ≤ S, and the cone holds s_k in units of such
an S, a power of two.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import log2
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic.rationals import compact, nearest, rational
from copos.cones import Cone, NonNegative, SecondOrder
from copos.forms import Forms
from copos.program import CompletelyPositiveProgram, Recovered
from copos.support.given import real_array, real_number
from copos.support.looks import one_line

TOO_LARGE = "products of X and Y are beyond the doubles: give X and Y in other units"
Array = NDArray[Any]

BITS = 40  # of the roots and directions of rational atoms
STARTS = 6  # random filters that descent begins from, besides the one that is read off the moments


@one_line
@dataclass(frozen=True, eq=False)
class CirculantNetwork:
    """x ↦ w_L ∗ ⋯ ∗ w_1 ∗ x on circles of d places; `filters` (L, d) are w_1, …, w_L."""

    filters: NDArray[np.float64]

    @property
    def filter(self) -> NDArray[np.float64]:
        """w = w_L ∗ ⋯ ∗ w_1."""
        return np.fft.irfft(np.prod(np.fft.rfft(self.filters), axis=0), self.filters.shape[1])

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """w ∗ x for the columns of X (d, n)."""
        X = real_array(X, "X")
        return np.fft.irfft(np.fft.rfft(self.filter)[:, None] * np.fft.rfft(X, axis=0), len(X), axis=0)

    @property
    def decay(self) -> float:
        """½ Σ_l ‖w_l‖²."""
        return float((self.filters**2).sum()) / 2


@dataclass(frozen=True)
class _Places:
    """Where the coordinates stand: x_0, then s_k, …, s_k^{L−1}, and (s_k^L, a_k) for each frequency 0 ≤ k ≤ d/2."""

    d: int
    depth: int

    @property
    def sizes(self) -> list[int]:
        """Real coordinates of a_k: one at frequency 0 and at d/2, else two."""
        return [1 if 2 * k % self.d == 0 else 2 for k in range(self.d // 2 + 1)]

    @property
    def starts(self) -> list[int]:
        """The place of s_k."""
        return [1, *(1 + int(v) for v in np.cumsum([self.depth + m for m in self.sizes])[:-1])]

    @property
    def dim(self) -> int:
        return 1 + sum(self.depth + m for m in self.sizes)

    def power(self, k: int, i: int) -> int:
        """The place of s_k^i; x_0 for i = 0."""
        return self.starts[k] + i - 1 if i else 0

    @property
    def spectrum(self) -> list[int]:
        """The places of all a_k."""
        return [start + self.depth + i for start, m in zip(self.starts, self.sizes, strict=True) for i in range(m)]

    def cone(self) -> Cone:
        """R_+ × Π_k R_+^{L−1} × {(t, a) : |a| ≤ t}, and s_k^i ≤ x_0."""
        K = NonNegative(1)
        for m in self.sizes:
            K = K * NonNegative(self.depth - 1) * SecondOrder(1 + m)
        for k in range(len(self.sizes)):
            for i in range(1, self.depth + 1):
                row = np.zeros(self.dim)
                row[0], row[self.power(k, i)] = 1.0, -1.0
                K = K.restrict(row)

        def sampler(rng: np.random.Generator) -> Array:
            turn = [rng.standard_normal(m) for m in self.sizes]
            roots = rng.random(len(turn))
            short = rng.random() if self.depth == 2 else 1.0
            a = [v * s**self.depth * short / np.linalg.norm(v) for v, s in zip(turn, roots, strict=True)]
            return np.array(self.point(roots, a), dtype=float) * rng.exponential()

        return K.with_sampler(sampler).with_unit(np.eye(self.dim)[0])

    def vanishing(self) -> Forms:
        """s^i s^j = s^h s^g, and s^{2L} = |a|² for more than two layers."""
        terms: list[tuple[int, int, int, float]] = []
        row = 0
        for k in range(len(self.sizes)):
            for total in range(2, 2 * self.depth - 1):
                pairs = [(i, total - i) for i in range(max(0, total - self.depth), total // 2 + 1)]
                for i, j in pairs[:-1]:
                    g, h = pairs[-1]
                    terms += [(row, self.power(k, i), self.power(k, j), 1.0),
                              (row, self.power(k, g), self.power(k, h), -1.0)]  # fmt: skip
                    row += 1
            if self.depth > 2:
                first = self.power(k, self.depth)
                terms += [(row, first + i, first + i, -1.0 if i else 1.0) for i in range(self.sizes[k] + 1)]
                row += 1
        if not terms:
            return Forms.none(self.dim)
        at, i, j, value = zip(*terms, strict=True)
        return Forms.from_terms(np.array(at), np.array(i), np.array(j), np.array(value), row, self.dim)

    def point(self, roots: Iterable[Any], a: Iterable[Any]) -> list[Any]:
        """(1; s, …, s^L; a)."""
        out: list[Any] = [1]
        for s, part in zip(roots, a, strict=True):
            out += [*(s**i for i in range(1, self.depth + 1)), *part]
        return out


def real_transform(d: int) -> NDArray[np.float64]:
    """The orthonormal real Fourier basis, rows cos and sin frequency by frequency, in doubles.

    >>> real_transform(2).round(3).tolist()
    [[0.707, 0.707], [0.707, -0.707]]
    """
    place = np.arange(d)
    rows = []
    for k in range(d // 2 + 1):
        angle = 2 * np.pi * ((k * place) % d) / d
        if 2 * k % d == 0:
            rows.append(np.cos(angle) / np.sqrt(d))
        else:
            rows += [np.cos(angle) * np.sqrt(2 / d), np.sin(angle) * np.sqrt(2 / d)]
    return np.array(rows)


def circulant_network(X: ArrayLike, Y: ArrayLike, depth: int, weight_decay: float) -> CompletelyPositiveProgram:
    """Min ‖f(X) − Y‖² + (λ/2) Σ_l ‖w_l‖² for f(x) = w_L ∗ ⋯ ∗ w_1 ∗ x, or its place 0 if Y has one number a sample.

    Parameters
    ----------
    X : (d, n) signals on a circle of d places, one a column
    Y : (d, n) signals, or (n,) numbers
    depth : L ≥ 2 filters of full length
    weight_decay : λ > 0

    Returns
    -------
    CompletelyPositiveProgram
        1 + L(⌊d/2⌋ + 1) + d coordinates. Exact at level 0 for two layers, and for signals as outputs. The samples
        enter as a Gram matrix of their spectra in doubles: the proof is about the program with these. `recover` returns
        a `CirculantNetwork`, `atom` takes one.

    Raises
    ------
    ValueError
        If shapes or numbers do not fit.

    References
    ----------
    [GunasekarLeeSoudrySrebro2018] for the penalty.

    Examples
    --------
    A filter that is an impulse of height 2: every a_k is 1, shrunk by λ/(2√d) = ¼ each: 4(1 − (3/4)²).

    >>> import copos
    >>> impulse = np.eye(4)[:, :1]
    >>> bound = copos.bracket(circulant_network(impulse, 2 * impulse, depth=2, weight_decay=1.0))
    >>> round(bound.lower, 5), round(bound.upper, 5)
    (1.75, 1.75)
    """
    X, Y = real_array(X, "X"), real_array(Y, "Y")
    if X.ndim != 2 or 0 in X.shape or Y.shape not in (X.shape, X.shape[1:]):
        raise ValueError(f"X of shape {X.shape} and Y of shape {Y.shape}; expected (d, n) and (d, n) or (n,)")
    if not isinstance(depth, int | np.integer) or isinstance(depth, bool) or depth < 2:
        raise ValueError(f"depth is {depth!r}; expected an integer ≥ 2")
    real_number(weight_decay, "weight_decay", least=0)
    if not weight_decay:
        raise ValueError("weight_decay is 0; without it depth changes nothing: the filter is linear least squares")
    d, L, decay = len(X), int(depth), float(weight_decay)
    at = _Places(d, L)
    # (w ∗ x)_p = Σ_q x_{p−q} w_q
    shifted = X[(np.arange(d)[:, None] - np.arange(d)) % d]
    rows, y = (shifted[0].T, Y) if Y.ndim == 1 else (shifted.transpose(2, 0, 1).reshape(-1, d), Y.T.ravel())
    F = real_transform(d)
    with np.errstate(over="ignore", invalid="ignore"):
        design = rows @ F.T
        squares = float(y @ y) + float((design**2).sum())
    if not np.isfinite(squares):
        raise ValueError(TOO_LARGE)
    shares = np.array([decay * L / 2 * d ** (1 / L - 1) * m ** (1 - 1 / L) for m in at.sizes])
    # the decay at an optimum is at most what a filter gains over none, so s ≤ S with room for rounding; 1 if Y = 0
    least = design @ np.linalg.lstsq(design, y, rcond=None)[0] - y
    gain = 1.01 * float(y @ y - least @ least) + 1e-6 * float(y @ y)
    unit = 2.0 ** int(np.ceil(log2(max(gain / shares.min(), 2.0**-500)) / 2)) if gain else 1.0
    weight = Fraction(unit) ** L

    def value(filters: Array) -> tuple[float, Array]:
        """The objective (1) and its gradient in the filters."""
        net = CirculantNetwork(filters.reshape(L, d))
        w = net.filter
        error = rows @ w - y
        slope = np.fft.rfft(2 * rows.T @ error)
        spectra = np.fft.rfft(net.filters)
        others = np.stack([np.prod(np.delete(spectra, k, 0), axis=0) for k in range(L)])
        return float(error @ error) + decay * net.decay, (
            np.fft.irfft(slope * others.conj(), d) + decay * net.filters
        ).ravel()

    def scaled(network: CirculantNetwork | ArrayLike) -> list[Array]:
        """a in units of S^L, frequency by frequency."""
        w = network.filter if isinstance(network, CirculantNetwork) else real_array(network, "w")
        if w.shape != (d,):
            raise ValueError(f"expected filters of length {d}, got shape {w.shape}")
        return np.split(F @ w / float(weight), np.cumsum(at.sizes)[:-1])

    def atom(network: CirculantNetwork | ArrayLike) -> Array:
        parts = scaled(network)
        return np.array(at.point([np.linalg.norm(a) ** (1 / L) for a in parts], parts), dtype=float)

    def exact_atom(network: CirculantNetwork | ArrayLike) -> list[Fraction]:
        roots = [Fraction(round(np.ldexp(np.linalg.norm(a) ** (1 / L), BITS)), 1 << BITS) for a in scaled(network)]
        turns = [_direction(a) for a in scaled(network)]
        return at.point(roots, [[s**L * v for v in turn] for s, turn in zip(roots, turns, strict=True)])

    @np.errstate(over="ignore", invalid="ignore")  # a search may try what is too large
    def recover(moments: Array) -> Recovered:
        from scipy import optimize  # slow to import

        rng = np.random.default_rng(0)
        first = F.T @ (moments[0, at.spectrum] / (moments[0, 0] or 1.0)) * float(weight)
        size = np.linalg.norm(first) / d or 1.0
        starts = [first, *size * rng.standard_normal((STARTS, d))]
        found = [optimize.minimize(value, balanced(w, L).filters.ravel(), jac=True, method="L-BFGS-B",
                                   options={"maxiter": 500, "ftol": 1e-15, "gtol": 1e-10}) for w in starts]  # fmt: skip
        best = balanced(CirculantNetwork(min(found, key=lambda r: r.fun).x.reshape(L, d)).filter, L)
        return Recovered(best, value(best.filters.ravel())[0], atom(best))

    objective = _objective(np.column_stack([-y, design]), at, weight, shares * unit**2)
    kind = "numbers" if Y.ndim == 1 else "signals"
    return CompletelyPositiveProgram(
        at.cone(),
        objective,
        [(sp.coo_array(([1.0], ([0], [0])), shape=(at.dim, at.dim)), 1.0)],
        at.vanishing(),
        f"{L} circular convolutions of length {d}, {kind} as outputs, weight decay",
        recover,
        atom,
        exact_atom=exact_atom,
    )


def balanced(w: Array, depth: int) -> CirculantNetwork:
    """The factors of a filter that (2) is attained by: equal moduli, the phases in the first one."""
    spectrum = np.fft.rfft(w)
    moduli = np.abs(spectrum)
    phase = np.where(moduli > 0, spectrum / np.where(moduli > 0, moduli, 1.0), 1.0)
    root = moduli ** (1 / depth)
    return CirculantNetwork(np.fft.irfft(np.stack([root * phase, *[root] * (depth - 1)]), len(w)))


def _objective(rows: Array, at: _Places, weight: Fraction, shares: Array) -> Forms:
    """‖rows·(x_0, a)‖² + Σ_k share_k s_k² x_0 for a in units of `weight`."""
    R = rows.copy()
    with np.errstate(over="ignore", invalid="ignore"):
        R[:, 1:] *= nearest(weight)
        G = R.T @ R
    if not np.isfinite(G).all():
        raise ValueError(TOO_LARGE)
    places = np.array([0, *at.spectrum])
    i, j = np.triu_indices(len(places))
    pairs = np.where(i == j, 1.0, 2.0) * G[i, j]
    loss = Forms.from_terms(0 * i, places[i], places[j], pairs, 1, at.dim)
    k = np.array([at.power(k, 2) for k in range(len(at.sizes))])
    decay = Forms.from_terms(0 * k, 0 * k, k, compact([rational(float(v)) for v in shares]), 1, at.dim)
    return Forms.stack([loss, decay]).combine(np.ones(2))


def _direction(a: Array) -> list[Fraction]:
    """A rational unit vector near a/|a|, of length one or two."""
    if len(a) == 1:
        return [Fraction(-1 if a[0] < 0 else 1)]
    half = float(np.arctan2(a[1], a[0])) / 2  # the tangent of half the angle gives rational points of the circle
    swap = abs(half) > np.pi / 4
    u = Fraction(round(np.ldexp(1 / np.tan(half) if swap else np.tan(half), BITS)), 1 << BITS)
    cos = (1 - u * u) / (1 + u * u)
    return [-cos if swap else cos, 2 * u / (1 + u * u)]
