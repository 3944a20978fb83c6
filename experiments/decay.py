"""Weight decay on polynomial networks: where do the convex bound and the levels prove descent optimal?"""

from __future__ import annotations

from typing import Any

import numpy as np

import copos
from copos.experiment import Experiment, grid, of_bound
from copos.experiment.rows import OF_BOUND
from copos.polynomial.decayed import read_training

METHODS = {"convex": -1, "level 0": 0, "level 1": 1, "level 2": 2}


def data(n: int, d: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Gaussian samples and targets."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)), rng.standard_normal(n)


def run(n: int, d: int, width: int, activation: str, beta: float, seed: int, method: str) -> dict[str, Any]:
    """The bound of one method beside descent from 20 starts; `relative` is 1 − bound / best network."""
    X, y = data(n, d, seed)
    training = read_training(X, y, beta, activation)
    rng = np.random.default_rng(10_000 + seed)
    networks = [training.descend(training.random(width, rng)) for _ in range(20)]
    ends = [training.objective_above(network) for network in networks]
    program = copos.decayed_network(X, y, width, beta, activation, upper=networks[int(np.argmin(ends))])
    bound = copos.bracket(program, max(METHODS[method], 0), solver="clarabel", certify=method != "convex")
    best = min([*ends, bound.upper])
    row = of_bound(bound, best)
    if method == "convex":
        convex = copos.convex_decay_bound(X, y, beta, activation, width=width, upper=best)
        row |= {"level": None, "family": "convex", "status": "", "proved": convex.lower, "claimed": convex.claimed,
                "moments": None, "blocks": None, "largest": None, "gap": np.inf}  # fmt: skip
    proof = bound.certificate
    verified = isinstance(proof, copos.Certificate) and proof.verify(program).proved
    stuck = sum(end > best + 1e-4 * max(1.0, best) for end in ends)
    kept = best / training.at_zero
    return {"best": best, "kept": kept, "stuck": stuck, "verified": verified,
            "relative": 1 - max(row["proved"], 0.0) / best, **row}  # fmt: skip


def kind(row: dict[str, Any]) -> tuple[int, int, str]:
    """What a panel shows."""
    return row["d"], row["width"], row["activation"]


def draw(rows: list[dict[str, Any]], figure: Any) -> None:
    """Relative gap of every method against β, one panel for each d, width and activation; lines join medians."""
    kinds = list(dict.fromkeys(map(kind, rows)))
    across = min(4, len(kinds))
    axes = figure.subplots(-(-len(kinds) // across), across, sharey=True, sharex=True, squeeze=False).ravel()
    for axis, this in zip(axes, kinds, strict=False):
        betas = sorted({r["beta"] for r in rows})
        for k, method in enumerate(METHODS):
            mine = [r for r in rows if kind(r) == this and r["method"] == method]
            shift, look = 1.12 ** (k - 1.5), {"color": f"C{k}", "s": 14, "alpha": 0.7}
            known = [r for r in mine if r["relative"] < 1]
            label, gaps = method, [max(r["relative"], 1e-9) for r in known]
            axis.scatter([r["beta"] * shift for r in known], gaps, label=label, **look)
            silent = [r["beta"] * shift for r in mine if r["relative"] >= 1]
            axis.scatter(silent, np.ones(len(silent)), marker="x", **look)
            at = [(b, [g for r, g in zip(known, gaps, strict=True) if r["beta"] == b]) for b in betas]
            axis.plot([b * shift for b, g in at if g], [np.median(g) for _, g in at if g], color=f"C{k}", linewidth=1)
        axis.axhline(1e-4, color="black", linewidth=0.8)
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.set_xticks(betas, [f"{beta:g}" for beta in betas])
        axis.minorticks_off()
        axis.set_title(f"d = {this[0]}, width {this[1]}, {this[2]}", fontsize=8)
        axis.set_xlabel("β", fontsize=8)
    axes[0].set_ylabel("1 − bound / best network (×: no bound)", fontsize=8)
    axes[0].legend(fontsize=7)


def findings(rows: list[dict[str, Any]]) -> str:
    """How often each method proves the best network optimal to 1e-4."""
    above = sum(r["proved"] > r["best"] for r in rows)
    ends = {(kind(r), r["n"], r["beta"], r["seed"]): r["stuck"] / 20 for r in rows}
    stuck = 100 * np.mean(list(ends.values()))
    lines = [
        f"{len(rows)} bounds, {above} above the best network; {stuck:.0f} % of the descents end above it. "
        "All bounds are proved.",
        "",
    ]
    for this in dict.fromkeys(map(kind, rows)):
        parts = []
        for method in METHODS:
            mine = [r["relative"] for r in rows if kind(r) == this and r["method"] == method]
            if mine:
                some = [g for g in mine if g < 1]
                failed = f" ({len(mine) - len(some)} without proof)" if len(some) < len(mine) else ""
                median = f", median gap {np.median(some):.0e}" if some else ""
                parts.append(f"{method}: {sum(g <= 1e-4 for g in mine)} of {len(mine)}{median}{failed}")
        lines.append(f"- d = {this[0]}, width {this[1]}, {this[2]}: optimal to 1e-4 by {'; '.join(parts)}")
    return "\n".join(lines)


def cases(activations: tuple[str, ...], betas: tuple[float, ...], seeds: int) -> list[dict[str, Any]]:
    """All methods; level 2 takes minutes for two neurons in the plane with a linear term."""
    every = grid(n=(6,), d=(1, 2), width=(1, 2), activation=activations, beta=betas, seed=tuple(range(seeds)),
                 method=tuple(METHODS))  # fmt: skip
    large = {"d": 2, "width": 2, "activation": "published", "method": "level 2"}
    return [case for case in every if any(case[key] != value for key, value in large.items())]


EXPERIMENT = Experiment(
    question="With weight decay, which is NP-hard, where do the convex bound and the levels prove a network optimal?",
    sets={
        "small": cases(("quadratic", "published"), (0.03, 0.3), 1),
        "full": cases(("quadratic", "published"), (0.01, 0.1, 1.0), 3),
    },
    columns=("best", "kept", "stuck", "verified", "relative", *OF_BOUND),
    run=run,
    draw=draw,
    findings=findings,
)
