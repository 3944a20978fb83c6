"""Level 0 in the coherent algebra: numbers of the whole relaxation, published numbers, proofs in full coordinates."""

import numpy as np
import pytest

import copos
from copos import CompletelyPositiveProgram, NonNegative, clique_number, lower_bound, stability_number
from copos.hierarchy import relax
from copos.instances.graphs import cycle, hamming, johnson, keller, kneser, petersen
from copos.levels import symmetric
from copos.solvers import solve


def two_graphs():
    """A Petersen graph and a 7-cycle side by side; several fibres, blocks of order > 1."""
    A = np.zeros((17, 17), dtype=int)
    A[:10, :10], A[10:, 10:] = petersen(), cycle(7)
    return A


def general(program, family="parrilo"):
    return solve(relax(program, 0, family).form, "clarabel").value


def permuted_entries():
    """max <J − I − A, X> on the cycle with X_ii = 1: equations that the symmetry permutes."""
    n = 17
    C = 1.0 - np.eye(n) - 3 * cycle(n)
    return CompletelyPositiveProgram(NonNegative(n), -C, [(np.diag(row), 1.0) for row in np.eye(n)])


def of_several_terms():
    """One vanishing form of many terms: Σ x_ix_{i+1} = Σ x_ix_{i+2}."""
    n, C = 17, np.eye(17) + cycle(17)
    second = np.isin((np.arange(n)[:, None] - np.arange(n)) % n, (2, n - 2)).astype(float)
    return CompletelyPositiveProgram(NonNegative(n), C, [(np.ones((n, n)), 1.0)], [cycle(n) - second])


PROGRAMS = {
    "two graphs": lambda: stability_number(two_graphs()),
    "two graphs, edges vanish": lambda: stability_number(two_graphs(), "vanishing"),
    "cycle, weighted multiplier": lambda: stability_number(cycle(17), multiplier=np.arange(1.0, 18.0)),
    "permuted equations": permuted_entries,
    "a form of several terms": of_several_terms,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_value_of_the_whole_relaxation(name):
    program = PROGRAMS[name]()
    small = symmetric.reduce(program)
    assert small is not None and small.form.shape[1] < 60
    bound = lower_bound(program)
    whole = general(program)
    assert bound.claimed == pytest.approx(whole, abs=1e-6 * (1 + abs(whole)))
    assert bound.moments == small.form.shape[1]
    assert bound.proved and bound.certificate.verify(program).proved and "coherent algebra" in bound.reason
    assert whole - 1e-5 * (1 + abs(whole)) <= bound.lower <= whole + 1e-7 * (1 + abs(whole))
    X = small.point(solve(small.form).x)
    A, b = program.equations
    assert A.inner(X) == pytest.approx(b, abs=1e-6) and program.vanishing.inner(X) == pytest.approx(0, abs=1e-6)
    assert X.min() >= -1e-7 and np.linalg.eigvalsh(X)[0] >= -1e-7


# graph, level-0 bound, and the one without X ≥ 0 (Lovász's number); larger graphs are in `benchmarks.symmetry`
KNOWN = {
    "hamming 7, distances 5 and 6": (hamming(7, [5, 6]), 36.0, 128 / 3),
    "kneser 9 3": (kneser(9, 3), 28.0, 28.0),  # C(8, 2)  [Lovasz1979, Theorem 13]
    "complement of johnson16-2-4": (johnson(16, 2, [1]), 8.0, 8.0),
}


@pytest.mark.parametrize("name", KNOWN)
def test_published_numbers(name):
    A, schrijver, lovasz = KNOWN[name]
    program = stability_number(A, "vanishing")
    bound = lower_bound(program)
    assert -bound.claimed == pytest.approx(schrijver, rel=1e-7)
    assert bound.proved and 0 <= -bound.lower - schrijver <= 1e-5 * schrijver
    without = lower_bound(program, 0, "moment")
    assert -without.claimed == pytest.approx(lovasz, rel=1e-7) and without.proved
    weighted = stability_number(A)
    assert weighted.interpret(lower_bound(weighted, certify=False).claimed) == pytest.approx(schrijver, rel=1e-7)


def test_keller_graph_of_dimension_four():
    graph = keller(4)
    assert graph.shape == (171, 171) and graph.sum() == 2 * 9435
    program = clique_number(graph)
    bound = copos.bracket(program)
    assert program.interpret(bound.claimed) == pytest.approx(13.4659, abs=1e-4)
    assert bound.proved and program.interpret(bound.lower) - program.interpret(bound.claimed) <= 1e-4
    assert bound.largest <= 11 and len(bound.found.solution) == 11


def test_little_symmetry_takes_the_general_road():
    rng = np.random.default_rng(0)
    A = np.triu(rng.random((20, 20)) < 0.5, 1)
    program = stability_number((A | A.T).astype(int))
    assert symmetric.reduce(program) is None
    assert lower_bound(program, certify=False).moments > 100


def test_small_programs_and_other_cones_are_left_alone():
    assert symmetric.reduce(stability_number(petersen())) is None
    cone = NonNegative(1) * copos.PositiveSemidefinite(8)
    assert symmetric.reduce(CompletelyPositiveProgram(cone, np.eye(37), [(np.eye(37), 1.0)])) is None
