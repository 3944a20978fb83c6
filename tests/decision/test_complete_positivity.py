"""Complete positivity: factors that multiply back exactly, separators that are copositive, honest silence."""

import random
import time
from fractions import Fraction

import numpy as np
import pytest
from click.testing import CliRunner

from copos.certificate import verify
from copos.commands.decide import completely_positive as command
from copos.decision import combination, factor
from copos.decision.complete_positivity import cp_rank_lower_bound, is_completely_positive
from copos.decision.copositivity import is_copositive
from copos.instances import MATRICES
from tests import matrix_zoo as zoo

TINY = Fraction(1, 10**6)


def product(B):
    return [[sum(map(int.__mul__, a, b)) for b in B] for a in B]


def checked(M, expected=...):
    decision = is_completely_positive(M)
    if expected is not ...:
        assert decision.answer is expected, decision.reason
    assert (decision.answer is None) == (decision.certificate is None)
    n = len(M)
    F = [[Fraction(v) for v in row] for row in M]
    if decision.answer is not None:
        verdict = decision.certificate.verify(M)
        assert verdict.proved, verdict.reason
        other = [[Fraction(v) for v in row] for row in M]
        other[0][0] = -other[0][0] - 1
        assert not decision.certificate.verify(other).proved
        stale = decision.certificate.document()["proof"]
        problem = {"type": "matrix", "rows": [[str(v) for v in row] for row in other]}
        if decision.answer:
            assert not verify({**decision.certificate.document(), "problem": problem, "proof": stale}).proved
    if decision.answer is True:
        assert all(w > 0 and min(b) >= 0 for w, b in decision.factor)
        assert all(sum(w * b[i] * b[j] for w, b in decision.factor) == F[i][j] for i in range(n) for j in range(n))
        low, high = decision.cp_rank
        assert np.linalg.matrix_rank(np.array(F, dtype=float)) <= low <= high <= max(1, len(decision.factor))
    if decision.answer is False:
        H = decision.separator
        assert sum(H[i][j] * F[i][j] for i in range(n) for j in range(n)) < 0
        assert is_copositive(H).answer is True
    return decision


@pytest.mark.parametrize("record", MATRICES.values(), ids=lambda r: r.name)
def test_labelled_library(record):
    if record.completely_positive is None or (record.matrix * 1024 != np.rint(record.matrix * 1024)).any():
        pytest.skip("not said, or not exact in floating point")
    checked(record.matrix.tolist(), record.completely_positive)


@pytest.mark.parametrize("n", [5, 7, 9, 11])
def test_odd_cycles(n):
    """I + bA(C_n), n odd, is completely positive iff b ≤ ½, doubly nonnegative iff b ≤ 1/(2cos(π/n))."""
    matrix = lambda b: zoo.circulant([1, b, *([0] * (n - 3)), b])  # noqa: E731
    half = Fraction(1, 2)
    checked(matrix(half), True)
    checked(matrix(half - TINY), True)
    checked(matrix(half + TINY), False)
    checked(matrix(Fraction(9, 10)), False)


@pytest.mark.parametrize("t", [Fraction(29, 10), 3, 4, 100])
def test_doubly_nonnegative_but_not_completely_positive(t):
    checked([[1, 1, 0, 0, 1], [1, 2, 1, 0, 0], [0, 1, 2, 1, 0], [0, 0, 1, 1, 1], [1, 0, 0, 1, t]], False)


def test_on_both_sides_of_the_boundary():
    checked(zoo.circulant([8, 5, 1, 1, 5]), True)
    checked(zoo.circulant([8 + TINY, 5, 1, 1, 5]), True)
    checked(zoo.circulant([8 - TINY, 5, 1, 1, 5]), False)
    rng = random.Random(0)
    for _ in range(4):
        d = [Fraction(rng.randint(1, 9), rng.randint(1, 9)) for _ in range(5)]
        p = rng.sample(range(5), 5)
        checked(zoo.scaled(zoo.permuted(zoo.circulant([8, 5, 1, 1, 5]), p), d), ...)
        checked(zoo.scaled(zoo.permuted(zoo.circulant([Fraction(79, 10), 5, 1, 1, 5]), p), d), False)


def test_published_factor():
    B = [[3, 5, 8, 8, 2], [4, 1, 7, 2, 5], [4, 6, 7, 6, 6]]
    M = product([list(row) for row in zip(*B, strict=True)])
    assert M[0] == [41, 43, 80, 56, 50]
    assert checked(M, True).cp_rank == (3, 3)


def test_order_at_most_four():
    """Doubly nonnegative is completely positive there; an exact factor is found for every sample."""
    rng = random.Random(4)
    count = 0
    while count < 150:
        n, r = rng.randint(1, 4), rng.randint(1, 4)
        M = product([[rng.randint(-2, 5) for _ in range(r)] for _ in range(n)])
        if min(min(row) for row in M) >= 0:
            count += 1
            checked(M, True)


def test_rank_two_and_one():
    rng = random.Random(6)
    for n in (1, 3, 6, 12):
        b = [Fraction(rng.randint(0, 5), 7) for _ in range(n)]
        checked([[x * y / 3 for y in b] for x in b], True)
        checked(product([[rng.randint(0, 9), rng.randint(0, 9)] for _ in range(n)]), True)


@pytest.mark.parametrize("n,k", [(5, 10), (10, 10), (20, 30), (28, 40)])
def test_random_products(n, k):
    start = time.process_time()
    B = np.random.default_rng(n).random((n, k))
    M = B @ B.T
    checked(((M + M.T) / 2).tolist(), True)
    checked(product(np.random.default_rng(n).integers(0, 5, (n, k)).tolist()))
    assert time.process_time() - start < 30


@pytest.mark.parametrize("d,expected", [("1", True), ("100", True)])
def test_badly_scaled(d, expected):
    rng = np.random.default_rng(1)
    M = [[Fraction(v) for v in row] for row in product(rng.integers(1, 5, (6, 12)).tolist())]
    checked(zoo.scaled(M, [Fraction(d) ** k / 100 for k in range(-3, 3)]), expected)


def test_simple_refusals():
    checked([[1, -1], [-1, 1]], False)
    checked([[1, 2], [2, 1]], False)
    checked([[0, 1], [1, 5]], False)
    checked([[-1]], False)
    checked([[0, 0], [0, 0]], True)
    checked([[0]], True)
    checked([[1, 1, 1], [1, 1, 1], [1, 1, 1 - Fraction(1, 10**30)]], False)
    for bad in ([[1, 2]], [[1, 2], [3, 4]], [], [[float("nan")]], 3):
        with pytest.raises(ValueError):
            is_completely_positive(bad)
    with pytest.raises(TypeError):
        bool(is_completely_positive([[1]]))
    with pytest.raises(ValueError, match="no factor"):
        is_completely_positive([[1, 2], [2, 1]]).columns()
    B = is_completely_positive([[2, 1], [1, 2]]).columns()
    assert np.allclose(B @ B.T, [[2, 1], [1, 2]]) and B.min() >= 0


def test_random_small_matrices_never_contradict():
    """BB' is never refused; with a certified answer it has the right one."""
    rng = random.Random(11)
    undecided = 0
    for _ in range(60):
        n = rng.randint(5, 7)
        M = product([[rng.randint(0, 3) * rng.randint(0, 1) for _ in range(rng_k)] for rng_k in [rng.randint(3, n + 2)]
                     for _ in range(n)])  # fmt: skip
        decision = checked(M)
        assert decision.answer is not False
        undecided += decision.answer is None
    assert undecided <= 6


def test_pieces():
    assert factor.eliminate([[Fraction(1), Fraction(2)], [Fraction(2), Fraction(1)]]) is None  # not semidefinite
    assert factor.cliques([{1, 2}, {0, 2}, {0, 1, 3}, {2}]) in ([{0, 1, 2}, {2, 3}], [{2, 3}, {0, 1, 2}])
    M = [[Fraction(v) for v in row] for row in product([[1, 2], [3, 1], [0, 2]])]
    R = combination.Range.of(M)
    assert R.rank == 2
    again = [[sum(R.F[i][a] * R.W[a][b] * R.F[j][b] for a in range(2) for b in range(2)) for j in range(3)]
             for i in range(3)]  # fmt: skip
    assert again == M


def test_cp_rank_from_moments():
    """At least the number of edges for a triangle-free graph that is not a tree; between rank and factor always."""
    K33 = [[6 * (i == j) + (i // 3 != j // 3) for j in range(6)] for i in range(6)]
    assert cp_rank_lower_bound(K33) == pytest.approx(9, abs=1e-4)
    assert np.linalg.matrix_rank(K33) == 6
    for M in ([[1, 0], [0, 1]], [[1, 1], [1, 1]], zoo.circulant([8, 5, 1, 1, 5]), [[2, 1, 0], [1, 2, 1], [0, 1, 2]]):
        bound, (low, high) = cp_rank_lower_bound(M), checked(M, True).cp_rank
        assert low - 1e-4 <= bound <= high + 1e-4


def test_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "yes.csv").write_text("2,1,0\n1,2,1\n0,1,2\n")
    (tmp_path / "no.txt").write_text("1 2\n2 1\n")
    run = lambda *a: CliRunner().invoke(command, a)  # noqa: E731
    result = run("yes.csv", "--certificate", "yes.json")
    assert result.exit_code == 0 and "factor" in result.output and verify("yes.json").proved
    result = run("no.txt", "--certificate", "no.json", "--json")
    assert result.exit_code == 1 and verify("no.json", [[1, 2], [2, 1]]).proved
    assert run("absent.csv").exit_code == 2
