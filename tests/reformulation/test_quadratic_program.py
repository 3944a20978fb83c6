"""Quadratic programs in the user's terms: what is taken, how it is lifted, what comes back and what is proved of it."""

import itertools
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse as sp

import copos
from benchmarks._quadratic_programs import drawn, reference
from copos.checker import check
from copos.hierarchy import relax
from copos.reformulation.quadratic.coordinates import NeedsBound, coordinates
from copos.reformulation.quadratic.exact_point import exact_point, is_feasible
from copos.reformulation.quadratic.lift import Lift
from copos.reformulation.quadratic.presolve import presolve, tightened
from copos.reformulation.quadratic.rays import is_ray

SADDLE = {"Q": [[1, 2], [2, -3]], "c": [-1, "0.3"], "A_ub": [[1, 1]], "b_ub": ["3.5"], "bounds": (-3, 7)}


def solved(*given, **options):
    problem = copos.quadratic_program(*given, **options)
    return problem, copos.bracket(problem, tolerance=1e-6)


# ---- what is taken ---------------------------------------------------------------------------------------------


def test_all_kinds_of_numbers_and_matrices_mean_the_same():
    Q, a = [[0.5, -0.25], [0.75, 0.0]], [[1.0, 0.0], [2.0, -4.0]]
    plain = copos.quadratic_program(Q, [1, 0.5], 2, A_ub=a, b_ub=[1, 2], A_eq=a[:1], b_eq=[0.5])
    for kind in (np.array, sp.csr_array, sp.coo_matrix, lambda M: [[Fraction(v) for v in r] for r in M],
                 lambda M: [[str(v) for v in r] for r in M],
                 lambda M: [[Decimal(str(v)) for v in r] for r in M]):  # fmt: skip
        other = copos.quadratic_program(kind(Q), ["1", Decimal("0.5")], Fraction(2), A_ub=kind(a), b_ub=[1, 2],
                                        A_eq=kind(a[:1]), b_eq=["1/2"])  # fmt: skip
        assert other.plain_problem() == plain.plain_problem()
    assert dict(plain.objective.pairs) == {(0, 0): Fraction(1, 2), (0, 1): Fraction(1, 2)}


def test_duplicate_entries_of_a_sparse_matrix_add_up_exactly():
    M = sp.coo_array(([0.1, 0.2, 1.0], ([0, 0, 1], [0, 0, 0])), shape=(2, 2))
    assert copos.quadratic_program(M).objective.pairs[0, 0] == Fraction(0.1) + Fraction(0.2)


@pytest.mark.parametrize(
    ("bounds", "ends"),
    [
        (None, [(0, None), (0, None)]), ((None, None), [(None, None)] * 2), ((-1, "0.5"), [(-1, Fraction(1, 2))] * 2),
        ([(0, 1), (None, 2)], [(0, 1), (None, 2)]), ([(-np.inf, np.inf), (3, 3)], [(None, None), (3, 3)]),
        (scipy.optimize.Bounds([0, -np.inf], [2, 4]), [(0, 2), (None, 4)]),
        (np.array([[0, 1], [2, 3]]), [(0, 1), (2, 3)]),
    ],
)  # fmt: skip
def test_bounds_are_those_of_scipy(bounds, ends):
    problem = copos.quadratic_program(np.eye(2), bounds=bounds)
    assert list(zip(problem.lower, problem.upper, strict=True)) == ends


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"Q": [[1, 2]]}, "Q has shape 1×2"), ({"c": [1], "Q": np.eye(2)}, "c has shape 1×1, expected 1×2"),
        ({"c": [1, 2], "A_ub": [[1, 2]]}, "A_ub and b_ub go together"), ({}, "they say how many variables"),
        ({"c": [1], "A_eq": [[1]], "b_eq": [1, 2]}, "A_eq has shape 1×1, expected 2×1"),
        ({"c": [np.nan]}, "c has an entry that is not finite"), ({"c": [1], "bounds": (0, 1, 2)}, "bounds must be"),
        ({"c": [1], "bounds": (np.inf, None)}, "the lower bound of x0"),
        ({"c": [1], "sense": "minimize"}, "sense must be"),
        ({"c": [1], "integrality": 2}, "integrality must be 0 .real. or 1"),
        ({"c": [1, 2], "names": ["a", "a"]}, "different"),
        ({"c": [1], "quadratic": [(1, 2)]}, "quadratic.0. must be"), ({"c": [1j]}, "complex"),
        ({"c": [1, 2], "names": "abc"}, "names must be 2 texts"),
        ({"c": [1], "quadratic": [([[1]], None, "x", "<=")]}, "d of quadratic.0."),
        ({"Q": sp.csr_array([[np.inf]])}, "Q has an entry that is not finite"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(given, words):
    with pytest.raises(ValueError, match=words):
        copos.quadratic_program(**given)


# ---- the lift --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("span", [1, 2, 3, 6, 7, 12])
def test_bits_make_every_integer_of_a_range_and_no_other(span):
    u = coordinates(copos.quadratic_program([[1]], bounds=(-2, span - 2), integrality=1))
    made = {
        sum(c * (1, *bits)[k] for k, c in u.rows[0].items()) for bits in itertools.product((0, 1), repeat=u.count - 1)
    }
    assert made == set(range(-2, span - 1))
    for v in made:
        point = u.inverse([v])
        assert set(point[1:]) <= {0, 1} and sum(c * point[k] for k, c in u.rows[0].items()) == v


@pytest.mark.parametrize("seed", range(3))
def test_slack_variables_raise_no_order_and_change_no_value(seed):
    """The doubly nonnegative relaxation with a slack per inequality, and the one with their products as rows."""
    rng = np.random.default_rng(seed)
    n, m = 4, 3
    Q, A = rng.integers(-5, 6, (n, n)), rng.integers(-2, 5, (m, n))
    Q, b = Q + Q.T, A @ np.full(n, 0.5) + 1
    box = {"bounds": [(0, 2)] * (n - 1) + [(0, None)]}
    rows = Lift(copos.quadratic_program(Q, A_ub=np.vstack([A, np.ones((1, n))]), b_ub=[*b, 5], **box))
    slack = np.zeros((n + m + 1, n + m + 1), dtype=int)
    slack[:n, :n] = Q
    equations = np.hstack([np.vstack([A, np.ones((1, n))]), np.eye(m + 1)])
    wide = copos.binary_quadratic(slack, None, equations, [*b, 5], binary=[], upper=[2] * (n - 1) + [np.inf] * (m + 2),
                                  equations="squared")  # fmt: skip
    assert max(relax(rows.program).orders) == n + 1
    assert max(relax(wide).orders) == n + m + 2
    first, second = copos.bracket(rows.program), copos.bracket(wide)
    assert first.lower == pytest.approx(second.claimed, rel=1e-5, abs=1e-5)


def test_a_ball_bounds_its_variables():
    ball = copos.quadratic_program(quadratic=[(np.eye(2), [2, 0], 2, "<=")], c=[1, 1], bounds=(None, None))
    low, high = tightened(ball.constraints[0], 0, [(None, None)] * 2, False)  # (x + 1)² ≤ 3
    assert low < -1 - 3**0.5 < low + Fraction(1, 10**5) and high > -1 + 3**0.5 > high - Fraction(1, 10**5)
    assert presolve(ball).problem.lower[1] < -(3**0.5) < presolve(ball).problem.lower[1] + Fraction(1, 10**5)


# ---- what comes back -------------------------------------------------------------------------------------------


def test_a_maximum_is_the_mirror_of_a_minimum():
    problem, least = solved(**SADDLE, integrality=[1, 0])
    flipped = {**SADDLE, "Q": -np.array(SADDLE["Q"]), "c": [1, "-0.3"]}
    mirror, most = solved(**flipped, integrality=[1, 0], sense="max")
    assert (most.lower, most.upper) == pytest.approx((-least.upper, -least.lower), abs=1e-6)
    assert least.closed and most.closed and most.point == least.point
    assert float(problem.value(list(least.point.values()))) == pytest.approx(least.upper)
    assert float(mirror.value(list(most.point.values()))) == pytest.approx(most.lower)
    assert "≥" in least.verify().claim and "≤" in most.verify().claim


def test_shifts_scales_and_orders_change_nothing():
    """x = D z + t in another order, with an offset: the same optimum."""
    Q, c, A, b = (
        np.array([[1, 2, 0], [2, -3, 1], [0, 1, 0]]),
        np.array([1, -1, 2]),
        np.array([[1, 1, 1]]),
        np.array([3]),
    )
    _, plain = solved(Q, c, A_ub=A, b_ub=b, bounds=(-1, 2))
    D, t, order = np.diag([2, 4, -8]), np.array([3, 0, -5]), [2, 0, 1]
    scaled = {"Q": D @ Q @ D, "c": D @ (c + 2 * Q @ t), "constant": int(t @ Q @ t + c @ t) + 1000, "A_ub": A @ D,
              "b_ub": b - A @ t}  # fmt: skip
    ends = [
        sorted([Fraction(int(-1 - s), int(d)), Fraction(int(2 - s), int(d))])
        for d, s in zip(D.diagonal(), t, strict=True)
    ]
    scaled = {
        **scaled,
        "Q": scaled["Q"][np.ix_(order, order)],
        "c": scaled["c"][order],
        "A_ub": scaled["A_ub"][:, order],
    }
    _, other = solved(**scaled, bounds=[tuple(ends[k]) for k in order])
    assert other.closed and other.upper - 1000 == pytest.approx(plain.upper, abs=2e-3)
    assert other.lower - 1000 == pytest.approx(plain.lower, abs=2e-3)


def test_the_proof_is_about_the_problem_and_no_other(tmp_path):
    problem, found = solved(**SADDLE, names=["load", "price"])
    assert found.closed and found.verify().proved and "load, price" in found.verify().claim
    path = tmp_path / "proof.json"
    found.certificate.save(path)
    assert check.check_file(str(path)).proved  # plain files, standard library
    point = found.point_certificate.verify(problem)
    assert point.proved and "load = " in point.claim
    others = [copos.quadratic_program(**{**SADDLE, "b_ub": [3]}, names=problem.names),
              copos.quadratic_program(**SADDLE, names=["price", "load"]),
              copos.quadratic_program(**SADDLE, names=problem.names, sense="max"),
              copos.quadratic_program(**SADDLE, names=problem.names, integrality=[1, 0]),
              copos.quadratic_program(**{**SADDLE, "bounds": (-3, 6)}, names=problem.names)]  # fmt: skip
    for other in others:
        assert not copos.verify(path, other).proved and copos.verify(path, other).reason


def test_nothing_is_feasible():
    for given in ({"A_eq": [[1, 1], [2, 2]], "b_eq": [1, 3]}, {"A_ub": [[1, 1]], "b_ub": [-1]}, {"bounds": (2, 1)},
                  {"bounds": (0.25, 0.75), "integrality": 1},
                  {"quadratic": [(np.eye(2), None, -1, "<=")]}):  # fmt: skip
        for sense in ("min", "max"):
            _, found = solved(np.eye(2), sense=sense, **given)
            assert found.status == "infeasible" and found.proved and found.x is None and found.gap == 0, given
            assert found.verify().proved and "no point is feasible" in found.verify().claim


def test_what_only_rounding_makes_infeasible_is_said():
    """.1x + .6y + .8z = 1.4 at (0, 1, 1) is false in floats, by 2e-16."""
    row = {"c": [1, 1, 1], "bounds": (0, 1), "integrality": 1}
    _, found = solved(A_eq=[[0.1, 0.6, 0.8]], b_eq=[1.4], **row)
    assert found.status == "infeasible" and found.verify().proved and "up to 1e-7" in found.reason
    _, found = solved(A_eq=[["0.1", "0.6", "0.8"]], b_eq=["1.4"], **row)
    assert found.closed and found.upper == 2
    _, found = solved(A_eq=[[1, 6, 8]], b_eq=[13], **row)
    assert found.status == "infeasible" and "up to 1e-7" not in found.reason


def test_the_objective_is_unbounded_along_a_direction():
    problem, found = solved([[1, 0], [0, -1]], A_ub=[[1, -1]], b_ub=[0], names=["u", "v"])
    assert found.status == "unbounded" and (found.lower, found.upper) == (-np.inf, -np.inf)
    assert "v" in found.reason and is_ray(problem, list(found.point.values()), list(found.direction.values()))
    _, found = solved(c=[1, 1], A_ub=[[1, -2]], b_ub=[3], integrality=1, bounds=[(0, 9), (0, 9)], sense="max")
    assert found.status == "closed" and found.upper == 18
    problem, found = solved(c=[1, 1], bounds=(None, 4))
    assert found.status == "unbounded" and is_ray(problem, list(found.point.values()), list(found.direction.values()))


def test_an_integer_without_bounds_is_named():
    with pytest.raises(NeedsBound, match="the integer many needs a finite upper bound"):
        copos.bracket(copos.quadratic_program([[1]], [-3], integrality=1, names=["many"]), level=1, tolerance=1e-6)
    _, found = solved([[1]], [-3], integrality=1, names=["many"])  # convex: nothing is needed
    assert found.closed and (found.lower, found.upper) == (-2, -2) and found.verify().proved
    _, found = solved([[1]], [-7], A_ub=[["1/2"]], b_ub=[9], integrality=1)  # bounded by its row
    assert found.closed and found.upper == -12


def test_an_irrational_optimum_has_a_rational_point_nearby():
    problem, found = solved(c=[1, 1], quadratic=[(np.eye(2), None, 2, "<=")], sense="max")
    assert found.closed and found.lower < 2 <= found.upper and is_feasible(problem, list(found.point.values()))


def test_products_that_must_vanish():
    """Complementarity as a quadratic equation: max x + y with xy = 0 in the unit box is 1."""
    _, found = solved(c=[1, 1], bounds=(0, 1), quadratic=[([[0, 1], [0, 0]], None, 0, "=")], sense="max")
    assert found.closed and found.lower == 1 and found.upper == pytest.approx(1, abs=1e-6)


def test_exact_points_solve_active_rows():
    problem = copos.quadratic_program(
        c=[1, 1, 1], A_ub=[["0.1", "0.2", 0]], b_ub=["0.7"], A_eq=[[0, "1/3", "1/7"]], b_eq=[1]
    )
    point = exact_point(problem, [1.0 + 1e-11, 3.0 - 1e-11, 1e-12])
    assert point == (1, 3, 0)
    curved = copos.quadratic_program(c=[1, 1], quadratic=[([[0, 1], [0, 0]], None, 2, "=")])
    x, y = exact_point(curved, [2**0.5, 2**0.5])
    assert x * y == 2


def test_the_callback_and_the_levels_are_in_the_users_terms():
    seen = []
    problem = copos.quadratic_program([[0, 1], [1, 0]], c=[-1, 0], A_ub=[[1, 1]], b_ub=[1], sense="max", constant=5)
    copos.bracket(problem, time_limit=20, callback=seen.append)
    assert seen and all(s.lower <= 5.125 + 1e-9 and s.upper >= 5.125 for s in seen)
    one = copos.bracket(problem)
    assert one.level == 0 and one.upper == pytest.approx(5.125, abs=1e-6) and one.verify().proved


# ---- soundness -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [0, 7, 11, 23])
def test_random_problems_are_closed_and_right(k):
    problem = drawn(k)
    found, known = copos.bracket(problem, tolerance=1e-6, time_limit=20), reference(problem)
    assert found.status in ("closed", "unbounded", "infeasible")
    if found.certificate is not None:
        assert found.verify().proved
    if known.status == "optimal":
        assert found.lower <= known.high + 1e-6 * (1 + abs(known.high))
        assert found.upper >= known.low - 1e-6 * (1 + abs(known.low))


# ---- dominated variables -----------------------------------------------------------------------------------------


def test_dominated_variables_are_at_their_ends():
    """x_2 + x_2x_0 grows with x_2 and x_2 ≥ 0 is all that holds it; x_3 is good for the one constraint it is in."""
    Q = np.zeros((12, 12), dtype=int)
    Q[0, 1], Q[0, 2] = -3, 1
    Q[3:, 3:] = np.triu(np.random.default_rng(2).integers(-9, 10, (9, 9)))
    Q[3] = 0
    c = [0, -1, 1, 0, *[1] * 8]
    problem, found = solved(Q, c, A_ub=[[1, 1, 1, -1] + [0] * 8], b_ub=[1], bounds=(0, 2), sense="min")
    done = presolve(problem)
    assert {j: int(v) for j, v in done.dominated.items()}.items() >= {2: 0, 3: 2}.items()
    assert found.closed and found.verify().proved and found.point["x3"] == 2 and found.point["x2"] == 0
    steps = dict(Lift(problem).program.question)["steps"]
    assert ["low", 2] in steps and ["high", 3] in steps
    plain = copos.quadratic_program(Q, c, A_ub=[[1, 1, 0, 0] + [0] * 8], b_ub=[3],
                                    bounds=[(0, 2)] * 2 + [(0, 0), (2, 2)] + [(0, 2)] * 8)  # fmt: skip
    assert copos.bracket(plain, tolerance=1e-6).lower == pytest.approx(found.lower, rel=1e-5)


def test_a_point_that_is_not_at_the_end_is_moved_there():
    problem = copos.quadratic_program([[0, 1], [0, 0]], [1, -1], bounds=(0, 1), integrality=1)
    lift = Lift(problem)
    assert lift.presolved.moved([1, 0]) == [0, 0] or lift.presolved.moved([1, 0]) == [0, 1]
    program = lift.program
    atom = program.exact_atom([1.0, 0.0])
    assert list(program.recover(np.outer(atom, atom).astype(float)).solution) == [0, 1]


def test_at_most_k_of_a_standard_quadratic_program():
    rng = np.random.default_rng(3)
    Q = rng.integers(-3, 9, (4, 4))
    Q = Q + Q.T + 12 * np.eye(4, dtype=int)
    least = min(copos.minimum_on_simplex(Q[np.ix_(S, S)]).value for S in itertools.combinations(range(4), 2))
    assert least > copos.minimum_on_simplex(Q).value  # the bound on the number matters
    found = copos.bracket(copos.at_most(copos.standard_quadratic(Q), 2), tolerance=1e-7)
    assert found.proved and found.lower <= least <= found.upper and found.gap <= 1e-5
    assert sum(found.solution[f"x{j}"] > 0 for j in range(4)) <= 2


def test_at_most_k_of_a_binary_program_keeps_all_of_it():
    Q, c = [[0, 1, -2, 0], [1, 0, 0, 0], [-2, 0, 0, 1], [0, 0, 1, "1/3"]], ["-0.1", -3, 1, -1]
    rest = {"A": [[1, 1, 1, 1]], "b": [2], "binary": [0, 1, 2], "upper": [1, 1, 1, "3/2"], "complementary": [(0, 1)]}
    given = copos.binary_quadratic(Q, c, **rest)
    exact = [[Fraction(v) for v in row] for row in Q]
    for k in (1, 2, 3, 4):
        points = [(*x, 2 - sum(x)) for x in itertools.product([Fraction(0), Fraction(1)], repeat=3) if not x[0] * x[1]]
        points = [x for x in points if 0 <= x[3] <= Fraction(3, 2) and sum(v > 0 for v in x) <= k]
        found = copos.bracket(copos.at_most(given, k), tolerance=1e-7)
        if not points:
            assert k == 1 and found.status == "infeasible" and found.proved
            continue
        least = min(sum(exact[i][j] * x[i] * x[j] for i in range(4) for j in range(4))
                    + sum(Fraction(v) * u for v, u in zip(c, x, strict=True)) for x in points)  # fmt: skip
        assert found.proved and found.lower <= least <= found.upper and found.gap <= 1e-5


def test_at_most_says_what_has_variables_to_count():
    with pytest.raises(ValueError, match="stability number has no variables of its own to count.*quadratic_program"):
        copos.at_most(copos.stability_number([[0, 1], [1, 0]]), 1)
    with pytest.raises(TypeError, match="QuadraticProgram or a CompletelyPositiveProgram"):
        copos.at_most(np.eye(2), 1)
