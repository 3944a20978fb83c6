"""Floor 0: triangles, monomials, ragged runs, elimination."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from copos.arithmetic import monomials, svec
from copos.arithmetic.elimination import eliminate


@given(st.integers(1, 12), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_svec_is_an_isometry_with_an_inverse(n, seed):
    A, B = np.random.default_rng(seed).standard_normal((2, n, n))
    A, B = A + A.T, B + B.T
    assert svec.svec(A) @ svec.svec(B) == pytest.approx(np.sum(A * B), rel=1e-12, abs=1e-12)
    assert np.allclose(svec.smat(svec.svec(A)), A, rtol=1e-15)
    assert svec.order(svec.length(n)) == n


def test_pair_inverts_position_even_for_large_places():
    p = np.r_[np.arange(2000), 10**12 + np.arange(2000), svec.length(3_000_000) + np.arange(-3, 3)]
    i, j = svec.pair(p)
    assert (i <= j).all() and (svec.position(i, j) == p).all()


def test_order_refuses_other_lengths():
    with pytest.raises(ValueError, match="not the length"):
        svec.order(5)


@given(st.integers(1, 7), st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_monomials_are_listed_once_and_ranked(N, degree):
    listed = monomials.every(N, degree)
    assert listed.shape == (monomials.count(N, degree), degree)
    assert len({tuple(row) for row in listed}) == len(listed)
    assert (np.diff(listed, axis=1) >= 0).all()
    assert (monomials.rank(listed) == np.arange(len(listed))).all()


def test_rank_of_a_product_evaluates_like_the_product():
    rng = np.random.default_rng(0)
    a, b, x = monomials.every(5, 2), monomials.every(5, 3), rng.standard_normal(5)
    i, j = rng.integers(len(a), size=50), rng.integers(len(b), size=50)
    both = monomials.product(a[i], b[j])
    assert np.allclose(monomials.evaluate(both, x), monomials.evaluate(a[i], x) * monomials.evaluate(b[j], x))


def test_ranks_past_64_bits_are_refused():
    with pytest.raises(OverflowError, match="64-bit"):
        monomials.rank(np.full((1, 12), 10_000))


@given(st.integers(1, 9), st.integers(1, 12), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_elimination_spans_the_null_space(m, n, seed):
    rng = np.random.default_rng(seed)
    R = (rng.random((m, n)) < 0.4) * rng.integers(-2, 3, (m, n)).astype(float)
    solved = eliminate(sp.csr_array(R), rng.permutation(n))
    T = solved.basis.toarray()
    assert T.shape[1] == n - np.linalg.matrix_rank(R)
    assert np.abs(R @ T).max(initial=0) < 1e-9
    assert (T[solved.free] == np.eye(T.shape[1])).all()


def test_elimination_solves_for_what_is_preferred():
    solved = eliminate(sp.csr_array([[1.0, 1.0, 1.0]]), np.array([5, 0, 5]))
    assert solved.pivots.tolist() == [1]
