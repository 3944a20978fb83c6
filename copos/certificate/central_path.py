"""A better-centred dual: a primal–dual interior point method that ends on the identity of a level.

    max  b'λ    s.t.  objective = equations' λ + map' g,  G_s ⪰ 0;      min  c'w    s.t.  B_s = q + M w ⪰ 0,  F w = p

are dual to each other in the moments w that are left after substitution, y = T w + t (T, t = `relaxation.back`),
M = map' T, q = map' t. A solver stops where its residuals are about as large as the smallest eigenvalues of G_s, and
then moving onto the identity costs bound. Here the steps are those of Nesterov and Todd with Mehrotra's corrector:
with W B W = G, W = PP', P'BP = P⁻¹GP⁻ᵀ = D, every step needs S = M'(W ⊗ W)M only, and so does moving onto the
identity in the metric of W, which moves small eigenvalues least. What is then lost is tr BG.

The start is exactly centred: from V = B − G of the solver's answer, B, G = (±V + (V² + 4μ)^½)/2 have BG = μI. Where the
moments have no interior point, B is allowed to leave q + M w by a share of that start which falls with μ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import scipy.linalg as la
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import lsqr

from copos.arithmetic import svec
from copos.certificate.dual import Dual, project
from copos.hierarchy import Relaxation

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
STEPS = 40
START = 1e-1  # √μ of the start, relative to the largest eigenvalue of V
TO_BOUNDARY = 0.98
REFINEMENTS = 6  # with the operator itself
SHIFT = 1e-14  # of the equilibrated normal equations


class Pair(NamedTuple):
    """Moments w, slacks b (all B_s), Gram matrices g and the multipliers of F."""

    w: Vector
    b: Vector
    g: Vector
    multipliers: Vector


def centred(
    start: Dual, relaxation: Relaxation, moments: Vector | None, need: Callable[[Dual], Vector], accuracy: float
) -> Dual:
    """The best dual on the way to a gap of `accuracy` whose blocks have the floors `need`; `start` if there is none.

    `moments` are those of the solver's answer, or None. A late point lacks a little where rounding in the normal
    equations outgrows its smallest eigenvalues: it is mixed with an early one, which is far inside.
    """
    path, best, inner = _Path(start, relaxation), start, list[tuple[Dual, Vector]]()
    pair, last, stuck = path.start(moments), np.inf, 0
    for _ in range(STEPS):
        try:
            scaling, gap = _Scaling(path, pair), float(pair.b @ pair.g)
            if path.short(pair) < path.close and gap < 0.5 * last:
                last, found = gap, path.dual(pair, scaling)
                floors, wanted = found.floors(), need(found)
                for point in [found] if (floors >= wanted).all() else _mixed(found, floors, wanted, inner):
                    if (best is start or point.value > best.value) and (point.floors() >= need(point)).all():
                        best = point
                if (floors >= 2 * wanted).all():
                    inner.append((found, floors))
            if gap < accuracy or stuck == 3:
                break
            pair, length = path.step(pair, scaling)
        except (np.linalg.LinAlgError, ValueError):  # what a factorization says of an iterate beyond double precision
            break
        stuck = stuck + 1 if length < 0.05 else 0
    return best


def _mixed(found: Dual, floors: Vector, need: Vector, inner: list[tuple[Dual, Vector]]) -> Iterator[Dual]:
    """Mixtures with points far inside that have the floors; smallest eigenvalues are concave."""
    gap = np.maximum(1.1 * need - floors, 0.0)
    for other, depth in inner:
        share = float((gap / np.maximum(gap + depth - need, 1e-300)).max())
        yield project(found.mix(other, share))


class _Scaling:
    """W, P, P⁻¹ and D of every block at a pair; the scalars first, as vectors."""

    def __init__(self, path: _Path, pair: Pair) -> None:
        s = path.scalars
        self.path = path
        b, g = pair.b[:s], pair.g[:s]
        if (b <= 0).any() or (g <= 0).any():
            raise np.linalg.LinAlgError("a scalar left the cone")
        self.scalar_w, self.scalar_d = np.sqrt(g / b), np.sqrt(g * b)
        self.P, self.back, self.D, self.W = list[Matrix](), list[Matrix](), list[Vector](), list[Matrix]()
        for B, G in zip(path.matrices(pair.b), path.matrices(pair.g), strict=True):
            L, R = np.linalg.cholesky(B), np.linalg.cholesky(G)
            U, d, Vt = np.linalg.svd(R.T @ L)
            self.P.append(R @ (U / np.sqrt(d)))
            self.back.append((Vt / np.sqrt(d)[:, None]) @ L.T)  # P⁻¹, since P' L = D^½ V'
            self.D.append(d)
            self.W.append(self.P[-1] @ self.P[-1].T)
        self.solve = path.newton_system(self)

    def both(self, v: Vector) -> Vector:
        """WVW."""
        inner = [svec.svec(P @ (P.T @ V @ P) @ P.T) for P, V in zip(self.P, self.path.matrices(v), strict=True)]
        return np.concatenate([self.scalar_w**2 * v[: self.path.scalars], *inner])

    def of_slack(self, v: Vector) -> list[Matrix]:
        """P'VP, block by block; the scalars first."""
        first = self.scalar_w * v[: self.path.scalars]
        return [first, *(P.T @ V @ P for P, V in zip(self.P, self.path.matrices(v), strict=True))]

    def of_gram(self, v: Vector) -> list[Matrix]:
        """P⁻¹VP⁻ᵀ, block by block; the scalars first."""
        first = v[: self.path.scalars] / self.scalar_w
        return [first, *(Q @ V @ Q.T for Q, V in zip(self.back, self.path.matrices(v), strict=True))]

    def gram(self, blocks: list[Matrix]) -> Vector:
        """PKP', the inverse of `of_gram`."""
        inner = [svec.svec(P @ K @ P.T) for P, K in zip(self.P, blocks[1:], strict=True)]
        return np.concatenate([self.scalar_w * blocks[0], *inner])

    def longest(self, blocks: list[Matrix]) -> float:
        """How far D + α·blocks stays in the cone."""
        low = float((blocks[0] / self.scalar_d).min(initial=0.0))
        for d, X in zip(self.D, blocks[1:], strict=True):
            low = min(low, float(np.linalg.eigvalsh(X / np.sqrt(d)[:, None] / np.sqrt(d))[0]))
        return min(1.0, TO_BOUNDARY / max(-low, 1e-300))


class _Path:
    def __init__(self, start: Dual, relaxation: Relaxation) -> None:
        self._start, identity = start, start.identity
        self.identity, self.rows, self.scalars = identity, int(identity.sizes.sum()), identity.scalars
        self._kept = relaxation.kept
        self._T = sp.csr_array(relaxation.back[:, :-1])
        self._t = t = relaxation.back[:, [-1]].toarray()[:, 0]
        self._M, self._q = sp.csr_array(identity.map.T @ self._T), identity.map.T @ t
        E = identity.equations[:, self._kept]
        self._F, self._p = (E.T @ self._T).toarray(), identity.values[self._kept] - E.T @ t
        self._c, self._constant = self._T.T @ identity.target, float(t @ identity.target)
        self.close = 1e-7 * max(1.0, float(np.abs(self._c).max(initial=0.0)))
        self._parts, at = [], self.scalars
        for n in identity.sizes[self.scalars :].tolist():
            span = slice(at, at + int(svec.length(n)))
            used = np.unique(self._M[span].indices)
            i, j = svec.triangle(n)
            weight = np.where(i == j, np.sqrt(0.5), 1.0)
            M = sp.csr_array((sp.diags_array(weight) @ self._M[span][:, used]).T)
            self._parts.append((... if len(used) == self._M.shape[1] else np.ix_(used, used), M))
            at = span.stop

    def matrices(self, v: Vector) -> list[Matrix]:
        """Blocks of order > 1."""
        return self.identity.matrices(v)

    def start(self, moments: Vector | None) -> Pair:
        """A pair with BG = μI near the solver's answer."""
        y = self._t if moments is None else moments
        x = lsqr(self._T, y - self._t, atol=1e-15, btol=1e-15)[0]
        b, g = self._q + self._M @ x, self._start.g
        ratio = np.sqrt(max(float(np.abs(g).max()), 1e-12) / max(float(np.abs(b).max()), 1e-12))
        v = b * ratio - g / ratio
        root = START * max(float(np.abs(v).max()), 1e-12)
        s = self.scalars
        size = np.hypot(v[:s], 2 * root)
        plus, minus = [(size + v[:s]) / 2], [(size - v[:s]) / 2]
        for V in self.matrices(v):
            value, vector = np.linalg.eigh(V)
            size = np.hypot(value, 2 * root)
            # the smaller one as μ over the larger: no cancellation
            large = (size + np.abs(value)) / 2
            small = root**2 / large
            up = value > 0
            plus.append(svec.svec((vector * np.where(up, large, small)) @ vector.T))
            minus.append(svec.svec((vector * np.where(up, small, large)) @ vector.T))
        return Pair(x, np.concatenate(plus) / ratio, np.concatenate(minus) * ratio,
                    self._start.multipliers[self._kept])  # fmt: skip

    def value(self, pair: Pair) -> float:
        """b'λ of a pair on the identity."""
        return self._constant - float(self._q @ pair.g) + float(self._p @ pair.multipliers)

    def _left(self, pair: Pair) -> Vector:
        return self._c - self._M.T @ pair.g - self._F.T @ pair.multipliers

    def short(self, pair: Pair) -> float:
        """How far from the identity."""
        return float(np.abs(self._left(pair)).max(initial=0.0))

    def step(self, pair: Pair, scaling: _Scaling) -> tuple[Pair, float]:
        """(next pair, its shorter step length)."""
        mu = float(pair.b @ pair.g) / self.rows
        off = self._q + self._M @ pair.w - pair.b
        left, level = self._left(pair), self._p - self._F @ pair.w

        def direction(K: list[Matrix]) -> tuple[Pair, list[Matrix], list[Matrix]]:
            towards = scaling.gram(K)
            dw, dm = scaling.solve(self._M.T @ (towards - scaling.both(off)) - left, level)
            db = self._M @ dw + off
            dg = towards - scaling.both(db)
            slack = scaling.of_slack(db)
            return Pair(dw, db, dg, dm), slack, [k - s for k, s in zip(K, slack, strict=True)]

        _, dB, dG = direction([-scaling.scalar_d, *(-np.diag(d) for d in scaling.D)])
        a, c = scaling.longest(dB), scaling.longest(dG)
        after = sum(float(((d + a * x) * (d + c * y)).sum()) for d, x, y in
                    zip([scaling.scalar_d, *map(np.diag, scaling.D)], dB, dG, strict=True))  # fmt: skip
        sigma = float(np.clip(after / (mu * self.rows), 1e-6, 1.0)) ** 3
        K = [(sigma * mu - dB[0] * dG[0]) / scaling.scalar_d - scaling.scalar_d]
        for d, x, y in zip(scaling.D, dB[1:], dG[1:], strict=True):
            product = x @ y
            K.append((2 * np.diag(sigma * mu - d**2) - product - product.T) / (d[:, None] + d))
        move, dB, dG = direction(K)
        a, c = scaling.longest(dB), scaling.longest(dG)
        return Pair(pair.w + a * move.w, pair.b + a * move.b, pair.g + c * move.g,
                    pair.multipliers + c * move.multipliers), min(a, c)  # fmt: skip

    def newton_system(self, scaling: _Scaling) -> Callable[[Vector, Vector], tuple[Vector, Vector]]:
        """(r, e) ↦ (w, η) with S w − F'η = r, F w = e."""
        linear = self._M[: self.scalars]
        S = (linear.T @ sp.diags_array(scaling.scalar_w**2) @ linear).toarray()
        for G, (used, M) in zip(scaling.W, self._parts, strict=True):
            S[used] += M @ (M @ _kronecker(G)).T
        d = np.sqrt(np.maximum(S.diagonal(), 1e-300))
        S = S / d[:, None] / d
        S[np.diag_indices_from(S)] += SHIFT
        factor = la.cho_factor(S, check_finite=False)

        def apply(x: Vector) -> Vector:
            return np.asarray(self._M.T @ scaling.both(self._M @ x))

        def one(r: Vector) -> Vector:
            x = la.cho_solve(factor, r / d, check_finite=False) / d
            left = r - apply(x)
            for _ in range(REFINEMENTS):
                y = x + la.cho_solve(factor, left / d, check_finite=False) / d
                after = r - apply(y)
                if not la.norm(after / d) < 0.9 * la.norm(left / d):
                    break
                x, left = y, after
            return x

        F = self._F
        through = np.stack([one(row) for row in F], axis=1) if len(F) else np.zeros((len(S), 0))

        def solve(r: Vector, e: Vector) -> tuple[Vector, Vector]:
            w = one(r)
            if not len(F):
                return w, np.zeros(0)
            eta = np.linalg.solve(F @ through, e - F @ w)
            return w + through @ eta, eta

        return solve

    def dual(self, pair: Pair, scaling: _Scaling) -> Dual:
        """The pair's dual moved onto the identity: first in the metric of W, then what rounding left."""
        for _ in range(2):
            dw, dm = scaling.solve(self._left(pair), np.zeros(len(self._p)))
            pair = pair._replace(g=pair.g + scaling.both(self._M @ dw), multipliers=pair.multipliers - dm)
        multipliers = self._start.multipliers.copy()
        multipliers[self._kept] = pair.multipliers
        for _ in range(2):
            left = self.identity.residual(pair.g, multipliers)
            multipliers += lsqr(self.identity.equations, left, atol=1e-15, btol=1e-15, iter_lim=1000)[0]
        return project(replace(self._start, g=pair.g, multipliers=multipliers))


def _kronecker(G: Matrix) -> Matrix:
    """V ↦ GVG as a matrix on svecs whose diagonal entries count √2-fold."""
    i, j = svec.triangle(len(G))
    first, second = G[:, i], G[:, j]  # whole rows are gathered from these, at the speed of memory
    K, other = first[i], first[j]
    K *= second[j]
    other *= second[i]
    K += other
    return K
