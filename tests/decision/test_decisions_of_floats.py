"""Matrices measured in floating point: a no that is rounding alone says so, and a tolerance decides a matrix nearby."""

from fractions import Fraction
from functools import cache

import numpy as np
import pytest

from copos import is_completely_positive, is_copositive, minimum_on_simplex
from copos.certificate import verify
from copos.decision.decide import measured
from tests import matrix_zoo as zoo

V = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.7])


def exact(M):
    return [[Fraction(v) for v in row] for row in np.asarray(M).tolist()]


def distance(A, B):
    return max(abs(a - b) for x, y in zip(A, B, strict=True) for a, b in zip(x, y, strict=True))


def near(M, tolerance=1e-12):
    """A completely positive matrix within the tolerance, its distance and its evidence exact."""
    found = is_completely_positive(M, tolerance=tolerance)
    F, largest = exact(M), max(abs(v) for row in exact(M) for v in row)
    assert found.answer is True, found
    assert distance(F, found.decided) == found.distance * largest and found.distance <= Fraction(tolerance)
    assert found.certificate.verify(found.decided).proved
    assert found.certificate.verify(M).proved is (found.distance == 0)
    n = len(F)
    assert all(w > 0 and min(b) >= 0 for w, b in found.factor)
    for i in range(n):
        assert sum(w * b[i] * b[n - 1] for w, b in found.factor) == found.decided[i][n - 1]
    return found


def test_an_outer_product():
    M = np.outer(V, V)
    found = is_completely_positive(M)
    assert found.answer is False and "by rounding only" in found.reason
    assert found.certificate.verify(M).proved and found.distance == 0 and list(map(list, found.decided)) == exact(M)
    assert 0 < near(M).distance < 1e-15
    # the same numbers, meant exactly: no word of rounding
    assert "rounding" not in is_completely_positive(exact(M)).reason


@pytest.mark.parametrize("seed", range(12))
def test_products_of_nonnegative_factors(seed):
    rng = np.random.default_rng(seed)
    n, columns = int(rng.integers(3, 21)), int(rng.integers(1, 30))
    B = rng.random((n, columns)) * (rng.random((n, columns)) >= (0, 0, 0.4)[seed % 3])
    M = B @ B.T
    M = (M + M.T) / 2
    near(M)
    if columns < n:  # singular: rounding decides the sign of what should be zero
        found = is_completely_positive(M)
        assert found.answer is True or "by rounding only" in found.reason


def test_what_is_no_rounding():
    for M in ([[1.0, 2.0], [2.0, 1.0]], [[1.0, -0.1], [-0.1, 1.0]], zoo.circulant([7.0, 5.0, 1.0, 1.0, 5.0])):
        found = is_completely_positive(np.array(M))
        assert found.answer is False and "rounding" not in found.reason
        robust = is_completely_positive(np.array(M), tolerance=1e-3)
        assert robust.answer is False and "nor is any matrix within the tolerance" in robust.reason
        assert robust.distance == 0 and robust.certificate.verify(np.array(M)).proved
    assert near(np.array([[1.0, 2.0], [2.0, 1.0]]), tolerance=0.6).distance > 0.2


def test_tolerance_prefers_the_matrix_itself():
    for M in ([[2, 1], [1, 2]], np.eye(3), np.zeros((2, 2)), [[0.5]]):
        assert is_completely_positive(M, tolerance=1e-3).distance == 0
        assert is_copositive(M, tolerance=1e-3).distance == 0


def test_copositive_within_a_tolerance_is_the_minimum_on_the_simplex():
    """M + δE is copositive iff δ ≥ −min x'Mx on the simplex, and no other change of δ does more."""
    horn = zoo.shifted(zoo.HORN, Fraction(-1, 1000))
    least = minimum_on_simplex(horn).value
    found = is_copositive(horn, tolerance="0.01")
    assert found.answer is True and found.distance == -least / Fraction(1001, 1000) * Fraction(1001, 1000) / max(
        abs(v) for row in horn for v in row
    )
    assert found.certificate.verify(found.decided).proved and not found.certificate.verify(horn).proved
    for tolerance, expected in ((found.distance, True), (found.distance - Fraction(1, 10**20), False)):
        again = is_copositive(horn, tolerance=tolerance)
        assert again.answer is expected
    assert "nor is any matrix within the tolerance" in again.reason and again.certificate.verify(horn).proved
    strictly = is_copositive([[1, -1], [-1, 1]], strict=True, tolerance=Fraction(1, 100))
    assert strictly.answer is True and 0 < strictly.distance <= Fraction(1, 100)
    assert strictly.certificate.verify(strictly.decided).proved


def test_not_copositive_by_rounding():
    M = np.array([[0.1 * 0.1, -0.1 * 0.3], [-0.1 * 0.3, 0.3 * 0.3]])
    M[0, 1] = M[1, 0] = np.nextafter(M[0, 1], -1)
    found = is_copositive(M)
    assert found.answer is False and "by rounding only" in found.reason and found.certificate.verify(M).proved
    assert "rounding" not in is_copositive(exact(M)).reason
    assert "rounding" not in is_copositive(np.array([[1.0, -1.5], [-1.5, 2.0]])).reason
    assert is_copositive(M, tolerance=1e-12).answer is True


@pytest.mark.parametrize("bad", [-1e-3, float("nan"), float("inf"), "x", True, 1j, [1]])
def test_a_tolerance_is_a_number(bad):
    for decide in (is_copositive, is_completely_positive):
        with pytest.raises(ValueError, match="tolerance"):
            decide([[1]], tolerance=bad)


# ---- strict claims ------------------------------------------------------------------------------------------------


def test_strict_certificates_are_about_the_matrix_that_was_asked():
    for M, expected in (([[2, -1], [-1, 2]], True), (np.eye(3) - 0.3, True), ([[1, -1], [-1, 1]], False),
                        ([["1/3", "-1/7"], ["-1/7", 1]], True), ([[0]], False), ([[5]], True),
                        (np.diag([1e300, 1e-300]), True)):  # fmt: skip
        found = is_copositive(M, strict=True)
        verdict = found.certificate.verify(M)
        assert found.answer is expected and verdict.proved, verdict.reason
        words = "is strictly copositive: x'Mx > 0 for every x ≥ 0" if expected else "not strictly copositive: x'Mx ≤ 0"
        assert words in verdict.claim
        document = found.certificate.document()
        for margin in (0, -1) if expected else ():
            assert not verify({**document, "proof": {**document["proof"], "margin": margin}}).proved
        if not expected:
            n = len(document["problem"]["rows"])
            assert not verify({**document, "proof": {"point": [0] * n}}).proved
            assert not verify({**document, "kind": "not copositive"}).proved


# ---- powers of two --------------------------------------------------------------------------------------------------


def matrices():
    rng = np.random.default_rng(5)
    B = rng.random((6, 3))
    A = rng.standard_normal((7, 7))
    return [zoo.HORN, [[1, -2], [-2, 1]], (A + A.T + 4 * np.eye(7)).tolist(), (B @ B.T + 0.1).tolist(),
            zoo.circulant([8, 5, 1, 1, 5]), zoo.circulant([7, 5, 1, 1, 5]), [[1, 1], [1, "1/3"]]]  # fmt: skip


@cache
def plainly(i):
    """What is decided of a matrix itself, in exact numbers: no word of rounding on either side."""
    M = [[Fraction(v) for v in row] for row in matrices()[i]]
    nonnegative = min(v for row in M for v in row) >= 0
    decided = [is_copositive(M), is_copositive(M, strict=True), minimum_on_simplex(M)]
    return M, *decided, is_completely_positive(M) if nonnegative else None


@pytest.mark.parametrize("k", [-500, -1, 7, 500])
def test_powers_of_two_change_nothing(k):
    c = Fraction(2) ** k
    for i in range(len(matrices())):
        M, *copositive, least, positive = plainly(i)
        scaled = [[c * v for v in row] for row in M]
        for strict, a in zip((False, True), copositive, strict=True):
            b = is_copositive(scaled, strict=strict)
            assert (a.answer, a.witness, a.reason) == (b.answer, b.witness, b.reason)
            assert a.margin is None or a.margin * c == b.margin
            assert b.certificate.verify(scaled).proved
        a, b = least, minimum_on_simplex(scaled)
        assert (a.value * c, a.point, a.reason) == (b.value, b.point, b.reason) and b.certificate.verify().proved
        if positive is not None:
            a, b = positive, is_completely_positive(scaled)
            assert (a.answer, a.separator, a.reason, a.cp_rank) == (b.answer, b.separator, b.reason, b.cp_rank)
            assert a.factor is None or [(w * c, v) for w, v in a.factor] == list(b.factor)
            assert b.certificate is None or b.certificate.verify(scaled).proved


@pytest.mark.parametrize("size", [1e300, 1e150, 1e-150, 1e-300, 5e-324])
def test_entries_of_any_size(size):
    for M, expected in (([[1, -1], [-1, 1]], True), ([[1, -2], [-2, 1]], False), ([[2, -1], [-1, 2]], True)):
        F = np.array(M) * size
        found = is_copositive(F)
        assert found.answer is expected and found.certificate.verify(F).proved
        positive = is_completely_positive(np.abs(F))
        assert positive.answer is expected and positive.certificate.verify(np.abs(F)).proved
    mixed = np.array([[1e300, -1, 0], [-1, 1, 1e-300], [0, 1e-300, 1e-300]])
    assert is_copositive(mixed, strict=True).certificate.verify(mixed).proved


class Frame:
    """A data frame, of which iteration gives the names of columns."""

    def __init__(self, rows):
        self.rows = rows

    def to_numpy(self):
        return np.array(self.rows)

    def __iter__(self):
        return iter(range(len(self.rows)))


def test_matrices_that_do_not_iterate_over_rows():
    sympy = pytest.importorskip("sympy")
    rows = [[2, -1], [-1, 2]]
    assert is_completely_positive(sympy.Matrix(rows)).answer is False
    assert measured(Frame([[0.5]])) and not measured(Frame([[1]])) and not measured(sympy.Matrix(rows))
    assert measured([["1/3", 0.5]]) and not measured([["1/3", "0.5"]])
