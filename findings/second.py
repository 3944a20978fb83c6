"""Checks of a table by other means than those that made it."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import cvxpy as cp
import networkx as nx
import numpy as np
from scipy.cluster.vq import kmeans2
from scipy.optimize import Bounds, LinearConstraint, milp, minimize

import copos
from copos.levels.schrijver import code_bound
from experiments import clusters as tables
from experiments import completion as completions
from experiments import decay as decayed
from experiments import descent as descents
from experiments import ladder as ladders
from experiments import landscape
from experiments import records as instances
from experiments import relu_descent as networks
from experiments import roots as quadratics
from experiments import weights as weighted
from findings import second_codes

Row = dict[str, Any]
STARTS = 100
SLACK = 1e-12  # of a loss in doubles, relatively


def records(rows: list[Row]) -> str:
    """Certificates read back; small tori by enumeration."""
    read = 0
    for row in rows:
        path = Path(str(row["certificate"]))
        if path.is_file():
            program = instances.instance(row["instance_name"].partition(instances.SPLITS)[0]).make()
            assert copos.verify(path, program).proved, path
            read += 1
    D, least = copos.instances.torus_energies(4, 4), {}
    for m in (3, 4, 5, 6):
        chosen = np.array(list(combinations(range(16), m)))
        least[m] = float(D[chosen[:, :, None], chosen[:, None, :]].sum(axis=(1, 2)).min())
        program = instances.energy(D, m)
        for level, rounds in ((0, 3), (1, 0), (1, 3)):
            bound = copos.lower_bound(program, level, symmetry=copos.arithmetic.groups.torus(4, 4), splits=rounds)
            assert bound.proved and bound.lower <= least[m], (m, level, rounds, bound.lower, least[m])
    values = ", ".join(f"{m}: {value:g}" for m, value in least.items())
    codes = [(12, 4), (13, 6), (14, 6), (17, 6)]
    worst = max(abs(second_codes.code_bound(n, d) / float(code_bound(n, d).value) - 1) for n, d in codes)
    assert worst <= 1e-5, worst
    return (f"{read} certificates read back and accepted; minima of 4 × 4 points by enumeration ({values}) not "
            "exceeded, with splits and without; the bound by triples of words, written again, differs by "
            f"{worst:.1e} on four codes of up to 17 bits, relatively")  # fmt: skip


def descend(weights: np.ndarray, A: np.ndarray, rank: int, ridge: float, seed: int) -> float:
    """The least Σ w (A − UV')² + ridge ‖UV'‖² of L-BFGS from random starts."""
    rng, (n, m) = np.random.default_rng([77, seed]), A.shape

    def loss(x: np.ndarray) -> tuple[float, np.ndarray]:
        U, V = x[: n * rank].reshape(n, rank), x[n * rank :].reshape(m, rank)
        W = U @ V.T
        R = weights * (W - A) + ridge * W
        value = float((weights * (W - A) ** 2).sum() + ridge * (W**2).sum())
        return value, 2 * np.r_[(R @ V).ravel(), (R.T @ U).ravel()]

    starts = rng.standard_normal((STARTS, (n + m) * rank))
    return min(float(minimize(loss, x, jac=True, method="L-BFGS-B", options={"maxiter": 500}).fun) for x in starts)


def completion(rows: list[Row]) -> str:
    """Other local searches, on every table of either experiment."""
    least = np.inf
    for row in rows:
        if "kind" in row:
            A, seen = completions.data(row["kind"], row["n"], row["rank"], row["seed"])
            rank, ridge = row["rank"], 1 / completions.GAMMA
        else:
            A, seen = landscape.data(row["n"], row["share"], row["noise"], row["seed"])
            rank, ridge = 1, row["ridge"]
        found = descend(seen.astype(float), A, rank, ridge, row["seed"])
        assert row["proved"] <= found * (1 + SLACK), row
        least = min(least, found / row["best"] - 1)
    return f"{len(rows)} tables, {STARTS} starts each; the lowest end is {least:.1e} from the best loss, relatively"


def ladder(rows: list[Row]) -> str:
    """Closed forms where there is one, other local searches elsewhere."""
    plain, other = 0, 0
    ends: dict[tuple[Any, ...], float] = {}
    for row in rows:
        key = tuple(row[name] for name in ("n", "rank", "spread", "seed"))
        if key not in ends:
            Y, w = ladders.data(row["n"], row["spread"], row["seed"])
            if row["spread"] == 0:
                ends[key] = float((np.linalg.svd(Y, compute_uv=False)[row["rank"] :] ** 2).sum())
            else:
                ends[key] = descend(w, Y, row["rank"], 0.0, row["seed"])
        assert row["proved"] <= ends[key] * (1 + 1e-9), row
        plain, other = plain + (row["spread"] == 0), other + (row["spread"] != 0)
    return f"{plain} bounds not above the closed form, {other} not above the ends of {STARTS} descents each"


def weights(rows: list[Row]) -> str:
    """The same for weighted approximation."""
    plain = 0
    for row in rows:
        A, w = weighted.data(row["n"], row["spread"], row["seed"])
        if row["spread"] == 0:
            end, plain = float((np.linalg.svd(A, compute_uv=False)[row["rank"] :] ** 2).sum()), plain + 1
            assert abs(end - row["best"]) <= 1e-6 * end, row
        else:
            end = descend(w, A, row["rank"], 0.0, row["seed"])
        assert row["proved"] <= end * (1 + 1e-9), (row, end)
    return f"{plain} bounds not above the closed form, {len(rows) - plain} not above the ends of {STARTS} descents each"


def relu_descent(rows: list[Row]) -> str:
    """Dual bounds from the residuals of the optimal networks, by directions on the circle."""
    worst, count = 0.0, 0
    angles = np.linspace(0, 2 * np.pi, 100_000, endpoint=False)
    directions = np.array([np.cos(angles), np.sin(angles)])
    for row in rows:
        if row["method"] != "optimum":
            assert row["objective"] >= row["lower"] * (1 - SLACK), row
            continue
        X, y = networks.table(row["data"])
        beta, best, _ = networks.trained(row["data"], row["ratio"])
        r = y - best.network.predict(X)[:, 0]
        most = max(float(np.abs(r @ np.maximum(X @ D, 0)).max()) for D in np.array_split(directions, 20, axis=1))
        r = r * min(1.0, beta / most)
        dual = float(y @ r - r @ r / 2)
        worst, count = max(worst, abs(dual / row["objective"] - 1)), count + 1
        assert worst <= 1e-6, (row, dual)
    return f"{count} optima with dual bounds that differ by {worst:.1e}, relatively, at most; no descent is below"


def clusters(rows: list[Row]) -> str:
    """SciPy's k-means from many starts."""
    least = np.inf
    for row in rows:
        X = tables.points(row["data"])
        for seed in range(10 * STARTS):
            centers, labels = kmeans2(X, row["k"], minit="++", seed=seed, missing="warn")
            means = np.array([X[labels == c].mean(axis=0) if (labels == c).any() else z for c, z in enumerate(centers)])
            cost = float(((X - means[labels]) ** 2).sum())
            assert row["lower"] <= cost * (1 + SLACK), row
            least = min(least, cost / row["best"] - 1)
    return f"{10 * STARTS} starts for each question; the lowest end is {least:.1e} from the best partition, relatively"


def descent(rows: list[Row]) -> str:
    """The training problem of dense networks on two tables, written again for cvxpy."""
    worst = 0.0
    for data in ("diabetes", "wine"):
        row = next(r for r in rows if (r["data"], r["layer"], r["method"]) == (data, "dense", "certified"))
        X, _, Y, _ = descents.split(data, "dense")
        program = copos.polynomial_network(X, Y, beta_ratio=row["ratio"])
        value = semidefinite(X, Y, program.beta, tuple(program.activation))
        assert row["lower"] <= value * (1 + 1e-6) and value <= row["objective"] * (1 + 1e-6), (row, value)
        worst = max(worst, abs(row["objective"] / value - 1))
    below = sum(r["objective"] < r["lower"] * (1 - SLACK) for r in rows)
    assert below == 0
    return f"the optima of two dense problems by Clarabel through cvxpy differ by {worst:.1e}, relatively, at most"


def semidefinite(X: np.ndarray, Y: np.ndarray, beta: float, activation: tuple[float, ...]) -> float:
    """min ½‖F − Y‖² + β Σ (Z_kk + Z'_kk) over Z, Z' ⪰ 0 whose last diagonal entry is the trace of the rest."""
    (a, b, c), (n, d) = activation, X.shape
    features = np.array([np.block([[a * np.outer(x, x), b / 2 * x[:, None]], [b / 2 * x[None, :], c]]) for x in X])
    rows, penalty, constraints = features.reshape(n, -1), 0, []
    outputs = []
    for _ in range(Y.shape[1]):
        pair = [cp.Variable((d + 1, d + 1), PSD=True) for _ in range(2)]
        constraints += [cp.trace(Z[:d, :d]) == Z[d, d] for Z in pair]
        outputs.append(rows @ cp.vec(pair[0] - pair[1], order="C"))
        penalty = penalty + pair[0][d, d] + pair[1][d, d]
    loss = sum(cp.sum_squares(f - Y[:, t]) for t, f in enumerate(outputs)) / 2
    return float(cp.Problem(cp.Minimize(loss + beta * penalty), constraints).solve(solver="CLARABEL"))


def decay(rows: list[Row]) -> str:
    """Other local searches, with a gradient of their own."""
    ends: dict[tuple[Any, ...], float] = {}
    names = ("n", "d", "width", "activation", "beta", "seed")
    for row in rows:
        key = tuple(row[name] for name in names)
        if key not in ends:
            X, y = decayed.data(row["n"], row["d"], row["seed"])
            ends[key] = descend_network(X, y, row["width"], row["activation"], row["beta"])
        assert row["proved"] <= ends[key] * (1 + SLACK), row
    return f"{len(rows)} bounds on {len(ends)} problems, {STARTS} starts each, none ends below a bound"


def descend_network(X: np.ndarray, y: np.ndarray, width: int, name: str, beta: float) -> float:
    """The least ½‖Σ α_j σ(Xu_j) − y‖² + β/2 (‖U‖² + ‖α‖²) of L-BFGS from random starts; gradients by differences."""
    a, b, c = (1.0, 0.0, 0.0) if name == "quadratic" else (0.09, 0.5, 0.47)
    d = X.shape[1]

    def loss(w: np.ndarray) -> float:
        z = X @ w[: d * width].reshape(d, width)
        return float((((a * z + b) * z + c) @ w[d * width :] - y) @ (((a * z + b) * z + c) @ w[d * width :] - y)
                     + beta * w @ w) / 2  # fmt: skip

    starts = np.random.default_rng(78).standard_normal((STARTS, (d + 1) * width))
    return min(float(minimize(loss, w, method="L-BFGS-B").fun) for w in starts)


def roots(rows: list[Row]) -> str:
    """Cliques by enumeration; boxes of 20 variables as mixed-integer programs on the first-order conditions."""
    optima: dict[tuple[Any, ...], float | None] = {}
    for row in rows:
        key = tuple(row[name] for name in ("kind", "n", "density", "seed"))
        if key not in optima:
            optima[key] = optimum(*key)
        if optima[key] is not None:
            assert row["proved"] <= optima[key] + 1e-9 * abs(optima[key]), (row, optima[key])
            assert abs(row["best"] - optima[key]) <= 1e-5 * abs(optima[key]), (row, optima[key])
    known = [key for key, value in optima.items() if value is not None]
    graphs = sum(key[0] == "simplex" for key in known)
    boxes = len(known) - graphs
    return f"the optima of {graphs} simplices by enumeration of cliques and of {boxes} boxes by HiGHS agree"


def optimum(kind: str, n: int, density: int, seed: int) -> float | None:
    """1/α by all maximal cliques of the complement; −max of a small box by HiGHS; None for larger boxes."""
    if kind == "simplex":
        complement = nx.complement(nx.from_numpy_array(quadratics.graph(n, density, seed)))
        return 1 / max(map(len, nx.find_cliques(complement)))
    return box_optimum(*quadratics.box(n, density, seed)) if n <= 20 else None


def box_optimum(Q: np.ndarray, c: np.ndarray) -> float:
    """−max ½x'Qx + c'x over the unit box.

    At a maximum Qx + c = μ − ν with μ, ν ≥ 0, μ_i > 0 only where x_i = 1 and ν_i > 0 only where x_i = 0, and there
    ½x'Qx + c'x = ½ (Σ μ_i + c'x): linear, with two binaries for each coordinate.
    """
    n = len(c)
    eye, none = np.eye(n), np.zeros((n, n))
    most = np.abs(Q).sum(axis=1) + np.abs(c)
    equal = LinearConstraint(np.hstack([Q, -eye, eye, none, none]), -c, -c)
    links = LinearConstraint(np.vstack([
        np.hstack([none, eye, none, -np.diag(most), none]), np.hstack([-eye, none, none, eye, none]),
        np.hstack([none, none, eye, none, -np.diag(most)]), np.hstack([eye, none, none, none, eye]),
    ]), -np.inf, np.r_[np.zeros(3 * n), np.ones(n)])  # fmt: skip
    top = np.r_[np.ones(n), most, most, np.ones(2 * n)]
    found = milp(-np.r_[c, np.ones(n), np.zeros(3 * n)] / 2, constraints=[equal, links], bounds=Bounds(0, top),
                 integrality=np.r_[np.zeros(3 * n), np.ones(2 * n)], options={"mip_rel_gap": 1e-9})  # fmt: skip
    assert found.status == 0, found.message
    return float(found.fun)
