"""Levels: the identity, its reductions, known values, nesting, size."""

import time
from functools import cache

import numpy as np
import pytest

import copos
from copos import Free, NonNegative, PositiveSemidefinite, SecondOrder
from copos.arithmetic import monomials, svec
from copos.conic import Status
from copos.hierarchy import FAMILIES, LevelTooLargeError, relax, symmetrizer
from copos.hierarchy.families import family
from copos.hierarchy.products import lift
from copos.hierarchy.signs import sign_symmetries
from copos.instances.matrices import circulant
from copos.program import CompletelyPositiveProgram
from copos.solvers import solve
from tests.cases import NETWORKS, SIMPLEX, cycle, diagonal, simplex

MIXED = NonNegative(2) * PositiveSemidefinite(2) * SecondOrder(3)


@pytest.mark.parametrize(("n", "p"), [(2, 2), (3, 2), (3, 3), (4, 3), (2, 4), (3, 4)])
def test_symmetrizers_split_tensor_powers(n, p):
    rng = np.random.default_rng(0)
    B = rng.standard_normal((n, n))
    B = B + B.T
    power = B
    for _ in range(p - 1):
        power = np.kron(power, B)
    found = []
    for shape in symmetrizer.partitions(p):
        U = symmetrizer.basis(n, shape).toarray()
        inside = np.linalg.lstsq(U, power @ U, rcond=None)[0]
        assert np.abs(U @ inside - power @ U).max(initial=0) < 1e-9, "not invariant"
        assert np.linalg.matrix_rank(U) == U.shape[1] if U.size else True
        found += list(np.linalg.eigvals(inside).real)
    spectrum = np.linalg.eigvalsh(power)
    assert np.abs(spectrum[:, None] - np.array(found)).min(axis=1).max() < 1e-8


@pytest.mark.parametrize("exchange", [True, False])
@pytest.mark.parametrize(("degree", "products"), [(2, (0, 2)), (3, (1, 3)), (4, (0, 2, 4)), (4, (2, 4)), (3, (3,))])
def test_blocks_are_the_products_they_are_said_to_be(degree, products, exchange):
    level = lift(MIXED, degree, products, exchange=exchange)
    x = MIXED.sample(np.random.default_rng(0))
    values = level.map @ monomials.evaluate(monomials.unrank(level.monomials, degree), x)
    factors = [*MIXED.matrices(x), *MIXED.generators.values(x).reshape(-1, 1, 1)]
    ends = np.cumsum(svec.length(level.sizes))
    for k, part in enumerate(np.split(values, ends[:-1])):
        members, t = level.describe(k)
        expected = np.ones((1, 1))
        for base, exponent, shape in members:
            power = np.ones((1, 1))
            for _ in range(exponent):
                power = np.kron(power, factors[base])
            if shape:
                U = symmetrizer.basis(len(factors[base]), shape).toarray()
                power = U.T @ power @ U
            expected = np.kron(expected, power)
        m = monomials.evaluate(monomials.every(MIXED.dim, t), x)
        expected = np.kron(expected, np.outer(m, m))
        assert np.allclose(expected[svec.triangle(len(expected))], part)
        assert np.linalg.eigvalsh(expected)[0] > -1e-9 * max(1, np.abs(expected).max())


def test_map_and_adjoint_are_the_two_sides():
    """<G, B(y)> summed over blocks is (map'G)'y: Gram matrices give the coefficients of the copositive side."""
    rng = np.random.default_rng(1)
    level = lift(NonNegative(4), 3, (1, 3))
    x, gram = rng.random(4), rng.standard_normal(level.map.shape[0])
    point = monomials.evaluate(monomials.unrank(level.monomials, 3), x)
    assert gram @ (level.map @ point) == pytest.approx((level.map.T @ gram) @ point)


@pytest.mark.parametrize("case", SIMPLEX, ids=str)
def test_known_values_on_the_simplex(case):
    bound = copos.lower_bound(case.program(), case.level, case.family, certify=False)
    assert bound.claimed == pytest.approx(case.value, rel=1e-5, abs=2e-6)


@pytest.mark.parametrize("case", NETWORKS, ids=str)
def test_measured_table_of_the_network_lifts(case):
    bound = copos.bracket(case.program(), case.level, case.family, case.solver, certify=False)
    assert bound.claimed <= bound.upper + 1e-6
    assert bound.claimed == pytest.approx(case.value, rel=case.accuracy, abs=1e-6)


def test_level_one_repairs_the_faithful_lift():
    """Level 0 with ρ = 1.5 tr Z gives 0.216 of 0.25; level 1 is above that long before it is solved."""
    bound = copos.lower_bound(diagonal("factor", ("bounded",), 1.5), 1, certify=False, tolerance=3e-3)
    assert 0.225 < bound.claimed <= 0.25 + 3e-3


def generic(cone, seed):
    """A bounded program on a cone: random objective, unit form squared equal to one."""
    rng = np.random.default_rng(seed)
    C = rng.standard_normal((cone.ambient, cone.ambient))
    e = np.zeros(cone.ambient)
    e[cone.free] = cone.unit
    return CompletelyPositiveProgram(cone, C + C.T, [(np.outer(e, e), 1.0)])


REDUCED = {
    "mixed": lambda: generic(MIXED, 0),
    "compact": lambda: diagonal("projection"),
    "balanced": lambda: diagonal("factor", ("bounded", "balanced"), 1.2),
}


@cache
def rows_and_value(name, level, kept):
    """Of the level of a program with these reductions."""
    form = relax(REDUCED[name](), level, reductions=kept).form
    return form.A.shape[0], solve(form, "clarabel").value


WITHOUT = ("exchange", "sign", "substitute", "facial", "all")
LEVELS = [("mixed", 0), ("mixed", 1), ("compact", 0), ("compact", 1), ("balanced", 0)]
SOLVED = [(*at, dropped) for at in LEVELS for dropped in WITHOUT
          if dropped != "all" or at not in (("compact", 1), ("balanced", 0))]  # these take solvers long  # fmt: skip


@pytest.mark.parametrize(("name", "level", "dropped"), SOLVED)
def test_reductions_change_no_value(name, level, dropped):
    every = tuple(relax(REDUCED[name](), level).reductions)
    kept = tuple(reduction for reduction in every if dropped not in (reduction, "all"))
    (rows, value), (more, same) = rows_and_value(name, level, every), rows_and_value(name, level, kept)
    assert np.isfinite([value, same]).all()
    assert value == pytest.approx(same, rel=2e-5, abs=2e-5) and rows <= more


def test_each_reduction_makes_its_program_smaller():
    program = diagonal("factor")
    rows = relax(program).form.A.shape[0]
    for name in ("exchange", "sign", "substitute", "facial"):
        less = relax(program, reductions=[r for r in relax(program).reductions if r != name])
        assert less.form.A.shape[0] > rows, name


@pytest.mark.parametrize("name", ["de-klerk-pasechnik", "pena-vera-zuluaga", "parrilo"])
@pytest.mark.parametrize("program", [simplex(cycle(5)), simplex(circulant([1, -1, 0.5, 0.5, -1])), generic(MIXED, 3)])
def test_levels_and_families_are_nested(name, program):
    if name == "de-klerk-pasechnik" and program.cone is MIXED:
        pytest.skip("without m_t m_t' the blocks of a mixed cone are not all needed products of x_0")
    values = [copos.lower_bound(program, level, name, certify=False).claimed for level in (0, 1)]
    assert np.isfinite(values[1]) and values[0] <= values[1] + 1e-6
    best = copos.lower_bound(program, 1, "parrilo", certify=False).claimed
    assert values[1] <= best + 1e-6


def test_moment_family_solves_a_convex_quadratic():
    """min over R² of c + 2g'u + u'Hu is c − g'H⁻¹g, and the moment matrix alone finds it."""
    C = np.array([[3.0, 1.0, -1.0], [1.0, 2.0, 0.5], [-1.0, 0.5, 1.0]])
    e0 = np.diag([1.0, 0.0, 0.0])
    program = CompletelyPositiveProgram(NonNegative(1) * Free(2), C, [(e0, 1.0)])
    exact = C[0, 0] - C[0, 1:] @ np.linalg.solve(C[1:, 1:], C[1:, 0])
    assert copos.lower_bound(program, 0, "moment").claimed == pytest.approx(exact, abs=1e-6)
    with pytest.raises(ValueError, match="even levels"):
        relax(program, 1, "moment")


def test_relaxed_matrix_is_in_the_outer_cone_and_has_the_claimed_value():
    program = simplex(cycle(5))
    relaxation = relax(program, 1)
    solution = solve(relaxation.form, "clarabel")
    Y = relaxation.matrix(solution.x)
    assert program.C.inner(Y)[0] == pytest.approx(solution.value, abs=1e-8)
    assert np.linalg.eigvalsh(Y)[0] > -1e-7 and Y.min() > -1e-7
    assert Y.sum() == pytest.approx(1.0, abs=1e-7)


def test_grams_reproduce_the_identity():
    """C − b'y·(unit)^2 − Σ<G, B> is zero coefficient by coefficient, at the solver's accuracy."""
    program = simplex(circulant([1, -1, 1, 1, -1]))
    relaxation = relax(program, 1)
    solution = solve(relaxation.form, "clarabel")
    stacked = np.concatenate(
        [svec.svec(G) / svec.scaling(len(G)) * svec.scaling(len(G)) ** 2 for G in relaxation.grams(solution)]
    )
    certified = relaxation.blocks.map.T @ stacked
    y = np.linalg.lstsq(relaxation.equations.toarray().T, relaxation.objective - certified, rcond=None)[0]
    residual = relaxation.objective - relaxation.equations.T @ y - certified
    assert np.abs(residual).max() < 1e-7
    assert y @ relaxation.rhs == pytest.approx(solution.dual_value, abs=1e-6)


def test_sign_symmetries_are_symmetries_and_all_are_found():
    cone = NonNegative(1) * PositiveSemidefinite(3)
    C = np.diag(np.arange(1.0, 8.0))
    program = CompletelyPositiveProgram(cone, C)
    signs = sign_symmetries(cone, program.C, program.vanishing)
    assert len(signs) == 2  # D X D with D = diag(±1, ±1, ±1), where D and −D act alike
    off = {tuple(s[[2, 4, 5]]) for s in signs}  # the entries (1,2), (1,3), (2,3)
    assert all(sum(t) % 2 == 0 for t in off) and len(off) == 2
    C[0, 2] = C[2, 0] = 1.0
    assert len(sign_symmetries(cone, CompletelyPositiveProgram(cone, C).C, program.vanishing)) == 1


def test_a_large_level_is_assembled_in_seconds():
    start = time.process_time()
    relaxation = relax(simplex(np.eye(115)), 1)
    assert relaxation.moments > 2.5e5 and relaxation.form.A.nnz > 1e6
    assert time.process_time() - start < 20


def test_levels_that_do_not_fit_are_refused_with_a_size():
    with pytest.raises(LevelTooLargeError, match=r"moments .* nearest level that fits is 0"):
        relax(simplex(np.eye(500)), 2)
    with pytest.raises(LevelTooLargeError, match="no level fits"):
        relax(simplex(np.eye(50)), 0, memory=1000)


@pytest.mark.parametrize("level", [-1, 1.5, True, "1"])
def test_bad_levels_are_refused(level):
    with pytest.raises(ValueError, match="integer"):
        relax(simplex(np.eye(2)), level)


def test_bad_names_are_refused():
    with pytest.raises(ValueError, match="expected one of moment"):
        family("lasserre")
    with pytest.raises(ValueError, match="unknown reduction"):
        relax(simplex(np.eye(2)), reductions=["magic"])


def test_contradictory_equations_are_reported():
    program = CompletelyPositiveProgram(NonNegative(1), np.eye(1), [(np.eye(1), 1.0), (np.eye(1), 2.0)])
    bound = copos.lower_bound(program)
    assert bound.status is Status.INFEASIBLE and bound.claimed == np.inf
    assert bound.lower == np.inf and bound.proved and bound.certificate.verify(program).proved


def test_infeasible_programs_are_proved_infeasible():
    """<I, Y> = 2 contradicts <E, Y> = 1 on the completely positive cone, for every objective."""
    E = np.ones((4, 4))
    for level in (0, 1):
        program = CompletelyPositiveProgram(NonNegative(4), np.diag([1.0, -2, 3, -4]), [(E, 1.0), (np.eye(4), 2.0)])
        bound = copos.lower_bound(program, level)
        assert bound.lower == bound.claimed == np.inf and bound.proved
        assert bound.certificate.kind == "infeasible" and bound.certificate.verify(program).proved


def test_every_family_has_a_reference():
    assert all(row.reference for row in FAMILIES.values())


def test_the_size_refusal_is_sharp_and_counts_what_vanishes():
    """A level is refused from its estimate on, not before; vanishing forms count; the nearest level is named."""
    program = simplex(np.eye(6))
    with pytest.raises(LevelTooLargeError) as caught:
        relax(program, 2, memory=0)
    assert "no level fits" in str(caught.value)
    low, high = 0, 1 << 30
    while high - low > 1:
        middle = (low + high) // 2
        try:
            relax(program, 2, memory=middle)
            high = middle
        except LevelTooLargeError:
            low = middle
    assert relax(program, 2, memory=high).level == 2
    with pytest.raises(LevelTooLargeError, match="the nearest level that fits is 1"):
        relax(program, 2, memory=low)
    with pytest.raises(LevelTooLargeError):
        more = [E for k in range(5) for E in [np.outer(np.eye(6)[k], np.eye(6)[k + 1]) + np.outer(np.eye(6)[k + 1],
                np.eye(6)[k])]]  # fmt: skip
        relax(CompletelyPositiveProgram(program.cone, np.eye(6), [(np.ones((6, 6)), 1.0)], more), 2, memory=high)
