"""What every row says of a bound, so that tables can be compared."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from copos.levels.bound import Bound

OF_BOUND = (
    "level", "family", "gram", "solver", "status", "moments", "blocks", "largest",
    "claimed", "proved", "theory", "gap", "build_seconds", "solve_seconds", "proof_seconds",
)  # fmt: skip
PACKAGES = ("copos", "numpy", "scipy", "clarabel", "scs", "highspy")


def of_bound(bound: Bound, theory: float | None = None) -> dict[str, Any]:
    """The columns `OF_BOUND`; `proved` is −inf without a proof, `gap` is (theory − proved) / max(1, |theory|)."""
    gap = None if theory is None else (theory - bound.lower) / max(1.0, abs(theory))
    return {
        "level": bound.level, "family": bound.family, "gram": bound.gram, "solver": bound.solver,
        "status": bound.status.value if bound.status else "", "moments": bound.moments, "blocks": bound.blocks,
        "largest": bound.largest, "claimed": bound.claimed, "proved": bound.lower, "theory": theory, "gap": gap,
        "build_seconds": bound.build_seconds, "solve_seconds": bound.solve_seconds,
        "proof_seconds": bound.proof_seconds,
    }  # fmt: skip


@cache
def versions() -> str:
    """Python and packages with their versions, in one cell."""
    found = [f"python {platform.python_version()}"]
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return "; ".join(found)
