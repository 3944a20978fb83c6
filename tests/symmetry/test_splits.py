"""Products of two neighbours in levels with symmetry: against all points of small programs, and what they prove."""

from itertools import combinations

import numpy as np
import pytest

import copos
from copos import binary_quadratic, lower_bound, standard_quadratic
from copos.arithmetic import groups
from copos.instances import torus_energies
from copos.symmetry.action import Action
from copos.symmetry.level import reduced
from copos.symmetry.neighbours import DEEP, EACH, Chances, most_violated, starts
from copos.symmetry.products import Split, split_rows
from copos.symmetry.splits import binaries, with_splits


def energy(sides, m):
    D = torus_energies(*sides)
    return D, binary_quadratic(D, None, np.ones((1, len(D)), dtype=int), [m], equations="squared")


def least(D, m):
    """min x'Dx over 0/1 vectors with m ones, by looking at all."""
    chosen = np.array(list(combinations(range(len(D)), m)))
    return D[chosen[:, :, None], chosen[:, None, :]].sum(axis=(1, 2)).min()


CASES = [((3, 4), 5, 0), ((4, 4), 6, 0), ((4, 4), 5, 0), ((3, 4), 5, 1)]  # sides, m, level


@pytest.mark.parametrize(("sides", "m", "level"), CASES)
def test_bounds_rise_and_stay_below_the_optimum(sides, m, level):
    D, program = energy(sides, m)
    plain = lower_bound(program, level, symmetry=groups.torus(*sides))
    bound = lower_bound(program, level, symmetry=groups.torus(*sides), splits=1)
    assert plain.lower < bound.lower <= least(D, m)
    assert bound.certificate.verify(program).proved
    assert any("splits" in term for term in bound.certificate.proof["terms"])
    assert not any("splits" in term for term in plain.certificate.proof["terms"])


@pytest.mark.parametrize("m", [4, 5])
def test_level_zero_is_exact_on_a_torus(m):
    D, program = energy((3, 5), m)
    assert lower_bound(program, 0, symmetry=groups.torus(3, 5), splits=3).lower == least(D, m)


def test_a_row_is_the_average_of_its_product_over_the_group():
    """At the moments of 0/1 points, whose average over the group is what orbits see."""
    rng = np.random.default_rng(3)
    _, program = energy((2, 3), 3)
    action = Action.of(program, groups.torus(2, 3))
    level = reduced(action, 1, (1, 3))
    blocks = action.blocks.toarray()
    splits = [Split((int(s),), 0, int(k), np.r_[0, rng.integers(-2, 3, size=6)])
              for s, k in zip(rng.integers(len(blocks), size=8), rng.integers(-2, 3, size=8), strict=True)]  # fmt: skip
    rows = split_rows(action, level.orbits, splits)
    group, images = [tuple(range(7))], {tuple(range(7))}
    while group:
        g = group.pop()
        for h in action.generators:
            image = tuple(int(v) for v in h[list(g)])
            if image not in images:
                images.add(image)
                group.append(image)
    size, orbits = level.orbits.size, level.orbits
    for chosen in combinations(range(1, 7), 3):
        x = np.zeros(7)
        x[[0, *chosen]] = 1.0
        y = np.zeros(orbits.count)
        i, j, k = np.meshgrid(*[np.arange(7)] * 3, indexing="ij")
        keep = (i <= j) & (j <= k)
        i, j, k = i[keep], j[keep], k[keep]
        np.add.at(y, orbits.labels(i, j, k), x[i] * x[j] * x[k])
        for row, (s, h, neighbour, f) in zip(rows.toarray(), splits, strict=True):
            values = [blocks[s[0]] @ at * (f @ at - neighbour * at[h]) * (f @ at - (neighbour + 1) * at[h])
                      for at in (x[list(g)] for g in images)]  # fmt: skip
            assert min(values) >= 0 and np.mean(values) == pytest.approx(row @ (y / size))


def test_what_is_found_is_violated_by_as_much_as_is_said():
    rng = np.random.default_rng(0)
    p = np.full(6, 0.4)
    S = np.full((6, 6), 0.05) + 0.35 * np.eye(6)  # Σ x has the mean 2.4 and the variance 2.4 + 1.5 − 2.4² < 0.24
    chances = Chances(p, S)
    first = starts(chances, groups.cyclic(6), np.arange(6), 30, rng)
    assert first.shape == (30, 6) and set(np.unique(first)) <= {0.0, 1.0}
    found = list(most_violated(chances, first, rng))
    assert 0 < len(found) <= 30 * EACH
    for value, k, f in found:
        assert value == pytest.approx(f @ S @ f - (2 * k + 1) * f @ p + k * (k + 1), abs=1e-6)
        assert value < DEEP and set(np.unique(f)) <= {-1, 0, 1}


def test_moments_of_points_violate_nothing():
    """Two random variables that are 0/1 points: no integer combination lies between two neighbours."""
    rng = np.random.default_rng(1)
    x = rng.integers(0, 2, size=(40, 8)).astype(float)
    chances = Chances(x.mean(axis=0), x.T @ x / len(x))
    assert not list(most_violated(chances, starts(chances, groups.cyclic(8), np.arange(8), 50, rng), rng))


def test_idle_inequalities_are_dropped_and_parallel_ones_not_added():
    _, program = energy((4, 4), 5)
    level = reduced(Action.of(program, groups.torus(4, 4)), 0, (0, 2))
    form, rng = level.form, np.random.default_rng(0)
    first = copos.solvers.solve(form, "clarabel")
    more = with_splits(level, first.x, first.z, rng)
    assert more is not None and more.scalars.shape[0] == len(more.products) + len(more.splits) > len(level.products)
    second = copos.solvers.solve(more.form, "clarabel")
    assert second.value > first.value
    # none has a multiplier: all that were added before are dropped
    again = with_splits(more, first.x, np.zeros(len(second.z)), rng)
    assert again is not None
    rows = again.scalars[len(again.products) :].toarray()
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    assert (rows @ rows.T - np.eye(len(rows))).max() < 0.9


def test_which_coordinates_are_binary():
    _, program = energy((2, 2), 2)
    assert {h: v.tolist() for h, v in binaries(Action.of(program, groups.torus(2, 2))).items()} == {0: [1, 2, 3, 4]}
    assert binaries(Action.of(standard_quadratic(np.eye(3)), groups.cyclic(3))) == {}
    edges = copos.stability_number(copos.instances.graphs.cycle(5), "vanishing")  # x_ix_j = 0 alone
    assert binaries(Action.of(edges, groups.dihedral(5))) == {}


def test_what_is_refused():
    _, program = energy((2, 2), 2)
    with pytest.raises(ValueError, match="splits= goes with symmetry="):
        lower_bound(program, 0, splits=1)
    for wrong in (-1, 1.5, True, "2"):
        with pytest.raises(ValueError, match="splits must be an integer"):
            lower_bound(program, 0, symmetry=groups.torus(2, 2), splits=wrong)
    with pytest.raises(ValueError, match="programs with binaries"):
        lower_bound(standard_quadratic(np.eye(3)), 0, symmetry=groups.cyclic(3), splits=1)
