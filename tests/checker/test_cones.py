"""Cones of the checker, by hand: their blocks, products and slices, the extreme rays, faces and margins."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from copos.checker import check, check_charts, check_cone, check_cones, check_identity
from copos.checker.check_reading import Rejected, Unreadable
from tests.checker.building import arrow, form, lorentz, program, psd, ray
from tests.checker.forgeries_cones import (
    BLOCK,
    FLAT,
    MATRICES,
    ORTHANT,
    PLANE,
    RAY,
    asked,
    claim,
    face,
    identity,
    rays,
    spn,
)

# ---- made anew --------------------------------------------------------------------------------------------------


def test_second_order_cones():
    K = check_cones.second_order(3)
    assert K.blocks == [(3, {(0, 0): {0: 1}, (1, 1): {0: 1}, (2, 2): {0: 1}, (0, 1): {1: 1}, (0, 2): {2: 1}})]
    assert K.generators == [{(0, 0): 1, (1, 1): -1, (2, 2): -1}] and K.unit == {0: 1}
    assert K.basis == [{0: 1}, {1: 1}, {2: 1}] and K.free == [0, 1, 2]
    quadratic = check_cones.second_order(2, "quadratic")
    assert quadratic.blocks == [(1, {(0, 0): {0: 1}})] and quadratic.generators == [{(0, 0): 1, (1, 1): -1}]
    assert check_cones.second_order(1) == check_cones.second_order(1, "quadratic")._replace(unit={0: 1})
    assert not check_cones.second_order(1).generators


def test_matrix_cones_and_their_places():
    K = check_cones.semidefinite(3)
    assert K.blocks == [(3, {(0, 0): {0: 1}, (0, 1): {1: 1}, (1, 1): {2: 1}, (0, 2): {3: 1}, (1, 2): {4: 1},
                             (2, 2): {5: 1}})]  # fmt: skip
    assert K.unit == {0: 1, 2: 1, 5: 1} and len(K.free) == 6
    assert [check_cones.place(i, j) for i, j in ((0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (2, 2))] == [0, 1, 1, 2, 3, 5]


def test_products_place_one_cone_after_the_other():
    K = check_cones.product(check_cones.free(1), check_cones.second_order(2), check_cones.second_order(2, "quadratic"))
    assert K.generators == [{(1, 1): 1, (2, 2): -1}, {(3, 3): 1, (4, 4): -1}] and K.unit == {1: 1, 3: 1}
    assert K.blocks == [(2, {(0, 0): {1: 1}, (1, 1): {1: 1}, (0, 1): {2: 1}}), (1, {(0, 0): {3: 1}})]
    line = check_cones.sliced(check_cones.free(3), [{0: 1, 1: 1, 2: 1}])
    both = check_cones.product(line, check_cones.nonnegative(1))
    assert both.free == [0, 1, 3] and both.basis[2:] == [{0: -1, 1: -1}, {2: 1}]


def test_slices_are_solved_for_the_last_coordinate_that_an_equation_allows():
    K = check_cones.sliced(check_cones.nonnegative(4), [{0: 1, 2: 2}, {2: 1, 3: -3, 1: 1}])
    assert K.free == [0, 1] and K.basis[2:] == [{0: Fraction(-1, 2)}, {0: Fraction(-1, 6), 1: Fraction(1, 3)}]
    first = check_cones.sliced(check_cones.nonnegative(2), [{0: 1, 1: -1}])
    assert first.free == [0] and first.basis == [{0: 1}, {0: 1}]
    assert check_cones.sliced(check_cones.nonnegative(2), [{0: 1}]).free == [1]
    assert check_cones.sliced(check_cones.nonnegative(2), [{0: 1}, {0: 3}]).free == [1]


def test_programs_know_the_signs_of_variables():
    K = check_cones.nonnegative(2)
    for a, known in (({0: -1}, {0, 1}), ({1: 2}, {0, 1}), ({0: 1, 1: -1}, {0, 1})):
        assert check_cones.program(check_cones.restricted(K, a), {}).positive == known
    for a, known in (({0: -1}, set()), ({0: Fraction(1, 2)}, {0}), ({0: 1, 1: 1}, set()), ({}, set())):
        p = check_cones.program(check_cones.restricted(check_cones.free(2), a), {})
        assert p.positive == known and p.stated == 0 and p.orders == [1]
    assert not check_cones.program(check_cones.semidefinite(1)._replace(blocks=[(2, {(0, 0): {0: 1}})]), {}).positive


def test_forms_in_other_coordinates():
    """(x_0 + 2x_1)(x_1 − x_0) at x = (u_1, u_0 + u_1)."""
    a, b = {0: 1, 1: 2}, {1: 1, 0: -1}
    q = check_cones.times(a, b)
    assert q == {(0, 0): -1, (0, 1): -1, (1, 1): 2} == check_cones.times(b, a)
    T = [{1: 1}, {0: 1, 1: 1}]
    assert check_cones.quadratic(q, T) == {(0, 0): 2, (0, 1): 3}
    assert check_cones.linear(a, T) == {0: 2, 1: 3} and check_cones.summed((2, a), (-1, {0: 2})) == {1: 4}
    with pytest.raises(Unreadable):
        check_cones.free(100_001)
    assert len(check_cones.free(100_000).free) == 100_000


# ---- matrices on cones ------------------------------------------------------------------------------------------


def proved(kind, problem, proof):
    return check.check(claim(kind, problem, proof)).proved


@pytest.mark.parametrize("entry", [[2, 0, 1], [-1, 0, 1], [0, 2, 1], [0, -1, 1]])
def test_entries_of_a_basis_have_their_places(entry):
    said = check.check(claim("copositive", asked([[0, 0], [0, 0]], {**ORTHANT, "basis": [[0, 0, 1], [1, 1, 1], entry]}),
                             identity()))  # fmt: skip
    assert not said.readable and "must be an integer from 0 to 1" in said.reason


def test_a_basis_may_have_zeros_and_longer_rows_but_no_dependent_columns():
    fine = {**ORTHANT, "basis": [[0, 0, 1], [0, 1, 1], [1, 1, 1], [1, 0, 0]]}
    assert proved("not copositive", asked([[0, -1], [-1, 0]], fine), {"point": [0, 1]})
    for basis in ([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], [[0, 0, 1], [1, 0, 1]], [[0, 1, 0], [1, 0, 1]]):
        said = check.check(claim("not strictly copositive", asked([[1, 0], [0, 1]], {**ORTHANT, "basis": basis}),
                                 {"point": [1, -1]}))  # fmt: skip
        assert not said.readable and "dependent" in said.reason
    line = {**ORTHANT, "basis": [[0, 0, 1]], "dim": 1, "unit": [[0, 1]], "blocks": [RAY]}  # x = (u, 0)
    for proof in (identity(), identity(multipliers=[[0, -1]])):
        assert not proved("copositive", asked([[-1, 0], [0, 0]], line), proof)
    # K = {0}: whatever M is, nothing is there
    for zero, dim in (([], 1), ([], 2)):
        cone = {**ORTHANT, "basis": zero, "dim": dim, "unit": [], "blocks": []}
        assert proved("copositive", asked([[-1]], cone), identity())
        assert proved("strictly copositive", asked([[-1]], cone), {"margin": 1, "copositive": identity(
            multipliers=[[v, -1] for v in range(dim)])})  # fmt: skip


def test_the_form_on_a_cone_is_that_of_the_matrix():
    """X'Mx at x = Tu for T = [[1, 1], [2, −1]]: u'(T'MT)u, in every coefficient."""
    M, T = np.array([[3, -1], [-1, 2]]), np.array([[1, 1], [2, -1]])
    cone = {**ORTHANT, "basis": [[i, j, int(T[i, j])] for i in range(2) for j in range(2)], "blocks": []}
    p = check_cone.question(asked(M.tolist(), cone))
    F = T.T @ M @ T
    assert p.objective == {(0, 0): F[0, 0], (0, 1): 2 * F[0, 1], (1, 1): F[1, 1]}
    assert check_cone.dense(p.objective, 2) == F.tolist()


def test_a_bound_is_taken_from_the_form_with_its_multiplier():
    """(x_0 − 2x_1)² is e² itself, and no other multiple of e² leaves what pays for its products."""
    cone = {**ORTHANT, "blocks": [], "unit": [[0, 1], [1, -2]]}
    M = [[1, -2], [-2, 4]]  # e²
    for y, fine in ((0, False), ("1/2", False), (1, True), ("3/2", False)):
        assert proved("copositive", asked(M, cone), identity(bound=y)) == fine, y
    assert not proved("copositive", asked([[0, 0], [0, 0]], cone), identity(bound=1))
    crossed = {**cone, "unit": [[0, 1], [1, -1]]}  # 2x_0² + 2x_1² − e² = (x_0 + x_1)²: e² has a product that is new
    assert proved("copositive", asked([[2, 0], [0, 2]], crossed), identity(bound=1))
    assert not proved("copositive", asked(M, cone), identity(bound=-1))


def test_points_and_margins_on_a_cone():
    for point, fine in ((["1/2", "1/2"], True), ([0, 0], False), ([1, 0], False)):
        assert proved("not copositive", asked([[1, -2], [-2, 1]]), {"point": point}) == fine
    for rows, point, fine in (([[0, 0], [0, 1]], [1, 0], True), ([[0, 0], [0, 1]], [1, "1/1000"], False),
                              ([[1, -1], [-1, 1]], ["1/3", "1/3"], True), ([[0, 0], [0, 0]], [0, 0], False)):
        assert proved("not strictly copositive", asked(rows), {"point": point}) == fine
    for v, fine in (("1/2", True), (1, True), ("1000001/1000000", False), (0, False), (-1, False)):
        proof = {"margin": v, "copositive": rays([1, 0], [0, 1], copositive=spn(2))}
        assert proved("strictly copositive", asked([[1, 0], [0, 2]]), proof) == fine, v


TWO_BLOCKS = {**BLOCK, "blocks": [*BLOCK["blocks"], RAY]}


@pytest.mark.parametrize(("cone", "at", "fine"), [
    (BLOCK, {"block": 0}, True), (BLOCK, {"block": 1}, False), (BLOCK, {"block": -1}, False),
    (TWO_BLOCKS, {"block": 0}, True), (TWO_BLOCKS, {"block": 1}, False), (FLAT, {"generator": 0}, True),
    (FLAT, {"generator": 1}, False), (FLAT, {"generator": -1}, False), (FLAT, {}, False),
])  # fmt: skip
def test_faces_of_generators_and_of_blocks_of_order_two(cone, at, fine):
    said = check.check(claim("copositive", asked([[1, 1], [1, -5]], cone), face([[1, 0]], **at)))
    assert said.proved == fine and (fine or not said.readable)


def test_a_face_may_be_zero_and_its_columns_span_it():
    """−x_0² − x_1² ≥ 0 leaves nothing; a block [[0, x_0], [x_0, x_1]] leaves x_0 = 0, [[x_1, x_0], [x_0, 0]], too."""
    nothing = {**FLAT, "generators": [[[0, 0, -1], [1, 1, -1]]]}
    assert proved("copositive", asked([[-1, 0], [0, -1]], nothing), face([], generator=0))
    assert not proved("copositive", asked([[-1, 0], [0, -1]], nothing), face([[1, 0]], generator=0))
    for entries in ([[0, 1, 0, 1], [1, 1, 1, 1]], [[0, 0, 1, 1], [0, 1, 0, 1]]):
        corner = {**FLAT, "generators": [], "blocks": [{"order": 2, "entries": entries}]}
        for W, M, fine in (([[0, 1]], [[-1, 3], [3, 2]], True), ([[1, 0]], [[1, 0], [0, 1]], False), ([], [[1, 0],
            [0, 1]], False), ([[0, 1]], [[1, 0], [0, -1]], False)):  # fmt: skip
            assert proved("copositive", asked(M, corner), face(W, block=0)) == fine
    # not a face: x_0 x_1 − x_2² takes both signs
    assert not proved("copositive", asked([[1, 0, 0], [0, 1, 0], [0, 0, 1]], MATRICES), face([], block=0))


PAIR = {**ORTHANT, "blocks": [{"order": 2, "entries": [[0, 0, 0, 1], [0, 1, 1, 1], [1, 1, 0, 1]]}]}  # |x_1| ≤ x_0


def test_a_block_of_order_two_with_equal_corners_is_a_pair_of_inequalities():
    """|x_1| ≤ x_0 has the rays (1, 1) and (1, −1); the block [[x_0, x_1], [x_1, 2x_0]] has curved sides, and none."""
    assert proved("copositive", asked([[1, 0], [0, -1]], PAIR), rays([1, 1], [1, -1], copositive=spn(2)))
    assert not proved("copositive", asked([[1, 0], [0, -1]], PAIR), rays([1, 1], [1, 0], copositive=spn(2)))
    assert not proved("copositive", asked([[1, 0], [0, "-11/10"]], PAIR), rays([1, 1], [1, -1], copositive=spn(2)))
    curved = {**PAIR, "blocks": [{"order": 2, "entries": [[0, 0, 0, 1], [0, 1, 1, 1], [1, 1, 0, 2]]}]}
    assert not proved("copositive", asked([[1, 0], [0, -1]], curved), rays([1, 1], [1, -1], copositive=spn(2)))
    three = {**MATRICES, "blocks": [{"order": 3, "entries": [[i, i, 0, 1] for i in range(3)] + [[0, 1, 1, 1]]}]}
    p = check_cone.question(asked([[1, 0, 0], [0, 1, 0], [0, 0, 1]], three))
    assert check_cone.inequalities(p) == []
    q = check_cone.question(asked([[1, 0], [0, 1]], {**PAIR, "blocks": [*PAIR["blocks"], RAY]}))
    assert check_cone.inequalities(q) == [[1, 1], [1, -1], [1, 0]]


def rank(B):
    return np.linalg.matrix_rank(B) if B.size else 0  # NumPy 2.1 refuses those without entries


def brute(A, dim):
    """Extreme rays of the pointed cone {Au ≥ 0}: null vectors of dim − 1 independent rows, on the right side."""
    found = set()
    for S in itertools.combinations(range(len(A)), dim - 1):
        B = np.array([A[k] for k in S], dtype=float).reshape(len(S), dim)
        if rank(B) < dim - 1:
            continue
        E = check_cone.echelon([[Fraction(v) for v in A[k]] for k in S])
        pivots = [p for p, _ in E]
        (v,) = (i for i in range(dim) if i not in pivots)
        line = [Fraction(int(i == v)) for i in range(dim)]
        for pivot, row in reversed(E):
            line[pivot] = -sum(c * u for i, (c, u) in enumerate(zip(row, line, strict=True)) if i != pivot)
        for sign in (1, -1):
            r = [sign * c for c in check_cone.primitive(line)]
            if all(sum(a * b for a, b in zip(row, r, strict=True)) >= 0 for row in A):
                found.add(tuple(r))
    return found


def test_extreme_rays_against_all_choices_of_rows():
    rng, sizes = np.random.default_rng(0), set()
    for _ in range(110):
        dim, count = int(rng.integers(1, 5)), int(rng.integers(1, 9))
        A = rng.integers(-2, 3, (count, dim)).tolist()
        if rank(np.array(A)) < dim:
            continue
        rays = check_cone.extreme(A)
        assert {tuple(r) for r in rays} == brute(A, dim) and len(rays) == len({tuple(r) for r in rays})
        sizes.add(len(rays))
    assert {0, 1, 2, 3, 4, 5} <= sizes
    assert check_cone.extreme([]) == [] == check_cone.extreme([[]])


def test_rays_and_lines_that_are_needed():
    """{Au ≥ 0} with lines: the rays of its pointed part, every line both ways; any one missing is refused."""
    rng, lines = np.random.default_rng(1), 0
    for _ in range(90):
        dim, count = int(rng.integers(1, 4)), int(rng.integers(0, 5))
        A = [[Fraction(int(v)) for v in row] for row in rng.integers(-2, 3, (count, dim))]
        E = check_cone.echelon(A)
        pivots = [p for p, _ in E]
        free = [v for v in range(dim) if v not in pivots]
        needed = [check_cone.expanded(r, pivots, dim) for r in check_cone.extreme([[a[v] for v in pivots] for a in A])]
        for v in free:
            # the null vector of A with u_v = 1 and 0 at the other free places
            u = np.zeros(dim)
            u[v] = 1
            if pivots:
                B = np.array(A, dtype=float)
                u[pivots] = np.linalg.lstsq(B[:, pivots], -B[:, v], rcond=None)[0]
            exact = [Fraction(float(c)).limit_denominator(1000) for c in u]
            assert all(sum(a * c for a, c in zip(row, exact, strict=True)) == 0 for row in A)
            r = check_cone.primitive(exact)
            needed += [r, [-c for c in r]]
            lines += 1
        check_cone.spanned(A, [[3 * c for c in r] for r in needed], dim)
        for k in range(len(needed)):
            with pytest.raises(Rejected):
                check_cone.spanned(A, needed[:k] + needed[k + 1 :], dim)
    assert lines > 20
    assert check_cone.primitive([Fraction(2, 3), Fraction(-4, 3)]) == [1, -2] and check_cone.primitive([0, 0]) == [0, 0]
    assert check_cone.inverse([[2, 0], [1, 1]]) == [[1, -1], [0, 1]]
    assert check_cone.inverse([[0, 1], [1, 0]]) == [[0, 1], [1, 0]]
    assert check_cone.inverse([[1, 2, 3], [0, 1, 4], [5, 6, 0]]) == [[-24, 20, -5], [18, -15, 4], [5, -4, 1]]


def test_lines_of_a_cone_in_both_directions():
    assert proved("copositive", asked([[1, 0], [0, 0]], PLANE), rays([1, 0], [0, 1], [0, -1], copositive=spn(3)))
    assert not proved("copositive", asked([[1, 0], [0, 0]], PLANE), rays([1, 0], [0, 1], copositive=spn(2)))


# ---- charts -----------------------------------------------------------------------------------------------------


def kinds(blocks, generators=(), dim=3):
    p = check_identity.program(program(dim, blocks, [[0, 1]], form((0, 0, 1)), generators=list(generators)))
    return [(f.kind, f.variables) for f in check_charts.factors(p)]


def entries(*rows, order=2):
    return {"order": order, "entries": [list(row) for row in rows]}


SHAPES = {  # blocks, generators, dim ↦ the factors, None where the cone is none that is known
    "a ray of a multiple": ([entries([0, 0, 0, 3], order=1)], [], 1, [("ray", (0,))]),
    "a zero besides": ([entries([0, 0, 0, 1], [0, 0, 1, 0], order=1), *ray(1)], [], 2, [("ray", (0,)), ("ray", (1,))]),
    "arrow": ([arrow(2, 0, 1)], [], 3, [("lorentz", (2, 0, 1))]),
    "arrow and generator": ([arrow(2, 0, 1)], [lorentz(2, 1, 0)], 3, [("lorentz", (2, 0, 1))]),
    "arrow of two": ([arrow(1, 0)], [lorentz(1, 0)], 2, [("lorentz", (1, 0))]),
    "quadratic": (ray(1), [lorentz(1, 0, 2)], 3, [("lorentz", (1, 0, 2))]),
    "matrix": ([psd(2, 2, 0, 1)], [], 3, [("psd", (2, 0, 1))]),
    "two cones": ([arrow(0, 1), *ray(2)], [lorentz(0, 1), lorentz(2, 3)], 4, [("lorentz", (0, 1)), ("lorentz",
        (2, 3))]),
    "a negative ray": ([entries([0, 0, 0, -1], order=1)], [], 1, None),
    "a mixed product": (ray(0), [form((0, 0, 1), (0, 1, -1))], 2, None),
    "a product of the tail": (ray(0), [form((0, 0, 1), (1, 2, -1))], 3, None),
    "a product of the tail with a sign": (ray(0, 2), [form((0, 0, 1), (1, 2, -1))], 3, None),
    "two heads": (ray(0, 1), [lorentz(0, 2), lorentz(0, 2)], 3, None),
    "two heads in one": (ray(0), [form((0, 0, 1), (1, 1, 1), (2, 2, -1))], 3, None),
    "the head of another": ([arrow(0, 1)], [lorentz(0, 2)], 3, None),
    "a tail that is longer": ([arrow(0, 1)], [lorentz(0, 1, 2)], 3, None),
    "a generator of no cone": (ray(0, 1, 2), [lorentz(3, 4)], 5, None),
    "a generator of a variable in a matrix": ([psd(2, 0, 1, 2)], [lorentz(0, 1)], 3, None),
    "a matrix with an entry missing": ([entries([0, 0, 0, 1], [1, 1, 1, 1])], [], 2, None),
    "a matrix with an entry twice": ([entries([0, 0, 0, 1], [0, 1, 1, 1], [1, 1, 1, 1])], [], 2, None),
    "an arrow with another corner": ([entries([0, 0, 0, 1], [0, 1, 2, 1], [1, 1, 1, 1], [0, 2, 3, 1], [2, 2, 0, 1],
        order=3)], [], 4, None),
    "an arrow with its wing elsewhere": ([entries(*[[i, i, 0, 1] for i in range(3)], [0, 1, 1, 1], [1, 2, 2, 1],
        order=3)], [], 3, None),
    "an arrow with a coefficient": ([entries([0, 0, 0, 1], [0, 1, 1, 2], [1, 1, 0, 1])], [], 2, None),
    "a sum in an entry": ([entries([0, 0, 0, 1], [0, 1, 1, 1], [0, 1, 2, 1], [1, 1, 0, 1])], [], 3, None),
    "a variable twice": (ray(0, 0), [], 1, None), "a variable missing": (ray(0), [], 2, None),
    "an empty block": ([entries(order=1), *ray(0)], [], 1, None),
    "an empty block of order two": ([entries(), *ray(0)], [], 1, None),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_factors_of_a_cone(name):
    blocks, generators, dim, expected = SHAPES[name]
    if expected is None:
        with pytest.raises(Rejected, match="no chart is known"):
            kinds(blocks, generators, dim)
    else:
        assert kinds(blocks, generators, dim) == expected


def test_the_coordinates_of_charts():
    """Squares of R+ × L² × S³ and frames of R+ × L³, written out."""
    p = check_identity.program(program(9, [*ray(0), arrow(1, 2), psd(3, 3, 4, 5, 6, 7, 8)], [[0, 1]]))
    phi, q = check_charts._squares(p, check_charts.factors(p))
    assert phi[:3] == [{(0, 0): 1}, {(1, 1): 1, (2, 2): 1}, {(1, 2): 2}]
    # Z = [[3, 4, 6], [4, 5, 7], [6, 7, 8]]: (Z²)_ij
    assert phi[3:] == [{(3, 3): 1, (4, 4): 1, (6, 6): 1}, {(3, 4): 1, (4, 5): 1, (6, 7): 1},
                       {(4, 4): 1, (5, 5): 1, (7, 7): 1}, {(3, 6): 1, (4, 7): 1, (6, 8): 1},
                       {(4, 6): 1, (5, 7): 1, (7, 8): 1}, {(6, 6): 1, (7, 7): 1, (8, 8): 1}]  # fmt: skip
    assert q.stated == 0 and q.positive == set() and q.blocks == [] and (q.form_degree, q.unit_degree) == (4, 2)
    p = check_identity.program(program(4, [*ray(0), arrow(1, 2, 3)], [[0, 1]]))
    phi, q = check_charts._frames(p, check_charts.factors(p))
    assert phi == [{(0, 3): 1}, {(1, 3): 1, (2, 3): 1}, {(1, 4): 1, (2, 4): -1}, {(1, 5): 1, (2, 5): -1}]
    assert q.vanishing == [{(3, 3): 1, (4, 4): -1, (5, 5): -1}] and q.dim == 6 and q.orders == [1, 1, 1]
    assert q.stated == 0 and q.positive == {0, 1, 2} and [b[0, 0] for b in q.blocks] == [[((i,), 1)] for i in range(3)]
    for n in (1, 2, 7, 17, 18, 30):  # one place of Z for every variable of X
        variables = tuple(range(n * (n + 1) // 2))
        large = check_identity.program(program(len(variables), [psd(n, *variables)] if n > 1 else ray(0), [[0, 1]]))
        phi, _ = check_charts._squares(large, [check_charts.Factor("psd", variables)])
        assert phi[0] == {(j * (j + 1) // 2, j * (j + 1) // 2): 1 for j in range(n)} and all(len(f) == n for f in phi)
    both = check_identity.program(program(4, [*ray(0), psd(2, 1, 2, 3)], [[0, 1]]))
    with pytest.raises(Rejected, match="no frames"):
        check_charts._frames(both, check_charts.factors(both))
