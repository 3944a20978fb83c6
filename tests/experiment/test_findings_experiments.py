"""What the experiments behind the findings are made of: constructions, readers, enumerations, gradients."""

import numpy as np
import pytest

from experiments import gaps, relu_descent, smallest, weights


@pytest.mark.parametrize("density", [25, 50, 75])
def test_the_copositive_construction(density):
    Q, point = gaps.horn(20, density, 3)
    assert (point > 0).sum() == round(20 * density / 100) and point.sum() == pytest.approx(1)
    assert np.abs(Q @ point).max() <= 1e-12 and np.array_equal(Q, Q.T)
    rng = np.random.default_rng(0)
    Y = np.vstack([rng.dirichlet(np.full(20, a), 500) for a in (0.05, 0.3, 2.0)])
    assert np.einsum("ki,ij,kj->k", Y, Q, Y).min() >= -1e-12
    pentagon = [i for i in range(20) if point[i] == 0][-5:]  # where the Horn matrix is
    assert np.linalg.eigvalsh(Q[np.ix_(pentagon, pentagon)])[0] < 0


def test_published_boxes_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(gaps, "FOLDER", tmp_path)
    with pytest.raises(FileNotFoundError, match="git clone"):
        gaps.box(3, 50, 1)
    (tmp_path / "basic").mkdir()
    (tmp_path / "basic" / "spar003-050-1.in").write_text("3\n1 2 3\n0 1 2\n1 0 4\n2 4 -6\n", encoding="utf-8")
    Q, c = gaps.box(3, 50, 1)
    assert c.tolist() == [1, 2, 3] and Q.tolist() == [[0, 1, 2], [1, 0, 4], [2, 4, -6]]
    (tmp_path / "README.txt").write_text("Optimal values\n<basic>\nspar003-050-1  1.2e+01\n", encoding="utf-8")
    assert gaps.optima() == {"spar003-050-1": 12.0}
    row = {"kind": "spar", "n": 3, "density": 50, "seed": 1}
    assert gaps.name(row) == "spar003-050-1" and gaps.published(row) == "–"
    assert gaps.published(row | {"n": 50}) == "1.43e-03"


def test_small_matrices_are_listed_once():
    counts = [len(smallest.doubly_nonnegative(trace)) for trace in (5, 6, 7)]
    assert counts == [1, 1, 5] and len(smallest.CYCLES) == 12
    B = np.array([[1, 1, 0, 0, 1], [1, 2, 1, 0, 0], [0, 1, 2, 1, 0], [0, 0, 1, 1, 1], [1, 0, 0, 1, 3]])
    p = [3, 1, 4, 0, 2]
    assert smallest.canonical(B) == smallest.canonical(B[np.ix_(p, p)])
    assert smallest.canonical(B) in {smallest.canonical(M) for M in smallest.with_diagonal((1, 1, 2, 2, 3))}


def test_the_landscape_of_relu_networks():
    rng = np.random.default_rng(1)
    X, y = rng.standard_normal((30, 2)), rng.standard_normal(30)
    landscape = relu_descent.Landscape(X, y, 0.2)
    x = landscape.start(rng)
    value, g = landscape.value(x)
    direction = rng.standard_normal(len(x))
    slope = (landscape.value(x + 1e-6 * direction)[0] - landscape.value(x - 1e-6 * direction)[0]) / 2e-6
    assert slope == pytest.approx(g @ direction, rel=1e-5)
    parts = [landscape.value(x, np.arange(k, k + 10)) for k in range(0, 30, 10)]
    assert np.mean([part[0] for part in parts]) == pytest.approx(value)
    assert np.allclose(np.mean([part[1] for part in parts], axis=0), g)


def test_weights_spread_as_asked():
    A, w = weights.data(6, 1.5, 0)
    assert A.shape == w.shape == (6, 6) and 10**-1.5 <= w.min() < 0.2 and 5 < w.max() <= 10**1.5
    assert (weights.data(6, 0.0, 0)[1] == 1).all()
