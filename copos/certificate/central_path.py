"""A better-centred dual: following the central path of a level's dual without ever leaving the identity.

    max  b'λ + μ Σ_s (log det G_s − c tr G_s)    s.t.  objective = equations' λ + map' g

for μ ↓ 0. A solver stops where its residuals are about as large as the smallest eigenvalues of G_s, and then moving
onto the identity costs bound. Here every iterate is on the identity, so that what is lost is (rows)·μ. The term c tr G
keeps multipliers bounded where the moments have no interior point.

Written in the moments w that are left after substitution, y = T w + t (T, t = `relaxation.back`), M = map' T and
q = map' t, a Newton step towards μ needs S = M'(G ⊗ G)M only, and so does the tangent of the path:

    dG = G − G(B_0 + μ B_1)G/μ,   G' = (G − G B_1 G)/μ,     B_0 = q + M w_0,  B_1 = c·I + M w_1,
    S w_0 − F'η_0 = −M'(GqG),  F w_0 = p,     S w_1 − F'η_1 = M'(G − c GG),  F w_1 = 0.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.linalg as la
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import lsqr

from copos import svec
from copos.certificate.dual import Dual, Identity, project
from copos.hierarchy import Relaxation

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
STEPS = 40
REDUCTION = 0.9  # of μ at most, along the tangent


def centred(start: Dual, relaxation: Relaxation, need: Vector, accuracy: float) -> Dual:
    """The best dual on the way down to (rows)·μ ≤ accuracy whose blocks have the floors `need`."""
    path, best = _Path(start.identity, relaxation), start
    current, mu, stuck = start, None, 0
    for _ in range(STEPS):
        try:
            current, mu, step = path.step(current, mu)
        except la.LinAlgError:
            break
        floors = current.floors()
        if (floors >= need).all() and current.value > best.value:
            best = current
        stuck = stuck + 1 if step < 0.02 else 0
        if not floors.min(initial=1.0) > 0 or stuck == 3 or mu * path.rows < accuracy:
            break
    return best


class _Path:
    def __init__(self, identity: Identity, relaxation: Relaxation) -> None:
        self.identity, self.rows = identity, int(identity.sizes.sum())
        self._scalars = identity.scalars
        self._T = sp.csr_array(relaxation.back[:, :-1])
        t = relaxation.back[:, [-1]].toarray()[:, 0]
        self._M, self._q = sp.csr_array(identity.map.T @ self._T), identity.map.T @ t
        E = identity.equations[:, relaxation.kept]
        self._F, self._p = (E.T @ self._T).toarray(), identity.values[relaxation.kept] - E.T @ t
        self._parts, at = [], self._scalars
        for n in identity.sizes[self._scalars :].tolist():
            span = slice(at, at + int(svec.length(n)))
            used = np.unique(self._M[span].indices)
            self._parts.append((span, used, sp.csr_array(self._M[span][:, used])))
            at = span.stop

    def step(self, dual: Dual, mu: float | None) -> tuple[Dual, float, float]:
        """(next dual, its μ, step length): towards the path, and along it if the dual is near."""
        g, s = dual.g, self._scalars
        grams = self.identity.matrices(g)
        solve = self._newton_system(g, grams)

        def both(v: Vector) -> Vector:  # GVG
            inner = [svec.svec(G @ svec.smat(v[span]) @ G) for G, (span, _, _) in zip(grams, self._parts, strict=True)]
            return np.concatenate([g[:s] ** 2 * v[:s], *inner])

        center = self.identity.one() / max(float(np.abs(g).max()), 1e-300)
        left = self._T.T @ self.identity.residual(g, dual.multipliers)
        w0 = solve(-(self._M.T @ both(self._q)), self._p)
        w1 = solve(self._M.T @ (g - both(center)) - left, 0 * self._p)
        along, towards = g - both(center + self._M @ w1), both(self._q + self._M @ w0)

        roots = [la.cholesky(G, lower=True) for G in grams]
        a, b = self._scaled(along, g, roots), self._scaled(towards, g, roots)
        inner = sum(float((x * y).sum()) for x, y in zip(a, b, strict=True))
        square = sum(float((y * y).sum()) for y in b)
        if mu is None:  # the point of the path that is nearest in the local norm
            mu = square / inner if inner > 0 else 1e-6
        newton = [x - y / mu for x, y in zip(a, b, strict=True)]
        spectrum = _spectrum(newton)
        size = float(np.sqrt((spectrum**2).sum()))
        length = _line_search(spectrum, size)
        share = 0.0
        # directions in which G grows need not have settled: they cost nothing
        if float(np.sqrt((np.minimum(spectrum, 0.0) ** 2).sum())) < 1:
            share = REDUCTION
            while _spectrum([length * x - share * y for x, y in zip(newton, a, strict=True)]).min() < -1 + 0.1 * (
                1 - share
            ):
                share *= 0.9
                if share < 1e-3:
                    share = 0.0
                    break
        moved = g + length * (along - towards / mu) - share * along
        if not len(self._p):  # back onto the identity in the metric of the step
            for _ in range(2):
                moved = moved + both(
                    self._M @ solve(self._T.T @ self.identity.residual(moved, dual.multipliers), self._p)
                )
        return self._with_multipliers(replace(dual, g=moved)), mu * (1 - share), length

    def _newton_system(self, g: Vector, grams: list[Matrix]):  # noqa: ANN202
        """(r, e) ↦ w with S w − F'η = r, F w = e."""
        linear = self._M[: self._scalars]
        S = (linear.T @ sp.diags_array(g[: self._scalars] ** 2) @ linear).toarray()
        for G, (_, used, M) in zip(grams, self._parts, strict=True):
            S[np.ix_(used, used)] += M.T @ (M.T @ _kronecker(G)).T
        d = np.sqrt(np.maximum(S.diagonal(), 1e-300))
        S = S / d[:, None] / d
        factor = la.cho_factor(S + 1e-13 * np.eye(len(S)))

        def one(r: Vector) -> Vector:
            r = r / d
            x = la.cho_solve(factor, r)
            for _ in range(3):
                x = x + la.cho_solve(factor, r - S @ x)
            return x / d

        F = self._F
        through = np.stack([one(row) for row in F], axis=1) if len(F) else np.zeros((len(S), 0))

        def solve(r: Vector, e: Vector) -> Vector:
            w = one(r)
            return w + through @ np.linalg.solve(F @ through, e - F @ w) if len(F) else w

        return solve

    def _scaled(self, v: Vector, g: Vector, roots: list[Matrix]) -> list[Matrix]:
        """L^-1 V L^-T, G = LL', block by block; the scalars first."""
        out: list[Matrix] = [v[: self._scalars] / g[: self._scalars]]
        for L, (span, _, _) in zip(roots, self._parts, strict=True):
            half = la.solve_triangular(L, svec.smat(v[span]), lower=True)
            out.append(la.solve_triangular(L, half.T, lower=True))
        return out

    def _with_multipliers(self, dual: Dual) -> Dual:
        """Multipliers that belong to given Gram matrices."""
        multipliers = dual.multipliers
        for _ in range(2):
            left = self.identity.residual(dual.g, multipliers)
            multipliers = multipliers + lsqr(self.identity.equations, left, atol=1e-15, btol=1e-15, iter_lim=1000)[0]
        return project(replace(dual, multipliers=multipliers))


def _kronecker(G: Matrix) -> Matrix:
    """V ↦ GVG as a matrix on svecs."""
    i, j = svec.pair(np.arange(svec.length(len(G))))
    K = G[np.ix_(i, i)] * G[np.ix_(j, j)] + G[np.ix_(i, j)] * G[np.ix_(j, i)]
    weight = np.where(i == j, np.sqrt(0.5), 1.0)
    return K * weight[:, None] * weight


def _spectrum(blocks: list[Matrix]) -> Vector:
    """Eigenvalues of all blocks, the first of which holds scalars."""
    return np.asarray(np.concatenate([blocks[0], *(np.linalg.eigvalsh(X) for X in blocks[1:])]), dtype=np.float64)


def _line_search(spectrum: Vector, size: float) -> float:
    """α that minimises the barrier along a Newton step with these eigenvalues, whose slope at 0 is −size²."""
    slope = -(size**2) + spectrum.sum()
    low, high = 0.0, min(1e3, 0.999 / max(float(-spectrum.min(initial=0.0)), 1e-9))
    for _ in range(50):
        middle = (low + high) / 2
        if slope < (spectrum / (1 + middle * spectrum)).sum():
            low = middle
        else:
            high = middle
    return min(low, 1.0) if size < 0.5 else 0.9 * low
