"""Two-layer polynomial networks of fixed width with weight decay, as a completely positive program.

    min  ½ Σ_i (f(x_i) − y_i)² + (β/2) Σ_j (‖u_j‖² + α_j²),    f(x) = Σ_{j≤m} α_j σ(x'u_j),   σ(z) = az² + bz + c

With p_j = α_ju_j and T = Σ_j p_ju_j' the prediction x'(aT)x + b x'Σp_j + cΣα_j is linear, so the objective is a
quadratic form in x = (x_0, u, α, p, T), whatever the number of samples, and quadrics vanish at every atom:

    x_0p_j = α_ju_j,     x_0T = Σ_j p_ju_j',     p_jiu_jk = p_jku_ji.

A known objective bounds the decay at the optimum by R² = 2(upper − smallest loss)/β, the loss being at least that of
least squares on the monomials. With u and α in units of R, p of R²/2 and T of 2R³/5 all lie in unit balls, because
Σ‖α_ju_j‖ ≤ 1/2 and ‖Σα_ju_ju_j'‖ ≤ 2/√27 < 2/5 where Σ‖u_j‖² + Σα_j² ≤ 1. So K is a product of second-order cones with
one head x_0, and the vanishing forms have rational coefficients. R matters: levels are much weaker on a larger ball.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from copos.arithmetic import svec
from copos.arithmetic.rationals import rounded_down, rounded_up
from copos.cones import Cone, SecondOrder
from copos.forms import Forms
from copos.polynomial.decayed import DecayedNetwork, DecayedTraining, read_training
from copos.polynomial.decayed_units import Units, in_units
from copos.polynomial.exact import whole
from copos.program import CompletelyPositiveProgram, Recovered
from copos.support.given import real_array

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class Coordinates:
    """Where (x_0, u, α), (head, p) and (head, T) stand: three balls."""

    width: int
    d: int

    @property
    def u(self) -> Index:
        """(m, d) places of the first layers."""
        return 1 + np.arange(self.width * self.d).reshape(self.width, self.d)

    @property
    def alpha(self) -> Index:
        """(m,) places of the second layer."""
        return 1 + self.width * self.d + np.arange(self.width)

    @property
    def p(self) -> Index:
        """(m, d) places of α_ju_j."""
        return self.u + self.balls[0]

    def T(self, row: ArrayLike, col: ArrayLike) -> Index:
        """Places of the entries of Σα_ju_ju_j'."""
        return self.balls[0] + self.balls[1] + 1 + svec.position(row, col)

    @property
    def balls(self) -> tuple[int, int, int]:
        """Coordinates of each ball with its head."""
        return 1 + self.width * (self.d + 1), 1 + self.width * self.d, 1 + svec.length(self.d)

    @property
    def dim(self) -> int:
        """Ambient coordinates."""
        return sum(self.balls)

    def cone(self) -> Cone:
        """The three balls with one head."""
        # the arrow matrices would make level 1 large; forms alone make every level small, and level 2 very tight
        first, second, third = (SecondOrder(k, "quadratic") for k in self.balls)
        K = first * second * third
        heads = np.cumsum([0, *self.balls])
        rows = np.zeros((2, self.dim))
        rows[:, 0], rows[[0, 1], heads[1:3]] = 1.0, -1.0

        def sampler(rng: np.random.Generator) -> Array:
            x = K.sample(rng)
            for start, stop in zip(heads, heads[1:], strict=False):
                x[start:stop] /= max(x[start], 1e-300)
            return x * rng.exponential()

        return K.slice(sp.csr_array(rows), sampler).with_unit(np.eye(self.dim)[0])

    def vanishing(self, balance: float | None = None) -> Forms:
        """x_0p = 2αu, x_0T = (5/4) Σ_j p_ju_j', p_j ∥ u_j, in units of R; and ‖u_j‖² = balance·α_j²."""
        m, d, u, p, alpha = self.width, self.d, self.u, self.p, self.alpha
        forms: list[list[tuple[int, int, float]]] = []
        for j in range(m):
            forms += [[(0, p[j, i], 1.0), (alpha[j], u[j, i], -2.0)] for i in range(d)]
            pairs = zip(*np.triu_indices(d, 1), strict=True)
            forms += [[(p[j, i], u[j, k], 1.0), (p[j, k], u[j, i], -1.0)] for i, k in pairs]
            if balance is not None:
                forms.append([(alpha[j], alpha[j], -balance), *((k, k, 1.0) for k in u[j])])
        for i, k in zip(*svec.triangle(d), strict=True):
            sums = [(p[j, s], u[j, t], -0.625) for j in range(m) for s, t in ((i, k), (k, i))]
            forms.append([(0, int(self.T(i, k)), 1.0), *sums])
        row = np.repeat(np.arange(len(forms)), [len(f) for f in forms])
        a, b, value = zip(*(term for f in forms for term in f), strict=True)
        return Forms.from_terms(row, a, b, value, len(forms), self.dim)

    def point(self, u: NDArray[Any], alpha: NDArray[Any]) -> list[Any]:
        """(1, u, α, 1, p, 1, T) in units of R; exact for Fractions."""
        p = 2 * alpha[:, None] * u
        T = (p.T @ u) * (Fraction(5, 4) if p.dtype == object else 1.25)
        one = Fraction(1) if p.dtype == object else 1.0
        return [one, *u.ravel(), *alpha, one, *p.ravel(), one, *T[svec.triangle(self.d)]]


def decayed_network(
    X: ArrayLike,
    y: ArrayLike,
    width: int,
    beta: float,
    activation: str | ArrayLike = "published",
    *,
    balanced: bool = False,
    upper: float | DecayedNetwork | None = None,
    starts: int = 20,
) -> CompletelyPositiveProgram:
    """Training with weight decay:  min ½Σ(f(x_i) − y_i)² + (β/2) Σ_j (‖u_j‖² + α_j²),  f(x) = Σ_{j≤m} α_jσ(x'u_j).

    Parameters
    ----------
    X : (n, d) samples, d small; append a column of ones for a bias in the first layer
    y : (n,) targets
    width : number m of neurons
    beta : weight decay, positive
    activation : a name or (a, b, c) with σ(z) = az² + bz + c, as in `polynomial_network`
    balanced : impose ‖u_j‖² = 2α_j² (b = c = 0) or ‖u_j‖² = α_j² (a = c = 0), which some optimum satisfies because a
        neuron may be rescaled without a change of f; then only such networks have atoms
    upper : a known network, or an objective that one has; by default that of the best of `starts` descents, which a
        number must not be below. It fixes the radius of the ball; only networks within it have atoms
    starts : random starts of descent, here and in `recover`

    Returns
    -------
    CompletelyPositiveProgram
        1 + m(2d + 1) + d(d + 1)/2 coordinates for any number of samples. `recover` returns a `DecayedNetwork`.

    Raises
    ------
    ValueError
        On shapes that disagree, entries that are not finite, a width or β that is not positive, `balanced` for an
        activation that is not homogeneous, or an `upper` that no network is known to have; if coefficients of the
        program are beyond the doubles.

    References
    ----------
    [BartanPilanci2021] for the activation and the NP-hardness of weight decay.

    Examples
    --------
    >>> import copos
    >>> program = decayed_network([[1.0], [2.0]], [1.0, -1.0], width=1, beta=0.1, activation="quadratic")
    >>> bound = copos.bracket(program, level=2)
    >>> bound.proved, 0 <= bound.gap <= 1e-5
    (True, True)
    """
    training = read_training(X, y, beta, activation)
    if not isinstance(width, int | np.integer) or isinstance(width, bool) or width < 1:
        raise ValueError(f"width is {width!r}; expected an integer ≥ 1")
    if not isinstance(starts, int | np.integer) or starts < 1:
        raise ValueError(f"starts is {starts!r}; expected an integer ≥ 1")
    balance = _balance(training) if balanced else None
    at = Coordinates(int(width), training.X.shape[1])
    units = in_units(training)
    inner = units.training
    R = inner.radius(_known(units, at, upper, starts))

    def atom(network: DecayedNetwork) -> Array:
        layers = (np.ldexp(_rows(M, at), -units.p) / R for M in (network.u, network.alpha))
        return np.array(at.point(*layers), dtype=float)

    def exact_atom(network: DecayedNetwork) -> Sequence[Fraction]:
        length = units.weight * Fraction(R)
        exact = np.frompyfunc(lambda v: Fraction(v) / length, 1, 1)
        return at.point(*(np.asarray(exact(_rows(M, at))) for M in (network.u, network.alpha)))

    def recover(moments: Array) -> Recovered:
        top = np.linalg.eigh(moments)[1][:, -1]
        guesses = [R * x / (x[0] if x[0] else 1.0) for x in (moments[0], top)]
        first = [DecayedNetwork(x[at.u], x[at.alpha], inner.activation) for x in guesses]
        found = units.network(inner.search(at.width, np.random.default_rng(1), starts, first)[0])
        return Recovered(found, training.objective_above(found), atom(found))

    one = sp.coo_array(([1.0], ([0], [0])), shape=(at.dim, at.dim))
    name = f"polynomial network with weight decay, width {width}"
    forms = at.vanishing(balance)
    return CompletelyPositiveProgram(
        at.cone(), _objective(inner, at, R, units.value), [(one, 1.0)], forms, name, recover, atom,
        exact_atom=None if balanced else exact_atom,
    )  # fmt: skip


def _known(units: Units, at: Coordinates, upper: float | DecayedNetwork | None, starts: int) -> float:
    """An objective that some network of this width has, in units″, rounded up."""
    given, value = units.given, units.value
    if isinstance(upper, DecayedNetwork):
        rows = DecayedNetwork(_rows(upper.u, at), _rows(upper.alpha, at), given.activation)
        return rounded_up(given.exact_objective(rows) / value)
    if upper is not None and not np.isfinite(upper):
        raise ValueError(f"upper is {upper!r}; expected a finite number, a network or None")
    least = units.training.least_loss
    if upper is not None and Fraction(upper) < least * value:
        raise ValueError(f"upper is {upper!r}, but the loss alone is at least {rounded_down(least * value):.9g}")
    best = units.training.search(at.width, np.random.default_rng(0), starts)[1]
    if upper is not None and Fraction(upper) < Fraction(best) * value * (1 - Fraction(1, 10**9)):
        known = rounded_up(Fraction(best) * value)
        raise ValueError(f"upper is {upper!r}, but the best of {starts} descents has {known!r}: pass a network with it")
    return best if upper is None else max(rounded_up(Fraction(upper) / value), best)


def _objective(training: DecayedTraining, at: Coordinates, R: float, times: Fraction) -> Forms:
    """(½ Σ (L_i x)² + (β/2) R² |(u, α)|²)·times with L_i x = f(x_i) − x_0 y_i, in rational numbers."""
    a, b, c, r = (Fraction(v) for v in (*training.activation, R))
    columns, bits = training.products
    y, y_bits = whole(training.y)
    i, k = svec.triangle(at.d)
    # column of L ↦ (a column of integers, its factor)
    whole_columns = np.column_stack([columns, y.astype(object)])
    unit, pairs = Fraction(1, 1 << bits), len(i)
    terms = [(0, -1, -Fraction(2) ** -y_bits)]
    terms += [(int(v), -2, r * c * unit) for v in at.alpha]
    terms += [(int(at.p[j, s]), pairs + s, r**2 * b * unit / 2) for j in range(at.width) for s in range(at.d)]
    terms += [(int(v), s, Fraction(2, 5) * r**3 * a * unit * (1 if i[s] == k[s] else 2))
              for s, v in enumerate(at.T(i, k))]  # fmt: skip
    terms = [term for term in terms if term[2]]
    G = whole_columns.T @ whole_columns
    entries = [(p, q, s * t * int(G[m, n])) for x, (p, m, s) in enumerate(terms) for q, n, t in terms[x:]]
    # the coefficient of a monomial has ½ for a square, and both of the equal halves for a product
    where = [(p, q, v / 2 if p == q else v) for p, q, v in entries if v]
    where += [(int(v), int(v), Fraction(training.beta) * r**2 / 2) for v in (*at.u.ravel(), *at.alpha)]
    p, q, values = zip(*where, strict=True)
    coefficients = np.array([v * times for v in values], dtype=object)
    if max(map(abs, coefficients)) > Fraction(np.finfo(float).max) / 2:
        raise ValueError("the objective in units of the largest weights has coefficients beyond the doubles: "
                         "give X, y and beta in other units")  # fmt: skip
    return Forms.from_terms(np.zeros(len(p), dtype=np.int64), p, q, coefficients, 1, at.dim)


def _rows(M: Array, at: Coordinates) -> Array:
    """A layer with neurons of zero appended up to the width."""
    M = real_array(M, "a layer")
    expected = (at.d,) if M.ndim == 2 else ()
    if len(M) > at.width or M.shape[1:] != expected:
        raise ValueError(f"a layer has shape {M.shape}; expected at most {at.width} neurons on {at.d} features")
    return np.concatenate([M, np.zeros((at.width - len(M), *expected))])


def _balance(training: DecayedTraining) -> float:
    """‖u‖²/α² at the best scaling of a neuron."""
    a, b, c = training.activation
    if c != 0 or (a != 0 and b != 0):
        raise ValueError(f"balanced needs σ(z) = az² or σ(z) = bz, not the coefficients {(a, b, c)}")
    return 2.0 if a != 0 else 1.0
