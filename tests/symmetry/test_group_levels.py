"""Levels in the algebra of a group: the values of the whole relaxation, published numbers, proofs."""

from fractions import Fraction

import numpy as np
import pytest

import copos
from copos import CompletelyPositiveProgram, NonNegative, binary_quadratic, lower_bound, stability_number
from copos.arithmetic import groups
from copos.hierarchy import relax
from copos.instances.graphs import complement, cycle, hamming, icosahedron, kneser, paley, petersen
from copos.solvers import solve

ACCURATE = {"tol_gap_abs": 1e-11, "tol_gap_rel": 1e-11, "tol_feas": 1e-11}


def energies(*sides):
    """Σ 1/dist² over the pairs of chosen points of a torus, times 100,000 and rounded."""
    place = np.stack(np.unravel_index(np.arange(int(np.prod(sides))), sides), axis=1)
    apart = np.abs(place[:, None] - place[None])
    square = (np.minimum(apart, np.array(sides) - apart) ** 2).sum(axis=2)
    return np.where(square > 0, np.rint(100_000 / np.maximum(square, 1)), 0)


def chosen(D, m, equations="squared"):
    """min x'Dx over 0/1 vectors with m ones."""
    return binary_quadratic(D, None, np.ones((1, len(D)), dtype=int), [m], equations=equations)


def triangle_free():
    """Blocks with several terms, two orbits of coordinates, a weighted multiplier, no vanishing forms."""
    C = np.kron(np.array([[2.0, -1.0], [-1.0, 3.0]]), np.eye(3)) + 1.0 - np.roll(np.eye(6), 3, axis=0)
    cone = NonNegative(6)
    for i in range(3):
        a = np.zeros(6)
        a[i], a[(i + 1) % 3], a[3:] = -1.0, 2.0, 1.0
        cone = cone.restrict(a)
    return CompletelyPositiveProgram(cone.with_unit([1.0] * 3 + [2.0] * 3), (C + C.T) / 2, [(np.ones((6, 6)), 1.0)])


def permuted_equations():
    """X_ii = 1 for all i, which the rotations permute."""
    C = 1.0 - np.eye(7) - 3 * cycle(7)
    return CompletelyPositiveProgram(NonNegative(7), -C, [(np.diag(row), 1.0) for row in np.eye(7)])


TURN = [[1, 2, 0, 4, 5, 3]]
PROGRAMS = {  # program, generators, levels
    "pentagon": (lambda: stability_number(cycle(5)), groups.dihedral(5), (0, 1)),
    "pentagon, rotations alone": (lambda: stability_number(cycle(5)), groups.cyclic(5), (0, 1)),
    "pentagon, edges vanish": (lambda: stability_number(cycle(5), "vanishing"), groups.dihedral(5), (0, 1, 2)),
    "complement of petersen": (lambda: stability_number(complement(petersen())), groups.subsets(5, 2), (0, 1)),
    "two orbits": (triangle_free, TURN, (0, 1)),
    "permuted equations": (permuted_equations, groups.dihedral(7), (0, 1)),
    "torus 2×3, half of it": (lambda: chosen(energies(2, 3), 3), groups.torus(2, 3), (0, 1)),
}


@pytest.mark.parametrize(("name", "level"), [(name, k) for name, (*_, levels) in PROGRAMS.items() for k in levels])
def test_value_of_the_whole_relaxation(name, level):
    make, generators, _ = PROGRAMS[name]
    program = make()
    whole = program if "torus" not in name else chosen(energies(2, 3), 3, "slice")
    general = solve(relax(whole, level).form, "clarabel", **ACCURATE)
    scale = 1 + abs(general.value)
    claimed = lower_bound(program, level, symmetry=generators, certify=False).claimed
    assert claimed == pytest.approx(general.value, abs=1e-7 * scale)
    bound = lower_bound(program, level, symmetry=generators)
    assert bound.proved and bound.certificate.verify(program).proved and "on average over a group" in bound.reason
    if "torus" not in name:  # those are rounded up
        assert -2e-7 * scale <= bound.lower - general.value <= 1e-9 * scale


@pytest.mark.parametrize("family", ["moment", "doubly-nonnegative", "pena-vera-zuluaga", "de-klerk-pasechnik"])
def test_other_families(family):
    level = 1 if family in ("pena-vera-zuluaga", "de-klerk-pasechnik") else 0
    program = stability_number(cycle(5), "vanishing")
    bound = lower_bound(program, level, family, symmetry=groups.dihedral(5))
    assert bound.claimed == pytest.approx(lower_bound(program, level, family).claimed, abs=1e-7)
    assert bound.proved == np.isfinite(bound.lower)


# graph, generators, level ↦ bound on α: closed forms, and numbers computed twice in docs/references
KNOWN = {
    "petersen": (petersen(), groups.subsets(5, 2), {0: 4, 1: 4}),
    "complement of petersen": (complement(petersen()), groups.subsets(5, 2), {0: 2.5, 1: 2}),
    "cycle 9": (cycle(9), groups.dihedral(9), {0: 9 * np.cos(np.pi / 9) / (1 + np.cos(np.pi / 9)), 1: 4}),
    "paley 13": (paley(13), groups.paley(13), {0: np.sqrt(13), 1: 3}),
    "paley 17, by itself": (paley(17), "auto", {0: np.sqrt(17)}),
    "complement of the icosahedron": (complement(icosahedron()), "auto", {0: 1 + 5**0.5, 1: 1 + 5**0.5, 2: 3}),
    "kneser 7 3": (kneser(7, 3), groups.subsets(7, 3), {0: 15, 1: 15}),  # C(6, 2)  [Lovasz1979, Theorem 13]
    "complement of hamming6-4": (hamming(6, [1, 2, 3]), groups.hypercube(6), {0: 4}),  # [Schrijver1979]
    "pentagon": (cycle(5), groups.dihedral(5), {1: 2, 2: 2}),
}


@pytest.mark.parametrize(("name", "level"), [(name, k) for name, (*_, values) in KNOWN.items() for k in values])
def test_known_numbers(name, level):
    A, generators, values = KNOWN[name]
    program = stability_number(A, "vanishing" if len(A) < 20 and level < 2 else "weighted")
    bound = lower_bound(program, level, symmetry=generators)
    value = program.interpret(bound.lower)
    assert bound.proved and -1e-9 <= value - values[level] <= 5e-7 * values[level]
    assert bound.certificate.verify(program).proved


@pytest.mark.parametrize("m", [3, 5, 8])
def test_tori_below_the_optimum_and_rounded_to_even_numbers(m):
    """Levels of the torus 3×4 lie below the best of all choices, and the proved bound is even."""
    from itertools import combinations

    D = energies(3, 4)
    best = min(D[np.ix_(s, s)].sum() for s in map(list, combinations(range(12), m)))
    program, found = chosen(D, m), []
    for level in (0, 1):
        bound = lower_bound(program, level, symmetry=groups.torus(3, 4))
        verdict = bound.certificate.verify(program)
        assert bound.proved and verdict.proved and bound.lower <= best and bound.lower % 2 == 0
        assert "binary" in verdict.claim
        found.append(bound.exact)
    assert found[0] <= found[1] <= best


def test_a_permutation_that_changes_the_program_is_refused():
    program = stability_number(cycle(5))
    for generators, words in (([[1, 0, 2, 3, 4]], "objective alone"), ([[0, 1]], "objective alone"),
                              ([list(range(7))], "of 7 points")):  # fmt: skip
        if generators == [[0, 1]]:
            generators = [[1, 0]]
        with pytest.raises(ValueError, match=words):
            lower_bound(program, 1, symmetry=generators)
    weighted = stability_number(cycle(5), multiplier=[1.0, 2, 1, 1, 1])
    with pytest.raises(ValueError, match="multiplier alone"):
        lower_bound(weighted, 1, symmetry=groups.cyclic(5))
    lopsided = CompletelyPositiveProgram(NonNegative(2).restrict([1.0, -2.0]), np.eye(2), [(np.ones((2, 2)), 1.0)])
    with pytest.raises(ValueError, match="blocks of the cone to each other"):
        lower_bound(lopsided, 1, symmetry=[[1, 0]])
    half = CompletelyPositiveProgram(NonNegative(2), np.eye(2), [(np.ones((2, 2)), 1.0)], [np.diag([1.0, 0.0])])
    with pytest.raises(ValueError, match="vanishing forms to each other"):
        lower_bound(half, 1, symmetry=[[1, 0]])
    pair = CompletelyPositiveProgram(NonNegative(2), np.eye(2), [(np.diag([1.0, 0]), 1.0), (np.diag([0, 1.0]), 2.0)])
    with pytest.raises(ValueError, match="equations to each other"):
        lower_bound(pair, 1, symmetry=[[1, 0]])


def test_requests_that_do_not_go_together():
    program = stability_number(cycle(5))
    for more, words in (({"local": 3}, "without local"), ({"gram": "dd"}, "gram='sdp'"), ({"level": 3}, "up to 2"),
                        ({"family": "nishijima-nakata-dp"}, "algebra of a group")):  # fmt: skip
        with pytest.raises(ValueError, match=words):
            lower_bound(program, **{"symmetry": "auto", **more})
    with pytest.raises(ValueError, match="'auto'"):
        lower_bound(program, symmetry="all")
    sliced = chosen(energies(2, 3), 3, "slice")
    with pytest.raises(ValueError, match="equations='squared'"):
        lower_bound(sliced, 1, symmetry=groups.torus(2, 3))
    lorentz = CompletelyPositiveProgram(copos.SecondOrder(2), np.eye(2), [(np.eye(2), 1.0)])
    with pytest.raises(ValueError, match="orthant"):
        lower_bound(lorentz, 0, symmetry="auto")
    free = CompletelyPositiveProgram(NonNegative(1) * copos.Free(1), np.eye(2), [(np.eye(2), 1.0)])
    with pytest.raises(ValueError, match="orthant"):
        lower_bound(free, 0, symmetry=[[0, 1]])


E7, C7 = np.ones((7, 7)), np.eye(7) + cycle(7)
CLUMSY = {  # the same program as min <I + A, X>, <E, X> = 1 of a cycle, and the factor of its value
    "as it is": (C7, [(E7, 1.0)], 1.0),
    "large costs": (1e9 * C7, [(E7, 1.0)], 1e9),
    "small costs": (2.0**-30 * C7, [(E7, 1.0)], 2.0**-30),
    "large equation": (C7, [(2.0**20 * E7, 2.0**20)], 1.0),
    "small right-hand side": (C7, [(E7, 2.0**-25)], 2.0**-25),
    "the equation twice": (C7, [(E7, 1.0), (2 * E7, 2.0)], 1.0),
    "thirds": ([[Fraction(int(v), 3) for v in row] for row in C7], [(E7, 1.0)], 1 / 3),
}


@pytest.mark.parametrize("name", CLUMSY)
def test_clumsy_rewritings_have_the_same_value(name):
    C, equations, factor = CLUMSY[name]
    program = CompletelyPositiveProgram(
        NonNegative(7), np.array(C, dtype=object if name == "thirds" else float), equations
    )
    for level, value in ((0, (1 + np.cos(np.pi / 7)) / (7 * np.cos(np.pi / 7))), (1, 1 / 3)):
        bound = lower_bound(program, level, symmetry=groups.dihedral(7))
        assert bound.proved and -1e-9 <= value - bound.lower / factor <= 1e-8


def test_levels_without_a_value():
    """Infeasible, unbounded, nothing to minimise: a verdict or a proof, and no number out of the air."""
    turn = groups.dihedral(7)
    for equations in ([(E7, -1.0)], [(E7, 1.0), (E7, 2.0)]):
        bound = lower_bound(CompletelyPositiveProgram(NonNegative(7), C7, equations), 1, symmetry=turn)
        assert bound.claimed == np.inf and not bound.proved and "infeasible is claimed" in bound.reason
    bound = lower_bound(CompletelyPositiveProgram(NonNegative(7), -C7, [(cycle(7), 1.0)]), 1, symmetry=turn)
    assert bound.claimed == bound.lower == -np.inf and not bound.proved
    bound = lower_bound(CompletelyPositiveProgram(NonNegative(7), C7), 1, symmetry=turn)
    assert bound.claimed == bound.lower == 0 and bound.proved
    bound = lower_bound(CompletelyPositiveProgram(NonNegative(7), 0 * C7, [(E7, 1.0)]), 1, symmetry=turn)
    assert bound.claimed == 0 and bound.proved and -1e-9 <= bound.lower <= 0


def test_no_symmetry_at_all_is_a_level_as_well():
    rng = np.random.default_rng(3)
    Q = rng.integers(-3, 4, (4, 4))
    program = copos.standard_quadratic(Q + Q.T)
    for level in (0, 1):
        bound = lower_bound(program, level, symmetry="auto")
        assert bound.claimed == pytest.approx(lower_bound(program, level).claimed, abs=1e-6) and bound.proved


def test_a_bracket_climbs_through_symmetric_levels():
    """α of the complement of the Petersen graph is 2: 1/α ≥ 2/5 at level 0 and 1/2 at level 1."""
    program = stability_number(complement(petersen()))
    one = copos.bracket(program, symmetry=groups.johnson(5, 2))
    assert one.proved and one.lower == pytest.approx(0.4, abs=1e-8) and one.upper == 0.5
    found = copos.bracket(program, symmetry="auto", tolerance=1e-6)
    assert found.closed and found.proved and found.level == 1 and found.certificate.verify(program).proved
    stopped = copos.bracket(stability_number(icosahedron()), symmetry="auto", tolerance=1e-6, max_level=0)
    assert not stopped.closed and stopped.cells == 0 and "cells of the cone have no symmetry" in stopped.reason


def test_refusals_say_which_coordinates_are_permuted():
    program = stability_number(paley(13))
    with pytest.raises(ValueError, match="the last 12 of 13 coordinates"):
        lower_bound(program, symmetry=groups.cyclic(12))
    with pytest.raises(ValueError, match="all 13 coordinates"):
        lower_bound(program, symmetry=groups.dihedral(13)[:, np.r_[1, 0, 2:13]])
    with pytest.raises(ValueError, match="copos.arithmetic.groups has by name, got 'dihedral'"):
        copos.bracket(program, symmetry="dihedral")
    with pytest.raises(ValueError, match="symmetry= and splits= are for completely positive programs"):
        copos.bracket(copos.max_cut(petersen()), symmetry="auto")
    with pytest.raises(ValueError, match="splits= goes with symmetry="):
        copos.bracket(program, splits=1)
