"""Permutation groups by generators: orbits, stabilisers, monomials, against lists of all elements."""

from itertools import combinations_with_replacement, permutations, product

import numpy as np
import pytest

from copos.arithmetic import groups
from copos.arithmetic.monomial_orbits import MonomialOrbits

GROUPS = {
    "cyclic 6": (groups.cyclic(6), 6),
    "dihedral 5": (groups.dihedral(5), 10),
    "dihedral 5 beside a point": (groups.beside(groups.dihedral(5), 1), 10),
    "symmetric 4": (groups.symmetric(4), 24),
    "torus 3×4": (groups.torus(3, 4), 48),
    "torus 3×3": (groups.torus(3, 3), 72),
    "cube": (groups.hypercube(3), 48),
    "words of two out of three": (groups.hypercube(2, 3), 72),
    "pairs of five": (groups.subsets(5, 2), 120),
    "paley 13": (groups.paley(13), 78),
    "nothing": (np.zeros((0, 3), dtype=np.int64), 1),
}


def elements(generators):
    """All elements, as tuples."""
    start = tuple(range(generators.shape[1]))
    seen, todo = {start}, [start]
    while todo:
        h = todo.pop()
        for g in generators.tolist():
            image = tuple(g[v] for v in h)
            if image not in seen:
                seen.add(image)
                todo.append(image)
    return seen


@pytest.mark.parametrize("name", GROUPS)
def test_orders_orbits_and_stabilisers(name):
    generators, order = GROUPS[name]
    every = elements(generators)
    assert len(every) == order
    for root in range(0, generators.shape[1], 3):
        orbit, down = groups.transversal(generators, root)
        assert orbit.tolist() == sorted({g[root] for g in every})
        assert (down[np.arange(len(orbit)), orbit] == root).all() and {tuple(d) for d in down.tolist()} <= every
        fixing = {g for g in every if g[root] == root}
        found = elements(groups.stabilizer(generators, root))
        assert found <= fixing
        of = groups.tuple_orbits(groups.stabilizer(generators, root), 2)
        true = groups.tuple_orbits(np.array(sorted(fixing)), 2)
        assert np.array_equal(of, true)


@pytest.mark.parametrize("degree", [1, 2, 3, 4])
@pytest.mark.parametrize("name", [name for name, (g, _) in GROUPS.items() if g.shape[1] <= 10])
def test_orbits_of_monomials(name, degree):
    generators = GROUPS[name][0]
    monomials = list(combinations_with_replacement(range(generators.shape[1]), degree))
    if len(monomials) > 800:
        pytest.skip("too many to list")
    place = {m: k for k, m in enumerate(monomials)}
    maps = [np.array([place[tuple(sorted(g[v] for v in m))] for m in monomials]) for g in generators.tolist()]
    true = groups.components(len(monomials), maps)
    orbits = MonomialOrbits.of(generators, degree)
    found = orbits.labels(*np.array(monomials).T)
    assert len(set(zip(true.tolist(), found.tolist(), strict=True))) == true.max() + 1 == orbits.count
    assert np.bincount(found).tolist() == orbits.size.tolist()
    assert orbits.labels(*orbits.representatives.T).tolist() == list(range(orbits.count))
    for order in permutations(range(degree)):
        assert np.array_equal(orbits.labels(*np.array(monomials).T[list(order)]), found)


def test_a_group_acts_on_another_set():
    """Edges of the square under its rotations: the stabiliser of one is trivial; under reflections it is not."""
    edges = [(0, 1), (1, 2), (2, 3), (0, 3)]
    square = groups.dihedral(4)
    acting = np.array([[edges.index(tuple(sorted((g[a], g[b])))) for a, b in edges] for g in square.tolist()])
    assert len(elements(groups.stabilizer(square, 0, 2, acting))) == 2
    assert not len(groups.stabilizer(square[:1], 0, 2, acting[:1]))


@pytest.mark.parametrize("bad", [[[0, 0]], [[0, 2]], [[0, 1], [0]], [[0.0, 1.0]], [[True, False]], [["0", "1"]]])
def test_what_is_no_permutation_is_refused(bad):
    with pytest.raises(ValueError, match="expected permutations"):
        groups.permutations(bad)


def test_names_of_tori_and_words():
    """Translations commute with distances of the torus, and the cube's group with Hamming distances."""
    place = np.array(list(product(range(4), range(6))))
    apart = np.abs(place[:, None] - place[None])
    distance = (np.minimum(apart, np.array([4, 6]) - apart) ** 2).sum(axis=2)
    for g in groups.torus(4, 6):
        assert np.array_equal(distance[np.ix_(g, g)], distance)
    words = np.array(list(product(range(3), repeat=3)))
    differ = (words[:, None] != words[None]).sum(axis=2)
    for g in groups.hypercube(3, 3):
        assert np.array_equal(differ[np.ix_(g, g)], differ)
    assert groups.tuple_orbits(groups.hypercube(3, 3), 2).max() + 1 == 4
