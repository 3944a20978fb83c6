"""Data times powers of two: one normal form, bounds equal bit for bit, proofs about the data as they are."""

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import copos
from copos.checker import check
from copos.hierarchy import relax
from copos.normal import normal_form
from copos.normal.gauge import Gauge

POWERS = (-500, -37, -1, 1, 2, 53, 500)
RNG = np.random.default_rng(20)
Q = RNG.standard_normal((4, 4)) + 0.3
Q = Q + Q.T
X, Y, WEIGHTS = RNG.standard_normal((2, 4)), RNG.standard_normal((2, 4)), np.exp(RNG.standard_normal((2, 4)))
# entrance ↦ (program of data times 2^k, exponent of its value)
ENTRANCES = {
    "standard quadratic": (lambda k: copos.standard_quadratic(np.ldexp(Q, k)), lambda k: k),
    "binary quadratic": (lambda k: copos.binary_quadratic(np.ldexp(Q, k), np.ldexp(Q[0], k)), lambda k: k),
    "integers": (
        lambda k: copos.binary_quadratic(np.ldexp(np.rint(3 * Q), k), np.ldexp([1.0, -2, 0, 1], k)), lambda k: k),
    "rank, sides": (
        lambda k: copos.rank_constrained(
            Q[:3, :3], [(np.eye(3), np.ldexp(1.3, k)), (np.diag([1.0, 2, 0]), np.ldexp(1.0, k))], rank=1),
        lambda k: k),
    "rank, objective": (
        lambda k: copos.rank_constrained(np.ldexp(Q[:3, :3], k), [(np.eye(3), 1.3)], rank=2), lambda k: k),
    "network, targets": (
        lambda k: copos.linear_network(X, np.ldexp(Y, k), [2, 1, 2], "projection"),
        lambda k: 2 * k),
    "network, inputs": (lambda k: copos.linear_network(np.ldexp(X, k), Y, [2, 1, 2], "projection"), lambda k: 0),
    "factor lift, targets": (
        lambda k: copos.linear_network(X[:1], np.ldexp(Y, k), [1, 1, 2], "factor"),
        lambda k: 2 * k),
    "factor lift, inputs": (lambda k: copos.linear_network(np.ldexp(X[:1], k), Y, [1, 1, 2], "factor"), lambda k: 0),
    "weighted, targets": (
        lambda k: copos.linear_network(X, np.ldexp(Y, k), [2, 1, 2], "projection-input", weights=WEIGHTS),
        lambda k: 2 * k),
    "weighted, inputs": (
        lambda k: copos.linear_network(np.ldexp(X, k), Y, [2, 1, 2], "projection-input", weights=WEIGHTS),
        lambda k: 0),
    "weighted, weights": (
        lambda k: copos.linear_network(X, Y, [2, 1, 2], "projection", weights=np.ldexp(WEIGHTS, k)), lambda k: k),
}  # fmt: skip


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_bounds_of_scaled_data_are_equal_bit_for_bit(entrance):
    make, power = ENTRANCES[entrance]
    one = copos.lower_bound(make(0))
    assert one.proved
    for k in POWERS:
        program = make(k)
        bound = copos.lower_bound(program)
        assert bound.exact == one.exact * Fraction(2) ** power(k), k
        assert bound.claimed == np.ldexp(one.claimed, power(k))
        assert bound.certificate.verify(program).proved


@pytest.mark.parametrize("seed", range(4))
def test_any_units_have_one_normal_form(seed):
    """Coordinates, equations, sides, vanishing forms and objective, each in a unit of its own."""
    rng = np.random.default_rng(seed)
    n = 5
    K = [copos.NonNegative(n), copos.NonNegative(2) * copos.Free(3), copos.NonNegative(n)][seed % 3]
    C, *A = (M + M.T for M in rng.standard_normal((4, n, n)) * (rng.random((4, n, n)) < 0.7))
    E = np.zeros((n, n))
    E[0, 1] = E[1, 0] = 3.0
    b = rng.standard_normal(3)
    plain = copos.CompletelyPositiveProgram(K, C, list(zip(A, b, strict=True)), [E])
    normal = normal_form(plain).program
    for _ in range(5):
        d = rng.integers(-200, 200, n)
        c, t, e, *s = rng.integers(-200, 200, 6).tolist()
        D = d[:, None] + d[None, :]
        other = copos.CompletelyPositiveProgram(
            K, np.ldexp(C, D + c), [(np.ldexp(M, D + m), np.ldexp(v, m + t)) for M, v, m in zip(A, b, s, strict=True)],
            [np.ldexp(E, D + e)])  # fmt: skip
        found = normal_form(other)
        assert (found.program.C.matrix() == normal.C.matrix()).all()
        for k in range(3):
            assert (found.program.equations[0].matrix(k) == normal.equations[0].matrix(k)).all()
        assert (found.program.equations[1] == normal.equations[1]).all()
        assert (found.program.vanishing.matrix() == normal.vanishing.matrix()).all()
        assert found.power - normal_form(plain).power == c + t


def test_the_normal_form_is_the_program_in_other_units():
    """Value and feasibility of an atom carry over; so does the cone."""
    K = copos.NonNegative(1) * copos.SecondOrder(3) * copos.PositiveSemidefinite(2)
    rng = np.random.default_rng(3)
    C = rng.standard_normal((7, 7)) * 1e9
    program = copos.CompletelyPositiveProgram(K, C + C.T, [(np.diag([1e-12, 0, 0, 0, 1e5, 0, 1e5]), 3e7)])
    normal = normal_form(program)
    e = normal.exponents
    assert normal.program.cone.parts == K.parts
    for _ in range(10):
        x = K.sample(rng)
        u = np.ldexp(x, -e.coordinates)
        assert normal.program.cone.violation(u) <= 1e-9 * max(1.0, np.abs(u).max())
        assert np.ldexp(normal.program.value(u), e.objective) == pytest.approx(program.value(x), rel=1e-12)
        A, B = program.equations[0], normal.program.equations[0]
        assert np.ldexp(B.values(u)[0], int(e.equations[0])) == pytest.approx(A.values(x)[0], rel=1e-12)
    assert np.ldexp(normal.program.equations[1][0], int(e.equations[0]) + e.value) == 3e7
    assert np.abs(normal.program.C.rows.data).max() < 2


def test_exponents_are_reduced_in_their_lattice():
    """Least numbers ≥ 0, in the order of the visits, whatever the units are."""
    rng = np.random.default_rng(0)
    L = rng.integers(-2, 3, (9, 4))
    for _ in range(20):
        E = rng.integers(-50, 50, 9)
        results = []
        for shift in (np.zeros(4, dtype=int), rng.integers(-99, 99, 4)):
            gauge, data = Gauge(4), E + L @ shift
            for row, c in zip(L, data.tolist(), strict=True):
                gauge.visit(c, [(k, int(m)) for k, m in enumerate(row) if m])
            results.append(data + L @ gauge.values())
        assert (results[0] == results[1]).all()
        first = int(np.flatnonzero(L.any(axis=1))[0])
        assert 0 <= results[0][first] < np.gcd.reduce(L[first])


def test_a_program_beyond_the_doubles_is_its_own_normal_form():
    C = np.array([[2.0**1000, 0.0], [0.0, 2.0**-1000]])
    program = copos.CompletelyPositiveProgram(copos.NonNegative(2), C, [(np.ones((2, 2)), 1.0)])
    assert normal_form(program).program is program


def scaled_certificate():
    """On a cut cone, with vanishing forms, and with every exponent in use."""
    n = 3
    K = copos.NonNegative(n).restrict([-1.0, 2.0**40, 0.0])
    E = np.zeros((n, n))
    E[0, 2] = E[2, 0] = 2.0**9
    C = np.array([[3.0, -1, 0], [-1, 2, -1], [0, -1, 2.5]]) * 2.0**53
    program = copos.CompletelyPositiveProgram(K, C, [(np.ldexp(np.ones((n, n)), -70), 2.0**30)], [E])
    return program, copos.lower_bound(program).certificate


@pytest.mark.parametrize(
    ("key", "change"),
    [("objective", 1), ("value", 1), ("equations", [1]), ("coordinates", 1), ("vanishing", 1), ("blocks", 1)],
)
def test_other_exponents_are_rejected(key, change):
    """A proof for one unit is no proof for another; and a claim above it is refused."""
    program, certificate = scaled_certificate()
    scaling = dict(certificate.proof["scaling"])
    if isinstance(scaling[key], int):
        scaling[key] += change
        # the claimed value follows, as far as it can
        value = Fraction(certificate.proof["value"]) * 2
        proof = {**certificate.proof, "scaling": scaling, "value": str(value)}
    else:
        changed = [list(v) if isinstance(v, list) else v for v in scaling[key]]
        at = next(i for i in range(len(changed)) if not isinstance(changed[i], list) or changed[i])
        changed[at] = [changed[at][0] + 1, *changed[at][1:]] if isinstance(changed[at], list) else changed[at] + 1
        scaling[key] = changed
        value = Fraction(certificate.proof["value"]) * 2 if key == "equations" else certificate.proof["value"]
        proof = {**certificate.proof, "scaling": scaling, "value": str(value)}
    assert not replace(certificate, proof=proof).verify(program).proved or key == "blocks"


@pytest.mark.parametrize(
    "wrong", [{}, {"coordinates": []}, {"objective": 10**9}, {"objective": True}, {"blocks": [[]]}]
)
def test_malformed_exponents_are_unreadable(wrong):
    program, certificate = scaled_certificate()
    scaling = {**certificate.proof["scaling"], **wrong} if wrong else {}
    verdict = replace(certificate, proof={**certificate.proof, "scaling": scaling}).verify(program)
    assert not verdict.proved and not verdict.readable


def test_the_checker_reads_exponents_without_the_package(tmp_path):
    _, certificate = scaled_certificate()
    certificate.save(tmp_path / "proof.json")
    folder = Path(check.__file__).parent
    for source in folder.glob("check*.py"):
        (tmp_path / source.name).write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    # without site-packages, so that no installed copos is found
    command = [sys.executable, "-S", "-E", "-s", str(tmp_path / "check.py"), str(tmp_path / "proof.json")]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert run.returncode == 0 and run.stdout.startswith("proved"), run.stdout + run.stderr


@pytest.mark.parametrize("k", [-301, 300])
def test_cells_and_their_file_are_in_any_unit(k, tmp_path):
    make = ENTRANCES["standard quadratic"][0]
    one, other = (copos.branch_and_bound(make(j), tolerance=1e-6, absolute=0.0, max_nodes=9) for j in (0, k))
    assert other.exact == one.exact * Fraction(2) ** k and other.upper == np.ldexp(one.upper, k)
    assert other.certificate.verify(make(k)).proved
    other.save(tmp_path / "cells.json")
    again = copos.branch_and_bound(make(k), tolerance=1e-6, absolute=0.0, max_nodes=9, resume=tmp_path / "cells.json")
    assert again.exact == other.exact


def test_whole_numbers_are_rounded_up_in_any_unit():
    """min Σ of ±1, over binaries: with 2^k the values are multiples of 2^k."""
    C = np.array([[0.0, 3, 1], [3, 0, 1], [1, 1, 0]])
    programs = [copos.binary_quadratic(np.ldexp(C, k), np.ldexp([-2.0, -2, -3], k)) for k in (0, -9, 40)]
    values = [copos.lower_bound(program) for program in programs]
    assert values[0].exact.denominator == 1
    assert [v.exact / Fraction(2) ** k for v, k in zip(values, (0, -9, 40), strict=True)] == 3 * [values[0].exact]


def test_a_matrix_of_moments_is_returned_in_the_programs_units():
    program = copos.rank_constrained([[0, 1], [1, 0]], [(np.diag([1.0, 0]), 1e6), (np.diag([0, 1.0]), 1e6)], rank=1)
    bound = copos.bracket(program)
    assert bound.proved and -2e6 * (1 + 1e-7) <= bound.lower <= -2e6 <= bound.upper <= -2e6 * (1 - 1e-9)
    assert relax(program).program is program  # a level by itself keeps the units it is given
