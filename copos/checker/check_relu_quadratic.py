"""‖g(u)‖ ≤ β‖u‖ for g(u) = Σ_i r_i (x_i'u)_+ by quadratic forms, for any number of inputs.

All samples cp with one direction p, c < 0 among them, are one: (cz)_+ = c z_+ for c > 0, and |c|(z_+ − z) for c < 0,
z = p'u. So g(u) = Σ n_pz_+ + Wu. For one output and s = ±1 the claim is s·g(u) ≤ β‖u‖. Let v, α, γ ≥ 0, μ > 0,
ρ = (s n + α + γ)_+ for every p:

    s n v z_+ ≤ ρ v z_+ − γ v z,      ρ v z_+ = ½ρ v z + ½ρ v|z| ≤ ½ρ v z + μz² + ρ²v²/(16μ).

With Q(u, v) for the sum over p and s v Wu, (β/2)(‖u‖² + v²) − Q(u, v) ⪰ 0 is enough: v = ‖u‖. For several outputs v
is a vector, the claim is v'g(u) ≤ (β/2)(‖u‖² + ‖v‖²), and n'v takes the place of ρ v, without α and γ.

An item {"plane": k} cuts the space at p_k'u = 0, first p_k'u ≥ 0. A leaf {"alpha", "gamma", "mu", "kappa"} is such a
form: where a side σz ≥ 0 is known, z_+ is z or 0, and γ v σz ≥ 0 as well as κ σz σ'z' ≥ 0 for two of them may be
added to Q.
Standard library only; part of the checker.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import gcd
from typing import Any, NamedTuple

try:
    from copos.checker import check_matrix as matrices
    from copos.checker import check_reading as read
    from copos.checker import check_tree as trees
    from copos.checker.check_one_output import widest
    from copos.checker.check_reading import Number, Rejected
except ImportError:  # run as a plain file, without the package
    import check_matrix as matrices  # type: ignore[no-redef]
    import check_reading as read  # type: ignore[no-redef]
    import check_tree as trees  # type: ignore[no-redef]
    from check_one_output import widest  # type: ignore[no-redef]
    from check_reading import Number, Rejected  # type: ignore[no-redef]

Sides = dict[int, int]  # of the directions whose side is known: 1 where z ≥ 0, −1 where z ≤ 0


class Merged(NamedTuple):
    """g(u) = Σ n_k (p_k'u)_+ + Wu: directions p_k without a common divisor, n_k (c,) and W (c, d)."""

    p: list[tuple[int, ...]]
    n: list[list[int]]
    W: list[list[int]]


def merged(samples: Sequence[tuple[Sequence[int], Sequence[int]]], d: int, outputs: int) -> Merged:
    """Σ n_i (x_i'u)_+ of integers; the first entry of a direction that is not 0 is positive."""
    found: dict[tuple[int, ...], list[int]] = {}
    W = [[0] * d for _ in range(outputs)]
    wide = widest(v for x, n in samples for v in (*x, *n))
    read.spend((2 + outputs) * d * len(samples) * (1 + wide // read.WIDE), "directions", wide)  # divisors: its square
    for x, n in samples:
        size = gcd(*x)
        if not size:
            continue
        c = size if next(v for v in x if v) > 0 else -size
        p = tuple(v // c for v in x)
        total = found.setdefault(p, [0] * outputs)
        for t, v in enumerate(n):
            total[t] += size * v
            if c < 0:
                W[t] = [w - size * v * a for w, a in zip(W[t], p, strict=True)]
    return Merged(list(found), list(found.values()), W)


def blocks(g: Merged, limit: Number, proof: Any) -> None:
    """Reject unless the forms of the proof show ‖g(u)‖ ≤ limit ‖u‖."""
    shift = read.whole(proof["shift"], "shift", 0, read.BITS)
    signs = (1, -1) if len(g.W) == 1 else (1,)
    for sign, tree in zip(signs, read.items(proof["blocks"], "blocks", len(signs)), strict=True):
        signed = Merged(g.p, *([[sign * v for v in row] for row in rows] for rows in (g.n, g.W)))

        def cells(sides: Sides, item: Any, signed: Merged = signed) -> list[Sides]:
            if type(item) is dict and "plane" in item:
                k = read.whole(read.fields(item, "item", "plane")["plane"], "plane", 0, len(g.p) - 1)
                return [{**sides, k: 1}, {**sides, k: -1}]
            read.spend(len(sides) + 1, "a leaf")
            _leaf(signed, sides, item, (shift, limit))
            return []

        trees.walk({}, tree, cells)


def _leaf(g: Merged, sides: Sides, leaf: Any, units: tuple[int, Number]) -> None:
    """Reject unless 4·2^shift times (limit/2)(‖u‖² + ‖v‖²) − Q is positive semidefinite, with μ and κ in 1/2^shift."""
    (shift, limit), count, outputs = units, len(g.p), len(g.W)
    read.fields(leaf, "leaf", "alpha gamma mu kappa" if outputs == 1 else "mu kappa")
    pairs = list(combinations(sides, 2))
    alpha, gamma = ([0] * count if outputs > 1 else _numbers(leaf[k], k, count) for k in ("alpha", "gamma"))
    mu, kappa = _numbers(leaf["mu"], "mu", count), _numbers(leaf["kappa"], "kappa", len(pairs))
    d = len(g.W[0])
    size, wide = d + outputs, widest(v for part in (*g.p, *g.n, alpha, gamma, mu, kappa) for v in part) + shift
    read.spend((count + len(pairs) + outputs) * size * size, "a block", wide)
    least = int(2 * limit * (1 << shift))  # rounded down
    A = [[least * (i == j) for j in range(size)] for i in range(size)]
    linear = [[2 * w for w in row] for row in g.W]  # of z v twice
    for k, (p, n) in enumerate(zip(g.p, g.n, strict=True)):
        side = sides.get(k, 0)
        if side:
            slope = [2 * (max(side, 0) * v + side * gamma[k]) for v in n]
        else:
            rho = [max(0, n[0] + alpha[k] + gamma[k])] if outputs == 1 else n
            slope = [v - 2 * gamma[k] for v in rho]
            if any(rho) and not mu[k]:
                raise Rejected("a sample whose side is not known has μ = 0")
            root = -(-(1 << 2 * shift) // (4 * mu[k])) if any(rho) else 0  # 4·2^shift/(16μ), rounded up
            _subtract(A, 0, [2 * v for v in p], p, 2 * mu[k])
            _subtract(A, d, rho, rho, root)
        linear = [[a + c * b for a, b in zip(row, p, strict=True)] for row, c in zip(linear, slope, strict=True)]
    for (k, l), factor in zip(pairs, kappa, strict=True):
        factor *= 2 * sides[k] * sides[l]
        _subtract(A, 0, g.p[k], g.p[l], factor)
        _subtract(A, 0, g.p[l], g.p[k], factor)
    for t, row in enumerate(linear):
        for j, v in enumerate(row):
            A[d + t][j] = A[j][d + t] = -v << shift
    if not matrices.semidefinite(A):  # type: ignore[arg-type]
        raise Rejected("a form of a leaf is not positive semidefinite")


def _numbers(value: Any, what: str, length: int) -> list[int]:
    """Integers that are not negative."""
    return [read.whole(v, what, 0, 1 << read.BITS) for v in read.items(value, what, length)]


def _subtract(A: list[list[int]], at: int, x: Sequence[int], y: Sequence[int], factor: int) -> None:
    """A − factor·xy' in the block that begins at a row."""
    if factor:
        for i, a in enumerate(x, at):
            for j, b in enumerate(y, at):
                A[i][j] -= factor * a * b
