"""Positive eigenpairs followed from matrix to matrix."""

import numpy as np
import pytest

from copos.arithmetic import svec
from copos.conic import Cones
from copos.solvers.splitting.few import FAR, PAUSE, SHARE, WHOLE, FewPositive
from copos.solvers.splitting.projections import FEW_FROM, Projection

N = 200


def _matrix(positive, seed=0):
    """Eigenvalues `positive`, and negative ones from −1 to −0.1."""
    rng = np.random.default_rng(seed)
    U = np.linalg.qr(rng.standard_normal((N, N)))[0]
    values = np.r_[positive, -np.linspace(0.1, 1, N - len(positive))]
    return (U * values) @ U.T, U[:, : len(positive)]


def _step(seed, size):
    E = np.random.default_rng(seed).standard_normal((N, N))
    return size * (E + E.T) / np.linalg.norm(E + E.T)


def _part(M):
    values, U = np.linalg.eigh(M)
    return (U * np.maximum(values, 0)) @ U.T


@pytest.mark.parametrize("positive", [(3.0,), (3.0, 2.0, 0.5)])
@pytest.mark.parametrize("size", [1e-3, 1e-9])
def test_error_is_a_small_share_of_the_change(positive, size):
    M, U = _matrix(np.array(positive))
    few = FewPositive()
    few.start(M, U)
    for k in range(3):
        M = M + _step(k, size)
        values, vectors = few(M)
        error = np.linalg.norm((vectors * values) @ vectors.T - _part(M))
        assert error <= 3 * SHARE * size + 1e-13


def test_an_eigenvalue_that_becomes_positive_is_found():
    M, U = _matrix(np.array([30.0]))
    few = FewPositive()
    few.start(M, U)
    v = np.linalg.eigh(M)[1][:, N - 2]
    values, _ = few(M + 0.11 * np.outer(v, v))
    assert np.round(values, 4).tolist() == [0.01, 30.0]


def test_none_without_a_start_for_new_matrices_and_now_and_then():
    M, U = _matrix(np.array([3.0, 2.0]))
    few = FewPositive()
    assert few(M) is None
    few.start(M, U)
    assert few(M + _step(1, 2 * FAR * np.linalg.norm(M))) is None
    few.start(M, U)
    assert few(M) is not None
    assert [few(M) is None for _ in range(WHOLE)] == [False] * (WHOLE - 1) + [True]


def test_a_space_that_is_too_small_is_not_tried_at_once_again():
    M, U = _matrix(np.geomspace(1e-6, 3, 60))
    few = FewPositive()
    few.start(M, U)
    assert few(M + _step(1, 1e-9)) is None
    for _ in range(PAUSE):
        few.start(M, U)
        assert few(M) is None
    few.start(M, U)
    assert few._basis is not None


def test_the_projection_of_a_large_block_follows_its_eigenvectors(monkeypatch):
    called = []
    whole = FewPositive.__call__
    monkeypatch.setattr(FewPositive, "__call__", lambda self, M: called.append(whole(self, M)) or called[-1])
    n = FEW_FROM
    rng = np.random.default_rng(1)
    u, d = rng.standard_normal(n), -rng.uniform(0, 1, n)
    projection = Projection(Cones(psd=(n,)))
    for k in range(4):
        M = np.outer(u, u) + np.diag(d - 1e-7 * k)
        w = svec.svec(M)
        s, z = projection.split(w)
        P = svec.symmetric(s / svec.scaling(n))
        assert np.abs(s - z - w).max() < 1e-12
        assert abs(float(s @ z)) <= 1e-8 * n
        assert np.linalg.norm(P @ P - P @ M) <= 1e-6 * n
    assert any(found is not None for found in called)
