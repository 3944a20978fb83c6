"""The checker that is proved in Coq beside the Python one, sizes and times: python -m formal.benchmark.

Needs `make formal`. The cases: Horn's matrix and that of co-C9, a factor of order 20, θ' of G(100, ½), the compact lift
at level 1, and a branched bound of Paley 13.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np

import copos
from copos.certificate import boundary_certificate
from copos.certificate.formal import formally
from copos.checker import check

HORN = [[1, -1, 1, 1, -1], [-1, 1, -1, 1, 1], [1, -1, 1, -1, 1], [1, 1, -1, 1, -1], [-1, 1, 1, -1, 1]]


def paley(q):
    """The adjacency matrix of the graph of squares modulo q."""
    squares = {i * i % q for i in range(1, q)}
    return np.array([[float((i - j) % q in squares) for j in range(q)] for i in range(q)])


def cases():
    """Pairs of a name and a certificate."""
    rng = np.random.default_rng(0)
    n = 9
    near = np.array([[int((i - j) % n in (1, n - 1)) for j in range(n)] for i in range(n)])
    co_c9 = (2 * (np.ones((n, n), dtype=int) - near) - 1).tolist()
    yield "Horn, level 1", boundary_certificate(HORN)
    yield "Horn, cover", copos.is_copositive(HORN).certificate
    yield "co-C9, level 1", boundary_certificate(co_c9)
    yield "co-C9, cover", copos.is_copositive(co_c9).certificate
    B = rng.integers(0, 4, (20, 30))
    yield "factor, order 20", copos.is_completely_positive((B @ B.T).tolist()).certificate
    edges = np.triu(rng.random((100, 100)) < 0.5, 1)
    graph = copos.standard_quadratic((edges | edges.T) + np.eye(100))
    yield "θ', G(100, ½)", copos.lower_bound(graph, level=0).certificate
    Y, weights = rng.standard_normal((3, 3)), 10 ** rng.uniform(-2, 1, (3, 3))
    network = copos.linear_network(np.eye(3), Y, widths=[3, 1, 3], lift="projection", weights=weights)
    yield "compact lift, level 1", copos.lower_bound(network, level=1).certificate
    branched = copos.branch_and_bound(copos.standard_quadratic(paley(13) + np.eye(13)), time_limit=20)
    yield "branched, Paley 13", branched.certificate


def seconds() -> tuple[float, float]:
    """CPU seconds of this process, and of the programs that it ran."""
    spent = os.times()
    return spent.user + spent.system, spent.children_user + spent.children_system


def main() -> None:
    """Print the table, in seconds of CPU."""
    print("| certificate | kB | Python, s | formal, s | formal verdict |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, certificate in cases():
            if certificate is None:
                raise SystemExit(f"{name} is not proved")
            path = Path(folder) / "certificate.json"
            certificate.save(path)
            before = seconds()
            check.check_file(str(path))
            python = seconds()[0] - before[0]
            said = formally(path)
            formal = seconds()[1] - before[1]
            words = said.words.split(":")[0] if said.proved else said.words[:70]
            size = path.stat().st_size / 1000
            print(f"| {name} | {size:.1f} | {python:.2f} | {formal:.2f} | {words} |", flush=True)


if __name__ == "__main__":
    main()
