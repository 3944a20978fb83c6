"""What other packages do, run by an interpreter that has them: `python _peer_tasks.py TASK < arguments.json`.

Prints {"answer": what the package says, "package", "cpu_s", "peak_MB", "status"}; the interpreter needs neither copos
nor this package.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from importlib.metadata import version
from pathlib import Path

PACKAGES = {"pycoposit": "pycoposit", "parrilo": "SumOfSquares", "member": "SumOfSquares", "separable": "toqito"}


def pycoposit(matrix):
    """Exact decision; entries are strings that denote rational numbers."""
    import pycoposit

    n = len(matrix)
    text = f"{n}#" + ",".join(matrix[i][j] for i in range(n) for j in range(i, n))
    return {"answer": pycoposit.check(text)["is_copositive"]}


def parrilo(matrix, level):
    """Largest t with Σ (M − tE)_ij x_i²x_j² (Σ x_k²)^level a sum of squares."""
    import sympy
    from SumOfSquares import SOSProblem

    start = time.process_time()
    n = len(matrix)
    x, t = sympy.symbols(f"x:{n}"), sympy.Symbol("t")
    form = sum((matrix[i][j] - t) * x[i] ** 2 * x[j] ** 2 for i in range(n) for j in range(n))
    problem = SOSProblem()
    problem.options.update(verbosity=0, solver="cvxopt", primals=None)
    problem.add_sos_constraint(sympy.expand(form * sum(v**2 for v in x) ** level), list(x))
    variable = problem.sym_to_var(t)
    problem.set_objective("max", variable)
    built = time.process_time()
    problem.solve()
    return {"answer": float(variable.value), "build_s": built - start, "solve_s": time.process_time() - built,
            "status": "ok" if problem.status == "optimal" else problem.status}  # fmt: skip


def member(matrix, level):
    """Status of the feasibility problem: is Σ M_ij x_i²x_j² (Σ x_k²)^level a sum of squares?"""
    import sympy
    from picos import SolutionFailure
    from SumOfSquares import SOSProblem

    x = sympy.symbols(f"x:{len(matrix)}")
    form = sum(c * x[i] ** 2 * x[j] ** 2 for i, row in enumerate(matrix) for j, c in enumerate(row))
    problem = SOSProblem()
    problem.options.update(verbosity=0, solver="cvxopt")
    problem.add_sos_constraint(sympy.expand(form * sum(v**2 for v in x) ** level), list(x))
    try:
        problem.solve()
    except SolutionFailure as failure:
        return {"answer": str(failure).split(",")[0][:40]}
    return {"answer": problem.status}


def separable(matrix, effort):
    """Bounds on max <M, ρ> over separable ρ: effort 1 is one copy with positive partial transpose, 2 two copies."""
    import numpy as np
    from toqito.matrix_props.sk_norm import sk_operator_norm

    M = np.array(matrix)
    order = round(len(M) ** 0.5)
    low, high = sk_operator_norm(M, k=1, dim=[order, order], effort=effort)
    return {"answer": [float(low), float(high)]}


def main():
    """One task, and what it took; imports are not counted."""
    name = PACKAGES[sys.argv[1]]
    task = {"pycoposit": pycoposit, "parrilo": parrilo, "member": member, "separable": separable}[sys.argv[1]]
    arguments = json.load(sys.stdin)
    try:
        __import__(name)
    except ImportError:
        print(json.dumps({"status": "not installed"}))
        return
    seconds = arguments.get("limit", 300)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))  # of CPU: a busy machine does not change it
    task(*arguments["warm"])
    start = time.process_time()
    try:
        out = {"status": "ok", **task(*arguments["given"])}
    except Exception as error:
        out = {"status": f"{type(error).__name__}: {error}"[:80]}
    lines = Path("/proc/self/status").read_text().splitlines() if Path("/proc/self/status").exists() else []
    peak = [int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")]
    peak = peak or [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20]
    out |= {"package": f"{name} {version(name)}", "cpu_s": time.process_time() - start, "peak_MB": peak[0]}
    print(json.dumps(out))


if __name__ == "__main__":
    main()
