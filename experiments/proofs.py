"""What does a proof cost beside the solution that it starts from?"""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np

import copos
from copos.experiment import Experiment, grid, of_bound
from copos.experiment.rows import OF_BOUND


def run(n: int, level: int, seed: int) -> dict[str, Any]:
    """A level of the stability number of a random graph: seconds to solve, to prove, to check; size of the file."""
    A = np.triu(np.random.default_rng(seed).random((n, n)) < 0.5, 1)
    program = copos.stability_number((A + A.T).astype(int))
    bound = copos.lower_bound(program, level)
    start = time.perf_counter()
    verdict = copos.verify(bound.certificate, program) if bound.certificate else None
    check = time.perf_counter() - start
    size = len(json.dumps(bound.certificate.document())) if bound.certificate else None
    return {"checked": bool(verdict and verdict.proved), "check_seconds": check, "bytes": size,
            "loss": bound.claimed - bound.lower, **of_bound(bound)}  # fmt: skip


def draw(rows: list[dict[str, Any]], figure: Any) -> None:
    """Seconds against the number of vertices and their medians, a panel a level."""
    levels = sorted({r["level"] for r in rows})
    for axis, level in zip(figure.subplots(1, len(levels), squeeze=False)[0], levels, strict=True):
        mine = [r for r in rows if r["level"] == level]
        sizes = sorted({r["n"] for r in mine})
        for column, what in (("solve_seconds", "solve"), ("proof_seconds", "prove"), ("check_seconds", "check")):
            middle = [np.median([r[column] for r in mine if r["n"] == n]) for n in sizes]
            (line,) = axis.loglog(sizes, middle, label=what)
            axis.loglog([r["n"] for r in mine], [r[column] for r in mine], "o", color=line.get_color(), alpha=0.6)
        axis.set_xticks(sizes, [str(n) for n in sizes])
        axis.set_xticks([], minor=True)
        axis.set_title(f"level {level}")
        axis.set_xlabel("vertices")
        axis.set_ylabel("seconds")
        axis.legend()


def findings(rows: list[dict[str, Any]]) -> str:
    """Shares of the time, losses, sizes."""
    lines = []
    for level in sorted({r["level"] for r in rows}):
        mine = [r for r in rows if r["level"] == level]
        share = np.median([(r["proof_seconds"] + r["check_seconds"]) / r["solve_seconds"] for r in mine])
        checked = sum(r["checked"] for r in mine)
        loss = max((r["loss"] for r in mine if r["checked"]), default=np.nan)
        lines.append(f"- level {level}: {checked} of {len(mine)} proved and checked; proof and check take "
                     f"{share:.2f} of the solver's time (median); largest loss {loss:.1e}; "
                     f"files up to {max(r['bytes'] or 0 for r in mine) / 1e3:,.0f} kB")  # fmt: skip
    return "\n".join(lines)


EXPERIMENT = Experiment(
    question="What does a proof cost beside the solution that it starts from?",
    sets={
        "small": grid(n=(10, 20), level=(0,), seed=(1,)) + grid(n=(6, 8), level=(1,), seed=(1,)),
        "full": grid(n=(20, 40, 80, 160), level=(0,), seed=(1, 2)) + grid(n=(8, 12, 16), level=(1,), seed=(1, 2)),
    },
    columns=("checked", "check_seconds", "bytes", "loss", *OF_BOUND),
    run=run,
    draw=draw,
    findings=findings,
)
