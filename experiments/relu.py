"""ReLU networks as completely positive programs: where are levels 0 and 1 tight?"""

from __future__ import annotations

from typing import Any

import numpy as np

import copos
from copos.experiment import Experiment, grid, of_bound
from copos.experiment.rows import OF_BOUND

TARGETS = {"network": "two ReLU neurons plus noise", "random": "Gaussian"}
METHODS = {"published cone, level 0": (False, 0), "signs, level 0": (True, 0), "signs, level 1": (True, 1)}


def data(n: int, targets: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Gaussian samples in the plane and their targets."""
    rng = np.random.default_rng(seed)
    X, U = rng.standard_normal((n, 2)), rng.standard_normal((2, 2))
    noise = rng.standard_normal(n)
    return X, noise if targets == "random" else np.maximum(X @ U, 0) @ [1.0, -1.0] + 0.1 * noise


def run(n: int, targets: str, seed: int, beta: float, method: str) -> dict[str, Any]:
    """The bracket of one method; `theory` is the objective of the network that it recovers."""
    X, y = data(n, targets, seed)
    signs, level = METHODS[method]
    program = copos.relu_network(X, y, beta, signs=signs)
    bound = copos.bracket(program, level)
    verified = bound.certificate is not None and bound.certificate.verify(program).proved
    relative = 1 - max(bound.lower, 0.0) / bound.upper
    neurons = len(bound.found.solution) if bound.found else 0
    return {"verified": verified, "relative": relative, "neurons": neurons, **of_bound(bound, bound.upper)}


def draw(rows: list[dict[str, Any]], figure: Any) -> None:
    """Relative gap of every method, one panel for each kind of targets and β."""
    kinds = list(dict.fromkeys((r["targets"], r["beta"]) for r in rows))
    axes = figure.subplots(1, len(kinds), sharey=True, squeeze=False)[0]
    seeds = sorted({r["seed"] for r in rows})
    for axis, kind in zip(axes, kinds, strict=True):
        for k, method in enumerate(METHODS):
            mine = [r for r in rows if (r["targets"], r["beta"]) == kind and r["method"] == method]
            for shown, fill in ((True, f"C{k}"), (False, "none")):
                some = [r for r in mine if r["verified"] == shown]
                place = [k + 0.1 * (seeds.index(r["seed"]) - (len(seeds) - 1) / 2) for r in some]
                gaps = [min(max(r["relative"], 1e-10), 1.0) for r in some]
                axis.scatter(place, gaps, s=18, color=f"C{k}", facecolor=fill)
        axis.set_yscale("log")
        axis.set_xlim(-0.5, len(METHODS) - 0.5)
        axis.set_xticks(range(len(METHODS)), [method.replace(", ", "\n") for method in METHODS], fontsize=7)
        axis.set_title(f"{kind[0]} targets, β = {kind[1]:g}", fontsize=9)
    axes[0].set_ylabel("1 − proved bound / network found")


def findings(rows: list[dict[str, Any]]) -> str:
    """How often each method proves the network optimal to 1e-4."""
    lines = []
    for targets, beta in dict.fromkeys((r["targets"], r["beta"]) for r in rows):
        for method in METHODS:
            mine = [r for r in rows if (r["targets"], r["beta"], r["method"]) == (targets, beta, method)]
            if mine:
                tight, gap = sum(r["relative"] <= 1e-4 for r in mine), np.median([r["relative"] for r in mine])
                where = f"{targets} targets, β = {beta:g}, {method}"
                lines.append(f"- {where}: {tight} of {len(mine)} proved optimal to 1e-4, median gap {gap:.0e}")
    return "\n".join(lines)


EXPERIMENT = Experiment(
    question="On small ReLU training problems, where do levels 0 and 1 prove a network optimal?",
    sets={
        "small": grid(n=(6,), targets=tuple(TARGETS), seed=(1,), beta=(0.03,), method=tuple(METHODS)),
        "full": grid(n=(6, 8), targets=tuple(TARGETS), seed=(0, 1, 2), beta=(0.3, 0.03), method=tuple(METHODS)),
    },
    columns=("verified", "relative", "neurons", *OF_BOUND),
    run=run,
    draw=draw,
    findings=findings,
)
