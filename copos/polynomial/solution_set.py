"""All optimal networks of a strictly convex loss: the face of optimal (Z, Z'), its dimension, two points of it.

Predictions F of optimal networks are unique if ℓ is strictly convex, and with a dual solution (ν, δ) the blocks obey
KZ = 0, K = βE + δJ ± Σν_iM_i ⪰ 0. So with an orthonormal basis N of the kernel of K, Z = NSN', the optimal set is

    { S ⪰ 0 :  Σ ±<M_i, NSN'> + intercept = F_i,  <J, NSN'> = 0 },

for every output by itself. Its penalty is the same everywhere: <βE, Z> = ∓<Σν_iM_i, Z>, which the equations fix. The
nullity of the equations is the dimension, if some S is definite; if it is 0 there is one solution. Extreme points
have few neurons: a move along a direction of the kernel loses rank where S meets the boundary [Pataki1998].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copos.arithmetic import svec
from copos.polynomial import sphere
from copos.polynomial.fit import TrainedNetwork, _parts, decomposed, train
from copos.polynomial.intercept import best_intercept, subgradient
from copos.polynomial.lifted import merge
from copos.polynomial.low_rank import Effort
from copos.polynomial.network import PolynomialNetwork
from copos.polynomial.problem import TrainingProblem
from copos.support.looks import one_line

Array = NDArray[np.float64]
STRICT = ("squared", "logistic")
TRIES = 20  # random ways down to an extreme point
PROJECTIONS = 5000
SMALL = 1e-9  # eigenvalues of S beside the largest of its output that count as lost rank


@one_line
@dataclass(frozen=True, eq=False)
class SolutionSet:
    """The optimal (Z, Z') of a program, by numbers in floating point: evidence, no proof.

    Attributes
    ----------
    dimension : of the set of optimal (Z, Z'); 0 means that it is a point. An upper bound if `strict` is False
    unique : whether (Z, Z') is unique
    unique_network : whether the neurons are, too: no block has a rank above 1 (2 with a linear term)
    strict : whether a solution is definite on every kernel (strict complementarity)
    zero, positive : the largest eigenvalue of K that was taken for 0, and the smallest that was not, over β + ‖Σν_iM_i‖
    singular : least singular value of the equations on the kernels that was not taken for 0, over the largest
    sparsest : the network with fewest neurons among some extreme points, where r(r + 1)/2 summed over the ranks r is at
        most the number of equations; the fewest of all are hard to find
    smallest : the network with the least ‖Z‖² + ‖Z'‖², which is unique
    fit : the network that training found, with its proof
    """

    dimension: int
    unique: bool
    unique_network: bool
    strict: bool
    zero: float
    positive: float
    singular: float
    sparsest: PolynomialNetwork
    smallest: PolynomialNetwork
    fit: TrainedNetwork


@dataclass(frozen=True, eq=False)
class _Block:
    """Pool, output, sign, kernel basis N (k, r), S (r, r) of the solution, eigenvalues of K beside it."""

    pool: int
    output: int
    sign: float
    N: Array
    S: Array
    zero: float
    positive: float


def solution_set(program: TrainingProblem, tolerance: float, zero: float, seed: int) -> SolutionSet:
    """See `PolynomialNetworkProgram.solution_set`."""
    if program.loss_name not in STRICT:
        raise ValueError(f"loss is {program.loss_name!r}: optimal networks may differ in their predictions; expected "
                         f"one of {', '.join(STRICT)}")  # fmt: skip
    fit = train(program, tolerance, effort=Effort(polish=2))
    F = fit.network.decision(program.patches)
    S = program.lift.forms(subgradient(program.loss, F, program.intercept))
    found = {(g, t, s): V for g, t, s, V in _parts(fit.network)}
    rng, sparse, small, facts = np.random.default_rng(seed), [], [], []
    blocks: list[_Block] = []
    for t in range(program.Y.shape[1]):
        mine = [_block(program, S[g, t], (g, t, s), found.get((g, t, s)), zero)
                for g in range(len(S)) for s in (-1.0, 1.0)]  # fmt: skip
        blocks += mine
        mine = [block for block in mine if block.N.shape[1]]
        if not mine:
            continue
        M = _equations(program, mine)
        facts.append(_nullity(M))
        start = [block.S for block in mine]
        few = _extreme(M, start, rng) if facts[-1][0] else start
        near = _smallest(M, start) if facts[-1][0] else start
        for parts, Ss in ((sparse, few), (small, near)):
            parts += [(b.pool, b.output, b.sign, b.N @ _root(X)) for b, X in zip(mine, Ss, strict=True)]
    dimension = sum(nullity for nullity, _ in facts)
    kernels = [b for b in blocks if b.N.shape[1]]
    strict = all(np.linalg.eigvalsh(b.S)[0] > 1e-6 * np.trace(b.S) for b in kernels)
    ranks = [int(np.linalg.matrix_rank(b.S, tol=1e-6 * max(np.trace(b.S), 1e-300))) for b in kernels]
    most = 2 if program.activation.lifted else 1
    return SolutionSet(
        dimension, dimension == 0, dimension == 0 and max(ranks, default=0) <= most, strict,
        max((b.zero for b in blocks), default=0.0), min((b.positive for b in blocks), default=np.inf),
        min((s for _, s in facts), default=1.0), _network(program, fit, sparse), _network(program, fit, small), fit,
    )  # fmt: skip


def _block(
    program: TrainingProblem, S: Array, key: tuple[int, int, float], V: Array | None, zero: float
) -> _Block:
    """The kernel of K = βE + δJ ± S, and the solution on it."""
    k, lifted, sign = len(S), program.activation.lifted, key[2]
    K = sign * S
    if lifted:
        J = np.diag(np.append(np.ones(k - 1), -1.0))
        K[-1, -1] += program.beta
        if V is not None and V.shape[1]:
            delta = -float(np.sum((J @ V) * (K @ V))) / float(np.sum(V**2))  # |JV| = |V|
        else:
            up = sphere.extremes(-sign * S[None, :-1, :-1], -sign * S[None, :-1, -1], -sign * S[None, -1, -1])[0]
            delta = float(up.multiplier[0] + 0.5 * (program.beta - up.bound[0]))
        K = K + delta * J
    else:
        K = K + program.beta * np.eye(k)
    values, vectors = np.linalg.eigh(K)
    values = values / (program.beta + float(np.linalg.norm(S, 2)))
    kernel = values <= zero
    if V is None or not V.shape[1]:  # nothing shows that such a kernel carries a solution; it may, so it is kept
        V = np.zeros((k, 0))
    N = vectors[:, kernel]
    W = N.T @ V
    taken = float(np.abs(values[kernel]).max()) if kernel.any() else 0.0
    return _Block(*key, N, W @ W.T, taken, float(values[~kernel].min(initial=np.inf)))


def _equations(program: TrainingProblem, blocks: list[_Block]) -> Array:
    """Rows: predictions (centred with an intercept), then <J, ·> of every block; columns: svec(S) of every block."""
    lift, rows = program.lift, []
    for b in blocks:
        i, j = svec.triangle(b.N.shape[1])
        pairs = np.where(i == j, b.N[:, i], b.N[:, i] + b.N[:, j])  # <M, pq' + qp'> = M[p + q] − M[p] − M[q]
        V, columns = merge([(b.pool, 0, 1.0, np.column_stack([pairs, b.N]))], lift.order)
        R = lift.respond(V, columns, derivatives=False).responses
        both, one = R[:, : len(i)], R[:, len(i) :]
        rows.append(b.sign * np.where(i == j, both, (both - one[:, i] - one[:, j]) / np.sqrt(2)))
    A = np.column_stack(rows)
    A = A * np.sqrt(program.weights)[:, None]
    if program.intercept:
        w = np.sqrt(program.weights)
        A = A - np.outer(w, w @ A) / (w @ w)
    A = A / max(float(np.linalg.norm(A)), 1e-300)
    if program.activation.lifted:
        J = np.append(np.ones(lift.order - 1), -1.0)
        at, lines = 0, np.zeros((len(blocks), A.shape[1]))
        for line, b in zip(lines, blocks, strict=True):
            size = svec.length(b.N.shape[1])
            line[at : at + size] = svec.svec(b.N.T @ (J[:, None] * b.N))
            at += size
        A = np.vstack([A, lines])
    return A


def _nullity(M: Array) -> tuple[int, float]:
    """Of the equations, and the least singular value beside the largest that is not taken for 0."""
    sigma = np.linalg.svd(M, compute_uv=False)
    kept = sigma[sigma > 1e-9 * sigma[0]] if len(sigma) else sigma
    return M.shape[1] - len(kept), float(kept[-1] / kept[0]) if len(kept) else 0.0


def _kernel(M: Array) -> Array:
    """An orthonormal basis of the kernel, as columns."""
    _, sigma, W = np.linalg.svd(M, full_matrices=True)
    return W[int((sigma > 1e-9 * sigma.max(initial=1e-300)).sum()) :].T


def _root(S: Array) -> Array:
    """L with LL' = S, as many columns as S has rank."""
    values, vectors = np.linalg.eigh(S)
    keep = values > SMALL * max(float(values[-1]), 1e-300)
    return vectors[:, keep] * np.sqrt(values[keep])


def _split(x: Array, sizes: list[int]) -> list[Array]:
    """Matrices of one vector of svecs."""
    ends = np.cumsum([svec.length(r) for r in sizes])
    return [svec.smat(part) for part in np.split(x, ends[:-1])]


def _extreme(M: Array, start: list[Array], rng: np.random.Generator) -> list[Array]:
    """The extreme point with the least rank of several."""
    best, rank = start, np.inf
    for _ in range(TRIES):
        roots = [_root(S) for S in start]
        while True:
            sizes = [L.shape[1] for L in roots]
            maps, at = [], 0  # M on S = LYL'
            for L, S in zip(roots, start, strict=True):
                size, r = svec.length(len(S)), L.shape[1]
                basis = np.array([svec.svec(L @ svec.smat(e) @ L.T) for e in np.eye(svec.length(r))])
                maps.append(M[:, at : at + size] @ basis.reshape(-1, size).T)
                at += size
            directions = _kernel(np.column_stack(maps))
            if not directions.shape[1]:
                break
            Y = _split(directions @ rng.standard_normal(directions.shape[1]), sizes)
            ends = [np.linalg.eigvalsh(y) for y in Y if len(y)]
            low, high = min(float(e[0]) for e in ends), max(float(e[-1]) for e in ends)
            reach = [-1 / v for v in (min(low, 0.0), max(high, 0.0)) if abs(v) > 1e-12]  # I + step·Y meets the boundary
            if not reach:
                break
            step = min(reach, key=abs)
            new = [L @ _root(np.eye(len(y)) + step * y) if len(y) else L for L, y in zip(roots, Y, strict=True)]
            if sum(L.shape[1] for L in new) >= sum(sizes):
                break
            roots = new
        total = sum(L.shape[1] for L in roots)
        if total < rank:
            best, rank = [L @ L.T for L in roots], total
    return best


def _smallest(M: Array, start: list[Array]) -> list[Array]:
    """The point of the set that is nearest to 0: Dykstra's projections on the equations and on the cone."""
    sizes = [len(S) for S in start]
    right = np.concatenate([svec.svec(S) for S in start])
    kernel = _kernel(M)
    fixed = right - kernel @ (kernel.T @ right)
    x, p = np.zeros_like(right), np.zeros_like(right)
    for _ in range(PROJECTIONS):
        y = fixed + kernel @ (kernel.T @ x)
        parts = []
        for S in _split(y + p, sizes):
            values, vectors = np.linalg.eigh(S)
            parts.append(svec.svec((vectors * np.maximum(values, 0)) @ vectors.T))
        new = np.concatenate(parts)
        p, moved, x = y + p - new, float(np.linalg.norm(new - x)), new
        if moved <= 1e-13 * np.linalg.norm(right) and np.linalg.norm(new - y) <= 1e-11 * np.linalg.norm(right):
            break
    return _split(x, sizes)


def _network(
    program: TrainingProblem, fit: TrainedNetwork, parts: list[tuple[int, int, float, Array]]
) -> PolynomialNetwork:
    """The network of a solution, with its best intercept."""
    found = decomposed(program, parts, np.zeros(program.Y.shape[1]))
    if not program.intercept:
        return found
    bias = best_intercept(program.loss, found.decision(program.patches), fit.network.intercept.copy())
    return decomposed(program, parts, bias)
