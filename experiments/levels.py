"""All families side by side: what does each level prove about stability numbers and standard quadratic programs?"""

from __future__ import annotations

from typing import Any

import numpy as np

import copos
from copos.experiment import Experiment, grid, of_bound
from copos.experiment.rows import OF_BOUND
from copos.hierarchy.families import FAMILIES
from copos.instances import GRAPHS

ROWS = (("de-klerk-pasechnik", "sdp"), ("parrilo", "dd"), ("parrilo", "sdd"), ("pena-vera-zuluaga", "sdp"),
        ("parrilo", "sdp"))  # fmt: skip


def matrix(instance: str) -> tuple[np.ndarray, float]:
    """Q and min x'Qx over the simplex: I + A of a graph with 1/α, or a random matrix, decided exactly."""
    if instance in GRAPHS:
        record = GRAPHS[instance]
        assert record.stability is not None
        return np.eye(len(record.adjacency)) + record.adjacency, 1 / record.stability
    _, n, seed = instance.split()
    Q = np.random.default_rng(int(seed)).integers(-9, 10, (int(n), int(n))).astype(float)
    Q = np.triu(Q, 1) + np.triu(Q, 1).T + 9 * np.eye(int(n))  # a large diagonal moves minima inside the simplex
    return Q, float(copos.minimum_on_simplex(Q).value)


def run(instance: str, family: str, gram: str, level: int) -> dict[str, Any]:
    """One level of one family on one matrix."""
    Q, theory = matrix(instance)
    bound = copos.lower_bound(copos.standard_quadratic(Q), level, family, gram=gram)
    return {"order": len(Q), **of_bound(bound, theory)}


def cases(instances: tuple[str, ...], top: int, semidefinite_top: int) -> list[dict[str, Any]]:
    """Levels of every family; semidefinite ones end earlier."""
    every = [{"instance": i, "family": f, "gram": g, "level": level}
             for (f, g) in ROWS for i in instances for level in range(top + 1)]  # fmt: skip
    linear = ("de-klerk-pasechnik",)
    return [c for c in every if c["level"] <= semidefinite_top or c["family"] in linear or c["gram"] == "dd"]


def draw(rows: list[dict[str, Any]], figure: Any) -> None:
    """Gap against seconds, a panel an instance, a line a family."""
    instances = list(dict.fromkeys(row["instance"] for row in rows))
    across = min(3, len(instances))
    figure.set_figheight(max(5.0, 2.2 * -(-len(instances) // across)))
    axes = figure.subplots(-(-len(instances) // across), across, squeeze=False, sharex=True, sharey=True)
    for axis, instance in zip(axes.flat, instances, strict=False):
        for family, gram in ROWS:
            mine = sorted((r for r in rows if (r["instance"], r["family"], r["gram"]) == (instance, family, gram)),
                          key=lambda r: r["level"])  # fmt: skip
            seconds = [r["build_seconds"] + r["solve_seconds"] + r["proof_seconds"] for r in mine]
            gaps = [max(r["gap"], 1e-10) if np.isfinite(r["gap"]) else np.nan for r in mine]
            axis.loglog(seconds, gaps, "o-", markersize=4, linewidth=1, label=f"{family}, {gram}")
            for r, s, g in zip(mine, seconds, gaps, strict=True):
                axis.annotate(str(r["level"]), (s, g), fontsize="x-small", textcoords="offset points", xytext=(3, 3))
        axis.set_title(instance, fontsize="small")
    for axis in axes.flat:
        axis.xaxis.set_minor_formatter("")
    for axis in axes[-1]:
        axis.set_xlabel("seconds: build, solve, prove")
    for axis in axes.flat[len(instances) :]:
        axis.set_axis_off()
    figure.supylabel("minimum − proved bound", fontsize="medium")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize="small")


def findings(rows: list[dict[str, Any]]) -> str:
    """Which family is exact first; how inclusions show."""
    lines = []
    for family, gram in ROWS:
        mine = [r for r in rows if (r["family"], r["gram"]) == (family, gram)]
        exact = {r["instance"] for r in mine if r["gap"] < 1e-5}
        without = sum(not np.isfinite(r["proved"]) for r in mine)
        instances = len({r["instance"] for r in mine})
        lines.append(
            f"- {family}, {gram}: exact to 1e-5 at some level on {len(exact)} of {instances} instances; "
            f"{without} of {len(mine)} levels bound nothing"
        )
    above = sum(r["proved"] > r["theory"] + 1e-9 * max(1, abs(r["theory"])) for r in rows)
    return "\n".join([f"{len(rows)} levels; {above} proved bounds above the minimum.", "", *lines])


assert {family for family, _ in ROWS} <= set(FAMILIES)
EXPERIMENT = Experiment(
    question="What do the levels of each family prove about small standard quadratic programs, and in what time?",
    sets={
        "small": cases(("cycle 5", "complement of petersen", "random 6 1"), 1, 1),
        "full": cases(("cycle 5", "cycle 7", "petersen", "complement of petersen", "complement of the icosahedron",
                       *(case["name"] for case in grid(name=[f"random {n} {s}" for n in (6, 9, 12) for s in (1, 2)]))),
                      3, 2),
    },
    columns=("order", *OF_BOUND),
    run=run,
    draw=draw,
    findings=findings,
)  # fmt: skip
