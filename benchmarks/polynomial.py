"""Polynomial-activation networks: certified training beside general solvers, in one run.

speed    Friedman (d = 10), breast cancer (d = 30): this package, the published program in cvxpy + SCS and + Clarabel,
         the Gram-compressed conic form in Clarabel, one L-BFGS start
digits   the same on digits (one output, ten outputs)
large    20,000 × 100 synthetic samples, few neurons and many
losses   every loss of one output on breast cancer and digits
check    100 random problems over all architectures and losses: certificate, conic solver, L-BFGS and Adam

The published program is written for cvxpy in its own variables: two bordered matrices that are PSD, two trace
equations, one prediction per sample, squared loss. A general solver that is not done after its limit of CPU time is
stopped; imports are not timed. `excess` is the certified gap for copos, and for others the difference to its objective.
"""

from __future__ import annotations

import multiprocessing as mp
import resource
import signal
from collections.abc import Iterator
from queue import Empty

import numpy as np

from benchmarks._measure import Row, clock, measure
from benchmarks._table import Table

RATIOS = (0.1, 0.01, 0.001)
LIMIT = 180  # CPU seconds for a general solver


def data(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Features and targets of one benchmark set."""
    from sklearn import datasets
    from sklearn.preprocessing import scale

    if name == "friedman":
        X, y = datasets.make_friedman1(500, 10, random_state=0)
        return scale(X), scale(y)
    if name == "breast cancer":
        X, y = datasets.load_breast_cancer(return_X_y=True)
        return scale(X), 2.0 * y - 1
    X, y = datasets.load_digits(return_X_y=True)
    if name == "digits parity":
        return X / 16, 2.0 * (y % 2) - 1
    if name == "digits":
        return X / 16, 2.0 * np.eye(10)[y] - 1
    raise ValueError(name)


def ours(X, y, ratio, tolerance=1e-6):
    """Seconds, objective, gap, neurons; β_max and everything else included."""
    from copos.polynomial.program import polynomial_network

    start = clock()
    program = polynomial_network(X, y, beta_ratio=ratio)
    fit = program.train(tolerance)
    return clock() - start, fit.objective, fit.gap, len(fit.network), program


def published(X, y, beta, solver):
    """The program of the published notebook in cvxpy: one constraint row per sample."""
    import cvxpy as cp

    n, d = X.shape
    a, b, c = 0.09, 0.5, 0.47
    Z1, Z2 = cp.Variable((d, d), symmetric=True), cp.Variable((d, d), symmetric=True)
    z1, z2, s1, s2 = cp.Variable((d, 1)), cp.Variable((d, 1)), cp.Variable((1, 1)), cp.Variable((1, 1))
    full1, full2 = cp.bmat([[Z1, z1], [z1.T, s1]]), cp.bmat([[Z2, z2], [z2.T, s2]])
    quadratic = cp.sum(cp.multiply(X @ (Z1 - Z2), X), axis=1)
    F = a * quadratic + b * (X @ (z1 - z2))[:, 0] + c * (s1 - s2)[0, 0] * np.ones(n)
    constraints = [full1 >> 0, full2 >> 0, cp.trace(Z1) == s1[0, 0], cp.trace(Z2) == s2[0, 0]]
    problem = cp.Problem(cp.Minimize(0.5 * cp.sum_squares(F - y) + beta * (s1 + s2)[0, 0]), constraints)
    problem.solve(solver=solver)
    return problem.value


def compressed(X, y, beta, solver):
    """The conic form with triangular (Gram) data through a general solver."""
    from copos.polynomial.program import polynomial_network
    from copos.solvers import solve

    return solve(polynomial_network(X, y, beta=beta).conic_form(), solver).value


def _child(queue, function, arguments):
    X, y, *rest = arguments
    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT + 5))
    function(X[:30, :2], y[:30], *rest)  # imports and caches are not part of the measurement
    start = clock()
    try:
        value = function(*arguments)
    except Exception as error:
        queue.put((clock() - start, None, type(error).__name__))
        return
    queue.put((clock() - start, value, ""))


def limited(function, *arguments):
    """(CPU seconds, value, message) of a call in a process of its own that is stopped at the limit."""
    context = mp.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=_child, args=(queue, function, arguments))
    process.start()
    while process.is_alive() and queue.empty():
        process.join(0.05)
    try:
        return queue.get(timeout=5)
    except Empty:
        over = process.exitcode == -signal.SIGXCPU
        return float(LIMIT), None, f"over {LIMIT} s" if over else f"process ended with {process.exitcode}"
    finally:
        process.terminate()
        process.join()


def one_descent(program, neurons, seed=0):
    """Seconds and objective of one L-BFGS start with as many neurons as the optimum has."""
    from tests.polynomial_cases import descent

    start = clock()
    value = float(descent(program, neurons, np.random.default_rng(seed), steps=2000)[0])
    return clock() - start, value


PROGRAMS = (
    ("cvxpy + SCS", published, "SCS"), ("cvxpy + Clarabel", published, "CLARABEL"),
    ("Gram form + Clarabel", compressed, "clarabel"),
)  # fmt: skip


def compared(name: str, general: tuple = PROGRAMS) -> Iterator[Row]:
    """One set at every β: this package, general solvers, one descent with as many neurons per output."""
    X, y = data(name)
    ours(X, y, 0.1)  # warm up
    for ratio in RATIOS:
        seconds, value, gap, neurons, program = min((ours(X, y, ratio) for _ in range(3)), key=lambda r: r[0])
        case = {"case": name, "β/β_max": ratio}
        yield {**case, "method": "copos", "train_s": seconds, "excess": f"{gap:.0e}", "neurons": neurons}
        for method, function, solver in general:
            if len(y) > 1000 and function is published and ratio != 0.01:
                continue  # does not finish: shown once
            took, found, message = limited(function, X, y, program.beta, solver)
            row = {**case, "method": method, "train_s": took}
            if found is None or not np.isfinite(found):
                yield row | {"status": message or "no solution"}
            else:
                yield row | {"excess": f"{found / value - 1:+.0e}"}
        took, found = one_descent(program, max(neurons // program.Y.shape[1], 1))
        yield {**case, "method": "L-BFGS, one start", "train_s": took, "excess": f"{found / value - 1:+.0e}"}


def speed(quick: bool) -> Iterator[Row]:
    """CPU seconds to a certified optimum beside the published program in cvxpy and one L-BFGS start, by β/β_max."""
    for name in ("friedman", "breast cancer"):
        yield from compared(name)


def digits(quick: bool) -> Iterator[Row]:
    """The same on 1,797 images of 8 × 8 digits, even or odd and ten outputs; a short run leaves out general solvers."""
    yield from compared("digits parity", () if quick else PROGRAMS)
    yield from compared("digits", ())


def train_large(ratio: float, samples: int) -> Row:
    """Random ReLU teacher with five neurons in 100 dimensions."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((samples, 100))
    U = rng.standard_normal((100, 5)) / 10
    y = np.maximum(X @ U, 0) @ np.array([1.0, -1, 1, 1, -1]) + 0.1 * rng.standard_normal(samples)
    seconds, _, gap, neurons, _ = ours(X, (y - y.mean()) / y.std(), ratio)
    return {"train_s": seconds, "gap": f"{gap:.0e}", "neurons": neurons}


def large(quick: bool) -> Iterator[Row]:
    """20,000 samples in 100 dimensions, few neurons and many; peak memory."""
    for ratio in (0.1,) if quick else (0.1, 0.03, 0.01, 0.003):
        found = measure(train_large, ratio, 20000, warm=(0.1, 200), repeats=1, limit=1800)
        yield {"samples": 20000, "β/β_max": ratio, **found}


def check(quick: bool, starts: int = 20) -> Iterator[Row]:
    """Random problems over all architectures and losses: certificate, conic solver, descent from random starts."""
    from copos.interop.polynomial import training_problem
    from copos.solvers import solve
    from tests.polynomial_cases import descent, random_problem

    count = 20 if quick else 100
    worst_gap = worst_conic = worst_network = 0.0
    # starts, below the bound, above by 1e-4, above by 1e-2
    uncertified, counts = 0, {method: np.zeros(4, dtype=int) for method in ("L-BFGS", "Adam")}
    for seed in range(count):
        name, program = random_problem(seed)
        fit = program.train(1e-8)
        if not fit.certified and fit.gap > 1e-6:
            uncertified += 1
            print("NOT CERTIFIED", name, fit.gap)
        worst_gap = max(worst_gap, fit.gap)
        worst_network = max(worst_network, abs(program.objective(fit.network) / fit.objective - 1))
        if program.loss_name in ("logistic", "multinomial"):  # these need the exponential cone
            found = training_problem(program).problem.solve(solver="CLARABEL")
        else:
            found = solve(program.conic_form(), "clarabel").value
        conic = abs(found / fit.objective - 1)
        worst_conic = max(worst_conic, conic)
        if conic > 1e-6:
            print("DIFFERS", name, conic)
        rng = np.random.default_rng(seed)
        for method, count_of in counts.items():
            values = descent(program, 4, rng, 300, method, starts)
            above = [int((values > fit.objective * (1 + level)).sum()) for level in (1e-4, 1e-2)]
            count_of += [starts, int((values < fit.lower * (1 - 1e-12)).sum()), *above]
    for method, (total, below, above, slow) in counts.items():
        yield {
            "problems": count, "uncertified": uncertified, "largest gap": f"{worst_gap:.1e}",
            "network against objective": f"{worst_network:.1e}",
            "largest difference to Clarabel": f"{worst_conic:.1e}", "method": method, "starts": int(total),
            "below the bound": int(below), "above by 1e-4": int(above), "above by 1e-2": int(slow),
            "status": "WRONG" if below or uncertified or worst_conic > 1e-6 or worst_network > 1e-6 else "ok",
        }  # fmt: skip


def losses(quick: bool) -> Iterator[Row]:
    """CPU seconds of every loss of one output to a certified gap of 1e-6, with a free intercept, by β/β_max."""
    from copos.polynomial.program import polynomial_network

    for name in ("breast cancer",) if quick else ("breast cancer", "digits parity"):
        X, y = data(name)
        for loss in ("squared", "absolute", "huber", "hinge", "squared_hinge", "logistic"):
            polynomial_network(X[:50], y[:50], beta_ratio=0.1, loss=loss, intercept=True).train()  # warm up
            for ratio in RATIOS:
                start = clock()
                program = polynomial_network(X, y, beta_ratio=ratio, loss=loss, intercept=True)
                fit = program.train(1e-6, time_limit=LIMIT)
                found = {"train_s": clock() - start, "gap": f"{fit.gap:.0e}", "neurons": len(fit.network)}
                status = "ok" if fit.certified else fit.message
                yield {"case": name, "loss": loss, "β/β_max": ratio, **found, "status": status}


TABLES = [
    Table("polynomial-losses", losses, key=("case", "loss", "β/β_max")),
    Table("polynomial-speed", speed, key=("case", "β/β_max", "method"), ratio=("train_s", "copos")),
    Table("polynomial-digits", digits, key=("case", "β/β_max", "method"), ratio=("train_s", "copos")),
    Table("polynomial-large", large, key=("samples", "β/β_max")),
    Table("polynomial-check", check, key=("problems", "method")),
]
