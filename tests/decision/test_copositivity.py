"""Copositivity: right answers with evidence that the checker accepts, on the boundary and beside it."""

import json
import os
import random
import subprocess
import sys
import time
from fractions import Fraction
from importlib.util import find_spec

import numpy as np
import pytest
from click.testing import CliRunner

from copos import CompletelyPositiveProgram, NonNegative, PositiveSemidefinite, SecondOrder
from copos.arithmetic import exact, simplex
from copos.certificate import verify
from copos.commands.decide import copositive as command
from copos.decision import cover_tree, semidefinite
from copos.decision.copositivity import is_copositive, minimum_on_simplex
from copos.instances import MATRICES
from tests import matrix_zoo as zoo

TINY = Fraction(1, 10**6)


def decided(M, expected):
    decision = is_copositive(M)
    assert decision.answer is expected, decision.reason
    verdict = decision.certificate.verify(M)
    assert verdict.proved, verdict.reason
    if expected is False:
        x = decision.witness
        assert min(x) >= 0 and exact.form([[Fraction(v) for v in row] for row in M], x) < 0
    return decision


def value(M, x):
    return exact.form([[Fraction(v) for v in row] for row in M], x)


@pytest.mark.parametrize("record", MATRICES.values(), ids=lambda r: r.name)
def test_labelled_library(record):
    if record.copositive is None or (record.matrix * 4 != np.rint(record.matrix * 4)).any():
        pytest.skip("not said, or not exact in floating point")
    decided(record.matrix.tolist(), record.copositive)
    if record.minimum is not None:
        assert float(minimum_on_simplex(record.matrix).value) == pytest.approx(record.minimum, abs=1e-8)


@pytest.mark.parametrize("name,M", [("Horn", zoo.HORN), ("Hoffman–Pereira", zoo.HOFFMAN_PEREIRA)])
def test_orbits_scaled_permuted_bordered(name, M):
    rng, n = random.Random(name), len(M)
    for _ in range(12):
        d = [Fraction(rng.randint(1, 30), rng.randint(1, 30)) for _ in range(n)]
        K = zoo.scaled(zoo.permuted(M, rng.sample(range(n), n)), d)
        decided(K, True)
        decided(zoo.shifted(K, TINY), True)
        decided(zoo.shifted(K, -TINY), False)
        extra = [Fraction(rng.randint(0, 3)) for _ in range(n)]
        decided(zoo.bordered(K, extra, rng.randint(0, 1)), True)
        decided(zoo.bordered(K, [v - (k == 0) * 10**-9 for k, v in enumerate([Fraction(0)] * n)], 0), False)


def test_very_near_the_boundary():
    decided(zoo.shifted(zoo.HORN, Fraction(-1, 10**40)), False)
    decided(zoo.shifted(zoo.HORN, Fraction(1, 10**40)), True)
    decided(zoo.shifted(zoo.motzkin_straus(zoo.paley(13), 3), Fraction(-1, 10**25)), False)


def test_random_matrices_against_all_supports():
    answers = set()
    for M in zoo.random_matrices(700, seed=1, largest=7):
        expected = zoo.copositive_by_supports(M)
        decision = decided(M, expected)
        answers.add(expected)
        # the evidence is about this matrix only
        other = [row[:] for row in M]
        other[0][0] -= 100
        other[-1][-1] += 7 * (len(M) > 1)
        assert not decision.certificate.verify(other).proved
        stale = {**decision.certificate.document(), "problem": {"type": "matrix", "rows": other}}
        assert not verify(stale).proved
    assert answers == {True, False}


def test_floats_mean_their_dyadic_values():
    # 0.1·0.1 rounds up, 0.1 + 0.2 ≠ 0.3: the decision sees the exact numbers
    a = Fraction(0.1)
    decided([[0.1, -0.1], [-0.1, 0.1]], True)
    decided([[a, -a], [-a, a - Fraction(1, 2**80)]], False)
    rng = np.random.default_rng(0)
    for n in (6, 12, 20):
        A = rng.standard_normal((n, n))
        A = A + A.T + np.diag(rng.uniform(2, 5, n))
        found = minimum_on_simplex(A)
        assert found.certificate.verify().proved and value(A.tolist(), found.point) == found.value
        F = [[Fraction(v) for v in row] for row in A.tolist()]
        decided(zoo.shifted(F, -found.value), True)
        decided(zoo.shifted(F, -found.value - Fraction(1, 10**12)), False)


@pytest.mark.parametrize("n", [16, 20, 24])
def test_random_boundary_matrices(n):
    rng = np.random.default_rng(n)
    A = rng.integers(-9, 10, (n, n))
    A = (A + A.T + 2 * np.diag(rng.integers(5, 30, n))).tolist()
    v = minimum_on_simplex(A).value
    boundary = [[c * v.denominator - v.numerator for c in row] for row in A]
    decided(boundary, True)
    decided(zoo.shifted(boundary, TINY), True)
    decided(zoo.shifted(boundary, -TINY), False)


@pytest.mark.parametrize("name,A,α", [
    ("Paley 13", zoo.paley(13), 3), ("Paley 17", zoo.paley(17), 3), ("Paley 29", zoo.paley(29), 4),
    ("Paley 37", zoo.paley(37), 4), ("Hamming 4, distance ≥ 3", zoo.hamming(4, {3, 4}), None),
    ("Hamming 5, distance 1", zoo.hamming(5, {1}), 16), ("random 25", zoo.random_graph(25, 0.4, 1), None),
    ("random 40", zoo.random_graph(40, 0.5, 2), None),
])  # fmt: skip
def test_stability_numbers_at_the_threshold(name, A, α):
    α = α or zoo.stability_number(A)
    start = time.process_time()
    decided(zoo.motzkin_straus(A, α), True)
    decided(zoo.motzkin_straus(A, α + Fraction(1, 1000)), True)
    decided(zoo.motzkin_straus(A, α - Fraction(1, 1000)), False)
    assert time.process_time() - start < 30


def test_minimum_on_simplex_published():
    Q = [[14, 15, 16, 0, 0], [15, 14, "25/2", "45/2", 15], [16, "25/2", 10, "53/2", 16], [0, "45/2", "53/2", 0, 0],
         [0, 15, 16, 0, 14]]  # fmt: skip
    found = minimum_on_simplex([[-Fraction(v) for v in row] for row in Q])
    third = Fraction(1, 3)
    assert (found.value, found.point) == (Fraction(-49, 3), (0, third, third, third, 0))
    assert found.certificate.verify().proved
    upper = [9044, 1054, 5140, 3322, 0, 8715, 7385, 5866, 9751, 6936, 5368, 8086, 5633, 7478, 12932]
    P = [[Fraction(0)] * 5 for _ in range(5)]
    places = [(i, j) for i in range(5) for j in range(i, 5)]
    for v, (a, b) in zip(upper, places, strict=True):
        P[a][b] = P[b][a] = Fraction(v, 10**4)
    assert float(minimum_on_simplex(P).value) == pytest.approx(0.48393298, abs=1e-8)
    assert minimum_on_simplex([[5]]).value == 5
    assert minimum_on_simplex([[0, 0], [0, 0]]).value == 0


def test_minimum_agrees_with_the_decision():
    for M in zoo.random_matrices(120, seed=5):
        found = minimum_on_simplex(M)
        assert sum(found.point) == 1 and min(found.point) >= 0 and value(M, found.point) == found.value == found.best
        assert found.certificate.verify().proved
        assert (found.value >= 0) == is_copositive(M).answer
        strict = is_copositive(M, strict=True)
        assert (found.value > 0) == strict.answer and strict.certificate.verify().proved
        if strict.answer:
            assert strict.margin == found.value
        else:
            assert value(M, strict.witness) <= 0 and sum(strict.witness) > 0


def test_input():
    J = [[1, 0], [0, 1]]
    for M in (J, np.eye(2), np.eye(2, dtype=int), [["1", "0"], ["0", "1/1"]], [[Fraction(1), 0], [0, 1.0]]):
        assert is_copositive(M).answer is True
    for bad in ([[1, 2]], [[1, 2], [3, 4]], [], [[float("nan")]], [[float("inf")]], [["1/0"]], [["x"]], [[None]],
                [[1, 0], [0]], [[1j]], 3, "abc"):  # fmt: skip
        with pytest.raises(ValueError):
            is_copositive(bad)
    with pytest.raises(ValueError, match="order 2"):
        is_copositive(J, cone=NonNegative(3))
    with pytest.raises(TypeError):
        bool(is_copositive(J))
    assert is_copositive(J, cone=NonNegative(2)).answer is True
    decided([[0, 0], [0, 0]], True)
    decided([[0]], True)
    decided([[-1]], False)
    decided([[0, -1], [-1, 5]], False)
    decided([[Fraction(10) ** 400, -1], [-1, Fraction(1, 10**400)]], True)


def test_time_limit_is_honest():
    A = zoo.random_graph(60, 0.15, 3)
    M = zoo.motzkin_straus(A, 40)
    start = time.process_time()
    decision = is_copositive(zoo.motzkin_straus(A, 19), time_limit=0.3)
    assert time.process_time() - start < 10
    assert (decision.answer is None) == (decision.certificate is None)
    if decision.answer is None:
        assert "time limit" in decision.reason
    decided(M, True)


def test_progress_is_reported():
    seen = []
    A = zoo.random_graph(40, 0.4, 1)
    M = zoo.motzkin_straus(A, zoo.stability_number(A))
    is_copositive(M, callback=lambda treated, waiting: seen.append((treated, waiting)))
    assert seen and all(isinstance(t, int) and w >= 0 for t, w in seen)


def test_the_tree_without_floating_help():
    """Entries beyond doubles: every node is settled by rounding or on integers."""
    big = 10**30
    for M in zoo.random_matrices(150, seed=9, largest=6):
        K = [[v * big + (i == j) for j, v in enumerate(row)] for i, row in enumerate(M)]
        found = cover_tree.search(K)
        assert isinstance(found, cover_tree.Cover) == zoo.copositive_by_supports(K)


def test_rational_algebra():
    rng = random.Random(0)
    for _ in range(200):
        n, r = rng.randint(1, 6), rng.randint(1, 6)
        B = [[rng.randint(-2, 2) for _ in range(r)] for _ in range(n)]
        A = [[sum(map(int.__mul__, x, y)) - (i == j) * rng.randint(0, 1) for j, y in enumerate(B)]
             for i, x in enumerate(B)]  # fmt: skip
        found, v = exact.squares(A)
        if found is None:
            assert exact.form(A, v) < 0
        else:
            pairs = list(zip(found.weights, found.vectors, strict=True))
            assert all(sum(w * u[i] * u[j] for w, u in pairs) == A[i][j] for i in range(n) for j in range(n))
        S = sorted(rng.sample(range(n), rng.randint(1, n)))
        point = exact.stationary(A, S)
        if isinstance(point, exact.Stationary):
            assert {sum(A[i][j] * c for j, c in zip(S, point.x, strict=True)) for i in S} == {point.value}
        else:
            assert sum(point) == 0 and any(point)


def test_semidefinite_plus_nonnegative_proof():
    M = [[Fraction(v) for v in row] for row in zoo.motzkin_straus(zoo.paley(13), 4)]  # θ' = √13 < 4
    proof, t = semidefinite.proof(M)
    from copos.certificate import Certificate

    assert t > 0 and Certificate.of("copositive", M, proof).verify().proved
    assert semidefinite.proof([[Fraction(v) for v in row] for row in zoo.HORN])[0] is None


def test_local_search_finds_the_cliques():
    M = np.array(zoo.paley(17)) + np.eye(17)
    X = simplex.minima(M, np.random.default_rng(0))
    assert X[0] @ M @ X[0] == pytest.approx(1 / 3)


# ---- other cones ------------------------------------------------------------------------------------------------

ROTATED = np.array([[1, -1, 1, 0, 2], [-1, 1, -1, 2, 0], [1, -1, 1, 0, -2], [0, 2, 0, 0, 0], [2, 0, -2, 0, 4]])
MIXED = np.array([[8, -2, -7, -5, -5], [-2, 4, 2, 8, 3], [-7, 2, 10, -2, -5], [-5, 8, -2, 4, 6], [-5, 3, -5, 6, 6]])
TRACE = np.outer([1, 0, 1], [1, 0, 1])


@pytest.mark.parametrize("M,K,expected", [
    (-np.diag([1, -1, -1]), SecondOrder(3), False),
    (np.diag([1, -1, -1]) + 0.01 * np.eye(3), SecondOrder(3), True),
    (np.diag([1, -1, -1]) - 0.001 * np.eye(3), SecondOrder(3), False),
    (ROTATED + 0.01 * np.outer([1, 1, 1, 2, 0], [1, 1, 1, 2, 0]), NonNegative(3) * SecondOrder(2), True),
    (ROTATED - 0.01 * np.outer([1, 1, 1, 2, 0], [1, 1, 1, 2, 0]), NonNegative(3) * SecondOrder(2), False),
    (MIXED + 1.16 * np.outer([1, 1, 2, 0, 0], [1, 1, 2, 0, 0]), NonNegative(2) * SecondOrder(3), True),
    (MIXED + 1.15 * np.outer([1, 1, 2, 0, 0], [1, 1, 2, 0, 0]), NonNegative(2) * SecondOrder(3), False),
    (TRACE - 0.9 * np.diag([1, 2, 1]), PositiveSemidefinite(2), True),
    (TRACE - 1.1 * np.diag([1, 2, 1]), PositiveSemidefinite(2), False),
])  # fmt: skip
def test_other_cones(M, K, expected):
    decision = is_copositive(M, cone=K)
    assert decision.answer is expected, decision.reason
    assert decision.certificate.verify().proved
    if expected is False:
        x = np.array([float(v) for v in decision.witness])
        assert K.contains(x) and x @ M @ x < 0
        assert decision.certificate.verify(CompletelyPositiveProgram(K, M, name="copositivity on a cone")).proved


def test_other_cones_strictly():
    assert is_copositive(np.eye(3), strict=True, cone=SecondOrder(3)).answer is True
    boundary = is_copositive(np.diag([1, -1, -1]), strict=True, cone=SecondOrder(3))
    assert boundary.answer is not True and (boundary.answer is None) == (boundary.certificate is None)


# ---- an independent engine, if it is there ----------------------------------------------------------------------

ORACLE = os.environ.get("PYCOPOSIT_PYTHON") or (sys.executable if find_spec("pycoposit") else None)
PROGRAM = """
import json, sys, pycoposit
for M in json.load(sys.stdin):
    n = len(M)
    text = f"{n}#" + ",".join(str(M[i][j]) for i in range(n) for j in range(i, n))
    found = pycoposit.check(text)
    print(json.dumps([found["is_copositive"], found["is_strictly_copositive"]]))
"""


@pytest.mark.skipif(ORACLE is None, reason="pycoposit is not installed (PYCOPOSIT_PYTHON names an interpreter)")
def test_agrees_with_pycoposit():
    # the engine rejects order 1 and is asked in its own process, one for all matrices
    matrices = [M for M in zoo.random_matrices(400, seed=77) if len(M) > 1]
    text = json.dumps(matrices)
    done = subprocess.run([ORACLE, "-c", PROGRAM], input=text, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for M, (plain, strict) in zip(matrices, lines, strict=True):
        assert is_copositive(M).answer == plain
        assert is_copositive(M, strict=True).answer == strict


def test_fractions_of_64_bit_integers_do_not_overflow():
    # M_12² = (2^33 + 1)² exceeds M_11·M_22 by 2^34 + 1, and none of them fits into 64 bits
    top, beside = 2**33, -(2**33) - 1
    whole = [[top, beside], [beside, top]]
    M = [[Fraction(np.int64(v)) for v in row] for row in whole]
    found = is_copositive(M)
    assert found.answer is False and found.certificate.verify(whole).proved
    assert exact.form(whole, [int(v) for v in found.witness]) < 0
    closed = is_copositive([[2**40, M[0][1]], [M[0][1], M[1][1]]])
    assert closed.answer is True and closed.certificate.verify().proved


# ---- the command ------------------------------------------------------------------------------------------------


def test_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("1,-1/2\n-1/2,1/4\n")
    (tmp_path / "tenth.txt").write_text("0.1 -0.1\n-0.1 0.1\n")
    head = "%%MatrixMarket matrix coordinate integer symmetric\n"
    (tmp_path / "no.mtx").write_text(f"{head}2 2 3\n1 1 1\n2 1 -2\n2 2 1\n")
    np.save("b.npy", np.array([[2.0, -1.0], [-1.0, 2.0]]))
    (tmp_path / "ragged.csv").write_text("1,2\n3\n")
    (tmp_path / "words.txt").write_text("1 x\ny 2\n")
    (tmp_path / "long.csv").write_text("1e999999,0\n0,1\n")
    run = lambda *a: CliRunner().invoke(command, a)  # noqa: E731
    for name, status in (("a.csv", 0), ("tenth.txt", 0), ("b.npy", 0), ("no.mtx", 1), ("ragged.csv", 2),
                         ("words.txt", 2), ("long.csv", 2), ("absent.csv", 2)):  # fmt: skip
        assert run(name).exit_code == status, name
    assert run("a.csv", "--strict").exit_code == 1 and run("b.npy", "--strict").exit_code == 0
    result = run("no.mtx", "--certificate", "out.json", "--minimum", "--json")
    assert json.loads(result.output)["minimum on the simplex"] == "-1/2"
    assert verify("out.json", [[1, -2], [-2, 1]]).proved
    hard = zoo.motzkin_straus(zoo.random_graph(60, 0.1, 3), 20)
    (tmp_path / "hard.csv").write_text("\n".join(",".join(map(str, row)) for row in hard))
    result = run("hard.csv", "--time-limit", "0.2")
    assert result.exit_code in (0, 1, 3)
