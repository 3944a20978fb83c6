"""The labelled library: every fact in it is checked, or computed again."""

from math import inf

import numpy as np
import pytest

import copos
from copos.arithmetic.simplex import minimum
from copos.instances import GRAPHS, MATRICES
from copos.instances.graphs import complement, cycle, hamming, icosahedron, johnson, kneser, paley
from copos.instances.matrices import cycle_plus_identity, hildebrand, horn, horn_scales_to_level_one, pentagon_family
from copos.reformulation.stability_number import stability_number, stable_set
from copos.reformulation.standard_quadratic import standard_quadratic

records = pytest.mark.parametrize("record", MATRICES.values(), ids=lambda r: r.name)


def value(M, level, family="parrilo"):
    return copos.lower_bound(standard_quadratic(M), level, family, certify=False).claimed


@records
def test_facts_that_can_be_seen(record):
    M = record.matrix
    assert (M == M.T).all() and record.reference
    eigenvalue = np.linalg.eigvalsh(M)[0]
    if record.doubly_nonnegative is not None:
        assert bool(eigenvalue >= -1e-12 * np.abs(M).max() and M.min() >= 0) == record.doubly_nonnegative
    if record.factor is not None:
        assert record.completely_positive and record.factor.min() >= 0
        assert record.factor @ record.factor.T == pytest.approx(M)
    if record.witness is not None:
        assert record.completely_positive is False and (record.witness * M).sum() < 0
    assert not (record.completely_positive and record.doubly_nonnegative is False)
    x = minimum(M)
    lowest = x @ M @ x
    if record.minimum is not None:
        assert lowest == pytest.approx(record.minimum, abs=1e-7)
    if record.copositive is not None:
        assert bool(lowest >= -1e-12) == record.copositive
    if record.minimiser is not None:
        assert record.minimiser.sum() == pytest.approx(1)
        assert record.minimiser @ M @ record.minimiser == pytest.approx(record.minimum, abs=1e-9)


@records
def test_values_of_levels(record):
    for (family, level), expected in record.values.items():
        assert value(record.matrix, level, family) == pytest.approx(expected, abs=1e-5)


@records
def test_first_level_that_accepts(record):
    """M is in K^ℓ iff min <M, X> over the dual level is not negative."""
    if record.parrilo_level in (None, inf):
        below = [0, 1] if record.parrilo_level == inf else []
    else:
        below = range(int(record.parrilo_level))
        assert value(record.matrix, int(record.parrilo_level)) >= -1e-6
    assert all(value(record.matrix, level) < -1e-3 for level in below)


@pytest.mark.parametrize("record", GRAPHS.values(), ids=lambda r: r.name)
def test_bounds_of_graphs(record):
    A = record.adjacency
    assert (A == A.T).all() and not A.diagonal().any() and set(np.unique(A)) <= {0, 1}
    program = stability_number(A)
    for (kind, level), expected in record.values.items():
        if (level, len(A)) > (1, 5) or len(A) > 171:
            continue  # in `python -m benchmarks reference`
        bound = copos.bracket(program, level, gram=kind, certify=False)
        assert program.interpret(bound.claimed) == pytest.approx(expected, rel=1e-5)
        if record.stability is not None:
            assert program.interpret(bound.upper) == record.stability == len(bound.found.solution)


def test_level_two_closes_the_complement_of_the_icosahedron():
    record = GRAPHS["complement of the icosahedron"]
    bound = copos.lower_bound(stability_number(record.adjacency), 2, certify=False)
    assert 1 / bound.claimed == pytest.approx(record.values["sdp", 2], rel=1e-5)


def test_stability_numbers_by_enumeration():
    networkx = pytest.importorskip("networkx")
    for record in GRAPHS.values():
        if record.stability is not None and len(record.adjacency) <= 28:
            graph = networkx.from_numpy_array(complement(record.adjacency))
            assert max(map(len, networkx.find_cliques(graph))) == record.stability
            assert len(stable_set(record.adjacency.astype(bool))) == record.stability


@pytest.mark.parametrize(
    ("graph", "vertices", "edges"),
    [
        (cycle(6), 6, 6), (paley(13), 13, 39), (kneser(5, 2), 10, 15), (icosahedron(), 12, 30),
        (complement(icosahedron()), 12, 36), (hamming(4, [1]), 16, 32), (johnson(8, 2, [1]), 28, 168),
        (hamming(6, [4, 5, 6]), 64, 704),
    ],
)  # fmt: skip
def test_sizes_of_graphs(graph, vertices, edges):
    assert graph.shape == (vertices, vertices) and graph.sum() == 2 * edges


def test_scaled_horn_matrices_at_level_one():
    """DHD in K^1 iff 1/d_i ≤ 1/d_{i−2} + 1/d_{i+2}; away from equality."""
    rng = np.random.default_rng(5)
    seen = set()
    for _ in range(12):
        d = 10 ** rng.uniform(-0.25, 0.25, 5)
        w = 1 / d
        margin = (np.roll(w, 2) + np.roll(w, -2) - w).min() / w.max()
        if abs(margin) < 0.1:
            continue
        accepted = value(horn(d / d.max()), 1) > -2e-6
        assert accepted == horn_scales_to_level_one(d), (d, margin)
        seen.add(accepted)
    assert seen == {True, False}


@pytest.mark.parametrize("n", [5, 7])
def test_where_cycles_stop_being_doubly_nonnegative(n):
    edge = 1 / (2 * np.cos(np.pi / n))
    assert np.linalg.eigvalsh(cycle_plus_identity(n, edge - 1e-6))[0] > 0
    assert np.linalg.eigvalsh(cycle_plus_identity(n, edge + 1e-6))[0] < 0


def test_pentagon_family():
    assert (horn() * pentagon_family(3)).sum() == -1
    least = [np.linalg.eigvalsh(pentagon_family(t))[0] for t in (2.99, 3, 3.01)]
    assert least[0] < -1e-4 and least[1:] == pytest.approx([0, 0], abs=1e-12)  # any t ≥ 3 keeps one null vector


def test_hildebrand_matrices():
    assert hildebrand([0] * 5) == pytest.approx(horn())
    with pytest.raises(ValueError, match="sum below π"):
        hildebrand([1] * 5)
    rng = np.random.default_rng(0)
    for _ in range(3):
        T = hildebrand(rng.dirichlet(np.ones(6))[:5] * np.pi)
        x = minimum(T)
        assert x @ T @ x == pytest.approx(0, abs=1e-7)
        assert value(T, 1) == pytest.approx(0, abs=2e-6)


@pytest.mark.parametrize(("make", "argument"), [(cycle, 2), (paley, 7), (paley, 9)])
def test_graphs_that_do_not_exist(make, argument):
    with pytest.raises(ValueError):
        make(argument)
