"""CVXOPT's conelp: the most robust small solver for block LMIs. GPL, so an optional extra, imported when asked."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import scipy.linalg as la
import scipy.sparse as sp

from copos.arithmetic import svec
from copos.conic import Cones, ConicForm, Solution, Status, Vector
from copos.solvers.answer import Unsupported, answer, failed

STATUS = {
    "optimal": Status.OPTIMAL,
    "primal infeasible": Status.INFEASIBLE,
    "dual infeasible": Status.UNBOUNDED,
    "unknown": Status.INACCURATE,
}
OPTIONS = ("show_progress", "maxiters", "abstol", "reltol", "feastol", "refinement", "kktreg", "debug")


def solve(form: ConicForm, *, kktsolver: str = "chol", **options: Any) -> Solution:
    """Solve min c'x, b − Ax ∈ K with `cvxopt.solvers.conelp`; options are its `solvers.options`."""
    try:
        from cvxopt import matrix, solvers, spmatrix
    except ImportError as error:
        raise ImportError("the solver cvxopt is not installed: pip install copos[cvxopt]") from error
    if unknown := set(options) - set(OPTIONS):
        raise Unsupported(f"cvxopt has no option {sorted(unknown)}; it knows {', '.join(OPTIONS)}")
    start = time.perf_counter()
    zero, K = form.cones.zero, form.cones
    A0, b0 = sp.csr_array(form.A)[:zero], form.b[:zero]
    rows, ray = independent_rows(A0.toarray(), b0)
    if ray is not None:
        z = np.concatenate([ray, np.zeros(form.shape[0] - zero)])
        return answer(form, "cvxopt", Status.INFEASIBLE, (form.c, form.b, z), message="the equations contradict")
    unpack = unpacking(K)
    G = sp.coo_array(unpack @ sp.csr_array(form.A)[zero:])
    h = unpack @ form.b[zero:]
    dims = {"l": K.nonnegative, "q": [q for q in K.second_order if q], "s": [n for n in K.psd if n]}
    equations = {"A": matrix(A0[rows].toarray()), "b": matrix(b0[rows])} if len(rows) else {}
    G = spmatrix(matrix(G.data), matrix(G.row.astype(int)), matrix(G.col.astype(int)), G.shape, "d")
    try:
        raw = solvers.conelp(
            matrix(form.c), G, matrix(h), dims, kktsolver=kktsolver,
            options={"show_progress": False, **options}, **equations,
        )  # fmt: skip
    except (ArithmeticError, ValueError) as error:
        return failed(form, "cvxopt", f"conelp: {error}", time.perf_counter() - start)
    seconds = time.perf_counter() - start
    # what is missing for a ray comes as None; `answer` does not read that side
    part = {key: np.zeros(0) if raw[key] is None else np.array(raw[key]).ravel() for key in "xszy"}
    m, n = form.shape
    x = part["x"] if len(part["x"]) else np.zeros(n)
    s, z = np.zeros(m), np.zeros(m)
    if len(part["s"]):
        s[zero:] = unpack.T @ part["s"]
    if len(part["z"]):
        z[zero:] = unpack.T @ part["z"]
    if len(part["y"]):
        z[rows] = part["y"]
    status, message = STATUS.get(raw["status"], Status.FAILED), raw["status"]
    if raw["status"] == "unknown" and raw["iterations"] >= options.get("maxiters", 100):
        status, message = Status.LIMIT, "iteration limit"
    return answer(form, "cvxopt", status, (x, s, z), iterations=raw["iterations"], seconds=seconds, message=message)


def independent_rows(A: Vector, b: Vector, tolerance: float = 1e-10) -> tuple[np.ndarray, Vector | None]:
    """Rows of A that span its row space, and, if A x = b has no solution, z with A'z = 0, b'z < 0."""
    if not len(b):
        return np.arange(0), None
    found: Any = la.qr(A.T, mode="r", pivoting=True)
    R, pivots = found
    size = np.abs(np.diag(R))
    rank = int((size > tolerance * max(size.max(initial=0.0), 1e-300)).sum())
    rows = np.sort(pivots[:rank])
    # residual of b against the column space of A: it is orthogonal to that space, so it is its own ray
    residual = b - A @ np.linalg.lstsq(A, b)[0]
    if np.linalg.norm(residual) > 1e-8 * max(1.0, np.linalg.norm(b)):
        return rows, -residual
    return rows, None


def unpacking(cones: Cones) -> sp.csr_array:
    """Isometry U from our rows (without the zero rows) to CVXOPT's, which keeps whole n×n matrices: U'U = I."""
    blocks: list[Any] = []
    for kind, n, rows in cones.slices():
        if kind == "zero" or rows.stop == rows.start:
            continue
        if kind != "psd":
            blocks.append(sp.identity(rows.stop - rows.start))
            continue
        i, j = svec.triangle(n)
        k = np.arange(len(i))
        value = 1 / svec.scaling(n)
        off = i != j
        place = np.concatenate([i + n * j, (j + n * i)[off]])
        data = (np.concatenate([value, value[off]]), (place, np.concatenate([k, k[off]])))
        blocks.append(sp.coo_array(data, shape=(n * n, len(k))))
    if not blocks:
        return sp.csr_array((0, 0))
    return sp.csr_array(sp.block_diag(blocks))
