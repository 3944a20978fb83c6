"""How do the bounds of the linear-network lifts tighten with the level, against the closed form?"""

from __future__ import annotations

from typing import Any

import numpy as np

import copos
from copos.experiment import Experiment, grid, of_bound
from copos.experiment.question import Case
from copos.experiment.rows import OF_BOUND
from copos.support.plots import tightening

# rungs (lift and strengthening, family, level) in the order in which they should tighten
RUNGS = (
    ("factor", "moment", 0),
    ("factor", "parrilo", 0),
    ("factor bounded", "parrilo", 0),
    ("factor bounded", "parrilo", 1),
    ("factor balanced", "parrilo", 0),
    ("projection", "parrilo", 0),
    ("projection", "parrilo", 1),
)


def data(size: str, inputs: str, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Y = W X + noise with a random W; X of full rank or of rank one less; or X = I and Y = diag(1/2, 3/4, 1, …)."""
    d_in, d_out = map(int, size.split("+"))
    if inputs == "identity":
        return np.eye(d_in), np.eye(d_out, d_in) * (0.5 + 0.25 * np.arange(d_in))
    rng = np.random.default_rng(seed)
    k = d_in - (inputs == "deficient")
    X = rng.standard_normal((d_in, k)) @ rng.standard_normal((k, 4 * d_in))
    return X, rng.standard_normal((d_out, d_in)) @ X + noise * rng.standard_normal((d_out, 4 * d_in))


def cases(sizes: tuple[str, ...], noises: tuple[float, ...], seeds: tuple[int, ...], reach: int) -> list[Case]:
    """Every bottleneck below the smaller dimension; `reach` is the largest d_in + d_out for the factor lift."""
    out = []
    for case in grid(size=sizes, inputs=("full", "deficient", "identity"), noise=noises, seed=seeds):
        d_in, d_out = map(int, case["size"].split("+"))
        if case["inputs"] == "identity" and (d_in != d_out or case["noise"] != noises[0] or case["seed"] != seeds[0]):
            continue  # these data have neither noise nor a seed
        for rank in range(1, min(d_in, d_out)):
            for lift, family, level in RUNGS:
                # the factor lift's level 1 takes minutes beyond 2 + 2
                if lift.startswith("factor") and d_in + d_out > (reach if level == 0 else reach - 4):
                    continue
                out.append({**case, "rank": rank, "lift": lift, "family": family, "level": level})
    return out


def quick(case: Case) -> bool:
    """Is it a matter of a second? Solvers take long for level 0 of a factor lift without a bound."""
    if case["lift"] == "projection" or case["level"]:
        return case["level"] == 0
    unbounded = (case["lift"], case["family"]) == ("factor", "parrilo")
    return (case["size"], case["inputs"]) == ("2+2", "identity") and not unbounded


def run(
    size: str, inputs: str, noise: float, seed: int, rank: int, lift: str, family: str, level: int
) -> dict[str, Any]:
    """One rung on one data set."""
    X, Y = data(size, inputs, noise, seed)
    name, *strengthen = lift.split()
    program = copos.linear_network(X, Y, [len(X), rank, len(Y)], lift=name, strengthen=strengthen)
    return of_bound(copos.lower_bound(program, level, family), copos.svd_value(X, Y, rank))


def label(row: dict[str, Any]) -> str:
    """A rung's name on the axis."""
    return f"{row['lift']}\n{row['family']} {row['level']}"


def draw(rows: list[dict[str, Any]], figure: Any) -> None:
    """Left the bounds over the closed form, right what is missing, one line a data set."""
    names = [f"{lift}\n{family} {level}" for lift, family, level in RUNGS]
    used = [name for name in names if name in {label(row) for row in rows}]
    ratios: dict[str, dict[str, float]] = {}
    missing: dict[str, dict[str, float]] = {}
    for row in rows:
        instance = f"{row['size']} {row['inputs']} r={row['rank']} noise={row['noise']} #{row['seed']}"
        claimed, theory = row["claimed"], row["theory"]
        # every data set has a line in both pictures, if an empty one, so that it has one colour
        ratio, gap = ratios.setdefault(instance, {}), missing.setdefault(instance, {})
        if theory > 1e-9:
            ratio[label(row)] = claimed / theory if np.isfinite(claimed) else np.nan
        if np.isfinite(row["gap"]):
            gap[label(row)] = max(row["gap"], 1e-10)
    left, right = figure.subplots(1, 2)
    tightening(left, used, ratios, 1.0, "claimed bound / closed form")
    tightening(right, used, missing, None, "closed form − proved bound, relative")
    right.set_yscale("log")
    if right.get_legend() is not None:
        right.get_legend().remove()
    for axis in (left, right):
        axis.tick_params(axis="x", labelrotation=60)


def findings(rows: list[dict[str, Any]]) -> str:
    """Largest gap of every rung; whether a bound was ever above the closed form."""
    parts = []
    for rung in dict.fromkeys(label(row) for row in rows):
        mine = [row for row in rows if label(row) == rung]
        gaps = [row["gap"] for row in mine if np.isfinite(row["proved"])]
        largest = f", largest gap {max(gaps):.1e}" if gaps else ""
        parts.append(f"- {rung.replace(chr(10), ', ')}: {len(gaps)} of {len(mine)} proved{largest}")
    above = sum(row["proved"] > row["theory"] + 1e-9 * max(1.0, abs(row["theory"])) for row in rows)
    first = f"{len(rows)} bounds, {above} of them above the closed form. Gaps are relative to max(1, closed form)."
    return "\n".join([first, "", *parts])


QUESTION = "How do the bounds of the linear-network lifts tighten with the level, against the closed form?"
EXPERIMENT = Experiment(
    question=QUESTION,
    sets={
        "small": [case for case in cases(("2+2", "3+3"), (0.5,), (0,), 6) if quick(case)],
        "full": cases(("2+2", "3+2", "3+3", "4+3", "5+5"), (0.1, 1.0), (0, 1, 2), 8),
    },
    columns=OF_BOUND,
    run=run,
    draw=draw,
    findings=findings,
)
