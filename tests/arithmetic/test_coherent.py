"""Coherent configurations: closed under products, as coarse as the orbits allow, and faithful in their blocks."""

import numpy as np
import pytest

from copos.arithmetic.coherent import coherent
from copos.instances.graphs import cycle, hamming, johnson, kneser, paley, petersen

PATH = np.eye(9, k=1, dtype=int) + np.eye(9, k=-1, dtype=int)
CASES = {
    "petersen": (petersen(), 3), "C9": (cycle(9), 5), "paley 13": (paley(13), 3), "kneser 7 3": (kneser(7, 3), 4),
    "hamming 5": (hamming(5, [1]), 6), "johnson 7 3": (johnson(7, 3, [2]), 4), "path": (PATH, 41),
}  # fmt: skip


def two_graphs():
    """Two different graphs side by side: several fibres and a noncommutative algebra."""
    A = np.zeros((15, 15), dtype=int)
    A[:10, :10] = petersen()
    A[10:, 10:] = cycle(5)
    return A


@pytest.mark.parametrize("name", CASES)
def test_rank_is_that_of_the_orbits(name):
    A, rank = CASES[name]
    assert coherent(A).rank == rank


@pytest.mark.parametrize("A", [*(A for A, _ in CASES.values()), two_graphs()], ids=[*CASES, "two graphs"])
def test_algebra_is_closed(A):
    c = coherent(A)
    assert len(np.intersect1d(c.classes.diagonal(), c.classes[~np.eye(len(A), dtype=bool)])) == 0
    assert (c.transposed[c.classes] == c.classes.T).all()
    matrices = (c.classes == np.arange(c.rank)[:, None, None]).astype(np.int64)
    assert (c.matrix(c.average(A)) == A).all()
    for i in range(c.rank):
        for j in range(min(c.rank, 8)):
            product = matrices[i] @ matrices[j]
            assert (product == c.intersection[i, j][c.classes]).all()


def test_weights_of_the_points_are_kept_apart():
    c = coherent(petersen(), np.diag([1.0] * 9 + [2.0]))
    assert c.fibres == 3  # the point, its neighbours, the others
    assert not c.commutative


@pytest.mark.parametrize("A", [*(A for A, _ in CASES.values()), two_graphs()], ids=[*CASES, "two graphs"])
def test_blocks_have_the_spectrum(A):
    c = coherent(A)
    rng = np.random.default_rng(5)
    x = rng.standard_normal(int(c.symmetric.max()) + 1)
    whole = np.linalg.eigvalsh(x[c.symmetric][c.classes])
    blocks = c.blocks()
    parts = np.concatenate([np.linalg.eigvalsh(np.tensordot(x, B, axes=1)) for B in blocks])
    distance = np.abs(whole[:, None] - parts)
    assert distance.min(axis=0).max() <= 1e-10 and distance.min(axis=1).max() <= 1e-10
    if c.commutative:
        assert {B.shape[1] for B in blocks} == {1}


def test_projection_keeps_order_and_positivity():
    c = coherent(two_graphs())
    F = np.random.default_rng(0).standard_normal((15, 3))
    X = c.matrix(c.average(F @ F.T))
    assert np.linalg.eigvalsh((X + X.T) / 2)[0] >= -1e-10
    assert (X * two_graphs()).sum() == pytest.approx((F @ F.T * two_graphs()).sum())


def test_order_of_the_points_does_not_matter():
    p = np.random.default_rng(1).permutation(15)
    one, two = coherent(two_graphs()), coherent(two_graphs()[np.ix_(p, p)])
    assert one.rank == two.rank and sorted(one.count) == sorted(two.count)
    assert [B.shape for B in one.blocks()] == [B.shape for B in two.blocks()]


def test_giving_up_and_bad_input():
    assert coherent(PATH, most=20) is None
    with pytest.raises(ValueError, match="square matrices of one order"):
        coherent(np.eye(3), np.eye(4))
