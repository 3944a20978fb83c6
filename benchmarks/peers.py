"""Beside other packages: what each says of a matrix, what a level costs, what is known of separable states.

PEERS_PYTHON=/path/to/python, an interpreter that has pycoposit, SumOfSquares and toqito, adds their rows; without it
they say "not installed". They run as processes of their own (`_peer_tasks.py`) and are nothing that copos depends on.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._measure import ONE_THREAD, Row, clock, measure
from benchmarks._table import Table
from benchmarks.interfaces import SCS, cvxpy_by_hand, direct, in_cvxpy, moment_places, through_picos
from copos.bounding.bounds import lower_bound
from copos.cones import PositiveSemidefinite
from copos.decision.copositivity import is_copositive
from copos.instances.graphs import cycle
from copos.instances.matrices import horn
from copos.program import CompletelyPositiveProgram
from copos.reformulation.standard_quadratic import standard_quadratic

PEERS = os.environ.get("PEERS_PYTHON")
TASKS = Path(__file__).with_name("_peer_tasks.py")
SMALL = [[1.0, 0.0], [0.0, 1.0]]


def peer(task: str, given: list[Any], warm: list[Any], limit: int = 60) -> Row:
    """A task of `_peer_tasks.py` in the interpreter that PEERS_PYTHON names, for `limit` CPU seconds at most."""
    if PEERS is None:
        return {"status": "not installed"}
    text = json.dumps({"given": given, "warm": warm, "limit": limit})
    done = subprocess.run([PEERS, TASKS, task], input=text, capture_output=True, text=True, env=os.environ | ONE_THREAD)
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return {"status": f"over {limit} s"}
    if done.returncode:
        return {"status": (done.stderr.strip().splitlines() or ["failed"])[-1][:80]}
    return json.loads(done.stdout)


def matrices() -> dict[str, tuple[list[list[Fraction]], bool]]:
    """Name ↦ (matrix, is it copositive?)."""
    H = [[Fraction(int(v)) for v in row] for row in horn()]
    plus = {"inside: Horn + E/1000": Fraction(1, 1000), "outside: Horn − E/10⁹": Fraction(-1, 10**9)}
    scaled = [[H[i][j] * (i + 1) * (j + 1) for j in range(5)] for i in range(5)]
    shifted = {name: ([[v + t for v in row] for row in H], t > 0) for name, t in plus.items()}
    return {"Horn": (H, True), "Horn, scaled by 1 … 5": (scaled, True)} | shifted


def decided(M: list[list[Fraction]]) -> Row:
    """The exact decision, with the checker's verdict on its evidence."""
    found = is_copositive(M)
    checked = found.certificate is not None and found.certificate.verify(M).proved
    kind = "certificate" if found.answer else "point with x'Mx < 0"
    return {"says": {True: "yes", False: "no"}[found.answer], "evidence": f"{kind}, checked" if checked else "none"}


def proved_level(M: list[list[Fraction]], level: int) -> Row:
    """A proved bound on min x'Mx over the simplex, which says yes if it is not negative."""
    found = lower_bound(standard_quadratic(np.array(M, dtype=float)), level)
    return {"says": "yes" if found.lower >= 0 else f"min ≥ {found.lower:.0e}", "evidence": "certificate"}


def read_off(status: str) -> Row:
    """What the status of a feasibility problem says; "infeasible" is about the level, not about the matrix."""
    says = {"optimal": "yes", "feasible": "yes", "infeasible": "not in the level"}.get(status, "cannot tell")
    return {"says": says, "evidence": "none", "solver says": status}


def solver_says(M: list[list[Fraction]], solver: str, options: dict[str, Any]) -> Row:
    """Is M in level 1?  Find Q_i ⪰ 0 such that Σ_i x_i x'(M − Q_i)x has no negative coefficient."""
    import cvxpy as cp
    import scipy.sparse as sp

    n = len(M)
    collect = sp.csr_array((np.ones(n**3), (moment_places(n).ravel(), np.arange(n**3))))
    Q = [cp.Variable((n, n), PSD=True) for _ in range(n)]
    stacked = cp.hstack([cp.vec(block, order="C") for block in Q])
    problem = cp.Problem(cp.Minimize(0), [collect @ (np.tile(np.array(M, dtype=float).ravel(), n) - stacked) >= 0])
    problem.solve(solver=solver, **options)
    return read_off(problem.status)


def claims(quick: bool) -> Iterator[Row]:
    """Copositive or not, at the boundary: what is said, whether that is right, and what it rests on."""
    for case, (M, exact) in matrices().items():
        floats, texts = [[float(v) for v in row] for row in M], [[str(v) for v in row] for row in M]
        theirs = peer("pycoposit", [texts], [[["1", "0"], ["0", "1"]]])
        if "answer" in theirs:
            theirs |= {"says": "yes" if theirs.pop("answer") else "no", "evidence": "none"}
        sums = peer("member", [floats, 1], [SMALL, 0])
        if "answer" in sums:
            sums |= read_off(sums.pop("answer"))
        found = {
            "copos, is_copositive": measure(decided, M, warm=(SMALL,)),
            "copos, level 1": measure(proved_level, M, 1, warm=(SMALL, 0)),
            "pycoposit": theirs,
            "SumOfSquares, level 1": sums,
            "cvxpy + Clarabel, level 1": measure(solver_says, M, "CLARABEL", {}, warm=(M, "CLARABEL", {})),
            "cvxpy + SCS 1e-7, level 1": measure(solver_says, M, "SCS", SCS, warm=(M, "SCS", SCS)),
        }
        for method, row in found.items():
            says = row.get("says")
            right = "–" if says not in ("yes", "no") else "right" if (says == "yes") == exact else "WRONG"
            yield {"case": case, "exact": "yes" if exact else "no", "method": method, "says": says, "right": right,
                   "evidence": row.get("evidence"), "cpu_s": row.get("cpu_s"), "package": row.get("package"),
                   "status": row["status"]}  # fmt: skip


LEVELS = {
    "copos": (direct, ()),
    "cvxpy + Clarabel": (in_cvxpy, (cvxpy_by_hand, "CLARABEL")),
    "cvxpy + SCS 1e-7": (in_cvxpy, (cvxpy_by_hand, "SCS")),
    "picos + CVXOPT": (through_picos, ()),
}


def costs(quick: bool) -> Iterator[Row]:
    """Levels 0 and 1 for the stability number of the cycle C_n: seconds to build and to solve, and memory."""
    for n, level in ((5, 0), (5, 1)) if quick else ((5, 0), (5, 1), (9, 0), (7, 1), (15, 0), (9, 1)):
        for method, (task, fixed) in LEVELS.items():
            options = (SCS if "SCS" in method else {},) if fixed else ()
            found = measure(task, *fixed, n, *options, True, level, warm=(*fixed, 5, *options, True, level))
            yield {"case": f"C{n}", "level": level, "method": method, **found}
        theirs: Row = {"status": "not run: too slow"}
        if n <= {0: 9, 1: 5}[level]:
            theirs = peer("parrilo", [(np.eye(n) + cycle(n)).tolist(), level], [SMALL, 0])
            if "answer" in theirs:
                theirs["value"] = theirs.pop("answer")
        yield {"case": f"C{n}", "level": level, "method": "SumOfSquares (picos + CVXOPT)", **theirs}


def product_vectors(case: str) -> tuple[np.ndarray, int]:
    """P = Σ vv' over real product vectors v = a ⊗ b, and the order d of each factor."""
    if case == "tiles":  # an unextendible product basis: no product vector is orthogonal to all
        e, s = np.eye(3), np.sqrt(0.5)
        pairs = [(e[0], s * (e[0] - e[1])), (e[2], s * (e[1] - e[2])), (s * (e[0] - e[1]), e[2]),
                 (s * (e[1] - e[2]), e[0]), (e.sum(0) / 3**0.5, e.sum(0) / 3**0.5)]  # fmt: skip
        return sum(np.outer(v, v) for v in (np.kron(a, b) for a, b in pairs)), 3
    d, seed = (int(word) for word in case.replace(",", "").split()[1::2])
    rng = np.random.default_rng(seed)
    V = np.stack([np.kron(*rng.standard_normal((2, d))) for _ in range(2 * d)])
    return V.T @ V / d**2, d


def separable(P: np.ndarray, d: int) -> CompletelyPositiveProgram:
    """Min <P, A ⊗ B>, A, B ⪰ 0 of trace one: the block A, B of atoms on two semidefinite cones.

    P is invariant under a partial transpose, so that real matrices do as well as Hermitian ones.
    """
    row, col = np.triu_indices(d)
    order = np.lexsort((row, col))  # column by column
    row, col = row[order], col[order]
    m = len(row)
    lift = np.zeros((d * d, m))  # entries of the triangle ↦ vec A
    lift[row * d + col, range(m)] = lift[col * d + row, range(m)] = 1.0
    R = lift.T @ P.reshape(d, d, d, d).transpose(0, 2, 1, 3).reshape(d * d, d * d) @ lift
    C = np.block([[np.zeros((m, m)), R / 2], [R.T / 2, np.zeros((m, m))]])
    trace = lift.T @ np.eye(d).ravel()
    a, b = np.r_[trace, 0 * trace], np.r_[0 * trace, trace]
    equations = [(np.outer(a, a), 1.0), (np.outer(b, b), 1.0), ((np.outer(a, b) + np.outer(b, a)) / 2, 1.0)]
    return CompletelyPositiveProgram(PositiveSemidefinite(d) * PositiveSemidefinite(d), C, equations)


def alternated(P: np.ndarray, d: int) -> float:
    """Smallest (x ⊗ y)'P(x ⊗ y) that alternating eigenvectors find from 100 starts: an upper bound on the minimum."""
    T, rng, best = P.reshape(d, d, d, d), np.random.default_rng(0), np.inf
    for _ in range(100):
        y = rng.standard_normal(d)
        for _ in range(300):
            x = np.linalg.eigh(np.einsum("ikjl,k,l->ij", T, y, y))[1][:, 0]
            values, vectors = np.linalg.eigh(np.einsum("ikjl,i,j->kl", T, x, x))
            y = vectors[:, 0]
        best = min(best, float(values[0]))
    return best


def separable_level(case: str, level: int) -> Row:
    """One level, with its proof."""
    P, d = product_vectors(case)
    program = separable(P, d)
    start = clock()
    found = lower_bound(program, level)
    return {"claimed": found.claimed, "proved": found.lower, "solve_s": clock() - start}


def states(quick: bool) -> Iterator[Row]:
    """Lower bounds on <P, ρ> over separable states ρ; toqito's from its bound on the largest <cI − P, ρ>."""
    for case in ("tiles",) if quick else ("tiles", "order 3, seed 1"):
        P, d = product_vectors(case)
        found = alternated(P, d)
        for level in (0, 1):
            row = measure(separable_level, case, level, warm=("order 2, seed 0", 0), repeats=1)
            yield {"case": case, "method": f"copos, level {level}", "found": found, **row}
        top = float(np.linalg.eigvalsh(P)[-1])
        for effort in (1, 2):
            row = peer("separable", [(top * np.eye(d * d) - P).tolist(), effort], [np.diag([2.0, 1, 1, 1]).tolist(), 1])
            claimed = top - row.pop("answer")[1] if "answer" in row else None
            row |= {"solve_s": row.get("cpu_s")}
            over = claimed is not None and claimed - found
            if over and over > 1e-9:
                row["status"] = f"above the value found by {over:.0e}"
            yield {"case": case, "method": f"toqito, {effort} cop{'y' if effort == 1 else 'ies'}", "found": found,
                   "claimed": claimed, "proved": None, **row}  # fmt: skip


TABLES = [
    Table("peers-claims", claims),
    Table("peers-levels", costs, key=("case", "level", "method"), ratio=("build_s", "copos")),
    Table("peers-states", states),
]
