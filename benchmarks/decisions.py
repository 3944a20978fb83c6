"""Exact decisions: 5,000 small matrices against all supports, boundary matrices, graphs at the threshold, factors.

PYCOPOSIT_PYTHON=/path/to/python, an interpreter with pycoposit, adds that engine's times (its own process).
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from fractions import Fraction

import numpy as np

from copos.complete_positivity import is_completely_positive
from copos.copositivity import is_copositive, minimum_on_simplex
from tests import matrix_zoo as zoo

ORACLE = os.environ.get("PYCOPOSIT_PYTHON")
PROGRAM = """
import json, sys, time, pycoposit
for M in json.load(sys.stdin):
    n = len(M)
    text = f"{n}#" + ",".join(str(M[i][j]) for i in range(n) for j in range(i, n))
    start = time.perf_counter()
    found = pycoposit.check(text)
    print(json.dumps([found["is_copositive"], found["is_strictly_copositive"], found.get("elapsed_ns", 0) / 1e9,
                      time.perf_counter() - start]))
"""


def oracle(matrices):
    """[copositive, strictly, seconds in the engine, seconds with its start] each, or None without pycoposit."""
    if ORACLE is None:
        return [None] * len(matrices)
    text = json.dumps(matrices)
    done = subprocess.run([ORACLE, "-c", PROGRAM], input=text, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def timed(call):
    start = time.perf_counter()
    out = call()
    return out, time.perf_counter() - start


def small(count=5000):
    """Random integer matrices, n ≤ 8, against every support."""
    matrices = list(zoo.random_matrices(count, seed=2024))
    wrong = rejected = stale = 0
    ours = 0.0
    engine = oracle([M for M in matrices if len(M) > 1])
    others = iter(engine)
    disagree = yes = 0
    for M in matrices:
        found, seconds = timed(lambda M=M: is_copositive(M))
        ours += seconds
        wrong += found.answer != zoo.copositive_by_supports(M)
        rejected += not found.certificate.verify(M).proved
        other = [row[:] for row in M]
        other[0][0] += 1
        stale += found.certificate.verify(other).proved
        yes += found.answer
        if len(M) > 1:
            theirs = next(others)
            if theirs is not None:
                strict = is_copositive(M, strict=True)
                if theirs[0] != found.answer or theirs[1] != strict.answer:
                    disagree += 1
                    x = found.witness or strict.witness
                    print(f"   pycoposit says {theirs[:2]}, we say {[found.answer, strict.answer]}: M = {M}, "
                          f"x = {list(map(str, x or ()))}")  # fmt: skip
    print(f"{count} matrices, n ≤ 8: {yes} copositive; {wrong} wrong, {rejected} certificates rejected, {stale} stale "
          f"certificates accepted; {1e3 * ours / count:.2f} ms each"
          + (f"; {disagree} disagreements with pycoposit (plain and strict)" if ORACLE else ""))  # fmt: skip


def boundary():
    """M − vE, v the exact minimum of a random matrix on the simplex."""
    print("  n seeds  median ms  worst ms   items  check ms  engine: median, worst")
    for n in (16, 20, 25, 30):
        ours, checks, items, matrices = [], [], [], []
        for seed in range(8):
            rng = np.random.default_rng(seed)
            A = rng.integers(-9, 10, (n, n))
            A = (A + A.T + 2 * np.diag(rng.integers(5, 30, n))).tolist()
            v = minimum_on_simplex(A).value
            M = [[c * v.denominator - v.numerator for c in row] for row in A]
            found, seconds = timed(lambda M=M: is_copositive(M))
            verdict, check = timed(lambda found=found, M=M: found.certificate.verify(M))
            assert found.answer and verdict.proved
            ours.append(1e3 * seconds)
            checks.append(1e3 * check)
            items.append(len(found.certificate.proof.get("items", [])))
            matrices.append(M)
        theirs = [1e3 * r[2] for r in oracle(matrices) if r is not None]
        engine = f"{np.median(theirs):11.1f} ms {max(theirs):8.1f} ms" if theirs else "not measured"
        own = f"{np.median(ours):10.1f} {max(ours):9.1f} {max(items):7} {max(checks):9.1f}"
        print(f"{n:3} {len(ours):5} {own}  {engine}")


def graphs():
    """t(A + I) − E with t at α, 1/1000 above, 1/1000 below."""
    cases = [(f"Paley {q}", zoo.paley(q)) for q in (13, 29, 37, 53)]
    cases += [(f"Hamming 5, {set(D)}", zoo.hamming(5, D)) for D in ({1}, {4, 5}, {3, 4, 5})]
    cases += [(f"random 60, p = {p}", zoo.random_graph(60, p, 1)) for p in (0.7, 0.5, 0.3, 0.2)]
    for name, A in cases:
        α, ε = zoo.stability_number(A), Fraction(1, 1000)
        line = []
        for t, expected in ((Fraction(α), True), (α + ε, True), (α - ε, False)):
            M = zoo.motzkin_straus(A, t)
            found, seconds = timed(lambda M=M: is_copositive(M, time_limit=60))
            verdict, check = timed(lambda found=found: found.certificate and found.certificate.verify())
            proved = verdict is not None and verdict.proved and found.answer is expected
            line.append(f"{seconds:7.3f} s (check {check:6.3f} s){'' if proved else ' NOT PROVED'}")
        print(f"{name:20} n = {len(A)}, α = {α:2}: " + ", ".join(line))


def factors():
    """BB' with n × 1.5n random entries, and the matrices with a known answer."""
    for n in (5, 10, 20, 30, 40):
        kinds = {
            "uniform": lambda r, n=n: r.random((n, 3 * n // 2)),
            "integers 0…4": lambda r, n=n: r.integers(0, 5, (n, n)),
            "a third nonzero": lambda r, n=n: r.integers(1, 5, (n, 2 * n)) * (r.random((n, 2 * n)) < 0.33),
        }
        for name, draw in kinds.items():
            answers, most = [], 0.0
            for seed in range(5):
                B = draw(np.random.default_rng(seed))
                M = B @ B.T
                M = ((M + M.T) / 2).tolist()
                found, seconds = timed(lambda M=M: is_completely_positive(M, time_limit=30))
                assert found.answer is not False
                assert found.certificate is None or found.certificate.verify(M).proved
                answers.append(found.answer)
                most = max(most, seconds)
            print(f"n = {n:2}, {name:16} factored {answers.count(True)} of {len(answers)}, slowest {most:.2f} s")
    known = {"circ(8,5,1,1,5)": (zoo.circulant([8, 5, 1, 1, 5]), True),
             "the same, 1e-6 out": (zoo.circulant([8 - Fraction(1, 10**6), 5, 1, 1, 5]), False)}  # fmt: skip
    for name, (M, expected) in known.items():
        found, seconds = timed(lambda M=M: is_completely_positive(M))
        print(f"{name:20} {found.answer} (expected {expected}), {found.reason}, {seconds:.2f} s")


def main() -> None:
    """All four."""
    for part in (small, boundary, graphs, factors):
        print(f"-- {part.__doc__}")
        part()


if __name__ == "__main__":
    main()
