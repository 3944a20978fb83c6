"""Programs that fall into parts: each by its own lift or by boxes, and one proof of the sum."""

import numpy as np
import pytest

import copos
from copos.boxes import suits
from copos.boxes.pieces import pieces
from copos.checker import check_parts
from copos.checker.check_boxes import question
from copos.checker.check_data import Data


def blocks(rng, n, m, sense="min"):
    """Two parts of n variables, of which the second is 0/1 with a row, one of two variables, and one that is fixed."""
    N = 2 * n + 3
    Q, c = np.zeros((N, N), dtype=int), rng.integers(-20, 21, N)
    for at in (0, n):
        Q[at : at + n, at : at + n] = rng.integers(-20, 21, (n, n))
    Q[2 * n, 2 * n + 1], Q[2 * n + 2, 2 * n + 2], Q[2 * n + 2, 0], Q[n, 2 * n + 2] = -3, 1, 2, -5
    A = np.zeros((2, N), dtype=int)
    A[0, n : 2 * n], A[1, 2 * n : 2 * n + 2] = rng.integers(1, 9, n), (1, 2)
    ranges = [(0, 1)] * (2 * n) + [(-1, 2), (0, 1), ("3/2", "3/2")]
    whole = [0] * n + [1] * n + [0] * 3
    return copos.quadratic_program(Q, c, m, A_ub=A, b_ub=[2 * n, 2], bounds=ranges, integrality=whole, sense=sense)


@pytest.mark.parametrize("sense", ["min", "max"])
def test_the_bounds_of_the_parts_add_up(sense, monkeypatch):
    monkeypatch.setattr(suits, "FEW", 3)  # what has more variables is lifted
    problem = blocks(np.random.default_rng(1), 5, 7, sense)
    assert [len(part) for part in pieces(problem).parts] == [5, 5, 2]
    found = copos.bracket(problem, tolerance=1e-6)
    assert found.closed and found.verify().proved and not problem.violated(list(found.point.values()))
    first, second, third = found.certificate.proof["parts"]
    assert "proof" in first and "proof" in second and "tree" in third and first["variables"][-1] == 12
    other = copos.bracket(problem, tolerance=1e-6, local=3)  # one lift of all of it
    assert "parts" not in other.certificate.proof
    assert other.lower <= found.upper and found.lower <= other.upper
    assert problem.value(list(found.point.values())) == pytest.approx(found.value)


def test_a_part_without_a_point_is_enough():
    N = 23
    rows = np.zeros((2, N), dtype=int)
    rows[0, :11], rows[1, :11] = 1, -1
    Q = np.zeros((N, N), dtype=int)
    Q[:11, :11], Q[11:22, 11:22] = np.triu(np.ones((11, 11), dtype=int), 1), -1
    against = copos.quadratic_program(Q, A_ub=rows, b_ub=[4, -5], bounds=(0, 1))
    found = copos.bracket(against, tolerance=1e-6)
    assert found.status == "infeasible" and found.verify().proved


def test_a_bound_on_a_limit_is_that_of_all_parts(monkeypatch):
    monkeypatch.setattr(suits, "FEW", 3)
    problem = blocks(np.random.default_rng(3), 6, 0)
    seen = []

    def stop(answer):
        seen.append(answer.lower)
        return True

    found = copos.bracket(problem, tolerance=1e-9, callback=stop)
    assert found.proved and found.verify().proved and seen and found.lower <= found.upper
    again = copos.bracket(problem, tolerance=1e-6, resume=found)
    assert again.closed and again.lower >= found.lower - 1e-9


def test_a_part_has_its_own_constraints_and_no_others():
    asked = question(blocks(np.random.default_rng(4), 2, 1).plain_problem(), Data(None))
    part = check_parts.alone(asked._replace(objective={(3, 7): 5, (4, 4): 1}), {0, 3, 4, 7})
    assert part.names == ["x2", "x3", "x6"] and part.objective == {(1, 3): 5, (2, 2): 1}
    assert part.variables == [asked.variables[j] for j in (2, 3, 6)]
    (relation, form), = part.constraints
    assert relation == -1 and form == {(0, 0): -4} | {(0, k): asked.constraints[0][1][0, k + 2] for k in (1, 2)}
    assert check_parts.alone(asked._replace(objective={}), {0, 3}).constraints == []
