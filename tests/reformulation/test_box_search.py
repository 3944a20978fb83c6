"""Batches of local searches in a box: no coordinate of what they return can be improved alone."""

from itertools import product

import numpy as np
import pytest

from copos.reformulation.box_search import descended, starts


@pytest.mark.parametrize("seed", range(5))
def test_the_best_point_is_a_minimum_along_every_coordinate(seed):
    rng = np.random.default_rng(seed)
    n = 6
    Q, c, upper = rng.standard_normal((n, n)), rng.standard_normal(n), rng.uniform(0.5, 3, n)
    Q, ends = (Q + Q.T) / 2, rng.random(n) < 0.3
    points = starts(upper / 2, upper, rng)
    found = descended(Q, c, upper, ends, points)
    value = np.einsum("kj,kj->k", found @ Q + c, found)
    assert (np.diff(value) >= 0).all() and (found >= 0).all() and (found <= upper).all()
    assert np.isin(found[:, ends] / upper[ends], (0, 1)).all()
    x = found[0]
    for j in range(n):
        for t in (0.0, upper[j]) if ends[j] else np.linspace(0, upper[j], 21):
            y = x.copy()
            y[j] = t
            assert y @ Q @ y + c @ y >= value[0] - 1e-9


def test_binary_minima_of_small_problems_are_found():
    rng = np.random.default_rng(1)
    for _ in range(10):
        Q, c = rng.integers(-9, 10, (7, 7)), rng.integers(-9, 10, 7).astype(float)
        Q = (Q + Q.T) / 2.0
        best = min(x @ Q @ x + c @ x for x in map(np.array, product((0.0, 1.0), repeat=7)))
        ends = np.ones(7, dtype=bool)
        x = descended(Q, c, np.ones(7), ends, starts(np.full(7, 0.5), np.ones(7), rng))[0]
        assert x @ Q @ x + c @ x == pytest.approx(best)
