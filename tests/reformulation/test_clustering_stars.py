"""Inequalities of vectors of zeros and ones: their values, which are found, what becomes of them in other groups."""

from itertools import product

import numpy as np
import pytest

from copos.reformulation.clustering.stars import LARGEST, Cuts, star, violated


def cuts(*stars):
    """Inequalities from their rows g, T."""
    found = [[row for row in stars if len(row) == 1 + t] for t in range(1, LARGEST + 1)]
    return Cuts(tuple(np.array(rows, dtype=np.int64).reshape(-1, 1 + t) for t, rows in enumerate(found, start=1)))


@pytest.mark.parametrize("t", range(1, LARGEST + 1))
def test_values_at_all_zeros_and_ones(t):
    """(s − 1)(s − 2)/2 where x_g = 1 and s of T are 1, and s(s − 1)/2 where x_g = 0."""
    form = cuts((t, *range(t))).forms(t + 1)
    for x in product((0.0, 1.0), repeat=t + 1):
        s = sum(x[:t])
        assert form.values(x).tolist() == [(s - 1) * (s - 2) / 2 if x[t] else s * (s - 1) / 2]


def test_the_largest_is_one_that_the_checker_reads():
    from copos.checker.check_clustering import VARIABLES

    assert LARGEST + 1 <= VARIABLES and len(star(LARGEST)[0]) == 1 + LARGEST + LARGEST * (LARGEST - 1) // 2


def test_partitions_violate_none():
    rng = np.random.default_rng(0)
    Y = np.zeros((12, 12))
    for _ in range(5):
        one = np.eye(3)[np.r_[0, 1, 2, rng.integers(0, 3, 9)]]
        Y += one @ np.diag(1 / one.sum(axis=0)) @ one.T / 5
    assert len(violated(Y, 1e-9, LARGEST)) == 0


@pytest.mark.parametrize("t", [3, 4, 5])
def test_sets_that_need_all_their_members_are_found(t):
    """Y_gh = a and Y_hi = b with ta − t(t − 1)/2 b just above Y_gg = 1, and no smaller T above it."""
    a = 2.0 / t + 1e-6  # the excess s a − s(s − 1)/2 b − 1 is largest for s = t and t − 1 where b = a/(t − 1) …
    b = (t * a - 1 - 1e-3) / (t * (t - 1) / 2)
    Y = np.full((t + 2, t + 2), b)
    Y[0, :] = Y[:, 0] = a
    np.fill_diagonal(Y, 1.0)
    Y[t + 1, :] = Y[:, t + 1] = 0.0
    excess = {s: s * a - s * (s - 1) / 2 * b - 1 for s in range(1, t + 1)}
    assert excess[t] == pytest.approx(1e-3)
    found = violated(Y, 5e-4, LARGEST).stars
    assert [0, *range(1, t + 1)] in found[t - 1].tolist()
    assert (violated(Y, 5e-4).stars[t - 1]).size == 0


def test_of_other_groups_those_stay_whose_points_are_all_apart():
    given = cuts((0, 1), (0, 2), (0, 1, 2), (3, 0, 1, 2), (3, 1, 2, 4))
    new = given.renumbered(np.array([1, 0, 2, 2, 3]))
    assert [stars.tolist() for stars in new.stars] == [[[1, 0], [1, 2]], [[1, 0, 2]], [], [], []]


def test_slack_ones_are_dropped():
    Y = np.eye(4)
    Y[0, 1] = Y[1, 0] = 1.0
    given = cuts((0, 1), (0, 2), (0, 1, 2), (3, 0, 1, 2))
    assert [len(stars) for stars in given.tight(Y).stars] == [1, 1, 0, 0, 0]
    assert given.terms == 2 + 2 + 4 + 7 and len(given.joined(given)) == 4
