"""The linear levels by row generation: the numbers of the whole linear program, of the theorem, and exact proofs."""

from fractions import Fraction
from math import comb, inf

import numpy as np
import pytest

from copos import CompletelyPositiveProgram, NonNegative, bracket, lower_bound, stability_number, standard_quadratic
from copos.arithmetic.monomials import every
from copos.conic import Status
from copos.hierarchy import relax
from copos.instances import GRAPHS
from copos.instances.graphs import cycle, petersen
from copos.levels import exponents, polya, polya_proof
from copos.solvers import solve

FAMILY = "de-klerk-pasechnik"


def zeta(alpha, level):
    """C(ℓ+2, 2)/(C(u, 2)α + uv), ℓ + 2 = uα + v: the level's bound on α  [PenaVeraZuluaga2007]."""
    u, v = divmod(level + 2, alpha)
    pairs = comb(u, 2) * alpha + u * v
    return Fraction(comb(level + 2, 2), pairs) if pairs else inf


def random_program(seed, n=5):
    """Two equations, one vanishing form of two terms, one of one term, a multiplier that is not e."""
    rng = np.random.default_rng(seed)
    C, B, E = (M + M.T for M in rng.integers(-9, 10, (3, n, n)).astype(float))
    pair = np.zeros((n, n))
    pair[0, 1] = pair[1, 0] = 3.0
    few = np.zeros((n, n))
    few[2, 2], few[2, 3], few[3, 2] = 2.0, -1.0, -1.0
    cone = NonNegative(n).with_unit(rng.integers(1, 4, n).astype(float))
    return CompletelyPositiveProgram(cone, C, [(np.ones((n, n)), 1.0), (B, 0.5)], [pair, few][: seed % 3])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("degree", [2, 3, 5])
def test_search_finds_every_low_monomial(seed, degree):
    rng = np.random.default_rng(seed)
    N = rng.standard_normal((6, 6))
    N = N + N.T
    N[0, 1] = N[1, 0] = np.inf
    rows = every(6, degree)
    values = exponents.averages(N, rows)
    level = np.sort(values)[len(values) // 4] + 1e-9
    found, low = exponents.below(N, degree, level, len(rows))
    assert sorted(map(tuple, found.tolist())) == sorted(map(tuple, rows[values < level].tolist()))
    assert np.allclose(low, np.sort(values)[: len(low)])
    few, lowest = exponents.below(N, degree, level, 3)
    assert (np.diff(few, axis=1) >= 0).all()
    assert np.allclose(lowest, low[:3]) and len(few) == min(3, len(low))


def test_descent_ends_where_no_exchange_helps():
    rng = np.random.default_rng(0)
    N = rng.standard_normal((7, 7))
    N = N + N.T
    rows, values = exponents.descend(N, np.sort(rng.integers(7, size=(20, 4)), axis=1))
    assert (np.diff(values) >= 0).all()
    for row, value in zip(rows, values, strict=True):
        for p in range(4):
            for v in range(7):
                other = row.copy()
                other[p] = v
                assert exponents.averages(N, other[None])[0] >= value - 1e-12


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("level", [0, 1, 2])
def test_value_of_the_whole_program(seed, level):
    program = random_program(seed)
    whole = solve(relax(program, level, FAMILY).form, "highs")
    data = polya.Level.of(program, level)
    found = polya.optimum(data)
    assert found.status is whole.status
    if found.status is Status.OPTIMAL:
        value = float(data.b @ found.y)
        assert value == pytest.approx(whole.value, abs=1e-7 * (1 + abs(value)))
        Y = found.moments(data)
        A, b = program.equations
        assert A.inner(Y) == pytest.approx(b, abs=1e-8)
        assert program.vanishing.inner(Y) == pytest.approx(0, abs=1e-8)
        assert program.C.inner(Y)[0] == pytest.approx(value, abs=1e-7 * (1 + abs(value)))


@pytest.mark.parametrize("name", ["cycle 5", "cycle 9", "petersen", "complement of the icosahedron"])
@pytest.mark.parametrize("edges", ["weighted", "vanishing"])
def test_bounds_on_the_stability_number_are_exact(name, edges):
    graph = GRAPHS[name]
    program = stability_number(graph.adjacency, edges)
    for level in range(4):
        bound, theory = lower_bound(program, level, FAMILY), zeta(graph.stability, level)
        if theory == inf:
            # the value is 0 where edges are weighted; where they vanish no y is feasible, and the bound is another
            assert bound.exact == 0 if edges == "weighted" else -len(graph.adjacency) <= bound.exact <= -graph.stability
            assert edges == "weighted" or "the linear program" not in bound.reason
        else:
            assert bound.exact == (1 / theory if edges == "weighted" else -theory)
            assert bound.proved and bound.certificate.verify(program).proved


@pytest.mark.parametrize("seed", [0, 1, 2, 4])
def test_proof_of_random_programs(seed):
    program = random_program(seed)
    bound = lower_bound(program, 2, FAMILY)
    assert np.isfinite(bound.claimed)
    assert bound.proved and bound.certificate.verify(program).proved
    assert bound.claimed - 1e-6 <= bound.lower <= bound.claimed + 1e-6


def test_rounding_where_the_vertex_is_out_of_reach(monkeypatch):
    monkeypatch.setattr(polya_proof, "exact_vertex", lambda *_: None)
    Q = np.random.default_rng(0).standard_normal((6, 6))
    program = standard_quadratic(Q + Q.T)
    bound = lower_bound(program, 2, FAMILY)
    assert bound.proved and "margin" in bound.reason
    assert bound.claimed - 1e-6 <= bound.lower <= bound.claimed


def test_infeasible_programs_are_proved():
    program = CompletelyPositiveProgram(NonNegative(3), np.eye(3), [(np.eye(3), 1.0), (np.ones((3, 3)), 0.5)])
    bound = lower_bound(program, 1, FAMILY)  # <I, Y> ≤ <E, Y> on the cone
    assert bound.status is Status.INFEASIBLE and bound.lower == inf and bound.proved
    assert bound.certificate.kind == "infeasible" and bound.certificate.verify(program).proved


def test_an_unbounded_level_has_no_proof():
    program = CompletelyPositiveProgram(NonNegative(2), [[1.0, -3.0], [-3.0, 0.0]], [(np.diag([1.0, 0.0]), 1.0)])
    bound = lower_bound(program, 1, FAMILY)
    assert bound.claimed == -inf and bound.lower == -inf and not bound.proved and "feasible" in bound.reason


def test_bracket_reads_an_object_off_the_moments():
    bound = bracket(stability_number(petersen()), 4, FAMILY)
    assert bound.lower <= bound.upper and len(bound.found.solution) == 4


def test_other_cones_and_named_solvers_take_the_general_road():
    program = stability_number(cycle(5))
    general = lower_bound(program, 2, FAMILY, solver="highs", certify=False)
    assert general.moments > lower_bound(program, 2, FAMILY, certify=False).moments
    with_zero = stability_number(cycle(5)).with_unit([1.0, 0, 0, 0, 0])
    assert not polya.applies(with_zero)


def test_a_level_with_too_many_multiples_is_refused():
    with pytest.raises(ValueError, match="multiples of vanishing forms"):
        n = 60
        E = np.diag(np.r_[1.0, -1.0, np.zeros(n - 2)])
        lower_bound(CompletelyPositiveProgram(NonNegative(n), np.eye(n), [(np.ones((n, n)), 1.0)], [E]), 6, FAMILY)


def test_monomials_that_a_void_pair_divides_are_not_open():
    program = CompletelyPositiveProgram(NonNegative(3), np.eye(3), [(np.ones((3, 3)), 1.0)], [np.eye(3)[[1, 0,
        2]] - np.diag([0, 0, 1])])
    level = polya.Level.of(program, 1)
    assert level.is_open(np.array([[0, 0, 1], [0, 0, 2], [0, 1, 2], [2, 2, 2], [0, 1, 1]])).tolist() == [False, True,
        False, True, False]
