"""Proved brackets of low-rank problems without a formula: random weights, masks with a ridge, larger matrices.

python -m benchmarks.networks [count] [first]     count random problems up to 4×4, from seed `first`
python -m benchmarks.networks large               6×6 of rank 2 and 10×10 of rank 2
"""

from __future__ import annotations

import sys
import time
from collections import Counter

import numpy as np

import copos
from copos.reformulation.low_rank import LowRankLoss

KINDS = ("uniform", "wide", "mask")
TOLERANCE, SECONDS, STARTS = 1e-4, 60.0, 200


def problem(seed: int) -> tuple[np.ndarray, np.ndarray, int, float, str]:
    """Y, weights, rank below the full one, ridge, kind."""
    rng = np.random.default_rng(seed)
    m, n = rng.integers(2, 5, 2)
    rank = int(rng.integers(1, min(4, m, n)))
    Y, kind = rng.standard_normal((m, n)), KINDS[seed % 3]
    if kind == "uniform":
        return Y, rng.uniform(0.1, 2, (m, n)), rank, 0.0, kind
    if kind == "wide":
        return Y, 10 ** rng.uniform(-2, 1, (m, n)), rank, 0.0, kind
    mask = (rng.random((m, n)) < 0.7).astype(float)
    mask[0, 0] = 1.0
    return Y, mask, rank, 1e-2, kind


def local_values(loss: LowRankLoss, rank: int, starts: int, seed: int) -> np.ndarray:
    """What alternating least squares ends with from random starts."""
    rng = np.random.default_rng(seed)
    return np.sort([loss.value(loss.polish(rng.standard_normal(loss.H.shape), rank, 200)) for _ in range(starts)])


def small(count: int, first: int) -> int:
    """Count of problems whose lower bound is above a local minimum, which must be 0."""
    closed: Counter[str] = Counter()
    total: Counter[str] = Counter()
    wrong, slow, stuck = 0, 0.0, []
    for seed in range(first, first + count):
        Y, weights, rank, ridge, kind = problem(seed)
        n = Y.shape[1]
        program = copos.linear_network(np.eye(n), Y, [n, rank, len(Y)], "auto", weights=weights, ridge=ridge)
        start = time.process_time()
        bound = copos.bracket(program, tolerance=TOLERANCE, time_limit=2 * SECONDS, max_level=1, max_cells=40)
        seconds = time.process_time() - start
        values = local_values(LowRankLoss.of(np.eye(n), Y, weights, ridge), rank, STARTS, seed)
        best = min(values[0], bound.upper)
        stuck.append(float((values > best * (1 + 1e-3) + 1e-9).mean()))
        good = bound.closed and bound.proved and seconds <= SECONDS
        closed[kind], total[kind] = closed[kind] + good, total[kind] + 1
        above = bool(bound.lower > values[0] * (1 + 1e-12))
        wrong, slow = wrong + above, max(slow, seconds)
        print(
            f"{seed:4} {kind:8} {len(Y)}×{n} r={rank} {bound.lower:.8f} ≤ {bound.upper:.8f}, best of starts "
            f"{values[0]:.8f}, relative gap {bound.gap / bound.upper:.1e}, level {bound.level}, cells {bound.cells}, "
            f"{seconds:.1f} s CPU, stuck {stuck[-1]:.0%}{'' if good else '  NOT CLOSED'}{'  WRONG' if above else ''}",
            flush=True,
        )
    print(f"closed: { {k: f'{closed[k]}/{total[k]}' for k in KINDS} }, together {sum(closed.values()) / count:.1%}; "
          f"slowest {slow:.1f} s CPU; lower bounds above a local minimum: {wrong}; local search stuck in "
          f"{np.mean(stuck):.0%} of starts, at most {max(stuck, default=0):.0%}")  # fmt: skip
    return wrong


def large() -> None:
    """6×6 and 10×10, weights in (0.1, 2); the trivial bound is the smallest weight times the singular values' one."""
    for n, rank, seeds, limit in ((6, 2, (0, 1, 2), 180), (10, 2, (0,), 600)):
        for seed in seeds:
            rng = np.random.default_rng(seed)
            Y, weights = rng.standard_normal((n, n)), rng.uniform(0.1, 2, (n, n))
            sides = "auto" if n == 6 else "projection"
            program = copos.linear_network(np.eye(n), Y, [n, rank, n], sides, weights=weights)
            wall, cpu = time.perf_counter(), time.process_time()
            bound = copos.bracket(program, tolerance=1e-3, time_limit=limit, max_level=0, branch=n == 6)
            print(
                f"{n}×{n} r={rank} seed {seed}: {bound.lower:.6f} ≤ {bound.upper:.6f}, claimed {bound.claimed:.6f}, "
                f"relative gap {bound.gap / bound.upper:.1e}, trivial bound "
                f"{weights.min() * copos.svd_value(np.eye(n), Y, rank):.6f}, {time.perf_counter() - wall:.0f} s, "
                f"{time.process_time() - cpu:.0f} s CPU; {bound.reason}",
                flush=True,
            )


def main() -> int:
    """A tenth of the random problems, and the large ones; arguments as above."""
    words = sys.argv[1:] if sys.argv[0].endswith("networks.py") else []
    if words[:1] == ["large"]:
        large()
        return 0
    count = int(words[0]) if words else 20
    return small(count, int(words[1]) if len(words) > 1 else 0)


if __name__ == "__main__":
    sys.exit(main() > 0)
