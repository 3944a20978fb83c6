"""Programs from data as written: equations solved in rationals, decimals exactly, trivial bounds never missed."""

import itertools
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp

import copos
from copos import CompletelyPositiveProgram, Free, NonNegative, PositiveSemidefinite
from copos.arithmetic.elimination import eliminate, eliminate_exactly
from copos.arithmetic.rationals import RationalRows
from copos.branching.equations import averaged_out, on_atoms
from copos.certificate import certify_upper_bound, program_problem
from copos.certificate.exact_sums import ExactSums
from copos.certificate.trivial import trivial_bound
from copos.hierarchy import relax
from copos.reformulation.exact_data import linear_products, numbers, quadratic_form
from copos.reformulation.rational_matrices import rational_point
from copos.reformulation.rational_points import feasible_point

# ---- elimination and cones ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_exact_elimination_solves_the_equations(seed):
    rng = np.random.default_rng(seed)
    R = rng.integers(-4, 5, (3, 6)) * (rng.random((3, 6)) < 0.7)
    R = np.vstack([R, 3 * R[0] - R[1]])  # a dependent row
    solved = eliminate_exactly(sp.csr_array(R.astype(float)), -np.arange(6))
    rows = RationalRows.of(solved.basis) if solved.exact is None else solved.exact
    for given in R.tolist():
        total = {}
        for c, row in zip(given, rows.rows, strict=True):
            for v, d in row.items():
                total[v] = total.get(v, 0) + c * d
        assert not any(total.values())
    assert len(solved.free) == 6 - np.linalg.matrix_rank(R)
    assert np.array_equal(solved.free, eliminate(sp.csr_array(R.astype(float)), -np.arange(6)).free)


def test_short_numbers_need_no_companion():
    assert eliminate_exactly(sp.csr_array([[1.0, 1.0, -2.0, 0.5]]), -np.arange(4)).exact is None
    assert eliminate_exactly(sp.csr_array([[1.0, 1.0, 3.0]]), -np.arange(3)).exact is not None
    assert eliminate_exactly(sp.csr_array([[0.1, 1.0]]), np.arange(2)).exact is not None


def test_cones_carry_their_rationals_through_every_operation():
    K = (NonNegative(3).slice([[-8, 5, 3]]) * PositiveSemidefinite(2)).slice(
        np.array([[0, 0, 0, Decimal("0.3"), 0, 1]], dtype=object)
    )
    K = K.restrict(["1/7", 0, 1, 0, 0, 0]).with_unit(["0.1", 0, 1, 0, 0, 0])
    problem = program_problem(CompletelyPositiveProgram(K, np.eye(6), [(np.eye(6), 1)]))
    assert problem["unit"] == [[0, "83/30"], [1, "-5/3"]]  # x_0/10 + x_2, x_2 = 8/3 x_0 − 5/3 x_1
    assert problem["blocks"][-1]["entries"] == [[0, 0, 0, "59/21"], [0, 0, 1, "-5/3"]]
    assert [0, 0, 2, 1] in problem["blocks"][3]["entries"] and [1, 1, 2, "-3/10"] in problem["blocks"][3]["entries"]
    assert K.basis.toarray()[2, 0] == 8 / 3


def test_generators_are_sliced_exactly():
    K = copos.SecondOrder(3).slice([[3, -1, -3]])  # u_2 = t − u_1/3
    (form,) = K.generators.rationals().rows
    assert form == {1: Fraction(2, 3), 2: Fraction(-10, 9)}


def test_sums_over_rounded_maps_are_not_called_exact():
    program = copos.binary_quadratic(np.zeros((2, 2)), [-1, -3], [[3, 7]], [7])
    assert program.cone.exact is not None
    assert ExactSums.of(relax(program)) is None


@pytest.mark.parametrize("bad", [[np.nan, 1.0], [np.inf, 1.0], [1j, 1.0], [1.0], [["1/0", 1]], ["1e999999999", 1]])
def test_linear_forms_are_finite_and_fit(bad):
    with pytest.raises(ValueError):
        NonNegative(2).slice([bad])
    with pytest.raises(ValueError):
        NonNegative(2).with_unit(bad)
    with pytest.raises(ValueError):
        NonNegative(2).restrict(bad)


def test_equations_of_atoms_and_averages_are_exact():
    A = [(np.diag([3.0, 0.0]), 3.0), (np.diag([0.0, 1.0]), 1.0)]
    program = CompletelyPositiveProgram(NonNegative(2), [[0, 1], [1, 0]], A)
    assert on_atoms(program).vanishing.rationals().rows[0] == {2: 1, 0: -1}  # b_1/b_0 = 1/3
    other = averaged_out(program, [0.0, 0.1])
    assert other.C.rationals().rows[0][0] == Fraction(0.1)
    assert other.C.rationals().rows[0][2] == -Fraction(0.1)


# ---- data as written ----------------------------------------------------------------------------------------------


def test_numbers_are_taken_as_they_are():
    assert numbers([0.1, 2], "x").dtype == float
    assert numbers(["0.1", 0.1], "x").tolist() == [Fraction(1, 10), Fraction(0.1)]
    assert numbers([2**60 + 1], "x").tolist() == [2**60 + 1]
    assert numbers([Decimal("1e-400")], "x").tolist() == [Fraction(1, 10**400)]
    for bad in ([1j], ["one"], [np.nan], [None], [float("inf")]):
        with pytest.raises(ValueError, match="x"):
            numbers(bad, "x")


def test_forms_of_products_are_exact():
    form = quadratic_form(numbers([["0.1", "1/3"], ["1/3", 2]], "Q"), numbers(["1/7", 0], "c"))
    assert form.rationals().rows[0] == {1: Fraction(1, 7), 2: Fraction(1, 10), 4: Fraction(2, 3), 5: 2}
    squares = linear_products(np.array([[-0.3, 0.1]]))
    assert squares.rationals().rows[0][1] == 2 * Fraction(-0.3) * Fraction(0.1)
    assert squares.rationals().rows[1] == {0: Fraction(-0.3), 1: Fraction(0.1)}
    skew = np.array([[0.0, 0.1], [0.1 + 1e-17, 1.0]]) + np.array([[0, 0], [3e-17, 0]])
    assert quadratic_form(skew).rationals().rows[0][1] == Fraction(skew[0, 1]) + Fraction(skew[1, 0])


@pytest.mark.parametrize("equations", ["slice", "squared"])
def test_decimals_as_written_admit_the_points_that_they_mean(equations):
    Q, c = [[4, 1, -3], [1, 4, 1], [-3, 1, 2]], [-2, 2, 2]
    for A, b in (([["0.1", "0.6", "0.8"]], ["1.4"]), ([[Decimal("0.2"), Decimal("0.3"), Decimal("0.5")]], [1])):
        exact = [[Fraction(v) for v in row] for row in A]
        points = [x for x in itertools.product((0, 1), repeat=3)
                  if sum(v for v, one in zip(exact[0], x, strict=True) if one) == Fraction(b[0])]  # fmt: skip
        least = min(np.array(x) @ Q @ x + np.array(x) @ c for x in points)
        bound = copos.bracket(copos.binary_quadratic(Q, c, A, b, equations=equations), 1)
        assert bound.exact is not None and int(least) - Fraction(1, 10**6) <= bound.exact <= int(least)
        assert bound.upper == least and bound.upper_certificate.verify().proved


@pytest.mark.parametrize(
    ("row", "right", "upper", "binary"),
    [([0.1, 0.6, 0.8], 1.4, None, None), ([0.1, 0.2, 0.3], 0.3, None, None), ([0.1] * 11, 1.1, None, None),
     ([0.1, 0.6, 0.8, 1.0], 1.4, [1, 1, 1, 5], [0, 1, 2])],
)  # fmt: skip
def test_floats_that_exclude_what_they_mean_are_refused(row, right, upper, binary):
    n = len(row)
    with pytest.raises(ValueError, match="equation 0, 0.1·x_0.*rounding only.*Decimal"):
        copos.binary_quadratic(np.zeros((n, n)), np.ones(n), [row], [right], binary, upper)
    text = [[str(v) for v in row]], [str(right)]
    assert copos.binary_quadratic(np.zeros((n, n)), np.ones(n), *text, binary, upper).notes == ""


def test_floats_that_exclude_nothing_are_taken():
    row = [0.1, 0.25, 0.4, 0.7]
    program = copos.binary_quadratic(np.zeros((4, 4)), np.ones(4), [row], [0.1])
    assert program.notes == ""
    assert copos.lower_bound(program).lower == pytest.approx(1, abs=1e-6)
    many = copos.binary_quadratic(np.zeros((42, 42)), np.ones(42), [[0.1] * 42], [0.1])
    assert "without" in many.notes or "dyadic" in many.notes


def test_exactly_symmetric_or_refused():
    with pytest.raises(ValueError, match=r"Q_ij = 1/3 and Q_ji = 1/4 at \(0, 1\)"):
        copos.standard_quadratic([[0, "1/3"], ["1/4", 1]])
    for complex_data in ([[0, 1j], [-1j, 0]],):
        with pytest.raises(ValueError, match="complex"):
            copos.standard_quadratic(complex_data)
        with pytest.raises(ValueError, match="complex"):
            copos.rank_constrained(complex_data, [(np.eye(2), 1.0)], rank=1)


# ---- bounds -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_no_bound_of_an_integer_program_exceeds_the_optimum_or_lacks_a_proof(seed):
    rng = np.random.default_rng(seed)
    for _ in range(6):
        n = int(rng.integers(2, 4))
        a, x = rng.integers(-4, 8, n), rng.integers(0, 2, n)
        a[0] = a[0] or 3
        M = rng.integers(-4, 5, (n, n))
        Q, c, b = M + M.T, rng.integers(-6, 7, n) + 10 ** int(rng.integers(0, 6)) * a, int(a @ x)
        points = [np.array(v) for v in itertools.product((0, 1), repeat=n) if a @ np.array(v) == b]
        optimum = min(int(v @ Q @ v + c @ v) for v in points)
        for equations in ("slice", "squared"):
            bound = copos.bracket(copos.binary_quadratic(Q, c, [a], [b], equations=equations))
            assert bound.exact is not None and bound.exact <= optimum
            assert bound.certificate.verify().proved
            assert bound.upper >= optimum


def test_tiny_integer_systems_are_all_proved():
    for a, b, right in itertools.product((-2, 1, 3), (-1, 2, 3), range(-2, 6, 2)):
        points = [x for x in itertools.product((0, 1), repeat=2) if a * x[0] + b * x[1] == right]
        bound = copos.lower_bound(copos.binary_quadratic(np.zeros((2, 2)), [-1, -3], [[a, b]], [right]))
        assert bound.proved, (a, b, right, bound.reason)
        assert bound.exact is None or bound.exact <= min((-x[0] - 3 * x[1] for x in points), default=math.inf)


def test_three_a_plus_b_is_three():
    bound = copos.bracket(copos.binary_quadratic(np.zeros((2, 2)), [-1, -3], [[3, 1]], [3]))
    assert bound.proved and -1 - 1e-9 <= bound.exact <= -1 == bound.upper


def test_dual_zero_is_found_where_it_is_feasible():
    bound = copos.bracket(copos.binary_quadratic([[0, 1], [1, 0]], [0, 0], binary=[]))
    assert bound.exact == 0 == bound.upper and bound.certificate.verify().proved


def test_sums_of_squares_are_nonnegative():
    B = np.random.default_rng(3).integers(-3, 4, (2, 5))
    C, first = (B.T @ B).astype(float), (np.diag([1.0, 0, 0, 0, 0]), 1.0)  # singular: rank 2
    for K in (NonNegative(5), Free(5), NonNegative(2) * Free(3)):
        proved = trivial_bound(CompletelyPositiveProgram(K, C, [first]))
        assert proved.lower == 0 and proved.certificate.verify().proved
    C[:2, :2] = [[1, 7], [7, 1]]  # not semidefinite, and 7x_0x_1 ≥ 0 on the orthant only
    C[:2, 2:] = C[2:, :2] = 0
    assert trivial_bound(CompletelyPositiveProgram(NonNegative(2) * Free(3), C, [first])).lower == 0
    assert trivial_bound(CompletelyPositiveProgram(Free(5), C, [first])).lower != 0


def test_a_linear_proof_is_exact():
    # x_1 ≤ x_0/3, x_1 ≥ 0: min −x_0x_1 is −1/3
    K = NonNegative(2).restrict(["1/3", -1])
    program = CompletelyPositiveProgram(K, [[0, -1], [-1, 0]], [(np.diag([2.0, 0.0]), 2)])
    proved = trivial_bound(program)
    assert proved.lower == Fraction(-2, 3) and proved.certificate.verify(program).proved


def test_a_pair_without_upper_bounds_is_bracketed():
    program = copos.binary_quadratic(np.zeros((3, 3)), [-2, -3, 0], [[1, 1, 1]], [4], binary=[], complementary=[(0, 1)])
    bound = copos.bracket(program)
    assert bound.found.solution.tolist() == [0, 4, 0] and bound.upper == -12
    assert -12 - 1e-6 <= bound.exact <= -12 and bound.upper_certificate.verify(program).proved


def test_a_free_cone_alone_has_the_right_answer_or_none():
    program = CompletelyPositiveProgram(Free(2), np.eye(2), [(np.eye(2), 1.0)])
    assert copos.lower_bound(program, 0).lower == pytest.approx(1)
    for level in (1, 2):
        try:
            bound = copos.lower_bound(program, level)
        except ValueError:
            continue
        assert bound.lower <= 1


# ---- feasible points ----------------------------------------------------------------------------------------------


def test_points_of_mixed_programs_are_feasible_exactly():
    A, b, top = numbers([["0.3", "0.7", "1/3"]], "A"), numbers(["0.9"], "b"), numbers(["2", "2", "2"], "upper")
    x = feasible_point(np.array([1.0, 0.6666666, 0.4]), A, b, top, np.array([True, False, False]))
    assert x[0] == 1 and Fraction(3, 10) + Fraction(7, 10) * x[1] + x[2] / 3 == Fraction(9, 10)
    assert all(0 <= v <= 2 for v in x)


@pytest.mark.parametrize("rank", [1, 2])
def test_matrices_of_bounded_rank_satisfy_their_equations_exactly(rank):
    rows = [{0: Fraction(1, 10), 2: Fraction(3, 10), 4: Fraction(1, 2), 5: 2}]
    F = np.random.default_rng(rank).standard_normal((3, rank))
    X = F @ F.T
    value = 0.1 * X[0, 0] + 0.3 * X[1, 1] + 0.5 * X[1, 2] + 2 * X[2, 2]
    near, Q = rational_point(X * 0.7 / value, rows, [Fraction(7, 10)], rank)
    got = near[0, 0] / 10 + 3 * near[1, 1] / 10 + near[1, 2] / 2 + 2 * near[2, 2]
    assert got == Fraction(7, 10)
    assert (Q @ near == near).all() and (Q @ Q == Q).all() and np.trace(Q) == rank


def test_a_bounded_rank_has_a_proved_upper_bound():
    unit = [(np.diag(e), 1) for e in np.eye(3)]
    program = copos.rank_constrained(np.ones((3, 3)) - np.eye(3), unit, rank=2)
    bound = copos.bracket(program)
    assert bound.upper_certificate.verify(program).proved and bound.upper == pytest.approx(-3, abs=1e-6)


def test_an_upper_bound_without_a_proof_says_so():
    program = CompletelyPositiveProgram(NonNegative(2), np.eye(2), [], [np.array([[3.0, -0.5], [-0.5, 0.0]])])
    assert "floating point" in certify_upper_bound(program, [1 / 3, 1.0]).reason


@pytest.mark.parametrize(
    ("Q", "c", "A", "b", "pairs", "value"),
    [
        (np.eye(3), [-2, -3, 1], None, None, [(0, 1)], -2.25),  # at (0, 3/2, 0)
        (np.eye(3), [-2, -3, -1], [[1, 1, -1]], [1], [(0, 1)], -2.5),  # at (0, 3/2, 1/2)
        (np.eye(4), [-2, -3, 1, -2], None, None, [(0, 1), (1, 2)], -3.25),
    ],
)
def test_pairs_that_nothing_bounds_have_points(Q, c, A, b, pairs, value):
    bound = copos.bracket(copos.binary_quadratic(Q, c, A, b, binary=[], complementary=pairs))
    assert bound.upper == pytest.approx(value, abs=1e-9) and bound.lower == pytest.approx(value, abs=1e-6)
    assert bound.exact <= Fraction(value)


def test_points_over_binaries_are_feasible_exactly():
    program = copos.binary_quadratic(np.zeros((2, 2)), [1, -2], [["1", "1.00000001"]], ["1"])
    assert copos.bracket(program).found.solution.tolist() == [1, 0]  # (0, 1) misses the equation by 1e-8


def test_an_upper_bound_of_a_mixed_program_is_not_below_its_optimum():
    Q, c = [[50, 40, 50], [40, 60, 40], [50, 40, 10]], [-80, -70, -50]
    program = copos.binary_quadratic(Q, c, [[1, 4, -2]], [1], [1], [2, 1, 2])
    bound = copos.bracket(program)  # −30 at (1, 0, 0): x_1 = 0 leaves x_0 = 1 + 2x_2
    assert bound.exact <= -30 <= bound.upper and bound.upper == pytest.approx(-30, abs=1e-12)
    assert bound.upper_certificate.verify(program).proved


@pytest.mark.parametrize("power", [-400, -98, 331])
def test_the_search_for_points_does_not_depend_on_units(power):
    rng = np.random.default_rng(2)
    Q = rng.standard_normal((5, 5))
    Q, A = Q + Q.T, np.array([[3.0, 4.0, -2.0, 1.0, 1.0]])
    one, other = (copos.standard_quadratic(np.ldexp(Q, k)).recover(np.eye(5)) for k in (0, power))
    assert np.ldexp(one.value, power) == other.value and np.array_equal(one.solution, other.solution)
    Y = np.ones((6, 6)) / 2
    one, other = (copos.binary_quadratic(Q, Q[0], np.ldexp(A, k), np.ldexp([3.0], k), [0, 1, 2], 1.0).recover(Y)
                  for k in (0, power))  # fmt: skip
    assert one.value == other.value < np.inf


@pytest.mark.parametrize("power", [-30, 20])
def test_matrices_are_found_at_any_size(power):
    equations = [(np.diag(e), 1.0) for e in np.eye(2)]
    C, found = np.array([[0.2, 0.2], [0.2, -0.4]]), []
    Y = np.zeros((10, 10))
    Y[0, 0] = 1.0
    for k in (0, power):
        found.append(copos.rank_constrained(C, [(A, np.ldexp(b, k)) for A, b in equations], 1).recover(Y))
    assert np.ldexp(found[0].value, power) == found[1].value == pytest.approx(np.ldexp(-0.6, power))


def test_a_cut_that_a_slice_makes_empty_is_no_obstacle():
    K = NonNegative(2).slice([[1, -1]]).restrict([1, -1])  # x_0 = x_1, and the cut says 0 ≥ 0
    program = CompletelyPositiveProgram(K, [[0, -1], [-1, 0]], [(np.diag([1, 0]), 1)])
    assert trivial_bound(program).lower == -2
    assert copos.lower_bound(program).exact == pytest.approx(-2)


def test_sums_that_are_near_by_chance_are_not_refused():
    row = np.random.default_rng(0).random(34)
    assert copos.binary_quadratic(np.zeros((34, 34)), np.ones(34), [row], [9.1]).notes == ""
    b = float(np.sum(row[:9]))  # true of the first nine, up to rounding
    with pytest.raises(ValueError, match="rounding only"):
        copos.binary_quadratic(np.zeros((34, 34)), np.ones(34), [row], [np.nextafter(b, 9)])


@pytest.mark.parametrize(("side", "rank"), [(3, 1), ("0.1", 1), (3, 2), ("0.1", 2)])
def test_matrices_with_a_diagonal_that_is_no_square(side, rank):
    unit = [(np.diag(e), side) for e in np.eye(3)]
    program = copos.rank_constrained(np.ones((3, 3)) - np.eye(3), unit, rank)
    bound = copos.bracket(program)
    exact = Fraction(-2 if rank == 1 else -3) * Fraction(side)
    assert bound.upper_certificate.verify(program).proved
    assert exact <= Fraction(bound.upper) <= exact + Fraction(1, 10**9)
