"""The exact program of k-means: its atoms are the partitions, its levels go from the bound of Peng and Wei upwards."""

import numpy as np
import pytest

import copos
from benchmarks.clustering import partitions
from copos.reformulation.clustering.exact import exact_program, summed
from copos.reformulation.clustering.points import Points
from copos.reformulation.clustering.program import program
from copos.reformulation.clustering.stars import Cuts


def drawn(seed, n, k=2, **links):
    """Points of a grid, and the least cost of their partitions beyond what the groups cost."""
    points = Points.of(np.random.default_rng(seed).integers(0, 4, size=(n, 2)).astype(float), k, **links)
    groups = points.groups()
    best = min(points.cost(labels) for labels in partitions(n, k) if points.kept(labels))
    return groups, float(best - groups.offset)


@pytest.mark.parametrize(("n", "k", "links"), [(5, 1, {}), (5, 3, {}), (4, 4, {}),
                                               (6, 2, {"must_link": [(0, 3)], "cannot_link": [(1, 2)]})])  # fmt: skip
def test_partitions_are_atoms_with_their_costs(n, k, links):
    groups, _ = drawn(1, n, k, **links)
    q = exact_program(groups)
    for labels in partitions(n, k):
        if groups.points.kept(labels):
            atom = q.atom(labels)
            assert q.cone.contains(atom, tolerance=1e-12)
            assert q.infeasibility(atom) < 1e-12
            assert q.value(atom) == pytest.approx(float(groups.points.cost(labels) - groups.offset))
            assert summed(groups, np.outer(atom, atom)) @ groups.sizes == pytest.approx(np.ones(groups.count))


def test_what_is_no_partition_is_no_atom():
    groups, _ = drawn(1, 4)
    q = exact_program(groups)
    atom = q.atom([0, 0, 1, 1])
    for a, b in ((3, 3), (3, 7), (1, 1), (1, 3)):  # a point in no cluster, in both; s_1 and u without reason
        other = atom.copy()
        other[a] = atom[b] * (0.5 if a == b else 1) + (0.1 if (a, b) == (1, 3) else 0)
        assert q.infeasibility(other) > 1e-3 or not q.cone.contains(other)


@pytest.mark.parametrize(("seed", "n"), [(2, 4), (9, 5)])
def test_levels_against_enumeration_and_the_bound_of_peng_and_wei(seed, n):
    """Level 0 is at least Peng–Wei with all pairs, as the file proves; level 1 is the optimum of the small one."""
    groups, best = drawn(seed, n)
    i, j = np.nonzero(~np.eye(n, dtype=bool))
    pairs = Cuts((np.stack([i, j], axis=1), *Cuts.none().stars[1:]))
    plain, cut = (copos.lower_bound(program(groups, cuts)).claimed for cuts in (None, pairs))
    level = copos.bracket(exact_program(groups))
    assert plain <= cut + 1e-5 <= level.claimed + 2e-5
    assert level.proved and level.lower <= best + 1e-9 and level.upper == pytest.approx(best)
    assert best - level.lower > 1e-2
    if n == 4:
        first = copos.lower_bound(exact_program(groups), 1)
        assert first.proved and best - 1e-5 <= first.lower <= best + 1e-9


def test_large_programs_are_refused():
    points = Points.of(np.arange(120.0), 4)
    with pytest.raises(ValueError, match="485 coordinates; expected at most 400"):
        exact_program(points.groups())
