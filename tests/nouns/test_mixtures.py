"""Feasible points that are mixtures of atoms: their proofs, the repair of rounding, and programs that recover them."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import copos
from copos import CompletelyPositiveProgram, NonNegative, PositiveSemidefinite, SecondOrder
from copos.branching.branch import branch_and_bound
from copos.certificate import certify_upper_bound
from copos.checker.check import check
from copos.inner.bound import INNER, inner_bound
from copos.program import Mixture, Recovered
from tests import contracts


def with_trace(b, C=((1.0, 0.0), (0.0, 0.0))):
    """min <C, X>, <E, X> = 1, tr X = b over CP_2: no atom of the simplex with x'x = b is optimal."""
    return CompletelyPositiveProgram(NonNegative(2), C, [(np.ones((2, 2)), 1.0), (np.eye(2), b)])


def clusters(k):
    """Points of R² in k groups, of 2, 3, … members."""
    rng = np.random.default_rng(3)
    centres = 4 * np.c_[np.cos(np.arange(k)), np.sin(2.0 * np.arange(k))]
    return np.concatenate([c + rng.normal(0, 0.2, (2 + j, 2)) for j, c in enumerate(centres)]).round(2)


def k_means(points, k):
    """min ½ <D, Z>, Z1 = 1, tr Z = k, Z ∈ CP: the points of a partition are Σ_c 11'_c/|c|, of rank k [PengWei2007]."""
    n = len(points)
    D = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    e = np.eye(n)
    rows = [(np.outer(v, np.ones(n)) + np.outer(np.ones(n), v), 2.0) for v in e]

    def recover(Z):
        near, left = [], np.ones(n, dtype=bool)
        for _ in range(k):
            i = int(np.flatnonzero(left)[0])
            members = left & (Z[i] > 0.5 * Z[i, i])
            near.append(members)
            left &= ~members
        near[-1] = near[-1] | left
        atoms = np.array(near, dtype=float)
        mixture = Mixture(1 / atoms.sum(axis=1), atoms)
        return Recovered(atoms.argmax(axis=0), float((D * mixture.matrix).sum()) / 2, mixture)

    return CompletelyPositiveProgram(NonNegative(n), D / 2, [(e, float(k)), *rows], name="k-means", recover=recover)


def within(points, labels):
    """Sum of squares within the clusters, exactly."""
    total, rows = Fraction(0), [[Fraction(v) for v in row] for row in points.tolist()]
    for c in sorted(set(labels.tolist())):
        members = [row for row, label in zip(rows, labels, strict=True) if label == c]
        mean = [sum(column) / len(members) for column in zip(*members, strict=True)]
        total += sum((v - m) ** 2 for row in members for v, m in zip(row, mean, strict=True))
    return total


def test_a_mixture_of_atoms_is_a_point():
    mixture = Mixture([2, Fraction(1, 3)], [[1, 0], [3, 3]])
    assert mixture.matrix.tolist() == [[5, 3], [3, 3]]
    assert Mixture.of([1.0, 2.0]).weights.tolist() == [1.0] and Mixture.of(mixture) is mixture
    large = 2**60 + 1
    assert Mixture.of([large, 1]).atoms[0, 0] == large  # not rounded to a double
    with pytest.raises(ValueError, match="a weight for every atom"):
        Mixture([1.0], np.eye(2))
    program = with_trace(0.75)
    point = Mixture([0.5, 0.5], [[0.5, 0.5], [0.0, 1.0]])
    assert program.value(point) == pytest.approx(1 / 8) and program.infeasibility(point) <= 1e-15
    assert program.infeasibility(Mixture([1.5, -0.5], [[0.0, 1.0], [0.0, 1.0]])) >= 0.5
    assert program.infeasibility(Mixture([1.0], [[-1.0, 2.0]])) >= 1


def test_k_means_is_bracketed_and_proved():
    """Clusters far apart: level 0 is the sum of squares within them, and Z has rank 3."""
    points = clusters(3)
    program = k_means(points, 3)
    bound = copos.bracket(program)
    assert len(bound.found.mixture.weights) == 3 and sorted(np.bincount(bound.found.solution)) == [2, 3, 4]
    exact = Fraction(bound.upper_certificate.proof["value"])
    data = within(points, bound.found.solution)
    assert bound.upper_certificate.verify(program).proved and abs(exact - data) <= Fraction(1, 10**12)
    assert bound.proved and bound.exact <= exact and bound.gap <= 1e-5 * bound.upper
    weights = [Fraction(atom["weight"]) for atom in bound.upper_certificate.proof["atoms"]]
    assert sorted(weights) == [Fraction(1, 4), Fraction(1, 3), Fraction(1, 2)]  # though 1/3 is no double


def test_a_climb_keeps_a_mixture():
    program = k_means(clusters(2), 2)
    bound = copos.bracket(program, tolerance=1e-4)
    assert bound.closed and bound.proved and bound.upper_certificate.verify(program).proved


def test_branching_keeps_a_mixture_and_reads_it_back(tmp_path):
    """One equation: a single atom is as good, but what was recovered is what is kept."""
    M = np.array([[2.0, 0.0, 3.0], [0.0, 1.0, 3.0], [3.0, 3.0, 4.0]])
    best = np.array([[1.0, 2.0, 0.0]]) / 3

    def recover(Y):
        mixture = Mixture([0.5, 0.5], np.concatenate([best, best]))
        return Recovered(mixture, float((M * mixture.matrix).sum()), mixture)

    program = CompletelyPositiveProgram(NonNegative(3), M, [(np.ones((3, 3)), 1.0)], recover=recover)
    path = tmp_path / "search.json"
    first = branch_and_bound(program, max_nodes=1, state=path)
    again = branch_and_bound(program, resume=path)
    assert again.closed and again.upper == pytest.approx(2 / 3) and again.upper == first.upper
    assert again.upper_certificate.verify(program).proved and len(again.upper_certificate.proof["atoms"]) == 2
    bare = program.changed(recover=None)
    first.save(path)
    assert isinstance(branch_and_bound(program, resume=path, max_nodes=1).found.atom, Mixture)
    assert branch_and_bound(bare, max_nodes=1).found is not None


@pytest.mark.parametrize("b", [0.75, 2 / 3, 0.5 + 1e-9, 1 - 1e-7])
def test_equations_are_met_exactly_after_rounding(b):
    program = with_trace(b)
    s = 2 * b - 1  # weights of e_2 and of the middle; rounded, and off by more
    point = Mixture([s * (1 + 1e-9), (1 - s) * (1 - 1e-9)], [[0.0, 1.0], [0.5, 0.5]])
    upper, certificate, _ = certify_upper_bound(program, point)
    assert upper == (1 - (2 * Fraction(b) - 1)) / 4 and certificate.verify(program).proved


def test_atoms_near_one_atom_meet_what_it_misses():
    """x'x = 2/3 has irrational solutions on the simplex; neighbours of a rounded one mix to an exact solution."""
    program = with_trace(2 / 3)
    x = (1 - np.sqrt(1 / 3)) / 2
    atom = np.array([x, 1 - x])
    assert program.infeasibility(atom) <= 1e-15
    upper, certificate, _ = certify_upper_bound(program, atom)
    assert certificate.verify(program).proved and len(certificate.proof["atoms"]) > 1
    assert abs(float(upper) - program.value(atom)) <= 1e-5
    far, none, reason = certify_upper_bound(program, [0.1, 0.9])  # x'x = 0.82: that is not rounding
    assert far is None and none is None and "an equation does not hold exactly" in reason


def test_what_cannot_be_repaired_is_not_proved():
    program = with_trace(0.75)
    for point in (
        Mixture([1.0, 1.0], [[0.5, -0.5], [0.0, 1.0]]),  # outside of K
        Mixture([1.0], [[0.0, 0.0]]),
        Mixture([-1.0], [[0.5, 0.5]]),
        Mixture([0.0], [[0.5, 0.5]]),
    ):
        upper, certificate, reason = certify_upper_bound(program, point)
        assert upper is None and certificate is None and reason
    infeasible = with_trace(1.5)
    assert certify_upper_bound(infeasible, Mixture([0.5, 0.5], [[0.5, 0.5], [0.0, 1.0]])).upper is None
    for bad in (Mixture([1.0], [[np.nan, 1.0]]), Mixture([np.inf], [[1.0, 1.0]]), [1.0, 2.0, 3.0]):
        with pytest.raises(ValueError, match="atoms"):
            certify_upper_bound(program, bad)


def test_vanishing_forms_hold_at_every_atom():
    """E = x_1² − x_0x_1 is 2 at (1, 2) and −1/4 at (1, ½): zero on average, and no point of the program."""
    program = CompletelyPositiveProgram(
        NonNegative(2), [[0.0, -0.5], [-0.5, 0.0]], [(np.diag([1.0, 0.0]), 1.0)],
        vanishing=[np.array([[0.0, -0.5], [-0.5, 1.0]])],
    )  # fmt: skip
    cheat = Mixture([1 / 9, 8 / 9], [[1.0, 2.0], [1.0, 0.5]])
    assert abs(cheat.average(program.vanishing)[0]) < 1e-15 and program.value(cheat) < -0.6
    assert certify_upper_bound(program, cheat).upper is None and program.infeasibility(cheat) > 1
    honest = certify_upper_bound(program, Mixture([0.25, 0.75], [[1.0, 0.0], [1.0, 1.0]]))
    assert honest.upper == Fraction(-3, 4) and honest.certificate.verify(program).proved


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6), scale=st.integers(-120, 120))
def test_random_mixtures_at_any_scale(seed, scale):
    """Three equations on average; equations, objective and atoms in ugly units."""
    rng = np.random.default_rng(seed)
    n, unit = int(rng.integers(2, 6)), 2.0**scale
    x, w = rng.dirichlet(np.ones(n), 4) * 2.0 ** (scale // 3), rng.dirichlet(np.ones(4))
    point = Mixture(w, x)
    forms = [np.ones((n, n)), np.eye(n) * unit, np.diag(rng.uniform(size=n))]
    M = rng.normal(size=(n, n)) / unit
    program = CompletelyPositiveProgram(NonNegative(n), M + M.T, [(A, (A * point.matrix).sum()) for A in forms])
    upper, certificate, reason = certify_upper_bound(program, point)
    assert certificate is not None, reason
    assert certificate.verify(program).proved
    size = (np.abs(program.C.matrix()) * point.matrix).sum()
    assert upper <= Fraction(program.value(point)) + Fraction(1e-9 * size)  # the best weights, or nearly those given


@pytest.mark.parametrize("cone", [SecondOrder(3), PositiveSemidefinite(2), NonNegative(1) * PositiveSemidefinite(2)])
def test_atoms_on_a_curved_boundary_are_pushed_inside(cone):
    rng = np.random.default_rng(5)
    M = rng.uniform(-1, 1, (cone.ambient, cone.ambient))
    program = contracts.shift_program(cone, M @ M.T)
    bound = inner_bound(program)
    assert bound.upper_certificate.verify(program).proved
    assert bound.upper == pytest.approx(program.value(bound.found.atom), rel=1e-9)
    assert bound.upper >= copos.lower_bound(program).lower


@pytest.mark.parametrize("family", [name for name in INNER if name not in ("atoms", "measure")])
def test_inner_bounds_are_proved(family):
    M = np.array([[2.0, -1.0, 0.5], [-1.0, 1.0, 0.0], [0.5, 0.0, 3.0]])
    program = copos.standard_quadratic(M)
    bound = inner_bound(program, 1, family)
    exact = Fraction(bound.upper_certificate.proof["value"])
    assert bound.upper_certificate.verify(program).proved and 0 <= Fraction(bound.upper) - exact < Fraction(1, 10**12)
    plain = inner_bound(program, 1, family, certify=False)
    assert plain.upper_certificate is None and plain.upper == pytest.approx(bound.upper, rel=1e-9)
    density = inner_bound(program, 1, "measure")
    assert density.upper_certificate is None and "density" in density.upper_reason


def test_a_file_with_one_atom_is_as_before():
    program = copos.standard_quadratic(np.eye(2))
    certificate = certify_upper_bound(program, [1.0, 1.0]).certificate
    assert certificate.proof == {"value": "1/2", "atoms": [{"weight": "1/4", "point": [1, 1]}]}
    assert check(certificate.document()).proved
