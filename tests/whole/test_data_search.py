"""The search on data knows the right answers, and notices the wrong ones."""

import json
from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import linprog, minimize

import copos
from benchmarks import _data_search as search
from benchmarks import _rational as rational
from benchmarks import _rational_programs as programs
from benchmarks import data_proofs, invariance
from benchmarks._polynomial_questions import _unit, best_of_one_neuron
from benchmarks._question import bracket_judged, crossed
from benchmarks._rational import Between, exact

ONE = Fraction(1)


@pytest.mark.parametrize("seed", range(6))
def test_the_optimum_of_bounded_rank_is_enclosed(seed):
    """By counting roots exactly, against singular values."""
    rng = np.random.default_rng(seed)
    X, Y = rng.integers(-8, 9, (3, 6)) / 8, rng.standard_normal((4, 6))
    X[2] = X[0] + X[1] if seed % 2 else X[2]  # exactly
    w, a, rank = rng.choice([0.25, 1, 4], 6), rng.choice([0.25, 1, 4], 4), int(rng.integers(1, 3))  # with exact roots
    found = rational.low_rank(exact(X), exact(Y), rank, exact([w])[0], exact([a])[0])
    value = copos.svd_value(X * np.sqrt(w), np.sqrt(a)[:, None] * Y * np.sqrt(w), rank)
    low, high = (float(v) for v in found.between(60))
    assert low == pytest.approx(value, rel=1e-12) and high == pytest.approx(value, rel=1e-12)
    assert found.below(Fraction(value * (1 + 1e-12))) and not found.above(Fraction(value * (1 + 1e-12)))
    assert found.above(Fraction(value * (1 - 1e-12))) and not found.below(Fraction(value * (1 - 1e-12)))


def test_nothing_is_too_large_or_too_small_for_an_enclosure():
    for scale in (Fraction(2) ** -900, Fraction(2) ** 900):
        Y = [[2 * scale, Fraction(0)], [Fraction(0), scale]]
        found = rational.low_rank([[ONE, Fraction(0)], [Fraction(0), ONE]], Y, 1, [ONE, ONE], [ONE, ONE])
        value = scale * scale  # the smaller singular value
        assert found.above(value * (1 - Fraction(1, 10**30))) and found.below(value * (1 + Fraction(1, 10**30)))
        assert not found.above(value) and not found.below(value)


def test_a_line_through_three_points_far_from_the_origin():
    X, Y = [[1, 1, 1], [10000, 10001, 10002]], [[0, 0, 3]]
    found = rational.low_rank(exact(X), exact(Y), 1, [ONE] * 3, [ONE])
    assert found == Between(Fraction(3, 2), Fraction(3, 2))


@pytest.mark.parametrize("seed", range(5))
def test_other_losses_against_solvers(seed):
    rng = np.random.default_rng(seed)
    X, y, w = rng.standard_normal((2, 4)), rng.standard_normal(4) * 3, rng.uniform(0.5, 2, 4)
    F, t, v = exact(X), exact([y])[0], exact([w])[0]
    A = np.hstack([X.T, -X.T, np.eye(4), -np.eye(4)])
    lp = linprog(np.r_[np.zeros(4), w, w], A_eq=A, b_eq=y)
    assert float(rational.least_absolute(F, t, v)) == pytest.approx(lp.fun)
    rho = copos.Loss("huber", delta=0.5).of
    fit = minimize(lambda b: (w * rho(b @ X - y)).sum(), np.zeros(2), method="BFGS", options={"gtol": 1e-9})
    assert float(rational.huber(F, t, v, Fraction(1, 2))) == pytest.approx(fit.fun, rel=1e-7)


@pytest.mark.parametrize("seed", range(8))
def test_quadratic_programs_against_others(seed):
    rng = np.random.default_rng(seed)
    Q = rng.integers(-5, 6, (4, 4))
    Q = Q + Q.T
    assert programs.on_simplex(exact(Q)) == copos.minimum_on_simplex(Q.tolist()).value
    c, a = rng.integers(-5, 6, 4), [[1, 2, -1, 1]]
    grid = np.stack(np.meshgrid([0, 1], [0, 1], np.linspace(0, 2, 201), [0, 1], indexing="ij"), -1).reshape(-1, 4)
    on = grid[np.abs(grid @ a[0] - 2) < 1e-9]
    for points, A, b in ((grid, [], []), (on, exact(a), [Fraction(2)])):
        best = programs.mixed_binary(exact(Q), exact([c])[0], A, b, [2], [ONE, ONE, Fraction(2), ONE])
        sampled = (np.einsum("ki,ij,kj->k", points, Q, points) + points @ c).min()
        assert float(best) <= sampled + 1e-9 and sampled - float(best) <= 0.1


def test_semidefinite_matrices_are_told_exactly():
    M = [[Fraction(1), Fraction(1)], [Fraction(1), Fraction(1)]]
    assert rational.smallest_eigenvalue_at_least(M, Fraction(0))
    M[0][0] -= Fraction(1, 10**40)
    assert not rational.smallest_eigenvalue_at_least(M, Fraction(0))


def test_neurons_are_rational_unit_vectors():
    u = np.random.default_rng(0).standard_normal(3)
    for v in (u / np.linalg.norm(u), -u / np.linalg.norm(u), np.eye(3)[1], -np.eye(3)[2]):
        found = _unit(v)
        assert sum(c * c for c in found) == 1 and np.allclose([float(c) for c in found], v, atol=1e-15)


def test_a_descent_gives_an_exact_value():
    """y = 2x: the least decay is 2·√(w²) with w the lasso solution."""
    X, y = np.array([[1.0, 2.0, 3.0]]), np.array([2.0, 4.0, 6.0])
    value = best_of_one_neuron(X, y, 0.1, (0.0, 1.0, 0.0))
    best = rational.lasso(exact(X), exact([y])[0], Fraction(0.1))
    assert best <= value <= best * (1 + Fraction(1, 10**6))


def test_questions_depend_on_kind_and_number_alone():
    for kind in search.DATA_KINDS:
        first, again = search.drawn(kind, 3), search.drawn(kind, 3)
        assert json.dumps(first.how, default=str) == json.dumps(again.how, default=str)


def test_what_is_false_is_noticed():
    program = copos.standard_quadratic([[1.0, 0.0], [0.0, 1.0]])
    bound, half, tiny = copos.bracket(program), Fraction(1, 2), Fraction(1, 10**30)
    assert not bracket_judged(bound, program, Between(half, half), Fraction(0)).wrong
    low = Between(bound.exact - tiny, bound.exact - tiny)
    assert "above the optimum" in bracket_judged(bound, program, low, Fraction(0)).wrong[0]
    high = Between(Fraction(bound.upper) + tiny, Fraction(bound.upper) + tiny)
    assert "below the optimum" in bracket_judged(bound, program, high, Fraction(0)).wrong[0]
    (found,) = crossed(half, half, Between(half, half), half - tiny)
    assert "exact value" in found


def test_a_question_is_stopped_by_its_limit():
    with pytest.raises(search.OutOfTime), search.limited(0.05):
        while True:
            try:
                sum(range(1000))
            except Exception:  # a limit that this catches would be none
                pass


def test_a_refusal_is_said_by_the_package():
    for call, said in ((lambda: copos.standard_quadratic([[np.nan]]), True), (lambda: np.zeros(0).max(), False)):
        with pytest.raises(ValueError) as caught:
            call()
        assert search.said_by_the_package(caught.value) is said


def test_rows_are_added_up():
    row = {"kind": "a", "k": 1, "proved": True, "closed": True, "reason": "", "wrong": [], "error": ""}
    row |= {"skipped": False, "cpu_s": 1.0}
    other = row | {"k": 2, "proved": False, "closed": False, "reason": "after 12 iterations", "wrong": ["lower"]}
    (found,) = search.summary([row, other])
    assert found["runs"] == 2 and found["proved"] == "50%" and found["wrong"] == 1 and found["status"] == "WRONG: a 2"
    assert found["no proof"] == "1 after # iterations"


def test_every_kind_can_be_asked_and_judged():
    """One question of each kind; what is wrong is for the search to say."""
    rows = [search.outcome(kind, 0) for kind in search.DATA_KINDS]
    assert all(isinstance(row["wrong"], list) for row in rows)
    assert sum(row["proved"] for row in rows) > len(rows) / 2


def test_tables_and_scalings_are_the_same_every_time():
    assert all(np.array_equal(*pair) for pair in zip(data_proofs.table(9, 3), data_proofs.table(9, 3), strict=True))
    names = [[s.name for s in kind(np.random.default_rng(1))] for kind in invariance.KINDS]
    assert len({name for group in names for name in group}) == sum(map(len, names)) >= 25
